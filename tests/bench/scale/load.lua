-- For wrk: the arguments behind `--` are the method and over how many first segments the requests go in turn.

local method, segments, at

function init(arguments)
  method, segments, at = arguments[1], tonumber(arguments[2]), 0
end

function request()
  at = at % segments + 1
  local body = method == 'PUT' and '{"hello":999}' or nil
  return wrk.format(method, '/segment-' .. at .. '/record', {['Content-Type'] = 'application/json'}, body)
end

function done(summary)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('answered %d failed %d\n', summary.requests, lost))
end
