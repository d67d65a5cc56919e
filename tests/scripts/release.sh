#!/usr/bin/env bash
# Makes what a release consists of, for every build: the manifest with its component, for `spin up`; the
# container image; what is in it; and checksums. From one commit and one toolchain the same bytes, whenever and
# wherever. IMAGE names the images, with a tag or without.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

version=$(version)
release=target/path-records-$version
image=${IMAGE:-path-records}
tag=$version
# A colon before the last slash is a registry's port.
if [[ ${image##*/} = *:* ]]; then
    tag=${image##*:}
    image=${image%:*}
fi

tool() { cargo run --quiet --locked --target-dir target -p image-tool --bin "$@"; }

checksums() {
    if has sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

options=()
while read -r annotation; do options+=(--annotation "$annotation"); done < <(annotations)
rm -rf "$release"
for build in $(builds); do
    BUILD=$build tests/scripts/build.sh component
    mkdir -p "$release/$build"
    name=$image
    if [ "$build" != wasip2 ]; then name=$image-$build; fi
    tool image-tool -- --manifest "$(manifest "$build")" --directory "$release/$build" \
        --output "$release/$build/image.tar" --tag "$name:$tag" "${options[@]}" | tee -a "$release/images.txt"
    read -ra arguments <<<"$(component_arguments "$build")"
    tool sbom-tool -- "$release/$build/path_records.wasm" --package path-records -- "${arguments[@]}" \
        >"$release/$build/sbom.cdx.json"
done
cp LICENSE-APACHE LICENSE-MIT "$release"
(
    # Whose order is the same everywhere.
    export LC_ALL=C
    cd "$release"
    checksums -- images.txt LICENSE-* */* >SHA256SUMS
)
say "$release holds the release; images.txt has the images' digests."
is_a_commit || say "It is of no commit: there are changes, or no git, so its images name no revision."
