/*
 * subscriptions.c - who wants to hear of which changes, in this process
 *
 * Everything that a stream can be found by is a topic: a list of a server, the
 * URI of a resource, its user, grant and token.  A topic has its members, a
 * subscriber its memberships, and one hash table finds all topics.
 */
#include "mcp/subscriptions.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/clock.h"

#define FIRST_BUCKETS	256		/* a power of two */
#define MESSAGE_MAX	((size_t)1 << 20)
#define THREAD_STACK	(256 * 1024)

/* What a topic is; the first are changes. */
enum {
	USER = SP_TASK_CHANGED + 1,
	GRANT,
	TOKEN
};

struct topic {
	struct topic *next;		/* in its bucket */
	struct topic *next_list;	/* of those that are lists */
	int what;
	uint8_t digest[SP_SHA256_LEN];	/* of the text */
	struct member *first;
	size_t count;
	size_t len;
	char text[];
};

struct member {
	struct member *prev, *next;	/* in the topic */
	struct member *more;		/* of the subscriber */
	struct topic *topic;
	struct sp_subscriber *sub;
};

struct sp_subscriber {
	struct sp_subscriptions *all;
	struct sp_subscriber *prev, *next;
	struct member *memberships;
	const struct sp_subscriber_hooks *hooks;	/* NULL: not started */
	void *arg;
	bool ended;
	int64_t exp;
	size_t place;			/* in `expiring`, from 1; 0: not there */
	/* of the caller; in one block with this */
	const char *server, *user_id, *client_id, *tier, *grant_id, *jti;	/* "": none */
	struct sp_str *scope;
	size_t scope_count;
};

struct sp_subscriptions {
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t expires;		/* the one that expires first is another one */
	struct sp_arena *mem;
	struct sp_buf scratch;
	uint64_t seed;			/* nobody knows in advance which topics share a bucket */
	struct topic **bucket;
	size_t buckets, topics;
	struct topic *lists;
	struct sp_subscriber *first;
	size_t count;
	struct sp_subscriber **expiring;	/* a heap by exp, from 1 */
	size_t expiring_count, expiring_size;
	pthread_t thread;		/* that ends what has expired; runs after the first start */
	bool running, stopping;
};

static void *
allocate(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		sp_out_of_memory();
	return p;
}

/* ---- topics ---- */

static struct topic **
bucket_of(const struct sp_subscriptions *all, int what, const uint8_t digest[static SP_SHA256_LEN])
{
	uint64_t h;

	memcpy(&h, digest, sizeof(h));
	h = (h ^ (uint64_t)what) * all->seed;
	return &all->bucket[(h >> 32) & (all->buckets - 1)];
}

static struct topic *
find_digest(const struct sp_subscriptions *all, int what, const uint8_t digest[static SP_SHA256_LEN])
{
	struct topic *t = *bucket_of(all, what, digest);

	while (t != NULL && (t->what != what || memcmp(t->digest, digest, SP_SHA256_LEN) != 0))
		t = t->next;
	return t;
}

static struct topic *
find(const struct sp_subscriptions *all, int what, struct sp_str text)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(text, digest);
	return find_digest(all, what, digest);
}

static void
grow(struct sp_subscriptions *all)
{
	struct topic **old = all->bucket, *t, *next, **b;
	size_t n = all->buckets;

	all->buckets *= 2;
	all->bucket = allocate(all->buckets * sizeof(*all->bucket));
	for (size_t i = 0; i < n; i++)
		for (t = old[i]; t != NULL; t = next) {
			next = t->next;
			b = bucket_of(all, t->what, t->digest);
			t->next = *b;
			*b = t;
		}
	free(old);
}

static struct topic *
find_or_make(struct sp_subscriptions *all, int what, struct sp_str text)
{
	uint8_t digest[SP_SHA256_LEN];
	struct topic *t, **b;

	sp_sha256(text, digest);
	t = find_digest(all, what, digest);
	if (t != NULL)
		return t;
	if (all->topics++ >= all->buckets)
		grow(all);
	t = allocate(sizeof(*t) + text.len + 1);
	t->what = what;
	memcpy(t->digest, digest, sizeof(digest));
	t->len = text.len;
	memcpy(t->text, text.p, text.len);
	b = bucket_of(all, what, digest);
	t->next = *b;
	*b = t;
	if (what < SP_LIST_CHANGES) {
		t->next_list = all->lists;
		all->lists = t;
	}
	return t;
}

