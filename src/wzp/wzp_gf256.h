/*
 * The field GF(256) of RFC 6330, 5.7: polynomial x^8 + x^4 + x^3 + x^2 + 1,
 * where adding is XOR.  Sixteen bytes are multiplied at once, by doubling,
 * which is as fast as a table of all products.
 */

#ifndef _WZP_GF256_H_INCLUDED_
#define _WZP_GF256_H_INCLUDED_


#include "wzp/wzp_base.h"


/* dst += factor * src, n bytes; the same bytes, or none in common. */
void wzp_gf256_muladd(uint8_t *dst, const uint8_t *src, uint8_t factor,
    size_t n);

uint8_t wzp_gf256_mul(uint8_t a, uint8_t b);

/* 1 / a; a is not 0. */
uint8_t wzp_gf256_inv(uint8_t a);


#endif /* _WZP_GF256_H_INCLUDED_ */
