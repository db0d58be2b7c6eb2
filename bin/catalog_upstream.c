/* catalog_upstream.c - sallyport catalog refresh, catalog pins: what upstreams have, and what of it was approved */
#include "catalog_upstream.h"

#include "db/queries.h"
#include "tools/upstream_refresh.h"

#define NAMES_MAX 256

struct upstream {
	const char *name;
	struct sp_str spec;
	bool pinned;
};

static const struct sp_column upstream_columns[] = {
	{ "name", SP_COL_TEXT, offsetof(struct upstream, name) },
	{ "spec", SP_COL_STR, offsetof(struct upstream, spec) },
	{ "pinned", SP_COL_BOOL, offsetof(struct upstream, pinned) },
	{ NULL }
};

/* Name NULL: all of them.  False: the database failed, or there is none of this name, and that was said. */
static bool
find_upstreams(struct command *c, const char *name, struct upstream **out, size_t *count)
{
	void *rows = NULL;

	*count = 0;
	switch (sp_db_rows(&c->db, &sp_q_upstream_get, SP_PARAMS(SP_P_TEXT(name)), upstream_columns, sizeof(**out), &rows, count)) {
	case SP_DB_FAILED:
		(void)command_db_failed(c, "read the upstreams");
		return false;
	case SP_DB_NO_ROW:
		if (name != NULL)
			(void)command_fail("there is no upstream %s", name);
		return name == NULL;
	case SP_DB_ROW:
		break;
	}
	*out = rows;
	sp_db_end(&c->db);		/* the command has one connection, and requests take it in turns */
	return true;
}

/* What the functions of lib/tools ask of a request, without one. */
static struct sp_request
request_of(struct command *c)
{
	struct sp_request req = { .mem = c->mem, .settings = c->settings, .id = "catalog" };

	sp_db_begin(&req.db, c->pool, c->mem);
	return req;
}

static void
told(void *arg, const char *name, const char *why)
{
	struct command *c = arg;

	printf("left out %s: %s\n", sp_upstream_shown(c->mem, sp_str(name)).p, why);
}

static void
print_changes(struct command *c, const char *upstream, const struct sp_upstream_change *change, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%-8s %s %s/%s\n", change[i].action, change[i].list, upstream,
		    sp_upstream_shown(c->mem, sp_str(change[i].name)).p);
}

/* Approves, and makes the rows.  names: a text[] literal; NULL: all. */
static int
approve(struct command *c, struct sp_request *req, const struct upstream *u, const char *names, bool first)
{
	size_t count = 0;
	void *rows = NULL;
	bool changed;

	if (sp_db_rows(&req->db, &sp_q_upstream_approve, SP_PARAMS(SP_P_TEXT(u->name), SP_P_TEXT(names), SP_P_BOOL(first),
	    command_context(c)), sp_upstream_change_columns, sizeof(struct sp_upstream_change), &rows, &count) == SP_DB_FAILED)
		return command_fail("could not approve: %s", req->db.message);
	print_changes(c, u->name, rows, count);
	if (!sp_upstream_make_rows(req, u->name, u->spec, &changed, told, c))
		return command_fail("could not make the entries of upstream %s: %s", u->name, req->db.message);
	if (count == 0 && !first)
		puts("nothing waits for approval");
	return 0;
}

static int
refresh(struct command *c, const struct upstream *u)
{
	struct sp_request req = request_of(c);
	struct sp_upstream_refreshed r;
	int status = 0;

	if (!sp_upstream_refresh(&req, u->name, u->spec, NULL, NULL, &r)) {
		status = command_fail("upstream %s: %s", u->name, r.why != NULL ? r.why : req.db.message);
	} else if (r.why != NULL) {
		status = command_fail("upstream %s: %s", u->name, r.why);
	} else {
		for (size_t i = 0; i < r.definitions.count; i++)
			if (r.definitions.item[i].digest == NULL)
				told(c, sp_printf(c->mem, "%s %s/%.*s", r.definitions.item[i].list, u->name,
				    SP_FMT(r.definitions.item[i].name)), r.definitions.item[i].why);
		if (!u->pinned) {
			status = approve(c, &req, u, NULL, true);
		} else {
			print_changes(c, u->name, r.change, r.count);
			if (r.count == 0)
				printf("upstream %s: nothing has changed\n", u->name);
			else
				printf("what is new or changed waits: sallyport catalog pins\n");
		}
	}
	sp_db_end(&req.db);
	return status;
}

int
catalog_refresh_run(struct command *c, int argc, char **argv)
{
	const char *name[1] = { NULL };
	struct upstream *upstreams;
	size_t count;
	int status = 0;

	if (!command_options(c, NULL, argc, argv, name, 0, 1))
		return 2;
	command_db(c);
	if (!find_upstreams(c, name[0], &upstreams, &count))
		return 1;
	for (size_t i = 0; i < count; i++)
		status |= refresh(c, &upstreams[i]);
	return status;
}

