-- Shared: the read that most reads are, at once.
-- They have no conditions, and find a record that this service wrote and nothing to put right. `look` would do the
-- same with those, but reads the hash twice, and making the functions that it needs takes longer than reading. Where
-- there is more to do nothing has been changed, and `look` does it.
-- Needs: hit, clock, record, due.
local function read_at_once(hit)
  local record, count, due = KEYS[1], KEYS[3], KEYS[4]
  local now, ttl = clock(), redis.call('PTTL', record)
  local fields = redis.call('HGETALL', record)
  local tag, written, hits
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == ETAG then
      tag = value
    elseif name == 'last_updated' then
      written = value
    elseif name == HITS then
      hits = value
    end
  end
  local etag, last_updated = own_values(tag, written, hits)
  if not etag then
    return
  end
  if hit then
    if misnoted(redis.call('ZSCORE', due, ARGV[1]), ttl, now) or count_late(due, now) > 0 then
      return
    end
    count_hit(count)
    redis.call('HINCRBY', record, HITS, 1)
  end
  return {'found', etag, last_updated, ttl, now, #fields, fields}
end

local is_plain = ARGV[3] .. ARGV[4] .. ARGV[5] .. ARGV[6] == '' and not ARGV[7]
local found = is_plain and read_at_once(ARGV[2] ~= '')
if found then
  return found
end
