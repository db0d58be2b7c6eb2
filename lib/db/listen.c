/*
 * listen.c - notifications, with a connection and a thread of their own
 *
 * Between notifications the thread asks the server every poll_ms whether it is
 * still there: a connection whose other end vanished would stay silent, and
 * silence must not pass for "nothing was revoked".  The server delivers what is
 * pending before it answers, so an answer proves that nothing older is missing.
 */
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "db/conn.h"
#include "db/listen.h"

#define PAUSE_MIN_MS	100
#define PAUSE_MAX_MS	2000
#define PING_WAIT_MS	2000	/* no answer to a ping for so long: the other end is gone */

struct sp_listener {
	pthread_t thread;
	int wake;			/* an eventfd: stop */
	struct sp_db_pool *pool;	/* of one connection */
	struct sp_arena *mem;
	struct sp_db db;
	const char *const *channels;
	atomic_bool polling;		/* LISTEN is not possible */
	int64_t poll_ms;
	sp_listen_fn *fn;
	void *arg;
	bool behind;			/* a look is due */
	int64_t asked_at;		/* when the server last answered a ping or a look, monotonic ms */
	atomic_bool stop;
	_Atomic int64_t fresh_at;	/* nothing older than this is missing, monotonic ms */
};

/* Sleeps until the server says something, at most ms; with fd -1 it has no say. */
static bool
server_speaks(struct sp_listener *l, int fd, int64_t ms)
{
	struct pollfd p[2] = { { .fd = l->wake, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	return poll(p, 2, ms > 0 ? (int)ms : 0) > 0 && p[1].revents != 0;
}

static bool
is_listening(const struct sp_listener *l)
{
	const struct sp_db_conn *c = l->db.conn;

	/* a statement of the callback may have replaced the connection: the new one does not listen */
	return c != NULL && c->listening && !c->dead && !c->leaving && PQstatus(c->pg) == CONNECTION_OK;
}

static void
call(struct sp_listener *l, const char *channel, const char *payload)
{
	l->db.message = NULL;
	l->fn(l->arg, &l->db, channel, payload);
	if (l->db.message != NULL)
		l->behind = true;	/* it could not read what it was told about */
	sp_arena_reset(l->mem);
}

/* "Look again": afterwards the process knows what was committed before. */
static void
look(struct sp_listener *l)
{
	int64_t began = sp_monotonic_ms();

	l->behind = false;
	call(l, NULL, NULL);
	l->asked_at = began;
	if (!l->behind)
		l->fresh_at = began;
}

/*
 * A pooler would take LISTEN and forget it.  It shows by the backend's process
 * id, which is not the one that the connection was told at its start.
 */
static bool
find_pooler(struct sp_listener *l)
{
	static const struct sp_query query = { "listener_pid", "SELECT pg_catalog.pg_backend_pid() AS pid", 0 };
	static const struct sp_column columns[] = { { "pid", SP_COL_INT, 0 }, { NULL } };
	int64_t pid;

	if (sp_db_row(&l->db, &query, SP_NO_PARAMS, columns, &pid) != SP_DB_ROW)
		return false;
	l->polling = pid != PQbackendPID(l->db.conn->pg);
	if (l->polling)
		sp_log(SP_WARN, "listener", SP_L("message", "a pooler stands before the database: "
		    "polling, as with db_listen = false"));
	return true;
}

static bool
listen_all(struct sp_listener *l)
{
	struct sp_query *query;
	PGresult **results;
	size_t failed;
	char *quoted;

	if (!sp_db_pipeline_open(&l->db))
		return false;
	for (const char *const *channel = l->channels; *channel != NULL; channel++) {
		quoted = PQescapeIdentifier(l->db.conn->pg, *channel, strlen(*channel));
		if (quoted == NULL)
			sp_out_of_memory();
		query = sp_alloc(l->mem, sizeof(*query));
		*query = (struct sp_query){ "listen", sp_printf(l->mem, "LISTEN %s", quoted), 0 };
		PQfreemem(quoted);
		sp_db_pipeline_add(&l->db, query, SP_NO_PARAMS);
	}
	if (!sp_db_pipeline_run(&l->db, &results, &failed))
		return false;
	l->db.conn->listening = true;
	return true;
}

/* Connected and listening; what happened in between is unknown. */
static bool
reconnect(struct sp_listener *l)
{
	bool ok;

	sp_db_end(&l->db);
	sp_db_begin(&l->db, l->pool, l->mem);
	l->behind = true;
	ok = find_pooler(l) && (l->polling || listen_all(l));
	sp_arena_reset(l->mem);
	return ok;
}

static void
deliver(struct sp_listener *l)
{
	PGnotify *n;

	while (!l->stop && is_listening(l) && (n = PQnotifies(l->db.conn->pg)) != NULL) {
		call(l, n->relname, n->extra);
		PQfreemem(n);
	}
}

static void
ping(struct sp_listener *l)
{
	int64_t began = sp_monotonic_ms(), usual = l->db.wait_ms;
	size_t failed;
	bool answered;

	l->db.wait_ms = PING_WAIT_MS;
	answered = sp_db_exchange(&l->db, NULL, 0, 0, &failed);
	l->db.wait_ms = usual;
	l->asked_at = began;
	deliver(l);
	if (answered && is_listening(l) && !l->behind)
		l->fresh_at = began;
}

static void
hear(struct sp_listener *l)
{
	struct sp_db_conn *c;

	deliver(l);			/* what came with the answers of a callback */
	if (!is_listening(l))
		return;
	c = l->db.conn;
	if (server_speaks(l, PQsocket(c->pg), l->asked_at + l->poll_ms - sp_monotonic_ms()) &&
	    !PQconsumeInput(c->pg))
		c->dead = true;
	deliver(l);
	if (!l->stop && is_listening(l) && sp_monotonic_ms() >= l->asked_at + l->poll_ms)
		ping(l);
}

static void *
run(void *arg)
{
	struct sp_listener *l = arg;
	int64_t pause = PAUSE_MIN_MS;

	sp_db_begin(&l->db, l->pool, l->mem);
	while (!l->stop) {
		if ((l->polling || is_listening(l) || reconnect(l)) && l->behind)
			look(l);
		if (l->polling)
			sp_db_end(&l->db);
		if (l->behind) {
			server_speaks(l, -1, pause);
			pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
			continue;
		}
		pause = PAUSE_MIN_MS;
		if (l->polling) {
			server_speaks(l, -1, l->poll_ms);
			l->behind = true;
		} else {
			hear(l);
		}
	}
	sp_db_end(&l->db);
	return NULL;
}

struct sp_listener *
sp_listener_start(const struct sp_settings *settings, const char *program,
    const char *const *channels, int64_t poll_ms, sp_listen_fn *fn, void *arg)
{
	struct sp_listener *l = calloc(1, sizeof(*l));
	struct sp_settings one = *settings;
	sigset_t all, before;

	if (l == NULL || (l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		sp_out_of_memory();
	one.db_connections = 1;
	l->pool = sp_db_pool_new(&one, program);
	l->mem = sp_arena_new();
	l->channels = channels;
	l->polling = !settings->db_listen;
	l->poll_ms = poll_ms;
	l->fn = fn;
	l->arg = arg;
	l->behind = true;
	l->fresh_at = sp_monotonic_ms();

	/* signals are for the thread that waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&l->thread, NULL, run, l) != 0)
		sp_out_of_memory();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return l;
}

void
sp_listener_stop(struct sp_listener *l)
{
	if (l == NULL)
		return;
	l->stop = true;
	(void)!write(l->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
	pthread_join(l->thread, NULL);
	close(l->wake);
	sp_db_pool_free(l->pool);
	sp_arena_free(l->mem);
	free(l);
}

int64_t
sp_listener_lag_ms(const struct sp_listener *l)
{
	return sp_monotonic_ms() - l->fresh_at;
}

bool
sp_listener_listens(const struct sp_listener *l)
{
	return !l->polling;
}
