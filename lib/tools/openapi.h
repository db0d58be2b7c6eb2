/*
 * openapi.h - tools out of an OpenAPI document, as proposals
 *
 * A pure function: an OpenAPI description (3.0 or 3.1) and rules give tool
 * documents of kind http, and remarks on what was left out or changed.  Nothing
 * is read, asked or applied here.
 *
 * The rules are a document of kind openapi (docs/catalog.md, "OpenAPI"):
 *
 *	source		name of a source of the catalog, or an https URL; not
 *			there: the first server of the description
 *	include, exclude  arrays of {tag, path, method, operationId}; each
 *			member is a pattern or an array of them, in which "*"
 *			stands for anything but "/", and "**" for anything
 *	names		{operationId or "GET /path": name of the tool}
 *	prefix		in front of all other names
 *	bind		{name of an argument: {from: ...} or {value: ...}}: it is
 *			bound wherever it is found, and not the caller's
 *	defaults	members that every tool document gets (tier, timeout, ...)
 *	overrides	{operationId or "GET /path": members over all else}
 *	read_only	GET and HEAD only
 *	deprecated	deprecated operations, too
 *	output		false: no output schemas
 *	security_scopes	false: the API's scopes are not asked of callers
 *	scope_prefix	in front of the API's scopes
 *	max_input, max_output, max_description  bytes, or "32KiB"
 *
 * The description may come from a stranger: work, memory, and the size of each
 * schema are bounded, references outside the description are never followed, and
 * only keywords that are known get into a schema.  The same input gives the same
 * documents, and the name of a tool does not depend on the order of operations
 * or on what else is included.
 */
#ifndef SP_TOOLS_OPENAPI_H
#define SP_TOOLS_OPENAPI_H

#include "tools/document.h"

#define SP_OPENAPI_MAX_BYTES	((size_t)32 * 1024 * 1024)	/* of the description; the largest in the wild has half */

struct sp_openapi {
	struct json_object *documents;	/* array: the source if there is none yet, then the tools in the description's order */
	struct json_object *remarks;	/* array of {"operation"?: "GET /path", "text"} */
	size_t operations;		/* of the description */
	size_t left_out;		/* of them by rules, or because they cannot be tools */
	size_t tools;
	size_t bytes;			/* of all their schemas and descriptions */
};

/*
 * False: *why, in mem, says what is wrong with the rules ("include[1].verb: not
 * a member of a rule") or with the description ("the description: ...").  The
 * trees of *out belong to mem; both inputs are only read.
 */
SP_MUST_USE bool sp_openapi_import(struct sp_arena *mem, struct json_object *rules,
    struct json_object *description, struct sp_openapi *out, const char **why);

/* ---- kind openapi among the documents of a catalog ---- */

/*
 * Reads a description beside a document, JSON or YAML.  False: *why.
 */
SP_MUST_USE bool sp_openapi_read(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
    struct json_object **out, const char **why);
/* What becomes of a document of kind openapi.  False: it has a fault. */
SP_MUST_USE bool sp_openapi_of_document(struct sp_documents *all, const struct sp_document *doc,
    struct sp_openapi *out);

#endif
