/*
 * What a room's packets tell about its streams: loss, holes, jitter, talk,
 * redundancy.  Only headers are looked at, and what our senders put into the
 * padding of Opus; nothing of the sound is kept.  Pure: time is a parameter,
 * in ns since the analysis began.
 *
 *   analyze.c         packets -> accounts
 *   analyze_sum.c     accounts -> numbers and verdicts
 *   analyze_text.c    numbers -> lines and JSON
 *   analyze_html.c    numbers and curves -> a page
 *   analyze_view.c    numbers -> a screen
 *   capture.c         packets <-> a file
 */

#ifndef _ANALYZE_H_INCLUDED_
#define _ANALYZE_H_INCLUDED_


#include <jansson.h>
#include <stdio.h>

#include "client.h"
#include "grade.h"
#include "wzp/wzp_account.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_loss.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_signal.h"


#define CL_TALKERS_MAX      256
#define CL_POINTS_MAX       480         /* of a curve                        */
#define CL_POINT_NS         WZP_SEC     /* apart; twice that when full       */
#define CL_GAP_BINS         15
#define CL_HOLE_BINS        8
#define CL_STALL_MS         200         /* later than the one before         */
#define CL_CUT_MS           100         /* lost in a row                     */
#define CL_JUDGE_PACKETS    50          /* fewer tell nothing                */


/* How things stood at one moment; sums since the beginning. */
typedef struct {
    uint64_t  bytes;
    uint64_t  expected;
    uint64_t  missing;
    float     jitter_ms;                /* highest since the point before    */
} cl_point_t;


/* One stream. */
typedef struct {
    uint16_t       id;                  /* 0: guessed by numbers             */
    bool           retired;             /* the id is somebody else's now     */
    char           fp[WZP_FP_TEXT_LEN + 1];
    char           alias[WZP_ALIAS_MAX + 1];

    uint64_t       first_ns;
    uint64_t       last_ns;
    uint64_t       bytes;               /* whole packets                     */
    uint64_t       codec[WZP_CODEC_N];  /* packets, by codec                 */
    uint64_t       repair;
    uint64_t       copies;              /* earlier frames in later packets   */
    uint64_t       views;
    wzp_account_t  acc;
    wzp_loss_t     loss;                /* of late                           */

    uint64_t       judged;              /* numbers below: came or lost       */
    uint64_t       hole;                /* lost just before that             */
    uint64_t       holes[CL_HOLE_BINS];
    uint64_t       gone;                /* numbers in them                   */
    uint64_t       longest;             /* hole                              */
    uint64_t       healed;              /* lost, but a copy came             */
    uint64_t       cuts;                /* holes of CL_CUT_MS                */
    uint8_t        copied[32];          /* of the numbers not judged         */

    bool           timed;               /* the next four are known           */
    uint16_t       seq;                 /* of the last one with a time       */
    uint32_t       timestamp;
    uint64_t       time_ns;
    wzp_codec_t    time_codec;
    unsigned       unit;                /* of a timestamp: 1 or 48 per ms    */
    double         jitter_ms;           /* RFC 3550, 6.4.1                   */
    double         jitter_max_ms;
    double         jitter_sum_ms;
    uint64_t       njitter;
    float          peak_ms;             /* since the last point              */
    uint64_t       stalls;
    uint64_t       skips;               /* timestamps leap: silence          */
    uint64_t       skipped_ms;
    uint64_t       odd;                 /*   or stand still, or go back      */

    uint64_t       gaps[CL_GAP_BINS];   /* between arrivals                  */

    uint64_t       spurts;
    uint64_t       spurt_ns;            /* when this one began; 0: silence   */
    uint64_t       voice_ns;            /* the last packet with a voice      */
    uint64_t       talk_ns;             /* spurts before this one            */
    uint64_t       talk_max_ns;

    uint64_t       reports;             /* QualityReport trailers            */
    wzp_report_t   report;              /* newest                            */
    uint64_t       report_loss;         /* sum                               */
    wzp_report_t   report_max;

    uint64_t       rate_bytes;          /* at the last look                  */
    double         kbps;                /* of late                           */

    cl_point_t     points[CL_POINTS_MAX];
} cl_talker_t;


