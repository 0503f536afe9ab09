/* SPDX-License-Identifier: BSD-3-Clause */
/* The echo server of the examples, under a name that a test can call. */
int tcp_echo_main(int argc, char **argv);

#define main tcp_echo_main
#include "examples/tcp_echo.c"
