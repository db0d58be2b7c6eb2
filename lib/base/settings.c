/* settings.c - the table of settings, and the sources they come from */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/settings.h"
#include "base/settings_check.h"

#define DEFAULT_FILE	SP_SYSCONFDIR "/sallyport.conf"
#define MAX_FILE	((size_t)256 * 1024)
#define ENV_PREFIX	"SALLYPORT_"
#define NAME_MAX_LEN	48		/* longest that a suggestion is sought for */

struct row {
	struct sp_setting_info info;
	size_t offset;			/* in struct sp_settings */
	sp_setting_check *check;	/* may be NULL */
};

#define TEXT(name, preset, check, help) \
	{ { #name, "text", "", preset, help, 0, 0, false }, offsetof(struct sp_settings, name), check }
#define SECRET(name, help) \
	{ { #name, "text", "", "", help, 0, 0, true }, offsetof(struct sp_settings, name), NULL }
#define INTEGER(name, preset, min, max, unit, help) \
	{ { #name, "integer", unit, preset, help, min, max, false }, offsetof(struct sp_settings, name), NULL }
#define BOOLEAN(name, preset, help) \
	{ { #name, "boolean", "", preset, help, 0, 0, false }, offsetof(struct sp_settings, name), NULL }

#define DAY	86400
#define YEAR	(366 * DAY)

static const struct row rows[] = {
	TEXT(issuer, "", sp_check_issuer,
	    "public base URL, without a slash at its end"),
	SECRET(database,
	    "libpq connection string of the programs (role sallyport_app)"),
	SECRET(admin_database,
	    "libpq connection string of sallyport migrate (the owner); empty: the same as database"),
	TEXT(master_key_file, SP_SYSCONFDIR "/sallyport/master.key", sp_check_path,
	    "file of the keys that seal what is stored"),
	TEXT(template_dir, SP_DATADIR "/templates", sp_check_path,
	    "directory of the page templates"),
	TEXT(static_url, "/static", sp_check_static_url,
	    "where the web server serves the static files"),
	TEXT(log_level, "info", sp_check_log_level,
	    "least level that is logged: debug, info, warn or error"),
	TEXT(signing_alg, "ES256", sp_check_signing_alg,
	    "algorithm of new signing keys: ES256, EdDSA or RS256"),
	TEXT(allowed_origins, "", sp_check_origins,
	    "browser origins that may call the MCP endpoint, separated by spaces; * allows any"),
	TEXT(fetch_allow, "", sp_check_cidrs,
	    "address ranges that outgoing requests may reach although they are not public"),
	TEXT(fetch_ca_file, "", sp_check_optional_path,
	    "file of certificates that outgoing requests trust instead of the system's"),
	TEXT(source_allow, "", sp_check_cidrs,
	    "address ranges that services of the catalog may have although they are not public"),
	TEXT(trusted_proxies, "", sp_check_cidrs,
	    "address ranges whose X-Forwarded-For is believed"),
	TEXT(tool_role, "sallyport_tool", sp_check_role,
	    "PostgreSQL role under which SQL tools run"),
	TEXT(tool_schemas, "tools", NULL,
	    "schemas whose functions may become tools, separated by spaces; with public, the search path of tools"),
	TEXT(resource_dirs, "", sp_check_words_of_paths,
	    "directories whose files resources may give: WORD=/directory, separated by spaces"),
	TEXT(credential_env, "CREDENTIAL_", sp_check_env_prefix,
	    "how the names of environment variables begin that the catalog may refer to; empty: none"),
	TEXT(credential_dirs, "", sp_check_paths,
	    "directories of the files that the catalog may refer to, separated by spaces; systemd's is always one"),
	TEXT(executable_dirs, "", sp_check_paths,
	    "directories of the programs that the catalog may run, separated by spaces"),
	TEXT(supervisor, SP_LIBEXECDIR "/sallyport-exec", sp_check_path,
	    "program that starts these and leaves nothing of them behind"),
	TEXT(keeper_socket, "", sp_check_optional_path,
	    "Unix socket of sallyport-keeper; empty: each call of an MCP server on a pipe starts one"),
	INTEGER(keeper_children, "32", 1, 10000, "",
	    "MCP servers that sallyport-keeper keeps at one time"),
	TEXT(index_roots, "", sp_check_paths,
	    "directories below which trees may be indexed on demand, separated by spaces"),
	TEXT(github_url, "https://api.github.com", sp_check_issuer,
	    "where GitHub's API is that sallyport-index asks for archives"),
	TEXT(github_token, "", NULL,
	    "where the token for it is, ${env:NAME} or ${file:NAME}; empty: none"),
	INTEGER(threads, "8", 1, 256, "",
	    "handler threads of a process"),
	INTEGER(max_body, "4194304", 1024, 1 << 30, "bytes",
	    "largest request body"),
	INTEGER(request_timeout, "60", 1, 3600, "seconds",
	    "time for a whole request"),
	INTEGER(max_streams, "10000", 0, 60000, "",
	    "streams that a process keeps open while they wait for news; 0: none"),
	INTEGER(max_user_streams, "100", 0, 60000, "",
	    "of these, streams of one user, or of a client without a user; 0: any number"),
	INTEGER(stream_keepalive, "5", 1, 300, "seconds",
	    "silence after which a stream gets a comment, which also finds out whether its client is there"),
	INTEGER(max_requests, "0", 0, 1000000000, "",
	    "requests after which a process is replaced; 0: never"),
	INTEGER(db_connections, "0", 0, 256, "",
	    "connections of a process to PostgreSQL; 0: as many as threads"),
	INTEGER(db_connect_timeout, "3", 1, 60, "seconds",
	    "time for a connection to PostgreSQL"),
	INTEGER(statement_timeout, "3000", 10, 600000, "milliseconds",
	    "time for a statement of our own"),
	INTEGER(tool_timeout, "30000", 10, 3600000, "milliseconds",
	    "time for a tool call that has no limit of its own"),
	INTEGER(task_timeout, "3600000", 10, 2147483647, "milliseconds",
	    "time for a tool call that is a task and has no limit of its own"),
	INTEGER(task_ttl, "86400", 1, YEAR, "seconds",
	    "time from the creation of a task until it is forgotten"),
	INTEGER(max_tasks, "100", 1, 1000000, "",
	    "tasks of one grant that have not ended"),
	INTEGER(page_size, "500", 1, 10000, "",
	    "entries in one answer of a list of the MCP endpoint"),
	INTEGER(access_token_ttl, "3600", 1, DAY, "seconds",
	    "life of an access token"),
	INTEGER(refresh_token_ttl, "2592000", 1, YEAR, "seconds",
	    "life of a refresh token, counted anew at each rotation"),
	INTEGER(refresh_grace, "30", 0, 600, "seconds",
	    "time in which the same refresh token gets the same answer again; 0: never"),
	INTEGER(code_ttl, "60", 1, 600, "seconds",
	    "life of an authorization code"),
	INTEGER(browser_session_ttl, "43200", 1, YEAR, "seconds",
	    "time that a browser stays signed in"),
	INTEGER(authorization_request_ttl, "600", 1, DAY, "seconds",
	    "time from an authorization request to its decision"),
	INTEGER(mcp_session_ttl, "86400", 1, YEAR, "seconds",
	    "time without use after which an MCP session ends"),
	INTEGER(mcp_answer_timeout, "300", 1, DAY, "seconds",
	    "time for a client to answer what a call asks it, up to revision 2025-11-25"),
	INTEGER(request_state_ttl, "3600", 1, DAY, "seconds",
	    "time from a question that a tool asks its caller to the answers"),
	INTEGER(request_limit, "0", 0, 1000000, "",
	    "requests of one user with one client to the MCP endpoint in a minute; 0: no limit"),
	INTEGER(completion_limit, "600", 0, 1000000, "",
	    "completions for one user with one client in a minute; 0: no limit"),
	INTEGER(client_unused_ttl, "172800", 1, YEAR, "seconds",
	    "time after which a registered client that has no token is forgotten"),
	INTEGER(registrations_per_hour, "60", 0, 1000000, "",
	    "client registrations from one address in an hour; 0: no limit"),
	INTEGER(signin_tries, "10", 1, 1000, "",
	    "failed sign-ins of an account and address in 15 minutes before it has to wait"),
	BOOLEAN(registration, "true",
	    "clients may register themselves (RFC 7591)"),
	BOOLEAN(client_metadata_documents, "true",
	    "a client_id may be the URL of a metadata document"),
	BOOLEAN(warp_redirect_query, "false",
	    "a warp: redirect URI may come with a query that was not registered"),
	BOOLEAN(mcp_http_sse, "false",
	    "the old transport HTTP+SSE (2024-11-05) is served at /mcp/sse and /mcp/NAME/sse"),
	BOOLEAN(tools_api, "false",
	    "tools can be listed and called without MCP, at /tools"),
	BOOLEAN(db_listen, "true",
	    "LISTEN works; false behind PgBouncer's transaction pooling"),
	BOOLEAN(source_http, "false",
	    "services of the catalog may be reached over plain http where their document says so"),
	BOOLEAN(insecure_http, "false",
	    "for tests: an issuer and client documents may be http beyond loopback"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/*
 * SALLYPORT_ names that are no settings: the path of the file, what ./quickstart
 * exports, and the test suite's own.
 */
#define TEST_PREFIX	ENV_PREFIX "TEST_"
static const char *const other_names[] = {
	ENV_PREFIX "CONFIG", ENV_PREFIX "PORT", ENV_PREFIX "VAR",
	ENV_PREFIX "USER", ENV_PREFIX "PASSWORD", ENV_PREFIX "HTTPD",
};

/* A load under way, and afterwards what sp_settings_free() releases. */
struct loaded {
	struct sp_settings s;		/* first: a pointer to it is a pointer to this */
	struct sp_arena *mem;
	const char *label[ROWS];	/* of the value in messages: its name, and where it stands */
	size_t line[ROWS];		/* in the file; 0: not there */
};

const struct sp_setting_info *
sp_setting_info(size_t index)
{
	return index < ROWS ? &rows[index].info : NULL;
}

static bool
is_text(const struct row *row)
{
	return strcmp(row->info.type, "text") == 0;
}

static bool
is_integer(const struct row *row)
{
	return strcmp(row->info.type, "integer") == 0;
}

const char *
sp_setting_text(const struct sp_settings *s, size_t index, struct sp_arena *mem)
{
	const struct row *row;
	const void *at;

	assert(index < ROWS);
	row = &rows[index];
	at = (const char *)s + row->offset;
	if (is_text(row))
		return *(const char *const *)at;
	if (is_integer(row))
		return sp_printf(mem, "%lld", (long long)*(const int64_t *)at);
	return *(const bool *)at ? "true" : "false";
}

static void
complain(struct sp_buf *errors, const char *label, const char *fault)
{
	sp_buf_printf(errors, "%s: %s\n", label, fault);
}

/* Puts a value in its place. What is wrong with it; NULL: nothing. */
static const char *
store(struct loaded *l, const struct row *row, struct sp_str value)
{
	void *at = (char *)&l->s + row->offset;

	if (is_text(row)) {
		if (!sp_utf8_valid(value) || sp_str_has_control(value))
			return "control characters, or not UTF-8";
		*(const char **)at = sp_cstr(l->mem, value);
	} else if (is_integer(row)) {
		if (!sp_str_int64(value, row->info.min, row->info.max, at))
			return sp_printf(l->mem, "not an integer from %lld to %lld",
			    (long long)row->info.min, (long long)row->info.max);
	} else if (sp_str_is(value, "true") || sp_str_is(value, "yes") || sp_str_is(value, "on")) {
		*(bool *)at = true;
	} else if (sp_str_is(value, "false") || sp_str_is(value, "no") || sp_str_is(value, "off")) {
		*(bool *)at = false;
	} else {
		return "neither true nor false";
	}
	return NULL;
}

/* "threads" is SALLYPORT_THREADS in the environment. */
static const char *
env_name(struct sp_arena *mem, const char *name)
{
	char *text = sp_printf(mem, ENV_PREFIX "%s", name);

	for (char *p = text; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return text;
}

/* Levenshtein's distance, without regard to case. */
static size_t
distance(struct sp_str a, struct sp_str b)
{
	size_t d[NAME_MAX_LEN + 1] = { 0 };	/* from the first i bytes of a to the first j of b */

	assert(b.len <= NAME_MAX_LEN);
	for (size_t j = 0; j <= b.len; j++)
		d[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = d[0];

		d[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t best = diagonal +
			    (sp_lower((unsigned char)a.p[i - 1]) != (unsigned char)b.p[j - 1]);

			diagonal = d[j];
			if (d[j] + 1 < best)
				best = d[j] + 1;
			if (d[j - 1] + 1 < best)
				best = d[j - 1] + 1;
			d[j] = best;
		}
	}
	return d[b.len];
}

/* The setting that an unknown name may have meant, or NULL. */
static const char *
nearest(struct sp_str name)
{
	const char *found = NULL;
	size_t least = name.len <= NAME_MAX_LEN ? name.len / 2 : 0;	/* further away is a guess */

	for (size_t i = 0; i < ROWS; i++) {
		size_t d = least > 0 ? distance(name, sp_str(rows[i].info.name)) : 0;

		if (d < least) {
			least = d;
			found = rows[i].info.name;
		}
	}
	return found;
}

static const char *
unknown(struct sp_arena *mem, const char *suggestion)
{
	return suggestion == NULL ? "unknown setting" :
	    sp_printf(mem, "unknown setting; did you mean %s?", suggestion);
}

static void
read_line(struct loaded *l, struct sp_str line, const char *file, size_t number, struct sp_buf *errors)
{
	const char *where = sp_printf(l->mem, "%s:%zu", file, number), *label, *fault;
	ptrdiff_t equals = sp_str_index(line, '=');
	struct sp_str name = { 0 }, value = { 0 };
	size_t i = 0;

	if (equals >= 0) {
		name = sp_str_trim(sp_str_sub(line, 0, (size_t)equals), " \t");
		value = sp_str_trim(sp_str_sub(line, (size_t)equals + 1, line.len), " \t");
	}
	if (name.len == 0 || !sp_utf8_valid(name) || sp_str_has_control(name)) {
		complain(errors, where, "not \"name = value\"");
		return;
	}
	label = sp_printf(l->mem, "%s: %.*s", where, SP_FMT(name));
	while (i < ROWS && !sp_str_is(name, rows[i].info.name))
		i++;
	if (i == ROWS) {
		complain(errors, label, unknown(l->mem, nearest(name)));
		return;
	}
	if (l->line[i] != 0) {
		complain(errors, label, sp_printf(l->mem, "stands in line %zu, too", l->line[i]));
		return;
	}
	l->line[i] = number;
	l->label[i] = label;
	if ((fault = store(l, &rows[i], value)) != NULL)
		complain(errors, label, fault);
}

static void
read_file(struct loaded *l, struct sp_str text, const char *file, struct sp_buf *errors)
{
	struct sp_str line;

	for (size_t n = 1; sp_str_split(&text, '\n', &line); n++) {
		line = sp_str_trim(line, " \t\r");
		if (line.len > 0 && line.p[0] != '#')
			read_line(l, line, file, n, errors);
	}
}

static bool
is_other_name(struct sp_str name)
{
	for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++)
		if (sp_str_is(name, other_names[i]))
			return true;
	return sp_str_starts(name, TEST_PREFIX);
}

static void
read_variable(struct loaded *l, struct sp_str name, struct sp_str value, struct sp_buf *errors)
{
	const char *fault, *suggestion;
	size_t i = 0;

	while (i < ROWS && !sp_str_is(name, env_name(l->mem, rows[i].info.name)))
		i++;
	if (i == ROWS) {
		suggestion = nearest(sp_str_sub(name, strlen(ENV_PREFIX), name.len));
		if (suggestion != NULL)
			suggestion = env_name(l->mem, suggestion);
		complain(errors, sp_cstr(l->mem, name), unknown(l->mem, suggestion));
		return;
	}
	l->label[i] = env_name(l->mem, rows[i].info.name);
	if ((fault = store(l, &rows[i], value)) != NULL)
		complain(errors, l->label[i], fault);
}

static void
read_environment(struct loaded *l, char *const *env, struct sp_buf *errors)
{
	for (; *env != NULL; env++) {
		struct sp_str name, value = sp_str(*env);

		if (sp_str_starts(value, ENV_PREFIX) && sp_str_split(&value, '=', &name) && !is_other_name(name))
			read_variable(l, name, value, errors);
	}
}

bool
sp_settings_parse(struct sp_str text, const char *file, char *const *env,
    struct sp_settings **out, struct sp_buf *errors)
{
	size_t errors_before = errors->len;
	struct loaded *l = calloc(1, sizeof(*l));

	if (l == NULL)
		sp_out_of_memory();
	l->mem = sp_arena_new();
	for (size_t i = 0; i < ROWS; i++) {
		const char *fault = store(l, &rows[i], sp_str(rows[i].info.default_text));

		assert(fault == NULL);
		(void)fault;
		l->label[i] = rows[i].info.name;
	}
	read_file(l, text, file, errors);
	read_environment(l, env, errors);
	for (size_t i = 0; i < ROWS; i++) {
		const char *value, *fault;

		if (rows[i].check == NULL)
			continue;
		value = *(const char *const *)((const char *)&l->s + rows[i].offset);
		if ((fault = rows[i].check(&l->s, value)) != NULL)
			complain(errors, l->label[i], fault);
	}
	if (errors->len > errors_before || !sp_buf_ok(errors)) {
		sp_settings_free(&l->s);
		return false;
	}
	*out = &l->s;
	return true;
}

void
sp_settings_free(struct sp_settings *s)
{
	struct loaded *l = (struct loaded *)s;

	if (l == NULL)
		return;
	sp_arena_free(l->mem);
	free(l);
}

const char *
sp_issuer_path(const struct sp_settings *s)
{
	const char *authority = strstr(s->issuer, "://");
	const char *path = strchr(authority != NULL ? authority + 3 : s->issuer, '/');

	return path != NULL ? path : s->issuer + strlen(s->issuer);
}

/* The whole file. False with errno set. */
static bool
slurp(const char *path, struct sp_arena *mem, struct sp_str *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = sp_alloc(mem, MAX_FILE);
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while (len < MAX_FILE && (n = read(fd, text + len, MAX_FILE - len)) > 0)
		len += (size_t)n;
	if (n > 0)
		errno = EFBIG;
	close(fd);
	*out = (struct sp_str){ text, len };
	return n == 0;
}

bool
sp_settings_are_there(void)
{
	if (getenv(ENV_PREFIX "CONFIG") != NULL)
		return true;
	for (char **e = environ; *e != NULL; e++) {
		struct sp_str value = sp_str(*e), name;

		if (sp_str_starts(value, ENV_PREFIX) && sp_str_split(&value, '=', &name) && !is_other_name(name))
			return true;
	}
	return access(DEFAULT_FILE, F_OK) == 0 || errno != ENOENT;
}

bool
sp_settings_load(struct sp_settings **out, struct sp_buf *errors)
{
	const char *named = getenv(ENV_PREFIX "CONFIG"), *path = named != NULL ? named : DEFAULT_FILE;
	struct sp_arena *mem = sp_arena_new();
	struct sp_str text = SP_LIT("");
	bool ok = false;

	if (!slurp(path, mem, &text) && (named != NULL || errno != ENOENT))
		sp_buf_printf(errors, "%s: %s\n", path, strerror(errno));
	else
		ok = sp_settings_parse(text, path, environ, out, errors);
	sp_arena_free(mem);
	return ok;
}
