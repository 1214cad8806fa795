/*
 * Where the client keeps its files, and how it writes them.
 */

#ifndef _CONFIG_H_INCLUDED_
#define _CONFIG_H_INCLUDED_


#include "client.h"


#define CL_PATH_MAX     4096


/* A file that is changed: nobody else changes it meanwhile. */
typedef struct {
    int      lock;
    char     path[CL_PATH_MAX];
    char    *text;                      /* owned: size bytes                 */
    size_t   size;
} cl_file_t;


/* The path alone; nothing is made.  False: there is no home. */
bool cl_config_find(char path[CL_PATH_MAX], const char *name);

/*
 * Path of a file in ${XDG_CONFIG_HOME:-~/.config}/wzp; the directories are
 * made (0700).  CL_IO, said, when there is no home or it cannot be written.
 */
cl_exit_t cl_config_path(char path[CL_PATH_MAX], const char *name);

/*
 * Create a file with mode 0600 and this content, whole or not at all.  An
 * existing file is never touched: -1 with errno EEXIST.
 */
int cl_config_create(const char *path, const char *text);

/* The same, in place of the file that there may be.  -1 with errno. */
int cl_config_replace(const char *path, const char *text);

/* Read a text file of at most size - 1 bytes, NUL terminated.  -1 with errno;
 * EFBIG when it is longer. */
int cl_config_read(const char *path, char *text, size_t size);

/*
 * Lock a file there may be in our directory and read it; none is an empty one.
 * Then change the text, write it, and close the file whatever came of it.
 * CL_IO, CL_INTERNAL, said.
 */
cl_exit_t cl_file_open(cl_file_t *f, const char *name, size_t size);
cl_exit_t cl_file_write(const cl_file_t *f);
void cl_file_close(cl_file_t *f);

/* The first half alone: path and text, to read. */
cl_exit_t cl_file_read(cl_file_t *f, size_t size);


#endif /* _CONFIG_H_INCLUDED_ */
