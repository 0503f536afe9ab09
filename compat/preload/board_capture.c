/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture's header, as the link of each process would write it: what libslirp takes is
 * Ethernet. */
#include "compat/preload/board_capture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/pcap.h"

bool board_capture_begin(const char *path)
{
    static struct pcap_link capture;
    struct link ethernet = { .medium = LINK_ETHERNET };
    struct stat s;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        return false;
    }
    bool is_file = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
    close(fd);
    return !is_file ||
           (sk_pcap_link_append(&capture, &ethernet, path, 0) && sk_pcap_link_close(&capture));
}
