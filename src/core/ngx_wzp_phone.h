/*
 * Phones: people who are registered for direct calls (`_signal`), and what the
 * calls make the relay say.  PROTOCOL 7.5, 7.6, E.2.
 */

#ifndef _NGX_WZP_PHONE_H_INCLUDED_
#define _NGX_WZP_PHONE_H_INCLUDED_


#include "core/ngx_wzp_hub.h"


#define NGX_WZP_PHONES_MAX      10000   /* of one relay                      */
#define NGX_WZP_PHONES_OF       8       /* of one person                     */


/* A `_signal` connection. */
typedef struct {
    ngx_queue_t       queue;            /* in the hub                        */
    ngx_queue_t       same;             /* with the same hash, registered    */
    ngx_wzp_hub_t    *hub;
    ngx_wzp_conn_t   *wc;
    uint64_t          number;           /* never used twice                  */
    uint8_t           fp[WZP_FP_SIZE];
    wzp_bucket_t      offers;           /* calls placed                      */
    wzp_bucket_t      questions;
    ngx_uint_t        asking;           /* questions without an answer yet   */
    unsigned          registered:1;
    unsigned          verified:1;       /* bound to the TLS session          */
} ngx_wzp_phone_t;


void ngx_wzp_phone_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc);

/* Ask them to register anew, with the heir. */
void ngx_wzp_phone_leave(ngx_wzp_hub_t *hub);

/* All of one person, one after the other: NULL first and last. */
ngx_wzp_phone_t *ngx_wzp_phone_next(ngx_wzp_hub_t *hub, const uint8_t *fp,
    ngx_wzp_phone_t *ph);

ngx_wzp_phone_t *ngx_wzp_phone_by_number(ngx_wzp_hub_t *hub,
    const uint8_t *fp, uint64_t number);

/* One who is registered here, or NULL. */
ngx_wzp_phone_t *ngx_wzp_phone_find(ngx_wzp_hub_t *hub, const uint8_t *fp);

/* Fingerprints of all, with repeats; there is room for NGX_WZP_PHONES_MAX. */
size_t ngx_wzp_phone_people(ngx_wzp_hub_t *hub, uint8_t (*fps)[WZP_FP_SIZE]);

/* May this identity enter the room of a call?  WZP_CLOSE_NORMAL, or why not.
 * For every worker. */
wzp_close_t ngx_wzp_phone_may_join(ngx_wzp_conn_t *wc);


#endif /* _NGX_WZP_PHONE_H_INCLUDED_ */
