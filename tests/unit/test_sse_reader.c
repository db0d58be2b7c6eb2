/* test_sse_reader.c - streams of events as WHATWG HTML 9.2.6 reads them, whole and cut everywhere */
#include "unit.h"
#include "net/sse_reader.h"

#define S(literal) { "" literal "", sizeof(literal) - 1 }

static const struct {
	const char *name;
	struct sp_str stream;
	const char *events;		/* "type=data|..." */
	const char *last_id;
	int64_t retry_ms;
} streams[] = {
	{ "an event", S("data: {}\n\n"), "message={}|", "", -1 },
	{ "two lines of data", S("data: YHOO\ndata: +2\ndata: 10\n\n"), "message=YHOO\n+2\n10|", "", -1 },
	{ "the standard's second example", S(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"),
	    "message=first event|message=second event|", "", -1 },
	{ "the standard's third example", S("data\n\ndata\ndata\n\ndata:\n"), "message=|message=\n|", "", -1 },
	{ "a space or none", S("data:test\n\ndata: test\n\n"), "message=test|message=test|", "", -1 },
	{ "CRLF", S("event: note\r\ndata: a\r\n\r\ndata: b\r\n\r\n"), "note=a|message=b|", "", -1 },
	{ "CR", S("data: a\r\rdata: b\r\r"), "message=a|message=b|", "", -1 },
	{ "a BOM", S("\xef\xbb\xbf" "data: a\n\n"), "message=a|", "", -1 },
	{ "a BOM later is no field", S("data: a\n\n\xef\xbb\xbf" "data: b\n\n"), "message=a|", "", -1 },
	{ "an id without data counts", S("id: 42\ndata:\n\nid: 43\n\n"), "message=|", "43", -1 },
	{ "an id with NUL does not", S("id: a\ndata: x\n\nid: b\0c\ndata: y\n\n"), "message=x|message=y|", "a", -1 },
	{ "retry", S("retry: 250\ndata: x\n\n"), "message=x|", "", 250 },
	{ "retry that is no number", S("retry: 2s\nretry: -1\nretry: 1e3\ndata: x\n\n"), "message=x|", "", -1 },
	{ "unknown fields and comments", S(":\n: x\nfoo: bar\nDATA: no\ndata: x\n\n"), "message=x|", "", -1 },
	{ "what has not ended", S("data: x\n"), "", "", -1 },
	{ "nothing", S(""), "", "", -1 },
};

static bool
see(void *arg, const struct sp_sse_incoming *event)
{
	sp_buf_printf(arg, "%.*s=%.*s|", SP_FMT(event->type), SP_FMT(event->data));
	return true;
}

static void
events(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++)
		for (size_t piece = 1; piece <= streams[i].stream.len + 1; piece++) {
			struct sp_sse_reader r;
			struct sp_buf b;

			sp_buf_init(&b, mem, 1000);
			sp_sse_reader_init(&r, mem, 1000, see, &b);
			for (size_t at = 0; at < streams[i].stream.len; at += piece)
				CHECK(sp_sse_reader_take(&r, sp_str_sub(streams[i].stream, at, at + piece)), streams[i].name);
			CHECK_STR(sp_buf_view(&b), streams[i].events, streams[i].name);
			CHECK_STR(r.last_id, streams[i].last_id, streams[i].name);
			CHECK(r.retry_ms == streams[i].retry_ms, streams[i].name);
			sp_arena_reset(mem);
		}
	sp_arena_free(mem);
}

static bool
enough(void *arg, const struct sp_sse_incoming *event)
{
	(void)event;
	return ++*(int *)arg < 2;
}

/* Of a line, of all lines of an event; and the callback's word. */
static void
limits(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_sse_reader r;
	int count = 0;

	(void)state;
	sp_sse_reader_init(&r, mem, 10, enough, &count);
	assert_true(sp_sse_reader_take(&r, SP_LIT("data: 1234\ndata: 5678\n\n")));
	assert_false(sp_sse_reader_take(&r, SP_LIT("data: 12345")));
	assert_int_equal(r.state, SP_SSE_TOO_LONG);

	count = 0;
	sp_sse_reader_init(&r, mem, 10, enough, &count);
	assert_false(sp_sse_reader_take(&r, SP_LIT("data:1234\ndata:5678\ndata:9\n\n")));
	assert_int_equal(r.state, SP_SSE_TOO_LONG);
	assert_int_equal(count, 0);

	count = 0;
	sp_sse_reader_init(&r, mem, 10, enough, &count);
	assert_false(sp_sse_reader_take(&r, SP_LIT("data:1\n\ndata:2\n\ndata:3\n\n")));
	assert_int_equal(r.state, SP_SSE_ENOUGH);
	assert_int_equal(count, 2);
	assert_false(sp_sse_reader_take(&r, SP_LIT("data:4\n\n")));
	sp_arena_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
