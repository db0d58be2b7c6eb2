/* upstream_follow.c - hearing what an upstream says without being asked */
#include "tools/upstream_follow.h"

#include "base/clock.h"
#include "base/log.h"
#include "db/queries.h"
#include "web/process.h"

#define LIFETIME_MS	3600000		/* then the connection is made anew */
#define LOOK_MS		10000		/* how often it is asked what somebody wants to hear of; news come at once */
#define FLUSH_MS	250		/* what is said twice in this time is said once */
#define FLOOD_MS	10000
#define FLOOD_MAX	20000		/* messages in that time */
#define ROUNDS_MAX	500		/* of one connection, whose memory each takes a little of */
#define STEADY_MS	60000		/* a connection that lasts so long is made anew at once */

/* How long nobody is to try again, in seconds. */
#define PAUSE_STEADY	1
#define PAUSE_FAILED	60
#define PAUSE_FLOOD	600
#define PAUSE_REFUSED	3600		/* it has no such stream */

/* What somebody wants to hear of. */
struct wanted {
	struct sp_arena *mem;		/* of this set */
	struct sp_str text;		/* as the database has it: JSON */
	struct json_object *uris;	/* an array of strings */
	size_t count;
	bool *changed;			/* which of them has, and it was not said yet */
};

struct following {
	struct sp_request *req;
	const char *name;
	const struct sp_upstream_follower *follower;
	struct sp_upstream upstream;
	struct sp_upstream_talk talk;
	struct sp_arena *scratch;	/* of one statement */
	struct wanted wanted;
	struct wanted agreed;		/* of a session: what it was subscribed to */
	const char *row_digest;
	unsigned seen;			/* of the news */
	int64_t look_ms, flush_ms, flood_ms;	/* when the next one is due */
	unsigned said;			/* messages since */
	bool stale, any_changed;
	bool listens;			/* nothing is lost when it stops for a moment */
	enum { GO_ON, ANEW, OVER } what;
	int pause_s;
};

/* ---- sets of URIs ---- */

static void
free_wanted(struct wanted *w)
{
	if (w->mem != NULL)
		sp_arena_free(w->mem);
	*w = (struct wanted){ 0 };
}

static bool
read_wanted(struct sp_str text, struct wanted *out)
{
	const char *why;

	*out = (struct wanted){ .mem = sp_arena_new() };
	out->text = sp_str_dup(out->mem, text);
	if (!sp_json_parse_large(out->mem, out->text, &out->uris, &why) || !json_object_is_type(out->uris, json_type_array)) {
		free_wanted(out);
		return false;
	}
	out->count = json_object_array_length(out->uris);
	out->changed = sp_alloc_array(out->mem, out->count, sizeof(*out->changed));
	memset(out->changed, 0, out->count * sizeof(*out->changed));
	return true;
}

static struct sp_str
uri_at(const struct wanted *w, size_t i)
{
	return sp_json_text(json_object_array_get_idx(w->uris, i));
}

/* Its place; SIZE_MAX: it is not among them. */
static size_t
find(const struct wanted *w, struct sp_str uri)
{
	for (size_t i = 0; i < w->count; i++)
		if (sp_str_eq(uri_at(w, i), uri))
			return i;
	return SIZE_MAX;
}

static void
set_changed(struct following *f, size_t i)
{
	f->wanted.changed[i] = true;
	f->any_changed = true;
}

/* ---- the database ---- */

struct followed {
	struct sp_str wanted;
	const char *row_digest;
};

static const struct sp_column followed_columns[] = {
	{ "wanted", SP_COL_STR, offsetof(struct followed, wanted) },
	{ "row_digest", SP_COL_TEXT, offsetof(struct followed, row_digest) },
	{ NULL }
};

/* With memory that is free again behind the statements: a connection lasts. */
static void
begin_statement(struct following *f, struct sp_db *db)
{
	*db = (struct sp_db){ 0 };
	sp_db_begin(db, f->req->process->pool, f->scratch);
}

static void
end_statement(struct following *f, struct sp_db *db)
{
	sp_db_end(db);
	sp_arena_reset(f->scratch);
}

/* Nobody is left who wants to hear of anything; lists are worth a connection, but not a process. */
static bool
is_idle(const struct following *f)
{
	return f->wanted.count == 0 && (f->upstream.url == NULL || !f->upstream.tells);
}

