/* sql_tool.c - tools of kind "function": a PostgreSQL function */
#include "tools/sql_tool.h"

#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "db/queries.h"
#include "tools/sql_exchange.h"

#define STATEMENT_MAX	((size_t)64 * 1024)	/* bytes; 60 arguments with long names are 10 KiB */
#define LITERAL_MAX	((size_t)64 * 1024 * 1024)
#define TRIES		3			/* after a conflict with another transaction */
#define CLOSING_MS	2000			/* what the server may take beyond the tool's own limit */

static const struct sp_query begin = { "begin", "BEGIN", 0 };
static const struct sp_query savepoint = { "savepoint", "SAVEPOINT tool", 0 };
static const struct sp_query back = { "back", "ROLLBACK TO tool", 0 };
static const struct sp_query reset_role = { "reset_role", "RESET ROLE", 0 };
static const struct sp_query reset_all = { "reset_all", "RESET ALL", 0 };
static const struct sp_query commit = { "commit", "COMMIT", 0 };
static const struct sp_query rollback = { "rollback", "ROLLBACK", 0 };

/* ---- the spec: sallyport.catalog_call() ---- */

struct argument {
	const char *name;
	struct sp_str before, after;	/* around "$n" */
	enum input { INPUT_TEXT, INPUT_ARRAY, INPUT_JSON, INPUT_JSON_ARRAY } input;
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

static enum input
input_of(struct sp_str name)
{
	static const char *const names[] = { "text", "array", "json", "json array" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sp_str_is(name, names[i]))
			return (enum input)i;
	return INPUT_TEXT;
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

/* ---- values ---- */

static struct sp_str
json_text(struct sp_arena *mem, struct json_object *value)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, LITERAL_MAX);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, value);
	return sp_buf_view(&b);
}

struct sp_str
sp_sql_text(struct sp_arena *mem, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return (struct sp_str){ NULL, 0 };
	case json_type_string:
		return sp_json_text(value);
	case json_type_double: {
		double d = json_object_get_double(value);

		/* JSON Schema's integers include 42.0, PostgreSQL's do not */
		if (fabs(d) <= 9007199254740992.0 && floor(d) == d)
			return sp_str(sp_printf(mem, "%.0f", d));
		return json_text(mem, value);
	}
	default:
		return json_text(mem, value);
	}
}

struct sp_str
sp_sql_array(struct sp_arena *mem, struct json_object *array, bool of_json)
{
	size_t n = json_object_array_length(array);
	struct sp_buf b;

	sp_buf_init(&b, mem, LITERAL_MAX);
	sp_buf_char(&b, '{');
	for (size_t i = 0; i < n; i++) {
		struct json_object *value = json_object_array_get_idx(array, i);
		struct sp_str item = of_json ? json_text(mem, value) : sp_sql_text(mem, value);

		if (i > 0)
			sp_buf_char(&b, ',');
		if (item.p == NULL) {
			sp_buf_cstr(&b, "NULL");
			continue;
		}
		sp_buf_char(&b, '"');
		for (size_t k = 0; k < item.len; k++) {
			if (item.p[k] == '"' || item.p[k] == '\\')
				sp_buf_char(&b, '\\');
			sp_buf_char(&b, item.p[k]);
		}
		sp_buf_char(&b, '"');
	}
	sp_buf_char(&b, '}');
	return sp_buf_view(&b);
}

static struct sp_param
param_of(struct sp_arena *mem, const struct argument *a, struct json_object *value)
{
	bool is_array = json_object_is_type(value, json_type_array);

	if (a->input == INPUT_JSON)
		return SP_P_STR(json_text(mem, value));
	if (is_array && (a->input == INPUT_ARRAY || a->input == INPUT_JSON_ARRAY))
		return SP_P_STR(sp_sql_array(mem, value, a->input == INPUT_JSON_ARRAY));
	return SP_P_STR(sp_sql_text(mem, value));
}

