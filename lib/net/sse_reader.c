/* sse_reader.c - Server-Sent Events as they come in (WHATWG HTML, 9.2.5 and 9.2.6) */
#include "net/sse_reader.h"

#define RETRY_MAX_MS (24 * 60 * 60 * 1000)

void
sp_sse_reader_init(struct sp_sse_reader *r, struct sp_arena *mem, size_t max_bytes,
    bool (*event)(void *arg, const struct sp_sse_incoming *event), void *arg)
{
	*r = (struct sp_sse_reader){ .event = event, .arg = arg, .retry_ms = -1, .mem = mem };
	sp_buf_init(&r->line, mem, max_bytes);
	sp_buf_init(&r->data, mem, max_bytes);
}

/* The empty line: what was collected is an event, unless it has no data. */
static void
dispatch(struct sp_sse_reader *r)
{
	struct sp_sse_incoming event;

	memcpy(r->last, r->id, r->id_len);
	r->last_id = (struct sp_str){ r->last, r->id_len };
	if (r->has_data) {
		event.type = r->type_len > 0 ? (struct sp_str){ r->type, r->type_len } : SP_LIT("message");
		event.data = sp_buf_view(&r->data);
		if (!r->event(r->arg, &event))
			r->state = SP_SSE_ENOUGH;
	}
	r->has_data = false;
	r->type_len = 0;
	sp_buf_clear(&r->data);
}

static void
take_field(struct sp_sse_reader *r, struct sp_str name, struct sp_str value)
{
	int64_t ms;

	if (sp_str_is(name, "data")) {
		if (r->has_data)
			sp_buf_char(&r->data, '\n');
		sp_buf_str(&r->data, value);
		r->has_data = true;
	} else if (sp_str_is(name, "id")) {
		if (value.len <= sizeof(r->id) && sp_str_index(value, '\0') < 0) {
			if (value.len > 0)
				memcpy(r->id, value.p, value.len);
			r->id_len = value.len;
		}
	} else if (sp_str_is(name, "event")) {
		r->type_len = value.len < sizeof(r->type) ? value.len : sizeof(r->type);
		if (r->type_len > 0)
			memcpy(r->type, value.p, r->type_len);
	} else if (sp_str_is(name, "retry")) {
		if (sp_str_only(value, "0123456789") && sp_str_int64(value, 0, RETRY_MAX_MS, &ms))
			r->retry_ms = ms;
	}
}

static void
take_line(struct sp_sse_reader *r)
{
	struct sp_str line = sp_buf_view(&r->line), name, value;
	ptrdiff_t colon;

	if (!r->begun && sp_str_starts(line, "\xef\xbb\xbf"))
		line = sp_str_sub(line, 3, line.len);
	r->begun = true;
	colon = sp_str_index(line, ':');
	if (line.len == 0) {
		dispatch(r);
	} else if (colon != 0) {		/* else it is a comment */
		name = colon < 0 ? line : sp_str_sub(line, 0, (size_t)colon);
		value = colon < 0 ? SP_LIT("") : sp_str_sub(line, (size_t)colon + 1, line.len);
		if (value.len > 0 && value.p[0] == ' ')
			value = sp_str_sub(value, 1, value.len);
		take_field(r, name, value);
	}
	sp_buf_clear(&r->line);
}

static size_t
until_line_end(struct sp_str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != '\n' && s.p[n] != '\r')
		n++;
	return n;
}

bool
sp_sse_reader_take(struct sp_sse_reader *r, struct sp_str bytes)
{
	while (bytes.len > 0 && r->state == SP_SSE_READING) {
		size_t n;

		if (r->after_cr && bytes.p[0] == '\n') {	/* the second half of CRLF */
			r->after_cr = false;
			bytes = sp_str_sub(bytes, 1, bytes.len);
			continue;
		}
		r->after_cr = false;
		n = until_line_end(bytes);
		sp_buf_add(&r->line, bytes.p, n);
		if (!sp_buf_ok(&r->line)) {	/* half a line says nothing */
			r->state = SP_SSE_TOO_LONG;
			break;
		}
		if (n < bytes.len) {
			r->after_cr = bytes.p[n] == '\r';
			take_line(r);
			n++;
		}
		bytes = sp_str_sub(bytes, n, bytes.len);
		if (r->state == SP_SSE_READING && !sp_buf_ok(&r->data))
			r->state = SP_SSE_TOO_LONG;
	}
	return r->state == SP_SSE_READING;
}
