/* upstream_result.c - what an upstream gives, judged and named as ours */
#include "tools/upstream_private.h"

#include "tools/content.h"

#define COMPLETION_TEXT_MAX 1000	/* bytes of a value, as our own functions have it */

static void
map_uri(struct sp_upstream_call *c, struct json_object *obj)
{
	struct sp_str uri = sp_json_get_str(obj, "uri");

	if (uri.p != NULL)
		sp_json_set_str(obj, "uri", sp_str(sp_upstream_uri(c->call->req->mem, &c->entry->upstream, uri)));
}

/* Where its resources are ours, they are named as ours. */
static void
map_block(struct sp_upstream_call *c, struct json_object *block)
{
	if (!c->entry->upstream.resources)
		return;
	if (sp_str_is(sp_json_get_str(block, "type"), "resource_link"))
		map_uri(c, block);
	else if (sp_str_is(sp_json_get_str(block, "type"), "resource"))
		map_uri(c, sp_json_get(block, "resource"));
}

static bool
are_objects(struct json_object *array)
{
	if (!json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (!json_object_is_type(json_object_array_get_idx(array, i), json_type_object))
			return false;
	return true;
}

/* _meta without what the protocol itself says there: that was for us. */
static void
keep_meta(struct sp_arena *mem, struct json_object *from, struct json_object *to)
{
	struct json_object *meta = sp_json_get(from, "_meta"), *kept = sp_json_new(mem);

	if (!json_object_is_type(meta, json_type_object))
		return;
	json_object_object_foreach(meta, name, value)
		if (!sp_str_starts(sp_str(name), "io.modelcontextprotocol/"))
			sp_upstream_keep(kept, name, value);
	if (json_object_object_length(kept) > 0)
		sp_upstream_keep(to, "_meta", kept);
}

static bool
read_tool_result(struct sp_upstream_call *c, struct json_object *result)
{
	struct sp_arena *mem = c->call->req->mem;
	struct json_object *content = sp_json_get(result, "content"), *whole = sp_json_new(mem), *structured, *empty;
	bool is_structured = json_object_object_get_ex(result, "structuredContent", &structured);

	if (content == NULL && is_structured) {		/* some servers leave it out */
		empty = json_object_new_array();
		if (empty == NULL || json_object_object_add(whole, "content", empty) != 0)
			sp_out_of_memory();
	} else if (!are_objects(content)) {
		return false;
	} else {
		for (size_t i = 0; i < json_object_array_length(content); i++)
			map_block(c, json_object_array_get_idx(content, i));
		sp_upstream_keep(whole, "content", content);
	}
	if (is_structured)
		sp_upstream_keep(whole, "structuredContent", structured);
	keep_meta(mem, result, whole);
	*c->out = (struct sp_tool_result){ .whole = whole,
	    .is_error = json_object_get_boolean(sp_json_get(result, "isError")) };
	return true;
}

static bool
read_contents(struct sp_upstream_call *c, struct json_object *result)
{
	struct json_object *contents = sp_json_get(result, "contents");

	if (!are_objects(contents))
		return false;
	for (size_t i = 0; i < json_object_array_length(contents); i++)
		map_uri(c, json_object_array_get_idx(contents, i));
	*c->out = (struct sp_tool_result){ .json = sp_json_canonical(c->call->req->mem, contents) };
	return true;
}

static bool
read_messages(struct sp_upstream_call *c, struct json_object *result)
{
	struct json_object *messages = sp_json_get(result, "messages");

	if (!are_objects(messages))
		return false;
	for (size_t i = 0; i < json_object_array_length(messages); i++) {
		struct json_object *message = json_object_array_get_idx(messages, i);

		if (!json_object_is_type(sp_json_get(message, "content"), json_type_object))
			return false;
		map_block(c, sp_json_get(message, "content"));
	}
	*c->out = (struct sp_tool_result){ .json = sp_json_canonical(c->call->req->mem, messages) };
	return true;
}

/* Of texts that fit a menu, and not more of them than a client may be given. */
static bool
read_completion(struct sp_upstream_call *c, struct json_object *result)
{
	struct json_object *completion = sp_json_get(result, "completion"), *values = sp_json_get(completion, "values"), *value;
	struct json_object *total = sp_json_get(completion, "total");
	bool more = json_object_get_boolean(sp_json_get(completion, "hasMore"));
	struct sp_json_writer w;
	struct sp_buf b;
	size_t count;

	if (!json_object_is_type(values, json_type_array))
		return false;
	count = json_object_array_length(values);
	sp_buf_init(&b, c->call->req->mem, (size_t)4 * SP_COMPLETION_MAX * COMPLETION_TEXT_MAX * 6);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_key(&w, "values");
	sp_jw_array(&w);
	for (size_t i = 0; i < count && i < SP_COMPLETION_MAX; i++) {
		value = json_object_array_get_idx(values, i);
		if (!json_object_is_type(value, json_type_string))
			return false;
		sp_jw_str(&w, sp_utf8_cut(sp_json_text(value), COMPLETION_TEXT_MAX));
	}
	sp_jw_array_end(&w);
	if (json_object_is_type(total, json_type_int) && json_object_get_int64(total) >= 0)
		sp_jw_kint(&w, "total", json_object_get_int64(total));
	sp_jw_kbool(&w, "hasMore", more || count > SP_COMPLETION_MAX);
	sp_jw_object_end(&w);
	*c->out = (struct sp_tool_result){ .json = sp_buf_view(&b) };
	return sp_buf_ok(&b);
}

enum sp_tool_outcome
sp_upstream_end_with_result(struct sp_upstream_call *c, struct json_object *result)
{
	struct sp_arena *mem = c->call->req->mem;
	size_t len = sp_json_canonical(mem, result).len;
	bool good = c->entry->completes != NULL ? read_completion(c, result) : c->entry->list == SP_UPSTREAM_TOOL ? read_tool_result(c, result) :
	    c->entry->list == SP_UPSTREAM_PROMPT ? read_messages(c, result) : read_contents(c, result);

	if (!good) {
		sp_upstream_tell_failed(c, "its result makes no sense");
		sp_tool_trouble(c->call, c->out);
		return sp_tool_finish(c->call, "its result makes no sense", c->out);
	}
	if (len > (size_t)c->call->tool->max_bytes)
		sp_tool_too_large(c->call, (int64_t)len, c->out);
	return sp_tool_finish(c->call, NULL, c->out);
}