/* The statement for the arguments that are there, and their parameters. */
static bool
make_statement(const struct sp_tool_call *call, struct json_object *arguments, struct sp_query *query,
    const struct sp_param **params)
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
		p[n++] = param_of(mem, a, value);
		if (!first)
			sp_buf_cstr(&b, ", ");
		first = false;
		sp_buf_str(&b, a->before);
		sp_buf_printf(&b, "$%d", n);
		sp_buf_str(&b, a->after);
	}
	sp_buf_str(&b, spec->tail);
	*query = (struct sp_query){ call->tool->name, sp_buf_view(&b).p, n };
	*params = p;
	return sp_buf_ok(&b);
}

/* ---- the result ---- */

struct answer {
	struct sp_str result;
	int64_t size, rows;
	bool failed;
};

static const struct sp_column answer_columns[] = {
	{ "result", SP_COL_STR, offsetof(struct answer, result) },
	{ "size", SP_COL_INT, offsetof(struct answer, size) },
	{ "rows", SP_COL_INT, offsetof(struct answer, rows) },
	{ "failed", SP_COL_BOOL, offsetof(struct answer, failed) },
	{ NULL }
};

/*
 * PostgreSQL's JSON without the white space between tokens: jsonb is printed
 * with it, json is kept as it was written, line breaks and all.
 */
static struct sp_str
compact(struct sp_arena *mem, struct sp_str json)
{
	char *out = sp_alloc(mem, json.len + 1);
	bool in_string = false;
	size_t n = 0;

	for (size_t i = 0; i < json.len; i++) {
		char c = json.p[i];

		if (!in_string && (c == ' ' || c == '\n' || c == '\t' || c == '\r'))
			continue;
		out[n++] = c;
		if (c == '"')
			in_string = !in_string;
		else if (c == '\\' && in_string && i + 1 < json.len)
			out[n++] = json.p[++i];
	}
	return (struct sp_str){ out, n };
}

static bool
read_answer(const struct sp_tool_call *call, const PGresult *r, struct sp_tool_result *out)
{
	struct sp_arena *mem = call->req->mem;
	const struct sp_tool *tool = call->tool;
	const struct spec *spec = tool->spec;
	struct answer a;
	const char *why;

	*out = (struct sp_tool_result){ 0 };
	if (!sp_db_read_row(&call->req->db, r, 0, answer_columns, &a))
		return sp_fail_db(call->req);
	if (a.result.p == NULL) {
		if (a.size > 0)
			sp_tool_too_large(call, a.size, out);
		return true;			/* or there is nothing: a resource may say so */
	}
	out->is_error = a.failed;
	if (spec->whole)
		return sp_json_parse_large(mem, a.result, &out->whole, &why) ||
		    sp_fail(call->req, SP_SERVER_ERROR, "the result of tool %s: %s", tool->name, why);
	out->json = compact(mem, a.result);
	if (a.rows >= tool->max_rows)
		out->text = sp_str(sp_printf(mem, "at most %lld rows are given; there may be more",
		    (long long)tool->max_rows));
	return true;
}

/* ---- failures ---- */

static bool
in_class(const char *sqlstate, const char *class)
{
	return strncmp(sqlstate, class, strlen(class)) == 0;
}

static void
add_line(struct sp_buf *b, const char *line)
{
	if (line == NULL)
		return;
	if (b->len > 0)
		sp_buf_char(b, '\n');
	sp_buf_str(b, sp_str_sub(sp_str(line), 0, 4096));
}

