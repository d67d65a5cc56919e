#!/bin/sh
# Writes a snapshot of everything to standard output. By way of a file, because redis-cli leaves the
# replication's end marker behind what it writes to a pipe, and Redis won't load that.
set -eu
umask 077
snapshot=$(mktemp /data/backup.XXXXXX)
trap 'rm -f "$snapshot"' EXIT
REDISCLI_AUTH=$(cat /etc/redis-password/password) redis-cli --rdb "$snapshot" >&2
cat "$snapshot"
