/*
 * Sequences of operations on a jitter buffer and on an account: any packets and
 * copies in any order at any time, played by a clock, stretched at will.
 */

#include "fuzz.h"
#include "wzp/wzp_account.h"
#include "wzp/wzp_jitter.h"
#include "wzp/wzp_seq.h"


typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
} input_t;


static wzp_jitter_t   jb;
static wzp_account_t  ac;


static unsigned
byte(input_t *in)
{
    return in->p < in->end ? *in->p++ : 0;
}


static unsigned
word(input_t *in)
{
    unsigned  hi;

    hi = byte(in);

    return hi << 8 | byte(in);
}


static void
check_buffer(void)
{
    unsigned  i, n, ms;

    n = 0;
    ms = 0;

    for (i = 0; i < WZP_JITTER_SLOTS; i++) {
        if (jb.slots[i].used) {
            n++;
            ms += jb.slots[i].dur_ms;
            fuzz_check((jb.slots[i].seq & (WZP_JITTER_SLOTS - 1)) == i);
            fuzz_check((uint16_t) (jb.top_seq - jb.slots[i].seq)
                       < WZP_JITTER_SLOTS);
        }
    }

    fuzz_check(n == jb.count);
    fuzz_check(n == 0
               || (jb.slots[jb.top_seq & (WZP_JITTER_SLOTS - 1)].used
                   && jb.slots[jb.top_seq & (WZP_JITTER_SLOTS - 1)].seq
                      == jb.top_seq));
    fuzz_check(ms == jb.held_ms && ms == wzp_jitter_level(&jb));
    fuzz_check(jb.unit == 1 || jb.unit == 48);
    fuzz_check(jb.state != WZP_JITTER_FILL || n > 0);

    fuzz_check(wzp_jitter_target(&jb) >= WZP_JITTER_MIN_MS
               && wzp_jitter_target(&jb) <= WZP_JITTER_MAX_MS);
    fuzz_check(jb.delay.n <= WZP_DELAY_WINDOW
               && jb.delay.at < WZP_DELAY_WINDOW);
}


/* The payload names the packet. */

static void
op_put(input_t *in, unsigned seq, bool copy, uint64_t now_ns)
{
    uint8_t             data[WZP_JITTER_PAYLOAD];
    wzp_rc_t            rc;
    wzp_frame_t         fr;
    wzp_account_kind_t  kind;

    static const uint16_t  durs[8] = { 20, 20, 20, 40, 0, 10, 60, 120 };

    fr.seq = (uint16_t) seq;
    fr.copy = copy;
    fr.reach_ms = (uint16_t) (byte(in) * 4);
    fr.dur_ms = durs[byte(in) & 7];
    fr.codec = (wzp_codec_t) (byte(in) % WZP_CODEC_N);
    fr.timestamp = byte(in) < 200 ? seq * 20u
                                  : (uint32_t) word(in) << 16 | word(in);
    fr.len = byte(in) < 250 ? byte(in) & 63 : WZP_JITTER_PAYLOAD + (seq & 1);
    fr.data = data;

    memset(data, (int) (seq & 0xff), WZP_MIN(fr.len, sizeof(data)));

    rc = wzp_jitter_put(&jb, &fr, now_ns);
    fuzz_check(rc == WZP_OK || rc == WZP_EDUP || rc == WZP_ELATE
               || rc == WZP_ETOOBIG);

    if (copy) {
        return;
    }

    kind = wzp_account_put(&ac, (uint16_t) seq);
    fuzz_check(kind <= WZP_ACCOUNT_RESTART);
}


static void
op_get(input_t *in, uint64_t *now_ns)
{
    bool               has_next;
    size_t             i;
    uint16_t           next;
    wzp_jitter_out_t   out;

    has_next = jb.has_next;
    next = jb.next_seq;

    wzp_jitter_get(&jb, &out, *now_ns);

    fuzz_check(out.dur_ms > 0 && out.dur_ms <= 120);
    fuzz_check(jb.held_ms <= WZP_JITTER_MAX_MS + 160 || jb.state != WZP_JITTER_PLAY);
    fuzz_check(out.excess_us == 0 || out.what == WZP_JITTER_FRAME);
    fuzz_check(out.excess_us >= -1000000 && out.excess_us <= 1000000);

    *now_ns += out.dur_ms * WZP_MS;

    if (out.excess_us != 0 && byte(in) < 128) {
        wzp_jitter_stretched(&jb, out.excess_us < 0 ? 8000 : -8000, *now_ns);
    }

    /* In order, and none twice. */

    if (out.what == WZP_JITTER_FRAME) {
        fuzz_check(!has_next || wzp_seq_diff(out.frame.seq, next) >= 0);
        fuzz_check(wzp_seq_diff(jb.next_seq, out.frame.seq) == 1);
    }

    if (out.what == WZP_JITTER_FRAME || out.what == WZP_JITTER_LOST) {
        fuzz_check(out.frame.len <= WZP_JITTER_PAYLOAD);

        for (i = 0; i < out.frame.len; i++) {
            fuzz_check(out.frame.data[i] == (uint8_t) out.frame.seq);
        }
    }

    if (out.what == WZP_JITTER_LOST) {
        fuzz_check(out.gap_ms >= out.dur_ms && out.gap_ms <= 1000);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t    in;
    unsigned   seq;
    uint64_t   now_ns;

    in.p = data;
    in.end = data + size;
    seq = word(&in);
    now_ns = 0;

    wzp_jitter_init(&jb, NULL);
    wzp_account_init(&ac);

    while (in.p < in.end) {

        switch (byte(&in) % 8) {

        case 0:
        case 1:
            op_put(&in, seq++, false, now_ns);
            break;

        case 2:
            op_put(&in, seq + byte(&in) - 128, byte(&in) & 1, now_ns);
            break;

        case 3:
            seq = word(&in);
            op_put(&in, seq, false, now_ns);
            break;

        case 4:
        case 5:
            op_get(&in, &now_ns);
            break;

        case 6:
            now_ns += byte(&in) * 10 * WZP_MS;
            break;

        case 7:
            if (byte(&in) < 8) {
                wzp_jitter_reset(&jb);
            }

            break;
        }

        check_buffer();
    }

    wzp_account_settle(&ac);
    fuzz_check(ac.received == ac.unique + ac.dup + ac.strays);
    fuzz_check(wzp_account_expected(&ac) >= ac.unique);

    return 0;
}
