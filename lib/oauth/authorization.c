/* authorization.c - the authorization request and its response */
#include "oauth/authorization.h"

#include "base/clock.h"
#include "base/encode.h"
#include "web/response.h"

/*
 * Apache takes 8,190 bytes in a header line, nginx and Apache as many in a
 * request line.  Real clients send states of 5 KB.
 */
#define QUERY_MAX 8000
#define LOCATION_MAX 8000
#define CHALLENGE_LEN 43		/* base64url of a SHA-256 */
#define NO_CODE "-------------------------------------------"	/* as long as one */

_Static_assert(sizeof(NO_CODE) - 1 == SP_TOKEN_TEXT, "NO_CODE stands for a code");

/* ---- the text ---- */

/* What belongs into a URL: everything else (from a POST, or a careless client) is escaped, escapes stay. */
static struct sp_str
url_text(struct sp_arena *mem, struct sp_str raw)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 3 * raw.len);
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c <= 0x20 || c >= 0x7f || strchr("\"#<>\\^`{|}", c) != NULL)
			sp_buf_printf(&b, "%%%02X", c);
		else
			sp_buf_char(&b, raw.p[i]);
	}
	return sp_buf_view(&b);
}

static bool
has_broken_escape(struct sp_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '%' && (i + 2 >= text.len || !sp_is_hex((unsigned char)text.p[i + 1]) ||
		    !sp_is_hex((unsigned char)text.p[i + 2])))
			return true;
	return false;
}

static bool
is_state(struct sp_arena *mem, struct sp_str pair)
{
	ptrdiff_t equals = sp_str_index(pair, '=');
	struct sp_str name;

	return equals > 0 && sp_form_decode(mem, sp_str_sub(pair, 0, (size_t)equals), &name) &&
	    sp_str_is(name, "state");
}

/*
 * Takes `state` out of the request as it stands there.  It is the client's and
 * means nothing to us: it may be no text at all, and goes back unchanged,
 * whatever its "+" means to the client.  Sent twice, it is not known.
 */
static void
take_state(struct sp_arena *mem, struct sp_str query, struct sp_str *others, struct sp_str *state, size_t *count)
{
	struct sp_str pair, found = { 0 };
	struct sp_buf b;

	*count = 0;
	sp_buf_init(&b, mem, query.len + 1);
	while (sp_str_split(&query, '&', &pair)) {
		if (!is_state(mem, pair)) {
			sp_buf_str(&b, pair);
			sp_buf_char(&b, '&');
			continue;
		}
		pair = sp_str_sub(pair, (size_t)sp_str_index(pair, '=') + 1, pair.len);
		if (pair.len > 0 && ++*count == 1)
			found = pair;
	}
	*state = *count == 1 ? found : (struct sp_str){ 0 };
	*others = sp_buf_view(&b);
}

/* ---- where the answer goes ---- */

static void
add(struct sp_buf *b, char *separator, const char *name, struct sp_str value)
{
	sp_buf_char(b, *separator);
	sp_buf_cstr(b, name);
	sp_buf_char(b, '=');
	sp_buf_percent(b, value);
	*separator = '&';
}

/* The redirect URI with the answer; NULL when it is longer than a header may be. */
static const char *
location(struct sp_request *req, const struct sp_authorization *a, const char *name, struct sp_str value)
{
	char separator = a->redirect.query.p != NULL ? '&' : '?';
	struct sp_buf b;

	sp_buf_init(&b, req->mem, LOCATION_MAX);
	sp_buf_str(&b, a->redirect_uri);
	add(&b, &separator, name, value);
	if (a->state.p != NULL) {
		sp_buf_cstr(&b, "&state=");
		sp_buf_str(&b, a->state);
	}
	add(&b, &separator, "iss", sp_str(req->settings->issuer));	/* RFC 9207 */
	return sp_buf_ok(&b) ? sp_buf_view(&b).p : NULL;
}

/* ---- the client and its redirect URI ---- */

