# SPDX-License-Identifier: BSD-3-Clause
EXTRA_DIST += %D%/run.sh %D%/size.sh %D%/everything.c $(mps2_an385_sources) %D%/mps2-an385/mps2.ld

mps2_an385_sources = \
	%D%/mps2-an385/board.c \
	%D%/mps2-an385/board.h \
	%D%/mps2-an385/console.c \
	%D%/mps2-an385/mps2.c \
	%D%/mps2-an385/mps2.h \
	%D%/mps2-an385/settings.c \
	%D%/mps2-an385/settings.h

if FIRMWARE
# An image is a program like any other, linked for the board: start-up and system calls come from picolibc, which has the
# debugger's console and exit status by semihosting.
noinst_LIBRARIES += libboard.a
libboard_a_SOURCES = $(mps2_an385_sources)
AM_CPPFLAGS += -I$(srcdir)/firmware/$(BOARD)

AM_LDFLAGS += -T$(srcdir)/firmware/mps2-an385/mps2.ld \
	--crt0=semihost --oslib=semihost
endif
