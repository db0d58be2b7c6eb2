/* http_tool.c - tools of kind "http": a call of an HTTP service */
#include "tools/http_tool.h"

#include "base/clock.h"
#include "base/log.h"
#include "tools/http_content.h"
#include "tools/http_send.h"
#include "tools/http_spec.h"
#include "tools/sql_function.h"

/* Of one call: what goes on for longer is work for a job, and a function that never ends is stopped. */
#define REQUESTS_MAX	50

/* One call, from its first request to its result. */
struct run {
	const struct sp_tool_call *call;
	const struct sp_http_spec *whole;	/* the tool's */
	const struct sp_http_spec *spec;	/* of the request that is made; NULL: there is no other */
	const char *name;		/* of that, among several */
	struct sp_arena *mem;
	struct sp_given given;
	int64_t deadline_ms;
	struct sp_tool_result *out;
	const char *why;		/* for the audit row */
	enum sp_sent ended;		/* how it ended, when a step was false */
	enum sp_tool_outcome said;	/* by a function, when it is not SP_TOOL_DONE */
};

/* A step has failed in a way that the model is told of. */
static bool
tell(struct run *r, const char *text)
{
	*r->out = (struct sp_tool_result){ .is_error = true, .text = sp_str(text) };
	r->ended = SP_SENT_TROUBLE;
	return false;
}

