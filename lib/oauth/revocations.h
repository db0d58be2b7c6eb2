/*
 * revocations.h - the set of revoked grants and tokens that a worker keeps
 *
 * Keys are 'g:' grant_id and 'j:' jti.  Read by every request, written by the
 * listener; safe for any number of threads.
 */
#ifndef SP_OAUTH_REVOCATIONS_H
#define SP_OAUTH_REVOCATIONS_H

#include "base/str.h"

struct sp_revocations;

struct sp_revocations *sp_revocations_new(void);
void sp_revocations_free(struct sp_revocations *set);
void sp_revocations_add(struct sp_revocations *set, struct sp_str key);
bool sp_revocations_have(struct sp_revocations *set, struct sp_str key);
/* Takes all of `from`'s keys in exchange for its own; `from` is freed. */
void sp_revocations_replace(struct sp_revocations *set, struct sp_revocations *from);

#endif
