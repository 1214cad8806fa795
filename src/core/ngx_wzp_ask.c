/*
 * Questions to the hub, at both ends.
 */

#include "core/ngx_wzp_ask.h"


#define NGX_WZP_ASK_MAX         64          /* questions under way           */
#define NGX_WZP_ASK_TIME        3000        /* ms without news               */
#define NGX_WZP_ASK_NO_HUB      1500        /* ms to wait for a new hub      */
#define NGX_WZP_ASK_TICK        50          /* ms */
#define NGX_WZP_ASK_PIECE       4096
#define NGX_WZP_ASK_PIECES      4           /* at a time, if the ring is large */

#define NGX_WZP_ANSWER_MAX      256         /* answers kept                  */
#define NGX_WZP_ANSWER_TIME     5000        /* ms */

#define NGX_WZP_ASK_DONE        0           /* kind: forget the answer       */


struct ngx_wzp_ask_s {
    ngx_queue_t            queue;
    ngx_wzp_relay_conf_t  *conf;
    ngx_wzp_ask_pt         handler;
    void                  *data;
    ngx_wzp_text_t         text;
    ngx_wzp_answer_t      *answer;      /* when the hub is here              */
    ngx_msec_t             heard;       /* asked, or told a piece            */
    ngx_msec_t             lost;        /* since when there is no hub        */
    size_t                 had;         /* at the last tick                  */
    size_t                 awaited;     /* what is under way ends here       */
    uint32_t               hub;         /* life that was asked; 0: nobody    */
    uint32_t               number;
    uint8_t                kind;
    uint8_t                fp[WZP_FP_SIZE];
    unsigned               again:1;     /* a second hub is asked             */
    unsigned               posted:1;    /* the answer is there               */
    ngx_uint_t             status;
};


/* A question in a ring.  The message has its number and the relay's id. */
typedef struct {
    uint32_t               life;        /* who asks                          */
    uint32_t               offset;      /* of the piece                      */
    uint8_t                kind;
    uint8_t                fp[WZP_FP_SIZE];
} ngx_wzp_ask_msg_t;


/* A piece of an answer in a ring. */
typedef struct {
    uint32_t               total;
    uint32_t               offset;
    uint32_t               status;
    u_char                 data[NGX_WZP_ASK_PIECE];
} ngx_wzp_tell_msg_t;


static void ngx_wzp_ask_hub(ngx_wzp_ask_t *ask);
static void ngx_wzp_ask_here(ngx_wzp_ask_t *ask);
static void ngx_wzp_ask_piece(ngx_wzp_ask_t *ask, ngx_uint_t kind);
static void ngx_wzp_ask_finish(ngx_wzp_ask_t *ask, ngx_uint_t status);
static void ngx_wzp_ask_free(ngx_wzp_ask_t *ask);
static void ngx_wzp_ask_arm(void);
static void ngx_wzp_ask_timer_handler(ngx_event_t *ev);
static ngx_wzp_ask_t *ngx_wzp_ask_posted(void);
static void ngx_wzp_ask_hand_over(ngx_wzp_ask_t *ask);
static void ngx_wzp_ask_check(ngx_wzp_ask_t *ask);
static ngx_wzp_relay_t *ngx_wzp_ask_relay(uint64_t id);
static void ngx_wzp_ask_tell(ngx_wzp_answer_t *an, size_t offset);
static void ngx_wzp_ask_forget(ngx_wzp_answer_t *an);


static ngx_queue_t  ngx_wzp_asks = { &ngx_wzp_asks, &ngx_wzp_asks };
static ngx_queue_t  ngx_wzp_answers = { &ngx_wzp_answers, &ngx_wzp_answers };
static ngx_uint_t   ngx_wzp_nasks;
static ngx_uint_t   ngx_wzp_nanswers;
static uint32_t     ngx_wzp_ask_number;
static ngx_event_t  ngx_wzp_ask_timer;


