/* client_auth.c - how a client says who it is */
#include "oauth/client_auth.h"

#include "base/encode.h"
#include "web/response.h"

#define CREDENTIALS_MAX 4096	/* a client_id may be a URL; nothing honest is longer */

bool
sp_client_auth_fail(struct sp_request *req, const char *detail)
{
	if (sp_request_header(req, "Authorization").p != NULL)
		sp_header(req, "WWW-Authenticate", "Basic realm=\"token\"");
	return sp_fail(req, SP_INVALID_CLIENT, "%s", detail);
}

/* "Basic" base64(form-encoded client_id ":" form-encoded client_secret) */
static bool
read_basic(struct sp_request *req, struct sp_str value, struct sp_str *client_id, struct sp_str *secret)
{
	struct sp_str word, plain;
	ptrdiff_t colon;

	if (value.len > CREDENTIALS_MAX || !sp_str_split(&value, ' ', &word) ||
	    !sp_str_caseis(word, "Basic"))
		return sp_client_auth_fail(req, "the Authorization header is not Basic");
	if (!sp_base64_decode(req->mem, sp_str_trim(value, " "), &plain) ||
	    (colon = sp_str_index(plain, ':')) < 0 ||
	    !sp_form_decode(req->mem, sp_str_sub(plain, 0, (size_t)colon), client_id) ||
	    !sp_form_decode(req->mem, sp_str_sub(plain, (size_t)colon + 1, plain.len), secret) ||
	    client_id->len == 0 || sp_str_has_control(*client_id) || sp_str_has_control(*secret))
		return sp_client_auth_fail(req, "Basic credentials that cannot be read");
	return true;
}

bool
sp_client_auth_read(struct sp_request *req, const struct sp_form *form, struct sp_client_auth *out)
{
	struct sp_str header = sp_request_header(req, "Authorization");
	struct sp_str body_id = sp_form_get(form, "client_id");
	struct sp_str body_secret = sp_form_get(form, "client_secret");
	struct sp_client_auth auth = { .method = "none" };
	struct sp_str secret = { 0 };

	if (sp_form_get(form, "client_assertion").p != NULL)
		return sp_client_auth_fail(req, "client assertions are not supported");
	if (header.p != NULL) {
		if (body_secret.p != NULL)
			return sp_fail(req, SP_INVALID_REQUEST, "two ways of client authentication");
		if (!read_basic(req, header, &auth.client_id, &secret))
			return false;
		if (body_id.p != NULL && !sp_str_eq(body_id, auth.client_id))
			return sp_fail(req, SP_INVALID_REQUEST, "client_id differs from the Authorization header");
		auth.method = "client_secret_basic";
	} else {
		if (body_id.p == NULL)
			return sp_fail(req, SP_INVALID_REQUEST, "client_id is missing");
		auth.client_id = body_id;
		if (body_secret.p != NULL) {
			auth.method = "client_secret_post";
			secret = body_secret;
		}
	}
	if (auth.client_id.len > CREDENTIALS_MAX)
		return sp_client_auth_fail(req, "client_id is too long");
	/* "id:" with nothing behind it is how some public clients fill the header */
	if (secret.len == 0)
		auth.method = "none";
	else {
		auth.has_secret = true;
		sp_sha256(secret, auth.secret_sha256);
	}
	*out = auth;
	return true;
}

struct sp_param
sp_client_auth_secret(const struct sp_client_auth *auth)
{
	return auth->has_secret ? SP_P_BYTES(auth->secret_sha256, sizeof(auth->secret_sha256)) : SP_P_NULL;
}
