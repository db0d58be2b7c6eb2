/* keeper_relay.c - messages between peers and children, each with the ids that its receiver knows */
#include "keeper.h"

#include "base/clock.h"

#define ASKED_MAX		64	/* questions of a child that are open at one time */
#define METHOD_NOT_FOUND	(-32601)	/* JSON-RPC 2.0 section 5.1 */

/* ---- JSON ---- */

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		sp_out_of_memory();
}

/* A value from JSON that we wrote ourselves. */
static struct json_object *
value_of(struct sp_arena *mem, const char *text)
{
	struct json_object *value;
	const char *why;

	return sp_json_parse(mem, sp_str(text), &value, &why) ? json_object_get(value) : NULL;
}

static bool
has(struct json_object *message, const char *name, struct json_object **value)
{
	return json_object_object_get_ex(message, name, value);
}

/* ---- sending ---- */

static void
send_to_kept(struct keeper *k, struct kept *kept, struct json_object *message)
{
	queue_add(&kept->in, sp_json_print(k->scratch, message));
	queue_add(&kept->in, SP_LIT("\n"));
}

static void
send_to_peer(struct keeper *k, struct peer *peer, struct json_object *message)
{
	peer_send(peer, sp_json_print(k->scratch, message));
}

/* {"jsonrpc": "2.0", "id": id, NAME: RESULT} */
static void
answer_kept(struct keeper *k, struct kept *kept, struct json_object *id, const char *name, const char *json)
{
	struct json_object *message = sp_json_new(k->scratch);

	sp_json_set_str(message, "jsonrpc", SP_LIT("2.0"));
	put(message, "id", json_object_get(id));
	put(message, name, value_of(k->scratch, json));
	send_to_kept(k, kept, message);
}

static void
notify_kept(struct keeper *k, struct kept *kept, const char *method, int64_t request_id)
{
	struct json_object *message = sp_json_new(k->scratch), *params = json_object_new_object();

	sp_json_set_str(message, "jsonrpc", SP_LIT("2.0"));
	sp_json_set_str(message, "method", sp_str(method));
	put(params, "requestId", json_object_new_int64(request_id));
	sp_json_set_str(params, "reason", SP_LIT("nobody waits for it any more"));
	put(message, "params", params);
	send_to_kept(k, kept, message);
}

/* ---- what is pending ---- */

static struct pending *
pending_add(struct keeper *k, struct kept *kept, struct peer *peer, struct json_object *id)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		sp_out_of_memory();
	*p = (struct pending){ .id = ++k->last_id, .kept = kept, .peer = peer, .next = k->pending };
	if (peer != NULL) {
		p->peer_id = keep_text(sp_json_print(k->scratch, id));
		peer->pending++;
	}
	k->pending = p;
	return p;
}

static struct pending *
pending_find(struct keeper *k, const struct kept *kept, struct json_object *id)
{
	if (!json_object_is_type(id, json_type_int))
		return NULL;
	for (struct pending *p = k->pending; p != NULL; p = p->next)
		if (p->kept == kept && p->id == json_object_get_int64(id))
			return p;
	return NULL;
}

static void
pending_remove(struct keeper *k, struct pending *gone)
{
	struct pending **at = &k->pending;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	if (gone->peer != NULL)
		gone->peer->pending--;
	free(gone->peer_id);
	free(gone->token);
	free(gone);
}

static void
asked_remove(struct keeper *k, struct asked *gone)
{
	struct asked **at = &k->asked;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	free(gone->id);
	free(gone);
}

static struct asked *
asked_find(struct keeper *k, const struct kept *kept, const char *id)
{
	for (struct asked *a = k->asked; a != NULL; a = a->next)
		if (a->kept == kept && strcmp(a->id, id) == 0)
			return a;
	return NULL;
}

static size_t
asked_count(struct keeper *k, const struct kept *kept)
{
	size_t count = 0;

	for (struct asked *a = k->asked; a != NULL; a = a->next)
		count += a->kept == kept;
	return count;
}

/* ---- from a peer ---- */

