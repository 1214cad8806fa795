/*
 * Which options there are: what options.c reads the command line by.
 */

#ifndef _OPTIONS_TABLE_H_INCLUDED_
#define _OPTIONS_TABLE_H_INCLUDED_


#include "client.h"


typedef enum {
    CL_ARG_FLAG = 0,                    /* bool                              */
    CL_ARG_TEXT,                        /* const char *                      */
    CL_ARG_SECRET,                      /* the same, never to be shown       */
    CL_ARG_SECONDS,                     /* double                            */
    CL_ARG_TONE,                        /* perhaps a number                  */
    CL_ARG_TEST,                        /* a mode and its seconds            */
    CL_ARG_BENCH,                       /* perhaps =WHAT                     */
    CL_ARG_LOSS,                        /* percent                           */
    CL_ARG_PING,                        /* perhaps a number                  */
    CL_ARG_WORDS,                       /* 24 words                          */
    CL_ARG_WHO,                         /* a mode and its argument           */
    CL_ARG_FROM,                        /* may come several times            */
    CL_ARG_VOLUME,                      /* likewise                          */
    CL_ARG_ACCEPT,                      /* perhaps =HOW                      */
    CL_ARG_TELL,                        /* perhaps =WHOM                     */
    CL_ARG_MODE,
    CL_ARG_HELP,
    CL_ARG_VERSION
} cl_arg_t;


typedef struct {
    const char  *name;                  /* without dashes; one letter: "-v"  */
    cl_arg_t     kind;
    size_t       offset;                /* of the field; or the mode         */
    const char  *arg;
    const char  *help;                  /* "\n" begins the next line         */
} cl_option_t;


/* The option of that name, or NULL. */
const cl_option_t *cl_options_find(const char *name, size_t len);

/* The i-th row, NULL behind the last; and which row it is. */
const cl_option_t *cl_options_row(size_t i);
size_t cl_options_index(const cl_option_t *ot);

/* Print all of them. */
void cl_options_help(void);


#endif /* _OPTIONS_TABLE_H_INCLUDED_ */
