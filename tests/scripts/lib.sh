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

# Whether the Spin on the PATH serves a build; none does where there is no Spin.
spin_serves() {
    local version=0
    if has spin && [[ $(spin --version 2>/dev/null) =~ ^spin\ ([0-9]+)\.([0-9]+) ]]; then
        version=$((BASH_REMATCH[1] * 100 + BASH_REMATCH[2]))
    fi
    case $1 in
        wasip2) [ "$version" -ge 300 ] ;;
        wasip3) [ "$version" -ge 401 ] ;;
        wasip3-rc) [ "$version" = 306 ] ;;
    esac
}

# The builds that it serves.
spin_builds() {
    local build
    for build in $(builds); do
        if spin_serves "$build"; then say "$build"; fi
    done
}

# The defaults of the manifest $1 that the environment doesn't replace, as `NAME=VALUE`, for `spin up --variable`. Spin
# asks the environment for every variable that it was not given so, in a way that has another thread take over its
# work, whenever it makes an instance: for the default build that is a third of a request.
defaults() {
    local name value
    # Spin reads that file, too.
    if [ -e .env ]; then return; fi
    sed -n 's/^\([a-z_]*\) = { default = "\([^"]*\)".*/\1 \2/p' "$1" | while read -r name value; do
        if ! printenv "SPIN_VARIABLE_$(tr '[:lower:]' '[:upper:]' <<<"$name")" >/dev/null; then say "$name=$value"; fi
    done
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

version() { sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml; }

# What an image says of itself beside what spin.toml says of the application: KEY=VALUE, one a line.
# Revision and time are those of the commit, so that the same commit makes the same image; with changes
# in the working tree the image is of no commit.
annotations() {
    local prefix=org.opencontainers.image source=${SOURCE:-}
    say "$prefix.licenses=$(sed -n 's/^license = "\(.*\)"/\1/p' Cargo.toml)"
    # Not everything that git can clone is an address for readers, and some hold credentials.
    if [ -z "$source" ]; then
        source=$(git config --get remote.origin.url || true)
        case $source in
            *@*) source= ;;
            https://*) ;;
            *) source= ;;
        esac
    fi
    if [ -n "$source" ]; then say "$prefix.source=$source"; fi
    if is_a_commit; then
        say "$prefix.revision=$(git rev-parse HEAD)"
        say "$prefix.created=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)"
    fi
}

# Whether the working tree is what a commit says.
is_a_commit() {
    [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] && [ -z "$(git status --porcelain)" ]
}
