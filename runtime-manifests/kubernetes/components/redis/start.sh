#!/bin/sh
# Gives Redis the password of the Secret as a SHA-256 on a memory volume, so that it is neither on the
# disk nor in a command line, and may hold any character.
set -eu
umask 077
if ! [ -s /etc/redis-password/password ]; then
  echo "the Secret path-records-redis has no password" >&2
  exit 1
fi
hash=$(sha256sum </etc/redis-password/password | cut -d ' ' -f 1)
echo "user default on #$hash ~* &* +@all" >/run/redis/auth.conf
# No backup is under way when the pod starts.
rm -f /data/backup.??????
exec redis-server /etc/redis/redis.conf
