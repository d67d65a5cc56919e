#!/bin/sh
# Adds a snapshot to the volume /backups, and takes the oldest away. A file has its name once it is whole
# and Redis' own check has passed it.
set -eu
umask 077
name=/backups/path-records-$(date -u +%Y%m%dT%H%M%SZ).rdb
trap 'rm -f "$name.part"' EXIT
# Of a run that was killed.
rm -f /backups/*.part
REDISCLI_AUTH=$(cat /etc/redis-password/password) redis-cli -h path-records-redis --rdb "$name.part"
redis-check-rdb "$name.part"
sha256sum <"$name.part"
mv "$name.part" "$name"
printf '%s\n' /backups/path-records-*.rdb | sort | head -n "-$KEEP" | xargs -r rm -f
