-- Shared: what a record is. A hash with a field a member, `last_updated`, and the service's own
-- fields, whose names begin with the byte FF.
local ETAG, HITS = '\255etag', '\255hits'

-- The tag of a hash that another program wrote: it follows the content.
local function digest(record)
  local fields, texts = redis.call('HGETALL', record), {}
  for i = 1, #fields, 2 do
    if string.byte(fields[i]) ~= 255 then
      texts[#texts + 1] = #fields[i] .. ':' .. fields[i] .. ':' .. fields[i + 1]
    end
  end
  table.sort(texts)
  return redis.sha1hex(table.concat(texts, '\0'))
end

-- A record's tag, when it was last written, in seconds (false: unknown), and its number of hits. Raises
-- an error where there is something that is no record.
local function metadata(record)
  local own = redis.call('HMGET', record, ETAG, 'last_updated', HITS)
  if own[1] and not string.find(own[1], '^[!#-~]+$') then
    refuse('a tag')
  end
  local seconds = own[2] and string.match(own[2], '^(%d+)%.?%d*$')
  local last_updated = seconds and #seconds < 16 and tonumber(seconds) or false
  return own[1] or digest(record), last_updated, number_of_hits(own[3])
end

-- The store's time in milliseconds, and its whole seconds.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000), tonumber(time[1])
end

-- RFC 9110, 13.2.2, for a record with this tag (nil: there is none): the name of the outcome if a
-- condition does not hold, else nil. Tags are a list with quotes and commas, `*`, or '' for none.
local function failed_condition(conditions, etag, last_updated)
  local match, none_match, unmodified_since, modified_since = unpack(conditions)
  local function names(tags)
    return etag and (tags == '*' or string.find(tags, '"' .. etag .. '"', 1, true))
  end
  if match ~= '' and not names(match) then
    return 'precondition-failed'
  end
  -- Equal holds (RFC 9110, 13.1.4): who must not overwrite a write of the same second sends If-Match.
  if unmodified_since ~= '' and last_updated and last_updated > tonumber(unmodified_since) then
    return 'precondition-failed'
  end
  if none_match ~= '' and names(none_match) then
    return 'matched'
  end
  if modified_since ~= '' and last_updated and last_updated <= tonumber(modified_since) then
    -- While its second runs, another write may follow, which would have the same date (RFC 9110,
    -- 8.8.2.2).
    local _, now = clock()
    if last_updated < now then
      return 'matched'
    end
  end
end

-- What the keys of all records begin with.
local function prefix_of(record, path)
  return string.sub(record, 1, #record - #path)
end
