/*
 * index_azure.h - an index of Azure AI Search: its definition and its documents
 *
 * Over the REST interface, api-version 2024-07-01 unless the source says
 * otherwise, with the budget, breaker and credential of the source.  Requests are
 * made again after 429 and 503, and so are single documents with these statuses
 * in an answer of 207.
 */
#ifndef SP_BIN_INDEX_AZURE_H
#define SP_BIN_INDEX_AZURE_H

#include <libpq-fe.h>
#include "index_service.h"

#define INDEX_AZURE_PAGE	1000	/* documents that the service gives at once at most */

struct index_azure {
	struct index_service *service;
	const char *name;		/* of the index */
	struct sp_arena *mem;		/* as long as this: messages */
	const char *error;		/* of the last failure */
};

/* What is to be done with one document. */
struct index_azure_action {
	struct sp_str key;
	struct sp_str json;		/* the object, with "@search.action" */
};

/* The index that this source is about.  False: a->error. */
SP_MUST_USE bool index_azure_begin(struct index_azure *a, const struct sp_settings *settings, const char *target,
    struct sp_arena *mem);
void index_azure_end(struct index_azure *a);

/*
 * Makes the index, or sees that it has the fields that are needed (codesearch.
 * azure_definition()).  dimensions 0: no vectors.  may_make false: *there says
 * whether there is one, and nothing is made.
 */
SP_MUST_USE bool index_azure_ensure(struct index_azure *a, PGconn *pg, int64_t dimensions, bool may_make, bool *there);

/* Removes the index with all it holds; none is fine. */
SP_MUST_USE bool index_azure_drop(struct index_azure *a);

/*
 * At most `top` documents of a repository (NULL: of all), in the order of their
 * keys, those behind `after` ("": from the first).  The objects live until the next
 * request.
 */
SP_MUST_USE bool index_azure_read(struct index_azure *a, const char *select, const char *repository, const char *after,
    int64_t top, struct json_object **out, size_t *count);

/* False: one of them was not taken, a->error says which; others may have been. */
SP_MUST_USE bool index_azure_write(struct index_azure *a, struct index_azure_action *actions, size_t count);

/* {"@search.action": "delete", "id": KEY} */
struct index_azure_action index_azure_delete(struct sp_arena *mem, struct sp_str key);

/* "chunking_metadata" of a document: what the indexer has to remember of it. */
struct index_azure_note {
	struct sp_str sha256;		/* of the file, hexadecimal */
	int64_t pieces;			/* of the file */
	struct sp_str model;		/* that has made its vector; absent: it has none */
};
struct sp_str index_azure_note_write(struct sp_arena *mem, const struct index_azure_note *note);
bool index_azure_note_read(struct sp_arena *mem, struct json_object *document, struct index_azure_note *out);

/* The members `vector` and what says of which model it is, for a document. */
void index_azure_write_vector(struct sp_json_writer *w, const float *vector, size_t dimensions);

/* ---- jobs ---- */

struct index_azure_job {
	const struct sp_settings *settings;
	const char *conninfo, *target;
	const char *repository;		/* NULL: all */
	void (*alive)(void *arg);
	void *arg;
	/* of a backfill, as in index_embed.h */
	int64_t batch, most;
	bool bare;
};

/* Each gives its summary as JSON, made in mem.  NULL: *why. */
const char *index_azure_clear(const struct index_azure_job *job, struct sp_arena *mem, const char **why);
const char *index_azure_rebuild(const struct index_azure_job *job, struct sp_arena *mem, const char **why);
const char *index_azure_backfill(const struct index_azure_job *job, struct sp_arena *mem, const char **why);

#endif
