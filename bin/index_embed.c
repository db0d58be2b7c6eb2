/* index_embed.c - pieces of the index in the database get their embeddings */
#include "index_embed.h"

#include <libpq-fe.h>

#define REQUEST_MS	(5 * 60 * 1000)		/* with all repetitions: a service may want us to wait a minute */
#define LITERAL_MAX	((size_t)64 * 1024 * 1024)

struct piece {
	const char *id, *digest;
	struct sp_str text;
};

struct sp_str
index_embed_text(struct sp_arena *mem, bool bare, struct sp_str repository, struct sp_str path, struct sp_str class_name,
    struct sp_str function_name, struct sp_str content)
{
	if (bare)
		return content;
	return sp_str(sp_printf(mem, "%.*s %.*s%s%.*s%s%.*s\n%.*s", SP_FMT(repository), SP_FMT(path),
	    class_name.len > 0 ? " " : "", SP_FMT(class_name), function_name.len > 0 ? " " : "", SP_FMT(function_name),
	    SP_FMT(content)));
}

static bool
embed(struct index_service *service, struct sp_arena *mem, const struct sp_str *texts, size_t count,
    struct index_vectors *out, bool *refused, const char **why)
{
	struct sp_http_send send = index_service_send(service, REQUEST_MS);
	struct sp_vectors v;

	*refused = false;
	switch (sp_embed(&send, texts, count, &v, why)) {
	case SP_EMBEDDED:
		break;
	case SP_EMBEDDED_REFUSED:
		*refused = true;
		return false;
	default:
		return false;
	}
	if (out->dimensions != 0 && out->dimensions != v.dimensions) {
		*why = sp_printf(mem, "%s: its vectors are not of one length", index_service_source(service)->name);
		return false;
	}
	out->dimensions = v.dimensions;
	for (size_t i = 0; i < count; i++)
		out->vector[i] = v.value + i * v.dimensions;
	return true;
}

bool
index_embed_texts(struct index_service *service, struct sp_arena *mem, const struct sp_str *texts, size_t count,
    struct index_vectors *out, const char **why)
{
	bool refused;

	*out = (struct index_vectors){ .vector = sp_alloc_array(mem, count, sizeof(*out->vector)) };
	if (embed(service, mem, texts, count, out, &refused, why))
		return true;
	/* one of them may be too long: each for itself */
	for (size_t i = 0; refused && count > 1 && i < count; i++) {
		struct index_vectors one = { .vector = out->vector + i, .dimensions = out->dimensions };

		if (!embed(service, mem, texts + i, 1, &one, &refused, why) && !refused)
			return false;
		out->dimensions = one.dimensions;
		refused = true;
	}
	return refused;
}

/* ---- the index ---- */

static PGresult *
query(PGconn *pg, struct sp_arena *mem, const char *sql, int n, const char *const *values, const char **why)
{
	PGresult *r = PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return r;
	*why = sp_printf(mem, "embeddings: %s", PQerrorMessage(pg));
	PQclear(r);
	return NULL;
}

static struct sp_str
column(const PGresult *r, int row, int at)
{
	return (struct sp_str){ PQgetvalue(r, row, at), (size_t)PQgetlength(r, row, at) };
}

static const char *
vector_literal(struct sp_arena *mem, const float *vector, size_t dimensions)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, LITERAL_MAX);
	for (size_t i = 0; i < dimensions; i++)
		sp_buf_printf(&b, "%c%.9g", i == 0 ? '{' : ',', (double)vector[i]);
	sp_buf_char(&b, '}');
	return sp_buf_view(&b).p;
}

/* A piece that has become another one meanwhile is left: it has no vector any more, and its turn comes. */
static bool
store(PGconn *pg, struct sp_arena *mem, const char *model, const struct piece *p, const float *vector, size_t dimensions,
    const char **why)
{
	PGresult *r = query(pg, mem, "INSERT INTO codesearch.embedding (id, vector, model)"
	    " SELECT c.id, $2::real[], $3 FROM codesearch.chunk c WHERE c.id = $1 AND md5(c.content) = $4"
	    " ON CONFLICT (id) DO UPDATE SET vector = excluded.vector, model = excluded.model", 4,
	    (const char *const[]){ p->id, vector_literal(mem, vector, dimensions), model, p->digest }, why);

	PQclear(r);
	return r != NULL;
}

