-- Does several things with as many records, or nothing.
-- KEYS: 1 the index, 2 the count, 3 the paths that are due, from 4 on the records, each once.
-- ARGV: 1 '1' to count each as a hit, else ''; 2 how many bytes to read: once it is more, no other record is
--   read; 3 how many records there are; then for each record: what to do ('read', 'write', 'touch', 'remove'), the
--   path, If-Match, If-None-Match, If-Unmodified-Since, If-Modified-Since, how many arguments follow, and those,
--   which are what the script that does this alone takes from its seventh on.
-- Returns 'done' and for each record what the script that does this alone returns; or 'failed', the place of
--   the record (from 0) that can't be changed, and why: 'missing', 'precondition-failed', 'matched', 'foreign',
--   or 'too-large' where more than can be read at once was read before it. A read never fails: these are its
--   outcomes.
-- Needs: hit, clock, record, conditions, followers, index, size, changes.
local index, count, due = unpack(KEYS)
local hit, budget, records = ARGV[1] ~= '', tonumber(ARGV[2]), tonumber(ARGV[3])
local OTHER_KEYS, PARAMETERS = 3, 7
-- What a name or a value takes by itself, wherever it is held.
local EACH = 32

local now, seconds = clock()
local prefix = prefix_of(KEYS[OTHER_KEYS + 1], ARGV[5])
local late = overdue(index, due, prefix, now, FEW + records)
redis.call('ZCARD', index)
local steps, changes, stores, at = {}, false, false, 4

-- Everything is looked at before anything is written.
for i = 1, records do
  local action, path, first = ARGV[at], ARGV[at + 1], at + PARAMETERS
  local conditions = {unpack(ARGV, at + 2, at + 5)}
  local record = KEYS[OTHER_KEYS + i]
  at = first + ARGV[at + 6]
  local remaining = redis.call('PTTL', record)
  local exists, is_record, etag, last_updated, hits = remaining ~= -2, true
  if exists then
    is_record, etag, last_updated, hits = pcall(metadata, record)
  end
  local outcome, fields
  if not is_record then
    outcome = 'foreign'
  elseif not exists and action ~= 'write' then
    outcome = 'missing'
  else
    outcome = failed_condition(conditions, etag, last_updated)
  end
  if not outcome and (action == 'read' or action == 'touch') then
    if budget < 0 then
      outcome = 'too-large'
    else
      fields = redis.call('HGETALL', record)
      budget = budget - size(fields) - EACH * #fields
    end
  end
  if action ~= 'read' then
    if outcome then
      return {'failed', i - 1, outcome, etag, last_updated, remaining, now}
    end
    changes, stores = true, stores or action == 'write'
  end
  local expires, streams
  if action == 'touch' then
    expires = expiry(ARGV[first], remaining, now)
    streams = hurried(prefix, path, remaining, expires, now)
  else
    expires = action == 'write' and expiry(ARGV[first + 1], remaining, now)
    streams = followers(prefix, path)
  end
  steps[i] = {action, path, record, first, at - 1, exists and is_record, remaining, etag, last_updated, hits,
    outcome, fields, expires, streams}
end
-- A full store can still be read and emptied.
local refused = stores and lack_of_room(index, ARGV[5])
if refused then
  return refused
end

if hit then
  count_hit(count, #steps)
end
if hit or changes then
  reap(index, due, prefix, late, now)
end
local done = {'done'}
for i, step in ipairs(steps) do
  local action, path, record, first, last, exists, remaining, etag, last_updated, hits, outcome, fields,
    expires, streams = unpack(step, 1, 14)
  local result = {outcome}
  if action == 'write' then
    local new_etag = ARGV[first]
    store(record, new_etag, seconds, (hits or 0) + (hit and 1 or 0), first + 2, last)
    tell_of_write(index, due, path, exists, now, streams, new_etag, seconds)
    expire(record, index, due, path, expires)
    result = {exists and 'replaced' or 'created', new_etag, seconds, to_live(expires, now), now}
  elseif action == 'remove' then
    redis.call('UNLINK', record)
    tell(streams, path, 'deleted')
    forget(index, due, path, now, {})
    result = {'removed'}
  else
    if hit and exists then
      redis.call('HINCRBY', record, HITS, 1)
    end
    if action == 'touch' then
      expire(record, index, due, path, expires)
      tell(streams, path, 'touched')
      remaining = to_live(expires, now)
    elseif hit and misplaced(index, due, path, remaining, now) then
      place(index, due, path, remaining, now, streams)
    end
    if fields then
      result = {'found', etag, last_updated, remaining, now, #fields, fields}
    elseif outcome == 'matched' then
      result = {outcome, etag, last_updated, remaining, now}
    end
  end
  done[i + 1] = result
end
return done