typedef struct {
    uint64_t      now_ns;
    uint64_t      packets;
    uint64_t      bytes;
    uint64_t      malformed;            /* counted by whoever parses         */
    uint64_t      untracked;            /* of streams that are too many      */
    uint64_t      rate_ns;              /* next look at the rates            */
    uint64_t      step_ns;              /* between points                    */
    size_t        npoints;
    cl_talker_t  *talkers[CL_TALKERS_MAX];
    size_t        n;
} cl_analyze_t;


void cl_analyze_init(cl_analyze_t *an);
void cl_analyze_done(cl_analyze_t *an);

/* One packet; len: of the whole of it.  Times never go back. */
void cl_analyze_put(cl_analyze_t *an, const wzp_packet_t *pk, size_t len,
    uint64_t at_ns);

/* Time goes on. */
void cl_analyze_turn(cl_analyze_t *an, uint64_t at_ns);

/* Whose stream this is.  If it was somebody else's until now, a new account
 * begins with the next packet. */
void cl_analyze_name(cl_analyze_t *an, uint16_t id, const char *fp,
    const char *alias);

/* No more packets will come. */
void cl_analyze_finish(cl_analyze_t *an, uint64_t at_ns);


/* ---- analyze_sum.c ---- */

#define CL_TALKER_NAME  (WZP_ALIAS_MAX + 1)
#define CL_WHY_MAX      64

typedef struct {
    uint64_t    packets;
    uint64_t    expected;
    uint64_t    missing;
    uint64_t    healed;
    double      seconds;                /* from the first packet to the last */
    double      kbps;
    double      loss_pct;
    double      left_pct;               /* and no copy came                  */
    double      burst;                  /* mean length of a hole             */
    double      jitter_ms;              /* mean                              */
    double      talk_s;
    double      talk_max_s;
    double      cuts;                   /* stalls and long holes, a minute   */
    bool        judged;                 /* there was enough of it            */
    cl_grade_t  grade;
    char        why[CL_TALKER_NAME + CL_WHY_MAX];
} cl_sum_t;

void cl_talker_sum(const cl_talker_t *tk, cl_sum_t *su);

/* All of them; the grade is the worst one's.  judged: one of them is. */
void cl_analyze_sum(const cl_analyze_t *an, cl_sum_t *su);

/* "EXCELLENT", ..., or "-" when there was too little. */
const char *cl_sum_verdict(const cl_sum_t *su);

/* What to call a stream: alias, else fingerprint, else its id. */
void cl_talker_name(const cl_talker_t *tk, char name[CL_TALKER_NAME]);

/* The codec of most packets. */
const char *cl_talker_codec(const cl_talker_t *tk);

/* "20-40 ms", "3", "over 20": of a bin. */
void cl_gap_label(size_t bin, char text[24]);
void cl_hole_label(size_t bin, char text[24]);


/* ---- analyze_text.c ---- */

/* The table: a heading, and what stands behind id and name. */
#define CL_ROW_MAX      96
#define CL_ROW_NAME     14              /* columns of the name               */
extern const char  cl_talker_head[];
void cl_talker_row(const cl_talker_t *tk, char row[CL_ROW_MAX]);

/* Say the table; say everything. */
void cl_analyze_say_table(const cl_analyze_t *an);
void cl_analyze_say(const cl_analyze_t *an);

/* An array of streams; everything.  NULL: no memory. */
json_t *cl_analyze_streams(const cl_analyze_t *an);
json_t *cl_analyze_json(const cl_analyze_t *an);


/* ---- analyze_html.c ---- */

/* Of a recording, or of what is going on.  All text may be anything. */
typedef struct {
    const char  *relay;
    const char  *room;
    const char  *start;                 /* RFC 3339                          */
} cl_scene_t;

/* A page that needs nothing else.  False: it could not be written. */
bool cl_analyze_html(const cl_analyze_t *an, const cl_scene_t *sc, FILE *out);


#endif /* _ANALYZE_H_INCLUDED_ */
