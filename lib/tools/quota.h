/*
 * quota.h - how often, and how many at once: counted in PostgreSQL for all processes
 *
 * A rate is a number of calls in a window; windows begin at multiples of their
 * length since 1970, by the clock of the database.  The row of a key counts what
 * was given out in its window.  A process takes a block of it, 1/64 of what is
 * left and at least one, and spends that without asking: a call costs a query
 * only while less than 128 are left.  What is guaranteed:
 *
 *	never more than the limit in one window, by any number of processes on
 *	any number of hosts, whatever dies (so in any stretch as long as a window,
 *	across its border, at most twice the limit);
 *	what a process that dies or rests has taken and not spent is lost until
 *	the window ends: at most 1/64 of the limit for each process, nothing for
 *	limits below 128.
 *
 * A slot says that something runs.  It is a row with an end of its own, so that
 * the slot of a process that died is free again after lease_ms at the latest.
 *
 * For tools (options.h), sources and upstreams: whoever calls something that has
 * a budget.  A key names what is counted ("source:NAME", "tool:17 user:UUID"); it
 * is stored, so it holds no secret.
 */
#ifndef SP_TOOLS_QUOTA_H
#define SP_TOOLS_QUOTA_H

#include "web/request.h"

#define SP_RATE_WINDOW_MAX	(366 * 86400)	/* seconds */

struct sp_rate {
	int64_t limit;			/* calls in a window; 0: none at all */
	int64_t window_seconds;
};

enum sp_quota {
	SP_QUOTA_TAKEN,
	SP_QUOTA_EXHAUSTED,		/* *retry_ms: when to come back */
	SP_QUOTA_FAILED,		/* the database did not answer: sp_fail_db() is the caller's to say */
};

/*
 * "60/min", "5/s", "100/15min", "1000/h", "1/day": a whole number, and a window
 * of s, min, h or day, with a number before it or without.
 */
SP_MUST_USE bool sp_rate_parse(struct sp_str text, struct sp_rate *out);

/*
 * Takes one.  Uses req->db; a connection that is given back before long work
 * (sp_db_end) is given back after this.  In CGI nothing is kept in the process,
 * and each call is a query.
 */
SP_MUST_USE enum sp_quota sp_quota_take(struct sp_request *req, struct sp_str key, const struct sp_rate *rate,
    int64_t *retry_ms);
/* Gives one back that was taken for a call that was not made; only as long as the process has its block. */
void sp_quota_give_back(const struct sp_request *req, struct sp_str key, const struct sp_rate *rate);

/* ---- slots ---- */

struct sp_slot {
	struct sp_str slot;		/* a UUID in the request's arena; absent: none is held */
};

/* lease_ms: longer than what runs can take.  SP_QUOTA_EXHAUSTED: `limit` of them run. */
SP_MUST_USE enum sp_quota sp_slot_take(struct sp_request *req, struct sp_str key, int64_t limit, int64_t lease_ms,
    struct sp_slot *out, int64_t *retry_ms);
/* When the database is away it stays taken until its lease ends.  None held: nothing happens. */
void sp_slot_release(struct sp_request *req, struct sp_slot *slot);

#endif
