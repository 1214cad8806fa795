# ngtcp2: QUIC, with BoringSSL as its crypto.  Sourced by deps.sh.

package=ngtcp2

# Versions that are known to work, best first.
tried="1.24.0 1.11.0"

uses="boringssl"


# 1.11.0 is the oldest whose interface we use.
accept()
{
    ge "$1" 1.11.0 && ! ge "$1" 2
}


build()
{
    local bssl
    bssl=$(entry boringssl)

    cmake -G Ninja -S "$1" -B build -DCMAKE_BUILD_TYPE=Release \
          -DCMAKE_C_FLAGS="-fvisibility=hidden -ffunction-sections -fdata-sections" \
          -DCMAKE_C_FLAGS_RELEASE=-O2 \
          -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
          -DENABLE_LIB_ONLY=ON -DENABLE_SHARED_LIB=OFF \
          -DENABLE_STATIC_LIB=ON -DENABLE_OPENSSL=OFF \
          -DENABLE_BORINGSSL=ON -DBUILD_TESTING=OFF \
          -DBORINGSSL_INCLUDE_DIR="$bssl/include" \
          -DBORINGSSL_LIBRARIES="$bssl/lib/libssl.a;$bssl/lib/libcrypto.a;pthread"
    ninja -C build -j "$jobs"

    # Part of the headers comes from the source, part is generated.

    mkdir -p "$2/include/ngtcp2" "$2/lib"
    find "$1/lib/includes" "$1/crypto/includes" build -name '*.h' \
         -path '*/includes/ngtcp2/*' -exec cp {} "$2/include/ngtcp2/" \;
    find build -name 'libngtcp2*.a' -exec cp {} "$2/lib/" \;

    test -f "$2/lib/libngtcp2.a"
    test -f "$2/lib/libngtcp2_crypto_boringssl.a"
}
