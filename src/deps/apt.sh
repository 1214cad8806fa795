# A private apt: its own list of sources, indices and downloads, beside the
# machine's.  Sourced by deps.sh.


# apt_use deb-src|deb SUITES: what the functions below work with: source
# packages, or binary packages for the few things that are not built.

apt_use()
{
    apt_type=$1
    apt_suites=$2
    apt_dir=$cache/apt/$1
}


# contents FILE...: of those that exist.

contents()
{
    local file

    for file in "$@"; do
        [ ! -r "$file" ] || cat "$file"
    done
}


# mirror_of_machine: the URI of the Debian mirror in the machine's own sources
# (one-line or deb822 style), or nothing.  A mirror of the main archive ends in
# /debian, that of security updates in /debian-security; repositories of others
# have other names.

mirror_of_machine()
{
    {
        contents /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
            | awk '$1 == "deb" || $1 == "deb-src" {
                       sub(/\[[^]]*\]/, "")
                       print $2
                   }'

        contents /etc/apt/sources.list.d/*.sources \
            | awk 'tolower($1) == "uris:" {
                       for (i = 2; i <= NF; i++) print $i
                   }'

    } | awk '/^(https?|mirror\+https?|file|copy):.*\/debian\/?$/ && !found {
                 sub(/\/$/, "")
                 print
                 found = 1
             }'
}


# keyring_of_machine: the key ring that the machine's own Debian sources name,
# else Debian's.  Empty: apt's trusted keys.

keyring_of_machine()
{
    local file

    for file in $(contents /etc/apt/sources.list.d/debian.sources \
                  | awk 'tolower($1) == "signed-by:" { print $2 }') \
                /usr/share/keyrings/debian-archive-keyring.pgp \
                /usr/share/keyrings/debian-archive-keyring.gpg
    do
        if [ -r "$file" ]; then
            echo "$file"
            return
        fi
    done
}


# apt_setup: write the private configuration.  The machine's Acquire settings
# (proxies and so on) are kept; its hooks and its sources are not.

apt_setup()
{
    local suite options= stale=

    command -v apt-get >/dev/null \
        || die "apt-get not found: sources are fetched from Debian by apt;" \
               "on another system build BoringSSL, ngtcp2 and Opus yourself" \
               "and write build/deps.mk by hand (see src/deps/mk.sh)"

    mirror=$(mirror_of_machine)
    [ -n "$mirror" ] \
        || die "apt's own sources name no Debian mirror: write one into" \
               "/etc/apt/sources.list (deb URI SUITE main) and try again"
    keyring=$(keyring_of_machine)

    mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"

    [ -z "$keyring" ] || options="signed-by=$keyring"

    for suite in $apt_suites; do
        case " $stale_suites " in
        *" $suite "*) stale=" check-valid-until=no" ;;
        *)            stale= ;;
        esac
        echo "$apt_type [$options$stale] $mirror $suite main"
    done | sed 's/ \[\]//; s/\[ /[/' > "$apt_dir/sources.list"

    {
        env -u APT_CONFIG apt-config dump \
            | grep -i '^Acquire::\(http\|https\|ftp\|Retries\|ForceIPv\|Max\|Check\)' \
            || true
        cat <<EOF
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "$apt_dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::Lists "$apt_dir/lists";
Dir::Cache "$apt_dir/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
EOF
    } > "$apt_dir/apt.conf"
}


private_apt()
{
    APT_CONFIG=$apt_dir/apt.conf "$@"
}


# apt_index: bring the indices up to date, at most once an hour.
#
# A suite whose signed Release file is out of date (a mirror that lags behind)
# is refused by apt.  We say so, and take it all the same: the signature and
# every hash are checked as before, and versions are chosen by our recipes, so
# the most that an old index can do is to offer an old version.

apt_index()
{
    local stamp log

    stamp=$apt_dir/updated
    log=$apt_dir/update.log

    [ -z "$(find "$stamp" -mmin -60 2>/dev/null)" ] || return 0

    say "reading the index of Debian's packages ($apt_type)"

    stale_suites=
    apt_setup

    if ! private_apt apt-get -q update > "$log" 2>&1; then

        stale_suites=$(sed -n 's,^E: Release file for .*/dists/\([^/]*\)/.* is expired.*,\1,p' \
                           "$log" | sort -u | tr '\n' ' ')

        if [ -n "$stale_suites" ]; then
            say "warning: the mirror's index of ${stale_suites% } is out of" \
                "date; its signature is valid, going on with it"
            apt_setup
            private_apt apt-get -q update > "$log" 2>&1 || true
        fi

        sed -n 's/^[EW]: /deps: apt: /p' "$log" >&2
    fi

    [ -n "$(find "$apt_dir/lists" -name '*_Sources*' -o -name '*_Packages*')" ] \
        || die "no index of Debian packages could be read from $mirror" \
               "(see $log)"

    touch "$stamp"
}


# versions PACKAGE: all versions that the index lists.

versions()
{
    if [ "$apt_type" = deb ]; then
        private_apt apt-cache madison "$1" | awk '{ print $3 }' | sort -u
        return
    fi

    private_apt apt-cache showsrc --only-source "$1" 2>/dev/null \
        | awk -v p="$1" '$1 == "Package:" { ok = $2 == p }
                         $1 == "Version:" && ok { print $2 }' | sort -u
}


# upstream VERSION: without epoch and Debian revision.

upstream()
{
    local v=${1#*:}

    v=${v%-*}
    echo "${v%+dfsg*}"
}


# candidates PACKAGE: versions that accept() likes, best first: those that are
# known to work, then the others, newest first.

candidates()
{
    local v u t rank

    for v in $(versions "$1"); do
        u=$(upstream "$v")
        accept "$u" || continue

        rank=1
        for t in $tried; do
            [ "$u" != "$t" ] || break
            rank=$((rank + 1))
        done

        echo "$rank $v"
    done | sort -k1,1n -k2,2Vr | cut -d ' ' -f 2
}


# fetch PACKAGE VERSION: download the upstream tarball of a source package, or
# a binary package, and print its path.  apt checks it against the hash in the
# signed index.

fetch()
{
    local get file

    if [ "$apt_type" = deb ]; then
        get="download"
    else
        get="source --download-only --only-source --tar-only"
    fi

    file=$(private_apt apt-get -qq $get --print-uris "$1=$2" 2>/dev/null \
               | awk 'NR == 1 { print $2 }') || return 1
    [ -n "$file" ] || return 1

    mkdir -p "$cache/src"

    (cd "$cache/src" && private_apt apt-get -qq $get "$1=$2") \
        > "$apt_dir/fetch.log" 2>&1 || return 1

    [ -f "$cache/src/$file" ] || return 1
    echo "$cache/src/$file"
}
