/*
 * index_run.h - one run over a repository: cut what changed into pieces and store them
 *
 * The files come from a directory (index_run_tree) or an archive
 * (index_github.h), which gives each to index_run_file().
 */
#ifndef SP_BIN_INDEX_RUN_H
#define SP_BIN_INDEX_RUN_H

#include <signal.h>
#include "base/settings.h"
#include "index_embed.h"
#include "index_store.h"
#include "index_walk.h"

#define INDEX_MAX_FILES	20000			/* unless something else is said */
#define INDEX_MAX_SIZE	(1024 * 1024)

struct index_options {
	const char *repository;
	const char *target;			/* the source of another index; NULL: the one in the database */
	bool embed;				/* pieces get embeddings from now on */
	bool full;				/* unchanged files, too */
	bool dry_run;
	bool quiet;
	int64_t max_files, max_size;
	struct index_strings only;		/* patterns of gitignore(5); none: every file */
	struct index_strings changed;		/* paths; none: the whole tree */
};

struct index_run {
	const struct index_options *options;
	struct index_walk walk;
	struct index_store *store;
	struct sp_arena *mem;			/* of one file */
	const char *error;			/* of the store */
	const char *commit;			/* of an archive that says which it is; NULL: none */
	bool terminal;				/* progress is shown */
	void (*alive)(void *arg);		/* called now and then while files are gone through; may be NULL */
	void *arg;
	int64_t started_ms, shown_ms;
	size_t pieces, added, changed, unchanged, removed, binary, failed;
	struct index_embed embedded;		/* what index_run_embed() has done */
	bool embeds;				/* it was wanted */
	const char *embed_error;		/* and did not go to its end; NULL: it did */
};

/* Whoever handles signals sets it: the run ends after the file at hand. */
extern volatile sig_atomic_t index_interrupted;

/* Where pieces go: the setting admin_database, or database. */
const char *index_database(const struct sp_settings *settings);

/* A new run into `store`, which stays the caller's. */
void index_run_init(struct index_run *run, const struct index_options *options, struct index_store *store);
void index_run_release(struct index_run *run);

/*
 * One file.  False ends the run: interrupted, or *run->error.  The path and the
 * bytes need not outlive the call.
 */
SP_MUST_USE bool index_run_file(struct index_run *run, struct sp_str path, const char *name, struct sp_str bytes,
    int64_t modified_us);

/* False when the file is none of those that are wanted (options only, changed). */
bool index_run_wants(const struct index_run *run, struct sp_str path);

/*
 * The whole directory that `root` is open on, and what has vanished from it.
 * `source`, JSON or NULL: from where the repository comes from now on.  False:
 * errno says why the directory cannot be read; other trouble is run->error.
 */
SP_MUST_USE bool index_run_tree(struct index_run *run, int root, const char *source);

/* Stores the rest, removes what was not seen (unless `keep`), and notes where it came from. */
void index_run_end(struct index_run *run, bool keep, const char *source);

/*
 * Behind a run: the embeddings of its pieces, if they are wanted (sallyport-index
 * --embed, index_repository with embed_vectors, or a skillset).  Trouble with them is
 * run->embed_error, made in mem; the run has done its work all the same.
 */
void index_run_embed(struct index_run *run, const struct sp_settings *settings, struct sp_arena *mem);

/* Whether something of the tree is not in the index as it should be. */
bool index_run_partial(const struct index_run *run);

/* What was done, as one JSON object. */
struct sp_str index_run_json(const struct index_run *run, struct sp_arena *mem);

/* The same for people, on standard output. */
void index_run_print(const struct index_run *run);

#endif
