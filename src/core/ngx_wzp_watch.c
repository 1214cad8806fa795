/*
 * What happens, for the debug tap and the event log: names of events, which
 * fields they have.
 */

#include "core/ngx_wzp_watch.h"


static ngx_uint_t ngx_wzp_watch_fan_out(ngx_wzp_room_t *rm);
static const char *ngx_wzp_watch_rc(wzp_rc_t rc);


ngx_uint_t
ngx_wzp_watch_room(const ngx_wzp_relay_conf_t *conf, const uint8_t *key)
{
    return (ngx_wzp_tap_wants(conf, key) ? NGX_WZP_WATCH_TAP : 0)
           | (conf->event_log != NULL ? NGX_WZP_WATCH_LOG : 0);
}


/* ---- media of members ---- */

void
ngx_wzp_watch_in(ngx_wzp_member_t *mb, const wzp_packet_t *pk)
{
    wzp_packet_t      stamped;
    ngx_wzp_room_t   *rm;
    ngx_wzp_event_t   ev;

    rm = mb->room;

    if (rm->watch & NGX_WZP_WATCH_TAP) {
        ngx_wzp_tap_in(mb, pk, ngx_wzp_watch_fan_out(rm));
    }

    if (rm->watch & NGX_WZP_WATCH_LOG) {
        stamped = *pk;
        stamped.stream_id = mb->conn->stream_id;

        ngx_memzero(&ev, sizeof(ev));
        ev.event = "local_ingress";
        ev.room = rm->zone->name;
        ev.pk = &stamped;
        ev.action = "forward";
        ev.has = NGX_WZP_EVENT_HEADER;

        ngx_wzp_event_log(rm->relay, &ev);
    }
}


/* Members on this relay that a member's packet is for. */
static ngx_uint_t
ngx_wzp_watch_fan_out(ngx_wzp_room_t *rm)
{
    if (rm->relay->conf->mode != NGX_WZP_MODE_ROOM) {
        return 1;
    }

    return rm->zone->count > 0 ? rm->zone->count - 1 : 0;
}


void
ngx_wzp_watch_out(ngx_wzp_room_t *rm, const wzp_qbuf_t *qb,
    const ngx_wzp_room_tally_t *to)
{
    wzp_packet_t     pk;
    ngx_wzp_event_t  ev;

    if (wzp_packet_parse(&pk, qb->data, qb->len) != WZP_OK) {
        return;
    }

    if ((rm->watch & NGX_WZP_WATCH_TAP) && to->sent != 0) {
        ngx_wzp_tap_out(rm, &pk, to->sent);
    }

    if (!(rm->watch & NGX_WZP_WATCH_LOG)) {
        return;
    }

    ngx_memzero(&ev, sizeof(ev));
    ev.room = rm->zone->name;
    ev.pk = &pk;
    ev.has = NGX_WZP_EVENT_SEQ|NGX_WZP_EVENT_TO;

    if (to->sent != 0) {
        ev.event = "local_deliver";
        ev.to_count = to->sent;
        ev.action = "deliver";
        ngx_wzp_event_log(rm->relay, &ev);
    }

    if (to->failed != 0) {
        ev.event = "local_deliver_error";
        ev.to_count = to->failed;
        ev.reason = ngx_wzp_watch_rc(to->rc);
        ev.action = "drop";
        ngx_wzp_event_log(rm->relay, &ev);
    }
}


/* Why the engine did not take a packet. */
static const char *
ngx_wzp_watch_rc(wzp_rc_t rc)
{
    return rc == WZP_ETOOBIG ? wzp_drop_label(WZP_DROP_TOO_BIG)
           : rc == WZP_ENOMEM ? "no_memory"
             : wzp_drop_label(WZP_DROP_CLOSED);
}


void
ngx_wzp_watch_drop(ngx_wzp_member_t *mb, wzp_drop_t why)
{
    wzp_packet_t     pk;
    ngx_wzp_event_t  ev;

    if (!(mb->room->watch & NGX_WZP_WATCH_LOG)) {
        return;
    }

    ngx_memzero(&pk, sizeof(pk));
    pk.stream_id = mb->conn->stream_id;

    ngx_memzero(&ev, sizeof(ev));
    ev.event = "local_drop";
    ev.room = mb->room->zone->name;
    ev.pk = &pk;
    ev.reason = wzp_drop_label(why);
    ev.action = "drop";

    ngx_wzp_event_log(mb->conn->relay, &ev);
}


