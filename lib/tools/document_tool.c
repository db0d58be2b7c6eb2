/* document_tool.c - documents of kind "tool" */
#include "tools/document_kind.h"
#include "tools/options.h"
#include "tools/param_header.h"
#include "tools/run.h"
#include "tools/schema.h"

const struct sp_member sp_tool_members[] = {
	{ .name = "title", .type = SP_MEMBER_TEXT },
	{ .name = "description", .type = SP_MEMBER_TEXT, .required = true },
	{ .name = "toolset", .type = SP_MEMBER_TEXT },
	{ .name = "bind", .type = SP_MEMBER_OBJECT, .to = SP_TO_OPTIONS },
	{ .name = "parameters", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "input", .type = SP_MEMBER_OBJECT, .to = SP_TO_JUDGE },
	{ .name = "output", .type = SP_MEMBER_OBJECT, .column = "output_schema" },
	{ .name = "annotations", .type = SP_MEMBER_OBJECT, .otherwise = "{}" },
	{ .name = "scopes", .type = SP_MEMBER_TEXTS, .otherwise = "[]" },
	{ .name = "tier", .type = SP_MEMBER_TIER, .otherwise = "\"admin\"" },
	{ .name = "timeout", .type = SP_MEMBER_DURATION, .column = "timeout_ms" },
	{ .name = "max_rows", .type = SP_MEMBER_INT, .otherwise = "1000" },
	{ .name = "max_bytes", .type = SP_MEMBER_SIZE, .otherwise = "1048576" },
	{ .name = "icons", .type = SP_MEMBER_ARRAY },
	{ .name = "meta", .type = SP_MEMBER_OBJECT },
	{ .name = "position", .type = SP_MEMBER_INT, .otherwise = "0", .kept = true },
	{ .name = "enabled", .type = SP_MEMBER_BOOL, .otherwise = "true", .kept = true },
	{ .name = "task", .type = SP_MEMBER_ANY, .to = SP_TO_OPTIONS },
	{ .name = "confirm", .type = SP_MEMBER_ANY, .to = SP_TO_OPTIONS },
	{ .name = "cache", .type = SP_MEMBER_OBJECT, .to = SP_TO_OPTIONS },
	{ .name = "invalidates", .type = SP_MEMBER_TEXTS, .to = SP_TO_OPTIONS },
	{ .name = "quota", .type = SP_MEMBER_OBJECT, .to = SP_TO_OPTIONS },
	{ .name = "sensitive", .type = SP_MEMBER_TEXTS, .to = SP_TO_OPTIONS },
	{ .name = "tests", .type = SP_MEMBER_ARRAY, .to = SP_TO_JUDGE },
	{ .name = "statement", .type = SP_MEMBER_OBJECT, .to = SP_TO_SPEC },
	{ .name = "http", .type = SP_MEMBER_OBJECT, .to = SP_TO_SPEC },
	{ .name = "executable", .type = SP_MEMBER_OBJECT, .to = SP_TO_SPEC },
	{ .name = NULL }
};

static void
put(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		sp_out_of_memory();
}

static bool
is_true(struct json_object *object, const char *name)
{
	return json_object_get_boolean(sp_json_get(object, name));
}

/* ---- arguments ---- */

/* Where a bound argument comes from: {"from": ...} or {"value": ...}. */
static void
take_bound(struct sp_documents *all, struct sp_document *doc, const char *name, struct json_object *property)
{
	struct json_object *bound = sp_json_new(all->mem), *options = sp_json_get(doc->row, "options");
	struct json_object *bind = sp_json_get(options, "bind");

	json_object_object_foreach(property, key, value) {
		if (strcmp(key, "from") == 0 || strcmp(key, "value") == 0 || strcmp(key, "of") == 0 || strcmp(key, "source") == 0)
			put(bound, key, json_object_get(value));
		else if (strcmp(key, "type") != 0 && strcmp(key, "description") != 0)
			sp_document_fault(all, doc, sp_printf(all->mem, "parameters.%s.%s", name, key),
			    "a bound argument is in no schema: it has \"from\" or \"value\"");
	}
	if (bind == NULL) {
		bind = sp_json_new(all->mem);
		put(options, "bind", json_object_get(bind));
	}
	put(bind, name, json_object_get(bound));
}

/* One line of the short form: the schema of a property, and whether it is required. */
static void
take_parameter(struct sp_documents *all, struct sp_document *doc, const char *name, struct json_object *property,
    struct json_object *properties, struct json_object *required)
{
	struct json_object *schema, *given, *there;
	bool needed;

