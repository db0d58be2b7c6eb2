/* http_send.c - one request to a service: budget, credential, breaker, retries */
#include "tools/http_send.h"

#include <poll.h>
#include "base/clock.h"
#include "base/log.h"
#include "tools/reference.h"
#include "web/stream.h"

#define FIRST_PAUSE_MS	2000		/* doubled each time; half of it, and a random part of the other half */
#define PAUSE_MAX_MS	10000
#define LEASE_MS	5000		/* of a slot, beyond the call's time */
#define FIRST_LOOK_MS	50		/* after which one who waits for a slot looks again; doubled each time */
#define LOOK_MAX_MS	400

/* ---- what is said ---- */

const char *
sp_retry_hint(struct sp_arena *mem, int64_t retry_ms)
{
	int64_t seconds = (retry_ms + 999) / 1000;

	if (retry_ms < 0)
		return "; try again later";
	return sp_printf(mem, "; try again in %lld second%s", (long long)seconds, seconds == 1 ? "" : "s");
}

static enum sp_sent
trouble(const struct sp_http_send *s, struct sp_tool_result *out, const char *text)
{
	*out = (struct sp_tool_result){ .is_error = true, .text = sp_str(sp_printf(s->call->req->mem, "%s: %s", s->source->name, text)) };
	return SP_SENT_TROUBLE;
}

/* Something that an operator has to mend. */
static enum sp_sent
ours(const struct sp_http_send *s, struct sp_tool_result *out, const char *why)
{
	sp_log(SP_ERROR, "a service cannot be called", SP_L("request", s->call->req->id), SP_L("source", s->source->name),
	    SP_L("why", why));
	sp_tool_trouble(s->call, out);
	return SP_SENT_TROUBLE;
}

/* ---- budgets ---- */

static struct sp_str
budget_key(const struct sp_http_send *s)
{
	return sp_str(sp_printf(s->call->req->mem, "source:%s", s->source->name));
}

static enum sp_sent
spent(const struct sp_http_send *s, enum sp_quota quota, int64_t retry_ms, const char *what, struct sp_tool_result *out,
    const char **why)
{
	switch (quota) {
	case SP_QUOTA_TAKEN:
		break;
	case SP_QUOTA_EXHAUSTED:
		*why = what;
		return trouble(s, out, sp_printf(s->call->req->mem, "%s%s", what, sp_retry_hint(s->call->req->mem, retry_ms)));
	case SP_QUOTA_FAILED:
		(void)sp_fail_db(s->call->req);
		return SP_SENT_FAILED;
	}
	return SP_SENT_ANSWER;
}

/* False: the client has gone meanwhile. */
static bool
rest(struct sp_request *req, int64_t ms)
{
	int64_t until = sp_monotonic_ms() + ms, left;

	while ((left = until - sp_monotonic_ms()) > 0) {
		if (sp_client_gone(req))
			return false;
		(void)poll(NULL, 0, (int)(left < SP_HTTP_GONE_MS ? left : SP_HTTP_GONE_MS));
	}
	return true;
}

/* So much of it, and a random part of the rest: those who wait do not come at once. */
static int64_t
jittered(int64_t ms)
{
	uint16_t jitter;

	sp_random(&jitter, sizeof(jitter));
	return ms / 2 + ms * jitter / (2 * UINT16_MAX);
}

static enum sp_quota
take_slot(const struct sp_http_send *s, struct sp_slot *slot, int64_t *retry_ms)
{
	return sp_slot_take(s->call->req, budget_key(s), s->source->concurrent, s->deadline_ms - sp_monotonic_ms() + LEASE_MS,
	    slot, retry_ms);
}

/*
 * All places are taken: waits for one, if not too many wait already.  Who waits
 * has a slot, too, of another key: so that is counted for all processes, and ends
 * with the process.  False: the client has gone.
 */
