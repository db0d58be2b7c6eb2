/* index_azure.c - an index of Azure AI Search: its definition and its documents */
#include "index_azure.h"

#include <poll.h>
#include "base/clock.h"
#include "index_run.h"

#define REQUEST_MS	(5 * 60 * 1000)		/* with all repetitions */
#define BODY_MAX	((size_t)64 * 1024 * 1024)
#define WRITE_BYTES	((size_t)8 * 1024 * 1024)	/* of one request; the service takes 16 MiB ... */
#define WRITE_MOST	1000			/* ... and so many documents */
#define ATTEMPTS	6			/* of a document that the service is too busy for */
#define PAUSE_MS	1000			/* before the second, doubled each time */
#define PAUSE_MAX_MS	30000

static bool
failed(struct index_azure *a, const char *text)
{
	a->error = sp_strdup(a->mem, text);
	return false;
}

/* ---- requests ---- */

/* "message" of {"error": {"code": ..., "message": ...}} */
static struct sp_str
message_of(struct sp_arena *mem, const struct sp_http_answer *answer)
{
	struct json_object *json;
	struct sp_str said;
	const char *why;

	if (!sp_json_parse(mem, answer->body, &json, &why))
		return SP_LIT("");
	said = sp_json_get_str(sp_json_get(json, "error"), "message");
	return said.p != NULL ? sp_utf8_cut(said, 300) : SP_LIT("");
}

static bool
refused(struct index_azure *a, struct sp_arena *mem, const char *what, const struct sp_http_answer *answer)
{
	struct sp_str said = message_of(mem, answer);

	return failed(a, sp_printf(mem, "index %s: %s: status %d%s%.*s", a->name, what, answer->status, said.len > 0 ? ": " : "",
	    SP_FMT(said)));
}

/* `path` is behind /indexes/NAME.  An answer of any status; false: there is none. */
static bool
request(struct index_azure *a, struct sp_arena *mem, const char *method, const char *path, struct sp_str body,
    struct sp_http_answer *answer)
{
	const struct sp_http_source *source = index_service_source(a->service);
	struct sp_http_send send = index_service_send(a->service, REQUEST_MS);
	struct sp_http_message m = { .method = method, .body = body, .url = sp_printf(mem, "%s/indexes/%s%s?api-version=%s",
	    source->url, a->name, path, source->search_index->api_version) };
	struct sp_tool_result told = { 0 };
	const char *why = NULL;

	if (body.p != NULL && !sp_message_set(&m, "Content-Type", SP_LIT("application/json")))
		return failed(a, "the request cannot be made");
	switch (sp_http_send(&send, &m, answer, &told, &why)) {
	case SP_SENT_ANSWER:
		return true;
	case SP_SENT_TROUBLE:
		return failed(a, sp_printf(mem, "index %s: %s", a->name, why != NULL ? why : sp_cstr(mem, told.text)));
	case SP_SENT_STOPPED:
		return failed(a, "interrupted");
	case SP_SENT_FAILED:
		break;
	}
	return failed(a, "the database cannot be reached");
}

bool
index_azure_begin(struct index_azure *a, const struct sp_settings *settings, const char *target, struct sp_arena *mem)
{
	const struct sp_http_source *source;

	*a = (struct index_azure){ .mem = mem };
	if (!index_service_open(settings, target, &a->service, mem, &a->error))
		return false;
	source = index_service_source(a->service);
	if (source->search_index == NULL)
		return failed(a, sp_printf(mem, "source %s has no member search_index", target));
	a->name = source->search_index->name;
	return true;
}

void
index_azure_end(struct index_azure *a)
{
	index_service_close(a->service);
}

/* ---- the definition ---- */

/* A text that the database makes; NULL: it failed. */
static const char *
ask(struct index_azure *a, struct sp_arena *mem, PGconn *pg, const char *sql, int n, const char *const *values)
{
	PGresult *r = PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0);
	const char *text = NULL;

	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1)
		text = sp_strdup(mem, PQgetvalue(r, 0, 0));
	else
		(void)failed(a, sp_printf(mem, "the definition of the index: %s", PQerrorMessage(pg)));
	PQclear(r);
	return text;
}

