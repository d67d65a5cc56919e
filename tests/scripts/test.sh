#!/usr/bin/env bash
# Runs every test: those inside the packages, then the contract's over HTTP, for BUILD or for every build in turn.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

if [ -n "${BUILD:-}" ]; then check_build "$BUILD"; fi
tests/scripts/install.sh rust redis python

run() {
    say "+ $*"
    "$@"
}

# The dev host's tests in the profile that it is built with, so that its engine is compiled once.
tests/scripts/build.sh host
run cargo test --target-dir target --profile host -p dev-host
run cargo test --target-dir target --workspace --exclude dev-host --exclude path-records-tests

for build in ${BUILD:-$(builds)}; do
    export BUILD=$build
    tests/scripts/build.sh component
    # Only Spin 3.6 can serve wasip3-rc.
    if [ "$build" != wasip3-rc ]; then
        say "The tests over HTTP, build $build:"
        run cargo test --target-dir target -p path-records-tests
    fi
done
