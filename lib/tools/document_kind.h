/*
 * document_kind.h - what each kind of document may say
 *
 * A kind is a line of sp_document_kinds[] (document_kind.c): its members, the
 * table its rows go to, and what is judged beyond the types of members.  The
 * table of members is read in both directions: document to row, and row to
 * document.
 */
#ifndef SP_TOOLS_DOCUMENT_KIND_H
#define SP_TOOLS_DOCUMENT_KIND_H

#include "tools/document.h"

enum sp_member_type {
	SP_MEMBER_TEXT,
	SP_MEMBER_BOOL,
	SP_MEMBER_INT,			/* 1 and more */
	SP_MEMBER_DURATION,		/* "500ms", "5s", "2m", "1h", "1d": milliseconds */
	SP_MEMBER_SIZE,			/* "64KiB", "1MiB", "512B", or a number: bytes */
	SP_MEMBER_TEXTS,		/* an array of strings */
	SP_MEMBER_TIER,
	SP_MEMBER_OBJECT,
	SP_MEMBER_ARRAY,
	SP_MEMBER_ANY,
};

/* Where a member goes. */
enum sp_member_to {
	SP_TO_COLUMN,			/* of the row */
	SP_TO_OPTIONS,			/* member of the column "options" */
	SP_TO_SPEC,			/* the column "spec" is this object, and column "kind" its name */
	SP_TO_JUDGE,			/* what the kind's judge makes of it */
};

struct sp_member {
	const char *name;		/* NULL ends the table */
	enum sp_member_type type;
	enum sp_member_to to;
	const char *column;		/* NULL: of the same name */
	bool required;
	const char *otherwise;		/* JSON of the column when the member is not there; NULL: null, or left alone */
	bool kept;			/* not there: the row keeps what it has */
};

struct sp_document_kind {
	const char *name;
	const char *table;		/* of schema sallyport; NULL: it has no row of its own */
	const char *key;		/* the column of its name: "name", "uri"; NULL: no name */
	const char *server;		/* the column of its server; NULL: belongs to none */
	const struct sp_member *members;
	bool is_spec;			/* all other members together are the column "spec" */
	/*
	 * Judges what the table of members cannot, and fills doc->row further.  The
	 * row has the columns of the members already.  Faults are reported with
	 * sp_document_fault().  NULL: nothing more.
	 */
	void (*judge)(struct sp_documents *all, struct sp_document *doc);
	/*
	 * The other way: what judge() put into the row, as members of the document, in
	 * front of the first that goes to judge().  NULL: nothing.
	 */
	void (*write)(struct sp_arena *mem, struct json_object *row, struct json_object *document);
	/*
	 * Makes other documents of this one (sp_documents_make()), as soon as it is
	 * read.  NULL: it makes none.
	 */
	void (*expand)(struct sp_documents *all, const struct sp_document *doc);
};

/* A tree that is no document by itself but is recognised by a member: {"mcpServers": {...}}. */
struct sp_document_shape {
	const char *member;
	void (*expand)(struct sp_documents *all, const struct sp_document *from);	/* from->body is the tree */
};

extern const struct sp_document_kind sp_document_kinds[];	/* in the order they depend on each other; .name NULL ends */
extern const struct sp_document_shape sp_document_shapes[];

/* NULL: there is none. */
const struct sp_document_kind *sp_document_kind_find(struct sp_str name);

/* ---- for the kinds ---- */

/* "1500ms" and 64 KiB in words of a document; *out untouched when they are none. */
SP_MUST_USE bool sp_document_duration(struct sp_str text, int64_t *milliseconds);
SP_MUST_USE bool sp_document_size(struct sp_str text, int64_t *bytes);

bool sp_document_are_texts(struct json_object *value);	/* an array of strings */

/*
 * Reports every member of `object` that is not among `names` (NULL ends them).
 * `path` leads to the object from the document.
 */
void sp_document_only(struct sp_documents *all, const struct sp_document *doc, const char *path,
    struct json_object *object, const char *const *names);

/* "request.path: ..." of a kind's load() at its place below the member (""; of the whole document). */
void sp_document_kind_fault(struct sp_documents *all, const struct sp_document *doc, const char *member,
    const char *why);
/* Members that several kinds have: scopes (a member of the row), the server, the name (letters, digits and `others`). */
void sp_document_judge_scopes(struct sp_documents *all, const struct sp_document *doc, const char *member);
void sp_document_judge_server(struct sp_documents *all, const struct sp_document *doc);
void sp_document_judge_icons(struct sp_documents *all, const struct sp_document *doc);
void sp_document_judge_name(struct sp_documents *all, const struct sp_document *doc, size_t max, const char *others);

/* document_tool.c, document_content.c, document_server.c */
extern const struct sp_member sp_tool_members[], sp_prompt_members[], sp_resource_members[];
extern const struct sp_member sp_server_members[], sp_scope_members[], sp_group_members[];
void sp_document_judge_tool(struct sp_documents *all, struct sp_document *doc);
void sp_document_write_tool(struct sp_arena *mem, struct json_object *row, struct json_object *document);
void sp_document_judge_prompt(struct sp_documents *all, struct sp_document *doc);
void sp_document_write_prompt(struct sp_arena *mem, struct json_object *row, struct json_object *document);
void sp_document_judge_resource(struct sp_documents *all, struct sp_document *doc);
void sp_document_write_resource(struct sp_arena *mem, struct json_object *row, struct json_object *document);
void sp_document_judge_servers(struct sp_documents *all, struct sp_document *doc);
void sp_document_judge_scope(struct sp_documents *all, struct sp_document *doc);
void sp_document_expand_server(struct sp_documents *all, const struct sp_document *doc);
void sp_document_judge_source(struct sp_documents *all, struct sp_document *doc);
void sp_document_judge_credential(struct sp_documents *all, struct sp_document *doc);

/* document_upstream.c */
void sp_document_judge_upstream(struct sp_documents *all, struct sp_document *doc);
void sp_document_expand_mcp_servers(struct sp_documents *all, const struct sp_document *from);
/* openapi_document.c */
extern const struct sp_member sp_openapi_members[];
void sp_document_expand_openapi(struct sp_documents *all, const struct sp_document *doc);

#endif
