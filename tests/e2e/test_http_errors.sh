#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a user sees when it goes wrong: one line on stderr and an exit code of its own for each kind; never a hang.
. "${srcdir:-.}/tests/e2e/common.sh"

get=$(program http_get) || exit $?
get_async=$(program http_get_async) || exit $?
"$python" "$srcdir/tests/e2e/odd_server.py" >"$work/port" &
pids="$pids $!"
wait_for "$work/port" 'the odd server'
port=$(cat "$work/port")
start_dns odd.test=10.0.2.2 broken.test=SERVFAIL silent.test=SILENT
LIBSOCK_DNS=10.0.2.2:$dns
export LIBSOCK_DNS
url=http://odd.test:$port

# expect CODE WORDS ARGUMENT ... URL: both clients end so, with one line that names the URL and has these words in it
expect() {
    code=$1 words=$2
    shift 2
    for about; do :; done
    for client in "$get" "$get_async"; do
        timeout 60 "$client" "$@" >"$work/out" 2>"$work/err"
        status=$?
        [ $status -eq "$code" ] || fail "$client $*: status $status, not $code: $(cat "$work/err")"
        [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$client $*: not one line: $(cat "$work/err")"
        case $(cat "$work/err") in
        *SK_*) fail "$client $*: not for users: $(cat "$work/err")" ;;
        "${client##*/}: $about: "*"$words"*) ;;
        *) fail "$client $*: no \"$words\" in: $(cat "$work/err")" ;;
        esac
    done
}

expect 2 'not an http:// URL' ftp://odd.test/
expect 2 'no valid host' http:///
expect 2 'no valid host' "http://odd.test:70000/"
expect 2 'user names' "http://user@odd.test/"
expect 2 'IPv6' "http://[::1]/"
expect 2 'blank' 'http://odd.test/a b'
expect 3 'resolving: Name or service not known' http://nobody.test/
expect 3 'resolving: Name or service not known' http://a..b/
expect 3 'resolving: Non-recoverable failure in name resolution' http://broken.test/
expect 4 'connecting: Connection refused' http://odd.test:1/
expect 5 '' --timeout 1 "$url/silent"
expect 5 '' --timeout 1 "$url/stalls"
expect 6 'after 100 of 1000' "$url/cut"
expect 6 'before the response' "$url/cut-header"
expect 6 'before the response' "$url/nothing"
expect 6 '' "$url/reset"
expect 7 'chunked' "$url/chunked"
expect 7 'does not speak HTTP' "$url/garbage"
expect 7 '410 Gone' "$url/gone"
expect 7 'has no end' "$url/long-header"
expect 7 'Content-Length: many' "$url/bad-length"
expect 7 'Content-Length: -5' "$url/negative-length"
expect 7 'Content-Length: 99999999999999999999' "$url/endless-length"
expect 7 'Content-Length: 5' "$url/two-lengths"
expect 7 '2000 OK' "$url/four-digits"
expect 7 '404 ?[2J?]0;title?' "$url/escape"

# Only the asynchronous one has a limit for names; it ends as if the resolver had given up.
timeout 60 "$get_async" --timeout 1 http://silent.test/ 2>"$work/err"
status=$?
[ $status -eq 3 ] && grep -q ': resolving: no progress for 1 s$' "$work/err" ||
    fail "a silent name server: status $status: $(cat "$work/err")"

for client in "$get" "$get_async"; do
    timeout 60 "$client" "$url/reset" 2>"$work/err" >"$work/out" # libslirp makes an orderly end of some
    grep -Eq ': (receiving: Connection reset by peer|the connection ended after 100 of 1000 octets)$' "$work/err" ||
        fail "$client: reset: $(cat "$work/err")"
    timeout 60 "$client" --timeout 2 "$url/slow" >"$work/out" || fail "$client: a slow server is not a silent one"
    [ "$(cat "$work/out")" = abcdef ] || fail "$client: /slow is $(cat "$work/out")"
    timeout 60 "$client" "$url/no-length" >"$work/out" || fail "$client: without Content-Length"
    [ "$(wc -c <"$work/out")" -eq 5000 ] || fail "$client: without Content-Length"
    timeout 60 "$client" "$url/same-lengths" >"$work/out" || fail "$client: twice the same Content-Length"
    timeout 60 "$client" "$url/too-much" >"$work/out" || fail "$client: more than Content-Length"
    [ "$(cat "$work/out")" = abc ] || fail "$client: more than Content-Length is $(cat "$work/out")"
    "$python" "$srcdir/tests/e2e/on_terminal.py" timeout 60 "$client" "$url/cut-late" >"$work/shown"
    [ $? -eq 6 ] || fail "$client: cut while progress is shown"
    grep -q ' of 9765 KiB' "$work/shown" || fail "$client: no progress: $(cat "$work/shown")"
    grep -qx "${client##*/}: $url/cut-late: the connection ended after 2000000 of 10000000 octets" "$work/shown" ||
        fail "$client: no line of its own: $(cat "$work/shown")"
    ! grep -q done "$work/shown" || fail "$client: done, though it is not: $(cat "$work/shown")"
    timeout 60 "$client" "$url/no-length" >/dev/full 2>"$work/err"
    [ $? -eq 8 ] || fail "$client: a full disk is not noticed"
    grep -q 'No space left on device$' "$work/err" || fail "$client: $(cat "$work/err")"
    timeout 120 "$python" "$srcdir/tests/e2e/full_pipe.py" "$client" "$url/long" || fail 'SIGTERM does not end it'
done
