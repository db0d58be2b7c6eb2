/* pipe_call.c - a line that came over the pipe: its call, and what that asks */
#include "mcp/pipe_private.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "mcp/server_request.h"
#include "mcp/transport.h"
#include "web/response.h"

/* A question to a client of the old era. */
struct sp_pipe_question {
	struct sp_pipe_question *next;
	struct asked *asked;
	char id[32];			/* of our request */
	char *key;
};

/* A call that waits for its questions. */
struct asked {
	struct sp_pipe_job *job;
	size_t left;			/* questions without an answer */
};

/* ---- messages ---- */

/* "Servers ... MUST NOT send any further messages" for what was cancelled. */
static bool
notify(struct sp_mcp_call *call, struct sp_str message)
{
	struct sp_pipe_job *job = call->transport_arg;

	return !job->cancelled && sp_pipe_write_line(job->server, message);
}

static bool
answer(struct sp_mcp_call *call, int status, struct sp_str message)
{
	(void)status;
	if (message.p != NULL)
		(void)notify(call, message);
	return true;
}

static bool
fail(struct sp_mcp_call *call)
{
	return answer(call, 0, sp_mcp_problem_message(call));
}

static bool
open_session(struct sp_mcp_call *call, struct json_object *capabilities, struct json_object *client_info)
{
	struct sp_pipe_server *s = ((struct sp_pipe_job *)call->transport_arg)->server;

	(void)client_info;
	pthread_mutex_lock(&s->lock);
	s->has_session = true;
	s->version = call->version;
	free(s->capabilities);
	s->capabilities = sp_pipe_copy(sp_json_canonical(call->req->mem, capabilities));
	pthread_mutex_unlock(&s->lock);
	sp_pipe_open_news(s, call);
	return true;
}

static bool
set_log_level(struct sp_mcp_call *call, enum sp_logging_level level)
{
	struct sp_pipe_server *s = ((struct sp_pipe_job *)call->transport_arg)->server;

	pthread_mutex_lock(&s->lock);
	s->log_level = level;
	pthread_mutex_unlock(&s->lock);
	return true;
}

static const struct sp_mcp_transport over_pipe = {
	.notify = notify, .answer = answer, .fail = fail, .open_session = open_session,
	.set_log_level = set_log_level, .subscribe = sp_pipe_subscribe, .channels = &sp_pipe_channels,
	.has_both_eras = true, .since_2024 = true,
};

/* ---- asking a client of the old era ---- */

/* A JSON value of our own, for the call's arena. */
static struct json_object *
parse_own(struct sp_arena *mem, const char *text)
{
	struct json_object *value = NULL;
	const char *why;

	if (text != NULL && !sp_json_parse_large(mem, sp_str(text), &value, &why))
		abort();		/* we wrote it */
	return value;
}

static bool
open_dialogue(struct sp_mcp_call *call, struct sp_tool_call *t, struct sp_exchange *out)
{
	const struct sp_pipe_job *job = call->transport_arg;

	if (!sp_mcp_version_has_sessions(call->version))
		return sp_mcp_round_trips.open(call, t, out);
	out->capabilities = call->session.capabilities;
	out->log_level = call->session.log_level;
	out->responses = parse_own(call->req->mem, job->responses);
	out->state = parse_own(call->req->mem, job->state);
	return true;
}

/* The call comes again when the last of its questions is answered. */
static struct asked *
come_again(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions)
{
	const struct sp_pipe_job *job = call->transport_arg;
	struct asked *asked = calloc(1, sizeof(*asked));
	struct sp_arena *mem = call->req->mem;

	if (asked == NULL)
		sp_out_of_memory();
	asked->job = sp_pipe_job_new(job->server, (struct sp_str){ job->line, job->len });
	asked->job->id = sp_pipe_copy(sp_str(job->id));
	asked->job->responses = sp_pipe_copy(sp_json_canonical(mem,
	    t->exchange->responses != NULL ? t->exchange->responses : sp_json_new(mem)));
	if (questions->state != NULL)
		asked->job->state = sp_pipe_copy(sp_json_canonical(mem, questions->state));
	return asked;
}

static enum sp_mcp_outcome
ask(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions)
{
	struct sp_pipe_server *s = ((struct sp_pipe_job *)call->transport_arg)->server;
	struct asked *asked;

	if (!sp_mcp_version_has_sessions(call->version))
		return sp_mcp_round_trips.ask(call, t, questions);
	asked = come_again(call, t, questions);
	call->deferred = true;
	if (questions->requests == NULL) {
		sp_pipe_queue(s, asked->job);
		free(asked);
		return SP_MCP_ANSWERED;
	}
	pthread_mutex_lock(&s->lock);
	json_object_object_foreach(questions->requests, key, request) {
		struct sp_pipe_question *q = calloc(1, sizeof(*q));

		if (q == NULL)
			sp_out_of_memory();
		*q = (struct sp_pipe_question){ .next = s->questions, .asked = asked, .key = sp_pipe_copy(sp_str(key)) };
		snprintf(q->id, sizeof(q->id), "question-%llu", ++s->last_id);
		s->questions = q;
		asked->left++;
		(void)sp_pipe_write_line(s, sp_mcp_question_text(call, q->id, request));
	}
	pthread_mutex_unlock(&s->lock);
	return SP_MCP_ANSWERED;
}

