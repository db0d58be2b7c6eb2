/* http_spec.c - the spec of a tool of kind "http", read */
#include "tools/http_spec.h"

#include "tools/spec.h"
#include "tools/sql_function.h"

#define LET_MEMBERS	"from pattern error"
#define RESOLVE_MEMBERS	"as value unless items match take missing " SP_HTTP_PARTS
#define READ_MEMBERS	"select overlay " SP_HTTP_PARTS
#define CASE_MEMBERS	"status where result error"
#define REQUEST_MEMBERS	"let resolve read response success cases answer retries " SP_HTTP_PARTS
#define MEMBERS		"source url " REQUEST_MEMBERS
#define SEVERAL_MEMBERS	"source url retries choose begin requests"

/* Variables may be named as arguments are, save that a blank's own signs end a name. */
static bool
is_variable(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (!sp_is_alnum((unsigned char)*c) && *c != '_')
			return false;
	return name[0] != '\0';
}

static bool
at(struct sp_arena *mem, const char *member, size_t i, const char **why)
{
	return sp_spec_at(mem, sp_printf(mem, "%s.%zu", member, i), why);
}

static bool
read_path(struct sp_arena *mem, struct json_object *json, const char *name, const char *preset, const struct sp_path **out,
    const char **why)
{
	const char *text = preset;

	return sp_spec_text(mem, json, name, &text, why) &&
	    (text == NULL || sp_path_parse(mem, sp_str(text), out, why) || sp_spec_at(mem, name, why));
}

static bool
read_match(struct sp_arena *mem, struct json_object *json, const char *name, const struct sp_text_match **out,
    const char **why)
{
	const char *pattern = NULL;

	return sp_spec_text(mem, json, name, &pattern, why) &&
	    (pattern == NULL || sp_text_match_new(mem, pattern, out, why) || sp_spec_at(mem, name, why));
}

/* ---- let ---- */

static bool
read_let(struct sp_arena *mem, const char *name, struct json_object *json, struct sp_http_let *out, const char **why)
{
	const char *from = NULL;

	out->name = sp_strdup(mem, name);
	out->error = sp_printf(mem, "%s: does not have the form that is needed", name);
	*why = "has to be {from, pattern}, and its name letters, digits and \"_\"";
	if (!is_variable(name) || !json_object_is_type(json, json_type_object))
		return false;
	if (!sp_spec_only(mem, json, LET_MEMBERS, why) || !sp_spec_text(mem, json, "from", &from, why) ||
	    !read_match(mem, json, "pattern", &out->match, why) || !sp_spec_text(mem, json, "error", &out->error, why))
		return false;
	if (from == NULL || out->match == NULL) {
		*why = "needs from and pattern";
		return false;
	}
	return sp_pattern_parse(mem, sp_str(from), &out->from, why) || sp_spec_at(mem, "from", why);
}

static bool
read_lets(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct json_object *lets;
	struct sp_http_let *let;

	if (!sp_spec_object(mem, json, "let", &lets, why))
		return false;
	if (lets == NULL)
		return true;
	s->let = let = sp_alloc_array(mem, (size_t)json_object_object_length(lets), sizeof(*let));
	json_object_object_foreach(lets, name, value)
		if (!read_let(mem, name, value, &let[s->let_count++], why)) {
			*why = sp_printf(mem, "let.%s: %s", name, *why);
			return false;
		}
	return true;
}

/* ---- resolve and read ---- */

static bool
read_texts(struct sp_arena *mem, struct json_object *json, struct sp_http_resolve *out, const char **why)
{
	struct json_object *match;
	size_t count;

	if (!sp_spec_object(mem, json, "match", &match, why))
		return false;
	if (match == NULL)
		return true;
	count = (size_t)json_object_object_length(match);
	out->match_name = sp_alloc_array(mem, count, sizeof(*out->match_name));
	out->match_value = sp_alloc_array(mem, count, sizeof(*out->match_value));
	json_object_object_foreach(match, name, value) {
		struct sp_str text;

		out->match_name[out->match_count] = sp_strdup(mem, name);
		*why = "has to be a text, a number or a boolean";
		if (!sp_value_text(mem, value, &text) || !sp_pattern_parse(mem, text, &out->match_value[out->match_count++], why)) {
			*why = sp_printf(mem, "match.%s: %s", name, *why);
			return false;
		}
	}
	return true;
}

