# SPDX-License-Identifier: BSD-3-Clause
TEST_EXTENSIONS = .sh .py
SH_LOG_COMPILER = timeout 300 $(SHELL)
PY_LOG_COMPILER = timeout 300 $(PYTHON)
LOG_COMPILER = timeout 300
AM_TESTS_ENVIRONMENT = \
	NM='$(NM)'; export NM; CC='$(CC)'; export CC; PYTHON='$(PYTHON)'; export PYTHON; \
	WRAP_NAMES='$(WRAP_NAMES)'; export WRAP_NAMES; \
	SIM_WRAP_NAMES='$(SIM_WRAP_NAMES)'; export SIM_WRAP_NAMES; \
	PRELOAD_NAMES='$(PRELOAD_NAMES)'; export PRELOAD_NAMES; MAKE='$(MAKE)'; export MAKE; \
	pkgconfigdir='$(pkgconfigdir)'; export pkgconfigdir; libdir='$(libdir)'; export libdir; \
	mandir='$(mandir)'; export mandir;
if SANITIZED
AM_TESTS_ENVIRONMENT += CK_FORK=no; export CK_FORK;
endif

# What the tests share, and files that they read.
test_files = \
	%D%/common-names.tsv \
	%D%/e2e/common.sh \
	%D%/e2e/echo_client.py \
	%D%/e2e/full_pipe.py \
	%D%/e2e/long.sh \
	%D%/e2e/many.py \
	%D%/e2e/odd_server.py \
	%D%/e2e/on_terminal.py \
	%D%/e2e/preload_daemon.py \
	%D%/e2e/preload_epoll.py \
	%D%/e2e/preload_epoll_daemon.py \
	%D%/e2e/preload_epoll_fork.py \
	%D%/e2e/preload_forks.py \
	%D%/e2e/preload_groups.py \
	%D%/e2e/preload_handed.py \
	%D%/e2e/preload_loopback.py \
	%D%/e2e/preload_relay_edges.py \
	%D%/e2e/preload_relays.py \
	%D%/firmware/atomics.c \
	%D%/firmware/beside.c \
	%D%/firmware/common.sh \
	%D%/firmware/echo_client.py \
	%D%/firmware/microbit.ld \
	%D%/firmware/netdb.c \
	%D%/firmware/servers.py \
	%D%/firmware/wire.c \
	%D%/hostile-inputs.tsv \
	%D%/install/driver.c \
	%D%/install/program.c \
	%D%/posix-headers.tsv \
	%D%/install/replica.c \
	%D%/install/replicas.c \
	%D%/install/simulated.c \
	%D%/rfc-ip-requirements.tsv \
	%D%/rfc-tcp-requirements.tsv \
	%D%/rfc9293-events.tsv \
	%D%/rfc9293-requirements.tsv \
	%D%/others/case_runner.py \
	%D%/others/programs-expected.tsv \
	%D%/others/programs.py \
	%D%/others/programs/asyncio_echo.py \
	%D%/others/programs/forking.pl \
	%D%/others/programs/memcached_client.py \
	%D%/others/programs/node_handed.js \
	%D%/others/programs/node_http.js \
	%D%/others/python-expected.tsv \
	%D%/others/python.py \
	%D%/support/dnsd.py \
	%D%/support/example.sed \
	%D%/support/judge.sh \
	%D%/support/panic.c

EXTRA_DIST += $(test_files)

if !FIRMWARE

