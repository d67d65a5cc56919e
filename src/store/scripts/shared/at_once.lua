-- Shared: a read for which little is to be done.
-- Most reads are without conditions, and find a record that this service wrote and nothing to put right. What `look`
-- does with those is done here by less: the hash is read once, and the functions that `look` needs are made behind
-- this. Whatever is not as expected is left to `look`; nothing has been changed then.
-- Needs: hit, clock.
local function read_at_once(hit)
  local record, count, due = KEYS[1], KEYS[3], KEYS[4]
  if ARGV[3] .. ARGV[4] .. ARGV[5] .. ARGV[6] ~= '' then
    return
  end
  local now = clock()
  local ttl = redis.call('PTTL', record)
  local fields = redis.call('HGETALL', record)
  local etag, last_updated, hits
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == '\255etag' then
      etag = value
    elseif name == 'last_updated' then
      last_updated = value
    elseif name == HITS then
      hits = value
    end
  end
  if not etag or not string.find(etag, '^[!#-~]+$') then
    return
  end
  if not last_updated or #last_updated > 15 or not string.find(last_updated, '^%d+$') then
    return
  end
  number_of_hits(hits)
  if hit then
    local noted = redis.call('ZSCORE', due, ARGV[1])
    local expected = noted and ttl >= 0 and math.abs(noted - now - ttl) <= 1000 or not noted and ttl == -1
    if not expected or redis.call('ZCOUNT', due, '-inf', '(' .. now) > 0 then
      return
    end
    count_hit(count)
    redis.call('HINCRBY', record, HITS, 1)
  end
  return {'found', etag, tonumber(last_updated), ttl, now, #fields, fields}
end

local found = not ARGV[7] and read_at_once(ARGV[2] ~= '')
if found then
  return found
end
