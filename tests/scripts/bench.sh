#!/usr/bin/env bash
# Measures the builds and what they can be compared with; QUICK=1 takes a short look.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

tests/scripts/install.sh rust redis python wrk webdis namespaces
tests/scripts/build.sh host
for build in $(builds); do
    # Only Spin 3.6 can serve wasip3-rc.
    if [ "$build" != wasip3-rc ] || spin_serves "$build"; then
        BUILD=$build tests/scripts/build.sh component
    fi
done
# One by one: together they would get each other's features.
for component in tests/bench/components/*/; do
    cargo build --release --target-dir target --target wasm32-wasip2 -p "$(basename "$component")"
done
# With the tests, as `make test` does, so that what both need is compiled once.
cargo build --target-dir target --profile host -p bench --bins --tests
target/host/bench
# What a part of it asks for is elsewhere.
if [ -z "${WORKLOADS:-}" ]; then
    for build in wasip2 wasip3; do
        BUILD=$build target/host/scale
    done
fi