/* ---- who comes and goes ---- */

void
ngx_wzp_watch_join(ngx_wzp_member_t *mb)
{
    ngx_wzp_room_t   *rm;
    ngx_wzp_event_t   ev;

    rm = mb->room;

    if (rm->watch & NGX_WZP_WATCH_TAP) {
        ngx_wzp_tap_join(mb);
    }

    if (rm->watch & NGX_WZP_WATCH_LOG) {
        ngx_memzero(&ev, sizeof(ev));
        ev.event = "join";
        ev.room = rm->zone->name;
        ev.fp = mb->conn->fp;
        ev.action = "accept";
        ev.participants = rm->zone->count;
        ev.has = NGX_WZP_EVENT_PEOPLE;

        ngx_wzp_event_log(rm->relay, &ev);
    }
}


/* He is still counted. */
void
ngx_wzp_watch_leave(ngx_wzp_member_t *mb)
{
    ngx_wzp_room_t   *rm;
    ngx_wzp_event_t   ev;

    rm = mb->room;

    if (rm->watch & NGX_WZP_WATCH_TAP) {
        ngx_wzp_tap_leave(mb, rm->zone->count <= 1);
    }

    if (rm->watch & NGX_WZP_WATCH_LOG) {
        ngx_memzero(&ev, sizeof(ev));
        ev.event = "leave";
        ev.room = rm->zone->name;
        ev.fp = mb->conn->fp;
        ev.reason = ngx_wzp_conn_status(mb->conn);
        ev.participants = rm->zone->count > 0 ? rm->zone->count - 1 : 0;
        ev.has = NGX_WZP_EVENT_PEOPLE;

        ngx_wzp_event_log(rm->relay, &ev);
    }
}


void
ngx_wzp_watch_refused(ngx_wzp_conn_t *wc, wzp_close_t why)
{
    ngx_wzp_event_t  ev;

    if (wc->relay->conf->event_log == NULL) {
        return;
    }

    ngx_memzero(&ev, sizeof(ev));
    ev.event = "join_refused";
    ev.room = wc->sni->name;
    ev.fp = wc->has_fp ? wc->fp : NULL;
    ev.reason = wzp_close_token(why);
    ev.action = "refuse";

    ngx_wzp_event_log(wc->relay, &ev);
}


/* ---- media of links ---- */

void
ngx_wzp_watch_fed_in(ngx_wzp_link_t *ln, const char *room, ngx_uint_t watch,
    const wzp_packet_t *pk, ngx_uint_t members, wzp_drop_t why)
{
    ngx_wzp_event_t  ev;

    if (watch & NGX_WZP_WATCH_TAP) {
        ngx_wzp_tap_link(ln->hub->relay, room, "fed", ln->label, pk, members);
    }

    if (!(watch & NGX_WZP_WATCH_LOG)) {
        return;
    }

    ngx_memzero(&ev, sizeof(ev));
    ev.event = "federation_ingress";
    ev.room = room;
    ev.pk = pk;
    ev.peer = ln->label;
    ev.has = NGX_WZP_EVENT_HEADER;

    ngx_wzp_event_log(ln->hub->relay, &ev);

    if (why == WZP_DROP_N) {
        return;
    }

    ev.action = "drop";
    ev.has = NGX_WZP_EVENT_SEQ;

    if (why == WZP_DROP_DUPLICATE) {
        ev.event = "dedup_drop";
        ev.reason = "duplicate";

    } else if (why == WZP_DROP_RATE) {
        ev.event = "rate_limit_drop";
        ev.reason = "wzp_federation_rate";

    } else {
        ev.event = "source_drop";
        ev.reason = "stream id of another member";
    }

    ngx_wzp_event_log(ln->hub->relay, &ev);
}


