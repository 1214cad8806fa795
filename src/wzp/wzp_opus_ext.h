/*
 * What our senders add to an Opus packet: blocks in one extension inside its
 * padding, which every decoder skips.  PROTOCOL E.11; the packet's syntax is
 * RFC 6716, 3.2, that of extensions draft-ietf-mlcodec-opus-extension.  Bytes
 * only: knows no codec, decodes nothing.
 */

#ifndef _WZP_OPUS_EXT_H_INCLUDED_
#define _WZP_OPUS_EXT_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_OPUS_EXT_ID     121         /* private use; DRED has 126         */
#define WZP_OPUS_FRAMES     48          /* in one packet, at most            */
#define WZP_OPUS_EXT_COST   16          /* bytes around a list, at most      */

#define WZP_BLOCK_BACK_MAX    31          /* packets                           */
#define WZP_BLOCK_AGO_MAX     255         /* 10 ms                             */
#define WZP_BLOCK_COPY_COST   4           /* bytes around a copy, at most      */
#define WZP_BLOCK_VIEW_SIZE   6


typedef enum {
    WZP_BLOCK_COPY = 1,
    WZP_BLOCK_VIEW = 2
} wzp_block_type_t;


/* An earlier packet once more. */
typedef struct {
    uint8_t      back;                  /* packets before this one: 1 .. 31  */
    uint8_t      ago_10ms;              /* its timestamp, before this one's  */
    wzp_bytes_t  packet;                /* Opus without padding              */
} wzp_block_copy_t;


/* What the sender of this packet hears of another stream. */
typedef struct {
    uint16_t     stream_id;
    uint8_t      loss;                  /* of 255                            */
    uint8_t      burst_16;              /* mean length, packets / 16         */
} wzp_block_view_t;


typedef struct {
    wzp_block_type_t  type;
    union {
        wzp_block_copy_t  copy;
        wzp_block_view_t  view;
    } u;
} wzp_block_t;


/*
 * Write one block; *len is its size.  WZP_ENOSPC; WZP_EBAD: it cannot be
 * written so.
 */
wzp_rc_t wzp_block_write(const wzp_block_t *bl, uint8_t *buf,
    size_t size, size_t *len) WZP_MUST_CHECK;

/*
 * Read the first block of a list and take it off; blocks of other types are
 * skipped.  Views point into the list.  WZP_EAGAIN: none is left; WZP_EBAD:
 * what is left are no blocks.
 */
wzp_rc_t wzp_block_next(wzp_bytes_t *list, wzp_block_t *bl)
    WZP_MUST_CHECK;

/*
 * The Opus packet with a list of blocks in its padding, before what was there.
 * WZP_EBAD: it is none.  WZP_ENOSPC.
 */
wzp_rc_t wzp_opus_ext_wrap(const uint8_t *packet, size_t len,
    const wzp_bytes_t *list, uint8_t *buf, size_t size, size_t *out)
    WZP_MUST_CHECK;

/* The list in an Opus packet.  WZP_EBAD: it is none; WZP_EAGAIN: it has
 * none. */
wzp_rc_t wzp_opus_ext_parse(const uint8_t *packet, size_t len,
    wzp_bytes_t *list) WZP_MUST_CHECK;

/* The Opus packet without its padding.  WZP_EBAD, WZP_ENOSPC. */
wzp_rc_t wzp_opus_ext_strip(const uint8_t *packet, size_t len, uint8_t *buf,
    size_t size, size_t *out) WZP_MUST_CHECK;


#endif /* _WZP_OPUS_EXT_H_INCLUDED_ */
