/* sse.c - server-sent events */
#include <assert.h>
#include "web/sse.h"

static void
put_field(struct sp_buf *b, const char *name, struct sp_str value)
{
	sp_buf_cstr(b, name);
	sp_buf_add(b, ": ", 2);		/* one space is taken off again, others are the value's */
	sp_buf_str(b, value);
	sp_buf_char(b, '\n');
}

/* Up to the next line end, which is taken off, too. */
static struct sp_str
next_line(struct sp_str *rest, bool *more)
{
	struct sp_str line = *rest;
	size_t end = 0;

	while (end < rest->len && rest->p[end] != '\n' && rest->p[end] != '\r')
		end++;
	*more = end < rest->len;
	line.len = end;
	if (*more) {
		bool pair = rest->p[end] == '\r' && end + 1 < rest->len && rest->p[end + 1] == '\n';

		*rest = sp_str_sub(*rest, end + (pair ? 2 : 1), rest->len);
	}
	return line;
}

static void
put_lines(struct sp_buf *b, const char *name, struct sp_str text)
{
	bool more;

	do
		put_field(b, name, next_line(&text, &more));
	while (more);
}

/* Readers ignore an id with NUL, so that it would not come back. */
static bool
is_one_line(struct sp_str s)
{
	return sp_str_index(s, '\n') < 0 && sp_str_index(s, '\r') < 0 && sp_str_index(s, '\0') < 0;
}

void
sp_sse_event(struct sp_buf *b, const struct sp_sse *event)
{
	assert(is_one_line(event->id) && is_one_line(event->type));
	if (event->retry_ms > 0)
		sp_buf_printf(b, "retry: %lld\n", (long long)event->retry_ms);
	if (event->id.p != NULL)
		put_field(b, "id", event->id);
	if (event->type.p != NULL)
		put_field(b, "event", event->type);
	if (event->data.p != NULL)
		put_lines(b, "data", event->data);
	sp_buf_char(b, '\n');
}

void
sp_sse_comment(struct sp_buf *b, struct sp_str text)
{
	bool more;

	do {
		struct sp_str line = next_line(&text, &more);

		sp_buf_char(b, ':');
		if (line.len > 0) {
			sp_buf_char(b, ' ');
			sp_buf_str(b, line);
		}
		sp_buf_char(b, '\n');
	} while (more);
	sp_buf_char(b, '\n');
}
