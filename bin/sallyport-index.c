/*
 * sallyport-index.c - puts a tree of source files into the search index
 *
 *	sallyport-index [--repository NAME] [--full] [--dry-run] [--quiet] [--json]
 *	    [--max-files N] [--max-size BYTES] DIRECTORY
 *
 * Walk, compare digests, cut what changed into pieces, write batches, remove
 * what vanished.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "index_store.h"
#include "index_walk.h"

/* Exit statuses; see sallyport-index(1). */
enum { DONE = 0, FAILED = 1, USAGE = 2, DONE_IN_PART = 3, INTERRUPTED = 130 };

#define DEFAULT_MAX_FILES	20000
#define DEFAULT_MAX_SIZE	(1024 * 1024)
#define PROGRESS_MS		200
#define ERRORS_MAX		((size_t)64 * 1024)

struct options {
	const char *directory, *repository;
	bool full, dry_run, quiet, json;
	int64_t max_files, max_size;
};

struct run {
	const struct options *options;
	struct index_walk walk;
	struct index_store *store;
	struct sp_arena *mem;		/* of one file */
	const char *error;
	bool terminal;
	int64_t started_ms, shown_ms;
	size_t pieces, added, changed, unchanged, removed, binary, failed;
};

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	(void)number;
	if (interrupted)
		_exit(INTERRUPTED);	/* asked twice: the open transaction rolls back */
	interrupted = 1;
}

static void
usage(FILE *to)
{
	fprintf(to, "usage: sallyport-index [--repository NAME] [--full] [--dry-run] [--quiet] [--json]\n"
	    "           [--max-files N] [--max-size BYTES] DIRECTORY\n");
}

/* ---- one file ---- */

static void
show_progress(struct run *r, bool now)
{
	int64_t ms = sp_monotonic_ms();
	size_t files = r->added + r->changed + r->unchanged;

	if (!r->terminal || (!now && ms - r->shown_ms < PROGRESS_MS))
		return;
	r->shown_ms = ms;
	fprintf(stderr, "\r%zu files, %zu pieces, %.0f files/s ", files, r->pieces,
	    (double)files * 1000 / (double)(ms - r->started_ms + 1));
	fflush(stderr);
}

static bool
visit(void *arg, const struct index_file *file)
{
	struct run *r = arg;
	const struct index_language *language;
	struct index_pieces pieces;
	uint8_t digest[SP_SHA256_LEN];
	enum index_known known;
	struct sp_str bytes;

	if (interrupted)
		return false;
	sp_arena_reset(r->mem);
	switch (index_file_read(r->mem, &r->walk, file, &bytes)) {
	case INDEX_READ_OK:
		break;
	case INDEX_READ_BINARY:
		r->binary++;
		return true;
	case INDEX_READ_FAILED:
		r->failed++;
		if (!r->options->quiet)
			fprintf(stderr, "%ssallyport-index: cannot read %s\n", r->terminal ? "\r" :
			    "", file->path.p);
		return true;
	}
	language = index_language_of(file->name, bytes);
	if (language == NULL)
		return true;
	sp_sha256(bytes, digest);
	known = index_store_known(r->store, file->path, digest);
	if (known == INDEX_UNCHANGED && !r->options->full) {
		r->unchanged++;
	} else {
		index_chunk(r->mem, language, index_text_clean(r->mem, bytes), &pieces);
		r->pieces += pieces.count;
		r->added += known == INDEX_NEW;
		r->changed += known != INDEX_NEW;
		if (!r->options->dry_run &&
		    !index_store_put(r->store, file->path, language->name, file->modified_us, digest,
		    &pieces)) {
			r->error = index_store_error(r->store);
			return false;
		}
	}
	show_progress(r, false);
	return true;
}

/* ---- the summary ---- */

static void
summary_json(const struct run *r, double seconds)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_arena_reset(r->mem);
	sp_buf_init(&b, r->mem, ERRORS_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "repository", r->options->repository);
	sp_jw_kbool(&w, "complete", !interrupted && r->error == NULL);
	sp_jw_kbool(&w, "dry_run", r->options->dry_run);
	sp_jw_kint(&w, "files", (int64_t)(r->added + r->changed + r->unchanged));
	sp_jw_kint(&w, "added", (int64_t)r->added);
	sp_jw_kint(&w, "changed", (int64_t)r->changed);
	sp_jw_kint(&w, "unchanged", (int64_t)r->unchanged);
	sp_jw_kint(&w, "removed", (int64_t)r->removed);
	sp_jw_kint(&w, "pieces", (int64_t)r->pieces);
	sp_jw_kint(&w, "ignored", (int64_t)r->walk.ignored);
	sp_jw_kint(&w, "binary", (int64_t)r->binary);
	sp_jw_kint(&w, "too_large", (int64_t)r->walk.too_large);
	sp_jw_kint(&w, "unreadable", (int64_t)(r->walk.unreadable + r->failed));
	sp_jw_kbool(&w, "too_many_files", r->walk.full);
	sp_jw_kint(&w, "milliseconds", (int64_t)(seconds * 1000));
	sp_jw_object_end(&w);
	printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
}

