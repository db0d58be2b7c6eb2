/*
 * http.h - one outgoing HTTP request
 *
 * Over libcurl, for all who send any.  https (http only where asked), TLS 1.2 or
 * newer with verification, no redirects (they are answers), no proxy, no
 * cookies, no content codings.  All addresses of the host are resolved once and
 * must pass the guard (guard.h); the connection goes to one of those, and its
 * socket is judged again.  Bytes and time have a ceiling.
 *
 * Connections are kept by this process for requests of the same `pool`, ranges
 * and certificates, and for nobody else.
 */
#ifndef SP_NET_HTTP_H
#define SP_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

#define SP_HTTP_GONE_MS		250	/* gone() is asked at least so often */
#define SP_HTTP_FIELDS_MAX	64	/* header fields of an answer that are kept; more end it */

struct sp_http_field {
	const char *name;
	struct sp_str value;
};

struct sp_http_answer {
	int status;
	struct sp_str content_type;	/* lower case, without parameters; absent if none */
	struct sp_http_field fields[SP_HTTP_FIELDS_MAX];
	size_t field_count;
	struct sp_str body;		/* empty when the pieces were taken by piece() */
};

struct sp_http {
	const char *url;		/* http or https, without user and password; sent as it is */
	const char *method;		/* NULL: GET */
	const struct sp_http_field *fields;	/* Content-Type of the body among them */
	size_t field_count;
	struct sp_str body;		/* absent: none; empty: Content-Length: 0 */
	const char *allow;		/* CIDR ranges beyond the guard; NULL: none */
	const char *ca_file;		/* certificates trusted instead of the system's; NULL or "": the system's */
	bool http;			/* plain http is fine, too */
	/*
	 * The request may reach the server twice: a kept connection that turns out
	 * to be dead is then replaced silently.  Without it the connection is new
	 * (RFC 9110 section 9.2.2).
	 */
	bool repeatable;
	const char *pool;		/* whose connections are used again (a source and its credential); NULL: none are kept */
	size_t max_bytes;		/* of the body */
	int64_t timeout_ms;		/* of all: resolving, connecting, the answer */
	int64_t idle_ms;		/* without a byte of the answer; 0: timeout_ms alone */
	/* Asked on this thread at least every SP_HTTP_GONE_MS: true ends it.  May be NULL. */
	bool (*gone)(void *arg);
	/*
	 * Takes the body as it comes, with status and header fields complete in
	 * *answer; false ends the request.  NULL: it is collected in answer->body.
	 */
	bool (*piece)(void *arg, const struct sp_http_answer *answer, struct sp_str bytes);
	void *arg;			/* of both */
};

enum sp_http_result {
	SP_HTTP_ANSWER,		/* a whole one, of any status */
	SP_HTTP_REFUSED,	/* by us: the URL, the address, the certificate: nothing was sent */
	SP_HTTP_CODED,		/* an answer with a content coding, which is not read; the request may have had its effect */
	SP_HTTP_TOO_LARGE,	/* the answer */
	SP_HTTP_UNREACHABLE,	/* no name, no connection: nothing was sent */
	SP_HTTP_BROKEN,		/* no whole answer; the request may have had its effect */
	SP_HTTP_TIMEOUT,	/* likewise, and nothing more is known */
	SP_HTTP_STOPPED,	/* gone() or piece() said so */
};

/*
 * Unless there is an answer, *why, made in mem, says what happened, without the
 * query of the URL and without header fields.  *out is filled as far as the answer came.
 */
SP_MUST_USE enum sp_http_result sp_http(struct sp_arena *mem, const struct sp_http *http,
    struct sp_http_answer *out, const char **why);

/* Header field by name, any case; the first one; absent when there is none. */
struct sp_str sp_http_field(const struct sp_http_answer *answer, const char *name);

/* Retry-After (RFC 9110 section 10.2.3) in milliseconds from now; -1: not said. */
int64_t sp_http_retry_after(const struct sp_http_answer *answer);

#endif
