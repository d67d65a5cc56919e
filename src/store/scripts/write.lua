-- Stores a record in place of whatever was there.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since; 7 the new tag; 8 seconds to live, 'never', or 'keep' for
--   the time that remains; from 9 on names and values of the members.
-- Returns the outcome ('created', 'replaced', 'precondition-failed', 'matched') and, but for a failed
--   precondition, the tag, last_updated, milliseconds to live (-1: for ever) and the time in milliseconds.
-- Needs: hit, clock, record, conditions, followers, index, changes.
local record, index, count, due = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]
local conditions = {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}
local etag, ttl = ARGV[7], ARGV[8]
local FIRST_MEMBER = 9
local prefix = prefix_of(record, path)

local now, seconds = clock()
local remaining = redis.call('PTTL', record)
local exists = remaining ~= -2
local old_etag, last_updated, hits
if exists then
  old_etag, last_updated, hits = metadata(record)
end

-- A write that is sent again because its answer was lost, and that had arrived, is done.
if old_etag == etag then
  return {'replaced', etag, last_updated, remaining, now}
end

local late = overdue(index, due, prefix, now, FEW)
local streams = followers(prefix, path)
-- A write that is refused for lack of memory is a hit all the same.
local refused = lack_of_room(index, path)
if hit ~= '' then
  count_hit(count)
end
if refused then
  return refused
end

local failed = failed_condition(conditions, old_etag, last_updated)
if failed then
  if exists and hit ~= '' then
    redis.call('HINCRBY', record, HITS, 1)
  end
  return {failed, old_etag, last_updated, remaining, now}
end

reap(index, due, prefix, late, now)
store(record, etag, seconds, (hits or 0) + (hit ~= '' and 1 or 0), FIRST_MEMBER, #ARGV)
tell_of_write(index, due, path, exists, now, streams, etag, seconds)
local expires = expiry(ttl, remaining, now)
expire(record, index, due, path, expires)
return {exists and 'replaced' or 'created', etag, seconds, to_live(expires, now), now}
