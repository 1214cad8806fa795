/*
 * Clock drift.  See drift.h.
 */

#include <stdlib.h>

#include "drift.h"


#define CL_DRIFT_LEAST      5           /* spans for an answer               */
#define CL_DRIFT_SLOPES     (CL_DRIFT_SPANS * (CL_DRIFT_SPANS - 1) / 2)


void
cl_drift_init(cl_drift_t *dr)
{
    memset(dr, 0, sizeof(cl_drift_t));
    dr->span_ns = CL_DRIFT_SPAN_NS;
}


/* Twice as long ones. */

static void
cl_drift_merge(cl_drift_t *dr)
{
    size_t            i;
    cl_drift_span_t  *a, *b;

    for (i = 0; i < CL_DRIFT_SPANS / 2; i++) {
        a = &dr->spans[2 * i];
        b = &dr->spans[2 * i + 1];

        dr->spans[i] = a->used && (!b->used || a->delay <= b->delay) ? *a : *b;
    }

    memset(dr->spans + i, 0, i * sizeof(cl_drift_span_t));
    dr->span_ns *= 2;
}


void
cl_drift_put(cl_drift_t *dr, uint64_t sent_ns, uint64_t arrived_ns)
{
    double            sent, delay;
    cl_drift_span_t  *sp;

    if (!dr->started) {
        dr->started = true;
        dr->first_ns = sent_ns;
        dr->zero_ns = arrived_ns;
    }

    if (sent_ns < dr->first_ns) {
        return;
    }

    sent = (double) (sent_ns - dr->first_ns) / 1e9;
    delay = (double) (int64_t) (arrived_ns - dr->zero_ns) / 1e9 - sent;

    while ((sent_ns - dr->first_ns) / dr->span_ns >= CL_DRIFT_SPANS) {
        cl_drift_merge(dr);
    }

    dr->packets++;
    dr->last = WZP_MAX(dr->last, sent);

    sp = &dr->spans[(sent_ns - dr->first_ns) / dr->span_ns];

    if (!sp->used || delay < sp->delay) {
        sp->used = true;
        sp->sent = sent;
        sp->delay = delay;
    }
}


static int
cl_drift_order(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


void
cl_drift_result(const cl_drift_t *dr, cl_drift_result_t *rs)
{
    size_t                  i, k, n, nslopes;
    double                 *slopes;
    const cl_drift_span_t  *sp[CL_DRIFT_SPANS];

    memset(rs, 0, sizeof(cl_drift_result_t));
    rs->seconds = dr->last;

    n = 0;

    for (i = 0; i < CL_DRIFT_SPANS; i++) {
        if (dr->spans[i].used) {
            sp[n++] = &dr->spans[i];
        }
    }

    slopes = n >= CL_DRIFT_LEAST ? malloc(CL_DRIFT_SLOPES * sizeof(double))
                                 : NULL;
    if (slopes == NULL) {
        return;
    }

    /* Between neighbours there is nothing but jitter: at least a quarter of
     * the whole lies between two. */

    nslopes = 0;

    for (i = 0; i < n; i++) {
        for (k = i + 1 + n / 4; k < n; k++) {
            slopes[nslopes++] = (sp[k]->delay - sp[i]->delay) * 1e6
                                / (sp[k]->sent - sp[i]->sent);
        }
    }

    qsort(slopes, nslopes, sizeof(double), cl_drift_order);

    rs->known = true;
    rs->ppm = slopes[nslopes / 2];
    rs->low_ppm = slopes[nslopes / 20];
    rs->high_ppm = slopes[nslopes - 1 - nslopes / 20];

    free(slopes);
}
