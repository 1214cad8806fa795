/*
 * Close and drop reasons: codes that peers rely on, texts, no doubles.
 */

#include "wzp/wzp_close.h"
#include "wzp/wzp_drop.h"
#include "tap.h"


static const struct {
    uint64_t     code;
    const char  *token;
} closes[] = {
    { 0x00, "normal" },
    { 0x01, "internal" },
    { 0x02, "protocol" },
    { 0x03, "timeout" },
    { 0x10, "auth" },
    { 0x11, "binding" },
    { 0x12, "forbidden" },
    { 0x13, "access" },
    { 0x14, "stranger" },
    { 0x20, "room_name" },
    { 0x21, "reserved" },
    { 0x30, "room_full" },
    { 0x31, "too_many" },
    { 0x32, "rooms_full" },
    { 0x40, "replaced" },
    { 0x41, "going_away" },
    { 0x50, "no_datagram" },
};


static bool
is_token(const char *s)
{
    return s != NULL && *s != '\0'
           && strspn(s, "abcdefghijklmnopqrstuvwxyz_") == strlen(s);
}


static void
test_close(void)
{
    size_t       i;
    unsigned     known;
    uint64_t     code;
    const char  *phrase;

    for (i = 0; i < WZP_ARRAY_LEN(closes); i++) {
        is_str(wzp_close_token(closes[i].code), closes[i].token,
               "code 0x%02x is \"%s\"", (unsigned) closes[i].code,
               closes[i].token);

        phrase = wzp_close_phrase(closes[i].code);
        ok(phrase != NULL && strlen(phrase) > 5 && strlen(phrase) < 64,
           "its phrase fits one packet");
    }

    known = 0;

    for (code = 0; code <= WZP_CLOSE_MAX; code++) {
        if (wzp_close_token(code) != NULL) {
            known++;
        }
    }

    is_u64(known, WZP_ARRAY_LEN(closes), "no code but these");
    ok(wzp_close_token(UINT64_MAX) == NULL
       && wzp_close_phrase(0x100) == NULL, "a foreign code has no text");

    is_u64(WZP_CLOSE_ROOM_FULL, 0x30, "enum value is the code");
    is_u64(WZP_CLOSE_NO_DATAGRAM, 0x50, "enum value is the code");
}


static void
test_drop(void)
{
    unsigned  i, j, same;

    same = 0;

    for (i = 0; i < WZP_DROP_N; i++) {
        ok(is_token(wzp_drop_label(i)) && wzp_drop_text(i) != NULL,
           "drop reason %u: %s", i, wzp_drop_label(i));

        for (j = 0; j < i; j++) {
            same += strcmp(wzp_drop_label(i), wzp_drop_label(j)) == 0;
        }
    }

    is_u64(same, 0, "labels differ");
    is_str(wzp_drop_label(WZP_DROP_MALFORMED), "malformed", "first label");
    is_str(wzp_drop_label(WZP_DROP_CLOSED), "closed", "last label");
    ok(wzp_drop_label(WZP_DROP_N) == NULL && wzp_drop_text(WZP_DROP_N) == NULL,
       "out of range");
}


int
main(void)
{
    test_close();
    test_drop();

    return done_testing();
}
