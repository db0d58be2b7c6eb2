/* index_azure_store.c - files and their pieces into an index of Azure AI Search */
#include "base/clock.h"
#include "base/encode.h"
#include "index_azure.h"
#include "index_embed.h"
#include "index_store.h"

#define BATCH_DOCUMENTS	500
#define BATCH_BYTES	((size_t)6 * 1024 * 1024)
#define DOCUMENT_MAX	((size_t)16 * 1024 * 1024)
#define CALLS_SAID	10		/* of what a piece uses and calls, in its sentence */

struct document {
	struct sp_str key;
	struct sp_str head;		/* the object without what depends on its vector */
	struct sp_str text;		/* for the embedding */
	struct index_azure_note note;
};

/* The documents of a file that is known: struct index_known_file.more. */
struct pieces {
	struct sp_str *key;
	size_t count, room;
	int64_t expected;		/* as one of them says */
};

struct azure {
	struct index_store base;
	struct index_azure index;
	struct index_service *embedding;	/* NULL: without vectors */
	PGconn *pg;
	const char *target, *repository;
	struct sp_arena *batch;		/* until the next flush */
	struct document *document;
	size_t count, bytes;
	struct index_azure_action *removal;	/* of pieces that a file does not have any more */
	size_t removals, removal_room;
};

static bool
failed(struct azure *s, const char *why)
{
	s->base.error = sp_strdup(s->base.mem, why);
	return false;
}

/* ---- the database: what was indexed when, and the lock ---- */

static PGresult *
query(struct azure *s, const char *sql, int n, const char *const *values)
{
	PGresult *r = PQexecParams(s->pg, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return r;
	(void)failed(s, PQerrorMessage(s->pg));
	PQclear(r);
	return NULL;
}

/* The first column of the first row is true; *ok false: it failed. */
static bool
is_true(struct azure *s, const char *sql, int n, const char *const *values, bool *ok)
{
	PGresult *r = query(s, sql, n, values);
	bool yes = r != NULL && PQntuples(r) > 0 && PQgetvalue(r, 0, 0)[0] == 't';

	*ok = r != NULL;
	PQclear(r);
	return yes;
}

static bool
lock(struct azure *s, void (*waiting)(void))
{
	const char *const values[] = { s->target, s->repository };
	bool ok;

	if (is_true(s, "SELECT pg_try_advisory_lock(hashtextextended(format('codesearch.target %s %s', $1::text, $2::text), 0))", 2,
	    values, &ok) || !ok)
		return ok;
	if (waiting != NULL)
		waiting();
	(void)is_true(s, "SELECT pg_advisory_lock(hashtextextended(format('codesearch.target %s %s', $1::text, $2::text), 0))", 2,
	    values, &ok);
	return ok;
}

/* ---- what is there ---- */

static struct pieces *
pieces_of(struct azure *s, struct sp_str path)
{
	struct index_known_file *file = index_known_find(&s->base.known, path);

	if (file == NULL) {
		file = index_known_add(s->base.mem, &s->base.known, sp_str_dup(s->base.mem, path));
		file->more = sp_alloc(s->base.mem, sizeof(struct pieces));
	}
	return file->more;
}

static void
add_key(struct azure *s, struct pieces *p, struct sp_str key)
{
	if (p->count == p->room) {
		size_t room = p->room == 0 ? 8 : p->room * 2;
		struct sp_str *keys = sp_alloc_array(s->base.mem, room, sizeof(*keys));

		if (p->count > 0)
			memcpy(keys, p->key, p->count * sizeof(*keys));
		p->key = keys;
		p->room = room;
	}
	p->key[p->count++] = key;
}

static void
take_document(struct azure *s, struct json_object *document)
{
	struct sp_str path = sp_json_get_str(document, "file_path"), key = sp_json_get_str(document, "id"), digest;
	struct index_azure_note note;
	struct sp_arena *mem = s->base.mem;
	struct pieces *p;

	if (path.p == NULL || key.p == NULL)
		return;
	p = pieces_of(s, path);
	add_key(s, p, sp_str_dup(mem, key));
	if (index_azure_note_read(s->batch, document, &note) && sp_hex_decode(s->batch, note.sha256, &digest) &&
	    digest.len == SP_SHA256_LEN) {
		memcpy(index_known_find(&s->base.known, path)->sha256, digest.p, SP_SHA256_LEN);
		p->expected = note.pieces;
	}
}

static bool
read_known(struct azure *s)
{
	static const uint8_t none[SP_SHA256_LEN];
	char after[129] = "";
	size_t count;

	do {
		struct json_object *list;

		if (!index_azure_read(&s->index, "id,file_path,chunking_metadata", s->repository, after, INDEX_AZURE_PAGE, &list, &count))
			return failed(s, s->index.error);
		for (size_t i = 0; i < count; i++)
			take_document(s, json_object_array_get_idx(list, i));
		if (count > 0)
			snprintf(after, sizeof(after), "%.*s", SP_FMT(sp_json_get_str(json_object_array_get_idx(list, count - 1), "id")));
		sp_arena_reset(s->batch);
	} while (count > 0 && after[0] != '\0');
	/* a file whose pieces are not all there is one that has changed */
	for (size_t i = 0; i < s->base.known.count; i++) {
		struct index_known_file *file = &s->base.known.file[i];
		const struct pieces *p = file->more;

		if ((int64_t)p->count != p->expected)
			memcpy(file->sha256, none, SP_SHA256_LEN);
	}
	return true;
}

/* ---- documents ---- */

static void
write_text(struct sp_json_writer *w, const char *name, struct sp_str text)
{
	if (text.len > 0)
		sp_jw_kstr(w, name, text);
}

static void
write_list(struct sp_json_writer *w, const char *name, const struct index_strings *list)
{
	sp_jw_key(w, name);
	sp_jw_array(w);
	for (size_t i = 0; i < list->count; i++)
		sp_jw_str(w, list->item[i]);
	sp_jw_array_end(w);
}

static void
say(struct sp_buf *b, const char *what, const struct index_strings *list)
{
	for (size_t i = 0; i < list->count && i < CALLS_SAID; i++) {
		sp_buf_cstr(b, i == 0 ? what : ", ");
		sp_buf_str(b, list->item[i]);
	}
	if (list->count > 0)
		sp_buf_char(b, '.');
}

/* What the piece is, in a sentence or two. */
static struct sp_str
sentence(struct sp_arena *mem, struct sp_str path, const struct index_piece *p, const struct index_strings *imports)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, DOCUMENT_MAX);
	sp_buf_printf(&b, "%.*s in %.*s", SP_FMT(p->signature.len > 0 ? p->signature : p->function_name.len > 0 ? p->function_name :
	    sp_str(p->type)), SP_FMT(path));
	if (p->class_name.len > 0)
		sp_buf_printf(&b, ", class %.*s", SP_FMT(p->class_name));
	sp_buf_char(&b, '.');
	say(&b, " Uses ", imports);
	say(&b, " Calls ", &p->calls);
	return sp_buf_view(&b);
}

