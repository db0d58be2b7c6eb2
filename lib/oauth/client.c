/* client.c - judging client metadata (RFC 7591 section 2) */
#include "oauth/client.h"

#include "oauth/redirect_uri.h"

#define REDIRECT_URIS_MAX 50
#define NAME_MAX_BYTES 100		/* what a consent page can show */
#define URI_MAX 2048
#define METADATA_MAX (256 * 1024)

struct metadata {
	struct sp_json_strings redirect_uris, grant_types, response_types, auth_method_choices;
	struct sp_str client_name, client_uri, logo_uri, tos_uri, policy_uri;
	struct sp_str auth_method, client_secret, software_statement, jwks_uri, client_id;
	struct json_object *jwks;
};

static const struct sp_json_field fields[] = {
	{ "client_id", SP_JSON_STRING, offsetof(struct metadata, client_id), false, 0 },
	{ "grant_types", SP_JSON_STRINGS, offsetof(struct metadata, grant_types), false, 50 },
	{ "response_types", SP_JSON_STRINGS, offsetof(struct metadata, response_types), false, 50 },
	{ "token_endpoint_auth_method", SP_JSON_STRING, offsetof(struct metadata, auth_method), false, 100 },
	/* OpenID Connect Relying Party Metadata Choices 1.0 */
	{ "token_endpoint_auth_methods_supported", SP_JSON_STRINGS,
	    offsetof(struct metadata, auth_method_choices), false, 50 },
	{ "client_name", SP_JSON_STRING, offsetof(struct metadata, client_name), false, 0 },
	{ "client_uri", SP_JSON_STRING, offsetof(struct metadata, client_uri), false, URI_MAX },
	{ "logo_uri", SP_JSON_STRING, offsetof(struct metadata, logo_uri), false, URI_MAX },
	{ "tos_uri", SP_JSON_STRING, offsetof(struct metadata, tos_uri), false, URI_MAX },
	{ "policy_uri", SP_JSON_STRING, offsetof(struct metadata, policy_uri), false, URI_MAX },
	{ "client_secret", SP_JSON_STRING, offsetof(struct metadata, client_secret), false, 0 },
	{ "software_statement", SP_JSON_STRING, offsetof(struct metadata, software_statement), false, 0 },
	{ "jwks_uri", SP_JSON_STRING, offsetof(struct metadata, jwks_uri), false, URI_MAX },
	{ "jwks", SP_JSON_OBJECT, offsetof(struct metadata, jwks), false, 0 },
	{ NULL }
};

/* Apart from the others: what is wrong here has an error code of its own. */
static const struct sp_json_field redirect_fields[] = {
	{ "redirect_uris", SP_JSON_STRINGS, offsetof(struct metadata, redirect_uris), true, REDIRECT_URIS_MAX },
	{ NULL }
};

static bool
has(const struct sp_json_strings *list, const char *value)
{
	for (size_t i = 0; i < list->count; i++)
		if (sp_str_is(list->item[i], value))
			return true;
	return false;
}

/* ---- redirect URIs ---- */

/* Keeps those that may be registered; a refused one is dropped while another remains. */
static bool
judge_redirect_uris(struct sp_request *req, const struct metadata *m, struct sp_client *out)
{
	const char *why = "there is none";
	struct sp_redirect_uri uri;

	out->redirect_uris = sp_alloc_array(req->mem, m->redirect_uris.count, sizeof(*out->redirect_uris));
	for (size_t i = 0; i < m->redirect_uris.count; i++)
		if (sp_redirect_uri_parse(m->redirect_uris.item[i], &uri, &why))
			out->redirect_uris[out->redirect_uri_count++] = m->redirect_uris.item[i];
	if (out->redirect_uri_count == 0)
		return sp_fail(req, SP_INVALID_REDIRECT_URI, "no redirect URI can be registered: %s", why);
	return true;
}

bool
sp_client_has_redirect_uri(const struct sp_client *client, struct sp_str redirect_uri)
{
	for (size_t i = 0; i < client->redirect_uri_count; i++)
		if (sp_redirect_uri_matches(client->redirect_uris[i], redirect_uri))
			return true;
	return false;
}

/* ---- grants, responses, authentication ---- */

