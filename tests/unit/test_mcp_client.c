/* test_mcp_client.c - conversations with other MCP servers, over a wire in memory */
#include "unit.h"
#include "base/clock.h"
#include "tools/mcp_client.h"

/*
 * What the server says to each message that is a request: texts one after the
 * other, and NULL behind the last of each.  "%ID" is the id of the request.
 */
struct script {
	struct sp_mcp_wire wire;
	struct sp_arena *mem;
	const char *const *next;
	const int *status;		/* of each request; NULL: 0 */
	struct sp_buf sent;		/* what we said, a line each */
	unsigned requests, agains;
	bool closed;
};

static const char *
with_id(struct sp_arena *mem, const char *text, struct sp_str body)
{
	const char *at = strstr(text, "%ID");
	struct json_object *message = NULL;
	const char *why;

	if (at == NULL)
		return text;
	if (!sp_json_parse(mem, body, &message, &why))
		fail_msg("we sent what is no JSON: %s", why);
	return sp_printf(mem, "%.*s%lld%s", (int)(at - text), text, (long long)json_object_get_int64(sp_json_get(message, "id")), at + 3);
}

static enum sp_wire_end
script_send(struct sp_mcp_wire *wire, const struct sp_mcp_sending *m, bool (*take)(void *arg, struct sp_str text), void *arg)
{
	struct script *s = (struct script *)wire;

	sp_buf_str(&s->sent, m->body);
	sp_buf_char(&s->sent, '\n');
	if (!m->is_request)
		return SP_WIRE_TAKEN;
	s->wire.status = s->status != NULL ? s->status[s->requests] : 0;
	s->requests++;
	while (*s->next != NULL)
		if (!take(arg, sp_str(with_id(s->mem, *s->next++, m->body)))) {
			while (*s->next != NULL)
				s->next++;
			s->next++;
			return SP_WIRE_TAKEN;
		}
	s->next++;
	s->wire.why = "it ended";
	return s->status != NULL ? SP_WIRE_ENDED : SP_WIRE_BROKEN;
}

/* It never says anything unasked, and no time passes. */
static enum sp_wire_end
script_listen(struct sp_mcp_wire *wire, int64_t until_ms, bool (*take)(void *arg, struct sp_str text), void *arg)
{
	(void)wire, (void)until_ms, (void)take, (void)arg;
	return SP_WIRE_LATE;
}

static void
script_again(struct sp_mcp_wire *wire)
{
	((struct script *)wire)->agains++;
}

static void
script_close(struct sp_mcp_wire *wire)
{
	((struct script *)wire)->closed = true;
}

static void
begin(struct script *s, struct sp_mcp_client *c, const char *const *texts, const int *status)
{
	*s = (struct script){ .mem = sp_arena_new(), .next = texts, .status = status,
	    .wire = { .send = script_send, .listen = script_listen, .close = script_close, .again = status == NULL ? script_again : NULL,
	        .deadline_ms = sp_monotonic_ms() + 60000 } };
	sp_buf_init(&s->sent, s->mem, 1000000);
	c->message_max = 100000;
	sp_mcp_client_init(c, s->mem, &s->wire);
}

static void
end(struct script *s, struct sp_mcp_client *c)
{
	sp_mcp_client_close(c);
	assert_true(s->closed);
	sp_arena_free(s->mem);
}

static bool
was_said(struct script *s, const char *text)
{
	return strstr(sp_buf_view(&s->sent).p, text) != NULL;
}

#define MODERN_SERVER "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"resultType\":\"complete\"," \
	"\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}}}"
#define OLD_SERVER(version) "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":\"" version "\"," \
	"\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"x\",\"version\":\"1\"}}}"
#define ERROR(code) "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":" code ",\"message\":\"no\"}}"
#define UNSUPPORTED "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":-32022,\"message\":\"no\",\"data\":" \
	"{\"supported\":[\"2025-11-25\"]}}}"
#define RESULT "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[]}}"

/* ---- eras ---- */

