/* blanks.c - texts and JSON values with blanks that arguments fill */
#include "tools/blanks.h"

#include "base/encode.h"

/* ---- reading ---- */

static size_t
count_of(struct sp_str text, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == c;
	return n;
}

static bool
is_name(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && strchr("_-.$@:", s.p[i]) == NULL)
			return false;
	return s.len > 0;
}

/* "=x": JSON, or text that needs no quotes. */
static struct sp_str
read_literal(struct sp_arena *mem, struct sp_str text)
{
	struct json_object *json;
	const char *why;
	struct sp_buf b;

	if (sp_json_parse(mem, text, &json, &why))
		return sp_str_dup(mem, text);
	sp_buf_init(&b, mem, text.len * 6 + 16);
	sp_buf_json_string(&b, text);
	return sp_buf_view(&b);
}

static bool
read_choice(struct sp_arena *mem, struct sp_str text, struct sp_reference_path *out, const char **why)
{
	struct sp_str *step, word;

	if (sp_str_starts(text, "=")) {
		*out = (struct sp_reference_path){ .literal = read_literal(mem, sp_str_sub(text, 1, text.len)) };
		return true;
	}
	if (!sp_str_split(&text, '/', &word) || !is_name(word)) {
		*why = "a blank without a name";
		return false;
	}
	step = sp_alloc_array(mem, count_of(text, '/') + 1, sizeof(*step));
	*out = (struct sp_reference_path){ .name = sp_cstr(mem, word), .step = step };
	while (sp_str_split(&text, '/', &word)) {
		if (word.len == 0) {
			*why = "a blank with an empty step";
			return false;
		}
		step[out->step_count++] = sp_str_dup(mem, word);
	}
	return true;
}

static bool
read_blank(struct sp_arena *mem, struct sp_str text, struct sp_blank *out, const char **why)
{
	struct sp_reference_path *choice = sp_alloc_array(mem, count_of(text, '|') + 1, sizeof(*choice));
	struct sp_str word;

	out->written = sp_cstr(mem, text);
	out->choice = choice;
	if (sp_str_starts(text, "+")) {
		out->segments = true;
		text = sp_str_sub(text, 1, text.len);
	}
	if (sp_str_ends(text, "?")) {
		out->not_empty = true;
		text = sp_str_sub(text, 0, text.len - 1);
	}
	while (sp_str_split(&text, '|', &word))
		if (!read_choice(mem, word, &choice[out->choice_count++], why))
			return false;
	if (out->choice_count > 0)
		return true;
	*why = "{} without a name; \"{{}}\" are braces";
	return false;
}

/* The text up to a blank or the end, with double braces undone. */
static bool
read_text(struct sp_arena *mem, struct sp_str *rest, struct sp_str *out, const char **why)
{
	char *text = sp_alloc(mem, rest->len + 1);
	size_t n = 0, i = 0;

	for (; i < rest->len; i++) {
		char c = rest->p[i];
		bool twice = i + 1 < rest->len && rest->p[i + 1] == c;

		if (c == '{' && !twice)
			break;
		if (c == '}' && !twice) {
			*why = "\"}\" without \"{\"; \"}}\" is the character";
			return false;
		}
		text[n++] = c;
		i += c == '{' || c == '}';
	}
	*out = (struct sp_str){ text, n };
	*rest = sp_str_sub(*rest, i, rest->len);
	return true;
}

bool
sp_pattern_parse(struct sp_arena *mem, struct sp_str text, struct sp_pattern *out, const char **why)
{
	struct sp_blank *part = sp_alloc_array(mem, count_of(text, '{') + 1, sizeof(*part));
	size_t n = 0;
	ptrdiff_t end;

	for (;; n++) {
		if (!read_text(mem, &text, &part[n].before, why))
			return false;
		if (text.len == 0)
			break;
		if ((end = sp_str_index(text, '}')) < 0) {
			*why = "\"{\" without \"}\"; \"{{\" is the character";
			return false;
		}
		if (!read_blank(mem, sp_str_sub(text, 1, (size_t)end), &part[n], why))
			return false;
		text = sp_str_sub(text, (size_t)end + 1, text.len);
	}
	*out = (struct sp_pattern){ part, part[n].before.len > 0 || n == 0 ? n + 1 : n };
	return true;
}