# Of the tree, of what is installed, and of boards. Instrumented builds tell nothing new about these.
plain_tests = \
	%D%/addresses.sh \
	%D%/atomics.sh \
	%D%/bootstrap.sh \
	%D%/conformance.py \
	%D%/cost.sh \
	%D%/e2e/test_kernel_sockets.sh \
	%D%/e2e/test_posix_headers.sh \
	%D%/firmware/test_atomics_armv6m.sh \
	%D%/firmware/test_board.sh \
	%D%/firmware/test_functions.sh \
	%D%/firmware/test_http_get.sh \
	%D%/firmware/test_netdb.sh \
	%D%/firmware/test_run.sh \
	%D%/firmware/test_size.sh \
	%D%/firmware/test_tcp_echo.sh \
	%D%/firmware/test_wire.sh \
	%D%/format.sh \
	%D%/headers.sh \
	%D%/hostile/rows.py \
	%D%/install.sh \
	%D%/layers.py \
	%D%/man.sh \
	%D%/man_sources.py \
	%D%/posix_names.py \
	%D%/registered.sh \
	%D%/quotes.sh \
	%D%/scale.sh \
	%D%/symbols.sh

script_tests = \
	%D%/e2e/test_benchmarks.sh \
	%D%/e2e/test_demo.sh \
	%D%/e2e/test_dns.sh \
	%D%/e2e/test_echo.sh \
	%D%/e2e/test_environment.sh \
	%D%/e2e/test_fork.sh \
	%D%/e2e/test_http.sh \
	%D%/e2e/test_http_errors.sh \
	%D%/e2e/test_many.sh \
	%D%/e2e/test_sim.sh \
	%D%/e2e/test_sockrun.sh \
	%D%/e2e/test_sockrun_epoll.sh \
	%D%/e2e/test_sockrun_fork.sh \
	%D%/e2e/test_sockrun_loopback.sh \
	%D%/e2e/test_sockrun_options.sh \
	%D%/e2e/test_sockrun_resolver.sh \
	%D%/e2e/test_sockrun_usage.sh \
	%D%/e2e/test_sockrun_wire.sh \
	%D%/e2e/test_usage.sh \
	%D%/interop/test_tap.sh

dist_check_SCRIPTS += $(plain_tests) $(script_tests)
if PLAIN
TESTS += $(plain_tests)
endif
TESTS += $(script_tests)

if HAVE_CHECK
AM_CPPFLAGS += -I$(top_srcdir)/tests $(CHECK_CFLAGS)
LDADD = libtest.a libsock-internal.a $(CHECK_LIBS)

check_LIBRARIES += libtest.a
libtest_a_SOURCES = \
	%D%/script/audit.c \
	%D%/script/audit.h \
	%D%/script/expect.c \
	%D%/script/expect.h \
	%D%/script/model.c \
	%D%/script/model.h \
	%D%/script/oracle.c \
	%D%/script/oracle.h \
	%D%/script/rack_scripts.h \
	%D%/script/script.c \
	%D%/script/script.h \
	%D%/sim/program_tcp_echo.c \
	%D%/support/bbr_fixture.h \
	%D%/support/books.c \
	%D%/support/books.h \
	%D%/support/compat_fixture.h \
	%D%/support/dhcp_server.c \
	%D%/support/dhcp_server.h \
	%D%/support/dhcp_story.h \
	%D%/support/dns_answer.h \
	%D%/support/dns_fixture.h \
	%D%/support/dns_server.c \
	%D%/support/dns_server.h \
	%D%/support/dns_story.h \
	%D%/support/drop_inputs.c \
	%D%/support/drop_inputs.h \
	%D%/support/drop_inputs_fragments.c \
	%D%/support/drop_inputs_tcp.c \
	%D%/support/exact.h \
	%D%/support/fragments.h \
	%D%/support/frames.c \
	%D%/support/frames.h \
	%D%/support/frames_host.c \
	%D%/support/frames_socket.c \
	%D%/support/half_open_fixture.h \
	%D%/support/lan9118_model.h \
	%D%/support/neigh_story.h \
	%D%/support/loopback_fixture.h \
	%D%/support/names_fixture.h \
	%D%/support/no_board.h \
	%D%/support/pair_fixture.h \
	%D%/support/peer.c \
	%D%/support/peer.h \
	%D%/support/posix_fixture.h \
	%D%/support/rack_fixture.h \
	%D%/support/resolve_fixture.h \
	%D%/support/seed.h \
	%D%/support/sim_fixture.h \
	%D%/support/sim_product.h \
	%D%/support/slirp_fixture.h \
	%D%/support/suite.h \
	%D%/support/twins.c \
	%D%/support/twins.h \
	%D%/support/waiter.h \
	%D%/support/world.c \
	%D%/support/world.h
