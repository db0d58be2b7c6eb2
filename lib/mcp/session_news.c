/* session_news.c - changes, as a session hears of them (up to 2025-11-25) */
#include "mcp/session_news.h"

#include <pthread.h>

#include "db/queries.h"
#include "mcp/methods.h"
#include "mcp/news.h"
#include "mcp/subscriptions.h"
#include "mcp/transport.h"
#include "web/response.h"

#define MESSAGE_MAX	((size_t)65536)	/* a URI and little more */
#define TOO_MANY	"P0S07"		/* of sp_q_mcp_resource_subscribe */
#define RETRY_SECONDS	5

static const char *const notifications[] = {
	[SP_TOOLS_CHANGED] = "notifications/tools/list_changed",
	[SP_PROMPTS_CHANGED] = "notifications/prompts/list_changed",
	[SP_RESOURCES_CHANGED] = "notifications/resources/list_changed",
	[SP_RESOURCE_UPDATED] = "notifications/resources/updated",
};

struct sp_mcp_listener {
	struct sp_mcp_listener *next, **in;	/* the list, once it is parked */
	struct sp_mcp_session_news *news;
	struct sp_subscriber *sub;
	struct sp_parked *parked;
	char stream_id[SP_UUID_SIZE];
	char **uri;				/* that are watched */
	size_t uris;
};

struct sp_mcp_session_news {
	pthread_mutex_t lock;			/* never held while the database is asked */
	struct sp_mcp_listener *first;
};

struct sp_mcp_session_news *
sp_mcp_session_news_new(void)
{
	struct sp_mcp_session_news *news = calloc(1, sizeof(*news));

	if (news == NULL)
		sp_out_of_memory();
	pthread_mutex_init(&news->lock, NULL);
	return news;
}

void
sp_mcp_session_news_free(struct sp_mcp_session_news *news)
{
	pthread_mutex_destroy(&news->lock);
	free(news);
}

/* ---- telling ---- */

void
sp_mcp_write_session_news(struct sp_buf *b, enum sp_change what, struct sp_str uri)
{
	struct sp_json_writer w;

	sp_jw_init(&w, b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	sp_jw_kcstr(&w, "method", notifications[what]);
	if (what == SP_RESOURCE_UPDATED) {
		sp_jw_key(&w, "params");
		sp_jw_object(&w);
		sp_jw_kstr(&w, "uri", uri);
		sp_jw_object_end(&w);
	}
	sp_jw_object_end(&w);
}

/* An event without an id: what the client comes back with stays what it was. */
static void
tell(struct sp_mcp_listener *l, enum sp_change what, struct sp_str uri, struct sp_buf *b)
{
	sp_buf_clear(b);
	sp_buf_cstr(b, "data: ");
	sp_mcp_write_session_news(b, what, uri);
	sp_buf_cstr(b, "\n\n");
	if (sp_buf_ok(b))
		(void)sp_parked_send(l->parked, sp_buf_view(b));
}

static void
told(void *arg, const struct sp_news *news)
{
	tell(arg, news->what, news->uri, news->scratch);
}

static void
ended(void *arg)
{
	struct sp_mcp_listener *l = arg;

	sp_parked_close(l->parked, (struct sp_str){ NULL, 0 });
}

static const struct sp_subscriber_hooks subscriber_hooks = { told, ended };

/* ---- what is watched ---- */

struct uri_row {
	struct sp_str uri;
};

static const struct sp_column uri_columns[] = {
	{ "uri", SP_COL_STR, offsetof(struct uri_row, uri) },
	{ NULL }
};

static bool
load(struct sp_db *db, const char *stream_id, struct uri_row **rows, size_t *count)
{
	void *out = NULL;

	*count = 0;
	if (sp_db_rows(db, &sp_q_mcp_resource_subscriptions, SP_PARAMS(SP_P_TEXT(stream_id)), uri_columns,
	    sizeof(**rows), &out, count) == SP_DB_FAILED)
		return false;
	*rows = out;
	return true;
}

static bool
is_among(struct sp_str uri, const struct uri_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sp_str_eq(rows[i].uri, uri))
			return true;
	return false;
}

static void
forget_uris(struct sp_mcp_listener *l)
{
	for (size_t i = 0; i < l->uris; i++)
		free(l->uri[i]);
	free(l->uri);
	l->uri = NULL;
	l->uris = 0;
}

