/*
 * sallyport-runner.c - makes the calls of tools that have become tasks
 *
 * Threads claim tasks and run them (mcp/task_run.h), one each.  A notification of
 * the database wakes them, and a slow poll where one was missed.  The main thread
 * keeps the leases of what runs, passes on what the tools say meanwhile, and
 * stops what was cancelled.  Others look after upstream MCP servers
 * (runner_upstreams.h).  Any number of runners may be on any hosts; one that
 * dies is missed when its leases run out.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "db/listen.h"
#include "db/queries.h"
#include "mcp/task_run.h"
#include "tools/breaker.h"
#include "web/process.h"
#include "web/response.h"
#include "web/serve.h"

#include "runner_upstreams.h"

#define EX_USAGE	64		/* sysexits.h */
#define LEASE_MS	15000		/* after which a runner that says nothing is taken for dead */
#define RENEW_MS	4000		/* so that one attempt may fail */
#define TICK_MS		250		/* how often the main thread looks around */
#define POLL_MS		5000		/* how often tasks are looked for without a notification */
#define POLL_BLIND_MS	500		/* and where there are no notifications: db_listen = false */
#define PAUSE_MS	1000		/* while the database is away */
#define SWEEP_MS	60000
#define SWEEP_ROWS	1000
#define DRAIN_MS	30000		/* from SIGTERM until what cannot be run again is stopped, too */
#define SAID_MAX	1024		/* bytes of what a tool says; task_run.c cuts it */

/* A thread and what it runs.  The lock of the runner guards what is not marked. */
struct job {
	struct runner *runner;
	pthread_t thread;		/* the main thread's */
	bool busy;
	uint8_t sha256[SP_SHA256_LEN];
	int64_t run;
	bool repeatable;
	bool over;			/* the run counts no more: cancelled, expired, taken over */
	char said[SAID_MAX];		/* what the client is still to be told */
	size_t said_len;
	bool has_said;
	atomic_bool stop;		/* any thread's */
	struct sp_db_watch watch;	/* its fd is an eventfd: readable once it is to stop */
};

struct runner {
	struct sp_mcp mcp;
	struct sp_listener *listener;
	struct sp_db_pool *pool;	/* the main thread's connection: those of the threads are busy */
	const char *name;		/* HOST:PID, for people */
	int64_t poll_ms;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned news;			/* grows when a task may have come */
	bool draining;
	bool renew_now;			/* notifications may have been missed */
	size_t alive;			/* threads */
	struct job *jobs;
	size_t count;
	struct runner_upstreams *upstreams;
};

static struct runner runner = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- stopping ---- */

