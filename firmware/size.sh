#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What libsock takes on a Cortex-M3: text (constants included), data and bss of each module in two images of
# examples/http_get.c for mps2-an385, after the linker threw away what nothing calls. small: the board's host; full: with
# all that it may leave out (everything.c). -Os, no assertions, 4-octet addresses. Prints lines of name, value, unit; tables
# that the board gives the stack are not the library's.
#
#   firmware/size.sh [SRCDIR [MAP]]     MAP.small and MAP.full keep the linker's maps
set -eu
srcdir=${1:-.}
map=${2:-}
command -v arm-none-eabi-gcc >/dev/null || { echo 'size.sh: no arm-none-eabi-gcc' >&2; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

flags=$(echo "--specs=picolibc.specs -mcpu=cortex-m3 -mthumb -Os -std=gnu11 -ffunction-sections -fdata-sections
    -DSK_NO_ASSERT -DSK_IP_ADDR_LEN=4 -I$srcdir/include -I$srcdir/libsock -I$srcdir -I$srcdir/firmware/mps2-an385" | tr '\n' ' ')

# The modules of the library, as a board has them.
modules() {
    (cd "$srcdir/libsock" && find base wire proto net api -name '*.c' &&
        ls link/loopback.c link/lan9118.c port/cortexm.c) | sed 's,^,libsock/,'
    (cd "$srcdir" && find compat -maxdepth 1 -name '*.c' ! -name '*_host.c' ! -name '*_wrap.c' ! -name 'board_*')
}

# One object for each, named after its path: base/ring.c is base@ring.o.
# shellcheck disable=SC2016,SC2086
modules | sort | xargs -P "$(nproc)" -I{} sh -c '
    object=$(echo "$1" | sed "s,^libsock/,,; s,/,@,g; s,c\$,o,")
    arm-none-eabi-gcc $3 -c "$2/$1" -o "$4/$object"' sh {} "$srcdir" "$flags" "$out"
arm-none-eabi-ar rc "$out/libsock.a" "$out"/*.o

# link IMAGE [SOURCE]
link() {
    # shellcheck disable=SC2086
    arm-none-eabi-gcc $flags "$srcdir/examples/http_get.c" "$srcdir"/firmware/mps2-an385/*.c ${2+"$2"} "$out/libsock.a" \
        -o "$out/$1" --crt0=semihost --oslib=semihost "-L$srcdir/firmware/mps2-an385" -Tmps2.ld "-Wl,-Map=$out/$1.map"
    [ -z "$map" ] || cp "$out/$1.map" "$map.$1"
}

# measure IMAGE. A section's line in the map: name, address, size, file; a long name has a line of its own.
measure() {
    awk -v image="$1" '
    function hex(s,   i, n) {
        n = 0
        for (i = 3; i <= length(s); i++)
            n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1
        return n
    }
    /^Linker script and memory map/ { laid_out = 1 }
    !laid_out { next }
    /^ (\.|COMMON)/ && NF == 1 { section = $1; next }
    /^ (\.|COMMON)/ && NF >= 4 { section = $1; size = $3; file = $4 }
    /^ +0x/ && section != "" && NF >= 3 { size = $2; file = $3 }
    file ~ /libsock\.a\(/ {
        sub(/.*\(/, "", file)
        sub(/\.o\).*/, "", file)
        gsub(/@/, "/", file)
        kind = section ~ /^\.data/ ? "data" : section ~ /^(\.t?bss|COMMON)/ ? "bss" : \
               section ~ /^\.(text|rodata|init|fini)/ ? "text" : ""
        if (kind != "") {
            sum[file, kind] += hex(size)
            total[kind] += hex(size)
            modules[file] = 1
        }
    }
    { section = ""; file = "" }
    END {
        for (m in modules)
            for (k = 1; k <= 3; k++) {
                kind = k == 1 ? "text" : k == 2 ? "data" : "bss"
                printf "%s/%s.%s %d octets\n", image, m, kind, sum[m, kind] | "sort"
            }
        close("sort")
        for (k = 1; k <= 3; k++) {
            kind = k == 1 ? "text" : k == 2 ? "data" : "bss"
            printf "%s/total.%s %d octets\n", image, kind, total[kind]
        }
    }' "$out/$1.map"
}

link small
link full "$srcdir/firmware/everything.c"
measure small
measure full
