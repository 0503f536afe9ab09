# Of a manual page in mdoc: the program in its EXAMPLES (sed -n -f).
/^\.Sh EXAMPLES/,/^\.Ed/ {
    /^\.Bd -literal$/,/^\.Ed/ {
        /^\.[BE]d/d
        s/\\e/\\/g
        p
    }
}
