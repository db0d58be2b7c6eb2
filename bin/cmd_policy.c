/* cmd_policy.c - sallyport client allow-tools, user tools, addresses, scope, switch, tool, quota, cache: who may call what */
#include "command.h"

#include <arpa/inet.h>

#include "db/queries.h"
#include "oauth/scope.h"
#include "tools/options.h"

#define PATTERNS_MAX 200		/* on one command line */

static struct sp_param
json_array(struct command *c, const char *const *items, size_t count)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, c->mem, 1024 * 1024);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < count; i++)
		sp_jw_cstr(&w, items[i]);
	sp_jw_array_end(&w);
	return SP_P_STR(sp_buf_view(&b));
}

/* How many operands there are; command_options() has judged their number. */
static size_t
count_of(const char *const *operands, size_t max)
{
	size_t n = 0;

	while (n < max && operands[n] != NULL)
		n++;
	return n;
}

/* A statement whose one value says whether it found whom it is about. */
static int
decide(struct command *c, const char *doing, const struct sp_query *query, const struct sp_param *params,
    const char *missing)
{
	const PGresult *r;

	command_db(c);
	if ((r = command_query(c, doing, query, params)) == NULL)
		return 1;
	return strcmp(PQgetvalue(r, 0, 0), "t") == 0 ? 0 : command_fail("%s", missing);
}

static int
list(struct command *c, int argc, char **argv, const char *doing, const struct sp_query *query)
{
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, NULL, 0, 0))
		return 2;
	command_db(c);
	if ((r = command_query(c, doing, query, SP_NO_PARAMS)) == NULL)
		return 1;
	command_print(c, r);
	return 0;
}

int
policy_list_run(struct command *c, int argc, char **argv)
{
	return list(c, argc, argv, "list the rules", &sp_q_policy_list);
}

static bool
is_tier(const char *text)
{
	return strcmp(text, "public") == 0 || strcmp(text, "developer") == 0 || strcmp(text, "admin") == 0 ||
	    strcmp(text, "service") == 0;
}

/* ---- lists of tools ---- */

int
client_allow_tools_run(struct command *c, int argc, char **argv)
{
	enum { SERVER, ALL };
	struct command_option o[] = { [SERVER] = { "--server", OPTION_VALUE }, [ALL] = { "--all", OPTION_FLAG }, { NULL } };
	const char *operands[1 + PATTERNS_MAX] = { NULL };
	size_t n;

	if (!command_options(c, o, argc, argv, operands, 1, 1 + PATTERNS_MAX))
		return 2;
	n = count_of(operands + 1, PATTERNS_MAX);
	if ((n == 0) != o[ALL].given)
		return command_usage(c);
	return decide(c, "set the list of the client", &sp_q_client_allow_tools, SP_PARAMS(SP_P_TEXT(operands[0]),
	    SP_P_TEXT(o[SERVER].given ? o[SERVER].value : ""),
	    o[ALL].given ? SP_P_NULL : json_array(c, operands + 1, n), command_context(c)),
	    sp_printf(c->mem, "there is no client %s", operands[0]));
}

int
user_tools_run(struct command *c, int argc, char **argv)
{
	enum { SERVER, ALLOW, DENY, FORGET };
	struct command_option o[] = { [SERVER] = { "--server", OPTION_VALUE }, [ALLOW] = { "--allow", OPTION_LIST },
		[DENY] = { "--deny", OPTION_LIST }, [FORGET] = { "--forget", OPTION_LIST }, { NULL } };
	const struct sp_param allowed[] = { [ALLOW] = SP_P_BOOL(true), [DENY] = SP_P_BOOL(false), [FORGET] = SP_P_NULL };
	const char *name;
	int status = 0;

	if (!command_options(c, o, argc, argv, &name, 1, 1))
		return 2;
	if (o[ALLOW].count + o[DENY].count + o[FORGET].count == 0)
		return command_usage(c);
	for (size_t i = ALLOW; i <= FORGET && status == 0; i++)
		if (o[i].count > 0)
			status = decide(c, "set the tools of the user", &sp_q_user_tools, SP_PARAMS(SP_P_TEXT(name),
			    SP_P_TEXT(o[SERVER].given ? o[SERVER].value : ""), json_array(c, o[i].list, o[i].count), allowed[i],
			    command_context(c)), sp_printf(c->mem, "there is no user \"%s\"", name));
	return status;
}

/* ---- addresses ---- */

