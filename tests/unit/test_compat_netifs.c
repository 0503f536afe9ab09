/* SPDX-License-Identifier: BSD-3-Clause */
/* The netifs of a host by if_nameindex, getifaddrs and ioctl, and what ioctl says of sockets. */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define LO 1
#define ETH0 2

static uint32_t bits_of(const struct sockaddr *addr)
{
    struct sockaddr_in in;

    ck_assert_ptr_nonnull(addr);
    memcpy(&in, addr, sizeof in);
    ck_assert_int_eq(in.sin_family, AF_INET);
    return ntohl(in.sin_addr.s_addr);
}

/* ---- Names ---- */

static int names(void *arg)
{
    char name[IF_NAMESIZE];

    (void)arg;
    ck_assert_uint_eq(if_nametoindex("lo"), LO);
    ck_assert_uint_eq(if_nametoindex("eth0"), ETH0);
    ck_assert_ptr_eq(if_indextoname(ETH0, name), name);
    ck_assert_str_eq(name, "eth0");

    errno = 0;
    ck_assert_uint_eq(if_nametoindex("eth1"), 0);
    ck_assert_int_eq(errno, ENODEV);
    ck_assert_uint_eq(if_nametoindex(""), 0);
    errno = 0;
    ck_assert_ptr_null(if_indextoname(0, name));
    ck_assert_int_eq(errno, ENXIO);
    ck_assert_ptr_null(if_indextoname(3, name));
    ck_assert_ptr_null(if_indextoname(256 + ETH0, name));
    return 0;
}

START_TEST(a_netif_has_a_name_and_an_index)
{
    compat_alone(names);
}
END_TEST

static int lists_names(void *arg)
{
    (void)arg;
    struct if_nameindex *list = if_nameindex();
    ck_assert_ptr_nonnull(list);
    ck_assert_uint_eq(list[0].if_index, LO);
    ck_assert_str_eq(list[0].if_name, "lo");
    ck_assert_uint_eq(list[1].if_index, ETH0);
    ck_assert_str_eq(list[1].if_name, "eth0");
    ck_assert_uint_eq(list[2].if_index, 0);
    ck_assert_ptr_null(list[2].if_name);
    if_freenameindex(list);
    return 0;
}

START_TEST(all_names_are_listed)
{
    compat_alone(lists_names);
}
END_TEST

START_TEST(without_a_host_there_are_no_netifs)
{
    struct ifaddrs *list;
    char name[IF_NAMESIZE];

    libsock_state_set(NULL);
    errno = 0;
    ck_assert_ptr_null(if_nameindex());
    ck_assert_int_eq(errno, ENETDOWN);
    ck_assert_uint_eq(if_nametoindex("lo"), 0);
    ck_assert_ptr_null(if_indextoname(LO, name));
    fails_with(getifaddrs(&list), ENETDOWN);
}
END_TEST

static struct pkt *hears_nothing(struct link *link, struct pkt_pool *pool, instant now)
{
    (void)link;
    (void)pool;
    (void)now;
    return NULL;
}

static enum sk_err has_no_room(struct link *link, struct pkt *pkt, instant now)
{
    (void)link;
    (void)pkt;
    (void)now;
    return SK_AGAIN;
}

/* A name that has no room, and none at all. */
static int odd_names(void *arg)
{
    struct sk_netif_config longer = { .name = "a-name-of-more-than-fifteen", .prefix_len = 24 };
    struct sk_netif_config none = { .prefix_len = 24 };
    static const struct link_ops silent = { .rx = hears_nothing, .tx = has_no_room };
    static struct link other = { .ops = &silent, .medium = LINK_IP, .mtu = 1500 };
    char name[IF_NAMESIZE];

    (void)arg;
    longer.addr = ip4(0x0a000101);
    none.addr = ip4(0x0a000201);
    ck_assert_int_eq(sk_netif_add(world->hosts[0], &other, &longer, clock_now(), NULL), SK_OK);
    ck_assert_int_eq(sk_netif_add(world->hosts[0], &other, &none, clock_now(), NULL), SK_OK);
    ck_assert_str_eq(if_indextoname(3, name), "a-name-of-more-");
    ck_assert_uint_eq(if_nametoindex("a-name-of-more-"), 3);
    ck_assert_str_eq(if_indextoname(4, name), "if4");
    ck_assert_uint_eq(if_nametoindex("if4"), 4);

    struct ifreq r = { .ifr_name = "if4" };
    int fd = make(SOCK_DGRAM);
    ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &r), 0);
    ck_assert_int_eq(r.ifr_flags, IFF_UP | IFF_RUNNING | IFF_POINTOPOINT | IFF_NOARP);
    ck_assert_int_eq(ioctl(fd, SIOCGIFHWADDR, &r), 0);
    ck_assert_int_eq(r.ifr_hwaddr.sa_family, ARPHRD_NONE);
    memcpy(r.ifr_name, "a-name-of-more-than", sizeof r.ifr_name); /* Linux ends it, too */
    ck_assert_int_eq(ioctl(fd, SIOCGIFINDEX, &r), 0);
    ck_assert_int_eq(r.ifr_ifindex, 3);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(names_are_cut_or_made_up)
{
    static const struct sk_config config = { .size = sizeof config, .n_netifs = 4 };
    struct compat c;

    compat_begin_with(&c, &config, HOST_A);
    compat_run(&c, odd_names, NULL);
    compat_free(&c);
}
END_TEST

