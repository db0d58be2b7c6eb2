/* policy.c - who may call which tool, decided in one place */
#include "tools/policy.h"

/* A caller of an unknown tier reaches nothing, and a tool of one is reached by nobody. */
static bool
tier_reaches(const char *caller, const char *tool)
{
	static const struct {
		const char *name;
		int rank;
	} tiers[] = { { "public", 0 }, { "developer", 1 }, { "admin", 2 }, { "service", 2 } };
	int have = -1, need = 3;

	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
		if (caller != NULL && strcmp(caller, tiers[i].name) == 0)
			have = tiers[i].rank;
		if (strcmp(tool, tiers[i].name) == 0)
			need = tiers[i].rank;
	}
	return have >= need;
}

enum sp_verdict
sp_policy_judge(const struct sp_tool *tool, const struct sp_caller *caller)
{
	if (!tier_reaches(caller->tier, tool->tier))
		return SP_DENIED;
	return sp_scope_within(tool->scopes, &caller->scope) ? SP_ALLOWED : SP_NEEDS_SCOPE;
}
