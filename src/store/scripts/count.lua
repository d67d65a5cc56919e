-- Reads the counters.
-- KEYS: 1 the count, 2 the index and, to read one record's hits, 3 the record.
-- ARGV: 1 '1' to count a hit first, else ''.
-- Returns the number of hits and the size of the index and, with a record, its hits (nil: there is
--   no record).
local count, index, record = unpack(KEYS)
local records, record_hits = redis.call('ZCARD', index), false
if record and redis.call('EXISTS', record) == 1 then
  record_hits = number_of_hits(redis.call('HGET', record, '\255hits'))
end
local hits = ARGV[1] ~= '' and count_hit(count) or number_of_hits(redis.call('GET', count))
return {hits, records, record_hits}
