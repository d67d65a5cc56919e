-- Shared: what time it is.
-- The store's time in milliseconds, and its whole seconds.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000), tonumber(time[1])
end
