/*
 * exchange.c - statements out, results in, one round trip
 *
 * A statement that a connection has not seen is prepared and executed in the
 * same round trip.  Its name on the wire ends in a digest of its text, so that
 * whatever shares the server's connection (a pooler without knowledge of
 * prepared statements, another version of this program) can at worst say "no
 * such statement", but never run another text under our parameters.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/conn.h"

#define LABEL_MAX	40			/* of a statement's name; NAMEDATALEN cuts at 63 */
#define NAME_SIZE	(LABEL_MAX + 1 + 16 + 1)
#define PARAM_MAX	((size_t)1 << 30)	/* the server's limit for one value */
#define WATCH_MS	500			/* how often db->watch is asked without an event */
#define CANCEL_AGAIN_MS	100

enum outcome {
	DONE,
	REFUSED,	/* the server answered with an error; the connection is in step */
	LOST,		/* no answer: what was sent may have happened or not */
};

/* ---- parameters ---- */

static const char *
text_of_int(struct sp_arena *mem, int64_t n)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	*--p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (n < 0)
		*--p = '-';
	return sp_strdup(mem, p);
}

void
sp_db_bind(struct sp_db *db, struct sp_db_statement *s, const struct sp_query *query,
    const struct sp_param *params, bool keep)
{
	size_t n = (size_t)query->nparams;

	*s = (struct sp_db_statement){ .query = *query };
	if (n == 0)
		return;
	s->values = sp_alloc_array(db->mem, n, sizeof(*s->values) + 2 * sizeof(int));
	s->lengths = (int *)(s->values + n);
	s->formats = s->lengths + n;
	for (size_t i = 0; i < n; i++) {
		const struct sp_param *p = &params[i];

		switch (p->kind) {
		case SP_PARAM_NULL:
			continue;
		case SP_PARAM_BOOL:
			s->values[i] = p->n ? "t" : "f";
			continue;
		case SP_PARAM_INT:
			s->values[i] = text_of_int(db->mem, p->n);
			continue;
		case SP_PARAM_TEXT:
		case SP_PARAM_BYTES:
			break;
		}
		if (p->s.len >= PARAM_MAX) {
			s->fault = "a parameter is larger than 1 GiB";
			s->fault_sqlstate = "54000";	/* program_limit_exceeded */
		} else if (p->kind == SP_PARAM_BYTES) {
			s->formats[i] = 1;
			s->lengths[i] = (int)p->s.len;
			/* NULL would be SQL null */
			s->values[i] = p->s.len == 0 ? "" : keep ? sp_str_dup(db->mem, p->s).p : p->s.p;
		} else if (p->s.len > 0 && memchr(p->s.p, '\0', p->s.len) != NULL) {
			s->fault = "a text parameter holds a NUL byte";
			s->fault_sqlstate = "22021";	/* as the server would say */
		} else {
			s->values[i] = sp_cstr(db->mem, p->s);
		}
	}
}

/* ---- prepared statements ---- */

