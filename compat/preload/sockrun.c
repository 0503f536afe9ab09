/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sockrun: runs a program on a network of its own. It says in the environment what the network is
 * to be, puts libsock-preload.so in front of the program's libraries, and becomes the program: the
 * process, its exit status and its signals are the program's. A program that LD_PRELOAD would not
 * reach is refused; what it does not reach later gets no socket of the internet (confine.h).
 */
#define _GNU_SOURCE /* asprintf */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/board_hosts.h"
#include "compat/board_settings.h"
#include "compat/preload/board_capture.h"
#include "compat/preload/confine.h"
#include "compat/preload/program.h"

#define LIBRARY "libsock-preload.so"
#define SEPARATORS ": " /* of LD_PRELOAD, ld.so(8) */

/* As env(1) and the shells have it. */
enum { USAGE = 2, CANNOT_RUN = 126, NOT_FOUND = 127 };

static const char usage[] =
    "usage: sockrun [options] [--] program [argument ...]\n"
    "Runs a program on a private network: it is 10.0.2.15 there, and this machine's 127.0.0.1 is\n"
    "10.0.2.2. Nothing else is reached unless --outbound=any says so.\n"
    "\n"
    "  -p [ADDRESS:]PORT:GUEST-PORT[/udp]\n"
    "                     a port of this machine (of 127.0.0.1, unless said) leads to the program\n"
    "      --congestion reno|cubic|bbr\n"
    "                     the congestion control of a new TCP socket, reno unless said\n"
    "      --delay TIME   each frame takes so long, one way, such as 20ms\n"
    "      --dns ADDRESS[:PORT]\n"
    "                     the name server; 10.0.2.3, this machine's, if there is none and\n"
    "                     --outbound=any\n"
    "      --hosts NAME=ADDRESS\n"
    "                     the address of a name, whatever a server says; may be there again\n"
    "      --loopback host|stack\n"
    "                     127.0.0.1 is this machine's (the default), or the program itself\n"
    "      --loss PERCENT so many frames are lost, each way, such as 1%\n"
    "      --mtu N        octets of an IP packet, 576 to 65521\n"
    "      --outbound loopback|any\n"
    "                     reach this machine alone, or every other one, too\n"
    "      --pcap FILE    write every frame to a file for Wireshark\n"
    "      --rate BITS-PER-SECOND\n"
    "                     so many leave, each way, such as 10mbit\n"
    "      --seed HEX     the same ports, and the same losses, in every run\n"
    "      --stats[=json] say what each process did on its network when it ends\n"
    "  -v, --verbose      say what is run\n"
    "  -h, --help         say this\n"
    "  -V, --version      say which version this is\n"
    "\n"
    "Examples:\n"
    "  sockrun curl http://10.0.2.2:8000/             a server at this machine's 127.0.0.1:8000\n"
    "  sockrun -p 8080:80 python3 -m http.server 80   this machine's 127.0.0.1:8080 leads to it\n";

/* Options that take a word and become a variable. -p may be there more than once. */
static const struct word {
    const char *option;
    const char *variable;
} words[] = {
    { "congestion", "LIBSOCK_CONGESTION" },
    { "delay", "LIBSOCK_DELAY" },
    { "dns", "LIBSOCK_DNS" },
    { "loopback", "LIBSOCK_LOOPBACK" },
    { "loss", "LIBSOCK_LOSS" },
    { "mtu", "LIBSOCK_MTU" },
    { "outbound", "LIBSOCK_OUTBOUND" },
    { "pcap", "LIBSOCK_PCAP" },
    { "rate", "LIBSOCK_RATE" },
    { "seed", "LIBSOCK_SEED" },
};

static const struct word stats = { "stats", "LIBSOCK_STATS" };

#define N_WORDS (sizeof words / sizeof words[0])
#define N_OTHERS 5      /* long options */
#define FIRST_WORD 1000 /* above every character */

/* Values of variables, to which options that may be there more than once add, with commas. */
struct list {
    const char *variable;
    char text[4096];
};

static struct list forwards = { .variable = "LIBSOCK_FORWARD" };
static struct list hosts = { .variable = "LIBSOCK_HOSTS" };
static bool verbose;

__attribute__((noreturn, format(printf, 2, 3))) static void die(int status, const char *format, ...)
{
    va_list arguments;

    fputs("sockrun: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(status);
}

static void set(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0) {
        die(CANNOT_RUN, "%s: %s", name, strerror(errno));
    }
}

/* ---- Options ---- */

/* A file's name that means the same wherever the program goes. */
static const char *absolute(const char *path)
{
    static char whole[PATH_MAX];
    char directory[PATH_MAX];

    if (path[0] == '/') {
        return path;
    }
    if (getcwd(directory, sizeof directory) == NULL ||
        (size_t)snprintf(whole, sizeof whole, "%s/%s", directory, path) >= sizeof whole) {
        die(USAGE, "--pcap %s: the name is too long", path);
    }
    return whole;
}