static struct sp_str
extension_of(struct sp_str path)
{
	const char *slash = memrchr(path.p, '/', path.len);
	struct sp_str name = slash == NULL ? path : sp_str_sub(path, (size_t)(slash + 1 - path.p), path.len);
	const char *dot = memrchr(name.p, '.', name.len);

	return dot == NULL || dot == name.p ? SP_LIT("") : sp_str_sub(name, (size_t)(dot - name.p), name.len);
}

static bool
is_code(const char *type)
{
	return strcmp(type, "function") == 0 || strcmp(type, "class") == 0 || strcmp(type, "declaration") == 0;
}

/* All of the object but what depends on its vector. */
static struct sp_str
document_head(struct azure *s, struct sp_str key, struct sp_str path, const char *language, int64_t modified_us, size_t number,
    const struct index_piece *p, const struct index_strings *imports)
{
	struct sp_arena *mem = s->batch;
	char time[SP_RFC3339_SIZE];
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, DOCUMENT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "@search.action", "upload");
	sp_jw_kstr(&w, "id", key);
	sp_jw_kstr(&w, "content", p->content);
	sp_jw_kstr(&w, "file_path", path);
	sp_jw_kcstr(&w, "repository", s->repository);
	sp_jw_kcstr(&w, "language", language);
	write_text(&w, "function_name", p->function_name);
	write_text(&w, "class_name", p->class_name);
	write_text(&w, "parent_context", p->class_name);
	write_text(&w, "signature", p->signature);
	write_text(&w, "docstring", p->docstring);
	write_list(&w, "tags", &p->defines);
	write_list(&w, "imports", imports);
	write_list(&w, "called_functions", &p->calls);
	sp_jw_kint(&w, "start_line", p->start_line);
	sp_jw_kint(&w, "end_line", p->end_line);
	sp_jw_kcstr(&w, "chunk_type", p->type);
	sp_jw_kcstr(&w, "chunk_id", sp_printf(mem, "%.*s:%zu", SP_FMT(path), number));
	sp_jw_kcstr(&w, "context_type", is_code(p->type) ? "implementation" : "general");
	sp_jw_kstr(&w, "semantic_context", sentence(mem, path, p, imports));
	write_text(&w, "file_extension", extension_of(path));
	sp_rfc3339(sp_now_seconds(), time);
	sp_jw_kcstr(&w, "created_at", time);
	sp_rfc3339(modified_us / 1000000, time);
	sp_jw_kcstr(&w, "last_modified", time);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

