/*
 * Identity and display name.  See ident_file.h.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"
#include "ident_file.h"
#include "say.h"


#define CL_IDENT_TEXT   1024
#define CL_IDENT_OLD    99              /* keys kept at most                 */
#define CL_SEED_HEX     (2 * WZP_SEED_SIZE)


static const char *const  cl_adjectives[] = {
    "Agile", "Amber", "Autumn", "Bold", "Brave", "Bright", "Brisk", "Calm",
    "Clever", "Copper", "Cosmic", "Crimson", "Daring", "Deft", "Distant",
    "Eager", "Early", "Emerald", "Fair", "Fearless", "Fleet", "Gentle",
    "Gilded", "Golden", "Grand", "Happy", "Hardy", "Hidden", "Honest",
    "Humble", "Icy", "Indigo", "Ivory", "Jade", "Jolly", "Keen", "Kind",
    "Lively", "Lone", "Loyal", "Lucky", "Lunar", "Mellow", "Merry", "Mighty",
    "Nimble", "Noble", "Northern", "Patient", "Playful", "Proud", "Quick",
    "Quiet", "Royal", "Silent", "Silver", "Solar", "Steady", "Stormy",
    "Sunny", "Swift", "Velvet", "Wild", "Wise"
};

static const char *const  cl_animals[] = {
    "Albatross", "Badger", "Bear", "Beaver", "Bison", "Bobcat", "Buffalo",
    "Camel", "Cheetah", "Condor", "Cougar", "Crane", "Crow", "Deer",
    "Dolphin", "Dove", "Eagle", "Elk", "Falcon", "Ferret", "Finch", "Fox",
    "Gazelle", "Gecko", "Goose", "Hare", "Hawk", "Hedgehog", "Heron",
    "Ibex", "Jackal", "Jaguar", "Kestrel", "Koala", "Lark", "Lemur",
    "Leopard", "Lion", "Lynx", "Magpie", "Marten", "Moose", "Narwhal",
    "Newt", "Ocelot", "Orca", "Osprey", "Otter", "Owl", "Panda", "Panther",
    "Penguin", "Puffin", "Puma", "Raven", "Robin", "Salmon", "Seal",
    "Stork", "Swan", "Tiger", "Turtle", "Wolf", "Wren"
};


void
cl_me_name(char alias[WZP_ALIAS_MAX + 1], const uint8_t random[4])
{
    unsigned  a, b;

    a = random[0] * 256u + random[1];
    b = random[2] * 256u + random[3];

    (void) snprintf(alias, WZP_ALIAS_MAX + 1, "%s %s",
                    cl_adjectives[a % WZP_ARRAY_LEN(cl_adjectives)],
                    cl_animals[b % WZP_ARRAY_LEN(cl_animals)]);
}


/* "alias NAME" in the rest of the file. */

static cl_exit_t
cl_me_parse(cl_me_t *me, uint8_t seed[WZP_SEED_SIZE], const char *path,
    const char *text)
{
    size_t       n;
    const char  *p;

    p = text + strspn(text, " \t\r\n");
    n = strcspn(p, " \t\r\n");

    if (n != CL_SEED_HEX || wzp_seed_parse(seed, p, n) != WZP_OK) {
        return cl_fail(CL_IO, "\"%s\" is no identity: its first line must be "
                       "64 hex digits.  It was not changed; repair it, move "
                       "it away to get a new one, or name another with "
                       "--identity", path);
    }

    for (p += n; *p != '\0'; p += strcspn(p, "\r\n")) {
        p += strspn(p, " \t\r\n");

        if (strncmp(p, "alias", 5) == 0 && isblank((unsigned char) p[5])) {
            p += 5 + strspn(p + 5, " \t");
            (void) wzp_alias_clean(me->alias, p, strcspn(p, "\r\n"));
        }
    }

    return CL_OK;
}


/* What a file holds. */

static void
cl_me_text(char text[CL_IDENT_TEXT], const uint8_t seed[WZP_SEED_SIZE],
    const char *alias)
{
    char  hex[CL_SEED_HEX + 1];

    wzp_hex(hex, seed, WZP_SEED_SIZE);
    (void) snprintf(text, CL_IDENT_TEXT, "%s\nalias %s\n", hex, alias);
    wzp_wipe(hex, sizeof(hex));
}


static cl_exit_t
cl_me_first(cl_me_t *me, uint8_t seed[WZP_SEED_SIZE], const char *path)
{
    char     text[CL_IDENT_TEXT];
    uint8_t  random[4];

    cl_random(NULL, seed, WZP_SEED_SIZE);
    cl_random(NULL, random, sizeof(random));
    cl_me_name(me->alias, random);
    cl_me_text(text, seed, me->alias);

    if (cl_config_create(path, text) == -1 && errno != EEXIST) {
        return cl_fail(CL_IO, "identity \"%s\" cannot be written: %s", path,
                       strerror(errno));
    }

    wzp_wipe(text, sizeof(text));

    /* Another client may have been faster: its file counts. */

    return CL_OK;
}


static cl_exit_t
cl_me_path(char path[CL_PATH_MAX], const char *name)
{
    if (name == NULL) {
        return cl_config_path(path, "identity");
    }

    (void) snprintf(path, CL_PATH_MAX, "%s", name);

    return CL_OK;
}


