/*
 * arena.h - memory with the life of one request
 *
 * Memory is handed out zeroed and is never freed piece by piece; a reset wipes
 * it (it held tokens) and keeps the first block for the next request.  What an
 * arena must release but did not allocate is registered with sp_arena_defer();
 * callbacks run newest first.  An arena belongs to one thread.
 *
 * Sizes are checked where bytes come in.  Past those gates an allocation
 * succeeds, or the process ends after one log line (exit status 71).
 */
#ifndef SP_BASE_ARENA_H
#define SP_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include "base/str.h"

struct sp_arena;

struct sp_arena *sp_arena_new(void);
void sp_arena_reset(struct sp_arena *mem);
void sp_arena_free(struct sp_arena *mem);		/* NULL is fine */

/* Zeroed, aligned for any type, never NULL (also for size 0). */
void *sp_alloc(struct sp_arena *mem, size_t size);
void *sp_alloc_array(struct sp_arena *mem, size_t count, size_t size);	/* overflow-checked */

/*
 * Makes a block of this arena larger: in place when it was the last one handed
 * out, else by copying (the old copy stays readable until the reset).  old_size
 * must be what was asked for; the new bytes are zero.
 */
void *sp_arena_grow(struct sp_arena *mem, void *block, size_t old_size, size_t new_size);

/* NUL-terminated copies. */
char *sp_strdup(struct sp_arena *mem, const char *s);		/* NULL gives NULL */
char *sp_cstr(struct sp_arena *mem, struct sp_str s);		/* absent gives NULL */
struct sp_str sp_str_dup(struct sp_arena *mem, struct sp_str s);
char *sp_printf(struct sp_arena *mem, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *sp_vprintf(struct sp_arena *mem, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* fn(arg) at the next reset or free. */
void sp_arena_defer(struct sp_arena *mem, void (*fn)(void *), void *arg);

/* Bytes handed out since the last reset, with what alignment adds. */
size_t sp_arena_used(const struct sp_arena *mem);

/* Ends the process: "out of memory" is one log line and exit status 71. */
_Noreturn void sp_out_of_memory(void);

#endif
