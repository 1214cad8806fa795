/*
 * Blocks of one stream: frames are numbered, a block of K of them is followed
 * by repair packets, and lost frames are computed from these.  PROTOCOL 5.
 * RaptorQ itself is in wzp_raptorq.  No I/O, no clock, memory of one size.
 */

#ifndef _WZP_FEC_H_INCLUDED_
#define _WZP_FEC_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_raptorq.h"


#define WZP_FEC_K_MAX       WZP_RAPTORQ_SMALL_K
#define WZP_FEC_SYMBOL      256         /* in the existing layout            */
#define WZP_FEC_FRAME_MAX   254         /* there, behind the length          */
#define WZP_FEC_BLOCKS      4           /* that are repaired at a time       */
#define WZP_FEC_REUSE       (2 * WZP_SEC)   /* an id is another block's then */


typedef enum {
    WZP_FEC_OURS = 0,                   /* a symbol is a frame               */
    WZP_FEC_EXISTING                    /* length, frame, zeroes: 256 bytes  */
} wzp_fec_layout_t;


/* ---- the sender's side ---- */

/* Has pointers into itself: not to be copied. */
typedef struct {
    wzp_fec_layout_t      layout;
    wzp_codec_t           codec;
    uint8_t               ratio;        /* as in the header; 0: no blocks    */
    uint8_t               k;
    uint8_t               repairs;      /* of each block                     */
    uint16_t              symbol;       /* bytes                             */

    uint8_t               block;
    uint8_t               frames;       /* of this block so far              */
    uint8_t               sent;         /* repair packets taken              */

    const wzp_raptorq_t  *rq;
    _Alignas(WZP_RAPTORQ_ALIGN)
    uint8_t               code[WZP_RAPTORQ_SMALL_SIZE];
    uint8_t               source[WZP_FEC_K_MAX * WZP_FEC_SYMBOL];
    uint8_t               repair[WZP_FEC_SYMBOL];
} wzp_fec_tx_t;


/* No blocks are made before wzp_fec_tx_set(). */
void wzp_fec_tx_init(wzp_fec_tx_t *tx, wzp_fec_layout_t layout);

/*
 * From the next frame on.  If anything changes, a block that has begun is
 * abandoned.  Ratio 0, comfort noise, and in our layout Opus: no blocks.
 */
void wzp_fec_tx_set(wzp_fec_tx_t *tx, wzp_codec_t codec, float ratio);

/* Is there a block that has begun and is not complete? */
bool wzp_fec_tx_begun(const wzp_fec_tx_t *tx);

/* It will not be completed: a pause in the stream. */
void wzp_fec_tx_abandon(wzp_fec_tx_t *tx);

/*
 * Number one frame: sets fec_ratio, fec_block and fec_symbol of its packet,
 * to 0 when there are no blocks.  Repair packets of the block before that were
 * not taken are gone.
 *
 * WZP_EBAD a length that the codec does not have: the packet is to be sent
 * without numbers.
 */
wzp_rc_t wzp_fec_tx_put(wzp_fec_tx_t *tx, const uint8_t *frame, size_t len,
    wzp_packet_t *pk) WZP_MUST_CHECK;

/*
 * The next repair packet of the block that the last frame has completed: sets
 * repair, codec, the numbers and the payload (valid until the next call).
 * False: there is none.
 */
bool wzp_fec_tx_next(wzp_fec_tx_t *tx, wzp_packet_t *pk);


/* ---- the receiver's side ---- */

/* A frame that was lost and is found. */
typedef struct {
    uint8_t         block;
    uint8_t         symbol;             /* its index                         */
    bool            placed;             /* neighbours agree on the next two  */
    uint16_t        seq;                /* of the packet that was lost       */
    uint32_t        timestamp;
    wzp_bytes_t     data;               /* valid until the next put          */
} wzp_fec_frame_t;


typedef struct {
    uint64_t        recovered;          /* frames                            */
    uint64_t        repaired;           /* blocks                            */
    uint64_t        failed;             /* blocks given up incomplete        */
} wzp_fec_stats_t;


typedef struct {
    bool                  used;
    bool                  done;         /* nothing is missing any more       */
    uint8_t               id;
    uint8_t               nsource;
    wzp_codec_t           codec;
    uint16_t              symbol;       /* bytes; 0: no repair packet yet    */
    uint64_t              fresh_ns;     /* the last packet that told more    */

    /* Places in the stream; the last one is where the block ends. */
    bool                  known[WZP_FEC_K_MAX + 1];
    uint16_t              seq[WZP_FEC_K_MAX + 1];
    uint32_t              timestamp[WZP_FEC_K_MAX + 1];

    /* Source symbols in the existing layout. */
    uint8_t               source[WZP_FEC_K_MAX][WZP_FEC_SYMBOL];

    wzp_raptorq_block_t  *rows;         /* in mem, with the symbol's size    */
    _Alignas(WZP_RAPTORQ_ALIGN)
    uint8_t               mem[WZP_RAPTORQ_SMALL_BLOCK(WZP_FEC_SYMBOL)];
} wzp_fec_block_t;


/* Has pointers into itself: not to be copied. */
typedef struct {
    wzp_fec_stats_t       st;
    uint8_t               k;            /* that the code is for              */
    bool                  started;
    uint8_t               newest;       /* block id                          */
    uint64_t              fresh_ns;

    const wzp_raptorq_t  *rq;
    _Alignas(WZP_RAPTORQ_ALIGN)
    uint8_t               code[WZP_RAPTORQ_SMALL_SIZE];
    wzp_fec_block_t       blocks[WZP_FEC_BLOCKS];
} wzp_fec_rx_t;


void wzp_fec_rx_init(wzp_fec_rx_t *rx);

/* Another sender: forget all blocks, not the statistics. */
void wzp_fec_rx_reset(wzp_fec_rx_t *rx);

/*
 * Put one packet of the stream, source or repair, in any order.  *n is always
 * set: so many frames were found.
 *
 * WZP_EUNKNOWN not part of a block: played as it is; WZP_EDUP tells nothing
 * new; WZP_ELATE of a block that was given up; WZP_EBAD cannot be right.
 */
wzp_rc_t wzp_fec_rx_put(wzp_fec_rx_t *rx, const wzp_packet_t *pk,
    uint64_t now_ns, wzp_fec_frame_t out[WZP_FEC_K_MAX], unsigned *n);


#endif /* _WZP_FEC_H_INCLUDED_ */
