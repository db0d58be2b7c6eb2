/* stream_client.h - what a web server hears of an answer that comes in pieces */
#ifndef SP_UNIT_STREAM_CLIENT_H
#define SP_UNIT_STREAM_CLIENT_H

#include "worker_process.h"

#define PATIENCE	(PATIENCE_SECONDS * 1000)	/* for what comes at once, if nobody else runs */

struct heard {
	int fd;
	struct message text;	/* header block and body so far; text() ends it with NUL */
	bool ended;		/* FCGI_END_REQUEST came */
	bool closed;		/* the connection was closed, or is not in order */
};

static inline void
send_request(int fd, const char *method, const char *uri, const char *body, bool keep)
{
	struct message m = request(method, uri, body, keep);

	assert_true(send_bytes(fd, m.bytes, m.len));
	message_free(&m);
}

static inline struct heard
ask_stream(const char *uri, bool keep)
{
	struct heard h = { .fd = connect_to(worker.socket) };

	assert_true(h.fd >= 0);
	send_request(h.fd, "GET", uri, NULL, keep);
	return h;
}

static inline const char *
text_of(struct heard *h)
{
	message_add(&h->text, "", 1);
	h->text.len--;
	return (const char *)h->text.bytes;
}

static inline int
times_in(struct heard *h, const char *what)
{
	int count = 0;

	for (const char *p = text_of(h); (p = strstr(p, what)) != NULL; p++)
		count++;
	return count;
}

/* Reads until the text is there so often, or the answer ends, or the time does.  True: it is there. */
static inline bool
hear_times(struct heard *h, const char *what, int times, int ms)
{
	int64_t until = sp_monotonic_ms() + ms, left;
	uint8_t header[8], content[65536 + 256];
	size_t len;

	while (!h->ended && !h->closed && (what == NULL || times_in(h, what) < times) &&
	    (left = until - sp_monotonic_ms()) >= 0) {
		struct pollfd p = { .fd = h->fd, .events = POLLIN };

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if (!read_bytes(h->fd, header, sizeof(header))) {
			h->closed = true;
			break;
		}
		len = (size_t)header[4] << 8 | header[5];
		h->closed = !read_bytes(h->fd, content, len + header[6]);
		if (!h->closed && header[1] == FCGI_STDOUT)
			message_add(&h->text, content, len);
		h->ended = !h->closed && header[1] == FCGI_END;
	}
	return what == NULL ? h->ended : times_in(h, what) >= times;
}

static inline bool
hear(struct heard *h, const char *what, int ms)
{
	return hear_times(h, what, 1, ms);
}

/* Up to the end; true: a proper one. */
static inline bool
hear_end(struct heard *h, int ms)
{
	return hear_times(h, NULL, 0, ms);
}

static inline void
heard_free(struct heard *h)
{
	message_free(&h->text);
	if (h->fd >= 0)
		close(h->fd);
	*h = (struct heard){ .fd = -1 };
}

/* The body of one plain answer, in a buffer of the function's own. */
static inline const char *
ask_text(const char *method, const char *uri, const char *body)
{
	static char text[4096];
	struct reply r;
	int fd = connect_to(worker.socket);

	assert_true(fd >= 0);
	send_request(fd, method, uri, body, false);
	r = read_reply(fd);
	assert_true(r.ended);
	snprintf(text, sizeof(text), "%s", r.body);
	message_free(&r.text);
	close(fd);
	return text;
}

/* The number behind a name in the answer of /mcp/counts. */
static inline long
counted(const char *name)
{
	const char *counts = ask_text("GET", "/mcp/counts", NULL), *at = strstr(counts, name);

	assert_non_null(at);
	return strtol(at + strlen(name), NULL, 10);
}

/* Waits until a number of /mcp/counts is this; how many milliseconds it took, or -1. */
static inline int
wait_counted(const char *name, long n, int ms)
{
	int64_t since = sp_monotonic_ms();

	while (sp_monotonic_ms() - since <= ms) {
		if (counted(name) == n)
			return (int)(sp_monotonic_ms() - since);
		poll(NULL, 0, 5);
	}
	return -1;
}

#endif