static bool
queue(const struct sp_http_send *s, struct sp_slot *slot, enum sp_quota *quota, int64_t *retry_ms)
{
	struct sp_request *req = s->call->req;
	int64_t until = sp_monotonic_ms() + s->source->wait_ms, pause = FIRST_LOOK_MS;
	struct sp_slot place = { { NULL, 0 } };
	bool is_there = true;

	if (until > s->deadline_ms)
		until = s->deadline_ms;
	*quota = sp_slot_take(req, sp_str(sp_printf(req->mem, "queue %.*s", SP_FMT(budget_key(s)))), s->source->queue,
	    s->source->wait_ms + LEASE_MS, &place, retry_ms);
	if (*quota != SP_QUOTA_TAKEN)
		return true;
	do {
		sp_db_end(&req->db);
		if (!(is_there = rest(req, jittered(pause))))
			break;
		if (pause < LOOK_MAX_MS)
			pause *= 2;
		*quota = take_slot(s, slot, retry_ms);
	} while (*quota == SP_QUOTA_EXHAUSTED && sp_monotonic_ms() < until);
	sp_slot_release(req, &place);
	return is_there;
}

enum sp_sent
sp_http_enter(const struct sp_http_send *s, struct sp_slot *slot, struct sp_tool_result *out, const char **why)
{
	int64_t retry_ms = -1;
	enum sp_quota quota;

	*slot = (struct sp_slot){ { NULL, 0 } };
	if (s->source->concurrent == 0)
		return SP_SENT_ANSWER;
	quota = take_slot(s, slot, &retry_ms);
	if (quota == SP_QUOTA_EXHAUSTED && s->source->queue > 0 && !queue(s, slot, &quota, &retry_ms))
		return SP_SENT_STOPPED;
	return spent(s, quota, retry_ms, "too many calls at once", out, why);
}

static enum sp_sent
take_from_budget(const struct sp_http_send *s, struct sp_tool_result *out, const char **why)
{
	int64_t retry_ms = -1;
	enum sp_quota quota;

	if (s->source->rate.window_seconds == 0)
		return SP_SENT_ANSWER;
	quota = sp_quota_take(s->call->req, budget_key(s), &s->source->rate, &retry_ms);
	return spent(s, quota, retry_ms, "the budget of this service is spent", out, why);
}

/* ---- one attempt ---- */

static bool
has_gone(void *arg)
{
	return sp_client_gone(arg);
}

/* What an attempt came to. */
struct attempt {
	enum sp_http_result result;
	struct sp_http_answer *answer;
	struct sp_secrets secrets;
	enum sp_breaker_result entered;
	const char *why;
	bool ended;			/* *sent is what the caller is told, and there is nothing to try again */
	enum sp_sent sent;
};

static enum sp_sent
set_credential(const struct sp_http_send *s, struct sp_http_message *m, struct attempt *a, struct sp_tool_result *out)
{
	struct sp_request *req = s->call->req;

	switch (sp_credential_set(&(struct sp_credential_use){ .req = req, .credential = s->source->credential,
	    .caller = s->call->caller, .allow = sp_source_allow(req, s->source->allow), .ca_file = req->settings->fetch_ca_file,
	    .http = s->source->http && req->settings->source_http, .deadline_ms = s->deadline_ms, .gone = has_gone, .arg = req },
	    m, &a->secrets, &a->why)) {
	case SP_CREDENTIAL_SET:
		return SP_SENT_ANSWER;
	case SP_CREDENTIAL_STOPPED:
		return SP_SENT_STOPPED;
	case SP_CREDENTIAL_TROUBLE:
		break;
	case SP_CREDENTIAL_LATER:
		sp_log(SP_WARN, "no access token", SP_L("request", req->id), SP_L("source", s->source->name), SP_L("why", a->why));
		return trouble(s, out, sp_printf(req->mem, "its authorization server does not answer%s", sp_retry_hint(req->mem, -1)));
	}
	return ours(s, out, a->why);
}

/* Fields of the source are a floor: what the tool has itself stays. */
static bool
set_fields(const struct sp_http_send *s, struct sp_http_message *m, struct sp_secrets *secrets, const char **why)
{
	struct sp_request *req = s->call->req;

	for (size_t i = 0; i < s->source->field_count; i++) {
		const struct sp_http_field *f = &s->source->fields[i];
		struct sp_str value;

		if (sp_message_has(m, f->name))
			continue;
		if (!sp_reference_resolve(req->mem, req->settings, f->value, &value, why))
			return false;
		if (sp_reference_is_in(f->value))
			sp_secrets_remember(secrets, value);
		if (!sp_message_set(m, f->name, value)) {
			*why = sp_printf(req->mem, "the header field %s cannot be sent", f->name);
			return false;
		}
	}
	return true;
}

