# BoringSSL: TLS for QUIC.  Sourced by deps.sh.

package=android-platform-external-boringssl

# Versions that are known to work, best first.
tried="14.0.0+r45 13.0.0+r24"


# Any later one is worth a try.
accept()
{
    ge "$1" 13.0.0
}


build()
{
    cmake -G Ninja -S "$recipes/boringssl" -B build -DSRC="$1" \
          -DCMAKE_BUILD_TYPE=Release
    ninja -C build -j "$jobs" crypto ssl

    mkdir -p "$2/include" "$2/lib"
    cp -R "$1/src/include/openssl" "$2/include/"
    cp build/libssl.a build/libcrypto.a "$2/lib/"
}
