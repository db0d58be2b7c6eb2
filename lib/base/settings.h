/*
 * settings.h - one table of settings: name, type, unit, default, range, help
 *
 * Sources, the later one wins: the default; the file named by SALLYPORT_CONFIG
 * (default SYSCONFDIR/sallyport.conf, which need not exist); the environment,
 * SALLYPORT_NAME in upper case (which is where a web server's CGI or FastCGI
 * spawner puts its own).  A line of the file is "name = value", or empty, or
 * begins with "#"; a value runs to the end of its line and has no quotes.
 *
 * An unknown name of ours in either source is an error, and every error is
 * reported, not only the first (SALLYPORT_TEST_... is the test suite's and passed
 * over).  Read once at start and on SIGHUP; read-only in between.
 */
#ifndef SP_BASE_SETTINGS_H
#define SP_BASE_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * Text is never NULL ("" when unset).  The table in settings.c is the truth:
 * this struct has one member per row, and docs/man/sallyport.conf.5 one
 * paragraph per row; a test compares the three.
 */
struct sp_settings {
	const char *issuer;		/* public base URL, no trailing slash: https://mcp.example.com */
	const char *database;		/* libpq connection string for the programs (role sallyport_app) */
	const char *admin_database;	/* libpq connection string for `sallyport migrate` (owner); "" = database */
	const char *master_key_file;	/* see secret.h */
	const char *template_dir;	/* www/templates */
	const char *static_url;		/* where the web server serves www/static: "/static" */
	const char *log_level;		/* debug info warn error */
	const char *signing_alg;	/* ES256 EdDSA RS256: for keys that `key rotate` makes */
	const char *allowed_origins;	/* space separated browser origins that may call /mcp; "*" allows any */
	const char *fetch_allow;	/* space separated CIDR ranges that the address guard lets through */
	const char *fetch_ca_file;	/* certificates that outgoing requests trust instead of the system's */
	const char *source_allow;	/* the same for services of the catalog, which have to ask for theirs */
	const char *trusted_proxies;	/* space separated CIDR ranges whose X-Forwarded-For is believed */
	const char *tool_role;		/* PostgreSQL role under which SQL tools run */
	const char *tool_schemas;	/* space separated schemas whose functions may become tools */
	const char *resource_dirs;	/* space separated WORD=DIRECTORY: files that resources may give */
	const char *credential_env;	/* prefix of the environment variables that the catalog may refer to; "": none */
	const char *credential_dirs;	/* space separated directories of files that the catalog may refer to */
	const char *executable_dirs;	/* space separated directories of programs that the catalog may run */
	const char *supervisor;		/* the program that starts and ends these: sallyport-exec */
	const char *keeper_socket;	/* Unix socket of sallyport-keeper; "": there is none */
	int64_t keeper_children;	/* MCP servers that it keeps */
	const char *index_roots;	/* space separated directories below which sallyport-index works on demand */
	const char *github_url;		/* of GitHub's API, no trailing slash */
	const char *github_token;	/* a reference (tools/reference.h), or "" */
	int64_t threads;		/* handler threads per process */
	int64_t max_body;		/* bytes */
	int64_t request_timeout;	/* seconds, whole request */
	int64_t max_streams;		/* parked streams of a process; 0 = none */
	int64_t max_user_streams;	/* parked streams of one user in a process; 0 = any number */
	int64_t stream_keepalive;	/* seconds without an event after which a stream gets a comment */
	int64_t max_requests;		/* recycle the process after so many; 0 = never */
	int64_t db_connections;		/* per process; 0 = as many as threads */
	int64_t db_connect_timeout;	/* seconds */
	int64_t statement_timeout;	/* milliseconds, our own statements */
	int64_t tool_timeout;		/* milliseconds, a tool call without a limit of its own */
	int64_t task_timeout;		/* milliseconds, a task without a limit of its own */
	int64_t task_ttl;		/* seconds from the creation of a task until it is forgotten */
	int64_t max_tasks;		/* of one grant, that have not ended */
	int64_t page_size;		/* entries in one answer of a list */
	int64_t access_token_ttl;	/* seconds */
	int64_t refresh_token_ttl;	/* seconds, sliding per rotation */
	int64_t refresh_grace;		/* seconds in which the same refresh replays its answer; 0 = never */
	int64_t code_ttl;		/* seconds */
	int64_t browser_session_ttl;	/* seconds */
	int64_t authorization_request_ttl; /* seconds from /authorize to the decision */
	int64_t mcp_session_ttl;	/* seconds without use */
	int64_t mcp_answer_timeout;	/* seconds for an answer of a client to what a call asks it */
	int64_t request_state_ttl;	/* seconds from a question of a tool to its answers */
	int64_t request_limit;		/* MCP requests of one user and client in a minute; 0 = no limit */
	int64_t completion_limit;	/* of these, completions */
	int64_t client_unused_ttl;	/* seconds until a registered client without tokens expires */
	int64_t registrations_per_hour;	/* per address; 0 = no limit */
	int64_t signin_tries;		/* failed sign-ins per account and address in 15 minutes before waiting */
	bool registration;		/* RFC 7591 open registration */
	bool client_metadata_documents;	/* URL client_ids */
	bool warp_redirect_query;	/* a warp: redirect URI may come with a query that was not registered */
	bool mcp_http_sse;		/* HTTP+SSE of 2024-11-05, at /mcp/sse and /mcp/NAME/sse */
	bool tools_api;			/* plain HTTP, at /tools */
	bool db_listen;			/* LISTEN is possible (false behind PgBouncer transaction pooling) */
	bool source_http;		/* services of the catalog may be reached without TLS, where their document says so */
	bool insecure_http;		/* allow an http issuer that is not loopback, and http client documents in tests */
};

/*
 * Reads all sources.  False: `errors` holds one line per fault and *out is
 * untouched.  The result lives until sp_settings_free().
 */
SP_MUST_USE bool sp_settings_load(struct sp_settings **out, struct sp_buf *errors);
/* Whether there is anything to be read: a file that is named or in its place, or a setting in the environment. */
bool sp_settings_are_there(void);
/*
 * The same from the text of a file, whose name is for the error messages, and an
 * environment ("NAME=value", ended by NULL).
 */
SP_MUST_USE bool sp_settings_parse(struct sp_str text, const char *file, char *const *env,
    struct sp_settings **out, struct sp_buf *errors);
void sp_settings_free(struct sp_settings *s);

/*
 * What stands behind the origin in the issuer: "", or "/NAME" where the web
 * server has other things at its root.  Points into s->issuer.
 */
const char *sp_issuer_path(const struct sp_settings *s);

/* For `sallyport doctor`, --check and the documentation test. */
struct sp_setting_info {
	const char *name;
	const char *type;	/* "text", "integer" or "boolean" */
	const char *unit;	/* "seconds", "bytes" ...; "" for none */
	const char *default_text, *help;
	int64_t min, max;	/* of an integer */
	bool secret;		/* the value is never shown */
};
const struct sp_setting_info *sp_setting_info(size_t index);	/* NULL at the end */
/* The value in text ("" for unset). */
const char *sp_setting_text(const struct sp_settings *s, size_t index, struct sp_arena *mem);

#endif
