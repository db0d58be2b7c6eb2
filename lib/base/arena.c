/*
 * arena.c - blocks in a list, memory handed out from the newest
 *
 * Invariant: the bytes of a block behind `used` are zero.  A new block comes
 * from calloc(), a reset wipes what was used, so handing out needs no memset.
 */
#include <stdio.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/log.h"

#define ALIGN		_Alignof(max_align_t)
#define FIRST_BLOCK	((size_t)16 * 1024)	/* enough for an ordinary request */
#define LARGEST_BLOCK	((size_t)256 * 1024)
#define EX_OSERR	71			/* as in <sysexits.h> */

/*
 * Under AddressSanitizer what was not handed out is poisoned, and a gap behind
 * every piece catches the write that runs over its end.
 */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define GAP ALIGN
#else
#define GAP ((size_t)0)
#define ASAN_POISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#endif

struct block {
	struct block *next;
	size_t size, used;		/* of data */
	_Alignas(max_align_t) char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *arg;
};

struct sp_arena {
	struct block *first;		/* kept across resets */
	struct block *current;		/* small pieces come from here */
	struct block *last_block;	/* where the piece handed out last lies ... */
	size_t last_offset;		/* ... so that it can grow in place */
	struct deferred *deferred;	/* newest first */
	size_t used;
};

_Noreturn void
sp_out_of_memory(void)
{
	sp_log(SP_ERROR, "out of memory");
	_exit(EX_OSERR);	/* not exit(): other threads are still running */
}

static struct block *
block_new(size_t size)
{
	struct block *b;
	size_t total;

	if (__builtin_add_overflow(size, sizeof(*b), &total) || (b = calloc(1, total)) == NULL)
		sp_out_of_memory();
	b->size = size;
	ASAN_POISON_MEMORY_REGION(b->data, size);
	return b;
}

static void
block_wipe(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
	explicit_bzero(b->data, b->used);
	b->used = 0;
}

struct sp_arena *
sp_arena_new(void)
{
	struct sp_arena *mem = calloc(1, sizeof(*mem));

	if (mem == NULL)
		sp_out_of_memory();
	mem->first = mem->current = mem->last_block = block_new(FIRST_BLOCK);
	return mem;
}

void
sp_arena_reset(struct sp_arena *mem)
{
	struct deferred *d;
	struct block *b;

	while ((d = mem->deferred) != NULL) {
		mem->deferred = d->next;	/* before the call: it may defer something itself */
		d->fn(d->arg);
	}
	while ((b = mem->first->next) != NULL) {
		mem->first->next = b->next;
		block_wipe(b);
		free(b);
	}
	block_wipe(mem->first);
	ASAN_POISON_MEMORY_REGION(mem->first->data, mem->first->size);
	mem->current = mem->last_block = mem->first;
	mem->last_offset = 0;
	mem->used = 0;
}

void
sp_arena_free(struct sp_arena *mem)
{
	if (mem == NULL)
		return;
	sp_arena_reset(mem);
	ASAN_UNPOISON_MEMORY_REGION(mem->first->data, mem->first->size);
	free(mem->first);
	free(mem);
}

/* What a piece of this size takes from a block. */
static size_t
rounded(size_t size)
{
	size_t total;

	if (size == 0)
		size = 1;
	if (__builtin_add_overflow(size, GAP + ALIGN - 1, &total))
		sp_out_of_memory();
	return total / ALIGN * ALIGN;
}

void *
sp_alloc(struct sp_arena *mem, size_t size)
{
	size_t take = rounded(size);
	struct block *b = mem->current;

	if (take > b->size - b->used) {
		size_t next_size = b->size < LARGEST_BLOCK ? b->size * 2 : LARGEST_BLOCK;

		if (take > next_size / 4) {
			/* a large piece gets a block of its own; small ones go on filling this one */
			b = block_new(take);
			b->next = mem->current->next;
			mem->current->next = b;
		} else {
			b = block_new(next_size);
			b->next = mem->current->next;
			mem->current = mem->current->next = b;
		}
	}
	mem->last_block = b;
	mem->last_offset = b->used;
	b->used += take;
	mem->used += take;
	ASAN_UNPOISON_MEMORY_REGION(b->data + mem->last_offset, size);
	return b->data + mem->last_offset;
}

void *
sp_alloc_array(struct sp_arena *mem, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		sp_out_of_memory();
	return sp_alloc(mem, total);
}

void *
sp_arena_grow(struct sp_arena *mem, void *block, size_t old_size, size_t new_size)
{
	struct block *b = mem->last_block;
	void *copy;

	if (new_size <= old_size)
		return block;
	if (block == b->data + mem->last_offset) {
		size_t take = rounded(new_size);

		if (take <= b->size - mem->last_offset) {
			mem->used += take - (b->used - mem->last_offset);
			b->used = mem->last_offset + take;
			ASAN_UNPOISON_MEMORY_REGION(block, new_size);
			return block;
		}
	}
	copy = sp_alloc(mem, new_size);
	if (old_size > 0)
		memcpy(copy, block, old_size);
	return copy;
}

struct sp_str
sp_str_dup(struct sp_arena *mem, struct sp_str s)
{
	char *copy;

	if (s.p == NULL)
		return s;
	copy = sp_alloc(mem, s.len + 1);	/* its last byte is zero */
	memcpy(copy, s.p, s.len);
	return (struct sp_str){ copy, s.len };
}

char *
sp_cstr(struct sp_arena *mem, struct sp_str s)
{
	return (char *)sp_str_dup(mem, s).p;
}

char *
sp_strdup(struct sp_arena *mem, const char *s)
{
	return sp_cstr(mem, sp_str(s));
}

char *
sp_vprintf(struct sp_arena *mem, const char *fmt, va_list ap)
{
	char *text;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		sp_out_of_memory();	/* the only other fault is a text of 2 GiB */
	text = sp_alloc(mem, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *
sp_printf(struct sp_arena *mem, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = sp_vprintf(mem, fmt, ap);
	va_end(ap);
	return text;
}

void
sp_arena_defer(struct sp_arena *mem, void (*fn)(void *), void *arg)
{
	struct deferred *d = sp_alloc(mem, sizeof(*d));

	*d = (struct deferred){ mem->deferred, fn, arg };
	mem->deferred = d;
}

size_t
sp_arena_used(const struct sp_arena *mem)
{
	return mem->used;
}
