/*
 * What a call measures for its quality: its own datagrams, and what is played
 * of others.  Sender and playout are played by the test.
 */

#include "tap.h"
#include "../../client/adapt.c"


static cl_adapt_t         *aq;
static cl_options_t        op;
static cl_sender_stats_t   stats;
static wzp_qstats_t        qs;
static wzp_report_t        told;        /* the last report                   */
static uint64_t            number, now_ns;
static cl_stream_t         streams[2];
static uint64_t            played[2];
static unsigned            nstreams;


const cl_sender_stats_t *
cl_sender_stats(const cl_sender_t *tx)
{
    (void) tx;

    return &stats;
}


void
cl_sender_plan(cl_sender_t *tx, const wzp_plan_t *plan)
{
    (void) tx;
    (void) plan;
}


void
cl_sender_report(cl_sender_t *tx, const wzp_report_t *rp)
{
    (void) tx;
    told = *rp;
}


void
cl_sender_view(cl_sender_t *tx, uint16_t stream_id, float loss, float burst)
{
    (void) tx;
    (void) stream_id;
    (void) loss;
    (void) burst;
}


size_t
cl_playout_count(const cl_playout_t *po)
{
    (void) po;

    return nstreams;
}


const cl_stream_t *
cl_playout_stream(const cl_playout_t *po, size_t i)
{
    (void) po;

    return &streams[i];
}


double
cl_playout_jitter(const cl_playout_t *po)
{
    (void) po;

    return 0;
}


void
cl_stream_jitter(const cl_stream_t *sm, wzp_jitter_stats_t *st)
{
    memset(st, 0, sizeof(wzp_jitter_stats_t));
    st->played = played[sm - streams];
}


static void
begin(void)
{
    cl_adapt_destroy(aq);
    memset(&op, 0, sizeof(op));
    memset(&stats, 0, sizeof(stats));
    op.profile = WZP_PROFILE_GOOD;
    op.report_quality = CL_TELL_ANY;
    memset(streams, 0, sizeof(streams));
    memset(played, 0, sizeof(played));
    nstreams = 0;
    now_ns = 1000 * WZP_SEC;
    number = 0;
    aq = cl_adapt_create(&op);
    cl_adapt_joined(aq, true, now_ns);
}


static void
turn(void)
{
    bool  changed;

    now_ns += WZP_SEC;
    (void) cl_adapt_turn(aq, NULL, NULL, &qs, now_ns, &changed);
}


/* A second's packets, of which each so many-th is lost (0: none), as is known
 * three packets later. */
static void
talk(unsigned nth)
{
    unsigned  i;

    for (i = 0; i < 50; i++, number++) {
        stats.bytes += 60;

        if (nth == 0 || number % nth != 0) {
            cl_adapt_fate(aq, number, false, now_ns);
        }

        if (nth != 0 && i >= 3 && (number - 3) % nth == 0) {
            cl_adapt_fate(aq, number - 3, true, now_ns);
        }
    }

    turn();
}


static void
test_silence(void)
{
    unsigned           i;
    wzp_plan_t         plan;
    wzp_profile_id_t   profile;

    begin();

    for (i = 0; i < 10; i++) {
        talk(0);
    }

    profile = cl_adapt_state(aq)->profile;
    plan = cl_adapt_state(aq)->plan;

    talk(2);
    ok(cl_adapt_state(aq)->seen.loss > 0.1f, "loss of our own is seen");

    for (i = 0; i < 100; i++) {
        turn();
    }

    ok(cl_adapt_state(aq)->seen.loss == 0, "and forgotten in silence");
    ok(cl_adapt_state(aq)->profile == profile, "it takes no quality");

    talk(0);
    ok(cl_adapt_state(aq)->seen.loss == 0, "nor when we speak again");
    ok(wzp_plan_equal(&cl_adapt_state(aq)->plan, &plan), "as before");

    talk(5);
    ok(cl_adapt_state(aq)->seen.loss > 0.05f, "new loss is news");
}


/* Seconds in which one stream is played, and so many of its frames guessed. */
static void
hear(unsigned n, unsigned i, unsigned guessed)
{
    unsigned      j;
    wzp_packet_t  pk;

    memset(&pk, 0, sizeof(pk));
    pk.stream_id = streams[i].id;
    pk.codec = WZP_CODEC_OPUS24K;

    while (n-- != 0) {

        for (j = 0; j < 50; j++, number++) {
            pk.seq = (uint16_t) number;
            cl_adapt_packet(aq, &pk, now_ns);
        }

        played[i] += 50;
        streams[i].st.concealed_plc += guessed;
        turn();
    }
}


/* An id is another member's now; the account of the old one stays. */
static void
test_passed(void)
{
    begin();
    streams[0].id = 9;
    nstreams = 1;
    hear(10, 0, 10);
    is_u64(told.loss, 51, "a fifth is guessed: told");

    streams[0].retired = true;
    streams[1].id = 9;
    nstreams = 2;
    hear(10, 1, 5);
    is_u64(told.loss, 25, "another stream of this id: what is guessed of it");

    /* The old one had to go, a new one has its place. */

    nstreams = 1;
    memset(&streams[0], 0, sizeof(streams[0]));
    streams[0].id = 9;
    played[0] = 0;
    hear(10, 0, 20);
    is_u64(told.loss, 102, "and of a third one");
}


static void
test_handed_on(void)
{
    float     loss;
    unsigned  i;

    begin();
    streams[0].id = 9;
    nstreams = 1;

    for (i = 0; i < 5; i++) {
        hear(1, 0, 0);
        number += 20;
    }

    loss = wzp_loss_share(&cl_adapt_find(aq, 9)->loss);
    ok(loss > 0.1f, "loss of a stream: %.2f", (double) loss);

    streams[0].retired = true;
    streams[1].id = 9;
    nstreams = 2;
    hear(2, 1, 0);
    ok(wzp_loss_share(&cl_adapt_find(aq, 9)->loss) == 0,
       "is not told to whom its id is given next");
}


int
main(void)
{
    test_silence();
    test_passed();
    test_handed_on();
    cl_adapt_destroy(aq);

    return done_testing();
}
