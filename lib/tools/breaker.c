/* breaker.c - what fails is left alone for a while, by all processes */
#include "tools/breaker.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/queries.h"

#define NOT_OPEN	(-1)		/* in place of the milliseconds until a call may be tried */

/* What this process knows; one for each thing that ever failed.  A catalog has not many. */
struct state {
	struct state *next;
	int64_t failures;		/* 0: there is no row */
	int64_t open_until;		/* sp_monotonic_ms(); then the database decides.  NOT_OPEN */
	char key[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct state *states;

/* ---- what is known, under the lock ---- */

static struct state *
find(struct sp_str key)
{
	struct state *s = states;

	while (s != NULL && !sp_str_is(key, s->key))
		s = s->next;
	return s;
}

static void
set(struct sp_str key, int64_t failures, int64_t left_ms)
{
	struct state *s = find(key);

	if (s == NULL && failures == 0)
		return;
	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s) + key.len + 1)) == NULL)
			sp_out_of_memory();
		memcpy(s->key, key.p, key.len);
		s->next = states;
		states = s;
	}
	s->failures = failures;
	s->open_until = left_ms == NOT_OPEN ? NOT_OPEN : sp_monotonic_ms() + left_ms;
}

static struct sp_str
key_of(struct sp_arena *mem, const struct sp_breaker *b)
{
	return sp_str(sp_printf(mem, "%s:%s", b->kind, b->name));
}

static void
learn(struct sp_arena *mem, const struct sp_breaker *b, int64_t failures, int64_t left_ms)
{
	struct sp_str key = key_of(mem, b);

	pthread_mutex_lock(&lock);
	set(key, failures, left_ms);
	pthread_mutex_unlock(&lock);
}

/* False: nothing that would keep a call from being made. */
static bool
know(struct sp_arena *mem, const struct sp_breaker *b, int64_t *failures, int64_t *open_until)
{
	struct sp_str key = key_of(mem, b);
	struct state *s;

	pthread_mutex_lock(&lock);
	if ((s = find(key)) != NULL) {
		*failures = s->failures;
		*open_until = s->open_until;
	}
	pthread_mutex_unlock(&lock);
	return s != NULL && *failures > 0;
}

/* ---- a call ---- */

static enum sp_breaker_result
ask(struct sp_request *req, const struct sp_breaker *b, int64_t lease_ms, int64_t *retry_ms)
{
	struct entered { bool may; int64_t failures, left_ms; } row;
	static const struct sp_column columns[] = {
		{ "may", SP_COL_BOOL, offsetof(struct entered, may) },
		{ "failures", SP_COL_INT, offsetof(struct entered, failures) },
		{ "left_ms", SP_COL_INT, offsetof(struct entered, left_ms) },
		{ NULL }
	};

	if (sp_db_row(&req->db, &sp_q_breaker_enter, SP_PARAMS(SP_P_TEXT(b->kind), SP_P_TEXT(b->name), SP_P_INT(lease_ms)),
	    columns, &row) != SP_DB_ROW)
		return SP_BREAKER_FAILED;
	learn(req->mem, b, row.failures, row.left_ms);
	*retry_ms = row.left_ms;
	return !row.may ? SP_BREAKER_OPEN : row.left_ms == NOT_OPEN ? SP_BREAKER_CLOSED : SP_BREAKER_PROBE;
}

enum sp_breaker_result
sp_breaker_enter(struct sp_request *req, const struct sp_breaker *b, int64_t lease_ms, int64_t *retry_ms)
{
	int64_t failures, open_until, now = sp_monotonic_ms();

	if (b->failures == 0)
		return SP_BREAKER_CLOSED;
	if (req->is_cgi)
		return ask(req, b, lease_ms, retry_ms);
	if (!know(req->mem, b, &failures, &open_until) || open_until == NOT_OPEN)
		return SP_BREAKER_CLOSED;
	if (now >= open_until)
		return ask(req, b, lease_ms, retry_ms);
	*retry_ms = open_until - now;
	return SP_BREAKER_OPEN;
}

