/* client_document.c - Client ID Metadata Documents */
#include "oauth/client_document.h"

#include "db/queries.h"
#include "net/fetch.h"

#define FETCH_MS 4000			/* with what follows, under the 5 s that people wait */
#define FRESH_DEFAULT 3600		/* seconds, when the answer does not say */
#define FRESH_MIN 60
#define FRESH_MAX 86400
#define CLIENT_ID_MAX 2048

bool
sp_client_id_is_url(struct sp_str client_id)
{
	return sp_str_index(client_id, ':') >= 0 && (sp_str_caseis(sp_str_sub(client_id, 0, 8), "https://") ||
	    sp_str_caseis(sp_str_sub(client_id, 0, 7), "http://"));
}

static bool
fault(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

/* A name or a number with a port or none: what has other bytes is one host to us and another to somebody else. */
static bool
is_host(struct sp_str host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!sp_is_alnum((unsigned char)host.p[i]) && strchr("-._:", host.p[i]) == NULL)
			return false;
	return host.len > 0 && sp_is_alnum((unsigned char)host.p[0]);
}

bool
sp_client_id_url_valid(struct sp_str client_id, bool http, const char **why)
{
	struct sp_str rest, path, segment;
	ptrdiff_t slash;

	if (client_id.len > CLIENT_ID_MAX)
		return fault(why, "too long");
	for (size_t i = 0; i < client_id.len; i++)
		if ((unsigned char)client_id.p[i] <= 0x20 || (unsigned char)client_id.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}#@", client_id.p[i]) != NULL)
			return fault(why, "a character that such a URL cannot have");
	if (sp_str_starts(client_id, "https://"))
		rest = sp_str_sub(client_id, 8, client_id.len);
	else if (http && sp_str_starts(client_id, "http://"))
		rest = sp_str_sub(client_id, 7, client_id.len);
	else
		return fault(why, "not https");
	if ((slash = sp_str_index(rest, '/')) < 0 || rest.len == (size_t)slash + 1)
		return fault(why, "no path");
	if (!is_host(sp_str_sub(rest, 0, (size_t)slash)))
		return fault(why, "no host name");
	path = sp_str_sub(rest, (size_t)slash + 1, rest.len);
	if (sp_str_index(path, '?') >= 0)
		path = sp_str_sub(path, 0, (size_t)sp_str_index(path, '?'));
	while (sp_str_split(&path, '/', &segment))
		if (sp_str_is(segment, ".") || sp_str_is(segment, "..") || sp_str_caseis(segment, "%2e") ||
		    sp_str_caseis(segment, "%2e%2e") || sp_str_caseis(segment, ".%2e") ||
		    sp_str_caseis(segment, "%2e."))
			return fault(why, "a . or .. segment");
	return true;
}

bool
sp_client_document_read(struct sp_request *req, struct sp_str client_id, struct sp_str document,
    struct sp_client *out)
{
	struct json_object *metadata;
	const char *why;

	if (!sp_json_parse(req->mem, document, &metadata, &why))
		return sp_fail(req, SP_INVALID_CLIENT, "the metadata document is not JSON: %s", why);
	if (!json_object_is_type(metadata, json_type_object) ||
	    !sp_str_eq(sp_json_get_str(metadata, "client_id"), client_id))
		return sp_fail(req, SP_INVALID_CLIENT, "the metadata document is of another client_id");
	if (!sp_client_metadata_read(req, metadata, SP_CLIENT_DOCUMENT, out))
		return false;
	out->client_id = sp_cstr(req->mem, client_id);
	return true;
}

/* ---- fetching ---- */

struct take_row {
	const char *outcome;
	int64_t wait_seconds;
};

static const struct sp_column take_columns[] = {
	{ "outcome", SP_COL_TEXT, offsetof(struct take_row, outcome) },
	{ "wait_seconds", SP_COL_INT, offsetof(struct take_row, wait_seconds) },
	{ NULL }
};

static struct sp_str
host_of(struct sp_str url)
{
	struct sp_str rest = sp_str_sub(url, (size_t)sp_str_index(url, ':') + 3, url.len);

	return sp_str_sub(rest, 0, (size_t)sp_str_index(rest, '/'));
}

/* How a fetch ended; all but the first two may be made up for by the last good copy. */
enum fetched { GOT, GONE, BAD, LATER };

/* Gets the document, or learns that the known copy still holds.  Otherwise *why. */
static enum fetched
fetch(struct sp_request *req, struct sp_str client_id, const struct sp_client_document *known,
    struct sp_fetched *answer, const char **why)
{
	switch (sp_fetch(req->mem, &(struct sp_fetch){
	    .url = sp_cstr(req->mem, client_id), .accept = "application/json",
	    .if_none_match = known->document.p != NULL ? known->etag : NULL,
	    .allow = req->settings->fetch_allow, .ca_file = req->settings->fetch_ca_file,
	    .http = req->settings->insecure_http,
	    .max_bytes = SP_CLIENT_DOCUMENT_MAX, .timeout_ms = FETCH_MS }, answer, why)) {
	case SP_FETCH_REFUSED:
		return BAD;
	case SP_FETCH_UNREACHABLE:
		return LATER;
	case SP_FETCH_ANSWER:
		break;
	}
	if (answer->status == 304 && known->document.p != NULL) {
		answer->body = known->document;
		if (answer->etag.p == NULL)
			answer->etag = sp_str(known->etag);
		return GOT;
	}
	*why = sp_printf(req->mem, "status %d", answer->status);
	if (answer->status == 404 || answer->status == 410)
		return GONE;
	if (answer->status == 429 || answer->status >= 500)
		return LATER;
	if (answer->status != 200)
		return BAD;
	if (sp_str_is(answer->content_type, "application/json") || sp_str_ends(answer->content_type, "+json"))
		return GOT;
	*why = "the content type is not JSON";
	return BAD;
}

