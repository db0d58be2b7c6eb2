/* confirm.c - a person agrees before a tool acts */
#include "tools/confirm.h"

#include "base/encode.h"
#include "base/secret.h"
#include "tools/options.h"

#define ARGUMENT	"confirm"
#define KEY		"sallyport.confirm"	/* of the question; a tool's own have other names */
#define ASKED		"asked"			/* members of the state: the digest ... */
#define CONFIRMED	"confirmed"
#define STATE		"state"			/* ... and what the tool keeps */

#define SHOWN_MAX	((size_t)4096)		/* bytes of a question: a person reads it */
#define VALUE_MAX	200			/* of one argument in it */

static void
set(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		sp_out_of_memory();
}

static void
set_text(struct json_object *object, const char *name, const char *text)
{
	sp_json_set_str(object, name, sp_str(text));
}

/* ---- the argument ---- */

void
sp_confirm_add_argument(struct sp_arena *mem, struct json_object *schema, bool *there)
{
	struct json_object *properties = sp_json_get(schema, "properties"), *own;

	*there = properties != NULL && json_object_object_get_ex(properties, ARGUMENT, NULL);
	if (*there)
		return;
	if (properties == NULL) {
		properties = sp_json_new(mem);
		set(schema, "properties", json_object_get(properties));
	}
	own = sp_json_new(mem);
	set_text(own, "type", "boolean");
	set_text(own, "description", "true once the user has agreed to this call");
	set(properties, ARGUMENT, json_object_get(own));
}

static bool
is_yes(struct json_object *value)
{
	static const char *const words[] = { "1", "true", "yes", "y" };

	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value);
	if (json_object_is_type(value, json_type_int))
		return json_object_get_int64(value) == 1;
	for (size_t i = 0; json_object_is_type(value, json_type_string) && i < sizeof(words) / sizeof(words[0]); i++)
		if (sp_str_caseis(sp_json_text(value), words[i]))
			return true;
	return false;
}

/* The same members; the values are shared. */
static struct json_object *
copy(struct sp_arena *mem, struct json_object *object)
{
	struct json_object *made = sp_json_new(mem);

	json_object_object_foreach(object, name, value)
		set(made, name, json_object_get(value));
	return made;
}

static struct json_object *
with_argument(const struct sp_tool_call *call, struct json_object *arguments, bool yes)
{
	struct json_object *made = copy(call->req->mem, arguments);

	if (call->tool->takes_confirm)
		set(made, ARGUMENT, json_object_new_boolean(yes));
	return made;
}

struct json_object *
sp_confirm_begin(const struct sp_tool_call *call, struct json_object *arguments, struct sp_confirm *out)
{
	struct sp_arena *mem = call->req->mem;
	uint8_t sha256[SP_SHA256_LEN];
	struct json_object *given, *rest;
	bool is_given = json_object_object_get_ex(arguments, ARGUMENT, &given);

	rest = copy(mem, arguments);
	json_object_object_del(rest, ARGUMENT);
	sp_sha256(sp_str(sp_printf(mem, "%s\n%s\n%.*s", call->tool->server, call->tool->name,
	    SP_FMT(sp_json_canonical(mem, rest)))), sha256);
	*out = (struct sp_confirm){ .said = is_given && is_yes(given),
		.digest = sp_hex_encode(mem, sha256, sizeof(sha256)).p };
	return is_given ? with_argument(call, rest, out->said) : arguments;
}

/* ---- the question ---- */

static void
add_argument(struct sp_buf *b, const struct sp_tool_call *call, const char *name, struct json_object *value)
{
	struct sp_str text = sp_json_canonical(call->req->mem, value), shown = sp_utf8_cut(text, VALUE_MAX);

	if (sp_names_have(&call->tool->options->sensitive, name))
		sp_buf_printf(b, "\n%s: (not shown)", name);
	else
		sp_buf_printf(b, "\n%s: %.*s%s", name, SP_FMT(shown), shown.len < text.len ? "..." : "");
}

/* What a person reads: the question, and what the call says. */
static const char *
question(const struct sp_tool_call *call, struct json_object *arguments)
{
	const char *asked = call->tool->options->confirm;
	struct sp_arena *mem = call->req->mem;
	struct sp_buf b;

	if (*asked == '\0')
		asked = sp_printf(mem, "May the tool \"%s\" run?", call->tool->name);
	sp_buf_init(&b, mem, SHOWN_MAX);
	sp_buf_cstr(&b, asked);
	json_object_object_foreach(arguments, name, value)
		if (strcmp(name, ARGUMENT) != 0)
			add_argument(&b, call, name, value);
	return sp_buf_ok(&b) ? sp_buf_view(&b).p :
	    sp_printf(mem, "%s\n(its arguments are too long to be shown)", asked);
}

