/*
 * headers.h - what request headers repeat of the body (2026-07-28, Streamable
 * HTTP, "Request Metadata")
 *
 * Things on the way route and judge by these headers, so that one which says
 * something else than the body is an attack or a fault: -32020.
 */
#ifndef SP_MCP_HEADERS_H
#define SP_MCP_HEADERS_H

#include "base/json.h"

/*
 * Whether an Accept header (absent: anything) takes both kinds of answer that
 * MCP has, application/json and text/event-stream; wildcards do (RFC 9110
 * section 12.5.1).
 */
bool sp_mcp_accept_is_good(struct sp_str accept);

/* Whether it takes an event stream: of a GET. */
bool sp_mcp_accept_takes_events(struct sp_str accept);

/*
 * A value as it was meant: "=?base64?...?=" is decoded, anything else stands for
 * itself.  False for broken Base64, for what does not decode to UTF-8, and for
 * bytes that a field value cannot have.
 */
SP_MUST_USE bool sp_mcp_header_decode(struct sp_arena *mem, struct sp_str value, struct sp_str *out);

/* Whether a header of this value stands for this text. */
bool sp_mcp_header_is(struct sp_arena *mem, struct sp_str value, struct sp_str text);

/*
 * Whether an Mcp-Param header (absent when it was not sent) fits an argument
 * (NULL when it was not given or is null).  The header may be in Base64 whatever
 * the type of the argument; integers are compared as numbers.
 * An argument that is not a primitive value has no header form: only the
 * absence of a header fits it.
 */
bool sp_mcp_param_fits(struct sp_arena *mem, struct sp_str header, struct json_object *argument);

#endif
