/* cmd_catalog_call.c - sallyport catalog list, call, test: the catalog as a person sees it */
#include "command.h"

#include "catalog_client.h"
#include "catalog_file.h"
#include "db/queries.h"
#include "tools/document_kind.h"

#define PATHS_MAX	64
#define OUTPUT_MAX	((size_t)64 * 1024 * 1024)
#define TEXT_WIDTH	60		/* bytes of a description in a list */

static struct sp_str
json_text(struct command *c, struct json_object *value)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, value);
	return sp_buf_view(&b);
}

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

/* ---- list ---- */

static const struct {
	const char *method, *member, *list, *name;
} lists[] = {
	{ "tools/list", "tools", "tool", "name" },
	{ "resources/list", "resources", "resource", "uri" },
	{ "resources/templates/list", "resourceTemplates", "template", "uriTemplate" },
	{ "prompts/list", "prompts", "prompt", "name" },
};

static void
print_entry(const char *server, const char *list, struct sp_str name, struct json_object *entry)
{
	struct sp_str title = sp_json_get_str(entry, "title"), line = sp_json_get_str(entry, "description");

	if (title.p == NULL)
		title = sp_utf8_cut(sp_str_sub(line, 0, sp_str_index(line, '\n') >= 0 ? (size_t)sp_str_index(line, '\n') : line.len),
		    TEXT_WIDTH);
	printf("/mcp%s%-*s  %-8s  %-32.*s  ", server[0] != '\0' ? "/" : "", server[0] != '\0' ? 9 : 10, server, list, SP_FMT(name));
	command_print_text(title);
	putchar('\n');
}

/*
 * All pages of all lists of one server.  One that has no list of a kind answers with
 * an error, but every server has tools.
 */
static bool
list_server(struct command *c, struct catalog_client *client, const char *server, struct sp_json_writer *w)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json_object *params = sp_json_new(c->mem), *result, *entries, *cursor;
		const char *why;

		do {
			if (!catalog_client_ask(client, server, lists[i].method, params, &result, &why)) {
				if (i == 0)
					return command_fail("/mcp%s%s: %s", server[0] != '\0' ? "/" : "", server, why), false;
				break;
			}
			entries = sp_json_get(result, lists[i].member);
			for (size_t k = 0; entries != NULL && k < json_object_array_length(entries); k++) {
				struct json_object *entry = json_object_array_get_idx(entries, k);

				if (!c->json) {
					print_entry(server, lists[i].list, sp_json_get_str(entry, lists[i].name), entry);
					continue;
				}
				sp_jw_object(w);
				sp_jw_kcstr(w, "server", server);
				sp_jw_kcstr(w, "list", lists[i].list);
				sp_jw_key(w, "entry");
				sp_jw_value(w, entry);
				sp_jw_object_end(w);
			}
			if ((cursor = sp_json_get(result, "nextCursor")) != NULL)
				put(params, "cursor", cursor);
		} while (cursor != NULL);
	}
	return true;
}

static int
list_as(struct command *c, const char *user, const char *client_id)
{
	struct catalog_client *client;
	struct sp_json_writer w;
	const PGresult *r;
	struct sp_buf b;
	bool ok = true;

	command_db(c);
	if ((r = command_query(c, "list the servers", &sp_q_resources, SP_NO_PARAMS)) == NULL ||
	    (client = catalog_client_open(c, user, client_id)) == NULL)
		return 1;
	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (int i = 0; ok && i < PQntuples(r); i++)
		ok = list_server(c, client, PQgetvalue(r, i, PQfnumber(r, "name")), &w);
	sp_jw_array_end(&w);
	if (ok && c->json)
		printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
	catalog_client_close(client);
	return ok ? 0 : 1;
}

