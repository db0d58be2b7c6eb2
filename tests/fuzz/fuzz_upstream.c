/*
 * fuzz_upstream.c - what another MCP server says it has
 *
 * Input: an array of entries as tools/list, resources/list ... give them; the first
 * byte says of which list.  What is not left out has a digest that the order of its
 * members does not change, is visible to a reader, and makes rows that are JSON.
 */
#include <string.h>
#include "fuzz.h"
#include "tools/upstream_import.h"

#define ENTRIES 50

static void
told(void *arg, const char *name, const char *why)
{
	(void)arg;
	FUZZ_CHECK(name != NULL && why != NULL);
}

static void
judge(struct sp_arena *mem, const struct sp_upstream_definition *d)
{
	const char *why;

	if (d->digest == NULL) {
		FUZZ_CHECK(d->why != NULL && !sp_str_has_control(sp_str(d->why)));
		return;
	}
	FUZZ_CHECK(strlen(d->digest) == 64 && d->name.len > 0);
	FUZZ_CHECK(sp_upstream_is_visible(mem, d->definition, &why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const lists[] = { "tool", "resource", "template", "prompt" };
	struct sp_upstream u = { .name = "up", .prefix = "up", .server = "", .tier = "admin", .url = "https://a", .max_bytes = 1000,
	    .prompts = true, .resources = true };
	struct sp_arena *mem = sp_arena_new();
	struct sp_upstream_definition items[ENTRIES];
	struct sp_upstream_definitions good = { items, 0 };
	struct json_object *entries = NULL, *rows;
	const char *list, *why;

	if (size > 1 && sp_json_parse(mem, (struct sp_str){ (const char *)data + 1, size - 1 }, &entries, &why) &&
	    json_object_is_type(entries, json_type_array)) {
		list = lists[data[0] % 4];
		for (size_t i = 0; i < json_object_array_length(entries) && i < ENTRIES; i++) {
			struct sp_upstream_definition d = sp_upstream_define(mem, list, json_object_array_get_idx(entries, i));

			judge(mem, &d);
			if (d.digest != NULL)
				items[good.count++] = d;
		}
		FUZZ_CHECK(sp_json_parse_large(mem, sp_upstream_found_json(mem, &good), &rows, &why));
		FUZZ_CHECK(sp_json_parse_large(mem, sp_upstream_rows_json(mem, &u, &good, told, NULL), &rows, &why));
		FUZZ_CHECK(json_object_array_length(sp_json_get(rows, "tool")) <= good.count);
	}
	sp_arena_free(mem);
	return 0;
}
