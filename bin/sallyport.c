/*
 * sallyport.c - administration: the schema, users, clients, keys, catalog, grants, audit
 */
#include "command.h"

#include "base/log.h"

static const struct {
	const char *group, *name;	/* name NULL: the group itself is the command */
	subcommand *run;
	const char *usage, *summary;
	bool may_lack_settings;		/* it works with what it can where there are none: c->settings is NULL */
} commands[] = {
	{ "init", NULL, init_run, "init [--superuser CONNINFO]",
	    "make roles, database, master key, schema and signing keys" },
	{ "migrate", NULL, migrate_run, "migrate", "bring the schema to this version" },
	{ "user", "add", user_add_run,
	    "user add NAME [--tier public|developer|admin] [--display-name TEXT] [--email ADDRESS] --password-stdin",
	    "add a person" },
	{ "user", "list", user_list_run, "user list", "list everybody" },
	{ "user", "passwd", user_passwd_run, "user passwd NAME --password-stdin", "set a password" },
	{ "user", "disable", user_disable_run, "user disable NAME", "end a person's access at once" },
	{ "user", "enable", user_enable_run, "user enable NAME", "let a person sign in again" },
	{ "client", "add", client_add_run,
	    "client add NAME [--grant GRANT_TYPE]... [--redirect-uri URI]... [--scope \"A B\"] [--resource URL]\n"
	    "                            [--tier public|developer|admin|service] [--public]",
	    "add an OAuth client; prints client_id and, once, client_secret" },
	{ "client", "list", client_list_run, "client list", "list all clients" },
	{ "client", "disable", client_disable_run, "client disable CLIENT_ID", "end a client's access at once" },
	{ "client", "enable", client_enable_run, "client enable CLIENT_ID", "let a client in again" },
	{ "client", "allow-tools", client_allow_tools_run,
	    "client allow-tools CLIENT_ID [PATTERN]... [--server NAME|*] [--all]",
	    "the only tools of a client, or (--all) no list" },
	{ "user", "tools", user_tools_run,
	    "user tools NAME [--allow PATTERN]... [--deny PATTERN]... [--forget PATTERN]... [--server NAME|*]",
	    "what a person may use beyond the tier, or not in spite of it" },
	{ "client", "addresses", client_addresses_run, "client addresses CLIENT_ID [RANGE]... [--any]",
	    "the only addresses that a client may come from, or (--any) all" },
	{ "user", "addresses", user_addresses_run, "user addresses NAME [RANGE]... [--any]",
	    "the only addresses that a person may come from, or (--any) all" },
	{ "policy", "list", policy_list_run, "policy list", "list the rules about clients, people and tiers" },
	{ "scope", "list", scope_list_run, "scope list", "list the scopes and what they imply" },
	{ "scope", "imply", scope_imply_run, "scope imply SCOPE IMPLIED...", "who has a scope has others, too" },
	{ "scope", "unimply", scope_unimply_run, "scope unimply SCOPE IMPLIED...", "end that" },
	{ "switch", "read-only", switch_read_only_run, "switch read-only on|off",
	    "leave only what reads, everywhere and at once" },
	{ "switch", "server", switch_server_run, "switch server on|off [--server NAME] [--message TEXT]",
	    "close a server for a while, and say why" },
	{ "switch", "list", switch_list_run, "switch list", "list what is switched off" },
	{ "tool", "enable", tool_enable_run, "tool enable NAME [--toolset] [--server NAME] [--tier TIER]",
	    "switch a tool or toolset on again" },
	{ "tool", "disable", tool_disable_run, "tool disable NAME [--toolset] [--server NAME] [--tier TIER]",
	    "switch a tool or toolset off, everywhere and at once" },
	{ "quota", "override", quota_override_run,
	    "quota override PATTERN RATE|unlimited|none --user NAME | --client CLIENT_ID [--server NAME|*]",
	    "another rate of calls for a person or a client" },
	{ "quota", "tier", quota_tier_run, "quota tier public|developer|admin|service RATE|none",
	    "how often one person may call tools of a tier" },
	{ "cache", "clear", cache_clear_run, "cache clear [PATTERN]", "forget the results that are kept of tools" },
	{ "cache", "stats", cache_stats_run, "cache stats", "how many results are kept, and how often they were used" },
	{ "key", "list", key_list_run, "key list", "list the signing keys" },
	{ "key", "rotate", key_rotate_run, "key rotate [--alg ES256|EdDSA|RS256]",
	    "put the next signing key to work and make another" },
	{ "catalog", "check", catalog_check_run, "catalog check FILE|DIRECTORY...",
	    "find all faults of catalog documents", .may_lack_settings = true },
	{ "catalog", "diff", catalog_diff_run, "catalog diff [--prune] [FILE|DIRECTORY...]",
	    "show what apply would change" },
	{ "catalog", "apply", catalog_apply_run, "catalog apply [--prune] [FILE|DIRECTORY...]",
	    "make the catalog what documents, SQL and functions say" },
	{ "catalog", "refresh", catalog_refresh_run, "catalog refresh [UPSTREAM]",
	    "read what upstream MCP servers have" },
	{ "catalog", "pins", catalog_pins_run, "catalog pins [approve UPSTREAM[/NAME]...]",
	    "show what upstreams have changed; approve it" },
	{ "catalog", "export", catalog_export_run, "catalog export", "print documents that make the same catalog" },
	{ "catalog", "secret", catalog_secret_run, "catalog secret CREDENTIAL <FILE",
	    "keep a credential's secret, sealed with the master key" },
	{ "catalog", "list", catalog_list_run, "catalog list [--as USER [--client CLIENT_ID]]",
	    "list tools, resources and prompts: all, or what somebody sees" },
	{ "catalog", "call", catalog_call_run, "catalog call [SERVER/]TOOL [ARGUMENTS] --as USER [--client CLIENT_ID]",
	    "call a tool as somebody" },
	{ "catalog", "test", catalog_test_run, "catalog test [FILE|DIRECTORY...] --as USER [--client CLIENT_ID]",
	    "make the calls that documents have as tests" },
	{ "catalog", "import", catalog_import_run,
	    "catalog import openapi FILE [--name NAME] [--source NAME|URL] [--out FILE | --diff]",
	    "propose documents for an OpenAPI description" },
	{ "grant", "list", grant_list_run, "grant list [--user NAME]", "list who allowed which app what" },
	{ "grant", "revoke", grant_revoke_run, "grant revoke GRANT_ID", "end a grant and its tokens at once" },
	{ "audit", "tail", audit_tail_run, "audit tail [--lines N] [--follow]", "show the newest audit rows" },
	{ "sweep", NULL, sweep_run, "sweep", "delete what has run out" },
	{ "doctor", NULL, doctor_run, "doctor [--url BASE_URL]", "check everything and say how to mend it" },
	{ NULL }
};