/* "192.0.2.0/24", "2001:db8::/32", "192.0.2.7"; not what the database would make of half an address. */
static bool
is_range(struct command *c, const char *text)
{
	struct sp_str rest = sp_str(text), address;
	int64_t bits, most;
	char in[16];

	if (!sp_str_split(&rest, '/', &address))
		return false;
	if (inet_pton(AF_INET, sp_cstr(c->mem, address), in) == 1)
		most = 32;
	else if (inet_pton(AF_INET6, sp_cstr(c->mem, address), in) == 1)
		most = 128;
	else
		return false;
	return address.len == strlen(text) || sp_str_int64(rest, 0, most, &bits);
}

static int
set_addresses(struct command *c, int argc, char **argv, bool of_user)
{
	enum { ANY };
	struct command_option o[] = { [ANY] = { "--any", OPTION_FLAG }, { NULL } };
	const char *operands[1 + PATTERNS_MAX] = { NULL };
	size_t n;

	if (!command_options(c, o, argc, argv, operands, 1, 1 + PATTERNS_MAX))
		return 2;
	n = count_of(operands + 1, PATTERNS_MAX);
	if ((n == 0) != o[ANY].given)
		return command_usage(c);
	for (size_t i = 1; i <= n; i++)
		if (!is_range(c, operands[i]))
			return command_fail("\"%s\" is no range of addresses: 192.0.2.0/24, 2001:db8::/32, 192.0.2.7", operands[i]);
	return decide(c, "set the addresses", &sp_q_address_ranges_set, SP_PARAMS(
	    of_user ? SP_P_TEXT(operands[0]) : SP_P_NULL, of_user ? SP_P_NULL : SP_P_TEXT(operands[0]),
	    json_array(c, operands + 1, n), command_context(c)),
	    sp_printf(c->mem, "there is no %s %s", of_user ? "user" : "client", operands[0]));
}

int
client_addresses_run(struct command *c, int argc, char **argv)
{
	return set_addresses(c, argc, argv, false);
}

int
user_addresses_run(struct command *c, int argc, char **argv)
{
	return set_addresses(c, argc, argv, true);
}

/* ---- scopes ---- */

static int
imply(struct command *c, int argc, char **argv, bool implied)
{
	const char *operands[1 + PATTERNS_MAX] = { NULL };
	struct sp_scope scope;
	size_t n;

	if (!command_options(c, NULL, argc, argv, operands, 2, 1 + PATTERNS_MAX))
		return 2;
	n = count_of(operands, 1 + PATTERNS_MAX);
	for (size_t i = 0; i < n; i++)
		if (!sp_scope_parse(sp_str(operands[i]), &scope) || scope.count != 1)
			return command_fail("\"%s\" is not a scope", operands[i]);
	for (size_t i = 1; i < n; i++)
		if (strcmp(operands[0], operands[i]) == 0)
			return command_fail("%s implies itself", operands[0]);
	command_db(c);
	return command_query(c, "change what the scope implies", &sp_q_scope_imply, SP_PARAMS(SP_P_TEXT(operands[0]),
	    json_array(c, operands + 1, n - 1), SP_P_BOOL(implied), command_context(c))) != NULL ? 0 : 1;
}

int
scope_imply_run(struct command *c, int argc, char **argv)
{
	return imply(c, argc, argv, true);
}

int
scope_unimply_run(struct command *c, int argc, char **argv)
{
	return imply(c, argc, argv, false);
}

int
scope_list_run(struct command *c, int argc, char **argv)
{
	return list(c, argc, argv, "list the scopes", &sp_q_scope_list);
}

/* ---- switches ---- */

