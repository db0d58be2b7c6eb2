/*
 * database.h - a scratch database for unit tests
 *
 * SALLYPORT_TEST_DATABASE is a conninfo (keyword = value) of a superuser on a
 * server that the tests may use as they like; the scratch database is made on
 * it, and dropped at the end.
 */
#ifndef SP_UNIT_DATABASE_H
#define SP_UNIT_DATABASE_H

#include "db/db.h"
#include "unit.h"

struct scratch {
	char name[64], conninfo[1024];
	PGconn *admin;			/* plain libpq, in the scratch database */
};

/* Runs SQL with libpq alone; the first value, copied, or NULL. */
static inline char *
admin_sql(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	char *value = NULL;

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	if (PQntuples(r) > 0 && PQnfields(r) > 0 && !PQgetisnull(r, 0, 0))
		value = strdup(PQgetvalue(r, 0, 0));
	PQclear(r);
	return value;
}

static inline int64_t
admin_int(PGconn *pg, const char *sql)
{
	char *value = admin_sql(pg, sql);
	int64_t n;

	assert_non_null(value);
	assert_true(sp_str_int64(sp_str(value), INT64_MIN, INT64_MAX, &n));
	free(value);
	return n;
}

static inline PGconn *
connect_plain(const char *conninfo)
{
	PGconn *pg = PQconnectdb(conninfo);

	if (PQstatus(pg) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(pg));
	PQclear(PQexec(pg, "SET client_min_messages = error"));
	return pg;
}

static inline void
scratch_make(struct scratch *s, const char *purpose)
{
	const char *server = getenv("SALLYPORT_TEST_DATABASE");
	char sql[128];

	snprintf(s->name, sizeof(s->name), "sp_%s_%d", purpose, (int)getpid());
	snprintf(s->conninfo, sizeof(s->conninfo), "%s dbname=%s", server, s->name);
	s->admin = connect_plain(server);
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s", s->name);
	free(admin_sql(s->admin, sql));
	PQfinish(s->admin);
	s->admin = connect_plain(s->conninfo);
}

static inline void
scratch_drop(struct scratch *s)
{
	char sql[128];

	PQfinish(s->admin);
	s->admin = connect_plain(getenv("SALLYPORT_TEST_DATABASE"));
	snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", s->name);
	free(admin_sql(s->admin, sql));
	PQfinish(s->admin);
}

/* For main(): leaves with "skipped" when there is no server to use. */
static inline void
need_database(void)
{
	if (getenv("SALLYPORT_TEST_DATABASE") == NULL) {
		puts("SALLYPORT_TEST_DATABASE is not set");
		exit(77);
	}
}

#endif
