/*
 * schema_run.h - one pass of a value through a schema: what schema_validate.c and schema_check.c share
 */
#ifndef SP_TOOLS_SCHEMA_RUN_H
#define SP_TOOLS_SCHEMA_RUN_H

#include "tools/schema_private.h"

#define SP_SCHEMA_BYTES_PER_STEP 64	/* of text that is read through */
#define SP_SCHEMA_EXPLAINED 2		/* faults that are told of a subschema that was only tried */

/* Which members or items of a value have been evaluated. */
struct sp_schema_seen {
	uint64_t *bits;
	size_t count;
	uint64_t few;			/* where bits lie when 64 are enough */
};

/* The resources that evaluation has entered; only the first time of each matters. */
struct sp_schema_scope {
	const struct sp_schema_resource *resource;
	const struct sp_schema_scope *up;
};

struct sp_schema_run {
	struct sp_arena *mem;
	struct sp_schema_budget budget;
	struct sp_schema_matcher *matcher;	/* made when the first pattern is met */
	const struct sp_schema_scope *scope;
	struct sp_schema_errors *errors;	/* NULL: nobody wants to know why */
	size_t max_errors;
	unsigned depth;
};

static inline bool
sp_schema_spent(const struct sp_schema_run *r)
{
	return r->budget.left == 0;
}

/* To go on after a fault is worth it only when somebody listens, and has not heard enough. */
static inline bool
sp_schema_go_on(const struct sp_schema_run *r, bool ok)
{
	return ok || (r->errors != NULL && !r->errors->more && !sp_schema_spent(r));
}

/* seen NULL: nobody will ask */
static inline void
sp_schema_see(struct sp_schema_seen *seen, size_t i)
{
	if (seen != NULL)
		seen->bits[i / 64] |= (uint64_t)1 << (i % 64);
}

/* Always false. */
bool sp_schema_fail(struct sp_schema_run *r, struct sp_schema_fault fault);

/* In a function with node, value and place: FAULT(MINIMUM), FAULT(REQUIRED, .name = name) */
#define FAULT(id, ...) sp_schema_fail(r, (struct sp_schema_fault){ .node = node, \
	.keyword = SP_SCHEMA_##id, .place = place, .value = value, ##__VA_ARGS__ })

/* A value against a node. */
bool sp_schema_evaluate(struct sp_schema_run *r, const struct sp_schema_node *node,
    struct json_object *value, const struct sp_schema_place *place, struct sp_schema_seen *seen);

/*
 * A subschema that may fail although its parent does not: quietly, or with its
 * reasons in `errors`.  It marks in `seen` only when it succeeds.
 */
bool sp_schema_attempt(struct sp_schema_run *r, const struct sp_schema_node *node,
    struct json_object *value, const struct sp_schema_place *place, struct sp_schema_seen *seen,
    struct sp_schema_errors *errors);

/* All keywords that look at the value or its children, and hold no other schema for the value itself. */
bool sp_schema_check(struct sp_schema_run *r, const struct sp_schema_node *node,
    struct json_object *value, const struct sp_schema_place *place, struct sp_schema_seen *seen);

#endif