# A board's driver, for the test against a model of its chip.
libtest_a_SOURCES += libsock/link/lan9118.c
# Firmware's tables, which need no firmware.
libtest_a_SOURCES += \
	compat/gethostent_firmware.c \
	compat/getnetent_firmware.c \
	compat/getprotoent_firmware.c \
	compat/getservent_firmware.c \
	compat/hstrerror_firmware.c

c_tests = \
	%D%/hostile/test_allocations \
	%D%/hostile/test_api \
	%D%/hostile/test_arp_host \
	%D%/hostile/test_fragments \
	%D%/hostile/test_icmp_host \
	%D%/hostile/test_ip_host \
	%D%/hostile/test_ip_storm \
	%D%/hostile/test_link_host \
	%D%/hostile/test_tcp_blind \
	%D%/hostile/test_tcp_handshake \
	%D%/hostile/test_tcp_host \
	%D%/hostile/test_tcp_storm \
	%D%/hostile/test_tcp_stream \
	%D%/hostile/test_tcp_text \
	%D%/hostile/test_transport_wire \
	%D%/hostile/test_udp_host \
	%D%/hostile/test_wire \
	%D%/prop/prop_cubic \
	%D%/prop/prop_deadlines \
	%D%/prop/prop_frames \
	%D%/prop/prop_inflight \
	%D%/prop/prop_queues \
	%D%/prop/prop_small_records \
	%D%/prop/prop_wire \
	%D%/script/test_attack \
	%D%/script/test_close \
	%D%/script/test_congestion_model \
	%D%/script/test_cork \
	%D%/script/test_ecn \
	%D%/script/test_flags \
	%D%/script/test_flags_host \
	%D%/script/test_keepalive \
	%D%/script/test_loss \
	%D%/script/test_open \
	%D%/script/test_options \
	%D%/script/test_pacing \
	%D%/script/test_pmtu \
	%D%/script/test_rack \
	%D%/script/test_random \
	%D%/script/test_receive \
	%D%/script/test_reset \
	%D%/script/test_sack \
	%D%/script/test_send \
	%D%/script/test_timestamps \
	%D%/script/test_tlp \
	%D%/script/test_urgent \
	%D%/script/test_user_timeout \
	%D%/script/test_window \
	%D%/sim/test_endings \
	%D%/sim/test_flood \
	%D%/sim/test_many \
	%D%/sim/test_programs \
	%D%/sim/test_soak \
	%D%/sim/test_stream \
	%D%/sim/test_trouble \
	%D%/sim/test_wrap \
	%D%/unit/test_acd \
	%D%/unit/test_addr \
	%D%/unit/test_ai_hosts \
	%D%/unit/test_base \
	%D%/unit/test_bbr \
	%D%/unit/test_bbr_model \
	%D%/unit/test_beside_firmware \
	%D%/unit/test_compat_address \
	%D%/unit/test_compat_block \
	%D%/unit/test_compat_cancel \
	%D%/unit/test_compat_connect \
	%D%/unit/test_compat_control \
	%D%/unit/test_compat_dup \
	%D%/unit/test_compat_epoll \
	%D%/unit/test_compat_errqueue \
	%D%/unit/test_compat_exit \
	%D%/unit/test_compat_families \
	%D%/unit/test_compat_fork \
	%D%/unit/test_compat_getnameinfo \
	%D%/unit/test_compat_host \
	%D%/unit/test_compat_inet6 \
	%D%/unit/test_compat_linger \
	%D%/unit/test_compat_message \
	%D%/unit/test_compat_multicast \
	%D%/unit/test_compat_hostent \
	%D%/unit/test_compat_long_names \
	%D%/unit/test_compat_names \
	%D%/unit/test_compat_netifs \
	%D%/unit/test_compat_numbers \
	%D%/unit/test_compat_options \
	%D%/unit/test_compat_poll \
	%D%/unit/test_compat_process \
	%D%/unit/test_compat_reuse \
	%D%/unit/test_compat_sendfile \
	%D%/unit/test_compat_shutdown \
	%D%/unit/test_compat_signal \
	%D%/unit/test_compat_socket \
	%D%/unit/test_compat_sockopt \
	%D%/unit/test_compat_start \
	%D%/unit/test_compat_threads \
	%D%/unit/test_compat_transfer \
	%D%/unit/test_compat_urgent \
	%D%/unit/test_compat_wakes \
	%D%/unit/test_conflicts \
	%D%/unit/test_cookies \
	%D%/unit/test_credit \
	%D%/unit/test_cubic \
	%D%/unit/test_defer_accept \
	%D%/unit/test_delivery \
	%D%/unit/test_demux \
	%D%/unit/test_device \
	%D%/unit/test_dhcp \
	%D%/unit/test_dhcp_host \
	%D%/unit/test_dhcp_hostile \
	%D%/unit/test_dhcp_reboot \
	%D%/unit/test_dhcp_wire \
	%D%/unit/test_dns \
	%D%/unit/test_dns_hostile \
	%D%/unit/test_dns_malformed \
	%D%/unit/test_dns_wire \
	%D%/unit/test_drops \
	%D%/unit/test_errors \
	%D%/unit/test_fd_firmware \
	%D%/unit/test_fragments \
	%D%/unit/test_frame_wire \
	%D%/unit/test_half_open \
	%D%/unit/test_half_open_ack \
	%D%/unit/test_heap \
	%D%/unit/test_hystart \
	%D%/unit/test_icmp \
	%D%/unit/test_iface \
	%D%/unit/test_impaired \
	%D%/unit/test_igmp \
	%D%/unit/test_inet_firmware \
	%D%/unit/test_ip_options \
	%D%/unit/test_ip_wire \
	%D%/unit/test_isn \
	%D%/unit/test_lan9118 \
	%D%/unit/test_listen \
	%D%/unit/test_memory_size \
	%D%/unit/test_msgq \
	%D%/unit/test_mtu_discover \
	%D%/unit/test_multicast \
	%D%/unit/test_mtu \
	%D%/unit/test_neigh \
	%D%/unit/test_neigh_hostile \
	%D%/unit/test_netdb_tables \
	%D%/unit/test_ops \
	%D%/unit/test_option \
	%D%/unit/test_path \
	%D%/unit/test_pair \
	%D%/unit/test_pair_faults \
	%D%/unit/test_own \
	%D%/unit/test_pcap \
	%D%/unit/test_port_posix \
	%D%/unit/test_port_sim \
	%D%/unit/test_port_sim_net \
	%D%/unit/test_port_threads \
	%D%/unit/test_ports \
	%D%/unit/test_prr \
	%D%/unit/test_rack_ack \
	%D%/unit/test_rack_recovery \
	%D%/unit/test_ready \
	%D%/unit/test_reuseport \
	%D%/unit/test_resolve \
	%D%/unit/test_resolve_queries \
	%D%/unit/test_resolve_stream \
	%D%/unit/test_ring \
	%D%/unit/test_ring_threads \
	%D%/unit/test_route \
	%D%/unit/test_servers \
	%D%/unit/test_shortage \
	%D%/unit/test_sleep \
	%D%/unit/test_socketpair_firmware \
	%D%/unit/test_sockets \
	%D%/unit/test_source \
	%D%/unit/test_sum \
	%D%/unit/test_syn_flood \
	%D%/unit/test_tcp_info \
	%D%/unit/test_tcp_wire \
	%D%/unit/test_time_wait \
	%D%/unit/test_tuples \
	%D%/unit/test_udp \
	%D%/unit/test_udp_wire
