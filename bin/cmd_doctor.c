/* cmd_doctor.c - sallyport doctor: checks everything and says how to mend it */
#include "command.h"

#include <curl/curl.h>

#include "db/migrate.h"
#include "db/queries.h"
#include "jose/keyset.h"
#include "oauth/resource.h"

#define ANSWER_MAX (1024 * 1024)
#define TIMEOUT_SECONDS 10L
#define JWKS "/.well-known/jwks.json"	/* ours alone: below the issuer */

struct doctor {
	struct command *c;
	const char *base_url;		/* where the web server is reached from here */
	struct sp_json_writer *w;	/* NULL: text */
	unsigned failed;
};

/* One finding; `mend` is said only when it is a fault. */
static bool
finding(struct doctor *d, bool ok, const char *what, const char *detail, const char *mend)
{
	d->failed += !ok;
	if (d->w != NULL) {
		sp_jw_object(d->w);
		sp_jw_kcstr(d->w, "check", what);
		sp_jw_kbool(d->w, "ok", ok);
		sp_jw_kcstr_if(d->w, "detail", detail);
		if (!ok)
			sp_jw_kcstr_if(d->w, "mend", mend);
		sp_jw_object_end(d->w);
		return ok;
	}
	printf("%-4s  %s%s%s\n", ok ? "ok" : "FAIL", what, detail != NULL ? ": " : "", detail != NULL ? detail : "");
	if (!ok && mend != NULL)
		printf("      -> %s\n", mend);
	return ok;
}

/* ---- what lies on this machine ---- */

static struct sp_keyring *
check_master_key(struct doctor *d)
{
	const char *path = d->c->settings->master_key_file, *why;
	struct sp_keyring *ring = NULL;

	if (sp_keyring_load(path, &ring, &why))
		finding(d, true, "master key", path, NULL);
	else
		finding(d, false, "master key", sp_printf(d->c->mem, "%s: %s", path, why),
		    "sallyport init makes one; it must be readable by the programs' user and by nobody else");
	return ring;
}

static bool
check_database(struct doctor *d)
{
	int missing = sp_migrate_missing(&d->c->db);

	if (missing < 0)
		return finding(d, false, "database", d->c->db.message,
		    "is PostgreSQL running, and are `database` and `admin_database` in the settings right?");
	if (missing > 0)
		return finding(d, false, "schema", sp_printf(d->c->mem, "%d migrations are missing", missing),
		    "sallyport migrate");
	return finding(d, true, "database and schema", NULL, NULL);
}

/* The programs' own connection, with their own rights. */
static void
check_app_role(struct doctor *d)
{
	PGconn *conn = PQconnectdb(d->c->settings->database);
	const char *role = d->c->settings->tool_role;
	PGresult *r;

	if (PQstatus(conn) != CONNECTION_OK) {
		finding(d, false, "the programs' database role", PQerrorMessage(conn),
		    "check `database` in the settings and pg_hba.conf");
		PQfinish(conn);
		return;
	}
	r = PQexecParams(conn, "SELECT NOT r.rolsuper AND NOT r.rolcreaterole AND pg_has_role($1, 'member') "
	    "FROM pg_roles r WHERE r.rolname = current_user", 1, NULL, &role, NULL, NULL, 0);
	finding(d, PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && PQgetvalue(r, 0, 0)[0] == 't',
	    "the programs' database role", PQuser(conn),
	    sp_printf(d->c->mem, "it must be an ordinary role and a member of %s: GRANT %s TO %s", role, role, PQuser(conn)));
	PQclear(r);
	PQfinish(conn);
}

