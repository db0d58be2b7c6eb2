/*
 * db.h - PostgreSQL: a pool per process, a session per request
 *
 * Statements are files in sql/queries (one each); the build makes them
 * struct sp_query objects (lib/db/queries.h, generated).  They are prepared at
 * the protocol level in the round trip of their first use on a connection, so
 * they work behind PgBouncer with max_prepared_statements; where a pooler does
 * not know them, the pool notices and sends statements unprepared from then on.
 * Parameters are always bound.
 *
 * A state change is one statement whose WHERE is the rule and whose RETURNING
 * is the answer.
 *
 * What is tried again by itself: a statement that was not sent, because the
 * idle connection turned out to be dead; one that the server did not begin,
 * because its prepared form was gone or out of date; a single statement that
 * lost a serialization conflict or a deadlock.  A statement that was sent and
 * got no answer is a failure: nobody knows whether it happened.
 */
#ifndef SP_DB_DB_H
#define SP_DB_DB_H

#include <libpq-fe.h>
#include "base/arena.h"
#include "base/settings.h"

struct sp_query {
	const char *name;	/* the file's name without .sql; begins the prepared statement's */
	const char *sql;
	int nparams;
};

/* ---- the pool: process life, used by every handler thread ---- */

struct sp_db_pool;

/*
 * No connection is made before the first use.  `program` becomes the application_name.
 *
 * The connection string is libpq's, with several hosts and target_session_attrs
 * if wanted; what it names (connect_timeout, tcp_user_timeout, keepalives,
 * application_name, options) wins over our defaults.  A host that does not
 * answer costs connect_timeout (libpq: at least 2 s), then the next is tried.
 *
 * With settings->db_listen the connection starts with these in `options`:
 * statement_timeout, lock_timeout 1 s, idle_in_transaction_session_timeout 5 s,
 * client_min_messages warning, bytea_output hex, search_path pg_catalog,pg_temp
 * (statements name their schemas), jit off (the planner takes some of ours for
 * long ones, and compiling them takes 0.1 s of each new session).  PgBouncer
 * refuses `options`, so without db_listen they are not sent and belong to the
 * role: ALTER ROLE ... SET.
 */
struct sp_db_pool *sp_db_pool_new(const struct sp_settings *settings, const char *program);
/*
 * The same on another connection string, with `options` (tests, the owner's
 * connection).  A statement_timeout of 0 means no limit.
 */
struct sp_db_pool *sp_db_pool_open(const char *conninfo, int64_t connections,
    int64_t connect_timeout_seconds, int64_t statement_timeout_ms, const char *program);
/* Every session on it must have ended.  NULL is fine. */
void sp_db_pool_free(struct sp_db_pool *pool);

/* ---- a session: what one request (or one command) asks of the database ---- */

struct sp_db_conn;
struct sp_db_statement;

/*
 * Somebody for whom a statement runs, and who may go away: while the session
 * waits for the server, `gone` is asked when `fd` has one of `events` (those of
 * poll(2); an error or hang-up always counts), and every half a second.  Once
 * it says true the statement is cancelled and fails with 57014.  `gone` is
 * called on the session's own thread, and may take the occasion to tell a
 * client that the work goes on.
 */
struct sp_db_watch {
	int fd;
	short events;
	bool (*gone)(void *arg);
	void *arg;
};

struct sp_db {
	struct sp_db_pool *pool;
	struct sp_arena *mem;		/* rows and messages live here */
	struct sp_db_conn *conn;	/* borrowed at first use, until sp_db_end() */
	unsigned round_trips;		/* how often this session waited for the server */
	char sqlstate[6];		/* of the last failure; "" when the server gave none */
	bool unavailable;		/* the last failure's cause; see sp_db_unavailable() */
	const char *message;		/* of the last failure, NULL before one; for the log, never for a client */

	/*
	 * How long one statement's answer may take, in milliseconds; negative: any
	 * time.  Starts as the statement_timeout and 2 s; a tool with a limit of
	 * its own (SET LOCAL statement_timeout) raises it.  Past it the connection
	 * is closed and the failure is "unavailable".
	 */
	int64_t wait_ms;
	/*
	 * Called for notices while a statement runs (a tool's RAISE), if set;
	 * else sp_db_log_notice() is.
	 */
	void (*notice)(void *arg, const PGresult *notice);
	void *notice_arg;

	/*
	 * NULL: nobody.  It is given up when a statement was cancelled, so that what
	 * follows (a ROLLBACK, an audit row) is done in any case.
	 */
	const struct sp_db_watch *watch;
	bool interrupted;		/* who watched has gone, and a statement was cancelled */

	struct sp_db_statement *queue;	/* of the open pipeline */
	size_t queued;
};

/*
 * One session at a time per thread: a second one waits for a connection that
 * the first may hold.  *db stays where it is until the end.
 */
void sp_db_begin(struct sp_db *db, struct sp_db_pool *pool, struct sp_arena *mem);
/* Returns the connection to the pool; one that is inside a transaction or broken is closed. */
void sp_db_end(struct sp_db *db);
/*
 * Asks the server to stop what the session is running; it then fails with
 * 57014.  From another thread, while the session has not ended.  False when
 * nothing was running or the server could not be asked.
 */
bool sp_db_cancel(struct sp_db *db);

/* A notice nobody waits for: one line of the log. */
void sp_db_log_notice(const PGresult *notice);

