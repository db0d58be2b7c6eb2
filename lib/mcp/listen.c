/*
 * listen.c - subscriptions/listen: a stream of the changes that a client asked for
 *
 * 2026-07-28, basic/patterns/subscriptions.  The request's id is the id of the
 * subscription, and every message of its stream says it.
 */
#include "mcp/methods.h"
#include "mcp/news.h"
#include "mcp/tasks.h"
#include "mcp/transport.h"
#include "web/response.h"

#define META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"

#define ID_MAX		256			/* bytes of a request's id as JSON: it is kept, and in every message */
#define MESSAGE_MAX	(3 * ID_MAX)		/* of one without a URI */
/* So many that all of them, told at once, can wait for a client that reads (web/stream.h: 256 KiB). */
#define URIS_MAX	250
#define TASKS_MAX	100
#define URI_BYTES_MAX	((size_t)64 << 10)	/* of all URIs of a stream: they are kept, too */
#define RETRY_SECONDS	"5"

/* What is in a client's messages, and what a server promises. */
static const struct {
	const char *filter, *notification;
} changes[] = {
	[SP_TOOLS_CHANGED] = { "toolsListChanged", "notifications/tools/list_changed" },
	[SP_PROMPTS_CHANGED] = { "promptsListChanged", "notifications/prompts/list_changed" },
	[SP_RESOURCES_CHANGED] = { "resourcesListChanged", "notifications/resources/list_changed" },
	[SP_RESOURCE_UPDATED] = { "resourceSubscriptions", "notifications/resources/updated" },
	[SP_TASK_CHANGED] = { "taskIds", "notifications/tasks" },
};

struct filter {
	bool list[SP_LIST_CHANGES];
	struct sp_str *uri;
	size_t uris;
	struct watched {
		struct sp_str id;
		const char *updated_at;
	} *task;
	size_t tasks;
};

/* A subscription: lives until its stream has ended. */
struct listening {
	struct sp_subscriber *sub;
	const struct sp_mcp_channels *channels;
	void *channel;
	size_t id_len;
	char id[];			/* JSON */
};

static struct sp_str
id_of(const struct listening *l)
{
	return (struct sp_str){ l->id, l->id_len };
}

/* ---- messages; the writer's JSON is one line ---- */

static void
begin_notification(const struct listening *l, struct sp_json_writer *w, struct sp_buf *b, const char *method)
{
	sp_buf_cstr(b, l->channels->begin);
	sp_jw_init(w, b);
	sp_jw_object(w);
	sp_jw_kcstr(w, "jsonrpc", "2.0");
	sp_jw_kcstr(w, "method", method);
	sp_jw_key(w, "params");
	sp_jw_object(w);
	sp_jw_key(w, "_meta");
	sp_jw_object(w);
	sp_jw_kraw(w, META_SUBSCRIPTION, id_of(l));
	sp_jw_object_end(w);
}

static struct sp_str
end_notification(const struct listening *l, struct sp_json_writer *w)
{
	sp_jw_object_end(w);
	sp_jw_object_end(w);
	sp_buf_cstr(w->b, l->channels->end);
	return sp_buf_view(w->b);
}

/* What was asked for, as far as it is honoured. */
static struct sp_str
acknowledgement(const struct listening *l, struct sp_buf *b, const struct filter *honoured)
{
	struct sp_json_writer w;

	begin_notification(l, &w, b, "notifications/subscriptions/acknowledged");
	sp_jw_key(&w, "notifications");
	sp_jw_object(&w);
	for (int list = 0; list < SP_LIST_CHANGES; list++)
		if (honoured->list[list])
			sp_jw_kbool(&w, changes[list].filter, true);
	if (honoured->uris > 0) {
		sp_jw_key(&w, changes[SP_RESOURCE_UPDATED].filter);
		sp_jw_array(&w);
		for (size_t i = 0; i < honoured->uris; i++)
			sp_jw_str(&w, honoured->uri[i]);
		sp_jw_array_end(&w);
	}
	if (honoured->tasks > 0) {
		sp_jw_key(&w, changes[SP_TASK_CHANGED].filter);
		sp_jw_array(&w);
		for (size_t i = 0; i < honoured->tasks; i++)
			sp_jw_str(&w, honoured->task[i].id);
		sp_jw_array_end(&w);
	}
	sp_jw_object_end(&w);
	return end_notification(l, &w);
}

/* The response to the request, with which a server ends a subscription. */
static void
close_stream(struct listening *l)
{
	char memory[MESSAGE_MAX];
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_fixed(&b, memory, sizeof(memory));
	sp_buf_cstr(&b, l->channels->begin);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "jsonrpc", "2.0");
	sp_jw_kraw(&w, "id", id_of(l));
	sp_jw_key(&w, "result");
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "resultType", "complete");
	sp_jw_key(&w, "_meta");
	sp_jw_object(&w);
	sp_jw_kraw(&w, META_SUBSCRIPTION, id_of(l));
	sp_jw_object_end(&w);
	sp_jw_object_end(&w);
	sp_jw_object_end(&w);
	sp_buf_cstr(&b, l->channels->end);
	l->channels->close(l->channel, sp_buf_view(&b));
}

