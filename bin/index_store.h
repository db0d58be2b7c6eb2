/*
 * index_store.h - files and their pieces into the database
 *
 * Pieces are gathered and written a batch at a time, each batch in one
 * transaction with COPY: a reader sees a file as it was or as it is, and a run
 * that is killed leaves whole files behind.  An advisory lock keeps two runs
 * over the same repository apart.
 */
#ifndef SP_BIN_INDEX_STORE_H
#define SP_BIN_INDEX_STORE_H

#include "base/secret.h"
#include "index_chunk.h"

struct index_store;

enum index_known { INDEX_NEW, INDEX_CHANGED, INDEX_UNCHANGED };

/*
 * Connects and reads what is known of the repository.  `write` false: nothing
 * will be written, no lock is taken, and a repository that is not there yet is
 * an empty one.  `waiting` is called once if another run holds the lock.
 * False: *why says what was wrong; it is made in why_mem.
 */
SP_MUST_USE bool index_store_open(const char *conninfo, const char *repository, bool write,
    void (*waiting)(void), struct index_store **out, struct sp_arena *why_mem, const char **why);
void index_store_close(struct index_store *store);	/* NULL is fine */

/* Compares with what is stored, and remembers that the file still exists. */
enum index_known index_store_known(struct index_store *store, struct sp_str path,
    const uint8_t sha256[static SP_SHA256_LEN]);

/* Replaces what is stored of a file; written when enough is gathered. */
SP_MUST_USE bool index_store_put(struct index_store *store, struct sp_str path, const char *language,
    int64_t modified_us, const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces);

/* Writes what is gathered. */
SP_MUST_USE bool index_store_flush(struct index_store *store);

/*
 * Ends a complete run: removes the files that index_store_known() was not asked
 * about (unless `keep`), notes the time, and after many changes counts words
 * and lets PostgreSQL tidy its indexes.
 */
SP_MUST_USE bool index_store_finish(struct index_store *store, bool keep, size_t *removed);

/* How many known files index_store_known() was not asked about. */
size_t index_store_vanished(const struct index_store *store);

/* Of the last failure. */
const char *index_store_error(const struct index_store *store);

#endif
