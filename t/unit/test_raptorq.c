/*
 * RaptorQ: the vectors of PROTOCOL 5, liblcrq as an independent oracle, every
 * K under random loss, and what a peer may send that is not a symbol.
 */

#include <lcrq.h>

#include "tap.h"
#include "vec.h"
#include "wzp/wzp_gf256.h"
#include "wzp/wzp_raptorq.h"


static uint32_t  seed = 6330;


static uint32_t
any(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;

    return (uint32_t) ((uint64_t) seed * n >> 32);
}


static void *
memory(size_t size)
{
    void  *p;

    p = malloc(size);

    if (p == NULL) {
        printf("Bail out! no memory\n");
        exit(1);
    }

    memset(p, 0xa5, size);

    return p;
}


static wzp_raptorq_t *
code(unsigned k)
{
    return wzp_raptorq_init(memory(wzp_raptorq_size(k)), k);
}


static uint8_t *
noise(size_t n)
{
    size_t    i;
    uint8_t  *p;

    p = memory(n);

    for (i = 0; i < n; i++) {
        p[i] = (uint8_t) any(256);
    }

    return p;
}


static uint8_t
slow_mul(unsigned a, unsigned b)
{
    int       i;
    unsigned  sum;

    sum = 0;

    for (i = 0; i < 8; i++) {
        sum ^= b >> i & 1 ? a << i : 0;
    }

    for (i = 14; i >= 8; i--) {
        sum ^= sum >> i & 1 ? 0x11du << (i - 8) : 0;
    }

    return (uint8_t) sum;
}


static void
test_field(void)
{
    size_t    n, i;
    uint8_t   dst[67], src[67], want[67];
    unsigned  a, b, bad;

    bad = 0;

    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            bad += wzp_gf256_mul((uint8_t) a, (uint8_t) b) != slow_mul(a, b);
        }
    }

    is_u64(bad, 0, "all products");

    for (a = 1; a < 256; a++) {
        bad += slow_mul(a, wzp_gf256_inv((uint8_t) a)) != 1;
    }

    is_u64(bad, 0, "all inverses");

    for (a = 0; a < 256; a++) {
        for (n = 0; n < sizeof(dst); n++) {
            for (i = 0; i < sizeof(dst); i++) {
                src[i] = (uint8_t) any(256);
                dst[i] = (uint8_t) any(256);
                want[i] = dst[i] ^ (i < n ? slow_mul(a, src[i]) : 0);
            }

            wzp_gf256_muladd(dst, src, (uint8_t) a, n);
            bad += memcmp(dst, want, sizeof(dst)) != 0;
        }
    }

    is_u64(bad, 0, "every factor, lengths 0 to 66, and not a byte more");
}


static void
frames_k8(uint8_t *source, size_t t, size_t at)
{
    unsigned  i, j;

    memset(source, 0, 8 * t);

    for (i = 0; i < 8; i++) {
        if (at) {
            source[i * t] = 6;
        }

        for (j = 0; j < 6; j++) {
            source[i * t + at + j] = (uint8_t) (16 * i + j);
        }
    }
}


static void
test_vectors(void)
{
    uint8_t         want[256], source[8 * 256], symbol[256];
    unsigned        i, j, rest;
    wzp_raptorq_t  *rq;

    rq = code(8);
    frames_k8(source, 256, 2);
    is_u64(vec_get("fec", "existing_k8", want, sizeof(want)), 80, "K = 8");

    for (i = 0; i < 8; i++) {
        wzp_raptorq_encode(rq, source, 256, 8 + i, symbol);
        is_mem(symbol, want + i * 10, 10, "repair symbol %u", i);

        rest = 0;

        for (j = 10; j < 256; j++) {
            rest += symbol[j];
        }

        is_u64(rest, 0, "the rest is zero");
    }

    frames_k8(source, 6, 0);
    is_u64(vec_get("fec", "ours_k8", want, sizeof(want)), 48, "six bytes");

    for (i = 0; i < 8; i++) {
        wzp_raptorq_encode(rq, source, 6, 8 + i, symbol);
        is_mem(symbol, want + i * 6, 6, "repair symbol %u", i);
    }

    free(rq);
    rq = code(5);
    memset(source, 0, sizeof(source));

    for (i = 0; i < 5; i++) {
        source[i * 256] = 8;
        memset(source + i * 256 + 2, (int) i + 1, 8);
    }

    is_u64(vec_get("fec", "existing_k5", want, sizeof(want)), 30, "K = 5");

    for (i = 0; i < 3; i++) {
        wzp_raptorq_encode(rq, source, 256, 5 + i, symbol);
        is_mem(symbol, want + i * 10, 10, "repair symbol %u", i);
    }

    free(rq);
}


/* How many encoding symbols of one block differ from what liblcrq makes. */

