/*
 * index_github.h - a repository of GitHub into the index, from one archive
 *
 * GET {github_url}/repos/{owner}/{name}/tarball/{ref} answers with a redirect to
 * the archive, which is fetched without our token: the place it names may be
 * another host's.  The archive is kept in a file without a name, looked through
 * once as a whole, and only then indexed, in one transaction.
 */
#ifndef SP_BIN_INDEX_GITHUB_H
#define SP_BIN_INDEX_GITHUB_H

#include "index_run.h"

struct index_github {
	struct sp_str repo;	/* owner/name */
	struct sp_str ref;	/* a branch, a tag or a commit; absent: the default branch */
	struct sp_str token;	/* a reference (reference.h); absent: the setting github_token */
};

/* True for what may stand in a URL as it is: owner/name, and a name of a branch, tag or commit. */
bool index_github_repo_valid(struct sp_str repo);
bool index_github_ref_valid(struct sp_str ref);

/*
 * Fetches the archive: a descriptor, at its beginning; -1: *why, made in mem.  It
 * says what GitHub answered, and nothing of the token.
 */
int index_github_fetch(struct sp_arena *mem, const struct sp_settings *settings, const struct index_github *github,
    const char **why);

/*
 * Indexes the archive; `run` has a store that was opened with at_once.  `source`
 * as in index_run_tree().  False: *why, made in mem,
 * which must live as long as the run.
 */
SP_MUST_USE bool index_github_archive(struct index_run *run, int archive, const char *source, struct sp_arena *mem,
    const char **why);

#endif
