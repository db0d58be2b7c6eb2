/*
 * fuzz_archive.c - archives of code hosts
 *
 * The first byte says whether the rest is the archive as it comes (even) or the
 * tar that is in it (odd), which is then packed here: a fuzzer finds no checksums.
 * Whatever it is, names stay below the top, sizes are kept, and nothing is read
 * twice.
 */
#include <zlib.h>
#include "fuzz.h"
#include "index_archive.h"

#define MOST	(1024 * 1024)

static ssize_t
from_memory(void *arg, void *bytes, size_t size)
{
	struct sp_str *rest = arg;
	size_t n = rest->len < size ? rest->len : size;

	if (n > 0)
		memcpy(bytes, rest->p, n);
	*rest = sp_str_sub(*rest, n, rest->len);
	return (ssize_t)n;
}

static struct sp_str
packed(struct sp_arena *mem, struct sp_str tar)
{
	z_stream z = { 0 };
	size_t room = tar.len + 1024;
	uint8_t *out = sp_alloc(mem, room);

	FUZZ_CHECK(deflateInit2(&z, 0, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (uint8_t *)(uintptr_t)tar.p;
	z.avail_in = (uInt)tar.len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	FUZZ_CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	room -= z.avail_out;
	deflateEnd(&z);
	return (struct sp_str){ (const char *)out, room };
}

/* The headers of a fuzzer never have the right sum: it is put in. */
static struct sp_str
summed(struct sp_arena *mem, struct sp_str tar)
{
	char *p = sp_alloc(mem, tar.len);

	memcpy(p, tar.p, tar.len);
	for (size_t at = 0; at + 512 <= tar.len; at += 512) {
		unsigned sum = 0;

		if (memcmp(p + at + 257, "ustar", 5) != 0)
			continue;
		memset(p + at + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += (uint8_t)p[at + i];
		for (int i = 5; i >= 0; i--, sum /= 8)
			p[at + 148 + (size_t)i] = (char)('0' + sum % 8);
		p[at + 154] = '\0';
	}
	return (struct sp_str){ p, tar.len };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str input;
	struct index_archive *archive;
	enum index_archive_step step;
	struct index_entry e;
	int64_t all = 0;

	if (size > 0 && size < MOST) {
		input = (struct sp_str){ (const char *)data + 1, size - 1 };
		if (data[0] % 2 == 1)
			input = packed(mem, summed(mem, input));
		archive = index_archive_open(from_memory, &input, MOST);
		while ((step = index_archive_next(archive, &e)) == INDEX_ARCHIVE_FILE) {
			struct sp_str rest = e.path, part, bytes;

			FUZZ_CHECK(e.path.len > 0 && sp_utf8_valid(e.path) && sp_str_index(e.path, '\0') < 0);
			while (sp_str_split(&rest, '/', &part))
				FUZZ_CHECK(part.len > 0 && !sp_str_is(part, ".") && !sp_str_is(part, ".."));
			FUZZ_CHECK(e.size >= 0 && e.size <= MOST);
			if (all % 2 == 0 && index_archive_read(archive, mem, &bytes))
				FUZZ_CHECK(bytes.len == (size_t)e.size);
			all += e.size;
			FUZZ_CHECK(all <= MOST);
		}
		FUZZ_CHECK((step == INDEX_ARCHIVE_BAD) == (index_archive_why(archive) != NULL));
		index_archive_close(archive);
	}
	sp_arena_free(mem);
	return 0;
}