/* Warp registers its redirect URI without a query and asks with one. */
static bool
is_warps(struct sp_request *req, const struct sp_client *client, struct sp_str redirect_uri)
{
	ptrdiff_t question = sp_str_index(redirect_uri, '?');

	return req->settings->warp_redirect_query && sp_str_starts(redirect_uri, "warp:") && question >= 0 &&
	    sp_client_has_redirect_uri(client, sp_str_sub(redirect_uri, 0, (size_t)question));
}

static bool
read_client(struct sp_request *req, const struct sp_form *form, struct sp_authorization *a)
{
	struct sp_str client_id = sp_form_get(form, "client_id");
	struct sp_str redirect_uri = sp_form_get(form, "redirect_uri");
	const char *why;

	if (sp_form_count(form, "client_id") > 1 || sp_form_count(form, "redirect_uri") > 1)
		return sp_fail(req, SP_INVALID_REQUEST, "client_id or redirect_uri came twice");
	if (client_id.p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "client_id is missing");
	if (!sp_client_for_authorization(req, client_id, &a->client))
		return false;
	a->redirect_uri_sent = redirect_uri.p != NULL;
	if (!a->redirect_uri_sent) {
		if (a->client.redirect_uri_count != 1)
			return sp_fail(req, SP_INVALID_REQUEST, "redirect_uri is missing and the client has several");
		redirect_uri = a->client.redirect_uris[0];
	}
	if (!sp_client_has_redirect_uri(&a->client, redirect_uri) && !is_warps(req, &a->client, redirect_uri))
		return sp_fail(req, SP_INVALID_REQUEST, "redirect_uri is not one of the client's");
	if (!sp_redirect_uri_parse(redirect_uri, &a->redirect, &why))
		return sp_fail(req, SP_INVALID_REQUEST, "redirect_uri: %s", why);
	a->redirect_uri = redirect_uri;
	/* a code is longer than any error code */
	if (location(req, a, "code", (struct sp_str){ NO_CODE, SP_TOKEN_TEXT }) == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "state is so long that the answer would be over %d bytes, "
		    "more than web servers pass on", LOCATION_MAX);
	a->proven = true;
	return true;
}

/* ---- the rest, whose faults the client is told ---- */

/* Two of the same `prompt` come from a client in the wild and mean one. */
static bool
read_repetitions(struct sp_request *req, const struct sp_form *form, size_t states)
{
	const struct sp_header *f = form->field;

	if (states > 1)
		return sp_fail(req, SP_INVALID_REQUEST, "state came twice");
	for (size_t i = 0; i < form->count; i++)
		for (size_t k = 0; k < i; k++)
			if (f[i].value.len > 0 && f[k].value.len > 0 && sp_str_eq(f[i].name, f[k].name) &&
			    !sp_str_is(f[i].name, "resource") &&
			    !(sp_str_is(f[i].name, "prompt") && sp_str_eq(f[i].value, f[k].value)))
				return sp_fail(req, SP_INVALID_REQUEST, "a parameter came twice");
	return true;
}