/* Message, detail and hint: what the author of the function, or of a constraint, says to the caller. */
static struct sp_str
raised_text(struct sp_arena *mem, const PGresult *r)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 16384);
	add_line(&b, PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	add_line(&b, PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
	add_line(&b, PQresultErrorField(r, PG_DIAG_MESSAGE_HINT));
	return sp_buf_view(&b);
}

/* By what the author, or a constraint, says: others would do. */
static bool
is_raised(const char *sqlstate)
{
	return in_class(sqlstate, "P0") || in_class(sqlstate, "22") || in_class(sqlstate, "23");
}

/* What the caller is told of a failure; absent when the request itself has failed. */
static struct sp_str
failure_text(const struct sp_tool_call *call, const PGresult *r, int64_t timeout_ms)
{
	struct sp_request *req = call->req;
	const char *sqlstate = req->db.sqlstate;

	if (is_raised(sqlstate))
		return raised_text(req->mem, r);
	if (strcmp(sqlstate, "57014") == 0)
		return sp_str(sp_printf(req->mem, "the tool took longer than %.3g s and was stopped",
		    (double)timeout_ms / 1000));
	if (strcmp(sqlstate, "42501") == 0)
		return SP_LIT("permission denied");
	if (in_class(sqlstate, "40"))
		return SP_LIT("others changed the same data at the same time; try again");
	if (sp_db_unavailable(&req->db))
		return (struct sp_str){ NULL, 0 };
	return sp_str(sp_printf(req->mem, "internal error, request id %s", req->id));
}

/*
 * Whether the transaction is begun in so many words: to be rolled back after a
 * tool that only reads, or because its end is not known when it begins.
 */
static bool
has_begin(const struct sp_tool_call *call)
{
	return call->tool->read_only || call->along != NULL;
}

/* Ends the transaction if it was begun. */
static bool
roll_back(const struct sp_tool_call *call)
{
	struct sp_db *db = &call->req->db;
	PGresult **results;
	size_t failed;

	if (!has_begin(call))
		return true;
	if (!sp_db_pipeline_open(db))
		return false;
	sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	return sp_db_pipeline_run(db, &results, &failed);
}

/* What goes along with a call has said that it is over. */
static bool
is_over(const struct sp_tool_call *call)
{
	return call->along != NULL && strcmp(call->req->db.sqlstate, call->guard_sqlstate) == 0;
}

static enum sp_tool_outcome
fail(const struct sp_tool_call *call)
{
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

/* Undoes what the tool did, and writes the audit row of that. */
static enum sp_tool_outcome
undo(const struct sp_tool_call *call, const char *audit, const char *sqlstate, int64_t started_us,
    enum sp_tool_outcome outcome, const struct sp_tool_result *out)
{
	struct sp_db *db = &call->req->db;
	double ms = (double)(sp_monotonic_us() - started_us) / 1000;
	PGresult **results;
	size_t failed;

	if (!sp_db_pipeline_open(db))
		return fail(call);
	if (has_begin(call))
		sp_db_pipeline_add(db, &rollback, SP_NO_PARAMS);
	sp_db_pipeline_add(db, &sp_q_tool_call_audit, sp_tool_audit(call, audit, ms, sqlstate, NULL));
	if (call->along != NULL && outcome != SP_TOOL_FAILED)
		call->along(call, outcome, out);
	if (sp_db_pipeline_run(db, &results, &failed))
		return outcome;
	return is_over(call) ? SP_TOOL_GUARDED : fail(call);
}

/* ---- the call ---- */

struct attempt {
	PGresult **results;
	size_t guard, tool, audit, failed;	/* places in the pipeline */
	bool closing;			/* it failed in the second pipeline, behind the tool */
};

/* The place of the next one. */
static size_t
add(struct sp_db *db, size_t n, const struct sp_query *query, const struct sp_param *params)
{
	sp_db_pipeline_add(db, query, params);
	return n + 1;
}

/*
 * What names without a schema mean in a tool: the exposed schemas, then public,
 * as people who write functions expect.  The names are an operator's.
 */
static const char *
search_path(struct sp_request *req)
{
	struct sp_str rest = sp_str(req->settings->tool_schemas), schema;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 4096);
	while (sp_str_split(&rest, ' ', &schema))
		if (schema.len > 0)
			sp_buf_printf(&b, "\"%.*s\", ", SP_FMT(schema));
	sp_buf_cstr(&b, "public");
	return sp_buf_view(&b).p;
}

/* What comes behind the tool. */
static size_t
close_up(const struct sp_tool_call *call, const struct sp_param *audit, size_t n, size_t *place)
{
	struct sp_db *db = &call->req->db;

	if (call->tool->read_only) {
		n = add(db, n, &back, SP_NO_PARAMS);
	} else {
		n = add(db, n, &reset_role, SP_NO_PARAMS);	/* which RESET ALL leaves alone */
		n = add(db, n, &reset_all, SP_NO_PARAMS);
	}
	*place = n;
	return add(db, n, &sp_q_tool_call_audit, audit);
}

/* The second round trip of a call with which something goes along, which has to know the result. */
static bool
close_along(const struct sp_tool_call *call, const struct sp_param *audit, const struct sp_tool_result *out,
    struct attempt *a)
{
	struct sp_db *db = &call->req->db;

	a->closing = true;
	if (!sp_db_pipeline_open(db))
		return false;
	(void)close_up(call, audit, 0, &a->audit);
	call->along(call, SP_TOOL_DONE, out);
	sp_db_pipeline_add(db, &commit, SP_NO_PARAMS);
	return sp_db_pipeline_run(db, &a->results, &a->failed);
}

static bool
attempt(const struct sp_tool_call *call, const struct sp_query *statement, const struct sp_param *params,
    const struct sp_param *audit, int64_t timeout_ms, struct attempt *a)
{
	struct sp_request *req = call->req;
	bool read_only = call->tool->read_only;
	struct sp_param settings[6 + SP_SQL_EXCHANGE_PARAMS + 3] = {
		SP_P_BOOL(read_only), SP_P_STR(call->caller->claims), SP_P_TEXT(req->id), SP_P_INT(timeout_ms),
		SP_P_TEXT(search_path(req)), SP_P_TEXT(req->settings->tool_role),
		[6 + SP_SQL_EXCHANGE_PARAMS] = SP_P_STR(call->trace.traceparent), SP_P_STR(call->trace.tracestate),
		SP_P_STR(call->trace.baggage) };
	struct sp_db *db = &req->db;
	size_t n = 0;

	*a = (struct attempt){ .guard = SIZE_MAX, .tool = SIZE_MAX };	/* as long as nothing was sent */
	if (!sp_db_pipeline_open(db))
		return false;
	if (has_begin(call))
		n = add(db, n, &begin, SP_NO_PARAMS);
	if (call->guard != NULL) {
		a->guard = n;
		n = add(db, n, call->guard, call->guard_params);
	}
	if (read_only)
		n = add(db, n, &savepoint, SP_NO_PARAMS);
	sp_sql_exchange_params(call, settings + 6);
	n = add(db, n, &sp_q_tool_call_settings, settings);
	a->tool = n;
	n = add(db, n, statement, params);
	a->audit = SIZE_MAX;
	if (call->along == NULL) {
		n = close_up(call, audit, n, &a->audit);
		if (read_only)
			(void)add(db, n, &commit, SP_NO_PARAMS);
	}
	return sp_db_pipeline_run(db, &a->results, &a->failed);
}

/* Some milliseconds, more each time, and not the same for two that met. */
static void
pause_after_conflict(int tries)
{
	unsigned char jitter;

	sp_random(&jitter, sizeof(jitter));
	nanosleep(&(struct timespec){ 0, (1000000L + jitter * 20000L) << tries }, NULL);
}

/*
 * Up to the tool, and at the audit row, it is our trouble; save that deferred
 * constraints are checked at the end, and a pipeline's end is told of its last
 * statement.
 */
static bool
is_ours(const struct attempt *a, const char *sqlstate)
{
	return (!a->closing && a->failed < a->tool) ||
	    ((a->closing || a->failed == a->audit) && !in_class(sqlstate, "23") && !in_class(sqlstate, "P0") &&
	    !in_class(sqlstate, "MC"));
}

/* What the function ended with: a question, an error of its own. */
static enum sp_tool_outcome
after_exchange(const struct sp_tool_call *call, enum sp_tool_outcome outcome, int64_t started_us,
    const struct sp_tool_result *out)
{
	if (outcome == SP_TOOL_DETACHES)
		return roll_back(call) ? outcome : fail(call);
	return undo(call, outcome == SP_TOOL_ASKS ? "input_required" : "error", NULL, started_us, outcome, out);
}

/* The client has gone: the row that says so is all that is left to do. */
static enum sp_tool_outcome
after_cancel(const struct sp_tool_call *call, int64_t started_us)
{
	(void)undo(call, "cancelled", NULL, started_us, SP_TOOL_FAILED, NULL);
	(void)sp_fail(call->req, SP_TEMPORARILY_UNAVAILABLE, "the client has gone, and the call was cancelled");
	return SP_TOOL_FAILED;
}

static enum sp_tool_outcome
after_failure(const struct sp_tool_call *call, const struct attempt *a, int64_t timeout_ms, int64_t started_us,
    struct sp_tool_result *out)
{
	const char *sqlstate = sp_strdup(call->req->mem, call->req->db.sqlstate);
	enum sp_tool_outcome outcome;
	struct sp_str text;

	if (a->failed == a->guard && strcmp(sqlstate, call->guard_sqlstate) == 0)
		return roll_back(call) ? SP_TOOL_GUARDED : fail(call);
	if (a->closing && is_over(call))
		return roll_back(call) ? SP_TOOL_GUARDED : fail(call);
	if (call->req->db.interrupted && strcmp(sqlstate, "57014") == 0)
		return after_cancel(call, started_us);
	if (is_ours(a, sqlstate))
		return fail(call);
	if ((outcome = sp_sql_exchange_outcome(call, a->results[a->failed], out)) != SP_TOOL_FAILED)
		return after_exchange(call, outcome, started_us, out);
	if ((text = failure_text(call, a->results[a->failed], timeout_ms)).p == NULL)
		return fail(call);
	*out = (struct sp_tool_result){ .is_error = true, .raised = is_raised(sqlstate), .text = text };
	return undo(call, "error", sqlstate, started_us, SP_TOOL_DONE, out);
}

/* Calls the tool, and reads its answer.  False: *a says what failed, or the request is failed. */
static bool
make_call(const struct sp_tool_call *call, const struct sp_query *statement, const struct sp_param *params,
    int64_t timeout_ms, struct attempt *a, struct sp_tool_result *out)
{
	const struct sp_param *audit = sp_tool_audit(call, "ok", -1, NULL, NULL);

	if (!attempt(call, statement, params, audit, timeout_ms, a) || !read_answer(call, a->results[a->tool], out))
		return false;
	if (call->along == NULL)
		return true;
	sp_tool_check_output(call, out);
	return close_along(call, audit, out, a);
}

static enum sp_tool_outcome
run(const struct sp_tool_call *call, struct json_object *arguments, int64_t timeout_ms, struct sp_tool_result *out)
{
	int64_t started_us = sp_monotonic_us();
	struct sp_db *db = &call->req->db;
	const struct sp_param *params;
	struct sp_query statement;
	struct attempt a;

	if (!make_statement(call, arguments, &statement, &params)) {
		(void)sp_fail(call->req, SP_SERVER_ERROR, "the statement of tool %s is too long", call->tool->name);
		return SP_TOOL_FAILED;
	}
	for (int tries = 0; !make_call(call, &statement, params, timeout_ms, &a, out); tries++) {
		if (call->req->problem != SP_OK) {	/* an answer that cannot be read */
			(void)(call->along != NULL && roll_back(call));
			return SP_TOOL_FAILED;
		}
		if (!in_class(db->sqlstate, "40") || tries == TRIES)
			return after_failure(call, &a, timeout_ms, started_us, out);
		if (!roll_back(call))
			return fail(call);
		pause_after_conflict(tries);
	}
	return SP_TOOL_DONE;
}

static enum sp_tool_outcome
call_function(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	struct sp_db *db = &call->req->db;
	int64_t timeout_ms = sp_tool_timeout_ms(call);
	int64_t wait_ms = db->wait_ms;
	enum sp_tool_outcome outcome;

	db->wait_ms = timeout_ms + CLOSING_MS;
	db->notice = sp_sql_exchange_notice;
	db->notice_arg = (void *)(uintptr_t)call;
	outcome = run(call, arguments, timeout_ms, out);
	db->notice = NULL;
	db->wait_ms = wait_ms;
	return outcome;
}

const struct sp_tool_kind sp_sql_tool = { "function", load, call_function };
