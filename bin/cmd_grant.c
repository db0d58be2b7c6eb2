/* cmd_grant.c - sallyport grant, audit, sweep: what is going on */
#include "command.h"

#include <unistd.h>

#include "db/queries.h"

int
grant_list_run(struct command *c, int argc, char **argv)
{
	struct command_option o[] = { { "--user", OPTION_VALUE }, { NULL } };
	const PGresult *r;

	if (!command_options(c, o, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "list the grants", &sp_q_grant_list, SP_PARAMS(SP_P_TEXT(o[0].value)))) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}

int
grant_revoke_run(struct command *c, int argc, char **argv)
{
	const char *grant_id;
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, &grant_id, 1, 1))
		return 2;
	command_db(c);
	r = command_query(c, "revoke the grant", &sp_q_grant_revoke,
	    SP_PARAMS(SP_P_TEXT(grant_id), SP_P_TEXT("revoked by an administrator"), command_context(c)));
	if (r == NULL)
		return 1;
	if (strcmp(PQgetvalue(r, 0, 0), "t") != 0)
		return command_fail("there is no live grant %s", grant_id);
	command_print_row(c, r);
	return 0;
}

#define AUDIT_LINES 20
#define FOLLOW_US 500000

int
audit_tail_run(struct command *c, int argc, char **argv)
{
	struct command_option o[] = { { "--lines", OPTION_VALUE }, { "--follow", OPTION_FLAG }, { NULL } };
	int64_t lines = AUDIT_LINES, last = 0;
	const PGresult *r;

	if (!command_options(c, o, argc, argv, NULL, 0, 0) ||
	    (o[0].given && !sp_str_int64(sp_str(o[0].value), 1, 1000000, &lines)))
		return command_usage(c);
	command_db(c);
	for (;;) {
		r = command_query(c, "read the audit", &sp_q_audit_tail, SP_PARAMS(SP_P_INT(last), SP_P_INT(lines)));
		if (r == NULL)
			return 1;
		if (PQntuples(r) > 0 || !o[1].given || last == 0)
			command_print(c, r);
		if (!o[1].given)
			return 0;
		fflush(stdout);
		if (PQntuples(r) > 0 &&
		    !sp_str_int64(sp_str(PQgetvalue(r, PQntuples(r) - 1, 0)), 0, INT64_MAX, &last))
			return command_fail("the audit's numbers cannot be read");
		lines = 1000;
		sp_db_end(&c->db);
		sp_arena_reset(c->mem);
		sp_db_begin(&c->db, c->pool, c->mem);
		usleep(FOLLOW_US);
	}
}

#define SWEEP_ROWS 100000

int
sweep_run(struct command *c, int argc, char **argv)
{
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "sweep", &sp_q_sweep, SP_PARAMS(SP_P_INT(SWEEP_ROWS),
	    SP_P_INT(c->settings->refresh_grace)))) == NULL)
		return 1;
	command_print_row(c, r);
	return 0;
}
