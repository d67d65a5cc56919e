-- Deletes the records whose paths begin alike.
-- KEYS: 1 the index, 2 the paths that are due.
-- ARGV: 1 what record keys begin with; 2 what paths begin with; 3 where to start, as ZRANGEBYLEX has it;
--   4 how many records at the most; 5 how many paths to look at, at the most.
-- Returns where to go on ('': none is left) and how many records were deleted.
local index, due = unpack(KEYS)
local key_prefix, prefix, start = ARGV[1], ARGV[2], ARGV[3]
local limit, budget = tonumber(ARGV[4]), tonumber(ARGV[5])
-- No byte of a path is as high.
local END, BATCH = '(' .. prefix .. '\255', 256

local deleted, looked_at = 0, 0
redis.call('ZCARD', due)
while true do
  local paths = redis.call('ZRANGEBYLEX', index, start, END, 'LIMIT', 0, BATCH)
  for _, path in ipairs(paths) do
    local record = key_prefix .. path
    if looked_at == budget then
      return {start, deleted}
    end
    looked_at = looked_at + 1
    if redis.call('EXISTS', record) == 0 then
      forget(index, due, path)
    -- What is no record stays, for whoever put it there.
    elseif pcall(own_fields, record) then
      if deleted == limit then
        return {start, deleted}
      end
      redis.call('UNLINK', record)
      forget(index, due, path)
      deleted = deleted + 1
    end
    start = '(' .. path
  end
  if #paths < BATCH then
    return {'', deleted}
  end
end
