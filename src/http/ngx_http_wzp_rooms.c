/*
 * Rooms, their members, and whether the relay is well.
 */

#include "http/ngx_http_wzp_rooms.h"

#include "core/ngx_wzp_conn.h"
#include "core/ngx_wzp_dir_view.h"
#include "core/ngx_wzp_fed.h"


#define NGX_HTTP_WZP_STEP   64          /* rooms copied at a time            */


/* A room in the list. */
typedef struct {
    char      name[WZP_ROOM_HASH_LEN * 2 + 1];
    uint8_t   key[WZP_ROOM_KEY_SIZE];
    uint32_t  members;
    uint32_t  remotes;
    uint32_t  workers;
} ngx_http_wzp_room_t;


static int ngx_libc_cdecl ngx_http_wzp_by_name(const void *one,
    const void *two);
static uint32_t ngx_http_wzp_find_room(ngx_wzp_relay_conf_t *conf,
    ngx_str_t *name, uint8_t *key, uint32_t *epoch);
static ngx_int_t ngx_http_wzp_people(ngx_http_request_t *r,
    ngx_wzp_json_t *js, uint32_t room, uint32_t epoch);
static void ngx_http_wzp_person(ngx_wzp_json_t *js, const uint8_t *fp,
    const char *alias, const char *label, ngx_uint_t stream_id,
    ngx_uint_t muted, ngx_uint_t held);


