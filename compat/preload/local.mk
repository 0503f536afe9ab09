# SPDX-License-Identifier: BSD-3-Clause
# libsock-preload.so: the shim under the POSIX names themselves, for LD_PRELOAD; and sockrun, which asks for it.
preload_sources = \
	%D%/configure.c \
	%D%/door.c \
	%D%/door.h \
	%D%/confine.h \
	%D%/forward.c \
	%D%/forward.h \
	%D%/handed.c \
	%D%/handed.h \
	%D%/getaddrinfo_a.c \
	%D%/interpose.c \
	%D%/loopback.c \
	%D%/loopback.h \
	%D%/preload.h \
	%D%/process.c \
	%D%/real.c \
	%D%/real.h \
	%D%/relay.c \
	%D%/relay.h \
	%D%/relay_control.c \
	%D%/relay_fork.c \
	%D%/relay_heir.c \
	%D%/relay_move.c \
	%D%/relay_name.c \
	%D%/relay_name.h \
	%D%/relay_pump.c \
	%D%/relayed.c \
	%D%/relayed.h \
	%D%/relayed_datagrams.c \
	%D%/relayed_messages.c \
	%D%/res_init.c \
	%D%/res_query.c \
	%D%/res_send.c \
	%D%/sendmmsg.c \
	%D%/signals.c \
	%D%/signals.h \
	%D%/stats.c \
	%D%/stats.h \
	%D%/syscall.c

sockrun_sources = \
	%D%/board_capture.c \
	%D%/board_capture.h \
	%D%/confine.c \
	%D%/confine.h \
	%D%/program.c \
	%D%/program.h \
	%D%/sockrun.c

EXTRA_DIST += $(preload_sources) $(sockrun_sources) man/sockrun.1

if HAVE_SLIRP
if SHARED
pkglib_LTLIBRARIES += libsock-preload.la
libsock_preload_la_SOURCES = $(preload_sources) $(slirp_sources)
libsock_preload_la_CPPFLAGS = $(AM_CPPFLAGS) $(SLIRP_CFLAGS)
libsock_preload_la_CFLAGS = $(AM_CFLAGS) $(SHARED_CFLAGS)
libsock_preload_la_LIBADD = libsock-shared.la $(SLIRP_LIBS)
EXTRA_libsock_preload_la_DEPENDENCIES = preload.names
# Nothing is left to be bound in a signal handler.
libsock_preload_la_LDFLAGS = $(AM_LDFLAGS) $(PRELOAD_LDFLAGS) -module -avoid-version \
	-Wl,-z,now,-Bsymbolic -export-symbols preload.names

CLEANFILES += preload.names
preload.names: config.status
	$(AM_V_GEN)printf '%s\n' $(PRELOAD_NAMES) | sort >$@

bin_PROGRAMS += sockrun
man_MANS = man/sockrun.1
sockrun_SOURCES = $(sockrun_sources) $(settings_sources)
sockrun_CPPFLAGS = $(AM_CPPFLAGS) -DSOCKRUN_VERSION='"$(PACKAGE_VERSION)"' -DPRELOAD_DIR='"$(pkglibdir)"'
sockrun_LDADD = libsock-internal.a
# It knows where the library is installed: again when there is a new configuration.
%D%/sockrun-sockrun.$(OBJEXT): config.status
endif
endif