/* What is to be heard of now.  When the database is away, what was stays. */
static void
look(struct following *f)
{
	struct followed row;
	struct wanted now;
	struct sp_db db;

	f->look_ms = sp_monotonic_ms() + LOOK_MS;
	f->seen = f->follower->news(f->follower->arg);
	begin_statement(f, &db);
	switch (sp_db_row(&db, &sp_q_upstream_followed, SP_PARAMS(SP_P_TEXT(f->name), SP_P_TEXT(f->follower->runner),
	    SP_P_INT(SP_UPSTREAM_LEASE_S)), followed_columns, &row)) {
	case SP_DB_FAILED:
		break;
	case SP_DB_NO_ROW:
		f->what = OVER;
		break;
	case SP_DB_ROW:
		if (f->row_digest == NULL)
			f->row_digest = sp_strdup(f->req->mem, row.row_digest);
		if (row.row_digest == NULL || strcmp(f->row_digest, row.row_digest) != 0) {
			f->what = OVER;		/* it is another upstream now */
		} else if (!sp_str_eq(row.wanted, f->wanted.text) && read_wanted(row.wanted, &now)) {
			for (size_t i = 0; i < now.count; i++) {
				size_t before = find(&f->wanted, uri_at(&now, i));

				now.changed[i] = before != SIZE_MAX && f->wanted.changed[before];
			}
			free_wanted(&f->wanted);
			f->wanted = now;
			f->what = is_idle(f) ? OVER : ANEW;
		}
		break;
	}
	end_statement(f, &db);
}

/* Says what was said.  When the database is away it is said later. */
static void
flush(struct following *f)
{
	struct sp_json_writer w;
	struct sp_buf b;
	struct sp_db db;
	bool said;

	f->flush_ms = sp_monotonic_ms() + FLUSH_MS;
	if (!f->any_changed && !f->stale)
		return;
	begin_statement(f, &db);
	sp_buf_init(&b, f->scratch, (size_t)16 << 20);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < f->wanted.count; i++)
		if (f->wanted.changed[i])
			sp_jw_str(&w, uri_at(&f->wanted, i));
	sp_jw_array_end(&w);
	said = sp_db_do(&db, &sp_q_upstream_said, SP_PARAMS(SP_P_TEXT(f->name), SP_P_STR(sp_buf_view(&b)), SP_P_BOOL(f->stale)), NULL);
	end_statement(f, &db);
	if (!said)
		return;
	f->stale = f->any_changed = false;
	for (size_t i = 0; i < f->wanted.count; i++)
		f->wanted.changed[i] = false;
}

static void
give_back(struct following *f)
{
	struct sp_db db;

	begin_statement(f, &db);
	(void)!sp_db_do(&db, &sp_q_upstream_unfollow, SP_PARAMS(SP_P_TEXT(f->name), SP_P_TEXT(f->follower->runner),
	    SP_P_INT(f->pause_s)), NULL);
	end_statement(f, &db);
}

/* ---- what it says ---- */

static void
hear(void *arg, enum sp_mcp_news what, struct sp_str uri)
{
	struct following *f = arg;
	size_t i;

	f->said++;
	switch (what) {
	case SP_MCP_LIST_CHANGED:
		f->stale = true;
		break;
	case SP_MCP_RESOURCE_UPDATED:
		if ((i = find(&f->wanted, uri)) != SIZE_MAX)
			set_changed(f, i);
		break;
	case SP_MCP_ACKNOWLEDGED:
		for (i = 0; i < f->wanted.count; i++)
			set_changed(f, i);
		break;
	}
}

/* Asked again and again while the upstream is listened to: the occasion for all else. */
static bool
gone(void *arg)
{
	struct following *f = arg;
	int64_t now = sp_monotonic_ms();

	if (f->follower->stopped(f->follower->arg))
		f->what = OVER;
	if (f->what == OVER)
		return true;
	if (now >= f->flush_ms)
		flush(f);
	if (now >= f->flood_ms) {
		f->flood_ms = now + FLOOD_MS;
		f->said = 0;
	}
	if (f->said > FLOOD_MAX) {
		sp_log(SP_WARN, "upstream", SP_L("name", f->name), SP_L("why", "it says too much"));
		f->pause_s = PAUSE_FLOOD;
		f->what = OVER;
	}
	if (now >= f->look_ms || f->follower->news(f->follower->arg) != f->seen)
		look(f);
	return f->what == OVER || (f->what == ANEW && f->listens);
}

/* ---- both eras ---- */

static struct json_object *
uri_param(struct sp_arena *mem, struct sp_str uri)
{
	struct json_object *params = sp_json_new(mem);

	sp_json_set_str(params, "uri", uri);
	return params;
}

/*
 * One round of a session: what is wanted is subscribed to, what is not any more is
 * given up, and then it is listened to.
 */
