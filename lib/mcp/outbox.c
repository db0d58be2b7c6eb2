/* outbox.c - streams of the revisions with sessions, whose events are rows first */
#include "mcp/outbox.h"

#include <pthread.h>

#include "base/log.h"
#include "db/queries.h"

#define EVENTS_MAX	((size_t)64 << 20)	/* bytes of what is forwarded at once; a stream keeps less */
#define BUCKETS		1024
#define CONNECTIONS	2	/* for single short statements, of several threads */

/* ---- rows ---- */

static void
new_uuid(char out[static SP_UUID_SIZE], struct sp_arena *mem)
{
	memcpy(out, sp_random_uuid(mem).p, SP_UUID_SIZE - 1);
	out[SP_UUID_SIZE - 1] = '\0';
}

static struct sp_param
session_param(const struct sp_mcp_session *session)
{
	return SP_P_BYTES(session->sha256, SP_SHA256_LEN);
}

bool
sp_mcp_stream_open(struct sp_db *db, const struct sp_mcp_session *session, struct json_object *request_id,
    int64_t seconds, struct sp_mcp_stream *out)
{
	struct sp_str id = { NULL, 0 };

	*out = (struct sp_mcp_stream){ .listens = request_id == NULL };
	new_uuid(out->id, db->mem);
	new_uuid(out->holder, db->mem);
	if (request_id != NULL)
		id = sp_json_canonical(db->mem, request_id);
	return sp_db_do(db, &sp_q_mcp_stream_open, SP_PARAMS(session_param(session), SP_P_TEXT(out->id),
	    SP_P_STR(id), SP_P_TEXT(out->holder), SP_P_INT(seconds)), NULL);
}

