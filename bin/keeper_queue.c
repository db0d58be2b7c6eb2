/* keeper_queue.c - bytes that wait, and lines in them */
#include "keeper.h"

char *
keep_text(struct sp_str s)
{
	char *text = malloc(s.len + 1);

	if (text == NULL)
		sp_out_of_memory();
	memcpy(text, s.p, s.len);	/* @UNSAFE: it has len + 1 bytes */
	text[s.len] = '\0';
	return text;
}

char *
queue_room(struct queue *q, size_t n)
{
	if (q->from > 0 && (q->from == q->to || q->size - q->to < n)) {
		memmove(q->p, q->p + q->from, q->to - q->from);
		q->to -= q->from;
		q->from = 0;
	}
	if (q->size - q->to < n) {
		size_t size = (q->to + n) * 2;

		q->p = realloc(q->p, size);
		if (q->p == NULL)
			sp_out_of_memory();
		q->size = size;
	}
	return q->p + q->to;
}

void
queue_added(struct queue *q, size_t n)
{
	q->to += n;
}

void
queue_add(struct queue *q, struct sp_str text)
{
	if (text.len == 0)
		return;
	memcpy(queue_room(q, text.len), text.p, text.len);	/* @UNSAFE: there is room */
	queue_added(q, text.len);
}

void
queue_drop(struct queue *q, size_t n)
{
	q->from += n;
	if (q->from < q->to)
		return;
	q->from = q->to = 0;
	if (q->size > 65536) {		/* one large message is no reason to keep its memory */
		free(q->p);
		q->p = NULL;
		q->size = 0;
	}
}

bool
queue_line(struct queue *q, struct sp_str *line)
{
	char *end = q->to > q->from ? memchr(q->p + q->from, '\n', q->to - q->from) : NULL;

	if (end == NULL)
		return false;
	*line = (struct sp_str){ q->p + q->from, (size_t)(end - q->p) - q->from };
	return true;
}

void
queue_free(struct queue *q)
{
	free(q->p);
	*q = (struct queue){ 0 };
}
