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
 *	budget: {rate: 100/min, concurrent: 5}
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
};

/* An object (or the text of a URL).  False: *why begins with the member. */
SP_MUST_USE bool sp_http_source_load(struct sp_arena *mem, struct json_object *json, const struct sp_http_source **out,
    const char **why);

/* The ranges of a catalog's list that the operator has opened, too. */
const char *sp_source_allow(struct sp_request *req, const char *allow);

#endif
