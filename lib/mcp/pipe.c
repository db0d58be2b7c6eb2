/* pipe.c - MCP over a pair of descriptors: the transport stdio, in both eras */
#include "mcp/pipe.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "mcp/server_request.h"
#include "mcp/transport.h"
#include "web/process.h"
#include "web/response.h"
#include "web/serve.h"

#define QUEUE_MAX	1000	/* lines that wait for a thread; then no more is read */
#define READ_BYTES	65536
#define ENDING_SECONDS	10	/* what was begun may take so long after the end of input */

/* A line on its way: a request, or one that comes again with answers. */
struct job {
	struct sp_transport client;	/* first: what the call asks whether its client is there */
	struct job *next;		/* that waits, or that runs */
	struct server *server;
	char *line;
	size_t len;
	char *id;			/* of the request, as JSON; NULL: not known yet */
	atomic_bool cancelled;
	/* of a call that has asked, as JSON; NULL: none */
	char *responses;		/* to all that it asked so far */
	char *state;			/* what it has kept */
	char *refusal;			/* an error instead of an answer */
};

/* A question to a client of the old era. */
struct question {
	struct question *next;
	struct asked *asked;
	char id[32];			/* of our request */
	char *key;
};

/* A call that waits for its questions. */
struct asked {
	struct job *job;
	size_t left;			/* questions without an answer */
};

struct server {
	const struct sp_mcp_pipe *pipe;
	pthread_t *thread;
	size_t threads;
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t work, room, idle;
	struct job *first, **end;	/* waiting */
	struct job *running;
	size_t waiting;
	bool ending;
	/* of the old era, once `initialize` was answered */
	bool has_session;
	enum sp_mcp_version version;
	enum sp_logging_level log_level;
	char *capabilities;
	struct question *questions;
	unsigned long long last_id;
	pthread_mutex_t out_lock;	/* a line goes out whole */
	bool broken;
};

static char *
copy(struct sp_str s)
{
	char *p = malloc(s.len + 1);

	if (p == NULL)
		sp_out_of_memory();
	memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

/* ---- jobs ---- */

static bool
was_cancelled(struct sp_transport *t)
{
	return ((struct job *)t)->cancelled;
}

static struct job *
job_new(struct server *s, struct sp_str line)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		sp_out_of_memory();
	job->client = (struct sp_transport){ .gone = was_cancelled, .fd = eventfd(0, EFD_CLOEXEC), .fd_events = POLLIN };
	if (job->client.fd < 0)
		sp_out_of_memory();
	job->server = s;
	job->line = copy(line);
	job->len = line.len;
	return job;
}

static void
job_free(struct job *job)
{
	close(job->client.fd);
	free(job->line);
	free(job->id);
	free(job->responses);
	free(job->state);
	free(job->refusal);
	free(job);
}

static void
job_cancel(struct job *job)
{
	job->cancelled = true;
	if (eventfd_write(job->client.fd, 1) != 0)
		abort();		/* a counter that only this writes is not full */
}

