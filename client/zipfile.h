/*
 * A ZIP file that is written in one go: whole, in place of the file that there
 * may be, or not at all.
 */

#ifndef _ZIPFILE_H_INCLUDED_
#define _ZIPFILE_H_INCLUDED_


#include <zip.h>

#include "spool.h"


typedef struct {
    zip_t       *za;
    const char  *path;
    bool         failed;                /* said                              */
} cl_zip_t;


/* What goes wrong is said, and told at the end. */
void cl_zip_open(cl_zip_t *zf, const char *path);

/* A text of len bytes, which is taken over (malloc); NULL: there was no
 * memory. */
void cl_zip_text(cl_zip_t *zf, const char *name, char *text, size_t len);

/* Sound, as WAV; it must outlive cl_zip_close(). */
void cl_zip_sound(cl_zip_t *zf, const char *name, const cl_spool_t *sp);

/* Write it, for nobody else to read.  A signal that waits to be taken (SIGINT,
 * SIGTERM) ends it.  False: there is no new file. */
bool cl_zip_close(cl_zip_t *zf);


#endif /* _ZIPFILE_H_INCLUDED_ */
