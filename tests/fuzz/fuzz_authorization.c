/*
 * fuzz_authorization.c - the authorization request, and the response that is built from it
 *
 * Input: a redirect URI that the client has, a line break, the request.  The
 * answer goes to that URI and nowhere else; taken apart, it gives the
 * parameters back.
 */
#include <curl/curl.h>
#include "base/encode.h"
#include "keyring.h"
#include "oauth/authorization.h"
#include "request.h"

#define CODE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/*
 * The library's look-ups (client_lookup.o, authority.o) are not linked: there is
 * one client, with the redirect URI of the input, and one resource.
 */
static struct sp_str registered;

bool
sp_client_for_authorization(struct sp_request *req, struct sp_str client_id, struct sp_client *out)
{
	if (!sp_str_is(client_id, "app"))
		return sp_fail(req, SP_INVALID_CLIENT, "unknown client");
	*out = (struct sp_client){ .client_id = "app", .kind = "manual", .redirect_uris = &registered,
	    .redirect_uri_count = 1 };
	return true;
}

bool
sp_authority_resources(struct sp_request *req, struct sp_authority *authority, const struct sp_resources **out)
{
	static const struct sp_resource item[] = { { .name = "", .resource = "https://mcp.example.com/mcp",
	    .title = "Notes", .scopes = { { SP_LIT("notes:read"), SP_LIT("notes:write") }, 2 },
	    .default_scopes = { { SP_LIT("notes:read") }, 1 } } };
	static const struct sp_resources all = { item, 1 };

	(void)req;
	(void)authority;
	*out = &all;
	return true;
}

static void
check_same_part(CURLU *a, CURLU *b, CURLUPart what)
{
	char *x = NULL, *y = NULL;
	CURLUcode got_x = curl_url_get(a, what, &x, 0), got_y = curl_url_get(b, what, &y, 0);

	FUZZ_CHECK(got_x == got_y && (x == NULL) == (y == NULL) && (x == NULL || strcmp(x, y) == 0));
	curl_free(x);
	curl_free(y);
}

