/* source.c - other PostgreSQL databases: sources of type "postgresql" */
#include "tools/source.h"

#include <pthread.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "tools/reference.h"

#define CONNINFO_MAX	((size_t)256 * 1024)
#define AUTHORITIES_MAX	((off_t)16 << 20)		/* bytes; Debian's are 220 KB */
#define NOWHERE		"/nonexistent/sallyport"	/* libpq takes a file that is not there for none */

/* Used by those who have begun a session on it, and by the source while it is the right one. */
struct sp_source_pool {
	unsigned refs;
	uint8_t conninfo[SP_SHA256_LEN];	/* of what it connects to, secrets and all */
	struct sp_db_pool *db;
};

struct sp_source {
	struct sp_source *next;
	unsigned refs;				/* of snapshots */
	uint8_t spec[SP_SHA256_LEN];
	struct sp_arena *mem;			/* of what follows; read only */
	const char *name, *role, *search_path;
	struct sp_str database;
	int64_t connections;
	bool read_only, claims;
	struct sp_source_pool *pool;		/* NULL before the first call */
};

/* All sources of the process; the lock is for the list, the references and what pool is whose. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sp_source *sources;

/* ---- connection strings ---- */

static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* One reference that is the whole connection string. */
static bool
is_reference(struct sp_str text)
{
	return sp_str_starts(text, "${") && sp_str_index(text, '}') == (ptrdiff_t)text.len - 1;
}

static bool
check_option(struct sp_arena *mem, const PQconninfoOption *o, bool has_references, const char **why)
{
	static const char *const taken[] = {
		"host", "hostaddr", "port", "dbname", "user", "password", "options", "application_name",
		"target_session_attrs", "load_balance_hosts", "connect_timeout", "tcp_user_timeout",
		"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
		"sslmode", "sslrootcert", "sslsni", "sslnegotiation", "ssl_min_protocol_version",
		"ssl_max_protocol_version", "channel_binding", "gssencmode", "require_auth", NULL
	};

	if (!is_one_of(o->keyword, taken)) {
		*why = sp_printf(mem, "database: %s is not taken here", o->keyword);
		return false;
	}
	if (has_references && !sp_reference_check(sp_str(o->val), why)) {
		*why = sp_printf(mem, "database: %s: %s", o->keyword, *why);
		return false;
	}
	return true;
}

static const char *
value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val != NULL && *options->val != '\0' ? options->val : NULL;
	return NULL;
}

/* Whether it is one that we take.  Nothing of its values may be in *why. */
static bool
check_options(struct sp_arena *mem, const PQconninfoOption *options, bool has_references, const char **why)
{
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (o->val != NULL && !check_option(mem, o, has_references, why))
			return false;
	*why = "database: needs host, dbname and user";
	return (value_of(options, "host") != NULL || value_of(options, "hostaddr") != NULL) &&
	    value_of(options, "dbname") != NULL && value_of(options, "user") != NULL;
}

static void
free_options(void *options)
{
	PQconninfoFree(options);
}

static bool
parse(struct sp_arena *mem, struct sp_str text, bool has_references, PQconninfoOption **out, const char **why)
{
	const char *copy = sp_cstr(mem, text);

	/* libpq's message would quote from the string */
	*why = "database: is not a connection string of PostgreSQL: host=... dbname=... user=..., or postgresql://...";
	if ((strchr(copy, '=') == NULL && strstr(copy, "://") == NULL) || (*out = PQconninfoParse(copy, NULL)) == NULL)
		return false;
	sp_arena_defer(mem, free_options, *out);
	return check_options(mem, *out, has_references, why);
}

static void
add_option(struct sp_buf *b, const char *keyword, struct sp_str value)
{
	sp_buf_printf(b, "%s='", keyword);
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '\'' || value.p[i] == '\\')
			sp_buf_char(b, '\\');
		sp_buf_char(b, value.p[i]);
	}
	sp_buf_cstr(b, "' ");
}

/* A pipe would never end to be opened, and /dev/zero never to be read. */
static bool
check_authorities(const char *file, const char **why)
{
	struct stat st;

	*why = "database: sslrootcert is not a file of certificates";
	return strcmp(file, "system") == 0 || (stat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= AUTHORITIES_MAX);
}

/* Whether a connection string of the settings has this user and database. */
static bool
is_same(const char *conninfo, const char *user, const char *dbname)
{
	PQconninfoOption *ours = PQconninfoParse(conninfo, NULL);
	const char *our_user, *our_dbname;
	bool same;

	if (ours == NULL)
		return false;
	our_user = value_of(ours, "user");
	our_dbname = value_of(ours, "dbname");
	same = our_user != NULL && our_dbname != NULL && strcmp(our_user, user) == 0 && strcmp(our_dbname, dbname) == 0;
	PQconninfoFree(ours);
	return same;
}

