/* access_token.c - access tokens that this process has obtained for itself */
#include "tools/access_token.h"

#include <pthread.h>
#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"

#define KEPT_MAX	64		/* tokens; another one pushes out the one that expires first */
#define TOKEN_MAX	((size_t)16 * 1024)
#define ANSWER_MAX	((size_t)64 * 1024)
#define LIFE_SECONDS	300		/* of one whose answer does not say (RFC 6749 section 5.1) */
#define SKEW_SECONDS	30		/* it is still good when it arrives */

struct kept {
	bool used;
	bool asking;			/* a thread is out to obtain it */
	uint8_t digest[SP_SHA256_LEN];
	char *token;			/* NULL: none */
	int64_t until_ms;
	uint64_t attempts;		/* that have ended */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct kept kept[KEPT_MAX];

static void
start(void)
{
	pthread_condattr_t steady;

	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &steady);
	pthread_condattr_destroy(&steady);
}

static void
digest_of(struct sp_arena *mem, const struct sp_token_request *r, const char *allow, uint8_t out[static SP_SHA256_LEN])
{
	const struct sp_str parts[] = { sp_str(r->token_url), r->client_id, r->client_secret, sp_str(r->scope),
		sp_str(r->resource), sp_str(r->audience), sp_str(r->post ? "post" : "basic"), sp_str(allow) };
	struct sp_buf b;

	sp_buf_init(&b, mem, 1024 * 1024);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		sp_buf_printf(&b, "%zu:", parts[i].len);
		sp_buf_str(&b, parts[i]);
	}
	sp_sha256(sp_buf_view(&b), out);
}

/* ---- what is kept, under the lock ---- */

static void
drop(struct kept *k)
{
	if (k->token != NULL) {
		sp_wipe(k->token, strlen(k->token));
		free(k->token);
	}
	k->token = NULL;
}

static struct kept *
place_for(const uint8_t digest[static SP_SHA256_LEN])
{
	struct kept *oldest = NULL;

	for (struct kept *k = kept; k < kept + KEPT_MAX; k++) {
		if (k->used && memcmp(k->digest, digest, SP_SHA256_LEN) == 0)
			return k;
		if (!k->asking && (oldest == NULL || (oldest->used && (!k->used || k->until_ms < oldest->until_ms))))
			oldest = k;
	}
	if (oldest != NULL) {
		drop(oldest);
		oldest->used = true;
		oldest->until_ms = 0;
		memcpy(oldest->digest, digest, SP_SHA256_LEN);
	}
	return oldest;
}

static void
wait_for_change(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SP_HTTP_GONE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&changed, &lock, &until);
}

/* ---- obtaining one ---- */

struct answer {
	struct sp_str access_token, token_type;
	int64_t expires_in;
};

static const struct sp_json_field answer_fields[] = {
	{ "access_token", SP_JSON_STRING, offsetof(struct answer, access_token), .required = true, .max = TOKEN_MAX },
	{ "token_type", SP_JSON_STRING, offsetof(struct answer, token_type), .required = true, .max = 64 },
	{ "expires_in", SP_JSON_INT, offsetof(struct answer, expires_in) },
	{ NULL }
};

static void
add_parameter(struct sp_buf *b, const char *name, struct sp_str value)
{
	if (value.p == NULL)
		return;
	sp_buf_printf(b, "&%s=", name);
	sp_buf_form(b, value);
}

static struct sp_str
make_body(struct sp_arena *mem, const struct sp_token_request *r)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 256 * 1024);
	sp_buf_cstr(&b, "grant_type=client_credentials");
	add_parameter(&b, "scope", sp_str(r->scope));
	add_parameter(&b, "resource", sp_str(r->resource));	/* RFC 8707 */
	add_parameter(&b, "audience", sp_str(r->audience));
	if (r->post) {
		add_parameter(&b, "client_id", r->client_id);
		add_parameter(&b, "client_secret", r->client_secret);
	}
	return sp_buf_view(&b);
}

/* RFC 6749 section 2.3.1: form-encoded before it becomes Basic. */
static struct sp_str
basic(struct sp_arena *mem, const struct sp_token_request *r)
{
	struct sp_buf b;
	struct sp_str pair;

	sp_buf_init(&b, mem, 256 * 1024);
	sp_buf_form(&b, r->client_id);
	sp_buf_char(&b, ':');
	sp_buf_form(&b, r->client_secret);
	pair = sp_buf_view(&b);
	return sp_str(sp_printf(mem, "Basic %.*s", SP_FMT(sp_base64_encode(mem, pair.p, pair.len))));
}

static enum sp_credential_result
read_answer(struct sp_arena *mem, const struct sp_http_answer *a, struct answer *out, const char **why)
{
	struct json_object *json;

	if (a->status != 200) {
		*why = sp_printf(mem, "the token endpoint answered with status %d", a->status);
		return a->status == 429 || a->status >= 500 ? SP_CREDENTIAL_LATER : SP_CREDENTIAL_TROUBLE;
	}
	out->expires_in = LIFE_SECONDS;
	if (!sp_json_parse(mem, a->body, &json, why) || !sp_json_read(mem, json, answer_fields, out, why)) {
		*why = sp_printf(mem, "the token endpoint's answer: %s", *why);
		return SP_CREDENTIAL_TROUBLE;
	}
	if (sp_str_caseis(out->token_type, "Bearer") && out->access_token.len > 0 && !sp_str_has_control(out->access_token))
		return SP_CREDENTIAL_SET;
	*why = "the token endpoint gave no bearer token";
	return SP_CREDENTIAL_TROUBLE;
}

