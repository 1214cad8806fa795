#!/usr/bin/perl

# Three relays on this machine, in a chain: A - B - C.  Ann speaks on A, Bob
# listens on C; B, between them, has no member at all.  How much of Ann's
# speech has Bob heard?
#
#     make demo-federation

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;
use Test::Nginx::WZP::Topology;

$| = 1;

sub told { print '== ', @_, "\n" }

sub give_up { told(@_); told('verdict: FAILED'); exit 1 }

my @r = chain(3, workers => 2);
my ($from, $via, $to) = @r;

told($_->label, ': relay on ', $_->addr, ', ', scalar($_->workers),
     ' workers') for @r;
wait_up(@r) or give_up('the links do not come up');
told('links: ', join ', ', map { my $r = $_; map { $r->label . ' - ' . $_ }
                                 $r->links_up } $from, $to);

my $file = speech($via->dir, 'ann');
my $heard = $via->dir . '/heard.wav';

my $ear = $to->client('--room', 'general', '--alias', 'Bob',
                      '--record', $heard);
$ear->wait_event('joined') or give_up('Bob cannot join: ', $ear->story);
told('Bob listens on C');

my $mouth = $from->client('--room', 'general', '--alias', 'Ann',
                          '--send-file', $file);
$mouth->wait_event('joined') or give_up('Ann cannot join: ', $mouth->story);
told('Ann speaks on A');

$mouth->wait == 0 or give_up('Ann: ', $mouth->story);
sleep 1;                        # the last words are in the jitter buffer
$ear->stop('INT') == 0 or give_up('Bob: ', $ear->story);

my ($stream) = grep { $_->{received} } @{$ear->report->{streams}};
my $same = similarity($file, $heard);
my $other = similarity(speech($via->dir, 'eve'), $heard);

told(sprintf 'Bob got %d packets, %d lost', $stream->{received},
     $stream->{lost}) if $stream;
told(sprintf 'intelligibility (ESTOI): %.2f of what Ann said, %.2f of other '
     . 'speech', $same->{estoi}, $other->{estoi});

my $good = $stream && $same->{estoi} >= LOW && $other->{estoi} <= OTHER;

$_->end for @r;
told('verdict: ', $good ? 'heard on C, through B, what was said on A'
                        : 'FAILED');

exit($good ? 0 : 1);
