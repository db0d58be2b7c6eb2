/*
 * breaker.h - a service that fails is left alone for a while
 *
 * After so many failures in a row nothing is sent to it until the pause is over;
 * then one request is let through, and what becomes of it decides.  In each
 * process by itself: no process waits for another, and a broken database does not
 * make broken services look whole.
 */
#ifndef SP_TOOLS_BREAKER_H
#define SP_TOOLS_BREAKER_H

#include "base/str.h"

struct sp_breaker {
	const char *name;		/* of the service */
	int64_t failures;		/* in a row that open it; 0: it never opens */
	int64_t pause_ms;
};

/* False: it is open; *retry_ms is when to come back.  True: sp_breaker_leave() has to follow. */
SP_MUST_USE bool sp_breaker_enter(const struct sp_breaker *b, int64_t *retry_ms);
void sp_breaker_leave(const struct sp_breaker *b, bool failed);
/* Nothing was learned: the client left, say. */
void sp_breaker_abandon(const struct sp_breaker *b);

#endif
