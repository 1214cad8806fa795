/*
 * Inside of the signals: one table of fields per variant.  Who reads, who
 * writes and who frees a signal walk the same table.
 */

#ifndef _WZP_SIGNAL_INT_H_INCLUDED_
#define _WZP_SIGNAL_INT_H_INCLUDED_


#include <jansson.h>

#include "wzp/wzp_signal.h"


#define WZP_INT_MAX         9007199254740991ULL     /* 2^53 - 1              */
#define WZP_FPS_MAX         25000       /* of one PresenceUpdate             */
#define WZP_PEOPLE_MAX      1000        /* of one GlobalRoomActive           */


/* How a member is written in JSON, and what it is in C. */
typedef enum {
    WZP_KIND_TEXT = 0,      /* char[size]: cleaned, cut                      */
    WZP_KIND_ID,            /* char[size]: whole, ASCII without blanks       */
    WZP_KIND_ROOM,          /* char[size]: whole, nothing to clean           */
    WZP_KIND_FP_TEXT,       /* char[size]: a fingerprint, made canonical     */
    WZP_KIND_FP,            /* uint8_t[size]: its text                       */
    WZP_KIND_BYTES,         /* uint8_t[size]: array of as many integers      */
    WZP_KIND_HEX,           /* uint8_t[size]: hex digits                     */
    WZP_KIND_HEX64,         /* uint64_t: 16 hex digits                       */
    WZP_KIND_UINT,          /* unsigned of size bytes, under 2^53            */
    WZP_KIND_STAMP,         /* uint64_t, all of it                           */
    WZP_KIND_BOOL,
    WZP_KIND_HANGUP,        /* an enum by its names                          */
    WZP_KIND_ACCEPT,
    WZP_KIND_EXTENSIONS,    /* unsigned: names of bits                       */
    WZP_KIND_PROFILE,

    /* aux is a size_t: how many; size is how many fit */
    WZP_KIND_SIG,           /* uint8_t[]: what does not fit is counted only  */
    WZP_KIND_PROFILES,      /* wzp_profile_t[]: the rest is skipped          */
    WZP_KIND_HOSTS,         /* char[][WZP_HOST_MAX + 1]: no more             */
    WZP_KIND_CANDIDATES,    /* the same: the rest is skipped                 */
    WZP_KIND_PATH,          /* uint64_t[]: no more                           */

    /* owned memory */
    WZP_KIND_TOKEN,         /* char *, wiped                                 */
    WZP_KIND_JSON,          /* uint8_t *, aux its length                     */
    WZP_KIND_FPS,           /* (*)[WZP_FP_SIZE], aux how many                */
    WZP_KIND_PEOPLE,        /* wzp_participant_t *, aux how many             */
    WZP_KIND_N
} wzp_kind_t;


/* When it is there.  Null is the same as missing.  "Empty" is a text or list
 * without anything in it, zero, false. */
typedef enum {
    WZP_RULE_MUST = 0,
    WZP_RULE_MAY,           /* read: missing is empty; written always        */
    WZP_RULE_NULL,          /* missing is empty; written as null             */
    WZP_RULE_OMIT,          /* missing is empty, and the other way round     */
    WZP_RULE_HAS,           /* the bool at aux tells                         */
    WZP_RULE_WITH           /* must be there if the bool at aux is set       */
} wzp_rule_t;


/* at and aux are offsets in the struct that the table is about. */
typedef struct {
    const char         *name;
    wzp_kind_t          kind;
    wzp_rule_t          rule;
    size_t              size;
    size_t              at;
    size_t              aux;
} wzp_field_t;


typedef struct {
    const wzp_field_t  *fields;         /* in the order of writing           */
    size_t              n;
    bool                unit;           /* a bare name, no members           */
} wzp_fields_t;


/* Of a variant (offsets in wzp_signal_t), NULL if its body is not ours yet;
 * of one participant. */
const wzp_fields_t *wzp_signal_fields(wzp_signal_type_t type);
extern const wzp_fields_t  wzp_participant_fields;

/* As wzp_signal_parse: bounds first, then jansson. */
wzp_rc_t wzp_json_load(json_t **root, const uint8_t *json, size_t len)
    WZP_MUST_CHECK;

/*
 * Values of one shape, WZP_EBAD for all others (v may be NULL).  bytes counts
 * all, stores max; id is printable ASCII without blanks, not empty; profile and
 * name give WZP_EUNKNOWN for what is well formed and not known.
 */
wzp_rc_t wzp_json_uint(uint64_t *n, const json_t *v, uint64_t max)
    WZP_MUST_CHECK;
wzp_rc_t wzp_json_bytes(uint8_t *data, size_t max, size_t *len,
    const json_t *v) WZP_MUST_CHECK;
wzp_rc_t wzp_json_profile(wzp_profile_t *pr, const json_t *v) WZP_MUST_CHECK;
wzp_rc_t wzp_json_id(char *dst, size_t max, const json_t *v) WZP_MUST_CHECK;
wzp_rc_t wzp_json_fp(uint8_t fp[WZP_FP_SIZE], const json_t *v) WZP_MUST_CHECK;
wzp_rc_t wzp_json_hex64(uint64_t *n, const json_t *v) WZP_MUST_CHECK;
wzp_rc_t wzp_json_name(unsigned *n, const json_t *v,
    const char *(*name)(unsigned)) WZP_MUST_CHECK;


static inline void *
wzp_at(void *base, size_t offset)
{
    return (uint8_t *) base + offset;
}


static inline const void *
wzp_at_const(const void *base, size_t offset)
{
    return (const uint8_t *) base + offset;
}


#endif /* _WZP_SIGNAL_INT_H_INCLUDED_ */
