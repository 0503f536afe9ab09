# SPDX-License-Identifier: BSD-3-Clause
EXTRA_DIST += %D%/instructions.sh %D%/slirp.py %D%/benchmarks.sh %D%/linux.txt %D%/loss.gnuplot \
	%D%/peers.txt %D%/plot.sh %D%/host/host.py %D%/host/table.py

if !FIRMWARE
EXTRA_PROGRAMS += %D%/bench

%C%_bench_SOURCES = %D%/bench.c %D%/hosts.c %D%/hosts.h
%C%_bench_LDADD = libsock-internal.a
%C%_fairness_SOURCES = %D%/fairness.c %D%/cell.c %D%/cell.h %D%/bulk.c %D%/bulk.h
%C%_fairness_LDADD = libsock-internal.a -lm
%C%_linux_SOURCES = %D%/linux.c %D%/cell.c %D%/cell.h %D%/bulk.c %D%/bulk.h
%C%_linux_LDADD = libsock-internal.a -lm
%C%_loss_SOURCES = %D%/loss.c %D%/cell.c %D%/cell.h %D%/bulk.c %D%/bulk.h
%C%_loss_LDADD = libsock-internal.a -lm
%C%_round_trip_SOURCES = %D%/round_trip.c %D%/hosts.c %D%/hosts.h
%C%_round_trip_LDADD = libsock-internal.a

# As anybody's program: it is linked with nothing.
check_PROGRAMS += %D%/host/ask
%C%_host_ask_LDADD =

# tests/scale.sh counts the instructions of the first, tests/e2e/test_benchmarks.sh runs the others.
check_PROGRAMS += %D%/round_trip %D%/linux %D%/loss %D%/fairness
endif

bench: %D%/bench %D%/round_trip all
	@%D%/bench
	@$(srcdir)/bench/instructions.sh %D%/round_trip 10 1000 10000 || test $$? -eq 77
	@if test -x examples/http_get; then $(PYTHON) $(srcdir)/bench/slirp.py examples/http_get; fi

# The costliest frames that are known: tests/fuzz/fuzz_cost.c says what is counted.
bench-cost: tests/fuzz/cost
	@srcdir=$(srcdir) $(SHELL) $(srcdir)/tests/cost.sh

# Seconds: virtual time.
bench-loss: %D%/loss bench-fairness
	@%D%/loss >%D%/loss.txt && cat %D%/loss.txt
	@$(srcdir)/%D%/plot.sh %D%/loss.txt %D%/loss.svg

bench-fairness: %D%/fairness
	@%D%/fairness >%D%/fairness.txt && cat %D%/fairness.txt

# Two hours of real time, which is why what it prints is kept beside the other peers'.
bench-linux: %D%/linux
	@unshare -r %D%/linux >%D%/linux.out
	@cp %D%/linux.out $(srcdir)/%D%/linux.txt

bench-document: bench-loss
	@$(srcdir)/%D%/benchmarks.sh %D%/loss.txt %D%/fairness.txt $(srcdir)/docs/benchmarks.md >%D%/benchmarks.md
	@cp %D%/benchmarks.md $(srcdir)/docs/benchmarks.md
	@if test -f %D%/loss.svg; then cp %D%/loss.svg $(srcdir)/docs/loss.svg; fi

CLEANFILES += %D%/linux.out %D%/loss.txt %D%/loss.svg %D%/fairness.txt %D%/benchmarks.md

# Ten minutes: programs without privileges, beside slirp4netns, pasta and the kernel.
bench-host: %D%/host/ask all
	@$(PYTHON) $(srcdir)/%D%/host/host.py %D%/host/ask ./sockrun >%D%/host.txt
	@$(PYTHON) $(srcdir)/%D%/host/table.py %D%/host.txt %D%/host.svg

bench-host-document: bench-host
	@$(PYTHON) $(srcdir)/%D%/host/table.py %D%/host.txt $(srcdir)/docs/host.svg $(srcdir)/docs/benchmarks.md

CLEANFILES += %D%/host.txt %D%/host.svg

size:
	@$(srcdir)/firmware/size.sh $(srcdir)
