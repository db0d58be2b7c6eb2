/*
 * scope.h - lists of scope tokens (RFC 6749 section 3.3)
 *
 * A list keeps the order of first appearance and holds no token twice.
 */
#ifndef SP_OAUTH_SCOPE_H
#define SP_OAUTH_SCOPE_H

#include "base/arena.h"

#define SP_SCOPE_MAX 100	/* tokens in one list; more is refused */

struct sp_scope {
	struct sp_str token[SP_SCOPE_MAX];
	size_t count;
};

/*
 * False for a bad character or too many tokens.  Empty text is an empty list;
 * spaces too many, which clients that join lists leave, are passed over.
 */
SP_MUST_USE bool sp_scope_parse(struct sp_str text, struct sp_scope *out);
bool sp_scope_has(const struct sp_scope *scope, struct sp_str token);
/* Of `asked`, what `allowed` has too, in the order asked. */
void sp_scope_narrow(const struct sp_scope *asked, const struct sp_scope *allowed, struct sp_scope *out);
bool sp_scope_within(const struct sp_scope *inner, const struct sp_scope *outer);
/*
 * Whether clients ask for this one by habit, whether or not it names something
 * here: openid, profile, email, offline_access.
 */
bool sp_scope_is_habit(struct sp_str token);
const char *sp_scope_text(struct sp_arena *mem, const struct sp_scope *scope);
/* As a PostgreSQL text[] literal for a parameter. */
const char *sp_scope_array(struct sp_arena *mem, const struct sp_scope *scope);

#endif
