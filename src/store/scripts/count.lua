-- Reads the counters.
-- KEYS: 1 the count, 2 the index and, to read one record's hits, 3 the record.
-- ARGV: 1 '1' to count a hit first, else ''.
-- Returns the number of hits and the size of the index and, with a record, its hits (nil: there is
--   no record).
local count, index, record = unpack(KEYS)
local hits = ARGV[1] ~= '' and count_hit(count) or tonumber(redis.call('GET', count) or 0)
local reply = {hits, redis.call('ZCARD', index)}
if record then
  reply[3] = redis.call('EXISTS', record) == 1 and tonumber(redis.call('HGET', record, '\255hits') or 0)
end
return reply
