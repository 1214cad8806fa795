# The cache of built libraries.  Sourced by deps.sh.
#
#   NAME-VERSION-HASH/      one finished build, renamed into place
#   NAME@HASH               link to the one in use for this recipe
#
# HASH covers the recipe, what it builds upon, and the compiler.


# load NAME: read a recipe.  It sets
#
#   package         source package, and/or
#   binary_package  a .deb that is unpacked; is tried first
#   tried           upstream versions that are known to work, best first
#   accept VERSION  is another one worth a try?
#   build SRC OUT   in a work directory of its own
#   uses            recipes that must be built before (optional)
#   variant         text that makes another build of it (optional)

load()
{
    package= binary_package= tried= uses= variant=
    . "$recipes/$1/recipe.sh"
}


# key NAME: the hash of everything that the build depends on.

key()
{
    local used

    {
        cat "$recipes/$1"/*
        (load "$1"; echo "$variant")
        ${CC:-cc} -dumpfullversion -dumpmachine 2>/dev/null || true
        for used in $(load "$1"; echo "$uses"); do
            basename "$(entry "$used")"
        done
    } | sha256sum | cut -c 1-12
}


# entry NAME: the directory of a finished build; fails if there is none.

entry()
{
    local link

    link=$cache/$1@$(key "$1")
    [ -d "$link/" ] \
        || die "$1 is not built yet, run \"make libs\""
    (cd "$link" && pwd -P)
}


# library NAME: build it unless it is there.

library()
{
    local name=$1 hash link used

    load "$name"
    for used in $uses; do
        library "$used"
        load "$name"
    done

    hash=$(key "$name")
    link=$cache/$name@$hash
    [ ! -d "$link/" ] || return 0

    for used in cc make tar xz flock sha256sum; do
        command -v "$used" >/dev/null \
            || die "\"$used\" not found, run \"src/deps/deps.sh packages\""
    done

    mkdir -p "$cache"

    (
        flock -n 9 || { say "waiting for another build of $name"; flock 9; }
        [ -d "$link/" ] || make_library "$name" "$hash" "$link"
    ) 9> "$cache/$name.lock"
}


# make_library NAME HASH LINK: from the first candidate that is good.

make_library()
{
    local name=$1 hash=$2 link=$3 made= list=

    # What builds that were killed have left behind.

    find "$cache" -maxdepth 1 -name 'work.*' -mmin +600 -exec rm -rf {} +

    # One index and one download at a time.

    exec 8> "$cache/apt.lock"
    flock 8

    if [ -n "$binary_package" ]; then
        apt_use deb "$binary_suites"
        make_from "$binary_package"
    fi

    if [ -z "$made" ] && [ -n "$package" ]; then
        apt_use deb-src "$suites"
        make_from "$package"
    fi

    [ -n "$made" ] \
        || die "$name: no version of ${binary_package:-$package} could be" \
               "fetched and built, tried: $list"
}


# make_from PACKAGE: try its versions in order.  Reads name, hash and link of
# make_library, and tells it made and list.

make_from()
{
    local versions version file seen= upstream= rc

    apt_index

    versions=$(candidates "$1" | tr '\n' ' ')
    list="$list$versions"
    [ -n "$versions" ] \
        || say "$name: the index lists no usable version of the package" \
               "$1 (it has: $(versions "$1" | tr '\n' ' '))"

    for version in $versions; do

        upstream=$(upstream "$version")
        case " $seen " in *" $upstream "*) continue ;; esac

        if ! file=$(fetch "$1" "$version"); then
            say "$name: $version is listed, but the mirror does not serve" \
                "it; trying the next"
            continue
        fi

        seen="$seen $upstream"

        # Not in a condition: set -e would not count in there.

        set +e
        build_from "$name" "$upstream" "$hash" "$file"
        rc=$?
        set -e

        if [ $rc -eq 0 ]; then
            ln -sfn "$name-$upstream-$hash" "$link"
            made=yes
            return
        fi

        say "$name: $upstream does not build" \
            "(see $cache/$name-$upstream.log); trying the next"
    done

    [ ! -f "$cache/$name-$upstream.log" ] \
        || tail -n 20 "$cache/$name-$upstream.log" >&2
}


# build_from NAME UPSTREAM HASH FILE: unpack, build, rename into place.  Called
# with set +e.

build_from()
{
    local name=$1 upstream=$2 hash=$3 file=$4 work out log rc=0 started

    say "$name: building $upstream"
    started=$(date +%s)

    out=$cache/$name-$upstream-$hash
    log=$cache/$name-$upstream.log
    work=$(mktemp -d "$cache/work.XXXXXX")

    (
        set -eu
        mkdir "$work/src"
        case "$file" in
        *.deb) dpkg-deb -x "$file" "$work/src" ;;
        *)     tar -x -f "$file" -C "$work/src" --strip-components=1 ;;
        esac
        cd "$work"
        build "$work/src" "$work/out"
    ) > "$log" 2>&1 < /dev/null 8>&- 9>&-
    rc=$?

    if [ $rc -eq 0 ]; then
        rm -rf "$out"
        mv "$work/out" "$out" || die "cannot write to $cache"
        rm -f "$log"
        say "$name: done in $(($(date +%s) - started)) s"
    fi

    rm -rf "$work"
    return $rc
}
