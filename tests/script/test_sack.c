/* SPDX-License-Identifier: BSD-3-Clause */
/* What a receiver reports of text out of order (RFC 2018) and of duplicates (RFC 2883). */
#include "tests/script/script.h"
#include "tests/support/suite.h"

static const struct tcp_profile profile = {
    .name = "timestamps and SACK",
    .recovery = &tcp_newreno,
    .congestion = &tcp_reno,
    .extensions = &tcp_timestamps_and_sack,
};

// clang-format off

#define permitted \
    setup(.profile = &profile), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true), \
    out(10, ACK, 1, 1, 0)

SCRIPT(text_out_of_order_is_reported)
    permitted,
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 201 } }),
    in(21, ACK, 201, 1, 100),
    out(21, ACK, 1, 1, 0, .sack = { { 101, 301 } }),
    in(22, ACK, 1, 1, 100),
    out(22, ACK, 1, 301, 0),
END_SCRIPT;

SCRIPT(text_that_came_together_is_reported_together)
    permitted,
    in(20, ACK, 101, 1, 100, .more = true),
    in(20, ACK, 201, 1, 100, .more = true),
    in(20, ACK, 301, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 401 } }),
END_SCRIPT;

/* Also when new text came right behind it. */
SCRIPT(a_duplicate_is_told_of_with_what_came_behind_it)
    permitted,
    in(20, ACK, 1, 1, 100),
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 201, 0),
    in(70, ACK, 1, 1, 100, .more = true),
    in(70, ACK, 201, 1, 100),
    out(70, ACK, 1, 301, 0, .sack = { { 1, 101 } }),
END_SCRIPT;

SCRIPT(a_peer_that_does_not_permit_it_hears_nothing)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000),
    out(0, SYN | ACK, 0, 1, 0, .ts = NO_TS),
    in(10, ACK, 1, 1, 0),
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0),
END_SCRIPT;

/* RFC 2018 4: the block with the segment that just came is the first, then those reported last. */
SCRIPT(the_latest_range_is_the_first_block)
    permitted,
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 201 } }),
    in(21, ACK, 501, 1, 100),
    out(21, ACK, 1, 1, 0, .sack = { { 501, 601 }, { 101, 201 } }),
    in(22, ACK, 301, 1, 100),
    out(22, ACK, 1, 1, 0, .sack = { { 301, 401 }, { 501, 601 }, { 101, 201 } }),
    in(23, ACK, 201, 1, 50),
    out(23, ACK, 1, 1, 0, .sack = { { 101, 251 }, { 301, 401 }, { 501, 601 } }),
    in(24, ACK, 251, 1, 50),                /* joins two */
    out(24, ACK, 1, 1, 0, .sack = { { 101, 401 }, { 501, 601 } }),
END_SCRIPT;

/* Or the others would be forgotten, and reported in the order of their numbers. */
SCRIPT(a_range_that_grows_is_remembered_once)
    permitted,
    in(20, ACK, 301, 1, 50), out(20, ACK, 1, 1, 0, .sack = { { 301, 351 } }),
    in(20, ACK, 101, 1, 50), out(20, ACK, 1, 1, 0, .sack = { { 101, 151 }, { 301, 351 } }),
    in(20, ACK, 501, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 501, 601 }, { 101, 151 }, { 301, 351 } }),
    in(20, ACK, 601, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 501, 701 }, { 101, 151 }, { 301, 351 } }),
    in(20, ACK, 701, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 501, 801 }, { 101, 151 }, { 301, 351 } }),
    in(20, ACK, 801, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 501, 901 }, { 101, 151 }, { 301, 351 } }),
END_SCRIPT;

SCRIPT(four_blocks_fit_without_timestamps)
    permitted,
    in(20, ACK, 101, 1, 10), out(20, ACK, 1, 1, 0, .sack = { { 101, 111 } }),
    in(20, ACK, 201, 1, 10), out(20, ACK, 1, 1, 0, .sack = { { 201, 211 }, { 101, 111 } }),
    in(20, ACK, 301, 1, 10),
    out(20, ACK, 1, 1, 0, .sack = { { 301, 311 }, { 201, 211 }, { 101, 111 } }),
    in(20, ACK, 401, 1, 10),
    out(20, ACK, 1, 1, 0, .sack = { { 401, 411 }, { 301, 311 }, { 201, 211 }, { 101, 111 } }),
    in(20, ACK, 501, 1, 10),
    out(20, ACK, 1, 1, 0, .sack = { { 501, 511 }, { 401, 411 }, { 301, 311 }, { 201, 211 } }),
    in(20, ACK, 1, 1, 200),                 /* a duplicate; what is acknowledged leaves room for the others */
    out(20, ACK, 1, 211, 0, .sack = { { 101, 111 }, { 501, 511 }, { 401, 411 }, { 301, 311 } }),
