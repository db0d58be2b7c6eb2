/* test_source.c - which connection strings are taken, and a pool that threads use while snapshots come and go */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "database.h"
#include "tools/source.h"

static const struct {
	const char *name, *spec, *why;		/* NULL: taken */
} specs[] = {
	{ "a string", "{\"type\":\"postgresql\",\"database\":\"host=db.example.com dbname=a user=b\"}", NULL },
	{ "a URI", "{\"type\":\"postgresql\",\"database\":\"postgresql://b:${env:CREDENTIAL_A}@db.example.com:5433/a?sslmode=verify-full\"}", NULL },
	{ "several hosts", "{\"type\":\"postgresql\",\"database\":\"postgresql://b@one.example.com,two.example.com/a?target_session_attrs=standby\"}", NULL },
	{ "an address", "{\"type\":\"postgresql\",\"database\":\"hostaddr=192.0.2.1 dbname=a user=b\"}", NULL },
	{ "a socket", "{\"type\":\"postgresql\",\"database\":\"host=/run/postgresql dbname=a user=b\"}", NULL },
	{ "a secret", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b password=${file:shop}\"}", NULL },
	{ "all of it a secret", "{\"type\":\"postgresql\",\"database\":\"${env:CREDENTIAL_SHOP}\"}", NULL },
	{ "all members", "{\"name\":\"x\",\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b\",\"role\":\"r\","
	    "\"read_only\":false,\"connections\":100,\"claims\":false,\"search_path\":\"a, b\"}", NULL },
	{ "authorities", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b sslrootcert=/etc/ssl/ca.pem\"}", NULL },

	{ "no type", "{\"database\":\"host=a dbname=a user=b\"}", "type: a statement needs a source of type postgresql" },
	{ "another type", "{\"type\":\"mysql\"}", "type: a statement needs a source of type postgresql" },
	{ "no database", "{\"type\":\"postgresql\"}", "database: missing" },
	{ "a bare name", "{\"type\":\"postgresql\",\"database\":\"shop\"}",
	    "database: is not a connection string of PostgreSQL: host=... dbname=... user=..., or postgresql://..." },
	{ "a quote that is open", "{\"type\":\"postgresql\",\"database\":\"host=a password='secret\"}",
	    "database: is not a connection string of PostgreSQL: host=... dbname=... user=..., or postgresql://..." },
	{ "no host", "{\"type\":\"postgresql\",\"database\":\"dbname=a user=b\"}", "database: needs host, dbname and user" },
	{ "an empty one", "{\"type\":\"postgresql\",\"database\":\"host= dbname=a user=b\"}", "database: needs host, dbname and user" },
	{ "no user", "{\"type\":\"postgresql\",\"database\":\"postgresql://db.example.com/a\"}", "database: needs host, dbname and user" },
	{ "no dbname", "{\"type\":\"postgresql\",\"database\":\"host=a user=b\"}", "database: needs host, dbname and user" },
	{ "a service", "{\"type\":\"postgresql\",\"database\":\"service=a\"}", "database: service is not taken here" },
	{ "in a URI", "{\"type\":\"postgresql\",\"database\":\"postgresql://b@c/a?service=x\"}", "database: service is not taken here" },
	{ "a password file", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b passfile=/etc/shadow\"}",
	    "database: passfile is not taken here" },
	{ "a key", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b sslkey=/etc/shadow\"}", "database: sslkey is not taken here" },
	{ "a certificate", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b sslcert=/etc/shadow\"}", "database: sslcert is not taken here" },
	{ "replication", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b replication=database\"}",
	    "database: replication is not taken here" },
	{ "a reference that is none", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b password=${CREDENTIAL_A}\"}",
	    "database: password: \"${\" begins a reference, which is ${env:NAME} or ${file:NAME}; \"$${\" stands for itself" },
	{ "connections", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b\",\"connections\":101}", "connections: from 1 to 100" },
	{ "an empty role", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b\",\"role\":\"\"}", "role: is empty" },
	{ "a member that there is not", "{\"type\":\"postgresql\",\"database\":\"host=a dbname=a user=b\",\"pool\":1}",
	    "pool: there is no such member of a source of type postgresql" },
};

static bool
load(struct sp_arena *mem, const char *spec, const struct sp_source **out, const char **why)
{
	struct json_object *json;

	assert_true(sp_json_parse(mem, sp_str(spec), &json, why));
	return sp_source_load(mem, json, out, why);
}

static void
which(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		const struct sp_source *source;
		const char *why = NULL;
		bool ok = load(mem, specs[i].spec, &source, &why);

		CHECK(ok == (specs[i].why == NULL), specs[i].name);
		if (!ok)
			CHECK_STR(sp_str(why), specs[i].why, specs[i].name);
	}
	sp_arena_free(mem);
}

/* ---- sessions ---- */

static struct scratch scratch;
static char spec[2048];
static struct sp_settings settings = {
	.credential_env = "CREDENTIAL_", .credential_dirs = "", .db_connect_timeout = 3, .statement_timeout = 3000,
	.database = "postgresql://app@db.example.com/own", .admin_database = "host=/run user=owner dbname=own"
};

static int64_t
connections(void)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s' AND application_name = 'sallyport'",
	    scratch.name);
	return admin_int(scratch.admin, sql);
}

static bool
ask(const struct sp_source *source, struct sp_arena *mem)
{
	static const struct sp_query one = { "one", "SELECT 1", 0 };
	struct sp_source_pool *pool;
	const char *why = NULL;
	struct sp_db db;
	bool ok;

	if (!sp_source_begin(source, &settings, mem, &db, &pool, &why))
		return false;
	ok = sp_db_do(&db, &one, SP_NO_PARAMS, NULL);
	sp_source_end(&db, pool);
	return ok;
}

