/*
 * Metrics that only the hub knows.
 */

#ifndef _NGX_WZP_ASK_METRICS_H_INCLUDED_
#define _NGX_WZP_ASK_METRICS_H_INCLUDED_


#include "core/ngx_wzp_hub.h"
#include "core/ngx_wzp_text.h"


/* Samples in any order, without HELP and TYPE. */
void ngx_wzp_ask_metrics(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub);


#endif /* _NGX_WZP_ASK_METRICS_H_INCLUDED_ */