static void take_word(const struct word *w, const char *value)
{
    struct settings ignored;
    const char *wrong;

    if (strcmp(w->option, "pcap") == 0) {
        value = absolute(value);
        if (!board_capture_begin(value)) {
            die(USAGE, "--pcap %s: %s", value, strerror(errno));
        }
    }
    wrong = settings_take(&ignored, w->variable, value);
    if (wrong != NULL) {
        die(USAGE, "--%s %s: %s", w->option, value, wrong);
    }
    set(w->variable, value);
}

static size_t n_colons(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += *text == ':';
    }
    return n;
}

static void add(struct list *list, const char *one, const char *option)
{
    size_t used = strlen(list->text);

    if (used + strlen(one) + 2 > sizeof list->text) {
        die(USAGE, "%s %s: too many of them", option, one);
    }
    snprintf(list->text + used, sizeof list->text - used, "%s%s", used > 0 ? "," : "", one);
    set(list->variable, list->text);
}

static void take_host(const char *text)
{
    struct board_host ignored;

    if (!board_host_parse(text, strlen(text), &ignored)) {
        die(USAGE, "--hosts %s: %s", text, SETTINGS_NO_HOST);
    }
    add(&hosts, text, "--hosts");
}

/* Whether this machine can listen there, so far: 0, or an errno. It is asked past a sockrun that
 * this one may run under, and as libslirp does it. */
static int try_forward(const struct forward *f)
{
    static const int yes = 1;
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(f->host.port),
                              .sin_addr = { htonl(ip4_bits(f->host.addr)) } };
    int type = (f->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
    int fd = (int)syscall(SYS_socket, AF_INET, type, 0, CONFINE_TOKEN);
    int error = 0;

    if (fd < 0) {
        return errno;
    }
    if ((!f->udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) ||
        bind(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        error = errno;
    }
    close(fd);
    return error;
}

__attribute__((noreturn)) static void die_of_forward(const char *text, struct sk_addr host,
                                                     int error)
{
    char where[SK_ADDR_TEXT_LEN];

    sk_addr_format(host, where);
    die(USAGE, "-p " FORWARD_UNAVAILABLE, text, where, strerror(error));
}

/* [ADDRESS:]PORT:GUEST-PORT[/udp], as one of LIBSOCK_FORWARD. */
static void take_forward(const char *text)
{
    char one[64];
    struct forward parsed;
    const char *protocol = strchr(text, '/');
    size_t len = protocol != NULL ? (size_t)(protocol - text) : strlen(text);
    const char *address = n_colons(text) == 1 ? "127.0.0.1:" : "";

    if (protocol != NULL && strcmp(protocol, "/udp") != 0 && strcmp(protocol, "/tcp") != 0) {
        die(USAGE, "-p %s: neither /tcp nor /udp", text);
    }
    int n = snprintf(one, sizeof one, "%s:%s%.*s", protocol != NULL ? protocol + 1 : "tcp", address,
                     (int)len, text);
    if (n < 0 || (size_t)n >= sizeof one || !settings_forward(one, (size_t)n, &parsed)) {
        die(USAGE, "-p %s: not [ADDRESS:]PORT:GUEST-PORT[/udp]", text);
    }
    int error = try_forward(&parsed);
    if (error != 0) {
        die_of_forward(text, parsed.host, error);
    }
    add(&forwards, one, "-p");
}

/* Of the variable, which may be there without an option. */
static void check_forwards(const char *list)
{
    struct forward ignored;

    while (list != NULL) {
        size_t len = strcspn(list, ",");
        if (!settings_forward(list, len, &ignored)) {
            settings_refuse(forwards.variable, list, len, SETTINGS_NO_FORWARD);
            exit(USAGE);
        }
        list = list[len] == ',' ? list + len + 1 : NULL;
    }
}

static void print(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
        die(1, "cannot write: %s", strerror(errno));
    }
    exit(0);
}

static void take_option(int option)
{
    switch (option) {
    case 'p':
        take_forward(optarg);
        break;
    case 'v':
        verbose = true;
        break;
    case 'H':
        take_host(optarg);
        break;
    case 's':
        take_word(&stats, optarg != NULL ? optarg : "1");
        break;
    case 'h':
        print(usage);
        break;
    case 'V':
        print("sockrun (libsock) " SOCKRUN_VERSION "\n");
        break;
    case '?': /* getopt_long said why */
        fputs("Try sockrun --help.\n", stderr);
        exit(USAGE);
    default:
        take_word(&words[option - FIRST_WORD], optarg);
        break;
    }
}

/* Up to the program, the options of which are its own. */
static void take_options(int argc, char **argv)
{
    struct option options[N_WORDS + N_OTHERS + 1] = {
        { "help", no_argument, NULL, 'h' },        { "hosts", required_argument, NULL, 'H' },
        { "stats", optional_argument, NULL, 's' }, { "verbose", no_argument, NULL, 'v' },
        { "version", no_argument, NULL, 'V' },
    };
    int option;

    for (size_t i = 0; i < N_WORDS; i++) {
        options[N_OTHERS + i] =
            (struct option){ words[i].option, required_argument, NULL, FIRST_WORD + (int)i };
    }
    while ((option = getopt_long(argc, argv, "+p:vhV", options, NULL)) != -1) {
        take_option(option);
    }
}

