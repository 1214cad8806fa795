/*
 * Three relays with a link between any two, and what the input makes happen:
 * people come and go, links go down and up, messages arrive or wait, peers
 * lie.  No list may name somebody twice, masks must agree with what is up, and
 * when all links are down nothing may be left.
 */

#include "wzp/wzp_fed.h"
#include "fuzz.h"


#define RELAYS      3
#define ROOMS       2
#define QUEUE       256
#define PEOPLE      16
#define STEPS       160
#define ID(i)       (100u + (i))


typedef struct {
    unsigned             from;
    unsigned             to;
    wzp_signal_t         sg;
    wzp_participant_t    people[PEOPLE];
} letter_t;


typedef struct {
    unsigned             index;
    wzp_fed_t           *fed;
    wzp_fed_room_t      *rooms[ROOMS];
    uint64_t             peers[ROOMS];
    uint64_t             up;
    uint16_t             streams[ROOMS];    /* a bit for each of ours        */
} relay_t;


static relay_t           relay[RELAYS];
static letter_t          queue[QUEUE];
static unsigned          head, tail;
static uint64_t          now_ns;
static const char *const names[ROOMS] = { "general", "call-1" };


static void
fed_send(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    relay_t                  *rl;
    letter_t                 *lt;
    const wzp_global_room_t  *gr;

    rl = ctx;
    gr = &sg->u.global_room;

    fuzz_check(rl->up >> peer & 1);
    fuzz_check(gr->npath <= WZP_PATH_MAX);

    if (peer >= RELAYS || tail - head == QUEUE || gr->nparticipants > PEOPLE) {
        return;
    }

    lt = &queue[tail++ % QUEUE];
    lt->from = rl->index;
    lt->to = peer;
    lt->sg = *sg;

    if (gr->nparticipants != 0) {
        memcpy(lt->people, gr->participants,
               gr->nparticipants * sizeof(wzp_participant_t));
    }
}


static void
fed_changed(void *ctx, wzp_fed_room_t *room)
{
    (void) ctx;
    (void) wzp_fed_wants(room);
}


static void
fed_collision(void *ctx, wzp_fed_room_t *room, uint16_t stream_id)
{
    relay_t  *rl;

    rl = ctx;

    fuzz_check(rl->streams[room == rl->rooms[0] ? 0 : 1] >> stream_id & 1);
}


static size_t
fill(wzp_participant_t *list, unsigned bits, bool labels)
{
    size_t    n;
    unsigned  i;

    for (i = 0, n = 0; i < 8; i++) {
        if (bits >> i & 1) {
            memset(&list[n], 0, sizeof(list[n]));
            list[n].fingerprint[0] = (char) ('a' + i);
            list[n].relay_label[0] = (char) (labels && i % 2 ? 'L' : 0);
            list[n].stream_id = (uint16_t) (i + 1);
            n++;
        }
    }

    return n;
}


static void
check_room(relay_t *rl, unsigned rm)
{
    size_t             i, k, n;
    uint64_t           wants;
    wzp_participant_t  list[2 * PEOPLE];

    wants = wzp_fed_wants(rl->rooms[rm]);
    fuzz_check((wants & ~(rl->up & rl->peers[rm])) == 0);

    n = wzp_fed_remote(rl->fed, rl->rooms[rm], list, 2 * PEOPLE);
    fuzz_check(n <= 2 * PEOPLE && (n == 0 || wants != 0));

    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++) {
            fuzz_check(strcmp(list[i].fingerprint, list[k].fingerprint) != 0);
        }

        fuzz_check(list[i].stream_id == 0
                   || wzp_fed_stream_taken(rl->rooms[rm], list[i].stream_id));
    }

    for (i = 1; i < 10; i++) {
        if (rl->streams[rm] >> i & 1) {
            fuzz_check(!wzp_fed_admit(rl->rooms[rm], 0, (uint16_t) i));
        }
    }
}


static void
check_all(void)
{
    unsigned        i, rm;
    wzp_fed_stat_t  st;

    for (i = 0; i < RELAYS; i++) {
        wzp_fed_stat(relay[i].fed, &st);
        fuzz_check(st.rooms == ROOMS);

        for (rm = 0; rm < ROOMS; rm++) {
            check_room(&relay[i], rm);
        }
    }
}


static void
local(relay_t *rl, unsigned rm, unsigned bits)
{
    size_t             n;
    wzp_participant_t  list[PEOPLE];

    n = fill(list, bits, false);
    rl->streams[rm] = (uint16_t) ((bits & 0xff) << 1);

    fuzz_check(wzp_fed_local(rl->fed, rl->rooms[rm], list, n, now_ns)
               == WZP_OK);
}


static void
link_up(relay_t *rl, unsigned peer, bool ours)
{
    rl->up |= 1u << peer;
    wzp_fed_peer_up(rl->fed, peer, ID(peer), ours, "link", now_ns);
}


static void
link_down(relay_t *rl, unsigned peer)
{
    rl->up &= ~(1u << peer);
    wzp_fed_peer_down(rl->fed, peer, now_ns);
}


