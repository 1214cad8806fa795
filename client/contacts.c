/*
 * People by name.  See contacts.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "config.h"
#include "contacts.h"
#include "say.h"
#include "wzp/wzp_utf8.h"


#define CL_BLANKS           " \t\r"


typedef enum {
    CL_LINE_CONTACT = 0,
    CL_LINE_EMPTY,                      /* or a remark                       */
    CL_LINE_BAD
} cl_line_t;


/* ---- one contact ---- */

bool
cl_contact_name_ok(const char *name, size_t len)
{
    char     clean[CL_CONTACT_NAME + 1];
    uint8_t  fp[WZP_FP_SIZE];

    if (len == 0 || len > CL_CONTACT_NAME || name[0] == '-' || name[0] == '#'
        || strcspn(name, " \t\r\n=:") < len)
    {
        return false;
    }

    if (wzp_utf8_clean(clean, CL_CONTACT_NAME, name, len) != len) {
        return false;
    }

    return wzp_fp_parse(fp, name, len) != WZP_OK
           && strcasecmp(clean, "contacts") != 0;
}


static bool
cl_contact_set(cl_contact_t *ct, const char *name, size_t name_len,
    const char *fp, size_t fp_len)
{
    if (!cl_contact_name_ok(name, name_len)
        || wzp_fp_parse(ct->fp, fp, fp_len) != WZP_OK)
    {
        return false;
    }

    memcpy(ct->name, name, name_len);
    ct->name[name_len] = '\0';

    return true;
}


bool
cl_contact_parse(cl_contact_t *ct, const char *text)
{
    size_t  len;

    len = strcspn(text, "=");

    return text[len] == '='
           && cl_contact_set(ct, text, len, text + len + 1,
                             strlen(text + len + 1));
}


/* One line, up to its end or that of the text. */

static cl_line_t
cl_contact_line(cl_contact_t *ct, const char *line)
{
    size_t       len;
    const char  *name;

    name = line + strspn(line, CL_BLANKS);

    if (*name == '\0' || *name == '\n' || *name == '#') {
        return CL_LINE_EMPTY;
    }

    len = strcspn(name, CL_BLANKS "\n");
    line = name + len;
    line += strspn(line, CL_BLANKS);

    return cl_contact_set(ct, name, len, line, strcspn(line, CL_BLANKS "\n"))
           ? CL_LINE_CONTACT : CL_LINE_BAD;
}


static const char *
cl_contact_next_line(const char *line)
{
    line += strcspn(line, "\n");

    return *line == '\n' ? line + 1 : line;
}


/* ---- the list ---- */

