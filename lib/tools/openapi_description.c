/* openapi_description.c - tools as an OpenAPI 3.1 description of the HTTP API at /tools */
#include "tools/openapi_description.h"

#define SCHEMAS "#/components/schemas/"

/* ---- schemas ---- */

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/*
 * A schema with its references as they are from the whole description: "#" is its
 * place there.  What has an $id is a resource of its own, and its references are.
 */
static void
write_schema(struct sp_arena *mem, struct sp_json_writer *w, struct json_object *schema, const char *place)
{
	static const char *const data[] = { "const", "enum", "default", "example", "examples", NULL };
	static const char *const maps[] = { "properties", "patternProperties", "$defs", "definitions",
		"dependentSchemas", NULL };

	if (json_object_is_type(schema, json_type_array)) {
		sp_jw_array(w);
		for (size_t i = 0; i < json_object_array_length(schema); i++)
			write_schema(mem, w, json_object_array_get_idx(schema, i), place);
		sp_jw_array_end(w);
		return;
	}
	if (!json_object_is_type(schema, json_type_object) || sp_json_get(schema, "$id") != NULL) {
		sp_jw_value(w, schema);
		return;
	}
	sp_jw_object(w);
	json_object_object_foreach(schema, name, value) {
		sp_jw_key(w, name);
		if (strcmp(name, "$ref") == 0 && json_object_is_type(value, json_type_string) &&
		    (sp_str_is(sp_json_text(value), "#") || sp_str_starts(sp_json_text(value), "#/"))) {
			struct sp_str pointer = sp_json_text(value);

			sp_jw_cstr(w, sp_printf(mem, "%s%.*s", place, SP_FMT(sp_str_sub(pointer, 1, pointer.len))));
		} else if (is_one_of(name, maps) && json_object_is_type(value, json_type_object)) {
			sp_jw_object(w);
			json_object_object_foreach(value, key, one) {
				sp_jw_key(w, key);
				write_schema(mem, w, one, place);
			}
			sp_jw_object_end(w);
		} else if (is_one_of(name, data)) {
			sp_jw_value(w, value);
		} else {
			write_schema(mem, w, value, place);
		}
	}
	sp_jw_object_end(w);
}

static void
write_component(struct sp_arena *mem, struct sp_json_writer *w, const char *tool, const char *which,
    struct json_object *schema)
{
	if (schema == NULL)
		return;
	sp_jw_key(w, sp_printf(mem, "%s.%s", tool, which));
	write_schema(mem, w, schema, sp_printf(mem, SCHEMAS "%s.%s", tool, which));
}

/* {"$ref": "#/components/..."} */
static void
write_ref(struct sp_json_writer *w, const char *to)
{
	sp_jw_object(w);
	sp_jw_kcstr(w, "$ref", to);
	sp_jw_object_end(w);
}

/* "content": {TYPE: {"schema": {"$ref": to}}}; to NULL: any value */
static void
write_content(struct sp_json_writer *w, const char *type, const char *to)
{
	sp_jw_key(w, "content");
	sp_jw_object(w);
	sp_jw_key(w, type);
	sp_jw_object(w);
	sp_jw_key(w, "schema");
	if (to != NULL)
		write_ref(w, to);
	else
		sp_jw_raw(w, SP_LIT("{}"));
	sp_jw_object_end(w);
	sp_jw_object_end(w);
}

/* ---- operations ---- */

static void
write_security(struct sp_json_writer *w, const struct sp_scope *scopes)
{
	sp_jw_key(w, "security");
	sp_jw_array(w);
	sp_jw_object(w);
	sp_jw_key(w, "oauth2");
	sp_jw_array(w);
	for (size_t i = 0; i < scopes->count; i++)
		sp_jw_str(w, scopes->token[i]);
	sp_jw_array_end(w);
	sp_jw_object_end(w);
	sp_jw_array_end(w);
}

/* No body is an empty object of arguments; a schema with nothing but that is not worth one. */
static bool
takes_arguments(struct json_object *schema)
{
	struct json_object *properties = sp_json_get(schema, "properties"), *more;

	return (json_object_is_type(properties, json_type_object) && json_object_object_length(properties) > 0) ||
	    !json_object_object_get_ex(schema, "additionalProperties", &more) || json_object_get_boolean(more);
}

static void
write_operation(struct sp_arena *mem, struct sp_json_writer *w, const struct sp_tool *tool,
    struct json_object *entry)
{
	bool has_output = sp_json_get(entry, "outputSchema") != NULL;
	struct sp_str title = sp_json_get_str(entry, "title"), description = sp_json_get_str(entry, "description");

