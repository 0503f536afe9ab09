# SPDX-License-Identifier: BSD-3-Clause
# Usage: forking.pl serve|ask ADDRESS PORT: a server of a process for each connection, which shouts lines back, and its client.
use strict;
use warnings;
use IO::Socket::INET;

my ($what, $address, $port) = @ARGV;

sub serve {
    my $listener = IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, Listen => 10, ReuseAddr => 1) or die $@;
    $SIG{CHLD} = 'IGNORE';
    while (my $connection = $listener->accept) {
        my $child = fork;
        if (!$child) {
            while (my $line = <$connection>) {
                print $connection uc $line;
            }
            exit 0;
        }
        close $connection;
    }
    die "accept: $!";
}

sub ask {
    my $connection = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port) or die $@;
    while (my $line = <STDIN>) {
        print $connection $line;
        $connection->flush;
        print scalar <$connection>;
    }
}

$what eq 'serve' ? serve() : ask();
