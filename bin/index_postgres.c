/* index_postgres.c - the index in PostgreSQL, through libpq */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include "base/encode.h"
#include "base/log.h"
#include "index_store.h"

#define BATCH_BYTES	((size_t)8 * 1024 * 1024)
#define BATCH_FILES	1000
#define BUFFER_MAX	((size_t)256 * 1024 * 1024)	/* of one batch: a file of 1 MB stays far below */
#define POSTGRES_EPOCH_US (INT64_C(946684800) * 1000000)	/* 2000-01-01 */
#define TEXT_OID	25

struct postgres {
	struct index_store base;
	PGconn *pg;
	struct sp_arena *batch;		/* until the next flush */
	const char *repository;
	bool at_once, begun;		/* one transaction for all; it is open */
	struct sp_buf files, chunks;	/* rows for COPY */
	struct sp_buf replaced;		/* paths as an array of PostgreSQL */
	size_t nfiles;
	size_t changed_pieces;
};

/* ---- statements ---- */

static void
quiet(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static bool
failed(struct postgres *s, const char *what)
{
	struct sp_str message = sp_str_trim(sp_str(PQerrorMessage(s->pg)), " \n");

	s->base.error = sp_printf(s->base.mem, "%s: %.*s", what, SP_FMT(message));
	return false;
}

static PGresult *
query(struct postgres *s, const char *what, const char *sql, int n, const char *const *values)
{
	PGresult *r = PQexecParams(s->pg, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return r;
	(void)failed(s, what);
	PQclear(r);
	return NULL;
}

static bool
run(struct postgres *s, const char *what, const char *sql, int n, const char *const *values)
{
	PGresult *r = query(s, what, sql, n, values);

	PQclear(r);
	return r != NULL;
}

static bool
read_known(struct postgres *s)
{
	PGresult *r = PQexecParams(s->pg, "SELECT path, sha256 FROM codesearch.file WHERE repository = $1",
	    1, NULL, (const char *const[]){ s->repository }, NULL, NULL, 1);

	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		PQclear(r);
		return failed(s, "reading the files that are indexed");
	}
	for (int row = 0; row < PQntuples(r); row++) {
		struct sp_str path = { PQgetvalue(r, row, 0), (size_t)PQgetlength(r, row, 0) };
		struct index_known_file *file = index_known_add(s->base.mem, &s->base.known, sp_str_dup(s->base.mem, path));

		if (PQgetlength(r, row, 1) == SP_SHA256_LEN)
			memcpy(file->sha256, PQgetvalue(r, row, 1), SP_SHA256_LEN);
	}
	PQclear(r);
	return true;
}

/* ---- rows in the binary format of COPY ---- */

static void
put16(struct sp_buf *b, int n)
{
	uint16_t v = htons((uint16_t)n);

	sp_buf_add(b, &v, sizeof(v));
}

static void
put32(struct sp_buf *b, int64_t n)
{
	uint32_t v = htonl((uint32_t)n);

	sp_buf_add(b, &v, sizeof(v));
}

static void
put_text(struct sp_buf *b, struct sp_str s)	/* absent: null */
{
	put32(b, s.p != NULL ? (int64_t)s.len : -1);
	sp_buf_str(b, s);
}

static void
put_int(struct sp_buf *b, int64_t n)
{
	put32(b, 4);
	put32(b, n);
}

static void
put_time(struct sp_buf *b, int64_t us)
{
	uint64_t v = htobe64((uint64_t)(us - POSTGRES_EPOCH_US));

	put32(b, sizeof(v));
	sp_buf_add(b, &v, sizeof(v));
}

/* text[]: dimensions, null flag, element type, then length and lower bound, then the items. */
static void
put_array(struct sp_buf *b, const struct index_strings *list)
{
	size_t size = 12 + (list->count > 0 ? 8 : 0);

	for (size_t i = 0; i < list->count; i++)
		size += 4 + list->item[i].len;
	put32(b, (int64_t)size);
	put32(b, list->count > 0 ? 1 : 0);
	put32(b, 0);
	put32(b, TEXT_OID);
	if (list->count > 0) {
		put32(b, (int64_t)list->count);
		put32(b, 1);
	}
	for (size_t i = 0; i < list->count; i++)
		put_text(b, list->item[i]);
}

static void
begin_batch(struct postgres *s)
{
	static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";	/* signature, flags, extension */

	sp_arena_reset(s->batch);
	sp_buf_init(&s->files, s->batch, BUFFER_MAX);
	sp_buf_init(&s->chunks, s->batch, BUFFER_MAX);
	sp_buf_init(&s->replaced, s->batch, BUFFER_MAX);
	sp_buf_add(&s->files, header, sizeof(header));
	sp_buf_add(&s->chunks, header, sizeof(header));
	s->nfiles = 0;
}

static bool flush(struct index_store *store);

static bool
put(struct index_store *store, struct sp_str path, const char *language, int64_t modified_us,
    const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces)
{
	struct postgres *s = (struct postgres *)store;
	struct sp_buf *b = &s->files;

	put16(b, 6);
	put_text(b, sp_str(s->repository));
	put_text(b, path);
	put_text(b, (struct sp_str){ (const char *)sha256, SP_SHA256_LEN });
	put_text(b, sp_str(language));
	put_time(b, modified_us);
	put_array(b, &pieces->imports);
	b = &s->chunks;
	for (size_t i = 0; i < pieces->count; i++) {
		const struct index_piece *p = &pieces->v[i];

		put16(b, 15);
		put_text(b, index_chunk_id(s->batch, s->repository, path, i));
		put_text(b, sp_str(s->repository));
		put_text(b, path);
		put_int(b, (int64_t)i);
		put_text(b, sp_str(language));
		put_text(b, sp_str(p->type));
		put_text(b, p->function_name.len > 0 ? p->function_name : (struct sp_str){ NULL, 0 });
		put_text(b, p->class_name.len > 0 ? p->class_name : (struct sp_str){ NULL, 0 });
		put_text(b, p->signature);
		put_text(b, p->docstring);
		put_array(b, &p->defines);
		put_array(b, &p->calls);
		put_int(b, p->start_line);
		put_int(b, p->end_line);
		put_text(b, p->content);
	}
	if (index_known_find(&s->base.known, path) != NULL) {
		sp_buf_cstr(&s->replaced, s->replaced.len == 0 ? "{\"" : ",\"");
		for (size_t i = 0; i < path.len; i++) {
			if (path.p[i] == '"' || path.p[i] == '\\')
				sp_buf_char(&s->replaced, '\\');
			sp_buf_char(&s->replaced, path.p[i]);
		}
		sp_buf_char(&s->replaced, '"');
	}
	s->nfiles++;
	s->changed_pieces += pieces->count;
	if (!sp_buf_ok(&s->files) || !sp_buf_ok(&s->chunks)) {
		s->base.error = "a batch is too large";
		return false;
	}
	return (s->chunks.len < BATCH_BYTES && s->nfiles < BATCH_FILES) || flush(store);
}

static bool
copy(struct postgres *s, const char *sql, struct sp_buf *rows)
{
	struct sp_str bytes;
	PGresult *r = PQexec(s->pg, sql);
	bool ok = PQresultStatus(r) == PGRES_COPY_IN;

	PQclear(r);
	if (!ok)
		return failed(s, "starting to copy");
	put16(rows, -1);
	bytes = sp_buf_view(rows);
	for (size_t at = 0; at < bytes.len && ok; at += 65536)
		ok = PQputCopyData(s->pg, bytes.p + at, bytes.len - at < 65536 ?
		    (int)(bytes.len - at) : 65536) == 1;
	if (PQputCopyEnd(s->pg, ok ? NULL : "connection trouble") != 1)
		return failed(s, "copying");
	ok = true;
	while ((r = PQgetResult(s->pg)) != NULL) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			ok = failed(s, "copying");
		PQclear(r);
	}
	return ok;
}

