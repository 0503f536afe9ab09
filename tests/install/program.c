/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user of the installed library writes: POSIX names, and some of ours. */
#include <arpa/inet.h>
#include <libsock.h>
#include <string.h>
#include <sys/socket.h>
int main(void)
{
    struct in_addr addr;

    for (int i = 0; i < SK_N_ERRS; i++) {
        if (strchr(sk_err_text(i), '_') != 0 || strncmp(sk_err_name(i), "SK_", 3) != 0) {
            return 1;
        }
    }
    return inet_pton(AF_INET, "127.0.0.1", &addr) != 1 || socket(AF_INET, SOCK_STREAM, 0) < 0;
}
