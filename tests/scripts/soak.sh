#!/usr/bin/env bash
# Loads BUILD for DURATION seconds, ten minutes without it, and looks for anything that grows.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

tests/scripts/install.sh rust redis
tests/scripts/build.sh component
tests/scripts/build.sh host
cargo test --target-dir target -p path-records-tests --test soak -- --ignored --nocapture
