-- Shared: telling those who wait for changes. Who waits for a record reads the stream `changes:of:<path>`; who
-- follows what is below a prefix reads `changes:below:<prefix>`, and `changes:due:<prefix>`, which tells that
-- something there expires sooner than was noted. As long as one of them is there, so is the key `followed`.
-- Needs: hit.

-- How many slashes there are at most in a prefix that can be followed.
local DEEPEST = 9
-- How many changes a stream keeps at least, and the one before them, which its reader knows.
local KEPT = 1001

-- What every key begins with.
local function prefix_of(record, path)
  return string.sub(record, 1, #record - #path)
end

-- Whether there is this stream.
local function is_stream(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'stream' and kind ~= 'none' then
    refuse('a stream of changes')
  end
  return kind == 'stream'
end

-- Whether anybody waits (nil: not asked yet).
local is_followed

-- The streams of those who wait for what happens at a path, or only for when it expires (`kind`: 'due'), each
-- with how many entries it keeps. They are looked for before anything is written: it may fail.
local function followers(prefix, path, kind)
  if is_followed == nil then
    is_followed = redis.call('EXISTS', prefix .. 'followed') == 1
  end
  if not is_followed then
    return {}
  end
  local keys, found, slash = {prefix .. 'changes:of:' .. path}, {}, 0
  while #keys <= DEEPEST do
    slash = string.find(path, '/', slash + 1, true)
    if not slash then
      break
    end
    keys[#keys + 1] = prefix .. 'changes:' .. (kind or 'below') .. ':' .. string.sub(path, 1, slash)
  end
  -- Most who wait, wait elsewhere.
  if redis.call('EXISTS', unpack(keys)) > 0 then
    for i, key in ipairs(keys) do
      if is_stream(key) then
        found[#found + 1] = {key, (i == 1 or kind) and 1 or KEPT}
      end
    end
  end
  return found
end

-- Tells them what has happened at a path: 'written', with the tag and the time, 'deleted' or 'expired'.
local function tell(streams, path, event, ...)
  for _, stream in ipairs(streams) do
    redis.call('XADD', stream[1], 'NOMKSTREAM', 'MAXLEN', '~', stream[2], '*', 'path', path, 'event', event, ...)
  end
end
