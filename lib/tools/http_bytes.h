/*
 * http_bytes.h - bodies that are neither JSON nor a plain form: bytes, and parts
 *
 *	raw: {value: "{picture}", base64: true, type: "{type|=image/png}"}
 *
 *	multipart:
 *	  title: "{title}"
 *	  tags: "{tags}"		an array: a part for each item
 *	  about: "{about}"		an object: JSON
 *	  file: {value: "{data}", base64: true, filename: "{name}", type: text/csv}
 *
 * With base64 the value is RFC 4648 section 4, and its bytes are sent.  Parts are
 * those of multipart/form-data (RFC 7578), between a boundary that nobody can
 * guess, so that no value can begin a part of its own; names and file names are
 * escaped as browsers do, a type is a media type and nothing else.  A part whose
 * value is not there, or null, is left out; without any there is no body.  Files
 * come last.
 */
#ifndef SP_TOOLS_HTTP_BYTES_H
#define SP_TOOLS_HTTP_BYTES_H

#include "tools/blanks.h"

struct sp_http_bytes;

/* `json` is the member raw or, with is_multipart, multipart.  False: *why begins with what is in it. */
SP_MUST_USE bool sp_http_bytes_load(struct sp_arena *mem, struct json_object *json, bool is_multipart,
    const struct sp_http_bytes **out, const char **why);

/* Appends the body to *b.  SP_FILLED_ABSENT: there is none.  *content_type is that of the request. */
SP_MUST_USE enum sp_filled sp_http_bytes_write(struct sp_arena *mem, const struct sp_http_bytes *bytes,
    const struct sp_given *given, struct sp_buf *b, struct sp_str *content_type, const char **why);

#endif
