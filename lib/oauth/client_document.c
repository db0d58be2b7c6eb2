/* client_document.c - Client ID Metadata Documents */
#include "oauth/client_document.h"

#include "db/queries.h"
#include "net/fetch.h"

#define FETCH_MS 4000			/* with what follows, under the 5 s that clients wait */
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
	if ((slash = sp_str_index(rest, '/')) <= 0)
		return fault(why, "no path");
	path = sp_str_sub(rest, (size_t)slash + 1, rest.len);
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

struct wait_row {
	int64_t wait_seconds;
};

static const struct sp_column wait_columns[] = {
	{ "wait_seconds", SP_COL_INT, offsetof(struct wait_row, wait_seconds) },
	{ NULL }
};

static struct sp_str
host_of(struct sp_str url)
{
	struct sp_str rest = sp_str_sub(url, (size_t)sp_str_index(url, ':') + 3, url.len);

	return sp_str_sub(rest, 0, (size_t)sp_str_index(rest, '/'));
}

/*
 * Gets the document, or learns that the known copy still holds.  False: *why;
 * the request is not failed by it (the last good copy may serve) unless the
 * database could not be asked.
 */
static bool
fetch(struct sp_request *req, struct sp_str client_id, const struct sp_client_document *known,
    struct sp_fetched *answer, const char **why)
{
	struct wait_row row = { 0 };

	if (sp_db_row(&req->db, &sp_q_client_document_take, SP_PARAMS(SP_P_STR(host_of(client_id))),
	    wait_columns, &row) != SP_DB_ROW)
		return sp_fail_db(req);
	if (row.wait_seconds > 0)
		return fault(why, "too many documents were fetched from this host");
	if (!sp_fetch(req->mem, &(struct sp_fetch){
	    .url = sp_cstr(req->mem, client_id), .accept = "application/json",
	    .if_none_match = known->document.p != NULL ? known->etag : NULL,
	    .allow = req->settings->fetch_allow, .http = req->settings->insecure_http,
	    .max_bytes = SP_CLIENT_DOCUMENT_MAX, .timeout_ms = FETCH_MS }, answer, why))
		return false;
	if (answer->status == 304 && known->document.p != NULL) {
		answer->body = known->document;
		if (answer->etag.p == NULL)
			answer->etag = sp_str(known->etag);
		return true;
	}
	if (answer->status != 200) {
		*why = sp_printf(req->mem, "status %d", answer->status);
		return false;
	}
	if (!sp_str_is(answer->content_type, "application/json") && !sp_str_ends(answer->content_type, "+json"))
		return fault(why, "the content type is not JSON");
	return true;
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
	    SP_P_BYTES(client->metadata_sha256, SP_SHA256_LEN), SP_P_STR(sp_request_context(req))), NULL) ||
	    sp_fail_db(req);
}

/* Writes the failure down; `client` is what the last good copy says, NULL if there is none. */
static bool
store_failure(struct sp_request *req, struct sp_str client_id, const char *why, const struct sp_client *client)
{
	return sp_db_do(&req->db, &sp_q_client_document_failed, SP_PARAMS(
	    SP_P_STR(client_id), SP_P_TEXT(why), client != NULL ? SP_P_STR(client->metadata) : SP_P_NULL,
	    client != NULL ? SP_P_BYTES(client->metadata_sha256, SP_SHA256_LEN) : SP_P_NULL,
	    SP_P_STR(sp_request_context(req))), NULL) ||
	    sp_fail_db(req);
}

bool
sp_client_document_client(struct sp_request *req, struct sp_str client_id,
    const struct sp_client_document *known, struct sp_client *out)
{
	struct sp_fetched answer = { .status = 0 };
	const char *why = NULL;

	if (!req->settings->client_metadata_documents)
		return sp_fail(req, SP_INVALID_CLIENT, "metadata documents are switched off");
	if (!sp_client_id_url_valid(client_id, req->settings->insecure_http, &why))
		return sp_fail(req, SP_INVALID_CLIENT, "the client_id is not a URL of a document: %s", why);
	if (known->fresh && known->document.p != NULL)
		return sp_client_document_read(req, client_id, known->document, out);
	if (fetch(req, client_id, known, &answer, &why))
		return sp_client_document_read(req, client_id, answer.body, out) && store(req, out, &answer);
	if (req->problem != SP_OK)
		return false;
	if (known->document.p != NULL)
		return sp_client_document_read(req, client_id, known->document, out) &&
		    store_failure(req, client_id, why, out);
	if (!store_failure(req, client_id, why, NULL))
		return false;
	return sp_fail(req, SP_INVALID_CLIENT, "the metadata document could not be fetched: %s", why);
}
