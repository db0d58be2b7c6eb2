/*
 * index_service.h - a service of the catalog, used by the indexer
 *
 * The functions of lib/tools that send requests to services ask for a request and
 * a call, whose budget, breaker and credential they take.  A service is one with
 * nobody behind it: it is stopped by index_interrupted.
 */
#ifndef SP_BIN_INDEX_SERVICE_H
#define SP_BIN_INDEX_SERVICE_H

#include "base/settings.h"
#include "tools/embedding.h"

#define INDEX_EMBEDDING	"codesearch-embedding"	/* the source whose member `embedding` says how */

struct index_service;

/*
 * The source of this name.  False: *why, made in why_mem; there is none, it is at
 * fault, or the database cannot be reached.
 */
SP_MUST_USE bool index_service_open(const struct sp_settings *settings, const char *name, struct index_service **out,
    struct sp_arena *why_mem, const char **why);
void index_service_close(struct index_service *service);	/* NULL is fine */

const struct sp_http_source *index_service_source(const struct index_service *service);

/* Before each request: frees what the ones before have left.  Gives the memory of the next. */
struct sp_arena *index_service_begin(struct index_service *service);

/* For one request, of at most so many milliseconds with all its repetitions. */
struct sp_http_send index_service_send(struct index_service *service, int64_t timeout_ms);

#endif
