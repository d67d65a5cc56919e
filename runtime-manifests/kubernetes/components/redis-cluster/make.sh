#!/bin/sh
# Makes one cluster of the pods 0 to NODES - 1, or takes in those that are new, in steps that each look first
# whether they are done already. A node without slots becomes the replica of a primary that has none, on
# another machine if there is a choice; where each has one it stays a primary, to which spread.sh moves slots.
set -eu
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH

address() {
  getent hosts "path-records-redis-cluster-$1.path-records-redis-nodes" | awk '{ print $1; exit }'
}

# Says a command to the node at an address; an error ends everything.
say_to() {
  at=$1
  shift
  redis-cli -e -h "$at" "$@"
}

# Tries a command once a second, for five minutes.
until_done() {
  what=$1
  shift
  for _ in $(seq 300); do
    if "$@"; then return; fi
    sleep 1
  done
  echo "still not so after five minutes: $what" >&2
  exit 1
}

is_up() {
  node=$(address "$1")
  [ -n "$node" ] && [ "$(redis-cli -h "$node" ping 2>/dev/null)" = PONG ]
}

has_slots() {
  say_to "$1" cluster nodes | awk '$3 ~ /myself/ && NF > 8 { found = 1 } END { exit !found }'
}

# Whether a node sees every other one.
knows_all() {
  known=$(say_to "$1" cluster nodes | awk '$3 !~ /handshake|fail|noaddr/ { print $1 }')
  for id in $ids; do
    case $known in *"$id"*) ;; *) return 1 ;; esac
  done
}

field() {
  say_to "$1" cluster info | tr -d '\r' | sed -n "s/^$2://p"
}

all_slots_assigned() {
  [ "$(field "$1" cluster_slots_assigned)" = 16384 ]
}

is_ok() {
  [ "$(field "$1" cluster_state)" = ok ]
}

machine() {
  say_to "$1" config get cluster-announce-human-nodename | tail -n 1
}

# 1. Every pod runs, and has a name that leads to it.
addresses=
ids=
i=0
while [ "$i" -lt "$NODES" ]; do
  until_done "node $i answers" is_up "$i"
  node=$(address "$i")
  addresses="$addresses $node"
  ids="$ids $(say_to "$node" cluster myid)"
  i=$((i + 1))
done

# 2. They all know each other: those with slots are the cluster, or else the first one begins it.
first=
for node in $addresses; do
  if has_slots "$node"; then
    first=$node
    break
  fi
done
: "${first:=$(address 0)}"
for node in $addresses; do
  id=$(say_to "$node" cluster myid)
  if ! say_to "$first" cluster nodes | grep -q "^$id "; then
    echo "$node is new"
    say_to "$first" cluster meet "$node" 6379
  fi
done
for node in $addresses; do until_done "$node knows all" knows_all "$node"; done

# 3. Whoever has the name of a pod that is another node now will never come back: its volume was lost.
say_to "$first" cluster nodes | while read -r id where flags _ _ _ _ _ slots; do
  name=${where#*,}
  case ,$flags, in *,fail,* | *,noaddr,*) ;; *) continue ;; esac
  case $ids in *"$id"*) continue ;; esac
  case " $(seq -f 'path-records-redis-cluster-%.0f' 0 $((NODES - 1)) | tr '\n' ' ')" in
    *" ${name%%.*} "*) ;;
    *) continue ;;
  esac
  if [ -n "$slots" ]; then
    echo "$id, once $name, was the last to have the slots $slots: restore them from a backup" >&2
    exit 1
  fi
  echo "$id, once $name, is forgotten"
  for node in $addresses; do redis-cli -h "$node" cluster forget "$id"; done
done

# 4. The first ones share the slots, when the cluster is made.
if ! all_slots_assigned "$first"; then
  i=0
  while [ "$i" -lt "$PRIMARIES" ]; do
    node=$(address "$i")
    if ! has_slots "$node"; then
      from=$((16384 * i / PRIMARIES))
      to=$((16384 * (i + 1) / PRIMARIES - 1))
      say_to "$node" cluster addslotsrange "$from" "$to"
    fi
    i=$((i + 1))
  done
fi
for node in $addresses; do until_done "$node knows where all slots are" all_slots_assigned "$node"; done

# 5. Who has none replicates somebody.
changed=
for node in $addresses; do
  id=$(say_to "$node" cluster myid)
  view=$(say_to "$node" cluster nodes)
  if ! echo "$view" | awk '$3 ~ /myself,master/ && NF == 8 { found = 1 } END { exit !found }'; then
    continue
  fi
  # Primaries without a replica, those with slots first. What this run has changed, gossip may not say yet.
  candidates=$(echo "$view" | awk -v changed="$changed" '
    $3 ~ /slave/ && $3 !~ /fail/ { has[$4] = 1 }
    $3 ~ /master/ && $3 !~ /myself|fail|handshake/ && index(changed, $1) == 0 {
      split($2, where, /:[0-9]+@/)
      if (NF > 8) full[$1] = where[1]; else empty[$1] = where[1]
    }
    END {
      for (id in full) if (!has[id]) print id, full[id]
      for (id in empty) if (!has[id]) print id, empty[id]
    }')
  own=$(machine "$node")
  choice=$(echo "$candidates" | while read -r candidate where; do
    if [ -n "$candidate" ] && [ "$(machine "$where")" != "$own" ]; then
      echo "$candidate"
      break
    fi
  done)
  : "${choice:=$(echo "$candidates" | awk '{ print $1; exit }')}"
  if [ -n "$choice" ]; then
    echo "$node becomes a replica of $choice"
    say_to "$node" cluster replicate "$choice"
    changed="$changed $id $choice"
  fi
done

for node in $addresses; do until_done "$node is in order" is_ok "$node"; done
echo "$NODES nodes are one cluster"
