-- Gives a record another time to live, and changes nothing else.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since; 7 seconds to live, or 'never'.
-- Returns what reading a record returns.
-- Needs: hit, clock, record, conditions, followers, index, changes.
local record, index, count, due = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]
local conditions = {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}

local now = clock()
local remaining = redis.call('PTTL', record)
local exists = remaining ~= -2
local etag, last_updated
if exists then
  etag, last_updated = metadata(record)
end
local listed = redis.call('ZSCORE', index, path)
local prefix = prefix_of(record, path)
local late = overdue(index, due, prefix, now, FEW)
local expires = expiry(ARGV[7], remaining, now)
local streams = exists and hurried(prefix, path, remaining, expires, now) or followers(prefix, path)
if hit ~= '' then
  count_hit(count)
  if exists then
    redis.call('HINCRBY', record, HITS, 1)
  end
end
if not exists then
  if listed then
    forget(index, due, path, now, streams)
  end
  return {'missing'}
end
local failed = failed_condition(conditions, etag, last_updated)
if failed then
  return {failed, etag, last_updated, remaining, now}
end

expire(record, index, due, path, expires)
tell(streams, path, 'touched')
reap(index, due, prefix, late, now)
local fields = redis.call('HGETALL', record)
return {'found', etag, last_updated, to_live(expires, now), now, #fields, fields}
