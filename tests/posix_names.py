#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The names of POSIX's network headers, and those that programs use beside them.

Every row of posix-headers.tsv (what POSIX.1-2024 declares, and a few of everybody's) and of common-names.tsv is declared by
its header alone: members have their structures, macros are constants that #ifdef sees or take what they are for, functions
have an address and, on firmware, exactly POSIX's type. Rows of POSIX hold for programs that ask for POSIX alone, the others
for those that ask for everything. On firmware that is what include/ adds to picolibc; on hosts it is the C library's own,
which shows that the lists ask for nothing that is not there. All rows of a header are one translation unit; when that does
not compile, each is tried alone.
"""
import collections
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys

tests = pathlib.Path(__file__).resolve().parent
include = tests.parent / "include"

Row = collections.namedtuple("Row", "header kind name level")

# What Debian 12's glibc has not: of POSIX.1-2024, of POSIX.1-2001, as a macro, and in that header.
NOT_ON_HOSTS = {"SOCK_CLOFORK", "MSG_CMSG_CLOFORK", "NI_NUMERICSCOPE", "IPPORT_RESERVED", "SIOCATMARK"}

# Macros that take arguments, and what with; `in6` is a const struct in6_addr *.
CALLS = {
    "CMSG_DATA": "(struct cmsghdr *c) { return CMSG_DATA(c)[0]; }",
    "CMSG_NXTHDR": "(struct msghdr *m, struct cmsghdr *c) { return CMSG_NXTHDR(m, c) == c; }",
    "CMSG_FIRSTHDR": "(struct msghdr *m) { return CMSG_FIRSTHDR(m) == 0; }",
    "CMSG_SPACE": "(void) { enum { space = CMSG_SPACE(3) }; return space; }",
    "CMSG_LEN": "(void) { enum { len = CMSG_LEN(3) }; return len; }",
    "FD_CLR": "(fd_set *set) { FD_CLR(1, set); return 0; }",
    "FD_SET": "(fd_set *set) { FD_SET(1, set); return 0; }",
    "FD_ISSET": "(fd_set *set) { return FD_ISSET(1, set) ? 1 : 0; }",
    "FD_ZERO": "(fd_set *set) { FD_ZERO(set); return 0; }",
    "IN6ADDR_ANY_INIT": "(void) { const struct in6_addr a = IN6ADDR_ANY_INIT; return a.s6_addr[0]; }",
    "IN6ADDR_LOOPBACK_INIT": "(void) { static const struct in6_addr a = IN6ADDR_LOOPBACK_INIT; return a.s6_addr[15]; }",
    "IN6_ARE_ADDR_EQUAL": "(const struct in6_addr *in6) { return IN6_ARE_ADDR_EQUAL(in6, in6) ? 1 : 0; }",
    "SIG_IGN": "(void) { void (*handler)(int) = SIG_IGN; return handler == SIG_IGN; }",
    "SIG_DFL": "(void) { void (*handler)(int) = SIG_DFL; return handler == SIG_DFL; }",
    "SIG_ERR": "(void) { void (*handler)(int) = SIG_ERR; return handler == SIG_ERR; }",
    "h_errno": "(void) { return h_errno; }",
    "h_addr": "(struct hostent *h) { return h->h_addr == 0; }",
}
for name in "IN_CLASSA IN_CLASSB IN_CLASSC IN_CLASSD IN_MULTICAST IN_EXPERIMENTAL IN_BADCLASS".split():
    CALLS[name] = f"(in_addr_t a) {{ return {name}(a) ? 1 : 0; }}"
for name in "IPTOS_TOS IPTOS_PREC IPTOS_ECN IPTOS_DSCP IPTOS_CLASS".split():
    CALLS[name] = f"(int tos) {{ return {name}(tos); }}"

# On firmware: RETURN|ARGUMENTS of each function.
SOCKADDR = "int,const struct sockaddr*,socklen_t"
NAME = "int,struct sockaddr*,socklen_t*"
TYPES = {
    "accept": f"int|{NAME}",
    "accept4": f"int|{NAME},int",
    "bind": f"int|{SOCKADDR}",
    "connect": f"int|{SOCKADDR}",
    "getpeername": f"int|{NAME}",
    "getsockname": f"int|{NAME}",
    "getsockopt": "int|int,int,int,void*,socklen_t*",
    "listen": "int|int,int",
    "recv": "ssize_t|int,void*,size_t,int",
    "recvfrom": "ssize_t|int,void*,size_t,int,struct sockaddr*,socklen_t*",
    "recvmsg": "ssize_t|int,struct msghdr*,int",
    "send": "ssize_t|int,const void*,size_t,int",
    "sendmsg": "ssize_t|int,const struct msghdr*,int",
    "sendto": "ssize_t|int,const void*,size_t,int,const struct sockaddr*,socklen_t",
    "setsockopt": "int|int,int,int,const void*,socklen_t",
    "shutdown": "int|int,int",
    "sockatmark": "int|int",
    "socket": "int|int,int,int",
    "socketpair": "int|int,int,int,int*",
    "sendmmsg": "int|int,struct mmsghdr*,unsigned,int",
    "recvmmsg": "int|int,struct mmsghdr*,unsigned,int,struct timespec*",
    "htonl": "uint32_t|uint32_t",
    "htons": "uint16_t|uint16_t",
    "ntohl": "uint32_t|uint32_t",
    "ntohs": "uint16_t|uint16_t",
    "inet_addr": "in_addr_t|const char*",
    "inet_ntoa": "char*|struct in_addr",
    "inet_ntop": "const char*|int,const void*,char*,socklen_t",
    "inet_pton": "int|int,const char*,void*",
    "inet_aton": "int|const char*,struct in_addr*",
    "poll": "int|struct pollfd*,nfds_t,int",
    "ppoll": "int|struct pollfd*,nfds_t,const struct timespec*,const sigset_t*",
    "select": "int|int,fd_set*,fd_set*,fd_set*,struct timeval*",
    "pselect": "int|int,fd_set*,fd_set*,fd_set*,const struct timespec*,const sigset_t*",
    "readv": "ssize_t|int,const struct iovec*,int",
    "writev": "ssize_t|int,const struct iovec*,int",
    "if_freenameindex": "void|struct if_nameindex*",
    "if_indextoname": "char*|unsigned,char*",
    "if_nameindex": "struct if_nameindex*|void",
    "if_nametoindex": "unsigned|const char*",
    "getifaddrs": "int|struct ifaddrs**",
    "freeifaddrs": "void|struct ifaddrs*",
    "ioctl": "int|int,unsigned long,...",
    "fcntl": "int|int,int,...",
    "close": "int|int",
    "dup": "int|int",
    "dup2": "int|int,int",
    "read": "ssize_t|int,void*,size_t",
    "write": "ssize_t|int,const void*,size_t",
    "gethostname": "int|char*,size_t",
    "getrandom": "ssize_t|void*,size_t,unsigned",
    "clock_gettime": "int|clockid_t,struct timespec*",
    "clock_getres": "int|clockid_t,struct timespec*",
    "nanosleep": "int|const struct timespec*,struct timespec*",
    "time": "time_t|time_t*",
    "gettimeofday": "int|struct timeval*,void*",
    "sleep": "unsigned|unsigned",
    "usleep": "int|useconds_t",
    "sigaction": "int|int,const struct sigaction*,struct sigaction*",
}


def rows(path):
    lines = (tests / path).read_text().splitlines()
    assert lines[0] == "header\tkind\tname\tlevel", path
    return [Row(*line.split("\t")) for line in lines[1:]]


def constant(number, name):
    return f"extern char row_{number}[(({name}) == ({name})) ? 1 : -1];\n"


def macro(number, name):
    seen = f"#ifndef {name}\n#error {name} is no macro\n#endif\n"
    if name.startswith("IN6_IS_ADDR_"):
        return f"{seen}int row_{number}(const struct in6_addr *in6);\n" \
            f"int row_{number}(const struct in6_addr *in6) {{ return {name}(in6) ? 1 : 0; }}\n"
    if name in CALLS:
        arguments = CALLS[name].split(" {")[0]
        return f"{seen}int row_{number}{arguments};\nint row_{number}{CALLS[name]}\n"
    return seen + constant(number, name)


def function(number, name, exact):
    if exact and name in TYPES:
        returns, arguments = TYPES[name].split("|")
        return f"extern {returns} (*row_{number})({arguments});\n{returns} (*row_{number})({arguments}) = {name};\n"
    return f"extern void (*row_{number})(void);\nvoid (*row_{number})(void) = (void (*)(void)){name};\n"


def code(number, row, exact):
    if row.kind == "type":
        return f"extern char row_{number}[sizeof({row.name}) > 0 ? 1 : -1];\n"
    if row.kind == "member":
        struct, member = row.name.split(".")
        return f"void row_{number}(struct {struct} *s);\nvoid row_{number}(struct {struct} *s) {{ (void)s->{member}; }}\n"
    if row.kind == "macro":
        return macro(number, row.name)
    if row.kind == "constant":
        return constant(number, row.name)
    if row.kind == "object":
        return f"extern const void *row_{number};\nconst void *row_{number} = &{row.name};\n"
    if row.kind == "function":
        return function(number, row.name, exact)
    raise SystemExit(f"no such kind: {row}")


def unit(part, exact):
    lines = "".join(code(number, row, exact) for number, row in enumerate(part))
    return f"#include <{part[0].header}>\n{lines}extern int not_empty;\n"


class World:
    """A C library, and how its compilers are called."""

    def __init__(self, name, modes, flags, left_out):
        self.name, self.flags, self.left_out, self.modes = name, flags, left_out, modes

    def compiles(self, call, part):
        text = unit(part, self.name == "firmware")
        return subprocess.run([*call, "-"], input=text, text=True, capture_output=True, check=False)

    def wrong(self, call, part):
        """Those rows that do not compile."""
        run = self.compiles(call, part)
        if run.returncode == 0:
            return []
        alone = [row for row in part if self.compiles(call, [row]).returncode != 0]
        return alone or [Row(part[0].header, "all rows at once", run.stderr.splitlines()[0], "")]

    def jobs(self, table):
        """A call of the compiler, and the rows of one header that it compiles."""
        for compiler, language, mode in self.modes:
            parts = collections.defaultdict(list)
            for row in table:
                if row.name not in self.left_out and (row.level == "posix" or STRICTLY not in mode):
                    parts[row.header].append(row)
            for part in parts.values():
                yield [compiler, *self.flags, "-x", language, *mode.split()], part


STRICTLY = "-D_POSIX_C_SOURCE=200809L"
STRICT = ["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wno-cast-function-type", "-Wno-address", "-Werror"]


def has_picolibc():
    compiler = "arm-none-eabi-gcc"
    if not shutil.which(compiler):
        return False
    path = subprocess.run([compiler, "-print-file-name=picolibc.specs"], text=True, capture_output=True, check=True).stdout
    return pathlib.Path(path.strip()).is_file()


def worlds():
    if shutil.which("gcc") and shutil.which("g++"):
        # glibc has accept4, ppoll and more for _GNU_SOURCE only, so nothing is asked of POSIX alone.
        yield World("host", [("gcc", "c", "-std=c11 -D_GNU_SOURCE"), ("g++", "c++", "-std=c++11")], STRICT, NOT_ON_HOSTS)
    if has_picolibc():
        modes = [("arm-none-eabi-gcc", "c", f"-std=c99 {STRICTLY}"), ("arm-none-eabi-gcc", "c", f"-std=c11 {STRICTLY}"),
                 ("arm-none-eabi-gcc", "c", "-std=c99 -D_DEFAULT_SOURCE"), ("arm-none-eabi-gcc", "c", "-std=gnu17")]
        if shutil.which("arm-none-eabi-g++"):
            modes += [("arm-none-eabi-g++", "c++", f"-std=c++11 {STRICTLY}"), ("arm-none-eabi-g++", "c++", "-std=gnu++17")]
        flags = ["--specs=picolibc.specs", "-mcpu=cortex-m3", "-mthumb", f"-I{include}", *STRICT]
        yield World("firmware", modes, flags, set())


def main():
    table = rows("posix-headers.tsv") + rows("common-names.tsv")
    places = collections.Counter((row.header, row.name) for row in table)
    twice = [place for place, n in places.items() if n > 1]
    if twice:
        sys.exit(f"twice: {twice}")
    failed = []
    tried = {world.name: world for world in worlds()}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [(world, *job) for world in tried.values() for job in world.jobs(table)]
        for (world, call, part), wrong in zip(jobs, pool.map(lambda job: job[0].wrong(job[1], job[2]), jobs)):
            mode = " ".join(call[call.index("-x") + 1:])
            failed += [f"{world.name}: {mode}: {row.header}: {row.name}" for row in wrong]
    if "firmware" not in tried:
        print("\n".join(failed) or "skipped: no compiler with picolibc")
        sys.exit(1 if failed else 77)
    print("\n".join(failed) or f"{len(table)} rows in {len(jobs)} units")
    sys.exit(bool(failed))


main()
