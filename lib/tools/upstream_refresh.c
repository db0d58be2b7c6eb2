/* upstream_refresh.c - reading what an upstream has, and telling the database */
#include "tools/upstream_refresh.h"

#include "base/clock.h"
#include "db/queries.h"

#define REFRESH_MS 60000		/* for all lists of one upstream */

const struct sp_column sp_upstream_change_columns[] = {
	{ "action", SP_COL_TEXT, offsetof(struct sp_upstream_change, action) },
	{ "list", SP_COL_TEXT, offsetof(struct sp_upstream_change, list) },
	{ "name", SP_COL_TEXT, offsetof(struct sp_upstream_change, name) },
	{ NULL }
};

static bool
read_spec(struct sp_request *req, const char *name, struct sp_str text, struct sp_upstream *out, const char **why)
{
	struct json_object *json;

	if (!sp_json_parse_large(req->mem, text, &json, why) || !sp_upstream_read(req->mem, json, out, why))
		return false;
	out->name = sp_strdup(req->mem, name);
	return true;
}

static const char *
reason(const struct sp_upstream_talk *talk, enum sp_mcp_reply_kind kind)
{
	switch (kind) {
	case SP_MCP_REPLY_DENIED:
		return "it does not accept our credential";
	case SP_MCP_REPLY_TOO_LARGE:
		return "what it says is too large";
	case SP_MCP_REPLY_LATE:
		return "it does not answer in time";
	default:
		return talk->client.why != NULL ? talk->client.why : "it gives no answer that can be read";
	}
}

static void
set_true(struct json_object *obj, const char *name)
{
	if (json_object_object_add(obj, name, json_object_new_boolean(true)) != 0)
		sp_out_of_memory();
}

/* What is of use to us beside its lists; u.found was unknown, so that it has said what it can. */
static struct sp_str
what_it_can(struct sp_arena *mem, struct json_object *server)
{
	static const char *const lists[] = { "tools", "prompts", "resources" };
	struct json_object *can = sp_json_new(mem);
	bool tells = false;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		tells = tells || json_object_get_boolean(sp_json_get(sp_json_get(server, lists[i]), "listChanged"));
	if (json_object_is_type(sp_json_get(server, "completions"), json_type_object))
		set_true(can, "completions");
	if (json_object_get_boolean(sp_json_get(sp_json_get(server, "resources"), "subscribe")))
		set_true(can, "subscribe");
	if (tells)
		set_true(can, "list_changed");
	return sp_json_canonical(mem, can);
}

/* The database hears of the trouble; that it could not is trouble of another kind, and in the log. */
static bool
failed(struct sp_request *req, const char *name, const char *why, struct sp_upstream_refreshed *out)
{
	out->why = why;
	return sp_db_do(&req->db, &sp_q_upstream_failed, SP_PARAMS(SP_P_TEXT(name), SP_P_TEXT(why)), NULL);
}

bool
sp_upstream_refresh(struct sp_request *req, const char *name, struct sp_str spec, bool (*gone)(void *arg), void *arg,
    struct sp_upstream_refreshed *out)
{
	struct sp_upstream_talk talk;
	struct sp_upstream u;
	enum sp_mcp_reply_kind kind;
	enum sp_mcp_client_era era;
	struct json_object *all;
	struct sp_str found, can;
	void *rows;

	*out = (struct sp_upstream_refreshed){ 0 };
	if (!read_spec(req, name, spec, &u, &out->why))
		return false;
	u.found = SP_MCP_ERA_UNKNOWN;		/* looked at anew each time */
	/* some servers hide tools from clients that could not use them */
	if (!sp_json_parse(req->mem, SP_LIT("{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{},\"roots\":{}}"),
	    &all, &out->why))
		return false;
	talk = (struct sp_upstream_talk){ .client = { .capabilities = all }, .req = req, .upstream = &u, .deadline_ms = sp_monotonic_ms() + REFRESH_MS,
	    .max_bytes = SP_UPSTREAM_MESSAGE_MAX, .gone = gone, .arg = arg };
	sp_db_end(&req->db);
	kind = sp_upstream_open(&talk);
	if (kind == SP_MCP_REPLY)
		kind = sp_upstream_lists(&talk, &out->definitions);
	era = talk.client.era;
	can = what_it_can(req->mem, talk.client.server);
	if (kind != SP_MCP_REPLY)
		out->why = reason(&talk, kind);
	sp_upstream_close(&talk);
	if (kind == SP_MCP_REPLY_GONE)
		return true;			/* and nothing is known */
	if (kind != SP_MCP_REPLY)
		return failed(req, name, out->why, out);
	found = sp_upstream_found_json(req->mem, &out->definitions);
	if (found.p == NULL)
		return failed(req, name, "its definitions are too large", out);
	if (!sp_db_do(&req->db, &sp_q_upstream_works, SP_PARAMS(SP_P_TEXT(name), SP_P_TEXT(sp_mcp_era_name(era)), SP_P_STR(can)), NULL))
		return false;
	if (sp_db_rows(&req->db, &sp_q_upstream_found, SP_PARAMS(SP_P_TEXT(name), SP_P_STR(found)), sp_upstream_change_columns,
	    sizeof(struct sp_upstream_change), &rows, &out->count) == SP_DB_FAILED)
		return false;
	out->change = out->count > 0 ? rows : NULL;
	return true;
}

struct approved {
	const char *list;
	struct sp_str name, definition;
};

static const struct sp_column approved_columns[] = {
	{ "list", SP_COL_TEXT, offsetof(struct approved, list) },
	{ "name", SP_COL_STR, offsetof(struct approved, name) },
	{ "definition", SP_COL_STR, offsetof(struct approved, definition) },
	{ NULL }
};

struct changed { bool changed; };

static const struct sp_column changed_columns[] = { { "changed", SP_COL_BOOL, offsetof(struct changed, changed) }, { NULL } };

bool
sp_upstream_make_rows(struct sp_request *req, const char *name, struct sp_str spec, bool *changed,
    void (*told)(void *arg, const char *name, const char *why), void *arg)
{
	struct sp_upstream_definitions approved = { 0 };
	struct changed answer = { false };
	const struct approved *row;
	struct sp_upstream u;
	struct sp_str json;
	const char *why;
	size_t count = 0;
	void *rows;

	*changed = false;
	if (!read_spec(req, name, spec, &u, &why)) {
		told(arg, name, why);
		return true;
	}
	if (sp_db_rows(&req->db, &sp_q_upstream_approved, SP_PARAMS(SP_P_TEXT(name)), approved_columns, sizeof(*row), &rows,
	    &count) == SP_DB_FAILED)
		return false;
	row = count > 0 ? rows : NULL;
	approved.item = sp_alloc_array(req->mem, count, sizeof(*approved.item));
	for (size_t i = 0; i < count; i++) {
		struct sp_upstream_definition *d = &approved.item[approved.count];

		*d = (struct sp_upstream_definition){ .list = row[i].list, .name = row[i].name };
		if (sp_json_parse_large(req->mem, row[i].definition, &d->definition, &why))
			approved.count++;
	}
	json = sp_upstream_rows_json(req->mem, &u, &approved, told, arg);
	if (json.p == NULL) {
		told(arg, name, "its definitions are too large");
		return true;
	}
	if (sp_db_row(&req->db, &sp_q_upstream_rows, SP_PARAMS(SP_P_TEXT(name), SP_P_STR(json)), changed_columns, &answer) != SP_DB_ROW)
		return false;
	*changed = answer.changed;
	return true;
}