/*
 * Our own database under our own user, whom the server may know by his account
 * alone: a statement would have the rights of the programs instead of a tool's.
 */
static bool
check_others(const struct sp_settings *settings, const char *user, const char *dbname, const char **why)
{
	*why = "database: is Sallyport's own, under its own user; a statement without a source runs there, as tool_role";
	return !is_same(settings->database, user, dbname) && !is_same(settings->admin_database, user, dbname);
}

/* The connection string with its references looked up. */
static bool
resolve(struct sp_arena *mem, const struct sp_settings *settings, struct sp_str database, const char **out,
    const char **why)
{
	const char *user = "", *dbname = "";
	bool is_whole = is_reference(database);
	PQconninfoOption *options;
	struct sp_str value;
	struct sp_buf b;

	if (is_whole && !sp_reference_resolve(mem, settings, database, &database, why))
		return false;
	if (!parse(mem, database, !is_whole, &options, why))
		return false;
	sp_buf_init(&b, mem, CONNINFO_MAX);
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
		if (o->val == NULL || *o->val == '\0')
			continue;
		value = sp_str(o->val);
		if (!is_whole && !sp_reference_resolve(mem, settings, value, &value, why))
			return false;
		if (strcmp(o->keyword, "user") == 0)
			user = sp_cstr(mem, value);
		else if (strcmp(o->keyword, "dbname") == 0)
			dbname = sp_cstr(mem, value);
		else if (strcmp(o->keyword, "sslrootcert") == 0 && !check_authorities(sp_cstr(mem, value), why))
			return false;
		add_option(&b, o->keyword, value);
	}
	if (!check_others(settings, user, dbname, why))
		return false;
	/*
	 * What libpq would look for otherwise: PGPASSWORD and a password file, which
	 * are for the program's own database, and a certificate in its home.
	 */
	if (value_of(options, "password") == NULL)
		add_option(&b, "password", SP_LIT("none"));
	add_option(&b, "passfile", SP_LIT(NOWHERE));
	add_option(&b, "sslcert", SP_LIT(NOWHERE));
	*why = "database: is too long";
	*out = sp_buf_view(&b).p;
	return sp_buf_ok(&b);
}

/* ---- specs ---- */

struct fields {
	struct sp_str name, type, database, role, search_path;
	int64_t connections;
	bool read_only, claims;
};

static bool
check_members(struct sp_arena *mem, struct json_object *spec, const struct sp_json_field *fields, const char **why)
{
	json_object_object_foreach(spec, name, value) {
		const struct sp_json_field *f = fields;

		(void)value;
		while (f->name != NULL && strcmp(f->name, name) != 0)
			f++;
		if (f->name == NULL) {
			*why = sp_printf(mem, "%s: there is no such member of a source of type postgresql", name);
			return false;
		}
	}
	return true;
}

static bool
read_spec(struct sp_arena *mem, struct json_object *spec, struct fields *out, const char **why)
{
	static const struct sp_json_field fields[] = {
		{ "name", SP_JSON_STRING, offsetof(struct fields, name) },
		{ "type", SP_JSON_STRING, offsetof(struct fields, type), .required = true },
		{ "database", SP_JSON_STRING, offsetof(struct fields, database), .required = true, .max = 8192 },
		{ "role", SP_JSON_STRING, offsetof(struct fields, role), .max = 63 },
		{ "search_path", SP_JSON_STRING, offsetof(struct fields, search_path), .max = 1024 },
		{ "connections", SP_JSON_INT, offsetof(struct fields, connections) },
		{ "read_only", SP_JSON_BOOL, offsetof(struct fields, read_only) },
		{ "claims", SP_JSON_BOOL, offsetof(struct fields, claims) },
		{ NULL }
	};
	PQconninfoOption *options;

	*out = (struct fields){
		.role = SP_LIT("none"), .search_path = SP_LIT("\"$user\", public"),
		.connections = 4, .read_only = true, .claims = true,
	};
	if (!sp_str_is(sp_json_get_str(spec, "type"), "postgresql")) {
		*why = "type: a statement needs a source of type postgresql";
		return false;
	}
	if (!check_members(mem, spec, fields, why) || !sp_json_read(mem, spec, fields, out, why))
		return false;
	*why = "connections: from 1 to 100";
	if (out->connections < 1 || out->connections > 100)
		return false;
	*why = "role: is empty";
	if (out->role.len == 0)
		return false;
	if (is_reference(out->database)) {
		if (sp_reference_check(out->database, why))
			return true;
		*why = sp_printf(mem, "database: %s", *why);
		return false;
	}
	return parse(mem, out->database, true, &options, why);
}