/* "UUID.N" */
static bool
read_event_id(struct sp_str text, struct sp_mcp_stream *out)
{
	if (text.len <= SP_UUID_SIZE || text.p[SP_UUID_SIZE - 1] != '.' ||
	    !sp_str_int64(sp_str_sub(text, SP_UUID_SIZE, text.len), 0, INT64_MAX, &out->event))
		return false;
	for (size_t i = 0; i < SP_UUID_SIZE - 1; i++) {
		char c = text.p[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		out->id[i] = c;
	}
	return true;
}

static const struct sp_column attached_columns[] = {
	{ "listens", SP_COL_BOOL, offsetof(struct sp_mcp_stream, listens) },
	{ NULL }
};

enum sp_db_status
sp_mcp_stream_resume(struct sp_db *db, const struct sp_mcp_session *session, struct sp_str last_event_id,
    struct sp_mcp_stream *out)
{
	*out = (struct sp_mcp_stream){ .event = 0 };
	if (!read_event_id(last_event_id, out))
		return SP_DB_NO_ROW;
	new_uuid(out->holder, db->mem);
	return sp_db_row(db, &sp_q_mcp_stream_attach, SP_PARAMS(session_param(session), SP_P_TEXT(out->id),
	    SP_P_TEXT(out->holder)), attached_columns, out);
}

/* The id that stands for so many messages of a stream. */
static struct sp_str
event_id(char out[static SP_UUID_SIZE + 20], const char *stream_id, int64_t event)
{
	struct sp_str id = { out, 0 };
	char digits[20];
	size_t n = 0;

	memcpy(out, stream_id, SP_UUID_SIZE - 1);
	out[SP_UUID_SIZE - 1] = '.';
	do
		digits[n++] = (char)('0' + event % 10);
	while ((event /= 10) > 0);
	id.len = SP_UUID_SIZE + n;
	for (size_t i = SP_UUID_SIZE; n > 0; i++)
		out[i] = digits[--n];
	return id;
}

static void
send_event(struct sp_mcp_stream *s, int64_t event, struct sp_str message)
{
	char id[SP_UUID_SIZE + 20];

	if (s->live != NULL && !sp_stream_event(s->live, event_id(id, s->id, event), message))
		s->live = NULL;
	s->event = event;
}

void
sp_mcp_stream_prime(struct sp_mcp_stream *s)
{
	char id[SP_UUID_SIZE + 20];

	if (s->live != NULL && !sp_stream_send(s->live, &(struct sp_sse){ .id = event_id(id, s->id, s->event),
	    .data = SP_LIT(""), .retry_ms = SP_MCP_RETRY_MS }))
		s->live = NULL;
}

struct put_row {
	int64_t event;
	bool held;
};

static const struct sp_column put_columns[] = {
	{ "event", SP_COL_INT, offsetof(struct put_row, event) },
	{ "held", SP_COL_BOOL, offsetof(struct put_row, held) },
	{ NULL }
};

enum sp_mcp_put
sp_mcp_stream_put(struct sp_db *db, const struct sp_mcp_session *session, struct sp_mcp_stream *s,
    struct sp_str message, bool last)
{
	struct put_row row;

	/* whoever comes back for the stream has it from there; here nobody reads */
	if (s->live == NULL)
		s->holder[0] = '\0';
	switch (sp_db_row(db, &sp_q_mcp_outbox_put, SP_PARAMS(session_param(session), SP_P_TEXT(s->id),
	    SP_P_TEXT(s->holder[0] != '\0' ? s->holder : NULL), SP_P_STR(message), SP_P_BOOL(last)),
	    put_columns, &row)) {
	case SP_DB_FAILED:
		return SP_MCP_PUT_FAILED;
	case SP_DB_NO_ROW:
		s->live = NULL;
		return SP_MCP_PUT_OVER;
	case SP_DB_ROW:
		break;
	}
	if (!row.held)
		s->live = NULL;
	else if (message.p != NULL)
		send_event(s, row.event, message);
	return SP_MCP_PUT;
}

/* ---- what is to be forwarded ---- */

struct event_row {
	const char *stream_id, *holder;
	int64_t event;			/* 0: there is none */
	struct sp_str message;
	bool over;
};

static const struct sp_column event_columns[] = {
	{ "stream_id", SP_COL_TEXT, offsetof(struct event_row, stream_id) },
	{ "holder", SP_COL_TEXT, offsetof(struct event_row, holder) },
	{ "event", SP_COL_INT, offsetof(struct event_row, event) },
	{ "message", SP_COL_STR, offsetof(struct event_row, message) },
	{ "over", SP_COL_BOOL, offsetof(struct event_row, over) },
	{ NULL }
};

/* The value of one member of sp_q_mcp_outbox_take's list. */
static void
write_held(struct sp_json_writer *w, const char *id, const char *holder, int64_t after)
{
	sp_jw_object(w);
	sp_jw_kcstr(w, "stream_id", id);
	sp_jw_kcstr(w, "holder", holder);
	sp_jw_kint(w, "after", after);
	sp_jw_object_end(w);
}

static bool
take(struct sp_db *db, struct sp_buf *held, struct event_row **rows, size_t *count)
{
	void *out = NULL;

	*count = 0;
	if (sp_db_rows(db, &sp_q_mcp_outbox_take, SP_PARAMS(SP_P_STR(sp_buf_view(held))), event_columns,
	    sizeof(**rows), &out, count) == SP_DB_FAILED)
		return false;
	*rows = out;
	return true;
}

bool
sp_mcp_stream_forward(struct sp_db *db, struct sp_mcp_stream *s, bool *over)
{
	struct event_row *row;
	struct sp_json_writer w;
	struct sp_buf b;
	size_t count;

	sp_buf_init(&b, db->mem, 4096);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	write_held(&w, s->id, s->holder, s->event);
	sp_jw_array_end(&w);
	if (!take(db, &b, &row, &count))
		return false;
	*over = true;
	for (size_t i = 0; i < count; i++) {
		if (row[i].event > s->event)
			send_event(s, row[i].event, row[i].message);
		*over = row[i].over;
	}
	return true;
}

/* ---- streams that wait in this process ---- */

struct waiting {
	struct waiting *next, **in;	/* the list of its bucket */
	struct sp_mcp_outbox *outbox;
	struct sp_parked *parked;
	void (*closed)(void *arg);
	void *arg;
	char id[SP_UUID_SIZE], holder[SP_UUID_SIZE];
	int64_t event;			/* the last one that was queued */
};

struct sp_mcp_outbox {
	struct sp_db_pool *pool;
	pthread_mutex_t lock;		/* never held while the database is asked */
	struct waiting *bucket[BUCKETS];
	size_t count;
};

struct sp_mcp_outbox *
sp_mcp_outbox_new(const struct sp_settings *settings, const char *program)
{
	struct sp_mcp_outbox *outbox = calloc(1, sizeof(*outbox));
	struct sp_settings few = *settings;

	if (outbox == NULL)
		sp_out_of_memory();
	few.db_connections = CONNECTIONS;
	outbox->pool = sp_db_pool_new(&few, program);
	pthread_mutex_init(&outbox->lock, NULL);
	return outbox;
}

void
sp_mcp_outbox_free(struct sp_mcp_outbox *outbox)
{
	sp_db_pool_free(outbox->pool);
	pthread_mutex_destroy(&outbox->lock);
	free(outbox);
}

struct sp_db_pool *
sp_mcp_outbox_pool(struct sp_mcp_outbox *outbox)
{
	return outbox->pool;
}

/* Its first ten bits or so: they are random. */
static struct waiting **
bucket_of(struct sp_mcp_outbox *outbox, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < 4 && id[i] != '\0'; i++)
		n = n * 31 + (unsigned char)id[i];
	return &outbox->bucket[n % BUCKETS];
}

