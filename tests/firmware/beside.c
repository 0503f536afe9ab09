/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * On the board: what programs use beside sockets, in the headers that they include for it. Ends
 * with the number of the line that went wrong, 0 when none did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "beside.c:%d: %s, errno %d\n", __LINE__, #condition, errno);           \
            return __LINE__ % 200 + 1;                                                             \
        }                                                                                          \
    } while (0)

#define NS_PER_SECOND 1000000000LL
#define WAIT 50000000L   /* ns */
#define BEGAN 1600000000 /* seconds since 1970: long ago */

static long long monotonic(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? t.tv_sec * NS_PER_SECOND + t.tv_nsec : -1;
}

static int sleeps(void)
{
    static const struct timespec wait = { .tv_sec = 0, .tv_nsec = WAIT };
    sigset_t mask = 0;
    long long before = monotonic();

    check(before >= 0);
    check(nanosleep(&wait, NULL) == 0);
    check(monotonic() >= before + WAIT);
    check(usleep(WAIT / 1000) == 0);
    check(ppoll(NULL, 0, &wait, &mask) == 0);
    check(pselect(0, NULL, NULL, NULL, &wait, &mask) == 0);
    check(monotonic() >= before + 4 * WAIT);
    check(sleep(0) == 0);
    return 0;
}

static int tells_the_time(void)
{
    struct timespec t;
    struct timeval v;

    check(clock_gettime(CLOCK_REALTIME, &t) == 0);
    check(t.tv_sec > BEGAN);
    check(gettimeofday(&v, NULL) == 0);
    check(v.tv_sec == t.tv_sec || v.tv_sec == t.tv_sec + 1);
    check(time(NULL) >= v.tv_sec);
    return 0;
}