static void
queue(struct server *s, struct job *job)
{
	pthread_mutex_lock(&s->lock);
	while (s->waiting >= QUEUE_MAX)
		pthread_cond_wait(&s->room, &s->lock);
	job->next = NULL;
	*s->end = job;
	s->end = &job->next;
	s->waiting++;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

/* ---- out ---- */

static bool
write_line(struct server *s, struct sp_str message)
{
	struct sp_str parts[] = { message, SP_LIT("\n") };
	bool good;

	pthread_mutex_lock(&s->out_lock);
	for (size_t i = 0; i < 2 && !s->broken; i++)
		while (parts[i].len > 0 && !s->broken) {
			ssize_t n = write(s->pipe->out, parts[i].p, parts[i].len);

			if (n > 0)
				parts[i] = sp_str_sub(parts[i], (size_t)n, parts[i].len);
			else if (n == 0 || errno != EINTR)
				s->broken = true;
		}
	good = !s->broken;
	pthread_mutex_unlock(&s->out_lock);
	return good;
}

/* "Servers ... MUST NOT send any further messages" for what was cancelled. */
static bool
notify(struct sp_mcp_call *call, struct sp_str message)
{
	struct job *job = call->transport_arg;

	return !job->cancelled && write_line(job->server, message);
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
	struct sp_json_writer w;
	struct sp_buf b;

	call->error = sp_mcp_problem_error(call->req);
	sp_buf_init(&b, call->req->mem, 65536);
	sp_jw_init(&w, &b);
	sp_jsonrpc_write_error(&w, call->message.id, &call->error);
	return answer(call, 0, sp_buf_view(&b));
}

static bool
open_session(struct sp_mcp_call *call, struct json_object *capabilities, struct json_object *client_info)
{
	struct server *s = ((struct job *)call->transport_arg)->server;

	(void)client_info;
	pthread_mutex_lock(&s->lock);
	s->has_session = true;
	s->version = call->version;
	free(s->capabilities);
	s->capabilities = copy(sp_json_canonical(call->req->mem, capabilities));
	pthread_mutex_unlock(&s->lock);
	return true;
}

static bool
set_log_level(struct sp_mcp_call *call, enum sp_logging_level level)
{
	struct server *s = ((struct job *)call->transport_arg)->server;

	pthread_mutex_lock(&s->lock);
	s->log_level = level;
	pthread_mutex_unlock(&s->lock);
	return true;
}

static const struct sp_mcp_transport over_pipe = {
	.notify = notify, .answer = answer, .fail = fail, .open_session = open_session,
	.set_log_level = set_log_level, .has_both_eras = true, .since_2024 = true,
};

/* An error outside any call. */
static void
write_error(struct server *s, struct sp_arena *mem, struct json_object *id, enum sp_jsonrpc_code code,
    const char *message)
{
	struct sp_jsonrpc_error error;
	struct sp_json_writer w;
	struct sp_buf b;

	sp_jsonrpc_fail(&error, code, 400, message);
	sp_buf_init(&b, mem, 65536);
	sp_jw_init(&w, &b);
	sp_jsonrpc_write_error(&w, id, &error);
	(void)write_line(s, sp_buf_view(&b));
}

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
	const struct job *job = call->transport_arg;

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
	const struct job *job = call->transport_arg;
	struct asked *asked = calloc(1, sizeof(*asked));
	struct sp_arena *mem = call->req->mem;

	if (asked == NULL)
		sp_out_of_memory();
	asked->job = job_new(job->server, (struct sp_str){ job->line, job->len });
	asked->job->id = copy(sp_str(job->id));
	asked->job->responses = copy(sp_json_canonical(mem,
	    t->exchange->responses != NULL ? t->exchange->responses : sp_json_new(mem)));
	if (questions->state != NULL)
		asked->job->state = copy(sp_json_canonical(mem, questions->state));
	return asked;
}

static enum sp_mcp_outcome
ask(struct sp_mcp_call *call, const struct sp_tool_call *t, const struct sp_questions *questions)
{
	struct server *s = ((struct job *)call->transport_arg)->server;
	struct asked *asked;

	if (!sp_mcp_version_has_sessions(call->version))
		return sp_mcp_round_trips.ask(call, t, questions);
	asked = come_again(call, t, questions);
	call->deferred = true;
	if (questions->requests == NULL) {
		queue(s, asked->job);
		free(asked);
		return SP_MCP_ANSWERED;
	}
	pthread_mutex_lock(&s->lock);
	json_object_object_foreach(questions->requests, key, request) {
		struct question *q = calloc(1, sizeof(*q));

		if (q == NULL)
			sp_out_of_memory();
		*q = (struct question){ .next = s->questions, .asked = asked, .key = copy(sp_str(key)) };
		snprintf(q->id, sizeof(q->id), "question-%llu", ++s->last_id);
		s->questions = q;
		asked->left++;
		(void)write_line(s, sp_mcp_question_text(call, q->id, request));
	}
	pthread_mutex_unlock(&s->lock);
	return SP_MCP_ANSWERED;
}

/* The session is the pipe: nothing guards a call. */
static const struct sp_mcp_dialogue on_the_pipe = { .open = open_dialogue, .ask = ask };

/* Takes a question out by its id, or any of a request of the client. NULL: none.  Under the lock. */
static struct question *
take_question(struct server *s, const char *id, const char *of)
{
	for (struct question **q = &s->questions, *found; *q != NULL; q = &(*q)->next)
		if (strcmp(of != NULL ? (*q)->asked->job->id : (*q)->id, of != NULL ? of : id) == 0) {
			found = *q;
			*q = found->next;
			return found;
		}
	return NULL;
}

static void
question_free(struct question *q)
{
	if (--q->asked->left == 0) {
		if (q->asked->job != NULL)
			job_free(q->asked->job);
		free(q->asked);
	}
	free(q->key);
	free(q);
}

/* An answer to a question, for the job; the last one gives it back, to be called again. */
static struct job *
keep_answer(struct question *q, struct sp_arena *mem, struct json_object *message)
{
	struct json_object *result = sp_json_get(message, "result"), *responses;
	struct asked *asked = q->asked;
	struct job *job = asked->job;

	if (result != NULL) {
		responses = parse_own(mem, job->responses);
		json_object_object_add(responses, q->key, json_object_get(result));
		free(job->responses);
		job->responses = copy(sp_json_canonical(mem, responses));
	} else {
		free(job->refusal);
		job->refusal = copy(sp_json_canonical(mem, message));
	}
	if (asked->left > 1)
		return NULL;
	asked->job = NULL;
	return job;
}

