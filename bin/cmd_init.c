/* cmd_init.c - sallyport init, migrate: roles, database, master key, schema, signing keys */
#include "command.h"

#include <unistd.h>

#include "cmd_key.h"
#include "db/migrate.h"
#include "db/queries.h"

/* ---- what only a superuser of PostgreSQL can make ---- */

static const char *
conninfo_value(struct command *c, const char *conninfo, const char *keyword)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	const char *value = NULL;

	for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0 && o->val != NULL)
			value = sp_strdup(c->mem, o->val);
	PQconninfoFree(options);
	return value;
}

/* A name as SQL writes it; NULL when it is not text in the database's encoding. */
static const char *
identifier(struct command *c, PGconn *conn, const char *name)
{
	char *quoted = PQescapeIdentifier(conn, name, strlen(name));
	const char *copy = sp_strdup(c->mem, quoted);

	PQfreemem(quoted);
	return copy;
}

/* Runs a statement that begins with `what` and ends with a name, unless `exists` finds the name. */
static bool
make_unless(struct command *c, PGconn *conn, const char *exists, const char *what, const char *name,
    const char *rest)
{
	PGresult *r = PQexecParams(conn, exists, 1, NULL, &name, NULL, NULL, 0);
	bool ok = PQresultStatus(r) == PGRES_TUPLES_OK, there = ok && PQntuples(r) > 0;
	const char *quoted;

	PQclear(r);
	if (!ok || there)
		return ok;
	if ((quoted = identifier(c, conn, name)) == NULL)
		return false;
	r = PQexec(conn, sp_printf(c->mem, "%s %s %s", what, quoted, rest));
	ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	return ok;
}

static bool
make_all(struct command *c, PGconn *conn)
{
	static const char role[] = "SELECT 1 FROM pg_roles WHERE rolname = $1";
	static const char database[] = "SELECT 1 FROM pg_database WHERE datname = $1";
	const char *admin = c->settings->admin_database;
	const char *owner = conninfo_value(c, admin, "user"), *name = conninfo_value(c, admin, "dbname");
	const char *quoted_owner, *quoted_name;
	PGresult *r;
	bool ok;

	if (owner == NULL || name == NULL)
		return command_fail("admin_database must name user and dbname"), false;
	if ((quoted_owner = identifier(c, conn, owner)) == NULL || (quoted_name = identifier(c, conn, name)) == NULL)
		return command_fail("admin_database: %s", PQerrorMessage(conn)), false;
	if (!make_unless(c, conn, role, "CREATE ROLE", owner, "LOGIN") ||
	    !make_unless(c, conn, role, "CREATE ROLE", "sallyport_app", "LOGIN") ||
	    !make_unless(c, conn, role, "CREATE ROLE", c->settings->tool_role, "NOLOGIN") ||
	    !make_unless(c, conn, "SELECT 1 FROM pg_auth_members m JOIN pg_roles t ON t.oid = m.roleid "
	    "JOIN pg_roles a ON a.oid = m.member WHERE t.rolname = $1 AND a.rolname = 'sallyport_app'",
	    "GRANT", c->settings->tool_role, "TO sallyport_app") ||
	    !make_unless(c, conn, database, "CREATE DATABASE", name,
	    sp_printf(c->mem, "OWNER %s TEMPLATE template0 ENCODING 'UTF8'", quoted_owner)))
		return command_fail("could not make roles and database: %s", PQerrorMessage(conn)), false;
	/* only those who have business here may connect */
	r = PQexec(conn, sp_printf(c->mem, "REVOKE ALL ON DATABASE %1$s FROM PUBLIC; "
	    "GRANT CONNECT ON DATABASE %1$s TO sallyport_app", quoted_name));
	ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	return ok || (command_fail("could not set the database's rights: %s", PQerrorMessage(conn)), false);
}

static bool
make_as_superuser(struct command *c, const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);
	bool ok = PQstatus(conn) == CONNECTION_OK;

	if (!ok)
		(void)command_fail("could not connect as superuser: %s", PQerrorMessage(conn));
	ok = ok && make_all(c, conn);
	PQfinish(conn);
	return ok;
}

/* ---- what the owner makes ---- */

static void
told(void *arg, const struct sp_migration *m, bool applied_now)
{
	struct command *c = arg;

	if (applied_now && !c->json)
		printf("applied %04d-%s\n", m->number, m->name);
}

static bool
migrate(struct command *c)
{
	const char *conninfo = c->settings->admin_database[0] != '\0' ? c->settings->admin_database :
	    c->settings->database;
	const char *why;

	return sp_migrate(conninfo, told, c, c->mem, &why) || (command_fail("%s", why), false);
}

static bool
make_master_key(struct command *c)
{
	const char *why;

	if (access(c->settings->master_key_file, F_OK) == 0)
		return true;
	if (!sp_keyring_create(c->settings->master_key_file, &why))
		return command_fail("master key %s: %s", c->settings->master_key_file, why), false;
	if (!c->json)
		printf("made %s: keep a copy in a safe place, without it no secret in the database can be read\n",
		    c->settings->master_key_file);
	return true;
}

/* An active key and the next one, published before it is needed. */
static bool
make_signing_keys(struct command *c)
{
	const PGresult *r = command_query(c, "look for signing keys", &sp_q_key_list, SP_NO_PARAMS);

	if (r == NULL)
		return false;
	if (PQntuples(r) > 0)
		return true;
	return key_rotate(c, c->settings->signing_alg) != NULL && key_rotate(c, c->settings->signing_alg) != NULL;
}

int
init_run(struct command *c, int argc, char **argv)
{
	struct command_option o[] = { { "--superuser", OPTION_VALUE }, { NULL } };

	if (!command_options(c, o, argc, argv, NULL, 0, 0))
		return 2;
	if ((o[0].given && !make_as_superuser(c, o[0].value)) || !make_master_key(c) || !migrate(c))
		return 1;
	command_db(c);
	if (!make_signing_keys(c))
		return 1;
	if (c->json)
		puts("{\"ready\":true}");
	else
		puts("ready");
	return 0;
}

int
migrate_run(struct command *c, int argc, char **argv)
{
	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	if (!migrate(c))
		return 1;
	if (c->json)
		printf("{\"schema\":%d}\n", sp_migration_newest);
	else
		printf("the schema is at %04d\n", sp_migration_newest);
	return 0;
}
