/*
 * Texts of drop reasons.
 */

#include "wzp/wzp_drop.h"


static const char *const  wzp_drop_labels[] = {
#define WZP_DROP_X(name, label, text)  label,
#include "wzp/wzp_drop_x.h"
#undef WZP_DROP_X
};


static const char *const  wzp_drop_texts[] = {
#define WZP_DROP_X(name, label, text)  text,
#include "wzp/wzp_drop_x.h"
#undef WZP_DROP_X
};


const char *
wzp_drop_label(unsigned reason)
{
    return reason < WZP_DROP_N ? wzp_drop_labels[reason] : NULL;
}


const char *
wzp_drop_text(unsigned reason)
{
    return reason < WZP_DROP_N ? wzp_drop_texts[reason] : NULL;
}