void
ngx_wzp_ask_init(void)
{
    ngx_wzp_event_init(&ngx_wzp_ask_timer, ngx_wzp_ask_timer_handler);

    /* this slot's last life may still be told something */

    ngx_wzp_random(&ngx_wzp_ask_number, sizeof(ngx_wzp_ask_number));
}


/* ---- who asks ---- */

ngx_wzp_ask_t *
ngx_wzp_ask(ngx_wzp_relay_conf_t *conf, ngx_wzp_ask_e kind,
    const uint8_t *fp, ngx_wzp_ask_pt handler, void *data)
{
    ngx_wzp_ask_t  *ask;

    if (ngx_wzp_worker == NULL || ngx_wzp_nasks == NGX_WZP_ASK_MAX) {
        return NULL;
    }

    ask = ngx_calloc(sizeof(ngx_wzp_ask_t), ngx_cycle->log);
    if (ask == NULL) {
        return NULL;
    }

    ask->conf = conf;
    ask->kind = (uint8_t) kind;
    ask->handler = handler;
    ask->data = data;
    ask->heard = ngx_current_msec;
    ask->lost = ngx_current_msec;

    if (fp != NULL) {
        ngx_memcpy(ask->fp, fp, WZP_FP_SIZE);
    }

    ngx_queue_insert_tail(&ngx_wzp_asks, &ask->queue);
    ngx_wzp_nasks++;

    ngx_wzp_worker_turn();
    ngx_wzp_ask_hub(ask);
    ngx_wzp_ask_arm();

    return ask;
}


void
ngx_wzp_ask_cancel(ngx_wzp_ask_t *ask)
{
    if (ask->hub != 0 && ask->answer == NULL && !ask->posted) {
        ngx_wzp_worker_turn();
        ngx_wzp_ask_piece(ask, NGX_WZP_ASK_DONE);
    }

    ngx_wzp_ask_free(ask);
}


/* Ask whoever is the hub now, from the beginning. */
static void
ngx_wzp_ask_hub(ngx_wzp_ask_t *ask)
{
    uint32_t            hub;
    ngx_wzp_channel_t  *ch;

    ch = &ngx_wzp_worker->channel;
    hub = ask->conf->zone->hub;

    if (!ngx_wzp_zone_lives(ch->zone, hub)) {
        return;
    }

    /* a number of its own: the last one's hub may have said something */

    ask->hub = hub;
    ask->number = ngx_wzp_ask_number++;
    ask->text.len = 0;

    if (hub == NGX_WZP_LIFE(ch->slot, ch->epoch)) {
        ngx_wzp_ask_here(ask);

    } else {
        ngx_wzp_ask_piece(ask, ask->kind);
    }
}


static void
ngx_wzp_ask_here(ngx_wzp_ask_t *ask)
{
    ngx_wzp_relay_t   *relay;
    ngx_wzp_answer_t  *an;

    relay = ngx_wzp_ask_relay(ask->conf->id);
    an = ngx_calloc(sizeof(ngx_wzp_answer_t), ngx_cycle->log);

    if (relay == NULL || an == NULL) {
        ngx_free(an);
        ngx_wzp_ask_finish(ask, relay == NULL ? 503 : 500);
        return;
    }

    an->relay = relay;
    an->kind = ask->kind;
    an->ask = ask;
    ngx_memcpy(an->fp, ask->fp, WZP_FP_SIZE);

    ask->answer = an;

    ngx_queue_insert_tail(&ngx_wzp_answers, &an->queue);
    ngx_wzp_nanswers++;

    ngx_wzp_ask_render(an);
}


/* How many pieces may be in a ring at a time: a quarter of it. */
static ngx_uint_t
ngx_wzp_ask_pieces(void)
{
    size_t  n;

    n = ngx_wzp_worker->zone->hdr->ring_capacity / 4 / NGX_WZP_ASK_PIECE;

    return ngx_min(n, NGX_WZP_ASK_PIECES);
}


