/* pipe_news.c - changes, as the client at the other end of a pipe hears of them */
#include "mcp/pipe_private.h"

#include <stdlib.h>
#include "mcp/news.h"
#include "mcp/session_news.h"

/* ---- subscriptions/listen ---- */

/*
 * What is sent before the handler has returned waits for that: the acknowledgement
 * says that from here on everything is told, and so it is.
 */
struct sp_pipe_channel {
	struct sp_pipe_channel *next;
	struct sp_pipe_server *server;
	const struct sp_parked_hooks *hooks;
	void *arg;
	char *id;			/* of the request, as JSON */
	/* under the server's lock */
	const struct sp_pipe_job *job;	/* whose handler has not returned; NULL: it has */
	char *held;			/* what waits for it: whole lines */
	size_t held_len;
	bool over;
};

static bool
available(const struct sp_mcp_call *call)
{
	(void)call;
	return true;
}

static bool
reserve(struct sp_mcp_call *call)
{
	(void)call;
	return true;
}

static void *
open_channel(struct sp_mcp_call *call, const struct sp_parked_hooks *hooks, void *arg)
{
	const struct sp_pipe_job *job = call->transport_arg;
	struct sp_pipe_server *s = job->server;
	struct sp_pipe_channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		sp_out_of_memory();
	c->server = s;
	c->hooks = hooks;
	c->arg = arg;
	c->id = sp_pipe_copy(sp_str(job->id));
	c->job = job;
	pthread_mutex_lock(&s->lock);
	c->next = s->channels;
	s->channels = c;
	pthread_mutex_unlock(&s->lock);
	return c;
}

static void
hold(struct sp_pipe_channel *c, struct sp_str lines)
{
	c->held = realloc(c->held, c->held_len + lines.len);
	if (c->held == NULL)
		sp_out_of_memory();
	memcpy(c->held + c->held_len, lines.p, lines.len);
	c->held_len += lines.len;
}

static void
write_lines(struct sp_pipe_server *s, struct sp_str lines)
{
	if (lines.len > 0)
		(void)sp_pipe_write_line(s, sp_str_sub(lines, 0, lines.len - 1));
}

/* Under the lock. */
static void
send_now(struct sp_pipe_channel *c, struct sp_str lines)
{
	if (c->over)
		return;
	if (c->job != NULL)
		hold(c, lines);
	else
		write_lines(c->server, lines);
}

/* Somebody is to take it away.  Under the lock. */
static void
leave_channel(struct sp_pipe_channel *c)
{
	c->server->over++;
	pthread_cond_signal(&c->server->work);
}

static bool
send_lines(void *channel, struct sp_str lines)
{
	struct sp_pipe_channel *c = channel;

	pthread_mutex_lock(&c->server->lock);
	send_now(c, lines);
	pthread_mutex_unlock(&c->server->lock);
	return true;
}

void
sp_pipe_begin_channel(const struct sp_pipe_job *job)
{
	struct sp_pipe_server *s = job->server;

	pthread_mutex_lock(&s->lock);
	for (struct sp_pipe_channel *c = s->channels; c != NULL; c = c->next)
		if (c->job == job) {
			c->job = NULL;
			write_lines(s, (struct sp_str){ c->held, c->held_len });
			if (c->over)
				leave_channel(c);
		}
	pthread_mutex_unlock(&s->lock);
}

/* Under the lock.  While the handler runs, it is the handler's. */
static void
end_channel(struct sp_pipe_channel *c)
{
	if (c->over)
		return;
	c->over = true;
	if (c->job == NULL)
		leave_channel(c);
}

static void
close_channel(void *channel, struct sp_str last)
{
	struct sp_pipe_channel *c = channel;

	pthread_mutex_lock(&c->server->lock);
	send_now(c, last);
	end_channel(c);
	pthread_mutex_unlock(&c->server->lock);
}

static void
release_channel(void *channel)
{
	struct sp_pipe_channel *c = channel;

	free(c->id);
	free(c->held);
	free(c);
}

const struct sp_mcp_channels sp_pipe_channels = {
	"", "\n", available, reserve, open_channel, send_lines, close_channel, release_channel
};

void
sp_pipe_cancel_channel(struct sp_pipe_server *s, const char *request_id)
{
	for (struct sp_pipe_channel *c = s->channels; c != NULL; c = c->next)
		if (strcmp(c->id, request_id) == 0)
			end_channel(c);
}

void
sp_pipe_take_channel(struct sp_pipe_server *s)
{
	struct sp_pipe_channel **c = &s->channels, *over;

	while (!(*c)->over || (*c)->job != NULL)
		c = &(*c)->next;
	over = *c;
	*c = over->next;
	s->over--;
	pthread_mutex_unlock(&s->lock);
	over->hooks->closed(over->arg);	/* which releases it */
	pthread_mutex_lock(&s->lock);
}

/* ---- sessions ---- */

static void
told(void *arg, const struct sp_news *news)
{
	if (news->what > SP_RESOURCE_UPDATED)
		return;			/* tasks: no session has them */
	sp_mcp_write_session_news(news->scratch, news->what, news->uri);
	if (sp_buf_ok(news->scratch))
		(void)sp_pipe_write_line(arg, sp_buf_view(news->scratch));
}

/* The server is not there any more, which calls find out, too. */
static void
ended(void *arg)
{
	(void)arg;
}

static const struct sp_subscriber_hooks session_hooks = { told, ended };

void
sp_pipe_open_news(struct sp_pipe_server *s, struct sp_mcp_call *call)
{
	if (s->news != NULL || !sp_mcp_has_news(call))
		return;
	s->news = sp_subscriber_new(call->mcp->subscriptions, &call->caller, call->server->name, 0);
	sp_subscriber_start(s->news, &session_hooks, s);
	for (int list = 0; list < SP_LIST_CHANGES; list++)
		if (sp_mcp_offers(call->server, (enum sp_change)list))
			sp_subscriber_watch_list(s->news, (enum sp_change)list);
}

bool
sp_pipe_subscribe(struct sp_mcp_call *call, struct sp_str uri, bool subscribe)
{
	const struct sp_pipe_job *job = call->transport_arg;

	if (job->server->news == NULL)
		return sp_mcp_fail_no_method(call);
	if (subscribe)
		sp_subscriber_watch_resource(job->server->news, uri);
	else
		(void)sp_subscriber_unwatch_resource(job->server->news, uri);
	return true;
}

/* ---- the end ---- */

void
sp_pipe_close_news(struct sp_pipe_server *s)
{
	struct sp_pipe_channel *c;

	if (s->news != NULL)
		sp_subscriber_free(s->news);
	for (;;) {
		pthread_mutex_lock(&s->lock);
		while (s->over > 0)
			sp_pipe_take_channel(s);
		c = s->channels;
		pthread_mutex_unlock(&s->lock);
		if (c == NULL)
			break;
		c->hooks->draining(NULL, c->arg);
	}
}
