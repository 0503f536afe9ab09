/* SPDX-License-Identifier: BSD-3-Clause */
/* netdb.h for firmware whose C library has none, with glibc's values. See sys/socket.h. */
#ifndef LIBSOCK_NETDB_H
#define LIBSOCK_NETDB_H

#pragma GCC system_header

#include <netinet/in.h>
#include <stdint.h>

#ifndef IPPORT_RESERVED
#define IPPORT_RESERVED 1024
#endif

/* ---- Addresses and names: what programs are written with today ---- */

#define AI_PASSIVE 0x0001
#define AI_CANONNAME 0x0002
#define AI_NUMERICHOST 0x0004
#define AI_V4MAPPED 0x0008
#define AI_ALL 0x0010
#define AI_ADDRCONFIG 0x0020
#define AI_NUMERICSERV 0x0400

#define NI_NUMERICHOST 0x0001
#define NI_NUMERICSERV 0x0002
#define NI_NOFQDN 0x0004
#define NI_NAMEREQD 0x0008
#define NI_DGRAM 0x0010
#define NI_NUMERICSCOPE 0x0100

#define NI_MAXHOST 1025
#define NI_MAXSERV 32

#define EAI_BADFLAGS (-1)
#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAIL (-4)
#define EAI_NODATA (-5)
#define EAI_FAMILY (-6)
#define EAI_SOCKTYPE (-7)
#define EAI_SERVICE (-8)
#define EAI_ADDRFAMILY (-9)
#define EAI_MEMORY (-10)
#define EAI_SYSTEM (-11)
#define EAI_OVERFLOW (-12)
#define EAI_INPROGRESS (-100)
#define EAI_CANCELED (-101)
#define EAI_NOTCANCELED (-102)
#define EAI_ALLDONE (-103)
#define EAI_INTR (-104)
#define EAI_IDN_ENCODE (-105)

struct addrinfo {
    int ai_flags;
    int ai_family;
    int ai_socktype;
    int ai_protocol;
    socklen_t ai_addrlen;
    struct sockaddr *ai_addr;
    char *ai_canonname;
    struct addrinfo *ai_next;
};

/* ---- Records of the network's databases; lists end with NULL ---- */

struct hostent {
    char *h_name;
    char **h_aliases;
    int h_addrtype;
    int h_length;       /* octets of an address */
    char **h_addr_list; /* in network order */
};

#define h_addr h_addr_list[0]

struct netent {
    char *n_name;
    char **n_aliases;
    int n_addrtype;
    uint32_t n_net; /* host order */
};

struct protoent {
    char *p_name;
    char **p_aliases;
    int p_proto;
};

struct servent {
    char *s_name;
    char **s_aliases;
    int s_port; /* network order */
    char *s_proto;
};

/* ---- Errors of the calls that return hosts ---- */

#define NETDB_INTERNAL (-1) /* errno says which */
#define NETDB_SUCCESS 0
#define HOST_NOT_FOUND 1
#define TRY_AGAIN 2
#define NO_RECOVERY 3
#define NO_DATA 4
#define NO_ADDRESS NO_DATA

#ifdef __cplusplus
extern "C" {
#endif

extern int h_errno;
#define h_errno h_errno

int getaddrinfo(const char *__node, const char *__service, const struct addrinfo *__hints,
                struct addrinfo **__out);
void freeaddrinfo(struct addrinfo *__list);
const char *gai_strerror(int __error);
int getnameinfo(const struct sockaddr *__addr, socklen_t __len, char *__host, socklen_t __host_size,
                char *__service, socklen_t __service_size, int __flags);

struct hostent *gethostbyname(const char *__name);
struct hostent *gethostbyname2(const char *__name, int __family);
struct hostent *gethostbyaddr(const void *__addr, socklen_t __len, int __family);
int gethostbyname_r(const char *__name, struct hostent *__out, char *__buffer, size_t __size,
                    struct hostent **__result, int *__h_error);
int gethostbyname2_r(const char *__name, int __family, struct hostent *__out, char *__buffer,
                     size_t __size, struct hostent **__result, int *__h_error);
int gethostbyaddr_r(const void *__addr, socklen_t __len, int __family, struct hostent *__out,
                    char *__buffer, size_t __size, struct hostent **__result, int *__h_error);
const char *hstrerror(int __h_error);

void sethostent(int __stay_open);
struct hostent *gethostent(void);
void endhostent(void);

void setnetent(int __stay_open);
struct netent *getnetent(void);
struct netent *getnetbyname(const char *__name);
struct netent *getnetbyaddr(uint32_t __net, int __family);
void endnetent(void);

void setprotoent(int __stay_open);
struct protoent *getprotoent(void);
struct protoent *getprotobyname(const char *__name);
struct protoent *getprotobynumber(int __number);
void endprotoent(void);

void setservent(int __stay_open);
struct servent *getservent(void);
struct servent *getservbyname(const char *__name, const char *__protocol);
struct servent *getservbyport(int __port, const char *__protocol);
void endservent(void);

#ifdef __cplusplus
}
#endif

#endif
