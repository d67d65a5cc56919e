#!/usr/bin/env bash
# Checks the form of everything: rustfmt, clippy for each way the code is compiled, shellcheck.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

tests/scripts/install.sh linters

run() {
    say "+ $*"
    "$@"
}

run cargo fmt --all --check
# In the profiles that `make test` compiles in, so that build scripts and macros are compiled once.
others=(--workspace)
for package in $(engine_packages); do
    run cargo clippy --locked --profile host -p "$package" --all-targets -- -D warnings
    others+=(--exclude "$package")
done
run cargo clippy --locked "${others[@]}" --all-targets -- -D warnings
for build in $(builds); do
    read -ra arguments <<<"$(component_arguments "$build")"
    run cargo clippy -p path-records --release "${arguments[@]}" -- -D warnings
done
for package in tests/bench/components/*/Cargo.toml; do
    run cargo clippy --manifest-path "$package" --release --target wasm32-wasip2 -- -D warnings
done
# All of Cargo.lock, also what only other systems need: cargo-deny looks at that too.
run cargo fetch --locked
run cargo deny --offline --config tests/deny.toml check bans licenses sources
run cargo machete
run shellcheck --external-sources --source-path=SCRIPTDIR .ci/run tests/scripts/*.sh runtime-manifests/redis/*.sh runtime-manifests/kubernetes/*/*.sh runtime-manifests/kubernetes/*/*/*.sh
