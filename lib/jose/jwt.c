/* jwt.c - claims: written, read and judged */
#include <assert.h>
#include "jose/jwt.h"

static const struct sp_json_field texts[] = {
	{ "iss", SP_JSON_STRING, offsetof(struct sp_jwt_claims, iss), true, 0 },
	{ "sub", SP_JSON_STRING, offsetof(struct sp_jwt_claims, sub), false, 0 },
	{ "jti", SP_JSON_STRING, offsetof(struct sp_jwt_claims, jti), false, 0 },
	{ "client_id", SP_JSON_STRING, offsetof(struct sp_jwt_claims, client_id), false, 0 },
	{ "scope", SP_JSON_STRING, offsetof(struct sp_jwt_claims, scope), false, 0 },
	{ "acr", SP_JSON_STRING, offsetof(struct sp_jwt_claims, acr), false, 0 },
	{ "preferred_username", SP_JSON_STRING, offsetof(struct sp_jwt_claims, preferred_username), false, 0 },
	{ "grant_id", SP_JSON_STRING, offsetof(struct sp_jwt_claims, grant_id), false, 0 },
	{ "tier", SP_JSON_STRING, offsetof(struct sp_jwt_claims, tier), false, 0 },
	{ NULL }
};

/*
 * A NumericDate (RFC 7519 section 2).  The RFC allows fractions; nobody who
 * talks to us sends them, and 1e300 is one of them.  Absent is fine, null is not.
 */
static bool
time_read(struct json_object *obj, const char *name, int64_t *out)
{
	struct json_object *value;
	int64_t seconds;

	if (!json_object_object_get_ex(obj, name, &value))
		return true;
	if (!json_object_is_type(value, json_type_int))
		return false;
	seconds = json_object_get_int64(value);		/* saturates, so that huge stays huge */
	if (seconds < 1 || seconds > SP_JWT_TIME_MAX)
		return false;
	*out = seconds;
	return true;
}

/* One string or an array of them: RFC 7519 section 4.1.3. */
static bool
aud_read(struct sp_arena *mem, struct json_object *aud, struct sp_jwt_claims *out)
{
	bool single = json_object_is_type(aud, json_type_string);
	size_t count = single ? 1 : 0;

	if (json_object_is_type(aud, json_type_array))
		count = json_object_array_length(aud);
	if (count == 0 || count > SP_JWT_AUD_MAX)
		return false;
	out->aud = sp_alloc_array(mem, count, sizeof(*out->aud));
	out->aud_count = count;
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = single ? aud : json_object_array_get_idx(aud, i);

		if (!json_object_is_type(item, json_type_string))
			return false;
		out->aud[i] = sp_json_text(item);
	}
	return true;
}

static bool
aud_names(const struct sp_jwt_claims *claims, const char *const *aud)
{
	for (; *aud != NULL; aud++)
		for (size_t i = 0; i < claims->aud_count; i++)
			if (sp_str_is(claims->aud[i], *aud))
				return true;
	return false;
}

static bool
claims_read(struct sp_arena *mem, struct sp_str payload, struct sp_jwt_claims *out, const char **why)
{
	struct sp_jwt_claims claims = { .payload = payload };
	struct json_object *obj;

	if (!sp_json_parse(mem, payload, &obj, why) || !sp_json_read(mem, obj, texts, &claims, why))
		return false;
	if (!time_read(obj, "exp", &claims.exp) || !time_read(obj, "iat", &claims.iat) ||
	    !time_read(obj, "nbf", &claims.nbf) || !time_read(obj, "auth_time", &claims.auth_time)) {
		*why = "a time is not a whole number of seconds within range";
		return false;
	}
	if (!aud_read(mem, sp_json_get(obj, "aud"), &claims)) {
		*why = "aud is not a string or an array of strings";
		return false;
	}
	claims.jkt = sp_json_get_str(sp_json_get(obj, "cnf"), "jkt");
	*out = claims;
	return true;
}

bool
sp_jwt_check(struct sp_arena *mem, struct sp_str payload, const struct sp_jwt_expect *expect,
    struct sp_jwt_claims *out, const char **why)
{
	struct sp_jwt_claims claims;