check_PROGRAMS += $(c_tests) %D%/interop/interop
TESTS += $(c_tests)

# Their POSIX calls are libsock's.
tests_hostile_test_allocations_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sk_pkt_alloc,--wrap=bufpool_take,--wrap=slot_take \
	-Wl,--wrap=udp_take,--wrap=tcp_take,--wrap=listener_take
shim_ldadd = $(WRAP_LDFLAGS) $(LDADD)
tests_hostile_test_api_LDADD = $(shim_ldadd)
tests_sim_test_programs_LDADD = $(shim_ldadd)
tests_unit_test_ai_hosts_LDADD = $(shim_ldadd)
tests_unit_test_beside_firmware_LDADD = $(shim_ldadd)
tests_unit_test_compat_address_LDADD = $(shim_ldadd)
tests_unit_test_compat_block_LDADD = $(shim_ldadd)
tests_unit_test_compat_cancel_LDADD = $(shim_ldadd)
tests_unit_test_compat_connect_LDADD = $(shim_ldadd)
tests_unit_test_compat_control_LDADD = $(shim_ldadd)
tests_unit_test_compat_dup_LDADD = $(shim_ldadd)
tests_unit_test_compat_epoll_LDADD = $(shim_ldadd)
tests_unit_test_compat_errqueue_LDADD = $(shim_ldadd)
tests_unit_test_compat_exit_LDADD = $(shim_ldadd)
tests_unit_test_compat_families_LDADD = $(shim_ldadd)
tests_unit_test_compat_fork_LDADD = $(shim_ldadd)
tests_unit_test_compat_getnameinfo_LDADD = $(shim_ldadd)
tests_unit_test_compat_host_LDADD = $(shim_ldadd)
tests_unit_test_compat_inet6_LDADD = $(shim_ldadd)
tests_unit_test_compat_linger_LDADD = $(shim_ldadd)
tests_unit_test_compat_multicast_LDADD = $(shim_ldadd)
tests_unit_test_compat_message_LDADD = $(shim_ldadd)
tests_unit_test_compat_hostent_LDADD = $(shim_ldadd)
tests_unit_test_compat_long_names_LDADD = $(shim_ldadd)
tests_unit_test_compat_names_LDADD = $(shim_ldadd)
tests_unit_test_compat_netifs_LDADD = $(shim_ldadd)
tests_unit_test_compat_numbers_LDADD = $(shim_ldadd)
tests_unit_test_compat_options_LDADD = $(shim_ldadd)
tests_unit_test_compat_poll_LDADD = $(shim_ldadd)
tests_unit_test_compat_process_LDADD = $(shim_ldadd)
tests_unit_test_compat_reuse_LDADD = $(shim_ldadd)
tests_unit_test_compat_sendfile_LDADD = $(shim_ldadd)
tests_unit_test_compat_shutdown_LDADD = $(shim_ldadd)
tests_unit_test_compat_signal_LDADD = $(shim_ldadd)
tests_unit_test_compat_socket_LDADD = $(shim_ldadd)
tests_unit_test_compat_sockopt_LDADD = $(shim_ldadd)
tests_unit_test_compat_start_LDADD = $(shim_ldadd)
tests_unit_test_compat_threads_LDADD = $(shim_ldadd)
tests_unit_test_compat_transfer_LDADD = $(shim_ldadd)
tests_unit_test_compat_urgent_LDADD = $(shim_ldadd)
tests_unit_test_compat_wakes_LDADD = $(shim_ldadd)
tests_unit_test_fd_firmware_LDADD = $(shim_ldadd)
tests_unit_test_inet_firmware_LDADD = $(shim_ldadd)
tests_unit_test_socketpair_firmware_LDADD = $(shim_ldadd)
tests_unit_test_port_sim_LDADD = $(shim_ldadd)
tests_unit_test_port_sim_net_LDADD = $(shim_ldadd)
# end of the shim tests

