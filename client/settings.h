/*
 * Settings: ${XDG_CONFIG_HOME:-~/.config}/wzp/settings, a line "KEY = VALUE"
 * for each; "server NAME = HOST[:PORT] [FINGERPRINT]" for servers.  Lines that
 * are empty or begin with "#" are left alone.
 * A key stands for an option of the command line, which overrides it, and its
 * value is read and checked as that option's.
 */

#ifndef _SETTINGS_H_INCLUDED_
#define _SETTINGS_H_INCLUDED_


#include "config.h"
#include "options.h"


#define CL_SETTINGS_SIZE    65536       /* bytes of the file                 */
#define CL_SETTINGS_BLANKS  " \t\r"
#define CL_KEYS_MAX         64
#define CL_SERVERS_MAX      100


typedef enum {
    CL_KEY_OPTION = 0,                  /* the value is the option's         */
    CL_KEY_NOT,                         /* "off" is the option "no-..."      */
    CL_KEY_FAMILY,                      /* 4, 6, any                         */
    CL_KEY_RELAY                        /* a server, HOST or HOST:PORT       */
} cl_key_kind_t;


typedef struct {
    const char         *name;
    cl_key_kind_t       kind;
    const char         *option;         /* without dashes                    */
    const char         *fallback;       /* what is so without it; "": nothing
                                           that has a name                   */
    const char *const  *rivals;         /* other options that override it    */
} cl_key_t;


/* Strings point into the text of the file. */
typedef struct {
    const char  *name;
    const char  *target;                /* HOST[:PORT]                       */
    const char  *pin;                   /* fingerprint; NULL: none           */
    unsigned     line;
} cl_server_t;


typedef struct {
    const char   *value[CL_KEYS_MAX];   /* NULL: not set                     */
    unsigned      line[CL_KEYS_MAX];
    cl_server_t   servers[CL_SERVERS_MAX];
    size_t        nservers;
    cl_file_t     file;
} cl_settings_t;


/* ---- settings.c ---- */

/* The i-th key, NULL behind the last; by name, and which one it is. */
const cl_key_t *cl_key_row(size_t i);
const cl_key_t *cl_key_find(const char *name);
size_t cl_key_index(const cl_key_t *key);

/* May a server be called this? */
bool cl_server_name_ok(const char *name);

/* In any case; NULL: there is none. */
const cl_server_t *cl_server_find(const cl_settings_t *st, const char *name);

/* Take a text apart, and write into it.  CL_USAGE: what cannot be understood
 * was said, with file and line. */
cl_exit_t cl_settings_parse(cl_settings_t *st, char *text, const char *file);

/* Nothing is set.  Read the file, if there is one: CL_USAGE, CL_IO,
 * CL_INTERNAL; said. */
void cl_settings_init(cl_settings_t *st);
cl_exit_t cl_settings_load(cl_settings_t *st);
void cl_settings_done(cl_settings_t *st);

/* Can it stand in a line of the file, and be read again as it is? */
bool cl_settings_value_ok(const char *value);

/* Is this a value for this key?  CL_USAGE, said. */
cl_exit_t cl_settings_check(const cl_key_t *key, const char *value);

/* Is the key of no use, because of the command line? */
bool cl_settings_overridden(const cl_key_t *key, const cl_options_t *op);

/* Fill in what the command line left open.  The settings must outlive op.
 * CL_USAGE, said. */
cl_exit_t cl_settings_apply(const cl_settings_t *st, cl_options_t *op);


/* ---- settings_file.c ---- */

/*
 * Set or, with value NULL, remove the lines of a key ("server NAME" for a
 * server); all others stay as they are.  *found: there was such a line.
 * Nothing is checked.  CL_IO, CL_INTERNAL; said.
 */
cl_exit_t cl_settings_write(const char *key, const char *value, bool *found);


#endif /* _SETTINGS_H_INCLUDED_ */