/* elicitation/create with one boolean. */
static struct json_object *
request(const struct sp_tool_call *call, struct json_object *arguments)
{
	struct sp_arena *mem = call->req->mem;
	struct json_object *all = sp_json_new(mem), *made = sp_json_new(mem), *params = sp_json_new(mem);
	struct json_object *schema = sp_json_new(mem), *properties = sp_json_new(mem), *yes = sp_json_new(mem);
	struct json_object *required = json_object_new_array();

	if (required == NULL || json_object_array_add(required, json_object_new_string(ARGUMENT)) != 0)
		sp_out_of_memory();
	set_text(yes, "type", "boolean");
	set_text(yes, "title", sp_printf(mem, "Run %s", call->tool->name));
	set(properties, ARGUMENT, json_object_get(yes));
	set_text(schema, "type", "object");
	set(schema, "properties", json_object_get(properties));
	set(schema, "required", required);
	set_text(params, "message", question(call, arguments));
	set(params, "requestedSchema", json_object_get(schema));
	set_text(made, "method", "elicitation/create");
	set(made, "params", json_object_get(params));
	set(all, KEY, json_object_get(made));
	return all;
}

static enum sp_confirm_outcome
needed(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, SHOWN_MAX * 8);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kbool(&w, "confirmation_required", true);
	sp_jw_kcstr(&w, "message", sp_printf(call->req->mem, "%s\nAsk the user. Then call the tool again with the same arguments "
	    "and \"" ARGUMENT "\": true.", question(call, arguments)));
	sp_jw_object_end(&w);
	/* which does not fit an output schema; an error needs not */
	*out = (struct sp_tool_result){ .told = SP_TOLD_UNCONFIRMED, .json = sp_buf_view(&b),
		.is_error = call->tool->has_output };
	return SP_CONFIRM_NEEDED;
}

/* ---- the answer ---- */

static bool
accepted(struct json_object *response)
{
	struct json_object *content = sp_json_get(response, "content");

	return sp_str_is(sp_json_get_str(response, "action"), "accept") && is_yes(sp_json_get(content, ARGUMENT));
}

enum sp_confirm_outcome
sp_confirm(const struct sp_tool_call *call, const struct sp_confirm *confirm, struct json_object **arguments,
    struct sp_exchange *exchange, struct sp_tool_result *out)
{
	struct json_object *state, *response;
	struct sp_tool_error cannot;

	*exchange = call->exchange != NULL ? *call->exchange : (struct sp_exchange){ 0 };
	state = exchange->state;
	*out = (struct sp_tool_result){ .questions = { .requests = request(call, *arguments), .once = true } };
	if (!sp_questions_fit(call->req->mem, exchange, &out->questions, &cannot))
		return confirm->said ? SP_CONFIRM_GIVEN : needed(call, *arguments, out);
	if (sp_str_is(sp_json_get_str(state, CONFIRMED), confirm->digest)) {
		exchange->state = sp_json_get(state, STATE);
		*arguments = with_argument(call, *arguments, true);
		return SP_CONFIRM_GIVEN;
	}
	response = sp_json_get(exchange->responses, KEY);
	if (response == NULL || !sp_str_is(sp_json_get_str(state, ASKED), confirm->digest)) {
		out->questions.state = sp_json_new(call->req->mem);
		set_text(out->questions.state, ASKED, confirm->digest);
		return SP_CONFIRM_ASKED;
	}
	if (!accepted(response)) {
		*out = (struct sp_tool_result){ .is_error = true,
			.text = SP_LIT("the user did not agree to this call, and nothing was done") };
		return SP_CONFIRM_DECLINED;
	}
	exchange->state = NULL;
	*arguments = with_argument(call, *arguments, true);
	return SP_CONFIRM_GIVEN;
}

void
sp_confirm_wrap(const struct sp_tool_call *call, const struct sp_confirm *confirm, struct sp_questions *questions)
{
	struct json_object *state = sp_json_new(call->req->mem);

	set_text(state, CONFIRMED, confirm->digest);
	if (questions->state != NULL)
		set(state, STATE, json_object_get(questions->state));
	questions->state = state;
}