static enum sp_mcp_reply_kind
listen_in_session(struct following *f, struct sp_mcp_reply *reply)
{
	struct sp_mcp_client *c = &f->talk.client;
	enum sp_mcp_reply_kind kind = SP_MCP_REPLY;
	struct wanted agreed;

	if (!read_wanted(f->wanted.text, &agreed))
		return SP_MCP_REPLY_BROKEN;
	for (size_t i = 0; i < f->agreed.count && f->what != OVER; i++)
		if (find(&agreed, uri_at(&f->agreed, i)) == SIZE_MAX)
			(void)!sp_mcp_client_call(c, &(struct sp_mcp_request){ .method = "resources/unsubscribe",
			    .params = uri_param(c->mem, uri_at(&f->agreed, i)) }, reply);
	for (size_t i = 0; i < agreed.count && f->what != OVER; i++) {
		struct sp_str uri = uri_at(&agreed, i);

		if (find(&f->agreed, uri) != SIZE_MAX)
			continue;
		kind = sp_mcp_client_call(c, &(struct sp_mcp_request){ .method = "resources/subscribe", .params = uri_param(c->mem, uri) }, reply);
		if (kind != SP_MCP_REPLY && kind != SP_MCP_REPLY_ERROR)
			break;
		/* what it was by then the subscriber may have read, or not */
		if (kind == SP_MCP_REPLY && find(&f->wanted, uri) != SIZE_MAX)
			set_changed(f, find(&f->wanted, uri));
	}
	free_wanted(&f->agreed);
	f->agreed = agreed;
	if (kind != SP_MCP_REPLY && kind != SP_MCP_REPLY_ERROR)
		return kind;
	f->listens = true;
	return sp_mcp_client_listen(c, c->wire->deadline_ms, reply);
}

static enum sp_mcp_reply_kind
listen_in_stream(struct following *f, struct sp_mcp_reply *reply)
{
	static const char *const lists[] = { "toolsListChanged", "promptsListChanged", "resourcesListChanged" };
	struct sp_mcp_client *c = &f->talk.client;
	struct json_object *params = sp_json_new(c->mem), *filter = sp_json_new(c->mem), *flag;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		flag = json_object_new_boolean(true);
		if (flag == NULL || json_object_object_add(filter, lists[i], flag) != 0)
			sp_out_of_memory();
	}
	if (json_object_object_add(params, "notifications", json_object_get(filter)) != 0 ||
	    (f->wanted.count > 0 && json_object_object_add(filter, "resourceSubscriptions", json_object_get(f->wanted.uris)) != 0))
		sp_out_of_memory();
	f->listens = true;
	return sp_mcp_client_call(c, &(struct sp_mcp_request){ .method = "subscriptions/listen", .params = params }, reply);
}

/* How it ended, and so when the next one may try. */
static void
conclude(struct following *f, enum sp_mcp_reply_kind kind, int64_t began_ms)
{
	const struct sp_mcp_wire *wire = f->talk.client.wire;
	bool refused = kind == SP_MCP_REPLY_ERROR || (wire != NULL && wire->status >= 400 && wire->status < 500);

	if (f->pause_s > 0 || f->what == OVER)
		return;
	f->pause_s = sp_monotonic_ms() - began_ms >= STEADY_MS ? PAUSE_STEADY : refused ? PAUSE_REFUSED : PAUSE_FAILED;
	sp_log(SP_INFO, "upstream", SP_L("name", f->name), SP_L("why", "it is not listened to any more"),
	    SP_L("because", f->talk.client.why != NULL ? f->talk.client.why : "it has ended the stream"));
}

static void
listen(struct following *f)
{
	int64_t began_ms = sp_monotonic_ms();
	struct sp_mcp_reply reply;
	enum sp_mcp_reply_kind kind;
	unsigned rounds = 0;

	/* the limits of its calls: a keeper has one child for both then */
	f->talk = (struct sp_upstream_talk){ .req = f->req, .upstream = &f->upstream, .deadline_ms = began_ms + LIFETIME_MS,
	    .max_bytes = (size_t)f->upstream.max_bytes, .gone = gone, .arg = f, .client = { .news = hear, .news_arg = f } };
	kind = sp_upstream_open(&f->talk);
	while (kind == SP_MCP_REPLY && f->what != OVER) {
		f->talk.client.wire->listens = f->talk.client.wire->endless = true;
		f->what = GO_ON;
		kind = f->talk.client.era == SP_MCP_ERA_MODERN ? listen_in_stream(f, &reply) : listen_in_session(f, &reply);
		f->listens = false;
		if (kind != SP_MCP_REPLY_GONE || f->what != ANEW)
			break;			/* also where one of 2026-07-28 ends the stream */
		kind = ++rounds < ROUNDS_MAX ? SP_MCP_REPLY : SP_MCP_REPLY_LATE;
	}
	conclude(f, kind, began_ms);
	flush(f);
	sp_upstream_close(&f->talk);
}

void
sp_upstream_follow(struct sp_request *req, const char *name, struct sp_str spec, const struct sp_upstream_follower *follower)
{
	struct following f = { .req = req, .name = name, .follower = follower, .scratch = sp_arena_new(),
	    .flood_ms = sp_monotonic_ms() + FLOOD_MS };
	struct json_object *json;
	const char *why;

	if (sp_json_parse_large(req->mem, spec, &json, &why) && sp_upstream_read(req->mem, json, &f.upstream, &why)) {
		f.upstream.name = name;
		look(&f);
		if (f.what != OVER)
			listen(&f);
	} else {
		sp_log(SP_ERROR, "upstream", SP_L("name", name), SP_L("why", why));
		f.pause_s = PAUSE_REFUSED;
	}
	give_back(&f);
	free_wanted(&f.wanted);
	free_wanted(&f.agreed);
	sp_arena_free(f.scratch);
}
