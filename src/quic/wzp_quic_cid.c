/*
 * Connection IDs: [steer][slot][epoch 2][random 5][keyed tag 3].
 */

#include "quic/wzp_quic_cid.h"

#include <ngtcp2/ngtcp2_crypto.h>
#include <sodium.h>
#include <stdlib.h>


#define WZP_CID_PLAIN       (WZP_CID_LEN - WZP_CID_TAG_LEN)
#define WZP_CID_BUCKETS     64          /* of an empty table                 */


void
wzp_quic_keys_init(wzp_quic_keys_t *keys,
    const uint8_t secret[WZP_QUIC_SECRET_SIZE])
{
    uint8_t  tag[WZP_KEY_SIZE];

    wzp_derive(tag, secret, "wzp-quic-cid");
    memcpy(keys->tag, tag, sizeof(keys->tag));
    sodium_memzero(tag, sizeof(tag));

    wzp_derive(keys->token, secret, "wzp-quic-token");
    wzp_derive(keys->reset, secret, "wzp-quic-reset");
}


void
wzp_quic_keys_wipe(wzp_quic_keys_t *keys)
{
    sodium_memzero(keys, sizeof(wzp_quic_keys_t));
}


static void
wzp_cid_tag(const wzp_quic_keys_t *keys, const uint8_t *id,
    uint8_t tag[WZP_CID_TAG_LEN])
{
    uint8_t  hash[crypto_shorthash_BYTES];

    crypto_shorthash(hash, id, WZP_CID_PLAIN, keys->tag);
    memcpy(tag, hash, WZP_CID_TAG_LEN);
}


void
wzp_cid_make(const wzp_quic_keys_t *keys, const wzp_cid_owner_t *owner,
    const uint8_t rnd[5], uint8_t id[WZP_CID_LEN])
{
    id[0] = owner->steer;
    id[1] = owner->slot;
    id[2] = (uint8_t) (owner->epoch >> 8);
    id[3] = (uint8_t) owner->epoch;
    memcpy(id + 4, rnd, 5);

    wzp_cid_tag(keys, id, id + WZP_CID_PLAIN);
}


wzp_rc_t
wzp_cid_parse(const wzp_quic_keys_t *keys, const uint8_t *id, size_t len,
    wzp_cid_owner_t *owner)
{
    uint8_t  tag[WZP_CID_TAG_LEN];

    if (len != WZP_CID_LEN) {
        return WZP_EBAD;
    }

    wzp_cid_tag(keys, id, tag);

    if (sodium_memcmp(tag, id + WZP_CID_PLAIN, WZP_CID_TAG_LEN) != 0) {
        return WZP_EBAD;
    }

    owner->steer = id[0];
    owner->slot = id[1];
    owner->epoch = (uint16_t) (id[2] << 8 | id[3]);

    return WZP_OK;
}


wzp_rc_t
wzp_cid_reset_token(const wzp_quic_keys_t *keys, const ngtcp2_cid *cid,
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN])
{
    if (ngtcp2_crypto_generate_stateless_reset_token(token, keys->reset,
                                                     sizeof(keys->reset), cid)
        != 0)
    {
        return WZP_ERROR;
    }

    return WZP_OK;
}


/* ---- table ---- */


wzp_rc_t
wzp_cid_table_init(wzp_cid_table_t *ct, const uint8_t key[WZP_CID_HASH_KEY])
{
    memset(ct, 0, sizeof(wzp_cid_table_t));
    memcpy(ct->key, key, WZP_CID_HASH_KEY);

    ct->buckets = calloc(WZP_CID_BUCKETS, sizeof(wzp_cid_t *));
    if (ct->buckets == NULL) {
        return WZP_ENOMEM;
    }

    ct->nbuckets = WZP_CID_BUCKETS;

    return WZP_OK;
}


void
wzp_cid_table_done(wzp_cid_table_t *ct)
{
    WZP_ASSERT(ct->n == 0);

    free(ct->buckets);
    ct->buckets = NULL;
}


