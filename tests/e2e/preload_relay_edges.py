#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: `preload_relay_edges.py FILE`. What of sockets that several processes have happens seldom: listeners that are
read and written, first calls, ends that come in another order, processes without descriptors, requests that are none. FILE
is made, and is a program that cannot be executed."""
import contextlib
import ctypes
import errno
import fcntl
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import termios
import traceback

HOST = "10.0.2.15"
SECOND = 1000  # ms
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
libc = ctypes.CDLL(None, use_errno=True)


def forked(child):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return pid


def ended(pid):
    assert os.waitpid(pid, 0)[1] == 0


def everything(s):
    got = b""
    while octets := s.recv(65536):
        got += octets
    return got


# By a listener that no other process has: then the connection is not relayed yet.
def connection():
    with socket.create_server(("", 0)) as own:
        c = socket.create_connection((HOST, own.getsockname()[1]), 60)
        return c, own.accept()[0]


def unread(s):
    return struct.unpack("i", fcntl.ioctl(s, termios.FIONREAD, b"\0\0\0\0"))[0]


def fails(error, call, *arguments):
    try:
        call(*arguments)
    except OSError as e:
        assert e.errno == error, e
        return
    raise AssertionError(f"{call} succeeds")


def polled(s, timeout):
    p = select.poll()
    p.register(s, select.POLLIN | select.POLLOUT)
    return p.poll(timeout)


listener = socket.create_server(("", 8080))


def signals(error, call, *arguments):
    fails(error, call, *arguments)
    assert signal.sigtimedwait([signal.SIGPIPE], 0) is not None


def refuses_octets():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPIPE])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for timeout in (None, 0):
        listener.settimeout(timeout)
        fails(errno.ENOTCONN, listener.recv, 1)
        fails(errno.ENOTCONN, listener.recv, 1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
        fails(errno.ENOTCONN, listener.recvmsg, 1)
        fails(errno.ENOTCONN, os.read, listener.fileno(), 1)
        fails(errno.EPIPE, listener.send, b"x", socket.MSG_NOSIGNAL)
        assert signal.sigtimedwait([signal.SIGPIPE], 0) is None
        signals(errno.EPIPE, listener.send, b"x")
        signals(errno.EPIPE, os.write, listener.fileno(), b"x")
        signals(errno.EPIPE, listener.sendmsg, [b"x"])
    listener.settimeout(None)
    fails(errno.EINVAL, unread, listener)


def is_a_listener():
    ep = select.epoll()
    ep.register(listener, select.EPOLLIN | select.EPOLLOUT)
    assert polled(listener, 0) == [] and ep.poll(0) == []
    assert select.select([listener], [listener], [], 0) == ([], [], [])
    refuses_octets()
    os.write(told, b"x")
    assert polled(listener, 60 * SECOND) == [(listener.fileno(), select.POLLIN)]
    assert ep.poll(60) == [(listener.fileno(), select.EPOLLIN)]
    refuses_octets()
    assert select.select([listener], [listener], [], 0) == ([listener], [], [])
    listener.accept()[0].sendall(b"hello")
    assert polled(listener, 0) == []


# A listener, in a child and in its parent afterwards: it is readable while a connection waits, and has no octets.
hears, told = os.pipe()
pid = forked(is_a_listener)
assert os.read(hears, 1) == b"x"
with socket.create_connection((HOST, 8080), 60) as c:
    assert everything(c) == b"hello"
ended(pid)
assert polled(listener, 0) == []
refuses_octets()

# Of a connection that waits, the first call knows.
c = socket.create_connection((HOST, 8080), 60)
assert polled(listener, 60 * SECOND)
listener.setblocking(False)
ended(forked(lambda: listener.accept()[0].sendall(b"hello")))
listener.setblocking(True)
assert everything(c) == b"hello"
c.close()


def arrived(n):
    c, s = connection()
    c.sendall(b"x" * n)
    while unread(s) < n:
        polled(s, 1)
    return c, s


def knows_how_many():
    assert unread(s) == 5
    assert s.recv(9) == b"xxxxx" and unread(s) == 0


# So it does of what has arrived.
c, s = arrived(5)
ended(forked(knows_how_many))
c, s = arrived(7)
ended(forked(lambda: s.recv(7, socket.MSG_DONTWAIT)))
s.close()
c.close()


def knows_how_long():
    assert unread(d) == 3
    assert d.recv(9) == b"two" and unread(d) == 0
    assert d.recv(9) == b"" and unread(d) == 5
    assert d.recv(9) == b"three" and unread(d) == 0


d = socket.socket(type=socket.SOCK_DGRAM)
d.bind((HOST, 9000))
for text in (b"two", b"", b"three"):
    d.sendto(text, (HOST, 9000))
assert polled(d, 60 * SECOND)
ended(forked(knows_how_long))


def reads_datagrams(fd):
    d.sendto(b"whole", d.getsockname())
    with socket.socket(fileno=os.dup(fd)) as other:
        assert other.recvfrom(100) == (b"whole", d.getsockname())
    d.sendto(b"whole", d.getsockname())
    assert os.read(fd, 100) == b"whole"


# Numbers that were something else before: whatever way they become one of datagrams, they have no addresses in front.
def numbers():
    r, w = os.pipe()
    for close in (False, True):
        os.write(w, b"x")
        assert os.read(r, 1) == b"x"
        if close:
            os.close(r)
            assert fcntl.fcntl(d, fcntl.F_DUPFD, r) == r
        else:
            kept = os.dup(r)
            os.dup2(d.fileno(), r)
        reads_datagrams(r)
        if not close:
            os.dup2(kept, r)
            os.close(kept)
    a, b = socket.socketpair()
    for _ in range(2):
        socket.send_fds(a, [b"x"], [d.fileno()])
        got = socket.recv_fds(b, 1, 1)[1][0]
        reads_datagrams(got)
        libc.syscall(SYS_CLOSE, got)  # the C library does the same, such as in closedir
        r, w = os.pipe()
        assert r == got
        os.write(w, b"x")
        assert os.read(r, 1) == b"x"
        libc.syscall(SYS_CLOSE, r)
        libc.syscall(SYS_CLOSE, w)


SYS_CLOSE = {"x86_64": 3, "aarch64": 57}[os.uname().machine]
numbers()
ended(forked(numbers))
d.close()
r, w = os.pipe()
os.write(w, b"x")
assert os.read(r, 1) == b"x"
libc.syscall(SYS_CLOSE, r)
d = socket.socket(type=socket.SOCK_DGRAM)
assert d.fileno() == r
d.bind((HOST, 0))
ended(forked(lambda: reads_datagrams(r)))
reads_datagrams(r)


def another_program():
    os.dup2(d.fileno(), 0)
    os.execlp(sys.executable, "python3", "-c", "import os; assert os.read(0, 9) == b'for 0', 'an address in front'")


pid = forked(another_program)
d.sendto(b"for 0", d.getsockname())
ended(pid)
d.close()


def writes_without_descriptors():
    number = os.dup(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))
    fails(errno.EMFILE, os.dup, 0)
    assert s.send(b"hello") == 5


# A child that cannot ask for anything writes all the same.
c, s = connection()
pid = forked(writes_without_descriptors)
s.close()
ended(pid)
assert everything(c) == b"hello"
c.close()


def hears_of_ends_once(answer):
    ep = select.epoll()
    ep.register(s, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)
    os.write(told, b"x")
    end = select.EPOLLIN | select.EPOLLRDHUP
    while not ep.poll(60)[0][1] & end == end:
        pass
    ep.poll(0)
    answer()
    assert ep.poll(0.1) == []


def answers():
    for _ in range(100):
        s.sendall(b"x")
        assert os.read(go, 1)


# An end is one event, whatever else happens to the connection.
c, s = connection()
go, on = os.pipe()
pid = forked(lambda: hears_of_ends_once(answers))
assert os.read(hears, 1)
c.shutdown(socket.SHUT_WR)
for _ in range(100):
    assert c.recv(1) == b"x"
    os.write(on, b"x")
ended(pid)
s.close()
c.close()


def hears_of_a_failure():
    assert s.recv(1) == b""
    for _ in range(2):
        fails(errno.EPIPE, s.send, b"x", socket.MSG_NOSIGNAL)


def resets(child):
    pid = forked(lambda: (c.close(), child()))
    assert os.read(hears, 1) == b"x"
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    c.close()
    ended(pid)
    s.close()


# A connection that was reset is at its end in both directions.
c, s = connection()
resets(lambda: (s.getsockname(), os.write(told, b"x"), hears_of_a_failure()))


def owns_what_nobody_uses():
    global c, s
    c, s = connection()
    ended(forked(lambda: None))


# A process that ends has an heir only if others have its sockets. An heir would be this process's child now.
assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
ended(forked(owns_what_nobody_uses))
fails(errno.ECHILD, os.waitpid, -1, 0)
release, released = os.pipe()[::-1]


def leaves_one_to_a_child():
    owns_what_nobody_uses()
    forked(lambda: (os.close(release), s.getsockname(), os.read(released, 1)))


ended(forked(leaves_one_to_a_child))
os.close(release)
for _ in range(2):  # the child, and the heir
    assert os.wait()[1] == 0
fails(errno.ECHILD, os.waitpid, -1, 0)
assert libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0

# A signal of the process is for those of its threads that are the program's.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
os.kill(os.getpid(), signal.SIGUSR1)
assert signal.SIGUSR1 in signal.sigpending() and signal.sigwait([signal.SIGUSR1]) == signal.SIGUSR1
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])


def names():
    with open("/proc/self/net/unix", encoding="ascii") as f:
        return {line.split()[-1] for line in f if " @libsock/" in line}


def answer_to(request, name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
        control.settimeout(60)
        control.connect("\0" + name)
        control.send(request)
        return control.recv(1000)


# A request is of one length, and of no other is there an answer.
before = names()
c, s = connection()
ended(forked(lambda: None))
end = (names() - before).pop()[1:]
owner, handle = re.match("(libsock/[0-9a-f]{16})/([0-9a-f]+)/s", end).groups()
RELAY_GET = 1
head = bytes(16) + struct.pack("=IIiiiI", RELAY_GET, int(handle, 16), socket.SOL_SOCKET, socket.SO_TYPE, 0, 4)
assert len(answer_to(head + bytes(256), owner)) == len(head) + 256
assert answer_to(head + bytes(256), owner)[40:44] == struct.pack("i", socket.SOCK_STREAM)
for wrong in (head, head + bytes(255), head + bytes(257), b"x"):
    assert answer_to(wrong, owner) == b""
for value in (257, 0xFFFFFFFF):  # a length that is none of a value
    assert answer_to(head[:-4] + struct.pack("=I", value) + bytes(256), owner) == b""
s.close()
c.close()


def has_all(go):
    os.close(s.fileno())
    os.read(go, 1)


# A process that was made past us keeps copies of all descriptors: what ended is over all the same.
c, s = connection()
ended(forked(lambda: None))
go, on = os.pipe()
pid = libc._Fork()
if pid == 0:
    os.close(s.fileno())
    os.write(told, b"x")
    os.read(go, 1)
    os._exit(0)
assert os.read(hears, 1) == b"x"
s.close()
assert c.recv(1) == b""
for _ in range(10):
    other, s = connection()
    other.sendall(b"x")
    assert s.recv(1) == b"x"
os.write(on, b"x")
ended(pid)


# The superuser does not, nor in a namespace that has no other user.
def obeys_limit():
    with contextlib.suppress(OSError):
        os.setuid(65534)
    limit = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, limit[1]))
    try:
        ended(forked(lambda: None))
        return False
    except BlockingIOError:
        return True
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, limit)


# A process that lost its network to an heir, or has none because it may make no other process, is itself again when the
# program that it was to become cannot be.
def cannot_execute(may_fork):
    global c, s
    c, s = connection()
    s.set_inheritable(True)
    if not may_fork and not obeys_limit():
        return
    pid = forked(lambda: (s.getsockname(), os.read(go, 1)))
    limit = resource.getrlimit(resource.RLIMIT_NPROC)
    if not may_fork:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, limit[1]))
    fails(errno.ENOEXEC, os.execv, sys.argv[1], ["x"])
    resource.setrlimit(resource.RLIMIT_NPROC, limit)
    os.write(on, b"x")
    ended(pid)
    for lost in (c, s, listener):
        lost.detach()
    c, s = connection()
    ended(forked(lambda: s.sendall(b"x")))
    assert c.recv(1) == b"x"


with open(sys.argv[1], "wb") as f:
    f.write(b"\177ELF is not enough")
os.chmod(sys.argv[1], 0o755)
for may in (False, True):
    ended(forked(lambda: cannot_execute(may)))
print("all of it")