END_SCRIPT;

SCRIPT(three_blocks_fit_beside_timestamps)
    setup(.profile = &profile),
    passive(0, SYN, 0, 0, 0, .mss = 1000, .sack_ok = true, .ts = 1),
    out(0, SYN | ACK, 0, 1, 0, .ecr = 1),
    in(10, ACK, 1, 1, 0, .ts = 10),
    in(20, ACK, 101, 1, 10, .ts = 20), out(20, ACK, 1, 1, 0, .sack = { { 101, 111 } }),
    in(20, ACK, 201, 1, 10, .ts = 20), out(20, ACK, 1, 1, 0, .sack = { { 201, 211 }, { 101, 111 } }),
    in(20, ACK, 301, 1, 10, .ts = 20),
    out(20, ACK, 1, 1, 0, .sack = { { 301, 311 }, { 201, 211 }, { 101, 111 } }),
    in(20, ACK, 401, 1, 10, .ts = 20),
    out(20, ACK, 1, 1, 0, .sack = { { 401, 411 }, { 301, 311 }, { 201, 211 } }),
END_SCRIPT;

/* RFC 2018 3, RFC 6691: the blocks take room from the text. */
SCRIPT(blocks_share_a_segment_with_text)
    permitted,
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 201 } }),
    app(30, WRITE, 2000),
    out(30, ACK, 1, 1, 988, .sack = { { 101, 201 } }),
    out(30, ACK, 989, 1, 988, .sack = { { 101, 201 } }),
    in(40, ACK, 1, 1977, 100),
    out(40, ACK | PSH, 1977, 201, 24),
END_SCRIPT;

/* RFC 2883 4.1: what was acknowledged already. */
SCRIPT(an_old_segment_is_reported_once)
    permitted,
    in(20, ACK, 1, 1, 100), in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 201, 0),
    in(30, ACK, 1, 1, 100),
    out(30, ACK, 1, 201, 0, .sack = { { 1, 101 } }),
    app(35, WRITE, 10),
    out(35, ACK | PSH, 1, 201, 10),
    in(40, ACK | PSH, 201, 11, 200),
    out(80, ACK, 11, 401, 0),
END_SCRIPT;

SCRIPT(a_segment_that_is_partly_old_is_reported_so)
    permitted,
    in(20, ACK, 1, 1, 100), in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 201, 0),
    in(30, ACK, 151, 1, 150),
    out(70, ACK, 1, 301, 0, .sack = { { 151, 201 } }),
END_SCRIPT;

/* RFC 2883 4.1.2 and 4.2.1: the duplicate first, then the range that it lies in. */
SCRIPT(a_duplicate_out_of_order_is_reported_before_its_range)
    permitted,
    in(20, ACK, 501, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 501, 601 } }),
    in(21, ACK, 101, 1, 100),
    out(21, ACK, 1, 1, 0, .sack = { { 101, 201 }, { 501, 601 } }),
    in(22, ACK, 201, 1, 100),
    out(22, ACK, 1, 1, 0, .sack = { { 101, 301 }, { 501, 601 } }),
    in(30, ACK, 201, 1, 100),
    out(30, ACK, 1, 1, 0, .sack = { { 201, 301 }, { 101, 301 }, { 501, 601 } }),
    in(40, ACK, 501, 1, 100),
    out(40, ACK, 1, 1, 0, .sack = { { 501, 601 }, { 501, 601 }, { 101, 301 } }),
END_SCRIPT;

/* On a path that takes little. Both sides have timestamps: 12 octets of each segment. */
#define permitted_on_a_path_of(octets) \
    setup(.profile = &profile, .path_mss = (octets), .nodelay = true), \
    active(0), \
    out(0, SYN, 0, 0, 0), \
    in(10, SYN | ACK, 0, 1, 0, .mss = 1000, .sack_ok = true, .ts = 1000), \
    out(10, ACK, 1, 1, 0)