void
ngx_wzp_watch_fed_stray(ngx_wzp_link_t *ln, const wzp_packet_t *pk,
    size_t len)
{
    ngx_wzp_event_t   ev;
    ngx_wzp_relay_t  *relay;

    relay = ln->hub->relay;

    if (relay->conf->event_log == NULL) {
        return;
    }

    ngx_memzero(&ev, sizeof(ev));
    ev.peer = ln->label;
    ev.pk = pk;

    if (pk == NULL) {
        ev.event = "federation_ingress_malformed";
        ev.len = len;
        ev.action = "drop";
        ev.has = NGX_WZP_EVENT_LEN;
        ngx_wzp_event_log(relay, &ev);
        return;
    }

    ev.event = "federation_ingress";
    ev.has = NGX_WZP_EVENT_HEADER;
    ngx_wzp_event_log(relay, &ev);

    ev.event = "room_not_found";
    ev.action = "drop";
    ev.has = NGX_WZP_EVENT_SEQ;
    ngx_wzp_event_log(relay, &ev);
}


void
ngx_wzp_watch_fed_out(ngx_wzp_link_t *ln, const char *room, ngx_uint_t watch,
    const wzp_qbuf_t *qb, ngx_uint_t ok)
{
    wzp_packet_t     pk;
    ngx_wzp_event_t  ev;

    if (wzp_packet_parse(&pk, qb->data + WZP_TAG_SIZE, qb->len - WZP_TAG_SIZE)
        != WZP_OK)
    {
        return;
    }

    if ((watch & NGX_WZP_WATCH_TAP) && ok) {
        ngx_wzp_tap_link(ln->hub->relay, room, "out", ln->label, &pk, 1);
    }

    if (watch & NGX_WZP_WATCH_LOG) {
        ngx_memzero(&ev, sizeof(ev));
        ev.event = ok ? "federation_egress" : "federation_egress_error";
        ev.room = room;
        ev.pk = &pk;
        ev.peer = ln->label;
        ev.reason = ok ? NULL : "link";
        ev.action = ok ? "forward" : "drop";
        ev.has = NGX_WZP_EVENT_HEADER;

        ngx_wzp_event_log(ln->hub->relay, &ev);
    }
}


void
ngx_wzp_watch_fed_signal(ngx_wzp_link_t *ln, const char *dir,
    const wzp_signal_t *sg)
{
    uint8_t          key[WZP_ROOM_KEY_SIZE];
    const char      *room;
    ngx_wzp_hub_t   *hub;
    wzp_fed_room_t  *fr;

    hub = ln->hub;

    if (hub->relay->conf->taps == NULL
        || (sg->type != WZP_SIG_GLOBAL_ROOM_ACTIVE
            && sg->type != WZP_SIG_GLOBAL_ROOM_INACTIVE))
    {
        return;
    }

    room = sg->u.global_room.room;
    wzp_room_key(key, room, ngx_strlen(room));

    fr = wzp_fed_room_find(hub->fed, key);

    /* its name as we have it: what a peer sends could be any text */

    if (fr != NULL && ngx_wzp_tap_wants(hub->relay->conf, key)) {
        ngx_wzp_tap_link_signal(hub->relay, wzp_fed_room_name(fr), dir,
                                ln->label, sg);
    }
}


void
ngx_wzp_watch_link(ngx_wzp_link_t *ln, const char *why)
{
    ngx_wzp_event_t   ev;
    ngx_wzp_relay_t  *relay;

    relay = ln->hub->relay;

    if (relay->conf->event_log == NULL) {
        return;
    }

    ngx_memzero(&ev, sizeof(ev));
    ev.event = why == NULL ? "link_up" : "link_down";
    ev.peer = ln->label;
    ev.reason = why;

    ngx_wzp_event_log(relay, &ev);
}


/* ---- time ---- */

void
ngx_wzp_watch_tick(ngx_wzp_relay_t *relay)
{
    if (relay->conf->taps != NULL) {
        ngx_wzp_tap_tick(relay);
    }
}


void
ngx_wzp_watch_turn(ngx_wzp_relay_t *relay)
{
    if (relay->conf->event_log != NULL) {
        ngx_wzp_event_log_turn(relay->conf->event_log);
    }
}


void
ngx_wzp_watch_exit(ngx_wzp_relay_t *relay)
{
    if (relay->conf->event_log != NULL) {
        ngx_wzp_event_log_exit(relay->conf->event_log);
    }
}
