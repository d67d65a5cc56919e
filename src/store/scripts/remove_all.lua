-- Deletes the records whose paths begin alike.
-- KEYS: 1 the index, 2 the paths that are due.
-- ARGV: 1 what record keys begin with; 2 what paths begin with; 3 where to start, as ZRANGEBYLEX has it;
--   4 how many records at the most; 5 how many paths to look at, at the most.
-- Returns where to go on ('': none is left) and how many records were deleted.
-- Needs: clock, record, followers, index.
local index, due = unpack(KEYS)
local key_prefix, prefix, start = ARGV[1], ARGV[2], ARGV[3]
local limit, budget = tonumber(ARGV[4]), tonumber(ARGV[5])
-- No byte of a path is as high.
local END, BATCH = '(' .. prefix .. '\255', 256

local now = clock()
-- Everything is looked at before anything is written.
local found, deleted, looked_at, next_start = {}, 0, 0, nil
redis.call('ZCARD', due)
while not next_start do
  local paths = redis.call('ZRANGEBYLEX', index, start, END, 'LIMIT', 0, BATCH)
  for _, path in ipairs(paths) do
    local record = key_prefix .. path
    local exists = redis.call('EXISTS', record) == 1
    -- What is no record stays, for whoever put it there.
    local is_ours = not exists or pcall(own_fields, record)
    if looked_at == budget or exists and is_ours and deleted == limit then
      next_start = start
      break
    end
    looked_at = looked_at + 1
    if is_ours then
      found[#found + 1] = {path, exists, followers(key_prefix, path)}
      deleted = deleted + (exists and 1 or 0)
    end
    start = '(' .. path
  end
  if #paths < BATCH then
    next_start = next_start or ''
  end
end
for _, one in ipairs(found) do
  local path, exists, streams = unpack(one)
  if exists then
    redis.call('UNLINK', key_prefix .. path)
    tell(streams, path, 'deleted')
  end
  forget(index, due, path, now, exists and {} or streams)
end
return {next_start, deleted}
