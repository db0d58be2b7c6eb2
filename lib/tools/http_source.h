/*
 * http_source.h - an HTTP service that tools use
 *
 *	kind: source
 *	name: orders
 *	type: http
 *	url: https://api.example.com/v1
 *	credential: orders
 *	headers: {Accept: application/json}
 *	allow: [10.1.0.0/16]
 *	http: true
 *	timeout: 10s
 *	max_bytes: 4MiB
 *	retries: 2
 *	breaker: {failures: 5, pause: 60s}
 *	budget: {rate: 100/min, concurrent: 5, queue: 10, wait: 2s}
 *	embedding: {model: text-embedding-3-small}	its texts may become vectors there: embedding.h
 *	search_index: {name: codebase}			it is Azure AI Search, whose index sallyport-index may fill
 *
 * Addresses that are not public are reached only if both `allow` and the setting
 * source_allow have them, and plain http only if the setting source_http is on:
 * who writes documents does not decide alone what a host may reach.
 */
#ifndef SP_TOOLS_HTTP_SOURCE_H
#define SP_TOOLS_HTTP_SOURCE_H

#include "tools/breaker.h"
#include "tools/credential.h"
#include "tools/quota.h"

struct sp_embedding;

/* The member `search_index`. */
struct sp_search_index {
	const char *name;
	const char *api_version;
};

struct sp_http_source {
	const char *name;		/* of the row; of one that stands in a tool its URL */
	const char *url;		/* without a slash at its end */
	const struct sp_credential *credential;	/* NULL: none */
	const struct sp_http_field *fields;
	size_t field_count;
	const char *allow;		/* ranges, as sp_guard_permits() takes them */
	bool http;
	int64_t timeout_ms;		/* of one request; 0: what is left of the call's */
	int64_t max_bytes;		/* of an answer */
	int64_t retries;		/* of requests that are idempotent */
	struct sp_breaker breaker;
	struct sp_rate rate;		/* window_seconds 0: none */
	int64_t concurrent;		/* 0: any number */
	const struct sp_embedding *embedding;	/* NULL: nobody has allowed that texts are sent to it */
	const struct sp_search_index *search_index;	/* NULL: likewise */
	int64_t queue;			/* so many calls wait while others run, of all processes; 0: none */
	int64_t wait_ms;		/* at most */
};

/* An object (or the text of a URL).  False: *why begins with the member. */
SP_MUST_USE bool sp_http_source_load(struct sp_arena *mem, struct json_object *json, const struct sp_http_source **out,
    const char **why);

/* The spec of a row as workers see it, with its name and its credential; to be read with sp_http_source_load(). */
SP_MUST_USE enum sp_db_status sp_source_spec(struct sp_db *db, struct sp_arena *mem, struct sp_str name, struct sp_str *out);

/* The ranges of a catalog's list that the operator has opened, too. */
const char *sp_source_allow(struct sp_request *req, const char *allow);

#endif