/* ---- getifaddrs ---- */

static int lists_addresses(void *arg)
{
    struct ifaddrs *list;

    (void)arg;
    ck_assert_int_eq(getifaddrs(&list), 0);
    ck_assert_str_eq(list->ifa_name, "lo");
    ck_assert_uint_eq(list->ifa_flags, IFF_UP | IFF_RUNNING | IFF_LOOPBACK | IFF_MULTICAST);
    ck_assert_uint_eq(bits_of(list->ifa_addr), INADDR_LOOPBACK);
    ck_assert_uint_eq(bits_of(list->ifa_netmask), 0xff000000);
    ck_assert_ptr_null(list->ifa_broadaddr);

    const struct ifaddrs *second = list->ifa_next;
    ck_assert_str_eq(second->ifa_name, "eth0");
    ck_assert_uint_eq(second->ifa_flags, IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST);
    ck_assert_uint_eq(bits_of(second->ifa_addr), HOST_A);
    ck_assert_uint_eq(bits_of(second->ifa_netmask), 0xffffff00);
    ck_assert_uint_eq(bits_of(second->ifa_broadaddr), 0x0a0000ff);
    ck_assert_ptr_null(second->ifa_next);
    freeifaddrs(list);
    fails_with(getifaddrs(NULL), EFAULT);
    return 0;
}

START_TEST(all_addresses_are_listed)
{
    static const struct sk_config config = { .size = sizeof config, .multicast = &sk_multicast };
    struct compat c;

    compat_begin_with(&c, &config, HOST_A);
    compat_run(&c, lists_addresses, NULL);
    compat_free(&c);
}
END_TEST

static int has_no_address(void *arg)
{
    struct sk_netif_config dhcp = { .name = "eth0" };
    struct ifreq r = { .ifr_name = "eth0" };
    struct ifaddrs *list;
    struct ifconf all = { .ifc_buf = NULL };

    (void)arg;
    ck_assert_int_eq(
        sk_netif_add(world->hosts[0], &world->wire.ends[0].link, &dhcp, clock_now(), NULL), SK_OK);
    ck_assert_int_eq(getifaddrs(&list), 0);
    ck_assert_str_eq(list->ifa_next->ifa_name, "eth0");
    ck_assert_ptr_null(list->ifa_next->ifa_addr);
    ck_assert_ptr_null(list->ifa_next->ifa_netmask);
    freeifaddrs(list);

    int fd = make(SOCK_DGRAM);
    fails_with(ioctl(fd, SIOCGIFADDR, &r), EADDRNOTAVAIL);
    fails_with(ioctl(fd, SIOCGIFNETMASK, &r), EADDRNOTAVAIL);
    ck_assert_int_eq(ioctl(fd, SIOCGIFINDEX, &r), 0);
    ck_assert_int_eq(r.ifr_ifindex, ETH0);
    ck_assert_int_eq(ioctl(fd, SIOCGIFCONF, &all), 0);
    ck_assert_int_eq(all.ifc_len, (int)sizeof(struct ifreq));
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_netif_without_an_address_is_listed)
{
    static const struct sk_config config = { .size = sizeof config };
    struct compat c;

    compat_begin_with(&c, &config, 0);
    compat_run(&c, has_no_address, NULL);
    compat_free(&c);
}
END_TEST

