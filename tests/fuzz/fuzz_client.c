/*
 * fuzz_client.c - client metadata: a registration, and a document at a client_id
 *
 * Input: a client_id, a line break, JSON.  What is taken is taken again from
 * what is stored of it, with the same digest: a consent holds for what is kept.
 */
#include <curl/curl.h>
#include "oauth/client_document.h"
#include "oauth/redirect_uri.h"
#include "request.h"

static void
check_uri(const char *uri)
{
	FUZZ_CHECK(uri == NULL || sp_str_starts(sp_str(uri), "https://") || sp_str_starts(sp_str(uri), "http://"));
	FUZZ_CHECK(!sp_str_has_control(sp_str(uri)));
}

static void
check_client(const struct sp_client *c)
{
	struct sp_redirect_uri uri;
	const char *why;

	FUZZ_CHECK(c->redirect_uri_count > 0);
	for (size_t i = 0; i < c->redirect_uri_count; i++) {
		FUZZ_CHECK(sp_redirect_uri_parse(c->redirect_uris[i], &uri, &why));
		FUZZ_CHECK(sp_client_has_redirect_uri(c, c->redirect_uris[i]));
	}
	FUZZ_CHECK(c->client_name == NULL || (c->client_name[0] != '\0' && strlen(c->client_name) <= 100));
	FUZZ_CHECK(!sp_str_has_control(sp_str(c->client_name)) && sp_utf8_valid(sp_str(c->client_name)));
	check_uri(c->client_uri);
	check_uri(c->logo_uri);
	check_uri(c->tos_uri);
	check_uri(c->policy_uri);
}

static void
judge(struct fuzz_request *r, struct json_object *metadata, enum sp_client_source source)
{
	struct sp_request *req = fuzz_request_again(r);
	struct json_object *stored;
	struct sp_client c, again;
	const char *why;

	if (!sp_client_metadata_read(req, metadata, source, &c)) {
		FUZZ_CHECK(req->problem != SP_OK && req->detail != NULL);
		return;
	}
	FUZZ_CHECK(req->problem == SP_OK);
	check_client(&c);
	FUZZ_CHECK(sp_json_parse(req->mem, c.metadata, &stored, &why));
	FUZZ_CHECK(sp_client_metadata_read(req, stored, source, &again));
	FUZZ_CHECK(sp_str_eq(c.metadata, again.metadata));
	FUZZ_CHECK(memcmp(c.metadata_sha256, again.metadata_sha256, SP_SHA256_LEN) == 0);
}

/* The host in front of the path, as others read it: what is fetched is what was judged. */
static void
check_client_id(struct sp_arena *mem, struct sp_str client_id)
{
	CURLU *url = curl_url();
	char *host = NULL, *port = NULL;
	struct sp_str authority = sp_str_sub(client_id, 8, client_id.len);

	authority = sp_str_sub(authority, 0, (size_t)sp_str_index(authority, '/'));
	FUZZ_CHECK(url != NULL);
	/* what libcurl cannot read it does not fetch */
	if (curl_url_set(url, CURLUPART_URL, sp_cstr(mem, client_id), 0) == CURLUE_OK) {
		FUZZ_CHECK(curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK);
		/* numbers are addresses, which libcurl writes in their usual form */
		if (!sp_is_digit((unsigned char)authority.p[0]))
			FUZZ_CHECK(strncmp(authority.p, host, strlen(host)) == 0);
		if (curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK)
			FUZZ_CHECK(sp_str_index(authority, ':') > 0);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str text = { (const char *)data, size }, client_id = fuzz_line(&text);
	struct fuzz_request r;
	struct sp_request *req = fuzz_request_open(&r);
	struct json_object *metadata;
	struct sp_client c;
	const char *why = NULL;

	if (sp_client_id_url_valid(client_id, false, &why)) {
		FUZZ_CHECK(sp_client_id_is_url(client_id) && sp_client_id_url_valid(client_id, true, &why));
		check_client_id(req->mem, client_id);
	} else
		FUZZ_CHECK(why != NULL);
	if (sp_client_document_read(req, client_id, text, &c)) {
		FUZZ_CHECK(sp_str_is(client_id, c.client_id) && strcmp(c.kind, "document") == 0);
		FUZZ_CHECK(strcmp(c.token_endpoint_auth_method, "none") == 0);
	} else
		FUZZ_CHECK(req->problem != SP_OK);
	if (sp_json_parse(req->mem, text, &metadata, &why) && json_object_is_type(metadata, json_type_object)) {
		judge(&r, metadata, SP_CLIENT_REGISTERED);
		judge(&r, metadata, SP_CLIENT_DOCUMENT);
		judge(&r, metadata, SP_CLIENT_MANUAL);
	}
	fuzz_request_close(&r);
	return 0;
}
