-- Reads a record, unless it is as the reader knows it: then it is to wait for a change.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since; 7 the waiter; 8 how many milliseconds it may still wait; 9 how many
--   may wait at once.
-- Returns 'waits', for how many milliseconds at the most, the stream to wait for and the id behind which; or
--   'answers', or 'declines' where it was to wait and can't, and what reading the record returns.
-- Needs: clock, followers, index, look, waiting.
local record, index, count, due = unpack(KEYS)
local path, waiter, time, places = ARGV[1], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local prefix, now = prefix_of(record, path), clock()

is_stream(prefix .. 'changes:of:' .. path)
check_places(prefix)
-- Counting a hit takes them out by itself.
local late = ARGV[2] == '' and overdue(index, due, prefix, now, FEW) or {}
local found = look(ARGV[2] ~= '')
local unchanged = found[1] == (ARGV[4] ~= '' and 'matched' or 'missing')

-- What it is to wait for, if it goes on waiting; false: it can't.
local function wait()
  reap(index, due, prefix, late, now)
  if not unchanged or time <= 0 then
    leave(prefix, waiter)
    return {}
  end
  local expires = now + time + GRACE
  if not take_place(prefix, waiter, places, expires, now) then
    return false
  end
  local id, key = follow(prefix, 'of:' .. path, expires, now)
  local ttl = found[4] or -1
  return {ttl == -1 and time or math.min(time, ttl + 1), key, id}
end

-- A store that is full, or takes no writes, can still be read.
local stays, wish = pcall(wait)
if stays and wish and wish[1] then
  return {'waits', wish}
end
return {(stays and wish or not unchanged) and 'answers' or 'declines', found}
