/*
 * fuzz_redirect_uri.c - redirect URIs: we and a URL parser of others read the same
 *
 * Input: a registered URI, a line break, a presented one.  What we accept
 * libcurl's URL API reads, too, and finds the same scheme, host and port in it:
 * what a person is shown, and what the answer is sent to, is one thing.
 */
#include <curl/curl.h>
#include "oauth/redirect_uri.h"
#include "request.h"

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"

/* The part as libcurl reads it; absent when there is none. */
static struct sp_str
part(struct sp_arena *mem, CURLU *url, CURLUPart what)
{
	struct sp_str copy = { NULL, 0 };
	char *text = NULL;

	if (curl_url_get(url, what, &text, 0) == CURLUE_OK)
		copy = sp_str_dup(mem, sp_str(text));
	curl_free(text);
	return copy;
}

static void
check_with_curl(struct sp_arena *mem, struct sp_str text, const struct sp_redirect_uri *uri)
{
	CURLU *url = curl_url();

	FUZZ_CHECK(url != NULL);
	FUZZ_CHECK(curl_url_set(url, CURLUPART_URL, sp_cstr(mem, text), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK);
	FUZZ_CHECK(sp_str_caseeq(part(mem, url, CURLUPART_SCHEME), uri->scheme));
	FUZZ_CHECK(sp_str_eq(part(mem, url, CURLUPART_HOST), uri->host));
	FUZZ_CHECK(sp_str_eq(part(mem, url, CURLUPART_PORT), uri->port));
	FUZZ_CHECK(sp_str_eq(part(mem, url, CURLUPART_QUERY), uri->query));
	FUZZ_CHECK(part(mem, url, CURLUPART_USER).p == NULL);
	FUZZ_CHECK(part(mem, url, CURLUPART_FRAGMENT).p == NULL);
	curl_url_cleanup(url);
}

static bool
parse(struct sp_arena *mem, struct sp_str text, struct sp_redirect_uri *uri)
{
	struct sp_str origin, host;
	const char *why = NULL;

	if (!sp_redirect_uri_parse(text, uri, &why)) {
		FUZZ_CHECK(why != NULL);
		FUZZ_CHECK(!sp_redirect_uri_matches(text, text));
		return false;
	}
	FUZZ_CHECK(sp_redirect_uri_matches(text, text));
	FUZZ_CHECK(uri->host.len > 0 || uri->kind == SP_REDIRECT_PRIVATE_SCHEME);
	if (FUZZ_CURL_READS(uri))
		check_with_curl(mem, text, uri);
	if (sp_str_is(uri->scheme, "http"))
		FUZZ_CHECK(uri->kind == SP_REDIRECT_LOOPBACK);
	host = sp_redirect_uri_host(mem, uri);
	origin = sp_redirect_uri_origin(mem, uri);
	FUZZ_CHECK(host.len > 0 && origin.len > 0);
	/* nothing that ends a source or a directive of a Content-Security-Policy */
	FUZZ_CHECK(sp_str_only(origin, HOST_BYTES "+/"));
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str presented = { (const char *)data, size }, registered = fuzz_line(&presented);
	struct sp_arena *mem = sp_arena_new();
	struct sp_redirect_uri r, p;
	bool both = parse(mem, registered, &r);

	both = parse(mem, presented, &p) && both;
	if (sp_redirect_uri_matches(registered, presented)) {
		FUZZ_CHECK(both && sp_redirect_uri_matches(presented, registered));
		FUZZ_CHECK(r.kind == p.kind && sp_str_eq(r.scheme, p.scheme) && sp_str_eq(r.host, p.host));
		FUZZ_CHECK(sp_str_eq(r.path, p.path) && sp_str_eq(r.query, p.query));
		if (!sp_str_eq(registered, presented))
			FUZZ_CHECK(r.kind == SP_REDIRECT_LOOPBACK && !sp_str_eq(r.port, p.port));
	} else
		FUZZ_CHECK(!sp_str_eq(registered, presented) || !both);
	sp_arena_free(mem);
	return 0;
}
