# Opus with deep PLC, DRED and OSCE for the client.  Sourced by deps.sh.

package=opus

# Versions that are known to work, best first.
tried="1.5.2"


# Not 1.6: the version of DRED's format is another there, and clients in the
# field speak that of 1.5.  Before 1.5 there is none.
accept()
{
    ge "$1" 1.5 && ! ge "$1" 1.6~
}


build()
{
    # The model data is in the tarball; nothing is generated or fetched.

    (
        mkdir -p build
        cd build
        CFLAGS="-O2 -fvisibility=hidden -ffunction-sections -fdata-sections" \
        "$1/configure" --disable-shared --enable-static --with-pic \
            --disable-doc --disable-extra-programs --prefix="$2" \
            --enable-deep-plc --enable-dred --enable-osce
        make -j "$jobs"
        make install
    )

    test -f "$2/lib/libopus.a"
}