static const struct {
	const char *name;
	const char *texts[12];
	int status[4];
	bool is_http;
	enum sp_mcp_reply_kind kind;
	enum sp_mcp_client_era era;
	const char *version;
} eras[] = {
	{ "modern", { MODERN_SERVER, NULL }, { 200 }, true, SP_MCP_REPLY, SP_MCP_ERA_MODERN, "2026-07-28" },
	{ "modern, on a pipe", { MODERN_SERVER, NULL }, { 0 }, false, SP_MCP_REPLY, SP_MCP_ERA_MODERN, "2026-07-28" },
	{ "an old one that knows no such method", { ERROR("-32601"), NULL, OLD_SERVER("2025-11-25"), NULL }, { 200, 200 }, true,
	    SP_MCP_REPLY, SP_MCP_ERA_SESSION, "2025-11-25" },
	{ "one that wants a session first", { ERROR("-32000"), NULL, OLD_SERVER("2025-06-18"), NULL }, { 400, 200 }, true,
	    SP_MCP_REPLY, SP_MCP_ERA_SESSION, "2025-06-18" },
	{ "one that answers with a page", { NULL, OLD_SERVER("2025-03-26"), NULL }, { 404, 200 }, true, SP_MCP_REPLY,
	    SP_MCP_ERA_SESSION, "2025-03-26" },
	{ "one that ends at words it does not know", { NULL, OLD_SERVER("2025-11-25"), NULL }, { 0 }, false, SP_MCP_REPLY,
	    SP_MCP_ERA_SESSION, "2025-11-25" },
	{ "one that has both", { UNSUPPORTED, NULL, OLD_SERVER("2025-11-25"), NULL }, { 400, 200 }, true, SP_MCP_REPLY,
	    SP_MCP_ERA_SESSION, "2025-11-25" },
	{ "a revision that we do not know", { ERROR("-32601"), NULL, OLD_SERVER("2031-01-01"), NULL }, { 200, 200 }, true,
	    SP_MCP_REPLY_BROKEN, SP_MCP_ERA_SESSION, NULL },
	{ "neither", { ERROR("-32601"), NULL, ERROR("-32601"), NULL }, { 200, 200 }, true, SP_MCP_REPLY_BROKEN, SP_MCP_ERA_SESSION,
	    NULL },
	{ "one that does not know us", { NULL }, { 401 }, true, SP_MCP_REPLY_DENIED, SP_MCP_ERA_MODERN, NULL },
	{ "garbage", { "<html>", NULL, "<html>", NULL }, { 200, 200 }, true, SP_MCP_REPLY_BROKEN, SP_MCP_ERA_SESSION, NULL },
};

static void
era(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(eras); i++) {
		struct sp_mcp_client c = { 0 };
		struct script s;

		begin(&s, &c, eras[i].texts, eras[i].is_http ? eras[i].status : NULL);
		CHECK(sp_mcp_client_open(&c, SP_MCP_ERA_UNKNOWN) == eras[i].kind, eras[i].name);
		CHECK(c.era == eras[i].era, eras[i].name);
		if (eras[i].version != NULL)
			CHECK_STR(sp_str(c.version), eras[i].version, eras[i].name);
		/* a child that was asked what it did not know is begun anew */
		CHECK(s.agains == (!eras[i].is_http && eras[i].era == SP_MCP_ERA_SESSION ? 1 : 0), eras[i].name);
		if (eras[i].kind == SP_MCP_REPLY)
			CHECK(was_said(&s, "notifications/initialized") == (eras[i].era == SP_MCP_ERA_SESSION), eras[i].name);
		end(&s, &c);
	}
}

/* ---- calls ---- */

struct heard {
	unsigned progress, logs;
	double last;
};

static void
on_progress(void *arg, const struct sp_progress *progress)
{
	struct heard *h = arg;

	h->progress++;
	h->last = progress->progress;
}

static void
on_log(void *arg, const struct sp_log_message *message)
{
	(void)message;
	((struct heard *)arg)->logs++;
}

static const char *const telling[] = {
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"1\",\"progress\":0.5,\"total\":1}}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"2\",\"progress\":9}}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"x\"}}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"debug\",\"data\":\"x\"}}",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard-of\"}",
	"{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{\"content\":[\"not ours\"]}}",
	"{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{\"content\":[\"nor this\"]}}",
	"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"elicitation/create\",\"params\":{}}",	/* not of this revision: no answer */
	RESULT, NULL
};

