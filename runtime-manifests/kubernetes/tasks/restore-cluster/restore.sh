#!/bin/sh
# Takes the archive that backup.sh of the cluster wrote on standard input, and writes what is in it to the
# cluster, however many nodes that has now. The cluster must be empty, and nobody may use it meanwhile: a record
# is no record until all of its part is there.
set -eu
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH
# redis-cli writes the password into its MIGRATE commands as it stands.
case $REDISCLI_AUTH in
  *[\ %]*)
    echo "with a blank or a % in the password this can't work: change it first" >&2
    exit 1
    ;;
esac
node=$(getent hosts path-records-redis-cluster-0.path-records-redis-nodes | awk '{ print $1; exit }')

# How many keys the cluster has.
keys() {
  redis-cli -h "$node" cluster nodes | awk '$3 ~ /master/ && NF > 8 { split($2, where, /:[0-9]+@/); print where[1] }' |
    while read -r primary; do redis-cli -e -h "$primary" dbsize </dev/null; done | awk '{ sum += $1 } END { print sum + 0 }'
}

if [ "$(keys)" != 0 ]; then
  echo "the cluster is not empty" >&2
  exit 1
fi
rm -rf /restore/parts
mkdir /restore/parts
tar -ixf - -C /restore/parts
for part in /restore/parts/*.rdb; do redis-check-rdb "$part" >/dev/null; done

server=
trap 'if [ -n "$server" ]; then kill "$server"; fi' EXIT
trap 'exit 1' HUP INT TERM
sum=0
for part in /restore/parts/*.rdb; do
  redis-server --port 7000 --bind 127.0.0.1 --save '' --appendonly no \
    --dir /restore/parts --dbfilename "${part##*/}" >/restore/log &
  server=$!
  until [ "$(redis-cli -u redis://127.0.0.1:7000 ping 2>/dev/null)" = PONG ]; do
    kill -0 "$server"
    sleep 1
  done
  sum=$((sum + $(redis-cli -u redis://127.0.0.1:7000 dbsize 2>/dev/null)))
  redis-cli --cluster import "$node:6379" --cluster-from 127.0.0.1:7000 --cluster-copy >/restore/import || {
    tail -n 2 /restore/import >&2
    exit 1
  }
  kill "$server"
  wait "$server" || true
  server=
done
# Fewer are there only where some have expired since the backup.
echo "$(keys) keys of $sum are there"
