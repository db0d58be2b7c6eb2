/* content.c - resources, templates and prompts of the catalog */
#include "tools/content.h"

#include "db/queries.h"
#include "tools/directory.h"
#include "tools/policy.h"
#include "tools/sql_tool.h"
#include "tools/upstream.h"

#define COMPLETION_BYTES ((size_t)1 << 20)	/* of one answer */
#define PROMPT_BYTES	((size_t)16 << 20)	/* of all messages; arguments are bounded by the request's body */

/* ---- loading ---- */

static bool
load_function(struct sp_arena *mem, struct json_object *spec, const struct sp_tool *entry,
    struct sp_completion *out, const char **why)
{
	struct sp_tool *f = sp_alloc(mem, sizeof(*f));

	*f = (struct sp_tool){
		.name = entry->name,
		.server = entry->server,
		.policy = entry->policy,
		.kind = &sp_sql_tool,
		.scopes = entry->scopes,
		.tier = entry->tier,
		.timeout_ms = entry->timeout_ms,
		.max_rows = INT64_MAX,
		.max_bytes = COMPLETION_BYTES,
		.read_only = true,		/* the catalog takes no VOLATILE ones */
	};
	out->function = f;
	return f->kind->load(mem, spec, &f->spec, why);
}

static const struct sp_str *
load_strings(struct sp_arena *mem, struct json_object *list, size_t *count)
{
	struct sp_str *strings;

	*count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	strings = sp_alloc_array(mem, *count, sizeof(*strings));
	for (size_t i = 0; i < *count; i++)
		strings[i] = sp_str_dup(mem, sp_json_text(json_object_array_get_idx(list, i)));
	return strings;
}

static bool
load_completions(struct sp_arena *mem, struct json_object *spec, const struct sp_tool *entry,
    struct sp_content *content, const char **why)
{
	struct json_object *all = sp_json_get(spec, "completions");
	struct sp_completion *completions;

	*why = "its completions are malformed";
	if (!json_object_is_type(all, json_type_object))
		return false;
	/* the path of a directory completes itself */
	completions = sp_alloc_array(mem, (size_t)json_object_object_length(all) + 1, sizeof(*completions));
	content->completions = completions;
	json_object_object_foreach(all, argument, how) {
		struct sp_completion *c = &completions[content->completion_count++];
		struct json_object *values = sp_json_get(how, "values");

		c->argument = sp_strdup(mem, argument);
		if (entry->kind == &sp_upstream_kind)
			c->function = sp_upstream_completion(mem, entry, c->argument);
		else if (values != NULL)
			c->values = load_strings(mem, values, &c->count);
		else if (!load_function(mem, how, entry, c, why))
			return false;
	}
	if (entry->kind == &sp_directory && content->completion_count == 0) {
		completions[0] = (struct sp_completion){ .argument = content->template->variable[0].name,
		    .function = sp_directory_names(mem, entry) };
		content->completion_count = 1;
	}
	return true;
}

static void
load_arguments(struct sp_arena *mem, struct json_object *spec, struct sp_content *content)
{
	struct json_object *list = sp_json_get(spec, "arguments");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	struct sp_prompt_argument *arguments = sp_alloc_array(mem, n, sizeof(*arguments));

	for (size_t i = 0; i < n; i++) {
		struct json_object *a = json_object_array_get_idx(list, i);

		arguments[i] = (struct sp_prompt_argument){
			.name = sp_cstr(mem, sp_json_get_str(a, "name")),
			.required = json_object_get_boolean(sp_json_get(a, "required")),
		};
		if (arguments[i].name == NULL)
			arguments[i].name = "";		/* can be given by nobody */
	}
	content->arguments = arguments;
	content->argument_count = n;
}

bool
sp_content_load(struct sp_arena *mem, struct json_object *spec, bool is_template, struct sp_tool *entry,
    const char **why)
{
	struct sp_content *content = sp_alloc(mem, sizeof(*content));
	struct sp_uri_template *template;

	if (is_template) {
		template = sp_alloc(mem, sizeof(*template));
		if (!sp_uri_template_parse(mem, sp_str(entry->name), template, why))
			return false;
		content->template = template;
	}
	content->ttl_ms = json_object_get_int64(sp_json_get(spec, "ttl_ms"));
	content->varies = entry->kind == &sp_sql_tool || !sp_policy_is_open(entry);
	content->description = sp_str_dup(mem, sp_json_get_str(spec, "description"));
	load_arguments(mem, spec, content);
	if (!load_completions(mem, spec, entry, content, why))
		return false;
	entry->content = content;
	return true;
}

const struct sp_completion *
sp_content_completion(const struct sp_content *content, struct sp_str argument)
{
	for (size_t i = 0; i < content->completion_count; i++)
		if (sp_str_is(argument, content->completions[i].argument))
			return &content->completions[i];
	return NULL;
}

/* ---- resources in their rows ---- */

static bool
load_id(struct sp_arena *mem, struct json_object *spec, const void **out, const char **why)
{
	int64_t *id = sp_alloc(mem, sizeof(*id));

	*id = json_object_get_int64(sp_json_get(spec, "id"));
	*out = id;
	*why = "it has no number";
	return *id > 0;
}

struct contents {
	struct sp_str result;
	int64_t size;
};

static const struct sp_column contents_columns[] = {
	{ "result", SP_COL_STR, offsetof(struct contents, result) },
	{ "size", SP_COL_INT, offsetof(struct contents, size) },
	{ NULL }
};

