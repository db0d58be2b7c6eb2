/* sql_tool.c - tools of kind "function": a PostgreSQL function */
#include "tools/sql_tool.h"

#include "tools/sql_call.h"
#include "tools/sql_value.h"

#define STATEMENT_MAX	((size_t)64 * 1024)	/* bytes; 60 arguments with long names are 10 KiB */

/* ---- the spec: sallyport.catalog_call() ---- */

struct argument {
	const char *name;
	struct sp_str before, after;	/* around "$n" */
	enum sp_sql_input input;
	bool optional;
};

struct spec {
	struct sp_str head, tail;
	bool whole;			/* the result is an mcp.result */
	bool takes_name;		/* $1 is the name that was asked for */
	struct argument *arguments;
	size_t count;
};

struct argument_fields {
	struct sp_str name, before, after, input;
	bool optional;
};

static enum sp_sql_input
input_of(struct sp_str name)
{
	static const char *const names[] = { "text", "array", "json", "json array" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sp_str_is(name, names[i]))
			return (enum sp_sql_input)i;
	return SP_SQL_TEXT;
}

static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	static const struct sp_json_field spec_fields[] = {
		{ "head", SP_JSON_STRING, offsetof(struct spec, head), .required = true },
		{ "tail", SP_JSON_STRING, offsetof(struct spec, tail), .required = true },
		{ "whole", SP_JSON_BOOL, offsetof(struct spec, whole) },
		{ "takes_name", SP_JSON_BOOL, offsetof(struct spec, takes_name) },
		{ NULL }
	};
	static const struct sp_json_field fields[] = {
		{ "name", SP_JSON_STRING, offsetof(struct argument_fields, name), .required = true },
		{ "before", SP_JSON_STRING, offsetof(struct argument_fields, before), .required = true },
		{ "after", SP_JSON_STRING, offsetof(struct argument_fields, after), .required = true },
		{ "input", SP_JSON_STRING, offsetof(struct argument_fields, input), .required = true },
		{ "optional", SP_JSON_BOOL, offsetof(struct argument_fields, optional), .required = true },
		{ NULL }
	};
	struct spec *spec = sp_alloc(mem, sizeof(*spec));
	struct json_object *list = sp_json_get(json, "args");

	*why = "its spec is malformed";
	if (!sp_json_read(mem, json, spec_fields, spec, why) || !json_object_is_type(list, json_type_array))
		return false;
	spec->head = sp_str_dup(mem, spec->head);
	spec->tail = sp_str_dup(mem, spec->tail);
	spec->count = json_object_array_length(list);
	spec->arguments = sp_alloc_array(mem, spec->count, sizeof(*spec->arguments));
	for (size_t i = 0; i < spec->count; i++) {
		struct argument_fields f = { 0 };

		if (!sp_json_read(mem, json_object_array_get_idx(list, i), fields, &f, why))
			return false;
		spec->arguments[i] = (struct argument){
			.name = sp_cstr(mem, f.name),
			.before = sp_str_dup(mem, f.before),
			.after = sp_str_dup(mem, f.after),
			.input = input_of(f.input),
			.optional = f.optional,
		};
	}
	*out = spec;
	return true;
}

/* ---- the call ---- */

/* The statement for the arguments that are there, and their parameters. */
static bool
make_statement(const struct sp_tool_call *call, struct json_object *arguments, struct sp_sql_statement *out)
{
	const struct spec *spec = call->tool->spec;
	struct sp_arena *mem = call->req->mem;
	struct sp_param *p = sp_alloc_array(mem, spec->count + 1, sizeof(*p));
	struct json_object *value;
	bool first = true;
	struct sp_buf b;
	int n = 0;

	if (spec->takes_name)
		p[n++] = SP_P_STR(call->name);
	sp_buf_init(&b, mem, STATEMENT_MAX);
	sp_buf_str(&b, spec->head);
	for (size_t i = 0; i < spec->count; i++) {
		const struct argument *a = &spec->arguments[i];

		if (!json_object_object_get_ex(arguments, a->name, &value))
			continue;
		p[n++] = sp_sql_param(mem, a->input, value);
		if (!first)
			sp_buf_cstr(&b, ", ");
		first = false;
		sp_buf_str(&b, a->before);
		sp_buf_printf(&b, "$%d", n);
		sp_buf_str(&b, a->after);
	}
	sp_buf_str(&b, spec->tail);
	*out = (struct sp_sql_statement){
		.query = { call->tool->name, sp_buf_view(&b).p, n },
		.params = p,
		.answer = spec->whole ? SP_SQL_WHOLE : SP_SQL_OBJECT,
		.read_only = call->tool->read_only,
	};
	return sp_buf_ok(&b);
}

static enum sp_tool_outcome
call_function(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	struct sp_sql_statement statement;

	if (make_statement(call, arguments, &statement))
		return sp_sql_call(call, &statement, out);
	(void)sp_fail(call->req, SP_SERVER_ERROR, "the statement of tool %s is too long", call->tool->name);
	return SP_TOOL_FAILED;
}

const struct sp_tool_kind sp_sql_tool = { "function", load, call_function };
