/* SPDX-License-Identifier: BSD-3-Clause */
/* sys/ioctl.h for firmware, with Linux's values: ours also where the C library has one, whose
 * requests are a terminal's. See sys/socket.h and net/if.h. */
#ifndef LIBSOCK_SYS_IOCTL_H
#define LIBSOCK_SYS_IOCTL_H

#pragma GCC system_header

#define FIONREAD 0x541b
#define FIONBIO 0x5421

#define SIOCATMARK 0x8905

#define SIOCGIFNAME 0x8910
#define SIOCGIFCONF 0x8912
#define SIOCGIFFLAGS 0x8913
#define SIOCGIFADDR 0x8915
#define SIOCGIFBRDADDR 0x8919
#define SIOCGIFNETMASK 0x891b
#define SIOCGIFMTU 0x8921
#define SIOCGIFHWADDR 0x8927
#define SIOCGIFINDEX 0x8933

#ifdef __cplusplus
extern "C" {
#endif

int ioctl(int __fd, unsigned long __request, ...);

#ifdef __cplusplus
}
#endif

#endif
