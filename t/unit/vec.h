/*
 * Golden bytes: t/vectors/FILE.hex, lines of the form
 *
 *     name: 00 01 02
 *         03 04
 *
 * where a line that starts with a blank goes on, # starts a comment, and
 * blanks between digits mean nothing.  Read from the current directory, or
 * below $WZP_SRCDIR.
 */

#ifndef _VEC_H_INCLUDED_
#define _VEC_H_INCLUDED_


#include <ctype.h>

#include "tap.h"


#define VEC_MAX     65536


/* Append the hex digits of a line; false if there is anything else. */
TAP_UNUSED static bool
vec_line(uint8_t *out, size_t size, size_t *digits, const char *p)
{
    int  v;

    for (; *p != '\0' && *p != '#'; p++) {
        if (isspace((unsigned char) *p)) {
            continue;
        }

        if (!isxdigit((unsigned char) *p) || *digits / 2 >= size) {
            return false;
        }

        v = isdigit((unsigned char) *p)
            ? *p - '0' : tolower((unsigned char) *p) - 'a' + 10;

        if (*digits % 2 == 0) {
            out[*digits / 2] = (uint8_t) (v << 4);

        } else {
            out[*digits / 2] = (uint8_t) (out[*digits / 2] | v);
        }

        (*digits)++;
    }

    return true;
}


/*
 * Read one vector.  Ends the test program when it is not there: without its
 * vectors a test proves nothing.
 */
TAP_UNUSED static size_t
vec_get(const char *file, const char *name, uint8_t *out, size_t size)
{
    char        *line, path[512];
    bool         found, good;
    FILE        *fp;
    size_t       digits, len;
    const char  *dir;

    static char  buf[2 * VEC_MAX];

    dir = getenv("WZP_SRCDIR");
    (void) snprintf(path, sizeof(path), "%s/t/vectors/%s.hex",
                    dir == NULL ? "." : dir, file);

    fp = fopen(path, "r");

    if (fp == NULL) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }

    found = false;
    good = true;
    digits = 0;
    len = strlen(name);

    while (good && fgets(buf, sizeof(buf), fp) != NULL) {
        line = buf;

        if (found) {
            if (*line != ' ' && *line != '\t') {
                break;
            }

        } else if (strncmp(line, name, len) == 0 && line[len] == ':') {
            found = true;
            line += len + 1;

        } else {
            continue;
        }

        good = vec_line(out, size, &digits, line);
    }

    (void) fclose(fp);

    if (!found || !good || digits % 2 != 0) {
        printf("Bail out! no usable vector \"%s\" in %s\n", name, path);
        exit(1);
    }

    return digits / 2;
}


#endif /* _VEC_H_INCLUDED_ */
