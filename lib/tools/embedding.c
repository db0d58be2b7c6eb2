/* embedding.c - texts as vectors, by a service that has a model for it */
#include "tools/embedding.h"

#include <math.h>
#include <pthread.h>
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"
#include "tools/spec.h"

#define BATCH		32
#define BATCH_MAX	2048			/* what OpenAI takes */
#define MAX_TEXT	((int64_t)16 * 1024)	/* 8192 tokens, of code two bytes or more */
#define CACHE_MS	(3600 * 1000)
#define DIMENSIONS_MAX	65536
#define BODY_MAX	((size_t)64 * 1024 * 1024)
#define QUERY_MS	5000			/* a search without the vector is better than a late one */
#define KEPT_MAX	256			/* queries; 3072 dimensions of each are 12 KiB */

/* ---- the spec ---- */

static bool
is_path(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)path[i] <= ' ' || (unsigned char)path[i] >= 0x7f || strchr("?#\\", path[i]) != NULL)
			return false;
	return path[0] == '/' && strstr(path, "/../") == NULL;
}

bool
sp_embedding_load(struct sp_arena *mem, struct json_object *json, const struct sp_embedding **out, const char **why)
{
	struct sp_embedding *e = sp_alloc(mem, sizeof(*e));
	const char *version = NULL;
	struct sp_buf b;

	*out = NULL;
	if (json == NULL)
		return true;
	*e = (struct sp_embedding){ .path = "/embeddings", .batch = BATCH, .max_text = MAX_TEXT, .cache_ms = CACHE_MS };
	if (!json_object_is_type(json, json_type_object)) {
		*why = "has to be an object";
		return false;
	}
	if (!sp_spec_only(mem, json, "path api_version model dimensions batch max_text cache", why) ||
	    !sp_spec_text(mem, json, "path", &e->path, why) || !sp_spec_text(mem, json, "api_version", &version, why) ||
	    !sp_spec_text(mem, json, "model", &e->model, why) ||
	    !sp_spec_integer(mem, json, "dimensions", 1, DIMENSIONS_MAX, &e->dimensions, why) ||
	    !sp_spec_integer(mem, json, "batch", 1, BATCH_MAX, &e->batch, why) ||
	    !sp_spec_size(mem, json, "max_text", 1024 * 1024, &e->max_text, why) ||
	    !sp_spec_duration(mem, json, "cache", 1, INT64_C(30) * 86400 * 1000, &e->cache_ms, why))
		return false;
	if (!is_path(e->path)) {
		*why = "path: has to begin with a slash, without query";
		return false;
	}
	if (version != NULL) {
		sp_buf_init(&b, mem, SP_MESSAGE_URL_MAX);
		sp_buf_printf(&b, "%s?api-version=", e->path);
		sp_buf_percent(&b, sp_str(version));
		e->path = sp_buf_view(&b).p;
	}
	*out = e;
	return true;
}

const char *
sp_embedding_model(const struct sp_http_source *source)
{
	return source->embedding->model != NULL ? source->embedding->model : source->name;
}

/* ---- the request ---- */

static struct sp_str
body_of(struct sp_arena *mem, const struct sp_embedding *e, const struct sp_str *texts, size_t count)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, BODY_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "input");
	sp_jw_array(&w);
	for (size_t i = 0; i < count; i++)
		sp_jw_str(&w, sp_utf8_cut(texts[i], (size_t)e->max_text));
	sp_jw_array_end(&w);
	sp_jw_kcstr_if(&w, "model", e->model);
	if (e->dimensions > 0)
		sp_jw_kint(&w, "dimensions", e->dimensions);
	sp_jw_kcstr(&w, "encoding_format", "float");
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

/* ---- the answer ---- */

