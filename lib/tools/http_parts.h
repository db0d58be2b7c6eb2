/*
 * http_parts.h - the parts of a request as a document describes them
 *
 *	method: GET
 *	path: /jobs/{id}
 *	query: {page: "{page}", tags: {value: "{tags}", style: form, explode: true}}
 *	headers: {X-Trace: "{trace}"}
 *	body: {title: "{title}"}	JSON; or form: {Action: Send}, or raw and
 *					multipart as in http_bytes.h
 *
 * A value is encoded for the part it is put in, and can never become another
 * part: in a path it is one segment (several with {+name}) and not "." or "..",
 * also for servers that decode "%2F" or take "\" for "/" before they look,
 * in a query one value (RFC 3986, all but unreserved escaped), in a header field
 * it has no control character, in a body it is a JSON value.  Styles are those of
 * OpenAPI's parameters: form, spaceDelimited, pipeDelimited, deepObject; and json.
 */
#ifndef SP_TOOLS_HTTP_PARTS_H
#define SP_TOOLS_HTTP_PARTS_H

#include "tools/http_message.h"
#include "tools/blanks.h"

/* The names of the members of a document that sp_http_parts_load() reads. */
#define SP_HTTP_PARTS "method path query headers body form raw multipart content_type omit_empty_body"

struct sp_http_parts;

/* False: *why begins with the member. */
SP_MUST_USE bool sp_http_parts_load(struct sp_arena *mem, struct json_object *spec, const struct sp_http_parts **out,
    const char **why);

/* GET, HEAD, PUT, DELETE, OPTIONS: RFC 9110 section 9.2.2. */
bool sp_http_parts_idempotent(const struct sp_http_parts *parts);
const char *sp_http_parts_method(const struct sp_http_parts *parts);

/*
 * Makes method, URL, fields and body of *m, whose fields there are already stay
 * unless the parts have them, too.  `base` is the URL of the service, without a
 * slash at its end.  `overlay` (or NULL) is an object whose members the body has
 * besides its own.  False: *why is for a model.
 */
SP_MUST_USE bool sp_http_parts_build(struct sp_arena *mem, const struct sp_http_parts *parts, const char *base,
    const struct sp_given *given, struct json_object *overlay, struct sp_http_message *m, const char **why);

/* Whether the name is of a header field that documents may set: not one that frames or routes the message, or has a secret. */
bool sp_http_field_is_free(const char *name);

#endif
