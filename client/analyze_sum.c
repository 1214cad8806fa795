/*
 * From accounts to numbers, and what is to be thought of them.  See analyze.h.
 */

#include "analyze.h"


/* How many times a minute speech may break off, and the like. */
static const struct {
    const char  *what;
    double       limits[3];
}  cl_sum_rules[] = {
    { "% of the packets are lost", { 0.5, 2, 8 } },
    { "ms of jitter", { 10, 25, 60 } },
    { "times a minute it breaks off", { 0.5, 2, 6 } },
};


static void
cl_sum_judge(cl_sum_t *su)
{
    size_t      i;
    double      bad[WZP_ARRAY_LEN(cl_sum_rules)];
    cl_grade_t  grade;

    bad[0] = su->left_pct;
    bad[1] = su->jitter_ms;
    bad[2] = su->cuts;

    su->judged = su->packets >= CL_JUDGE_PACKETS;

    if (!su->judged) {
        (void) snprintf(su->why, sizeof(su->why), "too little to judge");
        return;
    }

    (void) snprintf(su->why, sizeof(su->why), "nothing to complain about");

    for (i = 0; i < WZP_ARRAY_LEN(cl_sum_rules); i++) {
        grade = cl_grade(bad[i], cl_sum_rules[i].limits);

        if (grade > su->grade) {
            su->grade = grade;
            (void) snprintf(su->why, sizeof(su->why), "%.1f %s", bad[i],
                            cl_sum_rules[i].what);
        }
    }
}


static double
cl_sum_share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double) part * 100 / (double) whole : 0;
}


static void
cl_sum_losses(cl_sum_t *su)
{
    su->healed = WZP_MIN(su->healed, su->missing);
    su->loss_pct = cl_sum_share(su->missing, su->expected);
    su->left_pct = cl_sum_share(su->missing - su->healed, su->expected);
}


void
cl_talker_sum(const cl_talker_t *tk, cl_sum_t *su)
{
    size_t    i;
    double    minutes;
    uint64_t  holes, talk;

    memset(su, 0, sizeof(cl_sum_t));

    su->packets = tk->acc.unique;
    su->expected = wzp_account_expected(&tk->acc);
    su->missing = wzp_account_missing(&tk->acc);
    su->healed = tk->healed;
    cl_sum_losses(su);

    su->seconds = (double) (tk->last_ns - tk->first_ns) / 1e9;

    /* The last packet has its time as well. */

    su->kbps = su->packets > 1 && su->seconds > 0
               ? (double) tk->bytes * 8 / 1000 / su->seconds
                 * (double) (su->packets - 1) / (double) su->packets
               : 0;

    holes = 0;

    for (i = 0; i < CL_HOLE_BINS; i++) {
        holes += tk->holes[i];
    }

    su->burst = holes > 0 ? (double) tk->gone / (double) holes : 0;
    su->jitter_ms = tk->njitter > 0
                    ? tk->jitter_sum_ms / (double) tk->njitter : 0;

    talk = tk->spurt_ns != 0 ? tk->voice_ns - tk->spurt_ns : 0;
    su->talk_s = (double) (tk->talk_ns + talk) / 1e9;
    su->talk_max_s = (double) WZP_MAX(tk->talk_max_ns, talk) / 1e9;

    /* Twice in the first ten seconds is not twelve times a minute. */

    minutes = WZP_MAX(su->seconds / 60, 1);
    su->cuts = (double) (tk->stalls + tk->cuts) / minutes;

    cl_sum_judge(su);
}


void
cl_analyze_sum(const cl_analyze_t *an, cl_sum_t *su)
{
    char      name[CL_TALKER_NAME];
    size_t    i;
    cl_sum_t  one;

    memset(su, 0, sizeof(cl_sum_t));
    (void) snprintf(su->why, sizeof(su->why), "too little to judge");

    for (i = 0; i < an->n; i++) {
        cl_talker_sum(an->talkers[i], &one);

        su->packets += one.packets;
        su->expected += one.expected;
        su->missing += one.missing;
        su->healed += one.healed;
        su->talk_s += one.talk_s;

        if (one.judged && (!su->judged || one.grade > su->grade)) {
            su->judged = true;
            su->grade = one.grade;
            cl_talker_name(an->talkers[i], name);
            (void) snprintf(su->why, sizeof(su->why), "%s%s%.60s",
                            one.grade > CL_EXCELLENT ? name : "",
                            one.grade > CL_EXCELLENT ? ": " : "", one.why);
        }
    }

    su->seconds = (double) an->now_ns / 1e9;
    su->kbps = su->seconds > 0
               ? (double) an->bytes * 8 / 1000 / su->seconds : 0;
    cl_sum_losses(su);
}


const char *
cl_sum_verdict(const cl_sum_t *su)
{
    return su->judged ? cl_grade_name(su->grade) : "-";
}


void
cl_talker_name(const cl_talker_t *tk, char name[CL_TALKER_NAME])
{
    if (tk->alias[0] != '\0') {
        (void) snprintf(name, CL_TALKER_NAME, "%s", tk->alias);

    } else if (tk->fp[0] != '\0') {
        (void) snprintf(name, CL_TALKER_NAME, "%.9s...", tk->fp);

    } else if (tk->id != 0) {
        (void) snprintf(name, CL_TALKER_NAME, "stream %u", tk->id);

    } else {
        (void) snprintf(name, CL_TALKER_NAME, "somebody");
    }
}


const char *
cl_talker_codec(const cl_talker_t *tk)
{
    unsigned  i, most;

    most = 0;

    for (i = 1; i < WZP_CODEC_N; i++) {
        if (tk->codec[i] > tk->codec[most]) {
            most = i;
        }
    }

    return wzp_codec_info(most)->name;
}
