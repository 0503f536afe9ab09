#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: an instance of epoll that was made before a fork serves parent and child, as on Linux."""
import os
import select
import socket
import threading
import traceback

PRIVATE = "10.0.2.15"
ANY = 60  # seconds: nothing here takes as long


def fork(child):
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


def ended_well(pid):
    assert os.waitpid(pid, 0)[1] == 0


def told(ep, *expected):
    """The only ones that there is something of, in any order."""
    got = ep.poll(ANY)
    assert sorted(got) == sorted((s.fileno(), events) for s, events in expected), got


def echo_once(ep, listener):
    told(ep, (listener, select.EPOLLIN))
    s, _ = listener.accept()
    with s:
        ep.register(s, select.EPOLLIN)
        told(ep, (s, select.EPOLLIN))
        s.sendall(s.recv(100))


def answered(port):
    with socket.create_connection((PRIVATE, port), ANY) as s:
        s.sendall(b"x")
        assert s.recv(100) == b"x"


def listening(port):
    ep = select.epoll()
    listener = socket.create_server((PRIVATE, port))
    ep.register(listener, select.EPOLLIN)
    return ep, listener


def prefork_server():
    ep, listener = listening(8001)
    for _ in range(2):  # the second child finds them used
        pid = fork(lambda: echo_once(ep, listener))
        answered(8001)
        ended_well(pid)
    pid = fork(lambda: ended_well(fork(lambda: echo_once(ep, listener))))  # a grandchild's
    answered(8001)
    ended_well(pid)
    with socket.create_connection((PRIVATE, 8001)):
        told(ep, (listener, select.EPOLLIN))  # the parent has it still


def parent_hears_of_the_child():
    """The parent sleeps in the instance while the child has its sockets made the kernel's, and adds a pipe."""
    ep, listener = listening(8002)
    going, gone = os.pipe()
    ep.modify(listener, select.EPOLLIN | select.EPOLLONESHOT)

    def child():
        told(ep, (listener, select.EPOLLIN))
        assert ep.poll(0) == []
        ep.register(going, select.EPOLLIN)

    with socket.create_connection((PRIVATE, 8002)):
        pid = fork(child)
        ended_well(pid)  # the parent would take it
        os.write(gone, b"x")
        told_going = ep.poll(ANY)
        assert told_going == [(going, select.EPOLLIN)], told_going
    os.read(going, 1)
    ep.unregister(going)  # one more than the parent put in
    ep.unregister(listener)
    ep.register(going, select.EPOLLIN)
    os.write(gone, b"x")
    assert ep.poll(ANY) == [(going, select.EPOLLIN)]


def parent_sleeps():
    """The parent sleeps in the instance while the child has its sockets made the kernel's."""
    ep, listener = listening(8009)
    server = socket.socket(type=socket.SOCK_DGRAM)
    server.bind((PRIVATE, 8009))
    ep.register(server, select.EPOLLIN)
    go, goes = os.pipe()
    done, is_done = os.pipe()

    def child():
        os.read(go, 1)
        assert ep.poll(0.01) == []
        os.write(is_done, b"x")

    def client():
        os.read(done, 1)
        server.sendto(b"x", (PRIVATE, 8009))

    pid = fork(child)
    thread = threading.Thread(target=client)
    thread.start()
    os.write(goes, b"x")
    told(ep, (server, select.EPOLLIN))
    thread.join()
    ended_well(pid)
    listener.close()


def child_takes_out():
    """What the child takes out is out for its parent, too, and what the parent changed by then is so for the child."""
    ep, listener = listening(8003)
    kept = socket.socket(type=socket.SOCK_DGRAM)
    kept.bind((PRIVATE, 8003))
    ep.register(kept, select.EPOLLOUT)
    going, gone = os.pipe()

    def child():
        os.read(going, 1)
        assert ep.poll(0) == []
        try:
            ep.register(kept, select.EPOLLIN)
            raise AssertionError("twice in it")
        except FileExistsError:
            pass
        ep.unregister(listener)

    pid = fork(child)
    ep.modify(kept, select.EPOLLIN)
    os.write(gone, b"x")
    ended_well(pid)
    with socket.create_connection((PRIVATE, 8003)):
        assert ep.poll(0.05) == []
        try:
            ep.unregister(listener)
            raise AssertionError("still in it")
        except FileNotFoundError:
            pass


def polled():
    """An inherited instance among the descriptors of a poll, and no other use of it before."""
    ep, listener = listening(8004)
    copy = os.dup(ep.fileno())

    def child():
        ep.close()
        poll = select.poll()
        poll.register(copy, select.POLLIN)
        assert poll.poll(ANY * 1000) == [(copy, select.POLLIN)]

    pid = fork(child)
    with socket.create_connection((PRIVATE, 8004)):
        ended_well(pid)


def closed():
    """The number of an instance that the child closed is free for another one, in which there is nothing."""
    ep, listener = listening(8005)
    number = ep.fileno()

    def child():
        ep.close()
        with select.epoll() as other:
            assert other.fileno() == number
            assert other.poll(0) == []

    with socket.create_connection((PRIVATE, 8005)):
        ended_well(fork(child))
        told(ep, (listener, select.EPOLLIN))


def child_with_a_network():
    """A child that has a network of its own, and sockets of that and of its parent's in one instance."""
    ep, listener = listening(8006)
    going, gone = os.pipe()

    def child():
        with socket.socket(type=socket.SOCK_DGRAM) as own:
            own.bind((PRIVATE, 53))
            ep.register(own, select.EPOLLIN)
            own.sendto(b"x", own.getsockname())
            told(ep, (own, select.EPOLLIN))
            own.recv(1)
            os.write(gone, b"x")
            echo_once(ep, listener)

    pid = fork(child)
    os.read(going, 1)
    answered(8006)
    ended_well(pid)


CASES = (prefork_server, parent_hears_of_the_child, parent_sleeps, child_takes_out, polled, closed, child_with_a_network)
for case in CASES:
    ended_well(fork(case))  # each with a network of its own
print("all of it")
