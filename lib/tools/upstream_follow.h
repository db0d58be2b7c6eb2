/*
 * upstream_follow.h - hearing what an upstream says without being asked
 *
 * That a list of its has changed (its definitions are read again and compared with
 * what was approved), and which of its resources have, of which some stream of ours
 * wants to hear.  One runner at a time holds the connection, for all processes and
 * all clients: the database hands it out, says what somebody wants to hear of, and
 * passes on what was said by notifications.
 *
 * A session's server is subscribed to (resources/subscribe) and speaks on the stream
 * of its GET, or its pipe; one of 2026-07-28 answers subscriptions/listen.  Whoever wants
 * to hear of a resource is told of a change once the upstream has agreed to tell:
 * before, something may have been missed.
 */
#ifndef SP_TOOLS_UPSTREAM_FOLLOW_H
#define SP_TOOLS_UPSTREAM_FOLLOW_H

#include "tools/upstream.h"

#define SP_UPSTREAM_LEASE_S 30		/* a runner that says nothing for so long is dead */

struct sp_upstream_follower {
	const char *runner;		/* its name */
	bool (*stopped)(void *arg);	/* asked at least every 250 ms: the program ends */
	unsigned (*news)(void *arg);	/* another number than before: somebody wants to hear of something else */
	void *arg;
};

/*
 * Follows an upstream that sp_q_upstream_follow gave out, until the program ends, the
 * connection does, nobody wants to hear of anything, its row is edited, or an hour has
 * passed; then it is given back.  req has settings, an arena and a pool.
 */
void sp_upstream_follow(struct sp_request *req, const char *name, struct sp_str spec, const struct sp_upstream_follower *f);

#endif