/* From here on these, and no others. */
static void
watch(struct sp_mcp_listener *l, const struct uri_row *rows, size_t count)
{
	for (size_t i = 0; i < l->uris; i++)
		if (!is_among(sp_str(l->uri[i]), rows, count))
			(void)sp_subscriber_unwatch_resource(l->sub, sp_str(l->uri[i]));
	forget_uris(l);
	l->uri = calloc(count + 1, sizeof(*l->uri));
	if (l->uri == NULL)
		sp_out_of_memory();
	for (; l->uris < count; l->uris++) {
		l->uri[l->uris] = strndup(rows[l->uris].uri.p, rows[l->uris].uri.len);
		if (l->uri[l->uris] == NULL)
			sp_out_of_memory();
		sp_subscriber_watch_resource(l->sub, rows[l->uris].uri);
	}
}

/* Loads what the listeners on a stream watch. */
static void
reload(struct sp_mcp_session_news *news, struct sp_db *db, const char *id)
{
	struct uri_row *rows;
	size_t count;

	if (!load(db, id, &rows, &count))
		return;
	pthread_mutex_lock(&news->lock);
	for (struct sp_mcp_listener *l = news->first; l != NULL; l = l->next)
		if (strcmp(l->stream_id, id) == 0)
			watch(l, rows, count);
	pthread_mutex_unlock(&news->lock);
}

/* Copies of the ids of those that listen here: of one, or (NULL) of all. */
static size_t
listeners(struct sp_mcp_session_news *news, struct sp_arena *mem, const char *id, const char ***out)
{
	size_t n = 0, i = 0;

	pthread_mutex_lock(&news->lock);
	for (const struct sp_mcp_listener *l = news->first; l != NULL; l = l->next)
		n++;
	*out = sp_alloc_array(mem, n, sizeof(**out));
	for (const struct sp_mcp_listener *l = news->first; l != NULL; l = l->next)
		if (id == NULL || strcmp(l->stream_id, id) == 0)
			(*out)[i++] = sp_strdup(mem, l->stream_id);
	pthread_mutex_unlock(&news->lock);
	return i;
}

void
sp_mcp_session_news_hear(struct sp_mcp_session_news *news, struct sp_db *db, const char *what)
{
	const char *id = NULL, **ids;
	size_t n;

	if (what != NULL && !sp_str_starts(sp_str(what), "watch "))
		return;
	if (what != NULL)
		id = what + strlen("watch ");
	n = listeners(news, db->mem, id, &ids);
	for (size_t i = 0; i < n; i++)
		reload(news, db, ids[i]);
}

/* ---- a stream that listens ---- */

bool
sp_mcp_listener_new(struct sp_mcp_call *call, struct sp_mcp_listener **out)
{
	struct sp_mcp_listener *l;

	*out = NULL;
	if (!sp_mcp_has_news(call))
		return true;
	if (!sp_mcp_server(call, SP_RESOURCES, (struct sp_str){ NULL, 0 }))
		return false;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		sp_out_of_memory();
	l->news = call->mcp->session_news;
	l->sub = sp_subscriber_new(call->mcp->subscriptions, &call->caller, call->server->name,
	    call->req->settings->max_user_streams);
	if (l->sub == NULL) {
		free(l);
		call->req->retry_after = RETRY_SECONDS;
		return sp_fail(call->req, SP_SLOW_DOWN, "this user has too many streams open");
	}
	*out = l;
	return true;
}

void
sp_mcp_listener_free(struct sp_mcp_listener *l)
{
	if (l == NULL)
		return;
	sp_subscriber_free(l->sub);
	forget_uris(l);
	free(l);
}

static void
closed(void *arg)
{
	struct sp_mcp_listener *l = arg;

	pthread_mutex_lock(&l->news->lock);
	*l->in = l->next;
	if (l->next != NULL)
		l->next->in = l->in;
	pthread_mutex_unlock(&l->news->lock);
	sp_mcp_listener_free(l);
}

static void
enlist(struct sp_mcp_listener *l)
{
	pthread_mutex_lock(&l->news->lock);
	l->in = &l->news->first;
	l->next = *l->in;
	if (l->next != NULL)
		l->next->in = &l->next;
	*l->in = l;
	pthread_mutex_unlock(&l->news->lock);
}

