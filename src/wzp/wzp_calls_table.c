/*
 * The table of direct calls: entries, ids, and what is left of them after a
 * death.  Who may do what to a call is not decided here.
 */

#include "wzp/wzp_calls_table.h"
#include "wzp/wzp_sni.h"


/* ---- entries ---- */

static wzp_calls_text_t *
wzp_calls_text_at(wzp_calls_t *cs, uint32_t i)
{
    return (wzp_calls_text_t *) (void *) &cs->head[cs->n] + i;
}


const wzp_calls_text_t *
wzp_calls_text(const wzp_calls_t *cs, uint32_t i)
{
    return (const wzp_calls_text_t *) (const void *) &cs->head[cs->n] + i;
}


static uint32_t
wzp_calls_used(const wzp_calls_head_t *h)
{
    return atomic_load_explicit(&h->used, memory_order_acquire);
}


static void
wzp_calls_set_used(wzp_calls_head_t *h, uint32_t used)
{
    atomic_store_explicit(&h->used, used, memory_order_seq_cst);
}


size_t
wzp_calls_size(uint32_t n)
{
    return sizeof(wzp_calls_t)
           + (size_t) n * (sizeof(wzp_calls_head_t)
                           + sizeof(wzp_calls_text_t));
}


void
wzp_calls_init(void *mem, uint32_t n)
{
    wzp_calls_t  *cs;

    WZP_ASSERT(n != 0);

    memset(mem, 0, wzp_calls_size(n));

    cs = mem;
    cs->n = n;
}


/* ---- ids ---- */

static char
wzp_calls_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char) (c + ('a' - 'A')) : c;
}


int
wzp_calls_id_cmp(const char *a, const char *b)
{
    while (*a != '\0' && wzp_calls_lower(*a) == wzp_calls_lower(*b)) {
        a++;
        b++;
    }

    return (unsigned char) wzp_calls_lower(*a)
           - (unsigned char) wzp_calls_lower(*b);
}


/* FNV-1a, to look at few texts only; who makes ids meet gains nothing. */
static uint64_t
wzp_calls_id_hash(const char *id)
{
    uint64_t  hash;

    hash = 0xcbf29ce484222325;

    while (*id != '\0') {
        hash ^= (unsigned char) wzp_calls_lower(*id++);
        hash *= 0x100000001b3;
    }

    return hash;
}


void
wzp_calls_id_copy(char to[WZP_CALL_ID_MAX + 1], const char *id)
{
    size_t  len;

    len = strnlen(id, WZP_CALL_ID_MAX);
    memcpy(to, id, len);
    to[len] = '\0';
}


void
wzp_calls_room(char room[WZP_CALLS_ROOM_MAX + 1], const char *id)
{
    size_t  i, n;

    n = sizeof(WZP_CALL_ROOM) - 1;
    memcpy(room, WZP_CALL_ROOM, n);

    for (i = 0; i < WZP_CALL_ID_MAX && id[i] != '\0'; i++) {
        room[n + i] = wzp_calls_lower(id[i]);
    }

    room[n + i] = '\0';
}


/* A dot at the end would not arrive. */

bool
wzp_calls_id_valid(const char *id)
{
    char       room[WZP_CALLS_ROOM_MAX + 1];
    size_t     len;
    wzp_sni_t  sni;

    wzp_calls_room(room, id);
    len = strlen(room);

    return wzp_sni_parse(&sni, room, len) == WZP_OK
           && sni.role == WZP_SNI_CALL && sni.len == len;
}


uint32_t
wzp_calls_lookup(const wzp_calls_t *cs, wzp_relay_id_t relay, const char *id,
    uint64_t now_ns)
{
    uint32_t                 i, used;
    uint64_t                 hash;
    const wzp_calls_head_t  *h;

    hash = wzp_calls_id_hash(id);

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];

        if (h->hash != hash || h->relay != relay) {
            continue;
        }

        used = wzp_calls_used(h);

        if (used == WZP_CALLS_FREE
            || (used == WZP_CALLS_ENDED && h->until_ns <= now_ns)
            || wzp_calls_id_cmp(wzp_calls_text(cs, i)->id, id) != 0)
        {
            continue;
        }

        return i;
    }

    return WZP_CALLS_NONE;
}


/* ---- making and ending ---- */

uint32_t
wzp_calls_place(const wzp_calls_t *cs)
{
    uint32_t                 i, used, oldest;
    const wzp_calls_head_t  *h;

    oldest = WZP_CALLS_NONE;

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];
        used = wzp_calls_used(h);

        if (used == WZP_CALLS_FREE) {
            return i;
        }

        if (used == WZP_CALLS_ENDED
            && (oldest == WZP_CALLS_NONE
                || h->until_ns < cs->head[oldest].until_ns))
        {
            oldest = i;
        }
    }

    return oldest;
}


static bool
wzp_calls_addr_keep(char to[WZP_CALLS_ADDR_SIZE], const char *addr)
{
    size_t  len;

    len = strlen(addr);

    if (len == 0 || len >= WZP_CALLS_ADDR_SIZE
        || strspn(addr, "0123456789abcdefABCDEF.:[]") != len)
    {
        return false;
    }

    memcpy(to, addr, len);

    return true;
}


void
wzp_calls_addrs_keep(wzp_calls_addrs_t *to, const wzp_candidates_t *from)
{
    size_t  i, n;

    memset(to, 0, sizeof(wzp_calls_addrs_t));
    (void) wzp_calls_addr_keep(to->text[0], from->reflexive);

    n = 0;

    for (i = 0; i < from->nlocal && n < WZP_CALLS_LOCALS; i++) {
        n += wzp_calls_addr_keep(to->text[1 + n], from->local[i]);
    }
}


