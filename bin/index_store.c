/* index_store.c - the index in PostgreSQL, through libpq */
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

struct known {
	struct sp_str path;
	uint8_t sha256[SP_SHA256_LEN];
	bool seen;
};

struct index_store {
	PGconn *pg;
	struct sp_arena *mem;		/* process life: the known files, messages */
	struct sp_arena *batch;		/* until the next flush */
	const char *repository;
	bool at_once, begun;		/* one transaction for all; it is open */
	struct known *known;
	size_t nknown, *slots, nslots;	/* open addressing; 0: empty, else index + 1 */
	struct sp_buf files, chunks;	/* rows for COPY */
	struct sp_buf replaced;		/* paths as an array of PostgreSQL */
	size_t nfiles;
	size_t changed_pieces;
	const char *error;
};

/* ---- statements ---- */

static void
quiet(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static bool
failed(struct index_store *s, const char *what)
{
	struct sp_str message = sp_str_trim(sp_str(PQerrorMessage(s->pg)), " \n");

	s->error = sp_printf(s->mem, "%s: %.*s", what, SP_FMT(message));
	return false;
}

static PGresult *
query(struct index_store *s, const char *what, const char *sql, int n, const char *const *values)
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
run(struct index_store *s, const char *what, const char *sql, int n, const char *const *values)
{
	PGresult *r = query(s, what, sql, n, values);

	PQclear(r);
	return r != NULL;
}

/* ---- known files ---- */

static size_t
hash(struct sp_str s)
{
	uint64_t h = UINT64_C(14695981039346656037);	/* FNV-1a: the names come from the owner's own tree */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ (h >> 32));
}

static struct known *
find(struct index_store *s, struct sp_str path)
{
	if (s->nslots == 0)
		return NULL;
	for (size_t i = hash(path) % s->nslots; s->slots[i] != 0; i = (i + 1) % s->nslots)
		if (sp_str_eq(s->known[s->slots[i] - 1].path, path))
			return &s->known[s->slots[i] - 1];
	return NULL;
}

static bool
read_known(struct index_store *s)
{
	PGresult *r = PQexecParams(s->pg, "SELECT path, sha256 FROM codesearch.file WHERE repository = $1",
	    1, NULL, (const char *const[]){ s->repository }, NULL, NULL, 1);
	int rows = PQntuples(r);

	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		PQclear(r);
		return failed(s, "reading the files that are indexed");
	}
	s->nslots = (size_t)rows * 2 + 1;
	s->slots = sp_alloc_array(s->mem, s->nslots, sizeof(*s->slots));
	s->known = sp_alloc_array(s->mem, (size_t)rows, sizeof(*s->known));
	for (int row = 0; row < rows; row++) {
		struct known *k = &s->known[s->nknown++];
		size_t i;

		k->path = sp_str_dup(s->mem, (struct sp_str){ PQgetvalue(r, row, 0),
		    (size_t)PQgetlength(r, row, 0) });
		if (PQgetlength(r, row, 1) == SP_SHA256_LEN)
			memcpy(k->sha256, PQgetvalue(r, row, 1), SP_SHA256_LEN);
		for (i = hash(k->path) % s->nslots; s->slots[i] != 0; i = (i + 1) % s->nslots)
			;
		s->slots[i] = s->nknown;
	}
	PQclear(r);
	return true;
}

enum index_known
index_store_known(struct index_store *s, struct sp_str path, const uint8_t sha256[static SP_SHA256_LEN])
{
	struct known *k = find(s, path);

	if (k == NULL)
		return INDEX_NEW;
	k->seen = true;
	return memcmp(k->sha256, sha256, SP_SHA256_LEN) == 0 ? INDEX_UNCHANGED : INDEX_CHANGED;
}

size_t
index_store_vanished(const struct index_store *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nknown; i++)
		n += !s->known[i].seen;
	return n;
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

/* 16 hex digits of SHA-256 over repository:path:number */
static struct sp_str
chunk_id(struct index_store *s, struct sp_str path, size_t number)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(sp_str(sp_printf(s->batch, "%s:%.*s:%zu", s->repository, SP_FMT(path), number)), digest);
	return sp_hex_encode(s->batch, digest, 8);
}

static void
begin_batch(struct index_store *s)
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

