# SPDX-License-Identifier: BSD-3-Clause
if !FIRMWARE
EXTRA_PROGRAMS += %D%/bench %D%/round_trip

%C%_bench_SOURCES = %D%/bench.c %D%/hosts.c %D%/hosts.h
%C%_bench_LDADD = libsock-internal.a
%C%_round_trip_SOURCES = %D%/round_trip.c %D%/hosts.c %D%/hosts.h
%C%_round_trip_LDADD = libsock-internal.a
endif

bench: %D%/bench %D%/round_trip
	@%D%/bench

size:
	@$(srcdir)/firmware/size.sh $(srcdir)
