# SPDX-License-Identifier: BSD-3-Clause
# The shim is part of libsock: one archive member per family of calls, so a program gets what it calls.
shim_sources = \
	%D%/accept.c \
	%D%/addr.c \
	%D%/addr.h \
	%D%/ai.h \
	%D%/ai_literal.c \
	%D%/ai_literal6.c \
	%D%/ai_service.c \
	%D%/bind.c \
	%D%/block.c \
	%D%/block.h \
	%D%/call.c \
	%D%/call.h \
	%D%/compat.h \
	%D%/connect.c \
	%D%/connect.h \
	%D%/dup.c \
	%D%/errno.c \
	%D%/errno.h \
	%D%/exit.c \
	%D%/face.h \
	%D%/fd.c \
	%D%/fd.h \
	%D%/fd_table.h \
	%D%/foreign.h \
	%D%/freeaddrinfo.c \
	%D%/gai_strerror.c \
	%D%/getaddrinfo.c \
	%D%/gethostbyaddr_r.c \
	%D%/gethostbyname.c \
	%D%/gethostbyname_r.c \
	%D%/getifaddrs.c \
	%D%/getnameinfo.c \
	%D%/getsockname.c \
	%D%/hostent.c \
	%D%/hostent.h \
	%D%/if_nameindex.c \
	%D%/if_nametoindex.c \
	%D%/inet.c \
	%D%/inet6.h \
	%D%/inet_numbers.c \
	%D%/inet_numbers.h \
	%D%/ioctl.c \
	%D%/iov.c \
	%D%/listen.c \
	%D%/lookup.c \
	%D%/lookup.h \
	%D%/lookup_addr.c \
	%D%/lookup_name.c \
	%D%/message.h \
	%D%/netifs.c \
	%D%/netifs.h \
	%D%/option.h \
	%D%/option_core.c \
	%D%/option_device.c \
	%D%/option_inet6.c \
	%D%/option_ip.c \
	%D%/option_shim.c \
	%D%/option_tcp_info.c \
	%D%/poll.c \
	%D%/poll_wait.c \
	%D%/poll_wait.h \
	%D%/recv.c \
	%D%/recvmsg.c \
	%D%/select.c \
	%D%/send.c \
	%D%/sendmsg.c \
	%D%/shutdown.c \
	%D%/sockatmark.c \
	%D%/socket.c \
	%D%/sockopt.c \
	%D%/state.c \
	%D%/state.h \
	%D%/unistd.c

shim_host_sources = \
	%D%/ai_hosts_host.c \
	%D%/ai_pool_host.c \
	%D%/closers_host.c \
	%D%/epoll_ctl_host.c \
	%D%/epoll_host.h \
	%D%/epoll_instance.h \
	%D%/epoll_names_host.c \
	%D%/epoll_wait_host.c \
	%D%/fd_host.c \
	%D%/foreign_host.c \
	%D%/foreign_transfer_host.c \
	%D%/fortify_host.c \
	%D%/netifs_pool_host.c \
	%D%/process_host.c \
	%D%/process_host.h \
	%D%/sendfile_host.c \
	%D%/start_host.c

shim_firmware_sources = \
	%D%/ai_hosts_firmware.c \
	%D%/ai_pool_firmware.c \
	%D%/byte_order_firmware.c \
	%D%/clock_firmware.c \
	%D%/fd_firmware.c \
	%D%/foreign_firmware.c \
	%D%/gethostent_firmware.c \
	%D%/gethostname_firmware.c \
	%D%/getnetent_firmware.c \
	%D%/getprotoent_firmware.c \
	%D%/getrandom_firmware.c \
	%D%/getservent_firmware.c \
	%D%/h_errno_firmware.c \
	%D%/hstrerror_firmware.c \
	%D%/in6addr_firmware.c \
	%D%/inet6_firmware.c \
	%D%/inet_bsd_firmware.c \
	%D%/netifs_pool_firmware.c \
	%D%/sigaction_firmware.c \
	%D%/sleep_firmware.c \
	%D%/socketpair_firmware.c \
	%D%/start_firmware.c

settings_sources = %D%/board_hosts.c %D%/board_hosts.h %D%/board_settings.c %D%/board_settings.h %D%/board_units.c %D%/board_units.h
slirp_sources += $(settings_sources) %D%/board_slirp.c %D%/board_slirp.h %D%/board_tcp.c %D%/board_tcp.h

EXTRA_DIST += $(shim_host_sources) $(shim_firmware_sources)

libsock_internal_a_SOURCES += $(shim_sources)
if FIRMWARE
libsock_internal_a_SOURCES += $(shim_firmware_sources)
else
libsock_internal_a_SOURCES += $(shim_host_sources)
endif

shimdir = $(includedir)/libsock/compat
shim_HEADERS = %D%/compat.h