static void
take_answer(struct server *s, struct sp_arena *mem, struct json_object *message)
{
	struct sp_str id = sp_json_get_str(message, "id");
	struct question *q = NULL;
	struct job *again = NULL;

	if (id.p == NULL)
		return;			/* ours are strings */
	pthread_mutex_lock(&s->lock);
	q = take_question(s, sp_cstr(mem, id), NULL);
	if (q != NULL) {
		again = keep_answer(q, mem, message);
		question_free(q);
	}
	pthread_mutex_unlock(&s->lock);
	if (again != NULL)
		queue(s, again);
}

/* ---- one line, on a thread of its own ---- */

static bool
open_call(struct sp_mcp_call *call)
{
	const struct sp_mcp_pipe *pipe = ((struct job *)call->transport_arg)->server->pipe;
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
enter_session(struct server *s, struct sp_mcp_call *call)
{
	pthread_mutex_lock(&s->lock);
	call->version = s->version;
	call->session = (struct sp_mcp_session){ .checked = s->has_session, .known = s->has_session,
	    .capabilities = parse_own(call->req->mem, s->capabilities), .log_level = s->log_level };
	pthread_mutex_unlock(&s->lock);
}

static void
serve_request(struct job *job, struct sp_process *process, struct sp_arena *mem)
{
	struct server *s = job->server;
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
	}
	if (req.problem != SP_OK)
		sp_log(SP_WARN, "request", SP_LS("method", call.message.method), SP_L("detail", req.detail));
	sp_request_end(&req);
}

static void
serve_job(struct job *job, struct sp_arena *mem)
{
	struct sp_process *process = sp_process_hold();

	if (!job->cancelled)
		serve_request(job, process, mem);
	sp_arena_reset(mem);
	sp_process_release(process);
}

/* The next one, which runs from here on. NULL: there will be none.  Under the lock. */
static struct job *
next_job(struct server *s)
{
	struct job *job;

	while (s->first == NULL && !s->ending)
		pthread_cond_wait(&s->work, &s->lock);
	job = s->first;
	if (job == NULL)
		return NULL;
	s->first = job->next;
	if (s->first == NULL)
		s->end = &s->first;
	s->waiting--;
	job->next = s->running;
	s->running = job;
	pthread_cond_signal(&s->room);
	return job;
}

static void
end_job(struct server *s, struct job *job)
{
	struct job **j = &s->running;

	while (*j != job)
		j = &(*j)->next;
	*j = job->next;
	pthread_cond_broadcast(&s->idle);
}

static void *
work(void *arg)
{
	struct sp_arena *mem = sp_arena_new();
	struct server *s = arg;
	struct job *job;

	pthread_mutex_lock(&s->lock);
	while ((job = next_job(s)) != NULL) {
		pthread_mutex_unlock(&s->lock);
		serve_job(job, mem);
		pthread_mutex_lock(&s->lock);
		end_job(s, job);
		job_free(job);
	}
	pthread_mutex_unlock(&s->lock);
	sp_arena_free(mem);
	return NULL;
}

/* ---- lines ---- */

/* notifications/cancelled: the call that waits, runs or has asked. */
static void
cancel(struct server *s, struct sp_arena *mem, struct json_object *params)
{
	struct json_object *id = sp_json_get(params, "requestId");
	struct question *q;
	struct sp_str text;

	if (id == NULL)
		return;
	text = sp_json_canonical(mem, id);
	pthread_mutex_lock(&s->lock);
	for (struct job *job = s->first; job != NULL; job = job->next)
		if (sp_str_is(text, job->id))
			job_cancel(job);
	for (struct job *job = s->running; job != NULL; job = job->next)
		if (sp_str_is(text, job->id))
			job_cancel(job);
	while ((q = take_question(s, NULL, text.p)) != NULL)
		question_free(q);
	pthread_mutex_unlock(&s->lock);
}

static void
take_request(struct server *s, struct sp_arena *mem, struct sp_str line, const struct sp_jsonrpc *message)
{
	struct job *job = job_new(s, line);

	job->id = copy(message->id != NULL ? sp_json_canonical(mem, message->id) : SP_LIT(""));
	if (sp_str_is(message->method, "initialize")) {
		serve_job(job, mem);	/* what follows may rely on it */
		job_free(job);
		return;
	}
	queue(s, job);
}

