/* authorization.c - the authorization request and its response */
#include "oauth/authorization.h"

#include "base/clock.h"
#include "base/encode.h"
#include "web/response.h"

#define STATE_MAX 4096			/* real clients send 5 KB; more does not come back in a Location */
#define LOCATION_MAX 4000		/* nginx takes 4 KiB of headers in all by default */
#define CHALLENGE_LEN 43		/* base64url of a SHA-256 */

/* ---- the client and where the answer goes ---- */

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
	if (!sp_client_has_redirect_uri(&a->client, redirect_uri))
		return sp_fail(req, SP_INVALID_REQUEST, "redirect_uri is not one of the client's");
	if (!sp_redirect_uri_parse(redirect_uri, &a->redirect, &why))
		return sp_fail(req, SP_INVALID_REQUEST, "redirect_uri: %s", why);
	a->redirect_uri = redirect_uri;
	a->state = sp_form_count(form, "state") == 1 ? sp_form_get(form, "state") : (struct sp_str){ 0 };
	if (a->state.len > STATE_MAX)
		return sp_fail(req, SP_INVALID_REQUEST, "state is longer than %d bytes", STATE_MAX);
	a->proven = true;
	return true;
}

/* ---- the rest, whose faults the client is told ---- */

/* Two of the same `prompt` come from a client in the wild and mean one. */
static bool
read_repetitions(struct sp_request *req, const struct sp_form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		const char *name = sp_cstr(req->mem, form->field[i].name);

		if (sp_form_count(form, name) > 1 && strcmp(name, "resource") != 0 &&
		    !(strcmp(name, "prompt") == 0 && sp_form_count(form, name) == 2 &&
		      sp_str_eq(sp_form_nth(form, name, 0), sp_form_nth(form, name, 1))))
			return sp_fail(req, SP_INVALID_REQUEST, "a parameter came twice");
	}
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

/* Scopes that clients ask for by habit and that name nothing here. */
static bool
is_habit(struct sp_str token)
{
	return sp_str_is(token, "openid") || sp_str_is(token, "profile") || sp_str_is(token, "email") ||
	    sp_str_is(token, "offline_access");
}

/*
 * Narrowed without a word to what the resource offers and the client may have:
 * clients ask for all they can find.  Nothing asked means the default.
 */
static bool
read_scope(struct sp_request *req, const struct sp_form *form, struct sp_authorization *a)
{
	struct sp_scope asked, ceiling;
	bool only_habits = true;

	if (!sp_scope_parse(sp_form_get(form, "scope"), &asked))
		return sp_fail(req, SP_INVALID_SCOPE, "scope does not have the form of one");
	for (size_t i = 0; i < asked.count; i++)
		only_habits = only_habits && is_habit(asked.token[i]);
	if (only_habits)
		asked = a->resource->default_scopes;
	sp_scope_narrow(&asked, &a->resource->scopes, &a->scope);
	if (a->client.scope != NULL) {
		if (!sp_scope_parse(sp_str(a->client.scope), &ceiling))
			return sp_fail(req, SP_SERVER_ERROR, "the client's scope does not have the form of one");
		asked = a->scope;
		sp_scope_narrow(&asked, &ceiling, &a->scope);
	}
	if (a->scope.count == 0 && a->resource->scopes.count > 0)
		return sp_fail(req, SP_INVALID_SCOPE, "none of the scopes can be granted");
	return true;
}

static bool
read_prompt(struct sp_request *req, const struct sp_form *form, struct sp_authorization *a)
{
	struct sp_str list = sp_form_get(form, "prompt"), word;

	while (sp_str_split(&list, ' ', &word)) {
		a->prompt_none = a->prompt_none || sp_str_is(word, "none");
		a->prompt_login = a->prompt_login || sp_str_is(word, "login");
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
	const char *why;

	*out = (struct sp_authorization){ .query = query };
	if (!sp_form_parse(req->mem, query, &form, &why))
		return sp_fail(req, SP_INVALID_REQUEST, "%s", why);
	return read_client(req, &form, out) &&
	    read_repetitions(req, &form) &&
	    read_response(req, &form) &&
	    read_challenge(req, &form, out) &&
	    read_resource(req, authority, &form, out) &&
	    read_scope(req, &form, out) &&
	    read_prompt(req, &form, out);
}

/* ---- the response ---- */

static void
add(struct sp_buf *b, char *separator, const char *name, struct sp_str value)
{
	sp_buf_char(b, *separator);
	sp_buf_cstr(b, name);
	sp_buf_char(b, '=');
	sp_buf_percent(b, value);
	*separator = '&';
}

static bool
reply(struct sp_request *req, const struct sp_authorization *a, const char *name, struct sp_str value)
{
	char separator = a->redirect.query.p != NULL ? '&' : '?';
	struct sp_buf b;

	sp_buf_init(&b, req->mem, LOCATION_MAX + 4 * STATE_MAX);
	sp_buf_str(&b, a->redirect_uri);
	add(&b, &separator, name, value);
	if (a->state.p != NULL)
		add(&b, &separator, "state", a->state);
	add(&b, &separator, "iss", sp_str(req->settings->issuer));	/* RFC 9207 */
	return sp_reply_redirect(req, 303, sp_buf_view(&b).p);
}

bool
sp_authorization_reply_code(struct sp_request *req, const struct sp_authorization *a, struct sp_str code)
{
	return reply(req, a, "code", code);
}

bool
sp_authorization_reply_error(struct sp_request *req, const struct sp_authorization *a)
{
	const struct sp_problem_info *info = sp_problem_info(req->problem);
	/* what is ours alone has no name of its own in an authorization response */
	const char *error = info->status == 503 ? "temporarily_unavailable" :
	    info->status >= 500 ? "server_error" : info->error;

	return reply(req, a, "error", sp_str(error));
}

/* ---- handles ---- */

#define HANDLE_MAX (64 * 1024)

struct handle {
	struct sp_str id, query, metadata;
	int64_t expires;
};

static const struct sp_json_field handle_fields[] = {
	{ "id", SP_JSON_STRING, offsetof(struct handle, id), true, 0 },
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
	out->query = h.query;
	memcpy(out->metadata_sha256, digest.p, SP_SHA256_LEN);
	return true;
}