static bool
read_response(struct sp_request *req, const struct sp_form *form)
{
	struct sp_str type = sp_form_get(form, "response_type");
	struct sp_str mode = sp_form_get(form, "response_mode");

	if (sp_form_get(form, "request").p != NULL)
		return sp_fail(req, SP_REQUEST_NOT_SUPPORTED, "request objects are not supported");
	if (sp_form_get(form, "request_uri").p != NULL)
		return sp_fail(req, SP_REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported");
	if (type.p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "response_type is missing");
	if (!sp_str_is(type, "code"))
		return sp_fail(req, SP_UNSUPPORTED_RESPONSE_TYPE, "only response_type=code is answered");
	if (mode.p != NULL && !sp_str_is(mode, "query"))
		return sp_fail(req, SP_INVALID_REQUEST, "only response_mode=query is answered");
	return true;
}

static bool
read_challenge(struct sp_request *req, const struct sp_form *form, struct sp_authorization *a)
{
	struct sp_str challenge = sp_form_get(form, "code_challenge");
	struct sp_str method = sp_form_get(form, "code_challenge_method");

	if (challenge.p == NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "code_challenge is missing");
	if (!sp_str_is(method, "S256"))
		return sp_fail(req, SP_INVALID_REQUEST, "code_challenge_method must be S256");
	if (challenge.len != CHALLENGE_LEN)
		return sp_fail(req, SP_INVALID_REQUEST, "code_challenge is not a SHA-256");
	for (size_t i = 0; i < challenge.len; i++)
		if (!sp_is_alnum((unsigned char)challenge.p[i]) && challenge.p[i] != '-' && challenge.p[i] != '_')
			return sp_fail(req, SP_INVALID_REQUEST, "code_challenge is not base64url");
	a->code_challenge = challenge;
	return true;
}

static bool
read_resource(struct sp_request *req, struct sp_authority *authority, const struct sp_form *form,
    struct sp_authorization *a)
{
	size_t count = sp_form_count(form, "resource");
	const struct sp_resources *all;
	const struct sp_resource *r;

	if (!sp_authority_resources(req, authority, &all))
		return false;
	a->resource = sp_resource_find(all, sp_form_get(form, "resource"));
	for (size_t i = 0; i < count; i++) {
		r = sp_resource_find(all, sp_form_nth(form, "resource", i));
		if (r == NULL || r != a->resource)
			return sp_fail(req, SP_INVALID_TARGET, "unknown resource, or more than one");
	}
	if (a->resource == NULL)
		return sp_fail(req, SP_INVALID_TARGET, "there is no default resource");
	if (a->client.resource != NULL && strcmp(a->client.resource, a->resource->resource) != 0)
		return sp_fail(req, SP_INVALID_TARGET, "the client may not ask for this resource");
	return true;
}

static bool
read_scope(struct sp_request *req, const struct sp_form *form, struct sp_authorization *a)
{
	struct sp_scope asked, ceiling;

	if (!sp_scope_parse(sp_form_get(form, "scope"), &asked))
		return sp_fail(req, SP_INVALID_SCOPE, "scope does not have the form of one");
	if (a->client.scope != NULL && !sp_scope_parse(sp_str(a->client.scope), &ceiling))
		return sp_fail(req, SP_SERVER_ERROR, "the client's scope does not have the form of one");
	if (!sp_resource_scope(a->resource, &asked, a->client.scope != NULL ? &ceiling : NULL, &a->scope))
		return sp_fail(req, SP_INVALID_SCOPE, "none of the scopes can be granted");
	return true;
}

static bool
read_prompt(struct sp_request *req, const struct sp_form *form, struct sp_authorization *a)
{
	struct sp_str list = sp_form_get(form, "prompt"), word;

	while (sp_str_split(&list, ' ', &word)) {
		a->prompt_none = a->prompt_none || sp_str_is(word, "none");
		/* our sign-in page is where an account is chosen */
		a->prompt_login = a->prompt_login || sp_str_is(word, "login") || sp_str_is(word, "select_account");
		a->prompt_consent = a->prompt_consent || sp_str_is(word, "consent");
	}
	if (a->prompt_none && (a->prompt_login || a->prompt_consent))
		return sp_fail(req, SP_INVALID_REQUEST, "prompt=none with another prompt");
	return true;
}

bool
sp_authorization_read(struct sp_request *req, struct sp_authority *authority, struct sp_str query,
    struct sp_authorization *out)
{
	struct sp_form form;
	struct sp_str others;
	const char *why;
	size_t states;

	*out = (struct sp_authorization){ .query = url_text(req->mem, query) };
	if (out->query.len > QUERY_MAX)
		return sp_fail(req, SP_INVALID_REQUEST, "the authorization request is over %d bytes", QUERY_MAX);
	take_state(req->mem, out->query, &others, &out->state, &states);
	if (!sp_form_parse(req->mem, others, &form, &why) || has_broken_escape(out->state))
		return sp_fail(req, SP_INVALID_REQUEST, "the request has a broken escape, or text that is not UTF-8");
	return read_client(req, &form, out) &&
	    read_repetitions(req, &form, states) &&
	    read_response(req, &form) &&
	    read_challenge(req, &form, out) &&
	    read_resource(req, authority, &form, out) &&
	    read_scope(req, &form, out) &&
	    read_prompt(req, &form, out);
}

/* ---- the response ---- */

bool
sp_authorization_reply_code(struct sp_request *req, const struct sp_authorization *a, struct sp_str code)
{
	return sp_reply_redirect(req, 303, location(req, a, "code", code));
}

const char *
sp_authorization_error_location(struct sp_request *req, const struct sp_authorization *a)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);
	/* what is ours alone has no name of its own in an authorization response */
	const char *error = info->status == 503 ? "temporarily_unavailable" :
	    info->status >= 500 ? "server_error" : info->error;

	return location(req, a, "error", sp_str(error));
}

