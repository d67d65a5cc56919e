#!/bin/sh
# Writes a snapshot of everything to standard output, and its checksum to standard error. By way of a file,
# because redis-cli leaves the replication's end marker behind what it writes to a pipe, and Redis won't
# load that. However this ends, the file goes; start.sh removes what only `kill -9` can leave.
set -eu
umask 077
snapshot=$(mktemp /data/backup.XXXXXX)
trap 'rm -f "$snapshot"' EXIT
# A shell hears a signal while it waits for a child in the background, not for one in the foreground.
child=
trap 'kill "$child" 2>/dev/null || :; exit 143' HUP INT PIPE TERM
REDISCLI_AUTH=$(cat /etc/redis-password/password) redis-cli --rdb "$snapshot" >&2 &
child=$!
wait "$child"
sha256sum <"$snapshot" >&2
cat "$snapshot" &
child=$!
wait "$child"
