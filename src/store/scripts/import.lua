-- Stores records one after the other, each in place of whatever was there.
-- KEYS: 1 the index, 2 the paths that are due, from 3 on the records.
-- ARGV: 1 how many records there are; then for each the path, If-Match, If-None-Match, If-Unmodified-Since,
--   If-Modified-Since, how many arguments follow, and those: the new tag; seconds to live or 'never'; names and
--   values of the members.
-- Returns for each record the outcome ('created', 'replaced', 'precondition-failed', 'matched', 'foreign') and,
--   but for the failed precondition and what is foreign, the tag, last_updated, milliseconds to live (-1: for
--   ever) and the time in milliseconds.
-- Needs: clock, record, conditions, followers, index, changes.
local index, due = unpack(KEYS)
local OTHER_KEYS, PARAMETERS = 2, 6
local records = tonumber(ARGV[1])

local now, seconds = clock()
local prefix = prefix_of(KEYS[OTHER_KEYS + 1], ARGV[2])
local late = overdue(index, due, prefix, now, FEW + records)
local refused = lack_of_room(index, ARGV[2])
if refused then
  return refused
end
local streams, outcomes, at = {}, {}, 2
for i = 1, records do
  streams[i] = followers(prefix, string.sub(KEYS[OTHER_KEYS + i], #prefix + 1))
end
reap(index, due, prefix, late, now)
for i = 1, records do
  local record, path, first = KEYS[OTHER_KEYS + i], ARGV[at], at + PARAMETERS
  local conditions = {unpack(ARGV, at + 1, at + 4)}
  local last = first + ARGV[at + 5] - 1
  at = last + 1
  local remaining = redis.call('PTTL', record)
  local exists, is_record, old_etag, last_updated, hits = remaining ~= -2, true
  if exists then
    is_record, old_etag, last_updated, hits = pcall(metadata, record)
  end
  local etag = ARGV[first]
  local failed = is_record and failed_condition(conditions, old_etag, last_updated)
  if not is_record then
    outcomes[i] = {'foreign'}
  elseif old_etag == etag then
    -- It is sent again because its answer was lost, and had arrived.
    outcomes[i] = {'replaced', etag, last_updated, remaining, now}
  elseif failed == 'matched' then
    outcomes[i] = {failed, old_etag, last_updated, remaining, now}
  elseif failed then
    outcomes[i] = {failed}
  else
    local expires = expiry(ARGV[first + 1], remaining, now)
    store(record, etag, seconds, hits or 0, first + 2, last)
    tell_of_write(index, due, path, exists, now, streams[i], etag, seconds)
    expire(record, index, due, path, expires)
    outcomes[i] = {exists and 'replaced' or 'created', etag, seconds, to_live(expires, now), now}
  end
end
return outcomes