bool
sp_pattern_is_value(const struct sp_pattern *p)
{
	return p->count == 1 && p->part[0].choice_count > 0 && p->part[0].before.len == 0;
}

bool
sp_pattern_is_fixed(const struct sp_pattern *p)
{
	return p->count == 1 && p->part[0].choice_count == 0;
}

/* ---- values ---- */

bool
sp_value_is_empty(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_string:
		return json_object_get_string_len(value) == 0;
	case json_type_array:
		return json_object_array_length(value) == 0;
	case json_type_object:
		return json_object_object_length(value) == 0;
	default:
		return false;
	}
}

bool
sp_value_text(struct sp_arena *mem, struct json_object *value, struct sp_str *out)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		*out = sp_json_text(value);
		return true;
	case json_type_boolean:
	case json_type_int:
	case json_type_double:
		*out = sp_json_canonical(mem, value);
		return true;
	default:
		return false;
	}
}

static bool
follow(const struct sp_reference_path *path, struct json_object *value, struct json_object **out)
{
	int64_t n;

	for (size_t i = 0; i < path->step_count; i++) {
		if (json_object_is_type(value, json_type_object)) {
			if (!json_object_object_get_ex(value, path->step[i].p, &value))
				return false;
		} else if (json_object_is_type(value, json_type_array) &&
		    sp_str_int64(path->step[i], 0, (int64_t)json_object_array_length(value) - 1, &n))
			value = json_object_array_get_idx(value, (size_t)n);
		else
			return false;
	}
	*out = value;
	return true;
}

static bool
look_up(struct sp_arena *mem, const struct sp_reference_path *path, const struct sp_given *given,
    struct json_object **out)
{
	struct json_object *value;
	const char *why;

	if (path->literal.p != NULL)
		return sp_json_parse(mem, path->literal, out, &why);
	return ((given->variables != NULL && json_object_object_get_ex(given->variables, path->name, &value)) ||
	    json_object_object_get_ex(given->arguments, path->name, &value)) && follow(path, value, out);
}

enum sp_filled
sp_blank_value(struct sp_arena *mem, const struct sp_blank *p, const struct sp_given *given,
    struct json_object **out, const char **why)
{
	struct json_object *value;

	for (size_t i = 0; i < p->choice_count; i++)
		if (look_up(mem, &p->choice[i], given, &value) && !(p->not_empty && sp_value_is_empty(value))) {
			*out = value;
			return SP_FILLED;
		}
	*why = p->written;
	return SP_FILLED_ABSENT;
}

enum sp_filled
sp_pattern_text(struct sp_arena *mem, const struct sp_pattern *p, const struct sp_given *given, struct sp_str *out,
    const char **why)
{
	struct json_object *value;
	enum sp_filled filled;
	struct sp_str text;
	struct sp_buf b;

	sp_buf_init(&b, mem, SP_JSON_MAX_TREE);
	for (size_t i = 0; i < p->count; i++) {
		sp_buf_str(&b, p->part[i].before);
		if (p->part[i].choice_count == 0)
			continue;
		if ((filled = sp_blank_value(mem, &p->part[i], given, &value, why)) != SP_FILLED)
			return filled;
		if (!sp_value_text(mem, value, &text)) {
			*why = sp_printf(mem, "%s: has to be a text, a number or a boolean", p->part[i].written);
			return SP_FILLED_WRONG;
		}
		sp_buf_str(&b, text);
	}
	*out = sp_buf_view(&b);
	return SP_FILLED;
}

/* ---- JSON ---- */

struct sp_json_pattern {
	enum json_type type;		/* object, array, string with blanks; null: fixed */
	struct sp_str fixed;		/* JSON */
	struct sp_pattern text;
	struct sp_str *name;		/* of members */
	struct sp_json_pattern *item;	/* members or items */
	size_t count;
};

static bool parse_json(struct sp_arena *mem, struct json_object *json, struct sp_json_pattern *out, const char **why);

