/* index_jobs.c - working off jobs */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json.h"
#include "index_azure.h"
#include "index_github.h"
#include "index_jobs.h"
#include "index_root.h"

#define WAIT_SECONDS	30	/* without news: schedules are looked at, and what others left */
#define LEASE		"20 minutes"	/* longer than an archive may take to come */
#define RENEW_MS	30000

struct jobs;

struct job {
	struct sp_arena *mem;
	const char *id, *tries;			/* as the database writes them */
	const char *repository;
	const char *target;			/* NULL: the index in this database */
	bool full;
	struct json_object *asked;		/* what the job says of where from; NULL: nothing */
	struct json_object *known;		/* what is known of its repository; NULL: nothing */
	int64_t renewed_ms;
	struct jobs *jobs;
};

struct jobs {
	const struct sp_settings *settings;
	const struct index_options *options;
	PGconn *pg;
};

static PGresult *
query(struct jobs *j, const char *what, const char *sql, int n, const char *const *values)
{
	PGresult *r = PQexecParams(j->pg, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return r;
	fprintf(stderr, "sallyport-index: %s: %s", what, PQerrorMessage(j->pg));
	PQclear(r);
	return NULL;
}

/* ---- one job ---- */

static const char *
column(struct sp_arena *mem, const PGresult *r, int at)
{
	return PQgetisnull(r, 0, at) ? NULL : sp_strdup(mem, PQgetvalue(r, 0, at));
}

static struct json_object *
json_column(struct sp_arena *mem, const PGresult *r, int at)
{
	struct json_object *out = NULL;
	const char *text = column(mem, r, at), *why;

	return text != NULL && sp_json_parse_large(mem, sp_str(text), &out, &why) ? out : NULL;
}

/* 1: a job; 0: there is none; -1: trouble. */
static int
claim(struct jobs *j, struct sp_arena *mem, struct job *out)
{
	PGresult *r = query(j, "claiming a job", "SELECT j.job_id, j.tries, j.repository, j.complete, j.source,"
	    " codesearch.known_source(j.repository, j.target), j.target FROM codesearch.job_claim('" LEASE "') j", 0, NULL);
	int found;

	if (r == NULL)
		return -1;
	found = PQntuples(r);
	if (found > 0)
		*out = (struct job){ .mem = mem, .id = column(mem, r, 0), .tries = column(mem, r, 1),
		    .repository = column(mem, r, 2), .full = PQgetvalue(r, 0, 3)[0] == 't',
		    .asked = json_column(mem, r, 4), .known = json_column(mem, r, 5), .target = column(mem, r, 6),
		    .renewed_ms = sp_monotonic_ms(), .jobs = j };
	PQclear(r);
	return found;
}

static struct index_strings
strings(struct sp_arena *mem, struct json_object *list)
{
	struct index_strings out = { 0 };
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	out.item = sp_alloc_array(mem, n, sizeof(*out.item));
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_is_type(item, json_type_string))
			out.item[out.count++] = sp_json_text(item);
	}
	return out;
}

/* What is remembered of a source that a tool has named: not as the operator's own. */
static const char *
by_tool(struct sp_arena *mem, struct json_object *source)
{
	sp_json_set_str(source, "by", SP_LIT("tool"));
	return sp_strdup(mem, json_object_to_json_string_ext(source, JSON_C_TO_STRING_PLAIN));
}