static void
told(void **state)
{
	struct heard heard = { 0 };
	struct sp_exchange x = { .progress = on_progress, .log = on_log, .arg = &heard, .log_level = SP_LOGGING_INFO };
	struct sp_mcp_client c = { .exchange = &x };
	struct sp_mcp_reply reply;
	struct script s;

	(void)state;
	begin(&s, &c, telling, NULL);
	assert_int_equal(sp_mcp_client_open(&c, SP_MCP_ERA_MODERN), SP_MCP_REPLY);
	assert_int_equal(sp_mcp_client_call(&c, &(struct sp_mcp_request){ .method = "tools/call" }, &reply), SP_MCP_REPLY);
	assert_int_equal(json_object_array_length(sp_json_get(reply.result, "content")), 0);
	assert_int_equal(heard.progress, 1);
	assert_true(heard.last == 0.5);
	assert_int_equal(heard.logs, 1);
	assert_true(was_said(&s, "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\""));
	assert_true(was_said(&s, "\"io.modelcontextprotocol/logLevel\":\"info\""));
	assert_true(was_said(&s, "\"progressToken\":\"1\""));
	assert_false(was_said(&s, "elicitation/create"));
	assert_false(was_said(&s, "\"id\":5"));
	end(&s, &c);
}

#define ASK "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"elicitation/create\",\"params\":{\"message\":\"Sure?\",\"_meta\":{\"n\":1}}}"
#define ASK_OTHER "{\"jsonrpc\":\"2.0\",\"id\":\"r\",\"method\":\"elicitation/create\",\"params\":{\"message\":\"Really?\"}}"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}"

static const char *const asking[] = { OLD_SERVER("2025-11-25"), NULL, PING, ASK, RESULT, NULL };
static const char *const asking_twice[] = { OLD_SERVER("2025-11-25"), NULL, ASK, ASK, RESULT, NULL };
static const char *const asking_other[] = { OLD_SERVER("2025-11-25"), NULL, ASK_OTHER, RESULT, NULL };

static struct json_object *
parse(struct sp_arena *mem, const char *text)
{
	struct json_object *out = NULL;
	const char *why;

	if (!sp_json_parse(mem, sp_str(text), &out, &why))
		fail_msg("%s: %s", why, text);
	return out;
}

/* The call with these answers; what it ends as. */
static enum sp_mcp_reply_kind
call_with(const char *const *texts, const char *responses, struct script *s, struct sp_mcp_client *c, struct sp_mcp_reply *reply)
{
	static struct sp_exchange x = { 0 };
	struct sp_arena *mem;

	*c = (struct sp_mcp_client){ .exchange = &x };
	begin(s, c, texts, NULL);
	mem = s->mem;
	c->capabilities = parse(mem, "{\"elicitation\":{}}");
	c->responses = responses != NULL ? parse(mem, responses) : NULL;
	assert_int_equal(sp_mcp_client_open(c, SP_MCP_ERA_SESSION), SP_MCP_REPLY);
	return sp_mcp_client_call(c, &(struct sp_mcp_request){ .method = "tools/call" }, reply);
}

