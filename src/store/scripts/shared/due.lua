-- Shared: the set of the paths that are due, each at the time when its record expires, in milliseconds.

-- How many were due before `now`.
local function count_late(due, now)
  return redis.call('ZCOUNT', due, '-inf', '(' .. now)
end

-- Whether it is noted otherwise when a record expires. Two readings of the clock may be some milliseconds
-- apart, so a second is none.
local function misnoted(noted, ttl, now)
  if ttl == -1 then
    return noted
  end
  return not noted or math.abs(noted - now - ttl) > 1000
end
