#!/usr/bin/env bash
# Makes what Kubernetes runs of BUILD, as IMAGE: with Spin at hand and a registry in the name, what
# `spin registry push` makes, which nodes compile once; and always a container image in a tar file.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

build=${BUILD:-wasip2}
image=${IMAGE:-path-records:$(version)}
archive=target/path-records.tar

check_build "$build"
BUILD=$build tests/scripts/build.sh component
manifest=$(manifest "$build")
options=()
while read -r annotation; do options+=(--annotation "$annotation"); done < <(annotations)
if has spin && [[ $image =~ ^[^/]*[.:][^/]*/ ]]; then
    say "Pushing $image."
    spin registry push "${options[@]}" --from "$manifest" "$image"
fi
say "Its name and digest as a container image:"
cargo run --quiet --target-dir target -p image-tool -- \
    --manifest "$manifest" --output "$archive" --tag "$image" "${options[@]}"
say "$archive holds it."