/* Under the lock. */
static void
stop_job(struct job *job, bool over)
{
	job->over = job->over || over;
	if (!atomic_exchange(&job->stop, true))
		(void)!write(job->watch.fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

static bool
is_stopped(void *arg)
{
	struct job *job = arg;

	return atomic_load(&job->stop);
}

/* ---- what the database says ---- */

static void
on_cancelled(struct runner *r, const char *hex)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str digest;

	if (sp_hex_decode(mem, sp_str(hex), &digest) && digest.len == SP_SHA256_LEN) {
		pthread_mutex_lock(&r->lock);
		for (size_t i = 0; i < r->count; i++)
			if (r->jobs[i].busy && memcmp(r->jobs[i].sha256, digest.p, digest.len) == 0)
				stop_job(&r->jobs[i], true);
		pthread_mutex_unlock(&r->lock);
	}
	sp_arena_free(mem);
}

/* "WHAT HEX" of sallyport.task_changed(), on the listener's thread. */
static void
on_news(void *arg, struct sp_db *db, const char *channel, const char *payload)
{
	struct runner *r = arg;

	(void)db;
	if (channel != NULL && sp_str_starts(sp_str(payload), "cancelled ")) {
		on_cancelled(r, payload + strlen("cancelled "));
		return;
	}
	if (channel == NULL || strcmp(payload, "watch") == 0)
		runner_upstreams_news(r->upstreams);
	if (channel != NULL && !sp_str_starts(sp_str(payload), "waiting "))
		return;
	pthread_mutex_lock(&r->lock);
	r->news++;
	if (channel == NULL) {
		r->renew_now = true;
		pthread_cond_broadcast(&r->wake);
	} else {
		pthread_cond_signal(&r->wake);
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- a run ---- */

static void
on_begin(void *arg, bool repeatable)
{
	struct job *job = arg;

	pthread_mutex_lock(&job->runner->lock);
	job->repeatable = repeatable;
	if (job->runner->draining && repeatable)
		stop_job(job, false);
	pthread_mutex_unlock(&job->runner->lock);
}

static void
on_says(void *arg, struct sp_str message)
{
	struct job *job = arg;

	message = sp_utf8_cut(message, SAID_MAX);
	pthread_mutex_lock(&job->runner->lock);
	memcpy(job->said, message.p, message.len);
	job->said_len = message.len;
	job->has_said = true;
	pthread_mutex_unlock(&job->runner->lock);
}

static void
begin_job(struct job *job, const struct sp_task *task)
{
	uint64_t count;

	pthread_mutex_lock(&job->runner->lock);
	memcpy(job->sha256, task->sha256, sizeof(job->sha256));
	job->run = task->run;
	job->repeatable = job->over = job->has_said = false;
	atomic_store(&job->stop, false);
	(void)!read(job->watch.fd, &count, sizeof(count));
	job->busy = true;
	pthread_mutex_unlock(&job->runner->lock);
}

/* Whether the run was over for everybody. */
static bool
end_job(struct job *job)
{
	bool over;

	pthread_mutex_lock(&job->runner->lock);
	job->busy = false;
	over = job->over;
	pthread_mutex_unlock(&job->runner->lock);
	return over;
}

static const char *
settle(struct job *job, struct sp_request *req, const struct sp_task *task, enum sp_task_end end)
{
	bool over = end_job(job);

	switch (end) {
	case SP_TASK_ENDED:
		return "ended";
	case SP_TASK_LOST:
		return "lost";
	case SP_TASK_STOPPED:
		break;
	}
	if (over)
		return "cancelled";
	if (job->repeatable)
		return sp_task_give_back(req, task) ? "given back" : "lost";
	return sp_task_fail(req, task, "the call was interrupted when its runner was shut down, and nothing that it did "
	    "in the database remains; it may have done something elsewhere") ? "interrupted" : "lost";
}

static void
run_task(struct job *job, struct sp_request *req, const struct sp_task *task)
{
	struct sp_task_observer observer = { on_begin, on_says, job, &job->watch };
	const char *how;

	begin_job(job, task);
	how = settle(job, req, task, sp_task_run(req, &job->runner->mcp, task, &observer));
	sp_log(SP_INFO, "task", SP_L("tool", task->tool), SP_LI("run", task->run), SP_L("end", how),
	    SP_LI("ms", (sp_monotonic_us() - req->started_us) / 1000), SP_LI("db_round_trips", req->db.round_trips));
	sp_log_request_id(NULL);
}

/* The next task, from claim to end. */
static enum sp_db_status
run_next(struct job *job, struct sp_arena *mem)
{
	struct sp_process *process = sp_process_hold();
	struct sp_response response;
	struct sp_request req;
	enum sp_db_status status;
	struct sp_task task;

	sp_request_begin(&req, &response, process, mem);
	status = sp_task_claim(&req.db, job->runner->name, LEASE_MS, &task);
	if (status == SP_DB_ROW)
		run_task(job, &req, &task);
	sp_request_end(&req);
	sp_arena_reset(mem);
	sp_process_release(process);
	return status;
}

/* Waits for news beyond `seen`, at most ms.  False: the runner ends. */
static bool
wait_for_news(struct runner *r, unsigned seen, int64_t ms)
{
	struct timespec until;
	bool goes_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&r->lock);
	while (!r->draining && r->news == seen && pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0)
		;
	goes_on = !r->draining;
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

static void *
work(void *arg)
{
	struct job *job = arg;
	struct runner *r = job->runner;
	struct sp_arena *mem = sp_arena_new();
	bool goes_on = true;
	unsigned seen;

	while (goes_on) {
		pthread_mutex_lock(&r->lock);
		seen = r->news;
		goes_on = !r->draining;
		pthread_mutex_unlock(&r->lock);
		if (!goes_on)
			break;
		switch (run_next(job, mem)) {
		case SP_DB_ROW:
			break;		/* there may be more */
		case SP_DB_NO_ROW:
			goes_on = wait_for_news(r, seen, r->poll_ms);
			break;
		case SP_DB_FAILED:
			goes_on = wait_for_news(r, seen, PAUSE_MS);
			break;
		}
	}
	sp_arena_free(mem);
	pthread_mutex_lock(&r->lock);
	r->alive--;
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* ---- the main thread ---- */

struct renewed {
	struct sp_str sha256;
	int64_t run;
};

static const struct sp_column renewed_columns[] = {
	{ "task_sha256", SP_COL_BYTES, offsetof(struct renewed, sha256) },
	{ "run", SP_COL_INT, offsetof(struct renewed, run) },
	{ NULL }
};

/* {SHA-256 in hex: run} of what runs; absent when nothing does. */
static struct sp_str
runs(struct runner *r, struct sp_arena *mem)
{
	struct sp_json_writer w;
	struct sp_buf b;
	bool any = false;

	sp_buf_init(&b, mem, 1024 * 1024);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->count; i++)
		if (r->jobs[i].busy) {
			sp_jw_kint(&w, sp_hex_encode(mem, r->jobs[i].sha256, SP_SHA256_LEN).p, r->jobs[i].run);
			any = true;
		}
	pthread_mutex_unlock(&r->lock);
	sp_jw_object_end(&w);
	return any ? sp_buf_view(&b) : (struct sp_str){ NULL, 0 };
}

static bool
is_among(const struct job *job, const struct renewed *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].run == job->run && rows[i].sha256.len == SP_SHA256_LEN &&
		    memcmp(rows[i].sha256.p, job->sha256, SP_SHA256_LEN) == 0)
			return true;
	return false;
}

/* Keeps the leases; what is not ours any more is stopped.  A task claimed meanwhile was not asked about. */
static void
renew(struct runner *r, struct sp_db *db)
{
	struct sp_str asked = runs(r, db->mem);
	size_t count = 0;
	void *rows = NULL;

	if (asked.p == NULL || sp_db_rows(db, &sp_q_task_renew, SP_PARAMS(SP_P_STR(asked), SP_P_INT(LEASE_MS)),
	    renewed_columns, sizeof(struct renewed), &rows, &count) == SP_DB_FAILED)
		return;
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->count; i++) {
		struct job *job = &r->jobs[i];
		struct sp_str hex = sp_hex_encode(db->mem, job->sha256, SP_SHA256_LEN);

		if (job->busy && strstr(asked.p, sp_printf(db->mem, "\"%.*s\":%lld", SP_FMT(hex),
		    (long long)job->run)) != NULL && !is_among(job, rows, count))
			stop_job(job, true);
	}
	pthread_mutex_unlock(&r->lock);
}

