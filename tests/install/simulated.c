/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user of the installed simulator writes, without Check: an hour of silence and a word. */
#include <arpa/inet.h>
#include <libsock-sim.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int say(void *arg)
{
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(7) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    inet_pton(AF_INET, arg, &there.sin_addr);
    sleep(3600);
    return sendto(fd, "word", 4, 0, (struct sockaddr *)&there, sizeof there) != 4;
}

static int hear(void *arg)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(7) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char word[8] = "";

    return bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ||
           recv(fd, word, sizeof word, 0) != 4 || strcmp(word, arg) != 0;
}

int main(void)
{
    struct sk_sim *sim = sk_sim_new(1);
    struct sk_sim_host *a = sk_sim_host(sim, "a", "10.0.0.1");
    struct sk_sim_host *b = sk_sim_host(sim, "b", "10.0.0.2");

    sk_sim_link(a, b, NULL);
    sk_sim_call(a, "say", say, "10.0.0.2");
    sk_sim_call(b, "hear", hear, "word");
    if (!sk_sim_succeeds(sim, 3601 * SK_SIM_S)) {
        printf("%s", sk_sim_report(sim));
        return 1;
    }
    sk_sim_free(sim);
    return 0;
}
