#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# plot.sh TABLE PICTURE: what bench/loss printed, as a picture in SVG. Without gnuplot it says so, and that is all.
set -eu
here=$(dirname "$0")
command -v gnuplot >/dev/null || {
    echo "no gnuplot: $2 is not drawn"
    exit 0
}
gnuplot -e "table='$1'; linux='$here/linux.txt'; peers='$here/peers.txt'; picture='$2'" "$here/loss.gnuplot"
echo "$2 is drawn"
