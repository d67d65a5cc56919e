#!/usr/bin/env bash
# From nothing to an answer, on a cluster of three nodes in containers whose image has the shim: needs Docker,
# k3d, kubectl, Helm and what `make image` needs. PORT says where on this machine, 8080 without it.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

context=k3d-path-records

import_image() { run k3d image import target/path-records.tar --cluster path-records; }

need docker k3d kubectl helm curl make openssl
if k3d cluster list path-records >/dev/null 2>&1; then
    run k3d cluster start path-records
else
    say "A cluster"
    run k3d cluster create path-records --image "ghcr.io/spinframework/containerd-shim-spin/k3d:$shim" \
        --agents 2 --port "127.0.0.1:$port:30080@agent:0" --wait
fi
install_spinkube
deploy
use
scale
roll_out_and_back
say "It goes on at $url. To take all of it away: k3d cluster delete path-records"
