-- Counts the hits of the service, and its records.
-- KEYS: 1 the index, 2 the count, 3 the paths that are due.
-- ARGV: 1 '1' to count a hit first, else ''; 2 what record keys begin with.
-- Returns the number of hits and the number of records.
local index, count, due = unpack(KEYS)
local now = clock()
-- What has expired is in both sets until it is taken out.
local expired = redis.call('ZCOUNT', due, '-inf', '(' .. now)
local records = math.max(redis.call('ZCARD', index) - expired, 0)
if ARGV[1] == '' then
  return {number_of_hits(redis.call('GET', count)), records}
end
local late = overdue(index, due, ARGV[2], now, FEW)
local hits = count_hit(count)
reap(index, due, ARGV[2], late, now)
return {hits, records}
