/* catalog_write.c - JSON trees as YAML, over libyaml's emitter */
#include "catalog_write.h"

#include <yaml.h>

#include "catalog_read.h"

#define OUTPUT_MAX	((size_t)256 * 1024 * 1024)
#define LINE_WIDTH	110
#define FLOW_ITEMS	8		/* a list of so many short values stands on one line */

struct writer {
	yaml_emitter_t emitter;
	struct sp_arena *mem;
	struct sp_buf b;
};

static int
take_output(void *arg, unsigned char *bytes, size_t len)
{
	struct writer *w = arg;

	sp_buf_add(&w->b, bytes, len);
	return sp_buf_ok(&w->b);
}

/* The emitter fails only when memory or the ceiling of the output ends. */
static void
emit(struct writer *w, int made, yaml_event_t *event)
{
	if (!made || !yaml_emitter_emit(&w->emitter, event))
		sp_out_of_memory();
}

/* Words that are not texts for readers of YAML 1.1. */
static bool
is_old_boolean(struct sp_str text)
{
	static const char *const words[] = { "y", "n", "yes", "no", "on", "off" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sp_str_caseis(text, words[i]))
			return true;
	return false;
}

/*
 * A text of several lines as it stands, when it has nothing that would come back
 * as something else: libyaml counts U+0085, U+2028 and U+2029 as ends of lines.
 */
static yaml_scalar_style_t
style_of(struct writer *w, struct sp_str text)
{
	bool lines = false, plain = true;
	struct sp_str number;
	const char *why;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		lines = lines || c == '\n';
		plain = plain && (c >= 0x20 || c == '\n' || c == '\t') && c != 0x7f && c != 0xc2 && c != 0xe2 && c != 0xef;
	}
	if (!plain || text.len == 0)
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if (lines)
		return text.p[0] == ' ' || text.p[0] == '\n' || text.p[0] == '\t' ? YAML_DOUBLE_QUOTED_SCALAR_STYLE :
		    YAML_LITERAL_SCALAR_STYLE;
	return catalog_scalar(w->mem, text, &number, &why) != CATALOG_TEXT || is_old_boolean(text) || sp_str_is(text, "<<") ?
	    YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
}

static void
write_scalar(struct writer *w, struct sp_str text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	emit(w, yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)(text.p != NULL ? text.p : ""),
	    (int)text.len, 1, 1, style), &event);
}

static bool
is_line(struct json_object *array)
{
	size_t n = json_object_array_length(array);

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_object) || json_object_is_type(item, json_type_array) ||
		    (json_object_is_type(item, json_type_string) && sp_json_text(item).len > 40))
			return false;
	}
	return n <= FLOW_ITEMS;
}

static void
write_tree(struct writer *w, struct json_object *tree)
{
	yaml_event_t event;

	switch (json_object_get_type(tree)) {
	case json_type_object:
		emit(w, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, json_object_object_length(tree) == 0 ?
		    YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE), &event);
		json_object_object_foreach(tree, name, value) {
			yaml_scalar_style_t style = style_of(w, sp_str(name));

			/* a name of several lines is quoted */
			write_scalar(w, sp_str(name), style == YAML_LITERAL_SCALAR_STYLE ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : style);
			write_tree(w, value);
		}
		emit(w, yaml_mapping_end_event_initialize(&event), &event);
		break;
	case json_type_array:
		emit(w, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, is_line(tree) ?
		    YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE), &event);
		for (size_t i = 0; i < json_object_array_length(tree); i++)
			write_tree(w, json_object_array_get_idx(tree, i));
		emit(w, yaml_sequence_end_event_initialize(&event), &event);
		break;
	case json_type_string:
		write_scalar(w, sp_json_text(tree), style_of(w, sp_json_text(tree)));
		break;
	default:				/* null, true, false, numbers: as JSON has them */
		write_scalar(w, sp_str(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN)), YAML_PLAIN_SCALAR_STYLE);
		break;
	}
}

struct sp_str
catalog_write_yaml(struct sp_arena *mem, struct json_object *const *trees, size_t count)
{
	struct writer w = { .mem = mem };
	yaml_event_t event;

	sp_buf_init(&w.b, mem, OUTPUT_MAX);
	if (!yaml_emitter_initialize(&w.emitter))
		sp_out_of_memory();
	yaml_emitter_set_output(&w.emitter, take_output, &w);
	yaml_emitter_set_unicode(&w.emitter, 1);
	yaml_emitter_set_width(&w.emitter, LINE_WIDTH);
	emit(&w, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
	for (size_t i = 0; i < count; i++) {
		emit(&w, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, i == 0), &event);
		write_tree(&w, trees[i]);
		emit(&w, yaml_document_end_event_initialize(&event, 1), &event);
	}
	emit(&w, yaml_stream_end_event_initialize(&event), &event);
	yaml_emitter_delete(&w.emitter);
	return sp_buf_view(&w.b);
}
