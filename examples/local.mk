# SPDX-License-Identifier: BSD-3-Clause
# Programs as a user builds them: from the archives that are installed.
EXTRA_DIST += %D%/demo.sh

examples = %D%/http_get %D%/http_get_async %D%/tcp_echo %D%/udp_echo

%C%_http_get_SOURCES = %D%/http_get.c %D%/http.h
%C%_http_get_async_SOURCES = %D%/http_get_async.c %D%/http.h
%C%_tcp_echo_SOURCES = %D%/tcp_echo.c %D%/echo.h
%C%_udp_echo_SOURCES = %D%/udp_echo.c %D%/echo.h
%C%_sim_loss_SOURCES = %D%/sim_loss.c

if FIRMWARE
noinst_PROGRAMS += $(examples)
example_ldadd = libsock-internal.a libboard.a libsock-internal.a
else
if HAVE_SLIRP
noinst_PROGRAMS += $(examples)
endif
noinst_PROGRAMS += %D%/sim_loss
example_ldadd = $(WRAP_LDFLAGS) $(SLIRP_LDFLAGS) libsock-slirp.a libsock.a $(SLIRP_LIBS)
endif

%C%_http_get_LDADD = $(example_ldadd)
%C%_http_get_async_LDADD = $(example_ldadd)
%C%_tcp_echo_LDADD = $(example_ldadd)
%C%_udp_echo_LDADD = $(example_ldadd)
%C%_sim_loss_LDADD = $(WRAP_LDFLAGS) libsock.a

demo: all
	srcdir='$(srcdir)' PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/demo.sh
