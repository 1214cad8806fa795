/*
 * Settings: changes of the file.  See settings.h.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"
#include "settings.h"


/* Is this line of that key?  Case does not matter, nor how many blanks there
 * are. */

static bool
cl_settings_is(const char *line, const char *key)
{
    line += strspn(line, CL_SETTINGS_BLANKS);

    for ( /* void */ ; *key != '\0'; key++) {

        if (*key == ' ') {
            if (!isblank((unsigned char) *line)) {
                return false;
            }

            line += strspn(line, CL_SETTINGS_BLANKS);
            continue;
        }

        if (tolower((unsigned char) *line) != tolower((unsigned char) *key)) {
            return false;
        }

        line++;
    }

    line += strspn(line, CL_SETTINGS_BLANKS);

    return *line == '=';
}


/* Add to a text of size bytes; false: it does not fit. */

static bool
cl_settings_append(char *text, size_t size, size_t *len, const char *add,
    size_t n)
{
    if (n >= size - *len) {
        return false;
    }

    memcpy(text + *len, add, n);
    *len += n;
    text[*len] = '\0';

    return true;
}


/* The text with the line in place of the key's first one, or at its end. */

static bool
cl_settings_edit(char *out, size_t size, const char *text, const char *key,
    const char *line, bool *found)
{
    bool         ok;
    size_t       n, len;

    len = 0;
    out[0] = '\0';
    *found = false;

    for (ok = true; ok && *text != '\0'; text += n) {

        n = strcspn(text, "\n");
        n += text[n] == '\n';

        if (!cl_settings_is(text, key)) {
            ok = cl_settings_append(out, size, &len, text, n);

        } else if (!*found) {
            *found = true;
            ok = cl_settings_append(out, size, &len, line, strlen(line));
        }
    }

    if (!ok || *found || line[0] == '\0') {
        return ok;
    }

    if (len > 0 && out[len - 1] != '\n') {
        ok = cl_settings_append(out, size, &len, "\n", 1);
    }

    return ok && cl_settings_append(out, size, &len, line, strlen(line));
}


static cl_exit_t
cl_settings_replace(cl_file_t *f, const char *key, const char *value,
    bool *found)
{
    char       *text, line[2048];
    cl_exit_t   rc;

    line[0] = '\0';

    if (value != NULL) {
        (void) snprintf(line, sizeof(line), "%s = %s\n", key, value);
    }

    text = malloc(f->size);
    if (text == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    if (cl_settings_edit(text, f->size, f->text, key, line, found)) {
        free(f->text);
        f->text = text;
        return value != NULL || *found ? cl_file_write(f) : CL_OK;
    }

    rc = cl_fail(CL_IO, "\"%s\" is full", f->path);
    free(text);

    return rc;
}


cl_exit_t
cl_settings_write(const char *key, const char *value, bool *found)
{
    cl_exit_t  rc;
    cl_file_t  f;

    *found = false;

    rc = cl_file_open(&f, "settings", CL_SETTINGS_SIZE);

    if (rc == CL_OK) {
        rc = cl_settings_replace(&f, key, value, found);
    }

    cl_file_close(&f);

    return rc;
}
