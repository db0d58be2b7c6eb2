/* index_archive.c - a strict reader of .tar.gz */
#include <zlib.h>
#include "index_archive.h"

#define BLOCK		512
#define INPUT		((size_t)32768)
#define EXTENDED_MAX	65536	/* bytes of a pax header; git writes a few hundred */
#define PATH_MAX_BYTES	4096	/* of a name in the archive */

/* A header of IEEE Std 1003.1, "ustar Interchange Format". */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct index_archive {
	struct sp_arena *mem;		/* as long as the archive */
	struct sp_arena *entry_mem;	/* of the entry at hand */
	index_archive_source *source;
	void *arg;
	z_stream z;
	bool inflating;			/* z has to be ended */
	bool ended;			/* of the gzip member */
	uint8_t input[INPUT];
	int64_t left;			/* bytes that may still come out */
	int64_t unread, padding;	/* of the entry at hand */
	struct sp_str top, comment;
	size_t passed_over;
	const char *why;
};

struct index_archive *
index_archive_open(index_archive_source *source, void *arg, int64_t most)
{
	struct sp_arena *mem = sp_arena_new();
	struct index_archive *a = sp_alloc(mem, sizeof(*a));

	a->mem = mem;
	a->entry_mem = sp_arena_new();
	a->source = source;
	a->arg = arg;
	a->left = most;
	/* 16: gzip and nothing else */
	if (inflateInit2(&a->z, 15 + 16) != Z_OK)
		sp_out_of_memory();
	a->inflating = true;
	return a;
}

void
index_archive_close(struct index_archive *a)
{
	if (a == NULL)
		return;
	if (a->inflating)
		inflateEnd(&a->z);
	sp_arena_free(a->entry_mem);
	sp_arena_free(a->mem);
}

static bool
bad(struct index_archive *a, const char *why)
{
	if (a->why == NULL)
		a->why = why;
	return false;
}

/* ---- bytes ---- */

/* Up to `size` bytes; fewer at the end of the gzip member only.  -1: bad. */
static ssize_t
inflate_some(struct index_archive *a, uint8_t *bytes, size_t size)
{
	if (a->why != NULL)
		return -1;
	a->z.next_out = bytes;
	a->z.avail_out = (uInt)size;
	while (a->z.avail_out > 0 && !a->ended) {
		if (a->z.avail_in == 0) {
			ssize_t n = a->source(a->arg, a->input, sizeof(a->input));

			if (n <= 0)
				return bad(a, n < 0 ? "it cannot be read" : "it is cut off") ? 0 : -1;
			a->z.next_in = a->input;
			a->z.avail_in = (uInt)n;
		}
		switch (inflate(&a->z, Z_NO_FLUSH)) {
		case Z_OK:
			break;
		case Z_STREAM_END:		/* length and checksum hold */
			a->ended = true;
			break;
		default:
			return bad(a, "it is not gzip, or damaged") ? 0 : -1;
		}
	}
	size -= a->z.avail_out;
	a->left -= (int64_t)size;
	if (a->left < 0)
		return bad(a, "it is larger than allowed when unpacked") ? 0 : -1;
	return (ssize_t)size;
}

static bool
take(struct index_archive *a, void *bytes, size_t size)
{
	ssize_t n = inflate_some(a, bytes, size);

	return n == (ssize_t)size || (n >= 0 && bad(a, "it ends within an entry"));
}

static bool
pass(struct index_archive *a, int64_t size)
{
	uint8_t waste[8192];

	while (size > 0) {
		size_t n = size < (int64_t)sizeof(waste) ? (size_t)size : sizeof(waste);

		if (!take(a, waste, n))
			return false;
		size -= (int64_t)n;
	}
	return true;
}

/* ---- headers ---- */

/* Octal digits, then blanks or NULs to the end of the field. */
static bool
octal(const char *field, size_t size, int64_t *out)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		n = n * 8 + (field[i] - '0');	/* 11 digits at most */
	if (i == 0)
		return false;
	for (; i < size; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return false;
	*out = n;
	return true;
}

