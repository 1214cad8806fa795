# What is taken from Debian as it is.  Sourced by deps.sh.
#
# "a|b" means: the first of these that this release has.  All differences
# between releases (Debian 12 and 13) are in these two lists.

build_packages="
    ca-certificates
    cmake
    dpkg-dev
    g++
    gcc
    libasound2-dev
    libc6-dev
    libcodec2-dev
    libjansson-dev
    libncurses-dev
    libpcre2-dev
    libsamplerate0-dev
    libsndfile1-dev
    libsodium-dev
    libspeexdsp-dev
    libzip-dev
    libnginx-mod-stream
    libssl-dev
    make
    nginx
    nginx-dev
    ninja-build
    patch
    pkg-config
    xz-utils
    zlib1g-dev
"

test_packages="
    alsa-utils
    clang
    clang-format
    espeak-ng
    git
    golang-go
    golang-github-quic-go-quic-go-dev|golang-github-lucas-clemente-quic-go-dev
    iproute2
    libclang-rt-14-dev|libclang-rt-dev
    libfilter-perl
    libhttp-message-perl
    libipc-run-perl
    libjson-perl
    liblcrq-dev
    liblist-moreutils-perl
    libtest-base-perl
    libtest-longstring-perl
    libtext-diff-perl
    liburi-perl
    libwww-perl
    openssl
    perl
    procps
    sox
"


installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" \
      = installed ]
}


# any_installed A|B: one of the alternatives is there.

any_installed()
{
    local p

    for p in ${1//|/ }; do
        ! installed "$p" || return 0
    done

    return 1
}


# known A|B: the first alternative that apt can install.

known()
{
    local p

    for p in ${1//|/ }; do
        if apt-cache policy "$p" 2>/dev/null \
           | grep 'Candidate: [^(]' >/dev/null
        then
            echo "$p"
            return
        fi
    done

    return 1
}


# install_packages PURPOSE PACKAGE...: install what is missing.

install_packages()
{
    local purpose=$1 p q missing= install= unknown=
    shift

    command -v dpkg-query >/dev/null \
        || die "this is not a Debian system; needed for the $purpose:" $*

    for p in "$@"; do
        any_installed "$p" || missing="$missing $p"
    done

    [ -n "$missing" ] || return 0

    if [ "$(id -u)" != 0 ]; then
        die "packages are missing, as root run: apt-get install" \
            "$(echo $missing | sed 's/|[^ ]*//g')"
    fi

    say "installing for the $purpose:$missing"

    for p in $missing; do
        if q=$(known "$p"); then install="$install $q"
        else unknown="$unknown $p"; fi
    done

    # Unknown ones may just be an index that was never read.

    if [ -n "$unknown" ]; then
        run_apt update
        install=
        for p in $missing; do
            q=$(known "$p") \
                || die "this release of Debian has no package \"$p\"," \
                       "needed for the $purpose"
            install="$install $q"
        done
    fi

    if ! run_apt install --no-install-recommends $install; then
        say "trying again with a fresh index"
        run_apt update
        run_apt install --no-install-recommends $install \
            || die "apt could not install:$install"
    fi
}


run_apt()
{
    DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" < /dev/null >&2
}