static bool
read_resolve(struct sp_arena *mem, struct json_object *json, struct sp_http_resolve *out, const char **why)
{
	const char *value = NULL;

	*why = "has to be an object";
	out->missing = "nothing was found";
	if (!json_object_is_type(json, json_type_object))
		return false;
	if (!sp_spec_only(mem, json, RESOLVE_MEMBERS, why) || !sp_spec_text(mem, json, "as", &out->as, why) ||
	    !sp_spec_text(mem, json, "value", &value, why) || !read_match(mem, json, "unless", &out->unless, why) ||
	    !sp_http_parts_load(mem, json, &out->parts, why) || !read_path(mem, json, "items", "", &out->items, why) ||
	    !read_path(mem, json, "take", "", &out->take, why) || !read_texts(mem, json, out, why) ||
	    !sp_spec_text(mem, json, "missing", &out->missing, why))
		return false;
	if (out->as == NULL || !is_variable(out->as)) {
		*why = "as: has to be a name of letters, digits and \"_\"";
		return false;
	}
	out->has_value = value != NULL;
	if (out->unless != NULL && !out->has_value) {
		*why = "unless: needs a value";
		return false;
	}
	return value == NULL || sp_pattern_parse(mem, sp_str(value), &out->value, why) || sp_spec_at(mem, "value", why);
}

static bool
read_resolves(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct sp_http_resolve *resolve;
	struct json_object *list;

	if (!sp_spec_array(mem, json, "resolve", &list, why))
		return false;
	if (list == NULL)
		return true;
	s->resolve_count = json_object_array_length(list);
	s->resolve = resolve = sp_alloc_array(mem, s->resolve_count, sizeof(*resolve));
	for (size_t i = 0; i < s->resolve_count; i++)
		if (!read_resolve(mem, json_object_array_get_idx(list, i), &resolve[i], why))
			return at(mem, "resolve", i, why);
	return true;
}

static bool
read_read(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct sp_http_read *r = sp_alloc(mem, sizeof(*r));
	struct json_object *read;

	if (!sp_spec_object(mem, json, "read", &read, why))
		return false;
	if (read == NULL)
		return true;
	s->read = r;
	return (sp_spec_only(mem, read, READ_MEMBERS, why) && sp_http_parts_load(mem, read, &r->parts, why) &&
	    read_path(mem, read, "select", "", &r->select, why) && sp_spec_bool(mem, read, "overlay", &r->overlay, why)) ||
	    sp_spec_at(mem, "read", why);
}

/* ---- cases ---- */

static bool
read_statuses(struct sp_arena *mem, struct json_object *json, const char *name, int64_t **out, size_t *count, const char **why)
{
	struct json_object *value = sp_json_get(json, name);
	bool is_list = json_object_is_type(value, json_type_array);

	if (value == NULL)
		return true;
	*count = is_list ? json_object_array_length(value) : 1;
	*out = sp_alloc_array(mem, *count, sizeof(**out));
	for (size_t i = 0; i < *count; i++) {
		struct json_object *one = is_list ? json_object_array_get_idx(value, i) : value;

		(*out)[i] = json_object_get_int64(one);
		if (!json_object_is_type(one, json_type_int) || (*out)[i] < 200 || (*out)[i] > 599) {
			*why = sp_printf(mem, "%s: has to be a status, or a list of them", name);
			return false;
		}
	}
	return true;
}

static bool
read_where(struct sp_arena *mem, struct json_object *json, struct sp_http_case *out, const char **why)
{
	struct json_object *where;
	size_t count;

	if (!sp_spec_object(mem, json, "where", &where, why))
		return false;
	if (where == NULL)
		return true;
	count = (size_t)json_object_object_length(where);
	out->where = sp_alloc_array(mem, count, sizeof(*out->where));
	out->text = sp_alloc_array(mem, count, sizeof(*out->text));
	json_object_object_foreach(where, path, value) {
		struct sp_str text;

		if (!sp_path_parse(mem, sp_str(path), &out->where[out->where_count], why) || !sp_value_text(mem, value, &text)) {
			*why = sp_printf(mem, "where.%s: has to be a path, and a text, a number or a boolean", path);
			return false;
		}
		out->text[out->where_count++] = sp_str_dup(mem, text);
	}
	return true;
}

static bool
read_case(struct sp_arena *mem, struct json_object *json, struct sp_http_case *out, const char **why)
{
	struct json_object *result = sp_json_get(json, "result");

	*why = "has to be an object with a result";
	if (!json_object_is_type(json, json_type_object) || result == NULL)
		return false;
	if (!sp_spec_only(mem, json, CASE_MEMBERS, why) || !read_statuses(mem, json, "status", &out->status, &out->status_count, why) ||
	    !read_where(mem, json, out, why) || !sp_spec_bool(mem, json, "error", &out->is_error, why))
		return false;
	return sp_json_pattern_parse(mem, result, &out->result, why) || sp_spec_at(mem, "result", why);
}