static unsigned
oracle(unsigned k, uint16_t t)
{
    rq_t           *lc;
    uint8_t        *source, *symbol, *other;
    rq_pid_t        pid;
    unsigned        i, bad;
    uint32_t        esi;
    wzp_raptorq_t  *rq;

    rq = code(k);
    source = noise((size_t) k * t);
    symbol = memory(t);
    other = memory(t);

    lc = rq_init((uint64_t) k * t, t);

    if (lc == NULL || rq_K(lc) != k || rq_Z(lc) != 1 || rq_N(lc) != 1
        || rq_encode(lc, source, (size_t) k * t) != 0)
    {
        printf("Bail out! liblcrq does not make K = %u, T = %u\n", k, t);
        exit(1);
    }

    bad = 0;

    for (i = 0; i < 300; i++) {
        esi = i < 290 ? i : k + any(1u << (i - 276));
        pid = htonl(esi) >> 8;
        (void) rq_symbol(lc, &pid, other, 0);

        wzp_raptorq_encode(rq, source, t, esi, symbol);
        bad += memcmp(symbol, other, t) != 0;
        bad += esi < k && memcmp(symbol, source + esi * t, t) != 0;
    }

    rq_free(lc);
    free(rq);
    free(source);
    free(symbol);
    free(other);

    return bad;
}


/* liblcrq decodes what we have made: every second source symbol is lost. */

static bool
understood(unsigned k, uint16_t t)
{
    bool            same;
    rq_t           *lc;
    uint8_t        *source, *got, *out;
    uint32_t        esis[WZP_RAPTORQ_K_MAX + 4];
    unsigned        i, n;
    wzp_raptorq_t  *rq;

    rq = code(k);
    n = k + 4;
    source = noise((size_t) k * t);
    got = memory((size_t) n * t);
    out = memory((size_t) k * t);

    for (i = 0; i < n; i++) {
        esis[i] = 2 * i < k ? 2 * i : k + i;
        wzp_raptorq_encode(rq, source, t, esis[i], got + (size_t) i * t);
    }

    lc = rq_init((uint64_t) k * t, t);
    same = lc != NULL && rq_decode(lc, out, got, esis, n) == 0
           && memcmp(out, source, (size_t) k * t) == 0;

    rq_free(lc);
    free(rq);
    free(source);
    free(got);
    free(out);

    return same;
}


static void
test_oracle(void)
{
    unsigned  k;

    static const uint16_t  sizes[] = {
        4, 8, 64, 252, 256, 1000, 1412, 16, 1208, 20, 128
    };

    for (k = 1; k <= WZP_RAPTORQ_K_MAX; k += k < 32 ? 1 : 7) {
        is_u64(oracle(k, sizes[k % WZP_ARRAY_LEN(sizes)]), 0,
               "liblcrq agrees: K = %u, T = %u", k,
               sizes[k % WZP_ARRAY_LEN(sizes)]);
    }

    for (k = 2; k <= 200; k += k < 12 ? 1 : 47) {
        ok(understood(k, 64), "and decodes what we made: K = %u", k);
    }
}


/* 0..n - 1 in any order. */

static void
shuffle(uint32_t *list, unsigned n)
{
    uint32_t  x;
    unsigned  i, j;

    for (i = 0; i < n; i++) {
        list[i] = i;
    }

    for (i = n; i > 1; i--) {
        j = any(i);
        x = list[i - 1];
        list[i - 1] = list[j];
        list[j] = x;
    }
}


/* A block out of symbols in any order, each twice; the symbols that it took,
 * 0 when it was wrong. */

static unsigned
decode(unsigned k, size_t t, unsigned repairs)
{
    bool                  good;
    uint8_t              *source, *symbol;
    uint32_t              list[512];
    unsigned              i, n;
    wzp_rc_t              rc;
    wzp_raptorq_t        *rq;
    wzp_raptorq_block_t  *bk;

    rq = code(k);
    bk = wzp_raptorq_block_init(memory(wzp_raptorq_block_size(k, t)), rq, t);
    source = noise(k * t);
    symbol = memory(t);

    shuffle(list, k + repairs);
    good = true;

    for (n = 0; n < k + repairs && !wzp_raptorq_block_done(bk); n++) {
        wzp_raptorq_encode(rq, source, t, list[n], symbol);

        good &= !wzp_raptorq_block_done(bk);
        rc = wzp_raptorq_block_put(bk, list[n], symbol);
        good &= rc == WZP_OK || (rc == WZP_EDUP && n >= 2);
        good &= wzp_raptorq_block_put(bk, list[n], symbol) == WZP_EDUP;
    }

    good &= wzp_raptorq_block_done(bk) && n >= k;

    for (i = 0; good && i < k; i++) {
        good &= memcmp(wzp_raptorq_block_symbol(bk, i), source + i * t, t)
                == 0;
    }

    good &= wzp_raptorq_block_symbol(bk, k) == NULL;

    free(rq);
    free(bk);
    free(source);
    free(symbol);

    return good ? n : 0;
}


