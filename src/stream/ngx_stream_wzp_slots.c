/*
 * Slots of directives that are about rooms and limits.
 */

#include "stream/ngx_stream_wzp.h"
#include "stream/ngx_stream_wzp_slots.h"

#include "core/ngx_wzp_event_log.h"


static ngx_int_t ngx_stream_wzp_allow(ngx_conf_t *cf,
    ngx_wzp_room_conf_t *rf, ngx_str_t *value);


void *
ngx_stream_wzp_push(ngx_conf_t *cf, ngx_array_t **a, size_t size)
{
    void  *p;

    if (*a == NULL) {
        *a = ngx_array_create(cf->pool, 4, size);
        if (*a == NULL) {
            return NULL;
        }
    }

    p = ngx_array_push(*a);

    if (p != NULL) {
        ngx_memzero(p, size);
    }

    return p;
}


ngx_int_t
ngx_stream_wzp_room_name(ngx_conf_t *cf, ngx_str_t *name, wzp_sni_t *sni)
{
    /* those who name no room are in "default" */

    if (name->len == 0
        || wzp_sni_parse(sni, (char *) name->data, name->len) != WZP_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid room name \"%V\": letters, digits, "
                           "\"-\", \"_\" and dots make one, with no \"-\" at "
                           "either end and not digits alone", name);
        return NGX_ERROR;
    }

    if (sni->role != WZP_SNI_ROOM) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "room name \"%V\" is reserved", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_stream_wzp_room(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    wzp_sni_t                   sni;
    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_wzp_room_conf_t        *rf;

    value = cf->args->elts;

    if (ngx_stream_wzp_room_name(cf, &value[1], &sni) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rf = wscf->rooms != NULL ? wscf->rooms->elts : NULL;

    for (i = 0; rf != NULL && i < wscf->rooms->nelts; i++) {
        if (ngx_memcmp(rf[i].key, sni.key, WZP_ROOM_KEY_SIZE) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate room \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    rf = ngx_stream_wzp_push(cf, &wscf->rooms, sizeof(ngx_wzp_room_conf_t));
    if (rf == NULL) {
        return NGX_CONF_ERROR;
    }

    rf->name = value[1];
    ngx_memcpy(rf->key, sni.key, WZP_ROOM_KEY_SIZE);

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_stream_wzp_allow(cf, rf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_stream_wzp_allow(ngx_conf_t *cf, ngx_wzp_room_conf_t *rf,
    ngx_str_t *value)
{
    uint8_t  *fp;

    if (ngx_strncmp(value->data, "allow=", 6) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"", value);
        return NGX_ERROR;
    }

    fp = ngx_stream_wzp_push(cf, &rf->allow, WZP_FP_SIZE);
    if (fp == NULL) {
        return NGX_ERROR;
    }

    if (wzp_fp_parse(fp, (char *) value->data + 6, value->len - 6)
        != WZP_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid fingerprint in \"%V\": want 32 hex "
                           "digits, as \"wzp-client --whoami\" prints yours",
                           value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A number, or "off" for no limit. */
char *
ngx_stream_wzp_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t  *limit;

    limit = (ngx_uint_t *) ((u_char *) conf + cmd->offset);

    if (*limit != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        *limit = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n == 0 || n > 1000000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be a number from 1 to 1000000, or \"off\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    *limit = (ngx_uint_t) n;

    return NGX_CONF_OK;
}


/* A profile by the name of its codec. */
char *
ngx_stream_wzp_profile(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_str_t                  *value;
    wzp_codec_t                 codec;
    ngx_uint_t                  i;

    if (wscf->profile != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    codec = wzp_codec_by_name((char *) value[1].data, value[1].len);

    for (i = 0; i < WZP_PROFILE_N; i++) {
        if (wzp_profile((wzp_profile_id_t) i)->codec == codec) {
            wscf->profile = i;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid profile \"%V\", it must be one of Opus64k, "
                       "Opus48k, Opus32k, Opus24k, Opus16k, Opus6k, "
                       "Codec2_3200, Codec2_1200", &value[1]);

    return NGX_CONF_ERROR;
}


/* A room, or "*". */
char *
ngx_stream_wzp_debug_tap(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    wzp_sni_t                   sni;
    ngx_str_t                  *value;
    ngx_uint_t                  i, any;
    ngx_wzp_tap_conf_t         *tf;

    value = cf->args->elts;
    any = (ngx_strcmp(value[1].data, "*") == 0);

    ngx_memzero(&sni, sizeof(sni));

    if (value[1].len == 0
        || (!any && wzp_sni_parse(&sni, (char *) value[1].data, value[1].len)
                    != WZP_OK))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid room name \"%V\": want a room as clients "
                           "name it, its hash, or \"*\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (sni.role != WZP_SNI_ROOM && sni.role != WZP_SNI_CALL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "room name \"%V\" is reserved", &value[1]);
        return NGX_CONF_ERROR;
    }

    tf = wscf->taps != NULL ? wscf->taps->elts : NULL;

    for (i = 0; tf != NULL && i < wscf->taps->nelts; i++) {
        if (tf[i].name.len == value[1].len
            && ngx_memcmp(tf[i].name.data, value[1].data, value[1].len) == 0)
        {
            return "is duplicate";
        }
    }

    tf = ngx_stream_wzp_push(cf, &wscf->taps, sizeof(ngx_wzp_tap_conf_t));
    if (tf == NULL) {
        return NGX_CONF_ERROR;
    }

    tf->name = value[1];
    ngx_memcpy(tf->key, sni.key, WZP_ROOM_KEY_SIZE);
    wzp_room_key(tf->cased, (char *) value[1].data, value[1].len);

    return NGX_CONF_OK;
}


/* A file, or "off". */
char *
ngx_stream_wzp_event_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_str_t                  *value;

    if (wscf->event_log != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        wscf->event_log = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has no name of a file";
    }

    wscf->event_log = ngx_wzp_event_log_open(cf, &value[1]);

    if (wscf->event_log == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "could not use \"%V\" as event log: there is no "
                           "memory, or it is another log already", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* A time from a second to an hour, or "off". */
char *
ngx_stream_wzp_interval(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t    ms;
    ngx_str_t   *value;
    ngx_msec_t  *interval;

    interval = (ngx_msec_t *) ((u_char *) conf + cmd->offset);

    if (*interval != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        *interval = 0;
        return NGX_CONF_OK;
    }

    ms = ngx_parse_time(&value[1], 0);

    if (ms == NGX_ERROR || ms < 1000 || ms > 3600000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be a time from 1s to 1h, or \"off\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    *interval = (ngx_msec_t) ms;

    return NGX_CONF_OK;
}


char *
ngx_stream_wzp_check_msec(ngx_conf_t *cf, void *post, void *data)
{
    ngx_stream_wzp_msec_bounds_t  *bounds = post;
    ngx_msec_t                    *value = data;

    if (*value < bounds->min || *value > bounds->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "value must be between %Mms and %Mms",
                           bounds->min, bounds->max);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