/* Passes on what tools have said; the last word of each is enough. */
static void
pass_on(struct runner *r, struct sp_db *db)
{
	uint8_t digest[SP_SHA256_LEN];
	struct sp_str said;
	int64_t run;

	for (size_t i = 0; i < r->count; i++) {
		struct job *job = &r->jobs[i];

		pthread_mutex_lock(&r->lock);
		said = job->busy && job->has_said ? sp_str_dup(db->mem, (struct sp_str){ job->said, job->said_len }) :
		    (struct sp_str){ NULL, 0 };
		job->has_said = false;
		memcpy(digest, job->sha256, sizeof(digest));
		run = job->run;
		pthread_mutex_unlock(&r->lock);
		if (said.p != NULL && !sp_db_do(db, &sp_q_task_progress, SP_PARAMS(SP_P_BYTES(digest,
		    sizeof(digest)), SP_P_INT(run), SP_P_STR(said)), NULL))
			return;		/* it is in the log; there will be more to say */
	}
}

/* From now on nothing is claimed.  What may be run again is stopped now, the rest with `all`. */
static void
drain(struct runner *r, bool all)
{
	pthread_mutex_lock(&r->lock);
	r->draining = true;
	for (size_t i = 0; i < r->count; i++)
		if (r->jobs[i].busy && (all || r->jobs[i].repeatable))
			stop_job(&r->jobs[i], false);
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	runner_upstreams_drain(r->upstreams);
}

