/*
 * RaptorQ.  See wzp_raptorq.h; section numbers are those of RFC 6330.
 */

#include "wzp/wzp_gf256.h"
#include "wzp/wzp_raptorq.h"


/* Columns of one row of 5.3.5.3: at most 30 by degree, and 3. */
#define WZP_RAPTORQ_COLS        33

/* Rows of factors are filled up, so that vectors have no rest. */
#define WZP_RAPTORQ_PAD(n)      (((n) + 15) & ~(size_t) 15)


/* Names are those of the RFC. */
struct wzp_raptorq_s {
    uint16_t    k;
    uint16_t    kp;                     /* K'                                */
    uint16_t    j;                      /* J(K')                             */
    uint16_t    s;
    uint16_t    h;
    uint16_t    w;
    uint16_t    l;
    uint16_t    p;
    uint16_t    p1;                     /* the smallest prime from p on      */
    uint16_t    pad[7];
    uint8_t     cells[];                /* intermediate symbols: l rows of k */
};


typedef enum {
    WZP_RAPTORQ_NONE = 0,
    WZP_RAPTORQ_KNOWN,                  /* the symbol itself                 */
    WZP_RAPTORQ_SUM                     /* factor 1 here, 0 before           */
} wzp_raptorq_state_t;


struct wzp_raptorq_block_s {
    const wzp_raptorq_t  *rq;
    uint16_t              t;
    uint16_t              rank;         /* rows that are not NONE            */
    uint16_t              factors;      /* bytes                             */
    uint16_t              stride;
    uint8_t               state[WZP_RAPTORQ_K_MAX];
    uint8_t               cells[];      /* k + 1 rows: factors, symbol       */
};


typedef struct {
    uint16_t  kp;
    uint16_t  j;
    uint16_t  s;
    uint16_t  h;
    uint16_t  w;
} wzp_raptorq_param_t;


static const wzp_raptorq_param_t  wzp_raptorq_params[] = {
#include "wzp/wzp_raptorq_x.h"
};


static const uint32_t  wzp_raptorq_v[4][256] = {
#include "wzp/wzp_raptorq_rand_x.h"
};


/* 5.3.5.2 */
static const uint32_t  wzp_raptorq_degrees[] = {
    0, 5243, 529531, 704294, 791675, 844104, 879057, 904023, 922747, 937311,
    948962, 958494, 966438, 973160, 978921, 983914, 988283, 992138, 995565,
    998631, 1001391, 1003887, 1006157, 1008229, 1010129, 1011876, 1013490,
    1014983, 1016370, 1017662, 1048576
};


/* ---- the code, 5.3 ---- */

static const wzp_raptorq_param_t *
wzp_raptorq_param(unsigned k)
{
    size_t  i;

    for (i = 0; wzp_raptorq_params[i].kp < k; i++) { /* void */ }

    return &wzp_raptorq_params[i];
}


static uint32_t
wzp_raptorq_rand(uint32_t y, unsigned i, uint32_t m)
{
    return (wzp_raptorq_v[0][(y + i) & 0xff]
            ^ wzp_raptorq_v[1][((y >> 8) + i) & 0xff]
            ^ wzp_raptorq_v[2][((y >> 16) + i) & 0xff]
            ^ wzp_raptorq_v[3][((y >> 24) + i) & 0xff]) % m;
}


static unsigned
wzp_raptorq_prime(unsigned n)
{
    unsigned  i;

    for (i = 2; i * i <= n; i++) {
        if (n % i == 0) {
            n++;
            i = 1;
        }
    }

    return n;
}


static void
wzp_raptorq_setup(wzp_raptorq_t *rq, unsigned k)
{
    const wzp_raptorq_param_t  *pa;

    pa = wzp_raptorq_param(k);

    rq->k = (uint16_t) k;
    rq->kp = pa->kp;
    rq->j = pa->j;
    rq->s = pa->s;
    rq->h = pa->h;
    rq->w = pa->w;
    rq->l = (uint16_t) (pa->kp + pa->s + pa->h);
    rq->p = (uint16_t) (rq->l - rq->w);
    rq->p1 = (uint16_t) wzp_raptorq_prime(rq->p);
}


/* The intermediate symbols that make up encoding symbol isi, 5.3.5.3 and
 * 5.3.5.4.  Returns how many. */

