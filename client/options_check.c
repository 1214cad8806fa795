/*
 * What the words on the command line mean.  See options_check.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include "options_check.h"
#include "say.h"


#define CL_BUDGET_MIN   6               /* kbit/s */
#define CL_BUDGET_MAX   256


static cl_exit_t cl_options_room(cl_options_t *op);


static bool
cl_options_port(cl_options_t *op, const char *text)
{
    size_t    i;
    unsigned  port;

    port = 0;

    for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 5; i++) {
        port = port * 10 + (unsigned) (text[i] - '0');
    }

    if (i == 0 || text[i] != '\0' || port == 0 || port > 65535) {
        return false;
    }

    (void) snprintf(op->port, sizeof(op->port), "%u", port);
    return true;
}


cl_exit_t
cl_options_target(cl_options_t *op, const char *text)
{
    size_t       len;
    const char  *host, *end, *port;

    host = text;
    port = NULL;

    if (text[0] == '[') {
        host = text + 1;
        end = strchr(host, ']');

        if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
            goto bad;
        }

        port = end[1] == ':' ? end + 2 : NULL;

    } else {
        end = strchr(text, ':');

        if (end == NULL || strchr(end + 1, ':') != NULL) {
            end = text + strlen(text);

        } else {
            port = end + 1;
        }
    }

    len = (size_t) (end - host);

    if (len == 0 || len >= sizeof(op->host)) {
        goto bad;
    }

    if (!cl_options_port(op, port != NULL ? port : CL_PORT)) {
        goto bad;
    }

    memcpy(op->host, host, len);
    op->host[len] = '\0';

    return CL_OK;

bad:

    return cl_fail(CL_USAGE, "\"%s\" is no relay: HOST, HOST:PORT or "
                   "[IPV6]:PORT is needed", text);
}


static cl_exit_t
cl_options_profile(cl_options_t *op)
{
    size_t       i;
    const char  *name;

    static const struct {
        const char        *name;
        wzp_profile_id_t   id;
    }  profiles[] = {
        { "64k", WZP_PROFILE_STUDIO_64K },
        { "48k", WZP_PROFILE_STUDIO_48K },
        { "32k", WZP_PROFILE_STUDIO_32K },
        { "24k", WZP_PROFILE_GOOD },
        { "16k", WZP_PROFILE_OPUS16K },
        { "6k", WZP_PROFILE_DEGRADED },
        { "codec2_3200", WZP_PROFILE_CODEC2_3200 },
        { "codec2_1200", WZP_PROFILE_CATASTROPHIC },
        { "codec2-3200", WZP_PROFILE_CODEC2_3200 },
        { "codec2-1200", WZP_PROFILE_CATASTROPHIC },
    };

    name = op->profile_name;

    if (name == NULL) {
        return CL_OK;
    }

    if (strncasecmp(name, "opus", 4) == 0) {
        name += 4;
    }

    for (i = 0; i < WZP_ARRAY_LEN(profiles); i++) {
        if (strcasecmp(name, profiles[i].name) == 0) {
            op->profile = profiles[i].id;
            return CL_OK;
        }
    }

    return cl_fail(CL_USAGE, "--profile %s: unknown, there are 64k 48k 32k "
                   "24k 16k 6k Codec2_3200 Codec2_1200",
                   op->profile_name);
}


static cl_exit_t
cl_options_redundancy(cl_options_t *op)
{
    char    *end;
    double   kbps;

    if (op->budget_text != NULL) {
        kbps = strtod(op->budget_text, &end);

        if (end == op->budget_text || *end != '\0'
            || !(kbps >= CL_BUDGET_MIN && kbps <= CL_BUDGET_MAX))
        {
            return cl_fail(CL_USAGE, "--budget %s: kbit/s are needed, %d to "
                           "%d", op->budget_text, CL_BUDGET_MIN,
                           CL_BUDGET_MAX);
        }

        op->budget_bps = (uint32_t) (kbps * 1000);
    }

    if (op->redundancy_text != NULL
        && !wzp_plan_mode_by_name(op->redundancy_text, &op->redundancy))
    {
        return cl_fail(CL_USAGE, "--redundancy %s: unknown, there are auto "
                       "off inband dred copies", op->redundancy_text);
    }

    return CL_OK;
}


