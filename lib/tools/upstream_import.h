/*
 * upstream_import.h - what an upstream says it has, and the rows that are made of it
 *
 * What it says is reduced to the members that we offer, judged, and told apart by
 * a digest, which is what an administrator approves (sallyport.upstream_pin).  The
 * rows are made of approved definitions and of the upstream's own row, and nothing
 * else.
 *
 * A definition is left out, with a reason, when it cannot be offered as it is: a
 * schema that does not compile, a header annotation that a client would refuse, a
 * URI of a form that we do not match, or text with characters that nobody sees
 * (bidirectional controls, tags, zero-width ones), in which a model can be told what
 * a person who approves does not read.
 */
#ifndef SP_TOOLS_UPSTREAM_IMPORT_H
#define SP_TOOLS_UPSTREAM_IMPORT_H

#include "tools/upstream.h"

#define SP_UPSTREAM_ENTRIES_MAX 2000	/* of a list */

struct sp_upstream_definition {
	const char *list;		/* "tool", "resource", "template", "prompt" */
	struct sp_str name;		/* the upstream's; of a resource its URI */
	const char *digest;		/* SHA-256 of the canonical text, in hex; NULL: it is left out */
	struct json_object *definition;	/* the members that count, in their order */
	const char *why;		/* it is left out; one line, safe to print */
};

struct sp_upstream_definitions {
	struct sp_upstream_definition *item;
	size_t count;
};

/*
 * Reduces and judges an entry of a list.  An entry without a name, or one that is no
 * object, has an empty name.
 */
struct sp_upstream_definition sp_upstream_define(struct sp_arena *mem, const char *list, struct json_object *entry);

/* Reads all lists that this upstream is to give; talk is open.  Not SP_MCP_REPLY: talk->client.why. */
SP_MUST_USE enum sp_mcp_reply_kind sp_upstream_lists(struct sp_upstream_talk *talk, struct sp_upstream_definitions *out);

/* Those that are not left out, for sp_q_upstream_found. */
struct sp_str sp_upstream_found_json(struct sp_arena *mem, const struct sp_upstream_definitions *definitions);

/*
 * The rows for sp_q_upstream_rows, of approved definitions.  What the upstream's row
 * leaves out is not in it.  `told` hears of what cannot become a row, and why.
 */
struct sp_str sp_upstream_rows_json(struct sp_arena *mem, const struct sp_upstream *u,
    const struct sp_upstream_definitions *approved, void (*told)(void *arg, const char *name, const char *why), void *arg);

/* The name of a tool or prompt of the upstream as ours: "PREFIX_NAME", fitted to [A-Za-z0-9_-]{1,64}. */
const char *sp_upstream_name(struct sp_arena *mem, const struct sp_upstream *u, struct sp_str name, bool *fitted);

/* ---- text of strangers ---- */

/* Whether all texts in it, names of members too, have only characters that are seen.  False: *why. */
SP_MUST_USE bool sp_upstream_is_visible(struct sp_arena *mem, struct json_object *json, const char **why);
/* For a terminal: what is not seen, or is obeyed, as \u{200B}. */
struct sp_str sp_upstream_shown(struct sp_arena *mem, struct sp_str text);

#endif
