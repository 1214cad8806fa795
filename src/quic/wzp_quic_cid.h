/*
 * Connection IDs: the format of ours, the table from ID to connection, and
 * the keys that make IDs, address tokens and stateless resets unforgeable.
 */

#ifndef _WZP_QUIC_CID_H_INCLUDED_
#define _WZP_QUIC_CID_H_INCLUDED_


#include <ngtcp2/ngtcp2.h>

#include "quic/wzp_quic.h"


#define WZP_CID_TAG_LEN     3
#define WZP_CID_HASH_KEY    16


/* All derived from one secret, so that any worker of a relay understands
 * what any other gave out. */
typedef struct {
    uint8_t  tag[WZP_CID_HASH_KEY];
    uint8_t  token[WZP_QUIC_SECRET_SIZE];
    uint8_t  reset[WZP_QUIC_SECRET_SIZE];
} wzp_quic_keys_t;


void wzp_quic_keys_init(wzp_quic_keys_t *keys,
    const uint8_t secret[WZP_QUIC_SECRET_SIZE]);
void wzp_quic_keys_wipe(wzp_quic_keys_t *keys);


/* A new ID of ours around 5 random bytes. */
void wzp_cid_make(const wzp_quic_keys_t *keys, const wzp_cid_owner_t *owner,
    const uint8_t rnd[5], uint8_t id[WZP_CID_LEN]);

/* WZP_EBAD: not one of ours (or, 1 in 16 million, a lucky client). */
wzp_rc_t wzp_cid_parse(const wzp_quic_keys_t *keys, const uint8_t *id,
    size_t len, wzp_cid_owner_t *owner) WZP_MUST_CHECK;

/* RFC 9000, 10.3.2: a function of the ID alone. */
wzp_rc_t wzp_cid_reset_token(const wzp_quic_keys_t *keys,
    const ngtcp2_cid *cid, uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN])
    WZP_MUST_CHECK;


/* One ID of a connection; in two lists at once. */
typedef struct wzp_cid_s  wzp_cid_t;

struct wzp_cid_s {
    wzp_cid_t    *next;                 /* in the bucket                     */
    wzp_cid_t    *sibling;              /* of the same connection            */
    wzp_qconn_t  *qc;
    uint8_t       len;
    uint8_t       id[NGTCP2_MAX_CIDLEN];
};


/*
 * Hashed with a random key: a client chooses the first destination ID of its
 * connection, and must not be able to choose the bucket.
 */
typedef struct {
    wzp_cid_t   **buckets;
    size_t        nbuckets;             /* a power of two                    */
    size_t        n;
    uint8_t       key[WZP_CID_HASH_KEY];
} wzp_cid_table_t;


wzp_rc_t wzp_cid_table_init(wzp_cid_table_t *ct,
    const uint8_t key[WZP_CID_HASH_KEY]) WZP_MUST_CHECK;
void wzp_cid_table_done(wzp_cid_table_t *ct);

/* WZP_EDUP: somebody has this ID; WZP_ENOMEM.  *list is the connection's. */
wzp_rc_t wzp_cid_table_add(wzp_cid_table_t *ct, wzp_cid_t **list,
    wzp_qconn_t *qc, const uint8_t *id, size_t len) WZP_MUST_CHECK;

void wzp_cid_table_remove(wzp_cid_table_t *ct, wzp_cid_t **list,
    const uint8_t *id, size_t len);

/* Remove all IDs of a connection. */
void wzp_cid_table_clear(wzp_cid_table_t *ct, wzp_cid_t **list);

wzp_qconn_t *wzp_cid_table_find(const wzp_cid_table_t *ct, const uint8_t *id,
    size_t len);


#endif /* _WZP_QUIC_CID_H_INCLUDED_ */