int
catalog_list_run(struct command *c, int argc, char **argv)
{
	struct command_option options[] = { { .name = "--as", .kind = OPTION_VALUE },
		{ .name = "--client", .kind = OPTION_VALUE }, { NULL } };
	const PGresult *r;

	if (!command_options(c, options, argc, argv, NULL, 0, 0))
		return 2;
	if (options[0].given)
		return list_as(c, options[0].value, options[1].value);
	if (options[1].given)
		return command_usage(c);
	command_db(c);
	if ((r = command_query(c, "list the catalog", &sp_q_catalog_list, SP_NO_PARAMS)) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}

/* ---- call ---- */

/* All text of a result, as a model reads it. */
static struct sp_str
result_text(struct command *c, struct json_object *result)
{
	struct json_object *content = sp_json_get(result, "content");
	struct sp_buf b;

	sp_buf_init(&b, c->mem, OUTPUT_MAX);
	for (size_t i = 0; content != NULL && i < json_object_array_length(content); i++) {
		struct json_object *block = json_object_array_get_idx(content, i);

		if (b.len > 0)
			sp_buf_char(&b, '\n');
		if (sp_str_is(sp_json_get_str(block, "type"), "text"))
			sp_buf_str(&b, sp_json_get_str(block, "text"));
		else
			sp_buf_str(&b, json_text(c, block));
	}
	return sp_buf_view(&b);
}

static bool
call_tool(struct command *c, struct catalog_client *client, const char *server, const char *name,
    struct json_object *arguments, struct json_object **result, const char **why)
{
	struct json_object *params = sp_json_new(c->mem);

	sp_json_set_str(params, "name", sp_str(name));
	if (arguments != NULL)
		put(params, "arguments", arguments);
	return catalog_client_ask(client, server, "tools/call", params, result, why);
}

/* "orders/order_status" is a tool of server orders. */
static const char *
split_name(struct command *c, const char **name)
{
	const char *slash = strchr(*name, '/');
	const char *server;

	if (slash == NULL)
		return "";
	server = sp_cstr(c->mem, (struct sp_str){ *name, (size_t)(slash - *name) });
	*name = slash + 1;
	return server;
}

int
catalog_call_run(struct command *c, int argc, char **argv)
{
	struct command_option options[] = { { .name = "--as", .kind = OPTION_VALUE },
		{ .name = "--client", .kind = OPTION_VALUE }, { NULL } };
	struct json_object *arguments = NULL, *result;
	const char *operands[2] = { NULL }, *why, *server;
	struct catalog_client *client;
	int status = 1;

	if (!command_options(c, options, argc, argv, operands, 1, 2) || !options[0].given)
		return options[0].given ? 2 : command_usage(c);
	if (operands[1] != NULL && (!sp_json_parse(c->mem, sp_str(operands[1]), &arguments, &why) ||
	    !json_object_is_type(arguments, json_type_object)))
		return command_fail("the arguments are not a JSON object"), 2;
	server = split_name(c, &operands[0]);
	if ((client = catalog_client_open(c, options[0].value, options[1].value)) == NULL)
		return 1;
	if (!call_tool(c, client, server, operands[0], arguments, &result, &why)) {
		(void)command_fail("%s: %s", operands[0], why);
	} else {
		/* without content it is a question, or a task */
		bool is_done = sp_json_get(result, "content") != NULL;

		command_print_text(c->json || !is_done ? json_text(c, result) : result_text(c, result));
		putchar('\n');
		status = !is_done || json_object_get_boolean(sp_json_get(result, "isError"));
	}
	catalog_client_close(client);
	return status;
}

/* ---- test ---- */

/* Whether everything that is expected is there: members of objects, items of arrays in their places. */
static bool
has_all(struct json_object *expected, struct json_object *got)
{
	if (json_object_is_type(expected, json_type_object)) {
		json_object_object_foreach(expected, name, value) {
			struct json_object *other;

			if (!json_object_is_type(got, json_type_object) || !json_object_object_get_ex(got, name, &other) ||
			    !has_all(value, other))
				return false;
		}
		return true;
	}
	if (json_object_is_type(expected, json_type_array)) {
		if (!json_object_is_type(got, json_type_array) ||
		    json_object_array_length(got) < json_object_array_length(expected))
			return false;
		for (size_t i = 0; i < json_object_array_length(expected); i++)
			if (!has_all(json_object_array_get_idx(expected, i), json_object_array_get_idx(got, i)))
				return false;
		return true;
	}
	return json_object_equal(expected, got);
}

static bool
contains(struct command *c, struct json_object *wanted, struct sp_str text)
{
	if (json_object_is_type(wanted, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(wanted); i++)
			if (!contains(c, json_object_array_get_idx(wanted, i), text))
				return false;
		return true;
	}
	return json_object_is_type(wanted, json_type_string) &&
	    strstr(sp_cstr(c->mem, text), json_object_get_string(wanted)) != NULL;
}

/* What is not as expected; NULL: nothing. */
static const char *
judge(struct command *c, struct json_object *expect, struct json_object *result)
{
	struct json_object *is_error = sp_json_get(expect, "is_error"), *wanted = sp_json_get(expect, "contains");
	bool failed = json_object_get_boolean(sp_json_get(result, "isError"));
	struct sp_str text = result_text(c, result);

	if (failed != json_object_get_boolean(is_error))
		return sp_printf(c->mem, "%s: %.*s", failed ? "it failed" : "it did not fail", SP_FMT(sp_utf8_cut(text, 400)));
	if (wanted != NULL && !contains(c, wanted, text))
		return sp_printf(c->mem, "the text has no %.*s: %.*s", SP_FMT(json_text(c, wanted)), SP_FMT(sp_utf8_cut(text, 400)));
	if (sp_json_get(expect, "structured") != NULL &&
	    !has_all(sp_json_get(expect, "structured"), sp_json_get(result, "structuredContent")))
		return sp_printf(c->mem, "structuredContent is %.*s",
		    SP_FMT(sp_utf8_cut(json_text(c, sp_json_get(result, "structuredContent")), 400)));
	return NULL;
}

struct run {
	struct command *c;
	struct catalog_client *client;
	size_t count, failed;
};

static void
test_tool(struct run *run, const char *server, const char *name, struct json_object *tests)
{
	for (size_t i = 0; tests != NULL && i < json_object_array_length(tests); i++) {
		struct json_object *test = json_object_array_get_idx(tests, i), *result = NULL;
		struct sp_str title = sp_json_get_str(test, "name");
		const char *why;
		bool ok;

		ok = call_tool(run->c, run->client, server, name, sp_json_get(test, "arguments"), &result, &why) &&
		    (why = judge(run->c, sp_json_get(test, "expect"), result)) == NULL;
		run->count++;
		run->failed += !ok;
		printf("%s %zu - %s%s%s", ok ? "ok" : "not ok", run->count, server, server[0] != '\0' ? "/" : "", name);
		command_print_text(sp_str(sp_printf(run->c->mem, ": %.*s\n", SP_FMT(title.p != NULL ? title :
		    json_text(run->c, sp_json_get(test, "arguments"))))));
		if (!ok)
			command_print_text(sp_str(sp_printf(run->c->mem, "# %s\n", why)));
	}
}

/* The tests of the documents that were applied last. */
static bool
test_applied(struct run *run)
{
	struct json_object *body;
	const PGresult *r;
	const char *why;

	command_db(run->c);
	if ((r = command_query(run->c, "read the tests", &sp_q_catalog_tests, SP_NO_PARAMS)) == NULL)
		return false;
	for (int i = 0; i < PQntuples(r); i++)
		if (sp_json_parse_large(run->c->mem, sp_str(PQgetvalue(r, i, 2)), &body, &why))
			test_tool(run, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), body);
	return true;
}

