# How the third-party libraries are fetched, with an apt that is made up: known
# versions first, then the newest; what the mirror does not serve or does not
# build is passed over; and when nothing is left, it is said.  A binary package
# comes before the sources of the same thing.

use strict;
use warnings;

use Cwd;
use File::Copy;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $top = Cwd::abs_path("$FindBin::Bin/../..");
my $dir = tempdir(CLEANUP => 1);

make_path("$dir/src/deps/toy", "$dir/bin", "$dir/served");
copy($_, "$dir/src/deps/") for glob "$top/src/deps/*.sh";

sub spew
{
    my ($file, $text, $mode) = @_;

    open my $fh, '>', $file or die "$file: $!";
    print $fh $text;
    close $fh;
    chmod $mode, $file if $mode;
}

# The index lists five versions of "toy"; the mirror serves what is in served/.

spew("$dir/bin/apt-config", "#!/bin/sh\n", 0755);
spew("$dir/bin/apt-cache", <<'END', 0755);
#!/bin/sh
if [ "$1" = madison ]; then
    echo " toy-bin | 1.5-1 | http://x sid/main"
    exit
fi
for v in 1.0-1 1.1-1 1.1-2 1.3-1 2.0-1; do
    printf 'Package: toy\nBinary: toy\nVersion: %s\n\n' $v
done
printf 'Package: toybox\nVersion: 1.2-1\n\n'
END
spew("$dir/bin/apt-get", <<"END", 0755);
#!/bin/bash
[ -n "\$APT_CONFIG" ] || { echo "the machine's own apt" >&2; exit 9; }
for last; do :; done
v=\${last#toy*=}
case "\$*" in
*update*)
    touch "\${APT_CONFIG%/*}/lists/x_Sources"
    ;;
*print-uris*toy-bin=*)
    echo "'http://x/toy-bin_\$v.deb' toy-bin_\$v.deb 1 SHA256:0"
    ;;
*toy-bin=*)
    cp "$dir/served/toy-bin_\$v.deb" . 2>/dev/null
    ;;
*print-uris*)
    echo "'http://x/toy_\${v%-*}.orig.tar' toy_\${v%-*}.orig.tar 1 SHA256:0"
    ;;
*)
    echo "\$v" >> "$dir/asked"
    cp "$dir/served/toy_\${v%-*}.orig.tar" . 2>/dev/null
    ;;
esac
END

sub serve
{
    for my $v (@_) {
        make_path("$dir/t/toy-$v");
        spew("$dir/t/toy-$v/version", "$v\n");
        system("tar -C $dir/t -cf $dir/served/toy_$v.orig.tar toy-$v") == 0
            or die;
    }
}

sub recipe
{
    my ($tried, $build) = @_;

    spew("$dir/src/deps/toy/recipe.sh", <<"END");
package=toy
tried="$tried"
accept() { ge "\$1" 1.1 && ! ge "\$1" 2; }
build()
{
    $build
    mkdir -p "\$2"
    cp "\$1/version" "\$2/"
}
END
}

sub deps
{
    my (@args) = @_;

    unlink "$dir/asked";
    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    local $ENV{WZP_CACHE} = "$dir/cache";

    my $out = `bash $dir/src/deps/deps.sh @args 2>&1 </dev/null`;
    my $asked = '';
    if (open my $fh, '<', "$dir/asked") {
        local $/;
        ($asked = <$fh>) =~ s/\n/ /g;
    }

    return ($? >> 8, $out, $asked);
}

sub built
{
    my ($rc, $out) = deps('path toy');
    chomp $out;
    open my $fh, '<', "$out/version" or return "none ($out)";
    chomp(my $v = <$fh>);
    return $v;
}

my ($rc, $out, $asked);

recipe('1.1', ':');
($rc, $out) = deps('path toy');
isnt($rc, 0, 'nothing is there at first');
like($out, qr/toy is not built yet, run "make libs"/, 'and that is said');

# nothing is served

($rc, $out, $asked) = deps('toy');
isnt($rc, 0, 'nothing served: fails');
is($asked, '1.1-2 1.1-1 1.3-1 ',
   'the known version first, each that fits, no other package');
