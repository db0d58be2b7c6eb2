/*
 * http_pool.h - handles of libcurl with the connections that they keep
 *
 * libcurl's own sharing of connections between threads is documented as unsafe.
 * So each handle has connections of its own, and a thread owns the handle that
 * it has taken.
 */
#ifndef SP_NET_HTTP_POOL_H
#define SP_NET_HTTP_POOL_H

#include <curl/curl.h>
#include "base/arena.h"

#define SP_HTTP_POOL_MAX	32	/* idle handles of a process, whoever they belong to */
#define SP_HTTP_POOL_IDLE_MS	60000	/* after which nobody takes one again */

struct sp_http_handle {
	CURLM *multi;			/* holds the connections */
	CURL *easy;
	char *key;			/* NULL: for one request only */
	/* addresses that were judged under this key, and until when they are not asked for again */
	char *origin, *addresses;
	int64_t addresses_until;
	/* the pool's own */
	struct sp_http_handle *next;
	int64_t idle_since;
};

/* Never NULL.  key NULL: a new one. */
struct sp_http_handle *sp_http_handle_take(const char *key);
/* keep false: its connections are in a state that nobody knows, and are closed. */
void sp_http_handle_give(struct sp_http_handle *handle, bool keep);
/* Keeps the addresses of an origin ("host:port") for the life of a short DNS record. */
void sp_http_handle_addresses(struct sp_http_handle *handle, const char *origin, const char *addresses);

#endif
