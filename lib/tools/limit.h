/*
 * limit.h - how often a tool may be called, and how often at once (option "quota")
 *
 * A person (or a client without one), a client, and all together have a counter
 * each for every tool that names a rate for it.  Rows of quota_override stand in
 * the place of the tool's rates for one person or client, also where the tool has
 * none.  Rows of tier_rate give a person a counter for all tools of a tier together.  A call that is refused by one counter gives back to the others; so does
 * one that ends in a question, which is made again.
 */
#ifndef SP_TOOLS_LIMIT_H
#define SP_TOOLS_LIMIT_H

#include "tools/options.h"
#include "tools/run.h"

/* What a call holds of its limits while it runs. */
struct sp_limits {
	struct taken {
		struct sp_str key;
		struct sp_rate rate;
	} taken[4 * SP_RATES_MAX];
	size_t count;
	struct sp_slot slot;
};

/* Whether this tool has limits for anybody. */
bool sp_limit_is_set(const struct sp_tool *tool);

/*
 * SP_QUOTA_EXHAUSTED: *out tells the model when to come back, in words and as
 * _meta "sallyport/retryAfterMs", and *why is for the audit row.
 */
SP_MUST_USE enum sp_quota sp_limit_enter(const struct sp_tool_call *call, struct sp_limits *held,
    struct sp_tool_result *out, const char **why);
/* The end of the call; counts: it was made, and not put off. */
void sp_limit_leave(const struct sp_tool_call *call, struct sp_limits *held, bool counts);

/*
 * One of a rate that a setting gives to a principal, for requests that are no
 * calls of tools: false with 429 and Retry-After (or 503).  limit 0: no limit.
 */
SP_MUST_USE bool sp_limit_requests(struct sp_request *req, const struct sp_caller *caller, const char *what,
    int64_t per_minute);

#endif