/* Modes that dial nobody. */

static bool
cl_options_local(const cl_options_t *op)
{
    return op->mode == CL_MODE_WHOAMI || op->mode == CL_MODE_CONTACTS
           || op->mode == CL_MODE_ADD || op->mode == CL_MODE_REMOVE
           || op->mode == CL_MODE_CONFIG || op->mode == CL_MODE_SWEEP
           || op->mode == CL_MODE_BENCH || op->mode == CL_MODE_DEVICES
           || op->mode == CL_MODE_FEATHER || op->mode == CL_MODE_REPLAY;
}


/* Tests that are a call. */

static bool
cl_options_trial(const cl_options_t *op)
{
    return op->mode == CL_MODE_ECHO || op->mode == CL_MODE_DRIFT;
}


static cl_exit_t
cl_options_tests(const cl_options_t *op)
{
    if (cl_options_trial(op)
        && (op->tone || op->send_file != NULL || op->live || op->ptt
            || op->duration_s >= 0))
    {
        return cl_fail(CL_USAGE, "--%s: what is sent, and for how long, is a "
                       "matter of the test", op->mode_name);
    }

    return CL_OK;
}


static cl_exit_t
cl_options_alias(const cl_options_t *op)
{
    char  alias[WZP_ALIAS_MAX + 1];

    return op->alias == NULL
           || wzp_alias_clean(alias, op->alias, strlen(op->alias)) > 0
           ? CL_OK
           : cl_fail(CL_USAGE, "--alias: nothing of this name can be shown");
}


static cl_exit_t
cl_options_config(const cl_options_t *op)
{
    return !op->as_words || !op->as_hex
           ? CL_OK
           : cl_fail(CL_USAGE, "--words and --hex exclude each other");
}


/* Who only watches sends nothing and plays nothing, and goes by a name that
 * says so. */

static cl_exit_t
cl_options_analyze(cl_options_t *op)
{
    if (op->mode != CL_MODE_ANALYZE) {
        return CL_OK;
    }

    if (op->tone || op->send_file != NULL || op->record != NULL
        || op->report != NULL || cl_options_given(op, "live") != NULL
        || cl_options_given(op, "ptt") != NULL)
    {
        return cl_fail(CL_USAGE, "--analyze sends nothing and plays nothing");
    }

    if (cl_options_given(op, "room") != NULL) {
        return cl_fail(CL_USAGE, "--analyze names the room, --room is not "
                       "needed");
    }

    if (cl_options_given(op, "alias") == NULL) {
        op->alias = "analyzer";
    }

    op->live = false;
    op->ptt = false;
    op->room = op->who;

    return CL_OK;
}


/* What is said about calls belongs to calls. */

static cl_exit_t
cl_options_calls(const cl_options_t *op)
{
    if (op->reject && (op->has_accept || op->nfrom > 0)) {
        return cl_fail(CL_USAGE, "--reject excludes --accept and "
                       "--accept-from");
    }

    if (op->ring_s < 1 || op->ring_s > 3600) {
        return cl_fail(CL_USAGE, "--ring-timeout: 1 to 3600 seconds are "
                       "possible");
    }

    return CL_OK;
}