/* ---- hooks ---- */

static void
told(void *arg, const struct sp_news *news)
{
	struct listening *l = arg;
	struct sp_json_writer w;

	begin_notification(l, &w, news->scratch, changes[news->what].notification);
	if (news->what == SP_RESOURCE_UPDATED)
		sp_jw_kstr(&w, "uri", news->uri);
	if (news->what == SP_TASK_CHANGED) {
		sp_jw_kstr(&w, "taskId", news->task_id);
		sp_jw_members(&w, news->task);
	}
	(void)l->channels->send(l->channel, end_notification(l, &w));
}

static void
ended(void *arg)
{
	close_stream(arg);
}

static void
draining(struct sp_parked *parked, void *arg)
{
	(void)parked;
	close_stream(arg);
}

static void
closed(void *arg)
{
	struct listening *l = arg;

	sp_subscriber_free(l->sub);		/* first: from here on nobody is told, and the handle is not used */
	l->channels->release(l->channel);
	free(l);
}

static const struct sp_subscriber_hooks subscriber_hooks = { told, ended };
static const struct sp_parked_hooks parked_hooks = { .closed = closed, .draining = draining };

/* ---- the request ---- */

static bool
malformed(struct sp_mcp_call *call, const char *what)
{
	return sp_mcp_fail(call, SP_JSONRPC_INVALID_PARAMS, 400, what);
}

/* Without those that stand there twice. */
static void
add_uri(struct filter *f, struct sp_str uri)
{
	for (size_t i = 0; i < f->uris; i++)
		if (sp_str_eq(f->uri[i], uri))
			return;
	f->uri[f->uris++] = uri;
}

static bool
read_uris(struct sp_mcp_call *call, struct json_object *uris, struct filter *out)
{
	size_t n, bytes = 0;

	if (!json_object_is_type(uris, json_type_array))
		return malformed(call, "resourceSubscriptions must be an array of strings");
	n = json_object_array_length(uris);
	if (n > URIS_MAX)
		return malformed(call, "resourceSubscriptions has at most 250 URIs");
	out->uri = sp_alloc_array(call->req->mem, n, sizeof(*out->uri));
	for (size_t i = 0; i < n; i++) {
		struct json_object *uri = json_object_array_get_idx(uris, i);

		if (!json_object_is_type(uri, json_type_string))
			return malformed(call, "resourceSubscriptions must be an array of strings");
		bytes += sp_json_text(uri).len;
		add_uri(out, sp_json_text(uri));
	}
	return bytes <= URI_BYTES_MAX || malformed(call, "resourceSubscriptions has at most 64 KiB of URIs");
}

/* Those that are there for the caller: the extension io.modelcontextprotocol/tasks. */
static bool
read_tasks(struct sp_mcp_call *call, struct json_object *ids, struct filter *out)
{
	size_t n;
	const char *updated_at;

	if (ids == NULL)
		return true;
	if (!sp_mcp_has_tasks(call))
		return sp_mcp_needs_tasks(call) != SP_MCP_FAILED;
	if (!json_object_is_type(ids, json_type_array) || (n = json_object_array_length(ids)) > TASKS_MAX)
		return malformed(call, "taskIds must be an array of at most 100 strings");
	out->task = sp_alloc_array(call->req->mem, n, sizeof(*out->task));
	for (size_t i = 0; i < n; i++) {
		struct json_object *id = json_object_array_get_idx(ids, i);

		if (!json_object_is_type(id, json_type_string))
			return malformed(call, "taskIds must be an array of at most 100 strings");
		if (!sp_mcp_task_find(call, sp_json_text(id), &updated_at))
			return false;
		if (updated_at != NULL)
			out->task[out->tasks++] = (struct watched){ sp_json_text(id), updated_at };
	}
	return true;
}

static bool
read_filter(struct sp_mcp_call *call, struct filter *out)
{
	struct json_object *asked = sp_json_get(call->message.params, "notifications"), *uris;

	if (!json_object_is_type(asked, json_type_object))
		return malformed(call, "params.notifications must be an object");
	for (int list = 0; list < SP_LIST_CHANGES; list++) {
		struct json_object *flag = sp_json_get(asked, changes[list].filter);

		if (flag != NULL && !json_object_is_type(flag, json_type_boolean))
			return malformed(call, sp_printf(call->req->mem, "%s must be a boolean", changes[list].filter));
		out->list[list] = json_object_get_boolean(flag);
	}
	uris = sp_json_get(asked, changes[SP_RESOURCE_UPDATED].filter);
	return (uris == NULL || read_uris(call, uris, out)) &&
	    read_tasks(call, sp_json_get(asked, changes[SP_TASK_CHANGED].filter), out);
}

