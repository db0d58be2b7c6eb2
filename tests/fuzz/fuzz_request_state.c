/*
 * fuzz_request_state.c - what a client sends as a requestState
 *
 * None is good but those that were made here, and those are good for one request.
 */
#include <unistd.h>
#include "base/encode.h"
#include "fuzz.h"
#include "mcp/request_state.h"

static struct sp_keyring *
ring(void)
{
	static struct sp_keyring *keys;
	char path[] = "/tmp/sallyport-fuzz-state.XXXXXX";
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
	struct sp_caller caller = { .user_id = "u", .client_id = "c" }, other = { .user_id = "u", .client_id = "d" };
	struct sp_arena *mem = sp_arena_new();
	struct sp_str in = { (const char *)data, size }, mine;
	struct sp_request_origin origin = { &caller, "r", SP_LIT("tools/call"), NULL };
	struct sp_request_origin foreign = { &other, "r", SP_LIT("tools/call"), NULL };
	struct sp_request_state state = { .expires_at = 2 }, out;
	struct json_object *json;
	const char *why;

	FUZZ_CHECK(!sp_request_state_open(mem, ring(), &origin, in, 1, &out, &why));
	/* the bytes of a seal, past Base64 */
	FUZZ_CHECK(!sp_request_state_open(mem, ring(), &origin, sp_base64url_encode(mem, in.p, in.len), 1, &out, &why));
	/* as what a tool keeps, or a client answered: it comes back as it was */
	if (sp_json_parse(mem, in, &json, &why)) {
		state.state = json;
		if (json_object_is_type(json, json_type_object))
			state.responses = json;
		FUZZ_CHECK(size > SP_REQUEST_STATE_MAX / 4 ||
		    sp_request_state_seal(mem, ring(), &origin, &state, &mine));
		if (size <= SP_REQUEST_STATE_MAX / 4) {
			FUZZ_CHECK(sp_request_state_open(mem, ring(), &origin, mine, 1, &out, &why));
			FUZZ_CHECK(sp_str_eq(sp_json_canonical(mem, out.state), sp_json_canonical(mem, json)));
			FUZZ_CHECK(!sp_request_state_open(mem, ring(), &foreign, mine, 1, &out, &why));
			FUZZ_CHECK(!sp_request_state_open(mem, ring(), &origin, mine, 2, &out, &why));
		}
	}
	sp_arena_free(mem);
	return 0;
}