static void
remove_topic(struct sp_subscriptions *all, struct topic *t)
{
	struct topic **b = bucket_of(all, t->what, t->digest), **l = &all->lists;

	while (*b != t)
		b = &(*b)->next;
	*b = t->next;
	if (t->what < SP_LIST_CHANGES) {
		while (*l != t)
			l = &(*l)->next_list;
		*l = t->next_list;
	}
	all->topics--;
	free(t);
}

static void
join(struct sp_subscriber *sub, int what, struct sp_str text)
{
	struct topic *t = find_or_make(sub->all, what, text);
	struct member *m;

	for (m = sub->memberships; m != NULL; m = m->more)
		if (m->topic == t)
			return;
	m = allocate(sizeof(*m));
	m->topic = t;
	m->sub = sub;
	m->next = t->first;
	if (t->first != NULL)
		t->first->prev = m;
	t->first = m;
	t->count++;
	m->more = sub->memberships;
	sub->memberships = m;
}

/* *link is what points to the membership in the subscriber's list. */
static void
leave(struct member **link)
{
	struct member *m = *link;
	struct topic *t = m->topic;

	*link = m->more;
	if (m->prev != NULL)
		m->prev->next = m->next;
	else
		t->first = m->next;
	if (m->next != NULL)
		m->next->prev = m->prev;
	if (--t->count == 0)
		remove_topic(m->sub->all, t);
	free(m);
}

/* ---- expiry: a binary heap ---- */

static void
put(struct sp_subscriptions *all, size_t place, struct sp_subscriber *sub)
{
	all->expiring[place] = sub;
	sub->place = place;
}

/* Puts it where it belongs, from an empty place on. */
static void
sift(struct sp_subscriptions *all, size_t place, struct sp_subscriber *sub)
{
	struct sp_subscriber **heap = all->expiring;
	size_t child;

	while (place > 1 && heap[place / 2]->exp > sub->exp) {
		put(all, place, heap[place / 2]);
		place /= 2;
	}
	while ((child = place * 2) <= all->expiring_count) {
		if (child < all->expiring_count && heap[child + 1]->exp < heap[child]->exp)
			child++;
		if (heap[child]->exp >= sub->exp)
			break;
		put(all, place, heap[child]);
		place = child;
	}
	put(all, place, sub);
}

static void
expire_at(struct sp_subscriptions *all, struct sp_subscriber *sub)
{
	if (++all->expiring_count >= all->expiring_size) {
		all->expiring_size = all->expiring_size * 2 + 64;
		all->expiring = reallocarray(all->expiring, all->expiring_size, sizeof(struct sp_subscriber *));
		if (all->expiring == NULL)
			sp_out_of_memory();
	}
	sift(all, all->expiring_count, sub);
	if (sub->place == 1)
		pthread_cond_signal(&all->expires);
}

static void
expire_never(struct sp_subscriptions *all, struct sp_subscriber *sub)
{
	size_t place = sub->place;
	struct sp_subscriber *last;

	if (place == 0)
		return;
	sub->place = 0;
	last = all->expiring[all->expiring_count--];
	if (last != sub)
		sift(all, place, last);
}

static void
end(struct sp_subscriber *sub)
{
	if (sub->ended || sub->hooks == NULL)
		return;
	sub->ended = true;
	expire_never(sub->all, sub);
	sub->hooks->ended(sub->arg);
}