bool
index_azure_ensure(struct index_azure *a, PGconn *pg, int64_t dimensions, bool may_make, bool *there)
{
	struct sp_arena *mem = index_service_begin(a->service);
	const char *values[] = { a->name, dimensions > 0 ? sp_printf(mem, "%lld", (long long)dimensions) : NULL, NULL };
	struct sp_http_answer answer = { 0 };
	const char *text;

	if (!request(a, mem, "GET", "", (struct sp_str){ NULL, 0 }, &answer))
		return false;
	*there = answer.status == 200;
	if (answer.status == 200) {
		values[2] = sp_cstr(mem, answer.body);
		text = ask(a, mem, pg, "SELECT array_to_string(codesearch.azure_differences($3::jsonb,"
		    " codesearch.azure_definition($1, $2::integer)), '; ')", 3, values);
		if (text == NULL)
			return false;
		return text[0] == '\0' || failed(a, sp_printf(mem, "index %s is not what it has to be, a job that rebuilds it"
		    " would make it anew: %s", a->name, text));
	}
	if (answer.status != 404)
		return refused(a, mem, "its definition", &answer);
	if (!may_make)
		return true;
	text = ask(a, mem, pg, "SELECT codesearch.azure_definition($1, $2::integer)", 2, values);
	if (text == NULL || !request(a, mem, "PUT", "", sp_str(text), &answer))
		return false;
	return answer.status == 200 || answer.status == 201 || answer.status == 204 || refused(a, mem, "making it", &answer);
}

bool
index_azure_drop(struct index_azure *a)
{
	struct sp_arena *mem = index_service_begin(a->service);
	struct sp_http_answer answer = { 0 };

	return request(a, mem, "DELETE", "", (struct sp_str){ NULL, 0 }, &answer) &&
	    (answer.status == 204 || answer.status == 404 || refused(a, mem, "removing it", &answer));
}

/* ---- reading ---- */

/* 'a''b': a quote inside is doubled. */
static void
add_literal(struct sp_buf *b, const char *text)
{
	sp_buf_char(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			sp_buf_char(b, '\'');
		sp_buf_char(b, *text);
	}
	sp_buf_char(b, '\'');
}

bool
index_azure_read(struct index_azure *a, const char *select, const char *repository, const char *after, int64_t top,
    struct json_object **out, size_t *count)
{
	struct sp_arena *mem = index_service_begin(a->service);
	struct sp_http_answer answer = { 0 };
	struct json_object *json;
	struct sp_json_writer w;
	struct sp_buf b, filter;
	const char *why;

	sp_buf_init(&filter, mem, BODY_MAX);
	sp_buf_cstr(&filter, "id gt ");
	add_literal(&filter, after);
	if (repository != NULL) {
		sp_buf_cstr(&filter, " and repository eq ");
		add_literal(&filter, repository);
	}
	sp_buf_init(&b, mem, BODY_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "search", "*");
	sp_jw_kstr(&w, "filter", sp_buf_view(&filter));
	sp_jw_kcstr(&w, "orderby", "id asc");
	sp_jw_kcstr(&w, "select", select);
	sp_jw_kint(&w, "top", top);
	sp_jw_object_end(&w);
	if (!request(a, mem, "POST", "/docs/search", sp_buf_view(&b), &answer))
		return false;
	if (answer.status != 200)
		return refused(a, mem, "reading its documents", &answer);
	if (!sp_json_parse_large(mem, answer.body, &json, &why) ||
	    !json_object_is_type(*out = sp_json_get(json, "value"), json_type_array))
		return failed(a, sp_printf(mem, "index %s: its answer cannot be read", a->name));
	*count = json_object_array_length(*out);
	return true;
}

/* ---- writing ---- */

struct index_azure_action
index_azure_delete(struct sp_arena *mem, struct sp_str key)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "@search.action", "delete");
	sp_jw_kstr(&w, "id", key);
	sp_jw_object_end(&w);
	return (struct index_azure_action){ key, sp_buf_view(&b) };
}

/* True: the document is where it belongs.  *again: not now. */
static bool
judge_document(struct index_azure *a, struct sp_arena *mem, struct json_object *list, struct sp_str key, bool *again)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		int64_t status = json_object_get_int64(sp_json_get(one, "statusCode"));
		struct sp_str said = sp_utf8_cut(sp_json_get_str(one, "errorMessage"), 300);

		if (!sp_str_eq(sp_json_get_str(one, "key"), key))
			continue;
		if (json_object_get_boolean(sp_json_get(one, "status")))
			return true;
		/* busy, or somebody else is at the same document: 409, 422 (the index is being built), 429, 503 */
		*again = status == 409 || status == 422 || status == 429 || status == 503;
		return failed(a, sp_printf(mem, "index %s does not take document %.*s: status %lld%s%.*s", a->name, SP_FMT(key),
		    (long long)status, said.len > 0 ? ": " : "", SP_FMT(said)));
	}
	return failed(a, sp_printf(mem, "index %s says nothing of document %.*s", a->name, SP_FMT(key)));
}

