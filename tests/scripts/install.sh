#!/usr/bin/env bash
# Installs what is missing of the things named, after saying so: `install.sh rust redis`.
# A thing has a function need_THING here.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

advice="please install it and try again."

# Rust with the component's target, and a C compiler, which it links with.
need_rust() {
    if ! has cargo && ! has rustup; then
        advice="please install it from https://rustup.rs and try again."
        install_package Rust rustup rustup rustup ''
        # Debian's package is rustup itself, the others are its installer.
        if ! has rustup; then rustup-init -y --no-modify-path --profile minimal; fi
    fi
    if has rustup && ! rustc --version >/dev/null 2>&1; then
        say "Installing Rust's stable toolchain with rustup."
        rustup default stable
    fi

    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(rustc --version | sed 's/^rustc \([0-9]*\.[0-9]*\).*/\1/')
    if [ "${found#*.}" -lt "${wanted#*.}" ]; then
        fail "Rust $found is too old, $wanted or later is needed; 'rustup update' gets it."
    fi

    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip2" ]; then
        has rustup || fail "This Rust has no target wasm32-wasip2; the one from https://rustup.rs can add it."
        say "Installing Rust's target wasm32-wasip2 with rustup."
        rustup target add wasm32-wasip2
    fi

    has cc || install_package "a C compiler" "gcc libc6-dev" gcc "gcc musl-dev" ''
}

need_linters() {
    need_rust
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        has rustup || fail "rustfmt or clippy is missing; the Rust from https://rustup.rs can add them."
        say "Installing rustfmt and clippy with rustup."
        rustup component add rustfmt clippy
    fi
    local tool
    for tool in cargo-deny cargo-machete; do
        if ! has "$tool"; then
            say "Installing $tool with cargo; this takes minutes."
            # Compiled faster than optimised, and run for seconds.
            cargo install --quiet --locked --debug "$tool"
        fi
    done
    has shellcheck || install_package shellcheck shellcheck ShellCheck shellcheck shellcheck
}

need_redis() {
    if ! has redis-server; then
        install_package Redis redis-server redis redis redis
        keep_off redis-server
    fi

    local found
    found=$(redis-server --version | sed 's/.* v=\([0-9]*\.[0-9]*\).*/\1/')
    case $found in
        [0-5].* | 6.[01]) fail "Redis $found is too old, 6.2 or later is needed." ;;
    esac
}

# For the checks that are Python's: tests/openapi makes an environment of its own in target/.
need_python() {
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        install_package "Python with its module venv" python3-venv python3 python3 python3
    fi
}

# For `make bench`: the load generator.
need_wrk() {
    has wrk || install_package "wrk, a load generator" wrk wrk wrk wrk
}

# For `make bench`: one of those that the service is compared with. Where it can't be had, it is left out.
need_webdis() {
    if ! has webdis; then
        (install_package Webdis webdis '' webdis '') || true
        keep_off webdis
    fi
}

# For the tests and measurements with Redis on another machine: what makes network namespaces, which is for root.
# Where they can't be had, those tests say that they are skipped.
need_namespaces() {
    if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] && ! has ip; then
        (install_package iproute2 iproute2 "iproute iproute-tc" iproute2 '') || true
    fi
}

# For the console's tests: a browser, its driver, and npm for the accessibility rules.
# Where they can't be had, those tests say that they are skipped.
need_browser() {
    if ! has chromedriver; then
        (install_package Chromium "chromium chromium-driver" "chromium chromedriver" "chromium chromium-chromedriver" '') ||
            true
    fi
    has npm || (install_package npm npm npm npm node) || true
}

# Debian's packages would run a server of their own, on its usual port, from the next start of the machine on.
keep_off() {
    if has update-rc.d && [ -f "/etc/init.d/$1" ]; then as_root update-rc.d "$1" disable; fi
}

# Installs TITLE from the packages that apt-get, dnf, apk and brew have it in, in this order.
install_package() {
    local title=$1 packages manager
    if has apt-get; then
        manager=apt-get packages=$2
    elif has dnf; then
        manager=dnf packages=$3
    elif has apk; then
        manager=apk packages=$4
    elif has brew; then
        manager=brew packages=$5
    fi
    [ -n "${packages:-}" ] ||
        fail "$title is missing, and no apt-get, dnf, apk or brew is here that has it: $advice"

    say "Installing $title with $manager ($packages)."
    # The words of $packages are arguments of their own.
    # shellcheck disable=SC2086
    case $manager in
        apt-get) apt_install $packages ;;
        dnf) as_root dnf install -y $packages ;;
        apk) as_root apk add $packages ;;
        brew) brew install $packages ;;
    esac || fail "$manager could not install $title: $advice"
}

# Without starting the services that come along: their scripts ask policy-rc.d, and 101 means no.
apt_install() {
    local policy=/usr/sbin/policy-rc.d status=0
    # Where some lists can't be had, the package may well be in the others.
    as_root apt-get update -qq || true
    if [ -e "$policy" ]; then policy=; fi
    if [ -n "$policy" ]; then
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >/dev/null || status=$?
    if [ -n "$policy" ]; then
        as_root rm -f "$policy"
        trap - EXIT
    fi
    return "$status"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        fail "That needs root, and sudo is missing: $advice"
    fi
}

for thing in "$@"; do "need_$thing"; done