static void *
run(void *arg)
{
	struct sp_subscriptions *all = arg;
	struct timespec at = { 0 };

	pthread_mutex_lock(&all->lock);
	while (!all->stopping) {
		if (all->expiring_count == 0) {
			pthread_cond_wait(&all->expires, &all->lock);
		} else if (all->expiring[1]->exp <= sp_now_seconds()) {
			end(all->expiring[1]);
		} else {
			at.tv_sec = all->expiring[1]->exp;
			pthread_cond_timedwait(&all->expires, &all->lock, &at);
		}
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* ---- the registry ---- */

struct sp_subscriptions *
sp_subscriptions_new(void)
{
	struct sp_subscriptions *all = allocate(sizeof(*all));

	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->expires, NULL);
	all->mem = sp_arena_new();
	sp_buf_init(&all->scratch, all->mem, MESSAGE_MAX);
	sp_random(&all->seed, sizeof(all->seed));
	all->seed |= 1;
	all->buckets = FIRST_BUCKETS;
	all->bucket = allocate(all->buckets * sizeof(*all->bucket));
	return all;
}

void
sp_subscriptions_free(struct sp_subscriptions *all)
{
	if (all == NULL)
		return;
	pthread_mutex_lock(&all->lock);
	assert(all->count == 0 && all->topics == 0);
	all->stopping = true;
	pthread_cond_signal(&all->expires);
	pthread_mutex_unlock(&all->lock);
	if (all->running)
		pthread_join(all->thread, NULL);
	pthread_cond_destroy(&all->expires);
	pthread_mutex_destroy(&all->lock);
	sp_arena_free(all->mem);
	free(all->expiring);
	free(all->bucket);
	free(all);
}

size_t
sp_subscriptions_count(struct sp_subscriptions *all)
{
	size_t count;

	pthread_mutex_lock(&all->lock);
	count = all->count;
	pthread_mutex_unlock(&all->lock);
	return count;
}

/* A process without streams has no thread for them. */
static void
start_thread(struct sp_subscriptions *all)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	if (pthread_create(&all->thread, &attr, run, all) != 0)
		sp_out_of_memory();
	pthread_attr_destroy(&attr);
	all->running = true;
}

/* ---- a stream ---- */

static char *
copy(char **at, struct sp_str s)
{
	char *p = *at;

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	*at += s.len + 1;
	return p;
}

/* With what is needed of its caller, in one block. */
static struct sp_subscriber *
make(const struct sp_caller *caller, const char *server)
{
	const char *const texts[] = { server, caller->user_id, caller->client_id, caller->tier, caller->grant_id, caller->jti };
	const char **places[sizeof(texts) / sizeof(texts[0])];
	struct sp_subscriber *sub;
	size_t size = sizeof(*sub) + caller->scope.count * sizeof(*sub->scope);
	char *at;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		size += sp_str(texts[i]).len + 1;
	for (size_t i = 0; i < caller->scope.count; i++)
		size += caller->scope.token[i].len + 1;
	sub = allocate(size);
	sub->scope = (struct sp_str *)(sub + 1);
	sub->scope_count = caller->scope.count;
	sub->exp = caller->exp;
	places[0] = &sub->server;
	places[1] = &sub->user_id;
	places[2] = &sub->client_id;
	places[3] = &sub->tier;
	places[4] = &sub->grant_id;
	places[5] = &sub->jti;
	at = (char *)(sub->scope + sub->scope_count);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*places[i] = copy(&at, sp_str(texts[i]));
	for (size_t i = 0; i < sub->scope_count; i++) {
		sub->scope[i].len = caller->scope.token[i].len;
		sub->scope[i].p = copy(&at, caller->scope.token[i]);
	}
	return sub;
}

struct sp_subscriber *
sp_subscriber_new(struct sp_subscriptions *all, const struct sp_caller *caller, const char *server, int64_t max)
{
	struct sp_str user = sp_str(caller->user_id != NULL ? caller->user_id : caller->client_id);
	struct sp_subscriber *sub = NULL;
	struct topic *streams;

	pthread_mutex_lock(&all->lock);
	streams = find(all, USER, user);
	if (max == 0 || streams == NULL || streams->count < (size_t)max) {
		sub = make(caller, server);
		sub->all = all;
		sub->next = all->first;
		if (all->first != NULL)
			all->first->prev = sub;
		all->first = sub;
		all->count++;
		join(sub, USER, user);
	}
	pthread_mutex_unlock(&all->lock);
	return sub;
}

