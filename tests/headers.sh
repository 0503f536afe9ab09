#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every header compiles alone; the public one compiles as C++; the core compiles as strict freestanding C11;
# all without a warning, with the configured compiler and, where it is installed, with clang.
: "${srcdir:?}"
set -u
flags='-fsyntax-only -Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion'
core='libsock/base libsock/wire libsock/proto libsock/net libsock/api'
failed=0

cd "$srcdir" || exit 1

complain() {
    echo "$*"
    failed=1
}

# A translation unit that is not empty, though the header may declare nothing.
include() {
    printf '#include "%s"\nextern int not_empty;\n' "$1"
}

compilers=$CC
command -v clang >/dev/null && compilers="$compilers
clang"

old_ifs=$IFS
IFS='
'
for cc in $compilers; do
    IFS=$old_ifs
    # shellcheck disable=SC2086 # lists of words
    for header in $(find libsock compat sim -name '*.h' | sort); do
        include "${header#libsock/}" | $cc $flags -std=gnu11 -Ilibsock -I. -x c - ||
            complain "$cc: $header does not compile alone"
    done
    # shellcheck disable=SC2086 # lists of words
    for source in $(find $core -name '*.c' | sort); do
        $cc $flags -std=c11 -ffreestanding -Ilibsock "$source" ||
            complain "$cc: $source is not strict C11"
    done
done
IFS=$old_ifs

if command -v g++ >/dev/null && [ -f libsock/libsock.h ]; then
    for header in libsock.h link/*.h port/*.h; do
        [ -f "libsock/$header" ] || continue
        include "$header" | g++ -fsyntax-only -Werror -Wall -Wextra -Wpedantic -std=c++11 -Ilibsock -x c++ - ||
            complain "$header is not C++"
    done
    include sim/libsock-sim.h | g++ -fsyntax-only -Werror -Wall -Wextra -Wpedantic -std=c++11 -I. -x c++ - ||
        complain 'sim/libsock-sim.h is not C++'
fi
exit $failed