cl_exit_t
cl_contacts_parse(cl_contacts_t *cts, const char *text, const char *file)
{
    unsigned       at;
    cl_line_t      kind;
    const char    *line;
    cl_contact_t   ct;

    cts->n = 0;
    cts->list = calloc(CL_CONTACTS_MAX, sizeof(cl_contact_t));

    if (cts->list == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    at = 0;

    for (line = text; *line != '\0'; line = cl_contact_next_line(line)) {

        at++;
        kind = cl_contact_line(&ct, line);

        if (kind == CL_LINE_BAD) {
            cl_warn("%s:%u: this is not \"NAME FINGERPRINT\"", file, at);
        }

        if (kind != CL_LINE_CONTACT) {
            continue;
        }

        if (cl_contacts_find(cts, ct.name) != NULL) {
            cl_warn("%s:%u: there is another %s above", file, at, ct.name);

        } else if (cts->n == CL_CONTACTS_MAX) {
            cl_warn("%s:%u: over %d contacts, the rest is not read", file, at,
                    CL_CONTACTS_MAX);
            break;

        } else {
            cts->list[cts->n++] = ct;
        }
    }

    return CL_OK;
}


void
cl_contacts_done(cl_contacts_t *cts)
{
    free(cts->list);
    cts->list = NULL;
    cts->n = 0;
}


const cl_contact_t *
cl_contacts_find(const cl_contacts_t *cts, const char *name)
{
    size_t  i;

    for (i = 0; i < cts->n; i++) {
        if (strcasecmp(cts->list[i].name, name) == 0) {
            return &cts->list[i];
        }
    }

    return NULL;
}


const cl_contact_t *
cl_contacts_of(const cl_contacts_t *cts, const uint8_t fp[WZP_FP_SIZE])
{
    size_t  i;

    for (i = 0; i < cts->n; i++) {
        if (memcmp(cts->list[i].fp, fp, WZP_FP_SIZE) == 0) {
            return &cts->list[i];
        }
    }

    return NULL;
}


cl_exit_t
cl_contacts_who(const cl_contacts_t *cts, const char *text,
    uint8_t fp[WZP_FP_SIZE])
{
    const cl_contact_t  *ct;

    ct = cl_contacts_find(cts, text);

    if (ct != NULL) {
        memcpy(fp, ct->fp, WZP_FP_SIZE);
        return CL_OK;
    }

    if (wzp_fp_parse(fp, text, strlen(text)) == WZP_OK) {
        return CL_OK;
    }

    return cl_fail(CL_USAGE, "\"%s\" is none of your contacts, and no "
                   "fingerprint (32 hex digits): see --contacts and "
                   "--add-contact", text);
}


/* ---- the file ---- */

cl_exit_t
cl_contacts_load(cl_contacts_t *cts)
{
    cl_exit_t  rc;
    cl_file_t  cf;

    memset(cts, 0, sizeof(cl_contacts_t));
    cf.text = NULL;
    cf.lock = -1;

    rc = cl_config_path(cf.path, "contacts");

    if (rc == CL_OK) {
        rc = cl_file_read(&cf, CL_CONTACTS_SIZE);
    }

    if (rc == CL_OK) {
        rc = cl_contacts_parse(cts, cf.text, cf.path);
    }

    cl_file_close(&cf);

    return rc;
}


static cl_exit_t
cl_contacts_append(cl_file_t *cf, const cl_contact_t *ct)
{
    char                  fp[WZP_FP_TEXT_LEN + 1];
    size_t                len;
    cl_exit_t             rc;
    cl_contacts_t         cts;
    const cl_contact_t   *was;

    rc = cl_contacts_parse(&cts, cf->text, cf->path);
    if (rc != CL_OK) {
        return rc;
    }

    was = cl_contacts_find(&cts, ct->name);
    len = strlen(cf->text);

    if (was != NULL) {

        if (memcmp(was->fp, ct->fp, WZP_FP_SIZE) != 0) {
            wzp_fp_text(fp, was->fp);
            rc = cl_fail(CL_USAGE, "%s is %s already: use --remove-contact "
                         "first", was->name, fp);
        }

    } else if (cts.n == CL_CONTACTS_MAX
               || len + sizeof(cl_contact_t) + WZP_FP_TEXT_LEN
                  > CL_CONTACTS_SIZE)
    {
        rc = cl_fail(CL_IO, "\"%s\" is full", cf->path);

    } else {
        wzp_fp_text(fp, ct->fp);
        (void) snprintf(cf->text + len, CL_CONTACTS_SIZE - len, "%s%s %s\n",
                        len > 0 && cf->text[len - 1] != '\n' ? "\n" : "",
                        ct->name, fp);
        rc = cl_file_write(cf);
    }

    cl_contacts_done(&cts);

    return rc;
}


cl_exit_t
cl_contacts_add(const cl_contact_t *ct)
{
    cl_exit_t  rc;
    cl_file_t  cf;

    rc = cl_file_open(&cf, "contacts", CL_CONTACTS_SIZE);

    if (rc == CL_OK) {
        rc = cl_contacts_append(&cf, ct);
    }

    cl_file_close(&cf);

    return rc;
}


cl_exit_t
cl_contacts_remove(const char *name)
{
    bool                 found;
    char                *line, *next;
    cl_exit_t            rc;
    cl_contact_t         ct;
    cl_file_t            cf;

    rc = cl_file_open(&cf, "contacts", CL_CONTACTS_SIZE);
    found = false;

    for (line = cf.text; rc == CL_OK && *line != '\0'; line = next) {

        next = line + strcspn(line, "\n");
        next += *next == '\n';

        if (cl_contact_line(&ct, line) == CL_LINE_CONTACT
            && strcasecmp(ct.name, name) == 0)
        {
            memmove(line, next, strlen(next) + 1);
            next = line;
            found = true;
        }
    }

    if (rc == CL_OK) {
        rc = found ? cl_file_write(&cf)
                   : cl_fail(CL_USAGE, "\"%s\" is none of your contacts",
                             name);
    }

    cl_file_close(&cf);

    return rc;
}
