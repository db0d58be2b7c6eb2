/*
 * sse_reader.h - Server-Sent Events as they come in (WHATWG HTML, 9.2.5 and 9.2.6)
 *
 * Bytes go in as the network cuts them; each event that has ended comes out.
 * A stream may last for ever, an event may not: what is longer than the limit
 * ends the reading.  Who reads judges the data: here it is bytes.
 */
#ifndef SP_NET_SSE_READER_H
#define SP_NET_SSE_READER_H

#include "base/buf.h"

#define SP_SSE_ID_MAX 1024		/* bytes of an id; a longer one is ignored, as one with NUL is */

struct sp_sse_incoming {
	struct sp_str type;		/* "message" when the stream names none */
	struct sp_str data;		/* good until the callback returns */
};

enum sp_sse_state {
	SP_SSE_READING,
	SP_SSE_ENOUGH,			/* the callback said so */
	SP_SSE_TOO_LONG,		/* an event, or a line, is over the limit */
};

struct sp_sse_reader {
	/* False: enough, nothing more is read. */
	bool (*event)(void *arg, const struct sp_sse_incoming *event);
	void *arg;
	enum sp_sse_state state;
	struct sp_str last_id;		/* of the last event that had one; empty: none, or taken back */
	int64_t retry_ms;		/* how long to wait before the stream is asked for again; -1: not said */
	/* the reader's own */
	struct sp_arena *mem;
	struct sp_buf line, data;
	char id[SP_SSE_ID_MAX], last[SP_SSE_ID_MAX], type[64];
	size_t id_len, type_len;
	bool has_data, after_cr, begun;
};

/* max_bytes: of a line and of an event's data.  The buffers live in mem. */
void sp_sse_reader_init(struct sp_sse_reader *r, struct sp_arena *mem, size_t max_bytes,
    bool (*event)(void *arg, const struct sp_sse_incoming *event), void *arg);

/*
 * Takes the next bytes of the stream.  False: r->state says why no more are
 * wanted.  What is left when the stream ends without an empty line is no event.
 */
SP_MUST_USE bool sp_sse_reader_take(struct sp_sse_reader *r, struct sp_str bytes);

#endif
