/* sql_answer.c - what a statement of a tool gave, and how it failed, as a result of the tool */
#include "tools/sql_answer.h"

#include <time.h>

#include "base/secret.h"

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

/* The command's tag counts. */
static void
read_count(struct sp_arena *mem, const PGresult *r, struct sp_tool_result *out)
{
	int64_t n;

	/* libpq does not change the result, and its prototype does not say so */
	if (!sp_str_int64(sp_str(PQcmdTuples((PGresult *)(uintptr_t)r)), 0, INT64_MAX, &n))
		n = 0;
	out->json = sp_str(sp_printf(mem, "{\"affected\":%lld}", (long long)n));
}

bool
sp_sql_read_answer(const struct sp_tool_call *call, const struct sp_sql_statement *statement, struct sp_db *db,
    const PGresult *r, struct sp_tool_result *out)
{
	struct sp_arena *mem = call->req->mem;
	const struct sp_tool *tool = call->tool;
	struct answer a;
	const char *why;

	*out = (struct sp_tool_result){ 0 };
	switch (statement->answer) {
	case SP_SQL_COUNT:
		read_count(mem, r, out);
		return true;
	case SP_SQL_NOTHING:
		out->json = SP_LIT("{\"result\":null}");
		return true;
	case SP_SQL_OBJECT:
	case SP_SQL_WHOLE:
		break;
	}
	if (PQntuples(r) == 0) {
		*out = (struct sp_tool_result){ .is_error = true, .text = SP_LIT("there is no such row") };
		return true;
	}
	if (!sp_db_read_row(db, r, 0, answer_columns, &a))
		return sp_fail(call->req, SP_SERVER_ERROR, "the answer of tool %s cannot be read", tool->name);
	if (a.result.p == NULL) {
		if (a.size > 0)
			sp_tool_too_large(call, a.size, out);
		return true;			/* or there is nothing: a resource may say so */
	}
	out->is_error = a.failed;
	if (statement->answer == SP_SQL_WHOLE)
		return sp_json_parse_large(mem, a.result, &out->whole, &why) ||
		    sp_fail(call->req, SP_SERVER_ERROR, "the result of tool %s: %s", tool->name, why);
	out->json = compact(mem, a.result);
	if (a.rows >= tool->max_rows)
		out->text = sp_str(sp_printf(mem, "at most %lld rows are given; there may be more",
		    (long long)tool->max_rows));
	return true;
}

/* ---- failures ---- */

bool
sp_sql_in_class(const char *sqlstate, const char *class)
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

bool
sp_sql_is_raised(const char *sqlstate)
{
	return sp_sql_in_class(sqlstate, "P0") || sp_sql_in_class(sqlstate, "22") || sp_sql_in_class(sqlstate, "23");
}

struct sp_str
sp_sql_failure_text(const struct sp_tool_call *call, const struct sp_db *db, const PGresult *r)
{
	struct sp_request *req = call->req;
	const char *sqlstate = db->sqlstate;

	if (sp_sql_is_raised(sqlstate))
		return raised_text(req->mem, r);
	if (strcmp(sqlstate, "57014") == 0)
		return sp_str(sp_printf(req->mem, "the tool took longer than %.3g s and was stopped",
		    (double)sp_tool_timeout_ms(call) / 1000));
	if (strcmp(sqlstate, "42501") == 0)
		return SP_LIT("permission denied");
	if (sp_sql_in_class(sqlstate, "40"))
		return SP_LIT("others changed the same data at the same time; try again");
	if (sp_db_unavailable(db))
		return (struct sp_str){ NULL, 0 };
	return sp_str(sp_printf(req->mem, "internal error, request id %s", req->id));
}

void
sp_sql_pause_after_conflict(int tries)
{
	unsigned char jitter;

	sp_random(&jitter, sizeof(jitter));
	nanosleep(&(struct timespec){ 0, (1000000L + jitter * 20000L) << tries }, NULL);
}
