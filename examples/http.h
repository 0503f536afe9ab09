/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both HTTP examples share and what has nothing to do with sockets: the command line, the URL,
 * the request, and a reader of the response that takes octets as they come, and no memory but its
 * own. HTTP/1.0 (RFC 1945): the server closes when it is done, so there is no chunked encoding to
 * read; a server that sends one all the same is refused.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    EXIT_NAME = 3,     /* no address for the name */
    EXIT_CONNECT = 4,  /* refused, or not reachable */
    EXIT_SILENT = 5,   /* no progress for --timeout seconds */
    EXIT_CUT = 6,      /* the connection ended too early */
    EXIT_RESPONSE = 7, /* not HTTP, or not 200 */
    EXIT_OUTPUT = 8,   /* the body cannot be written */
};

#define DEFAULT_TIMEOUT 30 /* seconds without progress */
#define MAX_TIMEOUT 86400
#define PROGRESS_EVERY (256 * 1024) /* octets */

struct http_url {
    char host[256];
    char port[6];
    const char *path; /* points into the command line */
    size_t path_len;
};

struct http_options {
    const char *url_text;
    int timeout; /* seconds */
    struct http_url url;
};

struct http_response {
    bool in_body;
    bool has_length;
    unsigned long long length; /* octets of the body, when the server says */
    unsigned long long got;
    unsigned long long shown;
    size_t head_len;
    char head[4096];
};

static const char *http_program = "http_get";
static const char *http_about;       /* the URL, once it is known */
static const char *http_except = ""; /* when --timeout does not count, for --help */
static bool http_midline;            /* the progress is on the terminal's last line */

/* What a server or a command line says is text, and does nothing to a terminal. */
static void http_print(const char *text)
{
    for (; *text != '\0'; text++) {
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', stderr);
    }
}

/* One line on stderr; the exit code is handed through. */
__attribute__((format(printf, 2, 3))) static int http_fail(int code, const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s%s: ", http_midline ? "\n" : "", http_program);
    http_midline = false;
    if (http_about != NULL) {
        http_print(http_about);
        fputs(": ", stderr);
    }
    http_print(line);
    fputc('\n', stderr);
    return code;
}

static int http_output_failed(void)
{
    return http_fail(EXIT_OUTPUT, "the output cannot be written: %s", strerror(errno));
}

/* ---- Command line and URL ---- */

static bool http_parse_number(const char *text, long max, long *out)
{
    char *end;

    if (*text < '0' || *text > '9') {
        return false;
    }
    *out = strtol(text, &end, 10);
    return *end == '\0' && *out > 0 && *out <= max;
}

/* The host and the port, from the text between "http://" and the path. */
static bool http_parse_host(const char *text, size_t len, struct http_url *url)
{
    const char *colon = memchr(text, ':', len);
    size_t host_len = colon != NULL ? (size_t)(colon - text) : len;
    size_t port_len = len - host_len;
    long port;

    strcpy(url->port, "80");
    if (host_len == 0 || host_len >= sizeof url->host || port_len > sizeof url->port) {
        return false;
    }
    memcpy(url->host, text, host_len);
    url->host[host_len] = '\0';
    if (port_len > 0) {
        memcpy(url->port, colon + 1, port_len - 1);
        url->port[port_len - 1] = '\0';
    }
    return strpbrk(url->host, "[]") == NULL && http_parse_number(url->port, 65535, &port);
}

/* NULL, or what is wrong with it. */
static const char *http_parse_url(const char *text, struct http_url *url)
{
    static const char scheme[] = "http://";

    if (strncasecmp(text, scheme, sizeof scheme - 1) != 0) {
        return "not an http:// URL";
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            return "blanks and control characters have to be percent-encoded";
        }
    }
    text += sizeof scheme - 1;
    size_t host_len = strcspn(text, "/?#");
    if (memchr(text, '@', host_len) != NULL) {
        return "user names and passwords are not sent";
    }
    if (*text == '[') {
        return "IPv6 addresses cannot be reached";
    }
    if (!http_parse_host(text, host_len, url)) {
        return "no valid host and port";
    }
    url->path = text + host_len;
    url->path_len = strcspn(url->path, "#");
    return NULL;
}

static void http_help(void)
{
    printf(
        "usage: %s [--timeout SECONDS] URL\n"
        "Writes what is at the URL (http:// only) to stdout.\n"
        "  --timeout SECONDS  give up after so long without progress (1 to %d, default %d)%s\n"
        "Exit: 2 usage or URL, 3 no address, 4 no connection, 5 silent server, 6 cut off, 7 bad\n"
        "response, 8 output.\n",
        http_program, MAX_TIMEOUT, DEFAULT_TIMEOUT, http_except);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : http_output_failed());
}

/* 0, or the exit code. */
static int http_parse_arguments(int argc, char **argv, struct http_options *o)
{
    long timeout = DEFAULT_TIMEOUT;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            http_help();
        } else if (strcmp(argv[i], "--timeout") == 0) {
            const char *value = ++i < argc ? argv[i] : "";
            if (!http_parse_number(value, MAX_TIMEOUT, &timeout)) {
                return http_fail(EXIT_USAGE, "--timeout '%s': not a number of seconds up to %d",
                                 value, MAX_TIMEOUT);
            }
        } else if (argv[i][0] == '-') {
            return http_fail(EXIT_USAGE, "%s: no such option; see --help", argv[i]);
        } else if (argv[i][0] == '\0') {
            return http_fail(EXIT_USAGE, "an empty argument; see --help");
        } else if (o->url_text != NULL) {
            return http_fail(EXIT_USAGE, "%s: one URL too many; see --help", argv[i]);
        } else {
            o->url_text = argv[i];
        }
    }
    if (o->url_text == NULL) {
        return http_fail(EXIT_USAGE, "no URL; see --help");
    }
    o->timeout = (int)timeout;
    http_about = o->url_text;
    const char *wrong = http_parse_url(o->url_text, &o->url);
    return wrong != NULL ? http_fail(EXIT_USAGE, "%s", wrong) : 0;
}

