/*
 * fuzz_mcp.c - a POST to the MCP endpoint before anything is looked up
 *
 * Input: lines "header: value", an empty line, the body.  Whatever comes, the
 * answer is JSON that repeats the id; a value always fits the header that a
 * client would make of it.
 */
#include "base/encode.h"
#include "fuzz.h"
#include "mcp/headers.h"
#include "mcp/jsonrpc.h"
#include "mcp/version.h"

static struct sp_str
header(struct sp_str headers, const char *name)
{
	struct sp_str line, key;

	while (sp_str_split(&headers, '\n', &line)) {
		bool has_value = sp_str_split(&line, ':', &key);

		if (has_value && sp_str_caseis(key, name))
			return sp_str_trim(line, " \t");
	}
	return (struct sp_str){ NULL, 0 };
}

static void
check_answer(struct sp_arena *mem, const struct sp_jsonrpc *m, const struct sp_jsonrpc_error *error)
{
	struct json_object *answer, *id = NULL;
	struct sp_json_writer w;
	struct sp_buf b;
	const char *why;

	sp_buf_init(&b, mem, (size_t)1 << 30);
	sp_jw_init(&w, &b);
	if (error != NULL) {
		sp_jsonrpc_write_error(&w, m->id, error);
	} else {
		sp_jsonrpc_begin_result(&w, m->id);
		sp_jw_object(&w);
		sp_jw_object_end(&w);
		sp_jsonrpc_end(&w);
	}
	FUZZ_CHECK(sp_json_parse(mem, sp_buf_view(&b), &answer, &why));
	json_object_object_get_ex(answer, "id", &id);
	FUZZ_CHECK((id == NULL) == (m->id == NULL));
	FUZZ_CHECK(id == NULL || json_object_equal(id, m->id));
}

static void
check_text(struct sp_arena *mem, struct sp_str text)
{
	struct sp_str encoded = sp_base64_encode(mem, text.p, text.len), decoded;
	struct sp_str sentinel = sp_str(sp_printf(mem, "=?base64?%.*s?=", SP_FMT(encoded)));

	FUZZ_CHECK(sp_mcp_header_is(mem, sentinel, text));
	if (sp_mcp_header_decode(mem, text, &decoded) && sp_str_eq(decoded, text))
		FUZZ_CHECK(sp_mcp_header_is(mem, text, text));
}

static void
check_arguments(struct sp_arena *mem, struct json_object *arguments, struct sp_str param)
{
	if (!json_object_is_type(arguments, json_type_object))
		return;
	json_object_object_foreach(arguments, name, value) {
		struct json_object *v = value;

		(void)name;
		(void)sp_mcp_param_fits(mem, param, v);
		if (json_object_is_type(v, json_type_string))
			check_text(mem, sp_json_text(v));
		else if (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_boolean))
			FUZZ_CHECK(sp_mcp_param_fits(mem, sp_str(json_object_to_json_string(v)), v));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str headers = { (const char *)data, size }, body = { "", 0 };
	struct sp_arena *mem = sp_arena_new();
	struct sp_jsonrpc_error error = { 0 };
	struct json_object *message;
	struct sp_jsonrpc m;
	const char *why;

	for (size_t i = 1; i < size; i++)
		if (data[i] == '\n' && data[i - 1] == '\n') {
			body = sp_str_sub(headers, i + 1, size);
			headers = sp_str_sub(headers, 0, i);
			break;
		}
	(void)sp_mcp_accept_is_good(header(headers, "Accept"));
	if (sp_json_parse(mem, body, &message, &why)) {
		if (!sp_jsonrpc_read(message, &m, &error)) {
			FUZZ_CHECK(error.code != 0 && error.status == 400 && error.message != NULL);
			check_answer(mem, &m, &error);
		} else {
			struct json_object *meta = sp_json_get(m.params, "_meta");
			struct sp_mcp_signs signs = {
				.header_version = header(headers, "MCP-Protocol-Version"),
				.header_method = header(headers, "Mcp-Method"),
				.session_id = header(headers, "Mcp-Session-Id"),
				.method = m.method,
				.has_meta_version = meta != NULL,
				.meta_version = sp_json_get_str(meta, "io.modelcontextprotocol/protocolVersion"),
			};

			(void)sp_mcp_era_of(&signs);
			if (m.kind == SP_JSONRPC_REQUEST)
				check_answer(mem, &m, NULL);
			if (m.method.p != NULL)
				check_text(mem, m.method);
			(void)sp_mcp_header_is(mem, header(headers, "Mcp-Name"), sp_json_get_str(m.params, "name"));
			check_arguments(mem, sp_json_get(m.params, "arguments"), header(headers, "Mcp-Param-X"));
			FUZZ_CHECK(sp_json_parse(mem, sp_mcp_unsupported_data(mem, m.method), &message, &why));
		}
	}
	sp_arena_free(mem);
	return 0;
}
