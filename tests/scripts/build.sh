#!/usr/bin/env bash
# Builds the component of $BUILD and the dev host if that serves it; `build.sh component` or `build.sh host` only one.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
. tests/scripts/jobs.sh

build_component() {
    local build=${BUILD:-wasip2} arguments directory=target
    check_build "$build"
    # Every build's file has the same name, so each but the default has a directory of its own.
    if [ "$build" != wasip2 ]; then directory=target/$build; fi
    read -ra arguments <<<"$(component_arguments "$build")"
    announce "the component ($build)" "$directory/wasm32-wasip2/release/path_records.wasm"
    cargo --config "target.wasm32-wasip2.rustflags = [$(place_independent)]" \
        rustc --release --crate-type cdylib --target-dir "$directory" "${arguments[@]}"
}

# Panics name the source files of libraries. By names that are the same everywhere, so that one
# toolchain makes the same bytes on every machine, and nobody's home directory is in them.
place_independent() {
    local commit
    commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
    printf "'--remap-path-prefix=%s', " \
        "${CARGO_HOME:-$HOME/.cargo}/registry/src=/cargo" \
        "$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$commit"
}

build_host() {
    announce "the dev host" target/host/dev-host
    cargo build --profile host --target-dir target -p dev-host
}

announce() {
    if [ -e "$2" ]; then
        say "Building $1."
    else
        say "Building $1; the first time this takes minutes."
    fi
}

# Both at once, which keeps every processor busy to the end: the component in silence, since two bars that tell how
# far it is would be drawn over each other. It is the first to be ready.
build_both() {
    component='' host=''
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    trap 'stop "$component"; stop "$host"' EXIT
    CARGO_TERM_QUIET=true start tests/scripts/build.sh component
    component=$job
    start tests/scripts/build.sh host
    host=$job
    await "$component" || fail "The component could not be built; the lines above say why."
    await "$host" || fail "The dev host could not be built; the lines above say why."
}

tests/scripts/install.sh rust
case ${*:-${BUILD:-}} in
    component | wasip3-rc) build_component ;;
    host) build_host ;;
    *) build_both ;;
esac
