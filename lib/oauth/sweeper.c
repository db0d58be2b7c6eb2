/* sweeper.c - deletes what has run out, once a minute */
#include "oauth/sweeper.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/log.h"
#include "db/queries.h"

#define PAUSE_SECONDS 60
#define FIRST_SECONDS 60	/* of a random wait, so that processes started together do not sweep together */
#define ROWS 5000		/* of a table in one sweep: far under the statement_timeout */
#define CGI_ONE_IN 64

struct sp_sweeper {
	struct sp_process *process;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

struct swept {
	int64_t rows;
};

static const struct sp_column columns[] = {
	{ "swept", SP_COL_INT, offsetof(struct swept, rows) },
	{ NULL }
};

/* How many rows went. */
static int64_t
sweep(struct sp_process *process, struct sp_arena *mem)
{
	struct swept row = { 0 };
	struct sp_db db = { 0 };

	sp_db_begin(&db, process->pool, mem);
	if (sp_db_row(&db, &sp_q_sweep, SP_PARAMS(SP_P_INT(ROWS), SP_P_INT(process->settings->refresh_grace)),
	    columns, &row) == SP_DB_ROW && row.rows > 0)
		sp_log(SP_INFO, "sweep", SP_LI("rows", row.rows));
	sp_db_end(&db);
	sp_arena_reset(mem);
	return row.rows;
}

/* True when the sweeper is to end. */
static bool
pause_for(struct sp_sweeper *s, int64_t seconds)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&s->lock);
	while (!s->stop && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
		;
	stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

static void *
run(void *arg)
{
	struct sp_sweeper *s = arg;
	struct sp_arena *mem = sp_arena_new();
	int64_t seconds;
	uint8_t random;

	sp_random(&random, sizeof(random));
	seconds = random % FIRST_SECONDS;
	while (!pause_for(s, seconds))
		/* after a night without anybody there may be much */
		seconds = sweep(s->process, mem) >= ROWS ? 1 : PAUSE_SECONDS;
	sp_arena_free(mem);
	return NULL;
}

struct sp_sweeper *
sp_sweeper_start(struct sp_process *process)
{
	struct sp_sweeper *s = calloc(1, sizeof(*s));
	pthread_condattr_t steady;
	sigset_t all, before;

	if (s == NULL)
		sp_out_of_memory();
	s->process = process;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &steady);
	pthread_condattr_destroy(&steady);
	if (process->is_cgi)
		return s;
	/* signals are for the thread that waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		sp_out_of_memory();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return s;
}

void
sp_sweeper_stop(struct sp_sweeper *s)
{
	struct sp_arena *mem;
	uint8_t random;

	if (s == NULL)
		return;
	if (s->process->is_cgi) {
		sp_random(&random, sizeof(random));
		if (random % CGI_ONE_IN == 0) {
			mem = sp_arena_new();
			(void)sweep(s->process, mem);
			sp_arena_free(mem);
		}
	} else {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
