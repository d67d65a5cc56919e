-- Reads a record.
-- KEYS: 1 the record, 2 the index, 3 the count.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since; 7 is there if a write is to follow.
-- Returns {'missing'}, or the outcome ('found', 'precondition-failed', 'matched'), the tag,
--   last_updated (nil: unknown), milliseconds to live (-1: for ever), the time in milliseconds and,
--   if found, the hash's fields and values.
local record, index, count = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]
local conditions = {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}

local ttl = redis.call('PTTL', record)
if ttl == -2 then
  local listed = redis.call('ZSCORE', index, path)
  if hit ~= '' then
    count_hit(count)
  end
  if listed then
    forget(index, path)
  end
  return {'missing'}
end
local etag, last_updated = metadata(record)
-- What the write would fail on is found before anything is counted.
if ARGV[7] then
  redis.call('ZCARD', index)
end
if hit ~= '' then
  count_hit(count)
  redis.call('HINCRBY', record, HITS, 1)
end
local outcome = failed_condition(conditions, etag, last_updated) or 'found'
local fields = outcome == 'found' and redis.call('HGETALL', record) or {}
return {outcome, etag, last_updated, ttl, (clock()), fields}
