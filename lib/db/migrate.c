/* migrate.c - applies what is missing of the schema */
#include <inttypes.h>
#include <time.h>
#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/conn.h"
#include "db/migrate.h"

#define LOCK_KEY	"7234916520114853741"	/* of the advisory lock; any number that is ours alone */
#define CONNECT_SECONDS	10
#define LOCKED_TRIES	30			/* about a minute, at lock_timeout and a pause each */
#define LOCKED_PAUSE_MS	700

struct migrator {
	PGconn *pg;
	struct sp_arena *mem;
	const struct sp_migration *table;
	char sqlstate[6];		/* of the last error */
	const char *why;
};

/* The line on which character `position` (from 1) stands, in a text that is UTF-8. */
static int
line_of(const char *text, int64_t position)
{
	int line = 1;

	for (; *text != '\0' && position > 1; text++) {
		line += *text == '\n';
		position -= (text[1] & 0xc0) != 0x80;
	}
	return line;
}

/* sql may be several statements.  NULL: m->why says what and m->sqlstate how. */
static PGresult *
run(struct migrator *m, const char *sql)
{
	PGresult *r = PQexec(m->pg, sql);
	const char *message, *sqlstate, *position;
	int64_t at;

	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		return r;
	default:
		break;
	}
	sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	snprintf(m->sqlstate, sizeof(m->sqlstate), "%s", sqlstate != NULL ? sqlstate : "");
	if (message == NULL)
		m->why = sp_db_pg_error(m->pg, m->mem);
	else if (position != NULL && sp_str_int64(sp_str(position), 1, INT64_MAX, &at))
		m->why = sp_printf(m->mem, "line %d: %s (%s)", line_of(sql, at), message, m->sqlstate);
	else
		m->why = sp_printf(m->mem, "%s (%s)", message, m->sqlstate);
	PQclear(r);
	return NULL;
}

static bool
run_only(struct migrator *m, const char *sql)
{
	PGresult *r = run(m, sql);

	PQclear(r);
	return r != NULL;
}

static void
log_notice(void *arg, const PGresult *notice)
{
	(void)arg;
	sp_db_log_notice(notice);
}

/* One at a time: another migrator is waited for, and its work is seen afterwards. */
static bool
begin_locked(struct migrator *m)
{
	return run_only(m, "DISCARD ALL") &&		/* what an earlier migration may have SET */
	    run_only(m, "BEGIN; SET LOCAL lock_timeout = '10min';"
	    " SELECT pg_catalog.pg_advisory_xact_lock(" LOCK_KEY "); SET LOCAL lock_timeout = '1s'");
}

static bool
make_bookkeeping(struct migrator *m)
{
	PGresult *r;
	bool there;

	if (!begin_locked(m) ||
	    (r = run(m, "SELECT pg_catalog.to_regclass('sallyport.migration')")) == NULL)
		return false;
	there = !PQgetisnull(r, 0, 0);
	PQclear(r);
	/* Readable by whoever may use the schema: the programs ask whether they fit the database. */
	return (there || run_only(m,
	    "CREATE SCHEMA IF NOT EXISTS sallyport;"
	    "CREATE TABLE sallyport.migration ("
	    " number integer PRIMARY KEY,"
	    " name text NOT NULL,"
	    " sha256 bytea NOT NULL,"
	    " applied_at timestamptz NOT NULL DEFAULT now());"
	    "GRANT SELECT ON sallyport.migration TO PUBLIC")) &&
	    run_only(m, "COMMIT");
}

static const char *
digest_of(struct migrator *m, const struct sp_migration *migration)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(sp_str(migration->sql), digest);
	return sp_cstr(m->mem, sp_hex_encode(m->mem, digest, sizeof(digest)));
}

