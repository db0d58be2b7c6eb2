/*
 * http_spec.h - the spec of a tool of kind "http", read
 */
#ifndef SP_TOOLS_HTTP_SPEC_H
#define SP_TOOLS_HTTP_SPEC_H

#include "tools/defaults.h"
#include "tools/http_answer.h"
#include "tools/http_parts.h"
#include "tools/http_source.h"
#include "tools/text_match.h"

struct sp_http_let {
	const char *name;
	struct sp_pattern from;
	const struct sp_text_match *match;
	const char *error;		/* for the model, when it does not match */
};

struct sp_http_resolve {
	const char *as;
	struct sp_pattern value;	/* has_value */
	bool has_value;
	const struct sp_text_match *unless;	/* NULL: always looked up */
	const struct sp_http_parts *parts;
	const struct sp_path *items, *take;
	const char **match_name;
	struct sp_pattern *match_value;
	size_t match_count;
	const char *missing;
};

struct sp_http_read {
	const struct sp_http_parts *parts;
	const struct sp_path *select;
	bool overlay;
};

struct sp_http_case {
	int64_t *status;		/* one of these */
	size_t status_count;
	const struct sp_path **where;	/* and all of these have their text */
	struct sp_str *text;
	size_t where_count;
	const struct sp_json_pattern *result;
	bool is_error;
};

struct sp_http_spec;

struct sp_http_named {
	const char *name;
	const struct sp_http_spec *spec;
};

struct sp_http_spec {
	const struct sp_http_source *source;
	const struct sp_http_parts *parts;
	const struct sp_answer_shape *shape;
	bool has_shape;			/* the answer has to be JSON */
	const struct sp_http_let *let;
	size_t let_count;
	const struct sp_http_resolve *resolve;
	size_t resolve_count;
	const struct sp_http_read *read;	/* NULL: none */
	const struct sp_http_case *cases;
	size_t case_count;
	const int64_t *success;
	size_t success_count;		/* 0: 200 to 299 */
	int64_t retries;
	const char *answer;		/* the SQL function that answers are given to, quoted; NULL: none */
	/* of a tool with several requests, each read like one of its own; all above but the source is theirs */
	const struct sp_http_named *requests;
	size_t request_count;		/* 0: it is one itself */
	const char *choose;		/* the argument that names one */
	const char *begin;		/* or the SQL function that does, quoted */
	bool has_with;			/* it is one of several, and may use {with/...} */
	const char **used;		/* names in its blanks, some of them several times */
	size_t used_count;
	struct sp_defaults defaults;	/* of the input schema */
};

SP_MUST_USE bool sp_http_spec_load(struct sp_arena *mem, struct json_object *json, const struct sp_http_spec **out,
    const char **why);

/*
 * Makes it fit the rest of its tool: it has the defaults of the input schema, and
 * its blanks are arguments (of a schema that allows no others), bound ones, or
 * variables.  False: *why.
 */
SP_MUST_USE bool sp_http_spec_fit(struct sp_arena *mem, const struct sp_http_spec *spec, struct json_object *input,
    struct json_object *options, const struct sp_http_spec **out, const char **why);

#endif
