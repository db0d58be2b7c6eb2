/* catalog.c - the servers and what they offer, as every worker keeps them */
#include "tools/catalog.h"

#include <pthread.h>

#include "base/log.h"
#include "db/queries.h"
#include "tools/confirm.h"
#include "tools/content.h"
#include "tools/document_kind.h"
#include "tools/options.h"
#include "tools/policy.h"
#include "tools/http_source.h"
#include "tools/run.h"
#include "tools/sql_tool.h"

#define ACCESS_TTL_MS	300000		/* of a server that does not say how long an answer is good */

static const char *const list_names[SP_LISTS] = { "tool", "resource", "template", "prompt" };

struct row {
	int64_t version;
	const char *server, *server_title, *instructions;
	struct sp_str server_info;
	int64_t list_ttl_ms;
	struct sp_str offers, access, list;
	int64_t entry_id;			/* 0: there is no entry */
	const char *name, *title, *description, *kind;
	struct sp_str input_schema, output_schema, annotations, listing, scopes;
	const char *tier;
	int64_t timeout_ms, max_rows, max_bytes;
	bool read_only;
	struct sp_str spec, options;
	const char *toolset;
};

static const struct sp_column columns[] = {
	{ "version", SP_COL_INT, offsetof(struct row, version) },
	{ "server", SP_COL_TEXT, offsetof(struct row, server) },
	{ "server_title", SP_COL_TEXT, offsetof(struct row, server_title) },
	{ "server_info", SP_COL_STR, offsetof(struct row, server_info) },
	{ "list_ttl_ms", SP_COL_INT, offsetof(struct row, list_ttl_ms) },
	{ "access", SP_COL_STR, offsetof(struct row, access) },
	{ "instructions", SP_COL_TEXT, offsetof(struct row, instructions) },
	{ "offers", SP_COL_STR, offsetof(struct row, offers) },
	{ "list", SP_COL_STR, offsetof(struct row, list) },
	{ "entry_id", SP_COL_INT, offsetof(struct row, entry_id) },
	{ "name", SP_COL_TEXT, offsetof(struct row, name) },
	{ "title", SP_COL_TEXT, offsetof(struct row, title) },
	{ "description", SP_COL_TEXT, offsetof(struct row, description) },
	{ "kind", SP_COL_TEXT, offsetof(struct row, kind) },
	{ "input_schema", SP_COL_STR, offsetof(struct row, input_schema) },
	{ "output_schema", SP_COL_STR, offsetof(struct row, output_schema) },
	{ "annotations", SP_COL_STR, offsetof(struct row, annotations) },
	{ "listing", SP_COL_STR, offsetof(struct row, listing) },
	{ "scopes", SP_COL_STR, offsetof(struct row, scopes) },
	{ "tier", SP_COL_TEXT, offsetof(struct row, tier) },
	{ "timeout_ms", SP_COL_INT, offsetof(struct row, timeout_ms) },
	{ "max_rows", SP_COL_INT, offsetof(struct row, max_rows) },
	{ "max_bytes", SP_COL_INT, offsetof(struct row, max_bytes) },
	{ "read_only", SP_COL_BOOL, offsetof(struct row, read_only) },
	{ "spec", SP_COL_STR, offsetof(struct row, spec) },
	{ "options", SP_COL_STR, offsetof(struct row, options) },
	{ "toolset", SP_COL_TEXT, offsetof(struct row, toolset) },
	{ NULL }
};

/* ---- one tool ---- */

/* What a row says of a tool as it is parsed; lives until the entry is made. */
struct parsed {
	struct json_object *input, *output, *annotations, *listing, *spec, *options;
};

static bool
parse(struct sp_arena *scratch, const struct row *r, struct parsed *out, const char **why)
{
	*out = (struct parsed){ 0 };
	return sp_json_parse_large(scratch, r->input_schema, &out->input, why) &&
	    (r->output_schema.p == NULL || sp_json_parse_large(scratch, r->output_schema, &out->output, why)) &&
	    sp_json_parse_large(scratch, r->annotations, &out->annotations, why) &&
	    (r->listing.p == NULL || sp_json_parse_large(scratch, r->listing, &out->listing, why)) &&
	    sp_json_parse_large(scratch, r->spec, &out->spec, why) &&
	    (r->options.p == NULL || sp_json_parse_large(scratch, r->options, &out->options, why));
}

