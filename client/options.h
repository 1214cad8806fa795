/*
 * The command line: one table of options, --help made from it.
 */

#ifndef _OPTIONS_H_INCLUDED_
#define _OPTIONS_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_sni.h"


#define CL_HOST_MAX         256
#define CL_FOREVER          -1.0        /* seconds */
#define CL_FROM_MAX         32


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
    CL_MODE_DONE                        /* --help, --version: printed        */
} cl_mode_t;


/* Strings point into argv. */
typedef struct {
    cl_mode_t         mode;
    const char       *mode_name;                /* the option; NULL: none    */

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

    bool              tone;
    double            tone_s;
    bool              tone_marks;               /* see source.h              */
    const char       *send_file;
    const char       *record;
    double            duration_s;

    const char       *who;                      /* --call, --route, ...      */
    bool              has_accept;
    wzp_accept_t      accept;
    bool              reject;
    const char       *from[CL_FROM_MAX];        /* --accept-from             */
    size_t            nfrom;
    bool              once;
    double            ring_s;

    unsigned          ping_count;
    const char       *fingerprint_text;
    bool              has_fingerprint;
    uint8_t           fingerprint[WZP_CERT_FP_SIZE];

    double            reconnect_s;
    bool              report_quality;
    const char       *metrics_file;
    const char       *event_log;
    bool              json;
    bool              verbose;
    bool              four;
    bool              six;
    const char       *keylog;
} cl_options_t;


/*
 * Read the command line.  CL_OK, with mode CL_MODE_DONE when --help or
 * --version printed what was wanted; else CL_USAGE and the reason was said.
 */
cl_exit_t cl_options_parse(cl_options_t *op, int argc, char **argv);


#endif /* _OPTIONS_H_INCLUDED_ */
