#!/bin/sh
# Copies records from one service to another through their interfaces, so between any two stores: from one Redis
# to a cluster, or to one with another number of parts.
#
#   FROM=http://old TO=https://new FROM_TOKEN=... TO_TOKEN=... PREFIX=/docs/ sh move.sh
#
# PREFIX is `/` unless it is given; tokens are only for services that want them. It may be run again: what is
# there is overwritten by what FROM has. Both services may be in use, but what is written to FROM behind the
# page that is being copied, or deleted there, does not reach TO.
set -eu
umask 077
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM
cd "$directory"

# Headers in files, since others may see a command line.
header() {
  if [ -n "$1" ]; then echo "Authorization: Bearer $1"; fi
}
header "${FROM_TOKEN:-}" >from
header "${TO_TOKEN:-}" >to

ask() {
  curl --silent --show-error --fail-with-body --retry 10 --retry-delay 1 --retry-connrefused "$@"
}

# One page of at most 1,000 records and about a megabyte: less than an import may have.
page() {
  ask --header @from --header 'Accept: application/x-ndjson' --dump-header headers --output page "$@"
}

# Sends the page, and fails where a line of it was refused.
import() {
  ask --header @to --header 'Content-Type: application/x-ndjson' --data-binary @page --output answer \
    "${TO%/}/-/records" || {
    cat answer >&2
    exit 1
  }
  ! grep -q '"status":[45]' answer
}

copied=0
page --get --data limit=1000 --data values=true --data-urlencode "prefix=${PREFIX:-/}" "${FROM%/}/-/records"
while :; do
  if [ -s page ]; then
    # Each line is a PUT of its own, and may be sent again.
    tries=10
    until import; do
      tries=$((tries - 1))
      if [ "$tries" = 0 ] || grep -q '"status":4' answer; then
        grep '"status":[45]' answer >&2
        exit 1
      fi
      sleep 1
    done
    copied=$((copied + $(wc -l <page)))
    echo "$copied records"
  fi
  next=$(tr -d '\r' <headers | sed -n 's/^[Ll][Ii][Nn][Kk]: <\(.*\)>; rel="next"$/\1/p')
  if [ -z "$next" ]; then break; fi
  page "${FROM%/}$next"
done
