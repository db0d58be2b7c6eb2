/* openapi_rules.c - which operations become tools, and how */
#include "tools/document_kind.h"
#include "tools/openapi_private.h"

#define SIZE_LIMIT 1048576		/* of one schema; beyond it no client takes the list */

static bool
wrong(struct sp_arena *mem, const char **why, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool
wrong(struct sp_arena *mem, const char **why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*why = sp_vprintf(mem, fmt, ap);
	va_end(ap);
	return false;
}

static bool
is_among(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(name, *names) != 0)
		names++;
	return *names != NULL;
}

static bool
is_pattern(struct json_object *json)
{
	return json_object_is_type(json, json_type_string) && json_object_get_string_len(json) <= 1000;
}

/* One rule: an object of patterns, or of arrays of them. */
static bool
check_rule(struct sp_arena *mem, const char *list, size_t at, struct json_object *rule, const char **why)
{
	static const char *const members[] = { "tag", "path", "method", "operationId", NULL };

	if (!json_object_is_type(rule, json_type_object) || json_object_object_length(rule) == 0)
		return wrong(mem, why, "%s[%zu]: a rule is an object of tag, path, method, operationId", list, at);
	json_object_object_foreach(rule, name, value) {
		bool ok = is_pattern(value);

		if (!is_among(name, members))
			return wrong(mem, why, "%s[%zu].%.64s: not a member of a rule, which has tag, path, method, operationId",
			    list, at, name);
		if (json_object_is_type(value, json_type_array)) {
			ok = json_object_array_length(value) > 0;
			for (size_t i = 0; i < json_object_array_length(value); i++)
				ok = ok && is_pattern(json_object_array_get_idx(value, i));
		}
		if (!ok)
			return wrong(mem, why, "%s[%zu].%s: must be a pattern or an array of patterns", list, at, name);
	}
	return true;
}

static bool
check_rules(struct sp_arena *mem, const char *list, struct json_object *rules, const char **why)
{
	for (size_t i = 0; rules != NULL && i < json_object_array_length(rules); i++)
		if (!check_rule(mem, list, i, json_object_array_get_idx(rules, i), why))
			return false;
	return true;
}

/* What a tool document has from its operation and nobody else. */
static const char *const made[] = { "kind", "name", "server", "group", "parameters", "input", "bind", "output", "http",
    "statement", "executable", NULL };

static bool
check_members(struct sp_arena *mem, const char *path, struct json_object *members, const char **why)
{
	if (!json_object_is_type(members, json_type_object))
		return wrong(mem, why, "%s: must be an object", path);
	json_object_object_foreach(members, name, value) {
		(void)value;
		if (is_among(name, made))
			return wrong(mem, why, "%s.%s: comes from the operation", path, name);
	}
	return true;
}

static bool
check_names(struct sp_arena *mem, struct json_object *names, const char **why)
{
	json_object_object_foreach(names, id, name) {
		struct sp_str text = json_object_is_type(name, json_type_string) ? sp_json_text(name) : SP_LIT("");

		if (text.len == 0 || text.len > 64 || !sp_str_eq(sp_str(sp_openapi_fit(mem, text)), text))
			return wrong(mem, why, "names.%.200s: a name is 1 to 64 of A-Z a-z 0-9 _ -", id);
	}
	return true;
}

static bool
check_overrides(struct sp_arena *mem, struct json_object *overrides, const char **why)
{
	json_object_object_foreach(overrides, of, members)
		if (!check_members(mem, sp_printf(mem, "overrides.%.200s", of), members, why))
			return false;
	return true;
}

/* {"owner": {"from": "claim.sub"}}: what it may be is the tool document's to say. */
static bool
check_bind(struct sp_arena *mem, struct json_object *bind, const char **why)
{
	json_object_object_foreach(bind, name, value)
		if (!json_object_is_type(value, json_type_object))
			return wrong(mem, why, "bind.%.200s: must be an object", name);
	return true;
}

static bool
check_tables(struct sp_arena *mem, const struct sp_openapi_rules *rules, const char **why)
{
	return (rules->names == NULL || check_names(mem, rules->names, why)) &&
	    (rules->overrides == NULL || check_overrides(mem, rules->overrides, why)) &&
	    (rules->bind == NULL || check_bind(mem, rules->bind, why)) &&
	    (rules->defaults == NULL || check_members(mem, "defaults", rules->defaults, why));
}

/* A number of bytes, or "32KiB"; absent: as it is. */
static bool
read_size(struct sp_arena *mem, struct json_object *json, const char *name, int64_t *bytes, const char **why)
{
	struct json_object *value = sp_json_get(json, name);
	int64_t size = *bytes;

	if (json_object_is_type(value, json_type_int))
		size = json_object_get_int64(value);
	else if (value != NULL && (!json_object_is_type(value, json_type_string) ||
	    !sp_document_size(sp_json_text(value), &size)))
		size = 0;
	if (size < 256 || size > SIZE_LIMIT)
		return wrong(mem, why, "%s: must be 256 to %d bytes", name, SIZE_LIMIT);
	*bytes = size;
	return true;
}

