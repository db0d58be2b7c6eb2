/* mcp_listener.c - the stream on which a server of a session speaks without being asked (GET) */
#include "tools/mcp_listener.h"

#include <pthread.h>
#include <stdlib.h>

#include "net/sse_reader.h"

#define STACK_BYTES (256 * 1024)

struct message {
	struct message *next;
	char text[];
};

struct sp_mcp_listener {
	pthread_mutex_t lock;
	struct message *first, **end;
	size_t waiting, max;		/* bytes */
	bool ready, ended, stopped;
	int status;			/* once it has ended */
	unsigned refs;			/* the thread's and the caller's */
	/* the thread's own */
	struct sp_arena *mem;
	struct sp_http http;
	struct sp_http_answer answer;
	struct sp_sse_reader reader;
	bool reads;
};

/* The last one who knows of it frees it. */
static void
release(struct sp_mcp_listener *l)
{
	struct message *m, *next;
	unsigned left;

	pthread_mutex_lock(&l->lock);
	left = --l->refs;
	pthread_mutex_unlock(&l->lock);
	if (left > 0)
		return;
	for (m = l->first; m != NULL; m = next) {
		next = m->next;
		free(m);
	}
	pthread_mutex_destroy(&l->lock);
	sp_arena_free(l->mem);
	free(l);
}

/* ---- the thread ---- */

static bool
on_event(void *arg, const struct sp_sse_incoming *event)
{
	struct sp_mcp_listener *l = arg;
	struct message *m;
	bool fits;

	if (!sp_str_is(event->type, "message") || event->data.len == 0)
		return true;
	m = malloc(sizeof(*m) + event->data.len + 1);
	if (m == NULL)
		sp_out_of_memory();
	m->next = NULL;
	memcpy(m->text, event->data.p, event->data.len);
	m->text[event->data.len] = '\0';
	pthread_mutex_lock(&l->lock);
	fits = l->waiting + event->data.len <= l->max;
	if (fits) {
		*l->end = m;
		l->end = &m->next;
		l->waiting += event->data.len;
	}
	pthread_mutex_unlock(&l->lock);
	if (!fits)
		free(m);
	return fits;
}

static void
set_ready(struct sp_mcp_listener *l)
{
	pthread_mutex_lock(&l->lock);
	l->ready = true;
	pthread_mutex_unlock(&l->lock);
}

static bool
piece(void *arg, const struct sp_http_answer *answer, struct sp_str bytes)
{
	struct sp_mcp_listener *l = arg;

	if (answer->status != 200 || !sp_str_is(answer->content_type, "text/event-stream"))
		return false;
	set_ready(l);
	if (!l->reads)
		sp_sse_reader_init(&l->reader, l->mem, l->max, on_event, l);
	l->reads = true;
	return sp_sse_reader_take(&l->reader, bytes);
}

static bool
gone(void *arg)
{
	struct sp_mcp_listener *l = arg;
	bool stopped;

	if (l->answer.status >= 200)
		set_ready(l);
	pthread_mutex_lock(&l->lock);
	stopped = l->stopped;
	pthread_mutex_unlock(&l->lock);
	return stopped;
}

static void *
listen_on(void *arg)
{
	struct sp_mcp_listener *l = arg;
	const char *why;

	(void)!sp_http(l->mem, &l->http, &l->answer, &why);	/* many servers have no such stream */
	pthread_mutex_lock(&l->lock);
	l->ready = l->ended = true;
	l->status = l->answer.status;
	pthread_mutex_unlock(&l->lock);
	release(l);
	return NULL;
}

/* ---- the caller ---- */

static const char *
copy(struct sp_arena *mem, const char *s)
{
	return s != NULL ? sp_strdup(mem, s) : NULL;
}

struct sp_mcp_listener *
sp_mcp_listener_start(const struct sp_http *get, size_t message_max)
{
	struct sp_mcp_listener *l = calloc(1, sizeof(*l));
	struct sp_http_field *fields;
	pthread_attr_t small;
	pthread_t thread;
	int error;

	if (l == NULL)
		sp_out_of_memory();
	pthread_mutex_init(&l->lock, NULL);
	l->mem = sp_arena_new();
	l->end = &l->first;
	l->max = message_max;
	l->refs = 2;
	fields = sp_alloc_array(l->mem, get->field_count, sizeof(*fields));
	for (size_t i = 0; i < get->field_count; i++)
		fields[i] = (struct sp_http_field){ copy(l->mem, get->fields[i].name), sp_str_dup(l->mem, get->fields[i].value) };
	l->http = *get;
	l->http.url = copy(l->mem, get->url);
	l->http.method = "GET";
	l->http.fields = fields;
	l->http.body = (struct sp_str){ NULL, 0 };
	l->http.allow = copy(l->mem, get->allow);
	l->http.ca_file = copy(l->mem, get->ca_file);
	l->http.pool = NULL;
	l->http.gone = gone;
	l->http.piece = piece;
	l->http.arg = l;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_BYTES);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &small, listen_on, l);
	pthread_attr_destroy(&small);
	if (error == 0)
		return l;
	l->refs = 1;
	release(l);
	return NULL;
}

bool
sp_mcp_listener_is_ready(struct sp_mcp_listener *l)
{
	bool ready;

	pthread_mutex_lock(&l->lock);
	ready = l->ready;
	pthread_mutex_unlock(&l->lock);
	return ready;
}

bool
sp_mcp_listener_has_ended(struct sp_mcp_listener *l, int *status)
{
	bool ended;

	pthread_mutex_lock(&l->lock);
	ended = l->ended;
	*status = l->status;
	pthread_mutex_unlock(&l->lock);
	return ended;
}

char *
sp_mcp_listener_next(struct sp_mcp_listener *l)
{
	struct message *m;
	char *text = NULL;

	pthread_mutex_lock(&l->lock);
	if ((m = l->first) != NULL) {
		l->first = m->next;
		if (l->first == NULL)
			l->end = &l->first;
		l->waiting -= strlen(m->text);
	}
	pthread_mutex_unlock(&l->lock);
	if (m != NULL) {
		text = strdup(m->text);
		if (text == NULL)
			sp_out_of_memory();
		free(m);
	}
	return text;
}

void
sp_mcp_listener_stop(struct sp_mcp_listener *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->stopped = true;
	pthread_mutex_unlock(&l->lock);
	release(l);
}
