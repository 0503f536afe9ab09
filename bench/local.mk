# SPDX-License-Identifier: BSD-3-Clause
EXTRA_DIST += %D%/instructions.sh %D%/slirp.py

if !FIRMWARE
EXTRA_PROGRAMS += %D%/bench %D%/loss

%C%_bench_SOURCES = %D%/bench.c %D%/hosts.c %D%/hosts.h
%C%_bench_LDADD = libsock-internal.a
%C%_loss_SOURCES = %D%/loss.c
%C%_loss_LDADD = libsock-internal.a
%C%_round_trip_SOURCES = %D%/round_trip.c %D%/hosts.c %D%/hosts.h
%C%_round_trip_LDADD = libsock-internal.a

# tests/scale.sh counts its instructions.
check_PROGRAMS += %D%/round_trip
endif

bench: %D%/bench %D%/round_trip all
	@%D%/bench
	@$(srcdir)/bench/instructions.sh %D%/round_trip 10 1000 10000 || test $$? -eq 77
	@if test -x examples/http_get; then $(PYTHON) $(srcdir)/bench/slirp.py examples/http_get; fi

# Minutes: 15 seeds of every cell.
bench-loss: %D%/loss
	@%D%/loss

size:
	@$(srcdir)/firmware/size.sh $(srcdir)