/* What the server has, and what of it the caller may see; nobody is told why something is left out. */
static void
narrow(const struct sp_mcp_call *call, struct filter *f)
{
	size_t asked = f->uris;

	for (int list = 0; list < SP_LIST_CHANGES; list++)
		f->list[list] &= sp_mcp_offers(call->server, (enum sp_change)list);
	f->uris = 0;
	for (size_t i = 0; i < asked; i++)
		if (sp_mcp_may_read(call->server, call->req->mem, &call->caller, f->uri[i]))
			f->uri[f->uris++] = f->uri[i];
}

/* With its place among those of its user. */
static struct listening *
make(struct sp_mcp_call *call)
{
	struct sp_subscriber *sub;
	struct listening *l;
	struct sp_json_writer w;
	char memory[ID_MAX + 1];
	struct sp_buf id;

	sp_buf_fixed(&id, memory, sizeof(memory));
	sp_jw_init(&w, &id);
	sp_jw_value(&w, call->message.id);
	if (!sp_buf_ok(&id)) {
		sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 400, "the id is too long for a subscription's");
		return NULL;
	}
	sub = sp_subscriber_new(call->mcp->subscriptions, &call->caller, call->server->name,
	    call->req->settings->max_user_streams);
	if (sub == NULL) {
		sp_header(call->req, "Retry-After", RETRY_SECONDS);
		sp_mcp_fail(call, SP_JSONRPC_INVALID_REQUEST, 429,
		    "this user has too many streams open: close one, or listen to more in one");
		return NULL;
	}
	l = calloc(1, sizeof(*l) + id.len);
	if (l == NULL)
		sp_out_of_memory();
	l->sub = sub;
	l->id_len = id.len;
	memcpy(l->id, id.p, id.len);
	return l;
}

/* It has no stream. */
static void
forget(struct listening *l)
{
	sp_subscriber_free(l->sub);
	free(l);
}

/* What happened to the task while the request was read is told now: it would not be heard of again. */
static void
watch_task(struct sp_mcp_call *call, struct listening *l, const struct watched *task)
{
	struct sp_news news = { .what = SP_TASK_CHANGED, .task_id = task->id };
	uint8_t digest[SP_SHA256_LEN];
	struct sp_task_news now;
	struct sp_buf scratch;

	sp_subscriber_watch_task(l->sub, task->id);
	sp_sha256(task->id, digest);
	if (!sp_task_news_read(&call->req->db, digest, &now) || strcmp(now.updated_at, task->updated_at) == 0)
		return;
	sp_buf_init(&scratch, call->req->mem, 2 * SP_TASK_NEWS_MAX);
	news.task = now.members;
	news.scratch = &scratch;
	told(l, &news);
}

/*
 * The acknowledgement is queued first and leaves when the handler has returned:
 * it is in front of all that is told, and what happens after it was read is told.
 */
static void
begin(struct sp_mcp_call *call, struct listening *l, const struct filter *honoured)
{
	struct sp_buf ack;

	sp_buf_init(&ack, call->req->mem, 1024 + 8 * URI_BYTES_MAX);
	(void)l->channels->send(l->channel, acknowledgement(l, &ack, honoured));
	sp_subscriber_start(l->sub, &subscriber_hooks, l);
	for (int list = 0; list < SP_LIST_CHANGES; list++)
		if (honoured->list[list])
			sp_subscriber_watch_list(l->sub, (enum sp_change)list);
	for (size_t i = 0; i < honoured->uris; i++)
		sp_subscriber_watch_resource(l->sub, honoured->uri[i]);
	sp_mcp_watch_upstreams(call, honoured->uri, honoured->uris);
	for (size_t i = 0; i < honoured->tasks; i++)
		watch_task(call, l, &honoured->task[i]);
	/* a revocation that was heard of while the request was read would not be heard of again */
	if (sp_authority_heard_revoked(call->mcp->authority, sp_str(call->caller.grant_id), sp_str(call->caller.jti)))
		close_stream(l);
}

bool
sp_mcp_listen(struct sp_mcp_call *call)
{
	struct filter filter = { 0 };
	struct listening *l;

	if (!sp_mcp_has_news(call))
		return sp_mcp_fail(call, SP_JSONRPC_METHOD_NOT_FOUND, 404,
		    "this server tells nobody of changes, as its capabilities say");
	if (!read_filter(call, &filter) || !sp_mcp_server(call, SP_RESOURCES, (struct sp_str){ NULL, 0 }))
		return false;
	narrow(call, &filter);
	l = make(call);
	if (l == NULL)
		return false;
	l->channels = call->transport->channels;
	if (!l->channels->reserve(call)) {
		forget(l);
		sp_header(call->req, "Retry-After", RETRY_SECONDS);
		call->error = sp_mcp_problem_error(call->req);
		return false;
	}
	call->deferred = true;
	l->channel = l->channels->open(call, &parked_hooks, l);
	if (l->channel != NULL)
		begin(call, l, &filter);
	else
		forget(l);		/* nobody is there to read it */
	return true;
}
