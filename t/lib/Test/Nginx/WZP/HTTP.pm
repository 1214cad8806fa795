package Test::Nginx::WZP::HTTP;

# HTTP requests to the nginx of a test, and a strict reader of metrics.
#
#     http_conf('location /wzp/ { wzp_api; }')   an http {} for conf(); port 1
#     my $a = http($t, 'GET', '/wzp/health');    {status, headers, body, json}
#     my $m = metrics($body);                    {name => {labels => value}},
#                                                or dies with what is wrong

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET;
use JSON ();

our @EXPORT = qw(http http_conf get metrics metric);


# An http {} with one server on the given port of the test (1).

sub http_conf
{
    my ($locations, $port) = @_;
    my $temp = join '', map { "${_}_temp_path %%DIR%%/temp/$_;\n" }
               qw(client_body proxy fastcgi uwsgi scgi);

    $port ||= 1;
    return <<"END";
http {
    $temp
    access_log off;
    server {
        listen 127.0.0.1:%%PORT_$port%%;
        $locations
    }
}
END
}


# One request on a connection of its own.  Options: headers => [...], port => n,
# abort => 1 (send and hang up).  undef when nothing comes back.

sub http
{
    my ($t, $method, $path, %opt) = @_;
    my $s = IO::Socket::INET->new(
        PeerAddr => $t->addr($opt{port} || 1), Timeout => 20) or return undef;

    print $s "$method $path HTTP/1.1\r\nHost: localhost\r\n",
        (map { "$_\r\n" } @{$opt{headers} || []}),
        "Connection: close\r\n\r\n";

    return undef if $opt{abort};

    my $text = '';
    local $SIG{ALRM} = sub { die "timeout\n" };

    eval {
        alarm 30;
        1 while sysread $s, $text, 65536, length $text;
        alarm 0;
    };

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    return undef unless defined $head && $head =~ m{^HTTP/1\.1 (\d+)};

    my %answer = (status => $1, body => defined $body ? $body : '',
                  head => $head);
    $answer{headers}{lc $1} = $2 while $head =~ /^([\w-]+): *(.*?)\r?$/mg;
    $answer{body} = dechunk($answer{body})
        if ($answer{headers}{'transfer-encoding'} || '') eq 'chunked';

    $answer{json} = eval { JSON->new->utf8->allow_nonref
                               ->decode($answer{body}) };
    return \%answer;
}


sub get
{
    my ($t, $path, %opt) = @_;

    return http($t, 'GET', $path, %opt) || {status => 0, body => ''};
}


sub dechunk
{
    my ($text) = @_;
    my $out = '';

    while ($text =~ s/^([0-9a-f]+)\r\n//i && hex $1) {
        $out .= substr $text, 0, hex $1, '';
        $text =~ s/^\r\n//;
    }

    return $out;
}


# Prometheus text, as strict as promtool and stricter: HELP and TYPE once and
# in front, all samples of a metric together, none twice, counters end in
# _total, histograms are whole and never fall.

my $NAME = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $LABEL = qr/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/;

sub metrics
{
    my ($text) = @_;
    my (%samples, %help, %type, %closed, $open);
    my $n = 0;

    die "does not end with a newline\n" if $text !~ /\n\z/;
    die "not UTF-8\n" unless utf8::decode(my $copy = $text);

    for my $line (split /\n/, $text) {
        $n++;

        if ($line =~ /^# HELP ($NAME) (\S.*)$/) {
            die "$n: HELP of $1 twice\n" if $help{$1}++;
            $closed{$open}++ if defined $open;
            $open = $1;
            next;
        }

        if ($line =~ /^# TYPE ($NAME) (counter|gauge|histogram)$/) {
            die "$n: TYPE of $1 is not behind its HELP\n"
                if !defined $open || $open ne $1 || $type{$1};
            my ($name, $kind) = ($1, $2);
            die "$n: $name is a $kind\n"
                if ($kind eq 'counter') != ($name =~ /_total$/);
            $type{$name} = $kind;
            next;
        }

        my ($name, $labels, $value) =
            $line =~ /^($NAME)(?:\{(.*)\})? ([-+]?[0-9.e+-]+|\+Inf|NaN)$/
            or die "$n: what is \"$line\"?\n";

        my $family = $name;
        $family =~ s/_(?:bucket|sum|count)$//
            unless defined $type{$family};
        die "$n: $name has no TYPE\n" unless $type{$family};
        die "$n: $name is not with its others\n" if $family ne $open;
        die "$n: $name of a histogram\n"
            if $type{$family} eq 'histogram' && $name eq $family;

        my %seen;
        my $rest = defined $labels ? $labels : '';
        while ($rest =~ s/^$LABEL(?:,(?=[a-zA-Z_])|$)//) {
            die "$n: label $1 twice\n" if $seen{$1}++;
        }
        die "$n: labels \"$labels\"\n" if $rest ne '';

        my $key = defined $labels ? $labels : '';
        die "$n: $name\{$key} twice\n" if exists $samples{$name}{$key};
        $samples{$name}{$key} = $value;
    }

    histogram(\%samples, $_) for grep { $type{$_} eq 'histogram' } keys %type;
    return \%samples;
}


sub histogram
{
    my ($samples, $name) = @_;
    my %groups;

    for my $labels (keys %{$samples->{"${name}_bucket"}}) {
        my ($le) = $labels =~ /\ble="([^"]+)"/ or die "$name: no le\n";
        (my $others = $labels) =~ s/,?le="[^"]+"//;
        $groups{$others}{$le} = $samples->{"${name}_bucket"}{$labels};
    }

    for my $others (keys %groups) {
        my %of = %{$groups{$others}};
        my $inf = delete $of{'+Inf'};
        die "$name: no +Inf\n" unless defined $inf;

        my $last = 0;
        for my $le (sort { $a <=> $b } keys %of) {
            die "$name: falls at $le\n" if $of{$le} < $last;
            $last = $of{$le};
        }

        my $count = $samples->{"${name}_count"}{$others};
        die "$name: +Inf is not the count\n"
            if !defined $count || $inf != $count || $inf < $last;
        die "$name: no sum\n" unless defined $samples->{"${name}_sum"}{$others};
    }
}


# The sum of all samples of a metric whose labels match.

sub metric
{
    my ($m, $name, $re) = @_;
    my $sum = 0;

    for my $labels (keys %{$m->{$name} || {}}) {
        $sum += $m->{$name}{$labels} if !defined $re || $labels =~ $re;
    }

    return $sum;
}


1;
