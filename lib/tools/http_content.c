/* http_content.c - the answer of a service as the result of a tool */
#include "tools/http_content.h"

#include "base/encode.h"
#include "tools/xml.h"

static struct sp_str
without_mark(struct sp_str body)
{
	return sp_str_starts(body, "\xef\xbb\xbf") ? sp_str_sub(body, 3, body.len) : body;
}

static bool
is_json(struct sp_str type)
{
	return sp_str_is(type, "application/json") || sp_str_is(type, "text/json") || sp_str_ends(type, "+json");
}

bool
sp_http_body(struct sp_arena *mem, const struct sp_http_spec *spec, const struct sp_http_answer *answer,
    struct json_object **out, const char **why)
{
	struct sp_str body = without_mark(answer->body);
	enum sp_answer_reading reading = sp_answer_reading(spec->shape);
	struct json_object *json;

	*out = NULL;
	if (reading == SP_ANSWER_TEXT || body.len == 0)
		return true;
	if (reading == SP_ANSWER_XML)
		return sp_xml_read(mem, body, sp_answer_arrays(spec->shape), out, why);
	if (!spec->has_shape && !is_json(answer->content_type))
		return true;
	if (!sp_json_parse(mem, body, &json, why))
		return false;
	/* null is nothing that a shape could be made of */
	*out = json;
	return true;
}

void
sp_http_json(const struct sp_tool_call *call, struct sp_str json, struct sp_tool_result *out)
{
	if (call->tool->max_bytes > 0 && (int64_t)json.len > call->tool->max_bytes) {
		sp_tool_too_large(call, (int64_t)json.len, out);
		return;
	}
	*out = (struct sp_tool_result){ .json = sp_str_starts(json, "{") ? json :
	    sp_str(sp_printf(call->req->mem, "{\"result\":%.*s}", SP_FMT(json))) };
}

static void
give_text(const struct sp_tool_call *call, struct sp_str text, struct sp_tool_result *out)
{
	int64_t max = call->tool->max_bytes;
	struct sp_str kept = text;

	if (max > 0 && (int64_t)text.len > max)
		kept = sp_utf8_cut(text, (size_t)max);
	*out = (struct sp_tool_result){ .text = kept.len == text.len ? text : sp_str(sp_printf(call->req->mem,
	    "%.*s\n[cut here: the answer has %zu bytes]", SP_FMT(kept), text.len)) };
}

/* An image or a sound is one for MCP, too; anything else is a resource that comes with the result. */
static void
give_bytes(const struct sp_tool_call *call, const struct sp_http_answer *answer, struct sp_tool_result *out)
{
	struct sp_arena *mem = call->req->mem;
	struct sp_str data = sp_base64_encode(mem, answer->body.p, answer->body.len), type = answer->content_type;
	bool is_image = sp_str_starts(type, "image/"), is_audio = sp_str_starts(type, "audio/");
	struct json_object *whole;
	struct sp_json_writer w;
	const char *why;
	struct sp_buf b;

	if (call->tool->max_bytes > 0 && (int64_t)data.len > call->tool->max_bytes) {
		sp_tool_too_large(call, (int64_t)data.len, out);
		return;
	}
	sp_buf_init(&b, mem, data.len + 4096);
	sp_jw_init(&w, &b);
	sp_buf_cstr(&b, "{\"content\":[");
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "type", is_image ? "image" : is_audio ? "audio" : "resource");
	if (!is_image && !is_audio) {
		sp_jw_key(&w, "resource");
		sp_jw_object(&w);
		sp_jw_kcstr(&w, "uri", sp_printf(mem, "urn:sallyport:%s", call->tool->name));
	}
	sp_jw_kstr(&w, "mimeType", type.len > 0 ? type : SP_LIT("application/octet-stream"));
	sp_jw_kstr(&w, is_image || is_audio ? "data" : "blob", data);
	if (!is_image && !is_audio)
		sp_jw_object_end(&w);
	sp_jw_object_end(&w);
	sp_buf_cstr(&b, "]}");
	*out = (struct sp_tool_result){ 0 };
	if (!sp_json_parse_large(mem, sp_buf_view(&b), &whole, &why))
		sp_tool_trouble(call, out);	/* a media type that is no UTF-8 */
	else
		out->whole = whole;
}

void
sp_http_content(const struct sp_tool_call *call, const struct sp_http_answer *answer, struct json_object *json,
    struct sp_tool_result *out)
{
	struct sp_str body = without_mark(answer->body), type = answer->content_type;

	if (json != NULL)
		sp_http_json(call, sp_json_print(call->req->mem, json), out);
	else if (body.len == 0)
		sp_http_json(call, SP_LIT("{}"), out);
	else if (sp_utf8_valid(body) && memchr(body.p, '\0', body.len) == NULL && !sp_str_starts(type, "image/") &&
	    !sp_str_starts(type, "audio/"))
		give_text(call, body, out);
	else
		give_bytes(call, answer, out);
}