bool
sp_authorization_reply_error(struct sp_request *req, const struct sp_authorization *a)
{
	return sp_reply_redirect(req, 303, sp_authorization_error_location(req, a));
}

/* ---- handles ---- */

#define HANDLE_MAX (64 * 1024)

struct handle {
	struct sp_str id, code, query, metadata;
	int64_t expires;
};

static const struct sp_json_field handle_fields[] = {
	{ "id", SP_JSON_STRING, offsetof(struct handle, id), true, 0 },
	{ "code", SP_JSON_STRING, offsetof(struct handle, code), true, 0 },
	{ "query", SP_JSON_STRING, offsetof(struct handle, query), true, 0 },
	{ "metadata", SP_JSON_STRING, offsetof(struct handle, metadata), true, 0 },
	{ "expires", SP_JSON_INT, offsetof(struct handle, expires), true, 0 },
	{ NULL }
};

struct sp_str
sp_authorization_handle_make(struct sp_request *req, const char *purpose,
    const uint8_t bound_to[static SP_SHA256_LEN], const struct sp_authorization *a)
{
	struct sp_str sealed, bound = { (const char *)bound_to, SP_SHA256_LEN };
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, HANDLE_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kstr(&w, "id", sp_random_uuid(req->mem));
	sp_jw_kstr(&w, "code", sp_random_token(req->mem));
	sp_jw_kstr(&w, "query", a->query);
	sp_jw_kstr(&w, "metadata", sp_hex_encode(req->mem, a->client.metadata_sha256, SP_SHA256_LEN));
	sp_jw_kint(&w, "expires", sp_now_seconds() + req->settings->authorization_request_ttl);
	sp_jw_object_end(&w);
	sealed = sp_seal(req->mem, req->process->keyring, purpose, bound, sp_buf_view(&b));
	return sp_base64url_encode(req->mem, sealed.p, sealed.len);
}

bool
sp_authorization_handle_open(struct sp_request *req, const char *purpose,
    const uint8_t bound_to[static SP_SHA256_LEN], struct sp_str handle,
    struct sp_authorization_handle *out)
{
	struct sp_str sealed, plain, digest, bound = { (const char *)bound_to, SP_SHA256_LEN };
	struct json_object *obj;
	struct handle h = { .expires = 0 };
	const char *why;

	if (!sp_base64url_decode(req->mem, handle, &sealed) ||
	    !sp_unseal(req->mem, req->process->keyring, purpose, bound, sealed, &plain) ||
	    !sp_json_parse(req->mem, plain, &obj, &why) ||
	    !sp_json_read(req->mem, obj, handle_fields, &h, &why) ||
	    !sp_hex_decode(req->mem, h.metadata, &digest) || digest.len != SP_SHA256_LEN)
		return sp_fail(req, SP_FORBIDDEN, "the form was made for another browser or sign-in");
	if (h.expires <= sp_now_seconds())	/* not 408: browsers send a form once more after it */
		return sp_fail(req, SP_FORBIDDEN, "the request has waited too long for an answer");
	out->id = sp_cstr(req->mem, h.id);
	out->code = h.code;
	out->query = h.query;
	memcpy(out->metadata_sha256, digest.p, SP_SHA256_LEN);
	return true;
}
