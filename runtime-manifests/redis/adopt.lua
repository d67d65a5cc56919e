-- Takes in the hashes that another program wrote: makes them records of this service. Runs in steps of some
-- milliseconds each, while the service and others use Redis. A shell runs step after step to the end:
--
--   while redis-cli --eval runtime-manifests/redis/adopt.lua , path-records: '' | tee /dev/stderr | grep -q ^more; do :; done
--
-- (with -h, -p, -n, -u and the like right behind `redis-cli` where Redis is elsewhere).
-- KEYS: none; it finds them by SCAN. So it is for one Redis, not for a cluster.
-- ARGV: 1 the service's key_prefix; 2 what the other program's keys begin with: '' for the Flask service,
--   whose keys are nothing but paths; key_prefix and a `/` to take in only what has a record's name.
-- Returns lines: one that begins with `more` until all keys have been looked at, then one that begins with
--   `done`, and what became of them. Names in it are percent-encoded.
--
-- A hash whose key begins with ARGV 2 is renamed: to key_prefix, a `/` unless it is there, and the rest of
-- the key, percent-encoded as records' paths are. (The rest is a path as a program sees it: a `%` in it is
-- one and becomes `%25`.) A hash that has a record's name already keeps it. Both are put into the index
-- and lose the field `ttl`; their time to live is the key's own expiry, as before.
-- Left alone are the service's own keys, records that are there already, and whatever can't be a record.
-- Can be run again at any time: then it does what is left to do. How far it is, it keeps in a key of its
-- own, which is deleted at the end, or expires an hour after the last step.
local KEY_PREFIX, FROM = ARGV[1], ARGV[2]
if #ARGV ~= 2 then
  return redis.error_reply("ERR it takes two arguments: key_prefix, and what the other program's keys begin with")
end
local INDEX, DUE = KEY_PREFIX .. 'index', KEY_PREFIX .. 'due'
-- To another server, or the same one started again, a cursor means nothing.
local SERVER = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
local PROGRESS = KEY_PREFIX .. 'adopt:' .. SERVER .. ':' .. FROM
-- How much work a step does, in units of about a microsecond.
local BUDGET, SCAN_WORK, KEY_WORK, ENLIST_WORK, FIELD_WORK, BYTE_WORK = 5000, 20, 5, 15, 1, 0.02
-- What a record may have at the most: src/record.
local MOST_PATH_BYTES, MOST_FIELDS = 1024, 500000

-- What becomes of keys, in the words and the order of the report.
local RENAMED = 'renamed to records'
local INDEXED = 'put into the index, named as records already'
local EXISTS = 'left alone, there is a record already'
local NO_HASH = 'left alone, no hash'
local NO_TEXT = 'left alone, the name or value of a field is not UTF-8'
local MANY_FIELDS = 'left alone, more than 500,000 fields'
local NAME_NO_TEXT = 'left alone, the name is not UTF-8'
local NAME_CONTROL = 'left alone, a control character in the name'
local NAME_DOTS = 'left alone, a segment of the name is . or ..'
local NAME_RESERVED = "left alone, the name is one of the service's own"
local NAME_LONG = 'left alone, the name makes a path of more than 1,024 bytes'
local NAME_NOT_NORMAL = 'left alone, named as a record but not encoded as one'
local REPORT = {
  RENAMED, INDEXED, EXISTS, NO_HASH, NO_TEXT, MANY_FIELDS, NAME_NO_TEXT, NAME_CONTROL, NAME_DOTS,
  NAME_RESERVED, NAME_LONG, NAME_NOT_NORMAL,
}

-- RFC 3986's unreserved characters, and all that stand in a path as they are.
local UNRESERVED = 'A-Za-z0-9%-._~'
local LITERAL = UNRESERVED .. "!$&'()*+,;=:@/"
-- The characters of UTF-8 beyond ASCII (Unicode, table 3-7).
local CHARACTERS = {
  '[\194-\223][\128-\191]',
  '[\225-\236\238\239][\128-\191][\128-\191]',
  '\224[\160-\191][\128-\191]',
  '\237[\128-\159][\128-\191]',
  '[\241-\243][\128-\191][\128-\191][\128-\191]',
  '\240[\144-\191][\128-\191][\128-\191]',
  '\244[\128-\143][\128-\191][\128-\191]',
}

