/* openapi_private.h - what the files of the OpenAPI import share */
#ifndef SP_TOOLS_OPENAPI_PRIVATE_H
#define SP_TOOLS_OPENAPI_PRIVATE_H

#include "tools/openapi.h"

#define SP_OPENAPI_MAX_OPERATIONS	10000
#define SP_OPENAPI_MAX_ARGUMENTS	300	/* of one operation; no model fills in more */
#define SP_OPENAPI_MAX_HOPS		16	/* references to references, and allOf within allOf */

/* openapi_rules.c */
struct sp_openapi_rules {
	struct sp_str name, server, group;	/* of the document of the rules */
	struct sp_str source, prefix, scope_prefix;
	struct json_object *include, *exclude, *names, *bind, *defaults, *overrides;	/* may be NULL */
	bool read_only, deprecated, output, security_scopes;
	int64_t max_input, max_output, max_description;
};

SP_MUST_USE bool sp_openapi_rules_read(struct sp_arena *mem, struct json_object *json,
    struct sp_openapi_rules *out, const char **why);

struct sp_openapi_operation {
	const char *method;		/* upper case */
	const char *path;		/* of the description */
	const char *id;			/* "GET /path" */
	struct sp_str operation_id;	/* absent: none */
	struct json_object *item, *json;	/* Path Item Object, Operation Object */
	const char *tool_name;
};

bool sp_openapi_rules_include(const struct sp_openapi_rules *rules, const struct sp_openapi_operation *op);
/* What `table` has for the operation, by its operationId or by "GET /path"; NULL: nothing. */
struct json_object *sp_openapi_rules_for(struct json_object *table, const struct sp_openapi_operation *op);
/* scope-token of RFC 6749 section 3.3 */
bool sp_openapi_is_scope(struct sp_str text);
/* "*" stands for anything but "/", "**" for anything. */
bool sp_openapi_matches(const char *pattern, const char *text);

/* One import. */
struct sp_openapi_job {
	struct sp_arena *mem;
	struct sp_arena *scratch;	/* of the operation at hand */
	struct json_object *description;
	struct sp_openapi_rules rules;
	struct json_object *remarks;
	const struct sp_openapi_operation *operation;	/* at hand; NULL: none */
	const char *why;		/* it cannot be a tool because ... */
	int64_t work;			/* steps that are left for the whole description */
	int64_t operation_work;		/* and for the operation at hand */
};

