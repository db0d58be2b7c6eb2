/*
 * fuzz_json.c - the JSON parser, with json-c's own parser as a second opinion
 *
 * What ours takes, json-c must take and see alike; what ours wrote, it must read
 * back as the same value.
 */
#include "base/json.h"
#include "fuzz.h"

static struct sp_str
print(struct sp_arena *mem, struct json_object *tree)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, (size_t)1 << 30);
	sp_jw_init(&w, &b);
	sp_jw_value(&w, tree);
	return sp_buf_view(&b);
}

/* json_object_equal(), save that json-c gives the nearest integer for one beyond 64 bits. */
static bool
alike(struct json_object *ours, struct json_object *theirs)
{
	if (json_object_is_type(ours, json_type_double) && json_object_is_type(theirs, json_type_int))
		return json_object_get_uint64(theirs) == UINT64_MAX || json_object_get_int64(theirs) == INT64_MIN;
	if (json_object_get_type(ours) != json_object_get_type(theirs))
		return false;
	if (json_object_is_type(ours, json_type_array)) {
		if (json_object_array_length(ours) != json_object_array_length(theirs))
			return false;
		for (size_t i = 0; i < json_object_array_length(ours); i++)
			if (!alike(json_object_array_get_idx(ours, i), json_object_array_get_idx(theirs, i)))
				return false;
		return true;
	}
	if (json_object_is_type(ours, json_type_object)) {
		struct lh_entry *e;

		if (json_object_object_length(ours) != json_object_object_length(theirs))
			return false;
		lh_foreach(json_object_get_object(ours), e) {
			struct json_object *value;

			if (!json_object_object_get_ex(theirs, lh_entry_k(e), &value) ||
			    !alike((struct json_object *)lh_entry_v(e), value))
				return false;
		}
		return true;
	}
	return json_object_equal(ours, theirs);
}

static void
compare_with_json_c(struct sp_arena *mem, struct sp_str in, struct json_object *ours)
{
	/* as deep as ours, and one more for the innermost scalar */
	struct json_tokener *tok = json_tokener_new_ex(SP_JSON_MAX_DEPTH + 2);
	struct json_object *theirs;

	FUZZ_CHECK(tok != NULL);
	/* with the NUL behind it, which ends a number at top level */
	theirs = json_tokener_parse_ex(tok, sp_cstr(mem, in), (int)in.len + 1);
	FUZZ_CHECK(json_tokener_get_error(tok) == json_tokener_success);
	FUZZ_CHECK(alike(ours, theirs));
	json_object_put(theirs);
	json_tokener_free(tok);
}

static const struct sp_json_field fields[] = {
	{ "s", SP_JSON_STRING, 0, .max = 16 },
	{ "l", SP_JSON_STRINGS, sizeof(struct sp_str), .max = 4 },
	{ "i", SP_JSON_INT, sizeof(struct sp_str) + sizeof(struct sp_json_strings) },
	{ 0 }
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str in = { (const char *)data, size }, text, canonical;
	struct sp_arena *mem = sp_arena_new();
	struct json_object *tree, *again;
	const char *why = NULL;
	struct {
		struct sp_str s;
		struct sp_json_strings l;
		int64_t i;
	} out;

	if (!sp_json_parse(mem, in, &tree, &why)) {
		FUZZ_CHECK(why != NULL);
		sp_arena_free(mem);
		return 0;
	}
	compare_with_json_c(mem, in, tree);
	text = print(mem, tree);
	FUZZ_CHECK(sp_json_parse(mem, text, &again, &why));
	FUZZ_CHECK(json_object_equal(tree, again));
	FUZZ_CHECK(sp_str_eq(text, print(mem, again)));
	canonical = sp_json_canonical(mem, tree);
	FUZZ_CHECK(sp_json_parse(mem, canonical, &again, &why));
	FUZZ_CHECK(sp_str_eq(canonical, sp_json_canonical(mem, again)));
	if (!sp_json_read(mem, tree, fields, &out, &why))
		FUZZ_CHECK(why != NULL);
	sp_arena_free(mem);
	return 0;
}
