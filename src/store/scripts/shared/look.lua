-- Shared: reading a record.
-- Reads the record that KEYS and ARGV name. `hit`: whether it is counted, and both sets are put right where they
-- are wrong; otherwise nothing is written. `to_write`: whether a write is to follow. Returns the outcome and what
-- belongs to it, as `read` does.
-- Needs: hit, clock, record, conditions, followers, index.
local function look(hit, to_write)
  local record, index, count, due = unpack(KEYS)
  local path, conditions = ARGV[1], {ARGV[3], ARGV[4], ARGV[5], ARGV[6]}
  local prefix = prefix_of(record, path)
  local now = clock()
  local ttl = redis.call('PTTL', record)
  local exists = ttl ~= -2
  local etag, last_updated
  if exists then
    etag, last_updated = metadata(record)
  end
  -- What the write would fail on is found before anything is counted.
  if to_write then
    redis.call('ZCARD', index)
    redis.call('ZCARD', due)
    followers(prefix, path)
  end
  if hit then
    local wrong = misplaced(index, due, path, ttl, now)
    local streams = wrong and followers(prefix, path)
    local late = overdue(index, due, prefix, now, FEW)
    count_hit(count)
    if exists then
      redis.call('HINCRBY', record, HITS, 1)
    end
    if wrong then
      place(index, due, path, ttl, now, streams)
    end
    reap(index, due, prefix, late, now)
  end
  if not exists then
    return {'missing'}
  end
  local outcome = failed_condition(conditions, etag, last_updated) or 'found'
  local fields = outcome == 'found' and redis.call('HGETALL', record) or {}
  return {outcome, etag, last_updated, ttl, now, #fields, fields}
end
