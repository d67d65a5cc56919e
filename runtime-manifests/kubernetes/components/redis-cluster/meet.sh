#!/bin/sh
# Finds nodes again that have come back with other addresses. Those that stayed learn the new address of one
# that returns; but when all have gone at once, as when the whole of Kubernetes was restarted, nobody knows
# where anybody is, and only the names are what they were.
set -u
while sleep 5; do
  REDISCLI_AUTH=$(cat /etc/redis-password/password)
  export REDISCLI_AUTH
  # ID ADDRESS:PORT@BUS,NAME FLAGS ...
  redis-cli cluster nodes 2>/dev/null | while read -r id address flags _; do
    case $flags in
      *myself* | *handshake*) continue ;;
      *fail*) ;;
      *) continue ;;
    esac
    name=${address#*,}
    name=${name%%,*}
    now=$(getent hosts "$name" | awk '{ print $1; exit }')
    # The bus asks for no password, so nobody is met who isn't who it should be.
    if [ -n "$now" ] && [ "$now" != "${address%:*}" ] &&
      [ "$(redis-cli -h "$now" cluster myid 2>/dev/null)" = "$id" ]; then
      echo "$name is at $now now"
      redis-cli cluster meet "$now" 6379
    fi
  done

  # A replica that learns its primary's new address from a third node goes on asking the old one.
  info=$(redis-cli info replication 2>/dev/null | tr -d '\r')
  case $info in *master_link_status:down*) ;; *) continue ;; esac
  asked=$(echo "$info" | sed -n 's/^master_host://p')
  redis-cli cluster nodes | awk -v asked="$asked" '
    $3 ~ /myself/ { primary = $4 }
    { split($2, at, /:[0-9]+@/); address[$1] = at[1] }
    END { if (address[primary] != "" && address[primary] != asked) print primary }' |
    while read -r primary; do redis-cli cluster replicate "$primary"; done
done
