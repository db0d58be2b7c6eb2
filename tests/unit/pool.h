/* pool.h - what the tests of lib/db begin with: a scratch database, a pool, an arena */
#ifndef SP_UNIT_POOL_H
#define SP_UNIT_POOL_H

#include "base/arena.h"
#include "database.h"

#define SQL(text, n) NAMED("test", (text), (n))
#define NAMED(name, text, n) (&(const struct sp_query){ (name), (text), (n) })

static struct scratch scratch;
static struct sp_arena *mem;
static struct sp_db_pool *pool;

static inline int
setup(void **state)
{
	(void)state;
	mem = sp_arena_new();
	pool = sp_db_pool_open(scratch.conninfo, 2, 2, 3000, "unit");
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	sp_db_pool_free(pool);
	sp_arena_free(mem);
	return 0;
}

/* For tests that count how often something was tried: a sequence outlives a rollback. */
static inline int
make_attempts(void **state)
{
	free(admin_sql(scratch.admin, "CREATE SEQUENCE attempts"));
	return setup(state);
}

static inline int
drop_attempts(void **state)
{
	free(admin_sql(scratch.admin, "DROP SEQUENCE attempts"));
	return teardown(state);
}

/* Which server process has the session's connection. */
static inline int64_t
backend(struct sp_db *db)
{
	static const struct sp_column columns[] = { { "pid", SP_COL_INT, 0 }, { NULL } };
	int64_t pid = 0;

	assert_int_equal(sp_db_row(db, SQL("SELECT pg_backend_pid() AS pid", 0), SP_NO_PARAMS, columns, &pid),
	    SP_DB_ROW);
	return pid;
}

#endif
