/*
 * client.h - OAuth clients: their metadata (RFC 7591 section 2) and their rows
 *
 * One validator serves dynamic registration, metadata documents and the
 * administrator's `client add`.
 */
#ifndef SP_OAUTH_CLIENT_H
#define SP_OAUTH_CLIENT_H

#include "base/json.h"
#include "oauth/scope.h"
#include "web/request.h"

struct sp_client {
	const char *client_id;
	const char *kind;			/* registered, document, manual */
	const char *client_name;		/* chosen by a stranger; NULL if none */
	const char *client_uri, *logo_uri, *tos_uri, *policy_uri;
	struct sp_str *redirect_uris;
	size_t redirect_uri_count;
	const char *grant_types;		/* JSON arrays, as stored */
	const char *response_types;
	const char *token_endpoint_auth_method;
	const char *scope;			/* space separated; NULL: no ceiling of its own */
	const char *resource;			/* NULL: any */
	struct sp_str jwks;			/* JSON text; absent if none */
	struct sp_str metadata;			/* JSON text, as registered, without secrets */
	uint8_t metadata_sha256[SP_SHA256_LEN];	/* of what a person consents to: name, URIs, redirect URIs */
};

/* Where metadata comes from decides what is tolerated. */
enum sp_client_source { SP_CLIENT_REGISTERED, SP_CLIENT_DOCUMENT, SP_CLIENT_MANUAL };

/*
 * Judges metadata and fills *out (without client_id and secret).  Grant types
 * and response types are narrowed to what we do, not refused; refused redirect
 * URIs are dropped while one remains (real-clients rule 11).  On failure
 * sp_fail() has SP_INVALID_REDIRECT_URI or SP_INVALID_CLIENT_METADATA.
 */
SP_MUST_USE bool sp_client_metadata_read(struct sp_request *req, struct json_object *metadata,
    enum sp_client_source source, struct sp_client *out);

/*
 * The client that may be shown to a person at /authorize: a row, or (for URL
 * client_ids) its metadata document, fetched, cached, or its last good copy.
 * False: SP_INVALID_CLIENT (unknown, disabled, expired, document unusable) or 503.
 */
SP_MUST_USE bool sp_client_for_authorization(struct sp_request *req, struct sp_str client_id,
    struct sp_client *out);

/* True when one of the client's redirect URIs matches. */
bool sp_client_has_redirect_uri(const struct sp_client *client, struct sp_str redirect_uri);

#endif
