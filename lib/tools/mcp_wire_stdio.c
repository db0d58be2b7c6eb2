/* mcp_wire_stdio.c - lines of a child's pipe: basic/transports/stdio, the client's side */
#include "tools/mcp_wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define QUEUE_MAX	((size_t)64 << 20)	/* bytes that wait to be written; each message was bounded before */
#define STDERR_MAX	2048			/* bytes of what it said last on standard error, for the log */
#define BLOCK		16384		/* bytes that are read at one time */
#define BLOCKS_MAX	16		/* and so many of them in a row */
#define GRACE_MS	100			/* for a child to end by itself when its input ends */

struct stdio_wire {
	struct sp_mcp_wire wire;
	struct sp_arena *mem;
	const struct sp_mcp_stdio *to;
	struct sp_child child;
	int keeper;			/* the connection; -1: none */
	bool runs;
	struct sp_buf queue;		/* to be written */
	size_t written;
	struct sp_buf line;		/* what has come of the line that has not ended */
	char behind[BLOCK];		/* what came behind an answer, for whoever reads next */
	size_t behind_len;
	char said[STDERR_MAX];		/* on standard error */
	size_t said_len;
};

/* One request, while its answer is read. */
struct reading {
	bool (*take)(void *arg, struct sp_str text);
	void *arg;
	size_t bytes;
	int64_t until_ms;		/* when the time is over */
	enum sp_wire_end end;
	bool over;
};

static void
stop(struct stdio_wire *s)
{
	if (!s->runs)
		return;
	s->runs = false;
	if (s->to->keep) {
		if (s->keeper >= 0)
			close(s->keeper);
		s->keeper = -1;
		return;
	}
	sp_child_end(&s->child);
	if (s->said_len > 0)
		sp_log(s->wire.why != NULL ? SP_WARN : SP_INFO, "upstream", SP_L("name", s->to->name),
		    SP_LS("stderr", ((struct sp_str){ s->said, s->said_len })));
	s->said_len = 0;
}

static void
on_arena_end(void *wire)
{
	stop(wire);
}

static bool
start(struct stdio_wire *s)
{
	if (s->runs)
		return true;
	sp_buf_clear(&s->line);
	s->behind_len = 0;
	if (s->to->keep)
		s->runs = sp_keeper_connect(s->mem, s->to->settings, &(struct sp_keeper_start){ .name = s->to->name,
		    .start = s->to->start, .message_max = s->to->message_max }, s->wire.deadline_ms, &s->keeper, &s->wire.why);
	else
		s->runs = sp_child_start(s->mem, s->to->settings, s->to->start, &s->child, &s->wire.why);
	return s->runs;
}

/* ---- the pipe: a child's two, or the keeper's one ---- */

/* As sp_child_wait(). */
static int
wait_for(struct stdio_wire *s, bool write, int64_t until_ms)
{
	struct pollfd p = { .fd = s->keeper, .events = (short)(POLLIN | (write ? POLLOUT : 0)) };
	int64_t left_ms = until_ms - sp_monotonic_ms();

	if (!s->to->keep)
		return sp_child_wait(&s->child, write, until_ms);
	if (s->keeper < 0)
		return SP_CHILD_OVER;
	if (poll(&p, 1, left_ms > 0 ? (int)left_ms : 0) <= 0)
		return 0;
	return ((p.revents & POLLOUT) ? SP_CHILD_CAN_WRITE : 0) |
	    ((p.revents & (POLLIN | POLLHUP | POLLERR)) ? SP_CHILD_HAS_OUT : 0);
}

/* Bytes; 0: none now, or never again. */
static size_t
read_some(struct stdio_wire *s, char *block, size_t size)
{
	ssize_t n;

	if (!s->to->keep) {
		n = s->child.out >= 0 ? sp_child_read(&s->child.out, block, size) : 0;
		return n > 0 ? (size_t)n : 0;
	}
	n = s->keeper >= 0 ? recv(s->keeper, block, size, MSG_DONTWAIT) : 0;
	if (s->keeper >= 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
		close(s->keeper);
		s->keeper = -1;
	}
	return n > 0 ? (size_t)n : 0;
}

static bool
has_ended(const struct stdio_wire *s)
{
	return s->to->keep ? s->keeper < 0 : s->child.out < 0;
}

