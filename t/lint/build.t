# The module's config knows every source and header, and base names are unique
# (nginx flattens objects to one directory).

use strict;
use warnings;

use Cwd;
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

chdir "$FindBin::Bin/../..";
my $top = getcwd;

my @c = split /\0/, `git ls-files -z -- '*.c' '*.h' '*.cc'`;
my %seen;

for my $file (grep { m{^(?:src/|client/|ngx_)} } @c) {
    my ($base) = $file =~ m{([^/]+)$};
    push @{$seen{$base}}, $file;
}

is_deeply([grep { @{$seen{$_}} > 1 } sort keys %seen], [],
          'base names are unique');

# Run config as nginx's configure does, with an auto/module that tells.

my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/auto";
mkdir "$dir/build";

for my $f ("$dir/build/wzp_engine.o") {
    open my $fh, '>', $f or die;
}

open my $fh, '>', "$dir/auto/module" or die;
print $fh 'echo "SRCS $ngx_module_srcs"; echo "DEPS $ngx_module_deps";',
    'echo "NAME $ngx_module_name"; echo "LIBS $ngx_module_libs"', "\n";
close $fh;

my $out = `cd $dir && WZP_BUILD=$dir/build ngx_addon_dir=$top \\
           ngx_module_link=DYNAMIC STREAM=YES sh -c '. $top/config' 2>&1`;
$out =~ s/\s+/ /g;

my @sources = grep { m{^(?:ngx_|src/(?:core|stream|http)/).*\.c$} } @c;
my @headers = grep { m{^src/.*\.h$} } @c;

is_deeply([grep { $out !~ m{\Q$top/$_\E\b} } @sources], [],
          'config lists every source') or diag($out);
is_deeply([grep { $out !~ m{\Q$top/$_\E\b} } @headers], [],
          'config lists every header') or diag($out);
like($out, qr/NAME ngx_wzp_module ngx_stream_wzp_module ngx_http_wzp_module\b/,
     'all modules');
like($out, qr/version-script=\S*wzp\.map/, 'with the version script');

# Every script can be run, every test is one.

my @mode = split /\n/, `git ls-files -s -- '*.sh' .ci/run`;
is_deeply([grep { !/^100755/ && !m{/recipe\.sh$|src/deps/(?!deps|module)} }
           @mode], [], 'scripts are executable');

done_testing;
