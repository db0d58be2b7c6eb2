/* cmd_catalog.c - sallyport catalog check, diff, apply: documents, SQL, and the functions that are tools */
#include "command.h"

#include "catalog_diff.h"
#include "catalog_file.h"
#include "catalog_host.h"
#include "catalog_upstream.h"
#include "catalog_work.h"
#include "db/queries.h"
#include "tools/document_kind.h"

#define PATHS_MAX 64

/* What one command works with.  The connection is in one transaction from its beginning to its end. */
struct work {
	struct command *c;
	PGconn *conn;			/* NULL: none was needed yet */
	bool unreachable;		/* and there was none to be had */
	struct sp_documents documents;
	struct catalog_sql *sql;
};

/* ---- the database ---- */

/* Which line of the file the server's position is on. */
static int
line_of(struct sp_str text, const PGresult *r)
{
	const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	int64_t at = 0;
	int line = 1;

	if (position != NULL && sp_str_int64(sp_str(position), 1, INT32_MAX, &at))
		for (size_t i = 0; i < text.len && (int64_t)i < at - 1; i++)
			line += text.p[i] == '\n';
	return line;
}

static bool
run_text(struct work *w, const char *path, struct sp_str text)
{
	PGresult *r = PQexec(w->conn, text.p);
	ExecStatusType status = PQresultStatus(r);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;

	if (!ok)
		(void)command_fail("%s:%d: %s", path, line_of(text, r),
		    r != NULL ? PQresultErrorMessage(r) : PQerrorMessage(w->conn));
	PQclear(r);
	return ok;
}

static void
release_result(void *r)
{
	PQclear(r);
}

/* One of our statements on the connection of the work; NULL: it failed, and that was said. */
static const PGresult *
run_query(struct work *w, const char *doing, const struct sp_query *query, const char *const *values)
{
	PGresult *r = PQexecParams(w->conn, query->sql, query->nparams, NULL, values, NULL, NULL, 0);

	sp_arena_defer(w->c->mem, release_result, r);
	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		return r;
	(void)command_fail("could not %s: %s", doing, PQresultErrorMessage(r));
	return NULL;
}

static bool
open_transaction(struct work *w, bool say)
{
	const struct sp_settings *s = w->c->settings;

	if (w->conn != NULL)
		return true;
	if (w->unreachable)
		return false;
	w->conn = PQconnectdb(s->admin_database[0] != '\0' ? s->admin_database : s->database);
	if (PQstatus(w->conn) != CONNECTION_OK) {
		w->unreachable = true;
		if (say)
			(void)command_fail("could not connect: %s", PQerrorMessage(w->conn));
		PQfinish(w->conn);
		w->conn = NULL;
		return false;
	}
	return run_text(w, "begin",
	    SP_LIT("BEGIN; SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = '10s'"));
}

/* For the documents: what a worker would find in the database. */
static struct json_object *
find_row(struct sp_documents *all, const char *kind, const char *name)
{
	struct work *w = all->arg;
	struct json_object *row = NULL;
	const PGresult *r;
	const char *why;

	if (!open_transaction(w, false)) {
		all->row = NULL;
		return NULL;
	}
	r = run_query(w, "look into the catalog", &sp_q_catalog_row, (const char *const[]){ kind, "", name });
	if (r == NULL || PQntuples(r) == 0 || PQgetisnull(r, 0, 0) ||
	    !sp_json_parse_large(w->c->mem, sp_str(PQgetvalue(r, 0, 0)), &row, &why))
		return NULL;
	return row;
}

/* ---- faults ---- */

static void
print_list(const struct sp_faults *faults, const char *prefix)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct sp_fault *f = &faults->item[i];

		if (f->line > 0)
			fprintf(stderr, "%s:%d: %s%s\n", f->file, f->line, prefix, f->message);
		else
			fprintf(stderr, "%s: %s%s\n", f->file, prefix, f->message);
	}
	if (faults->more > 0)
		fprintf(stderr, "and %zu more\n", faults->more);
}

