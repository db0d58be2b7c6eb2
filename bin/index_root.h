/*
 * index_root.h - directories that the operator has opened for indexing on demand
 *
 * Whoever administers the index over the network names a directory; only what
 * lies below one of the setting index_roots is opened, without following a
 * symbolic link below it, so that neither ".." nor a link in a tree that somebody
 * else writes leads elsewhere.
 */
#ifndef SP_BIN_INDEX_ROOT_H
#define SP_BIN_INDEX_ROOT_H

#include "base/arena.h"

/*
 * A descriptor of the directory `path`: absolute, or relative to the first of
 * `roots` (separated by spaces).  -1: *why, made in mem, says why not.
 */
int index_root_open(struct sp_arena *mem, const char *roots, struct sp_str path, const char **why);

#endif
