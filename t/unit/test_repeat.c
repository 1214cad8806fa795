/*
 * What is told seldom: pauses that double, every time counted, a bounded
 * number of keys of which the quietest goes.
 */

#include "wzp/wzp_repeat.h"
#include "tap.h"


static wzp_repeat_t  repeat;


static bool
tell(unsigned n, uint64_t now_s, uint64_t *untold)
{
    uint8_t  key[WZP_REPEAT_KEY];

    memset(key, 0, sizeof(key));
    key[WZP_REPEAT_KEY - 1] = (uint8_t) n;
    *untold = 99;

    return wzp_repeat_tell(&repeat, key, now_s * WZP_SEC, untold);
}


static void
test_pauses(void)
{
    size_t    i, told;
    uint64_t  now, n, untold, counted;

    static const uint64_t  at[] = {
        100, 160, 280, 520, 1000, 1960, 3880, 7480, 11080
    };

    memset(&repeat, 0, sizeof(repeat));
    told = 0;
    counted = 0;

    for (now = 100, n = 0; now <= 11080; now += 4, n++) {
        if (!tell(1, now, &untold)) {
            continue;
        }

        if (told < WZP_ARRAY_LEN(at)) {
            is_u64(now, at[told], "time %zu, at %u s", told,
                   (unsigned) at[told]);
            i = told == 0 ? 0 : (size_t) (at[told] - at[told - 1]) / 4 - 1;
            is_u64(untold, i, "after %zu others", i);
        }

        told++;
        counted += untold + 1;
    }

    is_u64(told, WZP_ARRAY_LEN(at), "and not more often");
    is_u64(counted, n, "every one is counted");

    ok(!tell(1, 11080 + 3599, &untold), "just before it is due");
    ok(tell(1, 11080 + 3599 + 3601, &untold) && untold == 1,
       "after more than an hour it is told");
    ok(tell(1, 11080 + 3599 + 3601 + 60, &untold) && untold == 0,
       "and is new: a minute later again");
}


static void
test_keys(void)
{
    unsigned  i, n;
    uint64_t  untold;

    memset(&repeat, 0, sizeof(repeat));
    n = 0;

    for (i = 0; i < WZP_REPEAT_KEYS; i++) {
        n += tell(i, 100 + i, &untold) && untold == 0;
    }

    is_u64(n, WZP_REPEAT_KEYS, "each is told");
    n = 0;

    for (i = WZP_REPEAT_KEYS; i-- > 0; /* void */) {
        n += tell(i, 100, &untold);
    }

    is_u64(n, 0, "none of them again; nor by a clock that steps back");

    ok(!tell(0, 130, &untold), "one is heard of again");

    for (i = 1; i < WZP_REPEAT_KEYS; i++) {
        n += tell(i, 110 + i / 8, &untold);
    }

    is_u64(n, 0, "and all others before that");
    ok(tell(200, 131, &untold) && untold == 0, "one more");
    ok(!tell(0, 131, &untold), "the youngest is still known");
    ok(tell(1, 131, &untold) && untold == 0, "the oldest has gone");
}


int
main(void)
{
    test_pauses();
    test_keys();

    return done_testing();
}