/* The next pieces; what is lost is asked for by the timer. */
static void
ngx_wzp_ask_piece(ngx_wzp_ask_t *ask, ngx_uint_t kind)
{
    ngx_wzp_msg_t       msg;
    ngx_wzp_channel_t  *ch;
    ngx_wzp_ask_msg_t   am;

    ch = &ngx_wzp_worker->channel;

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_ASK;
    msg.index = ask->number;
    msg.number = ask->conf->id;

    am.life = NGX_WZP_LIFE(ch->slot, ch->epoch);
    am.offset = (uint32_t) ask->text.len;
    am.kind = (uint8_t) kind;
    ngx_memcpy(am.fp, ask->fp, WZP_FP_SIZE);

    ask->awaited = ask->text.len + ngx_wzp_ask_pieces() * NGX_WZP_ASK_PIECE;

    (void) ngx_wzp_channel_send(ch, NGX_WZP_LIFE_SLOT(ask->hub), &msg, &am,
                                sizeof(am));
}


void
ngx_wzp_ask_told(const ngx_wzp_msg_t *msg, const u_char *data)
{
    size_t                     len;
    ngx_queue_t               *q;
    ngx_wzp_ask_t             *ask;
    const ngx_wzp_tell_msg_t  *tm;

    ask = NULL;
    tm = (const ngx_wzp_tell_msg_t *) data;

    for (q = ngx_queue_head(&ngx_wzp_asks);
         q != ngx_queue_sentinel(&ngx_wzp_asks);
         q = ngx_queue_next(q))
    {
        ask = ngx_queue_data(q, ngx_wzp_ask_t, queue);

        if (ask->number == msg->index && !ask->posted) {
            break;
        }

        ask = NULL;
    }

    if (ask == NULL || ask->hub == 0 || ask->answer != NULL
        || msg->len < offsetof(ngx_wzp_tell_msg_t, data)
        || tm->offset != ask->text.len)
    {
        return;                 /* too late, or twice */
    }

    ask->heard = ngx_current_msec;
    len = msg->len - offsetof(ngx_wzp_tell_msg_t, data);

    ngx_wzp_text_add(&ask->text, tm->data, len);

    if (ask->text.failed) {
        ngx_wzp_ask_piece(ask, NGX_WZP_ASK_DONE);
        ngx_wzp_ask_finish(ask, 500);

    } else if (ask->text.len >= tm->total) {
        ngx_wzp_ask_piece(ask, NGX_WZP_ASK_DONE);
        ngx_wzp_ask_finish(ask, tm->status);

    } else if (ask->text.len >= ask->awaited) {
        ngx_wzp_ask_piece(ask, ask->kind);
    }
}


/* The handler is called by the timer: never from inside of other code. */
static void
ngx_wzp_ask_finish(ngx_wzp_ask_t *ask, ngx_uint_t status)
{
    ask->status = status;
    ask->posted = 1;

    if (ngx_wzp_ask_timer.timer_set) {
        ngx_del_timer(&ngx_wzp_ask_timer);
    }

    ngx_post_event(&ngx_wzp_ask_timer, &ngx_posted_events);
}


static void
ngx_wzp_ask_free(ngx_wzp_ask_t *ask)
{
    if (ask->answer != NULL) {
        ask->answer->ask = NULL;
    }

    ngx_queue_remove(&ask->queue);
    ngx_wzp_nasks--;

    ngx_wzp_text_done(&ask->text);
    ngx_free(ask);
}


/* ---- time, at both ends ---- */

static void
ngx_wzp_ask_arm(void)
{
    ngx_event_t  *ev;

    ev = &ngx_wzp_ask_timer;

    if (!ev->timer_set && !ev->posted
        && !(ngx_queue_empty(&ngx_wzp_asks)
             && ngx_queue_empty(&ngx_wzp_answers)))
    {
        ngx_add_timer(ev, NGX_WZP_ASK_TICK);
    }
}


