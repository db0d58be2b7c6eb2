/* news.c - how a change reaches the streams of this process */
#include "mcp/news.h"

#include "base/clock.h"
#include "base/encode.h"
#include "db/queries.h"
#include "mcp/tasks.h"
#include "mcp/transport.h"
#include "tools/breaker.h"
#include "tools/content.h"
#include "tools/policy.h"
#include "tools/upstream.h"
#include "web/stream.h"

#define DAY_SECONDS 86400

/* ---- who may hear of a resource ---- */

/* What a URI stands for on a server: entries of its lists. */
struct meaning {
	const char *server;
	struct sp_str uri;
	const struct sp_tool **entry;
	size_t count;
};

static struct meaning
find_meaning(const struct sp_server *server, struct sp_arena *mem, struct sp_str uri)
{
	const struct sp_tool *exact = sp_server_entry(server, SP_RESOURCES, uri);
	const struct sp_entries *templates = &server->list[SP_TEMPLATES];
	struct sp_str values[SP_URI_VARIABLES];
	struct meaning m = { .server = server->name, .uri = uri };

	m.entry = sp_alloc_array(mem, templates->count + 1, sizeof(struct sp_tool *));
	if (exact != NULL)
		m.entry[m.count++] = exact;
	for (size_t i = 0; i < templates->count; i++)
		if (sp_uri_template_match(templates->item[i].content->template, mem, uri, values))
			m.entry[m.count++] = &templates->item[i];
	return m;
}

static bool
allows(const struct meaning *m, const struct sp_caller *caller)
{
	for (size_t i = 0; i < m->count; i++)
		if (sp_policy_judge(m->entry[i], caller) == SP_ALLOWED)
			return true;
	return false;
}

bool
sp_mcp_may_read(const struct sp_server *server, struct sp_arena *mem, const struct sp_caller *caller,
    struct sp_str uri)
{
	struct meaning m = find_meaning(server, mem, uri);

	return allows(&m, caller);
}

static bool
is_of_upstream(const struct sp_server *server, struct sp_arena *mem, struct sp_str uri)
{
	struct meaning m = find_meaning(server, mem, uri);

	for (size_t i = 0; i < m.count; i++)
		if (m.entry[i]->kind == &sp_upstream_kind)
			return true;
	return false;
}

void
sp_mcp_watch_upstreams(struct sp_mcp_call *call, const struct sp_str *uris, size_t count)
{
	/* without a token a stream lasts as long as its process */
	int64_t until = call->caller.exp > 0 ? call->caller.exp : sp_now_seconds() + DAY_SECONDS;
	struct sp_json_writer w;
	struct sp_buf b;
	bool any = false;

	sp_buf_init(&b, call->req->mem, (size_t)1 << 20);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < count; i++)
		if (is_of_upstream(call->server, call->req->mem, uris[i])) {
			sp_jw_str(&w, uris[i]);
			any = true;
		}
	sp_jw_array_end(&w);
	if (any)
		(void)!sp_db_do(&call->req->db, &sp_q_upstream_watch, SP_PARAMS(SP_P_STR(sp_buf_view(&b)), SP_P_INT(until)), NULL);
}

/* Judges subscribers one after the other, of which many mean the same. */
struct judge {
	const struct sp_catalog *catalog;	/* NULL: never loaded, and nobody can have subscribed */
	struct sp_arena *mem;
	struct meaning last;
};

static bool
may_hear(void *arg, const char *server_name, const struct sp_caller *caller, struct sp_str uri)
{
	struct judge *j = arg;
	const struct sp_server *server;

	if (j->last.server == NULL || strcmp(j->last.server, server_name) != 0 || !sp_str_eq(j->last.uri, uri)) {
		server = j->catalog != NULL ? sp_catalog_server(j->catalog, sp_str(server_name)) : NULL;
		if (server == NULL)
			return false;
		j->last = find_meaning(server, j->mem, uri);
	}
	return allows(&j->last, caller);
}

/* ---- what is notified ---- */

/* "/NAME", or "*" for every server (NULL). */
static const char *
server_of(struct sp_arena *mem, struct sp_str text)
{
	return sp_str_starts(text, "/") ? sp_cstr(mem, sp_str_sub(text, 1, text.len)) : NULL;
}

static void
heard_updated(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	struct judge judge = { .catalog = sp_catalog_hold(mcp->catalog, db->mem), .mem = db->mem };
	struct sp_str hex = { NULL, 0 }, digest;

	(void)sp_str_split(&rest, ' ', &hex);
	if (sp_hex_decode(db->mem, hex, &digest) && digest.len == SP_SHA256_LEN)
		sp_subscriptions_updated(mcp->subscriptions, (const uint8_t *)digest.p, server_of(db->mem, rest),
		    may_hear, &judge);
}

/*
 * Who is told fetches the list at once: it must be the new one, whichever
 * notification came first.  When it could not be had, the listener looks again
 * (NULL), and then everybody is told.
 */
static void
heard_list(struct sp_mcp *mcp, struct sp_db *db, enum sp_change list, struct sp_str rest)
{
	sp_catalog_changed(mcp->catalog, db, "catalog");
	if (db->message == NULL)
		sp_subscriptions_list_changed(mcp->subscriptions, list, server_of(db->mem, rest));
}

static void
heard_tools(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	heard_list(mcp, db, SP_TOOLS_CHANGED, rest);
}

static void
heard_prompts(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	heard_list(mcp, db, SP_PROMPTS_CHANGED, rest);
}

