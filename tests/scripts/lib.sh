# What the scripts beside this one share; they source it, and run in the project's root from then on.
# Plain bash 3.2, which is what macOS has.
# shellcheck shell=bash
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

# rustup's own place, for a shell that was started before rustup was installed.
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

say() { printf '%s\n' "$*"; }

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# The Spin manifest of a build.
manifest() {
    case $1 in
        wasip2) say spin.toml ;;
        *) say "runtime-manifests/$1/spin.toml" ;;
    esac
}

# The builds that this checkout has a manifest for.
builds() {
    local build
    for build in wasip2 wasip3 wasip3-rc; do
        if [ -f "$(manifest "$build")" ]; then say "$build"; fi
    done
}

# Fails unless $1 is one of them.
check_build() {
    local known
    for known in $(builds); do
        if [ "$known" = "$1" ]; then return; fi
    done
    known=$(builds | paste -s -d , -)
    fail "BUILD=$1 is unknown; there is ${known//,/, }."
}

# The cargo arguments that say what the component of a build is.
component_arguments() {
    case $1 in
        wasip2) say --target wasm32-wasip2 ;;
        *) say --target wasm32-wasip2 --no-default-features --features "$1" ;;
    esac
}

# The packages with a WebAssembly engine in them. They are compiled in the profile `host` only, because that takes long.
engine_packages() {
    local file
    for file in tests/*/Cargo.toml; do
        if grep -q '^wasmtime = ' "$file"; then sed -n '/^name = /{s/.*"\(.*\)"/\1/p;q;}' "$file"; fi
    done
}