/* The tests of files, made with the catalog as it is applied. */
static bool
test_files(struct run *run, const char *const *paths)
{
	struct sp_documents documents;
	struct catalog_sql *sql = NULL;

	sp_documents_init(&documents, run->c->mem);
	documents.read_bytes = catalog_read_bytes;
	documents.read_tree = catalog_read_tree;
	for (; *paths != NULL; paths++)
		catalog_add_path(&documents, *paths, &sql);
	for (size_t i = 0; i < documents.faults.count; i++)
		fprintf(stderr, "%s:%d: %s\n", documents.faults.item[i].file, documents.faults.item[i].line,
		    documents.faults.item[i].message);
	for (const struct sp_document *d = documents.first; d != NULL && documents.faults.count == 0; d = d->next)
		if (strcmp(d->kind->name, "tool") == 0)
			test_tool(run, d->server, d->name, sp_json_get(d->body, "tests"));
	return documents.faults.count == 0;
}

/* Its output is the Test Anything Protocol. */
int
catalog_test_run(struct command *c, int argc, char **argv)
{
	struct command_option options[] = { { .name = "--as", .kind = OPTION_VALUE },
		{ .name = "--client", .kind = OPTION_VALUE }, { NULL } };
	const char *paths[PATHS_MAX + 1] = { NULL };
	struct run run = { .c = c };
	bool ok;

	if (!command_options(c, options, argc, argv, paths, 0, PATHS_MAX) || !options[0].given)
		return options[0].given ? 2 : command_usage(c);
	if ((run.client = catalog_client_open(c, options[0].value, options[1].value)) == NULL)
		return 1;
	ok = paths[0] != NULL ? test_files(&run, paths) : test_applied(&run);
	printf("1..%zu\n", run.count);
	catalog_client_close(run.client);
	return ok && run.failed == 0 ? 0 : 1;
}
