/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doubly linked lists through a member of what is listed: entering and leaving take no search and
 * no memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *next; /* NULL: in no list */
    struct list_link *prev;
};

struct list {
    struct list_link head; /* a ring through the list's own head */
};

static inline void list_init(struct list *l)
{
    l->head.next = &l->head;
    l->head.prev = &l->head;
}

static inline bool list_empty(const struct list *l)
{
    return l->head.next == &l->head;
}

static inline bool list_linked(const struct list_link *link)
{
    return link->next != NULL;
}

static inline void list_append(struct list *l, struct list_link *link)
{
    link->next = &l->head;
    link->prev = l->head.prev;
    link->prev->next = link;
    l->head.prev = link;
}

static inline void list_prepend(struct list *l, struct list_link *link)
{
    link->next = l->head.next;
    link->prev = &l->head;
    link->next->prev = link;
    l->head.next = link;
}

/** Takes the link out of its list, if it is in one. */
static inline void list_remove(struct list_link *link)
{
    if (link->next) {
        link->next->prev = link->prev;
        link->prev->next = link->next;
        link->next = NULL;
        link->prev = NULL;
    }
}

static inline struct list_link *list_first(const struct list *l)
{
    return list_empty(l) ? NULL : l->head.next;
}

/** Moves everything in `from` to the end of `to`. */
static inline void list_splice(struct list *to, struct list *from)
{
    if (!list_empty(from)) {
        struct list_link *first = from->head.next;
        struct list_link *last = from->head.prev;

        first->prev = to->head.prev;
        to->head.prev->next = first;
        last->next = &to->head;
        to->head.prev = last;
        list_init(from);
    }
}

/** The structure of `type` whose `member` the link is. */
#define list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))
