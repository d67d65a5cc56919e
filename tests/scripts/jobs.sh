# Programs that run beside the script that sources this (after lib.sh) and end before it does, and servers.
# shellcheck shell=bash disable=SC2034

# Where the script was killed and can end nothing itself, Linux's kernel does.
tie=()
if setpriv --pdeathsig TERM -- true 2>/dev/null; then tie=(setpriv --pdeathsig TERM --); fi

# The job that was started last, and the `sleep` of `nap`.
job='' napping=''

# Starts a program as $job, in a process group of its own: so Ctrl-C reaches the script alone, which ends its
# jobs in order, and what a job started ends with it.
start() {
    set -m
    ${tie[@]+"${tie[@]}"} "$@" </dev/null &
    job=$!
    set +m
}

running() { kill -0 "$1" 2>/dev/null; }

# Ends a job and what it started: SIGTERM, and SIGKILL where that took more than 20 seconds.
stop() {
    local tenths=200
    kill -TERM -- "-$1" 2>/dev/null || return 0
    while kill -0 -- "-$1" 2>/dev/null; do
        if [ $((tenths -= 1)) = 0 ]; then kill -KILL -- "-$1" 2>/dev/null || true; fi
        sleep 0.1
    done
}

# Waits for the job to end, and takes over its exit status.
await() {
    while running "$1"; do nap 0.5; done
    wait "$1"
}

# Waits some seconds in a way that signals interrupt, and ends the script where make has ended or is about to.
nap() {
    if abandoned; then exit 1; fi
    sleep "$1" &
    napping=$!
    wait "$napping"
    napping=''
}

# The hang-up and interrupt signals that make blocks, as Linux tells it; nothing where another program has started this
# script: a shell blocks them for a moment whenever it starts something.
blocked() {
    local name value program=''
    while read -r name value; do
        case $name in
            Name:) program=$value ;;
            SigBlk:) if [[ $program = *make ]]; then say $((16#$value & 3)); fi ;;
        esac
    done 2>/dev/null <"/proc/$PPID/status" || true
}
blocked_at_start=$(blocked)

# Whether make, which started this script, was killed, or waits for the script to end: after a signal that was sent
# to make alone it does so without passing it on (but for SIGTERM), and blocks that signal meanwhile.
abandoned() {
    local parent
    if [ -r "/proc/$$/stat" ]; then
        read -r _ _ _ parent _ <"/proc/$$/stat"
    else
        parent=$(ps -o ppid= -p $$)
    fi
    [ "$((parent))" != "$PPID" ] || [ "$(blocked)" != "$blocked_at_start" ]
}

# Whether something listens at HOST PORT.
listens() { { true 3<>"/dev/tcp/$1/$2"; } 2>/dev/null; }

# Sends TEXT to the server at HOST PORT, and prints the first line of its answer.
ask() {
    local line
    {
        printf '%s' "$3" >&3 &&
            IFS= read -r -t 3 line <&3 &&
            printf '%s\n' "${line//[^[:print:]]/}"
    } 3<>"/dev/tcp/$1/$2"
} 2>/dev/null

# Runs a function, and ends it where that takes more than $1 seconds.
within() {
    local tenths=$(($1 * 10)) child
    shift
    "$@" &
    child=$!
    while running "$child" && [ $((tenths -= 1)) -gt 0 ]; do sleep 0.1; done
    kill "$child" 2>/dev/null || true
    wait "$child"
}
