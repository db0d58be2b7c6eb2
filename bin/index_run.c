/* index_run.c - one run over a repository */
#include <signal.h>
#include "base/clock.h"
#include "base/json.h"
#include "index_ignore.h"
#include "index_run.h"

#define PROGRESS_MS	200
#define SUMMARY_MAX	((size_t)64 * 1024)

volatile sig_atomic_t index_interrupted;

const char *
index_database(const struct sp_settings *settings)
{
	return settings->admin_database[0] != '\0' ? settings->admin_database : settings->database;
}

void
index_run_init(struct index_run *r, const struct index_options *options, struct index_store *store)
{
	*r = (struct index_run){ .options = options, .store = store, .mem = sp_arena_new(),
	    .started_ms = sp_monotonic_ms() };
	r->walk = (struct index_walk){ .max_files = (size_t)options->max_files, .max_size = options->max_size };
}

void
index_run_release(struct index_run *r)
{
	sp_arena_free(r->mem);
}

static void
show_progress(struct index_run *r, bool now)
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

/* ---- one file ---- */

/* A pattern without a slash is about the name, as in gitignore(5). */
static bool
fits(struct sp_str pattern, struct sp_str path)
{
	const char *slash = memrchr(path.p, '/', path.len);

	if (memchr(pattern.p, '/', pattern.len) == NULL && slash != NULL)
		path = (struct sp_str){ slash + 1, path.len - (size_t)(slash + 1 - path.p) };
	return index_glob(pattern, path);
}

bool
index_run_wants(const struct index_run *r, struct sp_str path)
{
	const struct index_strings *only = &r->options->only, *changed = &r->options->changed;
	bool wanted = only->count == 0;

	for (size_t i = 0; i < only->count && !wanted; i++)
		wanted = fits(only->item[i], path);
	if (!wanted || changed->count == 0)
		return wanted;
	for (size_t i = 0; i < changed->count; i++)
		if (sp_str_eq(changed->item[i], path))
			return true;
	return false;
}

bool
index_run_file(struct index_run *r, struct sp_str path, const char *name, struct sp_str bytes, int64_t modified_us)
{
	const struct index_language *language = index_language_of(name, bytes);
	struct index_pieces pieces;
	uint8_t digest[SP_SHA256_LEN];
	enum index_known known;

	if (language == NULL)
		return true;
	sp_sha256(bytes, digest);
	known = index_store_known(r->store, path, digest);
	if (known == INDEX_UNCHANGED && !r->options->full) {
		r->unchanged++;
	} else {
		index_chunk(r->mem, language, index_text_clean(r->mem, bytes), &pieces);
		r->pieces += pieces.count;
		r->added += known == INDEX_NEW;
		r->changed += known != INDEX_NEW;
		if (!r->options->dry_run &&
		    !index_store_put(r->store, path, language->name, modified_us, digest, &pieces)) {
			r->error = index_store_error(r->store);
			return false;
		}
	}
	show_progress(r, false);
	if (r->alive != NULL)
		r->alive(r->arg);
	return !index_interrupted;
}

static bool
visit(void *arg, const struct index_file *file)
{
	struct index_run *r = arg;
	struct sp_str bytes;

	if (index_interrupted)
		return false;
	if (!index_run_wants(r, file->path))
		return true;
	sp_arena_reset(r->mem);
	switch (index_file_read(r->mem, &r->walk, file, &bytes)) {
	case INDEX_READ_OK:
		return index_run_file(r, file->path, file->name, bytes, file->modified_us);
	case INDEX_READ_BINARY:
		r->binary++;
		break;
	case INDEX_READ_FAILED:
		r->failed++;
		if (!r->options->quiet)
			fprintf(stderr, "%ssallyport-index: cannot read %s\n", r->terminal ? "\r" : "",
			    file->path.p);
		break;
	}
	return true;
}

/* ---- the whole ---- */

