/*
 * client_document.h - Client ID Metadata Documents
 * (draft-ietf-oauth-client-id-metadata-document)
 *
 * The client_id is the URL of the client's metadata.  Only /authorize fetches;
 * what was fetched well is kept as the last good copy and serves when a later
 * fetch fails, so that a client's bad day is not ours.  A document that is gone
 * (404, 410) or says something we do not accept ends its client.
 */
#ifndef SP_OAUTH_CLIENT_DOCUMENT_H
#define SP_OAUTH_CLIENT_DOCUMENT_H

#include "oauth/client.h"

#define SP_CLIENT_DOCUMENT_MAX 5120		/* bytes, as the draft recommends */

/* What the database knows of a document. */
struct sp_client_document {
	struct sp_str document;		/* the last good copy, JSON text; absent if none */
	const char *etag;		/* NULL if none */
	bool fresh;
	struct sp_str metadata_sha256;	/* of the client's row; absent if there is none */
};

/* True for text that means to be such a client_id: it begins with http:// or https://, in any case. */
bool sp_client_id_is_url(struct sp_str client_id);
/* The same text with all conditions of section 3; *why is static. */
SP_MUST_USE bool sp_client_id_url_valid(struct sp_str client_id, bool http, const char **why);

/*
 * Judges a document's text for this client_id: a JSON object whose client_id is
 * exactly this URL, metadata that sp_client_metadata_read() takes.
 */
SP_MUST_USE bool sp_client_document_read(struct sp_request *req, struct sp_str client_id,
    struct sp_str document, struct sp_client *out);

/*
 * The client of the last good copy, without a fetch.  False when there is no
 * copy, or it is not the one by which the client's row was written (then nothing
 * is failed), or it is not accepted any more: sp_fail().
 */
SP_MUST_USE bool sp_client_document_copy(struct sp_request *req, struct sp_str client_id,
    const struct sp_client_document *known, struct sp_client *out);

enum sp_client_document_result {
	SP_DOCUMENT_CLIENT,		/* *out is the client: fresh copy, fetched anew, or the last good one */
	SP_DOCUMENT_FAILED,		/* sp_fail() */
	SP_DOCUMENT_BUSY,		/* somebody else is fetching it: look again in a moment */
};

/* The client of a document. */
SP_MUST_USE enum sp_client_document_result sp_client_document_client(struct sp_request *req,
    struct sp_str client_id, const struct sp_client_document *known, struct sp_client *out);

#endif