/* A remark on the operation at hand, or on all. */
void sp_openapi_remark(struct sp_openapi_job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets job->why unless it is set; returns false. */
bool sp_openapi_fail(struct sp_openapi_job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes one step; false: there are none left (job->why). */
bool sp_openapi_step(struct sp_openapi_job *job);
/* What a local reference ("#/components/...") leads to; NULL: nothing (job->why). */
struct json_object *sp_openapi_pointer(struct sp_openapi_job *job, struct sp_str ref);
/* The object itself, or what its "$ref" leads to; NULL with job->why. */
struct json_object *sp_openapi_deref(struct sp_openapi_job *job, struct json_object *json);
/* A text for a model: cut at a word, control characters but line breaks are spaces. */
struct sp_str sp_openapi_prose(struct sp_arena *mem, struct sp_str text, size_t max);

/* openapi_name.c: fills in tool_name.  False: *why. */
SP_MUST_USE bool sp_openapi_names(struct sp_openapi_job *job, struct sp_openapi_operation *op, size_t count,
    const char **why);
/* A name of an argument or a definition: letters, digits, "_" and "-", at most 64. */
const char *sp_openapi_fit(struct sp_arena *mem, struct sp_str name);

/* ---- openapi_schema.c ---- */

enum sp_openapi_detail {
	SP_OPENAPI_FULL,
	SP_OPENAPI_LEAN,		/* without descriptions and examples of what lies deeper */
};

/*
 * Schemas of one tool that share definitions.  Life: init, count() of every
 * schema that will be written, then write() of each, then definitions().
 */
struct sp_openapi_schemas {
	struct sp_openapi_job *job;
	bool input;			/* readOnly members are dropped; else writeOnly ones, and what would refuse an answer */
	enum sp_openapi_detail detail;
	struct json_object *index;	/* reference -> number in component[] */
	struct sp_openapi_component *component;
	size_t count, room;
	struct json_object *names;	/* of definitions -> true */
	size_t bytes, max_bytes;	/* that will be written at the least; that may be */
	bool too_large;			/* why job->why is set */
};

void sp_openapi_schemas_init(struct sp_openapi_schemas *s, struct sp_openapi_job *job, bool input,
    enum sp_openapi_detail detail, size_t max_bytes);
void sp_openapi_schemas_release(struct sp_openapi_schemas *s);
SP_MUST_USE bool sp_openapi_schemas_count(struct sp_openapi_schemas *s, struct json_object *schema);
/*
 * The schema in words of 2020-12, the caller's; NULL with job->why.  in_place: it
 * is no "$ref" itself, whatever it is written as.
 */
struct json_object *sp_openapi_schemas_write(struct sp_openapi_schemas *s, struct json_object *schema, bool in_place);
/* Adds "$defs" when there are any. */
SP_MUST_USE bool sp_openapi_schemas_definitions(struct sp_openapi_schemas *s, struct json_object *to);
/* Whether a member of this schema is left out: readOnly of a request, writeOnly of an answer. */
bool sp_openapi_is_hidden(struct sp_openapi_job *job, struct json_object *schema, bool input);

/* ---- openapi_keyword.c: all of it the caller's; NULL: there is nothing of use in the value ---- */

bool sp_openapi_is_true(struct json_object *json, const char *name);
/* Whether the text of it is at most so long. */
bool sp_openapi_is_shorter(struct json_object *json, size_t bytes);
/* An array of different strings. */
struct json_object *sp_openapi_names_of(struct json_object *value);
/* The same of "required", without members that are hidden. */
struct json_object *sp_openapi_required(struct sp_openapi_job *job, struct json_object *value,
    struct json_object *properties, bool input);
struct json_object *sp_openapi_types(struct json_object *value);
struct json_object *sp_openapi_examples(struct json_object *value);
/* Whether our validator understands it, as any of ECMA-262 does. */
bool sp_openapi_is_pattern(struct sp_openapi_job *job, struct json_object *text);
/* Whether it is a format that there is; a strict client refuses others. */
bool sp_openapi_is_format(struct json_object *value);
/* What OpenAPI says in words of its own: exclusive limits of 3.0, "example", "discriminator". */
void sp_openapi_other_words(struct sp_openapi_job *job, struct json_object *out, struct json_object *schema,
    bool examples);
/* Makes null fit the schema, and gives what that has become. */
struct json_object *sp_openapi_nullable(struct json_object *schema);

/* ---- openapi_request.c ---- */

enum sp_openapi_in { SP_IN_PATH, SP_IN_QUERY, SP_IN_HEADER, SP_IN_COOKIE, SP_IN_BODY };

struct sp_openapi_argument {
	enum sp_openapi_in in;
	const char *wire;		/* its name in the request; of a whole body NULL */
	const char *name;		/* of the argument */
	struct json_object *schema;	/* as in the description */
	struct sp_str description;
	bool required, deprecated;
	struct sp_str style;		/* as in the description or its default */
	bool explode;
	bool json;			/* sent as JSON text (Parameter Object, "content") */
	bool segments;			/* of a path: it may have several */
	/* of a body of bytes or of parts */
	bool base64;			/* bytes, which the argument has in base64 */
	struct sp_str type;		/* media type of the part; absent: none of its own */
	const char *file;		/* it is the name of the file that this member is; NULL: it is not */
};

struct sp_openapi_request {
	struct sp_openapi_argument *item;
	size_t count;
	struct sp_str media_type;	/* of the body; absent: there is none */
	bool body_required;
};

SP_MUST_USE bool sp_openapi_request_read(struct sp_openapi_job *job, struct sp_openapi_request *out);

/* ---- openapi_bytes.c ---- */

/* Media types whose body is sent as it is; whether that is text, and no bytes. */
bool sp_openapi_is_raw(struct sp_str type);
bool sp_openapi_is_text(struct sp_str type);
/* A member of a body of parts: one that is bytes becomes an argument in base64.  False: job->why. */
SP_MUST_USE bool sp_openapi_file(struct sp_openapi_job *job, struct sp_openapi_argument *arg);
/* The argument that is the name of such a file. */
void sp_openapi_filename(struct sp_openapi_job *job, const struct sp_openapi_argument *file, struct sp_openapi_argument *out);
/* The media type of a part that the description names: Encoding Object, "contentType". */
void sp_openapi_encoding_type(struct json_object *encoding, struct sp_openapi_argument *arg);
/* The argument that is a whole raw body. */
void sp_openapi_whole(struct sp_openapi_job *job, struct sp_str type, struct sp_str said, struct sp_openapi_argument *out);
/* What raw, or a part of multipart, is in the document of the tool; the caller's. */
struct json_object *sp_openapi_write_bytes(struct sp_openapi_job *job, const struct sp_openapi_request *request,
    const struct sp_openapi_argument *arg);

/* openapi_http.c: the member "http" of the tool's document, the caller's; NULL with job->why. */
struct json_object *sp_openapi_http(struct sp_openapi_job *job, const struct sp_openapi_request *request,
    struct sp_str source);
/* Whether a parameter can be sent like this; else *why is a static text. */
bool sp_openapi_http_can(const struct sp_openapi_argument *argument, const char **why);
bool sp_openapi_http_can_body(struct sp_str media_type);

/* openapi_tool.c: the document of the operation at hand, the caller's; NULL with job->why. */
struct json_object *sp_openapi_tool(struct sp_openapi_job *job, struct sp_str source, size_t *bytes);

#endif