static int64_t
fresh_seconds(const struct sp_fetched *answer)
{
	int64_t age = answer->max_age;

	return age < 0 ? FRESH_DEFAULT : age < FRESH_MIN ? FRESH_MIN : age > FRESH_MAX ? FRESH_MAX : age;
}

static bool
store(struct sp_request *req, const struct sp_client *client, const struct sp_fetched *answer)
{
	return sp_db_do(&req->db, &sp_q_client_document_store, SP_PARAMS(
	    SP_P_TEXT(client->client_id), SP_P_STR(answer->body), SP_P_STR(answer->etag),
	    SP_P_INT(fresh_seconds(answer)), SP_P_STR(client->metadata),
	    SP_P_BYTES(client->metadata_sha256, SP_SHA256_LEN), SP_P_INT(req->settings->client_unused_ttl),
	    SP_P_STR(sp_request_context(req))), NULL) ||
	    sp_fail_db(req);
}

/* Writes the failure down; `client` is what the last good copy says, NULL if it does not serve. */
static bool
store_failure(struct sp_request *req, struct sp_str client_id, const char *why, const struct sp_client *client)
{
	return sp_db_do(&req->db, &sp_q_client_document_failed, SP_PARAMS(
	    SP_P_STR(client_id), SP_P_TEXT(why), client != NULL ? SP_P_STR(client->metadata) : SP_P_NULL,
	    client != NULL ? SP_P_BYTES(client->metadata_sha256, SP_SHA256_LEN) : SP_P_NULL,
	    SP_P_INT(req->settings->client_unused_ttl), SP_P_STR(sp_request_context(req))), NULL) ||
	    sp_fail_db(req);
}

/*
 * Why is for the audit: whoever asked learns no more than that it did not work,
 * or our resolver and networks could be asked questions through us.
 */
static bool
refuse(struct sp_request *req, struct sp_str client_id, enum fetched how, const char *why)
{
	if (!store_failure(req, client_id, why, NULL))
		return false;
	if (how == LATER)
		return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "the metadata document cannot be reached");
	return sp_fail(req, SP_INVALID_CLIENT, "the metadata document at the client_id cannot be used");
}

/* A fetch has been granted: what comes of it. */
static bool
fetch_client(struct sp_request *req, struct sp_str client_id, const struct sp_client_document *known,
    struct sp_client *out)
{
	struct sp_fetched answer = { .status = 0 };
	const char *why = NULL;
	enum fetched how;

	sp_db_end(&req->db);		/* others may use the connection meanwhile */
	how = fetch(req, client_id, known, &answer, &why);
	if (how == GOT) {
		if (sp_client_document_read(req, client_id, answer.body, out))
			return store(req, out, &answer);
		(void)store_failure(req, client_id, req->detail, NULL);
		return false;
	}
	if (how == GONE || known->document.p == NULL)
		return refuse(req, client_id, how, why);
	return sp_client_document_read(req, client_id, known->document, out) &&
	    store_failure(req, client_id, why, out);
}

bool
sp_client_document_copy(struct sp_request *req, struct sp_str client_id, const struct sp_client_document *known,
    struct sp_client *out)
{
	struct sp_str digest;

	if (known->document.p == NULL || known->metadata_sha256.p == NULL ||
	    !sp_client_document_read(req, client_id, known->document, out))
		return false;
	digest = (struct sp_str){ (const char *)out->metadata_sha256, SP_SHA256_LEN };
	return sp_str_eq(digest, known->metadata_sha256);
}

enum sp_client_document_result
sp_client_document_client(struct sp_request *req, struct sp_str client_id,
    const struct sp_client_document *known, struct sp_client *out)
{
	struct take_row row = { 0 };
	const char *why;
	bool done;

	if (!req->settings->client_metadata_documents)
		done = sp_fail(req, SP_INVALID_CLIENT, "metadata documents are switched off");
	else if (!sp_client_id_url_valid(client_id, req->settings->insecure_http, &why))
		done = sp_fail(req, SP_INVALID_CLIENT, "the client_id is not the URL of a metadata document: %s", why);
	else if (known->fresh && sp_client_document_copy(req, client_id, known, out))
		done = true;
	else if (req->problem != SP_OK)
		done = false;
	else if (sp_db_row(&req->db, &sp_q_client_document_take, SP_PARAMS(SP_P_STR(client_id),
	    SP_P_STR(host_of(client_id)), SP_P_INT(req->settings->registrations_per_hour),
	    SP_P_STR(req->address)), take_columns, &row) != SP_DB_ROW)
		done = sp_fail_db(req);
	else if (strcmp(row.outcome, "fetch") == 0)
		done = fetch_client(req, client_id, known, out);
	else if (sp_client_document_copy(req, client_id, known, out))
		done = true;
	else if (req->problem == SP_OK && strcmp(row.outcome, "busy") == 0)
		return SP_DOCUMENT_BUSY;
	else {
		req->retry_after = row.wait_seconds;
		done = sp_fail(req, SP_SLOW_DOWN, "too many metadata documents were fetched");
	}
	return done ? SP_DOCUMENT_CLIENT : SP_DOCUMENT_FAILED;
}
