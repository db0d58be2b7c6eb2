/* test_trace.c - W3C Trace Context and Baggage in _meta */
#include "unit.h"
#include "tools/trace.h"

#define ID	"0af7651916cd43dd8448eb211c80319c"
#define PARENT	"00-" ID "-00f067aa0ba902b7-01"
#define TEN(s)	s s s s s s s s s s

enum which { TRACEPARENT, TRACESTATE, BAGGAGE };
static const char *const names[] = { "traceparent", "tracestate", "baggage" };

static const struct {
	const char *name;
	enum which which;
	const char *value;
	bool good;
} values[] = {
	/* Trace Context, section 3.2.3 */
	{ "sampled", TRACEPARENT, PARENT, true },
	{ "not sampled", TRACEPARENT, "00-" ID "-00f067aa0ba902b7-00", true },
	{ "other flags", TRACEPARENT, "00-" ID "-00f067aa0ba902b7-ff", true },
	{ "a later version", TRACEPARENT, "cc-" ID "-00f067aa0ba902b7-01", true },
	{ "a later version with more", TRACEPARENT, "cc-" ID "-00f067aa0ba902b7-01-what-the-future", true },
	{ "a later version with more, not apart", TRACEPARENT, "cc-" ID "-00f067aa0ba902b7-01.what", false },
	{ "a later version with a line break", TRACEPARENT, "cc-" ID "-00f067aa0ba902b7-01-a\r\nX: y", false },
	{ "a later version with a space", TRACEPARENT, "cc-" ID "-00f067aa0ba902b7-01-a b", false },
	{ "a later version, not ASCII", TRACEPARENT, "cc-" ID "-00f067aa0ba902b7-01-\xc3\xa9", false },
	{ "version ff", TRACEPARENT, "ff-" ID "-00f067aa0ba902b7-01", false },
	{ "version 00 with more", TRACEPARENT, PARENT "-x", false },
	{ "version 00 with a dash", TRACEPARENT, PARENT "-", false },
	{ "a capital", TRACEPARENT, "00-0AF7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01", false },
	{ "a trace of zeros", TRACEPARENT, "00-00000000000000000000000000000000-00f067aa0ba902b7-01", false },
	{ "a parent of zeros", TRACEPARENT, "00-" ID "-0000000000000000-01", false },
	{ "not hexadecimal", TRACEPARENT, "00-0af7651916cd43dd8448eb211c80319g-00f067aa0ba902b7-01", false },
	{ "flags that are none", TRACEPARENT, "00-" ID "-00f067aa0ba902b7-0x", false },
	{ "a version that is none", TRACEPARENT, "0.-" ID "-00f067aa0ba902b7-01", false },
	{ "short", TRACEPARENT, "00-" ID "-00f067aa0ba902b7-0", false },
	{ "no dashes", TRACEPARENT, "00_" ID "_00f067aa0ba902b7_01", false },
	{ "white space", TRACEPARENT, " " PARENT, false },
	{ "empty", TRACEPARENT, "", false },
	/* section 3.3.1 */
	{ "one vendor", TRACESTATE, "congo=t61rcWkgMzE", true },
	{ "two", TRACESTATE, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true },
	{ "white space and empty members", TRACESTATE, "rojo=1 ,\t, congo=2", true },
	{ "a tenant", TRACESTATE, "fw529a3039@dt=FfACxJ2v;a:b", true },
	{ "a key that begins with a digit", TRACESTATE, "4a_-*/z=1", true },
	{ "a key with a capital", TRACESTATE, "Rojo=1", false },
	{ "a key that begins with a dash", TRACESTATE, "-a=1", false },
	{ "no key", TRACESTATE, "=1", false },
	{ "no value", TRACESTATE, "a=", false },
	{ "no equals", TRACESTATE, "a", false },
	{ "two equals", TRACESTATE, "a=b=c", false },
	{ "a line break", TRACESTATE, "a=b\r\nX: y", false },
	{ "not ASCII", TRACESTATE, "a=\xc3\xa9", false },
	{ "only commas", TRACESTATE, ",,", false },
	{ "empty", TRACESTATE, "", false },
	{ "30 members", TRACESTATE, TEN("a=1,") TEN("a=1,") TEN("a=1,"), true },
	{ "40 members", TRACESTATE, TEN("a=1,") TEN("a=1,") TEN("a=1,") TEN("a=1,"), false },
	/* Baggage, section 3.3.1 */
	{ "one pair", BAGGAGE, "userId=alice", true },
	{ "pairs, white space, properties", BAGGAGE, "userId = alice ; p1 ; p2=a%20b , serverNode=DF%2028,isProduction=false", true },
	{ "an equals in a value", BAGGAGE, "a=b=c", true },
	{ "an empty value", BAGGAGE, "a=", true },
	{ "no key", BAGGAGE, "=a", false },
	{ "a key alone", BAGGAGE, "a", false },
	{ "a property without a pair", BAGGAGE, ";a", false },
	{ "a quote", BAGGAGE, "a=\"b\"", false },
	{ "a backslash", BAGGAGE, "a=b\\c", false },
	{ "a space in a value", BAGGAGE, "a=b c", false },
	{ "a space in a key", BAGGAGE, "a b=c", false },
	{ "an empty member", BAGGAGE, "a=b,,c=d", false },
	{ "a line break", BAGGAGE, "a=b\nc", false },
	{ "not ASCII", BAGGAGE, "a=\xc3\xa9", false },
	{ "empty", BAGGAGE, "", false },
};