static void
free_schema(void *schema)
{
	sp_schema_free(schema);
}

static bool
compile(struct sp_arena *mem, struct sp_arena *scratch, struct json_object *schema,
    const struct sp_schema **out, const char **why)
{
	static const struct sp_schema_options options = { .assert_format = true };
	struct sp_schema *compiled;

	if (!sp_schema_compile(scratch, schema, &options, &compiled, why))
		return false;
	sp_arena_defer(mem, free_schema, compiled);
	*out = compiled;
	return true;
}

/* What was made from the type of a function fits by itself. */
static bool
compile_output(struct sp_arena *mem, struct sp_arena *scratch, const struct row *r, const struct parsed *p,
    const struct sp_schema **out, const char **why)
{
	if (p->output == NULL ||
	    (strcmp(r->kind, "function") == 0 && !json_object_get_boolean(sp_json_get(p->spec, "checked"))))
		return true;
	return compile(mem, scratch, p->output, out, why);
}

static void
take_required(struct sp_arena *mem, struct json_object *schema, struct sp_tool *tool)
{
	struct json_object *list = sp_json_get(schema, "required");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	struct sp_str *required = sp_alloc_array(mem, n, sizeof(*required));

	for (size_t i = 0; i < n; i++)
		required[i] = sp_str_dup(mem, sp_json_text(json_object_array_get_idx(list, i)));
	tool->required = required;
	tool->required_count = n;
}

static void
add_text(struct json_object *entry, const char *name, const char *text)
{
	if (text != NULL)
		sp_json_set_str(entry, name, sp_str(text));
}

