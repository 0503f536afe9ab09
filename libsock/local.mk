# SPDX-License-Identifier: BSD-3-Clause
# libsock-internal.a: everything, with every name visible; tests link it. What is installed, libsock.la (shared) and
# libsock.a, shows public names only.
core_sources = \
	%D%/api/group.c \
	%D%/api/op.c \
	%D%/api/option.c \
	%D%/api/tcp_info.c \
	%D%/api/resolve.c \
	%D%/api/transfer.c \
	%D%/base/addr.c \
	%D%/base/addr.h \
	%D%/base/arena.c \
	%D%/base/arena.h \
	%D%/base/assert.h \
	%D%/base/atomic.h \
	%D%/base/be.h \
	%D%/base/bufpool.c \
	%D%/base/bufpool.h \
	%D%/base/config.h \
	%D%/base/cursor.h \
	%D%/base/err.c \
	%D%/base/err.h \
	%D%/base/heap.c \
	%D%/base/heap.h \
	%D%/base/list.h \
	%D%/base/msgq.c \
	%D%/base/msgq.h \
	%D%/base/pkt.c \
	%D%/base/pkt.h \
	%D%/base/ring.c \
	%D%/base/ring.h \
	%D%/base/rng.c \
	%D%/base/rng.h \
	%D%/base/sum.c \
	%D%/base/sum.h \
	%D%/base/tick.h \
	%D%/base/time.h \
	%D%/libsock.h \
	%D%/link/link.h \
	%D%/link/loopback.c \
	%D%/link/loopback.h \
	%D%/link/pair.c \
	%D%/link/pair.h \
	%D%/link/pcap.h \
	%D%/net/conflicts.c \
	%D%/net/conflicts.h \
	%D%/net/connect.c \
	%D%/net/cookie.c \
	%D%/net/demux.c \
	%D%/net/errors.c \
	%D%/net/fragments.c \
	%D%/net/fragments.h \
	%D%/net/fragments_tx.c \
	%D%/net/half_open.c \
	%D%/net/iface.c \
	%D%/net/iface.h \
	%D%/net/ip_id.c \
	%D%/net/ip_options.c \
	%D%/net/lease.c \
	%D%/net/listen.c \
	%D%/net/multicast.c \
	%D%/net/multicast.h \
	%D%/net/netif.c \
	%D%/net/path.c \
	%D%/net/ports.c \
	%D%/net/post.c \
	%D%/net/query.c \
	%D%/net/query_stream.c \
	%D%/net/records.c \
	%D%/net/redirect.c \
	%D%/net/route.c \
	%D%/net/rx.c \
	%D%/net/rx_icmp.c \
	%D%/net/rx_tcp.c \
	%D%/net/rx_udp.c \
	%D%/net/settle.c \
	%D%/net/slots.c \
	%D%/net/socket.c \
	%D%/net/tcp_basic.c \
	%D%/net/tcp_bbr.c \
	%D%/net/tcp_full.c \
	%D%/net/time_wait.c \
	%D%/net/tuples.c \
	%D%/net/tuples.h \
	%D%/net/tx.c \
	%D%/net/tx_socket.c \
	%D%/net/wake.c \
	%D%/port/port.h \
	%D%/proto/acd.c \
	%D%/proto/acd.h \
	%D%/proto/dhcp.c \
	%D%/proto/dhcp.h \
	%D%/proto/dns.c \
	%D%/proto/dns.h \
	%D%/proto/igmp.c \
	%D%/proto/igmp.h \
	%D%/proto/neigh.c \
	%D%/proto/neigh.h \
	%D%/proto/reassembly.c \
	%D%/proto/reassembly.h \
	%D%/proto/tcp/ack.c \
	%D%/proto/tcp/arrives.c \
	%D%/proto/tcp/assemble.c \
	%D%/proto/tcp/assemble.h \
	%D%/proto/tcp/bbr.c \
	%D%/proto/tcp/bbr.h \
	%D%/proto/tcp/bbr_model.c \
	%D%/proto/tcp/bbr_states.c \
	%D%/proto/tcp/close.c \
	%D%/proto/tcp/cubic.c \
	%D%/proto/tcp/delivery.c \
	%D%/proto/tcp/delivery.h \
	%D%/proto/tcp/ecn.c \
	%D%/proto/tcp/extensions.c \
	%D%/proto/tcp/half_open.c \
	%D%/proto/tcp/half_open.h \
	%D%/proto/tcp/inflight.c \
	%D%/proto/tcp/inflight.h \
	%D%/proto/tcp/initial_window.h \
	%D%/proto/tcp/keepalive.c \
	%D%/proto/tcp/newreno.c \
	%D%/proto/tcp/next.c \
	%D%/proto/tcp/open.c \
	%D%/proto/tcp/profile.c \
	%D%/proto/tcp/profile.h \
	%D%/proto/tcp/pmtu.c \
	%D%/proto/tcp/prr.c \
	%D%/proto/tcp/rack.c \
	%D%/proto/tcp/rack.h \
	%D%/proto/tcp/rack_recovery.c \
	%D%/proto/tcp/reno.c \
	%D%/proto/tcp/rtt.c \
	%D%/proto/tcp/rtt.h \
	%D%/proto/tcp/seq.h \
	%D%/proto/tcp/tcp.h \
	%D%/proto/tcp/text.c \
	%D%/proto/tcp/time_wait.c \
	%D%/proto/tcp/time_wait.h \
	%D%/proto/tcp/timer.c \
	%D%/proto/tcp/tlp.c \
	%D%/proto/tcp/undo.c \
	%D%/proto/tcp/urgent.c \
	%D%/proto/tcp/user_timeout.c \
	%D%/proto/udp.c \
	%D%/proto/udp.h \
	%D%/wire/arp.c \
	%D%/wire/arp.h \
	%D%/wire/dhcp.c \
	%D%/wire/dhcp.h \
	%D%/wire/dns.c \
	%D%/wire/dns.h \
	%D%/wire/drop.c \
	%D%/wire/drop.h \
	%D%/wire/eth.c \
	%D%/wire/eth.h \
	%D%/wire/icmp4.c \
	%D%/wire/icmp4.h \
	%D%/wire/igmp.c \
	%D%/wire/igmp.h \
	%D%/wire/ip.c \
	%D%/wire/ip.h \
	%D%/wire/ipv4.c \
	%D%/wire/ipv4.h \
	%D%/wire/tcp.c \
	%D%/wire/tcp.h \
	%D%/wire/udp.c \
	%D%/wire/udp.h

