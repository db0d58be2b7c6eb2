/* client_lookup.c - the client that a person is asked about */
#include "db/queries.h"
#include "oauth/client_document.h"

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

bool
sp_client_for_authorization(struct sp_request *req, struct sp_str client_id, struct sp_client *out)
{
	struct client_row row = { .usable = true };
	bool is_url = sp_client_id_is_url(client_id);
	enum sp_db_status status =
	    sp_db_row(&req->db, &sp_q_client_lookup, SP_PARAMS(SP_P_STR(client_id)), columns, &row);

	if (status == SP_DB_FAILED)
		return sp_fail_db(req);
	if ((status == SP_DB_NO_ROW && !is_url) || !row.usable)
		return sp_fail(req, SP_INVALID_CLIENT, "unknown client");
	if (is_url && (row.kind == NULL || strcmp(row.kind, "document") == 0)) {
		struct sp_client_document known = { row.document, row.etag, row.fresh };

		if (!sp_client_document_client(req, client_id, &known, out))
			return false;
	} else if (!read_stored(req, &row, out))
		return false;
	/* what an administrator set for this client */
	out->scope = row.scope;
	out->resource = row.resource;
	return true;
}
