-- Reads a record.
-- KEYS: 1 the record, 2 the index, 3 the count, 4 the paths that are due.
-- ARGV: 1 the path; 2 '1' to count the hit, else ''; 3 to 6 If-Match, If-None-Match,
--   If-Unmodified-Since, If-Modified-Since; 7 is there if a write is to follow.
-- Returns {'missing'}, or the outcome ('found', 'precondition-failed', 'matched'), the tag,
--   last_updated (nil: unknown), milliseconds to live (-1: for ever), the time in milliseconds and,
--   if found, how many fields and values the hash has, and those.
-- Where no hit is counted nothing is written.
-- Needs: at_once, look.
return look(ARGV[2] ~= '', ARGV[7])
