/*
 * Keys.  See view_key.h.
 */

#include "view_key.h"


#define CL_KEY_ESC      27


/* ECMA-48: ESC [ parameters final, and ESC O final for the arrows in the mode
 * of applications.  Returns the bytes behind ESC that belong to it. */

static size_t
cl_keys_sequence(int *key, const uint8_t *p, size_t len)
{
    size_t  i;

    *key = 0;

    if (len == 0 || (p[0] != '[' && p[0] != 'O')) {
        return len > 0;                         /* Alt and a letter */
    }

    for (i = 1; i < len && p[i] >= 0x20 && p[i] < 0x40; i++) { /* void */ }

    if (i == len) {
        return len;
    }

    if (i == 1 && p[i] == 'A') {
        *key = CL_KEY_UP;

    } else if (i == 1 && p[i] == 'B') {
        *key = CL_KEY_DOWN;
    }

    return i + 1;
}


size_t
cl_keys(int keys[CL_KEYS_MAX], const uint8_t *p, size_t len)
{
    int     key;
    size_t  i, n;

    n = 0;

    for (i = 0; i < len && n < CL_KEYS_MAX; i++) {

        if (p[i] == CL_KEY_ESC) {
            i += cl_keys_sequence(&key, p + i + 1, len - i - 1);

        } else if (p[i] >= 'A' && p[i] <= 'Z') {
            key = p[i] - 'A' + 'a';

        } else {
            key = p[i] < 0x7f ? p[i] : 0;
        }

        if (key != 0) {
            keys[n++] = key;
        }
    }

    return n;
}
