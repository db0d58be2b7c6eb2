/*
 * router.h - a table of routes
 *
 * Paths are compared as exact strings with the raw request path; a path that
 * ends in a slash and a star matches anything below it, the longest match wins.
 * A known path with another method is 405 with Allow; HEAD is GET without the
 * body; OPTIONS is answered here.  `cors` opens a route to browsers of any
 * origin, without credentials.
 */
#ifndef SP_WEB_ROUTER_H
#define SP_WEB_ROUTER_H

#include "web/request.h"

typedef bool sp_handler(struct sp_request *req);

struct sp_route {
	const char *method;		/* NULL ends the table */
	const char *path;
	sp_handler *handler;
	bool cors;
	/* How failures of the gate and of the handler are told here; NULL: sp_reply_oauth_error. */
	sp_handler *on_error;
};

/*
 * Whether a browser page that sent this Origin may call us: true without the
 * header, for the issuer's own origin, and for those in allowed_origins.
 */
bool sp_origin_allowed(const struct sp_request *req);

/* Whether an Origin is the issuer's own. */
bool sp_origin_is_ours(const struct sp_request *req, struct sp_str origin);

/* Finds the route and runs it; whatever happens, the request has an answer afterwards. */
void sp_route_request(struct sp_request *req, const struct sp_route *routes);

#endif
