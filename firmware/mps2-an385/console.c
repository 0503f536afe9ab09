/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stdout is UART 0 (CMSDK APB UART, Arm DDI 0479), stderr is the debugger's console, so the two can
 * be told apart. There is nothing to read.
 */
#include <errno.h>
#include <semihost.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define UART0 0x40004000u
#define UART_DATA (*(volatile uint32_t *)(UART0 + 0x00))
#define UART_STATE (*(volatile uint32_t *)(UART0 + 0x04))
#define UART_CTRL (*(volatile uint32_t *)(UART0 + 0x08))
#define UART_BAUDDIV (*(volatile uint32_t *)(UART0 + 0x10))

#define STATE_TX_FULL 1u
#define CTRL_TX_ENABLE 1u
#define CORE_HZ 25000000u
#define BAUD 115200u

static int uart_putc(char c, FILE *file)
{
    (void)file;
    if (!(UART_CTRL & CTRL_TX_ENABLE)) {
        UART_BAUDDIV = CORE_HZ / BAUD;
        UART_CTRL = CTRL_TX_ENABLE;
    }
    while (UART_STATE & STATE_TX_FULL) {
    }
    UART_DATA = (uint8_t)c;
    return (unsigned char)c;
}

static int nothing(FILE *file)
{
    (void)file;
    return _FDEV_EOF;
}

static FILE uart = FDEV_SETUP_STREAM(uart_putc, nothing, NULL, _FDEV_SETUP_RW);
static FILE debugger = FDEV_SETUP_STREAM(sys_semihost_putc, NULL, NULL, _FDEV_SETUP_WRITE);

FILE *const stdin = &uart;
FILE *const stdout = &uart;
FILE *const stderr = &debugger;

/* Nobody knows where a debugger's console ends: no progress bars. */
int isatty(int fd)
{
    (void)fd;
    errno = ENOTTY;
    return 0;
}
