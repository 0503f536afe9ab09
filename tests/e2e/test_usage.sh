#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The examples' command lines: --help is on stdout and no failure; what is wrong is one line on stderr and exit status 2;
# a server says which port it has.
. "${srcdir:-.}/tests/e2e/common.sh"

# helps NAME
helps() {
    timeout 60 "$(program "$1")" --help >/dev/full 2>"$work/err" && fail "$1 --help: a full disk is not noticed"
    grep -q "^$1: .*: No space left on device$" "$work/err" || fail "$1 --help: $(cat "$work/err")"
    timeout 60 "$(program "$1")" --help >"$work/out" 2>"$work/err" || fail "$1 --help: status $?"
    grep -q "^usage: $1 " "$work/out" || fail "$1 --help: $(cat "$work/out")"
    [ ! -s "$work/err" ] || fail "$1 --help: $(cat "$work/err")"
}

# wrong WORDS NAME ARGUMENT ...
wrong() {
    words=$1 name=$2
    shift 2
    timeout 60 "$(program "$name")" "$@" >"$work/out" 2>"$work/err"
    status=$?
    [ $status -eq 2 ] || fail "$name $*: status $status"
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$name $*: not one line: $(cat "$work/err")"
    case $(cat "$work/err") in
    "$name: "*"$words"*) ;;
    *) fail "$name $*: no \"$words\" in: $(cat "$work/err")" ;;
    esac
    [ ! -s "$work/out" ] || fail "$name $*: on stdout: $(cat "$work/out")"
}

program http_get >/dev/null || exit $?
for name in http_get http_get_async; do
    helps $name
    wrong 'no URL' $name
    wrong '--version: no such option' $name --version http://10.0.2.2/
    wrong 'an empty argument' $name ''
    wrong 'too many' $name http://10.0.2.2/ http://10.0.2.2/
    wrong 'number of seconds' $name http://10.0.2.2/ --timeout
    wrong "--timeout 'never': not a number of seconds up to 86400" $name --timeout never http://10.0.2.2/
done
! timeout 60 ./examples/http_get_async --help | grep POSIX || fail 'http_get_async: a limit of POSIX'
for name in tcp_echo udp_echo; do
    helps $name
    wrong "'--version': no such option" $name --version
    wrong "'': no such option" $name ''
    wrong '--port needs a number from 0 to 65535' $name --port 65536
    wrong '--count needs a number' $name --once --count
done

helps sim_loss
timeout 60 "$(program sim_loss)" >/dev/full 2>"$work/err" && fail 'sim_loss: a full disk is not noticed'
wrong 'takes one SEED' sim_loss ''
wrong 'takes one SEED' sim_loss 1 2
wrong 'takes one SEED' sim_loss 7x
wrong 'takes one SEED' sim_loss -1
wrong 'takes one SEED' sim_loss 18446744073709551616

for name in tcp_echo udp_echo; do
    timeout 60 "$(program $name)" --port 0 >/dev/full 2>"$work/err"
    [ $? -eq 1 ] || fail "$name: it serves a port that nobody was told"
    : >"$work/out"
    timeout 60 "$(program $name)" --port 0 >"$work/out" 2>"$work/err" &
    pids="$pids $!"
    wait_for "$work/out" $name
    grep -qx 'ready on port [1-9][0-9]*' "$work/out" || fail "$name --port 0: $(cat "$work/out")"
done