static bool
begin(struct postgres *s)
{
	if (!s->begun)
		s->begun = run(s, "starting a transaction", "BEGIN", 0, NULL);
	return s->begun;
}

static bool
commit(struct postgres *s)
{
	if (!run(s, "committing", "COMMIT", 0, NULL))
		return false;
	s->begun = false;
	return true;
}

static void
roll_back(struct postgres *s)
{
	PQclear(PQexec(s->pg, "ROLLBACK"));
	s->begun = false;
}

static bool
flush(struct index_store *store)
{
	struct postgres *s = (struct postgres *)store;
	bool ok;

	if (s->nfiles == 0)
		return true;
	ok = begin(s);
	if (ok && s->replaced.len > 0) {
		sp_buf_char(&s->replaced, '}');
		ok = run(s, "removing the old state of changed files",
		    "DELETE FROM codesearch.file WHERE repository = $1 AND path = ANY ($2::text[])", 2,
		    (const char *const[]){ s->repository, sp_buf_view(&s->replaced).p });
	}
	ok = ok && copy(s, "COPY codesearch.file (repository, path, sha256, language, last_modified, imports)"
	    " FROM STDIN (FORMAT binary)", &s->files) &&
	    copy(s, "COPY codesearch.chunk (id, repository, file_path, number, language, chunk_type, function_name,"
	    " class_name, signature, docstring, defines, called_functions, start_line, end_line, content)"
	    " FROM STDIN (FORMAT binary)", &s->chunks) &&
	    (s->at_once || commit(s));
	if (!ok)
		roll_back(s);
	begin_batch(s);
	return ok;
}

/* ---- the run ---- */