static void
reload(struct sp_arena *mem)
{
	struct sp_str rest, line;
	struct sp_buf errors;

	sp_buf_init(&errors, mem, 64 * 1024);
	if (sp_process_reload(&errors)) {
		sp_log(SP_INFO, "reloaded");
		return;
	}
	rest = sp_buf_view(&errors);
	while (sp_str_split(&rest, '\n', &line))
		if (line.len > 0)
			sp_log(SP_ERROR, "not reloaded", SP_LS("problem", line));
}

/* What is due now. */
struct due {
	int64_t renew, sweep, stop_all;		/* monotonic ms; 0: never */
};

static void
look_around(struct runner *r, struct sp_arena *mem, struct due *due)
{
	int64_t now = sp_monotonic_ms();
	struct sp_db db = { 0 };
	bool renew_now;

	pthread_mutex_lock(&r->lock);
	renew_now = r->renew_now || now >= due->renew;
	r->renew_now = false;
	pthread_mutex_unlock(&r->lock);
	sp_db_begin(&db, r->pool, mem);
	pass_on(r, &db);
	if (renew_now) {
		renew(r, &db);
		due->renew = now + RENEW_MS;
	}
	if (now >= due->sweep && sp_db_do(&db, &sp_q_task_sweep, SP_PARAMS(SP_P_INT(SWEEP_ROWS)), NULL))
		due->sweep = now + SWEEP_MS;
	sp_db_end(&db);
	sp_arena_reset(mem);
	if (due->stop_all != 0 && now >= due->stop_all)
		drain(r, true);
}

static size_t
alive(struct runner *r)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->alive;
	pthread_mutex_unlock(&r->lock);
	return n;
}

static void
keep_running(struct runner *r, const sigset_t *signals)
{
	const struct timespec tick = { 0, TICK_MS * 1000000L };
	struct sp_arena *mem = sp_arena_new();
	struct due due = { .sweep = sp_monotonic_ms() + TICK_MS };

	while (alive(r) > 0) {
		switch (sigtimedwait(signals, NULL, &tick)) {
		case SIGHUP:
			reload(mem);
			break;
		case SIGTERM:
		case SIGINT:
			drain(r, due.stop_all != 0);	/* the second one waits for nobody */
			if (due.stop_all == 0)
				due.stop_all = sp_monotonic_ms() + DRAIN_MS;
			break;
		default:
			break;
		}
		look_around(r, mem, &due);
	}
	sp_arena_free(mem);
}

/* ---- start and end ---- */

static void
heard(void *arg, struct sp_db *db, const char *what)
{
	sp_catalog_changed(arg, db, what);
	sp_breaker_heard(db, what);
}

static bool
start(struct sp_process *process)
{
	runner.mcp.catalog = sp_catalog_cache_new();
	process->state = &runner.mcp;
	return sp_authority_start(process, heard, runner.mcp.catalog, &runner.mcp.authority);
}

static void
stop(struct sp_process *process)
{
	(void)process;
	sp_authority_stop(runner.mcp.authority);
	sp_catalog_cache_free(runner.mcp.catalog);
}

static const struct sp_program program = {
	.name = "sallyport-runner", .summary = "makes the calls of tools that have become tasks",
	.needs = SP_NEED_DB | SP_NEED_KEYRING, .start = start, .stop = stop,
};

static void
open_job(struct runner *r, struct job *job)
{
	job->runner = r;
	job->watch = (struct sp_db_watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = POLLIN,
	    .gone = is_stopped, .arg = job };
	if (job->watch.fd < 0)
		sp_out_of_memory();
}

