/* runner_upstreams.c - what a runner does for upstream MCP servers */
#include "runner_upstreams.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "db/queries.h"
#include "tools/upstream_follow.h"
#include "tools/upstream_refresh.h"
#include "web/process.h"
#include "web/response.h"
#include "web/serve.h"

#define TICK_MS		250
#define LOOK_MS		5000		/* how often somebody looks which upstream is due */
#define FOLLOW_MAX	64		/* upstreams that one runner listens to */

struct runner_upstreams {
	const char *runner;
	atomic_bool draining;
	atomic_uint news;
	atomic_uint followers;		/* threads that have not ended */
	pthread_t refresher, finder;
};

struct due {
	const char *name;
	struct sp_str spec;
};

static const struct sp_column due_columns[] = {
	{ "name", SP_COL_TEXT, offsetof(struct due, name) },
	{ "spec", SP_COL_STR, offsetof(struct due, spec) },
	{ NULL }
};

static bool
is_draining(void *arg)
{
	struct runner_upstreams *u = arg;

	return atomic_load(&u->draining);
}

static unsigned
news_of(void *arg)
{
	struct runner_upstreams *u = arg;

	return atomic_load(&u->news);
}

/* Until the time is over, there are other news than these, or the runner ends. */
static void
rest(struct runner_upstreams *u, int64_t ms, unsigned seen)
{
	const struct timespec tick = { 0, TICK_MS * 1000000L };

	for (; ms > 0 && !is_draining(u) && news_of(u) == seen; ms -= TICK_MS)
		nanosleep(&tick, NULL);
}

/* ---- reading the lists ---- */

/* False: none is due. */
static bool
refresh_next(struct runner_upstreams *u, struct sp_arena *mem)
{
	struct sp_process *process = sp_process_hold();
	struct sp_upstream_refreshed refreshed;
	struct sp_response response;
	struct sp_request req;
	struct due due;
	bool found;

	sp_request_begin(&req, &response, process, mem);
	found = sp_db_row(&req.db, &sp_q_upstream_due, SP_PARAMS(SP_P_INT(SP_UPSTREAM_REFRESH_S)), due_columns, &due) == SP_DB_ROW;
	if (found) {
		found = sp_upstream_refresh(&req, due.name, due.spec, is_draining, u, &refreshed);
		sp_log(refreshed.why == NULL ? SP_INFO : SP_WARN, "upstream", SP_L("name", due.name),
		    SP_LI("changes", (int64_t)refreshed.count), SP_L("why", refreshed.why));
	}
	sp_request_end(&req);
	sp_arena_reset(mem);
	sp_process_release(process);
	return found;
}

static void *
refresh(void *arg)
{
	struct sp_arena *mem = sp_arena_new();
	struct runner_upstreams *u = arg;

	while (!is_draining(u))
		if (!refresh_next(u, mem))
			rest(u, LOOK_MS, news_of(u));
	sp_arena_free(mem);
	return NULL;
}

/* ---- listening ---- */

/* One upstream, and all that its thread needs. */
struct followed {
	struct runner_upstreams *upstreams;
	struct sp_process *process;
	struct sp_arena *mem;
	struct due due;
};

static void *
follow(void *arg)
{
	struct followed *one = arg;
	struct runner_upstreams *u = one->upstreams;
	const struct sp_upstream_follower follower = { .runner = u->runner, .stopped = is_draining, .news = news_of, .arg = u };
	struct sp_response response;
	struct sp_request req;

	sp_request_begin(&req, &response, one->process, one->mem);
	sp_upstream_follow(&req, one->due.name, one->due.spec, &follower);
	sp_request_end(&req);
	sp_process_release(one->process);
	sp_arena_free(one->mem);
	free(one);
	atomic_fetch_sub(&u->followers, 1);
	return NULL;
}

static bool
start_thread(struct followed *one)
{
	pthread_attr_t detached;
	pthread_t thread;
	int error;

	atomic_fetch_add(&one->upstreams->followers, 1);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &detached, follow, one);
	pthread_attr_destroy(&detached);
	if (error != 0)
		atomic_fetch_sub(&one->upstreams->followers, 1);
	return error == 0;
}

/* False: there is none that nobody listens to. */
static bool
follow_next(struct runner_upstreams *u)
{
	struct followed *one = calloc(1, sizeof(*one));
	struct sp_response response;
	struct sp_request req;
	bool found;

	if (one == NULL)
		sp_out_of_memory();
	*one = (struct followed){ .upstreams = u, .process = sp_process_hold(), .mem = sp_arena_new() };
	sp_request_begin(&req, &response, one->process, one->mem);
	found = sp_db_row(&req.db, &sp_q_upstream_follow, SP_PARAMS(SP_P_TEXT(u->runner), SP_P_INT(SP_UPSTREAM_LEASE_S)), due_columns,
	    &one->due) == SP_DB_ROW;
	sp_request_end(&req);
	if (found && start_thread(one))
		return true;			/* what it has is the thread's now */
	sp_process_release(one->process);
	sp_arena_free(one->mem);
	free(one);
	return false;
}

static void *
find_followed(void *arg)
{
	struct runner_upstreams *u = arg;
	unsigned seen;

	while (!is_draining(u)) {
		seen = news_of(u);
		if (atomic_load(&u->followers) >= FOLLOW_MAX || !follow_next(u))
			rest(u, LOOK_MS, seen);
	}
	return NULL;
}

/* ---- start and end ---- */

struct runner_upstreams *
runner_upstreams_start(const char *runner)
{
	struct runner_upstreams *u = calloc(1, sizeof(*u));

	if (u == NULL)
		sp_out_of_memory();
	u->runner = runner;
	if (pthread_create(&u->refresher, NULL, refresh, u) != 0 || pthread_create(&u->finder, NULL, find_followed, u) != 0)
		sp_out_of_memory();
	return u;
}

void
runner_upstreams_news(struct runner_upstreams *u)
{
	atomic_fetch_add(&u->news, 1);
}

void
runner_upstreams_drain(struct runner_upstreams *u)
{
	atomic_store(&u->draining, true);
}

void
runner_upstreams_stop(struct runner_upstreams *u)
{
	const struct timespec tick = { 0, 20 * 1000000L };

	runner_upstreams_drain(u);
	pthread_join(u->refresher, NULL);
	pthread_join(u->finder, NULL);
	while (atomic_load(&u->followers) > 0)
		nanosleep(&tick, NULL);
	free(u);
}