/* ---- The library ---- */

/* Beside this program, where libtool builds it, or where it is installed. */
static const char *find_library(void)
{
    static char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - sizeof "/.libs/" LIBRARY);

    while (len > 0 && path[len - 1] != '/') {
        len--;
    }
    if (len > 0) {
        strcpy(path + len, ".libs/" LIBRARY);
        if (access(path, R_OK) == 0) {
            return path;
        }
    }
    if (access(PRELOAD_DIR "/" LIBRARY, R_OK) != 0) {
        die(CANNOT_RUN, "%s: %s", PRELOAD_DIR "/" LIBRARY, strerror(errno));
    }
    return PRELOAD_DIR "/" LIBRARY;
}

/* First, before what is asked for already. */
static void preload(const char *library)
{
    const char *others = getenv("LD_PRELOAD");
    char *whole = NULL;

    if (strpbrk(library, SEPARATORS) != NULL) {
        die(CANNOT_RUN, "%s: LD_PRELOAD can have no name with a space or a colon", library);
    }
    if (others == NULL || others[0] == '\0') {
        set("LD_PRELOAD", library);
        return;
    }
    if (asprintf(&whole, "%s:%s", library, others) < 0) {
        die(CANNOT_RUN, "no memory");
    }
    set("LD_PRELOAD", whole);
    free(whole);
}

/* What the processes have in common that come of this one: their loopback (door.h). */
static void name_tree(void)
{
    char text[2 * sizeof(uint64_t) + 1];
    uint64_t tree = 0;

    if (getrandom(&tree, sizeof tree, 0) == sizeof tree && tree != 0) {
        snprintf(text, sizeof text, "%" PRIx64, tree);
        set("LIBSOCK_TREE", text);
    } else {
        unsetenv("LIBSOCK_TREE");
    }
}

/* ---- The program ---- */

/* 0, or the errno of an exec. */
static int look_at(const char *path)
{
    struct stat s;

    if (stat(path, &s) != 0) {
        return errno;
    }
    return S_ISREG(s.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* The first one in PATH that can be executed. 0, or an errno: EACCES when there is only one that
 * cannot. */
static int search(const char *name, char out[PATH_MAX])
{
    const char *directory = getenv("PATH");
    int result = ENOENT;

    directory = directory != NULL ? directory : "/usr/local/bin:/bin:/usr/bin";
    for (;;) {
        size_t len = strcspn(directory, ":");
        int n = snprintf(out, PATH_MAX, "%.*s/%s", len > 0 ? (int)len : 1,
                         len > 0 ? directory : ".", name);
        int error = n > 0 && n < PATH_MAX ? look_at(out) : ENAMETOOLONG;
        if (error == 0) {
            return 0;
        }
        result = error == EACCES ? EACCES : result;
        if (directory[len] == '\0') {
            return result;
        }
        directory += len + 1;
    }
}

static const char *find_program(const char *name)
{
    static char path[PATH_MAX];
    int error = ENOENT;

    if (strlen(name) >= sizeof path) {
        error = ENAMETOOLONG;
    } else if (strchr(name, '/') != NULL) {
        error = look_at(strcpy(path, name));
    } else if (name[0] != '\0') {
        error = search(name, path);
    }
    if (error != 0) {
        die(error == ENOENT || error == ENOTDIR ? NOT_FOUND : CANNOT_RUN, "%s: %s", name,
            strerror(error));
    }
    return path;
}

static void check(const char *path)
{
    struct program_obstacle obstacle;

    if (program_find_obstacle(path, &obstacle) != 0) {
        die(CANNOT_RUN, "%s%s%s %s: it cannot get a private network", path,
            strcmp(path, obstacle.path) != 0 ? ": its interpreter " : "",
            strcmp(path, obstacle.path) != 0 ? obstacle.path : "", obstacle.why);
    }
}

int main(int argc, char **argv)
{
    struct settings settings = { .forward = NULL };

    take_options(argc, argv);
    if (optind == argc) {
        fputs(usage, stderr);
        return USAGE;
    }
    if (!settings_read(&settings)) {
        return USAGE;
    }
    check_forwards(getenv(forwards.variable));
    const char *library = find_library();
    const char *path = find_program(argv[optind]);
    check(path);
    preload(library);
    name_tree();
    if (verbose) {
        fprintf(stderr, "sockrun: %s with %s\n", path, library);
    }
    if (confine() != 0) {
        fprintf(stderr,
                "sockrun: this kernel has no seccomp filters (%s): what LD_PRELOAD does not reach "
                "has the real network\n",
                strerror(errno));
    }
    execvp(path, argv + optind);
    die(errno == ENOENT ? NOT_FOUND : CANNOT_RUN, "%s: %s", path, strerror(errno));
}
