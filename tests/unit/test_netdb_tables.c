/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware's tables of services, protocols, networks and hosts, compiled for this host, and the
 * texts of h_errno. */
#include <arpa/inet.h>
#include <check.h>
#include <netdb.h>
#include <string.h>

#include "compat/compat.h"
#include "tests/support/suite.h"

static void expect_service(const struct servent *found, const char *name, int port,
                           const char *protocol)
{
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->s_name, name);
    ck_assert_int_eq(found->s_port, htons((uint16_t)port));
    ck_assert_str_eq(found->s_proto, protocol);
    ck_assert_ptr_null(found->s_aliases[0]);
}

START_TEST(services_are_found)
{
    expect_service(libsock_getservbyname("http", "tcp"), "http", 80, "tcp");
    expect_service(libsock_getservbyname("http", NULL), "http", 80, "tcp");
    expect_service(libsock_getservbyname("ntp", NULL), "ntp", 123, "udp");
    expect_service(libsock_getservbyname("domain", "udp"), "domain", 53, "udp");
    ck_assert_ptr_null(libsock_getservbyname("http", "udp"));
    ck_assert_ptr_null(libsock_getservbyname("http", "sctp"));
    ck_assert_ptr_null(libsock_getservbyname("HTTP", "tcp"));
    ck_assert_ptr_null(libsock_getservbyname("", NULL));
    expect_service(libsock_getservbyport(htons(53), "udp"), "domain", 53, "udp");
    expect_service(libsock_getservbyport(htons(53), NULL), "domain", 53, "tcp");
    expect_service(libsock_getservbyport(htons(123), NULL), "ntp", 123, "udp");
    ck_assert_ptr_null(libsock_getservbyport(htons(123), "tcp"));
    ck_assert_ptr_null(libsock_getservbyport(53, NULL)); /* in host order */
    ck_assert_ptr_null(libsock_getservbyport(-1, NULL));
    ck_assert_ptr_null(libsock_getservbyport(0x10000 + htons(53), NULL));
}
END_TEST

static int count_services(void)
{
    int n = 0;

    for (const struct servent *s; (s = libsock_getservent()) != NULL; n++) {
        const struct servent found = *s;
        expect_service(libsock_getservbyname(found.s_name, found.s_proto), found.s_name,
                       ntohs((uint16_t)found.s_port), found.s_proto);
    }
    return n;
}

START_TEST(services_are_told_one_after_the_other)
{
    libsock_setservent(1);
    expect_service(libsock_getservent(), "echo", 7, "tcp");
    expect_service(libsock_getservent(), "echo", 7, "udp");
    expect_service(libsock_getservent(), "ftp", 21, "tcp");
    libsock_setservent(0);
    int n = count_services();
    ck_assert_int_eq(n, 12);
    ck_assert_int_eq(count_services(), 0);
    libsock_endservent();
    ck_assert_int_eq(count_services(), n);
}
END_TEST

static void expect_protocol(const struct protoent *found, const char *name, int number)
{
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->p_name, name);
    ck_assert_int_eq(found->p_proto, number);
    ck_assert_ptr_nonnull(found->p_aliases[0]);
    ck_assert_ptr_null(found->p_aliases[1]);
}

START_TEST(protocols_are_found)
{
    expect_protocol(libsock_getprotobyname("tcp"), "tcp", IPPROTO_TCP);
    expect_protocol(libsock_getprotobyname("UDP"), "udp", IPPROTO_UDP);
    expect_protocol(libsock_getprotobyname("icmp"), "icmp", IPPROTO_ICMP);
    expect_protocol(libsock_getprotobynumber(IPPROTO_IGMP), "igmp", IPPROTO_IGMP);
    expect_protocol(libsock_getprotobynumber(0), "ip", IPPROTO_IP);
    ck_assert_ptr_null(libsock_getprotobyname("Tcp"));
    ck_assert_ptr_null(libsock_getprotobyname(""));
    ck_assert_ptr_null(libsock_getprotobynumber(-1));
    ck_assert_ptr_null(libsock_getprotobynumber(255));
}
END_TEST

START_TEST(protocols_are_told_one_after_the_other)
{
    static const char *const names[] = { "ip", "icmp", "igmp", "tcp", "udp" };

    libsock_endprotoent();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_str_eq(libsock_getprotoent()->p_name, names[i]);
    }
    ck_assert_ptr_null(libsock_getprotoent());
    libsock_setprotoent(1);
    ck_assert_str_eq(libsock_getprotoent()->p_name, "ip");
    libsock_endprotoent();
    ck_assert_str_eq(libsock_getprotoent()->p_name, "ip");
}
END_TEST

static void expect_loopback(const struct netent *found)
{
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->n_name, "loopback");
    ck_assert_int_eq(found->n_addrtype, AF_INET);
    ck_assert_uint_eq(found->n_net, 0x7f000000);
    ck_assert_ptr_null(found->n_aliases[0]);
}

START_TEST(the_loopback_network_has_a_name)
{
    expect_loopback(libsock_getnetbyname("loopback"));
    expect_loopback(libsock_getnetbyaddr(0x7f000000, AF_INET));
    expect_loopback(libsock_getnetbyaddr(0x7f000000, AF_UNSPEC));
    ck_assert_ptr_null(libsock_getnetbyname("arpanet"));
    ck_assert_ptr_null(libsock_getnetbyaddr(0x0a000000, AF_INET));
    ck_assert_ptr_null(libsock_getnetbyaddr(0x7f000000, AF_INET6));
    libsock_setnetent(0);
    expect_loopback(libsock_getnetent());
    ck_assert_ptr_null(libsock_getnetent());
    libsock_setnetent(1);
    expect_loopback(libsock_getnetent());
    libsock_endnetent();
    expect_loopback(libsock_getnetent());
}
END_TEST

static void expect_localhost(const struct hostent *found)
{
    struct in_addr in;

    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->h_name, "localhost");
    ck_assert_ptr_null(found->h_aliases[0]);
    ck_assert_int_eq(found->h_addrtype, AF_INET);
    ck_assert_int_eq(found->h_length, sizeof in);
    memcpy(&in, found->h_addr_list[0], sizeof in);
    ck_assert_uint_eq(ntohl(in.s_addr), INADDR_LOOPBACK);
    ck_assert_ptr_null(found->h_addr_list[1]);
}

START_TEST(the_one_host_is_localhost)
{
    libsock_sethostent(0);
    expect_localhost(libsock_gethostent());
    ck_assert_ptr_null(libsock_gethostent());
    libsock_sethostent(1);
    expect_localhost(libsock_gethostent());
    libsock_endhostent();
    expect_localhost(libsock_gethostent());
}
END_TEST

START_TEST(every_error_of_hosts_has_the_c_librarys_text)
{
    for (int error = -2; error <= 6; error++) {
        ck_assert_str_eq(libsock_hstrerror(error), hstrerror(error));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        services_are_found,
        services_are_told_one_after_the_other,
        protocols_are_found,
        protocols_are_told_one_after_the_other,
        the_loopback_network_has_a_name,
        the_one_host_is_localhost,
        every_error_of_hosts_has_the_c_librarys_text,
        NULL,
    };

    return suite_run("netdb_tables", tests);
}
