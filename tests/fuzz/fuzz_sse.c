/*
 * fuzz_sse.c - what is written as an event is what a reader reads
 *
 * Input: data of an event, and in front of it, up to the first NUL, its id.  The
 * reader here is the one of the WHATWG HTML standard (9.2.6), in few words: there
 * is one event, with this id and these lines, and a comment is none.
 */
#include <string.h>
#include "fuzz.h"
#include "web/sse.h"

struct event {
	struct sp_buf data;
	struct sp_str id;
	size_t count;			/* of data lines */
};

/* Reads the fields of a whole stream; the number of events. */
static int
read_events(struct sp_str in, struct event *e)
{
	struct sp_str line, name;
	int events = 0;

	while (sp_str_split(&in, '\n', &line)) {
		if (line.len == 0) {
			events += e->count > 0;
			continue;
		}
		(void)sp_str_split(&line, ':', &name);
		if (line.p != NULL && line.len > 0 && line.p[0] == ' ')
			line = sp_str_sub(line, 1, line.len);
		if (sp_str_is(name, "id"))
			e->id = line;
		if (sp_str_is(name, "data")) {
			if (e->count++ > 0)
				sp_buf_char(&e->data, '\n');
			sp_buf_str(&e->data, line);
		}
	}
	return events;
}

/* Line ends of all kinds arrive as LF. */
static struct sp_str
with_lf(struct sp_arena *mem, struct sp_str s)
{
	char *out = sp_alloc(mem, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		out[n++] = s.p[i] == '\r' ? '\n' : s.p[i];
		if (s.p[i] == '\r' && i + 1 < s.len && s.p[i + 1] == '\n')
			i++;
	}
	return (struct sp_str){ out, n };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str in = { (const char *)data, size }, id = { NULL, 0 };
	struct sp_arena *mem = sp_arena_new();
	struct event e = { .count = 0 };
	struct sp_buf b;

	if (sp_str_index(in, '\0') >= 0) {
		(void)sp_str_split(&in, '\0', &id);
		if (sp_str_index(id, '\n') >= 0 || sp_str_index(id, '\r') >= 0)
			id = (struct sp_str){ NULL, 0 };
	}
	sp_buf_init(&b, mem, 16 * size + 256);	/* "data: " for every line end */
	sp_buf_init(&e.data, mem, size + 64);
	sp_sse_comment(&b, in);
	sp_sse_event(&b, &(struct sp_sse){ .id = id, .data = in });
	FUZZ_CHECK(sp_buf_ok(&b));
	FUZZ_CHECK(sp_buf_view(&b).p[b.len - 1] == '\n' && memchr(b.p, '\r', b.len) == NULL);
	FUZZ_CHECK(read_events(sp_buf_view(&b), &e) == (in.p != NULL));
	FUZZ_CHECK(in.p == NULL || sp_str_eq(sp_buf_view(&e.data), with_lf(mem, in)));
	FUZZ_CHECK(sp_str_eq(e.id, id));
	sp_arena_free(mem);
	return 0;
}
