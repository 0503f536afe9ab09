/* SPDX-License-Identifier: BSD-3-Clause */
/* Three hosts run one program, each for itself, and one that boots begins anew: replicas
 * REPLICA.so */
#include <arpa/inet.h>
#include <libsock-sim.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const addresses[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3" };
static struct sk_sim_host *hosts[3];

static int ask(int fd, int i)
{
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(7) };
    char octet = 0;

    inet_pton(AF_INET, addresses[i], &there.sin_addr);
    sendto(fd, &octet, 1, 0, (struct sockaddr *)&there, sizeof there);
    return recv(fd, &octet, 1, 0) == 1 ? octet : -1;
}

static int ask_all(void *arg)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)arg;
    for (int n = 1; n <= 3; n++) {
        for (int i = 0; i < 3; i++) {
            if (ask(fd, i) != n) {
                return 1;
            }
        }
    }
    sk_sim_crash(hosts[1]);
    sleep(1);
    sk_sim_boot(hosts[1]);
    sleep(1);
    return ask(fd, 0) != 4 || ask(fd, 1) != 1 || ask(fd, 2) != 4;
}

int main(int argc, char **argv)
{
    struct sk_sim *sim = sk_sim_new(1);
    struct sk_sim_lan *lan = sk_sim_lan(sim, "lan");
    struct sk_sim_host *tester = sk_sim_host(sim, "tester", "10.0.0.9");

    for (int i = 0; i < 3; i++) {
        char name[] = { 'h', (char)('1' + i), '\0' };

        hosts[i] = sk_sim_host(sim, name, addresses[i]);
        sk_sim_plug(hosts[i], lan, NULL);
        sk_sim_daemon(sk_sim_exec(hosts[i], argc > 1 ? argv[1] : NULL, "replica", NULL));
    }
    sk_sim_plug(tester, lan, NULL);
    sk_sim_call(tester, "ask", ask_all, NULL);
    if (!sk_sim_succeeds(sim, 60 * SK_SIM_S)) {
        printf("%s", sk_sim_report(sim));
        return 1;
    }
    sk_sim_free(sim);
    return 0;
}
