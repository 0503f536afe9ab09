/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The POSIX shim: what starts it, and its calls under names of their own. Programs use the POSIX
 * names: on firmware the archive defines them (weakly), on hosts `-Wl,--wrap=...` from libsock.pc
 * leads them here, or sockrun, for programs that are linked already.
 *
 * Each call returns what POSIX.1-2017 says and sets errno. Any thread may make it, an interrupt
 * handler none. A call that would block fails with EDEADLK when the port's background hook makes
 * it.
 *
 * On hosts, a signal whose handler runs in a thread that waits ends its call with EINTR, or with
 * what was transferred by then, as Linux does (signal(7)): poll and select always, the others when
 * they have a timeout (SO_RCVTIMEO, SO_SNDTIMEO) or when the handler was installed without
 * SA_RESTART. Which handler ran cannot be seen: a program that has both kinds gets EINTR from
 * either: one handler without SA_RESTART, and all calls of the program need a loop around EINTR. A
 * connect that was interrupted goes on. Calls that ask for names are never interrupted. A handler
 * that
 * calls us may hang: it may have come while its own thread is in the stack. One may leave a call
 * that waits by siglongjmp, in a program whose other threads have no calls of ours. accept,
 * connect, send, recv, read, write, close, poll, select and their like are cancellation points (XSH
 * 2.9.5.2), and so are getaddrinfo, getnameinfo, gethostbyname and gethostbyaddr where they wait.
 *
 * The stack moves in the calls of its programs alone: what was queued waits for the next one, or
 * for one that is waiting already. A poll or select of the kernel's descriptors alone is the
 * kernel's, and moves nothing; with a socket of ours among them the kernel's are looked at every 10
 * ms.
 *
 * A number is ours until the program closes it: by close, fclose, freopen, dup2 or dup3 onto it,
 * close_range or closefrom. What another library closes goes past us: the socket stays open, and
 * its number is still taken for it. Descriptors that the library has for itself are none of the
 * program's: close says EBADF, dup2 and dup3 EBUSY, and ranges leave them out.
 *
 * exit, and the end of main, close what is open once all handlers of atexit have run, and wait
 * until it was sent and acknowledged, for two seconds at most. What other threads have in our calls
 * does not return any more. _exit, a fatal signal and exec do nothing of this, and the stack that
 * would go on sending is gone with the process.
 *
 * A child of fork has no network, and none of those descriptors. Its copies of the parent's sockets
 * are what the kernel sees in them, after fork as after exec: sockets connected to nothing. close
 * closes the copy, and the parent's connection does not notice; calls that would move data or
 * connect fail (ENOTCONN, EINVAL), and socket fails with ENETDOWN; under sockrun it starts a
 * network of the child's own. What a child of vfork closes is its own, too.
 */
#pragma once

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "libsock.h"
#include "port/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Start ---- */

/**
 * Gives the process its host. Call it before the first POSIX call, or from libsock_board.
 * SK_INVALID for NULL, SK_ALREADY when there is a host, SK_NOT_SUPPORTED when the port has no
 * entropy (initial sequence numbers and ports would be predictable, RFC 6528), and in a child of
 * fork. `port` and `iface` stay the caller's and must live on.
 */
enum sk_err libsock_start(struct sk_iface *iface, const struct port *port);

/** As libsock_start, on a board without entropy whose user accepts that. */
enum sk_err libsock_start_without_entropy(struct sk_iface *iface, const struct port *port);

/**
 * Defined by the board or the application; hosts get one from libsock-slirp, which reads LIBSOCK_*
 * from the environment. Called once, by the first POSIX call that needs the stack when
 * libsock_start was not called yet. It makes the host, with its netifs, hands it to libsock_start
 * and returns it; NULL after it said why there is none. Then that call and every later one fails
 * with ENETDOWN.
 */
struct sk_iface *libsock_board(void);

/** The host of the process, NULL before the start. It is used with its port's lock held. */
struct sk_iface *libsock_iface(void);

/** The port of the process, NULL before the start. */
const struct port *libsock_port(void);

/** Why there is no host: one line, NULL while nothing went wrong. On hosts it was written to
 * stderr, too. */
const char *libsock_problem(void);

/* ---- More than one host in a process: the simulator's (port/sim.h) ---- */

/** A host that the POSIX calls may act on, and its port. */
struct libsock_state {
    const struct port *port;
    struct sk_iface *iface;
};

/** From here on the calls act on this host; `state` stays the caller's. NULL: none, also if one
 * failed to start, so that the next call starts one. */
void libsock_state_set(struct libsock_state *state);