# Beside the core, on hosts and on boards.
host_sources = \
	%D%/link/impaired.c \
	%D%/link/impaired.h \
	%D%/link/own_calls.c \
	%D%/link/own_calls.h \
	%D%/link/own_fds.c \
	%D%/link/own_fds.h \
	%D%/link/own_poll.c \
	%D%/link/own_poll.h \
	%D%/link/own_signals.c \
	%D%/link/own_signals.h \
	%D%/link/pcap.c \
	%D%/link/tap.c \
	%D%/link/tap.h \
	%D%/port/panic.c \
	%D%/port/posix.c \
	%D%/port/posix.h \
	%D%/port/posix_signal.c \
	%D%/port/posix_signal.h \
	%D%/port/posix_threads.c \
	%D%/port/posix_threads.h \
	%D%/port/sim.c \
	%D%/port/sim.h \
	%D%/port/sim_task.c \
	%D%/port/sim_task.h

firmware_sources = \
	%D%/link/lan9118.c \
	%D%/link/lan9118.h \
	%D%/port/atomic_armv6m.c \
	%D%/port/cortexm.c \
	%D%/port/cortexm.h \
	%D%/port/cortexm_cpu.h

# In a library of its own, since it needs libslirp.
slirp_sources = \
	%D%/link/slirp.c \
	%D%/link/slirp.h \
	%D%/link/slirp_burst.c \
	%D%/link/slirp_burst.h \
	%D%/link/slirp_fds.c \
	%D%/link/slirp_fds.h \
	%D%/link/slirp_flows.c \
	%D%/link/slirp_flows.h \
	%D%/link/slirp_policy.c \
	%D%/link/slirp_policy.h

EXTRA_DIST += $(host_sources) $(firmware_sources) $(slirp_sources)

noinst_LIBRARIES += libsock-internal.a
libsock_internal_a_SOURCES = $(core_sources)
if FIRMWARE
libsock_internal_a_SOURCES += $(firmware_sources)
else
libsock_internal_a_SOURCES += $(host_sources)
endif