	if (!json_object_is_type(property, json_type_object)) {
		sp_document_fault(all, doc, sp_printf(all->mem, "parameters.%s", name),
		    "is not an object: {type: string, description: ...}");
		return;
	}
	if (json_object_object_get_ex(property, "from", &there) || json_object_object_get_ex(property, "value", &there)) {
		take_bound(all, doc, name, property);
		return;
	}
	schema = sp_json_new(all->mem);
	needed = !json_object_object_get_ex(property, "default", &there);
	json_object_object_foreach(property, key, value) {
		if (strcmp(key, "required") != 0) {
			put(schema, key, json_object_get(value));
		} else if (json_object_is_type(value, json_type_boolean)) {
			given = value;
			needed = json_object_get_boolean(given);
		} else if (json_object_is_type(value, json_type_array)) {
			put(schema, key, json_object_get(value));	/* of an object's own members */
		} else {
			sp_document_fault(all, doc, sp_printf(all->mem, "parameters.%s.required", name),
			    "is neither true nor false");
		}
	}
	put(properties, name, json_object_get(schema));
	if (needed && json_object_array_add(required, json_object_new_string(name)) != 0)
		sp_out_of_memory();
}

static struct json_object *
input_of(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *parameters = sp_json_get(doc->body, "parameters"), *input = sp_json_get(doc->body, "input");
	struct json_object *properties, *required;

	if (input != NULL) {
		if (parameters != NULL)
			sp_document_fault(all, doc, "parameters", "\"input\" says it all: there is no \"parameters\" beside it");
		return input;
	}
	input = sp_json_new(all->mem);
	put(input, "type", json_object_new_string("object"));
	put(input, "properties", properties = json_object_new_object());
	put(input, "required", required = json_object_new_array());
	if (parameters != NULL) {
		json_object_object_foreach(parameters, name, property)
			take_parameter(all, doc, name, property, properties, required);
	}
	if (json_object_array_length(required) == 0)
		json_object_object_del(input, "required");
	put(input, "additionalProperties", json_object_new_boolean(false));
	return input;
}

/* The place in the document of "#/properties/NAME/..." of a schema. */
static void
schema_fault(struct sp_documents *all, const struct sp_document *doc, const char *member, const char *why)
{
	struct sp_str text = sp_str(why);
	ptrdiff_t colon = sp_str_index(text, ':');
	struct sp_str path = sp_str_sub(text, 0, colon > 0 ? (size_t)colon : 0);

	if (strcmp(member, "input") == 0 && sp_json_get(doc->body, "input") == NULL) {
		member = "parameters";
		if (sp_str_starts(path, "#/properties/"))
			path = sp_str_sub(path, strlen("#/properties/"), path.len);
	}
	sp_fault(&all->faults, doc->file, sp_place_find(sp_place_member(doc->place, member), path)->line, "%s: %s", member, why);
}

static void
judge_schema(struct sp_documents *all, const struct sp_document *doc, const char *member, struct json_object *schema)
{
	static const struct sp_schema_options options = { .assert_format = true };
	struct sp_param_headers headers;
	struct sp_schema *compiled;
	const char *why;

	if (!sp_schema_compile(all->mem, schema, &options, &compiled, &why)) {
		schema_fault(all, doc, member, why);
		return;
	}
	sp_schema_free(compiled);
	if (strcmp(member, "input") != 0)
		return;
	if (!sp_str_is(sp_json_get_str(schema, "type"), "object"))
		sp_document_fault(all, doc, "input", "needs \"type\": \"object\"");
	else if (!sp_param_headers(all->mem, schema, &headers, &why))
		schema_fault(all, doc, member, why);
}

static void
judge_embedded(struct sp_documents *all, const struct sp_document *doc, const char *path, struct json_object *bound,
    struct json_object *properties)
{
	struct sp_str of = sp_json_get_str(bound, "of");

	if (of.p == NULL || sp_json_get_str(bound, "source").p == NULL)
		sp_document_fault(all, doc, path, "needs \"of\", an argument, and \"source\", one that makes embeddings");
	else if (sp_json_get(properties, sp_cstr(all->mem, of)) == NULL)
		sp_document_fault(all, doc, sp_printf(all->mem, "%s.of", path), "there is no argument \"%.*s\"", SP_FMT(of));
}

