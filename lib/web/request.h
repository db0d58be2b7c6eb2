/*
 * request.h - what a handler sees: one request, parsed once, and its answer
 *
 * The gate has already refused (before a handler runs): paths that are not in
 * normal form, repeated single-valued headers, control bytes, bodies over the
 * limit or cut short, methods we do not know.  Everything here lives in
 * req->mem and dies with the request.
 */
#ifndef SP_WEB_REQUEST_H
#define SP_WEB_REQUEST_H

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/settings.h"
#include "db/db.h"
#include "web/problem.h"

struct sp_parked;
struct sp_process;
struct sp_route;
struct sp_stream;
struct sp_templates;
struct sp_transport;

struct sp_header {
	struct sp_str name, value;
};

struct sp_request {
	struct sp_arena *mem;
	struct sp_db db;			/* a connection is borrowed at first use */
	struct sp_process *process;
	const struct sp_settings *settings;	/* the process's, as they were when the request came */
	const struct sp_route *route;

	const char *method;			/* "GET", ... */
	struct sp_str path;			/* raw, from REQUEST_URI, cut at "?", without the issuer's path */
	struct sp_str query;			/* raw, without "?"; absent when there was none */
	struct sp_str body;			/* whole */
	int64_t content_length;			/* as stated; -1 when it was not */
	struct sp_str content_type;		/* media type in lower case, without parameters */
	struct sp_str address;			/* the client's, after trusted proxies */
	const char *id;				/* request id: ours, 22 characters */
	const char *trace_id;			/* of the trace that it is part of, for the log; NULL: none is known */
	int64_t started_us;			/* sp_monotonic_us() */
	bool is_cgi;

	enum sp_problem problem;		/* set by sp_fail() */
	const char *detail;			/* for the log and, where safe, error_description */
	int64_t retry_after;			/* seconds, with 429 and 503 */

	struct sp_response *response;		/* response.h */
	struct sp_stream *stream;		/* stream.h; NULL: the answer is of one piece */

	/* what the functions below read; made by gate.c */
	struct sp_header *headers;		/* names in lower case with dashes */
	size_t header_count;
	struct sp_str context;			/* sp_request_context(), made at first use */

	/* what the functions of stream.h use; NULL where nothing is connected (unit tests) */
	struct sp_transport *transport;
	struct sp_db_watch db_watch;
	bool client_gone;
	bool replied;				/* by sp_reply_now() */
	bool has_place;				/* for a parked stream */
};

/* Header by name, any case; absent slice when it was not sent. */
struct sp_str sp_request_header(const struct sp_request *req, const char *name);
/* All headers that start with a prefix (any case), e.g. "Mcp-Param-": returns the count. */
size_t sp_request_headers(const struct sp_request *req, const char *prefix, struct sp_header **out);
/* The path behind the route's "*"; absent for routes without one. */
struct sp_str sp_request_rest(const struct sp_request *req);

/*
 * Records why the request fails and returns false.  The detail is ours (no
 * secrets, no input beyond names); the first failure of a request wins.
 */
bool sp_fail(struct sp_request *req, enum sp_problem problem, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same after a database failure: 503 or 500 by sp_db_unavailable(). */
bool sp_fail_db(struct sp_request *req);

/*
 * Who asks, for audit rows, as JSON: {"request_id","address","user_agent","program"}.
 * Made once per request.
 */
struct sp_str sp_request_context(struct sp_request *req);

/* Whether the body is said to be of this media type, in UTF-8 or without a charset. */
bool sp_request_content_is(const struct sp_request *req, const char *media_type);
/* Strict JSON of a body whose Content-Type is application/json; an object is required. */
SP_MUST_USE bool sp_request_json(struct sp_request *req, enum sp_problem otherwise,
    struct json_object **out);

#endif
