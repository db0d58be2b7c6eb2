/* fail.c - what a failure says: to the caller, and once to the log */
#include "base/log.h"
#include "db/conn.h"

static bool
in_class(const char *sqlstate, const char *class)
{
	return strncmp(sqlstate, class, 2) == 0;
}

static bool
means_unavailable(const char *sqlstate)
{
	static const char *const classes[] = {
		"08",	/* connection exception */
		"40",	/* serialization failure, deadlock */
		"53",	/* insufficient resources: memory, disk, connections */
		"57",	/* operator intervention: shutdown, cancel, statement_timeout */
		"58",	/* system error: input or output failed */
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (in_class(sqlstate, classes[i]))
			return true;
	return *sqlstate == '\0' ||
	    strcmp(sqlstate, "55P03") == 0 ||	/* lock_timeout */
	    strcmp(sqlstate, "25P03") == 0;	/* idle_in_transaction_session_timeout */
}

/*
 * The server quotes values in the messages of data exceptions ("invalid input
 * syntax for type uuid: ..."), and what a function raises may hold anything.
 * Values are parameters, and parameters do not go into logs.
 */
static bool
may_quote_values(const char *sqlstate)
{
	return in_class(sqlstate, "22") || in_class(sqlstate, "P0") || in_class(sqlstate, "01");
}

static const char *
field(const PGresult *r, int code, const char *otherwise)
{
	const char *s = PQresultErrorField(r, code);

	return s != NULL ? s : otherwise;
}

static const char *
message_of(const PGresult *r, const char *sqlstate)
{
	if (may_quote_values(sqlstate))
		return "left out: it may quote a value";
	return field(r, PG_DIAG_MESSAGE_PRIMARY, "the server said nothing");
}

void
sp_db_fail(struct sp_db *db, const char *query, const char *sqlstate, const char *message)
{
	enum sp_log_level level = SP_ERROR;

	/* A constraint, a conflict, a raised error: the statement's answer, and the caller's to judge. */
	if (in_class(sqlstate, "22") || in_class(sqlstate, "23") || in_class(sqlstate, "40") ||
	    in_class(sqlstate, "P0"))
		level = SP_WARN;
	/* A cancel of our own, because nobody waits any more; a function that asks its caller (schema mcp). */
	if ((db->interrupted && strcmp(sqlstate, "57014") == 0) || in_class(sqlstate, "MC"))
		level = SP_INFO;
	snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", sqlstate);
	db->message = message;
	db->unavailable = means_unavailable(sqlstate);
	sp_log(level, "database", SP_L("query", query), SP_L("sqlstate", db->sqlstate),
	    SP_L("message", message));
}

void
sp_db_fail_result(struct sp_db *db, const char *query, const PGresult *result)
{
	const char *sqlstate = field(result, PG_DIAG_SQLSTATE, "");
	const char *message = message_of(result, sqlstate);

	/* libpq's own errors ("server closed the connection unexpectedly") have no fields */
	if (*sqlstate == '\0')
		message = PQresultErrorMessage(result);
	sp_db_fail(db, query, sqlstate, sp_cstr(db->mem, sp_str_trim(sp_str(message), "\n")));
}

void
sp_db_log_notice(const PGresult *notice)
{
	const char *sqlstate = field(notice, PG_DIAG_SQLSTATE, "");

	sp_log(SP_WARN, "database notice", SP_L("sqlstate", sqlstate),
	    SP_L("message", message_of(notice, sqlstate)));
}

bool
sp_db_unavailable(const struct sp_db *db)
{
	return db->unavailable;
}
