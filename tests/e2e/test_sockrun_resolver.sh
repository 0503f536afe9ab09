#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# glibc's other resolvers, and programs that use them, ask our name server under sockrun, by UDP and by TCP,
# and are not taken in by others.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
[ -x tests/e2e/preload_resolver ] || skip 'no tests/e2e/preload_resolver'
many=$(seq -f 'many.test=10.0.3.%g' 100)
# shellcheck disable=SC2086 # a list of rules
start_dns --forge files.test=10.0.2.2 files.test=TXT:words broken.test=SERVFAIL silent.test=SILENT $many

timeout 100 ./sockrun --dns "10.0.2.2:$dns" tests/e2e/preload_resolver >"$work/got" 2>&1 ||
    fail "status $?: $(cat "$work/got")"
cat >"$work/wanted" <<WANTED
res_init: 1, 10.0.2.2:$dns
res_ninit: 1, 1
res_query: 1 of type 1, files.test
__res_query: 1 of type 1, Files.test
text: 1 of type 16, files.test
by TCP: 100 of type 1, many.test
cut short: yes, TC 1
unknown: Unknown host
no data: No address associated with name
failing: Host name lookup failure
res_search: 1 of type 1, files.test
res_querydomain: 1 of type 1, files.test
__res_nsearch: 1 of type 16, files.test
res_send: rcode 3
by TCP alone: 1 of type 1, files.test
silent: Host name lookup failure
no room: -1, EINVAL
gethostbyname2_r: 10.0.2.2
GAI_WAIT: 0
files.test: 10.0.2.2
nobody.test: -2
GAI_NOWAIT: 0
files.test: 10.0.2.2
nobody.test: -2
done: 1, 1
called with 7
no mode: 1
not yet: 1, 1
signal: 1, 9, 0
WANTED
diff "$work/wanted" "$work/got" || fail 'the resolvers say something else'

# Without a server there is a clean error, at once.
timeout 20 ./sockrun tests/e2e/preload_resolver unreachable >"$work/got" 2>&1 || fail "without a server: status $?"
grep -q '^res_init: 0, ' "$work/got" && grep -qx 'res_query: Host name lookup failure' "$work/got" || fail "without a server: $(cat "$work/got")"
timeout 20 ./sockrun --outbound any tests/e2e/preload_resolver servers >"$work/got" 2>&1 || fail "any: status $?"
grep -qx 'res_init: 1, 10.0.2.3:53' "$work/got" || fail "any: $(cat "$work/got")"
# So does getaddrinfo: the query goes there. Where no network of the machine's could take it further.
if [ "${ALONE-}" = 1 ] && command -v tshark >/dev/null; then
    timeout 60 ./sockrun --outbound any --pcap "$work/capture" getent ahosts files.test >"$work/got" 2>&1
    tshark -r "$work/capture" -Y 'dns.qry.name and not icmp' -T fields -e ip.dst -e udp.dstport 2>/dev/null >"$work/asked"
    [ "$(sort -u "$work/asked")" = "$(printf '10.0.2.3\t53')" ] || fail "any: asked $(cat "$work/asked" "$work/got")"
fi
