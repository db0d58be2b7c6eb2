/* openapi_tool.c - the document of a tool out of one operation */
#include "tools/openapi_private.h"
#include "tools/schema.h"

#define MAX_DEPTH	52		/* of a document; what is around it when it is stored and loaded has the rest */
#define TITLE_BYTES	100
#define DEFAULT_BYTES	100
#define MAX_SCOPES	20		/* of one operation */

static bool
is_of(struct json_object *json, enum json_type type)
{
	return json_object_is_type(json, type);
}

static void
set_text(struct json_object *to, const char *name, struct sp_str text)
{
	if (text.len > 0)
		sp_json_set_str(to, name, text);
}

static size_t
size_of(struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	return text != NULL ? strlen(text) : SIZE_MAX;
}

static size_t
depth_of(struct json_object *json)
{
	size_t deepest = 0, depth;

	if (is_of(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			deepest = (depth = depth_of(json_object_array_get_idx(json, i))) > deepest ? depth : deepest;
	} else if (is_of(json, json_type_object)) {
		json_object_object_foreach(json, name, value) {
			(void)name;
			deepest = (depth = depth_of(value)) > deepest ? depth : deepest;
		}
	} else {
		return 0;
	}
	return deepest + 1;
}

/* ---- input ---- */

/* The type of the whole, for one whose parts are not described. */
static void
write_loose(struct sp_openapi_job *job, struct json_object *schema, struct json_object *out)
{
	struct json_object *target = sp_openapi_deref(job, schema), *type = sp_json_get(target, "type");

	if (is_of(type, json_type_string) && (sp_str_is(sp_json_text(type), "object") || sp_str_is(sp_json_text(type), "array")))
		json_object_object_add(out, "type", json_object_get(type));
	else if (sp_json_get(target, "properties") != NULL)
		json_object_object_add(out, "type", json_object_new_string("object"));
}

/*
 * What the service takes for an argument that is not there is the service's to
 * put in.  As "default" of the schema it would be sent (http_spec.h), and a PATCH
 * would set every member that the caller did not speak of.  So it is told in words.
 */
static struct sp_str
tell_default(struct sp_openapi_job *job, struct json_object *property, struct sp_str text)
{
	struct json_object *value = sp_json_get(property, "default");
	const char *said;

	if (text.len == 0)
		text = sp_json_get_str(property, "description");
	if (value == NULL || !sp_openapi_is_shorter(value, DEFAULT_BYTES)) {
		json_object_object_del(property, "default");
		return text;
	}
	said = sp_printf(job->scratch, "%.*s%sDefault: %s", SP_FMT(text), text.len > 0 ? " " : "",
	    json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_object_del(property, "default");
	return sp_openapi_prose(job->scratch, sp_str(said), 512 + DEFAULT_BYTES + 16);
}

/* The property of an argument; NULL with job->why. */
static struct json_object *
write_argument(struct sp_openapi_schemas *s, const struct sp_openapi_argument *arg, bool loose)
{
	struct json_object *out;
	struct sp_str text = arg->description;

	if (text.p == NULL)
		text = sp_json_get_str(arg->schema, "description");
	text = sp_openapi_prose(s->job->scratch, text, 512);
	if (loose) {
		out = json_object_new_object();
		write_loose(s->job, arg->schema, out);
		text = sp_str(sp_printf(s->job->scratch, "%.*s%sIts members are not described here.", SP_FMT(text),
		    text.len > 0 ? " " : ""));
	} else if ((out = sp_openapi_schemas_write(s, arg->schema, false)) == NULL) {
		return NULL;
	}
	if (!is_of(out, json_type_object)) {		/* true or false, which take no description */
		struct json_object *boolean = out;

		out = json_object_new_object();
		if (!json_object_get_boolean(boolean))
			json_object_object_add(out, "not", json_object_new_object());
		json_object_put(boolean);
	}
	set_text(out, "description", tell_default(s->job, out, text));
	if (arg->deprecated)
		json_object_object_add(out, "deprecated", json_object_new_boolean(1));
	return out;
}

/* Whether the rules bind it; then it is no caller's. */
static bool
is_bound(struct sp_openapi_job *job, const struct sp_openapi_argument *arg)
{
	return sp_json_get(job->rules.bind, arg->name) != NULL;
}

static struct json_object *
write_bind(struct sp_openapi_job *job, const struct sp_openapi_request *request)
{
	struct json_object *out = NULL;

	for (size_t i = 0; i < request->count; i++) {
		if (!is_bound(job, &request->item[i]))
			continue;
		if (out == NULL)
			out = json_object_new_object();
		json_object_object_add(out, request->item[i].name,
		    json_object_get(sp_json_get(job->rules.bind, request->item[i].name)));
	}
	return out;
}

/* Arguments as properties of one schema. */
struct input {
	const struct sp_openapi_argument *arg;
	size_t count;
	bool *loose;			/* those that are not described */
	enum sp_openapi_detail detail;
};

/* NULL: job->why says why, or (*too_large) it is over max_input, which is no fault yet. */
static struct json_object *
write_input(struct sp_openapi_job *job, const struct input *in, bool *too_large)
{
	struct json_object *out = json_object_new_object(), *properties = json_object_new_object();
	struct json_object *required = json_object_new_array(), *property;
	struct sp_openapi_schemas s;
	bool ok = true;

	sp_openapi_schemas_init(&s, job, true, in->detail, (size_t)job->rules.max_input);
	json_object_object_add(out, "type", json_object_new_string("object"));
	json_object_object_add(out, "properties", properties);
	for (size_t i = 0; ok && i < in->count; i++)
		ok = in->loose[i] || is_bound(job, &in->arg[i]) || sp_openapi_schemas_count(&s, in->arg[i].schema);
	for (size_t i = 0; ok && i < in->count; i++) {
		if (is_bound(job, &in->arg[i]))
			continue;
		if (!(ok = (property = write_argument(&s, &in->arg[i], in->loose[i])) != NULL))
			break;
		json_object_object_add(properties, in->arg[i].name, property);
		if (in->arg[i].required)
			json_object_array_add(required, json_object_new_string(in->arg[i].name));
	}
	if (json_object_array_length(required) > 0)
		json_object_object_add(out, "required", required);
	else
		json_object_put(required);
	json_object_object_add(out, "additionalProperties", json_object_new_boolean(0));
	ok = ok && sp_openapi_schemas_definitions(&s, out);
	sp_openapi_schemas_release(&s);
	*too_large = s.too_large || (ok && size_of(out) > (size_t)job->rules.max_input);
	if (s.too_large)
		job->why = NULL;
	if (ok && !*too_large)
		return out;
	json_object_put(out);
	return NULL;
}

/* Bytes of each argument by itself; SIZE_MAX: more than all may have, so that it is not described. */
static bool
measure(struct sp_openapi_job *job, const struct input *in, size_t *bytes)
{
	for (size_t i = 0; i < in->count; i++) {
		struct input alone = { &in->arg[i], 1, &in->loose[i], SP_OPENAPI_LEAN };
		struct json_object *schema;
		bool too_large;

		if (is_bound(job, &in->arg[i]))
			continue;
		schema = write_input(job, &alone, &too_large);
		if (schema == NULL && !too_large)
			return false;
		bytes[i] = too_large ? SIZE_MAX : size_of(schema);
		json_object_put(schema);
	}
	return true;
}

/* What is by itself too large, or else the largest.  False: there is none with parts. */
static bool
loosen(struct sp_openapi_job *job, const struct input *in, const size_t *bytes)
{
	size_t most = 400;		/* less is not worth it */
	bool any = false;

	for (size_t i = 0; i < in->count; i++)
		if (!in->loose[i] && bytes[i] > most)
			most = bytes[i];
	for (size_t i = 0; i < in->count; i++)
		if (!in->loose[i] && bytes[i] == most && (most == SIZE_MAX || !any)) {
			in->loose[i] = any = true;
			sp_openapi_remark(job, "members of %s are not described: the schema is too large", in->arg[i].name);
		}
	return any || sp_openapi_fail(job, "its input schema is over %lld bytes", (long long)job->rules.max_input);
}

/* As much as fits: all; without the descriptions of what lies deep; without the largest arguments' members. */
static struct json_object *
fit_input(struct sp_openapi_job *job, const struct sp_openapi_request *request)
{
	struct input in = { request->item, request->count, sp_alloc_array(job->scratch, request->count, sizeof(bool)),
	    SP_OPENAPI_FULL };
	size_t *bytes = NULL;
	struct json_object *input;
	bool too_large;

	while ((input = write_input(job, &in, &too_large)) == NULL && too_large) {
		if (in.detail == SP_OPENAPI_FULL) {
			in.detail = SP_OPENAPI_LEAN;
			continue;
		}
		if (bytes == NULL) {
			bytes = sp_alloc_array(job->scratch, in.count, sizeof(*bytes));
			if (!measure(job, &in, bytes))
				return NULL;
		}
		if (!loosen(job, &in, bytes))
			return NULL;
	}
	return input;
}

/* ---- output ---- */

static bool
is_json(struct sp_str media_type)
{
	ptrdiff_t semicolon = sp_str_index(media_type, ';');

	if (semicolon >= 0)
		media_type = sp_str_trim(sp_str_sub(media_type, 0, (size_t)semicolon), " ");
	return sp_str_is(media_type, "application/json") || sp_str_ends(media_type, "+json");
}

/*
 * The schema of the only answer that means success.  With a second one, say
 * "202: accepted", an answer need not fit the first.
 */
static struct json_object *
success_schema(struct sp_openapi_job *job)
{
	struct json_object *responses = sp_json_get(job->operation->json, "responses"), *found = NULL, *content;
	int successes = 0;

	if (!is_of(responses, json_type_object))
		return NULL;
	json_object_object_foreach(responses, status, response)
		if (status[0] == '2' && strlen(status) == 3) {
			successes++;
			found = response;
		}
	if (successes != 1 || !is_of(content = sp_json_get(sp_openapi_deref(job, found), "content"), json_type_object))
		return NULL;
	json_object_object_foreach(content, media_type, media)
		if (is_json(sp_str(media_type)))
			return sp_json_get(media, "schema");
	return NULL;
}

/* Whether every value that fits is an object. */
static bool
is_object(struct sp_openapi_job *job, struct json_object *schema, int hops)
{
	static const char *const lists[] = { "allOf", "oneOf", "anyOf" };
	struct json_object *type;

	if (hops > SP_OPENAPI_MAX_HOPS || !sp_openapi_step(job) || (schema = sp_openapi_deref(job, schema)) == NULL)
		return false;
	if ((type = sp_json_get(schema, "type")) != NULL)
		return is_of(type, json_type_string) && sp_str_is(sp_json_text(type), "object");
	if (is_of(sp_json_get(schema, "properties"), json_type_object))
		return true;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json_object *list = sp_json_get(schema, lists[i]);
		size_t objects = 0, count = is_of(list, json_type_array) ? json_object_array_length(list) : 0;

		for (size_t n = 0; n < count; n++)
			objects += is_object(job, json_object_array_get_idx(list, n), hops + 1);
		if (count > 0 && (i == 0 ? objects > 0 : objects == count))
			return true;
	}
	return false;
}

/* NULL: job->why. */
static struct json_object *
write_output(struct sp_openapi_job *job, struct json_object *schema, enum sp_openapi_detail detail)
{
	struct json_object *out = NULL;
	struct sp_openapi_schemas s;

	sp_openapi_schemas_init(&s, job, false, detail, (size_t)job->rules.max_output);
	if (sp_openapi_schemas_count(&s, schema) && (out = sp_openapi_schemas_write(&s, schema, true)) != NULL &&
	    !sp_openapi_schemas_definitions(&s, out)) {
		json_object_put(out);
		out = NULL;
	}
	sp_openapi_schemas_release(&s);
	if (out != NULL)
		json_object_object_add(out, "type", json_object_new_string("object"));
	return out;
}

static bool
compiles(struct sp_openapi_job *job, struct json_object *schema, const char **why)
{
	struct sp_schema *compiled;

	if (depth_of(schema) > MAX_DEPTH) {
		*why = "is nested too deep";
		return false;
	}
	if (!sp_schema_compile(job->scratch, schema, NULL, &compiled, why))
		return false;
	sp_schema_free(compiled);
	return true;
}

/* NULL: there is none, or none that can be used, which is no fault of the operation. */
static struct json_object *
fit_output(struct sp_openapi_job *job)
{
	struct json_object *schema, *out = NULL;
	const char *why = NULL;

	if (!job->rules.output || (schema = success_schema(job)) == NULL || !is_object(job, schema, 0))
		goto out;
	for (enum sp_openapi_detail detail = SP_OPENAPI_FULL; detail <= SP_OPENAPI_LEAN; detail++) {
		if ((out = write_output(job, schema, detail)) == NULL)
			goto out;
		if (size_of(out) <= (size_t)job->rules.max_output) {
			if (compiles(job, out, &why))
				return out;
			(void)sp_openapi_fail(job, "%s", why);
			detail = SP_OPENAPI_LEAN;
		}
		json_object_put(out);
		out = NULL;
	}
	if (job->why == NULL)
		(void)sp_openapi_fail(job, "it is over %lld bytes", (long long)job->rules.max_output);
out:
	if (job->why != NULL)
		sp_openapi_remark(job, "no output schema: %s", job->why);
	job->why = NULL;
	return NULL;
}

/* ---- the rest ---- */

static bool
is_safe(const struct sp_openapi_operation *op)
{
	return strcmp(op->method, "GET") == 0 || strcmp(op->method, "HEAD") == 0;
}

static struct json_object *
write_annotations(const struct sp_openapi_operation *op)
{
	struct json_object *out = json_object_new_object();

	json_object_object_add(out, "readOnlyHint", json_object_new_boolean(is_safe(op)));
	if (strcmp(op->method, "PUT") == 0 || strcmp(op->method, "DELETE") == 0)
		json_object_object_add(out, "idempotentHint", json_object_new_boolean(1));
	if (strcmp(op->method, "DELETE") == 0)
		json_object_object_add(out, "destructiveHint", json_object_new_boolean(1));
	json_object_object_add(out, "openWorldHint", json_object_new_boolean(1));
	return out;
}

bool
sp_openapi_is_scope(struct sp_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < 0x21 || text.p[i] > 0x7e || text.p[i] == '"' || text.p[i] == '\\')
			return false;
	return text.len > 0;
}