static bool
store_all(PGconn *pg, struct sp_arena *mem, const char *model, const struct piece *p, size_t count,
    const struct index_vectors *v, struct index_embed *e, const char **why)
{
	PGresult *r = query(pg, mem, "BEGIN", 0, NULL, why);
	bool ok = r != NULL;

	PQclear(r);
	for (size_t i = 0; ok && i < count; i++)
		ok = v->vector[i] == NULL || store(pg, mem, model, &p[i], v->vector[i], v->dimensions, why);
	if (ok) {
		r = query(pg, mem, "COMMIT", 0, NULL, why);
		ok = r != NULL;
		PQclear(r);
	}
	for (size_t i = 0; ok && i < count; i++) {
		e->written += v->vector[i] != NULL;
		e->failed += v->vector[i] == NULL;
	}
	return ok;
}

/* The next pieces behind `after`; *count is 0 when there are none. */
static bool
read_pieces(PGconn *pg, struct sp_arena *mem, const struct index_embed *e, const char *model, const char *after,
    int64_t limit, struct piece **out, size_t *count, const char **why)
{
	PGresult *r = query(pg, mem, "SELECT c.id, md5(c.content), c.repository, c.file_path, c.class_name, c.function_name, c.content"
	    " FROM codesearch.chunk c LEFT JOIN codesearch.embedding e USING (id)"
	    " WHERE c.id > $1 AND ($2::text IS NULL OR c.repository = $2) AND c.content ~ '\\S'"
	    " AND (e.id IS NULL OR e.model <> $3) ORDER BY c.id LIMIT $4::bigint", 4,
	    (const char *const[]){ after, e->repository, model, sp_printf(mem, "%lld", (long long)limit) }, why);

	if (r == NULL)
		return false;
	*count = (size_t)PQntuples(r);
	*out = sp_alloc_array(mem, *count, sizeof(**out));
	for (int i = 0; i < PQntuples(r); i++)
		(*out)[i] = (struct piece){ .id = sp_strdup(mem, PQgetvalue(r, i, 0)), .digest = sp_strdup(mem, PQgetvalue(r, i, 1)),
			.text = sp_str_dup(mem, index_embed_text(mem, e->bare, column(r, i, 2), column(r, i, 3), column(r, i, 4),
			    column(r, i, 5), column(r, i, 6))) };
	PQclear(r);
	return true;
}

static bool
go_through(PGconn *pg, struct index_embed *e, struct index_service *service, const char **why)
{
	const struct sp_http_source *source = index_service_source(service);
	int64_t batch = e->batch > 0 && e->batch < source->embedding->batch ? e->batch : source->embedding->batch;
	const char *model = sp_embedding_model(source);
	char after[129] = "";

	for (;;) {
		int64_t left = e->most > 0 ? e->most - (int64_t)e->processed : batch;
		struct sp_arena *mem = index_service_begin(service);
		struct index_vectors v;
		struct sp_str *texts;
		struct piece *p;
		size_t count;

		if (left <= 0)
			return true;
		if (!read_pieces(pg, mem, e, model, after, left < batch ? left : batch, &p, &count, why))
			return false;
		if (count == 0)
			return true;
		texts = sp_alloc_array(mem, count, sizeof(*texts));
		for (size_t i = 0; i < count; i++)
			texts[i] = p[i].text;
		if (!index_embed_texts(service, mem, texts, count, &v, why) ||
		    !store_all(pg, mem, model, p, count, &v, e, why))
			return false;
		e->processed += count;
		snprintf(after, sizeof(after), "%s", p[count - 1].id);
		if (e->alive != NULL)
			e->alive(e->arg);
	}
}

static void
silent(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

bool
index_embed(struct index_embed *e, struct index_service *service, struct sp_arena *mem, const char **why)
{
	PGconn *pg;
	bool ok = false;

	if (index_service_source(service)->embedding == NULL) {
		*why = sp_printf(mem, "source %s has no member embedding", index_service_source(service)->name);
		return false;
	}
	pg = PQconnectdbParams((const char *const[]){ "dbname", "fallback_application_name", "client_encoding", NULL },
	    (const char *const[]){ e->conninfo, "sallyport-index", "UTF8", NULL }, 1);
	PQsetNoticeReceiver(pg, silent, NULL);
	if (PQstatus(pg) != CONNECTION_OK)
		*why = sp_printf(mem, "connecting to the database: %s", PQerrorMessage(pg));
	else
		ok = go_through(pg, e, service, why);
	if (!ok)
		*why = sp_strdup(mem, *why);
	PQfinish(pg);
	return ok;
}