/* initialize: the child's first one is sent, and every other is given its answer. */
static void
initialize(struct keeper *k, struct peer *peer, struct json_object *message, struct json_object *id)
{
	struct json_object *params = sp_json_get(message, "params"), *answer;
	struct json_object *capabilities = sp_json_get(params, "capabilities");
	const char *canonical = sp_cstr(k->scratch, sp_json_canonical(k->scratch, params)), *why;
	struct pending *p;
	struct kept *kept;

	kept = kept_bind(k, peer, canonical, capabilities != NULL && json_object_object_length(capabilities) > 0, &why);
	if (kept == NULL) {
		peer_trouble(peer, k->scratch, why);
		return;
	}
	if (kept->state == KEPT_SESSION) {
		answer = sp_json_new(k->scratch);
		sp_json_set_str(answer, "jsonrpc", SP_LIT("2.0"));
		put(answer, "id", json_object_get(id));
		put(answer, "result", value_of(k->scratch, kept->init_result));
		send_to_peer(k, peer, answer);
		return;
	}
	p = pending_add(k, kept, peer, id);
	p->is_initialize = true;
	if (kept->state == KEPT_INITIALIZING)
		return;			/* the answer that comes is for this one, too */
	kept->state = KEPT_INITIALIZING;
	put(message, "id", json_object_new_int64(p->id));
	send_to_kept(k, kept, message);
}

static bool
bind_plain(struct keeper *k, struct peer *peer)
{
	const char *why;

	if (peer->kept != NULL || kept_bind(k, peer, NULL, false, &why) != NULL)
		return true;
	peer_trouble(peer, k->scratch, why);
	return false;
}

static void
request(struct keeper *k, struct peer *peer, struct json_object *message, struct json_object *id)
{
	struct json_object *meta, *token;
	struct pending *p;

	if (!bind_plain(k, peer))
		return;
	p = pending_add(k, peer->kept, peer, id);
	put(message, "id", json_object_new_int64(p->id));
	meta = sp_json_get(sp_json_get(message, "params"), "_meta");
	if (json_object_is_type(meta, json_type_object) && has(meta, "progressToken", &token)) {
		p->token = keep_text(sp_json_print(k->scratch, token));
		put(meta, "progressToken", json_object_new_int64(p->id));
	}
	send_to_kept(k, peer->kept, message);
}

/* The id of the request is ours on the other side. */
static void
cancel(struct keeper *k, struct peer *peer, struct json_object *message)
{
	struct json_object *params = sp_json_get(message, "params"), *id;
	struct sp_str text;

	if (!json_object_is_type(params, json_type_object) || !has(params, "requestId", &id))
		return;
	text = sp_json_print(k->scratch, id);
	for (struct pending *p = k->pending; p != NULL; p = p->next) {
		if (p->peer != peer || !sp_str_is(text, p->peer_id) || p->is_initialize)
			continue;
		put(params, "requestId", json_object_new_int64(p->id));
		send_to_kept(k, peer->kept, message);
		return;
	}
}

static void
notification_from_peer(struct keeper *k, struct peer *peer, struct sp_str method, struct json_object *message)
{
	if (sp_str_is(method, "notifications/cancelled")) {
		cancel(k, peer, message);
		return;
	}
	if (!bind_plain(k, peer))
		return;
	if (sp_str_is(method, "notifications/initialized")) {
		if (peer->kept->initialized)
			return;
		peer->kept->initialized = true;
	}
	send_to_kept(k, peer->kept, message);
}

static void
answer_from_peer(struct keeper *k, struct peer *peer, struct json_object *message, struct json_object *id)
{
	struct asked *a = peer->kept != NULL ? asked_find(k, peer->kept, sp_json_print(k->scratch, id).p) : NULL;

	if (a == NULL || a->peer != peer)
		return;
	asked_remove(k, a);
	send_to_kept(k, peer->kept, message);
}