static struct index_azure_action
finished(struct azure *s, const struct document *d, const float *vector, size_t dimensions)
{
	struct index_azure_note note = d->note;
	struct sp_json_writer w;
	struct sp_buf b;

	if (vector != NULL)
		note.model = sp_str(sp_embedding_model(index_service_source(s->embedding)));
	sp_buf_init(&b, s->batch, DOCUMENT_MAX);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_members(&w, d->head);
	sp_jw_kstr(&w, "chunking_metadata", index_azure_note_write(s->batch, &note));
	if (vector != NULL)
		index_azure_write_vector(&w, vector, dimensions);
	sp_jw_object_end(&w);
	return (struct index_azure_action){ d->key, sp_buf_view(&b) };
}

static void
begin_batch(struct azure *s)
{
	sp_arena_reset(s->batch);
	s->document = sp_alloc_array(s->batch, BATCH_DOCUMENTS, sizeof(*s->document));
	s->count = s->bytes = 0;
	s->removal = NULL;
	s->removals = s->removal_room = 0;
}

/* The documents from `first` with their vectors, as many as the service takes at once. */
static size_t
embed(struct azure *s, size_t first, struct index_azure_action *out)
{
	size_t most = (size_t)index_service_source(s->embedding)->embedding->batch, n = s->count - first < most ? s->count - first : most;
	struct sp_arena *mem = index_service_begin(s->embedding);
	struct sp_str *texts = sp_alloc_array(mem, n, sizeof(*texts));
	struct index_vectors v;
	const char *why;

	for (size_t i = 0; i < n; i++)
		texts[i] = s->document[first + i].text;
	if (!index_embed_texts(s->embedding, mem, texts, n, &v, &why)) {
		s->base.embed_error = sp_strdup(s->base.mem, why);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		out[first + i] = finished(s, &s->document[first + i], v.vector[i], v.dimensions);
		s->base.embedded += v.vector[i] != NULL;
		s->base.not_embedded += v.vector[i] == NULL;
	}
	return n;
}

static bool
flush(struct index_store *store)
{
	struct azure *s = (struct azure *)store;
	struct index_azure_action *actions = sp_alloc_array(s->batch, s->count, sizeof(*actions));
	size_t done = 0, n;
	bool ok;

	/* when embeddings cannot be had the pieces go without */
	while (done < s->count && s->embedding != NULL && s->base.embed_error == NULL && (n = embed(s, done, actions)) > 0)
		done += n;
	for (; done < s->count; done++)
		actions[done] = finished(s, &s->document[done], NULL, 0);
	ok = (s->count == 0 || index_azure_write(&s->index, actions, s->count)) &&
	    (s->removals == 0 || index_azure_write(&s->index, s->removal, s->removals));
	if (!ok)
		(void)failed(s, s->index.error);
	begin_batch(s);
	return ok;
}

static void
remove_key(struct azure *s, struct sp_str key)
{
	if (s->removals == s->removal_room) {
		size_t room = s->removal_room == 0 ? 64 : s->removal_room * 2;
		struct index_azure_action *removal = sp_alloc_array(s->batch, room, sizeof(*removal));

		if (s->removals > 0)
			memcpy(removal, s->removal, s->removals * sizeof(*removal));
		s->removal = removal;
		s->removal_room = room;
	}
	s->removal[s->removals++] = index_azure_delete(s->batch, key);
}

/* Pieces that a changed file had and does not have any more. */
static void
remove_old(struct azure *s, const struct pieces *before, struct sp_str path, size_t count)
{
	struct sp_str *keys = sp_alloc_array(s->batch, count, sizeof(*keys));

	for (size_t i = 0; i < count; i++)
		keys[i] = index_chunk_id(s->batch, s->repository, path, i);
	for (size_t i = 0; i < before->count; i++) {
		size_t k = 0;

		while (k < count && !sp_str_eq(before->key[i], keys[k]))
			k++;
		if (k == count)
			remove_key(s, before->key[i]);
	}
}

static bool
put(struct index_store *store, struct sp_str path, const char *language, int64_t modified_us,
    const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces)
{
	struct azure *s = (struct azure *)store;
	struct index_known_file *known = index_known_find(&s->base.known, path);
	const struct pieces *before = known != NULL ? known->more : NULL;

	if (before != NULL)
		remove_old(s, before, path, pieces->count);
	for (size_t i = 0; i < pieces->count; i++) {
		const struct index_piece *p = &pieces->v[i];
		struct document *d;

		if ((s->count == BATCH_DOCUMENTS || s->bytes > BATCH_BYTES) && !flush(store))
			return false;
		d = &s->document[s->count++];
		d->key = index_chunk_id(s->batch, s->repository, path, i);
		d->head = document_head(s, d->key, path, language, modified_us, i, p, &pieces->imports);
		d->text = s->embedding == NULL ? SP_LIT("") : sp_str_dup(s->batch, index_embed_text(s->batch, false,
		    sp_str(s->repository), path, p->class_name, p->function_name, p->content));
		d->note = (struct index_azure_note){ .sha256 = sp_hex_encode(s->batch, sha256, SP_SHA256_LEN),
			.pieces = (int64_t)pieces->count };
		s->bytes += d->head.len + d->text.len;
	}
	return true;
}