static uint64_t
mix(uint64_t h, const char *s)
{
	size_t len = strlen(s);
	uint64_t word;

	for (; len > 0; s += sizeof(word), len -= sizeof(word)) {
		word = 0;
		memcpy(&word, s, len < sizeof(word) ? len : sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdULL;	/* odd: no two words are mixed alike */
		h ^= h >> 32;
		if (len < sizeof(word))
			break;
	}
	return h;
}

/* Fills in the name on the wire; the digest tells statements of one connection apart. */
static uint64_t
name_statement(const struct sp_query *query, char name[static NAME_SIZE])
{
	uint64_t digest = mix(mix(0x9e3779b97f4a7c15ULL, query->name), query->sql);
	size_t len = strnlen(query->name, LABEL_MAX);

	memcpy(name, query->name, len);
	name[len++] = '_';
	for (int shift = 60; shift >= 0; shift -= 4)
		name[len++] = "0123456789abcdef"[digest >> shift & 15];
	name[len] = '\0';
	return digest;
}

static bool
is_prepared(const struct sp_db_conn *c, uint64_t digest)
{
	for (unsigned i = 0; i < c->nprepared; i++)
		if (c->prepared[i] == digest)
			return true;
	return false;
}

static void
forget_prepared(struct sp_db_conn *c, uint64_t digest)
{
	for (unsigned i = 0; i < c->nprepared; i++)
		if (c->prepared[i] == digest) {
			c->prepared[i] = c->prepared[--c->nprepared];
			return;
		}
}

/* ---- out ---- */

static bool
send_unnamed(PGconn *pg, const struct sp_db_statement *s)
{
	return PQsendQueryParams(pg, s->query.sql, s->query.nparams, NULL, s->values, s->lengths,
	    s->formats, 0);
}

static bool
send_statement(struct sp_db_conn *c, struct sp_db_statement *s, bool unnamed)
{
	char name[NAME_SIZE];

	s->preparing = false;
	if (unnamed)
		return send_unnamed(c->pg, s);
	s->digest = name_statement(&s->query, name);
	if (!is_prepared(c, s->digest)) {
		if (c->nprepared == SP_DB_MAX_PREPARED) {
			c->retire = true;
			return send_unnamed(c->pg, s);
		}
		if (!PQsendPrepare(c->pg, name, s->query.sql, 0, NULL))
			return false;
		s->preparing = true;
		c->prepared[c->nprepared++] = s->digest;
	}
	return PQsendQueryPrepared(c->pg, name, s->query.nparams, s->values, s->lengths, s->formats, 0);
}

static bool
send_all(struct sp_db_conn *c, struct sp_db_statement *statements, size_t n, bool unnamed)
{
	for (size_t i = 0; i < n; i++)
		if (!send_statement(c, &statements[i], unnamed))
			return false;
	return PQpipelineSync(c->pg);			/* and flushes what the socket takes */
}

/* ---- in ---- */

/*
 * Asks db->watch after an event, or when it is time; at its "gone" the server is
 * asked to cancel, whose error then arrives like any other answer.  A server
 * that had not begun the statement yet takes no notice, and is asked again.
 */
static void
look_at_watch(struct sp_db *db, struct pollfd *p, int64_t *next_look)
{
	if (p->revents == 0 && sp_monotonic_ms() < *next_look)
		return;
	if (p->revents != 0)
		p->fd = -1;		/* it may have its event for good: from here on by time alone */
	if (!db->interrupted)
		db->interrupted = db->watch->gone(db->watch->arg);
	if (db->interrupted)
		(void)sp_db_cancel(db);
	*next_look = sp_monotonic_ms() + (db->interrupted ? CANCEL_AGAIN_MS : WATCH_MS);
}

/* For poll(2): until the deadline or the next look, whichever comes first. */
static int
patience(int64_t left_ms, int64_t look_ms)
{
	if (look_ms >= 0 && (left_ms < 0 || left_ms > look_ms))
		return (int)look_ms;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

/* Waits until PQgetResult() has something to give.  False: the time is over. */
static bool
wait_for_result(struct sp_db *db, PGconn *pg)
{
	bool unsent = PQflush(pg) > 0;
	int64_t deadline = -1, left = -1, next_look = 0, look = -1;
	struct pollfd p[2] = { { .fd = PQsocket(pg) }, { .fd = -1 } };
	int n;

	if (db->watch != NULL) {
		p[1] = (struct pollfd){ .fd = db->watch->fd, .events = db->watch->events };
		next_look = sp_monotonic_ms() + WATCH_MS;
	}
	while (PQisBusy(pg)) {
		p[0].events = unsent ? POLLIN | POLLOUT : POLLIN;
		if (db->wait_ms >= 0) {
			if (deadline < 0)
				deadline = sp_monotonic_ms() + db->wait_ms;
			left = deadline - sp_monotonic_ms();
			if (left < 0)
				return false;
		}
		if (db->watch != NULL && (look = next_look - sp_monotonic_ms()) < 0)
			look = 0;
		n = poll(p, 2, patience(left, look));
		if (n < 0 && errno != EINTR)
			return false;
		if (n >= 0 && db->watch != NULL)
			look_at_watch(db, &p[1], &next_look);
		if (n <= 0 || p[0].revents == 0)
			continue;			/* the deadline is looked at above */
		if (unsent)
			unsent = PQflush(pg) > 0;
		if ((p[0].revents & ~POLLOUT) != 0 && !PQconsumeInput(pg))
			return true;			/* PQgetResult() says what happened */
	}
	return true;
}

/* The next result, or NULL.  When the connection is of no more use, c->dead is set. */
static PGresult *
next_result(struct sp_db *db, struct sp_db_conn *c)
{
	PGresult *r, *end;

	if (!wait_for_result(db, c->pg)) {
		c->dead = true;
		return NULL;
	}
	r = PQgetResult(c->pg);
	switch (PQresultStatus(r)) {
	case PGRES_PIPELINE_SYNC:
		return r;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		c->dead = true;				/* the server now wants data that we do not have */
		return r;
	default:
		break;
	}
	if (r == NULL || PQstatus(c->pg) != CONNECTION_OK) {
		c->dead = true;
		return r;
	}
	if ((end = PQgetResult(c->pg)) != NULL) {	/* NULL ends what belongs to one statement */
		PQclear(end);
		c->dead = true;
	}
	return r;
}

static bool
is_success(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

/* The first thing that went wrong in a batch. */
struct trouble {
	bool any;
	size_t index;
	bool parsing;			/* it was our Parse that failed */
	PGresult *result;		/* NULL: there was no answer */
};

static void
note(struct trouble *t, size_t index, bool parsing, PGresult *r)
{
	if (t->any) {
		PQclear(r);			/* skipped because of the first */
		return;
	}
	*t = (struct trouble){ true, index, parsing, r };
}

static enum outcome
read_all(struct sp_db *db, struct sp_db_conn *c, struct sp_db_statement *statements, size_t n,
    struct trouble *t)
{
	PGresult *r;

	for (size_t i = 0; i < n && !c->dead; i++) {
		struct sp_db_statement *s = &statements[i];

		if (s->preparing) {
			r = next_result(db, c);
			if (is_success(r)) {
				PQclear(r);
			} else {
				forget_prepared(c, s->digest);
				note(t, i, true, r);
			}
			if (c->dead)
				break;
		}
		r = next_result(db, c);
		if (is_success(r))
			s->result = r;
		else
			note(t, i, false, r);
	}
	while (!c->dead) {
		r = next_result(db, c);
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			return t->any ? REFUSED : DONE;
		}
		note(t, n > 0 ? n - 1 : 0, false, r);	/* the implicit commit failed: a deferred constraint */
	}
	return LOST;
}

/* ---- there and back ---- */

static void
set_running(struct sp_db_conn *c, bool running)
{
	pthread_mutex_lock(&c->cancel_lock);
	c->running = running;
	pthread_mutex_unlock(&c->cancel_lock);
}

static enum outcome
round_trip(struct sp_db *db, struct sp_db_statement *statements, size_t n, bool unnamed, struct trouble *t)
{
	struct sp_db_conn *c = db->conn;
	enum outcome outcome;

	*t = (struct trouble){ 0 };
	c->checked = false;
	set_running(c, true);
	db->round_trips++;
	if (send_all(c, statements, n, unnamed || c->retire || db->pool->unnamed)) {
		outcome = read_all(db, c, statements, n, t);
	} else {
		c->dead = true;
		outcome = LOST;
		note(t, 0, false, PQmakeEmptyPGresult(c->pg, PGRES_FATAL_ERROR));	/* with PQerrorMessage() */
	}
	set_running(c, false);
	if (db->interrupted)
		db->watch = NULL;
	/* With the connection goes its transaction; the caller hears of it by this failure. */
	c->in_transaction = outcome != LOST && PQtransactionStatus(c->pg) != PQTRANS_IDLE;
	return outcome;
}

static const char *
sqlstate_of(const PGresult *r)
{
	const char *sqlstate = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;

	return sqlstate != NULL ? sqlstate : "";
}

/* The function of the server's source that raised it; a statement that raises the same is another matter. */
static bool
is_raised_by(const PGresult *r, const char *function)
{
	const char *where = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);

	return where == NULL || strcmp(where, function) == 0;	/* a pooler does not say */
}

/*
 * The server did not begin the statement, because its prepared form is there
 * already (prepared by another client of a pooler), is missing (DEALLOCATE or
 * DISCARD by somebody, another server behind a pooler), or would give other
 * columns since a migration.
 */
static bool
is_stale(struct sp_db *db, const struct trouble *t)
{
	const char *sqlstate = sqlstate_of(t->result);

	if (strcmp(sqlstate, "42P05") == 0 && t->parsing) {
		if (!atomic_exchange(&db->pool->unnamed, true))
			sp_log(SP_WARN, "database", SP_L("message", "a pooler mixes up prepared statements; "
			    "working without them (PgBouncer: max_prepared_statements)"));
		return true;
	}
	/* "cached plan must not change result type" has no sqlstate of its own */
	if ((strcmp(sqlstate, "26000") != 0 || !is_raised_by(t->result, "FetchPreparedStatement")) &&
	    (strcmp(sqlstate, "0A000") != 0 || !is_raised_by(t->result, "RevalidateCachedQuery")))
		return false;
	db->conn->retire = true;
	return true;
}

static bool
is_conflict(const PGresult *r)
{
	const char *sqlstate = sqlstate_of(r);

	return strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
}

/* A statement before the failed one may have been COMMIT: then the batch cannot be repeated. */
static bool
has_committed(const struct sp_db_statement *statements, size_t failed)
{
	for (size_t i = 0; i < failed; i++)
		if (strcmp(PQcmdStatus(statements[i].result), "COMMIT") == 0)
			return true;
	return false;
}

static bool
rollback(struct sp_db *db)
{
	static const struct sp_query query = { "rollback", "ROLLBACK", 0 };
	struct sp_db_statement s = { .query = query };
	struct trouble t;
	bool done = round_trip(db, &s, 1, true, &t) == DONE;

	PQclear(s.result);
	PQclear(t.result);
	return done;
}

static void
clear_results(struct sp_db_statement *statements, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		PQclear(statements[i].result);
		statements[i].result = NULL;
	}
}

