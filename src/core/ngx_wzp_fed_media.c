/*
 * Media of global rooms: from members to links, from links to members and to
 * other links.
 */

#include "core/ngx_wzp_fed_int.h"

#include "core/ngx_wzp_carry.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_watch.h"
#include "wzp/wzp_dup.h"


/* Media of a link on its way to another hub's links. */
typedef struct {
    wzp_relay_id_t  from;               /* whose link it came by             */
    uint8_t         key[WZP_ROOM_KEY_SIZE];
    uint8_t         data[WZP_PACKET_MAX];
} ngx_wzp_fed_passed_t;


static void ngx_wzp_fed_watch_in(ngx_wzp_link_t *ln,
    ngx_wzp_fed_room_t *room, const wzp_packet_t *pk, wzp_drop_t why);
static void ngx_wzp_fed_drop(ngx_wzp_link_t *ln, wzp_drop_t why);
static wzp_drop_t ngx_wzp_fed_accept(ngx_wzp_link_t *ln,
    ngx_wzp_fed_room_t *room, const wzp_packet_t *pk, const uint8_t *data,
    size_t len);
static uint64_t ngx_wzp_fed_hash(ngx_wzp_hub_t *hub, const uint8_t *data,
    size_t len);
static wzp_dup_t *ngx_wzp_fed_dups(void);
static void ngx_wzp_fed_deliver(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room,
    const uint8_t *data, size_t len);
static void ngx_wzp_fed_links(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room,
    wzp_relay_id_t from, const uint8_t *data, size_t len);
static void ngx_wzp_fed_pass(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room,
    wzp_relay_id_t from, const uint8_t *data, size_t len);


void
ngx_wzp_fed_send(ngx_wzp_relay_t *relay, const uint8_t *key,
    const uint8_t *data, size_t len)
{
    ngx_wzp_hub_t   *hub;
    wzp_fed_room_t  *fr;

    hub = relay->hub;

    if (hub == NULL) {
        return;
    }

    fr = wzp_fed_room_find(hub->fed, key);

    if (fr != NULL) {
        ngx_wzp_fed_links(hub, wzp_fed_room_data(fr), 0, data, len);
        return;
    }

    (void) ngx_wzp_carry_send(hub, key, data, len);
}


/* The packet path of links. */
void
ngx_wzp_fed_receive(ngx_wzp_link_t *ln, const uint8_t *data, size_t len)
{
    wzp_drop_t           why;
    wzp_packet_t         pk;
    ngx_wzp_hub_t       *hub;
    wzp_fed_room_t      *fr;
    ngx_wzp_fed_room_t  *room;

    hub = ln->hub;

    if (len < WZP_TAG_SIZE
        || wzp_packet_parse(&pk, data + WZP_TAG_SIZE, len - WZP_TAG_SIZE)
           != WZP_OK)
    {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_MALFORMED, NGX_LOG_INFO,
                            ngx_cycle->log, 0,
                            "malformed datagram of %uz bytes from link \"%s\" "
                            "dropped", len, ln->label);
        ngx_wzp_watch_fed_stray(ln, NULL, len);
        ngx_wzp_fed_drop(ln, WZP_DROP_MALFORMED);
        return;
    }

    fr = wzp_fed_room_by_tag(hub->fed, data);

    if (fr == NULL) {
        ngx_wzp_watch_fed_stray(ln, &pk, len);
        ngx_wzp_fed_drop(ln, WZP_DROP_NO_ROOM);
        return;
    }

    room = wzp_fed_room_data(fr);
    why = ngx_wzp_fed_accept(ln, room, &pk, data, len);

    if (room->watch) {
        ngx_wzp_fed_watch_in(ln, room, &pk, why);
    }

    if (why != WZP_DROP_N) {
        ngx_wzp_fed_drop(ln, why);
        return;
    }

    ngx_wzp_count(hub->relay->stat, NGX_WZP_STAT_FED_IN, 1);
    ln->packets_in++;
    ngx_wzp_health_in(&ln->health, ngx_wzp_worker->now_ns);

    data += WZP_TAG_SIZE;
    len -= WZP_TAG_SIZE;

    ngx_wzp_fed_deliver(hub, room, data, len);
    ngx_wzp_fed_links(hub, room, ln->id, data, len);
    ngx_wzp_fed_pass(hub, room, ln->id, data, len);
}


