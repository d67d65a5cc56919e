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

-- What the fields for a record's tag, its last write and its hits say: the tag (false: another program wrote it),
-- when it was last written, in seconds (false: unknown), and its number of hits. Raises an error where there is
-- something that is no record.
local function own_values(etag, written, hits)
  if etag and not string.find(etag, '^[!#-~]+$') then
    refuse('a tag')
  end
  local seconds = written and string.match(written, '^(%d+)%.?%d*$')
  local last_updated = seconds and #seconds < 16 and tonumber(seconds) or false
  return etag, last_updated, number_of_hits(hits)
end

-- The same of a record.
local function own_fields(record)
  return own_values(unpack(redis.call('HMGET', record, ETAG, 'last_updated', HITS)))
end

-- The same, with a tag for every record.
local function metadata(record)
  local etag, last_updated, hits = own_fields(record)
  return etag or digest(redis.call('HGETALL', record)), last_updated, hits
end
