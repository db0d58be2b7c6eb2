/*
 * resolve.h - the addresses of a host, all of them judged
 */
#ifndef SP_NET_RESOLVE_H
#define SP_NET_RESOLVE_H

#include "net/http.h"

struct sp_resolve {
	const char *host, *port;	/* a name or an address (IPv6 without brackets); a number */
	const char *allow;		/* ranges beyond the guard */
	int64_t timeout_ms;
	bool (*gone)(void *arg);	/* NULL: nobody leaves */
	void *arg;
};

/*
 * SP_HTTP_ANSWER: *entry is "address,address", as CURLOPT_RESOLVE takes it.
 * SP_HTTP_REFUSED when one of the addresses is closed, even beside open ones.
 */
SP_MUST_USE enum sp_http_result sp_resolve(struct sp_arena *mem, const struct sp_resolve *resolve,
    const char **entry, const char **why);

#endif
