/*
 * index_walk.h - the files of a tree that belong in the index
 *
 * Names are visited in byte order, so that two runs see the same.  Symbolic
 * links are not followed: what they name is in the tree anyway, or has no
 * business in the index.  Every directory is opened relative to its parent, so
 * that a tree that changes during the walk cannot lead out of itself.
 */
#ifndef SP_BIN_INDEX_WALK_H
#define SP_BIN_INDEX_WALK_H

#include "base/arena.h"

#define INDEX_MAX_DEPTH	100	/* directories; deeper ones are skipped */
#define INDEX_MAX_PATH	1024	/* bytes; a key of the database has to fit in a third of a page */

struct index_file {
	struct sp_str path;	/* relative to the root; NUL-terminated, until the visit returns */
	const char *name;	/* its last component */
	int dir;		/* descriptor of its directory */
	int64_t size;		/* bytes */
	int64_t modified_us;	/* microseconds since 1970 */
};

struct index_walk {
	size_t max_files;
	int64_t max_size;	/* bytes of a file */
	bool (*visit)(void *arg, const struct index_file *file);	/* false ends the walk */
	void *arg;

	/* what was found */
	size_t visited;
	size_t too_large;	/* files over max_size */
	size_t unreadable;	/* directories and names that could not be read */
	size_t ignored;		/* files and directories left out by rules */
	bool full;		/* there were more than max_files */
	bool stopped;		/* visit said so */
};

/* Walks the directory that `root` is open on; false when it cannot be read at all. */
SP_MUST_USE bool index_walk(int root, struct index_walk *walk);

/* Whether files or directories of this name are never for the index. */
bool index_skipped(const char *name, bool directory);

enum index_read { INDEX_READ_OK, INDEX_READ_FAILED, INDEX_READ_BINARY };

/* The bytes of a file, at most walk->max_size; a NUL in them makes it binary. */
SP_MUST_USE enum index_read index_file_read(struct sp_arena *mem, const struct index_walk *walk,
    const struct index_file *file, struct sp_str *bytes);

#endif
