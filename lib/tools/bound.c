/* bound.c - arguments that a caller neither sends nor sees */
#include "tools/bound.h"

#include "tools/embedding.h"
#include "tools/options.h"

const char *
sp_bound_sent(const struct sp_tool *tool, struct json_object *arguments)
{
	for (size_t i = 0; i < tool->options->bound_count; i++)
		if (json_object_object_get_ex(arguments, tool->options->bound[i].name, NULL))
			return tool->options->bound[i].name;
	return NULL;
}

/* A member, or a member of a member; names may have dots in them, as those do that are URLs. */
static struct json_object *
find(struct sp_arena *mem, struct json_object *in, const char *path)
{
	struct json_object *found = sp_json_get(in, path);

	for (const char *dot = strchr(path, '.'); found == NULL && dot != NULL; dot = strchr(dot + 1, '.'))
		found = find(mem, sp_json_get(in, sp_cstr(mem, (struct sp_str){ path, (size_t)(dot - path) })), dot + 1);
	return found;
}

struct json_object *
sp_bound_put(const struct sp_tool_call *call, struct json_object *arguments, const char **missing)
{
	struct json_object *all, *claims = NULL, *value;
	struct sp_arena *mem = call->req->mem;
	const char *why;

	/* the claims are ours, or were verified: a text that is none leaves nothing to be found */
	(void)(call->caller->claims.p != NULL && sp_json_parse(mem, call->caller->claims, &claims, &why));
	all = sp_json_new(mem);
	json_object_object_foreach(arguments, name, sent)
		if (json_object_object_add(all, name, json_object_get(sent)) != 0)
			sp_out_of_memory();
	for (size_t i = 0; i < call->tool->options->bound_count; i++) {
		const struct sp_bound *b = &call->tool->options->bound[i];

		if (b->of != NULL)
			continue;
		if (b->claim != NULL) {
			value = find(mem, claims, b->claim);
		} else if (!sp_json_parse(mem, b->value, &value, &why)) {
			value = NULL;
		}
		if (b->claim != NULL && value == NULL) {
			*missing = b->claim;
			return NULL;
		}
		if (json_object_object_add(all, b->name, json_object_get(value)) != 0)
			sp_out_of_memory();
	}
	return all;
}

/* What the argument is; false: the call is over. */
static bool
embed(const struct sp_tool_call *call, const struct sp_bound *b, struct sp_str text, struct json_object **out,
    enum sp_tool_outcome *outcome)
{
	struct sp_arena *mem = call->req->mem;
	const char *why = NULL;
	struct sp_str json;

	switch (sp_embed_query(call, b->source, text, &json, &why)) {
	case SP_EMBEDDED:
		return sp_json_parse_large(mem, json, out, &why);
	case SP_EMBEDDED_NOT:
	case SP_EMBEDDED_REFUSED:
		*out = sp_json_new(mem);
		sp_json_set_str(*out, "error", sp_str(why));
		return true;
	case SP_EMBEDDED_STOPPED:
		*outcome = sp_tool_cancelled(call);
		return false;
	case SP_EMBEDDED_FAILED:
		break;
	}
	*outcome = SP_TOOL_FAILED;
	return false;
}

bool
sp_bound_embed(const struct sp_tool_call *call, struct json_object **arguments, enum sp_tool_outcome *outcome)
{
	const struct sp_tool_options *o = call->tool->options;

	for (size_t i = 0; o != NULL && i < o->bound_count; i++) {
		const struct sp_bound *b = &o->bound[i];
		struct sp_str text = sp_json_get_str(*arguments, b->of != NULL ? b->of : "");
		struct json_object *all, *value = NULL;

		if (b->of == NULL || b->source == NULL || text.len == 0)
			continue;
		if (!embed(call, b, text, &value, outcome))
			return false;
		all = sp_json_new(call->req->mem);
		json_object_object_foreach(*arguments, name, given)
			if (json_object_object_add(all, name, json_object_get(given)) != 0)
				sp_out_of_memory();
		if (json_object_object_add(all, b->name, json_object_get(value)) != 0)
			sp_out_of_memory();
		*arguments = all;
	}
	return true;
}