/*
 * One request, or several smaller ones.  What is to be tried again is moved to the
 * front of `actions`, and *again is its number.
 */
static bool
write_once(struct index_azure *a, struct index_azure_action *actions, size_t count, size_t *again, int64_t *pause_ms)
{
	struct sp_arena *mem = index_service_begin(a->service);
	struct sp_http_answer answer = { 0 };
	struct json_object *json, *list;
	size_t half, kept = 0;
	const char *why;
	struct sp_buf b;

	sp_buf_init(&b, mem, BODY_MAX);
	sp_buf_cstr(&b, "{\"value\":[");
	for (size_t i = 0; i < count; i++) {
		sp_buf_cstr(&b, i > 0 ? "," : "");
		sp_buf_str(&b, actions[i].json);
	}
	sp_buf_cstr(&b, "]}");
	if (!request(a, mem, "POST", "/docs/index", sp_buf_view(&b), &answer))
		return false;
	if (answer.status == 413 && count > 1) {
		half = count / 2;
		if (!write_once(a, actions, half, again, pause_ms) || !write_once(a, actions + half, count - half, &kept, pause_ms))
			return false;
		memmove(actions + *again, actions + half, kept * sizeof(*actions));
		*again += kept;
		return true;
	}
	if (answer.status != 200 && answer.status != 207)
		return refused(a, mem, "writing documents", &answer);
	if (!sp_json_parse_large(mem, answer.body, &json, &why) ||
	    !json_object_is_type(list = sp_json_get(json, "value"), json_type_array))
		return failed(a, sp_printf(mem, "index %s: its answer cannot be read", a->name));
	for (size_t i = 0; i < count; i++) {
		bool later = false;

		if (judge_document(a, mem, list, actions[i].key, &later))
			continue;
		if (!later)
			return false;
		actions[kept++] = actions[i];
	}
	*pause_ms = sp_http_retry_after(&answer);
	*again = kept;
	return true;
}

/* False: interrupted. */
static bool
rest(int64_t ms)
{
	int64_t until = sp_monotonic_ms() + ms, left;

	while (!index_interrupted && (left = until - sp_monotonic_ms()) > 0)
		(void)poll(NULL, 0, (int)(left < 250 ? left : 250));
	return !index_interrupted;
}

/* As many as fit into one request. */
static size_t
fitting(const struct index_azure_action *actions, size_t count)
{
	size_t n = 0, bytes = 0;

	while (n < count && n < WRITE_MOST && (n == 0 || bytes + actions[n].json.len <= WRITE_BYTES))
		bytes += actions[n++].json.len;
	return n;
}

bool
index_azure_write(struct index_azure *a, struct index_azure_action *actions, size_t count)
{
	for (size_t n; count > 0; actions += n, count -= n) {
		size_t left = n = fitting(actions, count);

		for (int attempt = 1; left > 0; attempt++) {
			int64_t told = -1, ms = (int64_t)PAUSE_MS << (attempt - 1);

			if (!write_once(a, actions, left, &left, &told))
				return false;
			if (left == 0)
				break;
			if (attempt == ATTEMPTS)
				return false;		/* a->error is that of the last document */
			ms = told >= 0 ? told : ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
			if (!rest(ms))
				return failed(a, "interrupted");
		}
	}
	return true;
}

/* ---- what is remembered with a document ---- */

struct sp_str
index_azure_note_write(struct sp_arena *mem, const struct index_azure_note *note)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "sha256", note->sha256);
	sp_jw_kint(&w, "pieces", note->pieces);
	if (note->model.p != NULL)
		sp_jw_kstr(&w, "model", note->model);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

bool
index_azure_note_read(struct sp_arena *mem, struct json_object *document, struct index_azure_note *out)
{
	struct sp_str text = sp_json_get_str(document, "chunking_metadata");
	struct json_object *json;
	const char *why;

	*out = (struct index_azure_note){ .pieces = 0 };
	if (text.p == NULL || !sp_json_parse(mem, text, &json, &why))
		return false;
	out->sha256 = sp_json_get_str(json, "sha256");
	out->pieces = json_object_get_int64(sp_json_get(json, "pieces"));
	out->model = sp_json_get_str(json, "model");
	return true;
}

void
index_azure_write_vector(struct sp_json_writer *w, const float *vector, size_t dimensions)
{
	char number[32];

	sp_jw_key(w, "content_vector");
	sp_jw_array(w);
	for (size_t i = 0; i < dimensions; i++) {
		snprintf(number, sizeof(number), "%.9g", (double)vector[i]);
		sp_jw_raw(w, sp_str(number));
	}
	sp_jw_array_end(w);
}
