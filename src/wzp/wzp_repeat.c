/*
 * What is said again and again.
 */

#include "wzp/wzp_repeat.h"


/* That of the key; or else one that is not used, or the oldest. */
static wzp_repeat_entry_t *
wzp_repeat_find(wzp_repeat_t *rp, const uint8_t key[WZP_REPEAT_KEY])
{
    size_t               i;
    wzp_repeat_entry_t  *en, *oldest;

    oldest = &rp->entries[0];

    for (i = 0; i < WZP_REPEAT_KEYS; i++) {
        en = &rp->entries[i];

        if (en->pause_ns != 0 && memcmp(en->key, key, WZP_REPEAT_KEY) == 0) {
            return en;
        }

        if (en->seen_ns < oldest->seen_ns) {
            oldest = en;
        }
    }

    memset(oldest, 0, sizeof(wzp_repeat_entry_t));
    memcpy(oldest->key, key, WZP_REPEAT_KEY);

    return oldest;
}


bool
wzp_repeat_tell(wzp_repeat_t *rp, const uint8_t key[WZP_REPEAT_KEY],
    uint64_t now_ns, uint64_t *untold)
{
    wzp_repeat_entry_t  *en;

    en = wzp_repeat_find(rp, key);

    if (now_ns > en->seen_ns && now_ns - en->seen_ns > WZP_REPEAT_LAST_NS) {
        en->pause_ns = 0;
    }

    en->seen_ns = now_ns;

    if (en->pause_ns != 0 && now_ns < en->due_ns) {
        en->untold++;
        return false;
    }

    en->pause_ns = en->pause_ns == 0 ? WZP_REPEAT_FIRST_NS
                   : WZP_MIN(2 * en->pause_ns, WZP_REPEAT_LAST_NS);
    en->due_ns = now_ns + en->pause_ns;

    *untold = en->untold;
    en->untold = 0;

    return true;
}
