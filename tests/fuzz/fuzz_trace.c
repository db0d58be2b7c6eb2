/*
 * fuzz_trace.c - trace context and baggage as a client sends them
 *
 * The input is the value of all three; what is taken is taken whole, and can stand
 * in a header.
 */
#include "fuzz.h"
#include "tools/trace.h"

static void
check(struct sp_str value, struct sp_str in)
{
	FUZZ_CHECK(value.p == NULL || (sp_str_eq(value, in) && value.len > 0));
	for (size_t i = 0; value.p != NULL && i < value.len; i++)
		FUZZ_CHECK(value.p[i] == '\t' || (value.p[i] >= 0x20 && value.p[i] <= 0x7e));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str in = { (const char *)data, size };
	struct json_object *meta = sp_json_new(mem);
	struct sp_trace t;

	sp_json_set_str(meta, "traceparent", in);
	sp_json_set_str(meta, "tracestate", in);
	sp_json_set_str(meta, "baggage", in);
	sp_trace_read(meta, &t);
	check(t.traceparent, in);
	check(t.baggage, in);
	FUZZ_CHECK(sp_trace_id(&t).len == (t.traceparent.p != NULL ? 32 : 0));
	sp_json_set_str(meta, "traceparent", SP_LIT("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"));
	sp_trace_read(meta, &t);
	FUZZ_CHECK(t.traceparent.p != NULL);
	check(t.tracestate, in);
	sp_arena_free(mem);
	return 0;
}
