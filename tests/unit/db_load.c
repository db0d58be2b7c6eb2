/*
 * db_load.c - threads that use the database, to see what restarts do and what it costs
 *
 *	db_load restart CONNINFO COUNT    8 threads over 4 connections, COUNT inserts each
 *	db_load rate CONNINFO SECONDS     8 threads over 8 connections, one-row select
 *	db_load listen CONNINFO SECONDS   a listener; how often it was told to look again
 *
 * "restart" says "ready" once all connections are open and idle, and waits for
 * a line: now the server may have been restarted.  It prints how many statements
 * failed on what was idle, and goes on to the inserts, during which the server
 * may be restarted as well.  One whose outcome is unknown is tried again, like
 * a client would.  At the end it prints what failed and whether all rows are there.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "db/listen.h"

#define THREADS 8

static struct sp_db_pool *pool;
static int64_t limit;			/* inserts of a thread; or seconds to run */
static _Atomic int64_t done, unavailable, wrong;

static void
sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ 0, ms * 1000000 }, NULL);
}

static bool
run(struct sp_arena *mem, const struct sp_query *query, const struct sp_param *params)
{
	struct sp_db db;
	bool ok;

	sp_db_begin(&db, pool, mem);
	ok = sp_db_do(&db, query, params, NULL);
	if (ok)
		done++;
	else if (sp_db_unavailable(&db))
		unavailable++;
	else
		wrong++;
	sp_db_end(&db);
	sp_arena_reset(mem);
	return ok;
}

static void *
touch(void *arg)
{
	static const struct sp_query query = { "nap", "SELECT pg_catalog.pg_sleep(0.05)", 0 };
	struct sp_arena *mem = sp_arena_new();

	(void)arg;
	(void)!run(mem, &query, SP_NO_PARAMS);
	sp_arena_free(mem);
	return NULL;
}

static void *
insert(void *arg)
{
	static const struct sp_query query = { "insert",
		"INSERT INTO public.load VALUES ($1, $2) ON CONFLICT DO NOTHING", 2 };
	struct sp_arena *mem = sp_arena_new();

	for (int64_t i = 0; i < limit; i++) {
		while (!run(mem, &query, SP_PARAMS(SP_P_INT((intptr_t)arg), SP_P_INT(i))))
			sleep_ms(20);
		sleep_ms(4);
	}
	sp_arena_free(mem);
	return NULL;
}

static void *
read_row(void *arg)
{
	static const struct sp_query query = { "account",
		"SELECT abalance, filler FROM public.pgbench_accounts WHERE aid = $1", 1 };
	struct row { int64_t abalance; struct sp_str filler; } row;
	static const struct sp_column columns[] = {
		{ "abalance", SP_COL_INT, offsetof(struct row, abalance) },
		{ "filler", SP_COL_STR, offsetof(struct row, filler) },
		{ NULL }
	};
	struct sp_arena *mem = sp_arena_new();
	int64_t until = sp_monotonic_ms() + limit * 1000, n = 0;
	struct sp_db db;

	(void)arg;
	for (; sp_monotonic_ms() < until; n++) {
		sp_db_begin(&db, pool, mem);
		if (sp_db_row(&db, &query, SP_PARAMS(SP_P_INT(1 + n * 7919 % 100000)), columns, &row) != SP_DB_ROW)
			wrong++;
		sp_db_end(&db);
		sp_arena_reset(mem);
	}
	done += n;
	sp_arena_free(mem);
	return NULL;
}

static void
in_threads(void *(*fn)(void *))
{
	pthread_t threads[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, fn, (void *)i) != 0)
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int
restart(struct sp_arena *mem)
{
	static const struct sp_query make = { "make",
		"CREATE TABLE public.load (thread int, n int, PRIMARY KEY (thread, n))", 0 };
	static const struct sp_query count = { "count", "SELECT count(*) AS n FROM public.load", 0 };
	static const struct sp_column columns[] = { { "n", SP_COL_INT, 0 }, { NULL } };
	struct sp_db db;
	int64_t rows = -1;
	char line[8];

	if (!run(mem, &make, SP_NO_PARAMS))
		return 1;
	for (int round = 0; round < 2; round++) {
		in_threads(touch);
		puts("ready");
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 1;
		unavailable = wrong = 0;
		in_threads(touch);
		printf("idle: %d failed\n", (int)(unavailable + wrong));
		fflush(stdout);
	}
	unavailable = wrong = 0;
	in_threads(insert);
	sp_db_begin(&db, pool, mem);
	if (sp_db_row(&db, &count, SP_NO_PARAMS, columns, &rows) != SP_DB_ROW)
		wrong++;
	sp_db_end(&db);
	printf("busy: %d unavailable, %d wrong, %d rows missing\n", (int)unavailable, (int)wrong,
	    (int)(THREADS * limit - rows));
	return 0;
}

static int
rate(void)
{
	int64_t began = sp_monotonic_us(), us;
	struct rusage use;
	double cpu;

	in_threads(read_row);
	us = sp_monotonic_us() - began;
	getrusage(RUSAGE_SELF, &use);
	cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	printf("%.0f queries/s, %.1f us CPU a query (%.1f user, %.1f system), %d wrong\n",
	    (double)done * 1e6 / (double)us, cpu / (double)done,
	    ((double)use.ru_utime.tv_sec * 1e6 + (double)use.ru_utime.tv_usec) / (double)done,
	    ((double)use.ru_stime.tv_sec * 1e6 + (double)use.ru_stime.tv_usec) / (double)done, (int)wrong);
	return 0;
}

static void
count_looks(void *arg, struct sp_db *db, const char *channel, const char *payload)
{
	(void)arg, (void)db, (void)payload;
	done += channel == NULL;
}

static int
listens(const char *conninfo)
{
	static const char *const channels[] = { "sallyport", NULL };
	const struct sp_settings settings = {
		.database = conninfo, .db_connect_timeout = 3, .statement_timeout = 3000, .db_listen = true,
	};
	struct sp_listener *l = sp_listener_start(&settings, "load", channels, 100, count_looks, NULL);

	sleep((unsigned)limit);
	sp_listener_stop(l);
	printf("%d looks\n", (int)done);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *mode = argc == 4 ? argv[1] : "";
	bool restarts = strcmp(mode, "restart") == 0;
	struct sp_arena *mem;
	int status;

	if ((!restarts && strcmp(mode, "rate") != 0 && strcmp(mode, "listen") != 0) ||
	    !sp_str_int64(sp_str(argv[3]), 1, 1000000, &limit)) {
		fputs("usage: db_load restart CONNINFO COUNT\n"
		    "       db_load rate|listen CONNINFO SECONDS\n", stderr);
		return 2;
	}
	sp_log_program("db_load");
	if (strcmp(mode, "listen") == 0)
		return listens(argv[2]);
	pool = sp_db_pool_open(argv[2], restarts ? 4 : THREADS, 3, 3000, "load");
	mem = sp_arena_new();
	status = restarts ? restart(mem) : rate();
	sp_db_pool_free(pool);
	sp_arena_free(mem);
	return status;
}
