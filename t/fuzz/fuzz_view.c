/*
 * What people call themselves and what a terminal sends, on a screen of any
 * size: only what can be printed gets into cells, and nothing beside them.
 *
 * The first bytes are size and switches; then come texts, a 0 between them.
 */

#include <locale.h>
#include <stdio.h>
#include <wchar.h>

#include "fuzz.h"
#include "../../client/view_state.c"
#include "../../client/view_grid.c"
#include "../../client/view_draw.c"
#include "../../client/view_key.c"


#define HEAD    6


static cl_view_state_t  vs;


static void
fill(const uint8_t *p, size_t len)
{
    char               text[CL_VIEW_NAME];
    size_t             n;
    cl_view_person_t  *pe;

    while (len > 0 && vs.n < CL_VIEW_PEOPLE) {
        n = strnlen((const char *) p, len);
        (void) snprintf(text, sizeof(text), "%.*s", (int) n,
                        (const char *) p);

        pe = &vs.people[vs.n++];
        memset(pe, 0, sizeof(cl_view_person_t));
        memcpy(pe->name, text, sizeof(text));
        pe->heard = n % 2;
        pe->talking = n % 3 == 0;
        pe->muted = n % 5 == 0;
        pe->level_db = (float) n - 70;
        pe->volume_db = (float) (n % 90) - 45;
        pe->bars = n % (CL_VIEW_BARS + 1);

        cl_view_log_add(&vs.log, "12:34", text, n % 7 == 0);

        n = WZP_MIN(n + 1, len);
        p += n;
        len -= n;
    }

    vs.total = vs.n;
}


static void
check(const cl_grid_t *gr)
{
    size_t            i, k;
    const cl_cell_t  *ce;

    for (i = 0; i < (size_t) gr->rows * gr->cols; i++) {
        ce = &gr->cells[i];

        fuzz_check(ce->look < CL_LOOK_N);

        if (ce->ch == 0) {
            fuzz_check(i > 0 && wcwidth((wchar_t) ce[-1].ch) == 2);
            continue;
        }

        fuzz_check(gr->utf8 || ce->ch < 0x7f);
        fuzz_check(wcwidth((wchar_t) ce->ch) >= 1);

        for (k = 0; k < CL_CELL_MARKS && ce->marks[k] != 0; k++) {
            fuzz_check(wcwidth((wchar_t) ce->marks[k]) == 0);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
    int        keys[CL_KEYS_MAX];
    cl_grid_t  gr;

    if (len < HEAD) {
        return 0;
    }

    (void) setlocale(LC_CTYPE, "C.UTF-8");

    memset(&vs, 0, sizeof(vs));
    fill(p + HEAD, len - HEAD);

    vs.title = vs.n > 1 ? vs.people[1].name : "";
    vs.relay = vs.n > 2 ? vs.people[2].name : "";
    vs.caller = p[2] & 1 && vs.n > 0 ? vs.people[0].name : NULL;
    vs.help = p[2] & 2;
    vs.phone = p[2] & 4;
    vs.stage = p[3] % 3;
    vs.me.voice = p[4] % (CL_VIEW_WAITS + 1);
    vs.selected = vs.n > 0 ? p[5] % vs.n : 0;

    fuzz_check(cl_keys(keys, p, len) <= CL_KEYS_MAX);

    if (cl_grid_init(&gr, p[0] % 64, p[1], p[2] & 8)) {
        cl_view_draw(&gr, &vs);
        check(&gr);
        cl_grid_done(&gr);
    }

    return 0;
}
