-- Counts the hits of a record. The question is a hit of the service, not of the record.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''.
-- Returns how many there are (nil: there is no record).
-- Needs: hit, clock, followers, index.
local record, index, count, due = unpack(KEYS)
local path, hit = ARGV[1], ARGV[2]

local exists = redis.call('EXISTS', record) == 1
local hits = exists and number_of_hits(redis.call('HGET', record, HITS))
local listed = redis.call('ZSCORE', index, path)
redis.call('ZCARD', due)
local gone = listed and not exists
local streams = gone and followers(prefix_of(record, path), path)
if hit ~= '' then
  count_hit(count)
  if gone then
    forget(index, due, path, clock(), streams)
  end
end
return {hits}
