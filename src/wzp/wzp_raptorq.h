/*
 * RaptorQ, RFC 6330: repair symbols for one source block of K symbols, and
 * the block out of any K of them, or a few more.  PROTOCOL 5.
 *
 * The code of one K is computed once: what each intermediate symbol is of the
 * source symbols.  So every encoding symbol is a row of K factors, and decoding
 * is the elimination of what is known, as it comes.  That succeeds whenever
 * what came is enough.  All memory is the caller's.
 */

#ifndef _WZP_RAPTORQ_H_INCLUDED_
#define _WZP_RAPTORQ_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_RAPTORQ_K_MAX       256
#define WZP_RAPTORQ_T_MAX       1414            /* bytes of a symbol         */
#define WZP_RAPTORQ_ESI_MAX     0xffffff

/* What memory must be aligned to. */
#define WZP_RAPTORQ_ALIGN       8

/* Enough for K up to 10, at compile time: a code, and a block of symbols of t
 * bytes. */
#define WZP_RAPTORQ_SMALL_K         10
#define WZP_RAPTORQ_SMALL_SIZE      (32 + 27 * 48)
#define WZP_RAPTORQ_SMALL_BLOCK(t)  (272 + 11 * (16 + ((t) + 15) / 16 * 16))


/* The code of one K; never written after init, may be shared. */
typedef struct wzp_raptorq_s        wzp_raptorq_t;

/* What was received of one block. */
typedef struct wzp_raptorq_block_s  wzp_raptorq_block_t;


/* Bytes of a code; 0 when k is not 1..WZP_RAPTORQ_K_MAX. */
size_t wzp_raptorq_size(unsigned k);

/* mem has wzp_raptorq_size(k) bytes.  Takes 20 us for K = 10, and some
 * milliseconds for K = 256. */
wzp_raptorq_t *wzp_raptorq_init(void *mem, unsigned k);

/*
 * Write the encoding symbol esi of a block: k symbols of t bytes each, one
 * after the other.  esi < k is the source symbol itself.
 */
void wzp_raptorq_encode(const wzp_raptorq_t *rq, const uint8_t *source,
    size_t t, uint32_t esi, uint8_t *symbol);

/* The k factors of an encoding symbol. */
void wzp_raptorq_row(const wzp_raptorq_t *rq, uint32_t esi, uint8_t *row);


/* Bytes of a block of k symbols of t bytes; 0 when one is out of range. */
size_t wzp_raptorq_block_size(unsigned k, size_t t);

/*
 * mem has that many bytes; the code is borrowed.  With t = 0 a block only
 * tells whether it could be decoded.  Done again, all is forgotten.
 */
wzp_raptorq_block_t *wzp_raptorq_block_init(void *mem,
    const wzp_raptorq_t *rq, size_t t);

/*
 * Put one encoding symbol, t bytes; copied.  At most k operations on symbols,
 * and k * k / 2 for the one that completes the block.
 *
 * WZP_EDUP it tells nothing that was not known; WZP_EBAD esi out of range.
 */
wzp_rc_t wzp_raptorq_block_put(wzp_raptorq_block_t *bk, uint32_t esi,
    const uint8_t *symbol);

/* All source symbols are known. */
bool wzp_raptorq_block_done(const wzp_raptorq_block_t *bk);

/* Source symbol i; NULL unless it was put, or the block is done. */
const uint8_t *wzp_raptorq_block_symbol(const wzp_raptorq_block_t *bk,
    unsigned i);


#endif /* _WZP_RAPTORQ_H_INCLUDED_ */
