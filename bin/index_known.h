/*
 * index_known.h - the files that an index has, and what a run has seen of them
 */
#ifndef SP_BIN_INDEX_KNOWN_H
#define SP_BIN_INDEX_KNOWN_H

#include "base/secret.h"
#include "index_chunk.h"

enum index_known { INDEX_NEW, INDEX_CHANGED, INDEX_UNCHANGED };

struct index_known_file {
	struct sp_str path;
	uint8_t sha256[SP_SHA256_LEN];	/* of the bytes on disk */
	bool seen;			/* it still exists, or the run is not about it */
	void *more;			/* of the index */
};

struct index_known_files {
	struct index_known_file *file;
	size_t count, room;
	size_t *slots, nslots;		/* open addressing; 0: empty, else index + 1 */
};

/* Another one, whose path nobody has added before; zeroed but for the path, which must stay. */
struct index_known_file *index_known_add(struct sp_arena *mem, struct index_known_files *files, struct sp_str path);

struct index_known_file *index_known_find(const struct index_known_files *files, struct sp_str path);	/* NULL: it is new */

/* Compares, and remembers that the file exists. */
enum index_known index_known_check(struct index_known_files *files, struct sp_str path,
    const uint8_t sha256[static SP_SHA256_LEN]);

/* The run is about these alone: other files count as seen. */
void index_known_only(struct index_known_files *files, const struct index_strings *paths);

size_t index_known_vanished(const struct index_known_files *files);	/* how many were not seen */

#endif