/* What may have been missed. */
static void
tell_all(struct sp_mcp_call *call, struct sp_mcp_listener *l, const struct uri_row *rows, size_t count)
{
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, MESSAGE_MAX);
	for (int list = 0; list < SP_LIST_CHANGES; list++)
		if (sp_mcp_offers(call->server, (enum sp_change)list))
			tell(l, (enum sp_change)list, (struct sp_str){ NULL, 0 }, &b);
	for (size_t i = 0; i < count; i++)
		tell(l, SP_RESOURCE_UPDATED, rows[i].uri, &b);
}

void
sp_mcp_listener_park(struct sp_mcp_call *call, struct sp_mcp_listener *l, struct sp_mcp_stream *stream, bool again)
{
	struct sp_db *db = &call->req->db;
	struct uri_row *rows;
	size_t count;

	if (l == NULL) {
		(void)sp_mcp_outbox_park(call->mcp->outbox, db, stream, NULL, NULL);
		return;
	}
	memcpy(l->stream_id, stream->id, sizeof(l->stream_id));
	l->parked = sp_mcp_outbox_park(call->mcp->outbox, db, stream, closed, l);
	sp_subscriber_start(l->sub, &subscriber_hooks, l);
	for (int list = 0; list < SP_LIST_CHANGES; list++)
		if (sp_mcp_offers(call->server, (enum sp_change)list))
			sp_subscriber_watch_list(l->sub, (enum sp_change)list);
	enlist(l);
	/* on the list first: a subscription that is made now is heard of, or loaded here */
	if (!load(db, l->stream_id, &rows, &count)) {
		ended(l);
		return;
	}
	pthread_mutex_lock(&l->news->lock);
	watch(l, rows, count);
	pthread_mutex_unlock(&l->news->lock);
	if (again)
		tell_all(call, l, rows, count);
	/* a revocation that was heard of while the request was read would not be heard of again */
	if (sp_authority_heard_revoked(call->mcp->authority, sp_str(call->caller.grant_id), sp_str(call->caller.jti)))
		ended(l);
}

/* ---- resources/subscribe, resources/unsubscribe ---- */

static bool
empty_result(struct sp_mcp_call *call)
{
	sp_jw_object(call->result);
	sp_jw_object_end(call->result);
	return true;
}

static bool
read_uri(struct sp_mcp_call *call, struct sp_str *uri)
{
	*uri = sp_json_get_str(call->message.params, "uri");
	if (!sp_mcp_has_news(call))
		return sp_mcp_require_session(call) && sp_mcp_fail_no_method(call);
	if (uri->p == NULL || uri->len > 2048)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 200, "params.uri must be a URI of at most 2048 bytes");
	return sp_mcp_require_session(call);
}

bool
sp_mcp_keep_subscription(struct sp_mcp_call *call, struct sp_str uri, bool subscribe)
{
	struct sp_db *db = &call->req->db;

	if (sp_db_do(db, subscribe ? &sp_q_mcp_resource_subscribe : &sp_q_mcp_resource_unsubscribe, SP_PARAMS(
	    SP_P_BYTES(call->session.sha256, SP_SHA256_LEN), SP_P_STR(uri)), NULL))
		return true;
	if (strcmp(db->sqlstate, TOO_MANY) == 0)
		return sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 200, "a session has at most 1000 subscriptions");
	return sp_fail_db(call->req);
}

bool
sp_mcp_resources_subscribe(struct sp_mcp_call *call)
{
	struct sp_str uri;

	if (!read_uri(call, &uri) || !sp_mcp_server(call, SP_RESOURCES, uri))
		return false;
	if (!sp_mcp_may_read(call->server, call->req->mem, &call->caller, uri))
		return sp_mcp_fail(call, SP_MCP_RESOURCE_NOT_FOUND, 200, "unknown resource");
	if (!call->transport->subscribe(call, uri, true))
		return false;
	sp_mcp_watch_upstreams(call, &uri, 1);
	return empty_result(call);
}

bool
sp_mcp_resources_unsubscribe(struct sp_mcp_call *call)
{
	struct sp_str uri;

	return read_uri(call, &uri) && call->transport->subscribe(call, uri, false) && empty_result(call);
}
