#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The POSIX headers for firmware: each compiles alone and twice, in any order, under every standard, as C and C++, without a
# warning; they declare what POSIX says where; with -isystem, where picolibc's would win, they say so.
. "${srcdir:-.}/tests/e2e/common.sh"

headers=$(cd "$srcdir/include" && find . -name '*.h' | sed 's,^\./,,' | sort -r)
system='sys/types.h sys/select.h sys/time.h fcntl.h errno.h'
strict='-fsyntax-only -Wall -Wextra -Wpedantic -Werror'
tried=0

# compiles COMPILER FLAG ...: what is in $work/source
compiles() {
    # shellcheck disable=SC2086 # lists of words
    "$@" --specs=picolibc.specs $strict "-I$srcdir/include" "$work/source" ||
        fail "$* does not compile: $(head -n 3 "$work/source")"
    tried=$((tried + 1))
}

includes() {
    printf '#include <%s>\n' "$@"
    echo 'extern int something;'
}

uses() {
    # shellcheck disable=SC2086 # lists of words
    includes $headers $system
    cat <<'END'
static int open_to(const char *host, const char *port)
{
    struct addrinfo hints = { 0, AF_INET, SOCK_STREAM, IPPROTO_TCP, 0, 0, 0, 0 };
    struct addrinfo *list;
    struct timeval timeout = { 1, 0 };
    int on = 1;
    if (getaddrinfo(host, port, &hints, &list) != 0) { return gai_strerror(EAI_NONAME) != 0; }
    int fd = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    int failed = connect(fd, list->ai_addr, list->ai_addrlen) != 0 && errno != EINPROGRESS;
    freeaddrinfo(list);
    struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
    return failed || poll(&p, 1, -1) != 1 || close(fd) != 0;
}
static int name_of(const struct sockaddr *addr, socklen_t len)
{
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
    int flags = NI_NOFQDN | NI_NUMERICHOST | NI_NAMEREQD | NI_NUMERICSERV | NI_NUMERICSCOPE | NI_DGRAM;
    return getnameinfo(addr, len, host, sizeof host, service, sizeof service, flags) == EAI_OVERFLOW;
}
static int is_known(const char *name)
{
    struct hostent h;
    struct hostent *found = gethostbyname(name);
    char buffer[256];
    if (found == 0) { return h_errno == HOST_NOT_FOUND && hstrerror(h_errno) != 0; }
    if (gethostbyaddr(found->h_addr, (socklen_t)found->h_length, found->h_addrtype) == 0) { return 0; }
    return gethostbyname_r(name, &h, buffer, sizeof buffer, &found, &h_errno) == 0 &&
           getservbyname("http", "tcp")->s_port == htons(80) && getprotobyname("tcp")->p_proto == IPPROTO_TCP &&
           getnetbyname("loopback")->n_net != 0 && IPPORT_RESERVED == 1024;
}
int use(void);
int use(void)
{
    struct sockaddr_in in;
    struct sockaddr_storage any;
    fd_set set;
    char text[INET_ADDRSTRLEN];
    in_addr_t everywhere = htonl(INADDR_ANY);
    in_port_t port = htons(80);
    in.sin_family = AF_INET;
    in.sin_port = port;
    in.sin_addr.s_addr = everywhere;
    FD_ZERO(&set);
    FD_SET(0, &set);
    return open_to("host", "80") + is_known("host") + name_of((struct sockaddr *)&in, sizeof in) + inet_pton(AF_INET, "127.0.0.1", &in.sin_addr) +
           (inet_ntop(AF_INET, &in.sin_addr, text, sizeof text) != 0) + select(1, &set, 0, 0, 0) +
           (sizeof any >= sizeof in) + (sizeof(struct sockaddr) == sizeof in);
}
END
}

# try GCC FLAG ...
try() {
    for standard in gnu11 gnu17 c11 c99 'c11 -D_POSIX_C_SOURCE=200809L' 'c99 -D_DEFAULT_SOURCE'; do
        for header in $headers; do
            includes "$header" "$header" >"$work/source"
            # shellcheck disable=SC2086 # two words
            compiles "$@" -xc -std=$standard
        done
        # shellcheck disable=SC2086 # lists of words
        includes $system $headers >"$work/source"
        # shellcheck disable=SC2086
        compiles "$@" -xc -std=$standard
        uses >"$work/source"
        # shellcheck disable=SC2086
        compiles "$@" -xc -std=$standard -Werror=implicit-function-declaration
    done
    compiles "$@" -xc++ -std=c++11
    compiles "$@" -xc++ -std=gnu++17

    includes sys/socket.h netinet/in.h >"$work/source"
    # shellcheck disable=SC2086
    if "$@" --specs=picolibc.specs $strict -isystem "$srcdir/include" -xc "$work/source" 2>"$work/err"; then
        fail '-isystem is not noticed'
    fi
    grep -q 'with -I, not -isystem' "$work/err" || fail "-isystem: $(cat "$work/err")"
}

has_picolibc() {
    command -v "$1" >/dev/null && [ -f "$("$1" -print-file-name=picolibc.specs)" ]
}

if has_picolibc arm-none-eabi-gcc; then
    try arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb
fi
if has_picolibc riscv64-unknown-elf-gcc; then
    try riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32
fi
[ $tried -gt 0 ] || skip 'no compiler with picolibc'
echo "$tried compilations"
