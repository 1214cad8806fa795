/*
 * Messages put together from stream bytes: order, pieces, bounds.
 */

#include "quic/wzp_qmsg.h"
#include "tap.h"


#define MAX_MESSAGE     1000


typedef struct {
    unsigned  n;
    char      got[4096];                /* texts, each with '|' behind       */
} sink_t;


static void
deliver(void *ctx, const uint8_t *data, size_t len)
{
    size_t   have;
    sink_t  *sk;

    sk = ctx;
    sk->n++;
    have = strlen(sk->got);
    snprintf(sk->got + have, sizeof(sk->got) - have, "%.*s|", (int) len,
             (const char *) data);
}


static void
start(wzp_qinbox_t *ib, sink_t *sk)
{
    memset(sk, 0, sizeof(sink_t));
    wzp_qin_init(ib, 0, MAX_MESSAGE, deliver, sk);
}


/* Length and text, as on the wire. */
static size_t
frame(uint8_t *buf, const char *text)
{
    size_t  len;

    len = strlen(text);
    buf[0] = 0;
    buf[1] = 0;
    buf[2] = (uint8_t) (len >> 8);
    buf[3] = (uint8_t) len;
    memcpy(buf + 4, text, len);

    return len + 4;
}


static wzp_rc_t
whole(wzp_qinbox_t *ib, int64_t id, const char *text)
{
    bool      done;
    size_t    len;
    uint8_t   buf[256];
    wzp_rc_t  rc;

    len = frame(buf, text);
    rc = wzp_qin_data(ib, id, buf, len, true, &done);

    return (rc == WZP_OK && !done) ? WZP_ERROR : rc;
}


static void
test_order(void)
{
    bool          done;
    sink_t        sk;
    uint8_t       buf[64];
    wzp_qinbox_t  ib;

    start(&ib, &sk);

    ok(whole(&ib, 8, "c") == WZP_OK && whole(&ib, 4, "b") == WZP_OK,
       "streams 8 and 4");
    is_str(sk.got, "", "wait for stream 0");
    ok(whole(&ib, 0, "a") == WZP_OK, "stream 0");
    is_str(sk.got, "a|b|c|", "all, in order");
    is_u64(ib.memory, 0, "nothing is kept");

    ok(wzp_qin_data(&ib, 4, (const uint8_t *) "junk", 4, true, &done)
       == WZP_OK && !done, "more on a delivered stream");
    is_u64(sk.n, 3, "is ignored");

    ok(whole(&ib, 16, "e") == WZP_OK, "stream 16");
    ok(wzp_qin_reset(&ib, 12) == WZP_OK, "stream 12 is reset unseen");
    is_str(sk.got, "a|b|c|e|", "and skipped");

    (void) frame(buf, "long");
    ok(wzp_qin_data(&ib, 20, buf, 6, false, &done) == WZP_OK && !done,
       "half of stream 20");
    ok(whole(&ib, 24, "g") == WZP_OK, "stream 24");
    ok(wzp_qin_reset(&ib, 20) == WZP_OK, "20 is reset");
    is_str(sk.got, "a|b|c|e|g|", "24 is delivered");

    ok(wzp_qin_reset(&ib, 24) == WZP_OK && wzp_qin_reset(&ib, 0) == WZP_OK,
       "resets of delivered ones do nothing");
    is_u64(ib.memory, 0, "nothing is kept");
    wzp_qin_done(&ib);
}


/* Cut at every place. */
static void
test_pieces(void)
{
    bool          done;
    size_t        i, k, len;
    sink_t        sk;
    uint8_t       buf[64];
    unsigned      wrong;
    wzp_qinbox_t  ib;

    len = frame(buf, "{\"Ping\":1}");

    for (i = 0, wrong = 0; i <= len; i++) {
        for (k = i; k <= len; k++) {
            start(&ib, &sk);

            /* Once in its turn, once behind another. */

            wrong += wzp_qin_data(&ib, 0, buf, i, false, &done) != WZP_OK;
            wrong += wzp_qin_data(&ib, 0, buf + i, k - i, false, &done)
                     != WZP_OK;
            wrong += wzp_qin_data(&ib, 0, buf + k, len - k, true, &done)
                     != WZP_OK;
            wrong += strcmp(sk.got, "{\"Ping\":1}|") != 0;

            wrong += wzp_qin_data(&ib, 8, buf, i, false, &done) != WZP_OK;
            wrong += wzp_qin_data(&ib, 8, buf + i, len - i, true, &done)
                     != WZP_OK;
            wrong += whole(&ib, 4, "x") != WZP_OK;
            wrong += strcmp(sk.got, "{\"Ping\":1}|x|{\"Ping\":1}|") != 0;
            wrong += ib.memory != 0;
            wzp_qin_done(&ib);
        }
    }

    is_u64(wrong, 0, "cut at every two places");

    for (i = 0, wrong = 0; i < len; i++) {
        start(&ib, &sk);
        wrong += wzp_qin_data(&ib, 0, buf, i, true, &done) != WZP_EBAD;
        wrong += sk.n != 0;
        wzp_qin_done(&ib);
    }

    is_u64(wrong, 0, "ended at every place");
}