/* A block would take more than half of the 16 octets that are left for text. */
SCRIPT(text_goes_before_blocks_on_the_smallest_path)
    permitted_on_a_path_of(28),
    in(20, ACK, 101, 1, 10, .ts = 1010, .ecr = 10),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 111 } }),
    in(21, ACK, 201, 1, 10, .ts = 1011, .ecr = 10),
    out(21, ACK, 1, 1, 0, .sack = { { 201, 211 } }),
    in(22, ACK, 301, 1, 10, .ts = 1012, .ecr = 10),
    out(22, ACK, 1, 1, 0, .sack = { { 301, 311 } }),
    app(30, WRITE, 50),
    out(30, ACK, 1, 1, 16), out(30, ACK, 17, 1, 16), out(30, ACK, 33, 1, 16),
    out(30, ACK | PSH, 49, 1, 2, .sack = { { 301, 311 } }),
    in(40, ACK, 201, 1, 10, .ts = 1020, .ecr = 30), /* not that it came twice: no room for both */
    out(40, ACK, 51, 1, 0, .sack = { { 201, 211 } }),
    in(50, ACK, 1, 1, 100, .ts = 1030, .ecr = 30),
    out(50, ACK, 51, 111, 0, .sack = { { 201, 211 } }),
END_SCRIPT;

SCRIPT(blocks_take_half_of_a_small_path)
    permitted_on_a_path_of(52),
    in(20, ACK, 101, 1, 10, .ts = 1010, .ecr = 10),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 111 } }),
    in(21, ACK, 201, 1, 10, .ts = 1011, .ecr = 10),
    out(21, ACK, 1, 1, 0, .sack = { { 201, 211 }, { 101, 111 } }),
    in(22, ACK, 301, 1, 10, .ts = 1012, .ecr = 10),
    out(22, ACK, 1, 1, 0, .sack = { { 301, 311 }, { 201, 211 }, { 101, 111 } }),
    app(30, WRITE, 50),
    out(30, ACK, 1, 1, 20, .sack = { { 301, 311 }, { 201, 211 } }),
    out(30, ACK, 21, 1, 20, .sack = { { 301, 311 }, { 201, 211 } }),
    out(30, ACK | PSH, 41, 1, 10, .sack = { { 301, 311 }, { 201, 211 }, { 101, 111 } }),
END_SCRIPT;

/* RFC 2883 4.2.3: only the first run of duplicates. */
SCRIPT(the_first_run_of_duplicates_is_reported)
    permitted,
    in(20, ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 201 } }),
    in(21, ACK, 301, 1, 100),
    out(21, ACK, 1, 1, 0, .sack = { { 301, 401 }, { 101, 201 } }),
    in(22, ACK, 51, 1, 400),
    out(22, ACK, 1, 1, 0, .sack = { { 101, 201 }, { 51, 451 } }),
END_SCRIPT;

SCRIPT(reports_end_with_the_fin)
    permitted,
    in(20, FIN | ACK, 101, 1, 100),
    out(20, ACK, 1, 1, 0, .sack = { { 101, 201 } }),
    in(30, ACK, 1, 1, 100),
    out(30, ACK, 1, 202, 0),
    expect(30, STATE, TCP_CLOSE_WAIT),
END_SCRIPT;

// clang-format on

int main(void)
{
    const TTest *const tests[] = {
        text_out_of_order_is_reported,
        text_that_came_together_is_reported_together,
        a_duplicate_is_told_of_with_what_came_behind_it,
        a_peer_that_does_not_permit_it_hears_nothing,
        the_latest_range_is_the_first_block,
        a_range_that_grows_is_remembered_once,
        four_blocks_fit_without_timestamps,
        three_blocks_fit_beside_timestamps,
        blocks_share_a_segment_with_text,
        an_old_segment_is_reported_once,
        a_segment_that_is_partly_old_is_reported_so,
        a_duplicate_out_of_order_is_reported_before_its_range,
        text_goes_before_blocks_on_the_smallest_path,
        blocks_take_half_of_a_small_path,
        the_first_run_of_duplicates_is_reported,
        reports_end_with_the_fin,
        NULL,
    };

    return suite_run("sack", tests);
}
