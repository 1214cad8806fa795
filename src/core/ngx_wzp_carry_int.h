/*
 * What the files of sessions share.  For them only.
 */

#ifndef _NGX_WZP_CARRY_INT_H_INCLUDED_
#define _NGX_WZP_CARRY_INT_H_INCLUDED_


#include "core/ngx_wzp_carry.h"


/* What we have with one neighbour for this. */
struct ngx_wzp_carrier_s {
    ngx_queue_t      queue;
    ngx_wzp_hub_t   *hub;
    ngx_wzp_link_t  *link;
    ngx_wzp_host_t   host;              /* where it listens                  */
    char             ip[WZP_ADDR_TEXT_MAX];
    char             port[sizeof("65535")];
    ngx_wzp_dial_t   dial;
    wzp_qconn_t     *qc;                /* NULL: not up                      */
    ngx_wzp_conn_t  *wc;                /* it dialed; or                     */
    ngx_wzp_out_t   *out;               /* we did                            */
    uint64_t         epoch;             /* of the neighbour's process        */
    uint64_t         idle_ns;           /* no session since; 0: has some     */
    wzp_bucket_t     signals;
};


typedef struct {
    ngx_queue_t         queue;
    char                id[WZP_CALL_ID_MAX + 1];
    char                room[WZP_ROOM_NAME_MAX + 1];
    uint8_t             key[WZP_ROOM_KEY_SIZE];
    uint8_t             tag[WZP_TAG_SIZE];
    uint8_t             target[WZP_FP_SIZE];
    ngx_wzp_carrier_t  *from;           /* NULL: the caller is here          */
    ngx_wzp_carrier_t  *to;             /* NULL: the callee is here          */
    uint8_t             ttl;
    uint64_t            asked_ns;       /* when the next one was             */
    uint64_t            used_ns;
    uint32_t            index;          /* the room's in the zone, with its  */
    uint32_t            epoch;          /* epoch; NGX_WZP_NONE: not there,   */
    uint64_t            missed_ns;      /* at that time                      */
    wzp_bucket_t        rate;
    ngx_uint_t          up;             /* unsigned: to the other end        */
} ngx_wzp_carried_t;


/* ---- ngx_wzp_carrier.c ---- */

/* That of a link; it is made, but not dialed.  NULL: no memory. */
ngx_wzp_carrier_t *ngx_wzp_carrier(ngx_wzp_link_t *ln);

/* Set where to dial: as configured, or where its link comes from.
 * NGX_DECLINED: that is not known. */
ngx_int_t ngx_wzp_carrier_host(ngx_wzp_carrier_t *cr);

/* Its neighbour's process is no more the youngest. */
ngx_uint_t ngx_wzp_carrier_is_old(ngx_wzp_carrier_t *cr);

/* So dial its younger one, which takes over when it answers; if no session goes
 * that way, the neighbour dials. */
void ngx_wzp_carrier_renew(ngx_wzp_carrier_t *cr);

void ngx_wzp_carrier_close(ngx_wzp_carrier_t *cr, wzp_close_t why);


/* ---- ngx_wzp_carry.c ---- */

/* Ask the next hop for a session, or tell that it is over. */
void ngx_wzp_carried_ask(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd,
    ngx_uint_t end);
void ngx_wzp_carried_free(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd);

/* What a neighbour says. */
void ngx_wzp_carry_forward(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_t *sf);
void ngx_wzp_carry_ack(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_ack_t *sa);


#endif /* _NGX_WZP_CARRY_INT_H_INCLUDED_ */
