/*
 * subscriptions.h - who wants to hear of which changes, in this process
 *
 * One registry for the streams of both eras.  A subscriber is one stream, with
 * what it wants to hear (the lists of its server, resources by their URI) and
 * whose token opened it; how a change is said in its messages is a table of its
 * own functions.  Whom a change concerns is found by index, so that ten thousand
 * streams cost nothing when another one is meant.
 *
 * Changes are notifications of PostgreSQL, which reach every process (news.h).
 * A stream is registered before anything is promised to its client:
 *
 *	sub = sp_subscriber_new(registry, &caller, server, max);	NULL: this user has so many
 *	(open and park the stream, queue what comes first: it leaves with the handler)
 *	sp_subscriber_start(sub, &hooks, arg);
 *	sp_subscriber_watch_list(sub, SP_TOOLS_CHANGED);
 *	sp_subscriber_watch_resource(sub, uri);
 *
 * and leaves in the parked stream's closed(): sp_subscriber_free(sub).
 *
 * Everything here is safe for any number of threads and never waits for anything
 * but the registry's lock.
 */
#ifndef SP_MCP_SUBSCRIPTIONS_H
#define SP_MCP_SUBSCRIPTIONS_H

#include "base/secret.h"
#include "oauth/bearer.h"

enum sp_change {
	SP_TOOLS_CHANGED,
	SP_PROMPTS_CHANGED,
	SP_RESOURCES_CHANGED,
	SP_LIST_CHANGES,			/* so many of them are lists */
	SP_RESOURCE_UPDATED = SP_LIST_CHANGES,
	SP_TASK_CHANGED,
};

struct sp_news {
	enum sp_change what;
	struct sp_str uri;		/* of SP_RESOURCE_UPDATED, as it was subscribed to */
	struct sp_str task_id;		/* of SP_TASK_CHANGED ... */
	struct sp_str task;		/* ... and how it stands: an object without taskId (tasks.h) */
	struct sp_buf *scratch;		/* empty, for making the message */
};

/*
 * Called with the registry's lock held: briefly, and without a call of this
 * header.  sp_parked_send() and sp_parked_close() are made for it.
 */
struct sp_subscriber_hooks {
	void (*told)(void *arg, const struct sp_news *news);
	/* Once: the token has expired or was revoked, and the stream has to end.  Nothing is told afterwards. */
	void (*ended)(void *arg);
};

struct sp_subscriptions;		/* process life */
struct sp_subscriber;

struct sp_subscriptions *sp_subscriptions_new(void);
/* When there are no subscribers any more.  NULL is fine. */
void sp_subscriptions_free(struct sp_subscriptions *all);
size_t sp_subscriptions_count(struct sp_subscriptions *all);

/* ---- a stream ---- */

/*
 * A place for a stream of this caller (copied, as far as it is needed); it hears
 * nothing yet.  NULL: this user, or client without a user, has `max` streams in
 * this process already (0: any number).
 */
SP_MUST_USE struct sp_subscriber *sp_subscriber_new(struct sp_subscriptions *all, const struct sp_caller *caller,
    const char *server, int64_t max);
/* From here on the hooks are called, with arg.  Then ask whether the token was revoked meanwhile. */
void sp_subscriber_start(struct sp_subscriber *sub, const struct sp_subscriber_hooks *hooks, void *arg);
/* From here on a change of this list of its server is told. */
void sp_subscriber_watch_list(struct sp_subscriber *sub, enum sp_change list);
/* The same for a resource, by its URI letter by letter; twice is once. */
void sp_subscriber_watch_resource(struct sp_subscriber *sub, struct sp_str uri);
/* And for a task, which is one of the caller's. */
void sp_subscriber_watch_task(struct sp_subscriber *sub, struct sp_str task_id);
/* No longer; false: it did not watch this one. */
bool sp_subscriber_unwatch_resource(struct sp_subscriber *sub, struct sp_str uri);
/* When it returns, no hook runs and none will. */
void sp_subscriber_free(struct sp_subscriber *sub);

/* ---- changes ---- */

/*
 * Whether a subscriber may hear of a resource: what a caller cannot read now is
 * not told, although it was when the stream began.
 */
typedef bool sp_may_hear(void *arg, const char *server, const struct sp_caller *caller, struct sp_str uri);

/* server NULL: of every server */
void sp_subscriptions_list_changed(struct sp_subscriptions *all, enum sp_change list, const char *server);
/* The resource whose URI has this SHA-256.  may_hear sees user, client, tier and scope of a caller. */
void sp_subscriptions_updated(struct sp_subscriptions *all, const uint8_t uri_sha256[static SP_SHA256_LEN],
    const char *server, sp_may_hear *may_hear, void *arg);
/* The SHA-256 of the ids of tasks that somebody watches: *count of them; of all, or of this one. */
uint8_t (*sp_subscriptions_tasks(struct sp_subscriptions *all, struct sp_arena *mem,
    const uint8_t *only, size_t *count))[SP_SHA256_LEN];
/* A task of a grant; may_hear is asked with its id. */
void sp_subscriptions_task_changed(struct sp_subscriptions *all, const uint8_t task_sha256[static SP_SHA256_LEN],
    const char *server, const char *grant_id, struct sp_str task, sp_may_hear *may_hear, void *arg);
/*
 * Something may have been missed: everybody is told everything that he watches,
 * save tasks, which have to be read (sp_subscriptions_tasks).
 */
void sp_subscriptions_tell_all(struct sp_subscriptions *all, sp_may_hear *may_hear, void *arg);

/* ---- ends ---- */

/* Of the streams under a grant, or a token's by its jti. */
void sp_subscriptions_end_grant(struct sp_subscriptions *all, struct sp_str grant_id);
void sp_subscriptions_end_token(struct sp_subscriptions *all, struct sp_str jti);
/* Of those that `wanted` picks; NULL: of all. */
typedef bool sp_end_wanted(void *arg, const char *server, struct sp_str grant_id, struct sp_str jti);
void sp_subscriptions_end_if(struct sp_subscriptions *all, sp_end_wanted *wanted, void *arg);

#endif
