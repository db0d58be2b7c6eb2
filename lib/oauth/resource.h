/*
 * resource.h - the protected resources of this installation: its MCP servers
 *
 * `/mcp` is the default resource (name ""), `/mcp/NAME` another one.  The
 * canonical identifier is issuer + path, exactly; aliases that real clients
 * send (trailing slash, upper-case host, default port, the bare issuer for the
 * default resource) are resolved to it (RFC 8707, RFC 9728).
 *
 * The list lives in PostgreSQL and is cached by every worker (a snapshot that
 * is replaced whole when channel "sallyport" says "catalog").
 */
#ifndef SP_OAUTH_RESOURCE_H
#define SP_OAUTH_RESOURCE_H

#include "oauth/scope.h"
#include "web/request.h"

struct sp_scope_info {
	const char *scope;
	const char *description;	/* in plain words, for the consent page */
};

struct sp_resource {
	const char *name;		/* "" for /mcp */
	const char *resource;		/* canonical URL */
	const char *title;
	struct sp_scope scopes;		/* all it offers: scopes_supported */
	struct sp_scope default_scopes;	/* asked for nothing: these */
	const struct sp_scope_info *info;	/* one per token of `scopes` */
};

struct sp_resources {
	const struct sp_resource *item;
	size_t count;
};

/* Loads the list (one query).  False: the database failed, or a row is not what it should be. */
SP_MUST_USE bool sp_resources_load(struct sp_db *db, struct sp_arena *mem, const char *issuer,
    struct sp_resources *out);

/*
 * By canonical URL or alias; NULL when unknown.  An absent slice gives the
 * default resource, or the only one.
 */
const struct sp_resource *sp_resource_find(const struct sp_resources *all, struct sp_str resource);
/* By its name ("" is the default resource); NULL when unknown. */
const struct sp_resource *sp_resource_by_name(const struct sp_resources *all, struct sp_str name);

/*
 * What somebody gets who asks for `asked`: narrowed without a word to what the
 * resource offers and `ceiling` (NULL: none) allows, because clients ask for all
 * they can find.  Who asks for nothing, or only for what clients ask for by
 * habit (openid, offline_access ...), gets the default.  False when nothing
 * remains of a resource that has scopes.
 */
SP_MUST_USE bool sp_resource_scope(const struct sp_resource *resource, const struct sp_scope *asked,
    const struct sp_scope *ceiling, struct sp_scope *out);
/* `asked` without the scopes of habit that the resource does not offer. */
void sp_resource_scope_asked(const struct sp_resource *resource, const struct sp_scope *asked,
    struct sp_scope *out);

/* The canonical URL of a resource: issuer + /mcp, or issuer + /mcp/NAME. */
const char *sp_resource_url(struct sp_arena *mem, const char *issuer, const char *name);

#endif
