/*
 * Relays without wires, for the tests of wzp_fed: what one says is recorded,
 * and goes to the others in order when it is pumped.
 */

#ifndef _T_FED_H_INCLUDED_
#define _T_FED_H_INCLUDED_


#include "wzp/wzp_fed.h"
#include "tap.h"


#define T_RELAYS        16
#define T_QUEUE         4096
#define T_SENT          256
#define T_ID(i)         (0x1000ULL + (i))


typedef struct {
    unsigned             peer;
    wzp_signal_t         sg;            /* a copy                            */
} t_sent_t;


/* One of them; links of the network have the number of the other end. */
typedef struct {
    struct t_net_s      *net;           /* NULL: alone                       */
    unsigned             index;
    wzp_fed_t           *fed;
    t_sent_t             sent[T_SENT];  /* when alone                        */
    unsigned             nsent;
    unsigned             changed;
    unsigned             collisions;
    uint16_t             collided;
} t_relay_t;


typedef struct {
    unsigned             from;
    unsigned             to;
    unsigned             life;          /* of the link                       */
    wzp_signal_t         sg;
} t_letter_t;


typedef struct t_net_s {
    t_relay_t            relay[T_RELAYS];
    unsigned             n;
    unsigned             life[T_RELAYS][T_RELAYS];      /* odd: up           */
    t_letter_t           queue[T_QUEUE];
    unsigned             head;
    unsigned             tail;
    unsigned             messages;
    unsigned             counted;       /* of them, until the last pump      */
    uint64_t             now_ns;
} t_net_t;


/* Where copies come from. */
static void *(*t_alloc)(size_t size) = malloc;


static void
t_copy(wzp_signal_t *to, const wzp_signal_t *from)
{
    size_t                    size;
    wzp_global_room_t        *gr;

    *to = *from;
    gr = &to->u.global_room;
    size = gr->nparticipants * sizeof(wzp_participant_t);

    gr->participants = t_alloc(size + 1);

    if (gr->participants == NULL) {
        abort();
    }

    if (size != 0) {
        memcpy(gr->participants, from->u.global_room.participants, size);
    }
}


static void
t_send(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    t_net_t     *net;
    t_relay_t   *rl;
    t_letter_t  *lt;

    rl = ctx;
    net = rl->net;

    if (net == NULL) {
        if (rl->nsent == T_SENT) {
            abort();
        }

        rl->sent[rl->nsent].peer = peer;
        t_copy(&rl->sent[rl->nsent++].sg, sg);
        return;
    }

    lt = &net->queue[net->tail++ % T_QUEUE];

    if (net->tail - net->head > T_QUEUE) {
        abort();
    }

    lt->from = rl->index;
    lt->to = peer;
    lt->life = net->life[rl->index][peer];
    t_copy(&lt->sg, sg);
    net->messages++;
}


static void
t_changed(void *ctx, wzp_fed_room_t *room)
{
    t_relay_t  *rl;

    rl = ctx;
    rl->changed++;
}


static void
t_collision(void *ctx, wzp_fed_room_t *room, uint16_t stream_id)
{
    t_relay_t  *rl;

    rl = ctx;
    rl->collisions++;
    rl->collided = stream_id;
}


static void
t_relay_create(t_relay_t *rl, t_net_t *net, unsigned index, uint64_t seq0)
{
    wzp_fed_conf_t  conf;

    memset(rl, 0, sizeof(*rl));
    rl->net = net;
    rl->index = index;

    memset(&conf, 0, sizeof(conf));
    conf.self = T_ID(index);
    conf.seq0 = seq0;
    conf.seed = 0x5eed;
    conf.send = t_send;
    conf.changed = t_changed;
    conf.collision = t_collision;
    conf.ctx = rl;

    rl->fed = wzp_fed_create(&conf);

    if (rl->fed == NULL) {
        abort();
    }
}


/* Forget what was sent. */
static void
t_clear(t_relay_t *rl)
{
    while (rl->nsent != 0) {
        free(rl->sent[--rl->nsent].sg.u.global_room.participants);
    }

    rl->changed = 0;
    rl->collisions = 0;
}


static void
t_relay_destroy(t_relay_t *rl)
{
    t_clear(rl);
    wzp_fed_destroy(rl->fed);
    rl->fed = NULL;
}