static void
heard_resources(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	heard_list(mcp, db, SP_RESOURCES_CHANGED, rest);
}

static void
heard_revoked(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	(void)db;
	if (sp_str_starts(rest, "g:"))
		sp_subscriptions_end_grant(mcp->subscriptions, sp_str_sub(rest, 2, rest.len));
	else if (sp_str_starts(rest, "j:"))
		sp_subscriptions_end_token(mcp->subscriptions, sp_str_sub(rest, 2, rest.len));
}

/* A server that is no longer there has no streams. */
static bool
server_has_gone(void *arg, const char *server, struct sp_str grant_id, struct sp_str jti)
{
	const struct sp_catalog *catalog = arg;

	(void)grant_id;
	(void)jti;
	return sp_catalog_server(catalog, sp_str(server)) == NULL;
}

static void
heard_catalog(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	const struct sp_catalog *catalog;

	(void)rest;
	sp_catalog_changed(mcp->catalog, db, "catalog");
	catalog = sp_catalog_hold(mcp->catalog, db->mem);
	if (catalog != NULL)
		sp_subscriptions_end_if(mcp->subscriptions, server_has_gone, (void *)catalog);
}

/* ---- tasks ---- */

/* Who may call its tool may hear of it. */
static bool
may_hear_of_task(void *arg, const char *server, const struct sp_caller *caller, struct sp_str id)
{
	const struct sp_tool *tool = arg;

	(void)server;
	(void)id;
	return tool == NULL || sp_policy_judge(tool, caller) == SP_ALLOWED;
}

/* Of one task, or (NULL) of all that somebody watches here. */
static void
tell_of_tasks(struct sp_mcp *mcp, struct sp_db *db, const uint8_t *only)
{
	const struct sp_catalog *catalog = sp_catalog_hold(mcp->catalog, db->mem);
	const struct sp_server *server;
	const struct sp_tool *tool;
	struct sp_task_news news;
	size_t count;
	uint8_t (*tasks)[SP_SHA256_LEN] = sp_subscriptions_tasks(mcp->subscriptions, db->mem, only, &count);

	for (size_t i = 0; i < count; i++) {
		if (!sp_task_news_read(db, tasks[i], &news))
			continue;
		server = catalog != NULL ? sp_catalog_server(catalog, sp_str(news.server)) : NULL;
		tool = server != NULL ? sp_server_entry(server, SP_TOOLS, sp_str(news.tool)) : NULL;
		sp_subscriptions_task_changed(mcp->subscriptions, tasks[i], news.server, news.grant_id, news.members,
		    may_hear_of_task, (void *)tool);
	}
}

static void
heard_task(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest)
{
	struct sp_str digest;

	if (sp_hex_decode(db->mem, rest, &digest) && digest.len == SP_SHA256_LEN)
		tell_of_tasks(mcp, db, (const uint8_t *)digest.p);
}

/* By the first word. */
static const struct {
	const char *word;
	void (*heard)(struct sp_mcp *mcp, struct sp_db *db, struct sp_str rest);
} words[] = {
	{ "updated", heard_updated },
	{ "tools", heard_tools },
	{ "prompts", heard_prompts },
	{ "resources", heard_resources },
	{ "revoked", heard_revoked },
	{ "catalog", heard_catalog },
	{ "task", heard_task },
};

/* ---- when the listener was away ---- */

static bool
was_revoked(void *arg, const char *server, struct sp_str grant_id, struct sp_str jti)
{
	struct sp_mcp *mcp = arg;

	(void)server;
	return sp_authority_heard_revoked(mcp->authority, grant_id, jti);
}

static void
heard_of_anything(struct sp_mcp *mcp, struct sp_db *db)
{
	struct judge judge = { .mem = db->mem };

	heard_catalog(mcp, db, (struct sp_str){ NULL, 0 });
	if (!sp_authority_listens(mcp->authority)) {
		/* a pooler was found, which is what polls now: nothing can be told from here on */
		sp_subscriptions_end_if(mcp->subscriptions, NULL, NULL);
		return;
	}
	sp_subscriptions_end_if(mcp->subscriptions, was_revoked, mcp);
	if (db->message != NULL)
		return;		/* not all could be read: it is looked again, and they are told once */
	judge.catalog = sp_catalog_hold(mcp->catalog, db->mem);
	sp_subscriptions_tell_all(mcp->subscriptions, may_hear, &judge);
	tell_of_tasks(mcp, db, NULL);
}

void
sp_mcp_heard(void *arg, struct sp_db *db, const char *what)
{
	struct sp_str rest = sp_str(what), word = { NULL, 0 };
	struct sp_mcp *mcp = arg;

	sp_breaker_heard(db, what);
	if (what == NULL) {
		heard_of_anything(mcp, db);
		return;
	}
	(void)sp_str_split(&rest, ' ', &word);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sp_str_is(word, words[i].word))
			words[i].heard(mcp, db, rest);
}

bool
sp_mcp_has_news(const struct sp_mcp_call *call)
{
	return call->mcp->subscriptions != NULL && call->transport->channels->available(call) &&
	    sp_authority_listens(call->mcp->authority);
}

bool
sp_mcp_offers(const struct sp_server *server, enum sp_change list)
{
	static const enum sp_list lists[SP_LIST_CHANGES] = {
		[SP_TOOLS_CHANGED] = SP_TOOLS, [SP_PROMPTS_CHANGED] = SP_PROMPTS, [SP_RESOURCES_CHANGED] = SP_RESOURCES
	};

	return sp_server_offers(server, lists[list]);
}
