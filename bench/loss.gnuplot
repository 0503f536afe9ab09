# SPDX-License-Identifier: BSD-3-Clause
# gnuplot -e "table='loss.txt'; linux='linux.txt'; peers='peers.txt'; picture='loss.svg'" loss.gnuplot
# Mbit/s over the share of frames that are lost, for each round trip, from what bench/loss and bench/linux print.
set terminal svg size 960,460 background 'white'
set output picture
set datafile missing '-'
set logscale xy
set xrange [0.08:6.5]
set yrange [0.2:110]
set xtics ('0.1' 0.1, '1' 1, '3' 3, '5' 5)
set xlabel 'frames lost, %'
set ylabel 'Mbit/s'
set grid
set key bottom left
array rtts[2] = [20, 100]
of(profile, rtt) = (strcol(1) eq profile && $2 == 100 && $3 == rtt && $4 > 0) ? $6 : NaN

set multiplot layout 1,2
do for [i = 1:2] {
    rtt = rtts[i]
    set title sprintf('round trip %d ms, 100 Mbit/s', rtt)
    plot table using 4:(of('bbr', rtt)) with linespoints lw 2 pt 13 title 'libsock RACK, BBR', \
         table using 4:(of('full', rtt)) with linespoints lw 2 pt 7 title 'libsock RACK, CUBIC', \
         table using 4:(of('rack+reno', rtt)) with linespoints lw 2 pt 5 title 'libsock RACK, Reno', \
         table using 4:(of('basic', rtt)) with linespoints lw 2 pt 9 title 'libsock NewReno', \
         linux using 4:(of('linux-bbr', rtt)) with points pt 12 ps 1.5 lc "black" title 'Linux BBR v1', \
         linux using 4:(of('linux-cubic', rtt)) with points pt 6 ps 1.5 lc "black" title 'Linux CUBIC', \
         linux using 4:(of('linux-reno', rtt)) with points pt 4 ps 1.5 lc "black" title 'Linux Reno', \
         peers using 2:($1 == rtt && $2 > 0 ? $3 : NaN) with points pt 2 lc "black" title 'lwIP', \
         peers using 2:($1 == rtt && $2 > 0 ? $5 : NaN) with points pt 1 lc "black" title 'smoltcp CUBIC', \
         1460 * 8 / (rtt * 1000.0) * sqrt(150 / x) with lines dt 2 lc 'gray40' title 'Mathis'
}
unset multiplot