bool
sp_openapi_rules_read(struct sp_arena *mem, struct json_object *json, struct sp_openapi_rules *out, const char **why)
{
#define FIELD(name_, type_, member, ...) \
	{ .name = name_, .type = type_, .offset = offsetof(struct sp_openapi_rules, member), __VA_ARGS__ }
	static const struct sp_json_field fields[] = {
		FIELD("name", SP_JSON_STRING, name, .required = true, .max = 64),
		FIELD("server", SP_JSON_STRING, server, .max = 64),
		FIELD("group", SP_JSON_STRING, group, .max = 64),
		FIELD("source", SP_JSON_STRING, source, .max = 2000),
		FIELD("prefix", SP_JSON_STRING, prefix, .max = 32),
		FIELD("scope_prefix", SP_JSON_STRING, scope_prefix, .max = 64),
		FIELD("include", SP_JSON_ARRAY, include, .max = 1000),
		FIELD("exclude", SP_JSON_ARRAY, exclude, .max = 1000),
		FIELD("names", SP_JSON_OBJECT, names),
		FIELD("bind", SP_JSON_OBJECT, bind),
		FIELD("defaults", SP_JSON_OBJECT, defaults),
		FIELD("overrides", SP_JSON_OBJECT, overrides),
		FIELD("read_only", SP_JSON_BOOL, read_only),
		FIELD("deprecated", SP_JSON_BOOL, deprecated),
		FIELD("output", SP_JSON_BOOL, output),
		FIELD("security_scopes", SP_JSON_BOOL, security_scopes),
		{ 0 }
	};
#undef FIELD
	struct sp_openapi_rules rules = { .output = true, .security_scopes = true,
	    .max_input = 32768, .max_output = 16384, .max_description = 1024 };

	if (!sp_json_read(mem, json, fields, &rules, why))
		return false;
	if (!read_size(mem, json, "max_input", &rules.max_input, why) || !read_size(mem, json, "max_output", &rules.max_output, why) ||
	    !read_size(mem, json, "max_description", &rules.max_description, why))
		return false;
	if (rules.prefix.len > 0 && !sp_str_eq(sp_str(sp_openapi_fit(mem, rules.prefix)), rules.prefix))
		return wrong(mem, why, "prefix: may have A-Z a-z 0-9 _ -");
	if (!sp_openapi_is_scope(rules.scope_prefix) && rules.scope_prefix.len > 0)
		return wrong(mem, why, "scope_prefix: may have what a scope has");
	if (!check_rules(mem, "include", rules.include, why) || !check_rules(mem, "exclude", rules.exclude, why) ||
	    !check_tables(mem, &rules, why))
		return false;
	*out = rules;
	return true;
}

/*
 * No recursion, so that no pattern is slow: after a mismatch the last star takes
 * one character more.  A "*" that has met a "/" gives way to the "**" before it.
 */
bool
sp_openapi_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *star_text = NULL, *stars = NULL, *stars_text = NULL;

	for (;;) {
		if (pattern[0] == '*' && pattern[1] == '*') {
			pattern += 2;
			stars = pattern;
			stars_text = text;
			star = NULL;
		} else if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
		} else if (*pattern == *text) {
			if (*text == '\0')
				return true;
			pattern++;
			text++;
		} else if (star != NULL && *star_text != '\0' && *star_text != '/') {
			text = ++star_text;
			pattern = star;
		} else if (stars != NULL && *stars_text != '\0') {
			text = ++stars_text;
			pattern = stars;
			star = NULL;
		} else {
			return false;
		}
	}
}

/* One pattern, or one of several. */
static bool
is_one_of(struct json_object *patterns, const char *text, bool any_case)
{
	if (json_object_is_type(patterns, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(patterns); i++)
			if (is_one_of(json_object_array_get_idx(patterns, i), text, any_case))
				return true;
		return false;
	}
	return any_case ? sp_str_caseis(sp_json_text(patterns), text) :
	    sp_openapi_matches(json_object_get_string(patterns), text);
}

static bool
has_tag(struct json_object *patterns, struct json_object *tags)
{
	for (size_t i = 0; json_object_is_type(tags, json_type_array) && i < json_object_array_length(tags); i++) {
		struct json_object *tag = json_object_array_get_idx(tags, i);

		if (json_object_is_type(tag, json_type_string) && is_one_of(patterns, json_object_get_string(tag), false))
			return true;
	}
	return false;
}

/* All members of the rule say yes. */
static bool
rule_matches(struct json_object *rule, const struct sp_openapi_operation *op)
{
	json_object_object_foreach(rule, name, patterns) {
		bool yes;

		if (strcmp(name, "tag") == 0)
			yes = has_tag(patterns, sp_json_get(op->json, "tags"));
		else if (strcmp(name, "path") == 0)
			yes = is_one_of(patterns, op->path, false);
		else if (strcmp(name, "method") == 0)
			yes = is_one_of(patterns, op->method, true);
		else
			yes = op->operation_id.p != NULL && is_one_of(patterns, op->operation_id.p, false);
		if (!yes)
			return false;
	}
	return true;
}

static bool
one_matches(struct json_object *rules, const struct sp_openapi_operation *op)
{
	for (size_t i = 0; rules != NULL && i < json_object_array_length(rules); i++)
		if (rule_matches(json_object_array_get_idx(rules, i), op))
			return true;
	return false;
}

bool
sp_openapi_rules_include(const struct sp_openapi_rules *rules, const struct sp_openapi_operation *op)
{
	return (rules->include == NULL || one_matches(rules->include, op)) && !one_matches(rules->exclude, op);
}

struct json_object *
sp_openapi_rules_for(struct json_object *table, const struct sp_openapi_operation *op)
{
	struct json_object *found = op->operation_id.p != NULL ? sp_json_get(table, op->operation_id.p) : NULL;

	return found != NULL ? found : sp_json_get(table, op->id);
}