static int knows_its_netifs(void)
{
    struct ifaddrs *list;
    struct ifaddrs *second;
    struct if_nameindex *names;
    struct if_nameindex *more;
    struct ifreq r = { .ifr_name = "eth0" };
    struct ifreq lo = { .ifr_name = "lo" };
    char name[IF_NAMESIZE];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOFORK | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int n = -1;

    check(fd >= 0);
    check(getifaddrs(&list) == 0);
    second = list->ifa_next;
    check(second != NULL && strcmp(second->ifa_name, "eth0") == 0);
    names = if_nameindex();
    check(names != NULL && names[0].if_index == 1 && strcmp(names[1].if_name, "eth0") == 0);
    check(names[2].if_index == 0);
    more = if_nameindex(); /* the third list at once */
    check(more == NULL && errno == ENOBUFS);
    freeifaddrs(list);
    more = if_nameindex();
    check(more != NULL);
    if_freenameindex(more);
    if_freenameindex(names);
    check(if_nametoindex("eth0") == 2 && if_indextoname(2, name) == name);

    check(ioctl(fd, SIOCGIFADDR, &r) == 0);
    check(strcmp(inet_ntoa(((struct sockaddr_in *)(void *)&r.ifr_addr)->sin_addr), "10.0.2.15") ==
          0);
    check(ioctl(fd, SIOCGIFMTU, &r) == 0 && r.ifr_mtu == 1500);
    check(ioctl(fd, SIOCGIFHWADDR, &r) == 0 && r.ifr_hwaddr.sa_family == ARPHRD_ETHER);
    check(ioctl(fd, FIONREAD, &n) == 0 && n == 0);
    check(ioctl(fd, SIOCGIFHWADDR, &lo) == 0 && lo.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK);
    check(recv(fd, name, 1, 0) == -1 && errno == EAGAIN);
    check(ioctl(fd, FIONBIO, &n) == 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    check(ioctl(0, FIONREAD, &n) == -1 && errno == EBADF);
    check(close(fd) == 0);
    return 0;
}

static int writes_addresses(void)
{
    uint32_t (*to_network)(uint32_t) = htonl;
    struct in6_addr addr;
    struct in_addr v4;
    char text[INET6_ADDRSTRLEN];

    check(inet_pton(AF_INET6, "2001:DB8:0:0:1::1", &addr) == 1);
    check(inet_ntop(AF_INET6, &addr, text, sizeof text) == text);
    check(strcmp(text, "2001:db8::1:0:0:1") == 0);
    check(inet_ntop(AF_INET6, &addr, text, 5) == NULL && errno == ENOSPC);
    check(inet_pton(AF_INET6, "1:2", &addr) == 0);
    check(inet_pton(AF_UNIX, "::", &addr) == -1 && errno == EAFNOSUPPORT);
    check(inet_aton("0x7f.1", &v4) == 1 && v4.s_addr == to_network(INADDR_LOOPBACK));
    check(inet_addr("10.0.2.256") == INADDR_NONE);
    check(IN6_IS_ADDR_UNSPECIFIED(&in6addr_any) && IN6_IS_ADDR_LOOPBACK(&in6addr_loopback));
    check(!IN6_IS_ADDR_UNSPECIFIED(&in6addr_loopback) && !IN6_IS_ADDR_V4COMPAT(&in6addr_loopback));
    check(inet_pton(AF_INET6, "::ffff:1.2.3.4", &addr) == 1 && IN6_IS_ADDR_V4MAPPED(&addr));
    check(inet_pton(AF_INET6, "::1.2.3.4", &addr) == 1 && IN6_IS_ADDR_V4COMPAT(&addr));
    check(inet_pton(AF_INET6, "fe80::1", &addr) == 1 && IN6_IS_ADDR_LINKLOCAL(&addr));
    check(inet_pton(AF_INET6, "fec0::1", &addr) == 1 && IN6_IS_ADDR_SITELOCAL(&addr));
    check(inet_pton(AF_INET6, "ff02::1", &addr) == 1 && IN6_IS_ADDR_MC_LINKLOCAL(&addr));
    check(IN6_IS_ADDR_MULTICAST(&addr) && !IN6_IS_ADDR_MC_GLOBAL(&addr));
    return 0;
}

/* Two messages, of which the second is cut short in the end. */
static int walks_control_messages(void)
{
    size_t room[CMSG_SPACE(1) / sizeof(size_t) + CMSG_SPACE(sizeof(int)) / sizeof(size_t)];
    struct msghdr m = { .msg_control = room, .msg_controllen = sizeof room };
    struct cmsghdr *first = CMSG_FIRSTHDR(&m);
    struct cmsghdr *second;

    check(first != NULL);
    first->cmsg_len = CMSG_LEN(1);
    second = CMSG_NXTHDR(&m, first);
    check((char *)second == (char *)room + CMSG_SPACE(1));
    second->cmsg_len = CMSG_LEN(sizeof(int));
    check((char *)CMSG_DATA(second) + sizeof(int) == (char *)room + sizeof room);
    check(CMSG_NXTHDR(&m, second) == NULL);
    m.msg_controllen = CMSG_SPACE(1) + sizeof(struct cmsghdr) - 1;
    check(CMSG_NXTHDR(&m, first) == NULL);
    m.msg_controllen = sizeof(struct cmsghdr) - 1;
    check(CMSG_FIRSTHDR(&m) == NULL);
    return 0;
}

static volatile sig_atomic_t n_signals;

static void count(int number)
{
    (void)number;
    n_signals++;
}

static int has_the_rest(void)
{
    struct sigaction action = { .sa_handler = SIG_IGN, .sa_flags = SA_RESTART };
    char name[HOST_NAME_MAX + 1];
    char octets[8] = "";

    check(gethostname(name, sizeof name) == 0 && strcmp(name, "localhost") == 0);
    check(getrandom(octets, sizeof octets, 0) == (ssize_t)sizeof octets);
    check(sigaction(SIGPIPE, &action, NULL) == 0);
    action.sa_handler = count;
    check(sigaction(SIGUSR1, &action, NULL) == 0 && raise(SIGUSR1) == 0 && n_signals == 1);
    check(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == count);
    check(raise(SIGUSR1) == 0 && n_signals == 2);
    return 0;
}

int main(void)
{
    static int (*const parts[])(
        void) = { sleeps,           tells_the_time,         knows_its_netifs,
                  writes_addresses, walks_control_messages, has_the_rest };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int line = parts[i]();
        if (line != 0) {
            return line;
        }
    }
    return 0;
}