static void
questions(void **state)
{
	struct sp_mcp_client c;
	struct sp_mcp_reply reply;
	struct script s;
	const char *key, *answer;
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	assert_int_equal(call_with(asking, NULL, &s, &c, &reply), SP_MCP_REPLY_ASKS);
	assert_int_equal(json_object_object_length(reply.questions), 1);
	key = sp_mcp_question_key(mem, "elicitation/create", parse(mem, "{\"_meta\":{\"n\":2},\"message\":\"Sure?\"}"), 0);
	assert_string_equal(sp_json_text(sp_json_get(sp_json_get(reply.questions, key), "method")).p, "elicitation/create");
	assert_null(sp_json_get(sp_json_get(sp_json_get(reply.questions, key), "params"), "_meta"));
	assert_true(was_said(&s, "\"id\":9,\"result\":{}"));
	assert_true(was_said(&s, "notifications/cancelled"));
	end(&s, &c);

	/* the same question is answered; asked once more, it is another one */
	answer = sp_printf(mem, "{\"%s\":{\"action\":\"accept\",\"content\":{\"a\":1}}}", key);
	assert_int_equal(call_with(asking, answer, &s, &c, &reply), SP_MCP_REPLY);
	assert_true(was_said(&s, "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":{\"action\":\"accept\",\"content\":{\"a\":1}}}"));
	end(&s, &c);
	assert_int_equal(call_with(asking_twice, answer, &s, &c, &reply), SP_MCP_REPLY_ASKS);
	assert_null(sp_json_get(reply.questions, key));
	end(&s, &c);

	/* nobody's answer is taken for another question */
	assert_int_equal(call_with(asking_other, answer, &s, &c, &reply), SP_MCP_REPLY_ASKS);
	assert_false(was_said(&s, "accept"));
	end(&s, &c);
	sp_arena_free(mem);
}

static void
bounds(void **state)
{
	static const char *const garbage[] = { "[]", RESULT, NULL }, *const odd[] = { "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}", NULL };
	const char *texts[400];
	struct sp_mcp_client c = { 0 };
	struct sp_mcp_reply reply;
	struct script s;
	static char large[200000];

	(void)state;
	memset(large, ' ', sizeof(large) - 1);
	for (int i = 0; i < 3; i++) {
		const char *const *script = i == 0 ? garbage : i == 1 ? odd : texts;

		texts[0] = large;
		texts[1] = NULL;
		begin(&s, &c, script, NULL);
		assert_int_equal(sp_mcp_client_open(&c, SP_MCP_ERA_MODERN), SP_MCP_REPLY);
		assert_int_equal(sp_mcp_client_call(&c, &(struct sp_mcp_request){ .method = "tools/call" }, &reply),
		    i == 2 ? SP_MCP_REPLY_TOO_LARGE : SP_MCP_REPLY_BROKEN);
		end(&s, &c);
	}
	/* one that only ever pings */
	for (size_t i = 0; i < COUNT(texts) - 1; i++)
		texts[i] = PING;
	texts[COUNT(texts) - 1] = NULL;
	begin(&s, &c, texts, NULL);
	c.era = SP_MCP_ERA_SESSION;
	assert_int_equal(sp_mcp_client_call(&c, &(struct sp_mcp_request){ .method = "tools/call" }, &reply), SP_MCP_REPLY_BROKEN);
	end(&s, &c);
}

/* ---- tasks ---- */

#define ANSWER(members) "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{" members "}}"
#define MADE ANSWER("\"resultType\":\"task\",\"taskId\":\"t 1\",\"status\":\"working\",\"pollIntervalMs\":1")
#define MADE_IN_SESSION ANSWER("\"task\":{\"taskId\":\"t 1\",\"status\":\"working\",\"pollInterval\":1}")
#define STANDS(status, more) ANSWER("\"taskId\":\"t 1\",\"status\":\"" status "\"" more)
#define WORKING STANDS("working", ",\"statusMessage\":\"one\""), NULL, STANDS("working", ",\"statusMessage\":\"one\""), NULL, \
	STANDS("working", ",\"statusMessage\":\"two\",\"pollIntervalMs\":-5"), NULL
#define REFUSED "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":-32602,\"message\":\"no such task\"}}"

static const struct {
	const char *name;
	bool modern;
	const char *texts[20];
	enum sp_mcp_reply_kind kind;
	int code;
	const char *said;		/* by us */
	unsigned progress;
} tasks[] = {
	{ "completed", true, { MADE, NULL, WORKING, STANDS("completed", ",\"result\":{\"content\":[]}"), NULL }, SP_MCP_REPLY, 0,
	    "\"method\":\"tasks/get\",\"params\":{\"taskId\":\"t 1\"", 2 },
	{ "completed without a result", true, { MADE, NULL, STANDS("completed", ""), NULL }, SP_MCP_REPLY_BROKEN, 0, NULL, 0 },
	{ "completed with something", true, { MADE, NULL, STANDS("completed", ",\"result\":[1]"), NULL }, SP_MCP_REPLY_BROKEN, 0, NULL, 0 },
	{ "failed", true, { MADE, NULL, STANDS("failed", ",\"error\":{\"code\":-5,\"message\":\"no\"}"), NULL }, SP_MCP_REPLY_ERROR, -5,
	    NULL, 0 },
	{ "failed without an error", true, { MADE, NULL, STANDS("failed", ",\"result\":{}"), NULL }, SP_MCP_REPLY_BROKEN, 0, NULL, 0 },
	{ "cancelled", true, { MADE, NULL, STANDS("cancelled", ""), NULL }, SP_MCP_REPLY_ERROR, SP_MCP_TASK_GONE, NULL, 0 },
	{ "forgotten", true, { MADE, NULL, WORKING, REFUSED, NULL }, SP_MCP_REPLY_ERROR, SP_MCP_TASK_GONE, NULL, 2 },
	{ "asks", true, { MADE, NULL, STANDS("input_required", ",\"inputRequests\":{\"a\":{\"method\":\"roots/list\"}}"), NULL },
	    SP_MCP_REPLY_ASKS, 0, NULL, 0 },
	{ "asks nothing any more", true, { MADE, NULL, STANDS("input_required", ",\"inputRequests\":{}"), NULL,
	    STANDS("completed", ",\"result\":{}"), NULL }, SP_MCP_REPLY, 0, NULL, 0 },
	{ "a status of its own", true, { MADE, NULL, STANDS("paused", ""), NULL }, SP_MCP_REPLY_BROKEN, 0, NULL, 0 },
	{ "no status", true, { MADE, NULL, ANSWER(""), NULL }, SP_MCP_REPLY_BROKEN, 0, NULL, 0 },
	{ "in a session", false, { MADE_IN_SESSION, NULL, WORKING, STANDS("completed", ""), NULL, RESULT, NULL }, SP_MCP_REPLY, 0,
	    "\"method\":\"tasks/result\",\"params\":{\"taskId\":\"t 1\"", 2 },
	{ "failed in a session", false, { MADE_IN_SESSION, NULL, STANDS("failed", ""), NULL, ERROR("-7"), NULL }, SP_MCP_REPLY_ERROR, -7,
	    NULL, 0 },
	{ "asks in a session", false, { MADE_IN_SESSION, NULL, STANDS("input_required", ""), NULL, ASK, NULL }, SP_MCP_REPLY_ASKS, 0,
	    "notifications/cancelled", 0 },
	{ "forgotten in a session", false, { MADE_IN_SESSION, NULL, REFUSED, NULL }, SP_MCP_REPLY_ERROR, SP_MCP_TASK_GONE, NULL, 0 },
	{ "cancelled in a session", false, { MADE_IN_SESSION, NULL, STANDS("cancelled", ""), NULL }, SP_MCP_REPLY_ERROR, SP_MCP_TASK_GONE,
	    NULL, 0 },
	{ "hangs up instead of a result", false, { MADE_IN_SESSION, NULL, STANDS("completed", ""), NULL, NULL }, SP_MCP_REPLY_BROKEN, 0,
	    NULL, 0 },
};

static void
task(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(tasks); i++) {
		struct heard heard = { 0 };
		struct sp_exchange x = { .progress = on_progress, .arg = &heard };
		struct sp_mcp_client c = { .exchange = &x, .takes_tasks = true };
		struct sp_mcp_reply reply = { 0 };
		struct sp_mcp_task made;
		struct script s;

		begin(&s, &c, tasks[i].texts, NULL);
		c.capabilities = parse(s.mem, "{\"elicitation\":{}}");
		c.era = tasks[i].modern ? SP_MCP_ERA_MODERN : SP_MCP_ERA_SESSION;
		assert_int_equal(sp_mcp_client_call(&c, &(struct sp_mcp_request){ .method = "tools/call" }, &reply), SP_MCP_REPLY);
		CHECK(sp_mcp_task_made(&c, reply.result, &made), tasks[i].name);
		CHECK(sp_mcp_task_follow(&c, &made, &reply) == tasks[i].kind, tasks[i].name);
		CHECK(reply.error.code == tasks[i].code, tasks[i].name);
		CHECK(tasks[i].said == NULL || was_said(&s, tasks[i].said), tasks[i].name);
		CHECK(heard.progress == tasks[i].progress, tasks[i].name);
		CHECK((reply.result != NULL) == (tasks[i].kind == SP_MCP_REPLY), tasks[i].name);
		CHECK((reply.questions != NULL) == (tasks[i].kind == SP_MCP_REPLY_ASKS), tasks[i].name);
		CHECK(was_said(&s, "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}") == tasks[i].modern, tasks[i].name);
		end(&s, &c);
	}
}