/* A directory: the operator's own is taken as it is, another must be below index_roots. */
static int
open_tree(struct jobs *j, struct job *job, struct json_object *from, const char **why)
{
	struct sp_str path = sp_json_get_str(from, "path");

	if (path.p == NULL) {
		*why = "its source has no path";
		return -1;
	}
	if (from == job->known && sp_str_is(sp_json_get_str(from, "by"), "command")) {
		int fd = open(sp_cstr(job->mem, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			*why = sp_printf(job->mem, "%.*s: %s", SP_FMT(path), strerror(errno));
		return fd;
	}
	return index_root_open(job->mem, j->settings->index_roots, path, why);
}

/* While it goes on nobody else takes the job, however long it is. */
static void
renew(void *arg)
{
	struct job *job = arg;
	int64_t now = sp_monotonic_ms();

	if (now - job->renewed_ms < RENEW_MS)
		return;
	job->renewed_ms = now;
	PQclear(query(job->jobs, "renewing a lease", "UPDATE codesearch.job SET lease_until = now() + interval '" LEASE "'"
	    " WHERE job_id = $1 AND tries = $2 AND state = 'running'", 2, (const char *const[]){ job->id, job->tries }));
}

/* The summary of a run that has stored everything. */
static const char *
finished(struct jobs *j, struct job *job, struct index_run *run)
{
	index_run_embed(run, j->settings, job->mem);
	return sp_cstr(job->mem, index_run_json(run, job->mem));
}

/* {"type": "backfill", "batch_size": 200, "include_context": true, "max_docs": 1000} */
static const char *
backfill(struct jobs *j, struct job *job, const char **why)
{
	struct json_object *context = sp_json_get(job->asked, "include_context");
	struct index_embed e = { .conninfo = index_database(j->settings),
		.repository = strcmp(job->repository, "*") != 0 ? job->repository : NULL,
		.batch = json_object_get_int64(sp_json_get(job->asked, "batch_size")),
		.most = json_object_get_int64(sp_json_get(job->asked, "max_docs")),
		.bare = context != NULL && !json_object_get_boolean(context), .alive = renew, .arg = job };
	struct index_service *service = NULL;
	const char *result = NULL;

	if (index_service_open(j->settings, INDEX_EMBEDDING, &service, job->mem, why) &&
	    index_embed(&e, service, job->mem, why))
		result = sp_printf(job->mem, "{\"processed\": %zu, \"written\": %zu, \"failed\": %zu}", e.processed, e.written,
		    e.failed);
	index_service_close(service);
	return result;
}

/* Gives the summary, or NULL and why. */
static const char *
index_directory(struct jobs *j, struct job *job, struct json_object *from, const char **why)
{
	struct index_options o = *j->options;
	struct index_store *store = NULL;
	const char *result = NULL;
	struct index_run run;
	int root = open_tree(j, job, from, why);

	if (root < 0)
		return NULL;
	o.repository = job->repository;
	o.target = job->target;
	o.embed = json_object_get_boolean(sp_json_get(from, "embed"));
	o.full = job->full;
	o.only = strings(job->mem, sp_json_get(from, "only"));
	o.changed = strings(job->mem, sp_json_get(job->asked, "files"));
	if (index_store_open(&(struct index_store_start){ .settings = j->settings, .conninfo = index_database(j->settings),
	    .target = job->target, .embed = o.embed, .repository = job->repository }, &store, job->mem, why)) {
		index_run_init(&run, &o, store);
		run.alive = renew;
		run.arg = job;
		if (!index_run_tree(&run, root, from == job->asked ? by_tool(job->mem, from) : NULL))
			*why = sp_printf(job->mem, "the directory cannot be read: %s", strerror(errno));
		else if (run.error != NULL)
			*why = sp_strdup(job->mem, run.error);
		else
			result = finished(j, job, &run);
		index_run_release(&run);
		index_store_close(store);
	}
	close(root);
	return result;
}

static const char *
index_archive(struct jobs *j, struct job *job, struct json_object *from, const char **why)
{
	struct index_github github = { .repo = sp_json_get_str(from, "repo"), .ref = sp_json_get_str(from, "ref"),
	    .token = sp_json_get_str(from, "token") };
	struct index_options o = *j->options;
	struct index_store *store = NULL;
	const char *result = NULL;
	struct index_run run;
	int fd = index_github_fetch(job->mem, j->settings, &github, why);

	if (fd < 0)
		return NULL;
	o.repository = job->repository;
	o.target = job->target;
	o.embed = json_object_get_boolean(sp_json_get(from, "embed"));
	o.full = job->full;
	o.only = strings(job->mem, sp_json_get(from, "only"));
	if (index_store_open(&(struct index_store_start){ .settings = j->settings, .conninfo = index_database(j->settings),
	    .target = job->target, .embed = o.embed, .repository = job->repository, .at_once = true }, &store, job->mem, why)) {
		index_run_init(&run, &o, store);
		run.alive = renew;
		run.arg = job;
		if (index_github_archive(&run, fd, from == job->asked ? by_tool(job->mem, from) : NULL, job->mem, why))
			result = finished(j, job, &run);
		else
			*why = sp_strdup(job->mem, *why);
		index_run_release(&run);
		index_store_close(store);
	}
	close(fd);
	return result;
}

/* ---- what is not indexing ---- */

static const char *
clear(struct jobs *j, struct job *job, const char **why)
{
	PGresult *r = query(j, "clearing", "SELECT jsonb_build_object('deleted', codesearch.clear(nullif($1, '*')))", 1,
	    (const char *const[]){ job->repository });
	const char *result = r != NULL ? column(job->mem, r, 0) : NULL;

	if (r == NULL)
		*why = "the database failed";
	PQclear(r);
	return result;
}

static const char *
elsewhere(struct jobs *j, struct job *job, const char *(*there)(const struct index_azure_job *, struct sp_arena *, const char **),
    const char **why)
{
	struct json_object *context = sp_json_get(job->asked, "include_context");
	struct index_azure_job work = { .settings = j->settings, .conninfo = index_database(j->settings), .target = job->target,
		.repository = strcmp(job->repository, "*") != 0 ? job->repository : NULL, .alive = renew, .arg = job,
		.batch = json_object_get_int64(sp_json_get(job->asked, "batch_size")),
		.most = json_object_get_int64(sp_json_get(job->asked, "max_docs")),
		.bare = context != NULL && !json_object_get_boolean(context) };

	return there(&work, job->mem, why);
}

static const struct {
	const char *type;
	const char *(*here)(struct jobs *j, struct job *job, const char **why);
	const char *(*there)(const struct index_azure_job *job, struct sp_arena *mem, const char **why);
} other_work[] = {
	{ "clear", clear, index_azure_clear },
	{ "rebuild", NULL, index_azure_rebuild },	/* here the tool does it itself */
	{ "backfill", backfill, index_azure_backfill },
};

static const char *
work(struct jobs *j, struct job *job, const char **why)
{
	bool files = sp_str_is(sp_json_get_str(job->asked, "type"), "files");
	struct json_object *from = job->asked == NULL || files ? job->known : job->asked;

	for (size_t i = 0; i < sizeof(other_work) / sizeof(other_work[0]); i++) {
		if (!sp_str_is(sp_json_get_str(job->asked, "type"), other_work[i].type))
			continue;
		if (job->target != NULL)
			return elsewhere(j, job, other_work[i].there, why);
		if (other_work[i].here != NULL)
			return other_work[i].here(j, job, why);
	}
	if (sp_str_is(sp_json_get_str(from, "type"), "tree"))
		return index_directory(j, job, from, why);
	if (sp_str_is(sp_json_get_str(from, "type"), "github"))
		return index_archive(j, job, from, why);
	*why = from == NULL ? "it is not known where the repository comes from" : "its source is of an unknown type";
	return NULL;
}

/* Ends the job, or gives it back when the run was interrupted. */
static bool
settle(struct jobs *j, const struct job *job, const char *result, const char *why)
{
	PGresult *r;

	if (index_interrupted)
		r = query(j, "giving a job back", "UPDATE codesearch.job SET state = 'queued', lease_until = NULL,"
		    " tries = tries - 1 WHERE job_id = $1 AND tries = $2 AND state = 'running'", 2,
		    (const char *const[]){ job->id, job->tries });
	else
		r = query(j, "ending a job", "SELECT codesearch.job_end($1, $2, $3, $4)", 4,
		    (const char *const[]){ job->id, job->tries, result, result == NULL ? why : NULL });
	PQclear(r);
	if (r != NULL && !j->options->quiet)
		fprintf(stderr, "sallyport-index: job %s (%s): %s\n", job->id, job->repository,
		    index_interrupted ? "given back" : result != NULL ? "done" : why);
	return r != NULL;
}

/* ---- all of them ---- */

/* Until there is news, a signal, or enough time has passed. */
static void
rest(struct jobs *j, const sigset_t *awake)
{
	struct pollfd p = { .fd = PQsocket(j->pg), .events = POLLIN };
	PGnotify *news;

	(void)ppoll(&p, 1, &(struct timespec){ .tv_sec = WAIT_SECONDS }, awake);
	(void)PQconsumeInput(j->pg);
	while ((news = PQnotifies(j->pg)) != NULL)
		PQfreemem(news);
}

static bool
work_off(struct jobs *j, bool wait)
{
	sigset_t blocked, awake;
	bool ok = true;

	/* a signal that comes between the look at the flag and the rest must end the rest */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	while (ok && !index_interrupted) {
		struct sp_arena *mem = sp_arena_new();
		const char *why = "interrupted", *result;
		struct job job;
		int found = claim(j, mem, &job);

		if (found > 0) {
			result = work(j, &job, &why);
			ok = settle(j, &job, result, why);
		} else if (found < 0 || !wait) {
			sp_arena_free(mem);
			return found == 0;
		} else {
			sigprocmask(SIG_BLOCK, &blocked, &awake);
			if (!index_interrupted)
				rest(j, &awake);
			sigprocmask(SIG_SETMASK, &awake, NULL);
		}
		sp_arena_free(mem);
	}
	return ok;
}

static void
silent(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

bool
index_jobs(const struct sp_settings *settings, const struct index_options *options, bool wait)
{
	struct jobs j = { .settings = settings, .options = options };
	PGresult *r = NULL;
	bool ok = false;

	j.pg = PQconnectdbParams(
	    (const char *const[]){ "dbname", "fallback_application_name", "client_encoding", NULL },
	    (const char *const[]){ index_database(settings), "sallyport-index", "UTF8", NULL }, 1);
	PQsetNoticeReceiver(j.pg, silent, NULL);
	if (PQstatus(j.pg) != CONNECTION_OK)
		fprintf(stderr, "sallyport-index: connecting to the database: %s", PQerrorMessage(j.pg));
	else if ((r = query(&j, "listening", "LISTEN codesearch_job", 0, NULL)) != NULL)
		ok = work_off(&j, wait);
	PQclear(r);
	PQfinish(j.pg);
	return ok;
}