static void
ngx_wzp_ask_timer_handler(ngx_event_t *ev)
{
    ngx_queue_t       *q, *next;
    ngx_wzp_ask_t     *ask;
    ngx_wzp_answer_t  *an;

    ngx_wzp_worker_turn();

    /* handlers may ask and cancel */

    while ((ask = ngx_wzp_ask_posted()) != NULL) {
        ngx_wzp_ask_hand_over(ask);
    }

    for (q = ngx_queue_head(&ngx_wzp_asks);
         q != ngx_queue_sentinel(&ngx_wzp_asks);
         q = ngx_queue_next(q))
    {
        ngx_wzp_ask_check(ngx_queue_data(q, ngx_wzp_ask_t, queue));
    }

    for (q = ngx_queue_head(&ngx_wzp_answers);
         q != ngx_queue_sentinel(&ngx_wzp_answers);
         q = next)
    {
        next = ngx_queue_next(q);
        an = ngx_queue_data(q, ngx_wzp_answer_t, queue);

        if (an->status != 0
            && (ngx_msec_int_t) (ngx_current_msec - an->until) >= 0)
        {
            ngx_wzp_ask_forget(an);
        }
    }

    ngx_wzp_ask_arm();
}


static ngx_wzp_ask_t *
ngx_wzp_ask_posted(void)
{
    ngx_queue_t    *q;
    ngx_wzp_ask_t  *ask;

    for (q = ngx_queue_head(&ngx_wzp_asks);
         q != ngx_queue_sentinel(&ngx_wzp_asks);
         q = ngx_queue_next(q))
    {
        ask = ngx_queue_data(q, ngx_wzp_ask_t, queue);

        if (ask->posted) {
            return ask;
        }
    }

    return NULL;
}


static void
ngx_wzp_ask_hand_over(ngx_wzp_ask_t *ask)
{
    void            *data;
    ngx_uint_t       status;
    ngx_wzp_ask_pt   handler;
    ngx_wzp_text_t   text;

    data = ask->data;
    status = ask->status;
    handler = ask->handler;
    text = ask->text;

    ngx_memzero(&ask->text, sizeof(ngx_wzp_text_t));
    ngx_wzp_ask_free(ask);

    handler(data, status, &text);

    ngx_wzp_text_done(&text);
}


/* Has it taken too long, is the hub another one, was a message lost? */
static void
ngx_wzp_ask_check(ngx_wzp_ask_t *ask)
{
    if (ask->posted) {
        return;
    }

    if (ngx_current_msec - ask->heard >= NGX_WZP_ASK_TIME) {
        ngx_wzp_ask_finish(ask, ask->hub != 0 ? 504 : 503);
        return;
    }

    if (ask->hub != 0 && ngx_wzp_zone_lives(ngx_wzp_worker->zone, ask->hub)) {

        if (ask->answer == NULL && ask->had == ask->text.len) {
            ngx_wzp_ask_piece(ask, ask->kind);
        }

        ask->had = ask->text.len;
        return;
    }

    if (ask->hub != 0) {

        if (ask->again) {
            ngx_wzp_ask_finish(ask, 503);
            return;
        }

        ask->again = 1;
        ask->hub = 0;
        ask->lost = ngx_current_msec;
    }

    if (ngx_current_msec - ask->lost >= NGX_WZP_ASK_NO_HUB) {
        ngx_wzp_ask_finish(ask, 503);
        return;
    }

    ngx_wzp_ask_hub(ask);
}


/* ---- who answers ---- */

static ngx_wzp_relay_t *
ngx_wzp_ask_relay(uint64_t id)
{
    ngx_uint_t         i;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;

    for (i = 0; i < wk->nrelays; i++) {
        if (wk->relays[i].conf->id == id && wk->relays[i].hub != NULL) {
            return &wk->relays[i];
        }
    }

    return NULL;
}