static void
ngx_wzp_fed_watch_in(ngx_wzp_link_t *ln, ngx_wzp_fed_room_t *room,
    const wzp_packet_t *pk, wzp_drop_t why)
{
    ngx_uint_t  members;

    members = why == WZP_DROP_N && ngx_wzp_fed_find(ln->hub, room)
              ? ngx_wzp_dir_room(ngx_wzp_worker->zone, room->index)->count : 0;

    ngx_wzp_watch_fed_in(ln, room->sni.name, room->watch, pk, members, why);
}


static void
ngx_wzp_fed_drop(ngx_wzp_link_t *ln, wzp_drop_t why)
{
    ngx_wzp_count(ln->hub->relay->stat, NGX_WZP_STAT_DROPS + why, 1);
    ln->drops[why]++;
    ln->dropped++;
}


/*
 * May it pass?  WZP_DROP_N: yes.  First whether it may come from this link at
 * all, then its rate, and only then is it remembered: a link that repeats or
 * invents others' packets must not make the filter drop the real ones.  But
 * what it may not send is no forgery if we have had it: in a ring our own
 * members' packets come back.
 */
static wzp_drop_t
ngx_wzp_fed_accept(ngx_wzp_link_t *ln, ngx_wzp_fed_room_t *room,
    const wzp_packet_t *pk, const uint8_t *data, size_t len)
{
    uint64_t         now;
    ngx_wzp_stat_t  *st;

    now = ngx_wzp_worker->now_ns;
    st = ln->hub->relay->stat;

    if (!wzp_fed_admit(room->fr, (unsigned) ln->bit, pk->stream_id)) {
        if (wzp_dup_known(ngx_wzp_fed_dups(),
                          ngx_wzp_fed_hash(ln->hub, data, len), now))
        {
            ngx_wzp_count(st, NGX_WZP_STAT_FED_DEDUPED, 1);
            return WZP_DROP_DUPLICATE;
        }

        ngx_wzp_count(st, NGX_WZP_STAT_FED_REFUSED, 1);
        return WZP_DROP_FORGED;
    }

    if (!wzp_bucket_take(&room->in[ln->bit], now)
        || !wzp_bucket_take(&ln->rate, now))
    {
        ngx_wzp_count(st, NGX_WZP_STAT_FED_RATE, 1);
        return WZP_DROP_RATE;
    }

    if (wzp_dup_seen(ngx_wzp_fed_dups(), ngx_wzp_fed_hash(ln->hub, data, len),
                     now))
    {
        ngx_wzp_count(st, NGX_WZP_STAT_FED_DEDUPED, 1);
        return WZP_DROP_DUPLICATE;
    }

    return WZP_DROP_N;
}


/* Of a packet with its tag, for the filter of all processes and relays. */
static uint64_t
ngx_wzp_fed_hash(ngx_wzp_hub_t *hub, const uint8_t *data, size_t len)
{
    uint8_t   hash[8];
    uint64_t  h;

    wzp_shorthash(hash, ngx_wzp_worker->zone->hdr->dup_key, data, len);
    ngx_memcpy(&h, hash, sizeof(h));

    return h ^ hub->relay->conf->id;
}


static wzp_dup_t *
ngx_wzp_fed_dups(void)
{
    ngx_wzp_zone_hdr_t  *hdr;

    hdr = ngx_wzp_worker->zone->hdr;

    return (wzp_dup_t *) ((u_char *) hdr + hdr->off_dups);
}


/* To local members, of all workers. */
static void
ngx_wzp_fed_deliver(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room,
    const uint8_t *data, size_t len)
{
    if (room->index == NGX_WZP_NONE
        && ngx_wzp_worker->now_ns - room->missed_ns < NGX_WZP_DIR_MISSED)
    {
        return;                 /* a relay on the way: no lock per packet */
    }

    if (ngx_wzp_fed_find(hub, room)) {
        ngx_wzp_room_deliver_all(room->index, room->epoch, data, len);
    }
}