static cl_exit_t
cl_me_file(cl_me_t *me, uint8_t seed[WZP_SEED_SIZE], const char *name)
{
    char       path[CL_PATH_MAX], text[CL_IDENT_TEXT];
    unsigned   i;
    cl_exit_t  rc;

    rc = cl_me_path(path, name);
    if (rc != CL_OK) {
        return rc;
    }

    for (i = 0; i < 2; i++) {

        if (cl_config_read(path, text, sizeof(text)) == 0) {
            rc = cl_me_parse(me, seed, path, text);
            wzp_wipe(text, sizeof(text));
            return rc;
        }

        if (errno != ENOENT) {
            break;
        }

        rc = cl_me_first(me, seed, path);
        if (rc != CL_OK) {
            return rc;
        }
    }

    return cl_fail(CL_IO, "identity \"%s\" cannot be read: %s", path,
                   strerror(errno));
}


static cl_exit_t
cl_me_seed(cl_me_t *me, uint8_t seed[WZP_SEED_SIZE], const cl_options_t *op)
{
    if (op->seed != NULL) {
        return wzp_seed_parse(seed, op->seed, strlen(op->seed)) == WZP_OK
               ? CL_OK
               : cl_fail(CL_USAGE, "--seed: 64 hex digits are needed");
    }

    if (op->mnemonic[0] != '\0') {
        return wzp_mnemonic_parse(seed, op->mnemonic, strlen(op->mnemonic))
               == WZP_OK
               ? CL_OK
               : cl_fail(CL_USAGE, "--mnemonic: an unknown word, or the "
                         "words do not belong together");
    }

    return cl_me_file(me, seed, op->identity);
}


cl_exit_t
cl_me_load(cl_me_t *me, const cl_options_t *op)
{
    uint8_t    seed[WZP_SEED_SIZE];
    cl_exit_t  rc;

    memset(me, 0, sizeof(cl_me_t));

    rc = cl_me_seed(me, seed, op);
    if (rc != CL_OK) {
        return rc;
    }

    wzp_ident_init(&me->id, seed);
    wzp_fp_text(me->fp, me->id.fp);
    wzp_wipe(seed, sizeof(seed));

    if (op->alias != NULL) {
        (void) wzp_alias_clean(me->alias, op->alias, strlen(op->alias));
    }

    if (me->alias[0] == '\0') {
        cl_me_name(me->alias, me->id.fp);
    }

    return CL_OK;
}


/* Give the file a second name, so that no key is ever lost. */

static cl_exit_t
cl_me_keep(const char *path)
{
    int       rc;
    char      old[CL_PATH_MAX + 16];
    unsigned  i;

    (void) snprintf(old, sizeof(old), "%s.old", path);
    rc = link(path, old);

    for (i = 2; rc == -1 && errno == EEXIST && i <= CL_IDENT_OLD; i++) {
        (void) snprintf(old, sizeof(old), "%s.old.%u", path, i);
        rc = link(path, old);
    }

    if (rc == -1 && errno != ENOENT) {
        return cl_fail(CL_IO, "\"%s\" cannot be kept as \"%s\": %s", path,
                       old, strerror(errno));
    }

    if (rc == 0) {
        cl_warn("the identity that was there is kept as \"%s\"", old);
    }

    return CL_OK;
}


/* Does the file hold this key already? */

static bool
cl_me_same(const char *path, const uint8_t seed[WZP_SEED_SIZE])
{
    bool     same;
    char     text[CL_IDENT_TEXT];
    size_t   n;
    uint8_t  have[WZP_SEED_SIZE];

    if (cl_config_read(path, text, sizeof(text)) == -1) {
        return false;
    }

    n = strcspn(text, " \t\r\n");
    same = n == CL_SEED_HEX && wzp_seed_parse(have, text, n) == WZP_OK
           && wzp_equal(have, seed, WZP_SEED_SIZE);

    wzp_wipe(text, sizeof(text));
    wzp_wipe(have, sizeof(have));

    return same;
}


cl_exit_t
cl_me_restore(const cl_options_t *op, const uint8_t seed[WZP_SEED_SIZE])
{
    int          error;
    char         path[CL_PATH_MAX], text[CL_IDENT_TEXT];
    char         alias[WZP_ALIAS_MAX + 1];
    cl_exit_t    rc;
    wzp_ident_t  id;

    rc = cl_me_path(path, op->identity);

    if (rc != CL_OK || cl_me_same(path, seed)) {
        return rc;
    }

    if (op->force) {
        rc = cl_me_keep(path);
        if (rc != CL_OK) {
            return rc;
        }
    }

    wzp_ident_init(&id, seed);
    cl_me_name(alias, id.fp);
    wzp_ident_wipe(&id);

    cl_me_text(text, seed, alias);
    error = op->force ? cl_config_replace(path, text)
                      : cl_config_create(path, text);
    error = error == -1 ? errno : 0;
    wzp_wipe(text, sizeof(text));

    if (error == EEXIST) {
        return cl_fail(CL_USAGE, "\"%s\" is there already: --force puts this "
                       "key in its place, and keeps the other one beside it",
                       path);
    }

    return error == 0
           ? CL_OK
           : cl_fail(CL_IO, "identity \"%s\" cannot be written: %s", path,
                     strerror(error));
}