local function is_utf8(text)
  for _, character in ipairs(CHARACTERS) do
    if not string.find(text, '[\128-\255]') then
      return true
    end
    -- Something stays in its place, lest the bytes around it make another one.
    text = string.gsub(text, character, '.')
  end
  return not string.find(text, '[\128-\255]')
end

local function encoded(text)
  return (string.gsub(text, '[^' .. LITERAL .. ']', function(byte)
    return string.format('%%%02X', string.byte(byte))
  end))
end

local function decoded(path)
  return (string.gsub(path, '%%(%x%x)', function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- Whether a path is encoded as records' are.
local function is_normal(path)
  local rest = string.gsub(path, '%%(%x%x)', function(hex)
    local needless = string.find(decoded('%' .. hex), '[' .. UNRESERVED .. ']')
    return not needless and hex == string.upper(hex) and ''
  end)
  return not string.find(rest, '[^' .. LITERAL .. ']')
end

-- What follows `prefix` in `text`; nil: it doesn't begin so.
local function behind(prefix, text)
  return string.sub(text, 1, #prefix) == prefix and string.sub(text, #prefix + 1) or nil
end

-- Why there is no record at `path`, which is `text` encoded; nil: there may be one.
local function fault_of_path(path, text)
  local whole = path .. '/'
  if not is_utf8(text) then
    return NAME_NO_TEXT
  elseif string.find(text, '[%z\1-\31\127]') or string.find(text, '\194[\128-\159]') then
    return NAME_CONTROL
  elseif string.find(whole, '/%.%.?/') then
    return NAME_DOTS
  elseif path == '/' or behind('/-/', whole) or behind('/.well-known/spin/', whole) then
    return NAME_RESERVED
  elseif #path > MOST_PATH_BYTES then
    return NAME_LONG
  end
end

local work = 0

-- Why the service can't read a hash as a record; nil: it can. `own`: fields may be the service's own,
-- whose names begin with the byte FF.
local function fault_of_fields(hash, own)
  if redis.call('HLEN', hash) > MOST_FIELDS then
    return MANY_FIELDS
  end
  local cursor = '0'
  repeat
    local fields
    cursor, fields = unpack(redis.call('HSCAN', hash, cursor, 'COUNT', 100))
    for i = 1, #fields, 2 do
      local name, value = fields[i], fields[i + 1]
      work = work + FIELD_WORK + BYTE_WORK * (#name + #value)
      if not (own and string.byte(name) == 255) and not (is_utf8(name) and is_utf8(value)) then
        return NO_TEXT
      end
    end
  until cursor == '0'
end

-- Makes the service list the hash that has a record's name. Returns whether it didn't before.
local function enlist(path)
  local record = KEY_PREFIX .. path
  local known, due = redis.call('ZSCORE', INDEX, path), redis.call('ZSCORE', DUE, path)
  local remaining, time = redis.call('PTTL', record), redis.call('TIME')
  local expiry = remaining ~= -1 and time[1] * 1000 + math.floor(time[2] / 1000) + remaining
  -- Some time may have passed between the two commands.
  local is_right = due and expiry and math.abs(due - expiry) < 1000 or not due and not expiry
  if known and is_right then
    return false
  end
  work = work + ENLIST_WORK
  -- A hash without fields is none; the service doesn't show this one.
  if redis.call('HLEN', record) > 1 then
    redis.call('HDEL', record, 'ttl')
  end
  redis.call('ZADD', INDEX, 0, path)
  if expiry then
    redis.call('ZADD', DUE, expiry, path)
  else
    redis.call('ZREM', DUE, path)
  end
  return true
end

-- Puts a hash that has a record's name into the index. What is in it already isn't looked at again.
local function put_into_index(key, path)
  local fault = not redis.call('ZSCORE', INDEX, path)
    and (not is_normal(path) and NAME_NOT_NORMAL
      or fault_of_path(path, decoded(path))
      or fault_of_fields(key, true))
  return fault or enlist(path) and INDEXED
end

-- Gives a hash the record's name that `name` makes.
local function rename(key, name)
  local text = behind('/', name) and name or '/' .. name
  local path = encoded(text)
  local fault = fault_of_path(path, text) or fault_of_fields(key, false)
  if fault then
    return fault
  elseif redis.call('RENAMENX', key, KEY_PREFIX .. path) == 0 then
    return EXISTS
  end
  enlist(path)
  return RENAMED
end

-- Whether key_prefix and `name` are a key that the service has for itself. All are that begin with
-- key_prefix and not with a path, unless the other program's keys begin with it too.
local function is_of_service(name)
  return not behind(KEY_PREFIX, FROM)
    or name == 'index' or name == 'due' or name == 'count'
    or behind('changes', name) or behind('adopt:', name)
end

-- Does what is to be done with a key. Returns what became of it; nil or false: it was as it should be.
local function take_in(key)
  local own, name = behind(KEY_PREFIX, key), behind(FROM, key)
  local path = own and behind('/', own) and own
  local kind = (path or name) and redis.call('TYPE', key).ok or 'none'
  -- It may be gone: SCAN may say a key twice.
  if kind == 'none' then
    return nil
  end
  work = work + KEY_WORK
  if own and not path and is_of_service(own) then
    -- What the service has there is no hash, but for how far this is.
    return kind == 'hash' and not behind('adopt:', own) and NAME_RESERVED
  elseif kind ~= 'hash' then
    return NO_HASH
  elseif path then
    return put_into_index(key, path)
  end
  return rename(key, name)
end

-- What the steps before left: the cursor, how many keys were looked at, and for each line of the report
-- how many and some names.
local progress, kept = {cursor = '0', keys = 0}, redis.call('HGETALL', PROGRESS)
for i = 1, #kept, 2 do
  progress[kept[i]] = kept[i + 1]
end
-- Whatever may fail does before anything is changed: values of other types, and a full memory, which
-- Redis asks about at a script's first write.
redis.call('ZCARD', INDEX)
redis.call('ZCARD', DUE)
redis.call('HSET', PROGRESS, 'cursor', progress.cursor)

local function note(outcome, key)
  progress[outcome] = (progress[outcome] or 0) + 1
  if behind('left alone', outcome) and progress[outcome] <= 3 then
    local names = progress['names, ' .. outcome]
    progress['names, ' .. outcome] = (names and names .. ', ' or '') .. encoded(string.sub(key, 1, 40))
  end
end

repeat
  local keys
  progress.cursor, keys = unpack(redis.call('SCAN', progress.cursor, 'COUNT', 10))
  work = work + SCAN_WORK
  progress.keys = progress.keys + #keys
  for _, key in ipairs(keys) do
    local outcome = take_in(key)
    if outcome then
      note(outcome, key)
    end
  end
until progress.cursor == '0' or work > BUDGET

if progress.cursor ~= '0' then
  for name, value in pairs(progress) do
    redis.call('HSET', PROGRESS, name, value)
  end
  redis.call('EXPIRE', PROGRESS, 3600)
  return {'more: ' .. progress.keys .. ' keys looked at, ' .. (progress[RENAMED] or 0) .. ' ' .. RENAMED}
end
redis.call('DEL', PROGRESS)
local report = {'done: ' .. progress.keys .. ' keys looked at'}
for _, outcome in ipairs(REPORT) do
  local names = progress['names, ' .. outcome]
  if progress[outcome] then
    report[#report + 1] = outcome .. ': ' .. progress[outcome] .. (names and ', such as ' .. names or '')
  end
end
return report