static int
print_faults(const struct work *w)
{
	print_list(&w->documents.faults, "");
	return 1;
}

/* Of documents without fault: what the import of others left out, and what this host does not have. */
static void
print_remarks(struct work *w)
{
	print_list(&w->documents.remarks, "note: ");
	if (w->c->settings != NULL)
		catalog_warn_of_host(&w->documents, w->c->settings);
}

/* ---- check, diff, apply ---- */

/* The list of a setting ("a b") as a text[] literal. */
static const char *
array_of(struct command *c, const char *words)
{
	struct sp_str rest = sp_str(words), word;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, 65536);
	sp_buf_char(&b, '{');
	while (sp_str_split(&rest, ' ', &word))
		if (word.len > 0)
			sp_buf_printf(&b, "%s\"%.*s\"", b.len > 1 ? "," : "", SP_FMT(word));
	sp_buf_char(&b, '}');
	return sp_buf_view(&b).p;
}

static int
print_functions(const struct command *c, const PGresult *r)
{
	int refused = 0;

	for (int i = 0; i < PQntuples(r); i++)
		refused += strcmp(PQgetvalue(r, i, 0), "refused") == 0;
	if (PQntuples(r) > 0 || c->json)
		command_print(c, r);
	else
		puts("nothing has changed");
	return refused > 0 ? 1 : 0;
}

/* Runs the SQL, then makes tools of the functions. */
static const PGresult *
apply_sql(struct work *w)
{
	const struct sp_settings *s = w->c->settings;

	for (const struct catalog_sql *f = w->sql; f != NULL; f = f->next)
		if (!run_text(w, f->path, f->text))
			return NULL;
	return run_query(w, "apply the catalog", &sp_q_catalog_sync, (const char *const[]){
	    array_of(w->c, s->tool_schemas), s->tool_role, command_context(w->c).s.p });
}

/*
 * A refusal of the database is a fault of the document that asked for it.
 * *refused: how many there were.
 */
static const PGresult *
apply_documents(struct work *w, bool prune, int *refused)
{
	const PGresult *r = run_query(w, "apply the documents", &sp_q_catalog_apply, (const char *const[]){
	    sp_documents_json(&w->documents).p, prune ? "true" : "false", command_context(w->c).s.p });

	*refused = 0;
	for (int i = 0; r != NULL && i < PQntuples(r); i++) {
		const struct sp_document *doc;

		if (strcmp(PQgetvalue(r, i, 0), "refused") != 0)
			continue;
		(*refused)++;
		doc = sp_documents_find(&w->documents, PQgetvalue(r, i, 1), PQgetvalue(r, i, 2), PQgetvalue(r, i, 3));
		if (doc != NULL)
			sp_document_fault(&w->documents, doc, "", "%s", PQgetvalue(r, i, 4));
		else
			sp_fault(&w->documents.faults, PQgetvalue(r, i, 1), 0, "%s: %s", PQgetvalue(r, i, 3), PQgetvalue(r, i, 4));
	}
	return r;
}

/* False: nothing must be kept. */
static bool
apply(struct work *w, bool with_functions, bool prune, int *status)
{
	const PGresult *functions = NULL, *documents = NULL;
	int refused = 0;

	*status = 1;
	if (!open_transaction(w, true) || (with_functions && (functions = apply_sql(w)) == NULL))
		return false;
	if (!sp_documents_check(&w->documents)) {
		(void)print_faults(w);
		return false;
	}
	print_remarks(w);
	if (w->documents.count > 0 && (documents = apply_documents(w, prune, &refused)) == NULL)
		return false;
	if (refused > 0) {
		(void)print_faults(w);
		return false;
	}
	*status = 0;
	if (functions != NULL && (documents == NULL || PQntuples(functions) > 0))
		*status = print_functions(w->c, functions);
	if (documents != NULL)
		catalog_print_difference(w->c, &w->documents, documents);
	return true;
}

