/*
 * Lines that were said, and how well somebody is heard.  See view_state.h.
 */

#include <stdio.h>

#include "view_state.h"


static void
cl_view_log_line(cl_view_log_t *lg, const char *when, const char *text,
    size_t len, bool warning)
{
    unsigned  i;

    i = (lg->first + lg->n) % CL_VIEW_LINES;

    if (lg->n == CL_VIEW_LINES) {
        lg->first = (lg->first + 1) % CL_VIEW_LINES;

    } else {
        lg->n++;
    }

    (void) snprintf(lg->lines[i].when, sizeof(lg->lines[i].when), "%s", when);
    (void) snprintf(lg->lines[i].text, sizeof(lg->lines[i].text), "%.*s",
                    (int) len, text);
    lg->lines[i].warning = warning;
}


void
cl_view_log_add(cl_view_log_t *lg, const char *when, const char *text,
    bool warning)
{
    size_t  len;

    for ( ;; ) {
        len = strcspn(text, "\n");
        len = WZP_MIN(len, CL_VIEW_LINE);

        cl_view_log_line(lg, when, text, len, warning);
        text += len;

        text += *text == '\n';

        if (*text == '\0') {
            return;
        }
    }
}


unsigned
cl_view_bars(double loss_pct, double jitter_ms, double guessed_pct)
{
    unsigned  i;

    static const struct {
        double  loss;
        double  jitter;
        double  guessed;
    } worst[CL_VIEW_BARS] = {
        { 2, 20, 0.5 },
        { 5, 40, 2 },
        { 15, 80, 5 },
        { 30, 200, 15 }
    };

    for (i = 0; i < CL_VIEW_BARS; i++) {
        if (loss_pct <= worst[i].loss && jitter_ms <= worst[i].jitter
            && guessed_pct <= worst[i].guessed)
        {
            break;
        }
    }

    return CL_VIEW_BARS - i;
}