static void
judge_bind(struct sp_documents *all, const struct sp_document *doc, struct json_object *properties)
{
	static const char *const names[] = { "from", "value", "of", "source", NULL };
	struct json_object *bind = sp_json_get(sp_json_get(doc->row, "options"), "bind");
	const char *member = sp_json_get(doc->body, "bind") != NULL ? "bind" : "parameters";

	if (bind == NULL)
		return;
	if (sp_json_get(doc->body, "bind") != NULL && sp_json_get(doc->body, "parameters") != NULL)
		sp_document_fault(all, doc, "bind", "beside \"parameters\" a bound argument stands there");
	json_object_object_foreach(bind, name, bound) {
		const char *path = sp_printf(all->mem, "%s.%s", member, name);
		struct json_object *from, *value;
		bool has_from, has_value;

		if (!json_object_is_type(bound, json_type_object)) {
			sp_document_fault(all, doc, path, "is not an object: {from: claim.sub} or {value: ...}");
			continue;
		}
		sp_document_only(all, doc, path, bound, names);
		has_from = json_object_object_get_ex(bound, "from", &from);
		has_value = json_object_object_get_ex(bound, "value", &value);
		if (has_from == has_value)
			sp_document_fault(all, doc, path, "needs one of \"from\" and \"value\"");
		else if (has_from && json_object_is_type(from, json_type_string) && sp_str_is(sp_json_text(from), "embedding"))
			judge_embedded(all, doc, path, bound, properties);
		else if (has_from && (!json_object_is_type(from, json_type_string) ||
		    !sp_str_starts(sp_json_text(from), "claim.") || sp_json_text(from).len == strlen("claim.")))
			sp_document_fault(all, doc, sp_printf(all->mem, "%s.from", path), "is neither claim.NAME nor embedding");
		else if (json_object_object_length(bound) != 1)
			sp_document_fault(all, doc, path, "\"of\" and \"source\" go with from: embedding");
		if (sp_json_get(properties, name) != NULL)
			sp_document_fault(all, doc, path, "is in the schema, too: a caller could send it");
	}
}

static void
judge_input(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *input = input_of(all, doc), *properties = sp_json_get(input, "properties");
	struct json_object *sensitive = sp_json_get(sp_json_get(doc->row, "options"), "sensitive");

	put(doc->row, "input_schema", json_object_get(input));
	judge_schema(all, doc, "input", input);
	judge_bind(all, doc, properties);
	for (size_t i = 0; sensitive != NULL && i < json_object_array_length(sensitive); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(sensitive, i));

		if (!json_object_object_get_ex(properties, name, NULL))
			sp_document_fault(all, doc, sp_printf(all->mem, "sensitive[%zu]", i), "there is no argument \"%s\"", name);
	}
}

/* ---- what its kind says ---- */

/* In the place of a name what it names, as sallyport.catalog_spec() does it for workers. */
static struct json_object *
loaded_spec(struct sp_documents *all, const struct sp_document *doc, const char *kind, struct json_object *spec)
{
	static const char *const named[] = { "source", "credential", "upstream", NULL };
	struct json_object *copy = sp_json_new(all->mem), *found;

	json_object_object_foreach(spec, key, value)
		put(copy, key, json_object_get(value));
	for (size_t i = 0; named[i] != NULL; i++) {
		struct sp_str name = sp_json_get_str(spec, named[i]);

		if (name.p == NULL)
			continue;
		found = sp_documents_spec(all, named[i], sp_cstr(all->mem, name));
		if (found == NULL) {
			sp_document_missing(all, doc, sp_printf(all->mem, "%s.%s", kind, named[i]), named[i],
			    sp_cstr(all->mem, name));
			return NULL;
		}
		put(copy, named[i], json_object_get(found));
	}
	return copy;
}

void
sp_document_kind_fault(struct sp_documents *all, const struct sp_document *doc, const char *member, const char *why)
{
	struct sp_str text = sp_str(why);
	ptrdiff_t colon = sp_str_index(text, ':');
	const struct sp_place *place = member[0] != '\0' ? sp_place_member(doc->place, member) : doc->place;

	if (colon > 0 && sp_str_index(sp_str_sub(text, 0, (size_t)colon), ' ') < 0)
		place = sp_place_find(place, sp_str_sub(text, 0, (size_t)colon));
	sp_fault(&all->faults, doc->file, place != NULL ? place->line : 0, "%s%s%s", member,
	    member[0] == '\0' ? "" : colon > 0 && place != NULL ? "." : ": ", why);
}