static bool
is_failure(const struct attempt *a)
{
	return a->result == SP_HTTP_ANSWER ? a->answer->status >= 502 && a->answer->status <= 504 :
	    a->result == SP_HTTP_UNREACHABLE || a->result == SP_HTTP_BROKEN || a->result == SP_HTTP_TIMEOUT;
}

/* For administrators; NULL: the service has answered. */
static const char *
failure(struct sp_arena *mem, const struct attempt *a)
{
	return !is_failure(a) ? NULL : a->result == SP_HTTP_ANSWER ? sp_printf(mem, "status %d", a->answer->status) : a->why;
}

/* A service may send back what it was sent.  What the engine has collected is ours to change. */
static void
hide_secrets(struct attempt *a)
{
	sp_secrets_hide(&a->secrets, (char *)(uintptr_t)a->answer->body.p, a->answer->body.len);
	for (size_t i = 0; i < a->answer->field_count; i++)
		sp_secrets_hide(&a->secrets, (char *)(uintptr_t)a->answer->fields[i].value.p, a->answer->fields[i].value.len);
}

static void
transmit(const struct sp_http_send *s, const struct sp_http_message *m, struct attempt *a)
{
	struct sp_request *req = s->call->req;
	const struct sp_http_source *source = s->source;
	int64_t left = s->deadline_ms - sp_monotonic_ms();

	if (source->timeout_ms > 0 && source->timeout_ms < left)
		left = source->timeout_ms;
	a->result = sp_http(req->mem, &(struct sp_http){ .url = m->url, .method = m->method, .fields = m->fields,
	    .field_count = m->field_count, .body = m->body, .allow = sp_source_allow(req, source->allow),
	    .ca_file = req->settings->fetch_ca_file, .http = source->http && req->settings->source_http,
	    .repeatable = s->repeatable, .pool = sp_printf(req->mem, "source %s", source->name),
	    .max_bytes = (size_t)source->max_bytes, .timeout_ms = left > 0 ? left : 1, .gone = has_gone, .arg = req },
	    a->answer, &a->why);
	if (a->result == SP_HTTP_STOPPED || a->result == SP_HTTP_REFUSED)
		sp_breaker_abandon(req, &source->breaker, a->entered);
	else
		sp_breaker_leave(req, &source->breaker, failure(req->mem, a));
	sp_db_end(&req->db);		/* the pause before the next attempt may be long */
	hide_secrets(a);
}

/* What has to be had before the request is sent; what is not needed is not spent. */
static enum sp_sent
prepare(const struct sp_http_send *s, struct sp_http_message *m, struct attempt *a, struct sp_tool_result *out)
{
	enum sp_sent sent = take_from_budget(s, out, &a->why);

	sp_db_end(&s->call->req->db);
	if (sent != SP_SENT_ANSWER)
		return sent;
	a->secrets.count = 0;
	if (!set_fields(s, m, &a->secrets, &a->why))
		return ours(s, out, a->why);
	return set_credential(s, m, a, out);
}

static enum sp_sent
pass_breaker(const struct sp_http_send *s, struct attempt *a, struct sp_tool_result *out)
{
	int64_t retry_ms = -1;

	a->entered = sp_breaker_enter(s->call->req, &s->source->breaker, s->deadline_ms - sp_monotonic_ms() + LEASE_MS, &retry_ms);
	switch (a->entered) {
	case SP_BREAKER_CLOSED:
	case SP_BREAKER_PROBE:
		return SP_SENT_ANSWER;
	case SP_BREAKER_OPEN:
		a->why = "it has failed several times and is left alone for a while";
		return trouble(s, out, sp_printf(s->call->req->mem, "%s%s", a->why, sp_retry_hint(s->call->req->mem, retry_ms)));
	case SP_BREAKER_FAILED:
		break;
	}
	(void)sp_fail_db(s->call->req);
	return SP_SENT_FAILED;
}