like($out, qr/1\.3-1 is listed, but the mirror does not serve it/, 'says so');
like($out, qr/error: toy: no version of toy could be fetched and built/,
     'and that none is left');

# the known version has gone, the newest is there

serve('1.3', '2.0');
($rc, $out, $asked) = deps('toy');
is($rc, 0, 'the next candidate is taken') or diag($out);
is($asked, '1.1-2 1.1-1 1.3-1 ', 'after the known one');
is(built(), '1.3', 'and built');

# once

($rc, $out, $asked) = deps('toy');
is("$rc/$out/$asked", '0//', 'the second call does nothing');

# another recipe is another build; one that fails in the middle is passed over

serve('1.1');
recipe('1.1', 'test "$(cat "$1/version")" != 1.1');
($rc, $out) = deps('path toy');
isnt($rc, 0, 'a changed recipe is built anew');
($rc, $out) = deps('toy');
is($rc, 0, 'a version that does not build is passed over') or diag($out);
like($out, qr/toy: 1\.1 does not build \(see .*\); trying the next/, 'said');
is(built(), '1.3', 'the next one is built');

recipe('1.1', 'echo some reason; false');
($rc, $out) = deps('toy');
isnt($rc, 0, 'none builds: fails');
like($out, qr/some reason/, 'with the end of the log');
($rc, $out) = deps('path toy');
isnt($rc, 0, 'and leaves nothing half done');

recipe('1.1 9', ':');
spew("$dir/src/deps/toy/more", 'x');
($rc, $out) = deps('toy', 'toy');
is($rc, 0, 'several at once') or diag($out);
is(built(), '1.1', 'the known version when it is served');

# two at the same time

recipe('1.3', 'sleep 1; echo built >> "$recipes/../../count"');
{
    my $pid = fork;
    if ($pid == 0) {
        deps('toy');
        require POSIX;
        POSIX::_exit(0);
    }
    ($rc, $out) = deps('toy');
    waitpid $pid, 0;
}
is($rc, 0, 'two at the same time') or diag($out);
is(scalar(() = `cat $dir/count` =~ /built/g), 1, 'build once');

is(join(' ', glob "$dir/cache/work.*"), '', 'no work directory is left');
like(`cat $dir/cache/apt/deb-src/apt.conf`,
     qr{Dir::Etc::sourceparts "/dev/null"}, 'apt has its own configuration');
like(`cat $dir/cache/apt/deb-src/sources.list`,
     qr/^deb-src (?:\[signed-by=\S+\] )?\S+ sid main$/m, 'and sources');

# a binary package, and the sources when it is none that can be used

make_path("$dir/deb/DEBIAN");
spew("$dir/deb/version", "1.5\n");
spew("$dir/deb/DEBIAN/control", <<'END');
Package: toy-bin
Version: 1.5-1
Architecture: all
Maintainer: nobody
Description: a toy
END
system("dpkg-deb -b $dir/deb $dir/served/toy-bin_1.5-1.deb >/dev/null") == 0
    or die;

recipe('1.1', ':');
spew("$dir/src/deps/toy/recipe.sh", <<'END');
binary_package=toy-bin
package=toy
tried="1.1"
accept() { ge "$1" 1.1 && ! ge "$1" 2; }
build() { mkdir -p "$2"; cp "$1/version" "$2/"; }
END
($rc, $out) = deps('toy');
is($rc, 0, 'a binary package') or diag($out);
is(built(), '1.5', 'is preferred');

unlink "$dir/served/toy-bin_1.5-1.deb", "$dir/cache/src/toy-bin_1.5-1.deb";
spew("$dir/src/deps/toy/more", 'y');
($rc, $out) = deps('toy');
is($rc, 0, 'when it is not served') or diag($out);
is(built(), '1.1', 'the sources are built');

($rc, $out) = deps('nonsense');
is($rc, 3, 'an unknown command');
like($out, qr/unknown command "nonsense"/, 'is named');

done_testing;
