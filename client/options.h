/*
 * The command line: one table of options, --help made from it.
 */

#ifndef _OPTIONS_H_INCLUDED_
#define _OPTIONS_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_plan.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_sni.h"


#define CL_HOST_MAX         256
#define CL_FOREVER          -1.0        /* seconds */
#define CL_LIST_MAX         32
#define CL_WORDS_MAX        8
#define CL_OPTIONS_MAX      128         /* rows of the table                 */
#define CL_TEST_MAX_S       3600


typedef enum {
    CL_MODE_CALL = 0,
    CL_MODE_PING,
    CL_MODE_VERSION,
    CL_MODE_WHOAMI,
    CL_MODE_REGISTER,
    CL_MODE_DIAL,                       /* --call                            */
    CL_MODE_ROUTE,
    CL_MODE_CONTACTS,
    CL_MODE_ADD,
    CL_MODE_REMOVE,
    CL_MODE_CONFIG,                     /* the word "config"                 */
    CL_MODE_ECHO,
    CL_MODE_DRIFT,
    CL_MODE_SWEEP,
    CL_MODE_FEATHER,                    /* the word "feather"                */
    CL_MODE_BENCH,
    CL_MODE_DEVICES,                    /* --list-devices                    */
    CL_MODE_ANALYZE,
    CL_MODE_REPLAY,
    CL_MODE_DONE                        /* --help, --version: printed        */
} cl_mode_t;


/* Strings point into argv, or into what the settings were read into. */
/* Whom we tell what is lost here. */
typedef enum {
    CL_TELL_OURS = 0,                   /* relays that know our extensions   */
    CL_TELL_ANY,
    CL_TELL_NONE
} cl_tell_t;


typedef struct {
    cl_mode_t         mode;
    const char       *mode_name;                /* the option; NULL: none    */

    const char       *target;                   /* the relay, as given       */
    const char       *server;                   /* its name in the settings  */
    char              host[CL_HOST_MAX];        /* no brackets               */
    char              port[6];
    int               family;                   /* AF_UNSPEC, _INET, _INET6  */

    const char       *room;                     /* as given                  */
    char              sni[WZP_SNI_MAX + 1];
    bool              hash_room;

    const char       *alias;
    const char       *seed;
    char              mnemonic[2 * WZP_MNEMONIC_MAX];
    const char       *identity;

    const char       *profile_name;             /* NULL: as the relay says   */
    wzp_profile_id_t  profile;                  /* the best we will send     */

    const char       *budget_text;              /* --budget                  */
    uint32_t          budget_bps;               /* 0: twice the profile's    */
    const char       *redundancy_text;
    wzp_plan_mode_t   redundancy;
    bool              no_adapt;

    bool              tone;
    double            tone_s;
    bool              tone_marks;               /* see source.h              */
    const char       *send_file;
    const char       *record;

    bool              live;                     /* microphone, loudspeaker   */
    const char       *capture;
    const char       *playback;
    bool              ptt;
    bool              process;                  /* what is no microphone     */
    bool              no_aec;
    bool              no_agc;
    bool              no_ns;

    double            duration_s;
    const char       *delay_text;               /* --playout-delay           */
    bool              has_delay;
    uint16_t          delay_min_ms;
    uint16_t          delay_max_ms;
    const char       *volume[CL_LIST_MAX];      /* --volume NAME=dB          */
    size_t            nvolume;
    bool              no_dtx;

    const char       *who;                      /* --call, --analyze, ...    */
    bool              has_accept;
    wzp_accept_t      accept;
    bool              reject;
    const char       *from[CL_LIST_MAX];        /* --accept-from             */
    size_t            nfrom;
    bool              once;
    double            ring_s;

    double            test_s;                   /* --echo-test, ...          */
    const char       *bench;                    /* what; "all"               */
    double            loss_pct;                 /* of --bench                */
    const char       *dump;                     /* --analyze                 */
    const char       *html;
    unsigned          ping_count;
    const char       *fingerprint_text;
    bool              pinned;                   /* that is the server's      */
    bool              has_fingerprint;
    uint8_t           fingerprint[WZP_CERT_FP_SIZE];

    double            reconnect_s;
    cl_tell_t         report_quality;
    const char       *metrics_file;
    const char       *event_log;
    bool              json;
    bool              verbose;
    bool              plain;
    bool              four;
    bool              six;
    const char       *keylog;
    const char       *report;                   /* debrief.h                 */

    const char       *words[CL_WORDS_MAX];      /* behind "config"           */
    size_t            nwords;
    bool              as_words;                 /* config key backup         */
    bool              as_hex;
    bool              force;                    /* config key restore        */

    /* What was said on the command line for each row of the table: its value,
     * "on" for flags, "" for secrets; NULL: nothing. */
    const char       *given[CL_OPTIONS_MAX];
} cl_options_t;


/* What is so unless somebody says otherwise. */
void cl_options_init(cl_options_t *op);

/*
 * Read the command line.  CL_OK, with mode CL_MODE_DONE when --help or
 * --version printed what was wanted; else CL_USAGE and the reason was said.
 * What it leaves open comes from the settings; then cl_options_check().
 */
cl_exit_t cl_options_parse(cl_options_t *op, int argc, char **argv);

/* As if --NAME=VALUE had been given, but not counted as given.  CL_USAGE,
 * said. */
cl_exit_t cl_options_apply(cl_options_t *op, const char *name,
    const char *value);

/* Read a --volume; false: it is none.  size: of who. */
bool cl_options_volume(const char *text, char *who, size_t size, float *db);

/* What the command line says about an option; NULL: nothing. */
const char *cl_options_given(const cl_options_t *op, const char *name);


#endif /* _OPTIONS_H_INCLUDED_ */
