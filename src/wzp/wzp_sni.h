/*
 * What a TLS server name asks of a relay.  PROTOCOL 1.4 and 1.5.
 * Names and hashes only; which of them a relay serves is not decided here.
 */

#ifndef _WZP_SNI_H_INCLUDED_
#define _WZP_SNI_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_SNI_MAX         253
#define WZP_ROOM_KEY_SIZE   16
#define WZP_ROOM_HASH_LEN   32          /* hex digits, no NUL */


typedef enum {
    WZP_SNI_ROOM = 0,
    WZP_SNI_PING,                       /* "ping"                            */
    WZP_SNI_VERSION,                    /* "version"                         */
    WZP_SNI_PROBE,                      /* "_probe"                          */
    WZP_SNI_FEDERATION,                 /* "_federation"                     */
    WZP_SNI_SIGNAL,                     /* "_signal"                         */
    WZP_SNI_RELAY,                      /* "_relay"                          */
    WZP_SNI_CALL,                       /* "call-..."                        */
    WZP_SNI_RESERVED                    /* any other leading underscore      */
} wzp_sni_role_t;


typedef struct {
    wzp_sni_role_t  role;
    size_t          len;
    char            name[WZP_SNI_MAX + 1];   /* lower-cased, NUL terminated  */
    uint8_t         key[WZP_ROOM_KEY_SIZE];  /* rooms and calls, else zero   */
    bool            hashed;                  /* the name was a room hash     */
} wzp_sni_t;


/*
 * Classify a server name.  Empty (no SNI sent) is the room "default"; one
 * dot at the end is dropped, as the reference client does.
 *
 * WZP_EBAD if it is not a name that PROTOCOL 1.4 allows: over 253 bytes,
 * empty or over-long labels, other characters than a-z 0-9 _ - . (any case),
 * a label with a leading or trailing "-", a last label of digits only.
 */
wzp_rc_t wzp_sni_parse(wzp_sni_t *sni, const char *name, size_t len)
    WZP_MUST_CHECK;

/*
 * Key of a room: the 16 bytes that hash_room_name writes as hex (PROTOCOL
 * 1.5).  A name of 32 lower-case hex digits is such a hash already and is its
 * own key, so a room's plain name and its hash are one room.  Case is kept.
 * Names are at most 1024 bytes.
 */
void wzp_room_key(uint8_t key[WZP_ROOM_KEY_SIZE], const char *name,
    size_t len);

/* hash_room_name: 32 hex digits and a NUL. */
void wzp_room_hash(char hash[WZP_ROOM_HASH_LEN + 1], const char *name,
    size_t len);


#endif /* _WZP_SNI_H_INCLUDED_ */