static void
test_all_k(void)
{
    unsigned  k, n, bad, more[4];

    bad = 0;
    memset(more, 0, sizeof(more));

    for (k = 1; k < WZP_RAPTORQ_K_MAX; k++) {
        n = decode(k, 1 + any(k % 16 ? 64 : WZP_RAPTORQ_T_MAX),
                   k == 255 ? 1 : 256 - k);

        if (n == 0) {
            diag("K = %u", k);
            bad++;

        } else {
            more[WZP_MIN(n - k, 3)]++;
        }
    }

    is_u64(bad, 0, "K = 1 to 255 with 256 - K repair symbols, in any order");
    diag("out of K symbols %u, K + 1 %u, K + 2 %u, more %u", more[0], more[1],
         more[2], more[3]);
    ok(more[0] >= 245, "K symbols were enough nearly always");
    is_u64(more[3], 0, "and never more than K + 2 needed");

    bad = 0;

    for (n = 0; n < 2000; n++) {
        bad += decode(1 + any(12), 1 + any(40), 14) == 0;
    }

    is_u64(bad, 0, "small blocks");

    ok(decode(256, 16, 20) >= 256, "the largest block");
    ok(decode(255, WZP_RAPTORQ_T_MAX, 1) == 255, "the largest symbol");
}


static void
test_bounds(void)
{
    uint8_t               symbol[16], source[16 * 16], row[16];
    unsigned              i;
    wzp_raptorq_t        *rq;
    wzp_raptorq_block_t  *bk;

    is_u64(wzp_raptorq_size(0), 0, "no K = 0");
    is_u64(wzp_raptorq_size(257), 0, "nor 257");
    is_u64(wzp_raptorq_block_size(0, 1), 0, "no block of it");
    is_u64(wzp_raptorq_block_size(257, 1), 0, "nor of that");
    is_u64(wzp_raptorq_block_size(1, WZP_RAPTORQ_T_MAX + 1), 0,
           "nor of longer symbols");

    for (i = 1; i <= WZP_RAPTORQ_SMALL_K; i++) {
        ok(wzp_raptorq_size(i) <= WZP_RAPTORQ_SMALL_SIZE
           && wzp_raptorq_block_size(i, 256) <= WZP_RAPTORQ_SMALL_BLOCK(256)
           && wzp_raptorq_block_size(i, 6) <= WZP_RAPTORQ_SMALL_BLOCK(6),
           "K = %u is small", i);
    }

    rq = code(5);
    bk = wzp_raptorq_block_init(memory(wzp_raptorq_block_size(5, 16)), rq, 16);
    memset(source, 7, sizeof(source));

    is_i64(wzp_raptorq_block_put(bk, WZP_RAPTORQ_ESI_MAX + 1, source),
           WZP_EBAD, "no such ESI");
    is_i64(wzp_raptorq_block_put(bk, UINT32_MAX, source), WZP_EBAD, "nor that");

    for (i = 0; i < 5; i++) {
        ok(wzp_raptorq_block_symbol(bk, i) == NULL, "symbol %u is not known",
           i);
        wzp_raptorq_encode(rq, source, 16, WZP_RAPTORQ_ESI_MAX - i, symbol);
        is_i64(wzp_raptorq_block_put(bk, WZP_RAPTORQ_ESI_MAX - i, symbol),
               WZP_OK, "the last ESIs are as good");
    }

    ok(wzp_raptorq_block_done(bk), "as any others");
    is_mem(wzp_raptorq_block_symbol(bk, 4), source, 16, "for decoding");
    is_i64(wzp_raptorq_block_put(bk, 0, source), WZP_EDUP,
           "what comes after is of no use");

    /* liars are wrong, and no more than that */

    (void) wzp_raptorq_block_init(bk, rq, 16);
    ok(!wzp_raptorq_block_done(bk), "forgotten");

    for (i = 0; i < 40 && !wzp_raptorq_block_done(bk); i++) {
        memset(symbol, (int) any(256), sizeof(symbol));
        (void) wzp_raptorq_block_put(bk, 5 + any(250), symbol);
    }

    ok(wzp_raptorq_block_done(bk), "noise decodes to noise");

    /* without symbols: the same answers */

    (void) wzp_raptorq_block_init(bk, rq, 0);

    for (i = 5; i < 10; i++) {
        is_i64(wzp_raptorq_block_put(bk, i, NULL), WZP_OK, "rank %u", i - 4);
    }

    ok(wzp_raptorq_block_done(bk), "would decode");

    wzp_raptorq_row(rq, 3, row);
    is_mem(row, "\0\0\0\1\0", 5, "a source symbol is itself");

    free(rq);
    free(bk);
}


int
main(void)
{
    test_field();
    test_vectors();
    test_bounds();
    test_all_k();
    test_oracle();

    return done_testing();
}
