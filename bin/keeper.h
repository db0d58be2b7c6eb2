/*
 * keeper.h - inside sallyport-keeper: who is connected, what is kept, what is under way
 *
 * One thread and one poll loop (sallyport-keeper.c).  A peer is a connection of a
 * worker, for one call of its own; a kept child is an MCP server that peers are
 * bound to; a pending request is on its way from one to the other (keeper_relay.c).
 * What lives longer than a message is malloc()ed, since a daemon has no end at
 * which an arena would be emptied; a message has the scratch arena.
 *
 * What peers and children send is bounded in length (a line), in number (what
 * waits to be written) and in use (what nobody asked for).
 */
#ifndef SP_BIN_KEEPER_H
#define SP_BIN_KEEPER_H

#include "base/json.h"
#include "base/settings.h"
#include "tools/child.h"
#include "tools/keeper.h"

#define SP_KEEPER_QUEUE_MAX	((size_t)32 * 1024 * 1024)	/* bytes that wait for somebody who does not read */
#define SP_KEEPER_HOLD		((size_t)1024 * 1024)	/* for a child: more is not taken from its peers */
#define SP_KEEPER_PEERS_MAX	1024
#define SP_KEEPER_HELLO_MS	10000			/* for the first line */
#define SP_KEEPER_PING_MS	10000
#define SP_KEEPER_CLOSE_MS	2000			/* for a child to end by itself when its input has ended */
#define SP_KEEPER_SOON_MS	10000			/* a child that ends sooner is not started again at once */
#define SP_KEEPER_PAUSE_MS	500			/* the first time; then twice as long each time */
#define SP_KEEPER_PAUSE_MAX_MS	60000
#define SP_KEEPER_UNWANTED_MAX	1000			/* lines in a row that no peer can be given */
#define SP_KEEPER_STDERR_PER_SECOND 10
#define SP_KEEPER_STDERR_LINE	512

/* ---- bytes that wait ---- */

struct queue {
	char *p;
	size_t from, to, size;
};

void queue_add(struct queue *q, struct sp_str text);
static inline size_t
queue_len(const struct queue *q)
{
	return q->to - q->from;
}
/* Room for n bytes at its end; queue_added() says how many came. */
char *queue_room(struct queue *q, size_t n);
void queue_added(struct queue *q, size_t n);
void queue_drop(struct queue *q, size_t n);		/* of the front */
/* The first whole line, without its end: good until the queue changes.  False: there is none. */
bool queue_line(struct queue *q, struct sp_str *line);
void queue_free(struct queue *q);

/* ---- who and what ---- */

struct kept;

struct peer {
	int fd;
	struct queue in, out;
	struct sp_arena *mem;		/* of `start` */
	struct sp_keeper_start start;
	char *key;			/* digest of the start; NULL: the first line has not come */
	struct kept *kept;		/* bound to; NULL: to none yet */
	size_t pending;			/* requests without an answer */
	int64_t since_ms;
	bool closing;			/* as soon as `out` is empty */
	bool gone;
	struct peer *next;
};

enum kept_state {
	KEPT_PLAIN,			/* no initialize was sent */
	KEPT_INITIALIZING,
	KEPT_SESSION,
};

struct kept {
	struct sp_arena *mem;
	struct sp_keeper_start start;
	char *key;
	enum kept_state state;
	char *init_params, *init_result;	/* JSON; the first canonical, the second NULL until it is there */
	bool exclusive;			/* its client has capabilities: it may ask questions */
	bool initialized;		/* notifications/initialized was sent */
	struct sp_child child;
	struct queue in, out, err;	/* to it, from it */
	size_t peers;
	size_t unwanted;
	int64_t started_ms, unused_ms;	/* unused_ms: since when it has no peer */
	int64_t ping_ms;		/* has to answer until then; 0: was not asked */
	int64_t close_ms;		/* its input was ended, and at that time it is; 0: it runs */
	int64_t second;			/* of standard error */
	int lines, dropped;
	const char *why;		/* it is ended: what peers are told; a literal */
	struct kept *next;
};

/* A request that waits for its answer, under an id of ours. */
struct pending {
	int64_t id;
	struct kept *kept;
	struct peer *peer;		/* NULL: nobody waits any more, or it is our ping */
	char *peer_id, *token;		/* JSON; token NULL: no progress is wanted */
	bool is_initialize;
	struct pending *next;
};

/* A question of a child, under its own id, that a peer was given. */
struct asked {
	struct kept *kept;
	struct peer *peer;
	char *id;			/* JSON */
	struct asked *next;
};

/* After a child that ended too soon. */
struct pause {
	char *key;
	int times;
	int64_t until_ms;
	struct pause *next;
};

struct keeper {
	struct sp_settings *settings;
	struct sp_arena *scratch;	/* of the message that is looked at */
	struct peer *peers;
	struct kept *kept;
	struct pending *pending;
	struct asked *asked;
	struct pause *pauses;
	size_t peer_count, kept_count;
	int64_t last_id;
	bool draining;
};

char *keep_text(struct sp_str s);	/* malloc()ed */

/* ---- keeper_kept.c: children ---- */

/*
 * A child for this peer, with the params of its initialize (canonical) or NULL,
 * bound to it.  NULL: *why.
 */
struct kept *kept_bind(struct keeper *k, struct peer *peer, const char *init_params, bool exclusive, const char **why);
void kept_unbind(struct keeper *k, struct peer *peer);
/* Its input is ended, and soon it is; peers that wait are told why (a literal). */
void kept_close(struct keeper *k, struct kept *kept, const char *why);
/* Events of its descriptors: reads, writes, notices its end. */
void kept_attend(struct keeper *k, struct kept *kept);
/* What time has done to it. */
void kept_age(struct keeper *k, struct kept *kept, int64_t now);
/* Ends it, and tells everybody who was bound to it; it is freed. */
void kept_end(struct keeper *k, struct kept *kept);
/* NULL: none; else what a peer is told, in mem. */
const char *kept_pause(struct keeper *k, struct sp_arena *mem, const char *key, const char *name);

/* ---- keeper_relay.c: messages ---- */

void relay_from_peer(struct keeper *k, struct peer *peer, struct sp_str line);
void relay_from_kept(struct keeper *k, struct kept *kept, struct sp_str line);
/* The peer has gone: what it asked for is cancelled. */
void relay_forget_peer(struct keeper *k, struct peer *peer);
/* The child has gone: nothing is pending there any more. */
void relay_forget_kept(struct keeper *k, struct kept *kept);

/* ---- sallyport-keeper.c ---- */

/* {"trouble": why}, and the end of the connection. */
void peer_trouble(struct peer *peer, struct sp_arena *mem, const char *why);
/* A line to a peer. */
void peer_send(struct peer *peer, struct sp_str line);

#endif