static void
check_keys(struct doctor *d, const struct sp_keyring *ring)
{
	const PGresult *r = command_query(d->c, "read the keys", &sp_q_signing_keys, SP_NO_PARAMS);
	struct sp_keyset_row *rows;
	struct sp_keyset *keys;
	const char *why = NULL;
	unsigned char *bytes;
	bool ok = r != NULL;
	size_t len;

	rows = sp_alloc_array(d->c->mem, ok ? (size_t)PQntuples(r) : 0, sizeof(*rows));
	for (int i = 0; ok && i < PQntuples(r); i++) {
		rows[i] = (struct sp_keyset_row){ sp_str(PQgetvalue(r, i, 0)), sp_str(PQgetvalue(r, i, 1)),
		    sp_str(PQgetvalue(r, i, 2)), sp_str(PQgetvalue(r, i, 3)), { 0 } };
		if (PQgetisnull(r, i, 4) ||
		    (bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(r, i, 4), &len)) == NULL)
			continue;
		rows[i].private_sealed = sp_str_dup(d->c->mem, (struct sp_str){ (const char *)bytes, len });
		PQfreemem(bytes);
	}
	ok = ok && sp_keyset_build(d->c->mem, ring, rows, (size_t)PQntuples(r), &keys, &why);
	if (ok) {
		ok = sp_keyset_active(keys) != NULL;
		sp_keyset_unref(keys);
	}
	finding(d, ok, "signing keys", why,
	    "sallyport key rotate; if a key cannot be opened, the master key is not the one it was sealed with");
}

static void
check_tools(struct doctor *d)
{
	const PGresult *r = command_query(d->c, "list the tools", &sp_q_catalog_list, SP_NO_PARAMS);
	int n = r != NULL ? PQntuples(r) : 0;

	finding(d, n > 0, "tools", sp_printf(d->c->mem, "%d", n),
	    "give a function a comment with @mcp, GRANT EXECUTE on it to the tool role, then sallyport catalog apply");
}

/* A client that finds no page shows an error in its place. */
static void
check_pages(struct doctor *d)
{
	const PGresult *r = command_query(d->c, "look for the pages of tools", &sp_q_tool_page_missing, SP_NO_PARAMS);
	bool missing = r != NULL && PQntuples(r) > 0;

	finding(d, r != NULL && !missing, "pages of tools", missing ? sp_printf(d->c->mem, "%s names %s",
	    PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1)) : NULL,
	    "give a function a comment with @resource and this URI, on the same server, then sallyport catalog apply");
}

#define WAITING_SECONDS 10	/* a runner takes a task at once, or at its next poll when all are busy */

/* Tasks that nobody runs are told to their clients as "working" for ever. */
static void
check_tasks(struct doctor *d)
{
	struct waiting { int64_t count, seconds, runners; } w;
	static const struct sp_column columns[] = {
		{ "waiting", SP_COL_INT, offsetof(struct waiting, count) },
		{ "seconds", SP_COL_INT, offsetof(struct waiting, seconds) },
		{ "runners", SP_COL_INT, offsetof(struct waiting, runners) },
		{ NULL }
	};

	if (sp_db_row(&d->c->db, &sp_q_task_waiting, SP_NO_PARAMS, columns, &w) != SP_DB_ROW) {
		finding(d, false, "tasks", d->c->db.message, NULL);
		return;
	}
	finding(d, w.count == 0 || w.seconds < WAITING_SECONDS, "tasks", sp_printf(d->c->mem,
	    "%lld wait for a runner, %lld s at most", (long long)w.count, (long long)w.seconds),
	    w.runners == 0 ? "start sallyport-runner: none is connected" :
	    "all runners are busy: raise `threads` in their settings, or start more of them");
}

/* Not ours to mend, but somebody wants to know. */
static void
check_breakers(struct doctor *d)
{
	struct row { const char *key, *failure, *since; int64_t failures; } *row;
	static const struct sp_column columns[] = {
		{ "key", SP_COL_TEXT, offsetof(struct row, key) },
		{ "failure", SP_COL_TEXT, offsetof(struct row, failure) },
		{ "since", SP_COL_TEXT, offsetof(struct row, since) },
		{ "failures", SP_COL_INT, offsetof(struct row, failures) },
		{ NULL }
	};
	void *rows = NULL;
	size_t count = 0, open = 0;

	if (sp_db_rows(&d->c->db, &sp_q_breakers, SP_NO_PARAMS, columns, sizeof(*row), &rows, &count) == SP_DB_FAILED) {
		finding(d, false, "services", d->c->db.message, NULL);
		return;
	}
	row = rows;
	for (size_t i = 0; i < count; i++)
		if (row[i].since != NULL) {
			open++;
			finding(d, false, "services", sp_printf(d->c->mem, "%s is left alone since %s, after %lld failures: %s", row[i].key,
			    row[i].since, (long long)row[i].failures, row[i].failure), "it is tried again by itself, at the next call after each pause");
		}
	if (open == 0)
		finding(d, true, "services", NULL, NULL);
}