/* ---- ioctl: netifs ---- */

static struct ifreq asked(int fd, unsigned long request, const char *name)
{
    struct ifreq r;

    memset(&r, 0xa5, sizeof r);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    ck_assert_int_eq(ioctl(fd, request, &r), 0);
    ck_assert_str_eq(r.ifr_name, name);
    return r;
}

static int asks_for_one(void *arg)
{
    static const char mac[6];
    struct ifreq r;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    r = asked(fd, SIOCGIFADDR, "eth0");
    ck_assert_uint_eq(bits_of(&r.ifr_addr), HOST_A);
    r = asked(fd, SIOCGIFNETMASK, "eth0");
    ck_assert_uint_eq(bits_of(&r.ifr_netmask), 0xffffff00);
    r = asked(fd, SIOCGIFBRDADDR, "eth0");
    ck_assert_uint_eq(bits_of(&r.ifr_broadaddr), 0x0a0000ff);
    r = asked(fd, SIOCGIFBRDADDR, "lo");
    ck_assert_uint_eq(bits_of(&r.ifr_broadaddr), 0);
    ck_assert_int_eq(asked(fd, SIOCGIFFLAGS, "eth0").ifr_flags,
                     IFF_UP | IFF_RUNNING | IFF_BROADCAST);
    ck_assert_int_eq(asked(fd, SIOCGIFMTU, "eth0").ifr_mtu, 1500);
    ck_assert_int_eq(asked(fd, SIOCGIFINDEX, "eth0").ifr_ifindex, ETH0);
    r = asked(fd, SIOCGIFHWADDR, "eth0");
    ck_assert_int_eq(r.ifr_hwaddr.sa_family, ARPHRD_ETHER);
    ck_assert_mem_eq(r.ifr_hwaddr.sa_data, world->wire.ends[0].link.mac.b, sizeof mac);
    r = asked(fd, SIOCGIFHWADDR, "lo");
    ck_assert_int_eq(r.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
    ck_assert_mem_eq(r.ifr_hwaddr.sa_data, mac, sizeof mac);

    r.ifr_ifindex = ETH0;
    ck_assert_int_eq(ioctl(fd, SIOCGIFNAME, &r), 0);
    ck_assert_str_eq(r.ifr_name, "eth0");
    r.ifr_ifindex = 3;
    fails_with(ioctl(fd, SIOCGIFNAME, &r), ENODEV);
    r.ifr_ifindex = -1;
    fails_with(ioctl(fd, SIOCGIFNAME, &r), ENODEV);
    strcpy(r.ifr_name, "eth1");
    fails_with(ioctl(fd, SIOCGIFADDR, &r), ENODEV);
    memset(r.ifr_name, 'x', sizeof r.ifr_name);
    fails_with(ioctl(fd, SIOCGIFADDR, &r), ENODEV);
    fails_with(ioctl(fd, SIOCGIFADDR, NULL), EFAULT);
    fails_with(ioctl(fd, SIOCSIFADDR, &r), ENOTTY);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_netif_is_asked_about)
{
    compat_alone(asks_for_one);
}
END_TEST

static int asks_for_all(void *arg)
{
    struct ifreq entries[3];
    struct ifconf all = { .ifc_len = sizeof entries };

    (void)arg;
    memset(entries, 0xa5, sizeof entries);
    all.ifc_req = entries;
    int fd = make(SOCK_STREAM);
    ck_assert_int_eq(ioctl(fd, SIOCGIFCONF, &all), 0);
    ck_assert_int_eq(all.ifc_len, (int)(2 * sizeof entries[0]));
    ck_assert_str_eq(entries[0].ifr_name, "lo");
    ck_assert_uint_eq(bits_of(&entries[0].ifr_addr), INADDR_LOOPBACK);
    ck_assert_str_eq(entries[1].ifr_name, "eth0");
    ck_assert_uint_eq(bits_of(&entries[1].ifr_addr), HOST_A);

    all.ifc_len = sizeof entries[0] * 2 - 1; /* one has room */
    memset(entries, 0, sizeof entries);
    ck_assert_int_eq(ioctl(fd, SIOCGIFCONF, &all), 0);
    ck_assert_int_eq(all.ifc_len, (int)sizeof entries[0]);
    ck_assert_int_eq(entries[1].ifr_name[0], 0);

    all.ifc_len = -1;
    ck_assert_int_eq(ioctl(fd, SIOCGIFCONF, &all), 0);
    ck_assert_int_eq(all.ifc_len, 0);
    all.ifc_req = NULL;
    ck_assert_int_eq(ioctl(fd, SIOCGIFCONF, &all), 0);
    ck_assert_int_eq(all.ifc_len, (int)(2 * sizeof entries[0]));
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(netifs_are_listed_by_ioctl)
{
    compat_alone(asks_for_all);
}
END_TEST

/* ---- ioctl: sockets ---- */

static int unread(int fd)
{
    int n = -1;

    ck_assert_int_eq(ioctl(fd, FIONREAD, &n), 0);
    return n;
}

static void await_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    ck_assert_int_eq(poll(&p, 1, -1), 1);
}

static int stream_tells_unread(void *arg)
{
    char octets[4];
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(unread(server), 0);
    ck_assert_int_eq(send(client, "abcdef", 6, 0), 6);
    await_readable(server);
    ck_assert_int_eq(unread(server), 6);
    ck_assert_int_eq(read(server, octets, 4), 4);
    ck_assert_int_eq(unread(server), 2);
    fails_with(ioctl(server, FIONREAD, NULL), EFAULT);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);

    int fd = make(SOCK_STREAM);
    ck_assert_int_eq(unread(fd), 0);
    ck_assert_int_eq(close(fd), 0);
    fd = listen_on(90);
    fails_with(ioctl(fd, FIONREAD, octets), EINVAL);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_stream_tells_how_much_is_unread)
{
    compat_alone(stream_tells_unread);
}
END_TEST

