package Test::Nginx::WZP::Screen;

# A program on a terminal of its own, with script(1), and what it has painted
# there: as much of xterm as ncurses uses.  A sequence that is not known is
# remembered in {strange}.

use strict;
use warnings;

use Encode ();

use Test::Nginx::WZP;


# start($t, 'name', size => [24, 80], env => {...}, command => '...', then =>
# 'shell commands in the background, $T is the terminal').  The shell outlives a
# Ctrl-C, to tell how the terminal was left.

sub start
{
    my ($class, $t, $name, %opt) = @_;
    my ($rows, $cols) = @{$opt{size} || [24, 80]};
    my $setup = "trap : INT; T=\$(tty); stty rows $rows cols $cols; ";
    $setup .= "($opt{then}) & " if $opt{then};

    my $after = "e=\$?; stty -a >$name.stty; exit \$e";
    my $p = Test::Nginx::WZP::Process->spawn(
        name => $name, dir => $t->dir, input => 1,
        env => { TERM => 'xterm', LC_ALL => 'C.UTF-8', NO_COLOR => undef,
                 COLUMNS => undef, LINES => undef, XDG_CONFIG_HOME => undef,
                 %{$opt{env} || {}} },
        command => ['script', '-qefc', "cd " . $t->dir . "; $setup"
                    . "$opt{command}; $after", '/dev/null']);
    push @{$t->{clients}}, $p;

    my $self = bless { p => $p, name => $t->dir . "/$name", read => 0,
                       strange => [] }, $class;
    $self->size($rows, $cols);
    return $self;
}


