#!/usr/bin/env bash
# Runs every test: those of the packages, then those over HTTP against BUILD, or against every build in turn.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

if [ -n "${BUILD:-}" ]; then check_build "$BUILD"; fi
tests/scripts/install.sh rust redis python browser namespaces

run() {
    say "+ $*"
    "$@"
}

# The default build and the host at once.
BUILD=wasip2 tests/scripts/build.sh
for build in $(builds); do
    if [ "$build" != wasip2 ]; then BUILD=$build tests/scripts/build.sh component; fi
done

# Always the same packages, whichever of their targets are wanted: with others cargo may choose other features, and
# compiles everything anew.
tests=(cargo test --target-dir target --workspace)
for package in $(engine_packages); do
    run cargo test --target-dir target --profile host -p "$package"
    tests+=(--exclude "$package")
done

# These have nothing to do with a build, or with all of them; every other one of tests/Cargo.toml runs against each.
once=(core_alone image manifests spin_interfaces)
# These are Redis's work, and the browser's: they are looked at through the first build.
first=(adopt console)
run "${tests[@]}" --lib --bins "${once[@]/#/--test=}"
targets=()
while read -r target; do
    case " ${once[*]} ${first[*]} " in
        *" $target "*) ;;
        *) targets+=(--test "$target") ;;
    esac
done < <(sed -n '/^\[\[test\]\]/{n;s/^name = "\(.*\)"/\1/p;}' tests/Cargo.toml)
first=("${first[@]/#/--test=}")
for build in ${BUILD:-$(builds)}; do
    # Only Spin 3.6 can serve wasip3-rc.
    if [ "$build" != wasip3-rc ]; then
        say "The tests over HTTP, build $build:"
        BUILD=$build run "${tests[@]}" "${first[@]}" "${targets[@]}"
        first=()
    fi
done

# And on a cluster, those of the contract and of the replicas that leave open what the store is; through one build,
# the one that remembers nodes.
if [ "${BUILD:-wasip3}" = wasip3 ]; then
    say "On a Redis Cluster, build wasip3:"
    skip=()
    for module in tests/contract/s*.rs; do
        if ! grep -qE 'Served|host\(\)' "$module"; then skip+=(--skip "$(basename "$module" .rs)::"); fi
    done
    STORE=cluster BUILD=wasip3 run "${tests[@]}" --test contract --test replicas -- "${skip[@]}"
fi
