/*
 * Asking the hub of a relay, from any worker: what only the hub knows comes
 * as text, ready to be sent on.
 *
 * When the hub is another worker, both talk through the rings: a question
 * (NGX_WZP_MSG_ASK), and then the answer piece by piece (NGX_WZP_MSG_TELL),
 * each asked for, so that no answer fills a ring.  Asking for the same piece
 * again does no harm; what a full ring did not take is asked for anew.
 */

#ifndef _NGX_WZP_ASK_H_INCLUDED_
#define _NGX_WZP_ASK_H_INCLUDED_


#include "core/ngx_wzp_text.h"
#include "core/ngx_wzp_worker.h"


typedef enum {
    NGX_WZP_ASK_PRESENCE = 1,
    NGX_WZP_ASK_PERSON,                 /* fp                                */
    NGX_WZP_ASK_PEERS,
    NGX_WZP_ASK_ROUTE,                  /* fp                                */
    NGX_WZP_ASK_LINKS,
    NGX_WZP_ASK_MESH,
    NGX_WZP_ASK_MESH_TEXT,
    NGX_WZP_ASK_METRICS                 /* samples without HELP and TYPE     */
} ngx_wzp_ask_e;


typedef struct ngx_wzp_ask_s     ngx_wzp_ask_t;
typedef struct ngx_wzp_answer_s  ngx_wzp_answer_t;

/*
 * status as in HTTP: 200 and the text; 503: there is no hub; 504: it took too
 * long; 500: no memory.  The text is freed afterwards.
 */
typedef void (*ngx_wzp_ask_pt)(void *data, ngx_uint_t status,
    ngx_wzp_text_t *tx);


/* A question as the hub sees it. */
struct ngx_wzp_answer_s {
    ngx_queue_t            queue;
    ngx_wzp_relay_t       *relay;       /* relay->hub is not NULL            */
    ngx_wzp_text_t         text;        /* to be written                     */
    ngx_uint_t             kind;
    uint8_t                fp[WZP_FP_SIZE];
    ngx_uint_t             status;      /* 0: not ready                      */
    ngx_wzp_ask_t         *ask;         /* of this very worker; or           */
    uint32_t               life;        /* of another                        */
    uint32_t               number;
    ngx_msec_t             until;       /* kept for those who ask again      */
};


/* A worker starts. */
void ngx_wzp_ask_init(void);

/*
 * fp: of WZP_FP_SIZE bytes, or NULL.  The handler is called once, never from
 * inside of this.  NULL: too many questions are under way, or no memory.
 */
ngx_wzp_ask_t *ngx_wzp_ask(ngx_wzp_relay_conf_t *conf, ngx_wzp_ask_e kind,
    const uint8_t *fp, ngx_wzp_ask_pt handler, void *data);

/* The handler will not be called. */
void ngx_wzp_ask_cancel(ngx_wzp_ask_t *ask);

/* Hub: the answer's text is complete.  Called once for each answer, from
 * ngx_wzp_ask_render or later. */
void ngx_wzp_ask_ready(ngx_wzp_answer_t *an, ngx_uint_t status);

/* Hub: write an answer. */
void ngx_wzp_ask_render(ngx_wzp_answer_t *an);

/* Messages from other workers. */
void ngx_wzp_ask_asked(const ngx_wzp_msg_t *msg, const u_char *data);
void ngx_wzp_ask_told(const ngx_wzp_msg_t *msg, const u_char *data);


#endif /* _NGX_WZP_ASK_H_INCLUDED_ */
