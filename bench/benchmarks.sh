#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# benchmarks.sh LOSS FAIRNESS DOCUMENT: prints the document with its tables made anew from what bench/loss and
# bench/fairness printed, from bench/linux.txt, which bench/linux printed, and from bench/peers.txt. Tables stand between
# <!-- tables --> and <!-- end of tables -->.
set -eu
here=$(dirname "$0")
exec awk -v peers="$here/peers.txt" -v linux="$here/linux.txt" -v loss="$1" -v fairness="$2" '
function row(cells, n,    i, line) {
    line = "|"
    for (i = 1; i <= n; i++)
        line = line " " cells[i] " |"
    print line
}
function titles(text,    cells, n) {
    n = split(text, cells, ";")
    row(cells, n)
    line = "|"
    while (n--)
        line = line "---|"
    print line
}
function cells_of(text,    cells, n) {
    n = split(text, cells, ";")
    row(cells, n)
}
function known(value) {
    return value == "-" ? "" : value
}
function ratio(a, b) {
    return a == "" || b == "" ? "" : sprintf("%.2f", a / b)
}
function value(profile, rate, cell, column) {
    return table[profile, rate, cell, column]
}
function silence(profile, cell) {
    return value(profile, 100, cell, "silence_ms") " / " value(profile, 100, cell, "silence_95_ms")
}
function delivered(    i, c, reno, cubic, linux_reno, linux_cubic) {
    titles("RTT, loss;basic;rack+reno;full;bbr;Mathis;Padhye;lwIP;smoltcp Reno;smoltcp CUBIC;Linux Reno;Linux CUBIC;Linux BBR v1;rack+reno / Linux;full / Linux;bbr / full")
    for (i = 1; i <= n_cells; i++) {
        c = order[i]
        reno = value("rack+reno", 100, c, "mbits")
        cubic = value("full", 100, c, "mbits")
        linux_reno = value("linux-reno", 100, c, "mbits")
        linux_cubic = value("linux-cubic", 100, c, "mbits")
        split(peer[c], p, " ")
        split(c, at, " ")
        cells_of(at[1] " ms, " at[2] " %;" value("basic", 100, c, "mbits") ";" reno ";" cubic ";" \
            value("bbr", 100, c, "mbits") ";" \
            known(value("full", 100, c, "mathis_mbits")) ";" known(value("full", 100, c, "padhye_mbits")) ";" \
            known(p[3]) ";" known(p[4]) ";" known(p[5]) ";" \
            linux_reno ";" linux_cubic ";" value("linux-bbr", 100, c, "mbits") ";" \
            ratio(reno, linux_reno) ";" ratio(cubic, linux_cubic) ";" ratio(value("bbr", 100, c, "mbits"), cubic))
    }
}
function silences(    i, c, k, line) {
    titles("RTT, loss;basic;rack+reno;full;bbr;Linux Reno;Linux CUBIC;Linux BBR v1")
    for (i = 1; i <= n_cells; i++) {
        c = order[i]
        split(c, at, " ")
        line = at[1] " ms, " at[2] " %"
        for (k = 1; k <= n_profiles; k++)
            line = line ";" silence(profile[k], c)
        cells_of(line ";" silence("linux-reno", c) ";" silence("linux-cubic", c) ";" silence("linux-bbr", c))
    }
}
function clean(    i, k, r, c, line) {
    titles("rate, RTT;basic;rack+reno;full;bbr")
    for (r = 100; r >= 10; r -= 90)
        for (i = 1; i <= 2; i++) {
            c = (i == 1 ? 20 : 100) " 0"
            line = r " Mbit/s, " (i == 1 ? 20 : 100) " ms"
            for (k = 1; k <= n_profiles; k++)
                line = line ";" value(profile[k], r, c, "mbits") " of " value(profile[k], r, c, "link_mbits") \
                    " (" value(profile[k], r, c, "of_link") ")"
            cells_of(line)
        }
}
function shares(    i) {
    titles("first flow;second flow;Jain;first, Mbit/s;second, Mbit/s")
    for (i = 1; i <= n_rivals; i++) {
        split(rivals[i], p, " ")
        cells_of(p[2] ", " p[4] " ms;" p[3] ", " p[5] " ms;" p[7] ";" p[8] ";" p[9])
    }
}
function read_peers(    p) {
    while ((getline line < peers) > 0)
        if (line !~ /^#/) {
            split(line, p, " ")
            peer[p[1] " " p[2]] = line
        }
}
function read_table(file,    p, name, n, i, c) {
    while ((getline line < file) > 0) {
        n = split(line, p, " ")
        if (p[1] == "#") {
            for (i = 2; i <= n; i++)
                name[i - 1] = p[i]
            continue
        }
        c = p[3] " " p[4]
        if (p[1] == "basic" && p[2] == 100)
            order[++n_cells] = c
        for (i = 1; i <= n; i++)
            table[p[1], p[2], c, name[i]] = p[i]
    }
}
function read_fairness() {
    while ((getline line < fairness) > 0)
        if (line !~ /^#/)
            rivals[++n_rivals] = line
}
BEGIN {
    n_profiles = split("basic rack+reno full bbr", profile, " ")
    read_peers()
    read_table(loss)
    read_table(linux)
    read_fairness()
}
/^<!-- end of tables -->/ { inside = 0 }
!inside { print }
/^<!-- tables -->/ {
    inside = 1
    print "\nPayload over 100 Mbit/s, Mbit/s:\n"
    delivered()
    print "\nThe longest silence, ms, median / 95th percentile:\n"
    silences()
    print "\nNothing lost: payload, of what the wire carries, Mbit/s:\n"
    clean()
    print "\nTwo flows share 10 Mbit/s, second half of 60 s:\n"
    shares()
    print ""
}
' "$3"