static bool
has_scopes(struct sp_openapi_job *job, const char *scheme)
{
	struct json_object *schemes = sp_json_get(sp_json_get(job->description, "components"), "securitySchemes");
	struct sp_str type = sp_json_get_str(sp_openapi_deref(job, sp_json_get(schemes, scheme)), "type");

	job->why = NULL;
	return sp_str_is(type, "oauth2") || sp_str_is(type, "openIdConnect");
}

static void
add_scope(struct json_object *scopes, const char *scope)
{
	for (size_t i = 0; i < json_object_array_length(scopes); i++)
		if (sp_str_is(sp_json_text(json_object_array_get_idx(scopes, i)), scope))
			return;
	json_object_array_add(scopes, json_object_new_string(scope));
}

/* Adds the scopes of one Security Requirement Object.  False: it names none. */
static bool
add_requirement(struct sp_openapi_job *job, struct json_object *requirement, struct json_object *scopes)
{
	bool any = false;

	if (!is_of(requirement, json_type_object))
		return false;
	json_object_object_foreach(requirement, scheme, list) {
		if (!is_of(list, json_type_array) || !has_scopes(job, scheme))
			continue;
		for (size_t i = 0; i < json_object_array_length(list) && i < MAX_SCOPES; i++) {
			struct json_object *scope = json_object_array_get_idx(list, i);
			const char *name;

			if (!is_of(scope, json_type_string) || !sp_openapi_is_scope(sp_json_text(scope)))
				continue;
			name = sp_printf(job->scratch, "%.*s%s", SP_FMT(job->rules.scope_prefix), json_object_get_string(scope));
			add_scope(scopes, name);
			any = true;
		}
	}
	return any;
}