static bool
read_cases(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct sp_http_case *cases;
	struct json_object *list;

	if (!sp_spec_array(mem, json, "cases", &list, why))
		return false;
	if (list == NULL)
		return true;
	s->case_count = json_object_array_length(list);
	s->cases = cases = sp_alloc_array(mem, s->case_count, sizeof(*cases));
	for (size_t i = 0; i < s->case_count; i++)
		if (!read_case(mem, json_object_array_get_idx(list, i), &cases[i], why))
			return at(mem, "cases", i, why);
	return true;
}

/* ---- names ---- */

/* Members whose texts have no blanks, or braces of another kind. */
static bool
has_blanks(const char *name)
{
	static const char *const without[] = { "source", "url", "method", "content_type", "response", "success", "pattern", "error", "unless",
		"items", "take", "missing", "select", "where", "as" };

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (strcmp(without[i], name) == 0)
			return false;
	return true;
}

static void
add_names(struct sp_arena *mem, const struct sp_pattern *p, struct sp_http_spec *s)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->part[i].choice_count; k++) {
			if (p->part[i].choice[k].name == NULL)
				continue;
			s->used = sp_arena_grow(mem, s->used, s->used_count * sizeof(*s->used), (s->used_count + 1) * sizeof(*s->used));
			s->used[s->used_count++] = p->part[i].choice[k].name;
		}
}

/* All that blanks name; what is no pattern has been refused where it stands. */
static void
collect(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s)
{
	struct sp_pattern p;
	const char *why;

	if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach(json, name, value)
			if (has_blanks(name))
				collect(mem, value, s);
	} else if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			collect(mem, json_object_array_get_idx(json, i), s);
	} else if (json_object_is_type(json, json_type_string) && sp_pattern_parse(mem, sp_json_text(json), &p, &why))
		add_names(mem, &p, s);
}

/* ---- all of it ---- */

static bool
read_source(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct json_object *source = sp_json_get(json, "source"), *url = sp_json_get(json, "url");

	if ((source == NULL) == (url == NULL)) {
		*why = "source: there has to be a source, or a url";
		return false;
	}
	if (url != NULL) {
		source = sp_json_new(mem);
		if (json_object_object_add(source, "url", json_object_get(url)) != 0)
			sp_out_of_memory();
	} else if (json_object_is_type(source, json_type_string)) {
		*why = sp_printf(mem, "source: there is no source \"%.*s\"", SP_FMT(sp_json_text(source)));
		return false;
	}
	return sp_http_source_load(mem, source, &s->source, why) || sp_spec_at(mem, "source", why);
}

/* {function: schema.name} */
static bool
read_function(struct sp_arena *mem, struct json_object *json, const char *name, const char **out, const char **why)
{
	struct json_object *member;
	const char *function = NULL;

	if (!sp_spec_object(mem, json, name, &member, why))
		return false;
	if (member == NULL)
		return true;
	if (!sp_spec_only(mem, member, "function", why) || !sp_spec_text(mem, member, "function", &function, why))
		return sp_spec_at(mem, name, why);
	*why = "needs a function";
	return (function != NULL && sp_sql_function_name(mem, function, out, why)) || sp_spec_at(mem, name, why);
}

/* All of one request but its source. */
static bool
read_request(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct json_object *response;
	int64_t *success = NULL;

	if (!sp_spec_object(mem, json, "response", &response, why) || !read_lets(mem, json, s, why) ||
	    !read_resolves(mem, json, s, why) || !read_read(mem, json, s, why) || !sp_http_parts_load(mem, json, &s->parts, why) ||
	    !read_statuses(mem, json, "success", &success, &s->success_count, why) || !read_cases(mem, json, s, why) ||
	    !read_function(mem, json, "answer", &s->answer, why) ||
	    !sp_spec_integer(mem, json, "retries", 0, 10, &s->retries, why))
		return false;
	s->success = success;
	if (!sp_answer_shape_load(mem, response, &s->shape, why))
		return sp_spec_at(mem, "response", why);
	s->has_shape = response != NULL;
	s->used = sp_alloc(mem, 0);
	collect(mem, json, s);
	return true;
}