/* That nobody reads is seen by the end of what it says. */
static void
write_some(struct stdio_wire *s, struct sp_str *rest)
{
	ssize_t n;

	if (!s->to->keep) {
		(void)!sp_child_write(&s->child, rest);
	} else if (s->keeper >= 0 && (n = send(s->keeper, rest->p, rest->len, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
		*rest = sp_str_sub(*rest, (size_t)n, rest->len);
	}
}

/* Keeps the end of it. */
static void
hear(struct stdio_wire *s)
{
	char block[1024];
	ssize_t n;

	while (s->child.err >= 0 && (n = sp_child_read(&s->child.err, block, sizeof(block))) > 0) {
		size_t len = (size_t)n, excess = s->said_len + len > STDERR_MAX ? s->said_len + len - STDERR_MAX : 0;

		memmove(s->said, s->said + excess, s->said_len - excess);
		s->said_len -= excess;
		memcpy(s->said + s->said_len, block, len);
		s->said_len += len;
	}
}

static void
end(struct reading *r, enum sp_wire_end how)
{
	r->end = how;
	r->over = true;
}

/*
 * A line that is no object is no message: some servers greet their terminal on
 * standard output.  It counts as bytes.
 */
static void
take_line(struct stdio_wire *s, struct reading *r)
{
	struct sp_str line = sp_str_trim(sp_buf_view(&s->line), " \t\r"), trouble;

	if (s->to->keep && (trouble = sp_keeper_trouble(s->mem, line)).p != NULL) {
		s->wire.why = sp_cstr(s->mem, trouble);
		end(r, SP_WIRE_BROKEN);
		stop(s);
	} else if (line.len > 0 && line.p[0] == '{' && !r->take(r->arg, line)) {
		end(r, SP_WIRE_TAKEN);
	}
	sp_buf_clear(&s->line);
}

static void
take_bytes(struct stdio_wire *s, struct reading *r, struct sp_str bytes)
{
	r->bytes += bytes.len;
	while (bytes.len > 0 && !r->over) {
		ptrdiff_t lf = sp_str_index(bytes, '\n');
		size_t n = lf < 0 ? bytes.len : (size_t)lf;

		sp_buf_add(&s->line, bytes.p, n);
		if (!sp_buf_ok(&s->line) || (r->bytes > s->to->max_bytes && !s->wire.endless)) {
			s->wire.why = "its answer is too large";
			end(r, SP_WIRE_TOO_LARGE);
			return;
		}
		if (lf >= 0)
			take_line(s, r);
		bytes = sp_str_sub(bytes, n + 1, bytes.len);
	}
	memcpy(s->behind, bytes.p, bytes.len);
	s->behind_len = bytes.len;
}

static void
read_behind(struct stdio_wire *s, struct reading *r)
{
	char block[BLOCK];
	size_t n = s->behind_len;

	memcpy(block, s->behind, n);
	s->behind_len = 0;
	if (n > 0)
		take_bytes(s, r, (struct sp_str){ block, n });
}

static void
read_out(struct stdio_wire *s, struct reading *r)
{
	char block[BLOCK];
	size_t n = 1;

	/* one that never stops is looked after in between: its time, and who waits */
	for (int i = 0; i < BLOCKS_MAX && !r->over && n > 0; i++) {
		n = read_some(s, block, sizeof(block));
		take_bytes(s, r, (struct sp_str){ block, n });
	}
	if (!r->over && has_ended(s))
		end(r, SP_WIRE_ENDED);
}

static void
write_in(struct stdio_wire *s)
{
	struct sp_str queued = sp_buf_view(&s->queue), rest = sp_str_sub(queued, s->written, queued.len);

	write_some(s, &rest);
	s->written = queued.len - rest.len;
	if (rest.len == 0) {
		sp_buf_clear(&s->queue);
		s->written = 0;
	}
}

static const char *
how_it_ended(struct stdio_wire *s)
{
	const struct sp_child *c = &s->child;

	switch (c->how) {
	case SP_CHILD_NOT_STARTED:
		return sp_printf(s->mem, "it could not be started: %s: %s", c->step, strerror(c->status));
	case SP_CHILD_EXITED:
		return sp_printf(s->mem, "it ended with status %d", c->status);
	case SP_CHILD_SIGNALLED:
		return sp_printf(s->mem, "it was ended by signal %d", c->status);
	default:
		return "it closed its output";
	}
}

static void
converse(struct stdio_wire *s, struct reading *r)
{
	read_behind(s, r);
	while (!r->over) {
		int64_t now = sp_monotonic_ms(), look = now + SP_CHILD_LOOK_MS;
		int what;

		if (now >= r->until_ms) {
			s->wire.why = "its time is over";
			end(r, SP_WIRE_LATE);
			return;
		}
		what = wait_for(s, s->queue.len > s->written,
		    look < r->until_ms ? look : r->until_ms);
		if (what & SP_CHILD_HAS_ERR)
			hear(s);
		if (what & SP_CHILD_HAS_OUT)
			read_out(s, r);
		if (what & SP_CHILD_CAN_WRITE)
			write_in(s);
		if ((what & SP_CHILD_OVER) && !r->over && has_ended(s))
			end(r, SP_WIRE_ENDED);
		if (!r->over && s->to->waiter.gone != NULL && s->to->waiter.gone(s->to->waiter.arg))
			end(r, SP_WIRE_GONE);
	}
	/* a child that has gone is unreachable until it is started again */
	if (r->end == SP_WIRE_ENDED) {
		if (!s->to->keep)
			hear(s);
		stop(s);
		s->wire.why = s->to->keep ? "the keeper has gone" : how_it_ended(s);
		r->end = !s->to->keep && s->child.how == SP_CHILD_NOT_STARTED ? SP_WIRE_UNREACHABLE : SP_WIRE_BROKEN;
	}
}

/* What is no request is written together with the next one that is. */
static enum sp_wire_end
send_message(struct sp_mcp_wire *wire, const struct sp_mcp_sending *m, bool (*take)(void *arg, struct sp_str text), void *arg)
{
	struct stdio_wire *s = (struct stdio_wire *)wire;
	struct reading r = { .take = take, .arg = arg, .until_ms = s->wire.deadline_ms };

	if (!start(s))
		return SP_WIRE_UNREACHABLE;
	sp_buf_str(&s->queue, m->body);
	sp_buf_char(&s->queue, '\n');
	if (!sp_buf_ok(&s->queue)) {
		s->wire.why = "too much waits to be written";
		return SP_WIRE_TOO_LARGE;
	}
	if (!m->is_request)
		return SP_WIRE_TAKEN;
	converse(s, &r);
	return r.end;
}

static enum sp_wire_end
listen_for(struct sp_mcp_wire *wire, int64_t until_ms, bool (*take)(void *arg, struct sp_str text), void *arg)
{
	struct stdio_wire *s = (struct stdio_wire *)wire;
	struct reading r = { .take = take, .arg = arg, .until_ms = until_ms < s->wire.deadline_ms ? until_ms : s->wire.deadline_ms };

	if (!start(s))
		return SP_WIRE_UNREACHABLE;
	converse(s, &r);
	return r.end;
}

static void
again(struct sp_mcp_wire *wire)
{
	struct stdio_wire *s = (struct stdio_wire *)wire;

	stop(s);
	sp_buf_clear(&s->queue);
	s->written = 0;
}

static void
close_wire(struct sp_mcp_wire *wire)
{
	struct stdio_wire *s = (struct stdio_wire *)wire;
	int64_t until = sp_monotonic_ms() + GRACE_MS;

	if (!s->runs || s->to->keep) {
		stop(s);
		return;
	}
	sp_child_close_in(&s->child);
	while (sp_monotonic_ms() < until && !(sp_child_wait(&s->child, false, until) & SP_CHILD_OVER)) {
		char block[4096];

		hear(s);
		while (s->child.out >= 0 && sp_child_read(&s->child.out, block, sizeof(block)) > 0 && sp_monotonic_ms() < until)
			;
	}
	stop(s);
}

struct sp_mcp_wire *
sp_mcp_wire_stdio(struct sp_arena *mem, const struct sp_mcp_stdio *to, int64_t deadline_ms)
{
	struct stdio_wire *s = sp_alloc(mem, sizeof(*s));

	*s = (struct stdio_wire){ .mem = mem, .to = to, .keeper = -1,
	    .wire = { .mem = mem, .send = send_message, .listen = listen_for, .again = again, .close = close_wire, .deadline_ms = deadline_ms } };
	sp_buf_init(&s->queue, mem, QUEUE_MAX);
	sp_buf_init(&s->line, mem, to->message_max);
	sp_arena_defer(mem, on_arena_end, s);
	return &s->wire;
}
