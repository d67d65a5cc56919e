-- Makes sure that the store serves: that scripts run, and that it takes writes.
-- KEYS: 1 how many parts the store was made with, or a key that is not there.
-- ARGV: 1 how many that is, to note it if nothing is noted yet; '' notes nothing.
-- Returns how many are noted ('': none) and 'full' where there is room for nothing more, else ''.
local noted, parts = KEYS[1], ARGV[1]
-- It changes nothing, and is refused where a write would be.
local written = redis.pcall('SETRANGE', noted, 0, '')
local full = type(written) == 'table' and string.find(written.err, 'OOM', 1, true)
if type(written) == 'table' and not full then
  return written
end
if parts ~= '' and not full then
  redis.call('SETNX', noted, parts)
end
return {redis.call('GET', noted) or '', full and 'full' or ''}
