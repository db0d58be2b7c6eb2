/* fuzz_encode.c - the decoders of base64url, base64, hex, percent and form, and the encoders against them */
#include "base/encode.h"
#include "base/json.h"
#include "fuzz.h"

#define CEILING ((size_t)1 << 30)

static void
decoders(struct sp_arena *mem, struct sp_str in)
{
	struct sp_str out, again;
	struct sp_buf b;

	/* one text for one value: what decodes is what the encoder writes */
	if (sp_base64url_decode(mem, in, &out))
		FUZZ_CHECK(sp_str_eq(in, sp_base64url_encode(mem, out.p, out.len)));
	if (sp_base64_decode(mem, in, &out))
		FUZZ_CHECK(sp_str_eq(in, sp_base64_encode(mem, out.p, out.len)));
	if (sp_hex_decode(mem, in, &out))
		FUZZ_CHECK(sp_str_caseeq(in, sp_hex_encode(mem, out.p, out.len)));
	if (sp_percent_decode(mem, in, &out)) {
		FUZZ_CHECK(sp_str_index(out, '\0') < 0);
		sp_buf_init(&b, mem, CEILING);
		sp_buf_percent(&b, out);
		FUZZ_CHECK(sp_percent_decode(mem, sp_buf_view(&b), &again) && sp_str_eq(out, again));
	}
	if (sp_form_decode(mem, in, &out)) {
		FUZZ_CHECK(sp_str_index(out, '\0') < 0 && sp_utf8_valid(out));
		sp_buf_init(&b, mem, CEILING);
		sp_buf_form(&b, out);
		FUZZ_CHECK(sp_form_decode(mem, sp_buf_view(&b), &again) && sp_str_eq(out, again));
	}
}

static void
encoders(struct sp_arena *mem, struct sp_str in)
{
	struct json_object *string;
	struct sp_str out;
	struct sp_buf b;
	const char *why;

	FUZZ_CHECK(sp_base64url_decode(mem, sp_base64url_encode(mem, in.p, in.len), &out) && sp_str_eq(in, out));
	FUZZ_CHECK(sp_base64_decode(mem, sp_base64_encode(mem, in.p, in.len), &out) && sp_str_eq(in, out));
	FUZZ_CHECK(sp_hex_decode(mem, sp_hex_encode(mem, in.p, in.len), &out) && sp_str_eq(in, out));

	sp_buf_init(&b, mem, CEILING);
	sp_buf_html(&b, in);
	out = sp_buf_view(&b);
	FUZZ_CHECK(sp_utf8_valid(out) && sp_str_index(out, '<') < 0 && sp_str_index(out, '"') < 0 &&
	    sp_str_index(out, '\'') < 0 && sp_str_index(out, '\0') < 0);

	sp_buf_init(&b, mem, CEILING);
	sp_buf_json_string(&b, in);
	FUZZ_CHECK(!sp_str_has_control(sp_buf_view(&b)));
	if (sp_str_index(in, '\0') >= 0)
		return;		/* written as \u0000, which our parser refuses */
	FUZZ_CHECK(sp_json_parse(mem, sp_buf_view(&b), &string, &why));
	if (sp_utf8_valid(in))
		FUZZ_CHECK(sp_str_eq(in, sp_json_text(string)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str in = { (const char *)data, size };
	struct sp_arena *mem = sp_arena_new();

	decoders(mem, in);
	encoders(mem, in);
	sp_arena_free(mem);
	return 0;
}
