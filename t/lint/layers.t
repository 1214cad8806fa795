# Includes go downward only: see src/README for the layers.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir "$FindBin::Bin/../..";

# A layer, and those that it may include besides itself.

my %below = (
    wzp    => [],
    net    => [qw(wzp)],
    quic   => [qw(net wzp)],
    core   => [qw(quic net wzp)],
    stream => [qw(core quic net wzp)],
    http   => [qw(core quic net wzp)],
    client => [qw(quic net wzp)],
);

# Foreign headers, and the files that may see them.

my @foreign = (
    [qr{^ngx_},                 qr{^(?:src/(?:core|stream|http)/|ngx_wzp)}],
    [qr{^ngx_stream},           qr{^src/stream/}],
    [qr{^ngx_http},             qr{^src/http/}],
    [qr{^(?:ngtcp2|openssl)/},  qr{^src/quic/|^t/sim/sim_cert}],
    [qr{^sodium},               qr{^src/quic/|^src/wzp/wzp_(?:ident|cert|hs|sni|resume)
                                    |^client/|^t/}x],
    [qr{^jansson},              qr{^src/wzp/wzp_(?:signal|json)|^client/
                                    |^t/}x],
    [qr{^opus},                 qr{^client/|^t/}],
    [qr{^sndfile},              qr{^client/|^t/}],
    [qr{^n?curses|^term\.h},    qr{^client/view_term\.c}],
    [qr{^lcrq},                 qr{^t/}],
);

my @files = split /\0/, `git ls-files -z -- '*.c' '*.h'`;
my ($upward, $outside, $form) = ([], [], []);

for my $file (@files) {
    open my $fh, '<', $file or next;
    my ($layer) = $file =~ m{^(?:src/)?(\w+)/};
    my %ok = map { $_ => 1 } $layer || (), @{$below{$layer || ''} || []};

    while (my $line = <$fh>) {
        next unless $line =~ /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
        my ($kind, $name) = ($1, $2);

        if ($kind eq '<') {
            for my $rule (@foreign) {
                push @$outside, "$file: <$name>"
                    if $name =~ $rule->[0] && $file !~ $rule->[1];
            }
            next;
        }

        next if !$below{$layer || ''};          # the module's door, t/

        if ($name =~ m{^(\w+)/\w+\.h$}) {
            push @$upward, "$file: \"$name\"" unless $ok{$1};
        } elsif ($layer ne 'client' || $name =~ m{/}) {
            push @$form, "$file: \"$name\"";
        }
    }
}

cmp_ok(scalar(@files), '>', 20, @files . ' files read');
is_deeply($upward, [], 'nothing includes upward');
is_deeply($outside, [], 'foreign headers stay where they belong');
is_deeply($form, [], 'includes are written from src/');

done_testing;