static void
init_work(struct work *w, struct command *c)
{
	*w = (struct work){ .c = c };
	sp_documents_init(&w->documents, c->mem);
	w->documents.read_bytes = catalog_read_bytes;
	w->documents.read_tree = catalog_read_tree;
	w->documents.row = find_row;
	w->documents.arg = w;
}

static bool
has_upstreams(const struct sp_documents *documents)
{
	const struct sp_document *d = documents->first;

	while (d != NULL && strcmp(d->kind->name, "upstream") != 0)
		d = d->next;
	return d != NULL;
}

static int
change(struct command *c, int argc, char **argv, bool keep)
{
	struct command_option options[] = { { .name = "--prune" }, { NULL } };
	const char *paths[PATHS_MAX] = { NULL };
	struct work w;
	int status;

	if (!command_options(c, options, argc, argv, paths, 0, PATHS_MAX))
		return 2;
	init_work(&w, c);
	for (size_t i = 0; i < PATHS_MAX && paths[i] != NULL; i++)
		catalog_add_path(&w.documents, paths[i], &w.sql);
	if (w.documents.faults.count > 0) {
		status = print_faults(&w);
	} else if (apply(&w, paths[0] == NULL || w.sql != NULL, options[0].given, &status)) {
		if (!run_text(&w, "end", keep ? SP_LIT("COMMIT") : SP_LIT("ROLLBACK")))
			status = 1;
	}
	PQfinish(w.conn);		/* rolls back what was not committed; NULL is fine */
	if (keep && status == 0 && has_upstreams(&w.documents))
		status = catalog_upstreams_applied(c);
	return status;
}

int
catalog_difference(struct command *c, void (*add)(struct sp_documents *all, void *arg), void *arg)
{
	struct work w;
	int status = 1;

	init_work(&w, c);
	add(&w.documents, arg);
	if (w.documents.faults.count > 0)
		status = print_faults(&w);
	else if (apply(&w, false, false, &status) && !run_text(&w, "end", SP_LIT("ROLLBACK")))
		status = 1;
	PQfinish(w.conn);
	return status;
}

/*
 * Everything is one transaction: the SQL of a directory as the owner, its
 * functions, the documents.  Functions that were refused are told and make the
 * status 1; the rest is applied.
 */
int
catalog_apply_run(struct command *c, int argc, char **argv)
{
	return change(c, argc, argv, true);
}

int
catalog_diff_run(struct command *c, int argc, char **argv)
{
	return change(c, argc, argv, false);
}

/* What nobody could look at, on this machine or where nothing answers. */
static void
print_unchecked(const struct work *w)
{
	if (w->sql != NULL)
		fputs("sallyport: not checked: SQL, which only the database understands (catalog diff)\n", stderr);
	if (w->c->settings == NULL)
		fputs("sallyport: there are no settings: programs and directories of this host, and what is in a database, were not "
		    "looked at\n", stderr);
	else if (w->unreachable)
		fputs("sallyport: the database could not be reached: what stands only there was not looked at\n", stderr);
}

/*
 * Documents alone, without a database where they say everything themselves, and
 * without settings where there are none.
 */
int
catalog_check_run(struct command *c, int argc, char **argv)
{
	const char *paths[PATHS_MAX] = { NULL };
	struct work w;
	int status = 0;

	if (!command_options(c, NULL, argc, argv, paths, 1, PATHS_MAX))
		return 2;
	init_work(&w, c);
	if (c->settings == NULL)
		w.documents.row = NULL;
	for (size_t i = 0; i < PATHS_MAX && paths[i] != NULL; i++)
		catalog_add_path(&w.documents, paths[i], &w.sql);
	if (!sp_documents_check(&w.documents)) {
		status = print_faults(&w);
	} else {
		print_remarks(&w);
		printf("%zu document%s without fault\n", w.documents.count, w.documents.count == 1 ? "" : "s");
	}
	print_unchecked(&w);
	PQfinish(w.conn);
	return status;
}
