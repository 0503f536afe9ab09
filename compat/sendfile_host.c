/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sendfile: Linux's. What is read of the file and was not taken by the socket is not lost: without
 * an offset of the caller's the file's own is moved by what was sent alone.
 */
#define _GNU_SOURCE
#include <sys/sendfile.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"

#define PIECE 16384           /* octets */
#define MAX_COUNT 0x7ffff000u /* of one call, as Linux */

ssize_t __real_sendfile64(int out, int in, off64_t *offset, size_t count);
ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t count);
ssize_t __wrap_sendfile64(int out, int in, off64_t *offset, size_t count);

/* Octets of one piece that went, 0 at the end of the file, -1 and errno. */
static ssize_t send_piece(int out, int in, off64_t at, size_t len)
{
    char octets[PIECE];
    ssize_t n = pread64(in, octets, len < PIECE ? len : PIECE, at);

    return n > 0 ? libsock_send(out, octets, (size_t)n, 0) : n;
}

static ssize_t send_from(int out, int in, off64_t at, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t sent = send_piece(out, in, at + (off64_t)done, count - done);
        if (sent < 0 && done == 0) {
            return -1;
        }
        if (sent <= 0) {
            break;
        }
        done += (size_t)sent;
    }
    return (ssize_t)done;
}

/* The place in the file that a call begins at, -1 and errno. */
static off64_t beginning(int in, const off64_t *offset)
{
    if (offset == NULL) {
        return lseek64(in, 0, SEEK_CUR);
    }
    return *offset >= 0 ? *offset : errno_fail(EINVAL);
}

ssize_t __wrap_sendfile64(int out, int in, off64_t *offset, size_t count)
{
    if (fd_find(in) != NULL) {
        return errno_fail(EINVAL); /* the file has to be one that can be mapped */
    }
    if (fd_find(out) == NULL) {
        return __real_sendfile64(out, in, offset, count);
    }
    off64_t at = beginning(in, offset);
    if (at < 0) {
        return -1;
    }
    ssize_t sent = send_from(out, in, at, count < MAX_COUNT ? count : MAX_COUNT);
    if (sent > 0 && offset != NULL) {
        *offset = at + sent;
    } else if (sent > 0) {
        lseek64(in, at + sent, SEEK_SET);
    }
    return sent;
}

ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t count)
{
    off64_t at = offset != NULL ? *offset : 0;
    ssize_t sent = __wrap_sendfile64(out, in, offset != NULL ? &at : NULL, count);

    if (offset != NULL) {
        *offset = (off_t)at;
    }
    return sent;
}
