/* cookie.c - cookies of ours, and nobody else's */
#include <assert.h>
#include "web/cookie.h"
#include "web/response.h"

#define MAX_VALUE 1024	/* ours are far shorter */

/* RFC 6265 4.1.1: what a value may consist of without quotes. */
static bool
is_cookie_octets(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
			return false;
	}
	return true;
}

static bool
is_https(const struct sp_request *req)
{
	return sp_str_starts(sp_str(req->settings->issuer), "https:");
}

/*
 * __Host- is a promise of the browser: set by this host, over TLS, for every
 * path.  Below a path of the issuer there may be neighbours with the same names:
 * there the cookie is for that path, and the promise is __Secure-.
 */
static const char *
full_name(const struct sp_request *req, const char *name)
{
	const char *prefix = *sp_issuer_path(req->settings) == '\0' ? "__Host-" : "__Secure-";

	return sp_printf(req->mem, "%s%s", is_https(req) ? prefix : "", name);
}

struct sp_str
sp_cookie_get(const struct sp_request *req, const char *name)
{
	struct sp_str absent = { NULL, 0 }, rest = sp_request_header(req, "Cookie");
	struct sp_str want = sp_str(full_name(req, name)), found = absent, pair;

	/* Apache, lighttpd and Caddy join two Cookie headers with a comma, which no value has. */
	while (sp_str_split(&rest, ';', &pair)) {
		ptrdiff_t equals;

		pair = sp_str_trim(pair, " \t");
		equals = sp_str_index(pair, '=');
		if (equals < 0 || !sp_str_eq(sp_str_sub(pair, 0, (size_t)equals), want))
			continue;
		if (found.p != NULL)
			return absent;	/* one of the two was put there by somebody else */
		found = sp_str_sub(pair, (size_t)equals + 1, pair.len);
		if (found.len == 0 || found.len > MAX_VALUE || !is_cookie_octets(found))
			return absent;
	}
	return found;
}

void
sp_cookie_set(struct sp_request *req, const char *name, struct sp_str value, int64_t max_age)
{
	const char *path = sp_issuer_path(req->settings), *life = "";

	assert(is_cookie_octets(value));
	if (max_age > 0)
		life = sp_printf(req->mem, "; Max-Age=%lld", (long long)max_age);
	else if (max_age < 0)
		life = "; Max-Age=0";
	sp_header_add(req, "Set-Cookie", sp_printf(req->mem, "%s=%.*s; Path=%s%s; HttpOnly%s; SameSite=Lax",
	    full_name(req, name), SP_FMT(value), *path != '\0' ? path : "/", life, is_https(req) ? "; Secure" : ""));
}