static unsigned
wzp_raptorq_cols(const wzp_raptorq_t *rq, uint32_t isi, uint16_t *cols)
{
    uint32_t  a, b, d, n, v, y;

    a = (53591 + rq->j * 997u) | 1;
    y = 10267 * (rq->j + 1u) + isi * a;

    v = wzp_raptorq_rand(y, 0, 1 << 20);

    for (d = 1; wzp_raptorq_degrees[d] <= v; d++) { /* void */ }

    d = WZP_MIN(d, rq->w - 2u);
    a = 1 + wzp_raptorq_rand(y, 1, rq->w - 1u);
    b = wzp_raptorq_rand(y, 2, rq->w);

    for (n = 0; n < d; n++) {
        cols[n] = (uint16_t) b;
        b = (b + a) % rq->w;
    }

    d += d < 4 ? 2 + wzp_raptorq_rand(isi, 3, 2) : 2;
    a = 1 + wzp_raptorq_rand(isi, 4, rq->p1 - 1u);
    b = wzp_raptorq_rand(isi, 5, rq->p1);

    for ( /* void */ ; n < d; b = (b + a) % rq->p1) {
        if (b < rq->p) {
            cols[n++] = (uint16_t) (rq->w + b);
        }
    }

    return n;
}


/* The rows of LDPC, 5.3.3.3: S symbols that sum up to nothing. */

static void
wzp_raptorq_ldpc(const wzp_raptorq_t *rq, uint8_t *m, size_t stride)
{
    unsigned  i, j, b, row;

    b = rq->w - rq->s;

    for (i = 0; i < b; i++) {
        row = i % rq->s;

        for (j = 0; j < 3; j++) {
            m[row * stride + i] ^= 1;
            row = (row + 1 + i / rq->s) % rq->s;
        }
    }

    for (i = 0; i < rq->s; i++) {
        m[i * stride + b + i] = 1;
        m[i * stride + rq->w + i % rq->p] ^= 1;
        m[i * stride + rq->w + (i + 1) % rq->p] ^= 1;
    }
}


/* The rows of HDPC: MT times GAMMA, from the last column on, since each of
 * GAMMA's is the next one, doubled, and one more. */

static void
wzp_raptorq_hdpc(const wzp_raptorq_t *rq, uint8_t *m, size_t stride)
{
    unsigned  i, j, n, r;

    n = rq->kp + rq->s - 1u;

    for (i = 0; i < rq->h; i++) {
        m[i * stride + n] = i == 0 ? 1
                                   : wzp_gf256_mul(m[(i - 1) * stride + n], 2);
        m[i * stride + n + 1 + i] = 1;
    }

    for (j = n; j-- > 0; /* void */ ) {
        for (i = 0; i < rq->h; i++) {
            m[i * stride + j] = wzp_gf256_mul(m[i * stride + j + 1], 2);
        }

        r = wzp_raptorq_rand(j + 1, 6, rq->h);
        m[r * stride + j] ^= 1;

        r += wzp_raptorq_rand(j + 1, 7, rq->h - 1u) + 1;
        m[r % rq->h * stride + j] ^= 1;
    }
}


static void
wzp_raptorq_swap(uint8_t *a, uint8_t *b, size_t n)
{
    uint8_t  x;

    for ( /* void */ ; n > 0; n--) {
        x = *a;
        *a++ = *b;
        *b++ = x;
    }
}


/* Make the left half of the matrix, l columns, the unit matrix. */

static void
wzp_raptorq_invert(uint8_t *m, unsigned l, size_t stride)
{
    uint8_t   *row;
    unsigned   c, i;

    for (c = 0; c < l; c++) {
        row = m + c * stride;

        /* The matrix of 5.3.3.4 is invertible for each K' of table 2. */

        for (i = c; i + 1 < l && m[i * stride + c] == 0; i++) { /* void */ }

        if (i != c) {
            wzp_raptorq_swap(row + c, m + i * stride + c, stride - c);
        }

        WZP_ASSERT(row[c] != 0);

        wzp_gf256_muladd(row + c, row + c, wzp_gf256_inv(row[c]) ^ 1,
                         stride - c);

        for (i = 0; i < l; i++) {
            if (i != c) {
                wzp_gf256_muladd(m + i * stride + c, row + c,
                                 m[i * stride + c], stride - c);
            }
        }
    }
}


size_t
wzp_raptorq_size(unsigned k)
{
    size_t                      l;
    const wzp_raptorq_param_t  *pa;

    if (k == 0 || k > WZP_RAPTORQ_K_MAX) {
        return 0;
    }

    pa = wzp_raptorq_param(k);
    l = (size_t) pa->kp + pa->s + pa->h;

    return sizeof(wzp_raptorq_t) + l * WZP_RAPTORQ_PAD(l + k);
}


