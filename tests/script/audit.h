/* SPDX-License-Identifier: BSD-3-Clause */
/* What holds whatever happens: audited after every event of a script and on every segment sent. */
#pragma once

#include "tests/script/script.h"

#define SCRIPT_TEXT 320 /* octets of script_describe's text */

/** The socket's books: sequence numbers in order, windows inside the ring, ranges sorted; RACK's
 * records without gaps, and its sums those of its records. */
void audit_socket(struct script *s);

/** A segment has arrived, and may be answered. */
void audit_text_arrived(struct script *s, const struct tcp_hdr *hdr);

/** A segment about to be sent: its text is ours, it is no more than the peer takes, and what it
 * reports as received was received. */
void audit_segment(struct script *s, const struct tcp_hdr *hdr, const struct tcp_text *text);

/** Fails the test; names the line of the script and how it was played. */
_Noreturn void script_fail(const struct script *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** "SYN|ACK seq 0 ack 1 len 0 win 65535 at 10.000 ms" */
void script_describe(char text[SCRIPT_TEXT], const struct tcp_hdr *hdr, duration at);
