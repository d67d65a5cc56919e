-- Deletes a record.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since.
-- Returns the outcome ('removed', 'missing', 'precondition-failed', 'matched') and, if a condition failed, the tag,
--   last_updated, milliseconds to live and the time in milliseconds.
-- Needs: hit, clock, record, conditions, followers, index.
local record, index, count, due = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]
local conditions = {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}

local now = clock()
local listed = redis.call('ZSCORE', index, path)
local prefix = prefix_of(record, path)
local late, streams = overdue(index, due, prefix, now, FEW), followers(prefix, path)
local exists = redis.call('EXISTS', record) == 1
local etag, last_updated
if exists then
  etag, last_updated = metadata(record)
end
local failed = exists and failed_condition(conditions, etag, last_updated)
if hit ~= '' then
  count_hit(count)
end
if failed then
  if hit ~= '' then
    redis.call('HINCRBY', record, HITS, 1)
  end
  return {failed, etag, last_updated, redis.call('PTTL', record), now}
end
reap(index, due, prefix, late, now)
if exists then
  redis.call('UNLINK', record)
  tell(streams, path, 'deleted')
end
if listed then
  forget(index, due, path, now, exists and {} or streams)
end
return {exists and 'removed' or 'missing'}