static bool
lock(struct postgres *s, void (*waiting)(void))
{
	static const char key[] = "hashtextextended('codesearch.repository ' || $1::text, 0)";
	const char *const values[] = { s->repository };
	PGresult *r = query(s, "locking the repository",
	    sp_printf(s->base.mem, "SELECT pg_try_advisory_lock(%s)", key), 1, values);
	bool got = r != NULL && strcmp(PQgetvalue(r, 0, 0), "t") == 0;

	if (r == NULL)
		return false;
	PQclear(r);
	if (got)
		return true;
	if (waiting != NULL)
		waiting();
	return run(s, "waiting for another run", sp_printf(s->base.mem, "SELECT pg_advisory_lock(%s)",
	    key), 1, values);
}

static void
close_store(struct index_store *store)
{
	struct postgres *s = (struct postgres *)store;

	PQfinish(s->pg);		/* gives the lock back */
	sp_arena_free(s->batch);
	sp_arena_free(s->base.mem);
}

/* Removes one batch of vanished files after the other. */
static bool
remove_vanished(struct postgres *s, size_t *removed)
{
	*removed = 0;
	for (size_t i = 0; i < s->base.known.count; i++) {
		if (s->base.known.file[i].seen)
			continue;
		if (!run(s, "removing a vanished file",
		    "DELETE FROM codesearch.file WHERE repository = $1 AND path = $2", 2,
		    (const char *const[]){ s->repository, sp_cstr(s->batch, s->base.known.file[i].path) }))
			return false;
		++*removed;
	}
	return true;
}

/* After many changes the statistics are stale and GIN has a long pending list. */
static bool
tidy(struct postgres *s, size_t removed)
{
	PGresult *r;
	bool many;

	r = query(s, "counting pieces", "SELECT count(*) / 20 < $1::bigint + 20 * $2::bigint OR"
	    " NOT EXISTS (SELECT FROM codesearch.word) FROM codesearch.chunk", 2,
	    (const char *const[]){ sp_printf(s->batch, "%zu", s->changed_pieces),
	    sp_printf(s->batch, "%zu", removed) });
	if (r == NULL)
		return false;
	many = strcmp(PQgetvalue(r, 0, 0), "t") == 0 && s->changed_pieces + removed > 0;
	PQclear(r);
	return !many || (run(s, "counting words", "SELECT codesearch.refresh_words()", 0, NULL) &&
	    run(s, "tidying", "VACUUM (ANALYZE) codesearch.chunk, codesearch.file, codesearch.word",
	    0, NULL));
}

static bool
finish(struct index_store *store, enum index_end how, bool keep, const char *source, size_t *removed)
{
	struct postgres *s = (struct postgres *)store;
	bool ok;

	*removed = 0;
	ok = flush(store) && begin(s) && (keep || remove_vanished(s, removed)) &&
	    (how == INDEX_SOME_FILES || run(s, "noting the time",
	    "UPDATE codesearch.repository SET indexed_at = now(), source = coalesce($2::jsonb, source) WHERE name = $1", 2,
	    (const char *const[]){ s->repository, source })) &&
	    commit(s);
	if (!ok)
		roll_back(s);
	return ok && tidy(s, *removed);
}

static bool
embeds(struct index_store *store, bool *out)
{
	struct postgres *s = (struct postgres *)store;
	PGresult *r = query(s, "asking for embeddings", "SELECT codesearch.embeds($1, NULL)", 1, (const char *const[]){ s->repository });

	if (r == NULL)
		return false;
	*out = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return true;
}

static const struct index_store_kind postgres = { put, flush, finish, embeds, close_store };

bool
index_postgres_open(const struct index_store_start *start, struct index_store **out, struct sp_arena *why_mem,
    const char **why)
{
	struct sp_arena *mem = sp_arena_new();
	struct postgres *s = sp_alloc(mem, sizeof(*s));
	bool ok;

	s->base.kind = &postgres;
	s->base.mem = mem;
	s->batch = sp_arena_new();
	s->at_once = start->at_once;
	s->repository = sp_strdup(mem, start->repository);
	begin_batch(s);
	s->pg = PQconnectdbParams(
	    (const char *const[]){ "dbname", "fallback_application_name", "client_encoding", NULL },
	    (const char *const[]){ start->conninfo, "sallyport-index", "UTF8", NULL }, 1);
	if (PQstatus(s->pg) != CONNECTION_OK) {
		ok = failed(s, "connecting to the database");
	} else {
		PQsetNoticeReceiver(s->pg, quiet, NULL);
		/* a word of several kilobytes in some data file is no reason for a notice */
		ok = run(s, "preparing the session", "SET client_min_messages = error", 0, NULL) &&
		    (start->dry_run || (lock(s, start->waiting) && run(s, "adding the repository",
		    "INSERT INTO codesearch.repository (name) VALUES ($1) ON CONFLICT DO NOTHING", 1,
		    (const char *const[]){ s->repository }))) &&
		    read_known(s);
	}
	if (!ok) {
		*why = sp_strdup(why_mem, s->base.error);
		close_store(&s->base);
		return false;
	}
	*out = &s->base;
	return true;
}