/* All commands, or those of one group. */
static void
help(FILE *out, const char *group)
{
	fprintf(out, "usage: sallyport %s [--json] ...\n\n", group != NULL ? group : "COMMAND");
	for (size_t i = 0; commands[i].run != NULL; i++)
		if (group == NULL || strcmp(commands[i].group, group) == 0)
			fprintf(out, "  %-7s %-8s %s\n", commands[i].group,
			    commands[i].name != NULL ? commands[i].name : "", commands[i].summary);
	fputs("\nThe settings are those of the programs: SALLYPORT_CONFIG names their file (sallyport.conf(5)).\n", out);
}

/* Asked for among the arguments; then nothing else is looked at, and no settings are needed. */
static bool
wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static bool
load_settings(struct command *c)
{
	struct sp_buf errors;

	sp_buf_init(&errors, c->mem, 65536);
	if (sp_settings_load(&c->settings, &errors))
		return true;
	fprintf(stderr, "sallyport: the settings have faults:\n%.*s", SP_FMT(sp_buf_view(&errors)));
	return false;
}

static int
run(size_t i, int argc, char **argv)
{
	struct command c = { .usage = commands[i].usage };
	int status = 1;

	if (wants_help(argc, argv)) {
		printf("usage: sallyport %s\n\n%s\n", c.usage, commands[i].summary);
		return 0;
	}
	c.mem = sp_arena_new();
	if ((commands[i].may_lack_settings && !sp_settings_are_there()) || load_settings(&c))
		status = commands[i].run(&c, argc, argv);
	if (c.pool != NULL) {
		sp_db_end(&c.db);
		sp_db_pool_free(c.pool);
	}
	sp_settings_free(c.settings);
	sp_arena_free(c.mem);
	return status;
}

int
main(int argc, char **argv)
{
	bool known_group = false;

	sp_log_program("sallyport");
	sp_log_threshold(SP_ERROR + 1);		/* people read messages, not log lines */
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
		return help(stdout, NULL), 0;
	if (argc >= 2 && strcmp(argv[1], "--version") == 0)
		return puts("sallyport " PACKAGE_VERSION), 0;
	for (size_t i = 0; argc >= 2 && commands[i].run != NULL; i++) {
		if (strcmp(argv[1], commands[i].group) != 0)
			continue;
		known_group = true;
		if (commands[i].name == NULL)
			return run(i, argc - 2, argv + 2);
		if (argc >= 3 && strcmp(argv[2], commands[i].name) == 0)
			return run(i, argc - 3, argv + 3);
	}
	if (argc >= 2 && !known_group)
		fprintf(stderr, "sallyport: there is no command \"%s\"\n", argv[1]);
	if (known_group && wants_help(argc - 2, argv + 2))
		return help(stdout, argv[1]), 0;
	help(stderr, known_group ? argv[1] : NULL);
	return 2;
}
