/*
 * fuzz_cursor.c - what a client sends as a cursor
 *
 * None is good but those that were made here, and those are good for one page.
 */
#include <unistd.h>
#include "base/encode.h"
#include "fuzz.h"
#include "mcp/cursor.h"

static struct sp_keyring *
ring(void)
{
	static struct sp_keyring *keys;
	char path[] = "/tmp/sallyport-fuzz-cursor.XXXXXX";
	const char *why;
	int fd;

	if (keys != NULL)
		return keys;
	fd = mkstemp(path);
	FUZZ_CHECK(fd >= 0);
	close(fd);
	unlink(path);
	FUZZ_CHECK(sp_keyring_create(path, &why) && sp_keyring_load(path, &keys, &why));
	unlink(path);
	return keys;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_caller caller = { .tier = "public" };
	struct sp_mcp_page page = { "", "tools", 1, &caller }, next = { "", "tools", 2, &caller };
	struct sp_arena *mem = sp_arena_new();
	struct sp_str in = { (const char *)data, size }, mine;
	int64_t last = 0, number = 1;

	FUZZ_CHECK(!sp_mcp_cursor_read(mem, ring(), &page, in, &last));
	/* the bytes of a seal, past Base64 */
	FUZZ_CHECK(!sp_mcp_cursor_read(mem, ring(), &page, sp_base64url_encode(mem, in.p, in.len), &last));
	FUZZ_CHECK(last == 0);
	for (size_t i = 0; i < size && i < 7; i++)
		number = number << 8 | data[i];
	mine = sp_mcp_cursor_make(mem, ring(), &page, number);
	FUZZ_CHECK(sp_mcp_cursor_read(mem, ring(), &page, mine, &last) && last == number);
	FUZZ_CHECK(!sp_mcp_cursor_read(mem, ring(), &next, mine, &last));
	sp_arena_free(mem);
	return 0;
}
