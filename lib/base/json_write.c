/*
 * json_write.c - JSON out: a writer that knows where commas go, and trees as text
 *
 * Trees are printed here and not by json-c, which keeps the text of everything
 * it printed inside the tree: twice the memory, and a write that threads sharing
 * a tree would race on.
 */
#include <math.h>
#include "base/encode.h"
#include "base/json.h"

void
sp_jw_init(struct sp_json_writer *w, struct sp_buf *b)
{
	*w = (struct sp_json_writer){ .b = b };
}

/* Before every value and name. */
static void
separate(struct sp_json_writer *w)
{
	if (w->comma)
		sp_buf_char(w->b, ',');
	w->comma = true;
}

static void
begin(struct sp_json_writer *w, char bracket)
{
	separate(w);
	sp_buf_char(w->b, bracket);
	w->comma = false;
}

static void
end(struct sp_json_writer *w, char bracket)
{
	sp_buf_char(w->b, bracket);
	w->comma = true;
}

void
sp_jw_object(struct sp_json_writer *w)
{
	begin(w, '{');
}

void
sp_jw_object_end(struct sp_json_writer *w)
{
	end(w, '}');
}

void
sp_jw_array(struct sp_json_writer *w)
{
	begin(w, '[');
}

void
sp_jw_array_end(struct sp_json_writer *w)
{
	end(w, ']');
}

void
sp_jw_key(struct sp_json_writer *w, const char *name)
{
	separate(w);
	sp_buf_json_string(w->b, sp_str(name));
	sp_buf_char(w->b, ':');
	w->comma = false;
}

void
sp_jw_str(struct sp_json_writer *w, struct sp_str s)
{
	separate(w);
	if (s.p == NULL)
		sp_buf_str(w->b, SP_LIT("null"));
	else
		sp_buf_json_string(w->b, s);
}

void
sp_jw_cstr(struct sp_json_writer *w, const char *s)
{
	sp_jw_str(w, sp_str(s));
}

void
sp_jw_int(struct sp_json_writer *w, int64_t n)
{
	separate(w);
	sp_buf_printf(w->b, "%lld", (long long)n);
}

void
sp_jw_bool(struct sp_json_writer *w, bool yes)
{
	sp_jw_raw(w, yes ? SP_LIT("true") : SP_LIT("false"));
}

void
sp_jw_null(struct sp_json_writer *w)
{
	sp_jw_raw(w, SP_LIT("null"));
}

void
sp_jw_raw(struct sp_json_writer *w, struct sp_str json)
{
	separate(w);
	sp_buf_str(w->b, json);
}

void
sp_jw_members(struct sp_json_writer *w, struct sp_str object)
{
	if (object.len > 2)
		sp_jw_raw(w, sp_str_sub(object, 1, object.len - 1));
}

void
sp_jw_kstr(struct sp_json_writer *w, const char *name, struct sp_str s)
{
	sp_jw_key(w, name);
	sp_jw_str(w, s);
}

void
sp_jw_kcstr(struct sp_json_writer *w, const char *name, const char *s)
{
	sp_jw_kstr(w, name, sp_str(s));
}

void
sp_jw_kcstr_if(struct sp_json_writer *w, const char *name, const char *s)
{
	if (s != NULL)
		sp_jw_kcstr(w, name, s);
}

void
sp_jw_kint(struct sp_json_writer *w, const char *name, int64_t n)
{
	sp_jw_key(w, name);
	sp_jw_int(w, n);
}

void
sp_jw_kbool(struct sp_json_writer *w, const char *name, bool yes)
{
	sp_jw_key(w, name);
	sp_jw_bool(w, yes);
}

void
sp_jw_kraw(struct sp_json_writer *w, const char *name, struct sp_str json)
{
	sp_jw_key(w, name);
	sp_jw_raw(w, json);
}

/* ---- trees ---- */

/*
 * A parsed double carries the text it came with (json_object_new_double_s());
 * one made by a program is written with as many digits as bring it back.
 */
static void
write_double(struct sp_json_writer *w, struct json_object *number)
{
	const char *text = json_object_get_userdata(number);
	double d = json_object_get_double(number);
	char digits[32];

	if (text != NULL) {
		sp_jw_raw(w, sp_str(text));
		return;
	}
	if (!isfinite(d)) {
		sp_jw_null(w);		/* JSON has no such number */
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, d);
		if (strtod(digits, NULL) == d)
			break;
	}
	for (char *p = digits; *p != '\0'; p++)
		if (*p == ',')
			*p = '.';	/* the locale's decimal sign */
	sp_jw_raw(w, sp_str(digits));
}

static int
by_name(const void *a, const void *b)
{
	const struct lh_entry *const *left = a, *const *right = b;

	return strcmp(lh_entry_k(*left), lh_entry_k(*right));
}

static void write_tree(struct sp_json_writer *w, struct json_object *obj, struct sp_arena *sorting);

static void
write_members(struct sp_json_writer *w, struct json_object *obj, struct sp_arena *sorting)
{
	struct lh_entry *e, **entries;
	size_t count = 0;

	if (sorting == NULL) {
		lh_foreach(json_object_get_object(obj), e) {
			sp_jw_key(w, lh_entry_k(e));
			write_tree(w, (struct json_object *)lh_entry_v(e), NULL);
		}
		return;
	}
	entries = sp_alloc_array(sorting, (size_t)json_object_object_length(obj), sizeof(struct lh_entry *));
	lh_foreach(json_object_get_object(obj), e)
		entries[count++] = e;
	qsort(entries, count, sizeof(struct lh_entry *), by_name);
	for (size_t i = 0; i < count; i++) {
		sp_jw_key(w, lh_entry_k(entries[i]));
		write_tree(w, (struct json_object *)lh_entry_v(entries[i]), sorting);
	}
}

/* sorting: memory for sorting the members, or NULL to leave them in their order. */
static void
write_tree(struct sp_json_writer *w, struct json_object *obj, struct sp_arena *sorting)
{
	switch (json_object_get_type(obj)) {
	case json_type_null:
		sp_jw_null(w);
		break;
	case json_type_boolean:
		sp_jw_bool(w, json_object_get_boolean(obj));
		break;
	case json_type_double:
		write_double(w, obj);
		break;
	case json_type_int:
		if (json_object_get_uint64(obj) > INT64_MAX) {
			separate(w);
			sp_buf_printf(w->b, "%llu", (unsigned long long)json_object_get_uint64(obj));
		} else {
			sp_jw_int(w, json_object_get_int64(obj));
		}
		break;
	case json_type_string:
		sp_jw_str(w, sp_json_text(obj));
		break;
	case json_type_array:
		sp_jw_array(w);
		for (size_t i = 0; i < json_object_array_length(obj); i++)
			write_tree(w, json_object_array_get_idx(obj, i), sorting);
		sp_jw_array_end(w);
		break;
	case json_type_object:
		sp_jw_object(w);
		write_members(w, obj, sorting);
		sp_jw_object_end(w);
		break;
	}
}

void
sp_jw_value(struct sp_json_writer *w, struct json_object *obj)
{
	write_tree(w, obj, NULL);
}

struct sp_str
sp_json_canonical(struct sp_arena *mem, struct json_object *obj)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, SIZE_MAX - 1);
	sp_jw_init(&w, &b);
	write_tree(&w, obj, mem);
	return sp_buf_view(&b);
}

struct sp_str
sp_json_print(struct sp_arena *mem, struct json_object *value)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, SP_JSON_MAX_TREE);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, value);
	return sp_buf_view(&b);
}