	sp_jw_object(w);
	sp_jw_key(w, "post");
	sp_jw_object(w);
	sp_jw_kcstr(w, "operationId", tool->name);
	if (title.p != NULL)
		sp_jw_kstr(w, "summary", title);
	if (description.p != NULL)
		sp_jw_kstr(w, "description", description);
	write_security(w, tool->scopes);
	if (takes_arguments(sp_json_get(entry, "inputSchema"))) {
		sp_jw_key(w, "requestBody");
		sp_jw_object(w);
		sp_jw_kbool(w, "required", tool->required_count > 0);
		write_content(w, "application/json", sp_printf(mem, SCHEMAS "%s.input", tool->name));
		sp_jw_object_end(w);
	}
	sp_jw_key(w, "responses");
	sp_jw_object(w);
	sp_jw_key(w, "200");
	sp_jw_object(w);
	sp_jw_kcstr(w, "description", "what the tool gives");
	write_content(w, "application/json", has_output ? sp_printf(mem, SCHEMAS "%s.output", tool->name) : NULL);
	sp_jw_object_end(w);
	sp_jw_key(w, "default");
	write_ref(w, "#/components/responses/problem");
	sp_jw_object_end(w);
	sp_jw_object_end(w);
	sp_jw_object_end(w);
}

/* ---- what they share ---- */

static void
write_security_scheme(struct sp_arena *mem, struct sp_json_writer *w, const struct sp_openapi_service *service)
{
	const struct sp_resource *resource = service->resource;

	sp_jw_key(w, "securitySchemes");
	sp_jw_object(w);
	sp_jw_key(w, "oauth2");
	sp_jw_object(w);
	sp_jw_kcstr(w, "type", "oauth2");
	sp_jw_kcstr(w, "description", sp_printf(mem, "access tokens whose audience is %s", resource->resource));
	sp_jw_key(w, "flows");
	sp_jw_object(w);
	sp_jw_key(w, "authorizationCode");
	sp_jw_object(w);
	sp_jw_kcstr(w, "authorizationUrl", sp_printf(mem, "%s/authorize", service->issuer));
	sp_jw_kcstr(w, "tokenUrl", sp_printf(mem, "%s/token", service->issuer));
	sp_jw_kcstr(w, "refreshUrl", sp_printf(mem, "%s/token", service->issuer));
	sp_jw_key(w, "scopes");
	sp_jw_object(w);
	for (size_t i = 0; i < resource->scopes.count; i++)
		sp_jw_kcstr(w, sp_cstr(mem, resource->scopes.token[i]),
		    resource->info[i].description != NULL ? resource->info[i].description : "");
	sp_jw_object_end(w);
	sp_jw_object_end(w);
	sp_jw_object_end(w);
	sp_jw_object_end(w);
	sp_jw_object_end(w);
}

static void
write_problem(struct sp_json_writer *w)
{
	sp_jw_kraw(w, "problem", SP_LIT("{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{"
	    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
	    "\"error\":{\"type\":\"string\"},\"request_id\":{\"type\":\"string\"},"
	    "\"content\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"structuredContent\":{}},"
	    "\"required\":[\"title\",\"status\",\"request_id\"]}"));
}

static void
write_head(struct sp_json_writer *w, const struct sp_openapi_service *service)
{
	sp_jw_kcstr(w, "openapi", "3.1.0");
	sp_jw_key(w, "info");
	sp_jw_object(w);
	sp_jw_kcstr(w, "title", service->server->title);
	sp_jw_kcstr_if(w, "description", service->server->instructions);
	sp_jw_kcstr(w, "version", PACKAGE_VERSION);
	sp_jw_object_end(w);
	sp_jw_key(w, "servers");
	sp_jw_array(w);
	sp_jw_object(w);
	sp_jw_kcstr(w, "url", service->issuer);
	sp_jw_object_end(w);
	sp_jw_array_end(w);
}

bool
sp_openapi_describe(struct sp_arena *mem, const struct sp_openapi_service *service, struct sp_buf *out)
{
	struct json_object **entries = sp_alloc_array(mem, service->count, sizeof(struct json_object *));
	struct sp_json_writer w;
	const char *why;

	for (size_t i = 0; i < service->count; i++)
		if (!sp_json_parse_large(mem, service->tools[i]->listing.form[SP_LISTING_2026_07_28], &entries[i], &why))
			return false;
	sp_jw_init(&w, out);
	sp_jw_object(&w);
	write_head(&w, service);
	sp_jw_key(&w, "paths");
	sp_jw_object(&w);
	for (size_t i = 0; i < service->count; i++) {
		sp_jw_key(&w, sp_printf(mem, "%s/%s", service->url + strlen(service->issuer), service->tools[i]->name));
		write_operation(mem, &w, service->tools[i], entries[i]);
	}
	sp_jw_object_end(&w);
	sp_jw_key(&w, "components");
	sp_jw_object(&w);
	sp_jw_key(&w, "schemas");
	sp_jw_object(&w);
	write_problem(&w);
	for (size_t i = 0; i < service->count; i++) {
		write_component(mem, &w, service->tools[i]->name, "input", sp_json_get(entries[i], "inputSchema"));
		write_component(mem, &w, service->tools[i]->name, "output", sp_json_get(entries[i], "outputSchema"));
	}
	sp_jw_object_end(&w);
	sp_jw_kraw(&w, "responses", SP_LIT("{\"problem\":{\"description\":\"the call was refused, or failed\",\"content\":"
	    "{\"application/problem+json\":{\"schema\":{\"$ref\":\"" SCHEMAS "problem\"}}}}}"));
	write_security_scheme(mem, &w, service);
	sp_jw_object_end(&w);
	sp_jw_object_end(&w);
	return true;
}
