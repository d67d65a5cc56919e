#!/bin/sh
# Moves slots until each primary has its share of them, new ones included. Run it in one of the pods.
# Further arguments are redis-cli's, such as --cluster-weight ID=0 for a node that is to be emptied.
#
# All keys of a slot, which means a part of the store, move in one command: Redis answers for no half of a part,
# so the sooner it is over the better. Neither node answers anybody meanwhile, and it must not be taken for dead.
set -eu
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH
patience() {
  redis-cli --cluster call "$POD_IP:6379" config set cluster-node-timeout "$1"
}
usual=$(sed -n 's/^cluster-node-timeout //p' /etc/redis/redis.conf)
trap 'patience "$usual"' EXIT
trap 'exit 1' HUP INT TERM
patience 120000
redis-cli --cluster rebalance "$POD_IP:6379" --cluster-use-empty-masters --cluster-threshold 1 \
  --cluster-pipeline 1000000 --cluster-timeout 100000 "$@"