static bool
checksum_holds(const struct header *h)
{
	const uint8_t *bytes = (const uint8_t *)h;
	int64_t said, sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, checksum) && i < offsetof(struct header, type) ? ' ' : bytes[i];
	return octal(h->checksum, sizeof(h->checksum), &said) && said == sum;
}

static struct sp_str
field(const char *p, size_t size)
{
	return (struct sp_str){ p, strnlen(p, size) };
}

/* What an extended header says about the next entry, or about all. */
struct extended {
	struct sp_str path, comment;	/* absent: nothing */
	int64_t size;			/* -1: nothing */
};

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
static bool
read_extended(struct index_archive *a, struct sp_str text, struct extended *out)
{
	while (text.len > 0) {
		struct sp_str record, key, rest = text;
		int64_t length;

		if (!sp_str_split(&rest, ' ', &key) || !sp_str_int64(key, (int64_t)key.len + 3, (int64_t)text.len, &length) ||
		    text.p[length - 1] != '\n')
			return bad(a, "an extended header is damaged");
		record = sp_str_sub(text, key.len + 1, (size_t)length - 1);
		text = sp_str_sub(text, (size_t)length, text.len);
		if (!sp_str_split(&record, '=', &key))
			return bad(a, "an extended header is damaged");
		if (sp_str_is(key, "path"))
			out->path = record;
		else if (sp_str_is(key, "comment"))
			out->comment = record;
		else if (sp_str_is(key, "size") && !sp_str_int64(record, 0, INT64_MAX / 2, &out->size))
			return bad(a, "an extended header is damaged");
	}
	return true;
}

/* The whole of a small entry and its padding. */
static bool
take_entry(struct index_archive *a, int64_t size, struct sp_str *out)
{
	char *p;

	if (size > EXTENDED_MAX)
		return bad(a, "an extended header is too long");
	p = sp_alloc(a->entry_mem, (size_t)size + 1);
	*out = (struct sp_str){ p, (size_t)size };
	return take(a, p, (size_t)size) && pass(a, -size & (BLOCK - 1));
}

/* The path below the top; false: bad.  An empty one is the top itself. */
static bool
below_top(struct index_archive *a, struct sp_str path, struct sp_str *out)
{
	struct sp_str rest = path, part;

	while (path.len > 0 && path.p[path.len - 1] == '/')
		path.len--;			/* a directory */
	if (path.len == 0 || path.len > PATH_MAX_BYTES || sp_str_index(path, '\0') >= 0)
		return bad(a, "an entry has no proper name");
	for (rest = path; sp_str_split(&rest, '/', &part);)
		if (part.len == 0 || sp_str_is(part, ".") || sp_str_is(part, ".."))
			return bad(a, "a name leads out of it");
	rest = path;
	(void)sp_str_split(&rest, '/', &part);
	if (a->top.p == NULL)
		a->top = sp_str_dup(a->mem, part);
	if (!sp_str_eq(a->top, part))
		return bad(a, "it has more than one directory at its top");
	*out = part.len == path.len ? (struct sp_str){ "", 0 } : sp_str_sub(path, part.len + 1, path.len);
	return true;
}

/* ---- entries ---- */