static void
formats(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct json_object *meta = sp_json_new(mem);
		struct sp_str got[3];
		struct sp_trace t;

		sp_json_set_str(meta, "traceparent", SP_LIT(PARENT));	/* tracestate is nothing without it */
		sp_json_set_str(meta, names[values[i].which], sp_str(values[i].value));
		sp_trace_read(meta, &t);
		got[TRACEPARENT] = t.traceparent;
		got[TRACESTATE] = t.tracestate;
		got[BAGGAGE] = t.baggage;
		CHECK((got[values[i].which].p != NULL) == values[i].good, values[i].name);
		if (values[i].good)
			CHECK_STR(got[values[i].which], values[i].value, values[i].name);
	}
	sp_arena_free(mem);
}

static const struct {
	const char *name, *meta;
	const char *traceparent, *tracestate, *baggage, *id;	/* NULL: none */
} traces[] = {
	{ "all", "{\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1\",\"baggage\":\"b=2\",\"progressToken\":1}",
	    PARENT, "a=1", "b=2", ID },
	{ "a state without its parent", "{\"tracestate\":\"a=1\"}", NULL, NULL, NULL, NULL },
	{ "a state with a broken parent", "{\"traceparent\":\"x\",\"tracestate\":\"a=1\"}", NULL, NULL, NULL, NULL },
	{ "a broken state", "{\"traceparent\":\"" PARENT "\",\"tracestate\":\"A\"}", PARENT, NULL, NULL, ID },
	{ "baggage stands alone", "{\"traceparent\":7,\"baggage\":\"b=2\"}", NULL, NULL, "b=2", NULL },
	{ "other types", "{\"traceparent\":[1],\"tracestate\":null,\"baggage\":{}}", NULL, NULL, NULL, NULL },
	{ "nothing", "{}", NULL, NULL, NULL, NULL },
	{ "no object", "[1]", NULL, NULL, NULL, NULL },
	{ "no _meta", "null", NULL, NULL, NULL, NULL },
};

static void
same(struct sp_str got, const char *expected, const char *name)
{
	CHECK((got.p == NULL) == (expected == NULL), name);
	if (expected != NULL)
		CHECK_STR(got, expected, name);
}

static void
together(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(traces); i++) {
		struct json_object *meta;
		struct sp_trace t;
		const char *why;

		CHECK(sp_json_parse(mem, sp_str(traces[i].meta), &meta, &why), traces[i].name);
		sp_trace_read(meta, &t);
		same(t.traceparent, traces[i].traceparent, traces[i].name);
		same(t.tracestate, traces[i].tracestate, traces[i].name);
		same(t.baggage, traces[i].baggage, traces[i].name);
		same(sp_trace_id(&t), traces[i].id, traces[i].name);
	}
	sp_arena_free(mem);
}

static void
limits(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *meta = sp_json_new(mem);
	char *text = sp_alloc(mem, 8200);
	struct sp_trace t;

	(void)state;
	memset(text, 'a', 8200);
	text[1] = '=';
	sp_json_set_str(meta, "baggage", (struct sp_str){ text, 8192 });
	sp_trace_read(meta, &t);
	assert_int_equal(t.baggage.len, 8192);
	sp_json_set_str(meta, "baggage", (struct sp_str){ text, 8193 });
	sp_trace_read(meta, &t);
	assert_null(t.baggage.p);
	sp_json_set_str(meta, "traceparent", SP_LIT(PARENT));
	sp_json_set_str(meta, "tracestate", (struct sp_str){ text, 2 + 256 });
	sp_trace_read(meta, &t);
	assert_int_equal(t.tracestate.len, 258);
	sp_json_set_str(meta, "tracestate", (struct sp_str){ text, 2 + 257 });
	sp_trace_read(meta, &t);
	assert_null(t.tracestate.p);
	sp_arena_free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(together),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