/* ---- the list ---- */

/* With the lock held.  The pool to be closed when nobody has it any more, else NULL. */
static struct sp_source_pool *
drop(struct sp_source_pool *pool)
{
	return pool != NULL && --pool->refs == 0 ? pool : NULL;
}

static void
close_pool(struct sp_source_pool *pool)
{
	if (pool == NULL)
		return;
	sp_db_pool_free(pool->db);
	free(pool);
}

static void
release(void *arg)
{
	struct sp_source *s = arg, **at;
	struct sp_source_pool *unused = NULL;
	bool last;

	pthread_mutex_lock(&lock);
	last = --s->refs == 0;
	if (last) {
		for (at = &sources; *at != s; at = &(*at)->next)
			;
		*at = s->next;
		unused = drop(s->pool);
	}
	pthread_mutex_unlock(&lock);
	close_pool(unused);
	if (last) {
		sp_arena_free(s->mem);
		free(s);
	}
}

static struct sp_source *
source_new(const uint8_t digest[static SP_SHA256_LEN], const struct fields *f)
{
	struct sp_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		sp_out_of_memory();
	s->mem = sp_arena_new();
	memcpy(s->spec, digest, SP_SHA256_LEN);
	s->name = f->name.p != NULL ? sp_cstr(s->mem, f->name) : "";
	s->role = sp_cstr(s->mem, f->role);
	s->search_path = sp_cstr(s->mem, f->search_path);
	s->database = sp_str_dup(s->mem, f->database);
	s->connections = f->connections;
	s->read_only = f->read_only;
	s->claims = f->claims;
	return s;
}

bool
sp_source_load(struct sp_arena *mem, struct json_object *spec, const struct sp_source **out, const char **why)
{
	uint8_t digest[SP_SHA256_LEN];
	struct sp_source *s;
	struct fields f;

	if (!read_spec(mem, spec, &f, why))
		return false;
	sp_sha256(sp_json_canonical(mem, spec), digest);
	pthread_mutex_lock(&lock);
	for (s = sources; s != NULL && memcmp(s->spec, digest, sizeof(digest)) != 0; s = s->next)
		;
	if (s == NULL) {
		s = source_new(digest, &f);
		s->next = sources;
		sources = s;
	}
	s->refs++;
	pthread_mutex_unlock(&lock);
	sp_arena_defer(mem, release, s);
	*out = s;
	return true;
}

const char *
sp_source_name(const struct sp_source *source)
{
	return source->name;
}

bool
sp_source_is_read_only(const struct sp_source *source)
{
	return source->read_only;
}

bool
sp_source_gives_claims(const struct sp_source *source)
{
	return source->claims;
}

const char *
sp_source_role(const struct sp_source *source)
{
	return source->role;
}

const char *
sp_source_search_path(const struct sp_source *source)
{
	return source->search_path;
}

/* ---- sessions ---- */

static struct sp_source_pool *
pool_new(const struct sp_source *source, const struct sp_settings *settings, const char *conninfo,
    const uint8_t digest[static SP_SHA256_LEN])
{
	struct sp_source_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		sp_out_of_memory();
	pool->refs = 1;				/* the source's */
	memcpy(pool->conninfo, digest, SP_SHA256_LEN);
	pool->db = sp_db_pool_open(conninfo, source->connections, settings->db_connect_timeout,
	    settings->statement_timeout, "sallyport");
	return pool;
}

bool
sp_source_begin(const struct sp_source *source, const struct sp_settings *settings, struct sp_arena *mem,
    struct sp_db *db, struct sp_source_pool **out, const char **why)
{
	/* const for those who share it; what pool it has now is under the lock */
	struct sp_source *s = (struct sp_source *)(uintptr_t)source;
	struct sp_source_pool *pool, *unused = NULL;
	uint8_t digest[SP_SHA256_LEN];
	const char *conninfo;

	if (!resolve(mem, settings, source->database, &conninfo, why))
		return false;
	sp_sha256(sp_str(conninfo), digest);
	pthread_mutex_lock(&lock);
	if (s->pool == NULL || memcmp(s->pool->conninfo, digest, sizeof(digest)) != 0) {
		unused = drop(s->pool);
		s->pool = pool_new(source, settings, conninfo, digest);
	}
	pool = s->pool;
	pool->refs++;
	pthread_mutex_unlock(&lock);
	close_pool(unused);
	sp_db_begin(db, pool->db, mem);
	*out = pool;
	return true;
}

void
sp_source_end(struct sp_db *db, struct sp_source_pool *pool)
{
	struct sp_source_pool *unused;

	sp_db_end(db);
	pthread_mutex_lock(&lock);
	unused = drop(pool);
	pthread_mutex_unlock(&lock);
	close_pool(unused);
}