static void
no_task(void **state)
{
	static const char *const modern[] = {
		"{\"resultType\":\"task\"}", "{\"resultType\":\"task\",\"taskId\":\"\"}", "{\"resultType\":\"task\",\"taskId\":7}",
		"{\"resultType\":\"complete\",\"taskId\":\"t\"}", "{\"taskId\":\"t\"}", "{\"task\":{\"taskId\":\"t\"}}",
	};
	static const char *const session[] = {
		"{\"task\":[]}", "{\"task\":{}}", "{\"task\":{\"taskId\":null}}", "{\"resultType\":\"task\",\"taskId\":\"t\"}", "{\"content\":[]}",
	};
	static const char *const texts[] = { RESULT, NULL };
	struct sp_mcp_client c = { 0 };
	struct sp_mcp_task made;
	struct script s;
	char *large;

	(void)state;
	begin(&s, &c, texts, NULL);
	large = sp_alloc(s.mem, SP_MCP_TASK_ID_MAX + 2);
	memset(large, 'x', SP_MCP_TASK_ID_MAX + 1);
	large[SP_MCP_TASK_ID_MAX + 1] = '\0';
	c.era = SP_MCP_ERA_MODERN;
	for (size_t i = 0; i < COUNT(modern); i++)
		CHECK(!sp_mcp_task_made(&c, parse(s.mem, modern[i]), &made), modern[i]);
	assert_false(sp_mcp_task_made(&c, parse(s.mem, sp_printf(s.mem, "{\"resultType\":\"task\",\"taskId\":\"%s\"}", large)), &made));
	assert_true(sp_mcp_task_made(&c, parse(s.mem, sp_printf(s.mem, "{\"resultType\":\"task\",\"taskId\":\"%s\"}", large + 1)), &made));
	c.era = SP_MCP_ERA_SESSION;
	for (size_t i = 0; i < COUNT(session); i++)
		CHECK(!sp_mcp_task_made(&c, parse(s.mem, session[i]), &made), session[i]);
	end(&s, &c);
}