# Those of libsock-sim, built as its users' are.
sim_tests = \
	%D%/sim/test_sim_arguments \
	%D%/sim/test_sim_hosts \
	%D%/sim/test_sim_links \
	%D%/sim/test_sim_programs \
	%D%/sim/test_sim_replay \
	%D%/sim/test_sim_report \
	%D%/sim/test_sim_signals \
	%D%/sim/test_sim_time
check_PROGRAMS += $(sim_tests)
TESTS += $(sim_tests)
product_ldadd = $(sim_ldadd) $(CHECK_LIBS)
tests_sim_test_sim_arguments_LDADD = $(product_ldadd)
tests_sim_test_sim_hosts_LDADD = $(product_ldadd)
tests_sim_test_sim_links_LDADD = $(product_ldadd)
tests_sim_test_sim_programs_LDADD = $(product_ldadd)
tests_sim_test_sim_replay_LDADD = $(product_ldadd)
tests_sim_test_sim_report_LDADD = $(product_ldadd)
tests_sim_test_sim_signals_LDADD = $(product_ldadd)
tests_sim_test_sim_time_LDADD = $(product_ldadd)
# end of libsock-sim's tests

if HAVE_SLIRP
slirp_tests = \
	%D%/unit/test_board_settings \
	%D%/unit/test_slirp \
	%D%/unit/test_slirp_fds \
	%D%/unit/test_slirp_policy \
	%D%/unit/test_slirp_stalls \
	%D%/unit/test_slirp_tcp
