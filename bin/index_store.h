/*
 * index_store.h - files and their pieces into the database
 *
 * Pieces are gathered and written a batch at a time, each batch in one
 * transaction with COPY: a reader sees a file as it was or as it is, and a run
 * that is killed leaves whole files behind; or the whole run is one transaction,
 * and a reader sees the repository as it was or as it is.  An advisory lock
 * keeps two runs over the same repository apart.
 */
#ifndef SP_BIN_INDEX_STORE_H
#define SP_BIN_INDEX_STORE_H

#include "base/secret.h"
#include "index_chunk.h"

struct index_store;

enum index_known { INDEX_NEW, INDEX_CHANGED, INDEX_UNCHANGED };

/* What of the repository a run has gone through. */
enum index_end { INDEX_ALL_FILES, INDEX_SOME_FILES };

struct index_store_start {
	const char *conninfo, *repository;
	bool dry_run;		/* nothing will be written, no lock is taken; what is not there yet is empty */
	bool at_once;		/* the whole run is one transaction */
	void (*waiting)(void);	/* called once if another run holds the lock; may be NULL */
};

/*
 * Connects and reads what is known of the repository.  False: *why says what was
 * wrong; it is made in why_mem.
 */
SP_MUST_USE bool index_store_open(const struct index_store_start *start, struct index_store **out,
    struct sp_arena *why_mem, const char **why);
void index_store_close(struct index_store *store);	/* NULL is fine */

/* Compares with what is stored, and remembers that the file still exists. */
enum index_known index_store_known(struct index_store *store, struct sp_str path,
    const uint8_t sha256[static SP_SHA256_LEN]);

/* Replaces what is stored of a file; written when enough is gathered. */
SP_MUST_USE bool index_store_put(struct index_store *store, struct sp_str path, const char *language,
    int64_t modified_us, const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces);

/* Writes what is gathered. */
SP_MUST_USE bool index_store_flush(struct index_store *store);

/* The run is about these paths: other files are left as they are. */
void index_store_only(struct index_store *store, const struct index_strings *paths);

/*
 * Ends a run: removes the files that index_store_known() was not asked about
 * (unless `keep`), notes the time of a run over all files and its source (JSON;
 * NULL: as it was), and after many changes counts words and lets PostgreSQL tidy
 * its indexes.
 */
SP_MUST_USE bool index_store_finish(struct index_store *store, enum index_end how, bool keep, const char *source,
    size_t *removed);

/* Whether pieces of the repository are to have embeddings.  False: the database failed. */
SP_MUST_USE bool index_store_embeds(struct index_store *store, bool *out);

/* How many known files index_store_known() was not asked about. */
size_t index_store_vanished(const struct index_store *store);

/* Of the last failure. */
const char *index_store_error(const struct index_store *store);

#endif