static void
failed(struct sp_request *req, const struct sp_breaker *b, const char *failure)
{
	struct failed { int64_t failures, left_ms; bool opened; } row;
	static const struct sp_column columns[] = {
		{ "failures", SP_COL_INT, offsetof(struct failed, failures) },
		{ "left_ms", SP_COL_INT, offsetof(struct failed, left_ms) },
		{ "opened", SP_COL_BOOL, offsetof(struct failed, opened) },
		{ NULL }
	};

	if (sp_db_row(&req->db, &sp_q_breaker_failed, SP_PARAMS(SP_P_TEXT(b->kind), SP_P_TEXT(b->name), SP_P_INT(b->failures),
	    SP_P_INT(b->pause_ms), SP_P_TEXT(failure)), columns, &row) != SP_DB_ROW)
		return;			/* the log has it; the next failure tries again */
	learn(req->mem, b, row.failures, row.left_ms);
	if (row.opened)
		sp_log(SP_WARN, "left alone for a while", SP_L(b->kind, b->name), SP_LI("failures", row.failures),
		    SP_LI("pause_ms", b->pause_ms), SP_L("why", failure));
}

static void
works(struct sp_request *req, const struct sp_breaker *b)
{
	struct works { bool was_open; } row;
	static const struct sp_column columns[] = { { "was_open", SP_COL_BOOL, offsetof(struct works, was_open) }, { NULL } };

	if (sp_db_row(&req->db, &sp_q_breaker_works, SP_PARAMS(SP_P_TEXT(b->kind), SP_P_TEXT(b->name)), columns, &row) != SP_DB_ROW)
		return;
	learn(req->mem, b, 0, NOT_OPEN);
	if (row.was_open)
		sp_log(SP_INFO, "answers again", SP_L(b->kind, b->name));
}

void
sp_breaker_leave(struct sp_request *req, const struct sp_breaker *b, const char *failure)
{
	int64_t failures, open_until;

	if (b->failures == 0)
		return;
	if (failure != NULL)
		failed(req, b, failure);
	else if (know(req->mem, b, &failures, &open_until))
		works(req, b);
}

void
sp_breaker_abandon(struct sp_request *req, const struct sp_breaker *b, enum sp_breaker_result entered)
{
	if (entered == SP_BREAKER_PROBE && sp_db_do(&req->db, &sp_q_breaker_abandon, SP_PARAMS(SP_P_TEXT(b->kind), SP_P_TEXT(b->name)), NULL))
		learn(req->mem, b, b->failures, 0);
}

/* ---- what is heard ---- */

static void
look_again(struct sp_db *db)
{
	struct row { struct sp_str key; int64_t failures, left_ms; } *row;
	static const struct sp_column columns[] = {
		{ "key", SP_COL_STR, offsetof(struct row, key) },
		{ "failures", SP_COL_INT, offsetof(struct row, failures) },
		{ "left_ms", SP_COL_INT, offsetof(struct row, left_ms) },
		{ NULL }
	};
	void *rows = NULL;
	size_t count = 0;

	if (sp_db_rows(db, &sp_q_breakers, SP_NO_PARAMS, columns, sizeof(*row), &rows, &count) == SP_DB_FAILED)
		return;			/* the listener says "look again" when it is back */
	row = rows;
	pthread_mutex_lock(&lock);
	for (struct state *s = states; s != NULL; s = s->next)
		s->failures = 0;
	for (size_t i = 0; i < count; i++)
		set(row[i].key, row[i].failures, row[i].left_ms);
	pthread_mutex_unlock(&lock);
}

/* "breaker FAILURES MS KIND:NAME" */
void
sp_breaker_heard(struct sp_db *db, const char *what)
{
	struct sp_str rest = sp_str(what), word, failures, left_ms;
	int64_t n, ms;

	if (what == NULL) {
		look_again(db);
		return;
	}
	if (!sp_str_split(&rest, ' ', &word) || !sp_str_is(word, "breaker") || !sp_str_split(&rest, ' ', &failures) ||
	    !sp_str_split(&rest, ' ', &left_ms) || !sp_str_int64(failures, 0, INT64_MAX, &n) ||
	    !sp_str_int64(left_ms, NOT_OPEN, INT64_MAX / 2, &ms))
		return;
	pthread_mutex_lock(&lock);
	set(rest, n, ms);
	pthread_mutex_unlock(&lock);
}
