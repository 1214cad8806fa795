/*
 * The event log: a line of JSON for each packet, join, leave, link.
 *
 * A file may be shared by relays, and is by all workers: each has a buffer for
 * it and appends whole lines.  Nothing waits: what does not fit until the next
 * writing is dropped, counted, and told in a line of its own.
 */

#ifndef _NGX_WZP_EVENT_LOG_H_INCLUDED_
#define _NGX_WZP_EVENT_LOG_H_INCLUDED_


#include "core/ngx_wzp.h"
#include "wzp/wzp_packet.h"


#define NGX_WZP_EVENT_LEN       0x01    /* which of the numbers are there    */
#define NGX_WZP_EVENT_TO        0x02
#define NGX_WZP_EVENT_PEOPLE    0x04
#define NGX_WZP_EVENT_SEQ       0x08    /* of the packet                     */
#define NGX_WZP_EVENT_HEADER    0x10    /* of the packet: more than seq      */


/* What is NULL or not named in `has` is left out. */
typedef struct {
    const char          *event;
    const char          *room;
    const uint8_t       *fp;            /* source; or                        */
    const wzp_packet_t  *pk;            /* its stream id                     */
    const char          *peer;
    const char          *reason;
    const char          *action;
    size_t               len;
    ngx_uint_t           to_count;
    ngx_uint_t           participants;
    unsigned             has;
} ngx_wzp_event_t;


/* Configuration: open the file.  NULL: no memory, or it is used otherwise. */
ngx_open_file_t *ngx_wzp_event_log_open(ngx_conf_t *cf, ngx_str_t *name);

void ngx_wzp_event_log(ngx_wzp_relay_t *relay, const ngx_wzp_event_t *ev);

/* The end of a turn: write, if much has come. */
void ngx_wzp_event_log_turn(ngx_open_file_t *file);

/* The worker exits: write all. */
void ngx_wzp_event_log_exit(ngx_open_file_t *file);


#endif /* _NGX_WZP_EVENT_LOG_H_INCLUDED_ */
