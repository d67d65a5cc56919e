#!/usr/bin/env bash
# Serves the records until it is told to end. The environment has the settings: LISTEN, REDIS_ADDRESS, BUILD and
# SPIN_VARIABLE_*. What could be in the way is looked for before anything is installed, built or started.
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
. tests/scripts/jobs.sh

listen=${LISTEN:-127.0.0.1:3000}
build=${BUILD:-wasip2}
address=${REDIS_ADDRESS:-${SPIN_VARIABLE_REDIS_ADDRESS:-}}
data=.path-records
redis=''

main() {
    check_listen
    check_build "$build"
    choose_server
    if [ -n "$address" ]; then check_redis; else lock_data; fi

    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    trap end EXIT
    # Not as a job, which could not ask for a password.
    tests/scripts/install.sh rust 9>&-
    if [ -z "$address" ]; then tests/scripts/install.sh redis 9>&-; fi
    start tests/scripts/build.sh "${parts[@]}" 9>&-
    await "$job" || fail "The build failed; the lines above say why."
    if [ -z "$address" ]; then start_redis; fi
    serve
}

# Splits host:port into $host and $port; an IPv6 address stands in brackets.
split() {
    [[ $1 =~ ^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})$ ]] || return
    host=${BASH_REMATCH[1]#[}
    host=${host%]}
    port=$((10#${BASH_REMATCH[2]}))
    [ "$port" -ge 1 ] && [ "$port" -le 65535 ]
}

check_listen() {
    split "$listen" || fail "LISTEN=$listen is not host:port, such as 127.0.0.1:3000 or [::1]:3000."
    # Where a server that listens everywhere can be reached.
    case $host in
        0.0.0.0) host=127.0.0.1 ;;
        ::) host=::1 ;;
    esac
    reach=("$host" "$port")
    case $host in
        *:*) url="http://[$host]:$port" ;;
        *) url="http://$host:$port" ;;
    esac
    if listens "${reach[@]}"; then
        fail "$listen is in use: end what listens there, or choose another with LISTEN=host:port."
    fi
}

# Sets $server, the command, and $parts, what has to be built: Spin where it is on the PATH and of a version that
# serves the build, otherwise the dev host.
choose_server() {
    local variable
    if spin_serves "$build"; then
        server=(spin up)
        while read -r variable; do server+=(--variable "$variable"); done < <(defaults "$(manifest "$build")")
        parts=(component)
    elif [ "$build" = wasip3-rc ]; then
        fail "BUILD=wasip3-rc is served by Spin 3.6 only, and that is not on the PATH; make build builds it."
    else
        server=(target/host/dev-host --compile-cache target/compile-cache)
        parts=(component host)
    fi
}

# Asks the Redis at $address for no more than a sign of life.
check_redis() {
    local reply
    { [[ $address =~ ^rediss?:// ]] && split "${address#*://}"; } || fail "REDIS_ADDRESS is redis://host:port" \
        "or rediss://host:port; SPIN_VARIABLE_REDIS_USERNAME and SPIN_VARIABLE_REDIS_PASSWORD have the credentials."
    if [[ $address = rediss:* ]]; then
        within 5 listens "$host" "$port" || fail "Nothing listens at $address: start Redis there, or correct REDIS_ADDRESS."
        return
    fi
    reply=$(within 5 ask "$host" "$port" $'PING\r\n') || true
    case $reply in
        +PONG | -LOADING*) ;;
        -NOAUTH*)
            [ -n "${SPIN_VARIABLE_REDIS_PASSWORD:-}" ] ||
                fail "The Redis at $address wants a password: set SPIN_VARIABLE_REDIS_PASSWORD."
            ;;
        '')
            fail "No Redis answers at $address: start it, or leave REDIS_ADDRESS out to get one from make up."
            ;;
        *) fail "What answers at $address is no Redis that takes commands: \"${reply:0:200}\"." ;;
    esac
}

# Two servers must never write to one append-only file. The lock is on file descriptor 9, which Redis gets too, so
# it lasts as long as Redis does, whatever becomes of this script.
lock_data() {
    local other
    if [ -n "${SPIN_VARIABLE_REDIS_USERNAME:-}${SPIN_VARIABLE_REDIS_PASSWORD:-}" ]; then
        fail "The Redis of make up has no users and passwords: set REDIS_ADDRESS too, or leave out" \
            "SPIN_VARIABLE_REDIS_USERNAME and SPIN_VARIABLE_REDIS_PASSWORD."
    fi
    mkdir -p "$data"
    exec 9>>"$data/lock"
    if ! try_lock; then
        other=$(cat "$data/lock")
        fail "Another make up has its records in $data: end it, or share its Redis," \
            "REDIS_ADDRESS=${other:-redis://host:port}."
    fi
    : >"$data/lock"
}

# macOS has no flock command.
try_lock() {
    if has flock; then
        flock -n 9
    else
        perl -e 'use Fcntl ":flock"; open(my $file, ">>&=", 9) or exit 1; exit !flock($file, LOCK_EX | LOCK_NB)'
    fi
}

start_redis() {
    port=$((20000 + RANDOM % 10000))
    while listens 127.0.0.1 "$port"; do port=$((20000 + RANDOM % 10000)); done
    start redis-server --bind 127.0.0.1 --port "$port" --dir "$data" --appendonly yes --save '' >"$data/redis.log" 2>&1
    redis=$job
    exec 9>&-
    until [ "$(ask 127.0.0.1 "$port" $'PING\r\n')" = +PONG ]; do
        running "$redis" || fail "Redis did not start; $data/redis.log says why."
        nap 0.1
    done
    address=redis://127.0.0.1:$port
    say "$address" >"$data/lock"
    say "Redis runs at $address and keeps the records in $data."
}

serve() {
    start "${server[@]}" --from "$(manifest "$build")" --listen "$listen" --variable "redis_address=$address" 9>&-
    until [[ $(ask "${reach[@]}" $'GET /-/live HTTP/1.1\r\nHost: path-records\r\n\r\n') = HTTP/* ]]; do
        running "$job" || fail "The host did not start; the lines above say why."
        nap 0.1
    done
    trap 'exit 0' INT TERM HUP
    say "Try it from another terminal:"
    say "  curl -X PUT -H 'Content-Type: application/json' -d '{\"hello\":999}' $url/testurl"
    say "  curl $url/testurl"
    say "Ctrl-C ends it."
    while running "$job"; do
        if [ -n "$redis" ] && ! running "$redis"; then fail "Redis has ended; $data/redis.log says why."; fi
        nap 1
    done
    fail "The host has ended; the lines above say why."
}

# First what uses Redis, then Redis, which writes what it has and then ends.
# shellcheck disable=SC2317  # The trap calls it.
end() {
    trap '' INT TERM HUP
    local each
    for each in $napping; do kill "$each" 2>/dev/null || true; done
    for each in $job $redis; do stop "$each"; done
    if [ -n "$redis" ]; then say "Stopped; the records are in $data." || true; fi
}

main