/* ---- the end ---- */

static bool
remove_vanished(struct azure *s, size_t *removed)
{
	for (size_t i = 0; i < s->base.known.count; i++) {
		const struct pieces *p = s->base.known.file[i].more;

		if (s->base.known.file[i].seen)
			continue;
		for (size_t k = 0; k < p->count; k++)
			remove_key(s, p->key[k]);
		++*removed;
	}
	return flush(&s->base);
}

static bool
finish(struct index_store *store, enum index_end how, bool keep, const char *source, size_t *removed)
{
	struct azure *s = (struct azure *)store;
	PGresult *r;

	*removed = 0;
	if (!flush(store) || (!keep && !remove_vanished(s, removed)))
		return false;
	if (how == INDEX_SOME_FILES)
		return true;
	r = query(s, "INSERT INTO codesearch.target_repository (target, repository, source, indexed_at) VALUES ($1, $2, $3, now())"
	    " ON CONFLICT (target, repository) DO UPDATE SET indexed_at = now(), source = coalesce(excluded.source, target_repository.source)",
	    3, (const char *const[]){ s->target, s->repository, source });
	PQclear(r);
	return r != NULL;
}

static bool
embeds(struct index_store *store, bool *out)
{
	(void)store;
	*out = false;
	return true;
}

static void
close_store(struct index_store *store)
{
	struct azure *s = (struct azure *)store;

	index_service_close(s->embedding);
	index_azure_end(&s->index);
	PQfinish(s->pg);		/* gives the lock back */
	sp_arena_free(s->batch);
	sp_arena_free(s->base.mem);
}

static const struct index_store_kind azure = { put, flush, finish, embeds, close_store };

/* ---- the beginning ---- */

static void
silent(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

/* Whether pieces get vectors, and from whom. */
static bool
open_embedding(struct azure *s, const struct index_store_start *start)
{
	const char *const values[] = { s->repository, s->target };
	const struct sp_http_source *source;
	const char *why;
	bool ok, wanted = is_true(s, "SELECT codesearch.embeds($1, $2)", 2, values, &ok) || start->embed;

	if (!ok || !wanted)
		return ok;
	s->base.embedding = true;
	if (!index_service_open(start->settings, INDEX_EMBEDDING, &s->embedding, s->base.mem, &why))
		return failed(s, why);
	source = index_service_source(s->embedding);
	if (source->embedding == NULL || source->embedding->dimensions == 0)
		return failed(s, "source " INDEX_EMBEDDING " has to say embedding with dimensions, which the index has to know");
	return true;
}

static bool
open_index(struct azure *s, const struct index_store_start *start)
{
	int64_t dimensions = s->embedding != NULL ? index_service_source(s->embedding)->embedding->dimensions : 0;
	bool there;

	if (!index_azure_begin(&s->index, start->settings, start->target, s->base.mem) ||
	    !index_azure_ensure(&s->index, s->pg, dimensions, !start->dry_run, &there))
		return failed(s, s->index.error);
	return !there || read_known(s);
}

bool
index_azure_open(const struct index_store_start *start, struct index_store **out, struct sp_arena *why_mem, const char **why)
{
	struct sp_arena *mem = sp_arena_new();
	struct azure *s = sp_alloc(mem, sizeof(*s));
	bool ok;

	s->base.kind = &azure;
	s->base.mem = mem;
	s->batch = sp_arena_new();
	s->target = sp_strdup(mem, start->target);
	s->repository = sp_strdup(mem, start->repository);
	begin_batch(s);
	s->pg = PQconnectdbParams(
	    (const char *const[]){ "dbname", "fallback_application_name", "client_encoding", NULL },
	    (const char *const[]){ start->conninfo, "sallyport-index", "UTF8", NULL }, 1);
	PQsetNoticeReceiver(s->pg, silent, NULL);
	ok = PQstatus(s->pg) == CONNECTION_OK || failed(s, PQerrorMessage(s->pg));
	ok = ok && (start->dry_run || lock(s, start->waiting)) && open_embedding(s, start) && open_index(s, start);
	begin_batch(s);
	if (!ok) {
		*why = sp_strdup(why_mem, s->base.error);
		close_store(&s->base);
		return false;
	}
	*out = &s->base;
	return true;
}
