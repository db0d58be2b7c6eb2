/*
 * listen.h - notifications, with a connection and a thread of their own
 *
 * The thread LISTENs, and calls back for each notification.  After every
 * (re)connect it calls back with channel NULL: something may have been missed,
 * look again.  Where LISTEN is not possible (db_listen is false, or a pooler
 * turns out to stand in between) it does so every poll_ms.  A callback in which
 * a statement failed is made up for by "look again" after a pause.
 *
 * While the database is away it retries with growing pauses (100 ms to 2 s).
 */
#ifndef SP_DB_LISTEN_H
#define SP_DB_LISTEN_H

#include "db/db.h"

struct sp_listener;

/*
 * channel and payload are NULL for "look again".  `db` is a session on the
 * listener's own connection, for the look; its arena is reset after the call.
 */
typedef void sp_listen_fn(void *arg, struct sp_db *db, const char *channel, const char *payload);

/*
 * channels must live as long as the listener.  With LISTEN, poll_ms is how often
 * the server is asked whether it is still there.
 */
struct sp_listener *sp_listener_start(const struct sp_settings *settings, const char *program,
    const char *const *channels /* NULL-terminated */, int64_t poll_ms, sp_listen_fn *fn, void *arg);
/* Waits for the thread: for a callback that runs, at worst for the connect timeout. NULL is fine. */
void sp_listener_stop(struct sp_listener *listener);
/*
 * Milliseconds since this process was last known to be up to date with the
 * database; at first, since the start.  While all is well it stays below
 * poll_ms and a round trip.  A cache whose staleness matters (revocations)
 * must not be believed once this is larger than what was promised.
 */
int64_t sp_listener_lag_ms(const struct sp_listener *listener);
/*
 * Whether notifications arrive here at all, now or when the database is back;
 * false: it polls.  True until a pooler was found.
 */
bool sp_listener_listens(const struct sp_listener *listener);

#endif