wzp_raptorq_t *
wzp_raptorq_init(void *mem, unsigned k)
{
    size_t          stride;
    uint8_t        *m;
    uint16_t        cols[WZP_RAPTORQ_COLS];
    unsigned        i, n;
    wzp_raptorq_t  *rq;

    rq = mem;
    memset(rq, 0, wzp_raptorq_size(k));
    wzp_raptorq_setup(rq, k);

    /* 5.3.3.4.2: on the left what is added up, on the right what the sum is;
     * of the latter only the columns of source symbols. */

    stride = WZP_RAPTORQ_PAD((size_t) rq->l + k);
    m = rq->cells;

    wzp_raptorq_ldpc(rq, m, stride);
    m += rq->s * stride;

    wzp_raptorq_hdpc(rq, m, stride);
    m += rq->h * stride;

    for (i = 0; i < rq->kp; i++, m += stride) {

        for (n = wzp_raptorq_cols(rq, i, cols); n > 0; n--) {
            m[cols[n - 1]] ^= 1;
        }

        if (i < k) {
            m[rq->l + i] = 1;
        }
    }

    wzp_raptorq_invert(rq->cells, rq->l, stride);

    /* Only the right is wanted from here on. */

    for (i = 0; i < rq->l; i++) {
        memmove(rq->cells + i * WZP_RAPTORQ_PAD(k),
                rq->cells + i * stride + rq->l, k);
        memset(rq->cells + i * WZP_RAPTORQ_PAD(k) + k, 0,
               WZP_RAPTORQ_PAD(k) - k);
    }

    return rq;
}


/* As wzp_raptorq_row(), and zeroes up to the next multiple of 16. */

static void
wzp_raptorq_padded(const wzp_raptorq_t *rq, uint32_t esi, uint8_t *row)
{
    size_t    size;
    uint16_t  cols[WZP_RAPTORQ_COLS];
    unsigned  n;

    size = WZP_RAPTORQ_PAD(rq->k);
    memset(row, 0, size);

    if (esi < rq->k) {
        row[esi] = 1;
        return;
    }

    /* Between source and repair symbols are those that fill up to K'. */

    n = wzp_raptorq_cols(rq, esi - rq->k + rq->kp, cols);

    while (n-- > 0) {
        wzp_gf256_muladd(row, rq->cells + cols[n] * size, 1, size);
    }
}


void
wzp_raptorq_row(const wzp_raptorq_t *rq, uint32_t esi, uint8_t *row)
{
    uint8_t  padded[WZP_RAPTORQ_K_MAX];

    wzp_raptorq_padded(rq, esi, padded);
    memcpy(row, padded, rq->k);
}


void
wzp_raptorq_encode(const wzp_raptorq_t *rq, const uint8_t *source, size_t t,
    uint32_t esi, uint8_t *symbol)
{
    uint8_t   row[WZP_RAPTORQ_K_MAX];
    unsigned  i;

    if (esi < rq->k) {
        memcpy(symbol, source + esi * t, t);
        return;
    }

    wzp_raptorq_padded(rq, esi, row);
    memset(symbol, 0, t);

    for (i = 0; i < rq->k; i++) {
        wzp_gf256_muladd(symbol, source + i * t, row[i], t);
    }
}


/* ---- a block that is being received ---- */

size_t
wzp_raptorq_block_size(unsigned k, size_t t)
{
    if (k == 0 || k > WZP_RAPTORQ_K_MAX || t > WZP_RAPTORQ_T_MAX) {
        return 0;
    }

    return sizeof(wzp_raptorq_block_t)
           + (k + 1) * (WZP_RAPTORQ_PAD(k) + WZP_RAPTORQ_PAD(t));
}


wzp_raptorq_block_t *
wzp_raptorq_block_init(void *mem, const wzp_raptorq_t *rq, size_t t)
{
    wzp_raptorq_block_t  *bk;

    bk = mem;
    memset(bk, 0, wzp_raptorq_block_size(rq->k, t));

    bk->rq = rq;
    bk->t = (uint16_t) t;
    bk->factors = (uint16_t) WZP_RAPTORQ_PAD(rq->k);
    bk->stride = (uint16_t) (bk->factors + WZP_RAPTORQ_PAD(t));

    return bk;
}


/* Row k is the one that is being worked on. */

static uint8_t *
wzp_raptorq_block_row(wzp_raptorq_block_t *bk, unsigned i)
{
    return bk->cells + (size_t) i * bk->stride;
}


/* Take out of the work row what is known, from symbol i on; what is left
 * finds its place.  False when nothing is. */

