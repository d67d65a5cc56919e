-- Reads a record.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since; 7 is there if a write is to follow.
-- Returns {'missing'}, or the outcome ('found', 'precondition-failed', 'matched'), the tag,
--   last_updated (nil: unknown), milliseconds to live (-1: for ever), the time in milliseconds and,
--   if found, how many fields and values the hash has, and those.
-- Where no hit is counted nothing is written.
local record, index, count, due = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]
local conditions = {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}

local now = clock()
local ttl = redis.call('PTTL', record)
local exists = ttl ~= -2
local etag, last_updated
if exists then
  etag, last_updated = metadata(record)
end
-- What the write would fail on is found before anything is counted.
if ARGV[7] then
  redis.call('ZCARD', index)
  redis.call('ZCARD', due)
end
if hit ~= '' then
  local wrong = misplaced(index, due, path, ttl, now)
  local late = overdue(index, due, now, FEW)
  count_hit(count)
  if exists then
    redis.call('HINCRBY', record, HITS, 1)
  end
  if wrong then
    place(index, due, path, ttl, now)
  end
  reap(index, due, prefix_of(record, path), late, now)
end
if not exists then
  return {'missing'}
end
local outcome = failed_condition(conditions, etag, last_updated) or 'found'
local fields = outcome == 'found' and redis.call('HGETALL', record) or {}
return {outcome, etag, last_updated, ttl, now, #fields, fields}
