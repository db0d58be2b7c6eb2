/*
 * breaker.h - what fails is left alone for a while, by all processes
 *
 * After so many failures in a row, of any processes on any hosts, nothing is sent
 * until the pause is over; then one call of all is let through, and what becomes
 * of it decides.  That is one row of sallyport.breaker, which exists only while
 * something fails: a service that answers costs no query.  Each process keeps in
 * memory what it knows of the rows, and a change of state is notified
 * (sp_breaker_heard).  One that has not heard yet learns it from its own next
 * failure, or, when the pause is over, from the statement that lets one through.
 *
 * A CGI program has no memory, and asks for each call.
 */
#ifndef SP_TOOLS_BREAKER_H
#define SP_TOOLS_BREAKER_H

#include "web/request.h"

struct sp_breaker {
	const char *kind, *name;	/* of what fails: "source", its name */
	int64_t failures;		/* in a row that open it; 0: it never opens */
	int64_t pause_ms;
};

enum sp_breaker_result {
	SP_BREAKER_CLOSED,		/* sp_breaker_leave() or sp_breaker_abandon() has to follow */
	SP_BREAKER_PROBE,		/* so has it here: this is the one call that is tried */
	SP_BREAKER_OPEN,		/* *retry_ms: when to come back */
	SP_BREAKER_FAILED,		/* the database did not answer: sp_fail_db() is the caller's to say */
};

/*
 * All of these may use req->db; a connection that is given back before long work
 * (sp_db_end) is given back after this.  lease_ms: no other call is tried in this
 * time, in case that the process of this one dies.
 */
SP_MUST_USE enum sp_breaker_result sp_breaker_enter(struct sp_request *req, const struct sp_breaker *b, int64_t lease_ms,
    int64_t *retry_ms);
/* failure: for administrators; NULL: it has answered. */
void sp_breaker_leave(struct sp_request *req, const struct sp_breaker *b, const char *failure);
/* Nothing was learned: the client left, say.  entered: what sp_breaker_enter() gave. */
void sp_breaker_abandon(struct sp_request *req, const struct sp_breaker *b, enum sp_breaker_result entered);

/* A part of an sp_authority_hook: takes in "breaker ..." and, with NULL, all rows. */
void sp_breaker_heard(struct sp_db *db, const char *what);

#endif
