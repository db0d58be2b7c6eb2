/*
 * fuzz_sealed.c - what we hand out and get back: refresh tokens, their answers, handles
 *
 * Input, by lines: a token as it came; eight claims; the rest, where and how a
 * good token is damaged.  What was made is read as it was; what was damaged is
 * never known.
 */
#include "base/encode.h"
#include "keyring.h"
#include "oauth/authorization.h"
#include "oauth/token.h"
#include "request.h"

#define CLAIMS 8

static void
as_it_came(struct sp_request *req, struct sp_str token)
{
	static const uint8_t bound_to[SP_SHA256_LEN];
	struct sp_authorization_handle handle;
	struct sp_grant_claims claims;
	struct sp_issued issued;
	struct sp_str secret;
	bool known = true;

	if (sp_refresh_token_read(req, token, &secret, &claims, &known)) {
		FUZZ_CHECK(secret.len == SP_TOKEN_TEXT && !known && claims.grant_id == NULL);
		FUZZ_CHECK(secret.p == token.p);
	}
	FUZZ_CHECK(!sp_issued_open(req->mem, SP_LIT("secret"), token, &issued));
	FUZZ_CHECK(!sp_authorization_handle_open(req, "consent", bound_to, token, &handle));
	FUZZ_CHECK(req->problem == SP_FORBIDDEN);
}

static void
check_claims(const struct sp_grant_claims *a, const struct sp_grant_claims *b)
{
	FUZZ_CHECK(strcmp(a->grant_id, b->grant_id) == 0 && strcmp(a->client_id, b->client_id) == 0);
	FUZZ_CHECK((a->user_id == NULL) == (b->user_id == NULL) && sp_str_eq(sp_str(a->user_id), sp_str(b->user_id)));
	FUZZ_CHECK(sp_str_eq(sp_str(a->username), sp_str(b->username)));
	FUZZ_CHECK(strcmp(a->tier, b->tier) == 0 && strcmp(a->scope, b->scope) == 0);
	FUZZ_CHECK(strcmp(a->resource, b->resource) == 0 && strcmp(a->version, b->version) == 0);
	FUZZ_CHECK(a->auth_time == b->auth_time);
}

static void
damaged(struct sp_request *req, struct sp_str token, struct sp_str how)
{
	struct sp_str secret, copy = sp_str_dup(req->mem, token);
	struct sp_grant_claims claims;
	bool known = false;
	size_t at;

	if (how.len < 3)
		return;
	at = ((unsigned char)how.p[0] | (size_t)(unsigned char)how.p[1] << 8) % token.len;
	((char *)copy.p)[at] = how.p[2];
	if (sp_str_eq(copy, token))
		return;
	FUZZ_CHECK(!sp_refresh_token_read(req, copy, &secret, &claims, &known) || !known);
}

static void
made(struct sp_request *req, const char *const *text, struct sp_str damage)
{
	struct sp_grant_claims claims = {
		.grant_id = text[0], .user_id = text[1][0] != '\0' ? text[1] : NULL, .username = text[2],
		.client_id = text[3], .tier = text[4], .scope = text[5], .resource = text[6], .version = text[7],
		.auth_time = (int64_t)damage.len,
	}, read;
	struct sp_str secret = sp_random_token(req->mem), token, head, sealed;
	struct sp_issued issued = { .access_token = sp_str(text[0]), .refresh_token = sp_str(text[1]),
	    .scope = text[2], .exp = 1 }, opened;
	bool known;

	token = sp_refresh_token_make(req, secret, &claims);
	FUZZ_CHECK(sp_refresh_token_read(req, token, &head, &read, &known) && sp_str_eq(head, secret));
	/* one with very long claims does without a snapshot */
	FUZZ_CHECK(known == (token.len > secret.len));
	if (known)
		check_claims(&claims, &read);
	damaged(req, token, damage);

	sealed = sp_issued_seal(req->mem, secret, &issued);
	FUZZ_CHECK(!sp_issued_open(req->mem, sp_random_token(req->mem), sealed, &opened));
	FUZZ_CHECK(sp_issued_open(req->mem, secret, sealed, &opened));
	FUZZ_CHECK(sp_str_eq(opened.access_token, issued.access_token) &&
	    sp_str_eq(opened.refresh_token, issued.refresh_token) && strcmp(opened.scope, issued.scope) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str rest = { (const char *)data, size }, token = fuzz_line(&rest), line;
	const char *text[CLAIMS];
	struct fuzz_request r;
	struct sp_request *req = fuzz_request_open(&r);
	bool is_text = size < 8192;	/* an answer that is kept has a limit; real ones are far below */

	r.process.keyring = fuzz_keyring();
	as_it_came(req, token);
	for (size_t i = 0; i < CLAIMS; i++) {
		line = fuzz_line(&rest);
		is_text = is_text && sp_utf8_valid(line) && sp_str_index(line, '\0') < 0;
		text[i] = sp_cstr(req->mem, line);
	}
	if (is_text)
		made(req, text, rest);
	fuzz_request_close(&r);
	return 0;
}
