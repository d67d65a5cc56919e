#!/bin/sh
# Before a node ends: if it is a primary, a replica takes over first, with everything that was written, and its
# parts are away for some milliseconds instead of the seconds until it is taken for dead. Where there is no
# replica that is in step, it just ends.
set -u
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH
own=$(redis-cli cluster myid)
replicas=$(redis-cli cluster nodes | awk -v own="$own" '$4 == own && $3 !~ /fail/ { split($2, where, /:[0-9]+@/); print where[1] }')
for replica in $replicas; do
  if redis-cli -e -h "$replica" cluster failover; then
    # It gives up by itself after five seconds.
    for _ in $(seq 30); do
      if redis-cli info replication | grep -q '^role:slave'; then exit 0; fi
      sleep 0.2
    done
  fi
done