/** The lowest descriptor of `state` from `fd` on, -1 when there is none. `*socket`, which
 * may be NULL, is what the host calls it. */
int libsock_state_next(const struct libsock_state *state, int fd, sk_fd *socket);

/** Every descriptor of `state` is nobody's, and the host does not hear of it: it is no
 * more. */
void libsock_state_forget(const struct libsock_state *state);

/** What a process has one of, in a simulation of several. */
struct libsock_process {
    /** The addresses of a name, in place of /etc/hosts: how many, at most `n`. */
    size_t (*hosts)(const char *name, struct sk_addr *out, size_t n);
    /** The name of an address, likewise, in `size` octets with its NUL. False: it has none. */
    bool (*host_name)(struct ip_addr addr, char *name, size_t size);
    /** In place of raising SIGPIPE. */
    void (*broken_pipe)(void);
};

/** On hosts: `process`, which stays the caller's, is used from now on; NULL: the process's own. */
void libsock_set_process(const struct libsock_process *process);

/* ---- Descriptors that are not ours ---- */

/** Where read, write, close and fcntl go on firmware, for numbers that are no sockets. NULL in a
 * field: EBADF. */
struct libsock_files {
    ssize_t (*read)(int fd, void *buffer, size_t len);
    ssize_t (*write)(int fd, const void *buffer, size_t len);
    int (*close)(int fd);
    int (*fcntl)(int fd, int command, long argument);
};

/** Firmware only. `files` is kept, not copied. */
void libsock_set_files(const struct libsock_files *files);

/* ---- The POSIX calls ---- */

struct mmsghdr;

int libsock_socket(int domain, int type, int protocol);
/** Of firmware: AF_UNIX alone, over the loopback. A host's is its kernel's. */
int libsock_socketpair(int domain, int type, int protocol, int ends[2]);
int libsock_bind(int fd, const struct sockaddr *addr, socklen_t len);
int libsock_listen(int fd, int backlog);
int libsock_accept(int fd, struct sockaddr *addr, socklen_t *len);
int libsock_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int libsock_connect(int fd, const struct sockaddr *addr, socklen_t len);
int libsock_shutdown(int fd, int how);
int libsock_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int libsock_getpeername(int fd, struct sockaddr *addr, socklen_t *len);

/* The options are README's. SO_RCVTIMEO and SO_SNDTIMEO are kept in whole milliseconds, rounded up;
 * 49 days and more are none. */
int libsock_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int libsock_setsockopt(int fd, int level, int option, const void *value, socklen_t len);

ssize_t libsock_send(int fd, const void *buffer, size_t len, int flags);
ssize_t libsock_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                       socklen_t to_len);
ssize_t libsock_recv(int fd, void *buffer, size_t len, int flags);
ssize_t libsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len);

/* Control data are of datagrams: ip(7)'s IP_PKTINFO, IP_TTL, IP_TOS and IP_RETOPTS are sent with,
 * and what the options SO_TIMESTAMP, IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and IP_RECVOPTS ask for is
 * received. Others are EINVAL. */
ssize_t libsock_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t libsock_recvmsg(int fd, struct msghdr *msg, int flags);
int libsock_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);
int libsock_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                     struct timespec *timeout);
ssize_t libsock_readv(int fd, const struct iovec *iov, int n);
ssize_t libsock_writev(int fd, const struct iovec *iov, int n);
int libsock_sockatmark(int fd);

ssize_t libsock_read(int fd, void *buffer, size_t len);
ssize_t libsock_write(int fd, const void *buffer, size_t len);
int libsock_close(int fd);
int libsock_dup(int fd);
int libsock_dup2(int from, int to);
int libsock_dup3(int from, int to, int flags);
int libsock_fcntl(int fd, int command, ...);

/* A request for a netif that has no address is EADDRNOTAVAIL, for none at all ENODEV; one that
 * README does not name is ENOTTY. */
int libsock_ioctl(int fd, unsigned long request, ...);

int libsock_poll(struct pollfd *fds, nfds_t n, int timeout);

/* The thread holds back the signals of `mask` while it waits, and no other: one that this lets in
 * ends the wait with EINTR, also when it was held back before. On firmware there are no signals,
 * and the mask is not looked at. */
int libsock_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask);
int libsock_pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                    const struct timespec *timeout, const sigset_t *mask);
int libsock_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   struct timeval *timeout);

int libsock_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **out);
void libsock_freeaddrinfo(struct addrinfo *list);
const char *libsock_gai_strerror(int error);

