/* cmd_catalog.c - sallyport catalog: tools, resources and prompts */
#include "command.h"

#include <dirent.h>

#include "db/queries.h"

#define FILE_MAX_BYTES (16 * 1024 * 1024)

static int
is_sql(const struct dirent *entry)
{
	return sp_str_ends(sp_str(entry->d_name), ".sql") && entry->d_name[0] != '.';
}

static bool
read_file(struct command *c, const char *path, struct sp_str *out)
{
	FILE *f = fopen(path, "r");
	struct sp_buf b;
	char block[65536];
	size_t n;

	if (f == NULL)
		return command_fail("%s: %m", path), false;
	sp_buf_init(&b, c->mem, FILE_MAX_BYTES);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		sp_buf_add(&b, block, n);
	if (ferror(f) || !sp_buf_ok(&b)) {
		fclose(f);
		return command_fail("%s: cannot be read, or is over 16 MiB", path), false;
	}
	fclose(f);
	*out = sp_buf_view(&b);
	return true;
}

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
run_text(PGconn *conn, const char *path, struct sp_str text)
{
	PGresult *r = PQexec(conn, text.p);
	ExecStatusType status = PQresultStatus(r);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;

	if (!ok)
		(void)command_fail("%s:%d: %s", path, line_of(text, r),
		    r != NULL ? PQresultErrorMessage(r) : PQerrorMessage(conn));
	PQclear(r);
	return ok;
}

/* All *.sql of the directory in the order of their names. */
static bool
run_directory(struct command *c, PGconn *conn, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_sql, alphasort);
	struct sp_str text;
	bool ok = count > 0;

	if (count < 0)
		return command_fail("%s: %m", directory), false;
	if (count == 0)
		(void)command_fail("%s: there is no .sql file", directory);
	for (int i = 0; i < count; i++) {
		const char *path = sp_printf(c->mem, "%s/%s", directory, entries[i]->d_name);

		ok = ok && read_file(c, path, &text) && run_text(conn, path, text);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

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
print_difference(const struct command *c, const PGresult *r)
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

/*
 * A catalog's SQL runs as the owner, whole or not at all; what comes of it is
 * shown.  Functions that were refused are told and make the status 1; the rest
 * is applied.
 */
int
catalog_apply_run(struct command *c, int argc, char **argv)
{
	const struct sp_settings *s = c->settings;
	const char *directory = NULL;
	const PGresult *r;
	PGconn *conn;
	bool ok;

	if (!command_options(c, NULL, argc, argv, &directory, 0, 1))
		return 2;
	if (directory != NULL) {
		conn = PQconnectdb(s->admin_database[0] != '\0' ? s->admin_database : s->database);
		ok = PQstatus(conn) == CONNECTION_OK;
		if (!ok)
			(void)command_fail("could not connect: %s", PQerrorMessage(conn));
		ok = ok && run_text(conn, "begin",
		    SP_LIT("BEGIN; SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = '10s'")) &&
		    run_directory(c, conn, directory) && run_text(conn, "commit", SP_LIT("COMMIT"));
		PQfinish(conn);
		if (!ok)
			return 1;
	}
	command_db(c);
	r = command_query(c, "apply the catalog", &sp_q_catalog_sync, SP_PARAMS(
	    SP_P_TEXT(array_of(c, s->tool_schemas)), SP_P_TEXT(s->tool_role), command_context(c)));
	return r != NULL ? print_difference(c, r) : 1;
}

int
catalog_list_run(struct command *c, int argc, char **argv)
{
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "list the catalog", &sp_q_catalog_list, SP_NO_PARAMS)) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}
