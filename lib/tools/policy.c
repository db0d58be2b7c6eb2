/* policy.c - who may call which tool, decided in one place */
#include "tools/policy.h"

#include "db/queries.h"
#include "web/gate.h"

#define TOOLSET		"toolset:"
#define TIER		"tier:"

/* ---- the rules ---- */

/* By name, in the order in which sallyport.policy() gives them. */
enum rule {
	CLIENT_ADDRESS,
	CLIENT_RATE,
	CLIENT_TIER,
	CLIENT_TOOL,
	IMPLIES,
	SERVER_OFF,
	TIER_DENY,
	TIER_RATE,
	USER_ADDRESS,
	USER_ALLOW,
	USER_DENY,
	USER_RATE,
	RULES
};

static const char *const rule_names[RULES] = {
	"client-address", "client-rate", "client-tier", "client-tool", "implies", "server-off", "tier-deny", "tier-rate", "user-address", "user-allow",
	"user-deny", "user-rate"
};

struct row {
	const char *rule;
	const char *subject;		/* a client_id, a user_id, a scope, a tier, a server */
	const char *server;		/* "*": any; NULL where it is not about entries */
	const char *value;		/* a pattern, a tier, a scope, a range of addresses, a text */
	const char *rate;
};

/* Of one rule, in the order of strcmp(subject). */
struct rows {
	const struct row *item;
	size_t count;
};

struct sp_policy {
	struct rows of[RULES];
};

static const struct sp_column columns[] = {
	{ "rule", SP_COL_TEXT, offsetof(struct row, rule) },
	{ "subject", SP_COL_TEXT, offsetof(struct row, subject) },
	{ "server", SP_COL_TEXT, offsetof(struct row, server) },
	{ "value", SP_COL_TEXT, offsetof(struct row, value) },
	{ "rate", SP_COL_TEXT, offsetof(struct row, rate) },
	{ NULL }
};

/* The schema knows no other names; a process that is older than the schema does not run. */
static struct rows *
rows_of(struct sp_policy *policy, const char *name)
{
	size_t rule = 0;

	while (strcmp(rule_names[rule], name) != 0)
		rule++;
	return &policy->of[rule];
}

bool
sp_policy_load(struct sp_db *db, struct sp_arena *mem, const struct sp_policy **out)
{
	struct sp_policy *policy = sp_alloc(mem, sizeof(*policy));
	struct row *kept, *row;
	void *rows;
	size_t n;

	*policy = (struct sp_policy){ 0 };
	*out = policy;
	switch (sp_db_rows(db, &sp_q_policy, SP_NO_PARAMS, columns, sizeof(*row), &rows, &n)) {
	case SP_DB_FAILED:
		return false;
	case SP_DB_NO_ROW:
		return true;
	case SP_DB_ROW:
		break;
	}
	row = rows;
	kept = sp_alloc_array(mem, n, sizeof(*kept));
	for (size_t i = 0; i < n; i++) {
		struct rows *of = rows_of(policy, row[i].rule);

		kept[i] = (struct row){ .subject = sp_strdup(mem, row[i].subject), .server = sp_strdup(mem, row[i].server),
			.value = sp_strdup(mem, row[i].value), .rate = sp_strdup(mem, row[i].rate) };
		if (of->count++ == 0)
			of->item = &kept[i];
	}
	return true;
}

/* Those about this subject. */
static struct rows
about(const struct sp_policy *policy, enum rule rule, const char *subject)
{
	struct rows all, found = { NULL, 0 };
	size_t low = 0, high;

	if (policy == NULL || subject == NULL || policy->of[rule].count == 0)
		return found;
	all = policy->of[rule];
	high = all.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(all.item[middle].subject, subject) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	found.item = all.item + low;
	while (low + found.count < all.count && strcmp(all.item[low + found.count].subject, subject) == 0)
		found.count++;
	return found;
}

/* ---- patterns ---- */