/* Is what the database has a beginning of what this program has? */
static bool
compare(struct migrator *m)
{
	const struct sp_migration *known;
	PGresult *r = run(m, "SELECT number, name, pg_catalog.encode(sha256, 'hex')"
	    " FROM sallyport.migration ORDER BY number");
	bool same = true;

	if (r == NULL)
		return false;
	for (int i = 0; same && i < PQntuples(r); i++) {
		int64_t number = 0;

		same = sp_str_int64(sp_str(PQgetvalue(r, i, 0)), 0, INT32_MAX, &number);
		for (known = m->table; known->number != 0 && known->number != number; known++)
			;
		if (known->number == 0) {
			m->why = sp_printf(m->mem, "the database is newer than this program: it has migration %04d-%s",
			    (int)number, PQgetvalue(r, i, 1));
			same = false;
		} else if (strcmp(PQgetvalue(r, i, 2), digest_of(m, known)) != 0) {
			m->why = sp_printf(m->mem, "migration %04d-%s was applied with another text: "
			    "a migration is never edited, a new one follows it", known->number, known->name);
			same = false;
		}
	}
	PQclear(r);
	return same;
}

static bool
is_recorded(struct migrator *m, const struct sp_migration *migration, bool *recorded)
{
	PGresult *r = run(m, sp_printf(m->mem, "SELECT 1 FROM sallyport.migration WHERE number = %d",
	    migration->number));

	*recorded = PQntuples(r) > 0;
	PQclear(r);
	return r != NULL;
}

static bool
apply_once(struct migrator *m, const struct sp_migration *migration, bool *applied_now)
{
	bool recorded;

	m->sqlstate[0] = '\0';
	if (!begin_locked(m) || !is_recorded(m, migration, &recorded))
		return false;
	*applied_now = !recorded;
	if (recorded)
		return run_only(m, "ROLLBACK");
	if (!run_only(m, migration->sql))
		return false;
	if (PQtransactionStatus(m->pg) != PQTRANS_INTRANS) {
		m->why = "it ends its transaction itself";
		return false;
	}
	/* the names of migrations are checked by the build: no quote is in them */
	return run_only(m, sp_printf(m->mem, "INSERT INTO sallyport.migration (number, name, sha256)"
	    " VALUES (%d, '%s', '\\x%s')", migration->number, migration->name, digest_of(m, migration))) &&
	    run_only(m, "COMMIT");
}

static bool
apply(struct migrator *m, const struct sp_migration *migration, bool *applied_now)
{
	for (int tries = 1; !apply_once(m, migration, applied_now); tries++) {
		m->why = sp_printf(m->mem, "migration %04d-%s: %s", migration->number, migration->name, m->why);
		if (PQstatus(m->pg) != CONNECTION_OK || tries == LOCKED_TRIES ||
		    (strcmp(m->sqlstate, "55P03") != 0 && strcmp(m->sqlstate, "40P01") != 0))
			return false;
		sp_log(SP_WARN, "migrate", SP_L("message", m->why), SP_LI("try", tries));
		PQclear(PQexec(m->pg, "ROLLBACK"));
		nanosleep(&(struct timespec){ 0, LOCKED_PAUSE_MS * 1000000L }, NULL);
	}
	return true;
}

bool
sp_migrate_from(const struct sp_migration *table, const char *conninfo, sp_migrate_fn *progress,
    void *arg, struct sp_arena *mem, const char **why)
{
	struct sp_db_pool *pool = sp_db_pool_open(conninfo, 1, CONNECT_SECONDS, 0, "sallyport migrate");
	struct migrator m = { .mem = mem, .table = table, .why = pool->fault };
	bool ok = false, applied_now;

	if (pool->fault != NULL || (m.pg = sp_db_connect(pool)) == NULL)
		goto out;
	if (PQstatus(m.pg) != CONNECTION_OK) {
		m.why = sp_db_pg_error(m.pg, mem);
		goto out;
	}
	PQsetNoticeReceiver(m.pg, log_notice, NULL);
	ok = make_bookkeeping(&m) && compare(&m);
	for (const struct sp_migration *next = table; ok && next->number != 0; next++) {
		ok = apply(&m, next, &applied_now);
		if (ok && progress != NULL)
			progress(arg, next, applied_now);
	}
out:
	PQfinish(m.pg);
	sp_db_pool_free(pool);
	if (!ok)
		*why = m.why;
	return ok;
}

bool
sp_migrate(const char *conninfo, sp_migrate_fn *progress, void *arg, struct sp_arena *mem, const char **why)
{
	return sp_migrate_from(sp_migrations, conninfo, progress, arg, mem, why);
}
