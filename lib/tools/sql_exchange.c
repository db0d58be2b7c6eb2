/* sql_exchange.c - what a PostgreSQL function says to its caller: schema mcp */
#include "tools/sql_exchange.h"

#include <math.h>

#define JSON_MAX ((size_t)64 << 20)	/* bytes; what came in is smaller, and what was kept, too */

/* ---- to the function ---- */

static struct sp_param
json_param(struct sp_arena *mem, struct json_object *value)
{
	struct sp_json_writer w;
	struct sp_buf b;

	if (value == NULL)
		return SP_P_NULL;
	sp_buf_init(&b, mem, JSON_MAX);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, value);
	return SP_P_STR(sp_buf_view(&b));
}

void
sp_sql_exchange_params(const struct sp_tool_call *call, struct sp_param out[static SP_SQL_EXCHANGE_PARAMS])
{
	const struct sp_exchange *x = call->exchange;
	struct sp_arena *mem = call->req->mem;

	for (size_t i = 0; i < SP_SQL_EXCHANGE_PARAMS; i++)
		out[i] = SP_P_NULL;
	if (x == NULL)
		return;
	out[0] = json_param(mem, x->capabilities);
	out[1] = json_param(mem, x->responses);
	out[2] = json_param(mem, x->state);
	out[3] = SP_P_BOOL(x->once);
	out[4] = SP_P_TEXT(x->in_task ? "running" : x->may_detach ? "may" : NULL);
	out[5] = SP_P_BOOL(x->progress != NULL);
	out[6] = SP_P_TEXT(x->log != NULL ? sp_logging_level_name(x->log_level) : NULL);
}

/* ---- while it runs ---- */

static const char *
field(const PGresult *r, int code)
{
	const char *s = PQresultErrorField(r, code);

	return s != NULL ? s : "";
}

static bool
finite_number(struct json_object *value, double *out)
{
	if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
		return false;
	*out = json_object_get_double(value);
	return isfinite(*out);
}

/*
 * Anybody can raise these SQLSTATEs: what is not as the functions of schema mcp
 * make it is passed over.
 */
static void
on_progress(const struct sp_exchange *x, struct json_object *json)
{
	struct sp_progress p = { .message = sp_json_get_str(json, "message") };

	if (x->progress == NULL || !finite_number(sp_json_get(json, "progress"), &p.progress))
		return;
	p.has_total = finite_number(sp_json_get(json, "total"), &p.total);
	x->progress(x->arg, &p);
}

static void
on_log(const struct sp_exchange *x, struct json_object *json)
{
	struct sp_log_message m = { .logger = sp_json_get_str(json, "logger"), .data = sp_json_get(json, "data") };

	if (x->log != NULL && sp_logging_level_find(sp_json_get_str(json, "level"), &m.level) &&
	    m.level >= x->log_level)
		x->log(x->arg, &m);
}

void
sp_sql_exchange_notice(void *arg, const PGresult *notice)
{
	const struct sp_tool_call *call = arg;
	const char *sqlstate = field(notice, PG_DIAG_SQLSTATE);
	bool is_progress = strcmp(sqlstate, "MCPRG") == 0;
	struct json_object *json;
	struct sp_arena *mem;
	const char *why;

	if (strcmp(sqlstate, "MCCLS") == 0) {
		if (call->exchange != NULL && call->exchange->close_stream != NULL)
			call->exchange->close_stream(call->exchange->arg);
		return;
	}
	if (!is_progress && strcmp(sqlstate, "MCLOG") != 0) {
		sp_db_log_notice(notice);
		return;
	}
	if (call->exchange == NULL)
		return;
	mem = sp_arena_new();		/* not the request's: there may be a million of them */
	if (sp_json_parse_large(mem, sp_str(field(notice, PG_DIAG_MESSAGE_PRIMARY)), &json, &why)) {
		if (is_progress)
			on_progress(call->exchange, json);
		else
			on_log(call->exchange, json);
	}
	sp_arena_free(mem);
}

/* ---- how it ends ---- */

static void
add(struct json_object *to, const char *name, struct json_object *value)
{
	if (json_object_object_add(to, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

/*
 * jsonb sorts its members by their length, and a form is shown in the order of
 * its properties: those that are required come first, in the order in which
 * `required` names them.
 */
static void
order_form(struct sp_arena *mem, struct json_object *request)
{
	struct json_object *schema = sp_json_get(sp_json_get(request, "params"), "requestedSchema");
	struct json_object *required = sp_json_get(schema, "required");
	struct json_object *properties = sp_json_get(schema, "properties"), *ordered, *property;

	if (!json_object_is_type(properties, json_type_object) || !json_object_is_type(required, json_type_array))
		return;
	ordered = sp_json_new(mem);
	for (size_t i = 0; i < json_object_array_length(required); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(required, i));

		if (name != NULL && (property = sp_json_get(properties, name)) != NULL)
			add(ordered, name, property);
	}
	json_object_object_foreach(properties, name, value)
		if (sp_json_get(ordered, name) == NULL)
			add(ordered, name, value);
	add(schema, "properties", ordered);
}

static enum sp_tool_outcome
asks(const struct sp_tool_call *call, struct json_object *json, struct sp_tool_result *out)
{
	*out = (struct sp_tool_result){ .questions = {
		.requests = sp_json_get(json, "requests"),
		.state = sp_json_get(json, "state"),
		.once = json_object_get_boolean(sp_json_get(json, "once")),
	} };
	if (!json_object_is_type(out->questions.requests, json_type_object) ||
	    json_object_object_length(out->questions.requests) == 0)
		return SP_TOOL_FAILED;
	json_object_object_foreach(out->questions.requests, key, request) {
		(void)key;
		order_form(call->req->mem, request);
	}
	return sp_questions_fit(call->req->mem, call->exchange, &out->questions, &out->error) ?
	    SP_TOOL_ASKS : SP_TOOL_REFUSES;
}

static enum sp_tool_outcome
refuses(struct json_object *json, struct sp_tool_result *out)
{
	struct json_object *code = sp_json_get(json, "code");

	*out = (struct sp_tool_result){ .error = {
		.code = json_object_get_int(code),
		.message = sp_json_get_str(json, "message"),
		.data = sp_json_get(json, "data"),
	} };
	return json_object_is_type(code, json_type_int) && out->error.message.p != NULL ?
	    SP_TOOL_REFUSES : SP_TOOL_FAILED;
}

enum sp_tool_outcome
sp_sql_exchange_outcome(const struct sp_tool_call *call, const PGresult *error, struct sp_tool_result *out)
{
	const char *sqlstate = field(error, PG_DIAG_SQLSTATE);
	struct json_object *json;
	const char *why;

	if (strcmp(sqlstate, "MCTSK") == 0)
		return call->exchange != NULL && call->exchange->may_detach ? SP_TOOL_DETACHES : SP_TOOL_FAILED;
	if (strcmp(sqlstate, "MCASK") != 0 && strcmp(sqlstate, "MCERR") != 0)
		return SP_TOOL_FAILED;
	if (!sp_json_parse_large(call->req->mem, sp_str(field(error, PG_DIAG_MESSAGE_DETAIL)), &json, &why))
		return SP_TOOL_FAILED;
	return strcmp(sqlstate, "MCASK") == 0 ? asks(call, json, out) : refuses(json, out);
}
