#!/bin/sh
# Writes a snapshot of every primary to standard output, as a tar archive, one after the other: each is of a
# moment of its own. Their checksums go to standard error. By way of a file, because redis-cli leaves the replication's end marker behind what it
# writes to a pipe, and Redis won't load that. Run it in one of the pods.
set -eu
umask 077
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH
if ! redis-cli cluster info | grep -q '^cluster_slots_ok:16384'; then
  echo "not every slot has a node that serves it" >&2
  exit 1
fi
directory=$(mktemp -d /data/backup.XXXXXX)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
# With whoever has slots; a primary that has none has no records.
redis-cli cluster nodes | awk '$3 ~ /master/ && NF > 8 { split($2, where, /:[0-9]+@/); print where[1], $1 }' >primaries
child=
trap 'kill "$child" 2>/dev/null || :; exit 143' HUP INT PIPE TERM
while read -r node id; do
  # A shell hears a signal while it waits for a child in the background, not for one in the foreground.
  redis-cli -h "$node" --rdb "$id.rdb" >&2 </dev/null &
  child=$!
  wait "$child"
  sha256sum "$id.rdb" >&2
  tar -cf - "$id.rdb" &
  child=$!
  wait "$child"
  rm "$id.rdb"
done <primaries
