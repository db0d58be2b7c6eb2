/*
 * buf.c - output that grows, up to a ceiling
 *
 * Invariant: len <= max, and where there is memory, len < size and p[len] is NUL.
 */
#include <assert.h>
#include <stdio.h>
#include "base/buf.h"

#define FIRST_SIZE 256		/* most values and short replies */

void
sp_buf_init(struct sp_buf *b, struct sp_arena *mem, size_t max)
{
	assert(max < SIZE_MAX);
	*b = (struct sp_buf){ .mem = mem, .max = max };
}

void
sp_buf_fixed(struct sp_buf *b, char *memory, size_t size)
{
	assert(size > 0);
	*b = (struct sp_buf){ .p = memory, .size = size, .max = size - 1 };
	memory[0] = '\0';
}

void *
sp_buf_room(struct sp_buf *b, size_t len)
{
	size_t need, size;

	if (b->failed || len > b->max - b->len) {
		b->failed = true;
		return NULL;
	}
	need = b->len + len + 1;	/* the ceiling keeps this from overflowing */
	if (need > b->size) {
		size = b->size < FIRST_SIZE ? FIRST_SIZE : b->size;
		while (size < need)
			size = size > SIZE_MAX / 2 ? need : size * 2;
		if (size > b->max + 1)
			size = b->max + 1;
		b->p = b->p == NULL ? sp_alloc(b->mem, size) :
		    sp_arena_grow(b->mem, b->p, b->size, size);
		b->size = size;
	}
	return b->p + b->len;
}

void
sp_buf_added(struct sp_buf *b, size_t len)
{
	if (b->failed)
		return;
	assert(len < b->size - b->len);
	b->len += len;
	b->p[b->len] = '\0';
}

void
sp_buf_add(struct sp_buf *b, const void *bytes, size_t len)
{
	void *room;

	if (len == 0 || (room = sp_buf_room(b, len)) == NULL)
		return;
	memcpy(room, bytes, len);	/* @UNSAFE: room has len bytes */
	sp_buf_added(b, len);
}

void
sp_buf_str(struct sp_buf *b, struct sp_str s)
{
	sp_buf_add(b, s.p, s.len);
}

void
sp_buf_cstr(struct sp_buf *b, const char *s)
{
	sp_buf_str(b, sp_str(s));
}

void
sp_buf_char(struct sp_buf *b, char c)
{
	sp_buf_add(b, &c, 1);
}

void
sp_buf_printf(struct sp_buf *b, const char *fmt, ...)
{
	va_list ap;
	void *room;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->failed = true;
		return;
	}
	if ((room = sp_buf_room(b, (size_t)len)) == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(room, (size_t)len + 1, fmt, ap);	/* @UNSAFE: room has one byte more for NUL */
	va_end(ap);
	sp_buf_added(b, (size_t)len);
}

bool
sp_buf_ok(const struct sp_buf *b)
{
	return !b->failed;
}

void
sp_buf_clear(struct sp_buf *b)
{
	b->len = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

struct sp_str
sp_buf_view(struct sp_buf *b)
{
	return b->p != NULL ? (struct sp_str){ b->p, b->len } : SP_LIT("");
}
