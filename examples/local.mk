# SPDX-License-Identifier: BSD-3-Clause
# Programs as a user builds them: from the archives that are installed.
EXTRA_DIST += %D%/demo.sh %D%/nginx.conf

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

# Two programs and a test of them in the simulator, as docs/simulation.md has them.
if !FIRMWARE
if HAVE_CHECK
check_LIBRARIES += libsim-ask.a libsim-shout.a
libsim_ask_a_SOURCES = %D%/sim/ask.c
libsim_ask_a_CPPFLAGS = -Dmain=ask_main
libsim_shout_a_SOURCES = %D%/sim/shout.c
libsim_shout_a_CPPFLAGS = -Dmain=shout_main
check_PROGRAMS += %D%/sim/test_ask
TESTS += %D%/sim/test_ask
%C%_sim_test_ask_SOURCES = %D%/sim/test_ask.c
%C%_sim_test_ask_CPPFLAGS = -I$(top_srcdir)/sim $(CHECK_CFLAGS)
%C%_sim_test_ask_LDADD = libsim-ask.a libsim-shout.a $(sim_ldadd) $(CHECK_LIBS)
endif
endif

demo: all
	srcdir='$(srcdir)' PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/demo.sh