static bool
wzp_raptorq_block_reduce(wzp_raptorq_block_t *bk, unsigned i)
{
    size_t    from;
    uint8_t  *row, *work, factor;

    work = wzp_raptorq_block_row(bk, bk->rq->k);

    for ( /* void */ ; i < bk->rq->k; i++) {
        factor = work[i];

        if (factor == 0) {
            continue;
        }

        row = wzp_raptorq_block_row(bk, i);
        from = i & ~15u;

        switch ((wzp_raptorq_state_t) bk->state[i]) {

        case WZP_RAPTORQ_NONE:
            wzp_gf256_muladd(work + from, work + from,
                             wzp_gf256_inv(factor) ^ 1, bk->stride - from);
            memcpy(row, work, bk->stride);
            bk->state[i] = WZP_RAPTORQ_SUM;
            bk->rank++;
            return true;

        case WZP_RAPTORQ_KNOWN:
            work[i] = 0;
            wzp_gf256_muladd(work + bk->factors, row + bk->factors, factor,
                             bk->stride - bk->factors);
            break;

        case WZP_RAPTORQ_SUM:
            wzp_gf256_muladd(work + from, row + from, factor,
                             bk->stride - from);
            break;
        }
    }

    return false;
}


/* A source symbol needs no row of factors.  The sum that has its place, if
 * there is one, looks for another. */

static bool
wzp_raptorq_block_source(wzp_raptorq_block_t *bk, unsigned i,
    const uint8_t *symbol)
{
    bool      moved;
    uint8_t  *row;

    if (bk->state[i] == WZP_RAPTORQ_KNOWN) {
        return false;
    }

    row = wzp_raptorq_block_row(bk, i);
    moved = bk->state[i] == WZP_RAPTORQ_SUM;

    if (moved) {
        memcpy(wzp_raptorq_block_row(bk, bk->rq->k), row, bk->stride);

    } else {
        bk->rank++;
    }

    bk->state[i] = WZP_RAPTORQ_KNOWN;

    if (bk->t) {
        memcpy(row + bk->factors, symbol, bk->t);
    }

    return !moved || wzp_raptorq_block_reduce(bk, i);
}


static bool
wzp_raptorq_block_repair(wzp_raptorq_block_t *bk, uint32_t esi,
    const uint8_t *symbol)
{
    uint8_t  *work;

    work = wzp_raptorq_block_row(bk, bk->rq->k);
    wzp_raptorq_padded(bk->rq, esi, work);

    if (bk->t) {
        memcpy(work + bk->factors, symbol, bk->t);
        memset(work + bk->factors + bk->t, 0,
               (size_t) bk->stride - bk->factors - bk->t);
    }

    return wzp_raptorq_block_reduce(bk, 0);
}


/* There is a row for each symbol: from the last to the first, each is known. */

static void
wzp_raptorq_block_solve(wzp_raptorq_block_t *bk)
{
    uint8_t   *row, *other;
    unsigned   i, j;

    for (i = bk->rq->k; i-- > 0; /* void */ ) {

        if (bk->state[i] == WZP_RAPTORQ_KNOWN) {
            continue;
        }

        row = wzp_raptorq_block_row(bk, i);

        for (j = i + 1; j < bk->rq->k; j++) {
            other = wzp_raptorq_block_row(bk, j);
            wzp_gf256_muladd(row + bk->factors, other + bk->factors, row[j],
                             bk->stride - bk->factors);
        }

        bk->state[i] = WZP_RAPTORQ_KNOWN;
    }
}


wzp_rc_t
wzp_raptorq_block_put(wzp_raptorq_block_t *bk, uint32_t esi,
    const uint8_t *symbol)
{
    bool  news;

    if (esi > WZP_RAPTORQ_ESI_MAX) {
        return WZP_EBAD;
    }

    if (wzp_raptorq_block_done(bk)) {
        return WZP_EDUP;
    }

    news = esi < bk->rq->k ? wzp_raptorq_block_source(bk, esi, symbol)
                           : wzp_raptorq_block_repair(bk, esi, symbol);

    if (!news) {
        return WZP_EDUP;
    }

    if (wzp_raptorq_block_done(bk)) {
        wzp_raptorq_block_solve(bk);
    }

    return WZP_OK;
}


bool
wzp_raptorq_block_done(const wzp_raptorq_block_t *bk)
{
    return bk->rank == bk->rq->k;
}


const uint8_t *
wzp_raptorq_block_symbol(const wzp_raptorq_block_t *bk, unsigned i)
{
    if (i >= bk->rq->k || bk->state[i] != WZP_RAPTORQ_KNOWN) {
        return NULL;
    }

    return bk->cells + (size_t) i * bk->stride + bk->factors;
}