static void
summary(const struct run *r)
{
	double seconds = (double)(sp_monotonic_ms() - r->started_ms) / 1000;
	size_t unreadable = r->walk.unreadable + r->failed;

	if (r->options->json) {
		summary_json(r, seconds);
		return;
	}
	if (r->options->quiet)
		return;
	printf("%s%s: %zu files (%zu new, %zu changed, %zu unchanged, %zu removed), %zu pieces %s, %.1f s\n",
	    r->options->dry_run ? "dry run: " : "", r->options->repository,
	    r->added + r->changed + r->unchanged,
	    r->added, r->changed, r->unchanged, r->removed, r->pieces,
	    r->options->dry_run ? "to write" : "written", seconds);
	if (r->walk.ignored + r->binary + r->walk.too_large + unreadable > 0)
		printf("left out: %zu by ignore rules, %zu binary, %zu over %lld bytes, %zu unreadable\n",
		    r->walk.ignored, r->binary, r->walk.too_large, (long long)r->walk.max_size, unreadable);
	if (r->walk.full)
		printf("stopped at %zu files; --max-files raises the limit\n", r->walk.max_files);
	if (unreadable > 0 && !r->options->dry_run)
		printf("nothing was removed from the index, because part of the tree could not be read\n");
}

/* ---- the run ---- */

static void
waiting(void)
{
	fprintf(stderr, "sallyport-index: waiting for another run over the same repository\n");
}

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "sallyport-index: %s: %s\n", what, why);
	return FAILED;
}

static int
index_tree(struct run *r, int root)
{
	r->walk = (struct index_walk){
		.max_files = (size_t)r->options->max_files, .max_size = r->options->max_size,
		.visit = visit, .arg = r,
	};
	if (!index_walk(root, &r->walk))
		return complain(r->options->directory, strerror(errno));
	show_progress(r, true);
	if (r->terminal)
		fprintf(stderr, "\n");
	if (r->options->dry_run) {
		r->removed = index_store_vanished(r->store);
	} else if (r->error == NULL) {
		/* what could not be read, or was not reached, has not vanished */
		bool keep = r->walk.unreadable + r->failed > 0;

		if (!(interrupted ? index_store_flush(r->store) :
		    index_store_finish(r->store, keep, &r->removed)))
			r->error = index_store_error(r->store);
	}
	summary(r);
	if (r->error != NULL)
		return complain("database", r->error);
	if (interrupted) {
		fprintf(stderr, "sallyport-index: interrupted; what was written is whole, run again for the rest\n");
		return INTERRUPTED;
	}
	return r->walk.unreadable + r->failed > 0 || r->walk.full ? DONE_IN_PART : DONE;
}

static int
run(const struct options *options)
{
	struct run r = { .options = options, .mem = sp_arena_new(), .started_ms = sp_monotonic_ms() };
	struct sp_settings *settings = NULL;
	const char *why = NULL;
	struct sp_buf errors;
	int status, root = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	sp_buf_init(&errors, r.mem, ERRORS_MAX);
	r.terminal = !options->quiet && isatty(STDERR_FILENO);
	if (root < 0) {
		status = complain(options->directory, strerror(errno));
	} else if (!sp_settings_load(&settings, &errors)) {
		status = FAILED;
		fprintf(stderr, "%s", sp_buf_view(&errors).p);
	} else if (!index_store_open(settings->admin_database[0] != '\0' ? settings->admin_database :
	    settings->database,
	    options->repository, !options->dry_run, waiting, &r.store, r.mem, &why)) {
		status = complain("database", why);
	} else {
		status = index_tree(&r, root);
	}
	index_store_close(r.store);
	if (settings != NULL)
		sp_settings_free(settings);
	if (root >= 0)
		close(root);
	sp_arena_free(r.mem);
	return status;
}

/* The last component of the real path, when it can be a repository's name. */
static const char *
default_repository(const char *directory)
{
	static char real[PATH_MAX];
	const char *slash;

	if (realpath(directory, real) == NULL || (slash = strrchr(real, '/')) == NULL)
		return NULL;
	return slash + 1;
}

static bool
valid_repository(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!sp_is_alnum((unsigned char)name[i]) && strchr("._-/", name[i]) == NULL)
			return false;
	return len > 0 && len <= 100;
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "repository", required_argument, NULL, 'r' },
		{ "full", no_argument, NULL, 'f' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },
		{ "max-files", required_argument, NULL, 'F' },
		{ "max-size", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct options o = { .max_files = DEFAULT_MAX_FILES, .max_size = DEFAULT_MAX_SIZE };
	struct sigaction action = { .sa_handler = on_signal };
	bool ok = true;
	int c;

	sp_log_program("sallyport-index");
	while ((c = getopt_long(argc, argv, "r:fnqjhV", longopts, NULL)) != -1) {
		switch (c) {
		case 'r': o.repository = optarg; break;
		case 'f': o.full = true; break;
		case 'n': o.dry_run = true; break;
		case 'q': o.quiet = true; break;
		case 'j': o.json = true; break;
		case 'F': ok = ok && sp_str_int64(sp_str(optarg), 1, 10000000, &o.max_files); break;
		case 'S': ok = ok && sp_str_int64(sp_str(optarg), 1, 64 * 1024 * 1024, &o.max_size); break;
		case 'h': usage(stdout); return DONE;
		case 'V': printf("sallyport-index %s\n", PACKAGE_VERSION); return DONE;
		default: ok = false; break;
		}
	}
	if (!ok || optind + 1 != argc) {
		usage(stderr);
		return USAGE;
	}
	o.directory = argv[optind];
	if (o.repository == NULL && (o.repository = default_repository(o.directory)) == NULL)
		return complain(o.directory, strerror(errno));
	if (!valid_repository(o.repository)) {
		fprintf(stderr, "sallyport-index: a repository's name has 1 to 100 of letters, digits and . _ - /;"
		    " give one with --repository\n");
		return USAGE;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return run(&o);
}
