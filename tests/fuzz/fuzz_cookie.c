/* fuzz_cookie.c - a Cookie header: what is found can be set again */
#include "fuzz.h"
#include "web/cookie.h"
#include "web/response.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const issuers[] = { "https://mcp.example.com", "http://127.0.0.1" };
	struct sp_header sent = { SP_LIT("cookie"), { (const char *)data, size } };

	for (size_t i = 0; i < 2; i++) {
		struct sp_arena *mem = sp_arena_new();
		struct sp_settings settings = { .issuer = issuers[i] };
		struct sp_response response = { 0 };
		struct sp_request req = { .mem = mem, .settings = &settings, .response = &response,
		    .headers = &sent, .header_count = 1 };
		struct sp_str got = sp_cookie_get(&req, "s");

		if (got.p != NULL) {
			FUZZ_CHECK(got.len > 0 && memmem(data, size, got.p, got.len) != NULL);
			sp_cookie_set(&req, "s", got, 60);
			FUZZ_CHECK(!sp_str_has_control(sp_response_header(&req, "Set-Cookie")));
		}
		sp_arena_free(mem);
	}
	return 0;
}
