#!/bin/sh
# Takes a snapshot, as `redis-cli --rdb` wrote it, on standard input and makes it what Redis loads at its
# next start: the base of a new append-only file. What was there stays beside it.
set -eu
cd /data
cat >restore.rdb
redis-check-rdb restore.rdb
if [ -e appendonlydir ]; then
  before=appendonlydir.before-$(date -u +%Y%m%dT%H%M%SZ)
  mv appendonlydir "$before"
  echo "the former data is in $before"
fi
mkdir appendonlydir
mv restore.rdb appendonlydir/appendonly.aof.1.base.rdb
echo 'file appendonly.aof.1.base.rdb seq 1 type b' >appendonlydir/appendonly.aof.manifest
