/*
 * upstream.h - other MCP servers whose tools, resources and prompts are ours to offer
 *
 * The row of an upstream says where it is and what of it is offered
 * (docs/catalog.md, "Upstream MCP server").  What it had when somebody approved it
 * became rows of kind "upstream" (upstream_import.h); a list of ours never asks it.
 *
 * A call is one conversation: over Streamable HTTP, or with a child that lives as
 * long as the call.  The token of our caller never travels: an upstream knows us by
 * the headers, the credential or the environment of its row.
 *
 * An upstream that fails again and again is down: its entries are left out of the
 * lists and calls are answered at once, until a call that may try, or the next
 * refresh, finds that it is back.
 */
#ifndef SP_TOOLS_UPSTREAM_H
#define SP_TOOLS_UPSTREAM_H

#include "tools/credential.h"
#include "tools/mcp_client.h"
#include "tools/run.h"

#define SP_UPSTREAM_MESSAGE_MAX ((size_t)8 << 20)	/* bytes of one message of an upstream, whatever max_bytes says */

/* "NAME: value" with references in the value. */
struct sp_upstream_pair {
	const char *name, *value;
};

struct sp_upstream {
	const char *name;		/* NULL: not known yet (a document that is checked) */
	const char *prefix;		/* of its tools and prompts, and of the schemes of its resources */
	const char *server;		/* of ours that offers them; "": /mcp */
	const char *url;		/* NULL: a command */
	const struct sp_upstream_pair *headers;
	size_t header_count;
	const char *const *command;	/* argv, ended by NULL */
	const struct sp_upstream_pair *environment;
	size_t environment_count;
	const char *directory;		/* NULL: "/" */
	struct json_object *credential;	/* its name in a document, else its row; NULL: none */
	const struct sp_credential *knows_us_by;	/* the same read; NULL: none */
	const char *allow;		/* CIDR ranges beyond the guard, which setting source_allow has to name, too */
	enum sp_mcp_client_era era;	/* SP_MCP_ERA_UNKNOWN: auto */
	enum sp_mcp_client_era found;	/* what was found out, of state */
	bool down;
	bool completes, tells;		/* what it has said it can: completion/complete; notifications of its lists */
	bool keep;			/* by sallyport-keeper */
	bool prompts, resources;	/* are offered, too */
	int64_t timeout_ms;		/* of a call; 0: setting tool_timeout */
	int64_t max_bytes;		/* of a result */
	int64_t memory_bytes, cpu_s, processes;		/* of a child; 0: as child.h has it */
	const char *tier;
	struct json_object *scopes;	/* of entries that say nothing else; an array, or NULL */
	struct json_object *rules;	/* "tools" of the document; NULL: all, as they are */
};

/*
 * Reads and judges the object of an upstream, as a document has it or (with "name"
 * and "state") as workers see it.  False: *why, in mem, begins with the member that
 * is at fault.  The tree must live as long as *out.
 */
SP_MUST_USE bool sp_upstream_read(struct sp_arena *mem, struct json_object *json, struct sp_upstream *out,
    const char **why);

/* The members that an upstream may have; ended by NULL. */
extern const char *const sp_upstream_members[];
/* Of them those of an override that go to column options; ended by NULL. */
extern const char *const sp_upstream_options[];

/* "500ms", "5s", "2m", "1h", or a number of milliseconds; at most an hour. */
SP_MUST_USE bool sp_upstream_duration(struct json_object *json, int64_t *ms);
/* "64KiB", "1MiB", "2GiB", or a number of bytes. */
SP_MUST_USE bool sp_upstream_size(struct json_object *json, int64_t max, int64_t *bytes);

/* ---- a conversation ---- */

struct sp_upstream_talk {
	struct sp_request *req;		/* settings, master keys, arena */
	const struct sp_caller *caller;	/* whose call it is; NULL: nobody's */
	const struct sp_upstream *upstream;
	int64_t deadline_ms;
	size_t max_bytes;		/* of a result */
	bool (*gone)(void *arg);	/* NULL: nobody leaves */
	void *arg;
	struct sp_mcp_client client;	/* capabilities, responses, exchange and trace are preset by the caller */
};

/*
 * Opens it: the era of the row, or what was found out, or what is found out now
 * (then talk->client.era says it, and the row of state is to be told).  Not
 * SP_MCP_REPLY: it could not be; talk->client.why.  It has to be closed in any case.
 */
SP_MUST_USE enum sp_mcp_reply_kind sp_upstream_open(struct sp_upstream_talk *talk);
/* The same when a call has found that the era is another one now. */
SP_MUST_USE enum sp_mcp_reply_kind sp_upstream_reopen(struct sp_upstream_talk *talk);
void sp_upstream_close(struct sp_upstream_talk *talk);

/* ---- names ---- */

/* The URI by which an upstream's resource, or template, is ours: "PREFIX+" in front of its scheme. */
const char *sp_upstream_uri(struct sp_arena *mem, const struct sp_upstream *u, struct sp_str uri);
/* And back; absent: it is none of this upstream's. */
struct sp_str sp_upstream_uri_back(const struct sp_upstream *u, struct sp_str uri);

/* Is it left out of lists: held for approval, or its upstream is down? */
bool sp_upstream_is_away(const struct sp_tool *tool);

/* What completes an argument (which lives as long as mem) of this prompt or template of kind "upstream". */
const struct sp_tool *sp_upstream_completion(struct sp_arena *mem, const struct sp_tool *entry, const char *argument);

extern const struct sp_tool_kind sp_upstream_kind;

#endif
