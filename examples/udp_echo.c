/* SPDX-License-Identifier: BSD-3-Clause */
/* A UDP echo server (RFC 862) in blocking POSIX calls: each datagram goes back to where it came
 * from. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

static int bind_to(long port)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

    any.sin_addr.s_addr = htonl(INADDR_ANY);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0) {
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    static char buffer[65535];
    struct echo_options options;

    echo_program = "udp_echo";
    if (!echo_parse(argc, argv, "datagrams", &options)) {
        return 2;
    }
    int fd = bind_to(options.port);
    if (fd < 0) {
        return echo_fail("binding");
    }
    if (!echo_ready(fd)) {
        return echo_fail("the output");
    }
    for (long served = 0; options.count == 0 || served < options.count; served++) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &from_len);
        if (n < 0) {
            return echo_fail("receiving");
        }
        if (sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, from_len) < 0) {
            return echo_fail("sending");
        }
    }
    close(fd);
    return 0;
}