static bool
fits(struct sp_documents *all, struct sp_document *doc, const struct sp_tool_kind *kind, const void **loaded,
    const char **why)
{
	struct sp_tool_frame frame = {
		.input = sp_json_get(doc->row, "input_schema"),
		.options = sp_json_get(doc->row, "options"),
		.read_only = is_true(doc->row, "read_only"),
	};

	return kind->fit == NULL || kind->fit(all->mem, &frame, loaded, why);
}

/* What is kept from writing says so, unless its author says something else. */
static void
mark_read_only(struct sp_documents *all, struct sp_document *doc)
{
	struct json_object *annotations = sp_json_get(doc->row, "annotations"), *marked, *there;

	if (json_object_object_get_ex(annotations, "readOnlyHint", &there))
		return;
	if (is_true(annotations, "destructiveHint")) {
		sp_document_fault(all, doc, "annotations", "it destroys something, but it is kept from writing (read_only: false)");
		return;
	}
	marked = sp_json_new(all->mem);		/* the other one is the document's */
	json_object_object_foreach(annotations, name, value)
		put(marked, name, json_object_get(value));
	put(marked, "readOnlyHint", json_object_new_boolean(true));
	put(doc->row, "annotations", json_object_get(marked));
	put(doc->row, "read_only", json_object_new_boolean(true));
}

static void
judge_kind(struct sp_documents *all, struct sp_document *doc)
{
	struct sp_str name = sp_json_get_str(doc->row, "kind");
	const char *kind_name = sp_cstr(all->mem, name), *why = "it is not known why";
	const struct sp_tool_kind *kind;
	struct json_object *spec;
	const void *loaded;

	if (kind_name == NULL) {
		sp_document_fault(all, doc, "", "a tool needs one of \"statement\", \"http\", \"executable\"");
		return;
	}
	if ((kind = sp_tool_kind_find(kind_name)) == NULL) {
		sp_document_fault(all, doc, kind_name, "this program has no tools of this kind");
		return;
	}
	spec = loaded_spec(all, doc, kind_name, sp_json_get(doc->row, "spec"));
	if (spec == NULL)
		return;
	if (!kind->load(all->mem, spec, &loaded, &why) || !fits(all, doc, kind, &loaded, &why))
		sp_document_kind_fault(all, doc, kind_name, why);
	else if (kind->is_read_only != NULL && kind->is_read_only(loaded))
		mark_read_only(all, doc);
}

/* ---- the rest ---- */

static void
judge_annotations(struct sp_documents *all, struct sp_document *doc)
{
	static const char *const names[] = { "title", "readOnlyHint", "destructiveHint", "idempotentHint",
		"openWorldHint", NULL };
	struct json_object *annotations = sp_json_get(doc->row, "annotations");

	sp_document_only(all, doc, "annotations", annotations, names);
	json_object_object_foreach(annotations, name, value)
		if (!json_object_is_type(value, strcmp(name, "title") == 0 ? json_type_string : json_type_boolean))
			sp_document_fault(all, doc, sp_printf(all->mem, "annotations.%s", name), "is not %s",
			    strcmp(name, "title") == 0 ? "a text" : "true or false");
	if (is_true(annotations, "readOnlyHint") && is_true(annotations, "destructiveHint"))
		sp_document_fault(all, doc, "annotations", "what only reads destroys nothing");
	/* what the marker promises is enforced */
	put(doc->row, "read_only", json_object_new_boolean(is_true(annotations, "readOnlyHint")));
}

/* Behind what is known of the kind: only a tool that reads may keep its results. */
static void
judge_options(struct sp_documents *all, const struct sp_document *doc)
{
	bool reads = is_true(doc->row, "read_only") || is_true(sp_json_get(doc->row, "annotations"), "readOnlyHint");
	const struct sp_tool_options *options;
	const char *why;

	if (!sp_tool_options_read(all->mem, sp_json_get(doc->row, "options"), reads, &options, &why))
		sp_document_kind_fault(all, doc, "", why);
}

