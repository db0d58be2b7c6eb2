/* migrate_missing.c - does the database fit this program?  Without linking the migrations' texts */
#include "db/migrate.h"
#include "db/queries.h"

int
sp_migrate_missing(struct sp_db *db)
{
	static const struct sp_column columns[] = { { "recorded", SP_COL_INT, 0 }, { NULL } };
	int64_t recorded;

	if (sp_db_row(db, &sp_q_migration_state, SP_PARAMS(SP_P_INT(sp_migration_newest)), columns,
	    &recorded) == SP_DB_ROW)
		return sp_migration_count - (int)recorded;
	/* no such schema, no such table, or nothing was granted yet: nothing was applied */
	if (strcmp(db->sqlstate, "3F000") == 0 || strcmp(db->sqlstate, "42P01") == 0 ||
	    strcmp(db->sqlstate, "42501") == 0)
		return sp_migration_count;
	return -1;
}
