/*
 * Connection IDs and their table; the heap of timers.
 */

#include "quic/wzp_quic_cid.h"
#include "quic/wzp_quic_timer.h"
#include "tap.h"


static void
keys_of(wzp_quic_keys_t *keys, uint8_t fill)
{
    uint8_t  secret[WZP_QUIC_SECRET_SIZE];

    memset(secret, fill, sizeof(secret));
    wzp_quic_keys_init(keys, secret);
}


static void
test_format(void)
{
    uint8_t          id[WZP_CID_LEN], bad[WZP_CID_LEN + 1];
    unsigned         i, bit, accepted;
    wzp_quic_keys_t  a, b;
    wzp_cid_owner_t  owner, got;

    keys_of(&a, 1);
    keys_of(&b, 2);

    ok(memcmp(a.token, a.reset, sizeof(a.token)) != 0
       && memcmp(a.token, a.tag, sizeof(a.tag)) != 0,
       "a key for each purpose");

    owner.steer = 3;
    owner.slot = 63;
    owner.epoch = 0xbeef;
    wzp_cid_make(&a, &owner, (const uint8_t *) "\1\2\3\4\5", id);

    is_mem(id, "\x03\x3f\xbe\xef\1\2\3\4\5", 9, "layout");
    ok(wzp_cid_parse(&a, id, WZP_CID_LEN, &got) == WZP_OK, "one of ours");
    ok(got.steer == 3 && got.slot == 63 && got.epoch == 0xbeef, "its owner");
    ok(wzp_cid_parse(&b, id, WZP_CID_LEN, &got) == WZP_EBAD,
       "not by another secret");

    memcpy(bad, id, WZP_CID_LEN);
    bad[WZP_CID_LEN] = 0;
    ok(wzp_cid_parse(&a, bad, WZP_CID_LEN + 1, &got) == WZP_EBAD, "longer");
    ok(wzp_cid_parse(&a, bad, WZP_CID_LEN - 1, &got) == WZP_EBAD, "shorter");
    ok(wzp_cid_parse(&a, bad, 0, &got) == WZP_EBAD, "empty");

    for (i = 0, accepted = 0; i < WZP_CID_LEN; i++) {
        for (bit = 0; bit < 8; bit++) {
            memcpy(bad, id, WZP_CID_LEN);
            bad[i] ^= (uint8_t) (1u << bit);
            accepted += wzp_cid_parse(&a, bad, WZP_CID_LEN, &got) == WZP_OK;
        }
    }

    is_u64(accepted, 0, "every changed bit is noticed");

    for (i = 0, accepted = 0; i < 100000; i++) {
        memset(bad, 0, sizeof(bad));
        memcpy(bad, &i, sizeof(i));
        accepted += wzp_cid_parse(&a, bad, WZP_CID_LEN, &got) == WZP_OK;
    }

    ok(accepted <= 1, "of 100000 others %u pass", accepted);
}


static void
test_reset_token(void)
{
    uint8_t          t1[NGTCP2_STATELESS_RESET_TOKENLEN];
    uint8_t          t2[NGTCP2_STATELESS_RESET_TOKENLEN];
    ngtcp2_cid       cid;
    wzp_quic_keys_t  a, b;

    keys_of(&a, 1);
    keys_of(&b, 2);
    ngtcp2_cid_init(&cid, (const uint8_t *) "0123456789ab", 12);

    ok(wzp_cid_reset_token(&a, &cid, t1) == WZP_OK
       && wzp_cid_reset_token(&a, &cid, t2) == WZP_OK
       && memcmp(t1, t2, sizeof(t1)) == 0, "a function of the ID");
    ok(wzp_cid_reset_token(&b, &cid, t2) == WZP_OK
       && memcmp(t1, t2, sizeof(t1)) != 0, "and of the secret");

    cid.data[11] ^= 1;
    ok(wzp_cid_reset_token(&a, &cid, t2) == WZP_OK
       && memcmp(t1, t2, sizeof(t1)) != 0, "of all of the ID");
}


