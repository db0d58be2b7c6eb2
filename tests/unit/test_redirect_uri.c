/* test_redirect_uri.c - which redirect URIs may be registered, and when one matches */
#include "unit.h"
#include "oauth/redirect_uri.h"

#define H SP_REDIRECT_HTTPS
#define L SP_REDIRECT_LOOPBACK
#define P SP_REDIRECT_PRIVATE_SCHEME

static const struct {
	const char *uri;
	enum sp_redirect_kind kind;
	const char *host, *origin;
} taken[] = {
	/* clients of 2025 and 2026 */
	{ "https://claude.ai/api/mcp/auth_callback", H, "claude.ai", "https://claude.ai" },
	{ "https://chatgpt.com/connector_platform_oauth_redirect", H, "chatgpt.com", "https://chatgpt.com" },
	{ "https://insiders.vscode.dev/redirect", H, "insiders.vscode.dev", "https://insiders.vscode.dev" },
	{ "http://127.0.0.1:33418/", L, "127.0.0.1", "http://127.0.0.1:33418" },
	{ "http://127.0.0.1/", L, "127.0.0.1", "http://127.0.0.1" },
	{ "http://localhost:3334/oauth/callback", L, "localhost", "http://localhost:3334" },
	{ "http://localhost/callback", L, "localhost", "http://localhost" },
	{ "http://localhost:6274/oauth/callback/debug", L, "localhost", "http://localhost:6274" },
	{ "https://www.cursor.com/agents/mcp/oauth/callback", H, "www.cursor.com", "https://www.cursor.com" },
	{ "cursor://anysphere.cursor-mcp/oauth/callback", P, "cursor:", "cursor:" },
	{ "warp://mcp/oauth2callback", P, "warp:", "warp:" },
	{ "https://global.consent.azure-apim.net/redirect/tool-5f1-x", H, "global.consent.azure-apim.net", "https://global.consent.azure-apim.net" },
	{ "https://oauth-redirect.googleusercontent.com/r/user_bound_custom-mcp-1-h_example_com", H, "oauth-redirect.googleusercontent.com",
	    "https://oauth-redirect.googleusercontent.com" },
	{ "https://grok.com/connectors-oauth-exchange-code/", H, "grok.com", "https://grok.com" },
	/* RFC 8252 */
	{ "com.example.app:/oauth2redirect/example-provider", P, "com.example.app:", "com.example.app:" },
	{ "com.example.app:oauth", P, "com.example.app:", "com.example.app:" },
	{ "com.example.app:///cb", P, "com.example.app:", "com.example.app:" },
	{ "http://[::1]:61023/oauth2redirect/example-provider", L, "[::1]", "http:" },
	{ "http://[::1]", L, "[::1]", "http:" },
	/* the rest of what URIs may have */
	{ "https://app.example", H, "app.example", "https://app.example" },
	{ "https://app.example?x", H, "app.example", "https://app.example" },
	{ "https://app.example:8443/cb?a=b&c=%20d", H, "app.example", "https://app.example:8443" },
	{ "https://APP.example/cb", H, "APP.example", "https://APP.example" },
	{ "https://app.example/a;b=c/d,e!f$g'(h)+~_", H, "app.example", "https://app.example" },
	{ "https://app.example/%E2%82%AC", H, "app.example", "https://app.example" },
	{ "https://app.example/.well-known/x", H, "app.example", "https://app.example" },
	{ "https://app.example/...", H, "app.example", "https://app.example" },
	{ "https://localhost/cb", L, "localhost", "https://localhost" },
	{ "https://127.0.0.1:1/", L, "127.0.0.1", "https://127.0.0.1:1" },
	{ "https://192.0.2.1/cb", H, "192.0.2.1", "https://192.0.2.1" },
	{ "https://[2001:db8::1]/cb", H, "[2001:db8::1]", "https:" },
	{ "https://1.app.example/cb", H, "1.app.example", "https://1.app.example" },
	{ "https://app.x0/cb", H, "app.x0", "https://app.x0" },
	{ "https://a_b.example/cb", H, "a_b.example", "https://a_b.example" },
	{ "https://app.example/http://other.example/", H, "app.example", "https://app.example" },
	{ "x:y", P, "x:", "x:" },
	{ "vscode://ms.mcp/cb?a=b", P, "vscode:", "vscode:" },
	{ "javascripts:x", P, "javascripts:", "javascripts:" },
};