/* mem is this line's. */
static void
take_line(struct server *s, struct sp_arena *mem, struct sp_str line)
{
	struct sp_jsonrpc message = { .kind = SP_JSONRPC_REQUEST };
	struct sp_jsonrpc_error error;
	struct json_object *body;
	const char *why;

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0)
		return;
	if (!sp_json_parse(mem, line, &body, &why)) {
		write_error(s, mem, NULL, SP_JSONRPC_PARSE_ERROR, sp_printf(mem, "parse error: %s", why));
		return;
	}
	/* what is none is the dispatcher's to say; a batch is, too */
	if (json_object_is_type(body, json_type_array) || !sp_jsonrpc_read(body, &message, &error)) {
		take_request(s, mem, line, &message);
		return;
	}
	switch (message.kind) {
	case SP_JSONRPC_REQUEST:
		take_request(s, mem, line, &message);
		break;
	case SP_JSONRPC_NOTIFICATION:
		if (sp_str_is(message.method, "notifications/cancelled"))
			cancel(s, mem, message.params);
		break;
	case SP_JSONRPC_RESPONSE:
		take_answer(s, mem, body);
		break;
	}
}

/* What was read and not yet taken. */
struct input {
	char *p;
	size_t len, size, max;
	bool skipping;			/* the rest of a line that is too long */
};

/* Takes the whole lines. */
static void
take_lines(struct server *s, struct sp_arena *mem, struct input *in)
{
	size_t begin = 0;
	char *end;

	while ((end = memchr(in->p + begin, '\n', in->len - begin)) != NULL) {
		if (!in->skipping)
			take_line(s, mem, (struct sp_str){ in->p + begin, (size_t)(end - in->p) - begin });
		in->skipping = false;
		sp_arena_reset(mem);
		begin = (size_t)(end - in->p) + 1;
	}
	in->len -= begin;
	memmove(in->p, in->p + begin, in->len);
	if (in->len < in->max)
		return;
	if (!in->skipping)
		write_error(s, mem, NULL, SP_JSONRPC_PARSE_ERROR, "a line is longer than max_body");
	in->skipping = true;
	in->len = 0;
}

/* False: there is no more. */
static bool
read_more(int fd, struct input *in)
{
	ssize_t n;

	if (in->size - in->len < READ_BYTES) {
		in->size = in->len + READ_BYTES;
		in->p = realloc(in->p, in->size);
		if (in->p == NULL)
			sp_out_of_memory();
	}
	do
		n = read(fd, in->p + in->len, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		in->len += (size_t)n;
	return n > 0;
}

/* Until the end of input, which need not end a line; false: a signal came first. */
static bool
read_lines(struct server *s, int signals)
{
	struct pollfd p[] = { { .fd = s->pipe->in, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	struct sp_process *process = sp_process_hold();
	struct input in = { .max = (size_t)process->settings->max_body };
	struct sp_arena *mem = sp_arena_new();
	bool at_end = false;

	while (!at_end && p[1].revents == 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents == 0)
			continue;
		at_end = !read_more(s->pipe->in, &in);
		if (at_end && in.len > 0)
			in.p[in.len++] = '\n';	/* there is room: read_more() has made it */
		take_lines(s, mem, &in);
	}
	free(in.p);
	sp_arena_free(mem);
	sp_process_release(process);
	return at_end;
}

/* ---- the whole ---- */

static void
start_threads(struct server *s)
{
	struct sp_process *process = sp_process_hold();

	s->threads = (size_t)process->settings->threads;
	sp_process_release(process);
	s->thread = calloc(s->threads, sizeof(*s->thread));
	if (s->thread == NULL)
		sp_out_of_memory();
	for (size_t i = 0; i < s->threads; i++)
		if (pthread_create(&s->thread[i], NULL, work, s) != 0)
			sp_out_of_memory();
}

/* What waits and runs may end by itself, for a while. */
static void
finish(struct server *s, bool in_peace)
{
	struct timespec until;
	struct question *q;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ENDING_SECONDS;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->work);
	while (in_peace && (s->first != NULL || s->running != NULL))
		if (pthread_cond_timedwait(&s->idle, &s->lock, &until) != 0)
			break;
	for (struct job *job = s->first; job != NULL; job = job->next)
		job_cancel(job);
	for (struct job *job = s->running; job != NULL; job = job->next)
		job_cancel(job);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
	while ((q = s->questions) != NULL) {
		s->questions = q->next;
		question_free(q);
	}
}

void
sp_mcp_pipe_serve(const struct sp_mcp_pipe *pipe)
{
	struct server s = {
		.pipe = pipe, .end = &s.first, .log_level = SP_LOGGING_INFO,
		.lock = PTHREAD_MUTEX_INITIALIZER, .out_lock = PTHREAD_MUTEX_INITIALIZER,
		.work = PTHREAD_COND_INITIALIZER, .room = PTHREAD_COND_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER,
	};
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	start_threads(&s);
	finish(&s, read_lines(&s, fd));
	close(fd);
	free(s.thread);
	free(s.capabilities);
}
