#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Names over libslirp to a DNS responder on this machine: addresses, aliases, what does not exist, what fails and what
# has no address, and a server that is out of reach. With SILENT=1 also those that nobody answers, which takes as long as
# all retries do.
. "${srcdir:-.}/tests/e2e/common.sh"

get=$(program http_get) || exit $?
start_files
echo content >"$work/www/page"
start_dns files.test=10.0.2.2 alias.test='>second.test' second.test='>files.test' broken.test=SERVFAIL \
    refused.test=REFUSED empty.test=EMPTY silent.test=SILENT
LIBSOCK_DNS=10.0.2.2:$dns
export LIBSOCK_DNS

found() {
    timeout 60 "$get" "http://$1:$http/page" >"$work/out" 2>"$work/err" || fail "$1: $(cat "$work/err")"
    [ "$(cat "$work/out")" = content ] || fail "$1: $(cat "$work/out")"
}

# unknown NAME WORDS: fails with these words
unknown() {
    timeout 120 "$get" "http://$1:$http/page" >"$work/out" 2>"$work/err"
    status=$?
    [ $status -eq 3 ] || fail "$1: status $status"
    grep -q "$2" "$work/err" || fail "$1: $(cat "$work/err")"
}

found files.test
found FILES.Test
found alias.test
found 10.0.2.2
unknown nobody.test 'not known'
unknown empty.test 'not known'
unknown broken.test 'Non-recoverable'
unknown refused.test 'Non-recoverable'

[ -z "${SILENT-}" ] || unknown silent.test 'no name server is known, or none answers'

LIBSOCK_DNS=10.0.2.2:1
unknown files.test 'no name server is known, or none answers'
# Without a server of our own it is 10.0.2.3, the host's resolver, which the outbound policy does not let through.
unset LIBSOCK_DNS
unknown files.test 'no name server is known, or none answers'
get=$(program http_get_async) || exit $?
unknown files.test 'No name server can be reached'
