/*
 * Server names: what parses is a name whose lower-case form parses to the
 * same, and rooms alone have keys.
 */

#include "wzp/wzp_sni.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char        hash[WZP_ROOM_HASH_LEN + 1];
    uint8_t     key[WZP_ROOM_KEY_SIZE], zero[WZP_ROOM_KEY_SIZE];
    wzp_sni_t   sni, back;

    if (wzp_sni_parse(&sni, (const char *) data, size) != WZP_OK) {
        return 0;
    }

    fuzz_check(sni.len > 0 && sni.len <= WZP_SNI_MAX);
    fuzz_check(strlen(sni.name) == sni.len);
    fuzz_check(strspn(sni.name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")
               == sni.len);
    fuzz_check((sni.name[0] == '_') == (sni.role >= WZP_SNI_PROBE
                                        && sni.role != WZP_SNI_CALL));

    fuzz_check(wzp_sni_parse(&back, sni.name, sni.len) == WZP_OK);
    fuzz_check(memcmp(&sni, &back, sizeof(sni)) == 0);

    memset(zero, 0, sizeof(zero));

    if (sni.role != WZP_SNI_ROOM && sni.role != WZP_SNI_CALL) {
        fuzz_check(memcmp(sni.key, zero, sizeof(zero)) == 0 && !sni.hashed);
        return 0;
    }

    wzp_room_key(key, sni.name, sni.len);
    fuzz_check(memcmp(key, sni.key, sizeof(key)) == 0);

    if (!sni.hashed) {
        wzp_room_hash(hash, sni.name, sni.len);
        wzp_room_key(key, hash, WZP_ROOM_HASH_LEN);
        fuzz_check(memcmp(key, sni.key, sizeof(key)) == 0);
    }

    return 0;
}
