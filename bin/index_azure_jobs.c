/* index_azure_jobs.c - an index of Azure AI Search emptied, made anew, or given its embeddings */
#include "index_azure.h"
#include "index_embed.h"

struct work {
	const struct index_azure_job *job;
	struct sp_arena *mem;
	struct sp_arena *page;		/* of one page of documents */
	struct index_azure index;
	struct index_service *embedding;
	PGconn *pg;
};

static bool
begin(struct work *w, const struct index_azure_job *job, struct sp_arena *mem, const char **why)
{
	*w = (struct work){ .job = job, .mem = mem, .page = sp_arena_new() };
	w->pg = PQconnectdbParams((const char *const[]){ "dbname", "fallback_application_name", "client_encoding", NULL },
	    (const char *const[]){ job->conninfo, "sallyport-index", "UTF8", NULL }, 1);
	if (PQstatus(w->pg) != CONNECTION_OK)
		*why = sp_printf(mem, "connecting to the database: %s", PQerrorMessage(w->pg));
	else if (!index_azure_begin(&w->index, job->settings, job->target, mem))
		*why = w->index.error;
	else
		return true;
	return false;
}

static void
end(struct work *w)
{
	index_service_close(w->embedding);
	index_azure_end(&w->index);
	PQfinish(w->pg);
	sp_arena_free(w->page);
}

static void
stay_alive(const struct index_azure_job *job)
{
	if (job->alive != NULL)
		job->alive(job->arg);
}

static bool
run(struct work *w, const char *sql, int n, const char *const *values, const char **out)
{
	PGresult *r = PQexecParams(w->pg, sql, n, NULL, values, NULL, NULL, 0);
	bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;

	if (!ok)
		w->index.error = sp_strdup(w->mem, PQerrorMessage(w->pg));
	else if (out != NULL && PQntuples(r) > 0)
		*out = sp_strdup(w->mem, PQgetvalue(r, 0, 0));
	PQclear(r);
	return ok;
}

/* ---- clear ---- */

/* Removed documents may be read once more for a while: it goes on behind the last key. */
static bool
remove_all(struct work *w, size_t *deleted)
{
	char after[129] = "";
	size_t count;

	do {
		struct index_azure_action *actions;
		struct json_object *list;

		sp_arena_reset(w->page);
		if (!index_azure_read(&w->index, "id", w->job->repository, after, INDEX_AZURE_PAGE, &list, &count))
			return false;
		actions = sp_alloc_array(w->page, count, sizeof(*actions));
		for (size_t i = 0; i < count; i++)
			actions[i] = index_azure_delete(w->page, sp_str_dup(w->page, sp_json_get_str(json_object_array_get_idx(list, i), "id")));
		if (count > 0)
			snprintf(after, sizeof(after), "%.*s", SP_FMT(actions[count - 1].key));
		if (!index_azure_write(&w->index, actions, count))
			return false;
		*deleted += count;
		stay_alive(w->job);
	} while (count > 0);
	return true;
}

const char *
index_azure_clear(const struct index_azure_job *job, struct sp_arena *mem, const char **why)
{
	const char *result = NULL;
	size_t deleted = 0;
	struct work w;

	if (begin(&w, job, mem, why)) {
		if (remove_all(&w, &deleted) && run(&w, "UPDATE codesearch.target_repository SET indexed_at = NULL"
		    " WHERE target = $1 AND ($2::text IS NULL OR repository = $2)", 2, (const char *const[]){ job->target, job->repository }, NULL))
			result = sp_printf(mem, "{\"deleted\": %zu}", deleted);
		else
			*why = w.index.error;
	}
	end(&w);
	return result;
}

/* ---- rebuild ---- */

/* So many dimensions as the provider of embeddings gives; 0: there is none, or it does not say. */
static int64_t
dimensions_of(struct work *w)
{
	const char *text = "";
	int64_t n = 0;

	if (!run(w, "SELECT coalesce((codesearch.provider()).dimensions, 0)", 0, NULL, &text) ||
	    !sp_str_int64(sp_str(text), 0, 65536, &n))
		return 0;
	return n;
}

const char *
index_azure_rebuild(const struct index_azure_job *job, struct sp_arena *mem, const char **why)
{
	const char *result = NULL, *jobs = "[]";
	struct work w;
	bool there;

	if (begin(&w, job, mem, why)) {
		if (index_azure_drop(&w.index) && index_azure_ensure(&w.index, w.pg, dimensions_of(&w), true, &there) &&
		    run(&w, "UPDATE codesearch.target_repository SET indexed_at = NULL WHERE target = $1", 1, &job->target, NULL) &&
		    run(&w, "SELECT coalesce(jsonb_agg(codesearch.job_add(repository, NULL, true, target) ORDER BY repository), '[]')"
		    " FROM codesearch.target_repository WHERE target = $1 AND codesearch.known_source(repository, target) IS NOT NULL", 1,
		    &job->target, &jobs))
			result = sp_printf(mem, "{\"rebuilt\": true, \"jobs\": %s}", jobs);
		else
			*why = w.index.error;
	}
	end(&w);
	return result;
}