static bool
take_vector(struct json_object *list, size_t dimensions, float *out)
{
	for (size_t i = 0; i < dimensions; i++) {
		struct json_object *number = json_object_array_get_idx(list, i);
		double value = json_object_get_double(number);

		if ((!json_object_is_type(number, json_type_double) && !json_object_is_type(number, json_type_int)) ||
		    !isfinite(value) || fabs(value) > 1e6)
			return false;
		out[i] = (float)value;
	}
	return true;
}

/* {"data": [{"index": 0, "embedding": [...]}, ...]}, in any order. */
static bool
read_answer(struct sp_arena *mem, const struct sp_embedding *e, struct sp_str body, size_t count, struct sp_vectors *out)
{
	struct json_object *json, *data;
	bool *there = sp_alloc_array(mem, count, sizeof(*there));
	const char *why;

	*out = (struct sp_vectors){ .count = count };
	if (!sp_json_parse_large(mem, body, &json, &why))
		return false;
	data = sp_json_get(json, "data");
	if (!json_object_is_type(data, json_type_array) || json_object_array_length(data) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(data, i), *index = sp_json_get(one, "index");
		struct json_object *list = sp_json_get(one, "embedding");
		int64_t place = json_object_is_type(index, json_type_int) ? json_object_get_int64(index) : (int64_t)i;
		size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

		if (i == 0) {
			out->dimensions = n;
			if (n == 0 || n > DIMENSIONS_MAX || (e->dimensions > 0 && n != (size_t)e->dimensions))
				return false;
			out->value = sp_alloc_array(mem, count * n, sizeof(*out->value));
		}
		if (n != out->dimensions || place < 0 || (size_t)place >= count || there[place] ||
		    !take_vector(list, n, out->value + (size_t)place * n))
			return false;
		there[place] = true;
	}
	return true;
}

static enum sp_embedded
judge_answer(const struct sp_http_send *send, const struct sp_http_answer *answer, size_t count, struct sp_vectors *out,
    const char **why)
{
	struct sp_arena *mem = send->call->req->mem;

	if (answer->status == 200 && read_answer(mem, send->source->embedding, answer->body, count, out))
		return SP_EMBEDDED;
	*why = answer->status != 200 ? sp_printf(mem, "%s: answered with status %d", send->source->name, answer->status) :
	    sp_printf(mem, "%s: its answer does not have the vectors that were asked for", send->source->name);
	/* what it says may repeat the texts: it stays out of the log */
	sp_log(SP_WARN, "no embeddings", SP_L("request", send->call->req->id), SP_L("why", *why));
	return answer->status == 400 || answer->status == 413 || answer->status == 422 ? SP_EMBEDDED_REFUSED : SP_EMBEDDED_NOT;
}

enum sp_embedded
sp_embed(const struct sp_http_send *send, const struct sp_str *texts, size_t count, struct sp_vectors *out,
    const char **why)
{
	const struct sp_http_source *source = send->source;
	struct sp_arena *mem = send->call->req->mem;
	struct sp_http_message m = { .method = "POST", .url = sp_printf(mem, "%s%s", source->url, source->embedding->path),
		.body = body_of(mem, source->embedding, texts, count) };
	struct sp_http_answer answer = { 0 };
	struct sp_tool_result told = { 0 };
	const char *what = NULL;
	enum sp_sent sent;
	struct sp_slot slot;

	if (!sp_message_set(&m, "Content-Type", SP_LIT("application/json")))
		return SP_EMBEDDED_NOT;
	sent = sp_http_enter(send, &slot, &told, &what);
	if (sent == SP_SENT_ANSWER) {
		sent = sp_http_send(send, &m, &answer, &told, &what);
		sp_slot_release(send->call->req, &slot);
	}
	switch (sent) {
	case SP_SENT_ANSWER:
		return judge_answer(send, &answer, count, out, why);
	case SP_SENT_TROUBLE:
		*why = sp_cstr(mem, told.text);
		return SP_EMBEDDED_NOT;
	case SP_SENT_STOPPED:
		*why = "interrupted";
		return SP_EMBEDDED_STOPPED;
	case SP_SENT_FAILED:
		break;
	}
	*why = "the database cannot be reached";
	return SP_EMBEDDED_FAILED;
}

