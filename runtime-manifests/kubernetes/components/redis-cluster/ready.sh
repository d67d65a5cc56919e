#!/bin/sh
# Ready is: takes the current password, sees the majority of the cluster, and, as a replica, has what its
# primary has. So no node is replaced while another one has yet to catch up. The password is read each time,
# because the mounted file follows the Secret and an environment variable would not.
set -eu
REDISCLI_AUTH=$(cat /etc/redis-password/password)
export REDISCLI_AUTH
redis-cli cluster info | grep -q '^cluster_state:ok'
! redis-cli info replication | grep -q '^master_link_status:down'
