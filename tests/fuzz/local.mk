# SPDX-License-Identifier: BSD-3-Clause
# A fuzz target is a file with LLVMFuzzerTestOneInput and a folder of inputs, corpus/<name>. `make check` replays the
# corpus, in every build; `make fuzz` looks for new inputs, with clang's libFuzzer, FUZZ_SECONDS for each target.
fuzz_targets = fuzz_arp fuzz_cost fuzz_dhcp fuzz_dns fuzz_eth fuzz_fragments fuzz_frames fuzz_icmp4 fuzz_igmp fuzz_ipv4 \
	fuzz_lease fuzz_resolve fuzz_segments fuzz_tcp fuzz_text fuzz_udp

fuzz_programs = \
	%D%/fuzz_arp \
	%D%/fuzz_cost \
	%D%/fuzz_dhcp \
	%D%/fuzz_dns \
	%D%/fuzz_eth \
	%D%/fuzz_fragments \
	%D%/fuzz_frames \
	%D%/fuzz_icmp4 \
	%D%/fuzz_igmp \
	%D%/fuzz_ipv4 \
	%D%/fuzz_lease \
	%D%/fuzz_resolve \
	%D%/fuzz_segments \
	%D%/fuzz_tcp \
	%D%/fuzz_text \
	%D%/fuzz_udp

EXTRA_DIST += %D%/corpus %D%/regions.c
check_PROGRAMS += $(fuzz_programs)
%C%_fuzz_arp_SOURCES = %D%/fuzz_arp.c %D%/replay.c %D%/fuzz.h
cost_sources = %D%/fuzz_cost.c %D%/fuzz_cost.h %D%/cost_host.h %D%/cost_scene.h %D%/steps.c %D%/steps.h \
	%D%/fuzz.h %D%/fuzz_host.h
%C%_fuzz_cost_SOURCES = $(cost_sources) %D%/replay.c
%C%_fuzz_dhcp_SOURCES = %D%/fuzz_dhcp.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_dns_SOURCES = %D%/fuzz_dns.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_eth_SOURCES = %D%/fuzz_eth.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_fragments_SOURCES = %D%/fuzz_fragments.c %D%/replay.c %D%/fuzz.h %D%/fuzz_host.h
%C%_fuzz_frames_SOURCES = %D%/fuzz_frames.c %D%/replay.c %D%/fuzz.h %D%/fuzz_host.h
%C%_fuzz_icmp4_SOURCES = %D%/fuzz_icmp4.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_igmp_SOURCES = %D%/fuzz_igmp.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_ipv4_SOURCES = %D%/fuzz_ipv4.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_lease_SOURCES = %D%/fuzz_lease.c %D%/replay.c %D%/fuzz.h %D%/fuzz_host.h
%C%_fuzz_resolve_SOURCES = %D%/fuzz_resolve.c %D%/replay.c %D%/fuzz.h %D%/fuzz_host.h
%C%_fuzz_segments_SOURCES = %D%/fuzz_segments.c %D%/replay.c %D%/fuzz.h %D%/fuzz_host.h
%C%_fuzz_tcp_SOURCES = %D%/fuzz_tcp.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_text_SOURCES = %D%/fuzz_text.c %D%/replay.c %D%/fuzz.h
%C%_fuzz_udp_SOURCES = %D%/fuzz_udp.c %D%/replay.c %D%/fuzz.h
# end of the fuzz programs

# tests/cost.sh runs it.
check_PROGRAMS += %D%/cost
%C%_cost_SOURCES = $(cost_sources) %D%/cost.c

dist_check_SCRIPTS += %D%/replay.sh
TESTS += %D%/replay.sh
FUZZ_SECONDS = 60

fuzz:
	$(srcdir)/build-aux/fuzz $(srcdir) $(FUZZ_SECONDS) $(fuzz_targets)

clean-local:
	rm -rf fuzz demo
