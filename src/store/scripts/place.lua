-- Gives a place to a waiter who waits in another part, or takes it back: the first part has the places of all.
-- KEYS: 1 the index.
-- ARGV: 1 what every key of the part begins with; 2 the waiter; 3 how many milliseconds it may wait (0: it gives
--   its place up); 4 how many may wait at once.
-- Returns 1 if it has a place, else 0.
-- Needs: clock, waiting.
local prefix, waiter, time, places = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if time == 0 then
  leave(prefix, waiter)
  return 0
end
local now = clock()
return take_place(prefix, waiter, places, now + time + GRACE, now) and 1 or 0
