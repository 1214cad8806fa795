# Contacts on the command line, and what can be judged about calls before
# anything is dialled.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $home = $t->dir . '/home';
my $file = "$home/.config/wzp/contacts";
my ($ann, $bob) = map { fp_of($_) } 1 .. 2;

mkdir $home;

sub client { return $t->run_client({ home => $home, addr => '' }, @_) }


sub says
{
    my ($rc, $like, $text, @args) = @_;
    my ($got, $out, $err) = client(@args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, $rc, "$text: exit status") or diag("$out$err");
    like($out . $err, $like, "$text: what it says");
}


# ---- the list ----

says(0, qr/^$/, 'nobody', '--contacts');
says(0, qr/^$/, 'add', '--add-contact', "ann=$ann");
(my $plain = uc $bob) =~ s/://g;
says(0, qr/^$/, 'another', "--add-contact=bob=$plain");
says(0, qr/^\Q$ann\E ann\n\Q$bob\E bob\n$/, 'both', '--contacts');
is(slurp($file), "ann $ann\nbob $bob\n", 'in the file');
is((stat $file)[2] & 0777, 0600, 'which is ours');

says(2, qr/ann is \Q$ann\E already/, 'a name that is taken', '--add-contact',
     "Ann=$bob");
says(2, qr/NAME=FINGERPRINT is needed/, "not \"$_\"", '--add-contact', $_)
    for 'ann', "an n=$ann", "contacts=$ann", "=$ann", 'eve=12', "$ann=$bob";
says(2, qr/"eve" is none/, 'remove nobody', '--remove-contact', 'eve');
says(0, qr/^$/, 'remove', '--remove-contact', 'BOB');
says(0, qr/^\Q$ann\E ann\n$/, 'one is left', '--contacts');

spew($file, "# people\nann $ann\nwho?\nbob $bob from school");
says(0, qr/warning: \Q$file\E:3: this is not "NAME FINGERPRINT"/,
     'a bad line is told', '--contacts');
says(0, qr/^\Q$bob\E bob$/m, 'the others are read', '--contacts');
says(0, qr/:3: /, 'and it does not hinder', '--add-contact', "eve=$ann");
is(slurp($file), "# people\nann $ann\nwho?\nbob $bob from school\neve $ann\n",
   'what was there stays');

my $js = Test::Nginx::WZP::Client->start(
    dir => $t->dir, number => 'js', home => $home, args => ['--contacts']);
push @{$t->{clients}}, $js;
is($js->wait, 0, '--json');
is(join(' ', map { "$_->{name}=$_->{fingerprint}" } $js->events('contact')),
   "ann=$ann bob=$bob eve=$ann", 'as events');

# several at a time lose nothing

my @many = map {
    Test::Nginx::WZP::Client->start(
        dir => $t->dir, number => "m$_", home => $home,
        args => ['--add-contact', "p$_=$ann"]);
} 1 .. 8;
push @{$t->{clients}}, @many;
is($_->wait, 0, 'added beside others') for @many;
is(scalar(() = slurp($file) =~ /^p\d/mg), 8, 'all are there');


# ---- wrong usage ----

my $addr = $t->addr;

says(2, qr/which relay/, 'no relay', '--call', 'ann');
says(2, qr/needs WHO/, 'call whom', $addr, '--call');
says(2, qr/"zoe" is none of your contacts/, 'a stranger', '--call', 'zoe',
     $addr);
says(2, qr/"zoe" is none/, 'from a stranger', '--register', '--accept-from',
     'zoe', $addr);
says(2, qr/that is yourself/, 'yourself', '--seed', seed_of(1), '--call',
     'ann', $addr);
says(2, qr/--register and --call exclude/, 'two things at a time',
     '--register', '--call', 'ann', $addr);
says(2, qr/--ping and --route exclude/, 'two others', '--ping', '1',
     '--route', 'ann', $addr);
says(2, qr/is for --register/, "@$_ without it", @$_, $addr)
    for ['--accept'], ['--reject'], ['--once'], ['--accept-from', 'ann'];
says(2, qr/--reject excludes/, 'yes and no', '--register', '--accept',
     '--reject', $addr);
says(2, qr/there are generic and trusted/, 'accept how', '--register',
     '--accept=maybe', $addr);
says(2, qr/--ring-timeout/, "ring for $_", '--call', 'ann', '--ring-timeout',
     $_, $addr) for 0, 3601;
says(7, qr/cannot be/, 'a sound that is not there', '--register',
     '--send-file', $t->dir . '/none.wav', $addr);

$t->done;