bool
index_store_put(struct index_store *s, struct sp_str path, const char *language, int64_t modified_us,
    const uint8_t sha256[static SP_SHA256_LEN], const struct index_pieces *pieces)
{
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
		put_text(b, chunk_id(s, path, i));
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
	if (find(s, path) != NULL) {
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
		s->error = "a batch is too large";
		return false;
	}
	return (s->chunks.len < BATCH_BYTES && s->nfiles < BATCH_FILES) || index_store_flush(s);
}

static bool
copy(struct index_store *s, const char *sql, struct sp_buf *rows)
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
begin(struct index_store *s)
{
	if (!s->begun)
		s->begun = run(s, "starting a transaction", "BEGIN", 0, NULL);
	return s->begun;
}

static bool
commit(struct index_store *s)
{
	if (!run(s, "committing", "COMMIT", 0, NULL))
		return false;
	s->begun = false;
	return true;
}

static void
roll_back(struct index_store *s)
{
	PQclear(PQexec(s->pg, "ROLLBACK"));
	s->begun = false;
}

bool
index_store_flush(struct index_store *s)
{
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
lock(struct index_store *s, void (*waiting)(void))
{
	static const char key[] = "hashtextextended('codesearch.repository ' || $1::text, 0)";
	const char *const values[] = { s->repository };
	PGresult *r = query(s, "locking the repository",
	    sp_printf(s->mem, "SELECT pg_try_advisory_lock(%s)", key), 1, values);
	bool got = r != NULL && strcmp(PQgetvalue(r, 0, 0), "t") == 0;

	if (r == NULL)
		return false;
	PQclear(r);
	if (got)
		return true;
	if (waiting != NULL)
		waiting();
	return run(s, "waiting for another run", sp_printf(s->mem, "SELECT pg_advisory_lock(%s)",
	    key), 1, values);
}

bool
index_store_open(const struct index_store_start *start, struct index_store **out, struct sp_arena *why_mem,
    const char **why)
{
	struct sp_arena *mem = sp_arena_new();
	struct index_store *s = sp_alloc(mem, sizeof(*s));
	bool ok;

	s->mem = mem;
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
		*why = sp_strdup(why_mem, s->error);
		index_store_close(s);
		return false;
	}
	*out = s;
	return true;
}

void
index_store_close(struct index_store *s)
{
	if (s == NULL)
		return;
	PQfinish(s->pg);		/* gives the lock back */
	sp_arena_free(s->batch);
	sp_arena_free(s->mem);
}

/* Removes one batch of vanished files after the other. */
static bool
remove_vanished(struct index_store *s, size_t *removed)
{
	*removed = 0;
	for (size_t i = 0; i < s->nknown; i++) {
		if (s->known[i].seen)
			continue;
		if (!run(s, "removing a vanished file",
		    "DELETE FROM codesearch.file WHERE repository = $1 AND path = $2", 2,
		    (const char *const[]){ s->repository, sp_cstr(s->batch, s->known[i].path) }))
			return false;
		++*removed;
	}
	return true;
}

/* After many changes the statistics are stale and GIN has a long pending list. */
static bool
tidy(struct index_store *s, size_t removed)
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

void
index_store_only(struct index_store *s, const struct index_strings *paths)
{
	for (size_t i = 0; i < s->nknown; i++)
		s->known[i].seen = true;
	for (size_t i = 0; i < paths->count; i++) {
		struct known *k = find(s, paths->item[i]);

		if (k != NULL)
			k->seen = false;
	}
}

bool
index_store_finish(struct index_store *s, enum index_end how, bool keep, const char *source, size_t *removed)
{
	bool ok;

	*removed = 0;
	ok = index_store_flush(s) && begin(s) && (keep || remove_vanished(s, removed)) &&
	    (how == INDEX_SOME_FILES || run(s, "noting the time",
	    "UPDATE codesearch.repository SET indexed_at = now(), source = coalesce($2::jsonb, source) WHERE name = $1", 2,
	    (const char *const[]){ s->repository, source })) &&
	    commit(s);
	if (!ok)
		roll_back(s);
	return ok && tidy(s, *removed);
}

bool
index_store_embeds(struct index_store *s, bool *out)
{
	PGresult *r = query(s, "asking for embeddings", "SELECT codesearch.embeds($1)", 1, (const char *const[]){ s->repository });

	if (r == NULL)
		return false;
	*out = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return true;
}

const char *
index_store_error(const struct index_store *s)
{
	return s->error;
}
