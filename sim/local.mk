# SPDX-License-Identifier: BSD-3-Clause
# libsock-sim: the simulator for programs' own tests (docs/simulation.md). Over the public names of libsock, so that it
# links with the shared library as with the archive.
if !FIRMWARE
sim_sources = \
	%D%/check.c \
	%D%/clock.c \
	%D%/events.c \
	%D%/hosts.c \
	%D%/image.c \
	%D%/lab.c \
	%D%/lab.h \
	%D%/lan.c \
	%D%/libsock-sim.h \
	%D%/links.c \
	%D%/process.c \
	%D%/programs.c \
	%D%/report.c \
	%D%/signals.c \
	%D%/watchdog.c

simdir = $(includedir)/libsock
sim_HEADERS = %D%/libsock-sim.h

noinst_LIBRARIES += libsock-sim-internal.a
libsock_sim_internal_a_SOURCES = $(sim_sources)

if SHARED
lib_LTLIBRARIES += libsock-sim.la
libsock_sim_la_SOURCES = $(sim_sources)
libsock_sim_la_CFLAGS = $(AM_CFLAGS) $(SHARED_CFLAGS)
libsock_sim_la_LIBADD = libsock.la
EXTRA_libsock_sim_la_DEPENDENCIES = libsock-sim.pc
libsock_sim_la_LDFLAGS = $(AM_LDFLAGS) $(SIM_LDFLAGS) -version-info 0:0:0 -export-symbols-regex '^(sk_sim_|__wrap_)'
endif

archive_DATA += libsock-sim.a
CLEANFILES += libsock-sim.a
pkgconfig_DATA += libsock-sim.pc

# A program of its user's: from what is installed.
sim_ldadd = $(SIM_LDFLAGS) $(WRAP_LDFLAGS) libsock-sim.a libsock.a

libsock-sim.a: libsock-sim-internal.a libsock-internal.a
	$(PREFIX_ARCHIVE) libsock-sim-internal.a $@ libsock-internal.a
endif
