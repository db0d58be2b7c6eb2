/*
 * document.h - the catalog as documents: from JSON to rows, and back
 *
 * A document is an object with "kind" and "name"; what else it may have is the
 * kind's table of members (document_kind.h).  All faults of all documents are
 * collected, each with the file and the line where it stands, so that an author
 * mends them in one go.  A member that is unknown is a fault, with a suggestion
 * when it looks misspelt.
 *
 * The reader of files (bin/catalog_yaml.c, bin/catalog_json.c) makes trees with
 * places; from there on nothing knows in which notation a document was written.
 *
 * Judging is done by the code that the workers load rows with: sp_schema_compile()
 * and the load() of the tool's kind.
 */
#ifndef SP_TOOLS_DOCUMENT_H
#define SP_TOOLS_DOCUMENT_H

#include "base/json.h"

/* ---- where things stand ---- */

/* One for each node of a tree, in the same shape. */
struct sp_place {
	int line;
	struct sp_str name;		/* of the member; of an item of an array absent */
	const struct sp_place *child, *next;
};

/* The place of a member; the place itself when it has none of this name. */
const struct sp_place *sp_place_member(const struct sp_place *place, const char *name);
/*
 * The place that a path leads to, or as far as it is found: of names and
 * indexes, "request.headers.X-Id", "steps[2].path" or "#/properties/limit".
 */
const struct sp_place *sp_place_find(const struct sp_place *place, struct sp_str path);

/* ---- what is wrong ---- */

#define SP_FAULTS_MAX 100		/* more than anybody mends at a time */

struct sp_fault {
	const char *file;
	int line;			/* 0: of the whole file */
	const char *message;		/* control characters of what was read are escaped */
};

struct sp_faults {
	struct sp_arena *mem;
	struct sp_fault item[SP_FAULTS_MAX];
	size_t count, more;		/* more: how many were not kept */
};

void sp_fault(struct sp_faults *faults, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* "did you mean \"timeout\"?" with "; " before it, or "" when none of the names (NULL ends them) is near. */
const char *sp_suggestion(struct sp_arena *mem, struct sp_str word, const char *const *names);

/* ---- documents ---- */

struct sp_document_kind;		/* document_kind.h */

struct sp_document {
	const struct sp_document_kind *kind;
	const char *file;		/* as it was named: for messages */
	const struct sp_place *place;
	struct json_object *body;	/* as written */
	const char *server;		/* "": /mcp; also of kinds that belong to no server */
	const char *name;		/* of a resource its URI */
	const char *group;		/* NULL: none */
	const char *origin;		/* what made it: "document DIRECTORY/FILE", "openapi NAME" ... */
	struct json_object *row;	/* columns of its table; NULL: it has none, or is at fault */
	struct sp_document *next;	/* in the order they came in */
};

struct sp_documents {
	struct sp_arena *mem;
	struct sp_faults faults;
	struct sp_faults remarks;	/* no faults, and somebody wants to know: what an import left out, what was not checked */
	struct sp_document *first, **end;
	size_t count;
	/*
	 * Reads a file beside a document: `path` as the document has it, from the
	 * directory of the document's file.  With a place it is a tree (YAML or JSON),
	 * else its bytes.  False: *why.  NULL: there are no other files.
	 */
	bool (*read_bytes)(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
	    struct sp_str *out, const char **why);
	bool (*read_tree)(struct sp_documents *all, const struct sp_document *from, struct sp_str path,
	    struct json_object **out, const struct sp_place **place, const char **why);
	/*
	 * The row of a kind and name that is in the database and not in the documents,
	 * with the columns of its table, or NULL.  NULL: nobody can be asked; row() may
	 * find that out, and set it.
	 */
	struct json_object *(*row)(struct sp_documents *all, const char *kind, const char *name);
	void *arg;			/* of these */
};

void sp_documents_init(struct sp_documents *all, struct sp_arena *mem);

/*
 * Takes one tree that was read: a document, an array of them, or another shape
 * that the table of kinds knows ({"mcpServers": {...}}).  What comes from the file
 * is known by `known`, the same for each way to name it.  The tree and its places
 * must live as long as mem.  What is wrong with its frame (no kind, an unknown
 * kind, no name, a name twice) is a fault.
 */
void sp_documents_add(struct sp_documents *all, const char *file, const char *known, const struct sp_place *place,
    struct json_object *tree);
/*
 * For kinds that make other documents of theirs: the same with an origin, as if
 * it stood where `from` stands.  The tree is an object with "kind" and "name".
 */
void sp_documents_make(struct sp_documents *all, const struct sp_document *from, const char *origin,
    struct json_object *tree);

/* Judges all of them and makes their rows.  False: there are faults, now or from adding. */
SP_MUST_USE bool sp_documents_check(struct sp_documents *all);

/* A fault at a path below the document ("" is its first line). */
void sp_document_fault(struct sp_documents *all, const struct sp_document *doc, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * What is named there is not among the documents, and all->row() did not know it
 * either: a fault; where nobody can be asked, a remark.
 */
void sp_document_missing(struct sp_documents *all, const struct sp_document *doc, const char *path, const char *kind,
    const char *name);

const struct sp_document *sp_documents_find(const struct sp_documents *all, const char *kind, const char *server,
    const char *name);
/*
 * The spec of the source, credential or upstream of this name, from the documents
 * or else from the database; with "name" in it and a source's credential in its
 * place, as sallyport.tool_spec() gives it to a worker.  NULL: there is none.
 */
struct json_object *sp_documents_spec(struct sp_documents *all, const char *kind, const char *name);

/*
 * All of them for sallyport.catalog_apply(): an array of
 * {"kind", "server", "name", "group", "origin", "body", "row"}.
 */
struct sp_str sp_documents_json(struct sp_documents *all);

/*
 * The document that makes this row: what export prints, and what a difference is
 * told in.  `row` has the columns of the kind's table; NULL gives an empty object.
 */
struct json_object *sp_document_of_row(struct sp_arena *mem, const struct sp_document_kind *kind,
    struct json_object *row);

#endif
