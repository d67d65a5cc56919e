-- For wrk: the arguments behind `--` are the method, the body and the header fields, name and value in turn.
-- Writes what came of it as one line of JSON.

function init(arguments)
  wrk.method = arguments[1]
  if arguments[2] ~= '' then
    wrk.body = arguments[2]
  end
  for i = 3, #arguments, 2 do
    wrk.headers[arguments[i]] = arguments[i + 1]
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"failed":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)
  ))
end
