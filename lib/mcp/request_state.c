/* request_state.c - requestState: what a call that asks gives its client to bring back */
#include "mcp/request_state.h"

#include "base/encode.h"

#define PURPOSE		"mcp-request-state"
#define TEXT_MAX	(SP_REQUEST_STATE_MAX / 3 * 4 + 1024)	/* with the seal's own bytes */

static const char *
or_none(const char *s)
{
	return s != NULL ? s : "";
}

/* The members of params that say which request it is; what a retry adds, and _meta, do not. */
static void
digest(struct sp_arena *mem, struct json_object *params, uint8_t out[static SP_SHA256_LEN])
{
	static const char *const salient[] = { "name", "uri", "arguments" };
	struct json_object *said = sp_json_new(mem), *value;

	for (size_t i = 0; i < sizeof(salient) / sizeof(salient[0]); i++)
		if ((value = sp_json_get(params, salient[i])) != NULL &&
		    json_object_object_add(said, salient[i], json_object_get(value)) != 0)
			sp_out_of_memory();
	sp_sha256(sp_json_canonical(mem, said), out);
}

static struct sp_str
bound_to(struct sp_arena *mem, const struct sp_request_origin *o)
{
	uint8_t sha256[SP_SHA256_LEN];

	digest(mem, o->params, sha256);
	/* a client_id is what a stranger chose, and stands last; the others have no line break */
	return sp_str(sp_printf(mem, "%.*s\n%s\n%s\n%s\n%s", SP_FMT(o->method), o->resource,
	    sp_hex_encode(mem, sha256, sizeof(sha256)).p, or_none(o->caller->user_id),
	    or_none(o->caller->client_id)));
}

bool
sp_request_state_seal(struct sp_arena *mem, const struct sp_keyring *ring, const struct sp_request_origin *origin,
    const struct sp_request_state *state, struct sp_str *out)
{
	struct sp_json_writer w;
	struct sp_str sealed;
	struct sp_buf b;

	sp_buf_init(&b, mem, SP_REQUEST_STATE_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kint(&w, "expires_at", state->expires_at);
	sp_jw_kcstr_if(&w, "once", state->once);
	if (state->responses != NULL) {
		sp_jw_key(&w, "responses");
		sp_jw_value(&w, state->responses);
	}
	if (state->state != NULL) {
		sp_jw_key(&w, "state");
		sp_jw_value(&w, state->state);
	}
	sp_jw_object_end(&w);
	if (!sp_buf_ok(&b))
		return false;
	sealed = sp_seal(mem, ring, PURPOSE, bound_to(mem, origin), sp_buf_view(&b));
	*out = sp_base64url_encode(mem, sealed.p, sealed.len);
	return true;
}

bool
sp_request_state_open(struct sp_arena *mem, const struct sp_keyring *ring, const struct sp_request_origin *origin,
    struct sp_str text, int64_t now, struct sp_request_state *out, const char **why)
{
	static const struct sp_json_field fields[] = {
		{ "expires_at", SP_JSON_INT, offsetof(struct sp_request_state, expires_at), .required = true },
		{ "responses", SP_JSON_OBJECT, offsetof(struct sp_request_state, responses) },
		{ "state", SP_JSON_ANY, offsetof(struct sp_request_state, state) },
		{ NULL }
	};
	struct sp_request_state state = { 0 };
	struct sp_str sealed, plain, once;
	struct json_object *json;

	*why = "requestState is not one that this server gave for this request";
	if (text.len > TEXT_MAX || !sp_base64url_decode(mem, text, &sealed) ||
	    !sp_unseal(mem, ring, PURPOSE, bound_to(mem, origin), sealed, &plain) ||
	    !sp_json_parse_large(mem, plain, &json, why) || !sp_json_read(mem, json, fields, &state, why))
		return false;
	if (state.expires_at <= now) {
		*why = "requestState has expired: begin anew";
		return false;
	}
	once = sp_json_get_str(json, "once");
	state.once = sp_cstr(mem, once);
	*out = state;
	return true;
}
