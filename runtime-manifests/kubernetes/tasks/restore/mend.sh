#!/bin/sh
# Cuts the append-only file off where it is damaged, so that Redis starts with what was written before.
# What was there stays beside it.
set -eu
cd /data
before=appendonlydir.damaged-$(date -u +%Y%m%dT%H%M%SZ)
cp -a appendonlydir "$before"
echo "the former data is in $before"
echo y | redis-check-aof --fix appendonlydir/appendonly.aof.manifest
