#!/usr/bin/env bash
# Makes what Kubernetes runs of BUILD, as IMAGE: with Spin at hand and a registry in the name, what
# `spin registry push` makes, which nodes compile once; and always a container image in a tar file.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

build=${BUILD:-wasip2}
image=${IMAGE:-path-records:0.1.0}
archive=target/path-records.tar

check_build "$build"
BUILD=$build tests/scripts/build.sh component
manifest=$(manifest "$build")
if has spin && [[ $image =~ ^[^/]*[.:][^/]*/ ]]; then
    say "Pushing $image."
    spin registry push --from "$manifest" "$image"
fi
cargo run --quiet --target-dir target -p image-tool -- --manifest "$manifest" --output "$archive" --tag "$image"
say "$archive holds it as a container image."
