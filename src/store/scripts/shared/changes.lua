-- Shared: what changes a record.
-- Needs: hit, record, followers, index.

-- What Redis refuses a script with that takes memory when it is full (nil: nothing). Asked before a script's
-- first write, after which nothing is refused. It does nothing itself.
local function lack_of_room(index, path)
  local room = redis.pcall('ZADD', index, 'XX', 'INCR', 0, path)
  if type(room) == 'table' then
    if not string.find(room.err, 'OOM', 1, true) then
      error(room.err, 0)
    end
    return room
  end
end

-- When a record expires (nil: never) that is written with a time to live: seconds, 'never', or 'keep' for
-- what remains, in milliseconds.
local function expiry(ttl, remaining, now)
  if ttl ~= 'keep' then
    remaining = ttl == 'never' and -1 or ttl * 1000
  end
  return remaining >= 0 and now + remaining or nil
end

-- Milliseconds to live, of what expires then.
local function to_live(expires, now)
  return expires and expires - now or -1
end

-- Those whom a new time to live concerns: they wait for when the record expires, which was to be later.
local function hurried(prefix, path, remaining, expires, now)
  local sooner = expires and (remaining == -1 or expires < now + remaining)
  return sooner and followers(prefix, path, 'due') or {}
end

-- Has a record expire then, and noted so.
local function expire(record, index, due, path, expires)
  if expires then
    redis.call('PEXPIREAT', record, expires)
  else
    redis.call('PERSIST', record)
  end
  enlist(index, due, path, expires)
end

-- Tells those who wait of a write, before it is noted when the record expires; and first of a record that had
-- expired there, if nobody has told of that yet.
local function tell_of_write(index, due, path, exists, now, streams, etag, seconds)
  if #streams > 0 then
    if not exists then
      forget(index, due, path, now, streams)
    end
    tell(streams, path, 'written', 'etag', etag, 'last_updated', seconds)
  end
end

-- Stores the members that ARGV has from `first` to `last`, names and values, in place of whatever was there.
local function store(record, etag, seconds, hits, first, last)
  -- Lua can't spread a long list into arguments.
  local CHUNK = 2000
  redis.call('UNLINK', record)
  redis.call('HSET', record, ETAG, etag, 'last_updated', seconds, HITS, hits)
  for i = first, last, CHUNK do
    redis.call('HSET', record, unpack(ARGV, i, math.min(i + CHUNK - 1, last)))
  end
end