	if (!claims_read(mem, payload, &claims, why))
		return false;
	if (!sp_str_is(claims.iss, expect->iss))
		*why = "iss is another one";
	else if (!aud_names(&claims, expect->aud))
		*why = "aud does not name this audience";
	else if (claims.exp == 0)
		*why = "exp is missing";
	else if (claims.exp <= expect->now)
		*why = "expired";
	else if (expect->max_ttl > 0 && claims.exp - expect->now > expect->max_ttl)
		*why = "exp is too far ahead";
	else if (claims.nbf - SP_JWT_LEEWAY > expect->now)
		*why = "not valid yet";
	else if (claims.iat - SP_JWT_LEEWAY > expect->now)
		*why = "issued in the future";
	else {
		*out = claims;
		return true;
	}
	return false;
}

static void
write_text_if(struct sp_json_writer *w, const char *name, struct sp_str s)
{
	if (s.p != NULL)
		sp_jw_kstr(w, name, s);
}

static void
write_time_if(struct sp_json_writer *w, const char *name, int64_t seconds)
{
	if (seconds != 0)
		sp_jw_kint(w, name, seconds);
}

bool
sp_access_token_sign(struct sp_arena *mem, const struct sp_jwk *key,
    const struct sp_jwt_claims *claims, struct sp_str *out)
{
	struct sp_json_writer w;
	struct sp_buf b;

	assert(claims->iss.len > 0 && claims->sub.len > 0 && claims->jti.len > 0 &&
	    claims->client_id.len > 0 && claims->aud_count > 0 && claims->iat > 0 && claims->exp > 0);
	sp_buf_init(&b, mem, SP_JWS_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "iss", claims->iss);
	sp_jw_kstr(&w, "sub", claims->sub);
	sp_jw_key(&w, "aud");
	if (claims->aud_count > 1)
		sp_jw_array(&w);
	for (size_t i = 0; i < claims->aud_count; i++)
		sp_jw_str(&w, claims->aud[i]);
	if (claims->aud_count > 1)
		sp_jw_array_end(&w);
	sp_jw_kstr(&w, "client_id", claims->client_id);
	sp_jw_kstr(&w, "jti", claims->jti);
	sp_jw_kint(&w, "iat", claims->iat);
	sp_jw_kint(&w, "exp", claims->exp);
	write_time_if(&w, "nbf", claims->nbf);
	write_time_if(&w, "auth_time", claims->auth_time);
	write_text_if(&w, "scope", claims->scope);
	write_text_if(&w, "acr", claims->acr);
	write_text_if(&w, "preferred_username", claims->preferred_username);
	if (claims->jkt.p != NULL) {
		sp_jw_key(&w, "cnf");
		sp_jw_object(&w);
		sp_jw_kstr(&w, "jkt", claims->jkt);
		sp_jw_object_end(&w);
	}
	write_text_if(&w, "grant_id", claims->grant_id);
	write_text_if(&w, "tier", claims->tier);
	sp_jw_object_end(&w);
	return sp_buf_ok(&b) && sp_jws_sign(mem, key, "at+jwt", sp_buf_view(&b), out);
}

/* RFC 9068 section 4; what must be there is section 2.2's. */
bool
sp_access_token_verify(struct sp_arena *mem, const struct sp_keyset *keys, struct sp_str text,
    const char *iss, const char *aud, int64_t now, struct sp_jwt_claims *out, const char **why)
{
	const struct sp_jwt_expect expect = { .iss = iss, .aud = (const char *[]){ aud, NULL }, .now = now };
	struct sp_jwt_claims claims;
	const struct sp_jwk *key;
	struct sp_str payload;
	struct sp_jws jws;

	if (!sp_jws_parse(mem, text, &jws, why))
		return false;
	if (!sp_jws_typ_is(&jws, "at+jwt")) {
		*why = "typ is not at+jwt";
		return false;
	}
	key = sp_keyset_find(keys, jws.kid);
	if (key == NULL) {
		*why = "kid is unknown";
		return false;
	}
	if (!sp_jws_verify(mem, &jws, key, &payload, why) ||
	    !sp_jwt_check(mem, payload, &expect, &claims, why))
		return false;
	if (claims.sub.len == 0 || claims.client_id.len == 0 || claims.jti.len == 0 || claims.iat == 0) {
		*why = "sub, client_id, jti or iat is missing";
		return false;
	}
	*out = claims;
	return true;
}
