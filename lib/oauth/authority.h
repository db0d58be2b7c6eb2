/*
 * authority.h - what a worker knows by heart: signing keys, resources, revocations
 *
 * One snapshot per process, replaced whole (reference-counted) when the
 * listener says that something changed.  In CGI it is loaded for the one
 * request, and only what is asked for.
 */
#ifndef SP_OAUTH_AUTHORITY_H
#define SP_OAUTH_AUTHORITY_H

#include "jose/keyset.h"
#include "oauth/resource.h"
#include "web/worker.h"

struct sp_authority;		/* process life; kept in sp_process.state or inside it */

/*
 * On the listener's thread, for what else a program keeps in memory.  `what` is
 * what was notified: "keys", "catalog", "revoked KEY" (as in revocations.h), each
 * after it was taken in, or something that is only the hook's (channel
 * "sallyport_mcp").  NULL: anything may have changed.
 */
typedef void sp_authority_hook(void *arg, struct sp_db *db, const char *what);

/*
 * Called from a program's start().  FastCGI: starts the listener, which loads
 * everything as soon as the database is there.  CGI: only remembers the process.
 */
SP_MUST_USE bool sp_authority_start(struct sp_process *process, sp_authority_hook *hook, void *arg,
    struct sp_authority **out);
void sp_authority_stop(struct sp_authority *authority);

/* The same as start() and stop() of a program that keeps nothing else in process->state. */
bool sp_authority_program_start(struct sp_process *process);
void sp_authority_program_stop(struct sp_process *process);

/*
 * The current keys / resources; the reference is returned with the request's
 * arena.  Loaded for the one request when the process does not have them (at
 * its start, before the database was reached; CGI).  False: sp_fail_db().
 */
SP_MUST_USE bool sp_authority_keys(struct sp_request *req, struct sp_authority *authority,
    const struct sp_keyset **out);
SP_MUST_USE bool sp_authority_resources(struct sp_request *req, struct sp_authority *authority,
    const struct sp_resources **out);

/*
 * Is this grant or token (jti) revoked?  From the set kept current by
 * notifications; when that is over a second behind (listener away, CGI), from
 * the database.  False on failure to find out (503), never a guess.
 */
SP_MUST_USE bool sp_authority_revoked(struct sp_request *req, struct sp_authority *authority,
    struct sp_str grant_id, struct sp_str jti, bool *revoked);

/*
 * The same of what is known in memory: for streams, which end when a revocation
 * is heard of, and when the hook is told that anything may have changed.
 */
bool sp_authority_heard_revoked(struct sp_authority *authority, struct sp_str grant_id, struct sp_str jti);

/*
 * Whether notifications reach this process, now or when the database is back.
 * False in CGI, and where LISTEN is not possible.
 */
bool sp_authority_listens(const struct sp_authority *authority);

/* Grows with every change of the keys: what was verified before is verified again. */
uint64_t sp_authority_generation(struct sp_authority *authority);

#endif