static enum sp_credential_result
obtain(const struct sp_credential_use *use, const struct sp_token_request *r, struct answer *out, const char **why)
{
	struct sp_arena *mem = use->req->mem;
	struct sp_http_answer answer;
	struct sp_http_field fields[] = { { "Accept", SP_LIT("application/json") },
		{ "Content-Type", SP_LIT("application/x-www-form-urlencoded") }, { "Authorization", { NULL, 0 } } };
	int64_t left = use->deadline_ms - sp_monotonic_ms();

	if (!r->post)
		fields[2].value = basic(mem, r);
	switch (sp_http(mem, &(struct sp_http){ .url = r->token_url, .method = "POST", .fields = fields, .field_count = r->post ? 2 : 3,
	    .body = make_body(mem, r), .allow = use->allow, .ca_file = use->ca_file, .http = use->http, .repeatable = true,
	    .max_bytes = ANSWER_MAX, .timeout_ms = left > 0 ? left : 1, .gone = use->gone, .arg = use->arg }, &answer, why)) {
	case SP_HTTP_ANSWER:
		return read_answer(mem, &answer, out, why);
	case SP_HTTP_STOPPED:
		return SP_CREDENTIAL_STOPPED;
	case SP_HTTP_REFUSED:
	case SP_HTTP_CODED:
		*why = sp_printf(mem, "the token endpoint: %s", *why);
		return SP_CREDENTIAL_TROUBLE;
	default:
		*why = sp_printf(mem, "the token endpoint: %s", *why);
		return SP_CREDENTIAL_LATER;
	}
}

static void
keep(struct kept *k, const struct answer *a)
{
	int64_t skew = a->expires_in / 10 < SKEW_SECONDS ? a->expires_in / 10 : SKEW_SECONDS;
	int64_t life = a->expires_in > 86400 ? 86400 : a->expires_in - skew;

	drop(k);
	if ((k->token = strndup(a->access_token.p, a->access_token.len)) == NULL)
		sp_out_of_memory();
	k->until_ms = sp_monotonic_ms() + life * 1000;
}

/* Under the lock: waits while another thread asks.  SP_CREDENTIAL_SET: *k has a token, or is ours to ask for. */
static enum sp_credential_result
wait_for(const struct sp_credential_use *use, struct kept *k, const uint8_t digest[static SP_SHA256_LEN], const char **why)
{
	uint64_t attempts = k->attempts;

	while (k->asking) {
		bool stopped;

		wait_for_change();
		pthread_mutex_unlock(&lock);
		stopped = use->gone != NULL && use->gone(use->arg);
		pthread_mutex_lock(&lock);
		if (stopped)
			return SP_CREDENTIAL_STOPPED;
		if (sp_monotonic_ms() >= use->deadline_ms)
			break;
	}
	*why = "the token could not be obtained";
	if (k->asking || memcmp(k->digest, digest, SP_SHA256_LEN) != 0 || (k->attempts != attempts && k->token == NULL))
		return SP_CREDENTIAL_LATER;	/* the attempt of that thread failed, and ours would, too */
	return SP_CREDENTIAL_SET;
}

enum sp_credential_result
sp_access_token(const struct sp_credential_use *use, const struct sp_token_request *r, struct sp_str *out,
    const char **why)
{
	struct answer answer = { .expires_in = 0 };
	uint8_t digest[SP_SHA256_LEN];
	enum sp_credential_result result;
	struct kept *k;

	pthread_once(&once, start);
	digest_of(use->req->mem, r, use->allow, digest);
	pthread_mutex_lock(&lock);
	if ((k = place_for(digest)) == NULL) {
		pthread_mutex_unlock(&lock);
		*why = "too many tokens are being obtained";
		return SP_CREDENTIAL_LATER;
	}
	if ((result = wait_for(use, k, digest, why)) != SP_CREDENTIAL_SET) {
		pthread_mutex_unlock(&lock);
		return result;
	}
	if (k->token != NULL && sp_monotonic_ms() < k->until_ms) {
		*out = sp_str_dup(use->req->mem, sp_str(k->token));
		pthread_mutex_unlock(&lock);
		return SP_CREDENTIAL_SET;
	}
	k->asking = true;
	pthread_mutex_unlock(&lock);
	result = obtain(use, r, &answer, why);
	pthread_mutex_lock(&lock);
	k->asking = false;
	k->attempts += result != SP_CREDENTIAL_STOPPED;		/* one who left has learned nothing */
	if (result == SP_CREDENTIAL_SET) {
		keep(k, &answer);
		*out = answer.access_token;
	} else
		drop(k);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return result;
}

bool
sp_access_token_forget(struct sp_str token)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (struct kept *k = kept; k < kept + KEPT_MAX; k++)
		if (k->token != NULL && sp_secret_equal(sp_str(k->token), token)) {
			drop(k);
			found = true;
		}
	pthread_mutex_unlock(&lock);
	return found;
}
