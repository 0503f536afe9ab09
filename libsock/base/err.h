/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operation of the core answers. compat/errno.c maps these to errno, in one table. */
#pragma once

enum sk_err {
    SK_OK,
    SK_PENDING,        /* not yet: poll the operation again */
    SK_AGAIN,          /* would have to wait, and may not */
    SK_IGNORED,        /* the operation means nothing for this kind of socket */
    SK_INVALID_SOCKET, /* no such socket, or a stale handle */
    SK_INVALID,        /* an argument is out of its range */
    SK_BINDING_IN_USE, /* another socket has this local address */
    SK_ADDR_NOT_AVAIL, /* not an address of ours, or no ephemeral port is left */
    SK_NO_SOCKETS,     /* every slot of this kind is taken */
    SK_NO_BUFFERS,     /* no buffer of the wanted size */
    SK_NO_OPTION,      /* unknown option, or not for this kind of socket */
    SK_NOT_SUPPORTED,  /* a flag or an operation that this socket does not have */
    SK_NOT_CONNECTED,
    SK_IS_CONNECTED,
    SK_ALREADY,   /* a connection attempt is under way */
    SK_ACCESS,    /* a datagram to a broadcast address, without SK_BROADCAST */
    SK_NEED_DEST, /* a datagram without destination */
    SK_MSG_SIZE,  /* a datagram larger than can be sent */
    SK_PIPE,      /* writing after our own FIN */
    SK_REFUSED,   /* RST to our SYN, or ICMP port unreachable */
    SK_RESET,     /* RST on a synchronized connection */
    SK_ABORTED,   /* our own side gave the operation up */
    SK_TIMED_OUT,
    SK_HOST_UNREACHABLE,
    SK_NET_UNREACHABLE,
    SK_DEADLOCK,        /* a blocking call from the background hook */
    SK_INTERRUPTED,     /* a signal handler ran while the call waited */
    SK_NAME_UNKNOWN,    /* resolver: the name does not exist */
    SK_NAME_NO_ADDRESS, /* resolver: the name exists and has no address */
    SK_NAME_FAILED,     /* resolver: every server failed or refused */
    SK_NAME_NO_SERVER,  /* resolver: no server is known, or none can be reached */
    SK_N_ERRS
};

#ifdef __cplusplus
extern "C" {
#endif

/** The name of an error, such as "SK_RESET"; "SK_?" for a number that is none. Any context. */
const char *sk_err_name(enum sk_err err);

/** The error in words for a user, such as "Connection reset by peer"; "Unknown error" for a number
 * that is none. Any context. */
const char *sk_err_text(enum sk_err err);

#ifdef __cplusplus
}
#endif