static bool
judge_types(struct sp_request *req, const struct metadata *m, struct sp_client *out)
{
	bool refresh = has(&m->grant_types, "refresh_token");

	if (has(&m->grant_types, "password") || has(&m->grant_types, "implicit"))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "grant_types: OAuth 2.1 has no such grant");
	if (m->grant_types.present && !has(&m->grant_types, "authorization_code"))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "grant_types: authorization_code is missing");
	if (m->response_types.present && m->response_types.count > 0 && !has(&m->response_types, "code"))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "response_types: only code is answered");
	/* what we do not do is left out and not refused: clients list all they know */
	out->grant_types = refresh ? "[\"authorization_code\",\"refresh_token\"]" : "[\"authorization_code\"]";
	out->response_types = "[\"code\"]";
	return true;
}

static bool
judge_auth_method(struct sp_request *req, const struct metadata *m, enum sp_client_source source,
    struct sp_client *out)
{
	struct sp_str method = m->auth_method;

	/* a document is public: it cannot hold a shared secret; without a word it means none */
	if (source == SP_CLIENT_DOCUMENT) {
		if (m->client_secret.p != NULL)
			return sp_fail(req, SP_INVALID_CLIENT_METADATA, "a public document with a client_secret");
		if (method.p == NULL || sp_str_is(method, "none") ||
		    (sp_str_is(method, "private_key_jwt") && has(&m->auth_method_choices, "none"))) {
			out->token_endpoint_auth_method = "none";
			return true;
		}
		return sp_fail(req, SP_INVALID_CLIENT_METADATA,
		    "token_endpoint_auth_method: a metadata document can only use none here");
	}
	if (method.p == NULL)
		method = SP_LIT("client_secret_basic");		/* RFC 7591 section 2 */
	for (const char *const *known = (const char *const[]){ "none", "client_secret_basic",
	    "client_secret_post", NULL }; *known != NULL; known++)
		if (sp_str_is(method, *known)) {
			out->token_endpoint_auth_method = *known;
			return true;
		}
	return sp_fail(req, SP_INVALID_CLIENT_METADATA, "token_endpoint_auth_method: not supported");
}

static bool
judge_keys(struct sp_request *req, const struct metadata *m)
{
	static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "k", NULL };
	struct json_object *keys, *key;

	if (m->jwks == NULL)
		return true;
	if (m->jwks_uri.p != NULL)
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "jwks and jwks_uri together");
	keys = sp_json_get(m->jwks, "keys");
	if (!json_object_is_type(keys, json_type_array))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "jwks: not a JWK Set");
	for (size_t i = 0; i < json_object_array_length(keys); i++) {
		key = json_object_array_get_idx(keys, i);
		for (size_t j = 0; private_members[j] != NULL; j++)
			if (sp_json_get(key, private_members[j]) != NULL)
				return sp_fail(req, SP_INVALID_CLIENT_METADATA, "jwks: a private key");
	}
	return true;
}

/* ---- what people see ---- */

/*
 * Controls, bidirectional controls, and characters that cannot be seen (or not
 * told from a space), with which a name can look like another.
 */
static const struct { uint32_t from, to; } deceiving[] = {
	{ 0x00, 0x1f }, { 0x7f, 0xa0 }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f },
	{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xffff }, { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
};

static bool
is_deceiving(uint32_t c)
{
	for (size_t i = 0; i < sizeof(deceiving) / sizeof(deceiving[0]); i++)
		if (c >= deceiving[i].from && c <= deceiving[i].to)
			return true;
	return false;
}

/* The character of `len` bytes; JSON text is UTF-8 already. */
static uint32_t
code_point(const char *p, size_t len)
{
	uint32_t c = (unsigned char)p[0];

	if (len > 1)
		c &= 0x3fu >> (len - 1);
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

/* A name as it is kept: nothing that deceives, cut between characters. */
static struct sp_str
clean_name(struct sp_arena *mem, struct sp_str name)
{
	struct sp_buf b;
	size_t len;

	sp_buf_init(&b, mem, NAME_MAX_BYTES);
	while ((len = sp_utf8_len(name)) > 0 && b.len + len <= NAME_MAX_BYTES) {
		if (!is_deceiving(code_point(name.p, len)))
			sp_buf_add(&b, name.p, len);
		name = sp_str_sub(name, len, name.len);
	}
	return sp_str_trim(sp_buf_view(&b), " ");
}

/* An informational URI: http or https on a named host; shown as text, never fetched. */
static bool
judge_uri(struct sp_request *req, const char *member, struct sp_str uri, const char **out)
{
	struct sp_str rest, host;
	ptrdiff_t colon;
	size_t at = 0;

	if (uri.p == NULL || uri.len == 0)
		return true;
	rest = sp_str_starts(uri, "https://") ? sp_str_sub(uri, 8, uri.len) :
	    sp_str_starts(uri, "http://") ? sp_str_sub(uri, 7, uri.len) : (struct sp_str){ 0 };
	for (size_t i = 0; i < uri.len; i++)
		if ((unsigned char)uri.p[i] <= 0x20 || (unsigned char)uri.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}", uri.p[i]) != NULL)
			rest = (struct sp_str){ 0 };
	while (rest.p != NULL && at < rest.len && strchr("/?#", rest.p[at]) == NULL)
		at++;
	host = sp_str_sub(rest, 0, at);
	if ((colon = sp_str_index(host, ':')) >= 0)
		host = sp_str_sub(host, 0, (size_t)colon);
	if (rest.p == NULL || host.len == 0 || host.p[0] == '[' || sp_str_index(sp_str_sub(rest, 0, at), '@') >= 0 ||
	    sp_host_ends_in_number(host))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "%s: not an http(s) URL of a named host", member);
	*out = sp_cstr(req->mem, uri);
	return true;
}

