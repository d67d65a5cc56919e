-- Shared: which records there are. The index has the paths of all, all at score 0; the set of those that are
-- due has the paths of records that expire, at the time when they do, in milliseconds.
-- Needs: followers, due.

-- How many paths that were due a script takes out. Each adds one at the most, so that what has expired can't
-- add up.
local FEW = 8

-- Has a record in both sets. `expires`: when it does (nil: never).
local function enlist(index, due, path, expires)
  redis.call('ZADD', index, 0, path)
  if expires then
    redis.call('ZADD', due, expires, path)
  else
    redis.call('ZREM', due, path)
  end
end

-- Takes a path that has no record any more out of both sets, and tells those who wait for it. What wasn't due
-- has been deleted, by another program.
local function forget(index, due, path, now, streams)
  local noted = #streams > 0 and redis.call('ZSCORE', due, path)
  redis.call('ZREM', due, path)
  if redis.call('ZREM', index, path) == 1 then
    tell(streams, path, noted and tonumber(noted) <= now and 'expired' or 'deleted')
  end
end

-- The first paths, at most so many, that were due before `now`, each with those who wait for it.
local function overdue(index, due, prefix, now, most)
  if count_late(due, now) == 0 then
    return {}
  end
  -- What taking them out would fail on is found before anything is written.
  redis.call('ZCARD', index)
  local late = {}
  for i, path in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', '(' .. now, 'LIMIT', 0, most)) do
    late[i] = {path, followers(prefix, path)}
  end
  return late
end

-- Has a path in both sets as it is with its record, which has so many milliseconds to live (-1: for ever;
-- -2: it is not there).
local function place(index, due, path, ttl, now, streams)
  if ttl == -2 then
    forget(index, due, path, now, streams)
  else
    enlist(index, due, path, ttl ~= -1 and now + ttl or nil)
  end
end

-- Takes paths that were due out of both sets. Where another program has changed when a record expires, that
-- is noted instead.
local function reap(index, due, prefix, late, now)
  for _, one in ipairs(late) do
    local path, streams = one[1], one[2]
    place(index, due, path, redis.call('PTTL', prefix .. path), now, streams)
  end
end

-- Whether a path in the index is not as it is with its record.
local function misplaced(index, due, path, ttl, now)
  local wrong = ttl == -2 or misnoted(redis.call('ZSCORE', due, path), ttl, now)
  return wrong and redis.call('ZSCORE', index, path)
end
