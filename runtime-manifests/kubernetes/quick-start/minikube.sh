#!/usr/bin/env bash
# From nothing to an answer, on minikube with containerd: needs Docker, minikube, kubectl, Helm and what
# `make image` needs. PORT says where on this machine, 8080 without it.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

context=path-records

in_node() { minikube ssh --profile path-records -- "$@"; }

import_image() { run minikube image load target/path-records.tar --profile path-records; }

# minikube's image has no shim: it goes where containerd looks for it, and into its configuration.
install_shim() {
    local machine
    say "The shim"
    directory=$(mktemp -d)
    trap 'rm -rf "$directory"' EXIT
    machine=$(in_node uname -m | tr -d '\r')
    curl --fail --silent --show-error --location --output "$directory/shim.tar.gz" \
        "https://github.com/spinframework/containerd-shim-spin/releases/download/$shim/containerd-shim-spin-v2-linux-$machine.tar.gz"
    tar -xzf "$directory/shim.tar.gz" -C "$directory"
    run minikube cp --profile path-records "$directory/containerd-shim-spin-v2" /home/docker/containerd-shim-spin-v2
    run minikube cp --profile path-records "$manifests/quick-start/containerd.sh" /home/docker/containerd.sh
    run in_node sudo install -m 755 /home/docker/containerd-shim-spin-v2 /usr/local/bin/
    run in_node sudo sh /home/docker/containerd.sh /etc/containerd/config.toml
    run in_node sudo systemctl restart containerd
}

need docker minikube kubectl helm curl make openssl tar
say "A cluster"
run minikube start --profile path-records --driver=docker --container-runtime=containerd \
    --ports="127.0.0.1:$port:30080"
run minikube addons enable metrics-server --profile path-records
install_shim
install_spinkube
deploy
use
scale
roll_out_and_back
say "It goes on at $url. To take all of it away: minikube delete --profile path-records"