/* What has come for a stream is put together, because a queue takes one large thing but not many. */
static size_t
queue_events(struct waiting *w, const struct event_row *row, size_t count, struct sp_arena *mem)
{
	char id[SP_UUID_SIZE + 20];
	struct sp_buf b;
	size_t n = 0;

	sp_buf_init(&b, mem, EVENTS_MAX);
	for (; n < count && strcmp(row[n].holder, row[0].holder) == 0; n++) {
		if (w == NULL || row[n].event <= w->event)
			continue;
		sp_sse_event(&b, &(struct sp_sse){ .id = event_id(id, w->id, row[n].event), .data = row[n].message });
		w->event = row[n].event;
	}
	if (b.len > 0 && sp_buf_ok(&b))
		(void)sp_parked_send(w->parked, sp_buf_view(&b));
	if (w != NULL && row[0].over)
		sp_parked_close(w->parked, (struct sp_str){ NULL, 0 });
	return n;
}

static struct waiting *
find(struct sp_mcp_outbox *outbox, const char *id, const char *holder)
{
	for (struct waiting *w = *bucket_of(outbox, id); w != NULL; w = w->next)
		if (strcmp(w->holder, holder) == 0)
			return w;
	return NULL;
}

static size_t
write_bucket(struct sp_json_writer *w, const struct waiting *first, const char *id)
{
	size_t n = 0;

	for (const struct waiting *x = first; x != NULL; x = x->next)
		if (id == NULL || strcmp(x->id, id) == 0) {
			write_held(w, x->id, x->holder, x->event);
			n++;
		}
	return n;
}

/* Forwards what there is for one stream, or (NULL) for all. */
static void
look(struct sp_mcp_outbox *outbox, struct sp_db *db, const char *id)
{
	struct sp_json_writer w;
	struct event_row *row;
	size_t held = 0, count;
	struct sp_buf b;

	sp_buf_init(&b, db->mem, EVENTS_MAX);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	pthread_mutex_lock(&outbox->lock);
	if (id != NULL)
		held = write_bucket(&w, *bucket_of(outbox, id), id);
	else
		for (size_t i = 0; i < BUCKETS && outbox->count > 0; i++)
			held += write_bucket(&w, outbox->bucket[i], NULL);
	pthread_mutex_unlock(&outbox->lock);
	sp_jw_array_end(&w);
	if (held == 0 || !take(db, &b, &row, &count))
		return;
	pthread_mutex_lock(&outbox->lock);
	for (size_t i = 0; i < count;)
		i += queue_events(find(outbox, row[i].stream_id, row[i].holder), &row[i], count - i, db->mem);
	pthread_mutex_unlock(&outbox->lock);
}

static void
closed(void *arg)
{
	struct waiting *w = arg;
	struct sp_mcp_outbox *outbox = w->outbox;

	pthread_mutex_lock(&outbox->lock);
	*w->in = w->next;
	if (w->next != NULL)
		w->next->in = w->in;
	outbox->count--;
	pthread_mutex_unlock(&outbox->lock);
	if (w->closed != NULL)
		w->closed(w->arg);
	sp_parked_release(w->parked);
	free(w);
}

static const struct sp_parked_hooks hooks = { .closed = closed };

struct sp_parked *
sp_mcp_outbox_park(struct sp_mcp_outbox *outbox, struct sp_db *db, struct sp_mcp_stream *s,
    void (*closed_fn)(void *arg), void *arg)
{
	struct waiting *w = calloc(1, sizeof(*w)), **in = bucket_of(outbox, s->id);

	if (w == NULL)
		sp_out_of_memory();
	w->outbox = outbox;
	w->closed = closed_fn;
	w->arg = arg;
	w->event = s->event;
	memcpy(w->id, s->id, sizeof(w->id));
	memcpy(w->holder, s->holder, sizeof(w->holder));
	w->parked = sp_stream_park(s->live, &hooks, w);
	s->live = NULL;
	pthread_mutex_lock(&outbox->lock);
	w->in = in;
	w->next = *in;
	if (w->next != NULL)
		w->next->in = &w->next;
	*in = w;
	outbox->count++;
	pthread_mutex_unlock(&outbox->lock);
	/* what was put in before it was on the list */
	look(outbox, db, s->id);
	return w->parked;		/* it cannot end before the handler does */
}

void
sp_mcp_outbox_hear(struct sp_mcp_outbox *outbox, struct sp_db *db, const char *what)
{
	if (what == NULL || sp_str_starts(sp_str(what), "revoked "))
		look(outbox, db, NULL);
	else if (sp_str_starts(sp_str(what), "outbox "))
		look(outbox, db, what + strlen("outbox "));
}