/* Scheme, host, port and path are those of the redirect URI to others, too. */
static void
check_place(struct sp_arena *mem, const struct sp_authorization *a, const char *location)
{
	CURLU *asked = curl_url(), *answer = curl_url();

	FUZZ_CHECK(asked != NULL && answer != NULL);
	FUZZ_CHECK(curl_url_set(asked, CURLUPART_URL, sp_cstr(mem, a->redirect_uri),
	    CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK);
	FUZZ_CHECK(curl_url_set(answer, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK);
	check_same_part(asked, answer, CURLUPART_SCHEME);
	check_same_part(asked, answer, CURLUPART_HOST);
	check_same_part(asked, answer, CURLUPART_PORT);
	check_same_part(asked, answer, CURLUPART_PATH);
	check_same_part(asked, answer, CURLUPART_USER);
	check_same_part(asked, answer, CURLUPART_FRAGMENT);
	curl_url_cleanup(asked);
	curl_url_cleanup(answer);
}

/* Bytes of a value: escapes are taken back, all else is as it stands ("+", too). */
static struct sp_str
unescape(struct sp_arena *mem, struct sp_str text)
{
	struct sp_str byte;
	struct sp_buf b;

	sp_buf_init(&b, mem, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '%' && sp_hex_decode(mem, sp_str_sub(text, i + 1, i + 3), &byte) && byte.len == 1) {
			sp_buf_str(&b, byte);
			i += 2;
		} else
			sp_buf_char(&b, text.p[i]);
	return sp_buf_view(&b);
}

/* The state of the request, found in another way: the one pair that begins so. */
static struct sp_str
state_of(struct sp_str query, bool *found)
{
	struct sp_str pair, state = { NULL, 0 };
	size_t count = 0;

	*found = true;
	while (sp_str_split(&query, '&', &pair))
		if (sp_str_starts(pair, "state=") && pair.len > 6) {
			state = sp_str_sub(pair, 6, pair.len);
			count++;
		} else if (memchr(pair.p, '%', pair.len) != NULL)
			*found = false;		/* its name may be an escaped "state" */
	*found = *found && count < 2;
	return state;
}

static void
check_pair(struct sp_arena *mem, struct sp_str *rest, const char *name, struct sp_str value)
{
	struct sp_str pair, key;

	FUZZ_CHECK(sp_str_split(rest, '&', &pair) && sp_str_split(&pair, '=', &key));
	FUZZ_CHECK(sp_str_is(key, name) && sp_str_eq(unescape(mem, pair), value));
}

static void
check_location(struct sp_request *req, const struct sp_authorization *a, struct sp_str query,
    const char *name, struct sp_str value)
{
	struct sp_str location = sp_response_header(req, "Location"), rest, state;
	bool found;

	FUZZ_CHECK(req->response->status == 303 && sp_str_starts(location, sp_cstr(req->mem, a->redirect_uri)));
	for (size_t i = 0; i < location.len; i++)
		FUZZ_CHECK(location.p[i] > 0x20 && location.p[i] < 0x7f && location.p[i] != '#');
	rest = sp_str_sub(location, a->redirect_uri.len, location.len);
	FUZZ_CHECK(rest.len > 0 && rest.p[0] == (sp_str_index(a->redirect_uri, '?') < 0 ? '?' : '&'));
	rest = sp_str_sub(rest, 1, rest.len);
	check_pair(req->mem, &rest, name, value);
	state = state_of(query, &found);
	if (a->state.p != NULL)
		check_pair(req->mem, &rest, "state", found ? unescape(req->mem, state) : unescape(req->mem, a->state));
	else
		FUZZ_CHECK(!found || state.p == NULL);
	check_pair(req->mem, &rest, "iss", SP_LIT("https://mcp.example.com"));
	FUZZ_CHECK(rest.len == 0);
	if (FUZZ_CURL_READS(&a->redirect))
		check_place(req->mem, a, sp_cstr(req->mem, location));
}

/* What a form of ours carries gives the same request again. */
static void
check_handle(struct sp_request *req, const struct sp_authorization *a)
{
	static const uint8_t browser[SP_SHA256_LEN] = { 1 }, other[SP_SHA256_LEN];
	struct sp_str handle = sp_authorization_handle_make(req, "consent", browser, a);
	struct sp_authorization_handle opened;
	struct sp_authorization again;

	FUZZ_CHECK(sp_authorization_handle_open(req, "consent", browser, handle, &opened));
	FUZZ_CHECK(sp_str_eq(opened.query, a->query) && opened.code.len == SP_TOKEN_TEXT);
	FUZZ_CHECK(sp_authorization_read(req, NULL, opened.query, &again));
	FUZZ_CHECK(sp_str_eq(again.redirect_uri, a->redirect_uri) && sp_str_eq(again.state, a->state));
	FUZZ_CHECK(sp_str_eq(again.code_challenge, a->code_challenge) && again.scope.count == a->scope.count);
	FUZZ_CHECK(!sp_authorization_handle_open(req, "signin", browser, handle, &opened));
	FUZZ_CHECK(!sp_authorization_handle_open(req, "consent", other, handle, &opened));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str query = { (const char *)data, size };
	struct sp_authorization a;
	struct fuzz_request r;
	struct sp_request *req = fuzz_request_open(&r);

	r.process.keyring = fuzz_keyring();
	registered = fuzz_line(&query);
	if (sp_authorization_read(req, NULL, query, &a)) {
		FUZZ_CHECK(a.proven && a.scope.count > 0 && a.resource != NULL && a.code_challenge.len == 43);
		FUZZ_CHECK(sp_redirect_uri_matches(registered, a.redirect_uri));
		FUZZ_CHECK(sp_authorization_reply_code(req, &a, SP_LIT(CODE)));
		check_location(req, &a, query, "code", SP_LIT(CODE));
		check_handle(req, &a);
	} else {
		FUZZ_CHECK(req->problem != SP_OK);
		if (a.proven) {
			FUZZ_CHECK(sp_authorization_reply_error(req, &a));
			check_location(req, &a, query, "error", sp_str(sp_problem_info(req->problem)->error));
		}
	}
	fuzz_request_close(&r);
	return 0;
}
