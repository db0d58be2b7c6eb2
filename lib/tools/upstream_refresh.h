/*
 * upstream_refresh.h - reading what an upstream has, and telling the database
 *
 * `sallyport catalog refresh` and sallyport-runner do it; nothing of it becomes
 * visible to clients by itself (upstream_import.h).
 */
#ifndef SP_TOOLS_UPSTREAM_REFRESH_H
#define SP_TOOLS_UPSTREAM_REFRESH_H

#include "tools/upstream_import.h"

#define SP_UPSTREAM_REFRESH_S	3600	/* how old a runner lets the lists become */

struct sp_upstream_change {
	const char *action;		/* new, changed, gone, back; of an approval added, changed, removed */
	const char *list, *name;
};

struct sp_upstream_refreshed {
	const char *why;		/* it could not be read; NULL: it was */
	struct sp_upstream_definitions definitions;	/* those that are left out among them */
	struct sp_upstream_change *change;		/* since the last time */
	size_t count;
};

/*
 * Reads the lists of one upstream (spec: as sp_q_upstream_get gives it) and tells
 * the database what was found, or that it failed.  req has settings, an arena and
 * db; gone (may be NULL) ends it early.  False: the database failed, or the spec is malformed (out->why, else db says it).
 */
SP_MUST_USE bool sp_upstream_refresh(struct sp_request *req, const char *name, struct sp_str spec, bool (*gone)(void *arg),
    void *arg, struct sp_upstream_refreshed *out);

/*
 * Makes the rows of what was approved: for the owner of the schema.  False: db says
 * why.  *changed: clients see something else than before.
 */
SP_MUST_USE bool sp_upstream_make_rows(struct sp_request *req, const char *name, struct sp_str spec, bool *changed,
    void (*told)(void *arg, const char *name, const char *why), void *arg);

/* The rows (action, list, name) of sp_q_upstream_found and sp_q_upstream_approve. */
extern const struct sp_column sp_upstream_change_columns[];

#endif
