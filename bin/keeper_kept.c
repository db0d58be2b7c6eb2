/* keeper_kept.c - MCP servers that are kept: started, given to peers, and ended */
#include "keeper.h"

#include <poll.h>
#include "base/clock.h"
#include "base/log.h"

#define READ_SIZE	65536
#define VALUE_MIN	8		/* bytes of a value of the environment that is covered in the log */
#define READS_MAX	16		/* at a time: others want to be heard, too */

/* ---- pauses ---- */

static struct pause *
pause_find(struct keeper *k, const char *key)
{
	for (struct pause *p = k->pauses; p != NULL; p = p->next)
		if (strcmp(p->key, key) == 0)
			return p;
	return NULL;
}

static void
pause_remove(struct keeper *k, struct pause *gone)
{
	struct pause **at = &k->pauses;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	free(gone->key);
	free(gone);
}

/* A child has ended by itself, after so long. */
static void
note_end(struct keeper *k, const struct kept *kept, int64_t lived_ms)
{
	struct pause *p = pause_find(k, kept->key);
	int64_t pause_ms;

	if (lived_ms >= SP_KEEPER_SOON_MS) {
		if (p != NULL)
			pause_remove(k, p);
		return;
	}
	if (p == NULL) {
		if ((p = calloc(1, sizeof(*p))) == NULL)
			sp_out_of_memory();
		p->key = keep_text(sp_str(kept->key));
		p->next = k->pauses;
		k->pauses = p;
	}
	pause_ms = p->times > 10 ? SP_KEEPER_PAUSE_MAX_MS : (int64_t)SP_KEEPER_PAUSE_MS << p->times;
	p->times++;
	p->until_ms = sp_monotonic_ms() + (pause_ms < SP_KEEPER_PAUSE_MAX_MS ? pause_ms : SP_KEEPER_PAUSE_MAX_MS);
}

const char *
kept_pause(struct keeper *k, struct sp_arena *mem, const char *key, const char *name)
{
	struct pause *p = pause_find(k, key);
	int64_t left = p != NULL ? p->until_ms - sp_monotonic_ms() : 0;

	return left <= 0 ? NULL : sp_printf(mem, "%s ended soon after its start and is started again in %.1f s", name,
	    (double)left / 1000);
}

/* ---- start ---- */

/* The one that nobody has used for longest; NULL: all are in use. */
static struct kept *
longest_unused(struct keeper *k)
{
	struct kept *found = NULL;

	for (struct kept *c = k->kept; c != NULL; c = c->next)
		if (c->peers == 0 && (found == NULL || c->unused_ms < found->unused_ms))
			found = c;
	return found;
}