static void
set_variable(struct run *r, const char *name, struct json_object *value)
{
	if (json_object_object_add(r->given.variables, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

/* ---- requests ---- */

static bool
send(struct run *r, const struct sp_http_parts *parts, struct json_object *overlay, struct sp_http_answer *answer)
{
	const struct sp_tool *tool = r->call->tool;
	struct sp_http_message m = { .field_count = 0 };
	struct sp_http_send s = { .call = r->call, .source = r->spec->source, .deadline_ms = r->deadline_ms,
		.repeatable = sp_http_parts_idempotent(parts) || tool->read_only || tool->repeatable, .retries = r->spec->retries };
	const char *why;

	if (!sp_http_parts_build(r->mem, parts, r->spec->source->url, &r->given, overlay, &m, &why)) {
		r->why = "the arguments make no request";
		return tell(r, why);
	}
	r->ended = sp_http_send(&s, &m, answer, r->out, &r->why);
	return r->ended == SP_SENT_ANSWER;
}

static void
note_status(struct run *r, const struct sp_http_answer *answer)
{
	r->why = sp_printf(r->mem, "status %d", answer->status);
	if (answer->status >= 500 || answer->status == 401)
		sp_log(SP_WARN, "a service answered with an error", SP_L("request", r->call->req->id),
		    SP_L("source", r->spec->source->name), SP_LI("status", answer->status));
}

/* What a service said, for the model: its status, and its message if it has one. */
static bool
tell_status(struct run *r, const struct sp_http_answer *answer, struct json_object *body)
{
	struct sp_str said = sp_answer_error(r->mem, r->spec->shape, body, answer);
	const char *name = r->spec->source->name, *what = "answered with status", *hint = "";

	if (answer->status == 401 || answer->status == 403)
		what = "did not let us do that: status";
	else if (answer->status == 429 || answer->status >= 500)
		hint = sp_retry_hint(r->mem, sp_http_retry_after(answer));
	note_status(r, answer);
	if (said.p != NULL)
		return tell(r, sp_printf(r->mem, "%s %s %d%s: %.*s", name, what, answer->status, hint, SP_FMT(said)));
	return tell(r, sp_printf(r->mem, "%s %s %d%s", name, what, answer->status, hint));
}

static bool
is_success(const struct sp_http_spec *spec, int status)
{
	for (size_t i = 0; i < spec->success_count; i++)
		if (spec->success[i] == status)
			return true;
	return spec->success_count == 0 && status >= 200 && status < 300;
}

/* An answer whose body could not be read: a good one is trouble, another one says what its status says. */
static bool
read_body(struct run *r, const struct sp_http_answer *answer, bool is_good, struct json_object **out)
{
	const char *why;

	if (sp_http_body(r->mem, r->spec, answer, out, &why))
		return true;
	if (!is_good)
		return tell_status(r, answer, NULL);
	r->why = "the answer cannot be read";
	sp_log(SP_WARN, "the answer of a service cannot be read", SP_L("request", r->call->req->id),
	    SP_L("source", r->spec->source->name), SP_L("why", why));
	return tell(r, sp_printf(r->mem, "%s: its answer cannot be read", r->spec->source->name));
}

/* A request before the main one, whose answer is JSON. */
static bool
ask(struct run *r, const struct sp_http_parts *parts, struct json_object **out)
{
	struct sp_http_answer answer;
	const char *why;
	bool is_good;

	if (!send(r, parts, NULL, &answer))
		return false;
	is_good = answer.status >= 200 && answer.status < 300;
	if (sp_answer_reading(r->spec->shape) == SP_ANSWER_XML) {
		if (!read_body(r, &answer, is_good, out))
			return false;
	} else if (!sp_json_parse(r->mem, answer.body, out, &why)) {
		*out = NULL;
		if (is_good) {
			r->why = "the answer cannot be read";
			return tell(r, sp_printf(r->mem, "%s: its answer cannot be read", r->spec->source->name));
		}
	}
	return is_good || tell_status(r, &answer, *out);
}

/* ---- before the main request ---- */

static bool
text_of(struct run *r, const struct sp_pattern *pattern, struct sp_str *out)
{
	const char *why;

	switch (sp_pattern_text(r->mem, pattern, &r->given, out, &why)) {
	case SP_FILLED:
		return true;
	case SP_FILLED_ABSENT:
		r->why = "the arguments make no request";
		return tell(r, sp_printf(r->mem, "%s: is needed", why));
	case SP_FILLED_WRONG:
		break;
	}
	r->why = "the arguments make no request";
	return tell(r, why);
}

/* Of an argument that is not there nothing is taken, and the variable is not there either. */
static bool
take_apart(struct run *r)
{
	for (size_t i = 0; i < r->spec->let_count; i++) {
		const struct sp_http_let *let = &r->spec->let[i];
		struct sp_str text, part;
		const char *why;

		switch (sp_pattern_text(r->mem, &let->from, &r->given, &text, &why)) {
		case SP_FILLED_ABSENT:
			continue;
		case SP_FILLED_WRONG:
			r->why = "the arguments make no request";
			return tell(r, why);
		case SP_FILLED:
			break;
		}
		if (!sp_text_match_find(let->match, text, &part)) {
			r->why = "the arguments make no request";
			return tell(r, let->error);
		}
		sp_json_set_str(r->given.variables, let->name, part);
	}
	return true;
}

static bool
fits(struct run *r, const struct sp_http_resolve *resolve, struct json_object *item, const struct sp_str *texts)
{
	struct json_object *member;
	struct sp_str text;

	for (size_t i = 0; i < resolve->match_count; i++)
		if (!json_object_is_type(item, json_type_object) || !json_object_object_get_ex(item, resolve->match_name[i], &member) ||
		    !sp_value_text(r->mem, member, &text) || !sp_str_eq(text, texts[i]))
			return false;
	return true;
}

static bool
find(struct run *r, const struct sp_http_resolve *resolve, struct json_object *body)
{
	struct sp_str *texts = sp_alloc_array(r->mem, resolve->match_count, sizeof(*texts));
	struct json_object *items, *value;

	for (size_t i = 0; i < resolve->match_count; i++)
		if (!text_of(r, &resolve->match_value[i], &texts[i]))
			return false;
	if (sp_path_follow(r->mem, resolve->items, body, &items) && json_object_is_type(items, json_type_array))
		for (size_t i = 0; i < json_object_array_length(items); i++) {
			struct json_object *item = json_object_array_get_idx(items, i);

			if (fits(r, resolve, item, texts) && sp_path_follow(r->mem, resolve->take, item, &value) && value != NULL) {
				set_variable(r, resolve->as, value);
				return true;
			}
		}
	r->why = "nothing was found";
	return tell(r, resolve->missing);
}

static bool
resolve(struct run *r)
{
	for (size_t i = 0; i < r->spec->resolve_count; i++) {
		const struct sp_http_resolve *one = &r->spec->resolve[i];
		struct json_object *body;
		struct sp_str text, part;
		const char *why;

		if (one->has_value) {
			/* what nobody asked for needs no look-up */
			if (sp_pattern_text(r->mem, &one->value, &r->given, &text, &why) == SP_FILLED_ABSENT)
				continue;
			if (!text_of(r, &one->value, &text))
				return false;
			if (one->unless != NULL && sp_text_match_find(one->unless, text, &part)) {
				sp_json_set_str(r->given.variables, one->as, text);
				continue;
			}
		}
		if (!ask(r, one->parts, &body) || !find(r, one, body))
			return false;
	}
	return true;
}

static bool
read_before(struct run *r, struct json_object **overlay)
{
	struct json_object *body, *value;

	*overlay = NULL;
	if (r->spec->read == NULL)
		return true;
	if (!ask(r, r->spec->read->parts, &body))
		return false;
	if (!sp_path_follow(r->mem, r->spec->read->select, body, &value) || value == NULL) {
		r->why = "the answer cannot be read";
		return tell(r, sp_printf(r->mem, "%s: its answer does not have what is to be changed", r->spec->source->name));
	}
	set_variable(r, "read", value);
	if (r->spec->read->overlay)
		*overlay = value;
	return true;
}

/* ---- the answer ---- */

static bool
is_case(struct run *r, const struct sp_http_case *c, const struct sp_http_answer *answer, struct json_object *body)
{
	bool found = c->status_count == 0;
	struct json_object *value;
	struct sp_str text;

	for (size_t i = 0; i < c->status_count; i++)
		found = found || c->status[i] == answer->status;
	for (size_t i = 0; found && i < c->where_count; i++)
		found = sp_path_follow(r->mem, c->where[i], body, &value) && sp_value_text(r->mem, value, &text) &&
		    sp_str_eq(text, c->text[i]);
	return found;
}

/* What the document's response makes of a good answer; NULL: nothing. */
static struct json_object *
shaped(struct run *r, const struct sp_http_answer *answer, struct json_object *body)
{
	struct json_object *out = NULL;
	struct sp_buf b;
	const char *why;

	sp_buf_init(&b, r->mem, SP_JSON_MAX_TREE);
	if (!r->spec->has_shape || body == NULL || !is_success(r->spec, answer->status) ||
	    !sp_answer_write(r->mem, r->spec->shape, body, answer, &b, &why) ||
	    !sp_json_parse_large(r->mem, sp_buf_view(&b), &out, &why))
		return NULL;
	return out;
}

/* {"status", "headers", "body", "shaped"} */
static struct json_object *
answer_object(struct run *r, const struct sp_http_answer *answer, struct json_object *body)
{
	struct json_object *object = sp_json_new(r->mem), *headers = sp_json_new(r->mem);
	struct json_object *form = shaped(r, answer, body);

	for (size_t i = 0; i < answer->field_count; i++) {
		char *name = sp_strdup(r->mem, answer->fields[i].name);

		for (char *c = name; *c != '\0'; c++)
			*c = (char)sp_lower((unsigned char)*c);
		if (sp_utf8_valid(answer->fields[i].value) && sp_utf8_valid(sp_str(name)))
			sp_json_set_str(headers, name, answer->fields[i].value);
	}
	if (json_object_object_add(object, "status", json_object_new_int(answer->status)) != 0 ||
	    json_object_object_add(object, "headers", json_object_get(headers)) != 0 ||
	    (body != NULL && json_object_object_add(object, "body", json_object_get(body)) != 0) ||
	    (form != NULL && json_object_object_add(object, "shaped", json_object_get(form)) != 0))
		sp_out_of_memory();
	return object;
}

/* True: one of the cases, and *r->out is its result. */
static bool
give_case(struct run *r, const struct sp_http_answer *answer, struct json_object *body)
{
	const char *why;
	struct sp_buf b;

	for (size_t i = 0; i < r->spec->case_count; i++) {
		const struct sp_http_case *c = &r->spec->cases[i];

		if (!is_case(r, c, answer, body))
			continue;
		set_variable(r, "answer", answer_object(r, answer, body));
		sp_buf_init(&b, r->mem, SP_JSON_MAX_TREE);
		if (sp_json_pattern_write(r->mem, c->result, &r->given, &b, &why) != SP_FILLED) {
			sp_buf_clear(&b);
			sp_buf_cstr(&b, "{}");
		}
		sp_http_json(r->call, sp_buf_view(&b), r->out);
		r->out->is_error = r->out->is_error || c->is_error;
		r->why = r->out->is_error ? sp_printf(r->mem, "status %d", answer->status) : NULL;
		return true;
	}
	return false;
}

/* There is a result. */
static bool
end(struct run *r)
{
	r->spec = NULL;
	return true;
}

/* ---- functions that say what is next ---- */

static bool
find_request(struct run *r, struct sp_str name)
{
	for (size_t i = 0; i < r->whole->request_count; i++)
		if (sp_str_is(name, r->whole->requests[i].name)) {
			r->spec = r->whole->requests[i].spec;
			r->name = r->whole->requests[i].name;
			return true;
		}
	return false;
}

/* {"request": name} or {"request": name, "with": object}, which no result of a tool with several requests looks like. */
static bool
is_next(struct run *r, struct json_object *said)
{
	struct json_object *with = sp_json_get(said, "with");

	return r->whole->request_count > 0 && sp_json_get_str(said, "request").p != NULL &&
	    (json_object_object_length(said) == 1 ||
	    (json_object_object_length(said) == 2 && json_object_is_type(with, json_type_object)));
}

/* What a function has said: another request, or the result. */
static bool
obey(struct run *r, struct json_object *said)
{
	struct json_object *with = sp_json_get(said, "with"), *ok = sp_json_get(said, "ok");

	if (!is_next(r, said)) {
		sp_http_json(r->call, sp_json_print(r->mem, said), r->out);
		r->out->is_error = r->out->is_error || (json_object_is_type(ok, json_type_boolean) && !json_object_get_boolean(ok));
		if (!r->out->is_error)
			r->why = NULL;
		return end(r);
	}
	set_variable(r, "with", with != NULL ? with : sp_json_new(r->mem));
	if (find_request(r, sp_json_get_str(said, "request")))
		return true;
	r->why = "its function names a request that is not there";
	sp_log(SP_ERROR, "a function names a request that is not there", SP_L("request", r->call->req->id),
	    SP_L("tool", r->call->tool->name));
	sp_tool_trouble(r->call, r->out);
	r->ended = SP_SENT_TROUBLE;
	return false;
}

/* The arguments as a function is given them, with those that are their defaults. */
static struct sp_str
all_arguments(struct run *r)
{
	struct json_object *all = sp_json_new(r->mem), *value;

	json_object_object_foreach(r->given.arguments, name, given)
		if (json_object_object_add(all, name, json_object_get(given)) != 0)
			sp_out_of_memory();
	for (size_t i = 0; i < r->whole->defaults.count; i++) {
		const char *preset = r->whole->defaults.name[i];

		if (!json_object_object_get_ex(all, preset, NULL) && json_object_object_get_ex(r->given.variables, preset, &value) &&
		    json_object_object_add(all, preset, json_object_get(value)) != 0)
			sp_out_of_memory();
	}
	return sp_json_print(r->mem, all);
}

static bool
ask_function(struct run *r, const char *function, struct sp_str answer)
{
	const char *why = NULL;
	struct json_object *said;

	r->said = sp_sql_function(r->call, function, all_arguments(r), answer, &said, r->out, &why);
	if (r->said != SP_TOOL_DONE)
		return false;
	if (!r->out->is_error)
		return obey(r, said);
	r->why = why;
	r->ended = SP_SENT_TROUBLE;
	return false;
}

/* {"request", "with", "status", "headers", "body", "shaped"}; a body that is no JSON is a text. */
static bool
ask_with_answer(struct run *r, const struct sp_http_answer *answer, struct json_object *body)
{
	struct json_object *object = answer_object(r, answer, body), *with;
	struct sp_str text = answer->body;

	if (!is_success(r->spec, answer->status))
		note_status(r, answer);
	if (r->name != NULL)
		sp_json_set_str(object, "request", sp_str(r->name));
	if (json_object_object_get_ex(r->given.variables, "with", &with) &&
	    json_object_object_add(object, "with", json_object_get(with)) != 0)
		sp_out_of_memory();
	if (body == NULL && text.len > 0 && sp_utf8_valid(text) && memchr(text.p, '\0', text.len) == NULL)
		sp_json_set_str(object, "body", sp_str_starts(text, "\xef\xbb\xbf") ? sp_str_sub(text, 3, text.len) : text);
	return ask_function(r, r->spec->answer, sp_json_print(r->mem, object));
}

static bool
give(struct run *r, const struct sp_http_answer *answer)
{
	bool is_good = is_success(r->spec, answer->status);
	struct json_object *body;
	const char *why;
	struct sp_buf b;

	if (!read_body(r, answer, is_good, &body))
		return false;
	if (give_case(r, answer, body))
		return end(r);
	if (r->spec->answer != NULL)
		return ask_with_answer(r, answer, body);
	if (!is_good)
		return tell_status(r, answer, body);
	if (!r->spec->has_shape || body == NULL) {
		sp_http_content(r->call, answer, body, r->out);
		return end(r);
	}
	sp_buf_init(&b, r->mem, SP_JSON_MAX_TREE);
	if (!sp_answer_write(r->mem, r->spec->shape, body, answer, &b, &why)) {
		r->why = "the answer cannot be read";
		return tell(r, sp_printf(r->mem, "%s: %s", r->spec->source->name, why));
	}
	sp_http_json(r->call, sp_buf_view(&b), r->out);
	return end(r);
}

/* ---- the kind ---- */

static bool
fit(struct sp_arena *mem, const struct sp_tool_frame *frame, const void **spec, const char **why)
{
	const struct sp_http_spec *fitting;

	if (!sp_http_spec_fit(mem, *spec, frame->input, frame->options, &fitting, why))
		return false;
	*spec = fitting;
	return true;
}

/* Arguments that were not given and have a default are there. */
static void
set_defaults(struct run *r)
{
	struct json_object *value;
	const char *why;

	for (size_t i = 0; i < r->whole->defaults.count; i++)
		if (!json_object_object_get_ex(r->given.arguments, r->whole->defaults.name[i], NULL) &&
		    sp_json_parse(r->mem, r->whole->defaults.json[i], &value, &why))
			set_variable(r, r->whole->defaults.name[i], value);
}

static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	const struct sp_http_spec *spec;

	if (!sp_http_spec_load(mem, json, &spec, why))
		return false;
	*out = spec;
	return true;
}

/* One that is not there is for the model to mend. */
static bool
choose(struct run *r)
{
	struct json_object *value;
	struct sp_buf b;

	if ((json_object_object_get_ex(r->given.arguments, r->whole->choose, &value) ||
	    json_object_object_get_ex(r->given.variables, r->whole->choose, &value)) &&
	    json_object_is_type(value, json_type_string) && find_request(r, sp_json_text(value)))
		return true;
	sp_buf_init(&b, r->mem, 16384);
	sp_buf_printf(&b, "%s: has to be one of ", r->whole->choose);
	for (size_t i = 0; i < r->whole->request_count; i++)
		sp_buf_printf(&b, "%s%s", i > 0 ? ", " : "", r->whole->requests[i].name);
	r->why = "the arguments make no request";
	return tell(r, sp_buf_view(&b).p);
}

/* The first request; of a function there may be none. */
static bool
begin(struct run *r)
{
	if (r->whole->choose != NULL)
		return choose(r);
	if (r->whole->begin != NULL)
		return ask_function(r, r->whole->begin, (struct sp_str){ NULL, 0 });
	r->spec = r->whole;
	return true;
}

static bool
request(struct run *r)
{
	struct json_object *overlay;
	struct sp_http_answer answer;

	return take_apart(r) && resolve(r) && read_before(r, &overlay) && send(r, r->spec->parts, overlay, &answer) &&
	    give(r, &answer);
}

static bool
run(struct run *r)
{
	set_defaults(r);
	if (!begin(r))
		return false;
	for (int made = 0; r->spec != NULL; made++) {
		if (made == REQUESTS_MAX) {
			r->why = "too many requests";
			return tell(r, sp_printf(r->mem, "stopped after %d requests: ask for less", REQUESTS_MAX));
		}
		if (!request(r))
			return false;
	}
	return true;
}

/* What a function has ended the call with: a question, a task, an error of the protocol. */
static enum sp_tool_outcome
end_as_said(struct run *r)
{
	switch (r->said) {
	case SP_TOOL_ASKS:
		return sp_tool_end_as(r->call, r->said, "input_required", r->out);
	case SP_TOOL_REFUSES:
		return sp_tool_end_as(r->call, r->said, "error", r->out);
	case SP_TOOL_DONE:
	case SP_TOOL_GUARDED:
	case SP_TOOL_FAILED:
	case SP_TOOL_DETACHES:
		break;
	}
	return r->said;
}

static enum sp_tool_outcome
call_service(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct sp_http_spec *spec = call->tool->spec;
	struct run r = { .call = call, .whole = spec, .mem = call->req->mem, .out = out, .said = SP_TOOL_DONE,
		.given = { sp_json_new(call->req->mem), arguments }, .deadline_ms = sp_tool_deadline_ms(call) };
	struct sp_slot slot;

	r.ended = sp_http_enter(&(struct sp_http_send){ .call = call, .source = spec->source, .deadline_ms = r.deadline_ms },
	    &slot, out, &r.why);
	if (r.ended == SP_SENT_ANSWER) {
		(void)run(&r);
		sp_slot_release(call->req, &slot);
	}
	if (r.said != SP_TOOL_DONE)
		return end_as_said(&r);
	switch (r.ended) {
	case SP_SENT_STOPPED:
		return sp_tool_cancelled(call);
	case SP_SENT_FAILED:
		return SP_TOOL_FAILED;
	case SP_SENT_ANSWER:
	case SP_SENT_TROUBLE:
		break;
	}
	return sp_tool_finish(call, r.why, out);
}

const struct sp_tool_kind sp_http_tool = { "http", load, call_service, fit };