/* The request's length; 0 when it does not fit. */
static size_t http_format_request(const struct http_url *url, char *out, size_t size)
{
    const char *slash = url->path_len > 0 && url->path[0] == '/' ? "" : "/";
    int len = snprintf(
        out, size, "GET %s%.*s HTTP/1.0\r\nHost: %s%s%s\r\nUser-Agent: libsock\r\n\r\n", slash,
        (int)url->path_len, url->path, url->host, strcmp(url->port, "80") == 0 ? "" : ":",
        strcmp(url->port, "80") == 0 ? "" : url->port);

    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

/* ---- The response ---- */

static void http_show_progress(struct http_response *r)
{
    if (r->got - r->shown < PROGRESS_EVERY || isatty(STDERR_FILENO) == 0) {
        return;
    }
    r->shown = r->got;
    http_midline = true;
    if (r->has_length && r->length > 0) {
        fprintf(stderr, "\r%llu of %llu KiB (%llu %%) ", r->got / 1024, r->length / 1024,
                r->got * 100 / r->length);
    } else {
        fprintf(stderr, "\r%llu KiB ", r->got / 1024);
    }
}

static int http_body(struct http_response *r, const char *octets, size_t len)
{
    if (r->has_length && len > r->length - r->got) {
        len = (size_t)(r->length - r->got);
    }
    if (fwrite(octets, 1, len, stdout) != len) {
        return http_output_failed();
    }
    r->got += len;
    http_show_progress(r);
    return 0;
}

/* The value of a header line with this name, or NULL. */
static const char *http_header(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || line[len] != ':') {
        return NULL;
    }
    return line + len + 1 + strspn(line + len + 1, " \t");
}

static int http_header_line(struct http_response *r, const char *line)
{
    const char *value = http_header(line, "Content-Length");

    if (value != NULL) {
        char *end;
        errno = 0;
        unsigned long long length = strtoull(value, &end, 10);
        if (*value < '0' || *value > '9' || errno != 0 || end[strspn(end, " \t")] != '\0' ||
            (r->has_length && r->length != length)) { /* RFC 9112 6.3 */
            return http_fail(EXIT_RESPONSE, "the server says Content-Length: %s", value);
        }
        r->length = length;
        r->has_length = true;
    }
    value = http_header(line, "Transfer-Encoding");
    if (value != NULL && strcasecmp(value, "identity") != 0) {
        return http_fail(EXIT_RESPONSE, "the server sends it %s, which is not HTTP/1.0", value);
    }
    return 0;
}

/* The head is whole: 0, or the exit code. */
static int http_read_head(struct http_response *r)
{
    char *save;
    const char *line = strtok_r(r->head, "\r\n", &save);

    if (line == NULL || strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12) {
        return http_fail(EXIT_RESPONSE, "the server does not speak HTTP");
    }
    if (strncmp(line + 8, " 200", 4) != 0 || (line[12] != '\0' && line[12] != ' ')) {
        return http_fail(EXIT_RESPONSE, "the server says %s", line + 9);
    }
    while ((line = strtok_r(NULL, "\r\n", &save)) != NULL) {
        int code = http_header_line(r, line);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* Takes octets of the head, up to its end. How many; the head is whole when in_body is set. */
static size_t http_take_head(struct http_response *r, const char *octets, size_t len)
{
    size_t taken = 0;

    while (taken < len && r->head_len < sizeof r->head - 1 && !r->in_body) {
        r->head[r->head_len++] = octets[taken++];
        r->in_body = r->head_len >= 4 && memcmp(r->head + r->head_len - 4, "\r\n\r\n", 4) == 0;
    }
    r->head[r->head_len] = '\0';
    return taken;
}

/** Takes octets as they arrive. 0, or the exit code after a line on stderr. */
static int http_feed(struct http_response *r, const char *octets, size_t len)
{
    if (!r->in_body) {
        size_t taken = http_take_head(r, octets, len);
        if (!r->in_body) {
            return taken == len ? 0 : http_fail(EXIT_RESPONSE, "the server's header has no end");
        }
        int code = http_read_head(r);
        if (code != 0) {
            return code;
        }
        octets += taken;
        len -= taken;
    }
    return http_body(r, octets, len);
}

/** True when all that was announced is here, and nothing else has to be waited for. */
static bool http_complete(const struct http_response *r)
{
    return r->in_body && r->has_length && r->got == r->length;
}

/** The connection ended. 0, or the exit code. */
static int http_end(struct http_response *r)
{
    if (!r->in_body) {
        return http_fail(EXIT_CUT, "the connection ended before the response did");
    }
    if (r->has_length && r->got < r->length) {
        return http_fail(EXIT_CUT, "the connection ended after %llu of %llu octets", r->got,
                         r->length);
    }
    if (fflush(stdout) != 0) {
        return http_output_failed();
    }
    if (http_midline) {
        fprintf(stderr, "\r%llu KiB, done%20s\n", r->got / 1024, "");
        http_midline = false;
    }
    return 0;
}