cl_exit_t
cl_options_check(cl_options_t *op)
{
    cl_exit_t  rc;

    if (op->host[0] == '\0' && !cl_options_local(op)) {
        return cl_fail(CL_USAGE, "which relay? usage: wzp-client [options] "
                       "HOST[:PORT], see --help (\"config set relay HOST\" "
                       "makes one the default)");
    }

    if (op->four && op->six) {
        return cl_fail(CL_USAGE, "-4 and -6 exclude each other");
    }

    op->family = op->four ? AF_INET : op->six ? AF_INET6 : AF_UNSPEC;

    if ((op->seed != NULL) + (op->mnemonic[0] != '\0')
        + (op->identity != NULL) > 1)
    {
        return cl_fail(CL_USAGE, "only one of --seed, --mnemonic and "
                       "--identity can be given");
    }

    if (op->tone + (op->send_file != NULL) + op->live > 1) {
        return cl_fail(CL_USAGE, "--live, --send-tone and --send-file exclude "
                       "each other");
    }

    if (op->fingerprint_text != NULL) {
        if (wzp_cert_fp_parse(op->fingerprint, op->fingerprint_text,
                              strlen(op->fingerprint_text)) != WZP_OK)
        {
            return cl_fail(CL_USAGE, "--fingerprint: 64 hex digits are "
                           "needed, with or without colons");
        }

        op->has_fingerprint = true;
    }

    rc = cl_options_calls(op);

    if (rc == CL_OK) {
        rc = cl_options_profile(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_redundancy(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_alias(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_playout(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_config(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_tests(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_analyze(op);
    }

    if (rc == CL_OK) {
        rc = cl_options_use(op);
    }

    if (rc != CL_OK) {
        return rc;
    }

    return op->mode == CL_MODE_CALL || op->mode == CL_MODE_ANALYZE
           || cl_options_trial(op)
           ? cl_options_room(op) : CL_OK;
}


/* PROTOCOL 12.4. */

static bool
cl_options_advised(const char *name, size_t len)
{
    size_t  i;
    bool    other;

    other = false;

    for (i = 0; i < len; i++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz-_0123456789", name[i])
            == NULL)
        {
            return false;
        }

        other |= name[i] < '0' || name[i] > '9';
    }

    return other && len <= 63 && name[0] != '-' && name[len - 1] != '-';
}


static cl_exit_t
cl_options_room_hash(cl_options_t *op)
{
    char    name[256];
    size_t  i, len;

    len = strlen(op->room);

    if (len == 0 || len >= sizeof(name)) {
        return cl_fail(CL_USAGE, "--room: a name has 1 to 255 bytes");
    }

    /* The plain name would arrive in lower case, and both are one room. */

    for (i = 0; i < len; i++) {
        name[i] = op->room[i];

        if (name[i] >= 'A' && name[i] <= 'Z') {
            name[i] = (char) (name[i] - 'A' + 'a');
        }
    }

    if (!cl_options_advised(name, len)) {
        cl_warn("room \"%s\": not everybody can join a room of this name by "
                "its plain name", op->room);
    }

    wzp_room_hash(op->sni, name, len);

    return CL_OK;
}


static cl_exit_t
cl_options_room(cl_options_t *op)
{
    size_t     len;
    wzp_sni_t  sni;

    if (op->hash_room) {
        return cl_options_room_hash(op);
    }

    len = strlen(op->room);

    if (len == 0 || wzp_sni_parse(&sni, op->room, len) != WZP_OK) {
        return cl_fail(CL_USAGE, "room \"%s\" cannot be joined: a name "
                       "consists of letters, digits, \"-\", \"_\" and dots, no "
                       "part begins or ends with \"-\" or is over 63 long, "
                       "and the last part is not a number (--hash-room has "
                       "no such limits)", op->room);
    }

    if (sni.role == WZP_SNI_PING || sni.role == WZP_SNI_VERSION) {
        return cl_fail(CL_USAGE, "\"%s\" is no room: that name is for --ping "
                       "and --version-check", sni.name);
    }

    if (sni.role != WZP_SNI_ROOM) {
        cl_warn("room \"%s\": this name is reserved, the relay will refuse "
                "it", sni.name);

    } else if (!cl_options_advised(sni.name, sni.len)) {
        cl_warn("room \"%s\": letters, digits, \"-\" and \"_\" are safe "
                "everywhere, not all of this name is", sni.name);
    }

    memcpy(op->sni, sni.name, sni.len + 1);

    return CL_OK;
}