void
relay_from_peer(struct keeper *k, struct peer *peer, struct sp_str line)
{
	struct json_object *message, *id;
	struct sp_str method;
	const char *why;
	bool has_id;

	if (!sp_json_parse(k->scratch, line, &message, &why) || !json_object_is_type(message, json_type_object)) {
		peer_trouble(peer, k->scratch, "a line that is no message");
		return;
	}
	method = sp_json_get_str(message, "method");
	has_id = has(message, "id", &id);
	if (method.p == NULL && has_id)
		answer_from_peer(k, peer, message, id);
	else if (method.p != NULL && !has_id)
		notification_from_peer(k, peer, method, message);
	else if (sp_str_is(method, "initialize"))
		initialize(k, peer, message, id);
	else if (method.p != NULL)
		request(k, peer, message, id);
}

/* ---- from a child ---- */

/* Everybody who has waited for it gets the answer; of one that failed the next is asked anew. */
static void
initialized(struct keeper *k, struct kept *kept, struct json_object *message)
{
	struct json_object *result;
	struct pending *p, *next;

	if (has(message, "result", &result) && result != NULL) {
		kept->init_result = keep_text(sp_json_print(k->scratch, result));
		kept->state = KEPT_SESSION;
	} else {
		kept->state = KEPT_PLAIN;
		free(kept->init_params);
		kept->init_params = NULL;
	}
	for (p = k->pending; p != NULL; p = next) {
		next = p->next;
		if (p->kept != kept || !p->is_initialize)
			continue;
		if (p->peer != NULL) {
			put(message, "id", value_of(k->scratch, p->peer_id));
			send_to_peer(k, p->peer, message);
		}
		pending_remove(k, p);
	}
}

/* True: somebody waited for it. */
static bool
answer_from_kept(struct keeper *k, struct kept *kept, struct json_object *message, struct json_object *id)
{
	struct pending *p = pending_find(k, kept, id);

	if (p == NULL)
		return false;
	if (p->is_initialize) {
		initialized(k, kept, message);
		return true;
	}
	if (p->peer != NULL) {
		put(message, "id", value_of(k->scratch, p->peer_id));
		send_to_peer(k, p->peer, message);
	}
	pending_remove(k, p);
	return true;
}

static struct peer *
peer_of(struct keeper *k, const struct kept *kept)
{
	for (struct peer *p = k->peers; p != NULL; p = p->next)
		if (p->kept == kept && !p->gone)
			return p;
	return NULL;
}

/* A question.  Only of an exclusive child is it known whom it is for. */
static bool
request_from_kept(struct keeper *k, struct kept *kept, struct sp_str method, struct json_object *message,
    struct json_object *id)
{
	struct peer *peer = kept->exclusive ? peer_of(k, kept) : NULL;
	struct asked *a;

