/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue of records, payload and msg_meta, with many producers (threads under the lock,
 * interrupts) and one consumer. A producer claims room by moving `head` (compare and exchange),
 * fills it, and publishes the record by its state word; the consumer stops at the first record that
 * is not published yet. Records do not wrap: the room at the end that is too small is claimed as a
 * gap. Consumed room is zeroed, since an octet of payload must never be taken for the state word of
 * a later record.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/time.h"

struct msg_meta {
    struct sk_addr source;
    struct sk_addr destination;
    instant time; /* of arrival */
    uint8_t ifindex;
    uint8_t ttl;
    uint8_t tos;
    uint8_t n_options; /* octets of IP options, before the payload */
};

struct msgq {
    uint8_t *base;
    uint32_t mask; /* size - 1; the size is a power of two */
    uint32_t head; /* written by producers */
    uint32_t tail; /* written by the consumer */
};

/** What the queue spends on a record beside its payload, at most. */
#define MSGQ_RECORD_OVERHEAD (16 + sizeof(struct msg_meta))

/**
 * Lays an empty queue over `size` octets at `memory`, 8-aligned; `size` is a power of two >= 128.
 */
void msgq_init(struct msgq *q, uint8_t *memory, uint32_t size);

/** True when the consumer would find a record. */
bool msgq_readable(const struct msgq *q);

/**
 * True when a record of `len` octets of payload would find room. A queue that was emptied has room
 * for every record that is not longer than the queue, overhead included; while records are in it, a
 * long one may find the rest cut in two where the memory ends.
 */
bool msgq_fits(const struct msgq *q, size_t len);

/** Octets of payload of the first record; 0 when there is none. Consumer. */
size_t msgq_first_len(const struct msgq *q);

/**
 * Claims a record of `len` octets; returns where its payload goes, or NULL when there is no room.
 * The record is seen once msgq_publish is called with the same pointer. Any producer.
 */
uint8_t *msgq_claim(struct msgq *q, size_t len, const struct msg_meta *meta);
void msgq_publish(struct msgq *q, uint8_t *payload);

/** Copies a whole record in; false when there is no room. Any producer. */
bool msgq_push(struct msgq *q, const uint8_t *octets, size_t len, const struct msg_meta *meta);

/**
 * The first record, without consuming it: false when there is none. `*payload` points into the
 * queue and is valid until msgq_pop. Consumer.
 */
bool msgq_peek(const struct msgq *q, const uint8_t **payload, size_t *len, struct msg_meta *meta);

/** Consumes the first record. Consumer. */
void msgq_pop(struct msgq *q);
