/*
 * migrate.h - the schema, forward only
 *
 * Migrations are sql/migrations/NNNN-name.sql, built into a table.  Each runs
 * in one transaction, under one advisory lock, and is recorded with the
 * SHA-256 of its text in sallyport.migration, which the migrator makes itself
 * (with the schema).  A recorded one whose text has changed is an error, and so
 * is one that this program does not know.  Placeholders are not used: roles
 * have fixed names, and exist before.
 *
 * Each begins with a fresh session: lock_timeout 1 s, so that traffic does not
 * queue up behind it for longer; one that met a lock is tried again for a while.
 */
#ifndef SP_DB_MIGRATE_H
#define SP_DB_MIGRATE_H

#include "db/db.h"

struct sp_migration {
	int number;		/* NNNN */
	const char *name;	/* without the number */
	const char *sql;
};
extern const struct sp_migration sp_migrations[];	/* generated, ascending; number 0 ends it */
extern const int sp_migration_newest, sp_migration_count;	/* of them; without linking the texts */

typedef void sp_migrate_fn(void *arg, const struct sp_migration *m, bool applied_now);

/*
 * Applies what is missing, oldest first; progress (or NULL) hears of each, also
 * of those that were there.  conninfo is the owner's, direct to the server.
 * False: *why names the migration, the line and the error; what was applied
 * before stays.
 */
SP_MUST_USE bool sp_migrate(const char *conninfo, sp_migrate_fn *progress, void *arg,
    struct sp_arena *mem, const char **why);
/* The same from another table. */
SP_MUST_USE bool sp_migrate_from(const struct sp_migration *table, const char *conninfo,
    sp_migrate_fn *progress, void *arg, struct sp_arena *mem, const char **why);
/* How many are missing (all of them in an empty database), or -1 when the database cannot be asked. */
int sp_migrate_missing(struct sp_db *db);

#endif