sub size
{
    my ($self, $rows, $cols) = @_;
    my $old = $self->{cells} || [];

    @$self{qw(rows cols)} = ($rows, $cols);
    $self->{cells} = [map { my $r = $_;
                            [map { $old->[$r][$_] // ' ' } 0 .. $cols - 1] }
                      0 .. $rows - 1];
    @$self{qw(top bottom)} = (0, $rows - 1);
    $self->{row} = $rows - 1 if ($self->{row} //= 0) >= $rows;
    $self->{col} = $cols - 1 if ($self->{col} //= 0) >= $cols;
}


# The terminal has another size now: from where the program clears it.

sub resized
{
    my ($self, $rows, $cols) = @_;
    my ($raw, $at);

    wait_for {
        $raw = $self->{p}->output;
        ($at = index $raw, "\e[2J", $self->{read}) >= 0;
    } or return 0;

    $self->{left} .= substr $raw, $self->{read}, $at - $self->{read};
    $self->{read} = $at;
    $self->paint;
    $self->size($rows, $cols);
    return 1;
}


sub type { print {$_[0]{p}{input}} $_[1] }


# The rows as text, after all that came by now.

sub text
{
    my ($self) = @_;

    1 while $self->step(4096);

    return join '', map { my $s = join '', @$_; $s =~ s/ +$//; "$s\n" }
                    @{$self->{cells}};
}


# Paint the next bytes; false: there are none.

sub step
{
    my ($self, $n) = @_;
    my $new = substr $self->{p}->output, $self->{read}, $n;

    $self->{left} .= $new;
    $self->{read} += length $new;
    $self->paint;
    return length $new;
}


# It shows this, or has done since it was last asked.

sub shows
{
    my ($self, $re, $limit) = @_;
    my $end = time + ($limit || 10);

    while (1) {
        my $running = $self->{p}->running;

        while ($self->step(100)) {
            return 1 if join("\n", map { join '', @$_ } @{$self->{cells}})
                        =~ s/ +$//mgr =~ $re;
        }

        return 1 if $self->text =~ $re;
        return 0 if time > $end || !$running;
        select undef, undef, undef, 0.05;
    }
}


sub paint
{
    my ($self) = @_;

    for ($self->{left}) {
        while (length) {
            if (s/^\e\[([?>]?)([\d;]*)([@-~])//) {
                $self->control($1, $3, split /;/, $2);
            } elsif (s/^\e[()]([0B])//) {
                # character sets
            } elsif (s/^\eM//) {
                $self->{row} > $self->{top} ? $self->{row}--
                                            : $self->scroll(-1);
            } elsif (s/^\e[=>78]//) {
                # modes of the keypad
            } elsif (/^\e/) {
                last if length() < 16;
                push @{$self->{strange}}, substr $_, 0, 8;
                s/^\e//;
            } elsif (s/^\r//) {
                $self->{col} = 0;
            } elsif (s/^\n//) {
                $self->feed;
            } elsif (s/^\x08//) {
                $self->{col}-- if $self->{col} > 0;
            } elsif (s/^\t//) {
                $self->{col} = ($self->{col} | 7) + 1;
                $self->{col} = $self->{cols} - 1
                    if $self->{col} >= $self->{cols};
            } elsif (s/^[\x00-\x1f]//) {
                # bell
            } elsif (s/^([\x20-\x7e]|[\xc2-\xdf].|[\xe0-\xef]..|[\xf0-\xf4]...)//s)
            {
                $self->put(Encode::decode('UTF-8', $1));
            } else {
                last if length() < 4;
                push @{$self->{strange}}, substr $_, 0, 1, '';
            }
        }
    }
}


sub put
{
    my ($self, $ch) = @_;

    if ($ch =~ /^\p{Mn}/) {
        my $col = $self->{col} > 0 ? $self->{col} - 1 : 0;
        $self->{cells}[$self->{row}][$col] .= $ch;
        return;
    }

    if ($self->{col} >= $self->{cols}) {        # the margin waits
        $self->{col} = 0;
        $self->feed;
    }

    $self->{last} = $ch;
    $self->{cells}[$self->{row}][$self->{col}++] = $ch;
    $self->{cells}[$self->{row}][$self->{col}++] = ''
        if $ch =~ /^[\x{1100}-\x{115f}\x{2e80}-\x{a4cf}\x{ac00}-\x{d7a3}\x{f900}-\x{faff}\x{fe30}-\x{fe6f}\x{ff00}-\x{ff60}\x{1f300}-\x{1faff}]/;
}


sub feed
{
    my ($self) = @_;

    if ($self->{row} == $self->{bottom}) {
        $self->scroll(1);
    } elsif ($self->{row} < $self->{rows} - 1) {
        $self->{row}++;
    }
}


sub scroll
{
    my ($self, $n) = @_;
    my ($c, $top, $bottom) = @$self{qw(cells top bottom)};

    for (1 .. abs $n) {
        my ($from, $to) = $n > 0 ? ($top, $bottom) : ($bottom, $top);
        splice @$c, $from, 1;
        splice @$c, $to, 0, [(' ') x $self->{cols}];
    }
}


sub blank
{
    my ($self, $row, $from, $to) = @_;

    $self->{cells}[$row][$_] = ' ' for $from .. $to;
}


sub control
{
    my ($self, $private, $final, @arg) = @_;
    my $n = $arg[0] || 1;
    my ($rows, $cols, $row) = @$self{qw(rows cols row)};

    return if $final =~ /[hlmt]/ || $private;

    $self->{col} = $cols - 1 if $self->{col} >= $cols && $final ne 'b';
    my $col = $self->{col};
    my $line = $self->{cells}[$row];

    my %do = (
        A => sub { $self->{row} = $row > $n ? $row - $n : 0 },
        B => sub { $self->{row} = $row + $n < $rows ? $row + $n : $rows - 1 },
        C => sub { $self->{col} = $col + $n < $cols ? $col + $n : $cols - 1 },
        D => sub { $self->{col} = $col > $n ? $col - $n : 0 },
        G => sub { $self->{col} = $n - 1 },
        d => sub { $self->{row} = $n - 1 },
        H => sub { $self->{row} = $n - 1; $self->{col} = ($arg[1] || 1) - 1 },
        J => sub {
            my $from = ($arg[0] || 0) == 2 ? 0 : $row + 1;
            $self->blank($row, $col, $cols - 1);
            $self->blank($_, 0, $cols - 1) for $from .. $rows - 1;
        },
        K => sub {
            ($arg[0] || 0) == 1 ? $self->blank($row, 0, $col)
                                : $self->blank($row, $col, $cols - 1);
        },
        X => sub { $self->blank($row, $col, $col + $n - 1) },
        P => sub { splice @$line, $col, $n; push @$line, (' ') x $n },
        '@' => sub {
            splice @$line, $col, 0, (' ') x $n;
            splice @$line, $cols;
        },
        L => sub { local $self->{top} = $row; $self->scroll(-$n) },
        M => sub { local $self->{top} = $row; $self->scroll($n) },
        S => sub { $self->scroll($n) },
        T => sub { $self->scroll(-$n) },
        Z => sub { $self->{col} = ($col - 1) & ~7 if $col > 0 },
        b => sub { $self->put($self->{last}) for 1 .. $n },
        r => sub {
            @$self{qw(top bottom)} = ($n - 1, ($arg[1] || $rows) - 1);
            @$self{qw(row col)} = (0, 0);
        },
    );

    $do{$final} ? $do{$final}->()
                : push @{$self->{strange}}, "CSI @arg $final";
}


# The program's status, and whether the terminal is as it was: the modes that
# the shell saw afterwards.

sub wait { return $_[0]{p}->wait }

sub restored
{
    my ($self) = @_;
    my $raw = $self->{p}->output;
    my $modes = slurp("$self->{name}.stty");

    return (rindex($raw, "\e[?1049l") > rindex($raw, "\e[?1049h")) + 0
           . ($modes =~ /(?<!-)\bicanon\b/ ? 1 : 0)
           . ($modes =~ /(?<!-)\becho\b/ ? 1 : 0)
           . ($modes =~ /(?<!-)\bixon\b/ ? 1 : 0);
}


1;