static void
add_value(struct json_object *entry, const char *name, struct json_object *value)
{
	if (value != NULL && json_object_object_add(entry, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

/* The entry of tools/list. */
static bool
write_listing(struct sp_arena *mem, struct sp_arena *scratch, const struct row *r, const struct parsed *p,
    struct sp_listing *out, const char **why)
{
	struct json_object *entry = sp_json_new(scratch);

	add_text(entry, "name", r->name);
	add_text(entry, "title", r->title);
	add_text(entry, "description", r->description);
	sp_schema_make_strict(scratch, p->input);
	sp_schema_make_strict(scratch, p->output);
	add_value(entry, "inputSchema", p->input);
	add_value(entry, "outputSchema", p->output);
	add_value(entry, "annotations", p->annotations);
	add_value(entry, "icons", sp_json_get(p->listing, "icons"));
	add_value(entry, "_meta", sp_json_get(p->listing, "_meta"));
	*why = "its entry in tools/list is too long";
	return sp_listing_write(mem, scratch, entry, out);
}

/* Of a function in its spec; of a document in its options: "optional", or {"support", "timeout"}. */
static void
take_tasks(const struct parsed *p, struct sp_tool *tool)
{
	struct json_object *task = sp_json_get(p->spec, "task"), *of_document = sp_json_get(p->options, "task");
	struct sp_str support = sp_json_get_str(task, "support");

	tool->repeatable = json_object_get_boolean(sp_json_get(p->spec, "repeatable"));
	tool->task_timeout_ms = json_object_get_int64(sp_json_get(task, "timeout_ms"));
	if (tool->kind != &sp_sql_tool) {
		tool->repeatable = tool->read_only || json_object_get_boolean(sp_json_get(p->annotations, "idempotentHint"));
		support = json_object_is_type(of_document, json_type_string) ? sp_json_text(of_document) :
		    sp_json_get_str(of_document, "support");
		if (!sp_document_duration(sp_json_get_str(of_document, "timeout"), &tool->task_timeout_ms))
			tool->task_timeout_ms = 0;
	}
	if (support.p != NULL)
		tool->tasks = sp_str_is(support, "required") ? SP_TASK_REQUIRED : SP_TASK_OPTIONAL;
}

/* Most tools of a server have the same few lists. */
static bool
take_scopes(struct sp_arena *mem, struct sp_str text, const struct sp_tool *before, size_t count,
    struct sp_tool *tool, const char **why)
{
	struct sp_scope parsed, *kept;

	*why = "its scopes are malformed";
	if (!sp_scope_parse(text, &parsed))
		return false;
	for (size_t i = 0; i < count; i++)
		if (sp_scope_within(&parsed, before[i].scopes) && sp_scope_within(before[i].scopes, &parsed)) {
			tool->scopes = before[i].scopes;
			return true;
		}
	kept = sp_alloc(mem, sizeof(*kept));
	if (!sp_scope_parse(sp_str_dup(mem, text), kept))
		return false;
	tool->scopes = kept;
	return true;
}

/* MCP Apps, "Visibility": by default both may call it. */
static bool
is_for_apps(struct json_object *meta)
{
	struct json_object *visibility = sp_json_get(sp_json_get(meta, "ui"), "visibility");

	if (!json_object_is_type(visibility, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(visibility); i++) {
		struct json_object *who = json_object_array_get_idx(visibility, i);

		if (json_object_is_type(who, json_type_string) && sp_str_is(sp_json_text(who), "model"))
			return false;
	}
	return true;
}

/* What the row says; a result that was kept is of this and no other. */
static struct sp_str
digest(struct sp_arena *mem, struct sp_arena *scratch, const struct row *r)
{
	uint8_t *sha256 = sp_alloc(mem, SP_SHA256_LEN);

	sp_sha256(sp_str(sp_printf(scratch, "%s\n%s\n%.*s\n%.*s\n%.*s\n%lld %lld", r->kind, r->name, SP_FMT(r->spec),
	    SP_FMT(r->options), SP_FMT(r->input_schema), (long long)r->max_rows, (long long)r->max_bytes)), sha256);
	return (struct sp_str){ (const char *)sha256, SP_SHA256_LEN };
}

/*
 * In the place of the name of a source that makes embeddings its spec, as tools have
 * theirs.  One that is not there stays a name.  False: the database failed.
 */
static bool
put_sources(struct sp_db *db, struct sp_arena *scratch, struct json_object *options)
{
	struct json_object *bind = sp_json_get(options, "bind");

	if (!json_object_is_type(bind, json_type_object))
		return true;
	json_object_object_foreach(bind, name, bound) {
		struct sp_str source = sp_json_get_str(bound, "source"), spec;
		struct json_object *object;
		const char *why;

		(void)name;
		if (source.p == NULL)
			continue;
		switch (sp_source_spec(db, scratch, source, &spec)) {
		case SP_DB_FAILED:
			return false;
		case SP_DB_NO_ROW:
			continue;
		case SP_DB_ROW:
			break;
		}
		if (sp_json_parse_large(scratch, spec, &object, &why))
			add_value(bound, "source", object);
	}
	return true;
}

static bool
take_options(struct sp_db *db, struct sp_arena *mem, struct sp_arena *scratch, const struct row *r, const struct parsed *p,
    struct sp_tool *tool, const char **why)
{
	bool reads = tool->read_only || (strcmp(r->kind, "function") != 0 &&
	    json_object_get_boolean(sp_json_get(p->annotations, "readOnlyHint")));

	*why = "the sources that it binds cannot be read";
	if (!put_sources(db, scratch, p->options) || !sp_tool_options_read(mem, p->options, reads, &tool->options, why))
		return false;
	tool->has_output = p->output != NULL;
	if (tool->options == NULL)
		return true;
	if (tool->options->cache_ttl_ms > 0)
		tool->digest = digest(mem, scratch, r);
	if (tool->options->confirm != NULL)
		sp_confirm_add_argument(scratch, p->input, &tool->takes_confirm);
	return true;
}

static bool
fit(struct sp_arena *mem, const struct parsed *p, struct sp_tool *tool, const char **why)
{
	struct sp_tool_frame frame = { .input = p->input, .options = p->options, .read_only = tool->read_only };

	return tool->kind->fit == NULL || tool->kind->fit(mem, &frame, &tool->spec, why);
}

static bool
read_tool(struct sp_db *db, struct sp_arena *mem, struct sp_arena *scratch, const struct row *r, struct sp_tool *tool,
    const char **why)
{
	struct parsed p;

	if (!parse(scratch, r, &p, why) ||
	    !compile(mem, scratch, p.input, &tool->input, why) ||
	    !compile_output(mem, scratch, r, &p, &tool->output, why) ||
	    !tool->kind->load(mem, p.spec, &tool->spec, why) ||
	    !fit(mem, &p, tool, why) ||
	    !sp_param_headers(mem, p.input, &tool->headers, why) ||
	    !take_options(db, mem, scratch, r, &p, tool, why) ||
	    !write_listing(mem, scratch, r, &p, &tool->listing, why))
		return false;
	take_required(mem, p.input, tool);
	tool->is_for_apps = is_for_apps(sp_json_get(p.listing, "_meta"));
	take_tasks(&p, tool);
	return true;
}

/* ---- one resource, template or prompt ---- */

static bool
read_content(struct sp_arena *mem, struct sp_arena *scratch, const struct row *r, struct sp_tool *tool,
    const char **why)
{
	struct json_object *spec, *listing;

	if (!sp_json_parse_large(scratch, r->spec, &spec, why) ||
	    !sp_json_parse_large(scratch, r->listing, &listing, why))
		return false;
	*why = "its entry in the list is too long";
	return sp_listing_write(mem, scratch, listing, &tool->listing) &&
	    tool->kind->load(mem, spec, &tool->spec, why) &&
	    sp_content_load(mem, spec, sp_str_is(r->list, list_names[SP_TEMPLATES]), tool, why);
}

/* ---- all of them ---- */

static bool
read_entry(struct sp_db *db, struct sp_arena *mem, struct sp_arena *scratch, const struct sp_policy *policy,
    const struct row *r, const struct sp_tool *before, size_t count, struct sp_tool *out, const char **why)
{
	struct sp_tool tool = {
		.tool_id = r->entry_id,
		.name = sp_strdup(mem, r->name),
		.server = sp_strdup(mem, r->server),
		.toolset = sp_strdup(mem, r->toolset),
		.policy = policy,
		.kind = sp_tool_kind_find(r->kind),
		.tier = sp_strdup(mem, r->tier),
		.timeout_ms = r->timeout_ms,
		.max_rows = r->max_rows,
		.max_bytes = r->max_bytes,
		.read_only = r->read_only,
	};
	bool ok;

	*why = "its kind is unknown to this program";
	if (tool.kind == NULL || !take_scopes(mem, r->scopes, before, count, &tool, why))
		return false;
	ok = sp_str_is(r->list, list_names[SP_TOOLS]) ? read_tool(db, mem, scratch, r, &tool, why) :
	    read_content(mem, scratch, r, &tool, why);
	if (ok)
		*out = tool;
	return ok;
}

static enum sp_list
list_of(struct sp_str name)
{
	enum sp_list list = SP_TOOLS;

	while (list < SP_LISTS && !sp_str_is(name, list_names[list]))
		list++;
	return list;
}

/* The schema has it that there is a tool; one that cannot be read is there all the same, and says yes to nobody. */
static void
read_access(struct sp_arena *mem, struct sp_str text, struct sp_server *server)
{
	struct json_object *access;
	const char *why;

	if (text.p == NULL)
		return;
	server->access_tool = "";
	server->access_ttl_ms = ACCESS_TTL_MS;
	if (sp_json_parse(mem, text, &access, &why)) {
		server->access_tool = sp_cstr(mem, sp_json_get_str(access, "tool"));
		if (!sp_document_duration(sp_json_get_str(access, "ttl"), &server->access_ttl_ms))
			server->access_ttl_ms = ACCESS_TTL_MS;
	}
}

static struct sp_server
read_server(struct sp_arena *mem, const struct row *r)
{
	struct sp_server server = {
		.name = sp_strdup(mem, r->server),
		.title = sp_strdup(mem, r->server_title),
		.instructions = sp_strdup(mem, r->instructions),
		.info = sp_str_dup(mem, r->server_info),
		.list_ttl_ms = r->list_ttl_ms,
	};
	struct sp_str rest = r->offers, word;

	read_access(mem, r->access, &server);
	while (sp_str_split(&rest, ' ', &word)) {
		enum sp_list list = list_of(word);

		if (list < SP_LISTS)
			server.list[list].offered = true;
		else if (sp_str_is(word, "app"))
			server.has_apps = true;
		else
			server.completes = true;
	}
	return server;
}

bool
sp_catalog_load(struct sp_db *db, struct sp_arena *mem, const char *name_of_server, enum sp_list which,
    struct sp_str name, struct sp_catalog *out)
{
	const char *list_name = which == SP_ALL_LISTS ? NULL : which == SP_NO_LIST ? "" : list_names[which];
	struct sp_arena *scratch;
	struct sp_server *servers, *server = NULL;
	struct sp_tool *tools;
	const struct sp_policy *policy = NULL;
	const char *why;
	struct row *r;
	void *rows;
	size_t n;

	switch (sp_db_rows(db, &sp_q_catalog, SP_PARAMS(SP_P_TEXT(name_of_server), SP_P_TEXT(list_name),
	    SP_P_STR(name)), columns, sizeof(*r), &rows, &n)) {
	case SP_DB_FAILED:
		return false;
	case SP_DB_NO_ROW:
		*out = (struct sp_catalog){ 0 };
		return true;
	case SP_DB_ROW:
		break;
	}
	/* behind the entries: rules that are newer than their version are loaded again with the next one */
	if (which != SP_NO_LIST && !sp_policy_load(db, mem, &policy))
		return false;
	r = rows;
	*out = (struct sp_catalog){ .version = r[0].version, .policy = policy };
	servers = sp_alloc_array(mem, n, sizeof(*servers));
	tools = sp_alloc_array(mem, n, sizeof(*tools));
	scratch = sp_arena_new();
	for (size_t i = 0; i < n; i++) {
		struct sp_entries *list;
		struct sp_tool *first;

		if (i == 0 || strcmp(r[i].server, r[i - 1].server) != 0) {
			server = &servers[out->count++];
			*server = read_server(mem, &r[i]);
		}
		if (r[i].entry_id == 0)
			continue;
		/* rows of one list are together, so that its entries are one array */
		list = &server->list[list_of(r[i].list)];
		if (list->item == NULL)
			list->item = &tools[i];
		first = &tools[list->item - tools];
		if (read_entry(db, mem, scratch, policy, &r[i], first, list->count, &first[list->count], &why))
			list->count++;
		else
			sp_log(SP_ERROR, "left out of the catalog", SP_L("server", r[i].server),
			    SP_LS("list", r[i].list), SP_L("name", r[i].name), SP_L("why", why));
		sp_arena_reset(scratch);
	}
	sp_arena_free(scratch);
	out->servers = servers;
	return true;
}

const struct sp_server *
sp_catalog_server(const struct sp_catalog *catalog, struct sp_str name)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (sp_str_is(name, catalog->servers[i].name))
			return &catalog->servers[i];
	return NULL;
}

const struct sp_tool *
sp_server_entry(const struct sp_server *server, enum sp_list which, struct sp_str name)
{
	const struct sp_entries *list = &server->list[which];

	for (size_t i = 0; i < list->count; i++)
		if (sp_str_is(name, list->item[i].name))
			return &list->item[i];
	return NULL;
}

bool
sp_server_offers(const struct sp_server *server, enum sp_list list)
{
	switch (list) {
	case SP_RESOURCES:
	case SP_TEMPLATES:
		return server->list[SP_RESOURCES].offered || server->list[SP_TEMPLATES].offered;
	case SP_PROMPTS:
		return server->list[SP_PROMPTS].offered;
	default:
		return true;
	}
}

/* ---- where a process keeps its snapshot ---- */

/* The cache holds one reference, each request that looked another; the last one frees it. */
struct snapshot {
	unsigned refs;
	struct sp_arena *mem;
	struct sp_catalog catalog;
	struct sp_catalog_cache *cache;
};

struct sp_catalog_cache {
	pthread_mutex_t lock;			/* of `now` and of all refs */
	struct snapshot *now;			/* NULL until the database was reached */
	pthread_mutex_t loading;		/* held by who takes in a change: one load is enough for all */
};

struct sp_catalog_cache *
sp_catalog_cache_new(void)
{
	struct sp_catalog_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		sp_out_of_memory();
	pthread_mutex_init(&cache->lock, NULL);
	pthread_mutex_init(&cache->loading, NULL);
	return cache;
}

static void
release(void *arg)
{
	struct snapshot *s = arg;
	unsigned left;

	pthread_mutex_lock(&s->cache->lock);
	left = --s->refs;
	pthread_mutex_unlock(&s->cache->lock);
	if (left == 0) {
		sp_arena_free(s->mem);
		free(s);
	}
}

void
sp_catalog_cache_free(struct sp_catalog_cache *cache)
{
	if (cache == NULL)
		return;
	if (cache->now != NULL)
		release(cache->now);
	pthread_mutex_destroy(&cache->lock);
	pthread_mutex_destroy(&cache->loading);
	free(cache);
}

/* With one reference, the caller's; NULL when the database failed. */
static struct snapshot *
load(struct sp_catalog_cache *cache, struct sp_db *db)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL)
		sp_out_of_memory();
	*s = (struct snapshot){ .refs = 1, .mem = sp_arena_new(), .cache = cache };
	if (sp_catalog_load(db, s->mem, NULL, SP_ALL_LISTS, (struct sp_str){ NULL, 0 }, &s->catalog)) {
		sp_log(SP_INFO, "catalog", SP_LI("version", s->catalog.version));
		return s;
	}
	release(s);
	return NULL;
}

/* A request that had to load for itself leaves what the listener has loaded meanwhile. */
static void
install(struct sp_catalog_cache *cache, struct snapshot *s, bool replace)
{
	struct snapshot *old = NULL;

	pthread_mutex_lock(&cache->lock);
	if (cache->now == NULL || replace) {
		old = cache->now;
		cache->now = s;
		s->refs++;
	}
	pthread_mutex_unlock(&cache->lock);
	if (old != NULL)
		release(old);
}

static struct snapshot *
current(struct sp_catalog_cache *cache)
{
	struct snapshot *s;

	pthread_mutex_lock(&cache->lock);
	if ((s = cache->now) != NULL)
		s->refs++;
	pthread_mutex_unlock(&cache->lock);
	return s;
}

bool
sp_catalog_get(struct sp_request *req, struct sp_catalog_cache *cache, const char *server,
    enum sp_list list, struct sp_str name, const struct sp_catalog **out)
{
	struct sp_catalog *own;
	struct snapshot *s;

	if (req->is_cgi) {
		own = sp_alloc(req->mem, sizeof(*own));
		*out = own;
		return sp_catalog_load(&req->db, req->mem, server, list, name, own) || sp_fail_db(req);
	}
	if ((s = current(cache)) == NULL) {
		if ((s = load(cache, &req->db)) == NULL)
			return sp_fail_db(req);
		install(cache, s, false);
	}
	sp_arena_defer(req->mem, release, s);
	*out = &s->catalog;
	return true;
}

const struct sp_catalog *
sp_catalog_hold(struct sp_catalog_cache *cache, struct sp_arena *mem)
{
	struct snapshot *s = current(cache);

	if (s == NULL)
		return NULL;
	sp_arena_defer(mem, release, s);
	return &s->catalog;
}

/* 0: there is none. */
static int64_t
current_version(struct sp_catalog_cache *cache)
{
	struct snapshot *s = current(cache);
	int64_t version = 0;

	if (s != NULL) {
		version = s->catalog.version;
		release(s);
	}
	return version;
}

void
sp_catalog_changed(void *arg, struct sp_db *db, const char *what)
{
	struct version { int64_t version; } now;
	static const struct sp_column version_columns[] = {
		{ "version", SP_COL_INT, offsetof(struct version, version) },
		{ NULL }
	};
	struct sp_catalog_cache *cache = arg;
	struct snapshot *s;

	if (what != NULL && strcmp(what, "catalog") != 0)
		return;
	if (sp_db_row(db, &sp_q_catalog_version, SP_NO_PARAMS, version_columns, &now) != SP_DB_ROW ||
	    now.version == current_version(cache))
		return;		/* away: the listener says "look again" when it is back */
	pthread_mutex_lock(&cache->loading);
	if (now.version != current_version(cache) && (s = load(cache, db)) != NULL) {
		install(cache, s, true);
		release(s);
	}
	pthread_mutex_unlock(&cache->loading);
}