static void
test_bounds(void)
{
    bool          done;
    size_t        sent;
    int64_t       id;
    sink_t        sk;
    uint8_t       buf[MAX_MESSAGE + 8];
    wzp_rc_t      rc;
    wzp_qinbox_t  ib;

    start(&ib, &sk);
    memset(buf, ' ', sizeof(buf));
    memcpy(buf, "\0\0\3\351", 4);
    ok(wzp_qin_data(&ib, 0, buf, 4, false, &done) == WZP_ETOOBIG,
       "1001 bytes are announced");
    wzp_qin_done(&ib);

    start(&ib, &sk);
    ok(wzp_qin_data(&ib, 0, buf, 1005, true, &done) == WZP_ETOOBIG,
       "1001 bytes arrive at once");
    wzp_qin_done(&ib);

    start(&ib, &sk);
    memcpy(buf, "\0\0\3\350", 4);
    ok(wzp_qin_data(&ib, 0, buf, 1004, true, &done) == WZP_OK && done,
       "1000 are fine");
    wzp_qin_done(&ib);

    /* Headers alone take next to nothing. */

    start(&ib, &sk);

    for (id = 4; id < 400; id += 4) {
        if (wzp_qin_data(&ib, id, buf, 4, false, &done) != WZP_OK) {
            fail("header of stream %d", (int) id);
        }
    }

    ok(ib.memory < 99 * 128, "99 claims of 1000 bytes: %zu bytes",
       ib.memory);

    /* Bytes are counted, until it is enough. */

    rc = WZP_OK;
    sent = 0;

    for (id = 4; id < 400 && rc == WZP_OK; id += 4) {
        rc = wzp_qin_data(&ib, id, buf + 4, 999, false, &done);
        sent += 999;
    }

    ok(rc == WZP_ETOOBIG, "too much is waiting");
    ok(ib.memory <= MAX_MESSAGE + WZP_QMSG_SLACK && sent > 40000,
       "after %zu bytes", sent);
    wzp_qin_done(&ib);
    is_u64(ib.memory, 0, "and all is given back");
}


/* The credit of a stream comes back when its turn has come. */
static void
test_credit(void)
{
    sink_t        sk;
    wzp_qinbox_t  ib;

    start(&ib, &sk);

    ok(whole(&ib, 4, "b") == WZP_OK && whole(&ib, 8, "c") == WZP_OK
       && wzp_qin_closed(&ib, 4) == WZP_OK
       && wzp_qin_closed(&ib, 8) == WZP_OK, "4 and 8 are whole and closed");
    is_u64(ib.retired, 0, "but wait behind 0");
    ok(wzp_qin_closed(&ib, 0) == WZP_OK, "0 is closed without a message");
    is_str(sk.got, "b|c|", "4 and 8 are delivered");
    is_u64(ib.retired, 3, "three are free again");

    ok(whole(&ib, 12, "d") == WZP_OK, "12 is delivered at once");
    is_u64(ib.retired, 3, "not free yet");
    ok(wzp_qin_closed(&ib, 12) == WZP_OK, "closed");
    is_u64(ib.retired, 4, "free");

    wzp_qin_done(&ib);
}


static void
test_out(void)
{
    unsigned        i;
    wzp_qbuf_t     *qb;
    wzp_qmsg_t     *qm;
    wzp_qoutbox_t   ob;

    memset(&ob, 0, sizeof(ob));
    qb = wzp_qbuf_message((const uint8_t *) "x", 1);

    ok(!wzp_qout_pending(&ob) && wzp_qout_first(&ob, false) == NULL,
       "nothing to send");

    for (i = 0; i < WZP_QMSG_WAIT_MAX; i++) {
        if (wzp_qout_put(&ob, qb, i, (i & 1) != 0) != WZP_OK) {
            fail("put %u", i);
        }
    }

    ok(wzp_qout_put(&ob, qb, 0, false) == WZP_ENOSPC, "256 and no more");
    ok(wzp_qout_put(&ob, qb, 255, false) == WZP_OK, "but one is replaced");
    is_u64(qb->refs, 257, "a reference each");

    qm = wzp_qout_first(&ob, true);
    is_u64(qm->key, 1, "first of the other kind");
    wzp_qout_start(&ob, qm, 3);
    ok(wzp_qout_put(&ob, qb, 1, true) == WZP_OK, "a key that has started is "
       "free again");
    is_u64(ob.nwait, 256, "256 wait");
    wzp_qout_drop(&ob, qm);
    ok(ob.live == NULL && qb->refs == 257, "acknowledged");

    for (i = 0; i < 100; i++) {
        wzp_qout_fin(&ob, i);
    }

    ob.wait_max = 300;

    for (i = 0; i < 44; i++) {
        if (wzp_qout_put(&ob, qb, 0, false) != WZP_OK) {
            fail("put %u of more", i);
        }
    }

    ok(wzp_qout_put(&ob, qb, 0, false) == WZP_ENOSPC, "more, where it is set");

    is_u64(ob.nfins, 100, "streams to end");
    wzp_qout_done(&ob);
    is_u64(qb->refs, 1, "all references are given back");
    wzp_qbuf_unref(qb);
}


int
main(void)
{
    test_order();
    test_pieces();
    test_bounds();
    test_credit();
    test_out();

    return done_testing();
}