int
catalog_upstreams_applied(struct command *c)
{
	struct upstream *upstreams;
	size_t count;
	int status = 0;

	command_db(c);
	if (!find_upstreams(c, NULL, &upstreams, &count))
		return 1;
	for (size_t i = 0; i < count; i++) {
		struct sp_request req = request_of(c);
		bool changed;

		if (!upstreams[i].pinned)
			status |= refresh(c, &upstreams[i]);
		else if (!sp_upstream_make_rows(&req, upstreams[i].name, upstreams[i].spec, &changed, told, c))
			status = command_fail("could not make the entries of upstream %s: %s", upstreams[i].name, req.db.message);
		sp_db_end(&req.db);
	}
	return status;
}

/* ---- pins ---- */

struct pin {
	const char *upstream, *list, *name, *state;
	struct sp_str definition, found;
};

static const struct sp_column pin_columns[] = {
	{ "upstream", SP_COL_TEXT, offsetof(struct pin, upstream) },
	{ "list", SP_COL_TEXT, offsetof(struct pin, list) },
	{ "name", SP_COL_TEXT, offsetof(struct pin, name) },
	{ "state", SP_COL_TEXT, offsetof(struct pin, state) },
	{ "definition", SP_COL_STR, offsetof(struct pin, definition) },
	{ "found", SP_COL_STR, offsetof(struct pin, found) },
	{ NULL }
};

static struct json_object *
parsed(struct command *c, struct sp_str text)
{
	struct json_object *out = NULL;
	const char *why;

	return text.p != NULL && sp_json_parse_large(c->mem, text, &out, &why) ? out : NULL;
}

/* A text as it is, anything else as JSON; what nobody would see is shown. */
static void
print_value(struct command *c, char sign, const char *member, struct json_object *value)
{
	struct sp_str text;

	if (value == NULL)
		return;
	text = json_object_is_type(value, json_type_string) ? sp_json_text(value) : sp_json_canonical(c->mem, value);
	text = sp_upstream_shown(c->mem, text);
	printf("  %c %s: %.*s\n", sign, member, SP_FMT(text));
}

static bool
is_same(struct command *c, struct json_object *a, struct json_object *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return sp_str_eq(sp_json_canonical(c->mem, a), sp_json_canonical(c->mem, b));
}

static void
print_pin(struct command *c, const struct pin *p)
{
	struct json_object *before = parsed(c, p->definition), *after = parsed(c, p->found);

	printf("%s %s %s/%s\n", p->state, p->list, p->upstream, sp_upstream_shown(c->mem, sp_str(p->name)).p);
	if (before != NULL) {
		json_object_object_foreach(before, member, value) {
			struct json_object *now = sp_json_get(after, member);

			if (!is_same(c, value, now)) {
				print_value(c, '-', member, value);
				print_value(c, '+', member, now);
			}
		}
	}
	if (after != NULL) {
		json_object_object_foreach(after, member, value)
			if (sp_json_get(before, member) == NULL)
				print_value(c, '+', member, value);
	}
}

static int
pins_list(struct command *c)
{
	struct pin *pins;
	size_t count = 0;
	void *rows = NULL;
	const PGresult *r;

	if (c->json) {
		r = command_query(c, "read the pins", &sp_q_upstream_pins, SP_PARAMS(SP_P_NULL, SP_P_BOOL(true)));
		if (r == NULL)
			return 1;
		command_print(c, r);
		return 0;
	}
	if (sp_db_rows(&c->db, &sp_q_upstream_pins, SP_PARAMS(SP_P_NULL, SP_P_BOOL(true)), pin_columns, sizeof(*pins), &rows,
	    &count) == SP_DB_FAILED)
		return command_db_failed(c, "read the pins");
	pins = rows;
	for (size_t i = 0; i < count; i++)
		print_pin(c, &pins[i]);
	if (count == 0)
		puts("nothing waits for approval");
	return 0;
}

/* A text[] literal of one name. */
static const char *
one_name(struct command *c, struct sp_str name)
{
	struct sp_buf b;

	sp_buf_init(&b, c->mem, 2 * name.len + 16);
	sp_buf_cstr(&b, "{\"");
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			sp_buf_char(&b, '\\');
		sp_buf_char(&b, name.p[i]);
	}
	sp_buf_cstr(&b, "\"}");
	return sp_buf_view(&b).p;
}

/* "UPSTREAM" or "UPSTREAM/NAME". */
static int
approve_one(struct command *c, const char *operand)
{
	struct sp_str rest = sp_str(operand), name;
	struct upstream *u;
	struct sp_request req;
	size_t count;
	int status;

	(void)sp_str_split(&rest, '/', &name);
	if (!find_upstreams(c, sp_cstr(c->mem, name), &u, &count))
		return 1;
	req = request_of(c);
	status = approve(c, &req, u, rest.len > 0 ? one_name(c, rest) : NULL, false);
	sp_db_end(&req.db);
	return status;
}

int
catalog_pins_run(struct command *c, int argc, char **argv)
{
	const char *words[NAMES_MAX] = { NULL };
	int status = 0;

	if (!command_options(c, NULL, argc, argv, words, 0, NAMES_MAX))
		return 2;
	command_db(c);
	if (words[0] == NULL)
		return pins_list(c);
	if (strcmp(words[0], "approve") != 0 || words[1] == NULL)
		return command_usage(c);
	for (size_t i = 1; i < NAMES_MAX && words[i] != NULL; i++)
		status |= approve_one(c, words[i]);
	return status;
}