	if (sp_str_is(method, "ping")) {
		answer_kept(k, kept, id, "result", "{}");
		return false;
	}
	if (peer == NULL || asked_count(k, kept) >= ASKED_MAX) {
		answer_kept(k, kept, id, "error", sp_printf(k->scratch,
		    "{\"code\":%d,\"message\":\"nobody can be asked that\"}", METHOD_NOT_FOUND));
		return false;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		sp_out_of_memory();
	*a = (struct asked){ .kept = kept, .peer = peer, .id = keep_text(sp_json_print(k->scratch, id)), .next = k->asked };
	k->asked = a;
	send_to_peer(k, peer, message);
	return true;
}

static bool
progress(struct keeper *k, struct kept *kept, struct json_object *message)
{
	struct json_object *params = sp_json_get(message, "params"), *token = sp_json_get(params, "progressToken");
	struct pending *p = pending_find(k, kept, token);

	if (p == NULL || p->peer == NULL || p->token == NULL)
		return false;
	put(params, "progressToken", value_of(k->scratch, p->token));
	send_to_peer(k, p->peer, message);
	return true;
}

/* The only one who has something under way; NULL: none, or several. */
static struct peer *
only_peer(struct keeper *k, const struct kept *kept)
{
	struct peer *found = NULL;

	for (struct peer *p = k->peers; p != NULL; p = p->next) {
		if (p->kept != kept || p->gone || p->pending == 0)
			continue;
		if (found != NULL)
			return NULL;
		found = p;
	}
	return found;
}

/* A child takes back what it asked. */
static bool
cancelled_by_kept(struct keeper *k, struct kept *kept, struct json_object *message)
{
	struct json_object *id = sp_json_get(sp_json_get(message, "params"), "requestId");
	struct asked *a = id != NULL ? asked_find(k, kept, sp_json_print(k->scratch, id).p) : NULL;

	if (a == NULL)
		return false;
	send_to_peer(k, a->peer, message);
	asked_remove(k, a);
	return true;
}

static bool
notification_from_kept(struct keeper *k, struct kept *kept, struct sp_str method, struct json_object *message)
{
	struct peer *peer;
	bool wanted = false;

	if (sp_str_is(method, "notifications/progress"))
		return progress(k, kept, message);
	if (sp_str_is(method, "notifications/cancelled"))
		return cancelled_by_kept(k, kept, message);
	if (sp_str_is(method, "notifications/message")) {
		if ((peer = only_peer(k, kept)) != NULL)
			send_to_peer(k, peer, message);
		return peer != NULL;
	}
	for (peer = k->peers; peer != NULL; peer = peer->next)
		if (peer->kept == kept && !peer->gone) {
			send_to_peer(k, peer, message);
			wanted = true;
		}
	return wanted;
}

void
relay_from_kept(struct keeper *k, struct kept *kept, struct sp_str line)
{
	struct json_object *message, *id;
	struct sp_str method;
	const char *why;
	bool wanted = false, has_id;

	if (sp_json_parse(k->scratch, line, &message, &why) && json_object_is_type(message, json_type_object)) {
		kept->ping_ms = 0;	/* whatever it says: it lives */
		method = sp_json_get_str(message, "method");
		has_id = has(message, "id", &id);
		if (method.p != NULL)
			wanted = has_id ? request_from_kept(k, kept, method, message, id) :
			    notification_from_kept(k, kept, method, message);
		else if (has_id)
			wanted = answer_from_kept(k, kept, message, id);
	}
	kept->unwanted = wanted ? 0 : kept->unwanted + 1;
}

/* ---- ends ---- */

static void
ping(struct keeper *k, struct kept *kept)
{
	struct json_object *message = sp_json_new(k->scratch);

	if (kept->ping_ms != 0)
		return;
	sp_json_set_str(message, "jsonrpc", SP_LIT("2.0"));
	put(message, "id", json_object_new_int64(pending_add(k, kept, NULL, NULL)->id));
	sp_json_set_str(message, "method", SP_LIT("ping"));
	send_to_kept(k, kept, message);
	kept->ping_ms = sp_monotonic_ms() + SP_KEEPER_PING_MS;
}

void
relay_forget_peer(struct keeper *k, struct peer *peer)
{
	struct kept *kept = peer->kept;
	bool left_something = false;
	struct pending *p, *next_pending;
	struct asked *a, *next;

	for (a = k->asked; a != NULL; a = next) {
		next = a->next;
		if (a->peer == peer) {
			left_something = true;
			asked_remove(k, a);
		}
	}
	for (p = k->pending; p != NULL; p = next_pending) {
		next_pending = p->next;
		if (p->peer != peer)
			continue;
		left_something = true;
		p->peer = NULL;
		if (p->is_initialize)
			continue;	/* which must not be cancelled, and others may wait for it */
		notify_kept(k, kept, "notifications/cancelled", p->id);
		pending_remove(k, p);	/* an answer that comes nevertheless is nobody's */
	}
	peer->pending = 0;
	if (!left_something || kept->close_ms != 0)
		return;
	if (kept->exclusive)
		kept_close(k, kept, "it was left in the middle");	/* it might ask the next one what it wanted to ask this one */
	else
		ping(k, kept);
}

void
relay_forget_kept(struct keeper *k, struct kept *kept)
{
	struct pending *p, *next_pending;
	struct asked *a, *next;

	for (p = k->pending; p != NULL; p = next_pending) {
		next_pending = p->next;
		if (p->kept == kept)
			pending_remove(k, p);
	}
	for (a = k->asked; a != NULL; a = next) {
		next = a->next;
		if (a->kept == kept)
			asked_remove(k, a);
	}
}
