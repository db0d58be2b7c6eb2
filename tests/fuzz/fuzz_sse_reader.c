/*
 * fuzz_sse_reader.c - a stream of events of another server
 *
 * However the network cuts the bytes, the same events come out.  The first byte
 * says how it cuts them.
 */
#include "fuzz.h"
#include "net/sse_reader.h"

#define LIMIT 200			/* small enough that inputs reach it */

struct seen {
	struct sp_buf text;
	size_t count;
};

static bool
see(void *arg, const struct sp_sse_incoming *event)
{
	struct seen *seen = arg;

	FUZZ_CHECK(event->type.len > 0 && event->data.len <= LIMIT);
	FUZZ_CHECK(sp_str_index(event->data, '\r') < 0);
	sp_buf_printf(&seen->text, "%zu %zu ", event->type.len, event->data.len);
	sp_buf_str(&seen->text, event->type);
	sp_buf_str(&seen->text, event->data);
	return ++seen->count < 20;
}

static void
read_in_pieces(struct sp_arena *mem, struct sp_str in, size_t piece, struct sp_sse_reader *r, struct seen *seen)
{
	*seen = (struct seen){ .count = 0 };
	sp_buf_init(&seen->text, mem, 4 * in.len + 100000);
	sp_sse_reader_init(r, mem, LIMIT, see, seen);
	for (size_t at = 0; at < in.len && sp_sse_reader_take(r, sp_str_sub(in, at, at + piece)); at += piece)
		;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_sse_reader whole, cut;
	struct seen a, b;
	struct sp_str in;

	if (size > 0) {
		in = (struct sp_str){ (const char *)data + 1, size - 1 };
		read_in_pieces(mem, in, size, &whole, &a);
		read_in_pieces(mem, in, (size_t)data[0] % 16 + 1, &cut, &b);
		FUZZ_CHECK(whole.state == cut.state && a.count == b.count);
		FUZZ_CHECK(sp_str_eq(sp_buf_view(&a.text), sp_buf_view(&b.text)));
		FUZZ_CHECK(sp_str_eq(whole.last_id, cut.last_id) && whole.retry_ms == cut.retry_ms);
	}
	sp_arena_free(mem);
	return 0;
}
