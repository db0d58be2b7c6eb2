/*
 * options.h - what a tool of any kind may ask for: column options of sallyport.tool
 *
 *	{
 *	  "confirm": true,			or the question
 *	  "quota": {"user": "60/min", "client": "600/min, 5000/h", "tool": "1000/min", "concurrent": 5},
 *	  "cache": {"ttl": "60s", "per": "principal"},		or "everyone"
 *	  "invalidates": ["other_tool"],
 *	  "sensitive": ["password"],
 *	  "bind": {"owner": {"from": "claim.sub"}, "limit": {"value": 5},
 *	    "query_embedding": {"from": "embedding", "of": "query", "source": "codesearch-embedding"}},
 *	  "task": "optional"			"required", or {"support": "required", "timeout": "2h"}: see catalog.c
 *	}
 *
 * The members of a document that have these names, and the tags of a function's
 * comment.  Nothing else is taken.
 */
#ifndef SP_TOOLS_OPTIONS_H
#define SP_TOOLS_OPTIONS_H

#include "tools/catalog.h"
#include "tools/quota.h"

struct sp_http_source;

#define SP_RATES_MAX 4			/* of one counter: a burst and longer windows */

struct sp_rates {
	struct sp_rate item[SP_RATES_MAX];
	size_t count;
};

struct sp_names {
	const char *const *item;
	size_t count;
};

/* An argument that its caller neither sends nor sees. */
struct sp_bound {
	const char *name;
	const char *claim;		/* of the access token, members of members with dots; NULL: value */
	struct sp_str value;		/* JSON */
	/*
	 * from embedding: made of this argument when the call is made; NULL: it is none.
	 * The source is an object in what workers read; a name is one that is not there.
	 */
	const char *of;
	const struct sp_http_source *source;	/* NULL: nobody makes it, and the argument is left out */
};

struct sp_tool_options {
	const char *confirm;		/* the question; "": one is made; NULL: nobody is asked */
	struct sp_rates per_user, per_client, per_tool;
	int64_t concurrent;		/* calls at once, of everybody; 0: any number */
	int64_t cache_ttl_ms;		/* 0: results are not kept */
	bool cache_for_everyone;	/* else for each principal */
	struct sp_names invalidates;	/* tools of the same server whose results a call that succeeds makes old */
	struct sp_names sensitive;	/* arguments that are never logged, kept or shown */
	const struct sp_bound *bound;
	size_t bound_count;
};

/*
 * Reads them into mem; *out is NULL when there is nothing (NULL, {}).  reads: the
 * tool changes nothing (it is read_only, or its readOnlyHint says so), as one whose
 * results are kept must be.  False: *why begins with the member ("quota.user: ...").
 */
SP_MUST_USE bool sp_tool_options_read(struct sp_arena *mem, struct json_object *options, bool reads,
    const struct sp_tool_options **out, const char **why);

/* "60/min" or several with commas between.  False for anything else, and for "". */
SP_MUST_USE bool sp_rates_parse(struct sp_str text, struct sp_rates *out);

bool sp_names_have(const struct sp_names *names, const char *name);

#endif
