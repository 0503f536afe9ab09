#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# sockrun: what it cannot do it refuses with one line, and what it runs is the process itself.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'

# refused STATUS PART ARGUMENT ...: one line on stderr, with PART in it, and nothing runs
refused() {
    wanted=$1 part=$2
    shift 2
    timeout 60 ./sockrun "$@" >"$work/out" 2>"$work/err"
    status=$?
    [ $status -eq "$wanted" ] || fail "sockrun $*: status $status: $(cat "$work/err")"
    [ ! -s "$work/out" ] || fail "sockrun $*: $(cat "$work/out")"
    [ "$(grep -vc '^Try sockrun --help' "$work/err")" -eq 1 ] || fail "sockrun $*: not one line: $(cat "$work/err")"
    grep -qF -- "$part" "$work/err" || fail "sockrun $*: says $(cat "$work/err")"
}

# Options.
timeout 60 ./sockrun >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || fail 'no program is no error'
grep -q '^usage: sockrun' "$work/err" || fail "no usage: $(cat "$work/err")"
timeout 60 ./sockrun --help | grep -q '^usage: sockrun' || fail --help
timeout 60 ./sockrun --version | grep -q '^sockrun (libsock) [0-9]' || fail --version
# The manual has every option that there is, and no warning.
for option in $(timeout 60 ./sockrun --help | sed -n 's/^ .*--\([a-z]*\).*/\1/p'); do
    grep -qE "^\.(It|Op) .*Fl .*-$option" "$srcdir/man/sockrun.1" || fail "the manual has no --$option"
done
if command -v mandoc >/dev/null; then
    mandoc -Tlint -W warning "$srcdir/man/sockrun.1" || fail 'the manual has warnings'
fi
refused 2 --unknown --unknown true
refused 2 mtu --mtu
for value in '' 575 65522 many; do
    refused 2 "--mtu $value: not a number from 576" --mtu "$value" true
done
refused 2 '--dns dns.test: not' --dns dns.test true
refused 2 '--outbound some: neither' --outbound=some true
refused 2 '--congestion vegas: not reno, cubic or bbr' --congestion vegas true
refused 2 '--delay 20: not a time' --delay 20 true
for value in '' name name= =10.0.2.2 name=dns.test name=::1 name=10.0.2.2:80 name=10.0.2.2,other=10.0.2.2; do
    refused 2 "--hosts $value: not NAME=ADDRESS" --hosts good=10.0.2.2 --hosts "$value" true
done
refused 2 '--loss 101%: not a percentage' --loss=101% true
refused 2 '--rate 10mbps: not bits per second' --rate 10mbps true
refused 2 '--stats xml: not json, which is all that it can be' --stats=xml true
refused 2 '--stats : not json, which is all that it can be' --stats= true
refused 2 '--seed xyz: not' --seed xyz true
for value in '' 80 80:0 :80 8080:80/sctp 127.0.0.1:80 host:1:2 1:2:3:4 8080:70000; do
    refused 2 "-p $value: " -p "$value" true
done
LIBSOCK_MTV=1 refused 2 LIBSOCK_MTV=1 true
LIBSOCK_FORWARD=tcp:127.0.0.1:0:7,udp refused 2 'LIBSOCK_FORWARD=udp: not tcp:ADDRESS:PORT' true
LIBSOCK_FORWARD='' refused 2 'LIBSOCK_FORWARD=: not tcp:ADDRESS:PORT' true

# A port that this machine does not give is told before the program runs, as it was typed and with the reason; also to a
# sockrun under sockrun, which asks the same machine.
start_files
datagrams=$work/datagrams
mkfifo "$work/held"
"$python" -uc 'import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])
sys.stdin.read()' >"$datagrams" <"$work/held" &
pids="$pids $!"
exec 3>"$work/held"
wait_for "$datagrams" 'who waits for datagrams'
udp=$(cat "$datagrams")
refused 2 "sockrun: -p $http:80: cannot listen on 127.0.0.1:$http: Address already in use" -p "$http:80" true
refused 2 "sockrun: -p 127.0.0.1:$http:80/tcp: cannot listen on" -p "127.0.0.1:$http:80/tcp" true
refused 2 "sockrun: -p $udp:80/udp: cannot listen on 127.0.0.1:$udp: Address already in use" -p "$udp:80/udp" true
refused 2 "sockrun: -p 192.0.2.1:8080:80: cannot listen on 192.0.2.1:8080: Cannot assign" -p 192.0.2.1:8080:80 true
refused 2 "sockrun: -p $http:80: cannot listen on" -- ./sockrun -p "$http:80" true
timeout 60 ./sockrun -- ./sockrun -p "0:80" -p "$http:80/udp" -p "$udp:80" true || fail 'a port of the other protocol is taken'
exec 3>&-
drop='--bounding-set -net_bind_service --inh-caps -net_bind_service'
# shellcheck disable=SC2086 # a list of words
if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] && setpriv $drop true 2>"$work/err"; then
    setpriv $drop timeout 60 ./sockrun -p 80:80 true 2>"$work/err"
    [ $? -eq 2 ] || fail 'a port of root is given to others'
    grep -qx 'sockrun: -p 80:80: cannot listen on 127.0.0.1:80: Permission denied' "$work/err" || fail "$(cat "$work/err")"