/* Those of the defaults, and those of the first requirement that names some. */
static struct json_object *
write_scopes(struct sp_openapi_job *job)
{
	struct json_object *security = sp_json_get(job->operation->json, "security"), *scopes = json_object_new_array();
	struct json_object *defaults = sp_json_get(job->rules.defaults, "scopes");

	for (size_t i = 0; is_of(defaults, json_type_array) && i < json_object_array_length(defaults); i++) {
		struct json_object *scope = json_object_array_get_idx(defaults, i);

		if (is_of(scope, json_type_string))
			add_scope(scopes, json_object_get_string(scope));
	}
	if (security == NULL)
		security = sp_json_get(job->description, "security");
	for (size_t i = 0; job->rules.security_scopes && is_of(security, json_type_array) &&
	    i < json_object_array_length(security); i++)
		if (add_requirement(job, json_object_array_get_idx(security, i), scopes))
			break;
	if (json_object_array_length(scopes) > 0)
		return scopes;
	json_object_put(scopes);
	return NULL;
}

/* Members of an object over those that are there. */
static void
lay_over(struct json_object *to, struct json_object *members)
{
	if (!is_of(members, json_type_object))
		return;
	json_object_object_foreach(members, name, value)
		json_object_object_add(to, name, json_object_get(value));
}

