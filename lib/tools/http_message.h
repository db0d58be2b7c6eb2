/*
 * http_message.h - a request that is being put together for an HTTP service
 */
#ifndef SP_TOOLS_HTTP_MESSAGE_H
#define SP_TOOLS_HTTP_MESSAGE_H

#include "net/http.h"

#define SP_MESSAGE_FIELDS	64
#define SP_MESSAGE_URL_MAX	((size_t)16 * 1024)
#define SP_MESSAGE_FIELD_MAX	((size_t)8 * 1024)	/* bytes of a value */

struct sp_http_message {
	const char *method;
	const char *url;
	struct sp_http_field fields[SP_MESSAGE_FIELDS];
	size_t field_count;
	struct sp_str body;		/* absent: none */
};

/* Adds a field, or replaces the one of this name (any case).  False: too many, or a value with control characters. */
SP_MUST_USE bool sp_message_set(struct sp_http_message *m, const char *name, struct sp_str value);
bool sp_message_has(const struct sp_http_message *m, const char *name);

#endif