/* A second block of zeros, then nothing but zeros: what is behind the end has no business there. */
static enum index_archive_step
finish(struct index_archive *a)
{
	uint8_t block[BLOCK];
	ssize_t n;

	while ((n = inflate_some(a, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (block[i] != 0)
				return bad(a, "there is something behind its end"), INDEX_ARCHIVE_BAD;
	if (n == 0 && (a->z.avail_in > 0 || a->source(a->arg, block, 1) != 0))
		(void)bad(a, "there is something behind its end");
	return a->why == NULL ? INDEX_ARCHIVE_END : INDEX_ARCHIVE_BAD;
}

static bool
all_zero(const struct header *h)
{
	static const char zeros[BLOCK];

	return memcmp(h, zeros, BLOCK) == 0;
}

static struct sp_str
header_path(struct index_archive *a, const struct header *h)
{
	struct sp_str name = field(h->name, sizeof(h->name)), prefix = field(h->prefix, sizeof(h->prefix));

	return sp_str(prefix.len > 0 ? sp_printf(a->entry_mem, "%.*s/%.*s", SP_FMT(prefix), SP_FMT(name)) :
	    sp_printf(a->entry_mem, "%.*s", SP_FMT(name)));
}

enum index_archive_step
index_archive_next(struct index_archive *a, struct index_entry *entry)
{
	struct extended x = { .size = -1 };
	struct header h;
	struct sp_str text, path;
	int64_t size, mtime;

	if (!pass(a, a->unread + a->padding))
		return INDEX_ARCHIVE_BAD;
	a->unread = a->padding = 0;
	sp_arena_reset(a->entry_mem);
	for (;;) {
		if (!take(a, &h, BLOCK))
			return INDEX_ARCHIVE_BAD;
		if (all_zero(&h))
			return finish(a);
		if (memcmp(h.magic, "ustar", 6) != 0 || !checksum_holds(&h) || !octal(h.size, sizeof(h.size), &size) ||
		    !octal(h.mtime, sizeof(h.mtime), &mtime))
			return bad(a, "a header is damaged, or not of POSIX"), INDEX_ARCHIVE_BAD;
		if (h.type == 'g' || h.type == 'x') {
			if (!take_entry(a, size, &text) || !read_extended(a, text, &x))
				return INDEX_ARCHIVE_BAD;
			if (h.type == 'g' && x.comment.p != NULL && sp_utf8_valid(x.comment))
				a->comment = sp_str_dup(a->mem, x.comment);
			if (h.type == 'g')
				x = (struct extended){ .size = -1 };	/* names for all entries make no sense */
			continue;
		}
		if (h.type != '0' && h.type != '\0' && h.type != '5' && (h.type < '1' || h.type > '7'))
			return bad(a, "an entry is of a kind that POSIX has not"), INDEX_ARCHIVE_BAD;
		if (x.size >= 0)
			size = x.size;
		if (!below_top(a, x.path.p != NULL ? x.path : header_path(a, &h), &path))
			return INDEX_ARCHIVE_BAD;
		/* only files have contents, whatever the header of another says */
		if (h.type != '0' && h.type != '\0' && h.type != '7') {
			a->passed_over += h.type != '5';
			if (size != 0)
				return bad(a, "what is no file has contents"), INDEX_ARCHIVE_BAD;
			sp_arena_reset(a->entry_mem);
			x = (struct extended){ .size = -1 };
			continue;
		}
		if (path.len == 0)
			return bad(a, "it has no directory at its top"), INDEX_ARCHIVE_BAD;
		if (size > a->left)
			return bad(a, "it is larger than allowed when unpacked"), INDEX_ARCHIVE_BAD;
		if (!sp_utf8_valid(path)) {	/* the database could not hold its name */
			a->passed_over++;
			if (!pass(a, size + (-size & (BLOCK - 1))))
				return INDEX_ARCHIVE_BAD;
			sp_arena_reset(a->entry_mem);
			x = (struct extended){ .size = -1 };
			continue;
		}
		a->unread = size;
		a->padding = -size & (BLOCK - 1);
		*entry = (struct index_entry){ .path = path, .size = size, .modified_us = mtime * 1000000 };
		return INDEX_ARCHIVE_FILE;
	}
}

bool
index_archive_read(struct index_archive *a, struct sp_arena *mem, struct sp_str *bytes)
{
	char *p = sp_alloc(mem, (size_t)a->unread + 1);

	if (!take(a, p, (size_t)a->unread))
		return false;
	*bytes = (struct sp_str){ p, (size_t)a->unread };
	a->unread = 0;
	return true;
}

struct sp_str
index_archive_comment(const struct index_archive *a)
{
	return a->comment;
}

size_t
index_archive_passed_over(const struct index_archive *a)
{
	return a->passed_over;
}

const char *
index_archive_why(const struct index_archive *a)
{
	return a->why;
}