static const char *const refused[] = {
	/* not absolute */
	"", "/", "/cb", "cb", "app.example/cb", "//app.example/cb", "?x", "#", ":", ":x", "://app.example", "com.example.app:", "1x:y", "-x:y", "x_y:z",
	"\xc3\xa4:x", "https", "https:", "https:/", "https://", "https:cb", "https:/cb", "https:///cb", "http:127.0.0.1",
	/* fragments */
	"https://app.example/#", "https://app.example/#x", "https://app.example#", "com.example.app:/cb#x", "http://127.0.0.1/#",
	/* user information */
	"https://u@app.example/", "https://u:p@app.example/", "https://@app.example/", "https://app.example@evil.example/", "x://u@y/",
	"http://127.0.0.1@evil.example/", "http://127.0.0.1:80@evil.example/",
	/* bytes */
	" https://app.example/", "https://app.example/ ", "https://app.example/ x", "https://app.example/\t", "java\nscript:x", "\x01javascript:x",
	"https://app.example/\x7f", "https://app.example/\x80", "https://\xc3\xa4pp.example/", "https://app.example\\@evil.example/",
	"https://app.example/\\", "https://app.example/\"", "https://app.example/<x>", "https://app.example/^", "https://app.example/`",
	"https://app.example/{x}", "https://app.example/|", "https://app.example/*", "https://*.app.example/", "https://*/", "*", "https://app.example/%",
	"https://app.example/%4", "https://app.example/%zz", "https://app.example/%u0041", "https://app.example/[x]", "https://app.example/?[x]",
	/* dot segments */
	"https://app.example/.", "https://app.example/..", "https://app.example/./x", "https://app.example/x/..", "https://app.example/x/../y",
	"https://app.example/%2e/x", "https://app.example/%2E%2e/x", "https://app.example/.%2e", "https://app.example/..;/x", "https://app.example/.;x=y/z",
	"https://app.example/%2e%2e;x", "com.example.app:/../x", "x:..",
	/* hosts and ports */
	"https://.app.example/", "https://app.example:/", "https://app.example:0/", "https://app.example:65536/", "https://app.example:80x/",
	"https://app.example:-1/", "https://app.example:8 0/", "https://app.example:1:2/", "https://app,example/", "https://app.example;x/", "https://[::1/",
	"https://::1]/", "https://[]/", "https://[::1]x/", "https://[g::1]/", "https://[::1%25eth0]/", "https://a%2eb/", "https://a%00b/", "https://?x", "https://:1/",
	"https://app.example:0443/", "http://127.0.0.1:08080/", "com.example.app://h:01/",
	/* addresses that browsers read in more ways than one */
	"https://127.1/cb", "https://0x7f.0.0.1/cb", "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/", "https://192.0.2.1./", "https://192.0.2.256/",
	"https://1.2.3.4.5/", "https://app.1/", "https://app.0x/", "https://[:::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::FFFF]/", "https://[1::2::3]/",
	"https://[::ffff:0a00:1]/", "https://[2001:db8::0001]/", "app://1.2/cb",
	/* http is for this computer only */
	"http://app.example/cb", "http://localhost.evil.example/", "http://localhost./", "http://LOCALHOST/", "http://127.0.0.2/", "http://127.1/",
	"http://127.0.0.1.evil.example/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/",
	"http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://localhostx/", "http://xlocalhost/", "http://10.0.0.1/",
	/* case */
	"HTTPS://app.example/", "Https://app.example/", "HTTP://127.0.0.1/", "hTTp://localhost/",
	/* schemes that are never handed to an app */
	"javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript://app.example/%0aalert(1)", "data:text/html,x", "vbscript:x", "VBSCRIPT:x", "file:///etc/passwd",
	"blob:https://app.example/1", "about:blank", "mailto:a@b.example", "view-source:https://app.example/", "filesystem:https://app.example/", "ftp://app.example/",
	"ws://app.example/", "wss://app.example/", "tel:1", "sms:1", "jar:https://app.example/!/", "intent://x#Intent;end", "intent:x", "ms-msdt:/id", "MS-Settings:x",
	"ms-officecmd:x", "search-ms:x", "ldap://x/", "itms-services://?action=x", "chrome://settings", "resource://x", "ssh://x", "urn:x:y",
};

static void
taken_ones(void **state)
{
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(taken); i++) {
		struct sp_redirect_uri uri;
		const char *why = "";

		if (!sp_redirect_uri_parse(sp_str(taken[i].uri), &uri, &why))
			fail_msg("%s: %s", taken[i].uri, why);
		CHECK(uri.kind == taken[i].kind, taken[i].uri);
		CHECK_STR(sp_redirect_uri_host(mem, &uri), taken[i].host, taken[i].uri);
		CHECK_STR(sp_redirect_uri_origin(mem, &uri), taken[i].origin, taken[i].uri);
		CHECK(sp_redirect_uri_matches(sp_str(taken[i].uri), sp_str(taken[i].uri)), taken[i].uri);
	}
}

