/*
 * What the files of calls share.  For them only.
 */

#ifndef _NGX_WZP_CALL_INT_H_INCLUDED_
#define _NGX_WZP_CALL_INT_H_INCLUDED_


#include "core/ngx_wzp_call.h"


/*
 * A call that leaves this relay: one of our people's, by a link; or of others,
 * passed on between two links.
 */
typedef struct {
    ngx_queue_t      queue;
    ngx_queue_t      same;              /* with the same hash                */
    char             id[WZP_CALL_ID_MAX + 1];
    uint8_t          key[WZP_ROOM_KEY_SIZE];    /* of its room               */
    wzp_relay_id_t   link;              /* of ours; or where it came from    */
    wzp_relay_id_t   link2;             /* passed on: to there; else 0       */
    uint64_t         used_ns;
    ngx_uint_t       bridged;           /* unsigned                          */
    ngx_uint_t       answered;          /* unsigned: passed on               */
} ngx_wzp_span_t;


/* An offer that waits until it is known where its target is. */
typedef struct {
    ngx_queue_t      queue;
    ngx_wzp_hub_t   *hub;
    uint64_t         number;            /* of the phone                      */
    uint8_t          caller[WZP_FP_SIZE];
    uint8_t          target[WZP_FP_SIZE];
    void            *question;
    size_t           len;
    uint8_t          data[];
} ngx_wzp_waiting_t;


/* Large, and used by one worker at a time. */
extern wzp_call_out_t  ngx_wzp_call_out;


#define ngx_wzp_call_lock(hub)    ngx_wzp_zone_lock(ngx_wzp_worker->zone)
#define ngx_wzp_call_unlock(hub)  ngx_wzp_zone_unlock(ngx_wzp_worker->zone)


/* Do what a signal makes us do; data: that signal. */
void ngx_wzp_call_run(ngx_wzp_hub_t *hub, const wzp_call_out_t *out,
    const uint8_t *data, size_t len);

/* The span of a call; NULL: there is none, or no room for one more. */
ngx_wzp_span_t *ngx_wzp_call_span(ngx_wzp_hub_t *hub, const char *id,
    ngx_uint_t create);

/* One more for a call that comes by this link and goes on by that; NULL: its
 * share is used up. */
ngx_wzp_span_t *ngx_wzp_call_via(ngx_wzp_link_t *ln, ngx_wzp_link_t *to,
    const char *id);
void ngx_wzp_call_free(ngx_wzp_hub_t *hub, ngx_wzp_span_t *sp);

/* A call was answered: if it leaves this relay, so must its media. */
void ngx_wzp_call_answered(ngx_wzp_hub_t *hub, const char *id);


#endif /* _NGX_WZP_CALL_INT_H_INCLUDED_ */
