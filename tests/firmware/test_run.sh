#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# firmware/run.sh ends when it should: on Ctrl-C, when nobody reads any more, and when its time is over; without a word
# of QEMU's, whose other errors are seen.
. "${srcdir:-.}/tests/firmware/common.sh"

image examples/tcp_echo
echo_server=$image
image examples/http_get
start_servers
truncate -s 1G "$work/www/endless"

# nothing_left WHAT: QEMU is gone, which may take a moment, without a word
nothing_left() {
    for _ in $(seq 20); do
        left=$(grep -al "$work/captur[e]" /proc/[0-9]*/cmdline 2>/dev/null)
        [ -n "$left" ] || break
        sleep 0.5
    done
    [ -z "$left" ] || fail "$1: processes are left: $left"
    ! grep qemu "$work/err" || fail "$1: QEMU comments on it"
}

run_it() {
    timeout 60 "$srcdir/firmware/run.sh" -c "$work/capture.pcap" "$@" 2>"$work/err"
}

{
    run_it -t 300 "$image" "http://10.0.2.2:$http/endless"
    echo $? >"$work/status"
} | head -c 100 >"$work/out"
[ "$(wc -c <"$work/out")" -eq 100 ] || fail "head: $(wc -c <"$work/out") octets"
[ "$(cat "$work/status")" -ne 124 ] || fail 'head: it goes on'
nothing_left head

run_it -t 2 "$echo_server" >"$work/out"
status=$?
[ $status -eq 124 ] || fail "the time is over: status $status"
nothing_left 'the time is over'

"${PYTHON:-python3}" - "$srcdir/firmware/run.sh" -c "$work/capture.pcap" "$echo_server" 2>"$work/err" <<'END'
import os, signal, subprocess, sys
default = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, start_new_session=True, preexec_fn=default)
assert run.stdout.readline() == b"ready on port 7\n"
os.killpg(run.pid, signal.SIGINT)
sys.exit(run.wait(30))
END
status=$?
[ $status -eq 130 ] || fail "Ctrl-C: status $status"
nothing_left Ctrl-C

run_it -n hostfwd=nonsense "$echo_server" >"$work/out" && fail 'nonsense is accepted'
grep -q nonsense "$work/err" || fail "QEMU's error is not seen: $(cat "$work/err")"
