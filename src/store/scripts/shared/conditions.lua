-- Shared: whether the conditions of a request hold.
-- RFC 9110, 13.2.2, for a record with this tag (nil: there is none): the name of the outcome if a
-- condition does not hold, else nil. Tags are a list with quotes and commas, `*`, or '' for none.
-- Needs: clock.
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
