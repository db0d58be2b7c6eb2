/*
 * conn.h - what the files of lib/db share; nobody else includes it
 *
 * A connection is always in libpq's pipeline mode and does not block: every
 * exchange is "queue statements, one sync, read their results", be it for one
 * statement or for ten.
 */
#ifndef SP_DB_CONN_H
#define SP_DB_CONN_H

#include <pthread.h>
#include <stdatomic.h>
#include "db/db.h"

#define SP_DB_MAX_PREPARED 256		/* per connection; each costs the server some 10 to 50 KiB */

struct sp_db_conn {
	struct sp_db_conn *next;	/* in the pool's stack of idle ones */
	PGconn *pg;
	struct sp_db *db;		/* the session that borrowed it */
	bool checked;			/* seen alive, and not used since */
	bool in_transaction;		/* after the last answer, BEGIN was open */
	bool dead;			/* closed, or out of step */
	bool leaving;			/* the server said that it closes it */
	bool retire;			/* to be closed when its session ends */
	bool listening;			/* LISTEN was done on it (listen.c) */

	pthread_mutex_t cancel_lock;	/* held while a cancel is under way */
	bool running;			/* waiting for an answer; under cancel_lock */
	PGcancel *cancel;

	unsigned nprepared;
	uint64_t prepared[SP_DB_MAX_PREPARED];	/* digests of the statements */
};

struct sp_db_pool {
	char *conninfo, *program;
	char *options;			/* NULL: not sent */
	const char *fault;		/* why the connection string cannot be used */
	char connect_timeout[24], tcp_user_timeout[24];
	int64_t wait_ms;		/* a new session's */
	atomic_bool unnamed;		/* a pooler mixes up prepared statements: do without */

	pthread_mutex_t lock;		/* for all that follows, and for db->conn */
	pthread_cond_t freed;		/* a connection became idle, or may be made */
	struct sp_db_conn *idle;	/* the one used last comes first */
	int64_t open, max;		/* made or being made; at most */
	bool away;			/* the last attempt to connect failed */
	bool probing;			/* one thread is trying again */
	int64_t retry_at;		/* monotonic ms: fail without trying until then */
};

/* ---- conn.c ---- */

/* A connection as libpq makes it (blocks for at most the connect timeout per host); PQstatus() tells. */
PGconn *sp_db_connect(const struct sp_db_pool *pool);
/* Made ready for exchanges.  NULL: *why, in mem. */
struct sp_db_conn *sp_db_conn_open(const struct sp_db_pool *pool, struct sp_arena *mem, const char **why);
void sp_db_conn_close(struct sp_db_conn *c);
/* Looks at what came unasked; without waiting, and without asking the server. */
bool sp_db_conn_alive(struct sp_db_conn *c);
/* PQerrorMessage() without its final newline. */
const char *sp_db_pg_error(const PGconn *pg, struct sp_arena *mem);

/* ---- pool.c ---- */

/* The session has a connection that was seen alive, or the failure is recorded. */
SP_MUST_USE bool sp_db_ready(struct sp_db *db);

/* ---- exchange.c ---- */

struct sp_db_statement {
	struct sp_query query;
	const char **values;		/* as libpq takes them */
	int *lengths, *formats;
	const char *fault;		/* a parameter that cannot be sent, and its sqlstate */
	const char *fault_sqlstate;
	uint64_t digest;		/* set when it is sent ... */
	bool preparing;			/* ... in one go with its Parse */
	PGresult *result;		/* owned by the caller after the exchange, also after a failure */
};

/*
 * Sends n statements and one sync, and waits for all results; n may be 0, to
 * ask only whether the server is there.  False: the failure is recorded and
 * logged, *failed is the index.  `conflict_tries` is how often a conflict
 * (40001, 40P01) may be tried anew.
 */
SP_MUST_USE bool sp_db_exchange(struct sp_db *db, struct sp_db_statement *statements, size_t n,
    int conflict_tries, size_t *failed);
/*
 * Parameters in libpq's form.  keep: bytes are copied, too (text always is,
 * for its NUL).
 */
void sp_db_bind(struct sp_db *db, struct sp_db_statement *s, const struct sp_query *query,
    const struct sp_param *params, bool keep);

/* ---- row.c ---- */

/* The result is released with the session's arena; NULL is fine. */
void sp_db_keep_result(struct sp_db *db, PGresult *r);
/* Where the columns of a table stand in a result: (*numbers)[i] for columns[i]. */
SP_MUST_USE bool sp_db_find_columns(struct sp_db *db, const char *query, const PGresult *r,
    const struct sp_column *columns, int **numbers);
SP_MUST_USE bool sp_db_fill_row(struct sp_db *db, const char *query, const PGresult *r, int row,
    const struct sp_column *columns, const int *numbers, void *out);

/* ---- fail.c ---- */

/* Records and logs a failure that is ours (sqlstate XX000 and its like) or the network's (""). */
void sp_db_fail(struct sp_db *db, const char *query, const char *sqlstate, const char *message);
/* The same for the server's error. */
void sp_db_fail_result(struct sp_db *db, const char *query, const PGresult *result);

#endif
