-- Deletes a record.
-- KEYS: 1 the record, 2 the index, 3 the count.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since.
-- Returns the outcome: 'removed', 'missing', 'precondition-failed' or 'matched'.
local record, index, count = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]
local conditions = {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}

local listed = redis.call('ZSCORE', index, path)
local exists = redis.call('EXISTS', record) == 1
local etag, last_updated
if exists then
  etag, last_updated = metadata(record)
end
if hit ~= '' then
  count_hit(count)
end
if not exists then
  if listed then
    forget(index, path)
  end
  return {'missing'}
end
local failed = failed_condition(conditions, etag, last_updated)
if failed then
  if hit ~= '' then
    redis.call('HINCRBY', record, HITS, 1)
  end
  return {failed}
end
redis.call('UNLINK', record)
if listed then
  redis.call('ZREM', index, path)
end
return {'removed'}