check_PROGRAMS += $(slirp_tests)
TESTS += $(slirp_tests)
slirp_ldadd = libsock-slirp-internal.a $(LDADD) $(SLIRP_LIBS)
tests_unit_test_board_settings_LDADD = $(slirp_ldadd)
tests_unit_test_slirp_LDADD = $(slirp_ldadd)
tests_unit_test_slirp_fds_LDADD = $(slirp_ldadd)
tests_unit_test_slirp_policy_LDADD = $(slirp_ldadd)
tests_unit_test_slirp_stalls_LDADD = $(slirp_ldadd)
tests_unit_test_slirp_tcp_LDADD = $(slirp_ldadd)
check_PROGRAMS += %D%/e2e/forks
tests_e2e_forks_LDADD = $(example_ldadd)
if SHARED
# As anybody's program: it is linked with nothing.
check_PROGRAMS += %D%/e2e/preload_probe %D%/e2e/preload_resolver %D%/e2e/preload_signals %D%/e2e/preload_threads
tests_e2e_preload_probe_LDADD =
tests_e2e_preload_resolver_LDADD = -lresolv -lpthread
tests_e2e_preload_signals_LDADD =
tests_e2e_preload_threads_LDADD = -lpthread
endif
# end of the slirp tests
endif
else
LDADD = libsock-internal.a
endif

include %D%/fuzz/local.mk

endif

# Of an assertion there is but the branch where it holds. Fails below 99 % of lines or 95 % of branches, first of the stack,
# then of the POSIX calls and of sockrun, which are below: what a process did that ends by _exit, a signal or exec, as many
# under sockrun do, is not counted.
count_coverage = gcovr --root $(srcdir) --object-directory $(abs_builddir) --exclude-unreachable-branches \
	--exclude-branches-by-pattern '.*SK_ASSERT.*' --print-summary
coverage:
	CK_TIMEOUT_MULTIPLIER=10 $(MAKE) check
	$(count_coverage) --filter '$(srcdir)/libsock/' --txt coverage.txt --fail-under-line 99 --fail-under-branch 95 .
	$(count_coverage) --filter '$(srcdir)/compat/' --txt coverage-compat.txt --fail-under-line 99 --fail-under-branch 95 .
	@tail -n 3 coverage.txt coverage-compat.txt
