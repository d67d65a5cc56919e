-- Shared: what a record is. A hash with a field a member, `last_updated`, and the service's own
-- fields, whose names begin with the byte FF.
-- Needs: hit.
local ETAG = '\255etag'

-- The tag of a hash with these fields and values that another program wrote: it follows the content.
local function digest(fields)
  local texts = {}
  for i = 1, #fields, 2 do
    if string.byte(fields[i]) ~= 255 then
      texts[#texts + 1] = #fields[i] .. ':' .. fields[i] .. ':' .. fields[i + 1]
    end
  end
  table.sort(texts)
  return redis.sha1hex(table.concat(texts, '\0'))
end

-- A record's tag (false: another program wrote it), when it was last written, in seconds (false: unknown),
-- and its number of hits. Raises an error where there is something that is no record.
local function own_fields(record)
  local own = redis.call('HMGET', record, ETAG, 'last_updated', HITS)
  if own[1] and not string.find(own[1], '^[!#-~]+$') then
    refuse('a tag')
  end
  local seconds = own[2] and string.match(own[2], '^(%d+)%.?%d*$')
  local last_updated = seconds and #seconds < 16 and tonumber(seconds) or false
  return own[1], last_updated, number_of_hits(own[3])
end

-- The same, with a tag for every record.
local function metadata(record)
  local etag, last_updated, hits = own_fields(record)
  return etag or digest(redis.call('HGETALL', record)), last_updated, hits
end
