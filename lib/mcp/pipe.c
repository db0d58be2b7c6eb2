/* pipe.c - MCP over a pair of descriptors: lines, threads, the end */
#include "mcp/pipe_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "mcp/jsonrpc.h"
#include "web/process.h"

#define QUEUE_MAX	1000	/* lines that wait for a thread; then no more is read */
#define READ_BYTES	65536
#define ENDING_SECONDS	10	/* what was begun may take so long after the end of input */

char *
sp_pipe_copy(struct sp_str s)
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
	return ((struct sp_pipe_job *)t)->cancelled;
}

struct sp_pipe_job *
sp_pipe_job_new(struct sp_pipe_server *s, struct sp_str line)
{
	struct sp_pipe_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		sp_out_of_memory();
	job->client = (struct sp_transport){ .gone = was_cancelled, .fd = eventfd(0, EFD_CLOEXEC), .fd_events = POLLIN };
	if (job->client.fd < 0)
		sp_out_of_memory();
	job->server = s;
	job->line = sp_pipe_copy(line);
	job->len = line.len;
	return job;
}

void
sp_pipe_job_free(struct sp_pipe_job *job)
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
job_cancel(struct sp_pipe_job *job)
{
	job->cancelled = true;
	if (eventfd_write(job->client.fd, 1) != 0)
		abort();		/* a counter that only this writes is not full */
}

void
sp_pipe_queue(struct sp_pipe_server *s, struct sp_pipe_job *job)
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

bool
sp_pipe_write_line(struct sp_pipe_server *s, struct sp_str message)
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

/* An error outside any call. */
static void
write_error(struct sp_pipe_server *s, struct sp_arena *mem, struct json_object *id, enum sp_jsonrpc_code code,
    const char *message)
{
	struct sp_jsonrpc_error error;
	struct sp_json_writer w;
	struct sp_buf b;

	sp_jsonrpc_fail(&error, code, 400, message);
	sp_buf_init(&b, mem, 65536);
	sp_jw_init(&w, &b);
	sp_jsonrpc_write_error(&w, id, &error);
	(void)sp_pipe_write_line(s, sp_buf_view(&b));
}

/* ---- threads ---- */

static void
serve_job(struct sp_pipe_job *job, struct sp_arena *mem)
{
	struct sp_process *process = sp_process_hold();

	if (!job->cancelled)
		sp_pipe_call(job, process, mem);
	sp_arena_reset(mem);
	sp_process_release(process);
}

/* The next one, which runs from here on. NULL: there will be none.  Under the lock. */
static struct sp_pipe_job *
next_job(struct sp_pipe_server *s)
{
	struct sp_pipe_job *job;

	while (s->first == NULL && !s->ending)
		if (s->over > 0)
			sp_pipe_take_channel(s);
		else
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
end_job(struct sp_pipe_server *s, struct sp_pipe_job *job)
{
	struct sp_pipe_job **j = &s->running;

	while (*j != job)
		j = &(*j)->next;
	*j = job->next;
	pthread_cond_broadcast(&s->idle);
}

static void *
work(void *arg)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_pipe_server *s = arg;
	struct sp_pipe_job *job;

	pthread_mutex_lock(&s->lock);
	while ((job = next_job(s)) != NULL) {
		pthread_mutex_unlock(&s->lock);
		serve_job(job, mem);
		pthread_mutex_lock(&s->lock);
		end_job(s, job);
		sp_pipe_job_free(job);
	}
	pthread_mutex_unlock(&s->lock);
	sp_arena_free(mem);
	return NULL;
}

/* ---- lines ---- */

/* notifications/cancelled: the call that waits, runs or has asked. */
static void
cancel(struct sp_pipe_server *s, struct sp_arena *mem, struct json_object *params)
{
	struct json_object *id = sp_json_get(params, "requestId");
	struct sp_str text;

	if (id == NULL)
		return;
	text = sp_json_canonical(mem, id);
	pthread_mutex_lock(&s->lock);
	for (struct sp_pipe_job *job = s->first; job != NULL; job = job->next)
		if (sp_str_is(text, job->id))
			job_cancel(job);
	for (struct sp_pipe_job *job = s->running; job != NULL; job = job->next)
		if (sp_str_is(text, job->id))
			job_cancel(job);
	sp_pipe_forget_questions(s, text.p);
	sp_pipe_cancel_channel(s, text.p);
	pthread_mutex_unlock(&s->lock);
}

static void
take_request(struct sp_pipe_server *s, struct sp_arena *mem, struct sp_str line, const struct sp_jsonrpc *message)
{
	struct sp_pipe_job *job = sp_pipe_job_new(s, line);

	job->id = sp_pipe_copy(message->id != NULL ? sp_json_canonical(mem, message->id) : SP_LIT(""));
	if (sp_str_is(message->method, "initialize")) {
		serve_job(job, mem);	/* what follows may rely on it */
		sp_pipe_job_free(job);
		return;
	}
	sp_pipe_queue(s, job);
}

/* mem is this line's. */
static void
take_line(struct sp_pipe_server *s, struct sp_arena *mem, struct sp_str line)
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
		sp_pipe_take_answer(s, mem, body);
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
take_lines(struct sp_pipe_server *s, struct sp_arena *mem, struct input *in)
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
read_lines(struct sp_pipe_server *s, int signals)
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
start_threads(struct sp_pipe_server *s)
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
finish(struct sp_pipe_server *s, bool in_peace)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ENDING_SECONDS;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->work);
	while (in_peace && (s->first != NULL || s->running != NULL))
		if (pthread_cond_timedwait(&s->idle, &s->lock, &until) != 0)
			break;
	for (struct sp_pipe_job *job = s->first; job != NULL; job = job->next)
		job_cancel(job);
	for (struct sp_pipe_job *job = s->running; job != NULL; job = job->next)
		job_cancel(job);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
	sp_pipe_forget_questions(s, NULL);
	sp_pipe_close_news(s);
}

void
sp_mcp_pipe_serve(const struct sp_mcp_pipe *pipe)
{
	struct sp_pipe_server s = {
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
