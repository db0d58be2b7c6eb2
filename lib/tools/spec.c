/* spec.c - reading the spec of a tool: what is not known is an error */
#include "tools/spec.h"

bool
sp_spec_at(struct sp_arena *mem, const char *place, const char **why)
{
	*why = sp_printf(mem, "%s: %s", place, *why);
	return false;
}

static bool
has_word(const char *names, const char *name)
{
	struct sp_str rest = sp_str(names), word;

	while (sp_str_split(&rest, ' ', &word))
		if (sp_str_is(word, name))
			return true;
	return false;
}

bool
sp_spec_only(struct sp_arena *mem, struct json_object *object, const char *names, const char **why)
{
	json_object_object_foreach(object, name, value) {
		(void)value;
		if (!has_word(names, name)) {
			*why = sp_printf(mem, "%s: is not known here; there are %s", name, names);
			return false;
		}
	}
	return true;
}

static bool
wrong(struct sp_arena *mem, const char *name, const char *what, const char **why)
{
	*why = sp_printf(mem, "%s: has to be %s", name, what);
	return false;
}

bool
sp_spec_text(struct sp_arena *mem, struct json_object *object, const char *name, const char **out, const char **why)
{
	struct json_object *value = sp_json_get(object, name);

	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return wrong(mem, name, "a text", why);
	*out = sp_cstr(mem, sp_json_text(value));
	return true;
}

bool
sp_spec_bool(struct sp_arena *mem, struct json_object *object, const char *name, bool *out, const char **why)
{
	struct json_object *value = sp_json_get(object, name);

	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_boolean))
		return wrong(mem, name, "true or false", why);
	*out = json_object_get_boolean(value);
	return true;
}

bool
sp_spec_integer(struct sp_arena *mem, struct json_object *object, const char *name, int64_t min, int64_t max,
    int64_t *out, const char **why)
{
	struct json_object *value = sp_json_get(object, name);
	int64_t n;

	if (value == NULL)
		return true;
	n = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) || n < min || n > max)
		return wrong(mem, name, sp_printf(mem, "an integer from %lld to %lld", (long long)min, (long long)max), why);
	*out = n;
	return true;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* A number with one of these units behind it. */
static bool
read_units(struct sp_str text, const struct unit *units, int64_t min, int64_t max, int64_t *out)
{
	for (; units->name != NULL; units++) {
		size_t len = strlen(units->name);
		int64_t n;

		if (sp_str_ends(text, units->name) &&
		    sp_str_int64(sp_str_sub(text, 0, text.len - len), 0, max / units->factor, &n) &&
		    n * units->factor >= min) {
			*out = n * units->factor;
			return true;
		}
	}
	return false;
}

bool
sp_spec_duration(struct sp_arena *mem, struct json_object *object, const char *name, int64_t min_ms, int64_t max_ms,
    int64_t *out, const char **why)
{
	static const struct unit units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 } };

	if (sp_json_get(object, name) == NULL || read_units(sp_json_get_str(object, name), units, min_ms, max_ms, out))
		return true;
	return wrong(mem, name, sp_printf(mem, "a time like \"500ms\", \"5s\" or \"2m\", from %lldms to %lldms",
	    (long long)min_ms, (long long)max_ms), why);
}

bool
sp_spec_size(struct sp_arena *mem, struct json_object *object, const char *name, int64_t max, int64_t *out,
    const char **why)
{
	static const struct unit units[] = { { "KiB", 1024 }, { "MiB", 1024 * 1024 }, { "GiB", 1024 * 1024 * 1024 }, { NULL, 0 } };
	struct json_object *value = sp_json_get(object, name);

	if (value == NULL || read_units(sp_json_get_str(object, name), units, 1, max, out))
		return true;
	if (json_object_is_type(value, json_type_int) && json_object_get_int64(value) > 0 && json_object_get_int64(value) <= max) {
		*out = json_object_get_int64(value);
		return true;
	}
	return wrong(mem, name, sp_printf(mem, "a size like \"64KiB\" or \"1MiB\", at most %lld bytes", (long long)max), why);
}

bool
sp_spec_object(struct sp_arena *mem, struct json_object *object, const char *name, struct json_object **out,
    const char **why)
{
	*out = sp_json_get(object, name);
	return *out == NULL || json_object_is_type(*out, json_type_object) || wrong(mem, name, "an object", why);
}

bool
sp_spec_array(struct sp_arena *mem, struct json_object *object, const char *name, struct json_object **out,
    const char **why)
{
	*out = sp_json_get(object, name);
	return *out == NULL || json_object_is_type(*out, json_type_array) || wrong(mem, name, "an array", why);
}
