/* SPDX-License-Identifier: BSD-3-Clause */
/* A filter of system calls (seccomp(2)): see confine.h. It looks at `socket` and io_uring_setup. */
#include "compat/preload/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n))
#define SKIP_IF(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (n), 0)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define FAIL(number) ANSWER(SECCOMP_RET_ERRNO | (number))

/* Where the low half of an argument is: none of ours has a high one. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARGUMENT(n) args[n]
#else
#error "the halves of seccomp_data.args are in the other order here"
#endif

/* Of i386 programs, which an x86-64 kernel runs: socket and socketcall(2). */
#define I386_SOCKETCALL 102
#define I386_SOCKET 359
#define X32_BIT 0x40000000u

int confine(void)
{
    // clang-format off
    struct sock_filter filter[] = {
#ifdef __x86_64__
        LOAD(arch),
        SKIP_UNLESS(AUDIT_ARCH_I386, 7),
        LOAD(nr),
        SKIP_IF(SYS_io_uring_setup, 4), /* the same number in both */
        SKIP_IF(I386_SOCKET, 2),
        SKIP_IF(I386_SOCKETCALL, 1),
        ANSWER(SECCOMP_RET_ALLOW),
        FAIL(EACCES),
        FAIL(ENOSYS),
#endif
        LOAD(nr),
#ifdef __x86_64__
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~X32_BIT),
#endif
        SKIP_UNLESS(SYS_io_uring_setup, 1),
        FAIL(ENOSYS),
        SKIP_IF(SYS_socket, 1),
        ANSWER(SECCOMP_RET_ALLOW),
        LOAD(ARGUMENT(0)),
        SKIP_IF(AF_INET, 3),
        SKIP_IF(AF_INET6, 2),
        SKIP_IF(AF_PACKET, 3),
        ANSWER(SECCOMP_RET_ALLOW),
        LOAD(ARGUMENT(3)),
        SKIP_IF(CONFINE_TOKEN, 1),
        FAIL(EACCES),
        ANSWER(SECCOMP_RET_ALLOW),
    };
    // clang-format on
    struct sock_fprog program = { .len = sizeof filter / sizeof filter[0], .filter = filter };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
