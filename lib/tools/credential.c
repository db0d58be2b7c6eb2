/* credential.c - what a service knows us by */
#include "tools/credential.h"

#include "base/clock.h"
#include "base/encode.h"
#include "tools/access_token.h"
#include "tools/http_parts.h"
#include "tools/reference.h"
#include "tools/sigv4.h"
#include "tools/spec.h"

#define HIDE_MIN	6		/* bytes of a secret that is looked for: a shorter one is found everywhere */

struct type;

/* What the members say, with references as they stand there. */
struct sp_credential {
	const struct type *type;
	const char *name;		/* of the row */
	const char *header;		/* or query parameter */
	bool in_query;
	const char *public;		/* username, client_id, access_key_id */
	const char *secret;		/* NULL: the sealed one */
	const char *session_token;
	const char *region, *service;
	const char *token_url, *scope, *resource, *audience;
	bool post;
	const char *sealed;		/* base64; NULL: none */
};

struct sp_values {
	struct sp_str public, secret, session_token;
};

struct type {
	const char *name;
	const char *members;
	const char *public, *secret;	/* their members; NULL: has none */
	bool (*load)(struct sp_arena *mem, struct json_object *json, struct sp_credential *c, const char **why);
	enum sp_credential_result (*set)(const struct sp_credential_use *use, const struct sp_values *v,
	    struct sp_http_message *m, struct sp_secrets *secrets, const char **why);
};

/* ---- what is sent ---- */

void
sp_secrets_remember(struct sp_secrets *secrets, struct sp_str secret)
{
	size_t word = secret.len;

	if (secrets->count < SP_CREDENTIAL_SECRETS && secret.len > 0)
		secrets->item[secrets->count++] = secret;
	while (word > 0 && secret.p[word - 1] != ' ')
		word--;
	if (word > 0 && secrets->count < SP_CREDENTIAL_SECRETS && word < secret.len)
		secrets->item[secrets->count++] = sp_str_sub(secret, word, secret.len);
}

static enum sp_credential_result
set_field(struct sp_http_message *m, const char *name, struct sp_str value, const char **why)
{
	if (sp_message_set(m, name, value))
		return SP_CREDENTIAL_SET;
	*why = "its value cannot stand in a header field";
	return SP_CREDENTIAL_TROUBLE;
}

static enum sp_credential_result
set_header(const struct sp_credential_use *use, const struct sp_values *v, struct sp_http_message *m,
    struct sp_secrets *secrets, const char **why)
{
	struct sp_buf b, encoded;

	if (!use->credential->in_query)
		return set_field(m, use->credential->header, v->secret, why);
	sp_buf_init(&b, use->req->mem, SP_MESSAGE_URL_MAX * 2);
	sp_buf_printf(&b, "%s%c", m->url, strchr(m->url, '?') != NULL ? '&' : '?');
	sp_buf_percent(&b, sp_str(use->credential->header));
	sp_buf_char(&b, '=');
	sp_buf_init(&encoded, use->req->mem, SP_MESSAGE_URL_MAX);
	sp_buf_percent(&encoded, v->secret);
	sp_secrets_remember(secrets, sp_buf_view(&encoded));
	sp_buf_str(&b, sp_buf_view(&encoded));
	if (!sp_buf_ok(&b) || !sp_buf_ok(&encoded)) {
		*why = "its value is too long for a query";
		return SP_CREDENTIAL_TROUBLE;
	}
	m->url = sp_buf_view(&b).p;
	return SP_CREDENTIAL_SET;
}

static enum sp_credential_result
set_token(struct sp_arena *mem, struct sp_http_message *m, struct sp_str token, const char **why)
{
	return set_field(m, "Authorization", sp_str(sp_printf(mem, "Bearer %.*s", SP_FMT(token))), why);
}

static enum sp_credential_result
set_bearer(const struct sp_credential_use *use, const struct sp_values *v, struct sp_http_message *m,
    struct sp_secrets *secrets, const char **why)
{
	(void)secrets;
	return set_token(use->req->mem, m, v->secret, why);
}

static enum sp_credential_result
set_basic(const struct sp_credential_use *use, const struct sp_values *v, struct sp_http_message *m,
    struct sp_secrets *secrets, const char **why)
{
	const char *pair = sp_printf(use->req->mem, "%.*s:%.*s", SP_FMT(v->public), SP_FMT(v->secret));
	struct sp_str encoded = sp_base64_encode(use->req->mem, pair, strlen(pair));

	if (sp_str_index(v->public, ':') >= 0) {
		*why = "a username has no colon";	/* RFC 7617 section 2 */
		return SP_CREDENTIAL_TROUBLE;
	}
	sp_secrets_remember(secrets, encoded);
	return set_field(m, "Authorization", sp_str(sp_printf(use->req->mem, "Basic %.*s", SP_FMT(encoded))), why);
}

