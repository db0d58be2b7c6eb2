/*
 * fuzz_credentials.c - the Authorization header: of a client at /token, of a token at /mcp
 *
 * Input, by lines: the header; a form; a client_id; the rest, a secret.
 */
#include "base/encode.h"
#include "oauth/bearer.h"
#include "oauth/client_auth.h"
#include "request.h"

/*
 * What bearer.c asks for once it has read a token: this process has no keys.
 * With these here the library's authority.o, and a database, are not needed.
 */
static bool keys_asked;

uint64_t
sp_authority_generation(struct sp_authority *authority)
{
	(void)authority;
	return 1;
}

bool
sp_authority_keys(struct sp_request *req, struct sp_authority *authority, const struct sp_keyset **out)
{
	(void)authority;
	(void)out;
	keys_asked = true;
	return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "no keys");
}

bool
sp_authority_revoked(struct sp_request *req, struct sp_authority *authority, struct sp_str grant_id,
    struct sp_str jti, bool *revoked)
{
	(void)authority;
	(void)grant_id;
	(void)jti;
	(void)revoked;
	return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "no database");
}

/* RFC 6750 section 2.1, once more. */
static bool
is_bearer(struct sp_str header)
{
	static const char b64token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=";

	return sp_str_caseis(sp_str_sub(header, 0, 7), "Bearer ") && header.len > 7 &&
	    sp_str_only(sp_str_sub(header, 7, header.len), b64token);
}

static void
bearer(struct fuzz_request *r, const struct sp_resource *resource)
{
	struct sp_request *req = fuzz_request_again(r);
	struct sp_str challenge;
	struct sp_caller caller;

	keys_asked = false;
	FUZZ_CHECK(!sp_bearer_authenticate(req, NULL, resource, &caller));
	FUZZ_CHECK(!keys_asked || is_bearer(r->authorization.value));
	challenge = sp_response_header(req, "WWW-Authenticate");
	if (req->problem == SP_INVALID_TOKEN)
		FUZZ_CHECK(sp_str_starts(challenge, "Bearer ") && !sp_str_has_control(challenge));
	else
		FUZZ_CHECK(keys_asked || (req->problem == SP_INVALID_REQUEST &&
		    sp_str_index(r->authorization.value, ',') >= 0));
}

static void
basic(struct fuzz_request *r, const struct sp_form *form)
{
	struct sp_request *req = fuzz_request_again(r);
	bool has_header = req->header_count > 0;
	struct sp_client_auth auth;

	if (!sp_client_auth_read(req, form, &auth)) {
		FUZZ_CHECK(req->problem == SP_INVALID_CLIENT || req->problem == SP_INVALID_REQUEST);
		FUZZ_CHECK(req->problem != SP_INVALID_CLIENT || !has_header ||
		    sp_str_starts(sp_response_header(req, "WWW-Authenticate"), "Basic "));
		return;
	}
	FUZZ_CHECK(auth.client_id.len > 0 && sp_utf8_valid(auth.client_id));
	FUZZ_CHECK(sp_str_index(auth.client_id, '\0') < 0);
	FUZZ_CHECK(auth.has_secret == (strcmp(auth.method, "none") != 0));
	FUZZ_CHECK(!has_header || strcmp(auth.method, "client_secret_post") != 0);
	FUZZ_CHECK(sp_form_get(form, "client_id").p == NULL ||
	    sp_str_eq(sp_form_get(form, "client_id"), auth.client_id));
}

/* What a client makes of its credentials by RFC 6749 section 2.3.1 is read as those. */
static void
round_trip(struct fuzz_request *r, struct sp_str client_id, struct sp_str secret)
{
	struct sp_request *req = fuzz_request_again(r);
	struct sp_form nothing = { .count = 0 };
	uint8_t digest[SP_SHA256_LEN];
	struct sp_client_auth auth;
	struct sp_str encoded;
	struct sp_buf b;

	if (client_id.len == 0 || !sp_utf8_valid(client_id) || !sp_utf8_valid(secret) ||
	    sp_str_has_control(client_id) || sp_str_has_control(secret) || client_id.len + secret.len > 900)
		return;
	sp_buf_init(&b, req->mem, 4096);
	sp_buf_form(&b, client_id);
	sp_buf_char(&b, ':');
	sp_buf_form(&b, secret);
	encoded = sp_base64_encode(req->mem, sp_buf_view(&b).p, sp_buf_view(&b).len);
	r->authorization.value = sp_str(sp_printf(req->mem, "basic %.*s", SP_FMT(encoded)));
	req->header_count = 1;
	FUZZ_CHECK(sp_client_auth_read(req, &nothing, &auth));
	FUZZ_CHECK(sp_str_eq(auth.client_id, client_id) && auth.has_secret == (secret.len > 0));
	sp_sha256(secret, digest);
	FUZZ_CHECK(!auth.has_secret || memcmp(auth.secret_sha256, digest, sizeof(digest)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sp_resource resource = { .name = "", .resource = "https://mcp.example.com/mcp",
	    .default_scopes = { { SP_LIT("notes:read") }, 1 } };
	struct sp_str secret = { (const char *)data, size }, header = fuzz_line(&secret),
	    body = fuzz_line(&secret), client_id = fuzz_line(&secret);
	struct sp_form form = { .count = 0 };
	struct fuzz_request r;
	struct sp_request *req = fuzz_request_open(&r);
	const char *why;

	r.authorization.value = header;
	req->header_count = header.len > 0;
	bearer(&r, &resource);
	if (sp_form_parse(req->mem, body, &form, &why) && form.repeated.p == NULL)
		basic(&r, &form);
	round_trip(&r, client_id, secret);
	fuzz_request_close(&r);
	return 0;
}
