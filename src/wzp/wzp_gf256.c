/*
 * Arithmetic in GF(256).  See wzp_gf256.h.
 *
 * Vectors are those of gcc and clang, which compile them for any machine.
 */

#include "wzp/wzp_gf256.h"


#define WZP_GF256_POLY      0x1d        /* without x^8                       */
#define WZP_GF256_VEC       16


typedef uint8_t  wzp_gf256_vec_t __attribute__((vector_size(WZP_GF256_VEC)));
typedef int8_t   wzp_gf256_sign_t __attribute__((vector_size(WZP_GF256_VEC)));


/* Sixteen bytes, each doubled. */

static inline wzp_gf256_vec_t
wzp_gf256_twice(wzp_gf256_vec_t x)
{
    wzp_gf256_vec_t  high;

    high = (wzp_gf256_vec_t) ((wzp_gf256_sign_t) x < 0);

    return (x + x) ^ (high & WZP_GF256_POLY);
}


/* bit[i] is all ones where the factor has bit i. */

static inline wzp_gf256_vec_t
wzp_gf256_times(wzp_gf256_vec_t x, const wzp_gf256_vec_t *bit)
{
    wzp_gf256_vec_t  sum;

    sum = x & bit[7];
    sum = wzp_gf256_twice(sum) ^ (x & bit[6]);
    sum = wzp_gf256_twice(sum) ^ (x & bit[5]);
    sum = wzp_gf256_twice(sum) ^ (x & bit[4]);
    sum = wzp_gf256_twice(sum) ^ (x & bit[3]);
    sum = wzp_gf256_twice(sum) ^ (x & bit[2]);
    sum = wzp_gf256_twice(sum) ^ (x & bit[1]);

    return wzp_gf256_twice(sum) ^ (x & bit[0]);
}


static void
wzp_gf256_add(uint8_t *dst, const uint8_t *src, size_t n)
{
    wzp_gf256_vec_t  x, y;

    for ( /* void */ ; n >= WZP_GF256_VEC; n -= WZP_GF256_VEC) {
        memcpy(&x, src, WZP_GF256_VEC);
        memcpy(&y, dst, WZP_GF256_VEC);
        y ^= x;
        memcpy(dst, &y, WZP_GF256_VEC);

        dst += WZP_GF256_VEC;
        src += WZP_GF256_VEC;
    }

    for ( /* void */ ; n > 0; n--) {
        *dst++ ^= *src++;
    }
}


void
wzp_gf256_muladd(uint8_t *dst, const uint8_t *src, uint8_t factor, size_t n)
{
    unsigned         i;
    wzp_gf256_vec_t  x, y, bit[8];

    if (factor <= 1) {
        if (factor == 1) {
            wzp_gf256_add(dst, src, n);
        }

        return;
    }

    for (i = 0; i < 8; i++) {
        bit[i] = (wzp_gf256_vec_t) { 0 } - (uint8_t) (factor >> i & 1);
    }

    for ( /* void */ ; n >= WZP_GF256_VEC; n -= WZP_GF256_VEC) {
        memcpy(&x, src, WZP_GF256_VEC);
        memcpy(&y, dst, WZP_GF256_VEC);
        y ^= wzp_gf256_times(x, bit);
        memcpy(dst, &y, WZP_GF256_VEC);

        dst += WZP_GF256_VEC;
        src += WZP_GF256_VEC;
    }

    if (n > 0) {
        x = (wzp_gf256_vec_t) { 0 };
        memcpy(&x, src, n);
        x = wzp_gf256_times(x, bit);

        for (i = 0; i < n; i++) {
            dst[i] ^= x[i];
        }
    }
}


uint8_t
wzp_gf256_mul(uint8_t a, uint8_t b)
{
    unsigned  sum;

    sum = 0;

    for ( /* void */ ; b != 0; b >>= 1) {
        sum ^= b & 1 ? a : 0u;
        a = (uint8_t) (a << 1 ^ (a & 0x80 ? WZP_GF256_POLY : 0));
    }

    return (uint8_t) sum;
}


uint8_t
wzp_gf256_inv(uint8_t a)
{
    unsigned  i;
    uint8_t   x;

    /* a^254, since a^255 is 1 */

    x = a;

    for (i = 0; i < 6; i++) {
        x = wzp_gf256_mul(wzp_gf256_mul(x, x), a);
    }

    return wzp_gf256_mul(x, x);
}