/* ---- what the web server makes of it ---- */

struct answer {
	long status;
	struct sp_buf body;
	const char *challenge;		/* WWW-Authenticate, or NULL */
	const char *type;		/* Content-Type, or "" */
	struct sp_arena *mem;
	const char *error;		/* no answer at all */
};

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;

	sp_buf_add(&a->body, p, size * n);
	return size * n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;
	struct sp_str line = { p, size * n };

	if (sp_str_caseis(sp_str_sub(line, 0, 17), "WWW-Authenticate:"))
		a->challenge = sp_cstr(a->mem, sp_str_trim(sp_str_sub(line, 17, line.len), " \t\r\n"));
	else if (sp_str_caseis(sp_str_sub(line, 0, 13), "Content-Type:"))
		a->type = sp_cstr(a->mem, sp_str_trim(sp_str_sub(line, 13, line.len), " \t\r\n"));
	return size * n;
}

/* Of a path below the base URL, or, for a well-known document, at its root. */
static const char *
url_of(const struct doctor *d, const char *path)
{
	size_t len = strlen(d->base_url);
	const char *base_path = sp_issuer_path(&(struct sp_settings){ .issuer = d->base_url });

	if (strncmp(path, "/.well-known/", 13) == 0 && strcmp(path, JWKS) != 0)
		len = (size_t)(base_path - d->base_url);
	return sp_printf(d->c->mem, "%.*s%s", (int)len, d->base_url, path);
}

static void
ask(struct doctor *d, const char *path, const char *authorization, struct answer *a)
{
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	CURLcode result;

	*a = (struct answer){ .type = "", .mem = d->c->mem };
	sp_buf_init(&a->body, d->c->mem, ANSWER_MAX);
	if (curl == NULL)
		sp_out_of_memory();
	curl_easy_setopt(curl, CURLOPT_URL, url_of(d, path));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
	if (strcmp(path, "/mcp") == 0) {
		headers = curl_slist_append(headers, "Content-Type: application/json");
		headers = curl_slist_append(headers, "Accept: application/json, text/event-stream");
		if (authorization != NULL)
			headers = curl_slist_append(headers, sp_printf(d->c->mem, "Authorization: %s", authorization));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
	}
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	result = curl_easy_perform(curl);
	if (result != CURLE_OK)
		a->error = sp_strdup(d->c->mem, curl_easy_strerror(result));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
}

/* Where a well-known document is: its name comes before the issuer's path (RFC 8414 section 3.1). */
static const char *
well_known(const struct doctor *d, const char *name)
{
	return sp_printf(d->c->mem, "/.well-known/%s%s", name, sp_issuer_path(d->c->settings));
}

/* A document at this path whose member has exactly this text. */
static void
check_document(struct doctor *d, const char *path, const char *member, const char *text)
{
	struct json_object *document;
	const char *detail, *why;
	struct answer a;
	bool ok;

	ask(d, path, NULL, &a);
	ok = a.error == NULL && a.status == 200 && sp_json_parse(d->c->mem, sp_buf_view(&a.body), &document, &why) &&
	    (text == NULL ? sp_json_get(document, member) != NULL :
	    sp_str_is(sp_json_get_str(document, member), text));
	detail = a.error != NULL ? a.error : a.status != 200 ? sp_printf(d->c->mem, "status %ld", a.status) :
	    ok ? NULL : sp_printf(d->c->mem, "%s is not %s", member, text != NULL ? text : "there");
	finding(d, ok, path, detail, sp_printf(d->c->mem,
	    "the web server must pass %s to the well-known program, unchanged (httpd-examples/); "
	    "`issuer` must be the address that people use", path));
}