static void
until_connections(int64_t n)
{
	for (int i = 0; i < 200 && connections() != n; i++)
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	assert_int_equal(connections(), n);
}

static void
life(void **state)
{
	struct sp_arena *first = sp_arena_new(), *second = sp_arena_new(), *mem = sp_arena_new();
	const struct sp_source *a, *b;
	const char *why;

	(void)state;
	setenv("CREDENTIAL_APP", "one", 1);
	assert_true(load(first, spec, &a, &why));
	assert_int_equal(connections(), 0);		/* none before it is used */
	assert_true(ask(a, mem));
	assert_int_equal(connections(), 1);
	assert_true(load(second, spec, &b, &why));
	assert_ptr_equal(a, b);				/* the same spec is the same source ... */
	sp_arena_free(first);
	assert_true(ask(b, mem));
	assert_int_equal(connections(), 1);		/* ... with its connections */
	setenv("CREDENTIAL_APP", "another", 1);		/* a secret that was replaced */
	assert_true(ask(b, mem));
	until_connections(1);
	unsetenv("CREDENTIAL_APP");
	assert_false(ask(b, mem));
	sp_arena_free(second);
	until_connections(0);
	sp_arena_free(mem);
}

/* A secret is a value and stays one. */
static void
a_secret_adds_nothing(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const struct sp_source *source;
	const char *why;

	(void)state;
	setenv("CREDENTIAL_APP", "x' host=192.0.2.1 dbname='\\", 1);
	assert_true(load(mem, spec, &source, &why));
	assert_true(ask(source, mem));
	setenv("CREDENTIAL_ALL", "host=a dbname=b user=c passfile=/etc/passwd", 1);
	assert_true(load(mem, "{\"type\":\"postgresql\",\"database\":\"${env:CREDENTIAL_ALL}\"}", &source, &why));
	assert_false(ask(source, mem));
	sp_arena_free(mem);
}

/* What a spec alone cannot tell. */
static void
refused(void **state)
{
	static const struct {
		const char *database, *why;	/* NULL: it goes on to connect */
	} cases[] = {
		{ "host=192.0.2.1 user=app dbname=own", "database: is Sallyport's own" },
		{ "host=/run/postgresql user=owner dbname=own", "database: is Sallyport's own" },
		{ "host=a user=app dbname=other", NULL },
		{ "host=a user=other dbname=own", NULL },
		{ "host=a user=app dbname=o sslrootcert=/dev/zero", "database: sslrootcert" },
		{ "host=a user=app dbname=o sslrootcert=/tmp", "database: sslrootcert" },
		{ "host=a user=app dbname=o sslrootcert=/nonexistent/ca", "database: sslrootcert" },
		{ "host=a user=app dbname=o sslrootcert=system", NULL },
		{ "host=a user=app dbname=o sslrootcert=/etc/passwd", NULL },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sp_source *source;
		struct sp_source_pool *pool;
		const char *why = "";
		struct sp_db db;
		bool ok;

		assert_true(load(mem, sp_printf(mem, "{\"type\":\"postgresql\",\"database\":\"%s\"}", cases[i].database), &source, &why));
		ok = sp_source_begin(source, &settings, mem, &db, &pool, &why);
		CHECK(ok == (cases[i].why == NULL), cases[i].database);
		if (ok)
			sp_source_end(&db, pool);
		else
			CHECK(sp_str_starts(sp_str(why), cases[i].why), cases[i].database);
	}
	sp_arena_free(mem);
}

static atomic_bool stop;
static atomic_uint asked, failed;

static void *
use(void *arg)
{
	(void)arg;
	while (!stop) {
		struct sp_arena *mem = sp_arena_new();
		const struct sp_source *source;
		const char *why;

		if (!load(mem, spec, &source, &why) || !ask(source, mem))
			failed++;
		asked++;
		sp_arena_free(mem);
	}
	return NULL;
}

static void
threads(void **state)
{
	enum { THREADS = 4 };
	pthread_t thread[THREADS];
	unsigned enough = under_valgrind() ? 20 : 400;

	(void)state;
	setenv("CREDENTIAL_APP", "one", 1);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, use, NULL), 0);
	/* a second snapshot holds the source for a while, and lets it go */
	while (asked < enough) {
		struct sp_arena *mem = sp_arena_new();
		const struct sp_source *source;
		const char *why;

		assert_true(load(mem, spec, &source, &why));
		assert_true(ask(source, mem));
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
		sp_arena_free(mem);
	}
	stop = true;
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(failed, 0);
	until_connections(0);
}

static int
make(void **state)
{
	char *user, *host;

	(void)state;
	scratch_make(&scratch, "source");
	user = admin_sql(scratch.admin, "SELECT current_user");
	host = admin_sql(scratch.admin, "SELECT coalesce(host(inet_server_addr()), "
	    "split_part(current_setting('unix_socket_directories'), ',', 1))");
	snprintf(spec, sizeof(spec), "{\"name\":\"a\",\"type\":\"postgresql\",\"connections\":8,"
	    "\"database\":\"host=%s port=%s dbname=%s user=%s password=${env:CREDENTIAL_APP}\"}", host,
	    PQport(scratch.admin), scratch.name, user);
	free(user);
	free(host);
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	scratch_drop(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which),
		cmocka_unit_test(life),
		cmocka_unit_test(a_secret_adds_nothing),
		cmocka_unit_test(refused),
		cmocka_unit_test(threads),
	};

	need_database();
	return cmocka_run_group_tests(tests, make, drop);
}
