/*
 * pool.c - the connections of a process
 *
 * Idle connections form a stack: the one used last is used next, so that few
 * are warm rather than many lukewarm.  One that died while idle is noticed
 * before it is used and replaced, so a restart of the server costs no request.
 *
 * While the server is away, one thread at a time tries to connect, after a
 * pause; all others fail at once instead of queueing up behind it.
 */
#include <errno.h>
#include <inttypes.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/conn.h"

#define WAIT_FOR_CONNECTION_MS	2000	/* when all are busy: overload; say so rather than queue */
#define RETRY_PAUSE_MS		100	/* after a failed connect, and up to ... */
#define RETRY_JITTER_MS		200	/* ... so much longer, so that processes do not march in step */
#define ANSWER_GRACE_MS		2000	/* beyond statement_timeout: then the network is at fault */

/* The server's limits and a fixed session, in one startup packet; then what the administrator wrote. */
static char *
make_options(int64_t statement_timeout_ms, const char *theirs)
{
	char *text;

	if (asprintf(&text, "-c statement_timeout=%" PRId64 " -c lock_timeout=1000"
	    " -c idle_in_transaction_session_timeout=5000 -c client_min_messages=warning"
	    " -c bytea_output=hex -c search_path=pg_catalog,pg_temp -c jit=off%s%s",
	    statement_timeout_ms, *theirs != '\0' ? " " : "", theirs) < 0)
		sp_out_of_memory();
	return text;
}

static char *
copy(const char *s)
{
	char *c = strdup(s);

	if (c == NULL)
		sp_out_of_memory();
	return c;
}

/* libpq takes a bare name as the database's. */
static bool
is_connection_string(const char *s)
{
	return strchr(s, '=') != NULL || strncmp(s, "postgres://", 11) == 0 || strncmp(s, "postgresql://", 13) == 0;
}

static struct sp_db_pool *
pool_new(const char *conninfo, int64_t connections, int64_t connect_timeout_seconds,
    int64_t statement_timeout_ms, const char *program, bool with_options)
{
	struct sp_db_pool *pool = calloc(1, sizeof(*pool));
	PQconninfoOption *parsed = NULL;
	pthread_condattr_t clock;
	const char *theirs = "";

	if (pool == NULL)
		sp_out_of_memory();
	pool->conninfo = copy(conninfo);
	pool->program = copy(program);
	pool->max = connections;
	pool->wait_ms = statement_timeout_ms > 0 ? statement_timeout_ms + ANSWER_GRACE_MS : -1;
	snprintf(pool->connect_timeout, sizeof(pool->connect_timeout), "%" PRId64, connect_timeout_seconds);
	/* also ends a connect to a host that drops packets, in the kernel */
	snprintf(pool->tcp_user_timeout, sizeof(pool->tcp_user_timeout), "%d", 5000);

	/* libpq's message would quote from the string, which may hold a password */
	if (is_connection_string(conninfo) && (parsed = PQconninfoParse(conninfo, NULL)) == NULL)
		pool->fault = "the connection string cannot be parsed";
	for (PQconninfoOption *o = parsed; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, "options") == 0 && o->val != NULL)
			theirs = o->val;
	if (with_options)
		pool->options = make_options(statement_timeout_ms, theirs);
	PQconninfoFree(parsed);

	if (pthread_mutex_init(&pool->lock, NULL) != 0 || pthread_condattr_init(&clock) != 0 ||
	    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&pool->freed, &clock) != 0)
		sp_out_of_memory();
	pthread_condattr_destroy(&clock);
	return pool;
}

struct sp_db_pool *
sp_db_pool_new(const struct sp_settings *settings, const char *program)
{
	return pool_new(settings->database,
	    settings->db_connections > 0 ? settings->db_connections : settings->threads,
	    settings->db_connect_timeout, settings->statement_timeout, program, settings->db_listen);
}

struct sp_db_pool *
sp_db_pool_open(const char *conninfo, int64_t connections, int64_t connect_timeout_seconds,
    int64_t statement_timeout_ms, const char *program)
{
	return pool_new(conninfo, connections, connect_timeout_seconds, statement_timeout_ms, program, true);
}

void
sp_db_pool_free(struct sp_db_pool *pool)
{
	struct sp_db_conn *c;

	if (pool == NULL)
		return;
	while ((c = pool->idle) != NULL) {
		pool->idle = c->next;
		sp_db_conn_close(c);
	}
	pthread_cond_destroy(&pool->freed);
	pthread_mutex_destroy(&pool->lock);
	free(pool->options);
	free(pool->program);
	sp_wipe(pool->conninfo, strlen(pool->conninfo));
	free(pool->conninfo);
	free(pool);
}

/* One connection less; with the lock held. */
static void
give_up_place(struct sp_db_pool *pool)
{
	pool->open--;
	pthread_cond_signal(&pool->freed);
}

