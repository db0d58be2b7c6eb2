/*
 * gate.h - from the web server's variables to a struct sp_request
 *
 * Used by serve.c, the tests and the fuzz targets.  The variables are read once
 * and copied; nothing is looked up in them later.  A refusal is recorded with
 * sp_fail(), and what was understood so far stays in the request, so that the
 * answer can take the form its route wants.
 */
#ifndef SP_WEB_GATE_H
#define SP_WEB_GATE_H

#include <sys/types.h>
#include "web/request.h"

/* More than any browser, SDK and web server send together; the rest is an attack or a mistake. */
#define SP_GATE_MAX_PARAMS	256
#define SP_GATE_MAX_PARAM	(64 * 1024)	/* bytes of one "NAME=value" */
#define SP_GATE_MAX_TOTAL	(128 * 1024)	/* bytes of all */
#define SP_GATE_MAX_PATH	2048

/* Reads "NAME=value" strings (NULL ends them) into req, which has mem and settings. */
bool sp_gate_params(struct sp_request *req, char *const *params);

/*
 * Gives up to `room` bytes of the body: their count, 0 at its end, -1 when it
 * was cut off (errno EAGAIN or ETIMEDOUT: the sender was too slow).
 */
typedef ssize_t sp_body_read(void *arg, char *into, size_t room);

/*
 * Reads the body into req->body, or, after a failure, only away: an answer that
 * overtakes its request's body is lost on several web servers.  *ended says
 * whether the end was seen, so that the connection can be used again.
 */
bool sp_gate_body(struct sp_request *req, sp_body_read *read, void *arg, bool *ended);

/* The client's address: `peer` unless it is a trusted proxy (a list of CIDR ranges). */
struct sp_str sp_client_address(struct sp_str peer, struct sp_str x_forwarded_for,
    const char *trusted_proxies);
/* Whether an address is in a space-separated list of CIDR ranges. */
bool sp_address_in(struct sp_str address, const char *ranges);

#endif