bool
index_run_tree(struct index_run *r, int root, const char *source)
{
	r->walk.visit = visit;
	r->walk.arg = r;
	if (r->options->changed.count > 0)
		index_store_only(r->store, &r->options->changed);
	if (!index_walk(root, &r->walk))
		return false;
	/* what could not be read, or was not reached, has not vanished */
	index_run_end(r, r->walk.unreadable + r->failed > 0, source);
	return true;
}

void
index_run_end(struct index_run *r, bool keep, const char *source)
{
	enum index_end how = r->options->changed.count > 0 ? INDEX_SOME_FILES : INDEX_ALL_FILES;

	show_progress(r, true);
	if (r->terminal)
		fprintf(stderr, "\n");
	if (r->options->dry_run)
		r->removed = index_store_vanished(r->store);
	else if (r->error == NULL && !(index_interrupted ? index_store_flush(r->store) :
	    index_store_finish(r->store, how, keep, source, &r->removed)))
		r->error = index_store_error(r->store);
}

void
index_run_embed(struct index_run *r, const struct sp_settings *settings, struct sp_arena *mem)
{
	struct index_service *service = NULL;
	const char *why = NULL;

	if (r->store->embedding) {
		r->embeds = true;
		r->embedded.written = r->store->embedded;
		r->embedded.failed = r->store->not_embedded;
		r->embed_error = r->store->embed_error;
		return;
	}
	if (r->options->dry_run || r->error != NULL || index_interrupted || !index_store_embeds(r->store, &r->embeds) || !r->embeds)
		return;
	r->embedded = (struct index_embed){ .conninfo = index_database(settings), .repository = r->options->repository,
		.alive = r->alive, .arg = r->arg };
	if (index_service_open(settings, INDEX_EMBEDDING, &service, mem, &why) && index_embed(&r->embedded, service, mem, &why))
		why = NULL;
	index_service_close(service);
	r->embed_error = why;
	if (why != NULL && !r->options->quiet && !index_interrupted)
		fprintf(stderr, "sallyport-index: without embeddings: %s\n", r->embed_error);
}

bool
index_run_partial(const struct index_run *r)
{
	return r->embed_error != NULL || r->walk.unreadable + r->failed > 0 || r->walk.full;
}

struct sp_str
index_run_json(const struct index_run *r, struct sp_arena *mem)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, SUMMARY_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "repository", r->options->repository);
	sp_jw_kcstr_if(&w, "target", r->options->target);
	sp_jw_kcstr_if(&w, "commit", r->commit);
	sp_jw_kbool(&w, "complete", !index_interrupted && r->error == NULL);
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
	if (r->embeds) {
		sp_jw_kint(&w, "embedded", (int64_t)r->embedded.written);
		sp_jw_kcstr_if(&w, "embedding_error", r->embed_error);
	}
	sp_jw_kint(&w, "milliseconds", sp_monotonic_ms() - r->started_ms);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

void
index_run_print(const struct index_run *r)
{
	double seconds = (double)(sp_monotonic_ms() - r->started_ms) / 1000;
	size_t unreadable = r->walk.unreadable + r->failed;

	printf("%s%s: %zu files (%zu new, %zu changed, %zu unchanged, %zu removed), %zu pieces %s, %.1f s\n",
	    r->options->dry_run ? "dry run: " : "", r->options->repository,
	    r->added + r->changed + r->unchanged, r->added, r->changed, r->unchanged, r->removed, r->pieces,
	    r->options->dry_run ? "to write" : "written", seconds);
	if (r->embeds)
		printf("%zu pieces embedded, %zu refused by the service\n", r->embedded.written, r->embedded.failed);
	if (r->walk.ignored + r->binary + r->walk.too_large + unreadable > 0)
		printf("left out: %zu by ignore rules, %zu binary, %zu over %lld bytes, %zu unreadable\n",
		    r->walk.ignored, r->binary, r->walk.too_large, (long long)r->walk.max_size, unreadable);
	if (r->walk.full)
		printf("stopped at %zu files; --max-files raises the limit\n", r->walk.max_files);
	if (unreadable > 0 && !r->options->dry_run)
		printf("nothing was removed from the index, because part of the tree could not be read\n");
}