static wzp_cid_t **
wzp_cid_bucket(const wzp_cid_table_t *ct, wzp_cid_t **buckets,
    size_t nbuckets, const uint8_t *id, size_t len)
{
    uint8_t   hash[crypto_shorthash_BYTES];
    uint64_t  h;

    crypto_shorthash(hash, id, len, ct->key);
    memcpy(&h, hash, sizeof(h));

    return &buckets[h & (nbuckets - 1)];
}


static wzp_cid_t **
wzp_cid_slot(const wzp_cid_table_t *ct, const uint8_t *id, size_t len)
{
    wzp_cid_t  **p;

    p = wzp_cid_bucket(ct, ct->buckets, ct->nbuckets, id, len);

    while (*p != NULL
           && ((*p)->len != len || memcmp((*p)->id, id, len) != 0))
    {
        p = &(*p)->next;
    }

    return p;
}


/* Twice as many buckets.  Without memory for them lists just get longer. */
static void
wzp_cid_table_grow(wzp_cid_table_t *ct)
{
    size_t      i, n;
    wzp_cid_t  *cid, *next, **buckets, **p;

    n = ct->nbuckets * 2;

    buckets = calloc(n, sizeof(wzp_cid_t *));
    if (buckets == NULL) {
        return;
    }

    for (i = 0; i < ct->nbuckets; i++) {

        for (cid = ct->buckets[i]; cid != NULL; cid = next) {
            next = cid->next;
            p = wzp_cid_bucket(ct, buckets, n, cid->id, cid->len);
            cid->next = *p;
            *p = cid;
        }
    }

    free(ct->buckets);
    ct->buckets = buckets;
    ct->nbuckets = n;
}


wzp_rc_t
wzp_cid_table_add(wzp_cid_table_t *ct, wzp_cid_t **list, wzp_qconn_t *qc,
    const uint8_t *id, size_t len)
{
    wzp_cid_t  *cid, **p;

    if (len > NGTCP2_MAX_CIDLEN) {
        return WZP_EBAD;
    }

    if (ct->n >= ct->nbuckets) {
        wzp_cid_table_grow(ct);
    }

    p = wzp_cid_slot(ct, id, len);
    if (*p != NULL) {
        return WZP_EDUP;
    }

    cid = malloc(sizeof(wzp_cid_t));
    if (cid == NULL) {
        return WZP_ENOMEM;
    }

    cid->qc = qc;
    cid->len = (uint8_t) len;
    memcpy(cid->id, id, len);

    cid->next = NULL;
    *p = cid;
    ct->n++;

    cid->sibling = *list;
    *list = cid;

    return WZP_OK;
}


static void
wzp_cid_unlink(wzp_cid_table_t *ct, wzp_cid_t *cid)
{
    wzp_cid_t  **p;

    p = wzp_cid_slot(ct, cid->id, cid->len);

    if (*p == cid) {
        *p = cid->next;
        ct->n--;
    }

    free(cid);
}


void
wzp_cid_table_remove(wzp_cid_table_t *ct, wzp_cid_t **list,
    const uint8_t *id, size_t len)
{
    wzp_cid_t  *cid, **p;

    for (p = list; *p != NULL; p = &(*p)->sibling) {
        cid = *p;

        if (cid->len == len && memcmp(cid->id, id, len) == 0) {
            *p = cid->sibling;
            wzp_cid_unlink(ct, cid);
            return;
        }
    }
}


void
wzp_cid_table_clear(wzp_cid_table_t *ct, wzp_cid_t **list)
{
    wzp_cid_t  *cid;

    while ((cid = *list) != NULL) {
        *list = cid->sibling;
        wzp_cid_unlink(ct, cid);
    }
}


wzp_qconn_t *
wzp_cid_table_find(const wzp_cid_table_t *ct, const uint8_t *id, size_t len)
{
    wzp_cid_t  *cid;

    if (len > NGTCP2_MAX_CIDLEN) {
        return NULL;
    }

    cid = *wzp_cid_slot(ct, id, len);

    return (cid != NULL) ? cid->qc : NULL;
}
