/*
 * fuzz_http_answer.c - what a document takes of an answer, as JSON or as XML
 *
 * First line: the shape; behind it: the answer.  What comes out is JSON.
 */
#include "fuzz.h"
#include "tools/http_answer.h"
#include "tools/xml.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str rest = { (const char *)data, size }, line;
	struct sp_arena *mem = sp_arena_new();
	struct sp_http_answer answer = { .status = 200, .fields = { { "Link", rest } }, .field_count = 1 };
	struct json_object *shape_json, *body, *out;
	const struct sp_answer_shape *shape;
	const char *why;
	struct sp_buf b;

	sp_buf_init(&b, mem, 16 * 1024 * 1024);
	if (sp_str_split(&rest, '\n', &line) && sp_json_parse(mem, line, &shape_json, &why) &&
	    json_object_is_type(shape_json, json_type_object) && sp_answer_shape_load(mem, shape_json, &shape, &why) &&
	    (sp_answer_reading(shape) == SP_ANSWER_XML ? sp_xml_read(mem, rest, sp_answer_arrays(shape), &body, &why) :
	    sp_json_parse(mem, rest, &body, &why))) {
		if (sp_answer_write(mem, shape, body, &answer, &b, &why) && sp_buf_ok(&b))
			FUZZ_CHECK(sp_json_parse_large(mem, sp_buf_view(&b), &out, &why) || strstr(why, "deep") != NULL);
		if (body != NULL)
			FUZZ_CHECK(!sp_str_has_control(sp_answer_error(mem, shape, body, &answer)));
	}
	sp_arena_free(mem);
	return 0;
}