static enum sp_credential_result
set_client_credentials(const struct sp_credential_use *use, const struct sp_values *v, struct sp_http_message *m,
    struct sp_secrets *secrets, const char **why)
{
	const struct sp_credential *c = use->credential;
	enum sp_credential_result result;
	struct sp_str token;

	result = sp_access_token(use, &(struct sp_token_request){ .token_url = c->token_url, .client_id = v->public,
	    .client_secret = v->secret, .scope = c->scope, .resource = c->resource, .audience = c->audience, .post = c->post },
	    &token, why);
	if (result != SP_CREDENTIAL_SET)
		return result;
	sp_secrets_remember(secrets, token);
	return set_token(use->req->mem, m, token, why);
}

static enum sp_credential_result
set_sigv4(const struct sp_credential_use *use, const struct sp_values *v, struct sp_http_message *m,
    struct sp_secrets *secrets, const char **why)
{
	sp_secrets_remember(secrets, v->session_token);
	if (sp_sigv4_sign(use->req->mem, &(struct sp_sigv4){ .access_key_id = v->public, .secret_access_key = v->secret,
	    .session_token = v->session_token, .region = use->credential->region, .service = use->credential->service,
	    .now = sp_now_seconds() }, m))
		return SP_CREDENTIAL_SET;
	*why = "the request cannot be signed";
	return SP_CREDENTIAL_TROUBLE;
}

/* ---- reading ---- */

static bool
load_header(struct sp_arena *mem, struct json_object *json, struct sp_credential *c, const char **why)
{
	const char *in = "header";

	if (!sp_spec_text(mem, json, "in", &in, why) || !sp_spec_text(mem, json, "field", &c->header, why))
		return false;
	c->in_query = strcmp(in, "query") == 0;
	if (!c->in_query && strcmp(in, "header") != 0)
		*why = "in: has to be header or query";
	else if (c->header == NULL || c->header[0] == '\0')
		*why = "field: is needed";
	else if (!c->in_query && !sp_http_field_is_free(c->header) && !sp_str_caseis(sp_str(c->header), "Authorization"))
		*why = "field: is not a header field that can be set here";
	else
		return true;
	return false;
}

static bool
is_url(const char *text)
{
	struct sp_str s = sp_str(text);

	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return sp_str_starts(s, "https://") || sp_str_starts(s, "http://");
}

static bool
load_client_credentials(struct sp_arena *mem, struct json_object *json, struct sp_credential *c, const char **why)
{
	const char *client_auth = "client_secret_basic";

	if (!sp_spec_text(mem, json, "token_url", &c->token_url, why) || !sp_spec_text(mem, json, "scope", &c->scope, why) ||
	    !sp_spec_text(mem, json, "resource", &c->resource, why) || !sp_spec_text(mem, json, "audience", &c->audience, why) ||
	    !sp_spec_text(mem, json, "client_auth", &client_auth, why))
		return false;
	c->post = strcmp(client_auth, "client_secret_post") == 0;
	if (c->token_url == NULL || !is_url(c->token_url))
		*why = "token_url: has to be a URL";
	else if (!c->post && strcmp(client_auth, "client_secret_basic") != 0)
		*why = "client_auth: has to be client_secret_basic or client_secret_post";
	else
		return true;
	return false;
}

static bool
load_sigv4(struct sp_arena *mem, struct json_object *json, struct sp_credential *c, const char **why)
{
	if (!sp_spec_text(mem, json, "region", &c->region, why) || !sp_spec_text(mem, json, "service", &c->service, why) ||
	    !sp_spec_text(mem, json, "session_token", &c->session_token, why))
		return false;
	if (c->region != NULL && c->service != NULL)
		return true;
	*why = c->region == NULL ? "region: is needed" : "service: is needed";
	return false;
}

static const struct type types[] = {
	{ "header", "field value", NULL, "value", load_header, set_header },
	{ "api_key", "in field value", NULL, "value", load_header, set_header },
	{ "bearer", "token", NULL, "token", NULL, set_bearer },
	{ "basic", "username password", "username", "password", NULL, set_basic },
	{ "oauth_client_credentials", "token_url client_id client_secret scope resource audience client_auth",
	    "client_id", "client_secret", load_client_credentials, set_client_credentials },
	{ "aws_sigv4", "region service access_key_id secret_access_key session_token",
	    "access_key_id", "secret_access_key", load_sigv4, set_sigv4 },
};

static const struct type *
find_type(struct sp_str name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (sp_str_is(name, types[i].name))
			return &types[i];
	return NULL;
}