/* Whatever was said last may arrive, changed or not. */
static void
arrive(unsigned lie)
{
    letter_t           *lt;
    wzp_global_room_t  *gr;

    if (head == tail) {
        return;
    }

    lt = &queue[head++ % QUEUE];
    gr = &lt->sg.u.global_room;
    gr->participants = lt->people;

    switch (lie) {

    case 1:
        gr->origin++;
        break;

    case 2:
        gr->seq -= 5;
        break;

    case 3:
        gr->path[0] ^= 1;
        break;

    case 4:
        gr->path[gr->npath++ % WZP_PATH_MAX] = gr->origin;
        break;

    case 5:
        gr->nparticipants /= 2;
        break;

    case 6:
        lt->sg.type = WZP_SIG_GLOBAL_ROOM_INACTIVE;
        break;

    case 7:
        head--;                             /* once more, later              */
        break;

    default:
        break;
    }

    (void) wzp_fed_input(relay[lt->to].fed, lt->from, &lt->sg, now_ns);
}


/* A signal that nobody has sent. */
static void
forge(relay_t *rl, unsigned peer, const uint8_t *p)
{
    unsigned            i;
    wzp_signal_t        sg;
    wzp_participant_t   list[PEOPLE];
    wzp_global_room_t  *gr;

    memset(&sg, 0, sizeof(sg));
    sg.type = p[0] & 1 ? WZP_SIG_GLOBAL_ROOM_ACTIVE
                       : WZP_SIG_GLOBAL_ROOM_INACTIVE;
    gr = &sg.u.global_room;
    memcpy(gr->room, names[p[0] >> 1 & 1], strlen(names[p[0] >> 1 & 1]));
    gr->participants = list;
    gr->nparticipants = fill(list, p[1], p[0] & 4);
    gr->has_origin = (p[0] & 8) == 0;
    gr->seq = p[2];
    gr->npath = p[3] % (WZP_PATH_MAX + 1);

    for (i = 0; i < gr->npath; i++) {
        gr->path[i] = i == 0 ? ID(peer) : ID((p[3] >> 4) + i * (p[2] & 3));
        gr->origin = gr->path[i];
    }

    (void) wzp_fed_input(rl->fed, peer, &sg, now_ns);
}


static void
rooms(relay_t *rl, unsigned rm, unsigned bits)
{
    if (bits & 0x80) {
        wzp_fed_room_remove(rl->fed, rl->rooms[rm], now_ns);
        rl->streams[rm] = 0;
    }

    rl->peers[rm] = bits & 0x40 ? UINT64_MAX : (bits & 7);
    rl->rooms[rm] = wzp_fed_room_add(rl->fed, names[rm], rl->peers[rm], NULL,
                                     now_ns);
    fuzz_check(rl->rooms[rm] != NULL);
}


/* One thing happens: four bytes. */
static void
step(const uint8_t *p)
{
    unsigned   peer, rm;
    relay_t   *rl;

    rl = &relay[p[0] >> 3 & 3 ? (p[0] >> 3 & 3) - 1 : 0];
    peer = (rl->index + 1 + (p[0] >> 5 & 1)) % RELAYS;
    rm = p[0] >> 6 & 1;
    now_ns += (uint64_t) (p[3] & 15) * 50 * WZP_MS;

    switch (p[0] & 7) {

    case 0:
        local(rl, rm, p[1]);
        break;

    case 1:
        link_up(rl, peer, (p[1] & 7) != 0);
        break;

    case 2:
        link_down(rl, peer);
        break;

    case 3:
        arrive(p[1] & 15);
        break;

    case 4:
        forge(rl, peer, p);
        break;

    case 5:
        wzp_fed_peer_synced(rl->fed, peer, now_ns);
        break;

    case 6:
        now_ns += (uint64_t) p[1] * WZP_SEC / 4;
        wzp_fed_expire(rl->fed, now_ns);
        fuzz_check(wzp_fed_deadline(rl->fed) > now_ns);
        break;

    default:
        rooms(rl, rm, p[1]);
        break;
    }
}


static void
start(void)
{
    unsigned        i, rm;
    wzp_fed_conf_t  conf;

    head = 0;
    tail = 0;
    now_ns = WZP_SEC;

    for (i = 0; i < RELAYS; i++) {
        memset(&conf, 0, sizeof(conf));
        conf.self = ID(i);
        conf.seq0 = 100;
        conf.send = fed_send;
        conf.changed = fed_changed;
        conf.collision = fed_collision;
        conf.ctx = &relay[i];

        memset(&relay[i], 0, sizeof(relay[i]));
        relay[i].index = i;
        relay[i].fed = wzp_fed_create(&conf);
        fuzz_check(relay[i].fed != NULL);

        for (rm = 0; rm < ROOMS; rm++) {
            relay[i].peers[rm] = UINT64_MAX;
            relay[i].rooms[rm] = wzp_fed_room_add(relay[i].fed, names[rm],
                                                  UINT64_MAX, NULL, now_ns);
            fuzz_check(relay[i].rooms[rm] != NULL);
        }
    }
}


static void
finish(void)
{
    unsigned        i, peer;
    wzp_fed_stat_t  st;

    for (i = 0; i < RELAYS; i++) {
        for (peer = 0; peer < RELAYS; peer++) {
            link_down(&relay[i], peer);
        }

        check_room(&relay[i], 0);
        wzp_fed_expire(relay[i].fed, now_ns + 31 * WZP_SEC);
        wzp_fed_stat(relay[i].fed, &st);
        fuzz_check(st.offers == 0 && st.people == 0 && st.origins == 0);
        fuzz_check(wzp_fed_deadline(relay[i].fed) == UINT64_MAX);
        wzp_fed_destroy(relay[i].fed);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  n;

    start();

    for (n = 0; n < STEPS && size >= 4; n++, data += 4, size -= 4) {
        step(data);
        check_all();
    }

    finish();

    return 0;
}