/* To the links that want it, but not back to where it came from. */
static void
ngx_wzp_fed_links(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room,
    wzp_relay_id_t from, const uint8_t *data, size_t len)
{
    uint64_t         peers;
    ngx_int_t        rc;
    ngx_uint_t       i;
    wzp_qbuf_t      *qb;
    ngx_wzp_link_t  *ln;

    peers = wzp_fed_wants(room->fr);

    if (peers == 0) {
        return;
    }

    qb = wzp_qbuf_alloc(WZP_TAG_SIZE + len);
    if (qb == NULL) {
        return;
    }

    ngx_memcpy(qb->data, wzp_fed_room_tag(room->fr), WZP_TAG_SIZE);
    ngx_memcpy(qb->data + WZP_TAG_SIZE, data, len);
    qb->len = (uint32_t) (WZP_TAG_SIZE + len);
    qb->born_ns = ngx_wzp_worker->now_ns;

    /* a member's, which another link may bring back */

    if (from == 0 && hub->nlinks > 1) {
        (void) wzp_dup_seen(ngx_wzp_fed_dups(),
                            ngx_wzp_fed_hash(hub, qb->data, qb->len),
                            qb->born_ns);
    }

    for (i = 0; peers != 0 && i < hub->nlinks; i++, peers >>= 1) {
        ln = &hub->links[i];

        if (ln->best == NULL && hub->lost_ns != 0) {
            continue;               /* it went over to the heir, which sends */
        }

        if ((peers & 1) == 0 || ln->id == from
            || (!ln->ours && !wzp_bucket_take(&room->out[i],
                                              ngx_wzp_worker->now_ns)))
        {
            continue;
        }

        rc = ngx_wzp_link_media(ln, qb);

        if (room->watch) {
            ngx_wzp_watch_fed_out(ln, room->sni.name, room->watch, qb,
                                  rc == NGX_OK);
        }
    }

    wzp_qbuf_unref(qb);
}


/* Another hub of this relay may have links that we lack: see ngx_wzp_hub.h. */
static void
ngx_wzp_fed_pass(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room,
    wzp_relay_id_t from, const uint8_t *data, size_t len)
{
    uint64_t               others;
    ngx_uint_t             i;
    ngx_wzp_msg_t          msg;
    ngx_wzp_fed_passed_t   passed;

    others = ngx_wzp_hub_forwarders(hub->relay->conf)
             & ~((uint64_t) 1 << ngx_wzp_worker->channel.slot);

    if (others == 0 || len > sizeof(passed.data)) {
        return;
    }

    passed.from = from;
    ngx_memcpy(passed.key, room->sni.key, sizeof(passed.key));
    ngx_memcpy(passed.data, data, len);

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_FORWARD;
    msg.number = hub->relay->conf->id;

    for (i = 0; others != 0; i++, others >>= 1) {
        if (others & 1) {
            (void) ngx_wzp_channel_send(&ngx_wzp_worker->channel, i, &msg,
                                        &passed,
                                        offsetof(ngx_wzp_fed_passed_t, data)
                                        + len);
        }
    }
}


void
ngx_wzp_fed_forwarded(const ngx_wzp_msg_t *msg, const u_char *data)
{
    ngx_uint_t              i;
    ngx_wzp_hub_t          *hub;
    wzp_fed_room_t         *fr;
    ngx_wzp_fed_passed_t    passed;

    if (msg->len <= offsetof(ngx_wzp_fed_passed_t, data)
        || msg->len > sizeof(passed))
    {
        return;
    }

    ngx_memcpy(&passed, data, msg->len);

    for (i = 0; i < ngx_wzp_worker->nrelays; i++) {
        hub = ngx_wzp_worker->relays[i].hub;

        if (hub == NULL || hub->relay->conf->id != msg->number) {
            continue;
        }

        fr = wzp_fed_room_find(hub->fed, passed.key);

        if (fr != NULL) {
            ngx_wzp_fed_links(hub, wzp_fed_room_data(fr), passed.from,
                              passed.data,
                              msg->len - offsetof(ngx_wzp_fed_passed_t, data));
        }
    }
}
