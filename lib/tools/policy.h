/*
 * policy.h - who may call which tool, decided in one place
 *
 *	caller's tier		may call tools of tier
 *	public			public
 *	developer		public, developer
 *	admin, service		all
 *
 * and the access token must have all scopes of the tool.  A tool that is not
 * enabled is not in the catalog that programs load.
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

/* Only SP_ALLOWED is listed. */
enum sp_verdict sp_policy_judge(const struct sp_tool *tool, const struct sp_caller *caller);

#endif