bool
sp_pattern_fits(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = ++pattern;	/* which stands for nothing at first, and takes more when the rest does not fit */
			from = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
names(const struct row *r, const struct sp_tool *tool)
{
	if (strcmp(r->server, "*") != 0 && strcmp(r->server, tool->server) != 0)
		return false;
	if (strncmp(r->value, TOOLSET, strlen(TOOLSET)) == 0)
		return tool->toolset != NULL && sp_pattern_fits(r->value + strlen(TOOLSET), tool->toolset);
	return sp_pattern_fits(r->value, tool->name);
}

/* The first of them that is about this tool, or NULL. */
static const struct row *
find(struct rows rows, const struct sp_tool *tool)
{
	for (size_t i = 0; i < rows.count; i++)
		if (names(&rows.item[i], tool))
			return &rows.item[i];
	return NULL;
}

/* ---- tiers ---- */

/* -1: none that there is. */
static int
rank(const char *tier)
{
	static const struct {
		const char *name;
		int rank;
	} tiers[] = { { "public", 0 }, { "developer", 1 }, { "admin", 2 }, { "service", 2 } };

	for (size_t i = 0; tier != NULL && i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (strcmp(tier, tiers[i].name) == 0)
			return tiers[i].rank;
	return -1;
}

/* A caller of an unknown tier reaches nothing, and a tool of one is reached by nobody. */
static bool
tier_reaches(const char *caller, const char *tool)
{
	return rank(tool) >= 0 && rank(caller) >= rank(tool);
}

static bool
client_reaches(const struct sp_tool *tool, const struct sp_caller *caller)
{
	struct rows tier = about(tool->policy, CLIENT_TIER, caller->client_id);
	struct rows list = about(tool->policy, CLIENT_TOOL, caller->client_id);

	return (tier.count == 0 || tier_reaches(tier.item[0].value, tool->tier)) &&
	    (list.count == 0 || find(list, tool) != NULL);
}

static bool
user_reaches(const struct sp_tool *tool, const struct sp_caller *caller)
{
	if (find(about(tool->policy, USER_DENY, caller->user_id), tool) != NULL)
		return false;
	return (tier_reaches(caller->tier, tool->tier) && find(about(tool->policy, TIER_DENY, caller->tier), tool) == NULL) ||
	    (rank(tool->tier) >= 0 && find(about(tool->policy, USER_ALLOW, caller->user_id), tool) != NULL);
}

/* ---- scopes ---- */

static bool
has_scope(const struct sp_policy *policy, const struct sp_scope *scope, struct sp_str needed)
{
	if (sp_scope_has(scope, needed))
		return true;
	for (size_t i = 0; policy != NULL && i < policy->of[IMPLIES].count; i++) {
		const struct row *r = &policy->of[IMPLIES].item[i];

		if (sp_str_is(needed, r->value) && sp_scope_has(scope, sp_str(r->subject)))
			return true;
	}
	return false;
}

static bool
has_scopes(const struct sp_tool *tool, const struct sp_scope *scope)
{
	for (size_t i = 0; i < tool->scopes->count; i++)
		if (!has_scope(tool->policy, scope, tool->scopes->token[i]))
			return false;
	return true;
}

/* ---- a server as a whole ---- */

static bool
is_within(struct rows ranges, struct sp_str address)
{
	for (size_t i = 0; i < ranges.count; i++)
		if (sp_address_in(address, ranges.item[i].value))
			return true;
	return ranges.count == 0;
}

bool
sp_policy_admits(const struct sp_policy *policy, const struct sp_caller *caller, struct sp_str address)
{
	return address.p == NULL || (is_within(about(policy, USER_ADDRESS, caller->user_id), address) &&
	    is_within(about(policy, CLIENT_ADDRESS, caller->client_id), address));
}

const char *
sp_policy_closed(const struct sp_policy *policy, const char *server)
{
	struct rows off = about(policy, SERVER_OFF, server);

	return off.count > 0 ? off.item[0].value : NULL;
}

/* ---- the decision ---- */

const char *
sp_policy_why(const struct sp_tool *tool, const struct sp_caller *caller)
{
	if (find(about(tool->policy, USER_DENY, caller->user_id), tool) != NULL)
		return "denied to this user";
	if (!user_reaches(tool, caller))
		return "not for this tier";
	return find(about(tool->policy, CLIENT_TOOL, caller->client_id), tool) != NULL ||
	    about(tool->policy, CLIENT_TOOL, caller->client_id).count == 0 ? "not for the tier of this client" :
	    "not on the list of this client";
}

enum sp_verdict
sp_policy_judge(const struct sp_tool *tool, const struct sp_caller *caller)
{
	if (!user_reaches(tool, caller) || !client_reaches(tool, caller))
		return SP_DENIED;
	return has_scopes(tool, &caller->scope) ? SP_ALLOWED : SP_NEEDS_SCOPE;
}

bool
sp_policy_is_open(const struct sp_tool *tool)
{
	const struct sp_policy *p = tool->policy;

	return strcmp(tool->tier, "public") == 0 && tool->scopes->count == 0 &&
	    (p == NULL || p->of[CLIENT_TOOL].count + p->of[USER_DENY].count + p->of[TIER_DENY].count +
	        p->of[CLIENT_ADDRESS].count + p->of[USER_ADDRESS].count == 0);
}

bool
sp_policy_has_rates(const struct sp_tool *tool)
{
	const struct sp_policy *p = tool->policy;

	return p != NULL && p->of[USER_RATE].count + p->of[CLIENT_RATE].count + about(p, TIER_RATE, tool->tier).count > 0;
}

static struct rows
rates_of(const struct sp_tool *tool, const struct sp_caller *caller, bool of_user)
{
	return of_user ? about(tool->policy, USER_RATE, caller->user_id) : about(tool->policy, CLIENT_RATE, caller->client_id);
}

const char *
sp_policy_rate(const struct sp_tool *tool, const struct sp_caller *caller, bool of_user)
{
	const struct row *r = find(rates_of(tool, caller, of_user), tool);

	return r != NULL ? r->rate : NULL;
}

static const struct row *
find_tier(struct rows rates, const struct sp_tool *tool)
{
	for (size_t i = 0; i < rates.count; i++) {
		const char *value = rates.item[i].value;

		if (strncmp(value, TIER, strlen(TIER)) == 0 && strcmp(value + strlen(TIER), tool->tier) == 0)
			return &rates.item[i];
	}
	return NULL;
}

const char *
sp_policy_tier_rate(const struct sp_tool *tool, const struct sp_caller *caller)
{
	struct rows general = about(tool->policy, TIER_RATE, tool->tier);
	const struct row *r = find_tier(rates_of(tool, caller, true), tool);

	if (r == NULL)
		r = find_tier(rates_of(tool, caller, false), tool);
	return r != NULL ? r->rate : general.count > 0 ? general.item[0].rate : NULL;
}
