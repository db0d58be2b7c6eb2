/* test_sse.c - server-sent events, as the HTML standard's section 9.2 reads them */
#include "unit.h"
#include "web/sse.h"

#define S(literal) { "" literal "", sizeof(literal) - 1 }

static const struct {
	const char *name;
	struct sp_sse event;
	const char *expected;
} events[] = {
	{ "data", { .data = S("{\"a\":1}") }, "data: {\"a\":1}\n\n" },
	{ "all fields", { .id = S("7"), .type = S("endpoint"), .data = S("x"), .retry_ms = 500 },
	    "retry: 500\nid: 7\nevent: endpoint\ndata: x\n\n" },
	{ "two lines", { .data = S("a\nb") }, "data: a\ndata: b\n\n" },
	{ "CRLF is one line end", { .data = S("a\r\nb") }, "data: a\ndata: b\n\n" },
	{ "CR alone is one, too", { .data = S("a\rb") }, "data: a\ndata: b\n\n" },
	{ "LF CR are two", { .data = S("a\n\rb") }, "data: a\ndata: \ndata: b\n\n" },
	{ "a line end at the end", { .data = S("a\n") }, "data: a\ndata: \n\n" },
	{ "a blank line does not end the event", { .data = S("a\n\nid: 9\n\nb") },
	    "data: a\ndata: \ndata: id: 9\ndata: \ndata: b\n\n" },
	{ "a space in front stays", { .data = S(" a") }, "data:  a\n\n" },
	{ "a colon in front stays", { .data = S(": a") }, "data: : a\n\n" },
	{ "empty data is an event", { .id = S("1"), .data = S("") }, "id: 1\ndata: \n\n" },
	{ "no data", { .id = S("1"), .retry_ms = 1 }, "retry: 1\nid: 1\n\n" },
	{ "an empty id resets it", { .id = S(""), .data = S("x") }, "id: \ndata: x\n\n" },
	{ "UTF-8 passes", { .data = S("\xe2\x80\xa8\xc3\xa4") }, "data: \xe2\x80\xa8\xc3\xa4\n\n" },
};

static void
event(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		struct sp_buf b;

		sp_buf_init(&b, mem, 1000);
		sp_sse_event(&b, &events[i].event);
		CHECK_STR(sp_buf_view(&b), events[i].expected, events[i].name);
	}
	sp_arena_free(mem);
}

static void
comment(void **state)
{
	static const struct {
		struct sp_str text;
		const char *expected;
	} cases[] = {
		{ { NULL, 0 }, ":\n\n" },
		{ S(""), ":\n\n" },
		{ S("ok"), ": ok\n\n" },
		{ S("a\ndata: b"), ": a\n: data: b\n\n" },
		{ S("a\r\n\r\nid: 1"), ": a\n:\n: id: 1\n\n" },
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_buf b;

		sp_buf_init(&b, mem, 1000);
		sp_sse_comment(&b, cases[i].text);
		CHECK_STR(sp_buf_view(&b), cases[i].expected, cases[i].expected);
	}
	sp_arena_free(mem);
}

static void
write_event(void *arg)
{
	struct sp_buf b;

	sp_buf_init(&b, sp_arena_new(), 1000);
	sp_sse_event(&b, arg);
}

static void
no_field_is_smuggled_in(void **state)
{
	static struct sp_sse bad[] = {
		{ .id = S("1\ndata: x") }, { .id = S("1\r") }, { .id = S("1\0002") },
		{ .type = S("a\nid: 1") }, { .type = S("\r\n") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(exit_status_of(write_event, &bad[i]), -SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event),
		cmocka_unit_test(comment),
		cmocka_unit_test(no_field_is_smuggled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