static void
attempt(const struct sp_http_send *s, const struct sp_http_message *message, struct attempt *a, struct sp_tool_result *out)
{
	struct sp_http_message m = *message;

	a->sent = pass_breaker(s, a, out);
	a->ended = a->sent != SP_SENT_ANSWER;
	if (a->ended)
		return;
	a->sent = prepare(s, &m, a, out);
	a->ended = a->sent != SP_SENT_ANSWER;
	if (a->ended)
		sp_breaker_abandon(s->call->req, &s->source->breaker, a->entered);
	else
		transmit(s, &m, a);
}

/* ---- again, or what the caller is told ---- */

/* How long to wait before the next attempt; -1: there is none. */
static int64_t
pause_before(const struct sp_http_send *s, const struct attempt *a, int64_t tries)
{
	int64_t ms = FIRST_PAUSE_MS << (tries < 6 ? tries : 6), told = -1;

	if (tries >= s->retries || !(s->repeatable || a->result == SP_HTTP_UNREACHABLE))
		return -1;
	if (a->result == SP_HTTP_ANSWER) {
		if (a->answer->status != 429 && !is_failure(a))
			return -1;
		told = sp_http_retry_after(a->answer);
	} else if (!is_failure(a))
		return -1;
	ms = jittered(ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS);
	if (told >= 0)
		ms = told + ms / 4;		/* all that were told the same do not come at once */
	return ms < s->deadline_ms - sp_monotonic_ms() ? ms : -1;
}

static enum sp_sent
give_up(const struct sp_http_send *s, const struct attempt *a, struct sp_tool_result *out, const char **why)
{
	struct sp_arena *mem = s->call->req->mem;

	*why = a->result != SP_HTTP_ANSWER ? a->why : NULL;
	switch (a->result) {
	case SP_HTTP_ANSWER:
		return SP_SENT_ANSWER;
	case SP_HTTP_STOPPED:
		return SP_SENT_STOPPED;
	case SP_HTTP_REFUSED:
		return ours(s, out, a->why);
	case SP_HTTP_TOO_LARGE:
		return trouble(s, out, sp_printf(mem, "%s: ask for less", a->why));
	case SP_HTTP_CODED:
		return trouble(s, out, sp_printf(mem, "%s, and cannot be read%s", a->why,
		    s->repeatable ? "" : " (what was asked for may have been done)"));
	case SP_HTTP_UNREACHABLE:
	case SP_HTTP_BROKEN:
	case SP_HTTP_TIMEOUT:
		break;
	}
	sp_log(SP_WARN, "a service does not answer", SP_L("request", s->call->req->id), SP_L("source", s->source->name),
	    SP_L("why", a->why));
	return trouble(s, out, sp_printf(mem, "%s%s%s", a->result == SP_HTTP_UNREACHABLE ? "it cannot be reached" :
	    a->result == SP_HTTP_TIMEOUT ? "no answer in time" : "its answer was cut short",
	    s->repeatable || a->result == SP_HTTP_UNREACHABLE ? "" : " (what was asked for may have been done)", sp_retry_hint(mem, -1)));
}

enum sp_sent
sp_http_send(const struct sp_http_send *s, const struct sp_http_message *message, struct sp_http_answer *answer,
    struct sp_tool_result *out, const char **why)
{
	struct attempt a = { .answer = answer };
	bool renewed = false;
	int64_t ms;

	for (int64_t tries = 0;; tries++) {
		attempt(s, message, &a, out);
		if (a.ended) {
			*why = a.why;
			return a.sent;
		}
		/* a token may be revoked before its time: another one, once; the request was refused and had no effect */
		if (a.result == SP_HTTP_ANSWER && answer->status == 401 && !renewed &&
		    sp_credential_refused(s->source->credential, &a.secrets)) {
			renewed = true;
			continue;
		}
		if ((ms = pause_before(s, &a, tries)) < 0)
			return give_up(s, &a, out, why);
		if (!rest(s->call->req, ms))
			return SP_SENT_STOPPED;
	}
}
