/*
 * Texts of close reasons.
 */

#include "wzp/wzp_close.h"


typedef struct {
    uint64_t     code;
    const char  *token;
    const char  *phrase;
} wzp_close_info_t;


static const wzp_close_info_t  wzp_close_table[] = {
#define WZP_CLOSE_X(name, code, token, phrase)  { code, token, phrase },
#include "wzp/wzp_close_x.h"
#undef WZP_CLOSE_X
};


static const wzp_close_info_t *
wzp_close_find(uint64_t code)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(wzp_close_table); i++) {
        if (wzp_close_table[i].code == code) {
            return &wzp_close_table[i];
        }
    }

    return NULL;
}


const char *
wzp_close_token(uint64_t code)
{
    const wzp_close_info_t  *info;

    info = wzp_close_find(code);

    return info == NULL ? NULL : info->token;
}


const char *
wzp_close_phrase(uint64_t code)
{
    const wzp_close_info_t  *info;

    info = wzp_close_find(code);

    return info == NULL ? NULL : info->phrase;
}
