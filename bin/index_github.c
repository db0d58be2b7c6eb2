/* index_github.c - one archive of a code host */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/json.h"
#include "index_archive.h"
#include "index_github.h"
#include "index_ignore.h"
#include "net/http.h"
#include "tools/reference.h"

#define ARCHIVE_MAX	((size_t)512 * 1024 * 1024)		/* bytes that are fetched */
#define UNPACKED_MAX	(INT64_C(4) * 1024 * 1024 * 1024)	/* bytes that come out of them */
#define FETCH_MS	(15 * 60 * 1000)
#define IDLE_MS		(60 * 1000)
#define ERROR_MAX	((size_t)64 * 1024)
#define RULES_MAX	1000			/* files of ignore rules */
#define RULE_FILE_MAX	((int64_t)256 * 1024)
#define API_VERSION	"2022-11-28"

/* ---- names ---- */

static bool
name_valid(struct sp_str s, size_t most)
{
	return s.len > 0 && s.len <= most && !sp_str_is(s, ".") && !sp_str_is(s, "..") &&
	    sp_str_only(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}

bool
index_github_repo_valid(struct sp_str repo)
{
	struct sp_str owner;

	return sp_str_split(&repo, '/', &owner) && name_valid(owner, 39) && name_valid(repo, 100);
}

bool
index_github_ref_valid(struct sp_str ref)
{
	struct sp_str part;

	if (ref.len == 0 || ref.len > 200 || ref.p[ref.len - 1] == '/')
		return false;
	while (sp_str_split(&ref, '/', &part))
		if (!name_valid(part, 200) || part.p[0] == '.')
			return false;
	return true;
}

/* ---- fetching ---- */

struct download {
	int fd;			/* where the archive goes */
	struct sp_buf said;	/* what else is answered */
	bool disk_trouble;
};

static bool
gone(void *arg)
{
	(void)arg;
	return index_interrupted;
}

static bool
piece(void *arg, const struct sp_http_answer *answer, struct sp_str bytes)
{
	struct download *d = arg;

	if (answer->status != 200) {
		if (d->said.len + bytes.len <= ERROR_MAX)
			sp_buf_str(&d->said, bytes);
		return true;
	}
	while (bytes.len > 0) {
		ssize_t n = write(d->fd, bytes.p, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			d->disk_trouble = true;
			return false;
		}
		bytes = sp_str_sub(bytes, (size_t)n, bytes.len);
	}
	return true;
}

/* A file that has no name and is gone with its descriptor. */
static int
nameless(void)
{
	const char *directory = getenv("TMPDIR");

	return open(directory != NULL && directory[0] == '/' ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* One GET; answers of a status are out->status.  False: *why. */
static bool
get(struct sp_arena *mem, const struct sp_settings *s, const char *url, struct sp_str token, struct download *d,
    struct sp_http_answer *out, const char **why)
{
	struct sp_http_field fields[] = {
		{ "User-Agent", SP_LIT("sallyport-index/" PACKAGE_VERSION) },
		{ "Accept", SP_LIT("application/vnd.github+json") },
		{ "X-GitHub-Api-Version", SP_LIT(API_VERSION) },
		{ "Authorization", { NULL, 0 } },
	};
	struct sp_http http = { .url = url, .fields = fields, .field_count = 3, .allow = s->fetch_allow,
	    .ca_file = s->fetch_ca_file, .http = sp_str_starts(sp_str(s->github_url), "http:"), .repeatable = true,
	    .max_bytes = ARCHIVE_MAX, .timeout_ms = FETCH_MS, .idle_ms = IDLE_MS, .gone = gone, .piece = piece, .arg = d };
	enum sp_http_result result;

	if (token.len > 0) {
		fields[3].value = sp_str(sp_printf(mem, "Bearer %.*s", SP_FMT(token)));
		http.field_count++;
	}
	result = sp_http(mem, &http, out, why);
	if (d->disk_trouble)
		*why = sp_printf(mem, "the archive cannot be kept: %s", strerror(errno));
	return result == SP_HTTP_ANSWER;
}

/* What GitHub says of a failure: its message, and when to come back. */
static const char *
refusal(struct sp_arena *mem, const struct index_github *github, const struct sp_http_answer *answer, struct download *d)
{
	struct sp_str message = { NULL, 0 }, again = sp_http_field(answer, "Retry-After");
	struct json_object *body = NULL;
	const char *why;

	if (sp_buf_ok(&d->said) && sp_json_parse(mem, sp_buf_view(&d->said), &body, &why))
		message = sp_json_get_str(body, "message");
	return sp_printf(mem, "GitHub answers %d for %.*s at %.*s%s%.*s%s%.*s", answer->status, SP_FMT(github->repo),
	    SP_FMT(github->ref.len > 0 ? github->ref : SP_LIT("its default branch")), message.len > 0 ? ": " : "",
	    (int)(message.len < 200 ? message.len : 200), message.p != NULL ? message.p : "",
	    again.len > 0 ? "; come back in seconds: " : "", (int)(again.len < 40 ? again.len : 40),
	    again.p != NULL ? again.p : "");
}

int
index_github_fetch(struct sp_arena *mem, const struct sp_settings *s, const struct index_github *github, const char **why)
{
	struct sp_str reference = github->token.len > 0 ? github->token : sp_str(s->github_token), token = { NULL, 0 };
	struct download d = { .fd = -1 };
	struct sp_http_answer answer = { 0 };
	const char *url;

	if (!index_github_repo_valid(github->repo) || (github->ref.len > 0 && !index_github_ref_valid(github->ref))) {
		*why = "that is not owner/name, or no name of a branch, tag or commit";
		return -1;
	}
	if (reference.len > 0 && !sp_reference_is_in(reference)) {
		*why = "the token must be named, ${env:NAME} or ${file:NAME}, and not written down";
		return -1;
	}
	if (reference.len > 0 && !sp_reference_resolve(mem, s, reference, &token, why))
		return -1;
	if ((d.fd = nameless()) < 0) {
		*why = sp_printf(mem, "a temporary file cannot be made: %s", strerror(errno));
		return -1;
	}
	sp_buf_init(&d.said, mem, ERROR_MAX);
	url = sp_printf(mem, "%s/repos/%.*s/tarball%s%.*s", s->github_url, SP_FMT(github->repo),
	    github->ref.len > 0 ? "/" : "", SP_FMT(github->ref));
	if (!get(mem, s, url, token, &d, &answer, why))
		goto failed;
	if (answer.status == 302 || answer.status == 307) {
		struct sp_str location = sp_http_field(&answer, "Location");

		/* another place: without the token, and never less safe than we came */
		if (!sp_str_starts(location, "https://") && !(sp_str_starts(location, "http://") &&
		    sp_str_starts(sp_str(s->github_url), "http:"))) {
			*why = "GitHub redirects to what is no https URL";
			goto failed;
		}
		sp_buf_clear(&d.said);
		if (!get(mem, s, sp_cstr(mem, location), (struct sp_str){ NULL, 0 }, &d, &answer, why))
			goto failed;
	}
	if (answer.status != 200) {
		*why = refusal(mem, github, &answer, &d);
		goto failed;
	}
	if (lseek(d.fd, 0, SEEK_SET) == 0)
		return d.fd;
	*why = strerror(errno);
failed:
	close(d.fd);
	return -1;
}

/* ---- indexing ---- */

static ssize_t
from_file(void *arg, void *bytes, size_t size)
{
	ssize_t n;

	do
		n = read(*(int *)arg, bytes, size);
	while (n < 0 && errno == EINTR);
	return n;
}

struct rule_file {
	struct sp_str dir, text;
};

struct rules {
	struct rule_file file[RULES_MAX];
	size_t count;
};

static struct sp_str
last_part(struct sp_str path)
{
	const char *slash = memrchr(path.p, '/', path.len);

	return slash == NULL ? path : (struct sp_str){ slash + 1, path.len - (size_t)(slash + 1 - path.p) };
}

static size_t
depth(struct sp_str dir)
{
	size_t n = dir.len > 0;

	for (size_t i = 0; i < dir.len; i++)
		n += dir.p[i] == '/';
	return n;
}

static int
shallow_first(const void *a, const void *b)
{
	size_t x = depth(((const struct rule_file *)a)->dir), y = depth(((const struct rule_file *)b)->dir);

	return (x > y) - (x < y);
}

/* The first look: the archive is well formed to its end, and these are its ignore rules. */
static bool
look_through(struct sp_arena *mem, struct index_archive *archive, const struct index_ignore **out)
{
	struct rules *rules = sp_alloc(mem, sizeof(*rules));
	enum index_archive_step step;
	struct index_entry e;

	while ((step = index_archive_next(archive, &e)) == INDEX_ARCHIVE_FILE) {
		struct sp_str name = last_part(e.path);
		struct rule_file *r = &rules->file[rules->count];

		if ((!sp_str_is(name, ".gitignore") && !sp_str_is(name, ".mcpragignore")) || e.size > RULE_FILE_MAX ||
		    rules->count == RULES_MAX)
			continue;
		r->dir = sp_str_dup(mem, sp_str_sub(e.path, 0, e.path.len > name.len ? e.path.len - name.len - 1 : 0));
		if (!index_archive_read(archive, mem, &r->text))
			return false;
		rules->count++;
	}
	/* the rules of the deepest directory are asked first: they come last */
	qsort(rules->file, rules->count, sizeof(rules->file[0]), shallow_first);
	*out = NULL;
	for (size_t i = 0; i < rules->count; i++)
		*out = index_ignore_add(mem, *out, rules->file[i].dir, rules->file[i].text);
	return step == INDEX_ARCHIVE_END;
}

/* As the walk through a directory would decide; r->mem is for names. */
static bool
left_out(struct index_run *r, const struct index_ignore *rules, struct sp_str path)
{
	for (size_t i = 0; i <= path.len; i++) {
		struct sp_str so_far = { path.p, i };
		bool directory = i < path.len;

		if (directory && path.p[i] != '/')
			continue;
		if (index_skipped(sp_cstr(r->mem, last_part(so_far)), directory))
			return true;
		if (index_ignored(rules, so_far, directory)) {
			r->walk.ignored++;
			return true;
		}
	}
	return false;
}

/* One entry; false ends the run. */
static bool
entry(struct index_run *r, struct index_archive *archive, const struct index_ignore *rules, const struct index_entry *e)
{
	struct sp_str bytes;

	sp_arena_reset(r->mem);
	if (left_out(r, rules, e->path) || !index_run_wants(r, e->path))
		return true;
	if (e->path.len > INDEX_MAX_PATH) {
		r->walk.unreadable++;
		return true;
	}
	if (e->size > r->walk.max_size) {
		r->walk.too_large++;
		return true;
	}
	if (r->walk.visited == r->walk.max_files) {
		r->walk.full = true;
		return false;
	}
	r->walk.visited++;
	if (!index_archive_read(archive, r->mem, &bytes))
		return false;
	if (memchr(bytes.p, '\0', bytes.len) != NULL) {
		r->binary++;
		return true;
	}
	return index_run_file(r, e->path, sp_cstr(r->mem, last_part(e->path)), bytes, e->modified_us);
}

bool
index_github_archive(struct index_run *r, int fd, const char *source, struct sp_arena *mem,
    const char **why)
{
	const struct index_ignore *rules = NULL;
	struct index_archive *archive = index_archive_open(from_file, &fd, UNPACKED_MAX);
	enum index_archive_step step = INDEX_ARCHIVE_BAD;
	struct index_entry e;
	bool ok = look_through(mem, archive, &rules);

	r->commit = sp_cstr(mem, index_archive_comment(archive));
	if (!ok)
		*why = sp_printf(mem, "the archive is refused: %s", index_archive_why(archive));
	index_archive_close(archive);
	if (!ok)
		return false;
	if (lseek(fd, 0, SEEK_SET) != 0) {
		*why = strerror(errno);
		return false;
	}
	archive = index_archive_open(from_file, &fd, UNPACKED_MAX);
	while ((step = index_archive_next(archive, &e)) == INDEX_ARCHIVE_FILE)
		if (!entry(r, archive, rules, &e))
			break;
	/* what an archive has and we do not keep has not vanished; what it has not has */
	if (step != INDEX_ARCHIVE_BAD && index_archive_why(archive) == NULL)
		index_run_end(r, r->walk.full, source);
	else
		*why = "the archive has changed while it was read";
	ok = index_archive_why(archive) == NULL && r->error == NULL && !index_interrupted;
	if (r->error != NULL)
		*why = r->error;
	else if (index_interrupted)
		*why = "interrupted";
	index_archive_close(archive);
	return ok;
}
