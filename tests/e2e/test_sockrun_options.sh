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
run --hosts files.test=10.0.2.2 getent ahostsv4 files.test
grep -q '^10\.0\.2\.2  *STREAM' "$work/got" || fail "getent: $(cat "$work/got")"
run --dns "10.0.2.2:$dns" getent ahosts other.test
grep -q '^10\.0\.2\.8  *STREAM' "$work/got" || fail "getent: $(cat "$work/got")"
run --dns "10.0.2.2:$dns" getent hosts other.test
grep -q '^10\.0\.2\.8  *other.test' "$work/got" || fail "getent: $(cat "$work/got")"

# What a process did, as JSON: one line for each that had a network, whatever its name.
cat >"$work/did.py" <<'DID'
import os, socket, sys

listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
listener.accept()
s = socket.create_connection(("10.0.2.2", int(sys.argv[1])))
s.sendall(b"GET /page HTTP/1.0\r\n\r\n")
s.makefile("rb").read()
u = socket.socket(type=socket.SOCK_DGRAM)
u.sendto(b"", ("192.0.2.1", 9))
if os.fork() == 0:
    assert socket.create_connection(("10.0.2.2", int(sys.argv[1])))
    sys.exit(0)
os.wait()
print(os.getpid())
os.close(2)
DID
ln -s "$("$python" -c 'import sys; print(sys.executable)')" "$work/a \"b\\é"
run --loopback stack --stats=json "$work/a \"b\\é" "$work/did.py" "$http"
[ "$(wc -l <"$work/err")" -eq 2 ] || fail "--stats=json: $(cat "$work/err")"
while read -r line; do
    printf '%s\n' "$line" | "$python" -m json.tool >"$work/json" || fail "--stats=json is none: $line"
done <<LINES
$(cat "$work/err")
LINES
"$python" - "$work/err" "$(cat "$work/got")" <<'JUDGE' || fail "--stats=json: $(cat "$work/err")"
import json, sys

said = {record["pid"]: record for record in map(json.loads, open(sys.argv[1]))}
parent = said.pop(int(sys.argv[2]))
child, = said.values()
assert list(parent) == ["pid", "program", "connections_opened", "connections_accepted", "connections_failed",
                        "datagrams_sent", "datagrams_received", "bytes_out", "bytes_in", "retransmissions",
                        "resets_sent", "drops"], list(parent)
assert parent["program"].encode("latin-1").decode() == 'a "b\\é', parent["program"]
assert parent["connections_opened"] == 2 and parent["connections_accepted"] == 1, parent
assert parent["bytes_out"] > 100 and parent["bytes_in"] > 100, parent
assert parent["drops"].get("tx_policy") == 1 and 0 not in parent["drops"].values(), parent
assert child["connections_opened"] == 1, child
JUDGE
run --stats=json true
[ ! -s "$work/err" ] || fail "nothing was done: $(cat "$work/err")"

# What ends a program by default ends it with --stats, too, after they were told, once; the program sees no handler.
cat >"$work/end.py" <<'END'
import ctypes, os, signal, socket, sys, threading

c_signal = ctypes.CDLL(None).signal
c_signal.argtypes, c_signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
how, number = sys.argv[1], int(sys.argv[2])
if how not in ("ignored", "killed"):
    signal.signal(number, signal.SIG_DFL)
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
if how == "default":
    assert c_signal(number, None) is None
elif how == "again":
    def on_signal(number, frame):
        print("handled")
        sys.stdout.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    signal.signal(number, on_signal)
elif how == "child":
    pid = os.fork()
    if pid == 0:
        os.kill(os.getpid(), number)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == number
    sys.exit()
elif how == "ignored":
    signal.signal(number, signal.SIG_IGN)
elif how == "exec":
    signal.signal(number, signal.SIG_DFL)
    os.execvp("sh", ["sh", "-c", f"kill -{number} $$"])
elif how == "waiting":
    threads = [threading.Thread(target=listener.accept, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    print("ready")
    sys.stdout.flush()
    listener.accept()
os.kill(os.getpid(), number)
if how == "again":
    signal.pause()
END
# shellcheck disable=SC3045 # every sh that there is has it
ulimit -c 0

# ends STATUS LINES HOW NUMBER: end.py, and how many lines there are of what was done
ends() {
    status=$1 lines=$2
    shift 2
    timeout 100 ./sockrun --loopback stack --stats "$python" "$work/end.py" "$@" >"$work/got" 2>"$work/err"
    got=$?
    [ $got -eq "$status" ] || fail "--stats, $*: status $got: $(cat "$work/err")"
    [ "$(grep -c '^libsock: .*: connections: 1 out, 1 in, 0 failed; ' "$work/err")" -eq "$lines" ] ||
        fail "--stats, $*: $(cat "$work/err")"
    [ "$(grep -c 'connections: ' "$work/err")" -eq "$lines" ] || fail "--stats, $*: $(cat "$work/err")"
}

for number in 1 2 3 13 14 15; do
    ends $((128 + number)) 1 default $number
    ends $((128 + number)) 1 again $number
    grep -qx handled "$work/got" || fail "a handler of $number is not run"
    ends 0 1 ignored $number
    ends 0 1 child $number
    ends $((128 + number)) 0 exec $number
done
ends 137 0 killed 9
# From outside, to threads that wait.
for number in 2 15; do
    : >"$work/got"
    ./sockrun --loopback stack --stats=json "$python" "$work/end.py" waiting $number >"$work/got" 2>"$work/err" &
    waiting=$!
    pids="$pids $waiting"
    wait_for "$work/got" 'who waits for a signal'
    kill -$number $waiting
    wait $waiting
    [ $? -eq $((128 + number)) ] || fail "--stats=json, $number from outside"
    "$python" -m json.tool "$work/err" >"$work/json" || fail "--stats=json, $number: $(cat "$work/err")"
    grep -q '"connections_opened": 1,' "$work/json" || fail "--stats=json, $number: $(cat "$work/err")"
done

# A capture is one from the beginning, also of what has no network, and replaces what was there. Who reads a pipe gets one
# header.
echo 'no capture' >"$work/capture"
run --pcap "$work/capture" true
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\015\000\001\000\001\000\000\000' >"$work/empty"
same "$work/capture" "$work/empty"
if command -v capinfos >/dev/null; then
    capinfos "$work/capture" >"$work/said" || fail "capinfos: $(cat "$work/said")"
fi
mkfifo "$work/pipe"
cat "$work/pipe" >"$work/read" &
exec 3>"$work/pipe"
run --pcap "$work/pipe" "$python" -c 'import socket; socket.socket().bind(("", 0))'
exec 3>&-
wait $!
head -c 24 "$work/read" | cmp - "$work/empty" || fail 'a capture in a pipe has no header'
! head -c 48 "$work/read" | tail -c 24 | cmp -s - "$work/empty" || fail 'a capture in a pipe has two headers'