/* ---- backfill ---- */

struct figures {
	size_t processed, written, failed;
};

static struct sp_str
text_of(struct work *w, struct json_object *d)
{
	return sp_str_dup(w->page, index_embed_text(w->page, w->job->bare, sp_json_get_str(d, "repository"), sp_json_get_str(d, "file_path"),
	    sp_json_get_str(d, "class_name"), sp_json_get_str(d, "function_name"), sp_json_get_str(d, "content")));
}

/* {"@search.action": "merge", "id": ..., "chunking_metadata": ..., "content_vector": [...]} */
static struct index_azure_action
merge(struct work *w, struct sp_str key, struct index_azure_note note, const float *vector, size_t dimensions)
{
	struct sp_json_writer jw;
	struct sp_buf b;

	note.model = sp_str(sp_embedding_model(index_service_source(w->embedding)));
	sp_buf_init(&b, w->page, (size_t)16 * 1024 * 1024);
	sp_jw_init(&jw, &b);
	sp_jw_object(&jw);
	sp_jw_kcstr(&jw, "@search.action", "merge");
	sp_jw_kstr(&jw, "id", key);
	sp_jw_kstr(&jw, "chunking_metadata", index_azure_note_write(w->page, &note));
	index_azure_write_vector(&jw, vector, dimensions);
	sp_jw_object_end(&jw);
	return (struct index_azure_action){ key, sp_buf_view(&b) };
}

/* The documents of a page that have no vector of this model. */
static bool
embed_page(struct work *w, struct json_object *list, size_t count, struct figures *f)
{
	struct index_azure_note *notes = sp_alloc_array(w->page, count, sizeof(*notes));
	struct sp_str *keys = sp_alloc_array(w->page, count, sizeof(*keys)), *texts = sp_alloc_array(w->page, count, sizeof(*texts));
	struct index_azure_action *actions = sp_alloc_array(w->page, count, sizeof(*actions));
	const char *model = sp_embedding_model(index_service_source(w->embedding)), *why;
	struct sp_arena *mem = index_service_begin(w->embedding);
	struct index_vectors v;
	size_t n = 0, wanted = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *d = json_object_array_get_idx(list, i);

		(void)index_azure_note_read(w->page, d, &notes[wanted]);
		if (notes[wanted].model.p != NULL && sp_str_is(notes[wanted].model, model))
			continue;
		keys[wanted] = sp_str_dup(w->page, sp_json_get_str(d, "id"));
		texts[wanted++] = text_of(w, d);
	}
	if (wanted == 0)
		return true;
	if (!index_embed_texts(w->embedding, mem, texts, wanted, &v, &why)) {
		w->index.error = sp_strdup(w->mem, why);
		return false;
	}
	for (size_t i = 0; i < wanted; i++)
		if (v.vector[i] != NULL)
			actions[n++] = merge(w, keys[i], notes[i], v.vector[i], v.dimensions);
	f->processed += wanted;
	f->failed += wanted - n;
	f->written += n;
	return index_azure_write(&w->index, actions, n);
}

static bool
embed_all(struct work *w, struct figures *f)
{
	int64_t batch = index_service_source(w->embedding)->embedding->batch;
	char after[129] = "";
	size_t count;

	if (w->job->batch > 0 && w->job->batch < batch)
		batch = w->job->batch;
	do {
		int64_t left = w->job->most > 0 ? w->job->most - (int64_t)f->processed : batch;
		struct json_object *list;

		sp_arena_reset(w->page);
		if (left <= 0)
			return true;
		if (!index_azure_read(&w->index, "id,repository,file_path,class_name,function_name,content,chunking_metadata",
		    w->job->repository, after, left < batch ? left : batch, &list, &count))
			return false;
		if (count > 0)
			snprintf(after, sizeof(after), "%.*s", SP_FMT(sp_json_get_str(json_object_array_get_idx(list, count - 1), "id")));
		if (!embed_page(w, list, count, f))
			return false;
		stay_alive(w->job);
	} while (count > 0);
	return true;
}

const char *
index_azure_backfill(const struct index_azure_job *job, struct sp_arena *mem, const char **why)
{
	const char *result = NULL;
	struct figures f = { 0 };
	struct work w;
	bool there;

	if (begin(&w, job, mem, why) && index_service_open(job->settings, INDEX_EMBEDDING, &w.embedding, mem, why)) {
		if (index_service_source(w.embedding)->embedding == NULL)
			*why = "source " INDEX_EMBEDDING " has no member embedding";
		else if (index_azure_ensure(&w.index, w.pg, dimensions_of(&w), true, &there) && embed_all(&w, &f))
			result = sp_printf(mem, "{\"processed\": %zu, \"written\": %zu, \"failed\": %zu}", f.processed, f.written, f.failed);
		else
			*why = w.index.error;
	}
	end(&w);
	return result;
}
