/*
 * migrate.h - the schema, forward only
 *
 * Migrations are sql/migrations/NNNN-name.sql, built into a table.  Each runs
 * in one transaction, under one advisory lock, and is recorded with the
 * SHA-256 of its text in sallyport.migration; a recorded one whose text has
 * changed is an error.  Placeholders are not used: roles have fixed names.
 */
#ifndef SP_DB_MIGRATE_H
#define SP_DB_MIGRATE_H

#include "db/db.h"

struct sp_migration {
	int number;		/* NNNN */
	const char *name;
	const char *sql;
};
extern const struct sp_migration sp_migrations[];	/* generated, ascending; number 0 ends it */
extern const int sp_migration_newest, sp_migration_count;	/* of them; without linking the texts */

typedef void sp_migrate_fn(void *arg, const struct sp_migration *m, bool applied_now);

/* Applies what is missing, oldest first.  False: *why names the migration and the error. */
SP_MUST_USE bool sp_migrate(const char *conninfo, sp_migrate_fn *progress, void *arg,
    struct sp_arena *mem, const char **why);
/* How many are missing, or -1 when the database cannot be asked. */
int sp_migrate_missing(struct sp_db *db);

#endif
