-- Shared: counts a hit.
-- Memory may be full, and Redis then refuses whatever could take more, INCR too, unless the script
-- has already written. PERSIST on a counter changes nothing and needs no memory, but is a write: so
-- that reads and deletes go on, and are counted, in a store that takes no more records.
local function count_hit(count)
  local reply = redis.pcall('INCR', count)
  if type(reply) == 'table' then
    redis.call('PERSIST', count)
    reply = redis.call('INCR', count)
  end
  return reply
end

