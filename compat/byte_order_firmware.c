/* SPDX-License-Identifier: BSD-3-Clause */
/* htonl, htons, ntohl, ntohs: POSIX.1-2017. picolibc has them as macros alone; POSIX lets a program
 * take their addresses, too. */
#include <arpa/inet.h>

#include "compat/face.h"

uint32_t libsock_htonl(uint32_t bits);
uint16_t libsock_htons(uint16_t bits);
uint32_t libsock_ntohl(uint32_t bits);
uint16_t libsock_ntohs(uint16_t bits);

uint32_t libsock_htonl(uint32_t bits)
{
    return htonl(bits);
}

uint16_t libsock_htons(uint16_t bits)
{
    return htons(bits);
}

uint32_t libsock_ntohl(uint32_t bits)
{
    return ntohl(bits);
}

uint16_t libsock_ntohs(uint16_t bits)
{
    return ntohs(bits);
}

#undef htonl
#undef htons
#undef ntohl
#undef ntohs

FACE(htonl);
FACE(htons);
FACE(ntohl);
FACE(ntohs);
