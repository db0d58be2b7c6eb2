/*
 * metadata.h - the well-known documents
 *
 * Made from the settings and the resources; they list only what is switched on
 * and never look at the request.
 */
#ifndef SP_OAUTH_METADATA_H
#define SP_OAUTH_METADATA_H

#include "oauth/resource.h"

/*
 * RFC 8414 with RFC 9207 and Client ID Metadata Documents.  For OpenID Connect
 * Discovery's address the same document has the members that clients of that
 * specification insist on.
 */
void sp_metadata_authorization_server(struct sp_request *req, const struct sp_resources *resources,
    bool openid, struct sp_buf *json);

/* RFC 9728 section 2. */
void sp_metadata_protected_resource(struct sp_request *req, const struct sp_resource *resource,
    struct sp_buf *json);

#endif
