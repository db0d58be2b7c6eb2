/*
 * sse.h - server-sent events, as the WHATWG HTML standard encodes them (section 9.2)
 *
 * Only the writing: "data: ...", a line each, and a blank line that ends the
 * event.  Whatever cannot be said in it is not written: a line break in `id` or
 * `type` would begin another field, and is a bug (assert).
 */
#ifndef SP_WEB_SSE_H
#define SP_WEB_SSE_H

#include "base/buf.h"

struct sp_sse {
	struct sp_str id;	/* what comes back as Last-Event-ID; absent: none */
	struct sp_str type;	/* absent: "message" */
	/*
	 * Broken into lines at CR, LF and CRLF, which all arrive as LF.  Absent: the
	 * event only sets id and retry, and readers do not hear of it; empty: they
	 * do (MCP 2025-11-25 begins a stream that can be resumed with such a one).
	 */
	struct sp_str data;
	int64_t retry_ms;	/* how long a reader waits before it connects again; 0: not said */
};

void sp_sse_event(struct sp_buf *b, const struct sp_sse *event);
/* ":" and the text, which readers pass over; for a sign of life it may be absent. */
void sp_sse_comment(struct sp_buf *b, struct sp_str text);

#endif