/* A few milliseconds, more each time, and not the same for the two that met. */
static void
pause_after_conflict(int attempt)
{
	unsigned char jitter;

	sp_random(&jitter, sizeof(jitter));
	nanosleep(&(struct timespec){ 0, (1000000L + jitter * 20000L) << attempt }, NULL);
}

static void
report(struct sp_db *db, const char *name, const PGresult *r)
{
	const char *standby;

	switch (PQresultStatus(r)) {
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		sp_db_fail(db, name, "0A000", "COPY has no place in a pipeline");
		return;
	default:
		break;
	}
	if (r == NULL) {
		sp_db_fail(db, name, "", "no answer in time");
		return;
	}
	sp_db_fail_result(db, name, r);
	standby = PQparameterStatus(db->conn->pg, "in_hot_standby");
	if (strcmp(db->sqlstate, "25006") == 0 && standby != NULL && strcmp(standby, "on") == 0) {
		db->conn->retire = true;	/* the next connection may find the new primary */
		db->unavailable = true;
	}
}

bool
sp_db_exchange(struct sp_db *db, struct sp_db_statement *statements, size_t n,
    int conflict_tries, size_t *failed)
{
	bool unnamed = false, idle, stale;
	enum outcome outcome;
	struct trouble t;

	for (size_t i = 0; i < n; i++)
		if (statements[i].fault != NULL) {
			*failed = i;
			sp_db_fail(db, statements[i].query.name, statements[i].fault_sqlstate, statements[i].fault);
			return false;
		}
	for (int attempt = 0;; attempt++) {
		*failed = 0;
		if (!sp_db_ready(db))
			return false;
		idle = !db->conn->in_transaction;
		outcome = round_trip(db, statements, n, unnamed, &t);
		if (outcome == DONE)
			return true;

		/* A batch that began a transaction itself, and did not end it, can be begun anew. */
		stale = outcome == REFUSED && is_stale(db, &t);
		if (outcome == LOST || !idle || has_committed(statements, t.index))
			break;
		if (is_conflict(t.result) && attempt < conflict_tries)
			pause_after_conflict(attempt);
		else if (stale && !unnamed)
			unnamed = true;
		else
			break;
		if (db->conn->in_transaction && !rollback(db))
			break;
		PQclear(t.result);
		clear_results(statements, n);
	}
	*failed = t.index;
	report(db, n > 0 ? statements[t.index].query.name : "ping", t.result);
	if (n > 0) {
		PQclear(statements[t.index].result);
		statements[t.index].result = t.result;
	} else {
		PQclear(t.result);
	}
	return false;
}