fi
# What is taken later is told when the program waits there: here by its parent.
cat >"$work/twice.py" <<'TWICE'
import os, socket, sys

listener = socket.create_server(("", 80))
if os.fork() == 0:
    try:
        socket.create_server(("", 80))
    except OSError as e:
        print(e.strerror)
    sys.exit()
os.wait()
TWICE
free=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
timeout 60 ./sockrun -p "127.0.0.1:$free:80" "$python" "$work/twice.py" >"$work/out" 2>"$work/err"
grep -q 'Address already in use' "$work/out" || fail "a port that was taken: $(cat "$work/out" "$work/err")"
grep -qx "libsock: -p $free:80: cannot listen on 127.0.0.1:$free: Address already in use" "$work/err" ||
    fail "a port that was taken: $(cat "$work/err")"

# Programs.
refused 127 'No such file' "$work/nothing"
refused 127 'No such file' no-such-program-anywhere
refused 127 'No such file' ''
echo data >"$work/data"
refused 126 'Permission denied' "$work/data"
refused 126 'Permission denied' "$work"
echo 'int main(void) { return 0; }' >"$work/program.c"
if ${CC:-cc} -static "$work/program.c" -o "$work/static" 2>/dev/null; then
    refused 126 "$work/static is statically linked" "$work/static"
    printf '#!%s -x\n' "$work/static" >"$work/script"
    chmod +x "$work/script"
    refused 126 "$work/script: its interpreter $work/static is statically linked" "$work/script"
    printf '#! %s\n' "$work/script" >"$work/script2"
    chmod +x "$work/script2"
    refused 126 "its interpreter $work/static is statically linked" "$work/script2"
fi
${CC:-cc} "$work/program.c" -o "$work/dynamic" || fail 'no compiler'
timeout 60 ./sockrun "$work/dynamic" || fail 'a dynamic program does not run'
cp "$work/dynamic" "$work/privileged"
chmod u+s "$work/privileged"
refused 126 'is set-user-ID' "$work/privileged"
chmod u-s,g+s "$work/privileged"
refused 126 'is set-group-ID' "$work/privileged"
echo '__attribute__((section(".go.buildinfo"))) int info = 1; int main(void) { return 0; }' >"$work/go.c"
${CC:-cc} "$work/go.c" -o "$work/go" || fail 'no section'
refused 126 'is a Go program' "$work/go"
${CC:-cc} "$work/program.c" -Wl,--dynamic-linker=/lib/other-linker.so -o "$work/other" || fail 'no linker'
refused 126 'has another dynamic linker' "$work/other"
# A header that is cut off, at every length, crashes nobody.
for octets in 4 20 63 64 100 400; do
    head -c $octets "$work/dynamic" >"$work/cut"
    chmod +x "$work/cut"
    timeout 60 ./sockrun "$work/cut" 2>"$work/err"
    [ $? -eq 126 ] || fail "cut at $octets: $(cat "$work/err")"
done

# The process is the program: its status, its signals, its arguments, its other preloaded libraries.
timeout 60 ./sockrun sh -c 'exit 7'
[ $? -eq 7 ] || fail 'the exit status is another'
timeout 60 ./sockrun sh -c 'kill -USR1 $$'
[ $? -eq 138 ] || fail 'the signal is another'
sh -c 'echo $$; exec ./sockrun sh -c "echo \$\$"' >"$work/out"
[ "$(uniq "$work/out" | wc -l)" -eq 1 ] || fail 'it is another process'
[ "$(timeout 60 ./sockrun -- printf '%s|' -p 'a b' '')" = '-p|a b||' ] || fail 'arguments are lost'
[ "$(cd "$work" && PATH=: "$OLDPWD/sockrun" dynamic; echo $?)" = 0 ] || fail 'PATH is read in another way'
# shellcheck disable=SC2016 # the other shell's
LD_PRELOAD=libc.so.6 timeout 60 ./sockrun sh -c 'echo "$LD_PRELOAD"' | grep -q 'libsock-preload.so:libc.so.6$' ||
    fail 'LD_PRELOAD is lost'
echo 'echo no-line' >"$work/no-line"
chmod +x "$work/no-line"
[ "$(timeout 60 ./sockrun "$work/no-line")" = no-line ] || fail 'a script without a first line does not run'
