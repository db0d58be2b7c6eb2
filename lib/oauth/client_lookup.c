/* client_lookup.c - the client that a person is asked about */
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/queries.h"
#include "oauth/client_document.h"

#define WAIT_MS 5000			/* for a document that somebody else is fetching */
#define LOOK_AGAIN_US 100000

struct client_row {
	const char *client_id, *kind, *scope, *resource, *etag;
	struct sp_str metadata, metadata_sha256, document;
	bool usable, fresh;
};

static const struct sp_column columns[] = {
	{ "client_id", SP_COL_TEXT, offsetof(struct client_row, client_id) },
	{ "kind", SP_COL_TEXT, offsetof(struct client_row, kind) },
	{ "metadata", SP_COL_STR, offsetof(struct client_row, metadata) },
	{ "metadata_sha256", SP_COL_BYTES, offsetof(struct client_row, metadata_sha256) },
	{ "usable", SP_COL_BOOL, offsetof(struct client_row, usable) },
	{ "scope", SP_COL_TEXT, offsetof(struct client_row, scope) },
	{ "resource", SP_COL_TEXT, offsetof(struct client_row, resource) },
	{ "document", SP_COL_STR, offsetof(struct client_row, document) },
	{ "etag", SP_COL_TEXT, offsetof(struct client_row, etag) },
	{ "fresh", SP_COL_BOOL, offsetof(struct client_row, fresh) },
	{ NULL }
};

/* Metadata was judged when it was written; here it is only read back. */
static bool
read_stored(struct sp_request *req, const struct client_row *row, struct sp_client *out)
{
	struct sp_client c = { .client_id = row->client_id, .kind = row->kind };
	struct json_object *metadata, *uris;
	const char *why;

	if (row->metadata_sha256.len != SP_SHA256_LEN || !sp_json_parse(req->mem, row->metadata, &metadata, &why))
		return sp_fail(req, SP_SERVER_ERROR, "the client's row cannot be read");
	c.client_name = sp_cstr(req->mem, sp_json_get_str(metadata, "client_name"));
	c.client_uri = sp_cstr(req->mem, sp_json_get_str(metadata, "client_uri"));
	c.logo_uri = sp_cstr(req->mem, sp_json_get_str(metadata, "logo_uri"));
	c.tos_uri = sp_cstr(req->mem, sp_json_get_str(metadata, "tos_uri"));
	c.policy_uri = sp_cstr(req->mem, sp_json_get_str(metadata, "policy_uri"));
	c.token_endpoint_auth_method =
	    sp_cstr(req->mem, sp_json_get_str(metadata, "token_endpoint_auth_method"));
	uris = sp_json_get(metadata, "redirect_uris");
	c.redirect_uri_count = json_object_is_type(uris, json_type_array) ? json_object_array_length(uris) : 0;
	c.redirect_uris = sp_alloc_array(req->mem, c.redirect_uri_count, sizeof(*c.redirect_uris));
	for (size_t i = 0; i < c.redirect_uri_count; i++)
		c.redirect_uris[i] = sp_json_text(json_object_array_get_idx(uris, i));
	c.metadata = row->metadata;
	memcpy(c.metadata_sha256, row->metadata_sha256.p, SP_SHA256_LEN);
	*out = c;
	return true;
}

static bool
unknown(struct sp_request *req)
{
	return sp_fail(req, SP_INVALID_CLIENT, "unknown client");
}

static bool
read_row(struct sp_request *req, struct sp_str client_id, struct client_row *row)
{
	enum sp_db_status status;

	*row = (struct client_row){ .usable = true };
	status = sp_db_row(&req->db, &sp_q_client_lookup, SP_PARAMS(SP_P_STR(client_id)), columns, row);
	if (status == SP_DB_FAILED)
		return sp_fail_db(req);
	if ((status == SP_DB_NO_ROW && !sp_client_id_is_url(client_id)) || !row->usable)
		return unknown(req);
	return true;
}

/*
 * Handler threads that fetch a document or wait for one.  They may be half of
 * a process: a client that answers slowly slows down no others.
 */
static atomic_llong waiting;

static bool
enter(const struct sp_request *req)
{
	if (atomic_fetch_add(&waiting, 1) < (req->settings->threads + 1) / 2)
		return true;
	atomic_fetch_sub(&waiting, 1);
	return false;
}

static struct sp_client_document
known_of(const struct client_row *row)
{
	return (struct sp_client_document){ row->document, row->etag, row->fresh, row->metadata_sha256 };
}

static bool
wait_for_document(struct sp_request *req, struct sp_str client_id, struct client_row *row, struct sp_client *out)
{
	int64_t until = sp_monotonic_ms() + WAIT_MS;

	for (;;) {
		struct sp_client_document known = known_of(row);

		switch (sp_client_document_client(req, client_id, &known, out)) {
		case SP_DOCUMENT_CLIENT:
			return true;
		case SP_DOCUMENT_FAILED:
			return false;
		case SP_DOCUMENT_BUSY:
			break;
		}
		sp_db_end(&req->db);		/* others may use the connection meanwhile */
		if (sp_monotonic_ms() > until)
			return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "the metadata document does not come");
		usleep(LOOK_AGAIN_US);
		if (!read_row(req, client_id, row))
			return false;
	}
}

static bool
read_document(struct sp_request *req, struct sp_str client_id, struct client_row *row, struct sp_client *out)
{
	struct sp_client_document known = known_of(row);
	bool done;

	if (!row->fresh && !enter(req)) {
		if (sp_client_document_copy(req, client_id, &known, out))
			return true;
		return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "too many metadata documents are awaited");
	}
	done = wait_for_document(req, client_id, row, out);
	if (!known.fresh)
		atomic_fetch_sub(&waiting, 1);
	return done;
}

bool
sp_client_for_authorization(struct sp_request *req, struct sp_str client_id, struct sp_client *out)
{
	struct client_row row;

	if (!read_row(req, client_id, &row))
		return false;
	if (sp_client_id_is_url(client_id) && (row.kind == NULL || strcmp(row.kind, "document") == 0)) {
		if (!read_document(req, client_id, &row, out))
			return false;
	} else if (!read_stored(req, &row, out))
		return false;
	/* what an administrator set for this client */
	out->scope = row.scope;
	out->resource = row.resource;
	return true;
}