/* The session is the pipe: nothing guards a call. */
static const struct sp_mcp_dialogue on_the_pipe = { .open = open_dialogue, .ask = ask };

/* Takes a question out. NULL: there is none of this id.  Under the lock. */
static struct sp_pipe_question *
take_question(struct sp_pipe_server *s, const char *id)
{
	struct sp_pipe_question **q = &s->questions, *found;

	while (*q != NULL && strcmp((*q)->id, id) != 0)
		q = &(*q)->next;
	found = *q;
	if (found != NULL)
		*q = found->next;
	return found;
}

static void
question_free(struct sp_pipe_question *q)
{
	if (--q->asked->left == 0) {
		if (q->asked->job != NULL)
			sp_pipe_job_free(q->asked->job);
		free(q->asked);
	}
	free(q->key);
	free(q);
}

void
sp_pipe_forget_questions(struct sp_pipe_server *s, const char *request_id)
{
	struct sp_pipe_question **q = &s->questions, *next;

	while (*q != NULL) {
		if (request_id != NULL && strcmp((*q)->asked->job->id, request_id) != 0) {
			q = &(*q)->next;
			continue;
		}
		next = (*q)->next;
		question_free(*q);
		*q = next;
	}
}

/* An answer to a question, for the job; the last one gives it back, to be called again. */
static struct sp_pipe_job *
keep_answer(struct sp_pipe_question *q, struct sp_arena *mem, struct json_object *message)
{
	struct json_object *result = sp_json_get(message, "result"), *responses;
	struct asked *asked = q->asked;
	struct sp_pipe_job *job = asked->job;

	if (result != NULL) {
		responses = parse_own(mem, job->responses);
		json_object_object_add(responses, q->key, json_object_get(result));
		free(job->responses);
		job->responses = sp_pipe_copy(sp_json_canonical(mem, responses));
	} else {
		free(job->refusal);
		job->refusal = sp_pipe_copy(sp_json_canonical(mem, message));
	}
	if (asked->left > 1)
		return NULL;
	asked->job = NULL;
	return job;
}

void
sp_pipe_take_answer(struct sp_pipe_server *s, struct sp_arena *mem, struct json_object *message)
{
	struct sp_str id = sp_json_get_str(message, "id");
	struct sp_pipe_question *q = NULL;
	struct sp_pipe_job *again = NULL;

	if (id.p == NULL)
		return;			/* ours are strings */
	pthread_mutex_lock(&s->lock);
	q = take_question(s, sp_cstr(mem, id));
	if (q != NULL) {
		again = keep_answer(q, mem, message);
		question_free(q);
	}
	pthread_mutex_unlock(&s->lock);
	if (again != NULL)
		sp_pipe_queue(s, again);
}

/* ---- one line, on a thread of its own ---- */

static bool
open_call(struct sp_mcp_call *call)
{
	const struct sp_mcp_pipe *pipe = ((struct sp_pipe_job *)call->transport_arg)->server->pipe;
	struct sp_request *req = call->req;
	const struct sp_resources *all;

	if (!sp_authority_resources(req, call->mcp->authority, &all))
		return false;
	call->resource = sp_resource_by_name(all, sp_str(pipe->server));
	if (call->resource == NULL)
		return sp_fail(req, SP_NOT_FOUND, "no such server");
	return pipe->caller(req, call->resource, pipe->arg, &call->caller);
}

/* The session, of which the pipe keeps what other transports have in rows. */
static void
enter_session(struct sp_pipe_server *s, struct sp_mcp_call *call)
{
	pthread_mutex_lock(&s->lock);
	call->version = s->version;
	call->session = (struct sp_mcp_session){ .checked = s->has_session, .known = s->has_session,
	    .capabilities = parse_own(call->req->mem, s->capabilities), .log_level = s->log_level };
	pthread_mutex_unlock(&s->lock);
}

void
sp_pipe_call(struct sp_pipe_job *job, struct sp_process *process, struct sp_arena *mem)
{
	struct sp_pipe_server *s = job->server;
	struct sp_response response;
	struct json_object *body;
	struct sp_request req;
	const char *why;
	struct sp_mcp_call call = {
		.req = &req, .mcp = s->pipe->mcp, .transport = &over_pipe, .transport_arg = job,
		.dialogue = &on_the_pipe,
	};

	if (!sp_json_parse(mem, (struct sp_str){ job->line, job->len }, &body, &why))
		abort();		/* it was parsed when it was read */
	sp_request_begin(&req, &response, process, mem);
	req.transport = &job->client;
	enter_session(s, &call);
	if (!open_call(&call)) {
		call.message.id = sp_json_get(body, "id");
		(void)fail(&call);
	} else if (job->refusal != NULL) {
		if (sp_jsonrpc_read(body, &call.message, &call.error))
			(void)sp_mcp_answer_refusal(&call, parse_own(mem, job->refusal));
	} else {
		(void)sp_mcp_answer(&call, body);
		sp_pipe_begin_channel(job);
	}
	if (req.problem != SP_OK)
		sp_log(SP_WARN, "request", SP_LS("method", call.message.method), SP_L("detail", req.detail));
	sp_request_end(&req);
}

