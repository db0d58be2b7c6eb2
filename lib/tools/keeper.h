/*
 * keeper.h - MCP servers on a pipe that outlive a call
 *
 * sallyport-keeper owns them, so that no worker has to: a worker that ends takes
 * nothing with it, and a server that takes seconds to start is started once.  For
 * each command, with its environment, it keeps children and gives them to calls.
 *
 * Between a worker and the keeper is a Unix socket (setting keeper_socket), one
 * connection per call, with one JSON object a line.  The worker begins:
 *
 *	{"name": "files", "argv": ["/opt/mcp/files", "--root", "/srv"], "envp": ["A=b"],
 *	 "directory": "/", "limits": {"cpu": 60, "memory": 1, "file": 1, "processes": 64, "files": 256},
 *	 "seccomp": true, "idle_ms": 300000, "lifetime_ms": 3600000, "message_max": 4194304}
 *
 * of which all but name and argv may be absent, and the keeper says
 *
 *	{"ready": true}		or	{"trouble": "why not"} and closes.
 *
 * From then on lines are MCP messages as on the pipe of a server that was just
 * started, in both directions: the caller need not know who else is there.
 *
 *	- Ids of requests and progress tokens are the caller's own; the keeper has
 *	  others on the pipe.
 *	- initialize is sent to a child once.  Who sends the same params later gets the
 *	  first answer; other params are another child.  notifications/initialized is
 *	  passed on once, too.  Servers of 2026-07-28 are used without it.
 *	- A child whose client declared capabilities may ask questions, and so serves
 *	  one caller at a time: nobody sees what another is asked.  All others serve
 *	  any number at once; what they ask is answered with an error.
 *	- Progress goes to whom its token belongs to.  A log message goes to the caller
 *	  if there is only one, since nobody can tell whose it is; other notifications
 *	  go to all.
 *	- Whoever closes the connection has cancelled what is unanswered
 *	  (notifications/cancelled).  A child that then does not answer a ping within
 *	  PING_MS, 10 s, hangs, and is replaced.
 *	- {"trouble": ...} may come at any time and is the last line: the child ended.
 *
 * A child is ended when nobody used it for idle_ms, when it is older than
 * lifetime_ms and idle, when a line of it is longer than message_max, and when it
 * hangs.  One that ends soon after its start is started again only after a pause,
 * which doubles up to a minute.  What it writes to standard error is logged, cut,
 * without the values of its environment, at most ten lines a second.  When there are keeper_children already, the one
 * that was idle longest makes room.
 *
 * Who may connect: root, and whoever is the same user as the keeper; the socket
 * has mode 0600.  What may be started is said by executable_dirs of the keeper's
 * own settings.
 */
#ifndef SP_TOOLS_KEEPER_H
#define SP_TOOLS_KEEPER_H

#include "base/json.h"
#include "tools/child.h"

#define SP_KEEPER_IDLE_MS	300000		/* when the start says nothing */
#define SP_KEEPER_LIFETIME_MS	3600000
#define SP_KEEPER_MESSAGE_MAX	((size_t)16 * 1024 * 1024)
#define SP_KEEPER_START_MAX	((size_t)1024 * 1024)	/* of the first line */

struct sp_keeper_start {
	const char *name;		/* of the upstream, for the log */
	const struct sp_child_start *start;
	int64_t idle_ms, lifetime_ms;	/* 0: as above */
	size_t message_max;		/* bytes of one message; 0: as above */
};

/*
 * Connects and says what is wanted: *fd is non-blocking, and the caller closes
 * it.  Nothing was sent to any server yet.  False: *why, in mem.
 */
SP_MUST_USE bool sp_keeper_connect(struct sp_arena *mem, const struct sp_settings *settings,
    const struct sp_keeper_start *start, int64_t deadline, int *fd, const char **why);

/* The text of a line {"trouble": ...}; absent: it is none. */
struct sp_str sp_keeper_trouble(struct sp_arena *mem, struct sp_str line);

/* ---- for the keeper ---- */

/* The first line. */
void sp_keeper_write_start(struct sp_buf *out, const struct sp_keeper_start *start);
/* The same read; all in mem.  False: *why. */
SP_MUST_USE bool sp_keeper_read_start(struct sp_arena *mem, struct sp_str line, struct sp_keeper_start *out,
    const char **why);

#endif