static void
begin(struct runner *r, const struct sp_settings *settings, struct sp_arena *mem)
{
	static const char *const channels[] = { "sallyport_task", NULL };
	struct sp_settings one = *settings;
	pthread_condattr_t steady;
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	r->name = sp_printf(mem, "%s:%ld", host, (long)getpid());
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &steady);
	pthread_condattr_destroy(&steady);
	one.db_connections = 1;
	r->pool = sp_db_pool_new(&one, program.name);
	r->poll_ms = settings->db_listen ? POLL_MS : POLL_BLIND_MS;
	r->count = (size_t)settings->threads;
	r->jobs = sp_alloc_array(mem, r->count, sizeof(*r->jobs));
	for (size_t i = 0; i < r->count; i++)
		open_job(r, &r->jobs[i]);
	r->upstreams = runner_upstreams_start(r->name);
	r->listener = sp_listener_start(settings, program.name, channels, r->poll_ms, on_news, r);
	r->alive = r->count;
	for (size_t i = 0; i < r->count; i++)
		if (pthread_create(&r->jobs[i].thread, NULL, work, &r->jobs[i]) != 0)
			sp_out_of_memory();
}

static void
end(struct runner *r)
{
	for (size_t i = 0; i < r->count; i++)
		pthread_join(r->jobs[i].thread, NULL);
	sp_listener_stop(r->listener);
	runner_upstreams_stop(r->upstreams);
	for (size_t i = 0; i < r->count; i++)
		close(r->jobs[i].watch.fd);
	sp_db_pool_free(r->pool);
	pthread_cond_destroy(&r->wake);
}

static int
complain(struct sp_buf *errors)
{
	struct sp_str rest = sp_buf_view(errors), line;

	while (sp_str_split(&rest, '\n', &line))
		if (line.len > 0)
			fprintf(stderr, "%s: %.*s\n", program.name, SP_FMT(line));
	return 1;
}

static int
run(struct sp_arena *mem, struct sp_buf *errors)
{
	struct sp_process *process;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!sp_process_open(&program, false, errors))
		return complain(errors);
	process = sp_process_hold();
	begin(&runner, process->settings, mem);
	sp_process_release(process);
	sp_log(SP_INFO, "started", SP_L("runner", runner.name), SP_LI("threads", (int64_t)runner.count));
	keep_running(&runner, &signals);
	end(&runner);
	sp_process_close();
	sp_log(SP_INFO, "ended");
	return 0;
}

static void
usage(FILE *out)
{
	fprintf(out, "usage: sallyport-runner [--check | --version | --help]\n\n"
	    "Makes the calls of tools that have become tasks, until SIGTERM.\n\n"
	    "  --check     reads the settings, tries what they name, and ends\n"
	    "  --version   says which version it is\n"
	    "  --help      says this\n\n"
	    "Settings: sallyport.conf(5); of them `threads` is how many tasks run at once.\n");
}

int
main(int argc, char **argv)
{
	enum { CHECK = 1, PRINT_VERSION, HELP };
	static const struct option options[] = {
		{ "check", no_argument, NULL, CHECK },
		{ "version", no_argument, NULL, PRINT_VERSION },
		{ "help", no_argument, NULL, HELP },
		{ NULL }
	};
	struct sp_arena *mem = sp_arena_new();
	struct sp_buf errors;
	int option, status;

	sp_log_program(program.name);
	sp_buf_init(&errors, mem, 64 * 1024);
	option = getopt_long(argc, argv, "", options, NULL);
	switch (option) {
	case -1:
		if (optind == argc) {
			status = run(mem, &errors);
			break;
		}
		/* fallthrough */
	default:
		usage(stderr);
		status = EX_USAGE;
		break;
	case CHECK:
		status = sp_process_check(&program, &errors) ? 0 : complain(&errors);
		break;
	case PRINT_VERSION:
		printf("sallyport-runner %s\n", PACKAGE_VERSION);
		status = 0;
		break;
	case HELP:
		usage(stdout);
		status = 0;
		break;
	}
	sp_arena_free(mem);
	return status;
}