static void
write_texts(struct sp_openapi_job *job, struct json_object *tool)
{
	const struct sp_openapi_operation *op = job->operation;
	struct sp_str summary = sp_json_get_str(op->json, "summary"), text = sp_json_get_str(op->json, "description");

	if (summary.len == 0)
		summary = sp_json_get_str(op->item, "summary");
	if (text.len == 0)
		text = sp_json_get_str(op->item, "description");
	if (text.len == 0)
		text = summary;
	text = sp_openapi_prose(job->scratch, text, (size_t)job->rules.max_description);
	set_text(tool, "title", sp_openapi_prose(job->scratch, summary, TITLE_BYTES));
	set_text(tool, "description", text.len > 0 ? text : sp_str(op->id));
}

struct json_object *
sp_openapi_tool(struct sp_openapi_job *job, struct sp_str source, size_t *bytes)
{
	struct json_object *tool, *input, *bind, *output, *http, *scopes;
	struct sp_openapi_request request;
	const char *why;

	if (!sp_openapi_request_read(job, &request) || (input = fit_input(job, &request)) == NULL)
		return NULL;
	if (!compiles(job, input, &why)) {
		json_object_put(input);
		(void)sp_openapi_fail(job, "its input schema cannot be used: %s", why);
		return NULL;
	}
	if ((http = sp_openapi_http(job, &request, source)) == NULL) {
		json_object_put(input);
		return NULL;
	}
	tool = json_object_new_object();
	json_object_object_add(tool, "kind", json_object_new_string("tool"));
	json_object_object_add(tool, "name", json_object_new_string(job->operation->tool_name));
	set_text(tool, "server", job->rules.server);
	set_text(tool, "group", job->rules.group);
	write_texts(job, tool);
	json_object_object_add(tool, "input", input);
	if ((bind = write_bind(job, &request)) != NULL)
		json_object_object_add(tool, "bind", bind);
	if ((output = fit_output(job)) != NULL)
		json_object_object_add(tool, "output", output);
	json_object_object_add(tool, "annotations", write_annotations(job->operation));
	json_object_object_add(tool, "tier", json_object_new_string(is_safe(job->operation) ? "developer" : "admin"));
	lay_over(tool, job->rules.defaults);
	if ((scopes = write_scopes(job)) != NULL)
		json_object_object_add(tool, "scopes", scopes);
	lay_over(tool, sp_openapi_rules_for(job->rules.overrides, job->operation));
	json_object_object_add(tool, "http", http);
	*bytes = size_of(input) + (output != NULL ? size_of(output) : 0) + sp_json_get_str(tool, "description").len;
	return tool;
}