static void
judge_tests(struct sp_documents *all, const struct sp_document *doc)
{
	static const char *const names[] = { "name", "arguments", "expect", NULL };
	static const char *const expected[] = { "is_error", "contains", "structured", NULL };
	struct json_object *tests = sp_json_get(doc->body, "tests");

	for (size_t i = 0; tests != NULL && i < json_object_array_length(tests); i++) {
		struct json_object *test = json_object_array_get_idx(tests, i), *expect = sp_json_get(test, "expect");
		const char *path = sp_printf(all->mem, "tests[%zu]", i);

		if (!json_object_is_type(test, json_type_object) || !json_object_is_type(expect, json_type_object)) {
			sp_document_fault(all, doc, path, "is not an object with \"arguments\" and \"expect\"");
			continue;
		}
		sp_document_only(all, doc, path, test, names);
		sp_document_only(all, doc, sp_printf(all->mem, "%s.expect", path), expect, expected);
		if (sp_json_get(test, "arguments") != NULL && !json_object_is_type(sp_json_get(test, "arguments"), json_type_object))
			sp_document_fault(all, doc, sp_printf(all->mem, "%s.arguments", path), "is not an object");
	}
}

void
sp_document_judge_tool(struct sp_documents *all, struct sp_document *doc)
{
	sp_document_judge_name(all, doc, 64, "_-");
	sp_document_judge_server(all, doc);
	judge_input(all, doc);
	if (sp_json_get(doc->row, "output_schema") != NULL)
		judge_schema(all, doc, "output", sp_json_get(doc->row, "output_schema"));
	judge_annotations(all, doc);
	sp_document_judge_icons(all, doc);
	sp_document_judge_scopes(all, doc, "scopes");
	judge_tests(all, doc);
	judge_kind(all, doc);
	judge_options(all, doc);
	put(doc->row, "origin", json_object_new_string(doc->origin));
}

/* ---- the other way ---- */

/* Whether the short form gives exactly this schema, whose members are in the order that take_parameter() makes. */
static bool
is_short(struct json_object *input)
{
	static const char *const with[] = { "type", "properties", "required", "additionalProperties" };
	struct json_object *properties = sp_json_get(input, "properties"), *required = sp_json_get(input, "required");
	bool has_required = required != NULL;
	size_t i = 0, next = 0;

	json_object_object_foreach(input, key, value) {
		(void)value;
		if (i == 2 && !has_required)
			i++;
		if (i == 4 || strcmp(key, with[i++]) != 0)
			return false;
	}
	if (i != 4 || !sp_str_is(sp_json_get_str(input, "type"), "object") || !json_object_is_type(properties, json_type_object) ||
	    is_true(input, "additionalProperties") || (has_required && !sp_document_are_texts(required)))
		return false;
	json_object_object_foreach(properties, name, property) {
		if (!json_object_is_type(property, json_type_object) || json_object_object_get_ex(property, "from", NULL) ||
		    json_object_object_get_ex(property, "value", NULL) || json_object_object_get_ex(property, "required", NULL))
			return false;
		if (has_required && next < json_object_array_length(required) &&
		    sp_str_is(sp_json_text(json_object_array_get_idx(required, next)), name))
			next++;
	}
	return !has_required || (next > 0 && next == json_object_array_length(required));
}

static bool
is_required(struct json_object *input, const char *name)
{
	struct json_object *required = sp_json_get(input, "required");

	for (size_t i = 0; required != NULL && i < json_object_array_length(required); i++)
		if (sp_str_is(sp_json_text(json_object_array_get_idx(required, i)), name))
			return true;
	return false;
}

static struct json_object *
parameters_of(struct sp_arena *mem, struct json_object *input, struct json_object *bind)
{
	struct json_object *parameters = sp_json_new(mem);

	json_object_object_foreach(sp_json_get(input, "properties"), name, property) {
		struct json_object *parameter = sp_json_new(mem);
		bool required = is_required(input, name), has_default = json_object_object_get_ex(property, "default", NULL);

		json_object_object_foreach(property, key, value)
			put(parameter, key, json_object_get(value));
		if (required == has_default)
			put(parameter, "required", json_object_new_boolean(required));
		put(parameters, name, json_object_get(parameter));
	}
	if (bind != NULL) {
		json_object_object_foreach(bind, bound, from)
			put(parameters, bound, json_object_get(from));
	}
	return parameters;
}

void
sp_document_write_tool(struct sp_arena *mem, struct json_object *row, struct json_object *document)
{
	struct json_object *input = sp_json_get(row, "input_schema");
	struct json_object *bind = sp_json_get(sp_json_get(row, "options"), "bind"), *parameters;

	if (!json_object_is_type(input, json_type_object))
		return;
	if (!is_short(input)) {
		put(document, "input", json_object_get(input));
		return;
	}
	parameters = parameters_of(mem, input, bind);
	json_object_object_del(document, "bind");
	if (json_object_object_length(parameters) > 0)
		put(document, "parameters", json_object_get(parameters));
}
