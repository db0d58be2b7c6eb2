/* exchange.c - what passes between a call and its caller before the result */
#include "tools/exchange.h"

static const char *const levels[] = {
	"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"
};

const char *
sp_logging_level_name(enum sp_logging_level level)
{
	return levels[level];
}

bool
sp_logging_level_find(struct sp_str name, enum sp_logging_level *out)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (sp_str_is(name, levels[i])) {
			*out = (enum sp_logging_level)i;
			return true;
		}
	return false;
}

/* ---- capabilities ---- */

/* A client capability, and what of it is needed ("" for the whole). */
struct need {
	const char *capability, *part;
};

/* null is no capability, save where it was written as one: nobody does. */
static bool
has(struct json_object *capabilities, struct need need)
{
	struct json_object *capability = sp_json_get(capabilities, need.capability);

	if (!json_object_is_type(capability, json_type_object))
		return false;
	if (*need.part == '\0' || sp_json_get(capability, need.part) != NULL)
		return true;
	/* "an empty capabilities object is equivalent to declaring support for form mode only" */
	return strcmp(need.part, "form") == 0 && sp_json_get(capability, "url") == NULL;
}

/* {"elicitation": {"url": {}}} and what is in it already. */
static void
require(struct sp_arena *mem, struct json_object *required, struct need need)
{
	struct json_object *capability = sp_json_get(required, need.capability);

	if (capability == NULL) {
		capability = sp_json_new(mem);
		json_object_object_add(required, need.capability, json_object_get(capability));
	}
	if (*need.part != '\0')
		json_object_object_add(capability, need.part, json_object_new_object());
}

/* What one request needs; the number of needs. */
static size_t
needs_of(struct json_object *request, struct need out[static 2])
{
	struct sp_str method = sp_json_get_str(request, "method");
	struct json_object *params = sp_json_get(request, "params");

	if (sp_str_is(method, "elicitation/create")) {
		out[0] = (struct need){ "elicitation", sp_str_is(sp_json_get_str(params, "mode"), "url") ? "url" : "form" };
		return 1;
	}
	if (sp_str_is(method, "roots/list")) {
		out[0] = (struct need){ "roots", "" };
		return 1;
	}
	out[0] = (struct need){ "sampling", "" };
	if (sp_json_get(params, "tools") == NULL && sp_json_get(params, "toolChoice") == NULL)
		return 1;
	out[1] = (struct need){ "sampling", "tools" };
	return 2;
}

bool
sp_questions_fit(struct sp_arena *mem, const struct sp_exchange *exchange,
    const struct sp_questions *questions, struct sp_tool_error *error)
{
	struct json_object *required = sp_json_new(mem), *data;
	struct need needs[2];

	if (exchange == NULL || exchange->capabilities == NULL) {
		*error = (struct sp_tool_error){ -32603, SP_LIT("nobody can be asked in this request"), NULL };
		return false;
	}
	json_object_object_foreach(questions->requests, key, request) {
		(void)key;
		for (size_t i = 0, n = needs_of(request, needs); i < n; i++)
			if (!has(exchange->capabilities, needs[i]))
				require(mem, required, needs[i]);
	}
	if (json_object_object_length(required) == 0)
		return true;
	data = sp_json_new(mem);
	json_object_object_add(data, "requiredCapabilities", json_object_get(required));
	*error = (struct sp_tool_error){ SP_MISSING_CLIENT_CAPABILITY,
	    SP_LIT("the client lacks a capability that this call needs"), data };
	return false;
}
