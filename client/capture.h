/*
 * Captures: whole packets and when they came, in a file.  Magic "WZP" 01, the
 * length of a JSON object in 32 bits, the object (relay, room, start_time,
 * version 1; ours has streams as well, with names), and for each packet 64
 * bits of microseconds since the start, 32 bits of length, the packet as in
 * PROTOCOL 3.1.  Numbers are little endian.
 */

#ifndef _CAPTURE_H_INCLUDED_
#define _CAPTURE_H_INCLUDED_


#include <jansson.h>
#include <stdio.h>

#include "client.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_signal.h"


#define CL_CAPTURE_PACKET   2048        /* longer: no capture of ours        */
#define CL_CAPTURE_ABOUT    65536       /* bytes of the JSON object          */
#define CL_CAPTURE_NAMES    256
#define CL_CAPTURE_DAYS     31          /* longer: nonsense                  */


/* ---- writing ---- */

typedef struct cl_capture_s  cl_capture_t;

/* The beginning of a file that only we may read.  start: RFC 3339.  CL_IO,
 * CL_INTERNAL, said. */
cl_exit_t cl_capture_create(cl_capture_t **cp, const char *path,
    const char *relay, const char *room, const char *start);

/* One packet; the first failure is said, and then nothing is written. */
void cl_capture_put(cl_capture_t *cp, uint64_t at_ns, const uint8_t *data,
    size_t len);

/* What is there shall be in the file. */
void cl_capture_flush(cl_capture_t *cp);

/* Whose stream was whose, if the file can be gone back in. */
void cl_capture_name(cl_capture_t *cp, uint16_t id, const char *fp,
    const char *alias);

/* Complete the file, free.  CL_IO, said, perhaps earlier. */
cl_exit_t cl_capture_finish(cl_capture_t *cp);


/* ---- reading ---- */

typedef struct {
    uint16_t  id;
    char      fp[WZP_FP_TEXT_LEN + 1];
    char      alias[WZP_ALIAS_MAX + 1];
} cl_capture_name_t;


typedef struct {
    FILE               *file;           /* borrowed                          */
    const char         *path;           /* for what is said                  */
    char                relay[256];     /* clean UTF-8, as all of it         */
    char                room[256];
    char                start[64];
    cl_capture_name_t   names[CL_CAPTURE_NAMES];
    size_t              nnames;

    uint64_t            at_ns;          /* of this packet                    */
    uint8_t             data[CL_CAPTURE_PACKET];
    size_t              len;
    uint64_t            packets;
    bool                cut;            /* the last record is incomplete     */
} cl_capture_in_t;


/* Read what is in front of the packets.  CL_IO, said. */
cl_exit_t cl_capture_open(cl_capture_in_t *in, FILE *file, const char *path);

/* The next packet; *more: there was one.  CL_IO, said. */
cl_exit_t cl_capture_next(cl_capture_in_t *in, bool *more);


#endif /* _CAPTURE_H_INCLUDED_ */
