/*
 * SPSC ring over shared memory.
 *
 * head and tail are byte positions that only grow; a message is an 8-byte
 * head (length, check) and its bytes, padded to 8, and never wraps: where it
 * would, a mark tells the consumer to go on at the start of the buffer.
 *
 * The doorbell is Dekker's: the producer stores head and then reads
 * `sleeping`, the consumer stores `sleeping` and then reads head, all four
 * sequentially consistent, so at least one of them sees the other.
 */

#include <stdalign.h>
#include <stdatomic.h>

#include "wzp/wzp_ring.h"


#if ATOMIC_LLONG_LOCK_FREE != 2
#error "64-bit atomics must be lock free: they are shared by processes"
#endif


#define WZP_RING_MAGIC      0x677a7772696e6731ULL
#define WZP_RING_MIN        4096
#define WZP_RING_MAX        (1ULL << 31)
#define WZP_RING_LINE       64
#define WZP_RING_ALIGN      8
#define WZP_RING_SKIP       UINT32_MAX


typedef struct {
    uint32_t  len;                      /* or WZP_RING_SKIP                  */
    uint32_t  check;
} wzp_ring_msg_t;


struct wzp_ring_s {
    /* written once */
    alignas(WZP_RING_LINE)
    uint64_t           magic;           /* and capacity, so both are checked */
    uint64_t           capacity;

    /* written by the producer */
    alignas(WZP_RING_LINE)
    _Atomic uint64_t   head;
    uint64_t           tail_seen;
    uint64_t           reserved_at;     /* position of the message           */
    uint64_t           reserved_len;
    uint32_t           reserved;

    /* written by the consumer */
    alignas(WZP_RING_LINE)
    _Atomic uint64_t   tail;
    uint64_t           head_seen;
    uint64_t           next;            /* tail after the peeked message     */
    uint32_t           peeked;

    /* written by both, rarely */
    alignas(WZP_RING_LINE)
    _Atomic uint32_t   sleeping;

    alignas(WZP_RING_LINE)
    uint8_t            data[];
};


static uint64_t
wzp_ring_round(uint64_t n)
{
    return (n + WZP_RING_ALIGN - 1) & ~(uint64_t) (WZP_RING_ALIGN - 1);
}


static uint64_t
wzp_ring_space(uint64_t len)
{
    return sizeof(wzp_ring_msg_t) + wzp_ring_round(len);
}


/* Guards against stale bytes being taken for a message; no security. */
static uint32_t
wzp_ring_check(uint64_t pos, uint32_t len)
{
    return (uint32_t) (pos >> 3) ^ (len * 0x9e3779b1u) ^ 0x57a60001u;
}


/* Offset of a position: inside the buffer and aligned, whatever pos is. */
static size_t
wzp_ring_at(uint64_t capacity, uint64_t pos)
{
    return (size_t) (pos & (capacity - 1)
                     & ~(uint64_t) (WZP_RING_ALIGN - 1));
}


static void
wzp_ring_put_head(wzp_ring_t *rg, uint64_t pos, uint32_t len)
{
    wzp_ring_msg_t  msg;

    msg.len = len;
    msg.check = wzp_ring_check(pos, len);

    memcpy(&rg->data[wzp_ring_at(rg->capacity, pos)], &msg, sizeof(msg));
}


size_t
wzp_ring_size(size_t capacity)
{
    return sizeof(wzp_ring_t) + capacity;
}


wzp_ring_t *
wzp_ring_init(void *mem, size_t capacity)
{
    wzp_ring_t  *rg;

    if (capacity < WZP_RING_MIN || capacity > WZP_RING_MAX
        || (capacity & (capacity - 1)) != 0)
    {
        return NULL;
    }

    rg = mem;

    memset(rg, 0, sizeof(*rg));

    rg->capacity = capacity;
    atomic_init(&rg->head, 0);
    atomic_init(&rg->tail, 0);

    /* nobody has looked yet: the first message rings */
    atomic_init(&rg->sleeping, 1);

    rg->magic = WZP_RING_MAGIC ^ capacity;

    return rg;
}