void
sp_subscriber_start(struct sp_subscriber *sub, const struct sp_subscriber_hooks *hooks, void *arg)
{
	struct sp_subscriptions *all = sub->all;

	pthread_mutex_lock(&all->lock);
	if (!all->running)
		start_thread(all);
	sub->hooks = hooks;
	sub->arg = arg;
	if (*sub->grant_id != '\0')
		join(sub, GRANT, sp_str(sub->grant_id));
	if (*sub->jti != '\0')
		join(sub, TOKEN, sp_str(sub->jti));
	expire_at(all, sub);
	pthread_mutex_unlock(&all->lock);
}

void
sp_subscriber_watch_list(struct sp_subscriber *sub, enum sp_change list)
{
	pthread_mutex_lock(&sub->all->lock);
	join(sub, (int)list, sp_str(sub->server));
	pthread_mutex_unlock(&sub->all->lock);
}

void
sp_subscriber_watch_resource(struct sp_subscriber *sub, struct sp_str uri)
{
	pthread_mutex_lock(&sub->all->lock);
	join(sub, SP_RESOURCE_UPDATED, uri);
	pthread_mutex_unlock(&sub->all->lock);
}

void
sp_subscriber_watch_task(struct sp_subscriber *sub, struct sp_str task_id)
{
	pthread_mutex_lock(&sub->all->lock);
	join(sub, SP_TASK_CHANGED, task_id);
	pthread_mutex_unlock(&sub->all->lock);
}

bool
sp_subscriber_unwatch_resource(struct sp_subscriber *sub, struct sp_str uri)
{
	struct member **m = &sub->memberships;
	struct topic *t;
	bool found;

	pthread_mutex_lock(&sub->all->lock);
	t = find(sub->all, SP_RESOURCE_UPDATED, uri);
	while (*m != NULL && (*m)->topic != t)
		m = &(*m)->more;
	found = *m != NULL;
	if (found)
		leave(m);
	pthread_mutex_unlock(&sub->all->lock);
	return found;
}

void
sp_subscriber_free(struct sp_subscriber *sub)
{
	struct sp_subscriptions *all = sub->all;

	pthread_mutex_lock(&all->lock);
	while (sub->memberships != NULL)
		leave(&sub->memberships);
	expire_never(all, sub);
	if (sub->prev != NULL)
		sub->prev->next = sub->next;
	else
		all->first = sub->next;
	if (sub->next != NULL)
		sub->next->prev = sub->prev;
	all->count--;
	pthread_mutex_unlock(&all->lock);
	free(sub);
}

/* ---- changes ---- */

static void
tell_of(struct member *m, struct sp_str task)
{
	struct sp_subscriber *sub = m->sub;
	struct topic *t = m->topic;
	struct sp_news news = { .what = (enum sp_change)t->what, .task = task, .scratch = &sub->all->scratch };

	if (sub->hooks == NULL || sub->ended)
		return;
	if (t->what == SP_RESOURCE_UPDATED)
		news.uri = (struct sp_str){ t->text, t->len };
	else if (t->what == SP_TASK_CHANGED)
		news.task_id = (struct sp_str){ t->text, t->len };
	sp_buf_clear(news.scratch);
	sub->hooks->told(sub->arg, &news);
}

static void
tell(struct member *m)
{
	tell_of(m, (struct sp_str){ NULL, 0 });
}

static bool
may_hear_of(struct member *m, const char *server, sp_may_hear *may_hear, void *arg)
{
	struct sp_subscriber *sub = m->sub;
	struct sp_caller caller = { .user_id = sub->user_id, .client_id = sub->client_id, .tier = sub->tier,
	    .scope.count = sub->scope_count };

	if (server != NULL && strcmp(server, sub->server) != 0)
		return false;
	memcpy(caller.scope.token, sub->scope, sub->scope_count * sizeof(*sub->scope));
	return may_hear(arg, sub->server, &caller, (struct sp_str){ m->topic->text, m->topic->len });
}

void
sp_subscriptions_list_changed(struct sp_subscriptions *all, enum sp_change list, const char *server)
{
	struct topic *t;

	pthread_mutex_lock(&all->lock);
	for (t = all->lists; t != NULL; t = t->next_list)
		if (t->what == (int)list && (server == NULL || strcmp(t->text, server) == 0))
			for (struct member *m = t->first; m != NULL; m = m->next)
				tell(m);
	pthread_mutex_unlock(&all->lock);
}

