/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fetches a page with nothing but POSIX calls. The same source runs over the kernel's sockets, over
 * libsock on a host, and as firmware without an operating system. It waits in poll only, so a
 * silent server is noticed everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

#define NO_SOCKET (-1)

/* False with errno ETIMEDOUT when nothing happened for so long. */
static bool wait_for(int fd, short events, int timeout)
{
    struct pollfd p = { .fd = fd, .events = events };
    int ready;

    do {
        ready = poll(&p, 1, timeout * 1000);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        errno = ETIMEDOUT;
    }
    return ready > 0;
}

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* The exit code for errno; `doing` is what failed. */
static int fail(int code, const char *doing, int timeout)
{
    if (errno == ETIMEDOUT) {
        return http_fail(EXIT_SILENT, "%s: no answer (waited up to %d s)", doing, timeout);
    }
    return http_fail(code, "%s: %s", doing, strerror(errno));
}

static bool connect_socket(int fd, const struct addrinfo *to, int timeout)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        return false;
    }
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0) {
        return true;
    }
    if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, timeout) ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
        return false;
    }
    errno = error;
    return error == 0;
}

/* The first address that answers; NO_SOCKET and errno when none does. */
static int connect_any(const struct addrinfo *list, int timeout)
{
    for (const struct addrinfo *to = list; to != NULL; to = to->ai_next) {
        int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
        if (fd < 0) {
            continue;
        }
        if (connect_socket(fd, to, timeout)) {
            return fd;
        }
        int error = errno;
        close(fd);
        errno = error;
    }
    return NO_SOCKET;
}

/* 0, or the exit code. */
static int dial(const struct http_options *o, int *fd)
{
    const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list;

    int error = getaddrinfo(o->url.host, o->url.port, &hints, &list);
    if (error == EAI_SYSTEM) {
        return http_fail(EXIT_NAME, "resolving: %s", strerror(errno));
    }
    if (error != 0) {
        return http_fail(EXIT_NAME, "resolving: %s", gai_strerror(error));
    }
    *fd = connect_any(list, o->timeout);
    freeaddrinfo(list);
    return *fd == NO_SOCKET ? fail(EXIT_CONNECT, "connecting", o->timeout) : 0;
}

static int send_request(int fd, const struct http_options *o)
{
    static char request[2048];
    size_t len = http_format_request(&o->url, request, sizeof request);
    size_t sent = 0;

    if (len == 0) {
        return http_fail(EXIT_USAGE, "too long");
    }
    while (sent < len) {
        ssize_t n = send(fd, request + sent, len - sent, MSG_NOSIGNAL);
        if (n >= 0) {
            sent += (size_t)n;
        } else if (!would_wait() || !wait_for(fd, POLLOUT, o->timeout)) {
            return fail(EXIT_CUT, "sending the request", o->timeout);
        }
    }
    return 0;
}

static int receive(int fd, const struct http_options *o, struct http_response *r)
{
    static char octets[16384];

    while (!http_complete(r)) {
        ssize_t n = recv(fd, octets, sizeof octets, 0);
        if (n == 0) {
            break;
        }
        if (n < 0) {
            if (!would_wait() || !wait_for(fd, POLLIN, o->timeout)) {
                return fail(EXIT_CUT, "receiving", o->timeout);
            }
            continue;
        }
        int code = http_feed(r, octets, (size_t)n);
        if (code != 0) {
            return code;
        }
    }
    return http_end(r);
}

int main(int argc, char **argv)
{
    static struct http_options options;
    static struct http_response response;
    int fd = NO_SOCKET;

    http_except = "; not while\n"
                  "                     it looks a name up, since POSIX has no limit for that";
    int code = http_parse_arguments(argc, argv, &options);
    if (code == 0) {
        code = dial(&options, &fd);
    }
    if (code == 0) {
        code = send_request(fd, &options);
    }
    if (code == 0) {
        code = receive(fd, &options, &response);
    }
    if (fd != NO_SOCKET) {
        close(fd);
    }
    return code;
}