# What a program may include, and what those headers include.
nobase_include_HEADERS += \
	%D%/libsock.h \
	%D%/base/addr.h \
	%D%/base/be.h \
	%D%/base/config.h \
	%D%/base/cursor.h \
	%D%/base/err.h \
	%D%/base/pkt.h \
	%D%/base/time.h \
	%D%/wire/drop.h \
	%D%/wire/eth.h \
	%D%/link/link.h \
	%D%/port/port.h
if FIRMWARE
nobase_include_HEADERS += \
	%D%/link/lan9118.h \
	%D%/port/cortexm.h
else
nobase_include_HEADERS += \
	%D%/base/rng.h \
	%D%/link/impaired.h \
	%D%/link/pair.h \
	%D%/link/pcap.h \
	%D%/link/tap.h \
	%D%/port/posix.h \
	%D%/port/sim.h
endif

PUBLIC_NAMES = '^(sk_|libsock_|__wrap_)'

if SHARED
# The objects of shared libraries, compiled once: of libsock.so, and of libsock-preload.so (compat/preload).
noinst_LTLIBRARIES += libsock-shared.la
libsock_shared_la_SOURCES = $(libsock_internal_a_SOURCES)
libsock_shared_la_CFLAGS = $(AM_CFLAGS) $(SHARED_CFLAGS)

lib_LTLIBRARIES += libsock.la
# Libtool links for one $(libdir): again when there is a new configuration.
EXTRA_libsock_la_DEPENDENCIES = libsock.pc
libsock_la_SOURCES =
libsock_la_LIBADD = libsock-shared.la
libsock_la_LDFLAGS = $(AM_LDFLAGS) $(WRAP_LDFLAGS) -version-info 0:0:0 \
	-export-symbols-regex $(PUBLIC_NAMES)
endif

archivedir = $(libdir)
archive_DATA = libsock.a
CLEANFILES += libsock.a
PREFIX_ARCHIVE = $(AM_V_GEN)$(srcdir)/build-aux/prefix-archive '$(NM)' '$(OBJCOPY)'

libsock.a: libsock-internal.a
	$(PREFIX_ARCHIVE) libsock-internal.a $@

if HAVE_SLIRP
noinst_LIBRARIES += libsock-slirp-internal.a
nobase_include_HEADERS += %D%/link/slirp.h
libsock_slirp_internal_a_SOURCES = $(slirp_sources)
libsock_slirp_internal_a_CPPFLAGS = $(AM_CPPFLAGS) $(SLIRP_CFLAGS)

SLIRP_NAMES = '^(sk_slirp_|libsock_board)'

if SHARED
lib_LTLIBRARIES += libsock-slirp.la
# What it shares with libsock.so and what is not public there, it has again.
libsock_slirp_la_SOURCES = $(slirp_sources) \
	%D%/base/pkt.c \
	%D%/base/sum.c \
	%D%/wire/arp.c \
	%D%/wire/dns.c \
	%D%/wire/eth.c \
	%D%/wire/icmp4.c \
	%D%/wire/ip.c \
	%D%/wire/ipv4.c \
	%D%/wire/tcp.c \
	%D%/wire/udp.c
libsock_slirp_la_CPPFLAGS = $(AM_CPPFLAGS) $(SLIRP_CFLAGS)
libsock_slirp_la_CFLAGS = $(AM_CFLAGS) $(SHARED_CFLAGS)
libsock_slirp_la_LIBADD = libsock.la $(SLIRP_LIBS)
EXTRA_libsock_slirp_la_DEPENDENCIES = libsock-slirp.pc
libsock_slirp_la_LDFLAGS = $(AM_LDFLAGS) $(WRAP_LDFLAGS) -version-info 0:0:0 \
	-export-symbols-regex $(SLIRP_NAMES)
endif

archive_DATA += libsock-slirp.a
CLEANFILES += libsock-slirp.a
pkgconfig_DATA += libsock-slirp.pc

libsock-slirp.a: libsock-slirp-internal.a libsock-internal.a
	$(PREFIX_ARCHIVE) libsock-slirp-internal.a $@ libsock-internal.a
endif
