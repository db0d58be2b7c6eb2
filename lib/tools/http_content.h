/*
 * http_content.h - the answer of a service as the result of a tool
 */
#ifndef SP_TOOLS_HTTP_CONTENT_H
#define SP_TOOLS_HTTP_CONTENT_H

#include "tools/http_spec.h"
#include "tools/run.h"

/*
 * The body as JSON: *out is NULL when it is none, or when the shape wants text.
 * False: it had to be JSON (or XML), and is not; *why.
 */
SP_MUST_USE bool sp_http_body(struct sp_arena *mem, const struct sp_http_spec *spec, const struct sp_http_answer *answer,
    struct json_object **out, const char **why);

/* What a good answer gives; json is what sp_http_body() gave.  url: without its query. */
void sp_http_content(const struct sp_tool_call *call, const struct sp_http_answer *answer, struct json_object *json,
    struct sp_tool_result *out);

/* JSON as a result: what is no object becomes {"result": ...}. */
void sp_http_json(const struct sp_tool_call *call, struct sp_str json, struct sp_tool_result *out);

#endif
