/*
 * index_ignore.h - which files are left out: .gitignore as git reads it
 *
 * Each directory may add rules; the rules of the deepest directory are asked
 * first, within a file the last matching one decides, and what an ignored
 * directory holds cannot be brought back (the walk never enters it).
 */
#ifndef SP_BIN_INDEX_IGNORE_H
#define SP_BIN_INDEX_IGNORE_H

#include "base/arena.h"

struct index_ignore;

/*
 * Adds the rules in `text` (a whole .gitignore) that stand in directory `dir`
 * (relative to the root, "" for the root itself) to those of `parent` (NULL:
 * none).  The result lives in the arena and points to `parent` and `text`;
 * without a rule it is `parent` itself.
 */
const struct index_ignore *index_ignore_add(struct sp_arena *mem, const struct index_ignore *parent,
    struct sp_str dir, struct sp_str text);

/* Whether a path (relative to the root, no leading slash) is left out. */
bool index_ignored(const struct index_ignore *rules, struct sp_str path, bool is_directory);

/*
 * gitignore(5) patterns: * ? [set] stop at a slash, a whole component of two
 * stars stands for any number of directories.  Bounded time: a pattern that
 * needs more than 100,000 steps does not match.
 */
bool index_glob(struct sp_str pattern, struct sp_str text);

#endif