static void
refused_ones(void **state)
{
	struct sp_redirect_uri uri = { .kind = 77 };
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		why = NULL;
		CHECK(!sp_redirect_uri_parse(sp_str(refused[i]), &uri, &why), refused[i]);
		CHECK(why != NULL && why[0] != '\0', refused[i]);
		CHECK((int)uri.kind == 77, refused[i]);
		/* what could not be registered matches nothing, not even itself */
		CHECK(!sp_redirect_uri_matches(sp_str(refused[i]), sp_str(refused[i])), refused[i]);
	}
	assert_false(sp_redirect_uri_parse((struct sp_str){ "https://app.example/\0x", 22 }, &uri, &why));
}

static void
length(void **state)
{
	char text[2050];
	struct sp_redirect_uri uri;
	const char *why;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://h/", 10);
	assert_true(sp_redirect_uri_parse((struct sp_str){ text, 2048 }, &uri, &why));
	assert_false(sp_redirect_uri_parse((struct sp_str){ text, 2049 }, &uri, &why));
}

static const struct {
	const char *registered, *presented;
	bool match;
} pairs[] = {
	/* RFC 8252 section 7.3: any port of a loopback literal */
	{ "http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true },
	{ "http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true },
	{ "http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true },
	{ "http://[::1]/cb", "http://[::1]:8080/cb", true },
	{ "http://localhost/cb?x=1", "http://localhost:9/cb?x=1", true },
	{ "http://127.0.0.1", "http://127.0.0.1:5", true },
	{ "http://127.0.0.1/cb", "http://localhost/cb", false },
	{ "http://localhost/cb", "http://127.0.0.1/cb", false },
	{ "http://127.0.0.1/cb", "http://[::1]/cb", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.2/cb", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.1:1/cb/", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.1:1/CB", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.1:1/cb?", false },
	{ "http://127.0.0.1/cb?", "http://127.0.0.1:1/cb", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x", false },
	{ "http://127.0.0.1/cb?x=1", "http://127.0.0.1:1/cb?x=2", false },
	{ "http://127.0.0.1", "http://127.0.0.1:1/", false },
	{ "http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false },
	{ "https://127.0.0.1/cb", "https://127.0.0.1:1/cb", false },
	{ "https://localhost/cb", "http://localhost/cb", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", false },
	{ "http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false },
	{ "http://localhost/cb", "http://localhost.evil.example/cb", false },
	{ "http://localhost/cb", "http://LOCALHOST/cb", false },
	/* everything else byte for byte: lists of open redirects and of past CVEs */
	{ "https://app.example/cb", "https://app.example/cb/", false },
	{ "https://app.example/cb/", "https://app.example/cb", false },
	{ "https://app.example/cb", "https://app.example/cb?x", false },
	{ "https://app.example/cb", "https://app.example/cb#", false },
	{ "https://app.example/cb", "https://app.example/cbx", false },
	{ "https://app.example/cb", "https://app.example/", false },
	{ "https://app.example/cb", "https://app.example/x/../cb", false },
	{ "https://app.example/cb", "https://app.example/x/..;/cb", false },
	{ "https://app.example/cb", "https://app.example/%63b", false },
	{ "https://app.example/cb", "https://app.example:443/cb", false },
	{ "https://app.example/cb", "http://app.example/cb", false },
	{ "https://app.example/cb", "https://APP.example/cb", false },
	{ "https://APP.example/cb", "https://app.example/cb", false },
	{ "https://app.example/cb", "https://app.example./cb", false },
	{ "https://www.app.example/cb", "https://app.example/cb", false },
	{ "https://app.example/cb", "https://app.example.evil.example/cb", false },
	{ "https://app.example/cb", "https://appxexample/cb", false },
	{ "https://app.example/cb", "https://u@app.example/cb", false },
	{ "https://app.example/cb", "https://app.example@evil.example/cb", false },
	{ "https://app.example/cb", "https://evil.example/?https://app.example/cb", false },
	{ "https://app.example/", "https://app.example/anything", false },
	{ "https://app.example", "https://app.example/", false },
	{ "cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback/x", false },
	{ "cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp:1/oauth/callback", false },
	{ "cursor://anysphere.cursor-mcp/oauth/callback", "CURSOR://anysphere.cursor-mcp/oauth/callback", false },
	{ "warp://mcp/oauth2callback", "warp://mcp/oauth2callback?server_id=1", false },
	{ "com.example.app:/cb", "com.example.app:/other", false },
	{ "com.example.app:/cb", "com.example.app://cb", false },
};

static void
matching(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		if (sp_redirect_uri_matches(sp_str(pairs[i].registered), sp_str(pairs[i].presented)) != pairs[i].match)
			fail_msg("%s and %s: expected %s", pairs[i].registered, pairs[i].presented, pairs[i].match ? "a match" : "none");
}

static int
setup(void **state)
{
	*state = sp_arena_new();
	return 0;
}

static int
teardown(void **state)
{
	sp_arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_ones), cmocka_unit_test(refused_ones), cmocka_unit_test(length), cmocka_unit_test(matching),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
