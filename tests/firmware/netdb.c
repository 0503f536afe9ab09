/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <netdb.h> on a board, under the names that programs call: what can be answered without asking
 * anybody. Prints "ok", or the checks that failed, and returns their number.
 */
#include <netdb.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int n_failed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            n_failed++;                                                                            \
        }                                                                                          \
    } while (0)

static struct in_addr of(uint32_t addr)
{
    return (struct in_addr){ .s_addr = htonl(addr) };
}

static void check_tables(void)
{
    CHECK(getservbyname("https", NULL)->s_port == htons(443));
    CHECK(strcmp(getservbyport(htons(53), "udp")->s_name, "domain") == 0);
    CHECK(getprotobyname("UDP")->p_proto == IPPROTO_UDP);
    CHECK(strcmp(getprotobynumber(1)->p_name, "icmp") == 0);
    CHECK(getnetbyname("loopback")->n_net == 0x7f000000);
    CHECK(getnetbyaddr(0, AF_INET) == NULL);
    setservent(1);
    setprotoent(1);
    setnetent(1);
    sethostent(1);
    CHECK(strcmp(getservent()->s_name, "echo") == 0);
    CHECK(strcmp(getprotoent()->p_name, "ip") == 0);
    CHECK(strcmp(getnetent()->n_name, "loopback") == 0);
    CHECK(strcmp(gethostent()->h_name, "localhost") == 0);
    endservent();
    endprotoent();
    endnetent();
    endhostent();
}

static void check_hosts(void)
{
    char buffer[64];
    struct hostent host;
    struct hostent *found;
    int error = 0;
    struct in_addr self = of(INADDR_LOOPBACK);

    CHECK(memcmp(gethostbyname("localhost")->h_addr, &self, sizeof self) == 0);
    CHECK(strcmp(gethostbyaddr(&self, sizeof self, AF_INET)->h_name, "localhost") == 0);
    CHECK(gethostbyname2("192.0.2.7", AF_INET6) == NULL && h_errno == HOST_NOT_FOUND);
    CHECK(strcmp(hstrerror(h_errno), "Unknown host") == 0);
    CHECK(gethostbyname_r("192.0.2.7", &host, buffer, sizeof buffer, &found, &error) == 0);
    CHECK(found == &host && strcmp(host.h_name, "192.0.2.7") == 0);
    CHECK(gethostbyname2_r("192.0.2.7", AF_INET, &host, buffer, 8, &found, &error) == ERANGE);
    CHECK(found == NULL && error == NETDB_INTERNAL);
    CHECK(gethostbyaddr_r(&self, 3, AF_INET, &host, buffer, sizeof buffer, &found, &error) ==
          EINVAL);
}

static void check_names(void)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
    struct addrinfo hints = { .ai_flags = AI_V4MAPPED, .ai_family = AF_INET6 };
    struct addrinfo *list;
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];

    in.sin_addr = of(INADDR_LOOPBACK);
    CHECK(getnameinfo((struct sockaddr *)&in, sizeof in, host, sizeof host, service, sizeof service,
                      0) == 0);
    CHECK(strcmp(host, "localhost") == 0 && strcmp(service, "http") == 0);
    in.sin_family = AF_UNIX;
    CHECK(getnameinfo((struct sockaddr *)&in, sizeof in, host, sizeof host, NULL, 0, 0) ==
          EAI_FAMILY);
    CHECK(getaddrinfo("192.0.2.7", "http", &hints, &list) == 0);
    CHECK(list->ai_family == AF_INET6 && list->ai_addrlen == sizeof(struct sockaddr_in6));
    freeaddrinfo(list);
    CHECK(strcmp(gai_strerror(EAI_ADDRFAMILY), gai_strerror(EAI_NONAME)) != 0);
}

int main(void)
{
    check_tables();
    check_hosts();
    check_names();
    if (n_failed == 0) {
        printf("ok\n");
    }
    return n_failed;
}