static bool
parse_members(struct sp_arena *mem, struct json_object *json, struct sp_json_pattern *out, const char **why)
{
	size_t count = (size_t)json_object_object_length(json);

	out->name = sp_alloc_array(mem, count, sizeof(*out->name));
	out->item = sp_alloc_array(mem, count, sizeof(*out->item));
	json_object_object_foreach(json, name, value) {
		out->name[out->count] = sp_str_dup(mem, sp_str(name));
		if (!parse_json(mem, value, &out->item[out->count++], why)) {
			*why = sp_printf(mem, "%s: %s", name, *why);
			return false;
		}
	}
	return true;
}

static bool
parse_items(struct sp_arena *mem, struct json_object *json, struct sp_json_pattern *out, const char **why)
{
	size_t count = json_object_array_length(json);

	out->item = sp_alloc_array(mem, count, sizeof(*out->item));
	for (; out->count < count; out->count++)
		if (!parse_json(mem, json_object_array_get_idx(json, out->count), &out->item[out->count], why)) {
			*why = sp_printf(mem, "%zu: %s", out->count, *why);
			return false;
		}
	return true;
}

static bool
parse_json(struct sp_arena *mem, struct json_object *json, struct sp_json_pattern *out, const char **why)
{
	struct sp_buf b;

	out->type = json_object_get_type(json);
	switch (out->type) {
	case json_type_object:
		return parse_members(mem, json, out, why);
	case json_type_array:
		return parse_items(mem, json, out, why);
	case json_type_string:
		if (!sp_pattern_parse(mem, sp_json_text(json), &out->text, why))
			return false;
		if (!sp_pattern_is_fixed(&out->text))
			return true;
		sp_buf_init(&b, mem, out->text.part[0].before.len * 6 + 16);
		sp_buf_json_string(&b, out->text.part[0].before);
		out->fixed = sp_buf_view(&b);
		break;
	default:
		out->fixed = sp_json_canonical(mem, json);
	}
	out->type = json_type_null;
	return true;
}

bool
sp_json_pattern_parse(struct sp_arena *mem, struct json_object *json, const struct sp_json_pattern **out,
    const char **why)
{
	struct sp_json_pattern *p = sp_alloc(mem, sizeof(*p));

	if (!parse_json(mem, json, p, why))
		return false;
	*out = p;
	return true;
}

static enum sp_filled
write_string(struct sp_arena *mem, const struct sp_pattern *p, const struct sp_given *given, struct sp_buf *b,
    const char **why)
{
	struct json_object *value;
	struct sp_json_writer w;
	enum sp_filled filled;
	struct sp_str text;

	if (sp_pattern_is_value(p)) {
		if ((filled = sp_blank_value(mem, &p->part[0], given, &value, why)) == SP_FILLED) {
			sp_jw_init(&w, b);
			sp_jw_value(&w, value);
		}
	} else if ((filled = sp_pattern_text(mem, p, given, &text, why)) == SP_FILLED)
		sp_buf_json_string(b, text);
	return filled;
}

static enum sp_filled
write_items(struct sp_arena *mem, const struct sp_json_pattern *p, const struct sp_given *given, struct sp_buf *b,
    const char **why)
{
	bool is_object = p->type == json_type_object, comma = false;

	sp_buf_char(b, is_object ? '{' : '[');
	for (size_t i = 0; i < p->count; i++) {
		size_t before = b->len;
		enum sp_filled filled;

		if (comma)
			sp_buf_char(b, ',');
		if (is_object) {
			sp_buf_json_string(b, p->name[i]);
			sp_buf_char(b, ':');
		}
		if ((filled = sp_json_pattern_write(mem, &p->item[i], given, b, why)) == SP_FILLED_WRONG)
			return filled;
		if (filled == SP_FILLED_ABSENT)
			b->len = before;
		else
			comma = true;
	}
	sp_buf_char(b, is_object ? '}' : ']');
	return SP_FILLED;
}

enum sp_filled
sp_json_pattern_write(struct sp_arena *mem, const struct sp_json_pattern *p, const struct sp_given *given,
    struct sp_buf *b, const char **why)
{
	switch (p->type) {
	case json_type_object:
	case json_type_array:
		return write_items(mem, p, given, b, why);
	case json_type_string:
		return write_string(mem, &p->text, given, b, why);
	default:
		sp_buf_str(b, p->fixed);
		return SP_FILLED;
	}
}
