/*
 * redirect_uri.h - which redirect URIs may be registered, and when one matches
 *
 * Matching is exact string comparison (OAuth 2.1 section 4.1.1), with one
 * exception: a registered http URI whose host is the literal 127.0.0.1, [::1]
 * or localhost matches any port of the same literal (RFC 8252 section 7.3).
 */
#ifndef SP_OAUTH_REDIRECT_URI_H
#define SP_OAUTH_REDIRECT_URI_H

#include "base/arena.h"

enum sp_redirect_kind {
	SP_REDIRECT_HTTPS,
	SP_REDIRECT_LOOPBACK,		/* http on a loopback literal: anybody on that machine can listen */
	SP_REDIRECT_PRIVATE_SCHEME,	/* com.example.app:/..., cursor://... */
};

struct sp_redirect_uri {
	enum sp_redirect_kind kind;
	struct sp_str scheme, host, port, path, query;	/* as written; absent where there is none */
};

/*
 * Parses and judges: absolute, no fragment, no userinfo, no control bytes,
 * spaces, backslashes or bytes over 0x7e, no `.`/`..` segments, no "*"; an
 * address as a host in its usual form only (no 127.1, no [0:0::1]); at most 2,048 bytes; http only for loopback literals; dangerous schemes (javascript,
 * data, vbscript, file, blob, about, mailto, ms-... ...) refused.  *why is static.
 */
SP_MUST_USE bool sp_redirect_uri_parse(struct sp_str uri, struct sp_redirect_uri *out, const char **why);

/*
 * A host that ends in a number is an address, however it is written: 127.1,
 * 0x7f000001, 2130706433 (URL Standard, "ends in a number").
 */
bool sp_host_ends_in_number(struct sp_str host);

/* Both must be parseable; the presented one is what the authorization request carries. */
bool sp_redirect_uri_matches(struct sp_str registered, struct sp_str presented);

/* What a person is shown and what a remembered consent is bound to: host, or "scheme:" for private schemes. */
struct sp_str sp_redirect_uri_host(struct sp_arena *mem, const struct sp_redirect_uri *uri);

/*
 * For Content-Security-Policy form-action: "https://host[:port]",
 * "http://127.0.0.1:port" or "scheme:" (also for [::1], which it cannot name).
 */
struct sp_str sp_redirect_uri_origin(struct sp_arena *mem, const struct sp_redirect_uri *uri);

#endif
