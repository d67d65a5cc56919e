-- Counts the hits of the service, and its records.
-- KEYS: 1 the index, 2 the count, 3 the paths that are due.
-- ARGV: 1 '1' to count a hit first, else ''; 2 what every key begins with.
-- Returns the number of hits and the number of records; and if it counts no hit, how many paths are in the set of
--   those that are due, and how many requests wait.
-- Needs: hit, clock, index.
local index, count, due = unpack(KEYS)
local now = clock()
-- What has expired is in both sets until it is taken out.
local expired = count_late(due, now)
local records = math.max(redis.call('ZCARD', index) - expired, 0)
if ARGV[1] == '' then
  local waiting = redis.call('ZCOUNT', ARGV[2] .. 'waiting', now, '+inf')
  return {number_of_hits(redis.call('GET', count)), records, redis.call('ZCARD', due), waiting}
end
local late = overdue(index, due, ARGV[2], now, FEW)
local hits = count_hit(count)
reap(index, due, ARGV[2], late, now)
return {hits, records}