void *
wzp_ring_reserve(wzp_ring_t *rg, size_t len)
{
    uint64_t  head, pos, need, left;

    if (len > rg->capacity / 4) {
        return NULL;
    }

    /* always a multiple of 8, unless somebody wrote over it */

    head = atomic_load_explicit(&rg->head, memory_order_relaxed);
    head = wzp_ring_round(head);
    need = wzp_ring_space(len);
    left = rg->capacity - wzp_ring_at(rg->capacity, head);
    pos = need > left ? head + left : head;

    if (pos + need - rg->tail_seen > rg->capacity) {
        rg->tail_seen = atomic_load_explicit(&rg->tail, memory_order_acquire);

        if (pos + need - rg->tail_seen > rg->capacity) {
            return NULL;
        }
    }

    if (pos != head) {
        wzp_ring_put_head(rg, head, WZP_RING_SKIP);
    }

    rg->reserved_at = pos;
    rg->reserved_len = len;
    rg->reserved = 1;

    return &rg->data[wzp_ring_at(rg->capacity, pos) + sizeof(wzp_ring_msg_t)];
}


bool
wzp_ring_commit(wzp_ring_t *rg, size_t len)
{
    if (!rg->reserved || len > rg->reserved_len) {
        WZP_ASSERT(0);
        return false;
    }

    rg->reserved = 0;

    wzp_ring_put_head(rg, rg->reserved_at, (uint32_t) len);

    atomic_store_explicit(&rg->head, rg->reserved_at + wzp_ring_space(len),
                          memory_order_seq_cst);

    if (atomic_load_explicit(&rg->sleeping, memory_order_seq_cst) == 0) {
        return false;
    }

    return atomic_exchange_explicit(&rg->sleeping, 0, memory_order_acq_rel)
           != 0;
}


/* True when there is something to read; else the doorbell is wanted. */
static bool
wzp_ring_refresh(wzp_ring_t *rg, uint64_t tail)
{
    rg->head_seen = atomic_load_explicit(&rg->head, memory_order_acquire);

    if (rg->head_seen != tail) {
        return true;
    }

    atomic_store_explicit(&rg->sleeping, 1, memory_order_seq_cst);
    rg->head_seen = atomic_load_explicit(&rg->head, memory_order_seq_cst);

    if (rg->head_seen == tail) {
        return false;
    }

    atomic_store_explicit(&rg->sleeping, 0, memory_order_relaxed);

    return true;
}


/*
 * The message at pos, if it lies wholly inside the buffer and before
 * head_seen.  WZP_EUNKNOWN: a mark to go on at *next.
 */
static wzp_rc_t
wzp_ring_look(const wzp_ring_t *rg, uint64_t pos, uint64_t *next, size_t *len)
{
    size_t          at;
    uint64_t        avail, left;
    wzp_ring_msg_t  msg;

    at = wzp_ring_at(rg->capacity, pos);
    left = rg->capacity - at;
    avail = rg->head_seen - pos;

    if (avail > rg->capacity || avail < sizeof(msg)
        || pos % WZP_RING_ALIGN != 0)
    {
        return WZP_EBAD;
    }

    memcpy(&msg, &rg->data[at], sizeof(msg));

    if (msg.check != wzp_ring_check(pos, msg.len)) {
        return WZP_EBAD;
    }

    if (msg.len == WZP_RING_SKIP) {
        *next = pos + left;
        return left < avail ? WZP_EUNKNOWN : WZP_EBAD;
    }

    if (msg.len > rg->capacity / 4 || wzp_ring_space(msg.len) > left
        || wzp_ring_space(msg.len) > avail)
    {
        return WZP_EBAD;
    }

    *next = pos + wzp_ring_space(msg.len);
    *len = msg.len;

    return WZP_OK;
}


const void *
wzp_ring_peek(wzp_ring_t *rg, size_t *len)
{
    uint64_t  tail, pos;
    wzp_rc_t  rc;

    rg->peeked = 0;

    if (rg->magic != (WZP_RING_MAGIC ^ rg->capacity)) {
        return NULL;
    }

    tail = atomic_load_explicit(&rg->tail, memory_order_relaxed);

    while (rg->head_seen != tail || wzp_ring_refresh(rg, tail)) {

        pos = tail;
        rc = wzp_ring_look(rg, pos, &rg->next, len);

        if (rc == WZP_EUNKNOWN) {
            pos = rg->next;
            rc = wzp_ring_look(rg, pos, &rg->next, len);
        }

        if (rc == WZP_OK) {
            rg->peeked = 1;
            return &rg->data[wzp_ring_at(rg->capacity, pos)
                             + sizeof(wzp_ring_msg_t)];
        }

        /* damaged: forget everything up to head, and look again */

        tail = rg->head_seen;
        atomic_store_explicit(&rg->tail, tail, memory_order_release);
    }

    return NULL;
}


void
wzp_ring_next(wzp_ring_t *rg)
{
    if (!rg->peeked) {
        return;
    }

    rg->peeked = 0;

    atomic_store_explicit(&rg->tail, rg->next, memory_order_release);
}
