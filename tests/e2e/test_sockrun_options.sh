#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What sockrun's options do to a program that knows nothing of them.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
start_files
echo content >"$work/www/page"

# run ARGUMENT ...: sockrun, its output in $work/got
run() {
    timeout 100 ./sockrun "$@" >"$work/got" 2>"$work/err" || fail "sockrun $*: status $?: $(cat "$work/err")"
}

# got LINE ...: what the program said
got() {
    printf '%s\n' "$@" >"$work/wanted"
    same "$work/got" "$work/wanted"
}

# The congestion control of new sockets, of those that a listener accepts, and another one that the program asks for.
cat >"$work/congestion.py" <<'CONGESTION'
import socket, sys

def name(s):
    return s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()

names = []
s = socket.create_connection(("10.0.2.2", int(sys.argv[1])))
names.append(name(s))
s.sendall(b"GET /page HTTP/1.0\r\n\r\n")
assert s.makefile("rb").read().endswith(b"content\n")
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
names.append(name(listener.accept()[0]))
for other in b"bbr", b"cubic", b"reno":
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, other)
    names.append(name(s))
try:
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"vegas")
except FileNotFoundError:
    names.append("ENOENT")
print(*names)
CONGESTION
for control in reno cubic bbr; do
    run --loopback stack --congestion $control "$python" "$work/congestion.py" "$http"
    got "$control $control bbr cubic reno ENOENT"
done
run --loopback stack "$python" "$work/congestion.py" "$http"
got 'reno reno bbr cubic reno ENOENT'
LIBSOCK_CONGESTION=cubic run --loopback stack "$python" "$work/congestion.py" "$http"
got 'cubic cubic bbr cubic reno ENOENT'

# Names, before every server and both ways, by each call that asks for them.
start_dns files.test=10.0.2.9 other.test=10.0.2.8
cat >"$work/names.py" <<'NAMES'
import socket

print(*socket.gethostbyname_ex("FILES.test"))
print(socket.gethostbyname("localhost"), socket.gethostbyname("other.test"))
print(*(a[4][0] for a in socket.getaddrinfo("db.test", 80, type=socket.SOCK_STREAM)))
print(socket.gethostbyaddr("10.0.2.2")[0], socket.getnameinfo(("10.0.2.7", 80), socket.NI_NUMERICSERV)[0])
NAMES
run --dns "10.0.2.2:$dns" --hosts Files.test=10.0.2.2 --hosts db.test=10.0.2.7 --hosts db.test=127.0.0.1 \
    "$python" "$work/names.py"
got "Files.test [] ['10.0.2.2']" '127.0.0.1 10.0.2.8' '10.0.2.7 127.0.0.1' 'Files.test db.test'
run --hosts files.test=10.0.2.2 "$python" -c '
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1]).read().decode(), end="")' "http://files.test:$http/page"
got content
