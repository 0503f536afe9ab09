/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options that are the core's: numbers, switches, SO_ERROR, the name of a congestion
 * control.
 */
#include <limits.h>
#include <string.h>

#include "compat/connect.h"
#include "compat/errno.h"
#include "compat/option.h"

#define NAME_LEN 16 /* octets of a congestion control's name, with its zero; as Linux */
#define MAX_OCTET 255

static enum sk_err read_number(struct sock_fd *s, int what, int *value)
{
    int32_t got = 0;
    enum sk_err err = sk_get(state_enter(), s->fd, (enum sk_option)what, &got);

    state_leave();
    *value = got;
    return err;
}

static int get_number(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    int value;
    enum sk_err err = read_number(s, what, &value);

    return option_give_number(err, value, out, len);
}

static int get_ip_number(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    int value;
    enum sk_err err = read_number(s, what, &value);

    if (err == SK_OK && *len > 0 && *len < (socklen_t)sizeof value && value >= 0 &&
        value <= MAX_OCTET) {
        uint8_t octet = (uint8_t)value;
        return option_give(&octet, 1, out, len);
    }
    return option_give_number(err, value, out, len);
}

static int write_number(struct sock_fd *s, int what, int value)
{
    enum sk_err err = sk_set(state_enter(), s->fd, (enum sk_option)what, value);

    state_leave();
    return errno_result(err);
}

static int set_number(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    int number;

    return option_take_number(value, len, &number) != 0 ? -1 : write_number(s, what, number);
}

static int set_switch(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    int number;

    return option_take_number(value, len, &number) != 0 ? -1 : write_number(s, what, number != 0);
}

static int set_lowat(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    int number;

    if (option_take_number(value, len, &number) != 0) {
        return -1;
    }
    number = number != 0 ? number : 1;
    return write_number(s, what, number > 0 ? number : INT_MAX);
}

static int set_ip_number(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    if (len > 0 && len < (socklen_t)sizeof(int)) {
        return write_number(s, what, *(const uint8_t *)value);
    }
    return set_number(s, what, value, len);
}

static int get_error(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    enum sk_err error;
    enum sk_err err = connect_take_error(s, state_enter(), state_now(), &error);

    (void)what;
    state_leave();
    return option_give_number(err, errno_of(error), out, len);
}

static int get_congestion(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    struct sk_iface *iface = state_enter();
    char name[NAME_LEN] = "";
    int32_t value = 0;
    enum sk_err err = sk_get(iface, s->fd, SK_CONGESTION, &value);

    (void)what;
    if (err == SK_OK) {
        strncpy(name, sk_congestion_name(iface, (uint32_t)value), sizeof name - 1);
    }
    state_leave();
    return err != SK_OK ? errno_result(err) : option_give(name, sizeof name, out, len);
}

/* As Linux: a name that is not known is ENOENT. */
static int set_congestion(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    struct sk_iface *iface = state_enter();
    char name[NAME_LEN] = "";
    const char *known;
    uint32_t i = 0;

    (void)what;
    if (len > 0) {
        memcpy(name, value, len < NAME_LEN - 1 ? len : NAME_LEN - 1);
    }
    while ((known = sk_congestion_name(iface, i)) != NULL && strcmp(known, name) != 0) {
        i++;
    }
    enum sk_err err = sk_set(iface, s->fd, SK_CONGESTION, known != NULL ? (int32_t)i : -1);
    state_leave();
    return err == SK_INVALID ? errno_fail(ENOENT) : errno_result(err);
}

const struct option_kind option_number = { get_number, set_number };
const struct option_kind option_switch = { get_number, set_switch };
const struct option_kind option_lowat = { get_number, set_lowat };
const struct option_kind option_ip_number = { get_ip_number, set_ip_number };
const struct option_kind option_error = { get_error, NULL };
const struct option_kind option_congestion = { get_congestion, set_congestion };