void
sp_subscriptions_updated(struct sp_subscriptions *all, const uint8_t uri_sha256[static SP_SHA256_LEN],
    const char *server, sp_may_hear *may_hear, void *arg)
{
	struct topic *t;

	pthread_mutex_lock(&all->lock);
	t = find_digest(all, SP_RESOURCE_UPDATED, uri_sha256);
	for (struct member *m = t != NULL ? t->first : NULL; m != NULL; m = m->next)
		if (may_hear_of(m, server, may_hear, arg))
			tell(m);
	pthread_mutex_unlock(&all->lock);
}

uint8_t (*
sp_subscriptions_tasks(struct sp_subscriptions *all, struct sp_arena *mem, const uint8_t *only, size_t *count))[SP_SHA256_LEN]
{
	uint8_t (*tasks)[SP_SHA256_LEN];
	size_t n = 0;

	pthread_mutex_lock(&all->lock);
	tasks = sp_alloc_array(mem, only != NULL ? 1 : all->topics, sizeof(*tasks));
	if (only != NULL && find_digest(all, SP_TASK_CHANGED, only) != NULL)
		memcpy(tasks[n++], only, SP_SHA256_LEN);
	for (size_t i = 0; only == NULL && i < all->buckets; i++)
		for (struct topic *t = all->bucket[i]; t != NULL; t = t->next)
			if (t->what == SP_TASK_CHANGED)
				memcpy(tasks[n++], t->digest, SP_SHA256_LEN);
	pthread_mutex_unlock(&all->lock);
	*count = n;
	return tasks;
}

void
sp_subscriptions_task_changed(struct sp_subscriptions *all, const uint8_t task_sha256[static SP_SHA256_LEN],
    const char *server, const char *grant_id, struct sp_str task, sp_may_hear *may_hear, void *arg)
{
	struct topic *t;

	pthread_mutex_lock(&all->lock);
	t = find_digest(all, SP_TASK_CHANGED, task_sha256);
	for (struct member *m = t != NULL ? t->first : NULL; m != NULL; m = m->next)
		if (strcmp(m->sub->grant_id, grant_id) == 0 && may_hear_of(m, server, may_hear, arg))
			tell_of(m, task);
	pthread_mutex_unlock(&all->lock);
}

void
sp_subscriptions_tell_all(struct sp_subscriptions *all, sp_may_hear *may_hear, void *arg)
{
	pthread_mutex_lock(&all->lock);
	for (struct sp_subscriber *sub = all->first; sub != NULL; sub = sub->next)
		for (struct member *m = sub->memberships; m != NULL; m = m->more)
			if (m->topic->what < SP_LIST_CHANGES ||
			    (m->topic->what == SP_RESOURCE_UPDATED && may_hear_of(m, NULL, may_hear, arg)))
				tell(m);
	pthread_mutex_unlock(&all->lock);
}

/* ---- ends ---- */

static void
end_topic(struct sp_subscriptions *all, int what, struct sp_str text)
{
	struct topic *t;

	pthread_mutex_lock(&all->lock);
	t = find(all, what, text);
	for (struct member *m = t != NULL ? t->first : NULL; m != NULL; m = m->next)
		end(m->sub);
	pthread_mutex_unlock(&all->lock);
}

void
sp_subscriptions_end_grant(struct sp_subscriptions *all, struct sp_str grant_id)
{
	end_topic(all, GRANT, grant_id);
}

void
sp_subscriptions_end_token(struct sp_subscriptions *all, struct sp_str jti)
{
	end_topic(all, TOKEN, jti);
}

void
sp_subscriptions_end_if(struct sp_subscriptions *all, sp_end_wanted *wanted, void *arg)
{
	pthread_mutex_lock(&all->lock);
	for (struct sp_subscriber *sub = all->first; sub != NULL; sub = sub->next)
		if (wanted == NULL || wanted(arg, sub->server, sp_str(sub->grant_id), sp_str(sub->jti)))
			end(sub);
	pthread_mutex_unlock(&all->lock);
}
