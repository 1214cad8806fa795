/*
 * Buffers, and the queue of media that holds references to them.
 */

#include "quic/wzp_qmedia.h"
#include "tap.h"


static void
test_refs(void)
{
    wzp_qbuf_t  *a, *b;

    a = wzp_qbuf_alloc(100);
    ok(a != NULL && a->refs == 1 && a->len == 0 && a->size >= 100,
       "a fresh one");
    ok(wzp_qbuf_ref(a) == a && a->refs == 2, "referenced");
    wzp_qbuf_unref(a);
    is_u64(a->refs, 1, "unreferenced");

    b = a;
    wzp_qbuf_unref(a);
    a = wzp_qbuf_alloc(50);
    ok(a == b, "small ones are recycled");
    is_u64(a->refs, 1, "as good as new");
    is_u64(a->len, 0, "and empty");
    wzp_qbuf_unref(a);
    wzp_qbuf_unref(NULL);

    a = wzp_qbuf_alloc(1400);
    ok(a != NULL && a->size >= 1400, "a large one");
    wzp_qbuf_unref(a);
    b = wzp_qbuf_alloc(1500);
    ok(b == a, "is recycled too");
    wzp_qbuf_unref(b);

    a = wzp_qbuf_alloc(1 << 20);
    ok(a != NULL && a->size >= 1 << 20, "a huge one");
    memset(a->data, 1, 1 << 20);
    wzp_qbuf_unref(a);
    ok(wzp_qbuf_alloc(SIZE_MAX) == NULL, "one that cannot be");
}


/* PROTOCOL 2.1: the example frame. */
static void
test_message(void)
{
    wzp_qbuf_t  *qb;

    static uint8_t     big[0x010203];
    static const char  json[] = "{\"Ping\":{\"timestamp_ms\":12345}}";

    qb = wzp_qbuf_message((const uint8_t *) json, sizeof(json) - 1);
    is_u64(qb->len, 35, "length and JSON");
    is_mem(qb->data, "\0\0\0\037{\"Ping\":", 12, "frame of PROTOCOL 2.1");
    wzp_qbuf_unref(qb);

    qb = wzp_qbuf_message(NULL, 0);
    is_u64(qb->len, 4, "an empty one");
    wzp_qbuf_unref(qb);

    memset(big, ' ', sizeof(big));
    qb = wzp_qbuf_message(big, sizeof(big));
    is_mem(qb->data, "\0\1\2\3 ", 5, "a long one");
    wzp_qbuf_unref(qb);
}


static wzp_qbuf_t *
numbered(uint32_t n, uint64_t born_ns)
{
    wzp_qbuf_t  *qb;

    qb = wzp_qbuf_alloc(8);
    qb->len = n;
    qb->born_ns = born_ns;

    return qb;
}


static void
test_queue(void)
{
    uint32_t       i;
    wzp_qbuf_t    *qb;
    wzp_qmedia_t   qm;

    memset(&qm, 0, sizeof(qm));
    ok(wzp_qmedia_head(&qm) == NULL, "empty");

    for (i = 1; i <= 150; i++) {
        qb = numbered(i, i);
        if (wzp_qmedia_put(&qm, qb, 128, 1000 + i) != WZP_OK) {
            fail("put %u", i);
        }
        wzp_qbuf_unref(qb);
    }

    is_u64(qm.n, 128, "no more than the limit");
    is_u64(qm.drop_queue, 22, "the rest is counted");
    is_u64(wzp_qmedia_head(&qm)->len, 23, "the oldest went first");
    is_u64(qm.bytes, (23 + 150) * 128 / 2, "bytes are counted");

    wzp_qmedia_expire(&qm, 50, 100);
    is_u64(wzp_qmedia_head(&qm)->len, 51, "what was born 50 ago is too old");
    is_u64(qm.drop_stale, 28, "counted apart");
    wzp_qmedia_expire(&qm, 50, 20);
    is_u64(wzp_qmedia_head(&qm)->len, 51, "a clock that goes back");

    for (i = 51; i <= 150; i++) {
        if (wzp_qmedia_head(&qm)->len != i) {
            fail("order at %u", i);
        }
        wzp_qmedia_pop(&qm);
    }

    is_u64(qm.n + qm.bytes, 0, "all in order");

    qb = numbered(5, 0);
    ok(wzp_qmedia_put(&qm, qb, 128, 5) == WZP_OK, "one more");
    is_u64(qm.since_ns, 5, "waits since 5");
    is_u64(qb->refs, 2, "the queue has a reference of its own");
    wzp_qmedia_done(&qm);
    is_u64(qb->refs, 1, "and gives it back");
    wzp_qbuf_unref(qb);
}


int
main(void)
{
    test_refs();
    test_message();
    test_queue();

    return done_testing();
}
