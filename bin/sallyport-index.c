/*
 * sallyport-index.c - puts trees of source files into the search index
 *
 *	sallyport-index [--repository NAME] [--full] [--dry-run] [--quiet] [--json]
 *	    [--max-files N] [--max-size BYTES] [--only PATTERN]... [--embed]
 *	    [--target NAME] DIRECTORY [FILE]...
 *	sallyport-index --github OWNER/NAME[@REF] [OPTION]...
 *	sallyport-index --jobs [--wait] [--quiet]
 *
 * Walk, compare digests, cut what changed into pieces, write batches, remove
 * what vanished.  With FILEs only these are looked at.  With --jobs the work is
 * what the tools of the catalog have asked for.  With --target the index is one of
 * Azure AI Search.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>
#include "base/json.h"
#include "base/log.h"
#include "index_github.h"
#include "index_jobs.h"

/* Exit statuses; see sallyport-index(1). */
enum { DONE = 0, FAILED = 1, USAGE = 2, DONE_IN_PART = 3, INTERRUPTED = 130 };

#define TEXT_MAX	((size_t)64 * 1024)

struct command {
	struct index_options options;
	const char *directory;		/* of a tree, or */
	struct index_github github;	/* a repository of GitHub */
	bool json, jobs, wait;
};

static void
on_signal(int number)
{
	(void)number;
	if (index_interrupted)
		_exit(INTERRUPTED);	/* asked twice: the open transaction rolls back */
	index_interrupted = 1;
}

static void
usage(FILE *to)
{
	fprintf(to, "usage: sallyport-index [--repository NAME] [--full] [--dry-run] [--quiet] [--json]\n"
	    "           [--max-files N] [--max-size BYTES] [--only PATTERN]... [--embed]\n"
	    "           [--target NAME] DIRECTORY [FILE]...\n"
	    "       sallyport-index --github OWNER/NAME[@REF] [OPTION]...\n"
	    "       sallyport-index --jobs [--wait] [--quiet]\n");
}

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

/* How a run ended, for people and as a status. */
static int
report(const struct command *c, const struct index_run *r, struct sp_arena *mem)
{
	if (c->json)
		printf("%.*s\n", SP_FMT(index_run_json(r, mem)));
	else if (!c->options.quiet)
		index_run_print(r);
	if (r->error != NULL)
		return complain(c->options.target != NULL ? c->options.target : "database", r->error);
	if (index_interrupted) {
		fprintf(stderr, "sallyport-index: interrupted; what was written is whole, run again for the rest\n");
		return INTERRUPTED;
	}
	return index_run_partial(r) ? DONE_IN_PART : DONE;
}

/* What is remembered of where the files came from: the operator has named it. */
static const char *
source_of(const struct command *c, struct sp_arena *mem)
{
	const struct index_strings *only = &c->options.only;
	char real[PATH_MAX];
	struct sp_json_writer w;
	struct sp_buf b;

	if (c->directory != NULL && (realpath(c->directory, real) == NULL || !sp_utf8_valid(sp_str(real))))
		return NULL;
	sp_buf_init(&b, mem, TEXT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "by", "command");
	if (c->directory != NULL) {
		sp_jw_kcstr(&w, "type", "tree");
		sp_jw_kcstr(&w, "path", real);
	} else {
		sp_jw_kcstr(&w, "type", "github");
		sp_jw_kstr(&w, "repo", c->github.repo);
		if (c->github.ref.len > 0)
			sp_jw_kstr(&w, "ref", c->github.ref);
	}
	if (c->options.embed)
		sp_jw_kbool(&w, "embed", true);
	if (only->count > 0) {
		sp_jw_key(&w, "only");
		sp_jw_array(&w);
		for (size_t i = 0; i < only->count; i++)
			sp_jw_str(&w, only->item[i]);
		sp_jw_array_end(&w);
	}
	sp_jw_object_end(&w);
	return sp_buf_ok(&b) ? sp_buf_view(&b).p : NULL;
}

/* What c names, open on `fd`, into the index. */
static int
index_from(const struct command *c, const struct sp_settings *settings, struct sp_arena *mem, int fd)
{
	struct index_store *store = NULL;
	struct index_run run;
	const char *why;
	int status;

	if (!index_store_open(&(struct index_store_start){ .settings = settings, .conninfo = index_database(settings),
	    .target = c->options.target, .embed = c->options.embed, .repository = c->options.repository, .dry_run = c->options.dry_run, .at_once = c->directory == NULL,
	    .waiting = waiting }, &store, mem, &why))
		return complain(c->options.target != NULL ? c->options.target : "database", why);
	index_run_init(&run, &c->options, store);
	run.terminal = !c->options.quiet && isatty(STDERR_FILENO);
	if (c->directory != NULL ? !index_run_tree(&run, fd, source_of(c, mem)) :
	    !index_github_archive(&run, fd, source_of(c, mem), mem, &why)) {
		status = c->directory != NULL ? complain(c->directory, strerror(errno)) :
		    index_interrupted ? INTERRUPTED : complain(c->options.repository, why);
	} else {
		index_run_embed(&run, settings, mem);
		status = report(c, &run, mem);
	}
	index_run_release(&run);
	index_store_close(store);
	return status;
}

