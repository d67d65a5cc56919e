-- Reads what has happened below a prefix, or is to wait for something to happen.
-- KEYS: 1 the index, 2 the paths that are due.
-- ARGV: 1 what every key begins with; 2 the prefix; 3 the id of the last change that the reader knows ('': it
--   asks for what happens from now on); 4 how many changes at the most; 5 how long what it needs is kept for it,
--   in milliseconds; 6 the waiter ('': it doesn't wait); 7 how many milliseconds it may still wait; 8 how many may
--   wait at once.
-- Returns 'waits', the id to ask with afterwards, for how many milliseconds at the most, the streams to wait for
--   and the ids behind which; or 'answers', or 'declines' where it was to wait and can't, the id to go on from, how many
--   changes, and for each the path, the event, the tag and last_updated (both nil unless it was written); or
--   'forgotten', where what followed that id isn't known any more.
-- Needs: clock, followers, index, waiting.
local index, due = unpack(KEYS)
local prefix, below, after, limit, kept = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local waiter, time, places = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
-- How many paths that were due are taken out at once, and looked at for one that will be.
local MANY = 100

-- Milliseconds until the first record below the prefix may have expired, of those that expire first.
local function until_due(now)
  local first = redis.call('ZRANGE', due, 0, MANY - 1, 'WITHSCORES')
  for i = 1, #first, 2 do
    if i > 2 * (MANY - 1) or string.sub(first[i], 1, #below) == below then
      return math.max(first[i + 1] - now, 0) + 1
    end
  end
  return time
end

local now = clock()
local stream, soon = prefix .. 'changes:below:' .. below, prefix .. 'changes:due:' .. below
check_places(prefix)
is_stream(soon)
local known = is_stream(stream)
if after ~= '' and (not known or #redis.call('XRANGE', stream, after, after) == 0) then
  return {'forgotten'}
end
reap(index, due, prefix, overdue(index, due, prefix, now, MANY), now)
local last = follow(prefix, 'below:' .. below, now + kept, now)
if after == '' then
  after = last
end
local entries = redis.call('XRANGE', stream, '(' .. after, '+', 'COUNT', limit)
local changes = {}
for i, entry in ipairs(entries) do
  local _, path, _, event, _, etag, _, last_updated = unpack(entry[2])
  local at = 4 * i
  changes[at - 3], changes[at - 2], changes[at - 1], changes[at] = path, event, etag or false, tonumber(last_updated) or false
  after = entry[1]
end

local declines = false
if waiter ~= '' then
  if #entries == 0 and time > 0 then
    if take_place(prefix, waiter, places, now + time + GRACE, now) then
      local soon_id = follow(prefix, 'due:' .. below, now + kept, now)
      return {'waits', after, math.min(time, until_due(now)), stream, soon, after, soon_id}
    end
    declines = true
  end
  leave(prefix, waiter)
end
return {declines and 'declines' or 'answers', after, #entries, changes}
