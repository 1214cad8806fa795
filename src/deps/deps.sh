#!/bin/bash

# Third-party code for wzp: packages from Debian, and static libraries that are
# built from Debian's source packages into a cache outside the tree.
#
# The sources are fetched by apt with a configuration of its own (nothing in
# /etc/apt is changed) and verified by apt against the signed index of the
# repository.  A library is built once per version, recipe and compiler.

set -eu -o pipefail

recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$recipes/../.." && pwd)
cache=${WZP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/wzp}
build_dir=${WZP_BUILD:-$top/build}
jobs=${WZP_JOBS:-$(nproc)}

# Where sources come from, in addition to what the machine itself runs.
suites="bookworm bookworm-backports trixie sid"
binary_suites="sid"


usage()
{
    cat <<EOF
usage: deps.sh COMMAND ...

  packages          install from Debian what the build needs and is missing
  test-packages     the same for the tests
  boringssl, ngtcp2, opus, rnnoise
                    build a static library into the cache, once
  nginx-asan, test-nginx, nginx-quic-openssl, nginx-quic-boringssl
                    the same for what the tests need
  all               the four libraries, and write $build_dir/deps.mk
  mk                write $build_dir/deps.mk: where the libraries are
  path NAME         print the directory of a library that was built
  clean             remove the cache ($cache)

environment:
  WZP_CACHE         the cache (default: ~/.cache/wzp)
  WZP_BUILD         where deps.mk goes (default: build)
  WZP_JOBS          parallel compilations (default: number of processors)
EOF
}


say()
{
    echo "deps: $*" >&2
}


die()
{
    echo "deps: error: $*" >&2
    exit 3
}


# ge A B: is Debian version A at least B?

ge()
{
    dpkg --compare-versions "$1" ge "$2"
}


# Never end without a word; die() has had its own.

ended()
{
    case $1 in
    0 | 2 | 3)  ;;
    *)          say "stopped unexpectedly (status $1)" ;;
    esac
}

trap 'ended $?' EXIT


. "$recipes/packages.sh"
. "$recipes/apt.sh"
. "$recipes/cache.sh"
. "$recipes/nginx.sh"
. "$recipes/mk.sh"


main()
{
    if [ $# -eq 0 ]; then
        usage >&2
        exit 2
    fi

    while [ $# -gt 0 ]; do

        case "$1" in

        help | -h | --help)
            usage
            ;;

        packages)
            install_packages build $build_packages
            ;;

        test-packages)
            install_packages test $build_packages $test_packages
            ;;

        all)
            library boringssl
            library ngtcp2
            library opus
            library rnnoise
            write_mk
            ;;

        mk)
            write_mk
            ;;

        path)
            [ $# -ge 2 ] || die "path of what?"
            entry "$2"
            shift
            ;;

        clean)
            rm -rf "$cache"
            ;;

        *)
            [ -f "$recipes/$1/recipe.sh" ] \
                || die "unknown command \"$1\", see deps.sh help"
            library "$1"
            ;;

        esac

        shift
    done
}


main "$@"