static void
close_conn(struct sp_db_pool *pool, struct sp_db_conn *c)
{
	sp_db_conn_close(c);
	pthread_mutex_lock(&pool->lock);
	give_up_place(pool);
	pthread_mutex_unlock(&pool->lock);
}

enum step { STEP_USE, STEP_CONNECT, STEP_FAIL };

/*
 * An idle connection, or a place to make one, or nothing within the time.
 * With the lock held, which it gives up while it waits.
 */
static enum step
find_place(struct sp_db_pool *pool, struct sp_db_conn **c, const char **why)
{
	struct timespec until = { 0 };
	int64_t until_ms;

	while (pool->idle == NULL && pool->open >= pool->max) {
		if (until.tv_sec == 0) {
			until_ms = sp_monotonic_ms() + WAIT_FOR_CONNECTION_MS;
			until = (struct timespec){ until_ms / 1000, (until_ms % 1000) * 1000000 };
		}
		if (pthread_cond_timedwait(&pool->freed, &pool->lock, &until) == ETIMEDOUT &&
		    pool->idle == NULL && pool->open >= pool->max) {
			*why = "all connections are busy";
			return STEP_FAIL;
		}
	}
	if (pool->idle != NULL) {
		*c = pool->idle;
		pool->idle = (*c)->next;
		return STEP_USE;
	}
	if (pool->away && (pool->probing || sp_monotonic_ms() < pool->retry_at)) {
		*why = "the database is away";
		return STEP_FAIL;
	}
	pool->probing = pool->away;
	pool->open++;
	return STEP_CONNECT;
}

/* Notes whether the server is there; with the lock held. */
static void
connected(struct sp_db_pool *pool, bool ok)
{
	unsigned char jitter;

	pool->probing = false;
	pool->away = !ok;
	if (!ok) {
		sp_random(&jitter, sizeof(jitter));
		pool->retry_at = sp_monotonic_ms() + RETRY_PAUSE_MS + jitter * RETRY_JITTER_MS / 255;
		give_up_place(pool);
	}
}

static bool
borrow(struct sp_db *db)
{
	struct sp_db_pool *pool = db->pool;
	struct sp_db_conn *c = NULL;
	const char *why = pool->fault;
	enum step step = why == NULL ? STEP_USE : STEP_FAIL;

	pthread_mutex_lock(&pool->lock);
	while (step != STEP_FAIL) {
		step = find_place(pool, &c, &why);
		if (step == STEP_FAIL)
			break;
		pthread_mutex_unlock(&pool->lock);
		if (step == STEP_CONNECT)
			c = sp_db_conn_open(pool, db->mem, &why);
		else
			c->checked = sp_db_conn_alive(c);
		pthread_mutex_lock(&pool->lock);

		if (step == STEP_CONNECT)
			connected(pool, c != NULL);
		if (c == NULL)
			break;
		if (c->checked) {
			c->db = db;
			db->conn = c;
			break;
		}
		give_up_place(pool);		/* it died while idle; look for another */
		pthread_mutex_unlock(&pool->lock);
		sp_db_conn_close(c);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	if (db->conn == NULL)
		sp_db_fail(db, "connect", "", why);
	return db->conn != NULL;
}

static void
drop(struct sp_db *db)
{
	struct sp_db_conn *c = db->conn;

	pthread_mutex_lock(&db->pool->lock);
	db->conn = NULL;			/* from here on sp_db_cancel() does not see it ... */
	pthread_mutex_unlock(&db->pool->lock);
	pthread_mutex_lock(&c->cancel_lock);	/* ... and one that did is waited for */
	pthread_mutex_unlock(&c->cancel_lock);
	close_conn(db->pool, c);
}

bool
sp_db_ready(struct sp_db *db)
{
	struct sp_db_conn *c = db->conn;
	bool in_transaction;

	if (c == NULL)
		return borrow(db);
	if (c->checked || sp_db_conn_alive(c))
		return true;
	in_transaction = c->in_transaction;
	drop(db);
	if (in_transaction) {
		sp_db_fail(db, "connect", "", "the connection was lost inside a transaction");
		return false;
	}
	return borrow(db);
}

void
sp_db_begin(struct sp_db *db, struct sp_db_pool *pool, struct sp_arena *mem)
{
	*db = (struct sp_db){ .pool = pool, .mem = mem, .wait_ms = pool->wait_ms };
}

void
sp_db_end(struct sp_db *db)
{
	struct sp_db_pool *pool = db->pool;
	struct sp_db_conn *c = db->conn;

	if (c == NULL)
		return;
	if (c->dead || c->leaving || c->retire || c->in_transaction || PQstatus(c->pg) != CONNECTION_OK) {
		drop(db);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	db->conn = NULL;
	c->db = NULL;
	c->next = pool->idle;
	pool->idle = c;
	pthread_cond_signal(&pool->freed);
	pthread_mutex_unlock(&pool->lock);
}
