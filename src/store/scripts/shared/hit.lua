-- Shared: counts a hit.
-- Scripts look at everything that they read before they write anything, and raise an error where a
-- value is not one that this service can have written: so nothing is changed then.
local function refuse(what)
  error('WRONGTYPE ' .. what .. ' that this service can not have written', 0)
end

-- The field of a record that has the number of its hits.
local HITS = '\255hits'

-- The number of hits that a value is (false: none yet). Lua and JSON keep 15 digits exactly.
local function number_of_hits(value)
  if value and (#value > 15 or value ~= '0' and not string.find(value, '^[1-9]%d*$')) then
    refuse('a number of hits')
  end
  return tonumber(value or 0)
end

-- Counts a hit, or several, and returns how many there are.
-- Memory may be full, and Redis then refuses whatever could take more, INCRBY too, unless the script
-- has already written. PERSIST on a counter changes nothing and needs no memory, but is a write: so
-- that reads and deletes go on, and are counted, in a store that takes no more records. A replica
-- refuses PERSIST as well.
local function count_hit(count, several)
  local more = several or 1
  local hits = redis.pcall('INCRBY', count, more)
  if type(hits) == 'table' then
    number_of_hits(redis.call('GET', count))
    redis.call('PERSIST', count)
    return redis.call('INCRBY', count, more)
  end
  if hits < more or hits >= 1e15 then
    redis.call('DECRBY', count, more)
    refuse('a number of hits')
  end
  return hits
end