static int datagrams_tell_unread(void *arg)
{
    struct sockaddr_in to = address(INADDR_LOOPBACK, 5000);
    char octets[8];

    (void)arg;
    int fd = make(SOCK_DGRAM);
    bind_to(fd, INADDR_LOOPBACK, 5000);
    ck_assert_int_eq(unread(fd), 0);
    ck_assert_int_eq(sendto(fd, "abc", 3, 0, generic(&to), sizeof to), 3);
    ck_assert_int_eq(sendto(fd, "defgh", 5, 0, generic(&to), sizeof to), 5);
    await_readable(fd);
    ck_assert_int_eq(unread(fd), 3);
    ck_assert_int_eq(read(fd, octets, sizeof octets), 3);
    await_readable(fd);
    ck_assert_int_eq(unread(fd), 5);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(the_next_datagram_tells_how_long_it_is)
{
    compat_alone(datagrams_tell_unread);
}
END_TEST

static int changes_waiting(void *arg)
{
    char octet;
    int on = 1;
    int off = 0;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    bind_to(fd, INADDR_LOOPBACK, 5000);
    ck_assert_int_eq(ioctl(fd, FIONBIO, &on), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    fails_with(read(fd, &octet, 1), EAGAIN);
    ck_assert_int_eq(ioctl(fd, FIONBIO, &off), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(ioctl(fd, FIOCLEX), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    fails_with(ioctl(fd, FIOASYNC, &on), ENOTTY);
    fails_with(ioctl(fd, TCGETS, &octet), ENOTTY);
    ck_assert_int_eq(close(fd), 0);
    fails_with(ioctl(fd, FIONBIO, &on), EBADF);
    return 0;
}

START_TEST(ioctl_changes_whether_calls_wait)
{
    compat_alone(changes_waiting);
}
END_TEST

static int asks_the_kernel(void *arg)
{
    int ends[2];

    (void)arg;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "abc", 3), 3);
    ck_assert_int_eq(unread(ends[0]), 3);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    return 0;
}

START_TEST(other_descriptors_are_the_kernels)
{
    compat_alone(asks_the_kernel);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_netif_has_a_name_and_an_index,
        all_names_are_listed,
        without_a_host_there_are_no_netifs,
        names_are_cut_or_made_up,
        all_addresses_are_listed,
        a_netif_without_an_address_is_listed,
        a_netif_is_asked_about,
        netifs_are_listed_by_ioctl,
        a_stream_tells_how_much_is_unread,
        the_next_datagram_tells_how_long_it_is,
        ioctl_changes_whether_calls_wait,
        other_descriptors_are_the_kernels,
        NULL,
    };

    return suite_run("compat_netifs", tests);
}