static void
test_table(void)
{
    char             a, b;
    uint8_t          id[8];
    uint32_t         i, found;
    wzp_cid_t       *la, *lb;
    wzp_qconn_t     *qa, *qb;
    wzp_cid_table_t  ct;

    /* Connections are pointers here, no more. */

    qa = (wzp_qconn_t *) (void *) &a;
    qb = (wzp_qconn_t *) (void *) &b;
    la = NULL;
    lb = NULL;

    ok(wzp_cid_table_init(&ct, (const uint8_t *) "0123456789abcdef")
       == WZP_OK, "a table");
    ok(wzp_cid_table_find(&ct, (const uint8_t *) "abc", 3) == NULL, "empty");

    ok(wzp_cid_table_add(&ct, &la, qa, (const uint8_t *) "abc", 3) == WZP_OK,
       "add");
    ok(wzp_cid_table_add(&ct, &lb, qb, (const uint8_t *) "abc", 3)
       == WZP_EDUP, "not twice");
    ok(wzp_cid_table_add(&ct, &lb, qb, (const uint8_t *) "abcd", 4)
       == WZP_OK, "a longer one is another");
    ok(wzp_cid_table_find(&ct, (const uint8_t *) "abc", 3) == qa
       && wzp_cid_table_find(&ct, (const uint8_t *) "abcd", 4) == qb,
       "found");
    ok(wzp_cid_table_find(&ct, (const uint8_t *) "ab", 2) == NULL,
       "no prefix");
    ok(wzp_cid_table_find(&ct, (const uint8_t *)
                          "0123456789012345678901234", 25) == NULL,
       "too long for QUIC");

    for (i = 0; i < 10000; i++) {
        memset(id, 0, sizeof(id));
        memcpy(id, &i, sizeof(i));

        if (wzp_cid_table_add(&ct, &la, qa, id, sizeof(id)) != WZP_OK) {
            fail("add %u", i);
        }
    }

    for (i = 0, found = 0; i < 10000; i++) {
        memcpy(id, &i, sizeof(i));
        found += wzp_cid_table_find(&ct, id, sizeof(id)) == qa;
    }

    is_u64(found, 10000, "10000 more, all found");
    ok(ct.nbuckets >= 8192, "it has grown: %zu", ct.nbuckets);

    wzp_cid_table_remove(&ct, &la, id, sizeof(id));
    ok(wzp_cid_table_find(&ct, id, sizeof(id)) == NULL, "one is removed");
    wzp_cid_table_remove(&ct, &lb, (const uint8_t *) "abc", 3);
    ok(wzp_cid_table_find(&ct, (const uint8_t *) "abc", 3) == qa,
       "nobody removes another's");

    wzp_cid_table_clear(&ct, &la);
    is_u64(ct.n, 1, "all of one connection are gone");
    wzp_cid_table_clear(&ct, &lb);
    is_u64(ct.n, 0, "all are gone");
    wzp_cid_table_done(&ct);
}


static void
test_timers(void)
{
    unsigned       i, n, wrong;
    uint64_t       x, last;
    wzp_timer_t    tm[500], *p;
    wzp_timers_t   ts;

    memset(&ts, 0, sizeof(ts));
    is_u64(wzp_timers_next(&ts), UINT64_MAX, "none runs");
    ok(wzp_timers_pop(&ts, UINT64_MAX) == NULL, "none is due");
    ok(wzp_timers_reserve(&ts, 500) == WZP_OK, "room");

    x = 12345;

    for (i = 0; i < 500; i++) {
        wzp_timer_init(&tm[i]);
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        wzp_timer_set(&ts, &tm[i], x >> 50);
    }

    /* Move some, stop some. */

    for (i = 0; i < 500; i += 3) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        wzp_timer_set(&ts, &tm[i], x >> 50);
    }

    for (i = 1; i < 500; i += 5) {
        wzp_timer_clear(&ts, &tm[i]);
        wzp_timer_clear(&ts, &tm[i]);
    }

    wzp_timer_set(&ts, &tm[0], UINT64_MAX);
    is_u64(ts.n, 399, "399 run");
    ok(wzp_timers_pop(&ts, 0) == NULL || wzp_timers_next(&ts) == 0,
       "not before their time");

    last = 0;
    n = 0;
    wrong = 0;

    while ((p = NULL, x = wzp_timers_next(&ts)) != UINT64_MAX) {
        wrong += (x < last);
        last = x;
        p = wzp_timers_pop(&ts, x);
        wrong += (p == NULL || p->index != WZP_TIMER_OFF);
        n++;
    }

    is_u64(n, 399, "all ring");
    is_u64(wrong, 0, "in order");

    wzp_timers_done(&ts);
}


int
main(void)
{
    test_format();
    test_reset_token();
    test_table();
    test_timers();

    return done_testing();
}
