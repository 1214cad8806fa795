/*
 * The front door: the CORE module and the process hooks.
 */

#include "core/ngx_wzp_conf.h"
#include "core/ngx_wzp_worker.h"


static void *ngx_wzp_create_conf(ngx_cycle_t *cycle);
static ngx_int_t ngx_wzp_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_wzp_init_process(ngx_cycle_t *cycle);
static void ngx_wzp_exit_process(ngx_cycle_t *cycle);


/* There, if nginx has loaded or was built with its stream module. */
extern ngx_module_t  ngx_stream_core_module __attribute__((weak));


static ngx_core_module_t  ngx_wzp_module_ctx = {
    ngx_string("wzp"),
    ngx_wzp_create_conf,
    ngx_wzp_init_main_conf
};


ngx_module_t  ngx_wzp_module = {
    NGX_MODULE_V1,
    &ngx_wzp_module_ctx,                   /* module context */
    NULL,                                  /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_wzp_init_module,                   /* init module */
    ngx_wzp_init_process,                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_wzp_exit_process,                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_wzp_create_conf(ngx_cycle_t *cycle)
{
    if (&ngx_stream_core_module == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "the wzp module needs nginx's stream module: put "
                      "\"load_module modules/ngx_stream_module.so;\" in "
                      "front of its own load_module line");
        return NULL;
    }

    return ngx_wzp_create_main_conf(cycle);
}


static ngx_int_t
ngx_wzp_init_module(ngx_cycle_t *cycle)
{
    return ngx_wzp_conf_commit(cycle);
}


static ngx_int_t
ngx_wzp_init_process(ngx_cycle_t *cycle)
{
    ngx_wzp_main_conf_t  *wmcf;

    wmcf = (ngx_wzp_main_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                                ngx_wzp_module);

    if (wmcf->zone == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    return ngx_wzp_worker_init(cycle, wmcf->zone, wmcf->stream);
}


static void
ngx_wzp_exit_process(ngx_cycle_t *cycle)
{
    ngx_wzp_worker_exit(cycle);
}