static bool
read_value(struct sp_arena *mem, struct json_object *json, const char *name, const char **out, const char **why)
{
	if (!sp_spec_text(mem, json, name, out, why))
		return false;
	return *out == NULL || sp_reference_check(sp_str(*out), why) || sp_spec_at(mem, name, why);
}

bool
sp_credential_load(struct sp_arena *mem, struct json_object *json, const struct sp_credential **out, const char **why)
{
	struct sp_credential *c = sp_alloc(mem, sizeof(*c));

	*out = NULL;
	if (json == NULL)
		return true;
	if (!json_object_is_type(json, json_type_object)) {
		*why = json_object_is_type(json, json_type_string) ? sp_printf(mem, "there is no credential \"%.*s\"",
		    SP_FMT(sp_json_text(json))) : "has to be the name of a credential";
		return false;
	}
	if ((c->type = find_type(sp_json_get_str(json, "type"))) == NULL) {
		*why = "type: has to be header, api_key, bearer, basic, oauth_client_credentials or aws_sigv4";
		return false;
	}
	if (!sp_spec_only(mem, json, sp_printf(mem, "type name secret sealed %s", c->type->members), why) ||
	    !sp_spec_text(mem, json, "name", &c->name, why) || !sp_spec_text(mem, json, "sealed", &c->sealed, why) ||
	    (c->type->public != NULL && !read_value(mem, json, c->type->public, &c->public, why)) ||
	    !read_value(mem, json, c->type->secret, &c->secret, why) || (c->type->load != NULL && !c->type->load(mem, json, c, why)))
		return false;
	*why = NULL;
	if (c->type->public != NULL && c->public == NULL)
		*why = sp_printf(mem, "%s: is needed", c->type->public);
	else if (c->secret == NULL && c->sealed == NULL && !sp_str_is(sp_json_get_str(json, "secret"), "stdin"))
		*why = sp_printf(mem, "%s: is needed", c->type->secret);
	else if (c->secret != NULL && !sp_reference_is_in(sp_str(c->secret)))
		*why = sp_printf(mem, "%s: has to be a reference, ${env:...} or ${file:...}; or store it with sallyport catalog secret",
		    c->type->secret);
	*out = c;
	return *why == NULL;
}

/* ---- use ---- */

static bool
unseal(struct sp_request *req, const struct sp_credential *c, struct sp_str *out, const char **why)
{
	struct sp_str sealed;

	*why = c->sealed == NULL ? "its secret has not been stored yet" : "its sealed secret cannot be opened";
	return c->sealed != NULL && req->process->keyring != NULL && sp_base64_decode(req->mem, sp_str(c->sealed), &sealed) &&
	    sp_unseal(req->mem, req->process->keyring, SP_CREDENTIAL_PURPOSE, sp_str(c->name), sealed, out);
}

static bool
look_up(struct sp_request *req, const char *text, struct sp_str *out, const char **why)
{
	return text == NULL || sp_reference_resolve(req->mem, req->settings, sp_str(text), out, why);
}

bool
sp_credential_secret(struct sp_request *req, const struct sp_credential *c, struct sp_str *out, const char **why)
{
	return c->secret != NULL ? look_up(req, c->secret, out, why) : unseal(req, c, out, why);
}

enum sp_credential_result
sp_credential_set(const struct sp_credential_use *use, struct sp_http_message *m, struct sp_secrets *secrets,
    const char **why)
{
	const struct sp_credential *c = use->credential;
	struct sp_values v = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };

	if (c == NULL)
		return SP_CREDENTIAL_SET;
	if (!look_up(use->req, c->public, &v.public, why) || !look_up(use->req, c->session_token, &v.session_token, why) ||
	    !sp_credential_secret(use->req, c, &v.secret, why))
		return SP_CREDENTIAL_TROUBLE;
	sp_secrets_remember(secrets, v.secret);
	return c->type->set(use, &v, m, secrets, why);
}

bool
sp_credential_refused(const struct sp_credential *credential, const struct sp_secrets *secrets)
{
	bool again = false;

	if (credential == NULL || credential->type->set != set_client_credentials)
		return false;
	for (size_t i = 0; i < secrets->count; i++)
		again = sp_access_token_forget(secrets->item[i]) || again;
	return again;
}

void
sp_secrets_hide(const struct sp_secrets *secrets, char *text, size_t len)
{
	for (size_t i = 0; i < secrets->count; i++) {
		struct sp_str secret = secrets->item[i];
		char *at = text;

		while (secret.len >= HIDE_MIN && (at = memmem(at, len - (size_t)(at - text), secret.p, secret.len)) != NULL) {
			memset(at, '*', secret.len);
			at += secret.len;
		}
	}
}
