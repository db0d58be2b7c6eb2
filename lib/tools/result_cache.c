/* result_cache.c - results that are kept for a while */
#include "tools/result_cache.h"

#include "base/log.h"
#include "db/queries.h"
#include "tools/options.h"

#define PURPOSE		"result-cache"

static const char *
or_none(const char *s)
{
	return s != NULL ? s : "";
}

static void
make_key(const struct sp_tool_call *call, struct json_object *arguments, uint8_t out[static SP_SHA256_LEN])
{
	const struct sp_caller *caller = call->caller;
	struct sp_arena *mem = call->req->mem;
	struct json_object *of = json_object_new_array();
	const char *texts[] = { call->tool->server, call->tool->name, or_none(caller->user_id), or_none(caller->client_id),
		or_none(caller->tier), sp_scope_text(mem, &caller->scope) };
	size_t n = call->tool->options->cache_for_everyone ? 2 : sizeof(texts) / sizeof(texts[0]);
	uint8_t sha256[SP_SHA256_LEN];
	struct sp_str said;

	/* an array of texts says where each of them ends */
	for (size_t i = 0; i < n; i++)
		if (of == NULL || json_object_array_add(of, json_object_new_string(texts[i])) != 0)
			sp_out_of_memory();
	said = sp_json_canonical(mem, of);
	json_object_put(of);
	sp_sha256(sp_str(sp_printf(mem, "%.*s\n%.*s", SP_FMT(said), SP_FMT(sp_json_canonical(mem, arguments)))), sha256);
	said = (struct sp_str){ sp_alloc(mem, 2 * SP_SHA256_LEN), 2 * SP_SHA256_LEN };
	memcpy((char *)(uintptr_t)said.p, call->tool->digest.p, SP_SHA256_LEN);
	memcpy((char *)(uintptr_t)said.p + SP_SHA256_LEN, sha256, SP_SHA256_LEN);
	sp_keyring_mac(call->req->process->keyring, PURPOSE, said, out);
}

struct row {
	int64_t epoch;
	bool hit;
	struct sp_str json, text, whole;
};

static const struct sp_column columns[] = {
	{ "epoch", SP_COL_INT, offsetof(struct row, epoch) },
	{ "hit", SP_COL_BOOL, offsetof(struct row, hit) },
	{ "json", SP_COL_STR, offsetof(struct row, json) },
	{ "text", SP_COL_STR, offsetof(struct row, text) },
	{ "whole", SP_COL_STR, offsetof(struct row, whole) },
	{ NULL }
};

enum sp_cache_outcome
sp_result_cache_get(const struct sp_tool_call *call, struct json_object *arguments, struct sp_cached *place,
    struct sp_tool_result *out)
{
	struct json_object *whole = NULL;
	const char *why;
	struct row row;

	make_key(call, arguments, place->key);
	if (sp_db_row(&call->req->db, &sp_q_result_cache_get, SP_PARAMS(SP_P_BYTES(place->key, SP_SHA256_LEN),
	    SP_P_TEXT(call->tool->server), SP_P_TEXT(call->tool->name)), columns, &row) != SP_DB_ROW)
		return SP_CACHE_FAILED;
	place->epoch = row.epoch;
	if (!row.hit || (row.whole.p != NULL && !sp_json_parse_large(call->req->mem, row.whole, &whole, &why)))
		return SP_CACHE_MISS;
	*out = (struct sp_tool_result){ .json = row.json, .text = row.text, .whole = whole };
	return SP_CACHE_HIT;
}

void
sp_result_cache_put(const struct sp_tool_call *call, const struct sp_cached *place, const struct sp_tool_result *r)
{
	struct sp_str whole = { NULL, 0 };

	if (r->is_error)
		return;
	if (r->whole != NULL)
		whole = sp_json_canonical(call->req->mem, r->whole);
	if (r->json.len + r->text.len + whole.len > SP_RESULT_CACHE_MAX)
		return;
	if (!sp_db_do(&call->req->db, &sp_q_result_cache_put, SP_PARAMS(SP_P_BYTES(place->key, SP_SHA256_LEN),
	    SP_P_TEXT(call->tool->server), SP_P_TEXT(call->tool->name), SP_P_INT(place->epoch),
	    SP_P_INT(call->tool->options->cache_ttl_ms), SP_P_STR(r->json), SP_P_STR(r->text), SP_P_STR(whole)), NULL))
		sp_log(SP_WARN, "a result was not kept", SP_L("request", call->req->id), SP_L("tool", call->tool->name));
}

const struct sp_param *
sp_result_cache_invalidation(const struct sp_tool_call *call)
{
	const struct sp_tool_options *o = call->tool->options;
	struct sp_json_writer w;
	struct sp_param *params;
	struct sp_buf b;

	if (o == NULL || o->invalidates.count == 0)
		return NULL;
	sp_buf_init(&b, call->req->mem, 1024 * 1024);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < o->invalidates.count; i++)
		sp_jw_cstr(&w, o->invalidates.item[i]);
	sp_jw_array_end(&w);
	params = sp_alloc_array(call->req->mem, 2, sizeof(*params));
	params[0] = SP_P_TEXT(call->tool->server);
	params[1] = SP_P_STR(sp_buf_view(&b));
	return params;
}

bool
sp_result_cache_invalidate(const struct sp_tool_call *call)
{
	const struct sp_param *params = sp_result_cache_invalidation(call);

	return params == NULL || sp_db_do(&call->req->db, &sp_q_result_cache_invalidate, params, NULL) ||
	    sp_fail_db(call->req);
}
