/*
 * Lists of people, packed: a person is some 60 bytes and not 180, and links
 * that offer the same list share one.
 *
 * A person: stream id (2), flags, lengths of alias, label and fingerprint,
 * then fingerprint, alias, label.
 */

#include <stdlib.h>

#include "wzp/wzp_fed_int.h"


#define WZP_FED_HEAD        6
#define WZP_FED_MUTED       0x01
#define WZP_FED_HELD        0x02


static bool
wzp_fed_one_label(const wzp_participant_t *people, size_t n)
{
    size_t  i;

    for (i = 1; i < n; i++) {
        if (strcmp(people[i].relay_label, people[0].relay_label) != 0) {
            return false;
        }
    }

    return true;
}


static uint8_t *
wzp_fed_person_pack(uint8_t *p, const wzp_participant_t *pt, bool labels)
{
    size_t  fp, alias, label;

    fp = strlen(pt->fingerprint);
    alias = strlen(pt->alias);
    label = labels ? strlen(pt->relay_label) : 0;

    p[0] = (uint8_t) (pt->stream_id >> 8);
    p[1] = (uint8_t) pt->stream_id;
    p[2] = (uint8_t) ((pt->muted ? WZP_FED_MUTED : 0)
                      | (pt->held ? WZP_FED_HELD : 0));
    p[3] = (uint8_t) alias;
    p[4] = (uint8_t) label;
    p[5] = (uint8_t) fp;
    p += WZP_FED_HEAD;

    memcpy(p, pt->fingerprint, fp);
    p += fp;
    memcpy(p, pt->alias, alias);
    p += alias;

    if (label != 0) {
        memcpy(p, pt->relay_label, label);
        p += label;
    }

    return p;
}


wzp_fed_list_t *
wzp_fed_list_create(const wzp_participant_t *people, size_t n,
    const char *via, char label[WZP_LABEL_MAX + 1])
{
    bool             labels;
    size_t           i, size;
    uint8_t         *p;
    wzp_fed_list_t  *ls;

    labels = via != NULL && !wzp_fed_one_label(people, n);
    size = 0;

    for (i = 0; i < n; i++) {
        size += WZP_FED_HEAD + strlen(people[i].fingerprint)
                + strlen(people[i].alias)
                + (labels ? strlen(people[i].relay_label) : 0);
    }

    ls = malloc(sizeof(wzp_fed_list_t) + size);

    if (ls == NULL) {
        return NULL;
    }

    ls->refs = 1;
    ls->n = 0;
    p = ls->data;

    for (i = 0; i < n; i++) {
        if (people[i].fingerprint[0] != '\0') {
            p = wzp_fed_person_pack(p, &people[i], labels);
            ls->n++;
        }
    }

    ls->size = (size_t) (p - ls->data);

    if (via == NULL) {
        label[0] = '\0';

    } else if (!labels && n != 0 && people[0].relay_label[0] != '\0') {
        memcpy(label, people[0].relay_label, WZP_LABEL_MAX + 1);

    } else {
        memcpy(label, via, WZP_LABEL_MAX + 1);
    }

    return ls;
}


void
wzp_fed_list_unref(wzp_fed_list_t *ls)
{
    if (ls != NULL && --ls->refs == 0) {
        free(ls);
    }
}


bool
wzp_fed_list_same(const wzp_fed_list_t *a, const wzp_fed_list_t *b)
{
    if (a == NULL || b == NULL) {
        return (a == NULL || a->n == 0) && (b == NULL || b->n == 0);
    }

    return a == b
           || (a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
}


bool
wzp_fed_list_next(const wzp_fed_list_t *ls, size_t *at, wzp_fed_person_t *ps)
{
    const uint8_t  *p;

    if (ls == NULL || *at >= ls->size) {
        return false;
    }

    p = ls->data + *at;

    ps->stream_id = (uint16_t) (p[0] << 8 | p[1]);
    ps->muted = (p[2] & WZP_FED_MUTED) != 0;
    ps->held = (p[2] & WZP_FED_HELD) != 0;
    ps->alias_len = p[3];
    ps->label_len = p[4];
    ps->fp_len = p[5];
    ps->fp = p + WZP_FED_HEAD;
    ps->alias = ps->fp + ps->fp_len;
    ps->label = ps->alias + ps->alias_len;

    *at = (size_t) (ps->label + ps->label_len - ls->data);

    return true;
}


void
wzp_fed_person_write(wzp_participant_t *pt, const wzp_fed_person_t *ps,
    const char *label)
{
    memcpy(pt->fingerprint, ps->fp, ps->fp_len);
    pt->fingerprint[ps->fp_len] = '\0';

    memcpy(pt->alias, ps->alias, ps->alias_len);
    pt->alias[ps->alias_len] = '\0';

    if (ps->label_len != 0) {
        memcpy(pt->relay_label, ps->label, ps->label_len);
        pt->relay_label[ps->label_len] = '\0';

    } else {
        memcpy(pt->relay_label, label, strlen(label) + 1);
    }

    pt->stream_id = ps->stream_id;
    pt->muted = ps->muted;
    pt->held = ps->held;
}
