#!/bin/sh
# Gives Redis what only the pod knows: the password of the Secret (as a SHA-256, and in full for the primary
# that this node may replicate), and the name and the address under which it is to be found. All of it is on a
# memory volume, so that the password is neither on the disk nor in a command line.
set -eu
umask 077
password=/etc/redis-password/password
if ! [ -s "$password" ]; then
  echo "the Secret path-records-redis has no password" >&2
  exit 1
fi
hash=$(sha256sum <"$password" | cut -d ' ' -f 1)
quoted=$(sed 's/[\\"]/\\&/g' "$password")
cat >/run/redis/node.conf <<END
user default on #$hash ~* &* +@all
masterauth "$quoted"
cluster-announce-hostname $POD_NAME.path-records-redis-nodes
cluster-announce-ip $POD_IP
cluster-announce-human-nodename $NODE_NAME
END
# No backup is under way when the pod starts.
rm -rf /data/backup.??????
/bin/sh /etc/redis/meet.sh &
exec redis-server /etc/redis/redis.conf