void
wzp_calls_addrs_give(wzp_candidates_t *to, const wzp_calls_addrs_t *from)
{
    size_t  n;

    memcpy(to->reflexive, from->text[0], WZP_CALLS_ADDR_SIZE);

    for (n = 0; n < WZP_CALLS_LOCALS && from->text[1 + n][0] != '\0'; n++) {
        memcpy(to->local[n], from->text[1 + n], WZP_CALLS_ADDR_SIZE);
    }

    to->nlocal = n;
}


void
wzp_calls_make(wzp_calls_t *cs, uint32_t i, wzp_relay_id_t relay,
    const wzp_call_party_t party[2], const wzp_direct_offer_t *offer,
    uint64_t until_ns)
{
    wzp_calls_head_t  *h;
    wzp_calls_text_t  *text;

    h = &cs->head[i];
    text = wzp_calls_text_at(cs, i);

    wzp_calls_set_used(h, WZP_CALLS_FREE);

    memset(text, 0, sizeof(wzp_calls_text_t));
    wzp_calls_id_copy(text->id, offer->call_id);
    wzp_calls_addrs_keep(&text->caller, &offer->addrs);

    h->relay = relay;
    h->hash = wzp_calls_id_hash(text->id);
    h->until_ns = until_ns;
    h->party[0] = party[0];
    h->party[1] = party[1];
    h->far = 0;
    h->grace_ns[0] = 0;
    h->grace_ns[1] = 0;
    h->missed[0] = false;
    h->missed[1] = false;
    wzp_calls_set_state(h, WZP_CALL_PENDING);

    wzp_calls_set_used(h, WZP_CALLS_LIVE);
}


/* The word goes first: half an end is an id that is forgotten early. */

void
wzp_calls_end(wzp_calls_t *cs, uint32_t i, uint64_t now_ns)
{
    int                side;
    wzp_calls_head_t  *h;

    h = &cs->head[i];

    wzp_calls_set_used(h, WZP_CALLS_ENDED);
    h->until_ns = now_ns + WZP_CALLS_MEMORY;

    for (side = 0; side < 2; side++) {
        h->missed[side] = h->grace_ns[side] != 0;
    }
}


/* ---- questions ---- */

static void
wzp_calls_read(const wzp_calls_t *cs, uint32_t i, wzp_call_t *call)
{
    const wzp_calls_head_t  *h;

    h = &cs->head[i];

    call->relay = h->relay;
    memcpy(call->id, wzp_calls_text(cs, i)->id, sizeof(call->id));
    call->state = wzp_calls_state(h);
    call->party[0] = h->party[0];
    call->party[1] = h->party[1];
    call->far = h->far;
}


void
wzp_calls_set_far(wzp_calls_t *cs, wzp_relay_id_t relay, const char *call_id,
    wzp_relay_id_t far)
{
    uint32_t  i;

    i = wzp_calls_lookup(cs, relay, call_id, UINT64_MAX);

    if (i != WZP_CALLS_NONE) {
        cs->head[i].far = far;
    }
}


bool
wzp_calls_find(const wzp_calls_t *cs, wzp_relay_id_t relay,
    const char *call_id, wzp_call_t *call)
{
    uint32_t  i;

    i = wzp_calls_lookup(cs, relay, call_id, UINT64_MAX);

    if (i == WZP_CALLS_NONE) {
        return false;
    }

    wzp_calls_read(cs, i, call);

    return true;
}


bool
wzp_calls_next(const wzp_calls_t *cs, wzp_relay_id_t relay, uint32_t *pos,
    wzp_call_t *call)
{
    uint32_t  i;

    for (i = *pos; i < cs->n; i++) {

        if (wzp_calls_lives(&cs->head[i], relay)) {
            wzp_calls_read(cs, i, call);
            *pos = i + 1;
            return true;
        }
    }

    return false;
}


void
wzp_calls_count(const wzp_calls_t *cs, wzp_relay_id_t relay,
    uint32_t count[WZP_CALL_STATE_N])
{
    uint32_t    pos;
    wzp_call_t  call;

    memset(count, 0, WZP_CALL_STATE_N * sizeof(uint32_t));

    for (pos = 0; wzp_calls_next(cs, relay, &pos, &call); /* void */) {
        count[call.state]++;
    }
}


/* ---- after a death ---- */

/* Can this entry be a call?  Fields are read as if anything could be there. */

static bool
wzp_calls_sound(const wzp_calls_head_t *h, const wzp_calls_text_t *text)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(text->caller.text); i++) {
        if (text->caller.text[i][WZP_CALLS_ADDR_SIZE - 1] != '\0') {
            return false;
        }
    }

    return text->id[WZP_CALL_ID_MAX] == '\0'
           && wzp_calls_id_valid(text->id)
           && wzp_calls_id_hash(text->id) == h->hash
           && wzp_calls_state(h) < WZP_CALL_STATE_N
           && (h->party[0].link == 0 || h->party[1].link == 0)
           && memcmp(h->party[0].fp, h->party[1].fp, WZP_FP_SIZE) != 0;
}


void
wzp_calls_rebuild(wzp_calls_t *cs)
{
    uint32_t           i;
    wzp_calls_head_t  *h;

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];

        if (wzp_calls_used(h) > WZP_CALLS_ENDED
            || (wzp_calls_used(h) != WZP_CALLS_FREE
                && !wzp_calls_sound(h, wzp_calls_text(cs, i))))
        {
            wzp_calls_set_used(h, WZP_CALLS_FREE);
        }
    }
}
