# House rules that a machine can see.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir "$FindBin::Bin/../..";

my $LONG_LINE = 90;
my $LONG_FILE = 900;
my $LONG_FUNCTION = 80;

my @code = split /\0/, `git ls-files -z -- '*.c' '*.h'`;
my @text = grep { !m{^t/(?:fuzz/corpus|vectors)/} && -T $_ && !-l $_ }
           split /\0/, `git ls-files -z`;

my %wrong = map { $_ => [] } qw(tab blank end line file todo function crlf);

for my $file (@text) {
    open my $fh, '<', $file or next;
    my @lines = <$fh>;
    my $c = $file =~ /\.[ch]$/;
    my $table = $file =~ /_x\.h$/;

    # make and Go want tabs

    my $tabs = $file =~ /(?:^|\/)Makefile|\.mk$|\.go$/;

    for my $i (0 .. $#lines) {
        my $at = "$file:" . ($i + 1);
        my $line = $lines[$i];

        push @{$wrong{crlf}}, $at if $line =~ /\r/;
        push @{$wrong{tab}}, $at if $line =~ /\t/ && !$tabs;
        push @{$wrong{blank}}, $at if $line =~ /[ \t]$/;
        push @{$wrong{todo}}, $at
            if $line =~ /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/;
        push @{$wrong{line}}, $at
            if $c && !$table && length($line) > $LONG_LINE + 1;
    }

    push @{$wrong{end}}, $file
        if @lines && ($lines[-1] !~ /\n\z/ || $lines[-1] eq "\n");
    push @{$wrong{file}}, "$file: " . @lines
        if $c && !$table && @lines > $LONG_FILE;

    long_functions($file, \@lines) if $file =~ /\.c$/;
}

cmp_ok(scalar(@code), '>', 20, @code . ' files of C');
is_deeply($wrong{tab}, [], 'no tabs');
is_deeply($wrong{crlf}, [], 'no carriage returns');
is_deeply($wrong{blank}, [], 'no blanks at the end of a line');
is_deeply($wrong{end}, [], 'files end with one newline');
is_deeply($wrong{line}, [], "no line over $LONG_LINE columns");
is_deeply($wrong{file}, [], "no file over $LONG_FILE lines");
is_deeply($wrong{todo}, [], 'nothing is left to do');
is_deeply($wrong{function}, [],
          "functions over $LONG_FUNCTION lines say why");

done_testing;


# A function begins with "{" and ends with "}" in the first column; a long one
# has "long: why" in the comment above it.

sub long_functions
{
    my ($file, $lines) = @_;
    my ($start, $why) = (undef, 0);

    for my $i (0 .. $#$lines) {
        $why = 1 if !defined $start && $lines->[$i] =~ /\blong: \w/;

        if ($lines->[$i] eq "{\n") {
            $start = $i;

        } elsif ($lines->[$i] eq "}\n" && defined $start) {
            push @{$wrong{function}}, "$file:" . ($start + 1)
                if $i - $start > $LONG_FUNCTION && !$why;
            ($start, $why) = (undef, 0);
        }
    }
}
