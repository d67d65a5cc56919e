#!/bin/sh
# Changes the password of every node, to the one on standard input: `password.sh add` has them take it beside
# the old one, `password.sh only` has them take nothing else. Run it in one of the pods.
set -eu
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH
new=$(cat)
case $1 in
  add) reset= ;;
  only) reset=resetpass ;;
  *) exit 2 ;;
esac
redis-cli cluster nodes | awk '$3 !~ /noaddr/ { split($2, where, /:[0-9]+@/); print where[1] }' | while read -r node; do
  # `reset` is a word or none.
  # shellcheck disable=SC2086
  printf '>%s' "$new" | redis-cli -e -h "$node" -x acl setuser default $reset
  printf %s "$new" | redis-cli -e -h "$node" -x config set masterauth
done
