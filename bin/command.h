/*
 * command.h - what the subcommands of `sallyport` share
 *
 * A subcommand returns an exit status: 0 done, 1 it did not work (said on
 * standard error), 2 wrong usage.  Results go to standard output, as a table
 * or, with --json, as JSON.
 */
#ifndef SP_BIN_COMMAND_H
#define SP_BIN_COMMAND_H

#include "base/json.h"
#include "base/secret.h"
#include "base/settings.h"
#include "db/db.h"

struct command {
	struct sp_arena *mem;
	struct sp_settings *settings;	/* NULL: there are none, and the subcommand can do without */
	struct sp_db_pool *pool;	/* the owner's; made by command_db() */
	struct sp_db db;
	bool json;
	const char *usage;		/* of the subcommand that runs */
};

typedef int subcommand(struct command *c, int argc, char **argv);

subcommand init_run, migrate_run;
subcommand user_add_run, user_list_run, user_passwd_run, user_disable_run, user_enable_run;
subcommand client_add_run, client_list_run, client_disable_run, client_enable_run;
subcommand client_allow_tools_run, user_tools_run, policy_list_run, scope_imply_run, scope_unimply_run, scope_list_run;
subcommand client_addresses_run, user_addresses_run, quota_tier_run, cache_clear_run, cache_stats_run;
subcommand switch_read_only_run, switch_server_run, switch_list_run, tool_enable_run, tool_disable_run, quota_override_run;
subcommand key_list_run, key_rotate_run;
subcommand catalog_apply_run, catalog_check_run, catalog_diff_run, catalog_list_run;
subcommand catalog_call_run, catalog_test_run, catalog_export_run, catalog_secret_run;
subcommand catalog_refresh_run, catalog_pins_run;
subcommand catalog_import_run;
subcommand grant_list_run, grant_revoke_run;
subcommand audit_tail_run, sweep_run, doctor_run;

/* "sallyport: " and the text on standard error; returns 1. */
int command_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The usage on standard error; returns 2. */
int command_usage(const struct command *c);

/*
 * Takes the options out of argv[0..argc).  `options` are pairs of a name
 * ("--tier", or "--tier=" for one with a value; "--scope=*" may be repeated) in
 * the caller's table.  False: an unknown option, a missing value, or other than
 * min..max operands; the usage was printed.
 */
struct command_option {
	const char *name;		/* "--tier"; NULL ends the table */
	enum { OPTION_FLAG, OPTION_VALUE, OPTION_LIST } kind;
	bool given;
	const char *value;		/* of the last one */
	const char *list[64];		/* of OPTION_LIST, in order */
	size_t count;
};
SP_MUST_USE bool command_options(struct command *c, struct command_option *options, int argc, char **argv,
    const char **operands, size_t min, size_t max);

/* The owner's connection (admin_database, else database). */
void command_db(struct command *c);
/* The master keys, or NULL with a message. */
struct sp_keyring *command_keyring(struct command *c);
/* Says what the database answered; returns 1. */
int command_db_failed(struct command *c, const char *doing);
/* Who asks, for audit rows: the operating system's user. */
struct sp_param command_context(struct command *c);
/* One statement; the result lives in the arena. NULL: it failed, and that was said. */
const PGresult *command_query(struct command *c, const char *doing, const struct sp_query *query,
    const struct sp_param *params);
/* A result as a table (empty columns left out) or a JSON array of objects. */
void command_print(const struct command *c, const PGresult *result);
/* What others wrote, with its line breaks, in a form that does not drive the terminal. */
void command_print_text(struct sp_str text);
/* The first row as one JSON object or as "name: value" lines. */
void command_print_row(const struct command *c, const PGresult *result);
/* The first line of standard input, without its end. False: nothing there, or too long. */
SP_MUST_USE bool command_read_line(struct command *c, struct sp_str *out);

#endif
