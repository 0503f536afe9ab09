# SPDX-License-Identifier: BSD-3-Clause
dist_man_MANS = \
	%D%/libsock.3 \
	%D%/libsock.7
if !FIRMWARE
dist_man_MANS += %D%/libsock-sim.3
endif