int
switch_read_only_run(struct command *c, int argc, char **argv)
{
	const char *state;

	if (!command_options(c, NULL, argc, argv, &state, 1, 1))
		return 2;
	if (strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
		return command_usage(c);
	return decide(c, "set the switch", &sp_q_switch_set, SP_PARAMS(SP_P_TEXT("read-only"), SP_P_TEXT(""), SP_P_TEXT(""),
	    SP_P_TEXT(""), SP_P_NULL, SP_P_BOOL(strcmp(state, "on") == 0), command_context(c)), "");
}

int
switch_server_run(struct command *c, int argc, char **argv)
{
	enum { SERVER, MESSAGE };
	struct command_option o[] = { [SERVER] = { "--server", OPTION_VALUE }, [MESSAGE] = { "--message", OPTION_VALUE }, { NULL } };
	const char *state;

	if (!command_options(c, o, argc, argv, &state, 1, 1))
		return 2;
	if (strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
		return command_usage(c);
	return decide(c, "set the switch", &sp_q_switch_set, SP_PARAMS(SP_P_TEXT("server"),
	    SP_P_TEXT(o[SERVER].given ? o[SERVER].value : ""), SP_P_TEXT(""), SP_P_TEXT(""), SP_P_TEXT(o[MESSAGE].value),
	    SP_P_BOOL(strcmp(state, "off") == 0), command_context(c)), "there is no such server");
}

int
switch_list_run(struct command *c, int argc, char **argv)
{
	return list(c, argc, argv, "list the switches", &sp_q_switch_list);
}

static int
set_tool(struct command *c, int argc, char **argv, bool off)
{
	enum { SERVER, TOOLSET, TIER };
	struct command_option o[] = { [SERVER] = { "--server", OPTION_VALUE }, [TOOLSET] = { "--toolset", OPTION_FLAG },
		[TIER] = { "--tier", OPTION_VALUE }, { NULL } };
	const char *name, *kind;

	if (!command_options(c, o, argc, argv, &name, 1, 1))
		return 2;
	if (o[TIER].given && !is_tier(o[TIER].value))
		return command_usage(c);
	kind = o[TOOLSET].given ? "toolset" : "tool";
	return decide(c, "set the switch", &sp_q_switch_set, SP_PARAMS(SP_P_TEXT(kind),
	    SP_P_TEXT(o[SERVER].given ? o[SERVER].value : ""), SP_P_TEXT(name), SP_P_TEXT(o[TIER].given ? o[TIER].value : ""),
	    SP_P_NULL, SP_P_BOOL(off), command_context(c)),
	    sp_printf(c->mem, "there is no %s \"%s\" on this server", kind, name));
}

int
tool_enable_run(struct command *c, int argc, char **argv)
{
	return set_tool(c, argc, argv, false);
}

int
tool_disable_run(struct command *c, int argc, char **argv)
{
	return set_tool(c, argc, argv, true);
}

/* ---- quotas ---- */

int
quota_override_run(struct command *c, int argc, char **argv)
{
	enum { SERVER, USER, CLIENT };
	struct command_option o[] = { [SERVER] = { "--server", OPTION_VALUE }, [USER] = { "--user", OPTION_VALUE },
		[CLIENT] = { "--client", OPTION_VALUE }, { NULL } };
	const char *operands[2];
	struct sp_rate rate;
	bool none;

	if (!command_options(c, o, argc, argv, operands, 2, 2))
		return 2;
	if (o[USER].given == o[CLIENT].given)
		return command_usage(c);
	none = strcmp(operands[1], "none") == 0;
	if (!none && strcmp(operands[1], "unlimited") != 0 && !sp_rate_parse(sp_str(operands[1]), &rate))
		return command_fail("\"%s\" is no rate: 60/min, 5/s, 100/15min, 1000/h", operands[1]);
	return decide(c, "set the rate", &sp_q_quota_override_set, SP_PARAMS(SP_P_TEXT(o[USER].value),
	    SP_P_TEXT(o[CLIENT].value), SP_P_TEXT(o[SERVER].given ? o[SERVER].value : ""), SP_P_TEXT(operands[0]),
	    none ? SP_P_NULL : SP_P_TEXT(operands[1]), command_context(c)), "there is nobody of this name");
}

int
quota_tier_run(struct command *c, int argc, char **argv)
{
	const char *operands[2];
	struct sp_rates rates;
	bool none;

	if (!command_options(c, NULL, argc, argv, operands, 2, 2))
		return 2;
	if (!is_tier(operands[0]))
		return command_usage(c);
	none = strcmp(operands[1], "none") == 0;
	if (!none && !sp_rates_parse(sp_str(operands[1]), &rates))
		return command_fail("\"%s\" is no rate: 60/min, 5/s, or several with commas between", operands[1]);
	return decide(c, "set the rate", &sp_q_tier_rate_set, SP_PARAMS(SP_P_TEXT(operands[0]),
	    none ? SP_P_NULL : SP_P_TEXT(operands[1]), command_context(c)), "");
}

/* ---- results that are kept ---- */

int
cache_clear_run(struct command *c, int argc, char **argv)
{
	const char *pattern = "*";
	const PGresult *r;

	if (!command_options(c, NULL, argc, argv, &pattern, 0, 1))
		return 2;
	command_db(c);
	if ((r = command_query(c, "clear the cache", &sp_q_cache_clear, SP_PARAMS(SP_P_TEXT(pattern)))) == NULL)
		return 1;
	command_print_row(c, r);
	return 0;
}

int
cache_stats_run(struct command *c, int argc, char **argv)
{
	return list(c, argc, argv, "look at the cache", &sp_q_cache_stats);
}