/* "name:stream:label", separated by blanks; the last two may be missing. */
TAP_UNUSED static size_t
t_people(wzp_participant_t *list, const char *text)
{
    int       used;
    char      name[20], label[20];
    size_t    n;
    unsigned  id;

    for (n = 0; *text != '\0'; n++) {
        id = 0;
        label[0] = '\0';
        used = (int) strcspn(text, " ");

        (void) sscanf(text, "%19[a-z0-9]:%u:%19[a-zA-Z]", name, &id, label);

        memset(&list[n], 0, sizeof(list[n]));
        (void) snprintf(list[n].fingerprint, sizeof(list[n].fingerprint),
                        "%s", name);
        (void) snprintf(list[n].alias, sizeof(list[n].alias), "%s!", name);
        (void) snprintf(list[n].relay_label, sizeof(list[n].relay_label),
                        "%s", label);
        list[n].stream_id = (uint16_t) id;

        text += used;
        text += strspn(text, " ");
    }

    return n;
}


TAP_UNUSED static char *
t_list_text(const wzp_participant_t *list, size_t n)
{
    size_t       i, len;
    static char  text[4096];

    text[0] = '\0';
    len = 0;

    for (i = 0; i < n && len < sizeof(text) - 100; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len,
                                 "%s%s:%u:%s", i == 0 ? "" : " ",
                                 list[i].fingerprint, list[i].stream_id,
                                 list[i].relay_label);
    }

    return text;
}


/* Who is there, in the same form. */
TAP_UNUSED static char *
t_remote(const t_relay_t *rl, const wzp_fed_room_t *room)
{
    wzp_participant_t  list[64];

    return t_list_text(list, wzp_fed_remote(rl->fed, room, list, 64));
}


TAP_UNUSED static wzp_rc_t
t_local(t_relay_t *rl, wzp_fed_room_t *room, const char *people,
    uint64_t now_ns)
{
    size_t             n;
    wzp_participant_t  list[64];

    n = t_people(list, people);

    return wzp_fed_local(rl->fed, room, list, n, now_ns);
}


/* ---- networks ---- */

TAP_UNUSED static t_net_t *
t_net_create(unsigned n)
{
    unsigned   i;
    t_net_t   *net;

    net = calloc(1, sizeof(t_net_t));

    if (net == NULL) {
        abort();
    }

    net->n = n;
    net->now_ns = WZP_SEC;

    for (i = 0; i < n; i++) {
        t_relay_create(&net->relay[i], net, i, 1000000);
    }

    return net;
}


/* Deliver until all is quiet; the number of messages since the last time. */
TAP_UNUSED static unsigned
t_pump(t_net_t *net)
{
    unsigned    was;
    wzp_rc_t    rc;
    t_letter_t  lt;

    was = net->counted;

    while (net->head != net->tail) {
        lt = net->queue[net->head++ % T_QUEUE];
        net->now_ns += WZP_MS;

        if (lt.life == net->life[lt.from][lt.to]) {
            rc = wzp_fed_input(net->relay[lt.to].fed, lt.from, &lt.sg,
                               net->now_ns);

            if (rc != WZP_OK && rc != WZP_EUNKNOWN) {
                diag("%u to %u: %d", lt.from, lt.to, rc);
                abort();
            }
        }

        free(lt.sg.u.global_room.participants);

        if (net->messages - was > 100000) {
            diag("no end of it");
            abort();
        }
    }

    net->counted = net->messages;

    return net->counted - was;
}


/* synced: news arrives with the sync mark behind it. */
TAP_UNUSED static void
t_link(t_net_t *net, unsigned a, unsigned b)
{
    net->life[a][b]++;
    net->life[b][a]++;

    wzp_fed_peer_up(net->relay[a].fed, b, T_ID(b), true, "net", net->now_ns);
    wzp_fed_peer_up(net->relay[b].fed, a, T_ID(a), true, "net", net->now_ns);
    (void) t_pump(net);
    wzp_fed_peer_synced(net->relay[a].fed, b, net->now_ns);
    wzp_fed_peer_synced(net->relay[b].fed, a, net->now_ns);
    (void) t_pump(net);
}


TAP_UNUSED static void
t_unlink(t_net_t *net, unsigned a, unsigned b)
{
    net->life[a][b]++;
    net->life[b][a]++;

    wzp_fed_peer_down(net->relay[a].fed, b, net->now_ns);
    wzp_fed_peer_down(net->relay[b].fed, a, net->now_ns);
}


TAP_UNUSED static void
t_net_destroy(t_net_t *net)
{
    unsigned  i;

    (void) t_pump(net);

    for (i = 0; i < net->n; i++) {
        t_relay_destroy(&net->relay[i]);
    }

    free(net);
}


#endif /* _T_FED_H_INCLUDED_ */