/* long: a question may be new, repeated or taken back */
void
ngx_wzp_ask_asked(const ngx_wzp_msg_t *msg, const u_char *data)
{
    ngx_queue_t        *q;
    ngx_wzp_relay_t    *relay;
    ngx_wzp_answer_t   *an;
    ngx_wzp_ask_msg_t   am;

    if (msg->len != sizeof(am)) {
        return;
    }

    ngx_memcpy(&am, data, sizeof(am));

    for (q = ngx_queue_head(&ngx_wzp_answers);
         q != ngx_queue_sentinel(&ngx_wzp_answers);
         q = ngx_queue_next(q))
    {
        an = ngx_queue_data(q, ngx_wzp_answer_t, queue);

        if (an->life != am.life || an->number != msg->index) {
            continue;
        }

        if (an->status == 0) {
            return;             /* being worked on */
        }

        if (am.kind == NGX_WZP_ASK_DONE) {
            ngx_wzp_ask_forget(an);

        } else {
            ngx_wzp_ask_tell(an, am.offset);
        }

        return;
    }

    /* of an answer that we have forgotten no piece can be given */

    relay = ngx_wzp_ask_relay(msg->number);

    if (relay == NULL || am.kind == NGX_WZP_ASK_DONE || am.offset != 0
        || ngx_wzp_nanswers == NGX_WZP_ANSWER_MAX)
    {
        return;
    }

    an = ngx_calloc(sizeof(ngx_wzp_answer_t), ngx_cycle->log);
    if (an == NULL) {
        return;
    }

    an->relay = relay;
    an->life = am.life;
    an->number = msg->index;
    an->kind = am.kind;
    ngx_memcpy(an->fp, am.fp, WZP_FP_SIZE);

    ngx_queue_insert_tail(&ngx_wzp_answers, &an->queue);
    ngx_wzp_nanswers++;

    ngx_wzp_ask_render(an);
    ngx_wzp_ask_arm();
}


void
ngx_wzp_ask_ready(ngx_wzp_answer_t *an, ngx_uint_t status)
{
    ngx_wzp_ask_t  *ask;

    an->status = an->text.failed ? 500 : status;
    an->until = ngx_current_msec + NGX_WZP_ANSWER_TIME;

    if (an->life != 0) {
        ngx_wzp_ask_tell(an, 0);
        return;
    }

    ask = an->ask;

    if (ask != NULL) {
        ask->text = an->text;
        ngx_memzero(&an->text, sizeof(ngx_wzp_text_t));
        ngx_wzp_ask_finish(ask, an->status);
    }

    ngx_wzp_ask_forget(an);
}


/* The pieces from an offset on. */
static void
ngx_wzp_ask_tell(ngx_wzp_answer_t *an, size_t offset)
{
    size_t              len;
    ngx_uint_t          n;
    ngx_wzp_msg_t       msg;
    ngx_wzp_tell_msg_t  tm;

    if (offset > an->text.len) {
        return;
    }

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_TELL;
    msg.index = an->number;

    tm.total = (uint32_t) an->text.len;
    tm.status = (uint32_t) an->status;

    an->until = ngx_current_msec + NGX_WZP_ANSWER_TIME;

    for (n = ngx_wzp_ask_pieces(); n > 0; n--) {
        len = ngx_min(an->text.len - offset, NGX_WZP_ASK_PIECE);

        tm.offset = (uint32_t) offset;

        if (len != 0) {
            ngx_memcpy(tm.data, an->text.data + offset, len);
        }

        /* a full ring: it is asked for again */

        if (ngx_wzp_channel_send(&ngx_wzp_worker->channel,
                                 NGX_WZP_LIFE_SLOT(an->life), &msg, &tm,
                                 offsetof(ngx_wzp_tell_msg_t, data) + len)
            != NGX_OK)
        {
            break;
        }

        offset += len;

        if (offset == an->text.len) {
            break;
        }
    }
}


static void
ngx_wzp_ask_forget(ngx_wzp_answer_t *an)
{
    if (an->ask != NULL) {
        an->ask->answer = NULL;
    }

    ngx_queue_remove(&an->queue);
    ngx_wzp_nanswers--;

    ngx_wzp_text_done(&an->text);
    ngx_free(an);
}
