-- Lists records in byte order of their paths.
-- KEYS: 1 the index, 2 the paths that are due.
-- ARGV: 1 what record keys begin with; 2 what paths begin with; 3 where to start, as ZRANGEBYLEX
--   has it; 4 how many entries at the most; 5 '1' to fold what goes on past the next '/'; 6 how many
--   paths to look at, at the most; 7 '1' if it may write, else ''; 8 '1' for members too, else ''; 9 how many
--   bytes of members to read at the most, unless they are one record's. They are read for a tag, too, where
--   another program wrote the record.
-- Returns where the next page starts ('': there is none), the number of records, and for each the path,
--   milliseconds to live (-1: for ever), last_updated (nil: unknown), the tag and, where members are asked for,
--   how many fields and values the hash has, and those; then the folded prefixes.
-- If it may write, what is met is put right in both sets; where Redis takes no writes, it is left.
-- Needs: clock, record, followers, index, size.
local index, due = unpack(KEYS)
local writes, values = ARGV[7] ~= '', ARGV[8] ~= ''
local key_prefix, prefix, start, fold = ARGV[1], ARGV[2], ARGV[3], ARGV[5] ~= ''
local limit, budget, room = tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[9])
-- No byte of a path is as high.
local END, BEHIND = '(' .. prefix .. '\255', '\127'
-- A fold jumps over its paths: then it is not worth having many of them at hand.
local BATCH = fold and 16 or math.min(limit + 1, 256)
-- How many paths that were due are taken out at once.
local MANY = 100

local records, prefixes, found, entries, looked_at = {}, {}, 0, 0, 0

-- What a path folds into; nil: it stands for itself.
local function folded(path)
  local slash = fold and string.find(path, '/', #prefix + 1, true)
  return slash and slash < #path and string.sub(path, 1, slash) or nil
end

-- The page ends here: the next one starts where this one has not been.
local function page(next_start)
  return {next_start, found, records, prefixes}
end

local now = clock()
if writes then
  pcall(reap, index, due, key_prefix, overdue(index, due, key_prefix, now, MANY), now)
end

while true do
  local paths = redis.call('ZRANGEBYLEX', index, start, END, 'LIMIT', 0, BATCH)
  local noted = writes and #paths > 0 and redis.call('ZMSCORE', due, unpack(paths))
  local inside
  for i, path in ipairs(paths) do
    if not inside or string.sub(path, 1, #inside) ~= inside then
      inside = nil
      if looked_at == budget then
        return page(start)
      end
      looked_at = looked_at + 1
      local ttl = redis.call('PTTL', key_prefix .. path)
      if ttl == -2 then
        if writes then
          pcall(forget, index, due, path, now, followers(key_prefix, path))
        end
        start = '(' .. path
      elseif entries == limit then
        return page(start)
      else
        inside = folded(path)
        if inside then
          prefixes[#prefixes + 1] = inside
          start = '(' .. inside .. BEHIND
        else
          if noted and misnoted(noted[i], ttl, now) then
            pcall(place, index, due, path, ttl, now, {})
          end
          -- What is no record is left out; its path stays, for whoever put it there.
          local record, at = key_prefix .. path, #records
          local is_record, etag, last_updated = pcall(own_fields, record)
          if is_record then
            local fields = (values or not etag) and redis.call('HGETALL', record)
            if fields then
              room = room - size(fields)
              if room < 0 and entries > 0 then
                return page(start)
              end
            end
            records[at + 1], records[at + 2], records[at + 3] = path, ttl, last_updated
            records[at + 4] = etag or digest(fields)
            if values then
              records[at + 5], records[at + 6] = #fields, fields
            end
            found = found + 1
          end
          start = '(' .. path
        end
        entries = entries + 1
      end
    end
  end
  if #paths < BATCH then
    return page('')
  end
end