/* ---- queries ---- */

/* What was asked before, by a digest of it; the text itself is not kept. */
static struct kept {
	uint8_t digest[SP_SHA256_LEN];
	float *value;			/* NULL: free */
	size_t dimensions;
	int64_t until_ms;
} kept[KEPT_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct kept *
place_of(const uint8_t digest[static SP_SHA256_LEN])
{
	return &kept[(digest[0] | digest[1] << 8) % KEPT_MAX];
}

static void
digest_of(struct sp_arena *mem, const struct sp_http_source *source, struct sp_str text,
    uint8_t out[static SP_SHA256_LEN])
{
	sp_sha256(sp_str(sp_printf(mem, "%s\n%s%s\n%s\n%lld\n%.*s", source->name, source->url, source->embedding->path,
	    sp_embedding_model(source), (long long)source->embedding->dimensions, SP_FMT(text))), out);
}

static bool
take_kept(struct sp_arena *mem, const uint8_t digest[static SP_SHA256_LEN], struct sp_vectors *out)
{
	struct kept *k = place_of(digest);
	bool found;

	pthread_mutex_lock(&lock);
	found = k->value != NULL && memcmp(k->digest, digest, SP_SHA256_LEN) == 0 && k->until_ms > sp_monotonic_ms();
	if (found) {
		*out = (struct sp_vectors){ sp_alloc_array(mem, k->dimensions, sizeof(*out->value)), 1, k->dimensions };
		memcpy(out->value, k->value, k->dimensions * sizeof(*out->value));
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static void
keep(const uint8_t digest[static SP_SHA256_LEN], const struct sp_vectors *v, int64_t cache_ms)
{
	struct kept *k = place_of(digest);
	float *value = reallocarray(NULL, v->dimensions, sizeof(*value));

	if (value == NULL)
		sp_out_of_memory();
	memcpy(value, v->value, v->dimensions * sizeof(*value));
	pthread_mutex_lock(&lock);
	free(k->value);
	*k = (struct kept){ .value = value, .dimensions = v->dimensions, .until_ms = sp_monotonic_ms() + cache_ms };
	memcpy(k->digest, digest, SP_SHA256_LEN);
	pthread_mutex_unlock(&lock);
}

static struct sp_str
vector_json(struct sp_arena *mem, const struct sp_http_source *source, const struct sp_vectors *v)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, BODY_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "model", sp_embedding_model(source));
	sp_jw_key(&w, "vector");
	sp_jw_array(&w);
	for (size_t i = 0; i < v->dimensions; i++)
		sp_jw_raw(&w, sp_str(sp_printf(mem, "%.9g", (double)v->value[i])));
	sp_jw_array_end(&w);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

enum sp_embedded
sp_embed_query(const struct sp_tool_call *call, const struct sp_http_source *source, struct sp_str text,
    struct sp_str *out, const char **why)
{
	struct sp_arena *mem = call->req->mem;
	int64_t deadline = sp_tool_deadline_ms(call), soon = sp_monotonic_ms() + QUERY_MS;
	struct sp_http_send send = { .call = call, .source = source, .deadline_ms = soon < deadline ? soon : deadline,
		.repeatable = true, .retries = source->retries };
	uint8_t digest[SP_SHA256_LEN];
	enum sp_embedded embedded = SP_EMBEDDED;
	struct sp_vectors v;

	digest_of(mem, source, text, digest);
	if (source->embedding->cache_ms == 0 || !take_kept(mem, digest, &v)) {
		embedded = sp_embed(&send, &text, 1, &v, why);
		if (embedded == SP_EMBEDDED && source->embedding->cache_ms > 0)
			keep(digest, &v, source->embedding->cache_ms);
	}
	if (embedded == SP_EMBEDDED)
		*out = vector_json(mem, source, &v);
	return embedded;
}
