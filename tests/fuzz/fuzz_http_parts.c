/*
 * fuzz_http_parts.c - a document's parts and a caller's arguments: no value leaves its part of the request
 *
 * First line: the document; behind it: the arguments.
 */
#include "fuzz.h"
#include "tools/http_parts.h"

#define BASE "https://api.example.com/v1"

static void
check_url(const char *url)
{
	struct sp_str rest, segment, path;
	size_t end;

	FUZZ_CHECK(strncmp(url, BASE, strlen(BASE)) == 0);
	url += strlen(BASE);
	for (const char *c = url; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f && *c != '#' && *c != '\\');
	end = strcspn(url, "?");
	FUZZ_CHECK(end == 0 || url[0] == '/');
	path = (struct sp_str){ url, end };
	for (rest = path; sp_str_split(&rest, '/', &segment);)
		FUZZ_CHECK(!sp_str_is(segment, ".") && !sp_str_is(segment, ".."));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str rest = { (const char *)data, size }, document;
	struct sp_arena *mem = sp_arena_new();
	struct sp_http_message m = { .field_count = 0 };
	struct json_object *spec, *arguments, *body;
	const struct sp_http_parts *parts;
	const char *why;

	if (sp_str_split(&rest, '\n', &document) && sp_json_parse(mem, document, &spec, &why) &&
	    json_object_is_type(spec, json_type_object) && sp_json_parse(mem, rest, &arguments, &why) &&
	    json_object_is_type(arguments, json_type_object) && sp_http_parts_load(mem, spec, &parts, &why) &&
	    sp_http_parts_build(mem, parts, BASE, &(struct sp_given){ NULL, arguments }, arguments, &m, &why)) {
		check_url(m.url);
		for (size_t i = 0; i < m.field_count; i++)
			FUZZ_CHECK(!sp_str_has_control(m.fields[i].value));
		if (m.body.len > 0 && sp_json_get(spec, "form") == NULL)
			FUZZ_CHECK(sp_json_parse(mem, m.body, &body, &why) || strstr(why, "deep") != NULL);
	}
	sp_arena_free(mem);
	return 0;
}
