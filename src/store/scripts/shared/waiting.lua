-- Shared: waiting for changes. Who waits has a place in the sorted set `waiting`, at the time when it gives it up,
-- in milliseconds: so places of those who are gone come free.

-- How much longer than the request everything is kept that it needs, in milliseconds.
local GRACE = 5000

-- Has a key last until then at the least.
local function keep(key, expires, now)
  if redis.call('PTTL', key) < expires - now then
    redis.call('PEXPIREAT', key, expires)
  end
end

-- Has a stream last until then at the least, and gives the id of its last entry. A new one begins with a mark.
local function follow(prefix, name, expires, now)
  local key = prefix .. 'changes:' .. name
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  local id = last and last[1] or redis.call('XADD', key, '*', 'event', 'followed')
  keep(key, expires, now)
  local followed = prefix .. 'followed'
  if redis.call('EXISTS', followed) == 0 then
    redis.call('SET', followed, 1)
  end
  keep(followed, expires, now)
  return id, key
end

-- What the waiter's looks at the store would fail on, found before anything is written.
local function check_places(prefix)
  redis.call('ZCARD', prefix .. 'waiting')
  redis.call('STRLEN', prefix .. 'followed')
end

-- Takes a place for a waiter until then, or keeps it; false: all are taken.
local function take_place(prefix, waiter, places, expires, now)
  local waiting = prefix .. 'waiting'
  redis.call('ZREMRANGEBYSCORE', waiting, '-inf', '(' .. now)
  if redis.call('ZCARD', waiting) >= places and not redis.call('ZSCORE', waiting, waiter) then
    return false
  end
  redis.call('ZADD', waiting, expires, waiter)
  keep(waiting, expires, now)
  return true
end

-- Gives its place up.
local function leave(prefix, waiter)
  redis.call('ZREM', prefix .. 'waiting', waiter)
end
