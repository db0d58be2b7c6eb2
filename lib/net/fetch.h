/*
 * fetch.h - one outgoing GET to an address that a stranger may have chosen
 *
 * Over libcurl: https (http only where asked), no redirects, no proxy, no
 * cookies, no content codings, TLS 1.2 or newer with verification, a ceiling
 * of bytes and of time over all.  All addresses of the name are resolved once
 * and must pass the guard; the connection goes to one of those, and its socket
 * is judged again.
 */
#ifndef SP_NET_FETCH_H
#define SP_NET_FETCH_H

#include "base/arena.h"
#include "base/buf.h"

struct sp_fetch {
	const char *url;
	const char *accept;
	const char *if_none_match;	/* NULL: unconditional */
	const char *allow;		/* CIDR ranges beyond the guard, or "" */
	const char *ca_file;		/* certificates trusted instead of the system's; NULL or "": the system's */
	bool http;			/* plain http is fine, too */
	size_t max_bytes;
	int64_t timeout_ms;		/* of all: resolving, connecting, the answer */
};

struct sp_fetched {
	int status;
	struct sp_str content_type;	/* lower case, without parameters; absent if none */
	struct sp_str etag;		/* absent if none */
	int64_t max_age;		/* of Cache-Control; 0 for no-store or no-cache, -1 if not said */
	struct sp_str body;
};

enum sp_fetch_result {
	SP_FETCH_ANSWER,	/* of any status */
	SP_FETCH_REFUSED,	/* by us: the address, the certificate, the size, a content coding */
	SP_FETCH_UNREACHABLE,	/* no name, no connection, no answer in time: perhaps later */
};

/* Unless there is an answer, *out is untouched and *why, made in mem, says what happened. */
SP_MUST_USE enum sp_fetch_result sp_fetch(struct sp_arena *mem, const struct sp_fetch *fetch,
    struct sp_fetched *out, const char **why);

#endif