/* ---- lists ---- */

static const struct {
	const char *name, *texts[10];
	enum sp_mcp_reply_kind kind;
	size_t count;
} lists[] = {
	{ "one page", { "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[1,2]}}", NULL }, SP_MCP_REPLY, 2 },
	{ "two pages", { "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[1,2],\"nextCursor\":\"b\"}}", NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[3]}}", NULL }, SP_MCP_REPLY, 3 },
	{ "without an end", { "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[],\"nextCursor\":\"a\"}}", NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[],\"nextCursor\":\"a\"}}", NULL }, SP_MCP_REPLY_BROKEN, 0 },
	{ "too many", { "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[1,2,3,4,5,6]}}", NULL }, SP_MCP_REPLY_BROKEN, 0 },
	{ "no list", { "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":{}}}", NULL }, SP_MCP_REPLY_BROKEN, 0 },
	{ "an error", { ERROR("-32601"), NULL }, SP_MCP_REPLY_ERROR, 0 },
};

static void
list(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct sp_mcp_client c = { 0 };
		struct json_object *out = NULL;
		struct script s;

		begin(&s, &c, lists[i].texts, NULL);
		CHECK(sp_mcp_client_open(&c, SP_MCP_ERA_MODERN) == SP_MCP_REPLY, lists[i].name);
		CHECK(sp_mcp_client_list(&c, "tools/list", "tools", 5, &out) == lists[i].kind, lists[i].name);
		if (lists[i].kind == SP_MCP_REPLY)
			CHECK(json_object_array_length(out) == lists[i].count, lists[i].name);
		end(&s, &c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(era),
		cmocka_unit_test(told),
		cmocka_unit_test(questions),
		cmocka_unit_test(bounds),
		cmocka_unit_test(task),
		cmocka_unit_test(no_task),
		cmocka_unit_test(list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
