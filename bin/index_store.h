/*
 * index_store.h - files and their pieces into an index
 *
 * There are two kinds: the tables of this database, and an index of Azure AI
 * Search.  Pieces are gathered and written a batch at a time.  A lock in the
 * database keeps two runs over the same repository and index apart.
 *
 * In the database each batch is one transaction: a reader sees a file as it was or
 * as it is, and a run that is killed leaves whole files behind; or the whole run is
 * one transaction, and a reader sees the repository as it was or as it is.  Azure
 * has no transactions: there a file is known when all its pieces are, so that the
 * next run mends what was left.
 */
#ifndef SP_BIN_INDEX_STORE_H
#define SP_BIN_INDEX_STORE_H

#include "base/settings.h"
#include "index_known.h"

/* What of the repository a run has gone through. */
enum index_end { INDEX_ALL_FILES, INDEX_SOME_FILES };

struct index_store;

/* A kind of index; what the functions do is said at those of the same names below. */
struct index_store_kind {
	bool (*put)(struct index_store *store, struct sp_str path, const char *language, int64_t modified_us,
	    const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces);
	bool (*flush)(struct index_store *store);
	bool (*finish)(struct index_store *store, enum index_end how, bool keep, const char *source, size_t *removed);
	bool (*embeds)(struct index_store *store, bool *out);
	void (*close)(struct index_store *store);
};

/* What all of them begin with. */
struct index_store {
	const struct index_store_kind *kind;
	struct sp_arena *mem;		/* as long as the store */
	struct index_known_files known;
	const char *error;		/* of the last failure, in mem */
	/* of one that gives pieces their embeddings itself */
	bool embedding;
	size_t embedded, not_embedded;
	const char *embed_error;	/* from then on they went without; NULL: none did */
};

struct index_store_start {
	const struct sp_settings *settings;
	const char *conninfo, *repository;
	const char *target;	/* the source of an index of Azure AI Search; NULL: the tables of the database */
	bool embed;		/* pieces are to have embeddings from now on */
	bool dry_run;		/* nothing will be written, no lock is taken; what is not there yet is empty */
	bool at_once;		/* the whole run is one transaction, where there are any */
	void (*waiting)(void);	/* called once if another run holds the lock; may be NULL */
};

/*
 * Connects and reads what is known of the repository.  False: *why says what was
 * wrong; it is made in why_mem.
 */
SP_MUST_USE bool index_store_open(const struct index_store_start *start, struct index_store **out,
    struct sp_arena *why_mem, const char **why);
SP_MUST_USE bool index_postgres_open(const struct index_store_start *start, struct index_store **out,
    struct sp_arena *why_mem, const char **why);
SP_MUST_USE bool index_azure_open(const struct index_store_start *start, struct index_store **out,
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

/* How many known files index_store_known() was not asked about. */
size_t index_store_vanished(const struct index_store *store);

/*
 * Whether index_run_embed() is to give the pieces embeddings.  Not those of Azure,
 * which go there with their vectors.  False: the database failed.
 */
SP_MUST_USE bool index_store_embeds(struct index_store *store, bool *out);

/* Of the last failure. */
const char *index_store_error(const struct index_store *store);

/* The key of a piece: 16 hex digits of SHA-256 over "repository:path:number". */
struct sp_str index_chunk_id(struct sp_arena *mem, const char *repository, struct sp_str path, size_t number);

#endif