static struct kept *
start(struct keeper *k, const struct peer *peer, const char **why)
{
	struct sp_arena *mem = sp_arena_new();
	struct kept *c;
	struct sp_buf copy;

	while (k->kept_count >= (size_t)k->settings->keeper_children && (c = longest_unused(k)) != NULL) {
		c->why = "another one needed its place";
		kept_end(k, c);
	}
	if (k->kept_count >= (size_t)k->settings->keeper_children) {
		*why = "the keeper has as many servers as it may, and all are in use";
		sp_arena_free(mem);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		sp_out_of_memory();
	sp_buf_init(&copy, mem, SP_KEEPER_START_MAX);
	sp_keeper_write_start(&copy, &peer->start);
	if (!sp_keeper_read_start(mem, sp_str_trim(sp_buf_view(&copy), "\n"), &c->start, why) ||
	    !sp_child_start(mem, k->settings, c->start.start, &c->child, why)) {
		*why = sp_strdup(k->scratch, *why);
		sp_arena_free(mem);
		free(c);
		return NULL;
	}
	c->mem = mem;
	c->key = keep_text(sp_str(peer->key));
	c->started_ms = c->unused_ms = sp_monotonic_ms();
	c->next = k->kept;
	k->kept = c;
	k->kept_count++;
	sp_log(SP_INFO, "server started", SP_L("upstream", c->start.name), SP_LI("pid", (int64_t)c->child.pid));
	return c;
}

/* ---- who gets which ---- */

static bool
is_free(const struct kept *c, const struct peer *peer, int64_t now)
{
	return strcmp(c->key, peer->key) == 0 && c->close_ms == 0 && now - c->started_ms < c->start.lifetime_ms &&
	    !(c->exclusive && c->peers > 0);
}

static struct kept *
find(struct keeper *k, const struct peer *peer, const char *init_params)
{
	int64_t now = sp_monotonic_ms();

	for (struct kept *c = k->kept; c != NULL; c = c->next)
		if (is_free(c, peer, now) && (init_params == NULL ? c->state == KEPT_PLAIN :
		    c->init_params != NULL && strcmp(c->init_params, init_params) == 0))
			return c;
	return NULL;
}

static void
bind_to(struct keeper *k, struct peer *peer, struct kept *c)
{
	if (peer->kept == c)
		return;
	kept_unbind(k, peer);
	peer->kept = c;
	c->peers++;
}

struct kept *
kept_bind(struct keeper *k, struct peer *peer, const char *init_params, bool exclusive, const char **why)
{
	struct kept *c = find(k, peer, init_params);

	/* what was only asked what it is (server/discover) may still be initialized */
	if (c == NULL && init_params != NULL && peer->kept != NULL && peer->kept->state == KEPT_PLAIN &&
	    peer->kept->peers == 1 && peer->kept->close_ms == 0 && peer->pending == 0)
		c = peer->kept;
	if (c == NULL && (*why = kept_pause(k, k->scratch, peer->key, peer->start.name)) != NULL)
		return NULL;
	if (c == NULL && (c = start(k, peer, why)) == NULL)
		return NULL;
	if (init_params != NULL && c->init_params == NULL) {
		c->init_params = keep_text(sp_str(init_params));
		c->exclusive = exclusive;
	}
	bind_to(k, peer, c);
	return c;
}

void
kept_unbind(struct keeper *k, struct peer *peer)
{
	struct kept *c = peer->kept;

	if (c == NULL)
		return;
	relay_forget_peer(k, peer);
	peer->kept = NULL;
	c->peers--;
	c->unused_ms = sp_monotonic_ms();
}

/* ---- its end ---- */

static const char *
how_it_ended(struct sp_arena *mem, const struct kept *c)
{
	if (c->why != NULL)
		return c->why;
	switch (c->child.how) {
	case SP_CHILD_EXITED:
		return sp_printf(mem, "it ended with status %d", c->child.status);
	case SP_CHILD_SIGNALLED:
		return sp_printf(mem, "it was ended by signal %d", c->child.status);
	case SP_CHILD_NOT_STARTED:
		return sp_printf(mem, "it could not be started (%s): %s", c->child.step, strerrorname_np(c->child.status));
	case SP_CHILD_RUNS:
	case SP_CHILD_ENDED:
		break;
	}
	return "it was ended";
}

void
kept_close(struct keeper *k, struct kept *c, const char *why)
{
	(void)k;
	if (c->close_ms != 0)
		return;
	c->why = why;
	c->close_ms = sp_monotonic_ms() + SP_KEEPER_CLOSE_MS;
	sp_child_close_in(&c->child);
}

void
kept_end(struct keeper *k, struct kept *c)
{
	int64_t lived_ms = sp_monotonic_ms() - c->started_ms;
	struct kept **at = &k->kept;
	const char *how;

	sp_child_end(&c->child);
	how = how_it_ended(k->scratch, c);
	sp_log(c->why != NULL ? SP_INFO : SP_WARN, "server ended", SP_L("upstream", c->start.name), SP_L("how", how),
	    SP_LI("ms", lived_ms));
	if (c->why == NULL)
		note_end(k, c, lived_ms);
	relay_forget_kept(k, c);
	for (struct peer *p = k->peers; p != NULL; p = p->next)
		if (p->kept == c) {
			p->kept = NULL;
			peer_trouble(p, k->scratch, sp_printf(k->scratch, "%s: %s", c->start.name, how));
		}
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	k->kept_count--;
	queue_free(&c->in);
	queue_free(&c->out);
	queue_free(&c->err);
	free(c->key);
	free(c->init_params);
	free(c->init_result);
	sp_arena_free(c->mem);
	free(c);
}

/* ---- what it says ---- */

/* False: that is the end of what can be taken from it. */
static bool
read_lines(struct keeper *k, struct kept *c)
{
	struct sp_str line;
	ssize_t n = 1;

	for (int i = 0; i < READS_MAX && n > 0; i++) {
		n = sp_child_read(&c->child.out, queue_room(&c->out, READ_SIZE), READ_SIZE);
		if (n > 0)
			queue_added(&c->out, (size_t)n);
		while (queue_line(&c->out, &line) && c->unwanted < SP_KEEPER_UNWANTED_MAX) {
			relay_from_kept(k, c, line);
			queue_drop(&c->out, line.len + 1);
			sp_arena_reset(k->scratch);
		}
		if (queue_len(&c->out) > c->start.message_max)
			c->why = "it sent a message that is too long";
		else if (c->unwanted >= SP_KEEPER_UNWANTED_MAX)
			c->why = "it says what nobody asked for";
		else
			continue;
		return false;
	}
	return true;
}

/*
 * What it was given in its environment may be a secret, and a program that fails
 * likes to say with what.  Shorter values are words that stand in any text.
 */
static void
cover_values(const struct kept *c, char *text, size_t len)
{
	const char *const *envp = c->start.start->envp;

	for (size_t i = 0; envp != NULL && envp[i] != NULL; i++) {
		struct sp_str value = sp_str(envp[i]), name;
		char *at = text;

		if (!sp_str_split(&value, '=', &name) || value.len < VALUE_MIN || sp_str_is(name, "PATH"))
			continue;
		while ((at = memmem(at, len - (size_t)(at - text), value.p, value.len)) != NULL) {
			memset(at, '*', value.len);	/* @UNSAFE: it was found there */
			at += value.len;
		}
	}
}

static void
log_line(struct kept *c, struct sp_str line)
{
	int64_t second = sp_monotonic_ms() / 1000;

	if (second != c->second) {
		if (c->dropped > 0)
			sp_log(SP_INFO, "server says more", SP_L("upstream", c->start.name), SP_LI("lines", c->dropped));
		c->second = second;
		c->lines = c->dropped = 0;
	}
	if (c->lines++ < SP_KEEPER_STDERR_PER_SECOND)
		sp_log(SP_INFO, "server says", SP_L("upstream", c->start.name), SP_LS("text", line));
	else
		c->dropped++;
}

static void
read_errors(struct kept *c)
{
	struct sp_str line;
	ssize_t n = 1;

	for (int i = 0; i < READS_MAX && n > 0; i++) {
		n = sp_child_read(&c->child.err, queue_room(&c->err, READ_SIZE), READ_SIZE);
		if (n > 0)
			queue_added(&c->err, (size_t)n);
		while (queue_line(&c->err, &line)) {
			cover_values(c, c->err.p + c->err.from, line.len);	/* before it is cut */
			log_line(c, sp_str_sub(line, 0, SP_KEEPER_STDERR_LINE));
			queue_drop(&c->err, line.len + 1);
		}
		if (queue_len(&c->err) > READ_SIZE) {
			cover_values(c, c->err.p + c->err.from, queue_len(&c->err));
			log_line(c, (struct sp_str){ c->err.p + c->err.from, SP_KEEPER_STDERR_LINE });
			queue_drop(&c->err, queue_len(&c->err));
		}
	}
}

static void
write_lines(struct kept *c)
{
	struct sp_str rest = { c->in.p + c->in.from, queue_len(&c->in) };

	if (rest.len == 0 || c->child.in < 0)
		return;
	(void)sp_child_write(&c->child, &rest);
	queue_drop(&c->in, queue_len(&c->in) - rest.len);
}

void
kept_attend(struct keeper *k, struct kept *c)
{
	int found = sp_child_wait(&c->child, queue_len(&c->in) > 0, 0);
	bool goes_on = true;

	if ((found & SP_CHILD_CAN_WRITE) != 0)
		write_lines(c);
	if ((found & SP_CHILD_HAS_ERR) != 0)
		read_errors(c);
	if ((found & SP_CHILD_HAS_OUT) != 0)
		goes_on = read_lines(k, c);
	if (!goes_on || ((found & SP_CHILD_OVER) != 0 && c->child.out < 0))
		kept_end(k, c);
}

void
kept_age(struct keeper *k, struct kept *c, int64_t now)
{
	if (c->close_ms != 0) {
		if (now >= c->close_ms)
			kept_end(k, c);
		return;
	}
	if (c->ping_ms != 0 && now >= c->ping_ms) {
		c->why = "it does not answer any more";
		kept_end(k, c);
	} else if (queue_len(&c->in) > SP_KEEPER_QUEUE_MAX) {
		c->why = "it does not read any more";
		kept_end(k, c);
	} else if (c->peers == 0 && now - c->started_ms >= c->start.lifetime_ms) {
		kept_close(k, c, "its time was over");
	} else if (c->peers == 0 && now - c->unused_ms >= c->start.idle_ms) {
		kept_close(k, c, "nobody used it");
	}
}
