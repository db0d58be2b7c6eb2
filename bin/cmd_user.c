/* cmd_user.c - sallyport user: people */
#include "command.h"
#include "db/queries.h"
#include "people/password.h"

static bool
is_tier(const char *tier)
{
	return strcmp(tier, "public") == 0 || strcmp(tier, "developer") == 0 || strcmp(tier, "admin") == 0;
}

/* Passwords come by standard input: arguments can be read by everybody. */
static bool
read_password(struct command *c, const struct command_option *given, const char **hash)
{
	struct sp_str password;
	const char *why;

	if (!given->given)
		return command_usage(c), false;
	if (!command_read_line(c, &password))
		return false;
	if (!sp_password_acceptable(password, &why))
		return command_fail("the password is %s", why), false;
	*hash = sp_password_hash(c->mem, password);
	return true;
}

int
user_add_run(struct command *c, int argc, char **argv)
{
	enum { TIER, DISPLAY_NAME, EMAIL, PASSWORD };
	struct command_option o[] = { [TIER] = { "--tier", OPTION_VALUE }, [DISPLAY_NAME] = { "--display-name", OPTION_VALUE },
		[EMAIL] = { "--email", OPTION_VALUE }, [PASSWORD] = { "--password-stdin", OPTION_FLAG }, { NULL } };
	const char *name, *tier, *hash;
	const PGresult *r;

	if (!command_options(c, o, argc, argv, &name, 1, 1))
		return 2;
	tier = o[TIER].given ? o[TIER].value : "developer";
	if (!is_tier(tier))
		return command_fail("there is no tier \"%s\"", tier);
	if (!read_password(c, &o[PASSWORD], &hash))
		return 1;
	command_db(c);
	r = command_query(c, "add the user", &sp_q_user_add, SP_PARAMS(SP_P_TEXT(name),
	    SP_P_TEXT(o[DISPLAY_NAME].value), SP_P_TEXT(o[EMAIL].value), SP_P_TEXT(tier), SP_P_TEXT(hash),
	    command_context(c)));
	if (r == NULL)
		return 1;
	if (PQntuples(r) == 0)
		return command_fail("there is a user \"%s\" already", name);
	command_print_row(c, r);
	return 0;
}

int
user_list_run(struct command *c, int argc, char **argv)
{
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, "list the users", &sp_q_user_list, SP_NO_PARAMS)) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}

int
user_passwd_run(struct command *c, int argc, char **argv)
{
	struct command_option o[] = { { "--password-stdin", OPTION_FLAG }, { NULL } };
	const char *name, *hash;
	const PGresult *r;

	if (!command_options(c, o, argc, argv, &name, 1, 1))
		return 2;
	if (!read_password(c, &o[0], &hash))
		return 1;
	command_db(c);
	r = command_query(c, "set the password", &sp_q_user_password,
	    SP_PARAMS(SP_P_TEXT(name), SP_P_TEXT(hash), command_context(c)));
	if (r == NULL)
		return 1;
	if (PQntuples(r) == 0)
		return command_fail("there is no user \"%s\"", name);
	command_print_row(c, r);
	return 0;
}

static int
set_disabled(struct command *c, int argc, char **argv, bool disabled)
{
	const PGresult *r;
	const char *name;

	if (!command_options(c, NULL, argc, argv, &name, 1, 1))
		return 2;
	command_db(c);
	r = command_query(c, disabled ? "disable the user" : "enable the user", &sp_q_user_disable,
	    SP_PARAMS(SP_P_TEXT(name), SP_P_BOOL(disabled), command_context(c)));
	if (r == NULL)
		return 1;
	if (PQntuples(r) == 0)
		return command_fail("there is no user \"%s\"", name);
	command_print_row(c, r);
	return 0;
}

int
user_disable_run(struct command *c, int argc, char **argv)
{
	return set_disabled(c, argc, argv, true);
}

int
user_enable_run(struct command *c, int argc, char **argv)
{
	return set_disabled(c, argc, argv, false);
}