/* An address that has no name is told in numbers, unless NI_NAMEREQD is asked for, and so is any
 * when no name server can be reached. EAI_AGAIN: no server answers, or there was no address of our
 * own for 30 s; EAI_FAIL: every server failed; EAI_OVERFLOW: a size, in octets, is too small.
 * Whoever owns an address may claim any name. */
int libsock_getnameinfo(const struct sockaddr *sa, socklen_t len, char *host, socklen_t host_size,
                        char *service, socklen_t service_size, int flags);

/* What these return is the calling thread's, or on firmware the program's, until its next call of
 * any of the three: in a simulation that is shared by the programs of all hosts. */
struct hostent *libsock_gethostbyname(const char *name);
struct hostent *libsock_gethostbyname2(const char *name, int family);
struct hostent *libsock_gethostbyaddr(const void *addr, socklen_t len, int family);

/* glibc's: 0, and `*result` NULL when there is no such host; else ERANGE when `buffer`, of `size`
 * octets, is too small, EAGAIN when nobody answers, EIO when every server failed, or what errno is
 * when `*h_error` is NETDB_INTERNAL. */
int libsock_gethostbyname_r(const char *name, struct hostent *out, char *buffer, size_t size,
                            struct hostent **result, int *h_error);
int libsock_gethostbyname2_r(const char *name, int family, struct hostent *out, char *buffer,
                             size_t size, struct hostent **result, int *h_error);
int libsock_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *out,
                            char *buffer, size_t size, struct hostent **result, int *h_error);

/* Firmware only, over tables of its own; hosts have the C library's, which read files. */
extern int libsock_h_errno;
const char *libsock_hstrerror(int h_error);
void libsock_sethostent(int stay_open);
struct hostent *libsock_gethostent(void);
void libsock_endhostent(void);
void libsock_setnetent(int stay_open);
struct netent *libsock_getnetent(void);
struct netent *libsock_getnetbyname(const char *name);
struct netent *libsock_getnetbyaddr(uint32_t net, int family);
void libsock_endnetent(void);
void libsock_setprotoent(int stay_open);
struct protoent *libsock_getprotoent(void);
struct protoent *libsock_getprotobyname(const char *name);
struct protoent *libsock_getprotobynumber(int number);
void libsock_endprotoent(void);
void libsock_setservent(int stay_open);
struct servent *libsock_getservent(void);
struct servent *libsock_getservbyname(const char *name, const char *protocol);
struct servent *libsock_getservbyport(int port, const char *protocol);
void libsock_endservent(void);

int libsock_inet_pton(int family, const char *text, void *addr);
const char *libsock_inet_ntop(int family, const void *addr, char *text, socklen_t len);

/* Firmware only: hosts have the C library's, which know no descriptors. */
int libsock_inet_aton(const char *text, struct in_addr *addr);
in_addr_t libsock_inet_addr(const char *text);
char *libsock_inet_ntoa(struct in_addr addr);

/* Of the network of the program, which on hosts is not the kernel's. 0 or NULL: ENODEV, ENXIO (no
 * such netif), EFAULT, ENETDOWN. if_nameindex: ENOBUFS; on firmware no more than two lists at once,
 * those of getifaddrs included. */
unsigned libsock_if_nametoindex(const char *name);
char *libsock_if_indextoname(unsigned index, char *name);
struct if_nameindex *libsock_if_nameindex(void);
void libsock_if_freenameindex(struct if_nameindex *list);

/* As on Linux: -1 and ENOMEM, EFAULT, ENETDOWN. */
int libsock_getifaddrs(struct ifaddrs **out);
void libsock_freeifaddrs(struct ifaddrs *list);

/* ---- What programs use beside sockets: firmware only ---- */

/* CLOCK_MONOTONIC and CLOCK_REALTIME; every other one is EINVAL. ENOTSUP: the board does not know
 * the time of day; ENETDOWN: there is no host, and no port with it. */
int libsock_clock_gettime(clockid_t clock, struct timespec *out);
int libsock_clock_getres(clockid_t clock, struct timespec *out);
int libsock_gettimeofday(struct timeval *out, void *zone);
time_t libsock_time(time_t *out);

/* The stack goes on meanwhile. sleep gives `seconds` back when it could not. */
int libsock_nanosleep(const struct timespec *wanted, struct timespec *left);
unsigned libsock_sleep(unsigned seconds);

/* ENAMETOOLONG: the name was cut. */
int libsock_gethostname(char *name, size_t len);

/* ENOSYS: the board has no entropy. */
ssize_t libsock_getrandom(void *out, size_t len, unsigned flags);

int libsock_sigaction(int number, const struct sigaction *action, struct sigaction *before);

#ifdef __cplusplus
}
#endif