enum sp_db_status {
	SP_DB_ROW,		/* a row came; *out is filled */
	SP_DB_NO_ROW,		/* none came */
	SP_DB_FAILED,		/* db->sqlstate and db->message say why; logged */
};
/*
 * After a failure: may the same work later?  Then say 503.  True when there was
 * no answer or no connection; for class 08, 40 (conflicts, after the retries),
 * 53, 57 and 58, for 55P03 and 25P03 (time limits), and for 25006 when the
 * server is a standby (after a failover; the connection is given up).
 */
bool sp_db_unavailable(const struct sp_db *db);

/* ---- parameters ---- */

/*
 * Text goes as text, so the server reads it as whatever type $N has; it must
 * not hold NUL (a failure with 22021).  Bytes go as they are, for bytea.
 */
struct sp_param {
	enum { SP_PARAM_NULL, SP_PARAM_TEXT, SP_PARAM_BYTES, SP_PARAM_INT, SP_PARAM_BOOL } kind;
	struct sp_str s;
	int64_t n;
};

#define SP_P_TEXT(cstr)		sp_param_str(sp_str(cstr))		/* NULL: SQL null */
#define SP_P_STR(str)		sp_param_str(str)			/* absent (p == NULL): SQL null */
#define SP_P_BYTES(ptr, size)	((struct sp_param){ SP_PARAM_BYTES, { (const char *)(ptr), (size) }, 0 })
#define SP_P_BYTES_STR(str)	sp_param_bytes(str)			/* absent: SQL null */
#define SP_P_INT(n)		((struct sp_param){ SP_PARAM_INT, { 0 }, (n) })
#define SP_P_BOOL(b)		((struct sp_param){ SP_PARAM_BOOL, { 0 }, (b) ? 1 : 0 })
#define SP_P_NULL		((struct sp_param){ SP_PARAM_NULL })
#define SP_PARAMS(...)		((const struct sp_param[]){ __VA_ARGS__ })
#define SP_NO_PARAMS		NULL

static inline struct sp_param
sp_param_str(struct sp_str s)
{
	return (struct sp_param){ s.p != NULL ? SP_PARAM_TEXT : SP_PARAM_NULL, s, 0 };
}

static inline struct sp_param
sp_param_bytes(struct sp_str s)
{
	return (struct sp_param){ s.p != NULL ? SP_PARAM_BYTES : SP_PARAM_NULL, s, 0 };
}

/*
 * ---- rows into structs ----
 *
 * Text points into the server's answer and lives until the session's arena is
 * reset.  Values are read to their end: "12.5" is no SP_COL_INT.  After a
 * failure *out may be partly filled.
 */

enum sp_column_type {
	SP_COL_TEXT,		/* const char *; SQL null gives NULL */
	SP_COL_STR,		/* struct sp_str; null gives the absent slice (json, too) */
	SP_COL_BYTES,		/* struct sp_str, from bytea */
	SP_COL_INT,		/* int64_t; null gives 0 */
	SP_COL_BOOL,		/* bool; null gives false */
};

struct sp_column {
	const char *name;	/* NULL ends the table; a column that the result lacks is a failure */
	enum sp_column_type type;
	size_t offset;
};

/*
 * The first row; columns may be NULL.  A single statement that fails with 40001 or
 * 40P01 is tried again, up to 3 times.
 */
SP_MUST_USE enum sp_db_status sp_db_row(struct sp_db *db, const struct sp_query *query,
    const struct sp_param *params, const struct sp_column *columns, void *out);
/* All rows: *out is an array of *count structs of row_size bytes. SP_DB_NO_ROW when there are none. */
SP_MUST_USE enum sp_db_status sp_db_rows(struct sp_db *db, const struct sp_query *query,
    const struct sp_param *params, const struct sp_column *columns, size_t row_size,
    void **out, size_t *count);
/* For statements whose answer is only whether they worked; *affected may be NULL. */
SP_MUST_USE bool sp_db_do(struct sp_db *db, const struct sp_query *query,
    const struct sp_param *params, int64_t *affected);

/* ---- a pipeline: several statements, one round trip ---- */

/*
 * Statements are queued and sent together by sp_db_pipeline_run(); the first
 * failure skips the rest up to the end.  Without BEGIN the whole pipeline is
 * one implicit transaction.  Statements made from the catalog (not from files)
 * carry a name of their own.
 *
 * A connection keeps every statement prepared that it has run; one that has
 * come to 256 of them is replaced when its session ends.  (libpq 15 cannot
 * close one, and DEALLOCATE does not reach through PgBouncer.)
 */
SP_MUST_USE bool sp_db_pipeline_open(struct sp_db *db);
/* The parameters are copied; the texts of the query must live until the run. */
void sp_db_pipeline_add(struct sp_db *db, const struct sp_query *query, const struct sp_param *params);
/*
 * Runs what was added and closes the pipeline.  (*results)[i] is the i-th
 * statement's PGresult (released with the arena).  False: db->sqlstate of the
 * first failure, and *failed its index; (*results)[*failed] is the server's
 * error if it sent one, and NULL stands for those that were skipped or got no
 * answer.  After a failure inside an explicit transaction the session is still
 * in it: the caller adds ROLLBACK in another pipeline (or ends the session).
 */
SP_MUST_USE bool sp_db_pipeline_run(struct sp_db *db, PGresult ***results, size_t *failed);

/* One row of a PGresult into a struct, as sp_db_row() does. */
SP_MUST_USE bool sp_db_read_row(struct sp_db *db, const PGresult *result, int row,
    const struct sp_column *columns, void *out);

#endif
