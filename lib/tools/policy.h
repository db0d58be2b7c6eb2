/*
 * policy.h - who may call which tool, decided in one place
 *
 *	caller's tier		may call tools of tier
 *	public			public
 *	developer		public, developer
 *	admin, service		all
 *
 * 1. The tier of a caller with a user is the user's, and no more than the
 *    client's.  What is switched off for a tier is out of its reach.  A person may be allowed more than that (user_tool), which the
 *    tier of the client still bounds, and may be denied what it would reach.
 * 2. A client that has a list (client_tool) reaches nothing else, whoever uses it:
 *    that is how a service account is cut down.
 * 3. The access token must have all scopes of the tool, or scopes that imply them
 *    (scope.implies).
 *
 * The three hold together: no rule lifts what another forbids.  A tool that is
 * not enabled or switched off (table switch) is not in the catalog that programs
 * load.  Entries of other lists (resources, prompts) are judged in the same way.
 *
 * The rules are rows that are loaded with the catalog, and a change of them is a
 * change of the catalog: it holds everywhere as soon as that is noticed.
 */
#ifndef SP_TOOLS_POLICY_H
#define SP_TOOLS_POLICY_H

#include "oauth/bearer.h"
#include "tools/catalog.h"

enum sp_verdict {
	SP_ALLOWED,
	SP_NEEDS_SCOPE,		/* another token of the same caller could: say which scopes */
	SP_DENIED,		/* for this caller the tool does not exist */
};

/*
 * Whether this caller may come from this address (absent: none, as over a pipe):
 * a person, and a client, that has ranges (address_range) comes from nowhere else.
 */
bool sp_policy_admits(const struct sp_policy *policy, const struct sp_caller *caller, struct sp_str address);

/* What people are told of a server that is switched off; NULL: it is not. */
const char *sp_policy_closed(const struct sp_policy *policy, const char *server);

/* Only SP_ALLOWED is listed. */
enum sp_verdict sp_policy_judge(const struct sp_tool *tool, const struct sp_caller *caller);

/* Why it is SP_DENIED, for the audit trail and nobody else. */
const char *sp_policy_why(const struct sp_tool *tool, const struct sp_caller *caller);

/* Whether everybody who may ask at all is judged alike: then a list may be kept for all of them. */
bool sp_policy_is_open(const struct sp_tool *tool);

/*
 * The rate that this caller has at a tool in the place of the tool's own: that of
 * the longest pattern that fits, "60/min" or "unlimited"; NULL: none.  of_user: the
 * one of the person, else that of the client.
 */
const char *sp_policy_rate(const struct sp_tool *tool, const struct sp_caller *caller, bool of_user);

/*
 * The rates of one person at all tools of this one's tier together: "5/s, 100/h",
 * or the override of the caller for "tier:NAME"; NULL: none.
 */
const char *sp_policy_tier_rate(const struct sp_tool *tool, const struct sp_caller *caller);

/* Whether there is any of these rates. */
bool sp_policy_has_rates(const struct sp_tool *tool);

/* The rules, as the catalog keeps them beside its entries.  False: the database failed. */
SP_MUST_USE bool sp_policy_load(struct sp_db *db, struct sp_arena *mem, const struct sp_policy **out);

/* "*" stands for any characters. */
bool sp_pattern_fits(const char *pattern, const char *name);

#endif