/* ---- the whole ---- */

/* The judged metadata as JSON: what is stored, answered, and digested for consent. */
static bool
write_metadata(struct sp_request *req, struct sp_client *c)
{
	struct json_object *parsed;
	struct sp_json_writer w;
	struct sp_buf b;
	const char *why;

	sp_buf_init(&b, req->mem, METADATA_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr_if(&w, "client_name", c->client_name);
	sp_jw_kcstr_if(&w, "client_uri", c->client_uri);
	sp_jw_kcstr_if(&w, "logo_uri", c->logo_uri);
	sp_jw_kcstr_if(&w, "tos_uri", c->tos_uri);
	sp_jw_kcstr_if(&w, "policy_uri", c->policy_uri);
	sp_jw_key(&w, "redirect_uris");
	sp_jw_array(&w);
	for (size_t i = 0; i < c->redirect_uri_count; i++)
		sp_jw_str(&w, c->redirect_uris[i]);
	sp_jw_array_end(&w);
	sp_jw_kraw(&w, "grant_types", sp_str(c->grant_types));
	sp_jw_kraw(&w, "response_types", sp_str(c->response_types));
	sp_jw_kcstr(&w, "token_endpoint_auth_method", c->token_endpoint_auth_method);
	sp_jw_object_end(&w);
	if (!sp_buf_ok(&b) || !sp_json_parse(req->mem, sp_buf_view(&b), &parsed, &why))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "too large");
	c->metadata = sp_json_canonical(req->mem, parsed);
	sp_sha256(c->metadata, c->metadata_sha256);
	return true;
}

bool
sp_client_metadata_read(struct sp_request *req, struct json_object *metadata,
    enum sp_client_source source, struct sp_client *out)
{
	struct sp_client c = { .client_id = NULL };
	struct metadata m = { .jwks = NULL };
	const char *why, *jwks_uri;

	if (!sp_json_read(req->mem, metadata, redirect_fields, &m, &why))
		return sp_fail(req, SP_INVALID_REDIRECT_URI, "%s", why);
	if (!sp_json_read(req->mem, metadata, fields, &m, &why))
		return sp_fail(req, SP_INVALID_CLIENT_METADATA, "%s", why);
	if (m.software_statement.p != NULL)
		return sp_fail(req, SP_INVALID_SOFTWARE_STATEMENT, "software statements are not trusted here");
	if (m.client_name.p != NULL)
		c.client_name = sp_cstr(req->mem, clean_name(req->mem, m.client_name));
	if (c.client_name != NULL && c.client_name[0] == '\0')
		c.client_name = NULL;
	if (!judge_redirect_uris(req, &m, &c) || !judge_types(req, &m, &c) ||
	    !judge_auth_method(req, &m, source, &c) || !judge_keys(req, &m) ||
	    !judge_uri(req, "client_uri", m.client_uri, &c.client_uri) ||
	    !judge_uri(req, "logo_uri", m.logo_uri, &c.logo_uri) ||
	    !judge_uri(req, "tos_uri", m.tos_uri, &c.tos_uri) ||
	    !judge_uri(req, "policy_uri", m.policy_uri, &c.policy_uri) ||
	    !judge_uri(req, "jwks_uri", m.jwks_uri, &jwks_uri) || !write_metadata(req, &c))
		return false;
	c.kind = source == SP_CLIENT_DOCUMENT ? "document" : source == SP_CLIENT_MANUAL ? "manual" : "registered";
	*out = c;
	return true;
}