ngx_int_t
ngx_http_wzp_rooms(ngx_http_request_t *r, ngx_wzp_relay_conf_t *conf)
{
    uint32_t              i, n, next;
    ngx_int_t             rc;
    ngx_array_t           rooms;
    ngx_wzp_json_t        js;
    ngx_wzp_text_t        tx;
    ngx_http_wzp_room_t  *room;
    ngx_wzp_zone_room_t  *list;

    list = ngx_palloc(r->pool, NGX_HTTP_WZP_STEP * sizeof(*list));

    if (list == NULL
        || ngx_array_init(&rooms, r->pool, NGX_HTTP_WZP_STEP, sizeof(*room))
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    next = 0;

    while ((n = ngx_wzp_dir_view_rooms(ngx_wzp_worker->zone, conf->id, &next,
                                       list, NGX_HTTP_WZP_STEP))
           != 0)
    {
        room = ngx_array_push_n(&rooms, n);
        if (room == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        for (i = 0; i < n; i++) {
            ngx_memcpy(room[i].name, list[i].name, sizeof(room[i].name));
            ngx_memcpy(room[i].key, list[i].key, WZP_ROOM_KEY_SIZE);
            room[i].members = list[i].count;
            room[i].remotes = list[i].nremotes;
            room[i].workers = (uint32_t) __builtin_popcountll(list[i].workers);
        }
    }

    room = rooms.elts;
    ngx_qsort(room, rooms.nelts, sizeof(*room), ngx_http_wzp_by_name);

    ngx_memzero(&tx, sizeof(tx));

    ngx_wzp_json_init(&js, &tx);
    ngx_wzp_json_open(&js, NULL, '[');

    for (i = 0; i < rooms.nelts; i++) {
        ngx_wzp_json_open(&js, NULL, '{');
        ngx_wzp_json_bool(&js, "global",
                          ngx_wzp_fed_is_global(conf, room[i].key));
        ngx_wzp_json_num(&js, "members", room[i].members);
        ngx_wzp_json_cstr(&js, "name", room[i].name);
        ngx_wzp_json_num(&js, "remote_members", room[i].remotes);
        ngx_wzp_json_num(&js, "workers", room[i].workers);
        ngx_wzp_json_close(&js, '}');
    }

    ngx_wzp_json_close(&js, ']');

    rc = ngx_http_wzp_send(r, NGX_HTTP_OK, "application/json", &tx);

    ngx_wzp_text_done(&tx);

    return rc;
}


static int ngx_libc_cdecl
ngx_http_wzp_by_name(const void *one, const void *two)
{
    const ngx_http_wzp_room_t  *a = one;
    const ngx_http_wzp_room_t  *b = two;

    return strcmp(a->name, b->name);
}


ngx_int_t
ngx_http_wzp_room(ngx_http_request_t *r, ngx_wzp_relay_conf_t *conf,
    ngx_str_t *name)
{
    char             hash[2 * WZP_ROOM_KEY_SIZE + 1];
    uint8_t          key[WZP_ROOM_KEY_SIZE];
    uint32_t         room, epoch;
    ngx_int_t        rc;
    ngx_wzp_json_t   js;
    ngx_wzp_text_t   tx;

    room = ngx_http_wzp_find_room(conf, name, key, &epoch);

    if (room == NGX_WZP_NONE) {
        return ngx_http_wzp_send_error(r, NGX_HTTP_NOT_FOUND,
                                       "nobody is in such a room");
    }

    wzp_hex(hash, key, sizeof(key));

    ngx_memzero(&tx, sizeof(tx));

    ngx_wzp_json_init(&js, &tx);
    ngx_wzp_json_open(&js, NULL, '{');
    ngx_wzp_json_bool(&js, "global", ngx_wzp_fed_is_global(conf, key));
    ngx_wzp_json_cstr(&js, "hash", hash);
    ngx_wzp_json_str(&js, "name", name->data, name->len);

    ngx_wzp_json_open(&js, "participants", '[');
    rc = ngx_http_wzp_people(r, &js, room, epoch);
    ngx_wzp_json_close(&js, ']');

    ngx_wzp_json_close(&js, '}');

    if (rc == NGX_OK) {
        rc = ngx_http_wzp_send(r, NGX_HTTP_OK, "application/json", &tx);
    }

    ngx_wzp_text_done(&tx);

    return rc;
}


/* A name as it is configured, or as a server name: without capitals. */
static uint32_t
ngx_http_wzp_find_room(ngx_wzp_relay_conf_t *conf, ngx_str_t *name,
    uint8_t *key, uint32_t *epoch)
{
    uint32_t         room;
    wzp_sni_t        sni;
    ngx_wzp_zone_t  *zn;

    zn = ngx_wzp_worker->zone;

    if (name->len == 0 || name->len > WZP_SNI_MAX
        || wzp_sni_parse(&sni, (char *) name->data, name->len) != WZP_OK)
    {
        return NGX_WZP_NONE;
    }

    wzp_room_key(key, (char *) name->data, name->len);
    room = ngx_wzp_dir_lookup(zn, conf->id, key, epoch);

    if (room == NGX_WZP_NONE) {
        ngx_memcpy(key, sni.key, WZP_ROOM_KEY_SIZE);
        room = ngx_wzp_dir_lookup(zn, conf->id, key, epoch);
    }

    return room;
}


static ngx_int_t
ngx_http_wzp_people(ngx_http_request_t *r, ngx_wzp_json_t *js, uint32_t room,
    uint32_t epoch)
{
    uint32_t                i, n, count, version;
    ngx_wzp_zone_t         *zn;
    ngx_wzp_zone_member_t  *zm;
    ngx_wzp_zone_remote_t  *ze;

    zn = ngx_wzp_worker->zone;
    count = NGX_HTTP_WZP_STEP;

    do {                        /* it may have grown meanwhile */
        n = count;
        zm = ngx_palloc(r->pool, n * sizeof(*zm));

        if (zm == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        count = ngx_wzp_dir_list(zn, room, epoch, zm, n, &version);
    } while (count > n);

    for (i = 0; i < count; i++) {
        ngx_http_wzp_person(js, zm[i].fp, zm[i].alias, NULL, zm[i].stream_id,
                            zm[i].muted, zm[i].held);
    }

    count = NGX_HTTP_WZP_STEP;

    do {
        n = count;
        ze = ngx_palloc(r->pool, n * sizeof(*ze));

        if (ze == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        count = ngx_wzp_dir_list_remotes(zn, room, epoch, ze, n);
    } while (count > n);

    for (i = 0; i < count; i++) {
        ngx_http_wzp_person(js, ze[i].fp, ze[i].alias, ze[i].label,
                            ze[i].stream_id, ze[i].muted, ze[i].held);
    }

    return NGX_OK;
}


static void
ngx_http_wzp_person(ngx_wzp_json_t *js, const uint8_t *fp, const char *alias,
    const char *label, ngx_uint_t stream_id, ngx_uint_t muted,
    ngx_uint_t held)
{
    char  text[WZP_FP_TEXT_LEN + 1];

    wzp_fp_text(text, fp);

    ngx_wzp_json_open(js, NULL, '{');
    ngx_wzp_json_cstr(js, "alias", alias);
    ngx_wzp_json_cstr(js, "fingerprint", text);
    ngx_wzp_json_bool(js, "held", held);
    ngx_wzp_json_bool(js, "muted", muted);

    if (label != NULL) {
        ngx_wzp_json_cstr(js, "relay_label", label);

    } else {
        ngx_wzp_json_null(js, "relay_label");
    }

    ngx_wzp_json_num(js, "stream_id", stream_id);
    ngx_wzp_json_close(js, '}');
}


ngx_int_t
ngx_http_wzp_health(ngx_http_request_t *r, ngx_wzp_relay_conf_t *conf)
{
    ngx_int_t           rc;
    ngx_uint_t          reading, closing;
    ngx_wzp_text_t      tx;
    ngx_wzp_zone_t     *zn;
    ngx_wzp_json_t      js;
    ngx_wzp_dir_use_t   use;

    zn = ngx_wzp_worker->zone;

    reading = ngx_wzp_dir_view_workers(zn, &closing);
    ngx_wzp_dir_view_use(zn, &use);

    ngx_memzero(&tx, sizeof(tx));

    ngx_wzp_json_init(&js, &tx);
    ngx_wzp_json_open(&js, NULL, '{');
    ngx_wzp_json_num(&js, "generation", zn->hdr->generation);
    ngx_wzp_json_bool(&js, "hub", ngx_wzp_zone_lives(zn, conf->zone->hub));
    ngx_wzp_json_num(&js, "leaving_workers", closing);
    ngx_wzp_json_str(&js, "relay", conf->name.data, conf->name.len);
    ngx_wzp_json_num(&js, "rooms", conf->zone->rooms);
    ngx_wzp_json_num(&js, "sessions", conf->zone->sessions);
    ngx_wzp_json_cstr(&js, "status", reading != 0 ? "ok" : "down");
    ngx_wzp_json_cstr(&js, "version", NGX_WZP_BUILD);
    ngx_wzp_json_num(&js, "workers", reading);

    ngx_wzp_json_open(&js, "zone", '{');
    ngx_wzp_json_num(&js, "max_members", use.max_members);
    ngx_wzp_json_num(&js, "max_remote_members", use.max_remotes);
    ngx_wzp_json_num(&js, "max_rooms", use.max_rooms);
    ngx_wzp_json_num(&js, "members", use.members);
    ngx_wzp_json_num(&js, "remote_members", use.remotes);
    ngx_wzp_json_num(&js, "rings", use.rings);
    ngx_wzp_json_num(&js, "rooms", use.rooms);
    ngx_wzp_json_num(&js, "size", zn->size);
    ngx_wzp_json_close(&js, '}');

    ngx_wzp_json_close(&js, '}');

    rc = ngx_http_wzp_send(r, reading != 0 ? NGX_HTTP_OK
                                           : NGX_HTTP_SERVICE_UNAVAILABLE,
                           "application/json", &tx);

    ngx_wzp_text_done(&tx);

    return rc;
}
