-- Shared: how large a record is.
-- The bytes of the JSON text of a record with these fields and values, less what escaping adds.
local function size(fields)
  local QUOTES_COLON_COMMA, sum = 4, 0
  for i = 1, #fields, 2 do
    if string.byte(fields[i]) ~= 255 then
      sum = sum + #fields[i] + #fields[i + 1] + QUOTES_COLON_COMMA
    end
  end
  return sum
end
