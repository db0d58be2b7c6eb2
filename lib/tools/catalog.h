/*
 * catalog.h - the servers and what they offer, as every worker keeps them
 *
 * A snapshot of the rows (sallyport.catalog() in sql/migrations) with compiled schemas and the text of each entry of
 * a list.  It is never edited: a change gives a new one, and requests that run
 * keep theirs.
 */
#ifndef SP_TOOLS_CATALOG_H
#define SP_TOOLS_CATALOG_H

#include "db/db.h"
#include "oauth/scope.h"
#include "tools/listing.h"
#include "tools/param_header.h"
#include "tools/schema.h"
#include "web/request.h"

struct sp_tool_kind;			/* run.h */
struct sp_content;			/* content.h */
struct sp_policy;			/* policy.h */
struct sp_tool_options;			/* options.h */

/* The lists of a server. */
enum sp_list {
	SP_TOOLS,
	SP_RESOURCES,
	SP_TEMPLATES,
	SP_PROMPTS,
	SP_LISTS,
	/* for sp_catalog_get() */
	SP_NO_LIST = SP_LISTS,
	SP_ALL_LISTS,
};

/* Whether a call becomes a task by itself (tag @task); a function may also call mcp.detach(). */
enum sp_task_support {
	SP_TASK_NEVER,
	SP_TASK_OPTIONAL,		/* when its client has tasks */
	SP_TASK_REQUIRED,		/* and other clients are refused */
};

/*
 * An entry of a list: a tool, and in the same way a resource, a template or a
 * prompt.  They are called as tools are, and differ in what a client sees.
 */
struct sp_tool {
	int64_t tool_id;		/* of its table */
	const char *name;		/* of a resource its URI, of a template the template */
	const char *server;		/* of which it is: the name of its protected resource */
	const char *toolset;		/* may be NULL */
	const struct sp_policy *policy;	/* the rules of the snapshot; NULL: tier and scopes alone */
	const struct sp_tool_kind *kind;
	const void *spec;		/* the kind's own, made by its load() */
	const struct sp_schema *input;	/* NULL: arguments were judged before (prompts, resources) */
	const struct sp_schema *output;	/* NULL: none, or one that was made from the type of the result */
	const struct sp_str *required;	/* arguments that must be there */
	size_t required_count;
	struct sp_param_headers headers;	/* arguments that request headers repeat */
	const struct sp_scope *scopes;	/* all of them are needed */
	const char *tier;
	const struct sp_tool_options *options;	/* NULL: it asks for nothing of them */
	bool takes_confirm;		/* the author's schema has an argument `confirm` */
	bool has_output;		/* its entry has an output schema, whoever made it */
	struct sp_str digest;		/* of all that a result depends on beside arguments and caller; with a cache only */
	int64_t timeout_ms;		/* 0: setting tool_timeout */
	enum sp_task_support tasks;
	int64_t task_timeout_ms;	/* of a call that is a task; 0: timeout_ms, or setting task_timeout */
	bool repeatable;		/* a call of which nobody knows how far it came may be made again */
	int64_t max_rows, max_bytes;
	bool read_only;
	struct sp_listing listing;	/* the entry of its list */
	bool is_for_apps;		/* and not for models: MCP Apps, "Visibility" */
	const struct sp_content *content; /* of a resource, template or prompt; NULL: a tool */
};

struct sp_entries {
	const struct sp_tool *item;	/* in the order of the list */
	size_t count;
	bool offered;			/* the server has some, whether or not they were loaded */
};

struct sp_server {
	const char *name;		/* of its protected resource; "" is /mcp */
	const char *title;
	const char *instructions;	/* for the model; may be NULL */
	struct sp_str info;		/* more members of Implementation: a JSON object */
	int64_t list_ttl_ms;		/* how old a client's list may be while nobody can tell it of changes */
	const char *access_tool;	/* which says who may use the server; NULL: everybody whom policy lets */
	int64_t access_ttl_ms;		/* how long its yes is good */
	struct sp_entries list[SP_LISTS];
	bool completes;			/* some argument of a prompt or template */
	bool has_apps;			/* resources ui://..., or tools with _meta.ui */
};

struct sp_catalog {
	int64_t version;
	const struct sp_policy *policy;	/* NULL: no list was loaded */
	const struct sp_server *servers;
	size_t count;
};

/*
 * Loads all servers, or one (server not NULL); all lists, one, or none of them;
 * all entries, or the one of this name (present; a resource comes with all
 * templates), in one query.  An entry that cannot be served (a schema that does
 * not compile) is left out with a log line.  False: the database failed.
 */
SP_MUST_USE bool sp_catalog_load(struct sp_db *db, struct sp_arena *mem, const char *server,
    enum sp_list list, struct sp_str name, struct sp_catalog *out);

const struct sp_server *sp_catalog_server(const struct sp_catalog *catalog, struct sp_str name);
/* NULL: not there. */
const struct sp_tool *sp_server_entry(const struct sp_server *server, enum sp_list list, struct sp_str name);
/*
 * Whether clients are told that the server has this list, for some caller: tools
 * always, as what people look at first; resources and templates are one.
 */
bool sp_server_offers(const struct sp_server *server, enum sp_list list);

/* ---- where a process keeps its snapshot ---- */

struct sp_catalog_cache;

struct sp_catalog_cache *sp_catalog_cache_new(void);
void sp_catalog_cache_free(struct sp_catalog_cache *cache);	/* NULL is fine */

/*
 * The current snapshot; the reference is given back with the request's arena.
 * In CGI nothing is kept, and only what is asked for is loaded, as
 * sp_catalog_load() does.  False: sp_fail_db().
 */
SP_MUST_USE bool sp_catalog_get(struct sp_request *req, struct sp_catalog_cache *cache,
    const char *server, enum sp_list list, struct sp_str name, const struct sp_catalog **out);

/* What there is without asking the database, and NULL when there is nothing yet; given back with the arena. */
const struct sp_catalog *sp_catalog_hold(struct sp_catalog_cache *cache, struct sp_arena *mem);

/*
 * An sp_authority_hook: loads a new snapshot when the catalog's version is not
 * the one we have.  arg is the cache.  Also for a request that must not be given
 * an older one than there is; when the database is away, what we have stays.
 */
void sp_catalog_changed(void *cache, struct sp_db *db, const char *what);

#endif
