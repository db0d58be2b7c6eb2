/*
 * buf.h - output that grows, up to a ceiling
 *
 * The memory comes from an arena.  Once an append would pass the ceiling the
 * buffer is failed for good: later appends do nothing and sp_buf_ok() says so,
 * so that a writer checks once, at the end.
 */
#ifndef SP_BASE_BUF_H
#define SP_BASE_BUF_H

#include "base/arena.h"
#include "base/str.h"

struct sp_buf {
	struct sp_arena *mem;
	char *p;
	size_t len, size, max;
	bool failed;
};

/* max: the most bytes it may hold. */
void sp_buf_init(struct sp_buf *b, struct sp_arena *mem, size_t max);
/* The same over memory of the caller's, which does not grow: it holds size - 1 bytes. */
void sp_buf_fixed(struct sp_buf *b, char *memory, size_t size);
void sp_buf_add(struct sp_buf *b, const void *bytes, size_t len);
void sp_buf_str(struct sp_buf *b, struct sp_str s);
void sp_buf_cstr(struct sp_buf *b, const char *s);
void sp_buf_char(struct sp_buf *b, char c);
void sp_buf_printf(struct sp_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for len more bytes, or NULL when failed; sp_buf_added() says how many were written. */
void *sp_buf_room(struct sp_buf *b, size_t len);
void sp_buf_added(struct sp_buf *b, size_t len);
bool sp_buf_ok(const struct sp_buf *b);
/* Empties it and keeps its memory; a failed one stays failed. */
void sp_buf_clear(struct sp_buf *b);
/* What is in it (always NUL-terminated behind the length). */
struct sp_str sp_buf_view(struct sp_buf *b);

#endif