static int
index_once(const struct command *c, const struct sp_settings *settings, struct sp_arena *mem)
{
	const char *why = NULL;
	int status, fd;

	if (c->directory != NULL) {
		if ((fd = open(c->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			return complain(c->directory, strerror(errno));
	} else if ((fd = index_github_fetch(mem, settings, &c->github, &why)) < 0) {
		return complain(c->options.repository, why);
	}
	status = index_from(c, settings, mem, fd);
	close(fd);
	return status;
}

static int
run(const struct command *c)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_settings *settings = NULL;
	struct sp_buf errors;
	int status;

	sp_buf_init(&errors, mem, TEXT_MAX);
	if (!sp_settings_load(&settings, &errors)) {
		status = FAILED;
		fprintf(stderr, "%s", sp_buf_view(&errors).p);
	} else {
		status = !c->jobs ? index_once(c, settings, mem) :
		    !index_jobs(settings, &c->options, c->wait) ? FAILED : DONE;
		sp_settings_free(settings);
	}
	sp_arena_free(mem);
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

/* A path as the walk gives it: without "./" in front, and within the tree. */
static bool
add_changed(struct index_strings *list, const char *path)
{
	struct sp_str s = sp_str(path), rest, part;

	while (sp_str_starts(s, "./"))
		s = sp_str_sub(s, 2, s.len);
	for (rest = s; sp_str_split(&rest, '/', &part);)
		if (part.len == 0 || sp_str_is(part, ".") || sp_str_is(part, ".."))
			return false;
	list->item[list->count++] = s;
	return s.len > 0;
}

/* owner/name@ref */
static bool
read_github(const char *text, struct index_github *out)
{
	struct sp_str rest = sp_str(text);

	return sp_str_split(&rest, '@', &out->repo) && index_github_repo_valid(out->repo) &&
	    (sp_str_index(sp_str(text), '@') < 0 || (out->ref = rest, index_github_ref_valid(out->ref)));
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
		{ "only", required_argument, NULL, 'o' },
		{ "github", required_argument, NULL, 'g' },
		{ "jobs", no_argument, NULL, 'J' },
		{ "target", required_argument, NULL, 't' },
		{ "embed", no_argument, NULL, 'e' },
		{ "wait", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct command c = { .options = { .max_files = INDEX_MAX_FILES, .max_size = INDEX_MAX_SIZE } };
	struct index_options *o = &c.options;
	struct sigaction action = { .sa_handler = on_signal };
	struct sp_arena *mem = sp_arena_new();
	bool ok = true;
	int option, status;

	sp_log_program("sallyport-index");
	o->only.item = sp_alloc_array(mem, (size_t)argc, sizeof(*o->only.item));
	o->changed.item = sp_alloc_array(mem, (size_t)argc, sizeof(*o->changed.item));
	while ((option = getopt_long(argc, argv, "r:fnqjhV", longopts, NULL)) != -1) {
		switch (option) {
		case 'r': o->repository = optarg; break;
		case 'f': o->full = true; break;
		case 'n': o->dry_run = true; break;
		case 'q': o->quiet = true; break;
		case 'j': c.json = true; break;
		case 'F': ok = ok && sp_str_int64(sp_str(optarg), 1, 10000000, &o->max_files); break;
		case 'S': ok = ok && sp_str_int64(sp_str(optarg), 1, 64 * 1024 * 1024, &o->max_size); break;
		case 'o': o->only.item[o->only.count++] = sp_str(optarg); break;
		case 'g': ok = ok && read_github(optarg, &c.github); break;
		case 'J': c.jobs = true; break;
		case 'e': o->embed = true; break;
		case 't': o->target = optarg; break;
		case 'w': c.wait = true; break;
		case 'h': usage(stdout); sp_arena_free(mem); return DONE;
		case 'V': printf("sallyport-index %s\n", PACKAGE_VERSION); sp_arena_free(mem); return DONE;
		default: ok = false; break;
		}
	}
	if (c.jobs)
		ok = ok && optind == argc && c.github.repo.p == NULL && o->repository == NULL && o->only.count == 0 &&
		    !o->dry_run && !o->full && !o->embed && o->target == NULL;
	else
		ok = ok && !c.wait && (c.github.repo.p != NULL ? optind == argc : optind < argc);
	for (int i = optind + 1; ok && i < argc; i++)
		ok = add_changed(&o->changed, argv[i]);
	if (!ok) {
		usage(stderr);
	} else if (!c.jobs) {
		c.directory = argv[optind];		/* NULL with --github */
		if (o->repository == NULL)
			o->repository = c.directory == NULL ? sp_cstr(mem, c.github.repo) : default_repository(c.directory);
		if (o->repository == NULL) {
			status = complain(c.directory, strerror(errno));
			sp_arena_free(mem);
			return status;
		}
		ok = valid_repository(o->repository);
		if (!ok)
			fprintf(stderr, "sallyport-index: a repository's name has 1 to 100 of letters, digits and . _ - /;"
			    " give one with --repository\n");
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = ok ? run(&c) : USAGE;
	sp_arena_free(mem);
	return status;
}