/* A real 401 with the challenge; with a token that is none, a challenge that says so: then the header arrived. */
static void
check_mcp(struct doctor *d)
{
	struct answer a;

	ask(d, "/mcp", NULL, &a);
	finding(d, a.error == NULL && a.status == 401 && a.challenge != NULL &&
	    sp_str_starts(sp_str(a.challenge), "Bearer ") && strstr(a.challenge, "resource_metadata=") != NULL,
	    "/mcp without a token", a.error != NULL ? a.error : sp_printf(d->c->mem, "status %ld", a.status),
	    "the web server must pass /mcp to the mcp program and leave status 401 and its headers alone");
	ask(d, "/mcp", "Bearer not-a-token", &a);
	finding(d, a.error == NULL && a.challenge != NULL && strstr(a.challenge, "invalid_token") != NULL,
	    "the Authorization header arrives", a.error,
	    "Apache drops it: CGIPassAuth On in <Location>; other servers: see httpd-examples/");
}

static void
check_tools_api(struct doctor *d)
{
	struct answer a;

	if (!d->c->settings->tools_api)
		return;
	ask(d, "/tools", NULL, &a);
	finding(d, a.error == NULL && a.status == 401, "/tools without a token",
	    a.error != NULL ? a.error : sp_printf(d->c->mem, "status %ld", a.status),
	    "the web server must pass /tools to the tools program (httpd-examples/), which must have read `tools_api` (SIGHUP)");
}

static void
check_web_server(struct doctor *d)
{
	const char *issuer = d->c->settings->issuer;
	const char *resource = sp_resource_url(d->c->mem, issuer, "");
	struct answer a;

	ask(d, "/health", NULL, &a);
	if (!finding(d, a.error == NULL && a.status == 200, "web server and programs",
	    a.error != NULL ? a.error : sp_printf(d->c->mem, "%s/health: status %ld", d->base_url, a.status),
	    "start the web server and the programs; check the socket paths (httpd-examples/)"))
		return;
	ask(d, "/ready", NULL, &a);
	finding(d, a.error == NULL && a.status == 200, "the programs reach the database",
	    sp_cstr(d->c->mem, sp_str_sub(sp_buf_view(&a.body), 0, 200)), "see the programs' log");
	check_document(d, well_known(d, "oauth-authorization-server"), "issuer", issuer);
	check_document(d, well_known(d, "openid-configuration"), "issuer", issuer);
	check_document(d, well_known(d, "oauth-protected-resource"), "resource", resource);
	check_document(d, sp_printf(d->c->mem, "%s/mcp", well_known(d, "oauth-protected-resource")), "resource", resource);
	check_document(d, JWKS, "keys", NULL);
	check_mcp(d);
	check_tools_api(d);
}

int
doctor_run(struct command *c, int argc, char **argv)
{
	struct command_option o[] = { { "--url", OPTION_VALUE }, { NULL } };
	struct doctor d = { .c = c };
	struct sp_keyring *ring;
	struct sp_json_writer w;
	struct sp_buf b;

	if (!command_options(c, o, argc, argv, NULL, 0, 0))
		return 2;
	d.base_url = o[0].given ? o[0].value : c->settings->issuer;
	if (c->json) {
		sp_buf_init(&b, c->mem, ANSWER_MAX);
		sp_jw_init(&w, &b);
		sp_jw_array(&w);
		d.w = &w;
	}
	finding(&d, true, "settings", NULL, NULL);	/* their faults have been told before */
	ring = check_master_key(&d);
	command_db(c);
	if (check_database(&d)) {
		check_app_role(&d);
		if (ring != NULL)
			check_keys(&d, ring);
		check_tools(&d);
		check_pages(&d);
		check_tasks(&d);
		check_breakers(&d);
	}
	sp_keyring_free(ring);
	check_web_server(&d);
	if (c->json) {
		sp_jw_array_end(&w);
		printf("%.*s\n", SP_FMT(sp_buf_view(&b)));
	} else
		printf("\n%s\n", d.failed == 0 ? "all is well" : "not well yet: see above");
	return d.failed == 0 ? 0 : 1;
}