/* One round trip: the guard, the row, the audit row. */
static enum sp_tool_outcome
read_stored(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const int64_t *id = call->tool->spec;
	struct sp_db *db = &call->req->db;
	size_t failed, at = call->guard != NULL ? 1 : 0;
	struct contents c;
	PGresult **results;

	(void)arguments;			/* its URI has no variables */
	if (sp_db_pipeline_open(db)) {
		if (call->guard != NULL)
			sp_db_pipeline_add(db, call->guard, call->guard_params);
		sp_db_pipeline_add(db, &sp_q_mcp_resource_read, SP_PARAMS(SP_P_INT(*id)));
		sp_db_pipeline_add(db, &sp_q_tool_call_audit, sp_tool_audit(call, "ok", -1, NULL, NULL));
		if (!sp_db_pipeline_run(db, &results, &failed)) {
			if (call->guard != NULL && failed == 0 && strcmp(db->sqlstate, call->guard_sqlstate) == 0)
				return SP_TOOL_GUARDED;
		} else if (PQntuples(results[at]) == 0) {
			*out = (struct sp_tool_result){ 0 };	/* removed since the catalog was read */
			return SP_TOOL_DONE;
		} else if (sp_db_read_row(db, results[at], 0, contents_columns, &c)) {
			*out = (struct sp_tool_result){ .json = c.result };
			if (c.result.p == NULL)
				sp_tool_too_large(call, c.size, out);
			return SP_TOOL_DONE;
		}
	}
	(void)sp_fail_db(call->req);
	return SP_TOOL_FAILED;
}

const struct sp_tool_kind sp_stored_content = { "content", load_id, read_stored };

/* ---- prompts in their rows ---- */

static bool
load_messages(struct sp_arena *mem, struct json_object *spec, const void **out, const char **why)
{
	struct sp_json_writer w;
	struct sp_buf *b = sp_alloc(mem, sizeof(*b));
	struct sp_str *text = sp_alloc(mem, sizeof(*text));

	*why = "its messages are missing, or too long";
	sp_buf_init(b, mem, PROMPT_BYTES);
	sp_jw_init(&w, b);
	sp_jw_value(&w, sp_json_get(spec, "messages"));
	*text = sp_buf_view(b);
	*out = text;
	return sp_buf_ok(b);
}

/* The argument in braces at the front, "{{name}}", and its length there; 0: none. */
static size_t
argument_at(struct sp_str text, const struct sp_content *content, const char **name)
{
	for (size_t i = 0; i < content->argument_count && sp_str_starts(text, "{{"); i++) {
		size_t len = strlen(content->arguments[i].name);
		struct sp_str rest = sp_str_sub(text, 2 + len, text.len);

		*name = content->arguments[i].name;
		if (sp_str_is(sp_str_sub(text, 2, 2 + len), *name) && sp_str_starts(rest, "}}"))
			return len + 4;
	}
	return 0;
}

struct sp_str
sp_prompt_text(struct sp_arena *mem, struct sp_str text, const struct sp_content *content,
    struct json_object *arguments)
{
	const char *name;
	struct sp_buf b;
	size_t len;

	sp_buf_init(&b, mem, PROMPT_BYTES);
	for (size_t i = 0; i < text.len;) {
		if (text.p[i] == '{' && (len = argument_at(sp_str_sub(text, i, text.len), content, &name)) > 0) {
			sp_buf_str(&b, sp_json_get_str(arguments, name));
			i += len;
		} else {
			sp_buf_char(&b, text.p[i++]);
		}
	}
	return sp_buf_view(&b);
}

static void
write_message(struct sp_json_writer *w, const struct sp_tool_call *call, struct json_object *message,
    struct json_object *arguments)
{
	struct json_object *content = sp_json_get(message, "content");
	bool is_text = sp_str_is(sp_json_get_str(content, "type"), "text");

	sp_jw_object(w);
	sp_jw_kstr(w, "role", sp_json_get_str(message, "role"));
	sp_jw_key(w, "content");
	sp_jw_object(w);
	json_object_object_foreach(content, name, value) {
		sp_jw_key(w, name);
		if (is_text && strcmp(name, "text") == 0)
			sp_jw_str(w, sp_prompt_text(call->req->mem, sp_json_text(value), call->tool->content, arguments));
		else
			sp_jw_value(w, value);
	}
	sp_jw_object_end(w);
	sp_jw_object_end(w);
}

static enum sp_tool_outcome
get_stored(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct sp_str *text = call->tool->spec;
	struct sp_json_writer w;
	struct json_object *messages;
	const char *why;
	struct sp_buf b;

	if (!sp_json_parse_large(call->req->mem, *text, &messages, &why)) {
		(void)sp_fail(call->req, SP_SERVER_ERROR, "the messages of prompt %s: %s", call->tool->name, why);
		return SP_TOOL_FAILED;
	}
	sp_buf_init(&b, call->req->mem, PROMPT_BYTES);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < json_object_array_length(messages); i++)
		write_message(&w, call, json_object_array_get_idx(messages, i), arguments);
	sp_jw_array_end(&w);
	*out = (struct sp_tool_result){ .json = sp_buf_view(&b) };
	if (!sp_buf_ok(&b) || out->json.len > (size_t)call->tool->max_bytes)
		sp_tool_too_large(call, (int64_t)out->json.len, out);
	return sp_tool_record(call, out->is_error ? "error" : "ok", NULL);
}

const struct sp_tool_kind sp_stored_messages = { "messages", load_messages, get_stored };