static bool
read_named(struct sp_arena *mem, struct json_object *json, const struct sp_http_spec *whole, const struct sp_http_spec **out,
    const char **why)
{
	struct sp_http_spec *s = sp_alloc(mem, sizeof(*s));

	*why = "has to be an object";
	if (!json_object_is_type(json, json_type_object) || !sp_spec_only(mem, json, REQUEST_MEMBERS, why))
		return false;
	s->source = whole->source;
	s->retries = whole->retries;
	s->has_with = true;
	*out = s;
	return read_request(mem, json, s, why);
}

static bool
read_several(struct sp_arena *mem, struct json_object *json, struct sp_http_spec *s, const char **why)
{
	struct sp_http_named *named;
	struct json_object *requests;

	if (!sp_spec_only(mem, json, SEVERAL_MEMBERS, why) || !sp_spec_integer(mem, json, "retries", 0, 10, &s->retries, why) ||
	    !sp_spec_object(mem, json, "requests", &requests, why) || !sp_spec_text(mem, json, "choose", &s->choose, why) ||
	    !read_function(mem, json, "begin", &s->begin, why))
		return false;
	*why = "requests: need either choose, an argument that names one, or begin, a function that does";
	if ((s->choose == NULL) == (s->begin == NULL) || json_object_object_length(requests) == 0)
		return false;
	s->requests = named = sp_alloc_array(mem, (size_t)json_object_object_length(requests), sizeof(*named));
	json_object_object_foreach(requests, name, value) {
		named[s->request_count].name = sp_strdup(mem, name);
		if (!read_named(mem, value, s, &named[s->request_count++].spec, why)) {
			*why = sp_printf(mem, "requests.%s: %s", name, *why);
			return false;
		}
	}
	return true;
}

bool
sp_http_spec_load(struct sp_arena *mem, struct json_object *json, const struct sp_http_spec **out, const char **why)
{
	struct sp_http_spec *s = sp_alloc(mem, sizeof(*s));
	bool several = sp_json_get(json, "requests") != NULL;

	if ((!several && !sp_spec_only(mem, json, MEMBERS, why)) || !read_source(mem, json, s, why))
		return false;
	s->retries = s->source->retries;
	*out = s;
	return several ? read_several(mem, json, s, why) : read_request(mem, json, s, why);
}

/* ---- with the rest of the tool ---- */

static bool
is_property(struct json_object *properties, const char *name)
{
	return json_object_is_type(properties, json_type_object) && json_object_object_get_ex(properties, name, NULL);
}

static bool
has_variable(const struct sp_http_spec *s, const char *name)
{
	bool found = (s->read != NULL && strcmp(name, "read") == 0) || (s->case_count > 0 && strcmp(name, "answer") == 0) ||
	    (s->has_with && strcmp(name, "with") == 0);

	for (size_t i = 0; i < s->let_count; i++)
		found = found || strcmp(s->let[i].name, name) == 0;
	for (size_t i = 0; i < s->resolve_count; i++)
		found = found || strcmp(s->resolve[i].as, name) == 0;
	return found;
}

/* Not when the schema takes arguments that it does not name. */
static bool
knows_all(struct sp_arena *mem, const struct sp_http_spec *s, struct json_object *input, struct json_object *options,
    const char **why)
{
	struct json_object *others;

	if (!json_object_object_get_ex(input, "additionalProperties", &others) || !json_object_is_type(others, json_type_boolean) ||
	    json_object_get_boolean(others))
		return true;
	for (size_t i = 0; i < s->used_count; i++)
		if (!is_property(sp_json_get(input, "properties"), s->used[i]) && !has_variable(s, s->used[i]) &&
		    !is_property(sp_json_get(options, "bind"), s->used[i])) {
			*why = sp_printf(mem, "{%s}: there is no such argument", s->used[i]);
			return false;
		}
	return true;
}

bool
sp_http_spec_fit(struct sp_arena *mem, const struct sp_http_spec *spec, struct json_object *input,
    struct json_object *options, const struct sp_http_spec **out, const char **why)
{
	struct json_object *properties = sp_json_get(input, "properties");
	struct sp_http_spec *s = sp_alloc(mem, sizeof(*s));

	if (!knows_all(mem, spec, input, options, why))
		return false;
	for (size_t i = 0; i < spec->request_count; i++)
		if (!knows_all(mem, spec->requests[i].spec, input, options, why)) {
			*why = sp_printf(mem, "requests.%s: %s", spec->requests[i].name, *why);
			return false;
		}
	if (spec->choose != NULL && !is_property(properties, spec->choose)) {
		*why = sp_printf(mem, "choose: there is no argument %s", spec->choose);
		return false;
	}
	*s = *spec;
	*out = s;
	sp_defaults_read(mem, input, &s->defaults);
	return true;
}
