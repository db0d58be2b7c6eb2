/* test_http.c - the request engine against a server that does as the path says */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include "unit.h"
#include "base/clock.h"
#include "net/http.h"

#define PATIENCE_MS	20000

static int listener;
static char port[8];
static atomic_int connections, requests;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last[8192];			/* the last request, as it came */

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	(void)!send(fd, text, len, MSG_NOSIGNAL);
}

/* True: the connection goes on. */
static bool
answer(int fd, const char *request)
{
	if (strncmp(request, "GET /hang", 9) == 0) {
		char byte;

		(void)!read(fd, &byte, 1);	/* until the client has had enough */
		return false;
	}
	if (strncmp(request, "GET /stall", 10) == 0) {
		char byte;

		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
		(void)!read(fd, &byte, 1);
		return false;
	}
	if (strncmp(request, "GET /cut", 8) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
		return false;
	}
	if (strncmp(request, "GET /close", 10) == 0)
		return false;
	if (strncmp(request, "GET /garbage", 12) == 0) {
		say(fd, "\001\002 this is no answer\r\n\r\n");
		return false;
	}
	if (strncmp(request, "GET /endless", 12) == 0) {
		static const char piece[4096] = "x";

		say(fd, "HTTP/1.1 200 OK\r\n\r\n");
		while (send(fd, piece, sizeof(piece), MSG_NOSIGNAL) > 0)
			;
		return false;
	}
	if (strncmp(request, "GET /fields", 11) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 100; i++)
			say(fd, "X-Field: x\r\n");
		say(fd, "Content-Length: 0\r\n\r\n");
		return true;
	}
	if (strncmp(request, "GET /coded", 10) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx");
		return true;
	}
	if (strncmp(request, "GET /moved", 10) == 0) {
		say(fd, "HTTP/1.1 303 See Other\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	if (strncmp(request, "GET /early", 10) == 0)
		say(fd, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
	say(fd, "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
	/* one that says nothing of its closing: the next request finds it dead */
	return strncmp(request, "GET /bye", 8) != 0;
}

/* Reads one request; bodies are at most what Content-Length says. */
static bool
receive(int fd, char *into, size_t size)
{
	size_t have = 0, want = 0;
	const char *end, *length;
	ssize_t n;

	while (have < size - 1 && (n = read(fd, into + have, size - 1 - have)) > 0) {
		have += (size_t)n;
		into[have] = '\0';
		if ((end = strstr(into, "\r\n\r\n")) == NULL)
			continue;
		length = strstr(into, "Content-Length: ");
		want = (size_t)(end - into) + 4 + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
		if (have >= want)
			return true;
	}
	return false;
}

static void *
serve_one(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char request[8192];

	while (receive(fd, request, sizeof(request))) {
		atomic_fetch_add(&requests, 1);
		pthread_mutex_lock(&lock);
		memcpy(last, request, strlen(request) + 1);
		pthread_mutex_unlock(&lock);
		if (!answer(fd, request))
			break;
	}
	close(fd);
	return NULL;
}

static void *
serve(void *arg)
{
	pthread_t thread;
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		atomic_fetch_add(&connections, 1);
		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
	return NULL;
}

static struct sp_http
request_of(struct sp_arena *mem, const char *path)
{
	return (struct sp_http){ .url = sp_printf(mem, "http://127.0.0.2:%s%s", port, path), .allow = "127.0.0.2",
		.http = true, .max_bytes = 1000, .timeout_ms = PATIENCE_MS, .repeatable = true };
}

static void
outcomes(void **state)
{
	static const struct {
		const char *path;
		enum sp_http_result result;
		int status;
		const char *body;
		int64_t timeout_ms, idle_ms;
	} cases[] = {
		{ "/", SP_HTTP_ANSWER, 200, "hello", 0, 0 },
		{ "/early", SP_HTTP_ANSWER, 200, "hello", 0, 0 },
		{ "/moved", SP_HTTP_ANSWER, 303, "", 0, 0 },
		{ "/cut", SP_HTTP_BROKEN, 200, "abc", 0, 0 },
		{ "/close", SP_HTTP_BROKEN, 0, "", 0, 0 },
		{ "/garbage", SP_HTTP_BROKEN, 0, "", 0, 0 },
		{ "/endless", SP_HTTP_TOO_LARGE, 200, NULL, 0, 0 },
		{ "/fields", SP_HTTP_TOO_LARGE, 200, "", 0, 0 },
		{ "/coded", SP_HTTP_CODED, 200, "", 0, 0 },
		{ "/hang", SP_HTTP_TIMEOUT, 0, "", 300, 0 },
		{ "/hang", SP_HTTP_TIMEOUT, 0, "", 0, 300 },
		{ "/stall", SP_HTTP_TIMEOUT, 200, "abc", 0, 300 },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_http http = request_of(mem, cases[i].path);
		struct sp_http_answer a;
		const char *why = NULL;
		enum sp_http_result result;

		http.timeout_ms = cases[i].timeout_ms > 0 ? cases[i].timeout_ms : http.timeout_ms;
		http.idle_ms = cases[i].idle_ms;
		if ((result = sp_http(mem, &http, &a, &why)) != cases[i].result)
			fail_msg("%s: result %d (%s)", cases[i].path, (int)result, why != NULL ? why : "");
		CHECK((why == NULL) == (result == SP_HTTP_ANSWER), cases[i].path);
		CHECK(a.status == cases[i].status, cases[i].path);
		if (cases[i].body != NULL)
			CHECK_STR(a.body, cases[i].body, cases[i].path);
		CHECK(sp_http_field(&a, "X-Early").p == NULL, cases[i].path);
	}
}

static void
refusals(void **state)
{
	struct sp_arena *mem = *state;
	const char *const urls[] = { "", "x", "file:///etc/passwd", "ftp://127.0.0.2/", sp_printf(mem, "http://a:b@127.0.0.2:%s/", port),
		sp_printf(mem, "http://127.0.0.1:%s/", port), sp_printf(mem, "http://localhost:%s/", port), sp_printf(mem, "http://[::1]:%s/", port),
		sp_printf(mem, "http://[::ffff:127.0.0.1]:%s/", port), sp_printf(mem, "http://0:%s/", port), sp_printf(mem, "http://0x7f000001:%s/", port) };
	const struct sp_http_field bad[] = { { "X-A", SP_LIT("a\r\nX-B: b") }, { "X A", SP_LIT("a") }, { "X-A:", SP_LIT("a") }, { "", SP_LIT("a") },
		{ "X-A", { "a\0b", 3 } }, { "X-A\r\nX-B", SP_LIT("a") } };
	struct sp_http http = request_of(mem, "/");
	struct sp_http_answer a;
	const char *why;

	atomic_store(&connections, 0);
	for (size_t i = 0; i < COUNT(urls); i++) {
		http.url = urls[i];
		CHECK(sp_http(mem, &http, &a, &why) == SP_HTTP_REFUSED, urls[i]);
	}
	http = request_of(mem, "/");
	http.field_count = 1;
	for (size_t i = 0; i < COUNT(bad); i++) {
		http.fields = &bad[i];
		CHECK(sp_http(mem, &http, &a, &why) == SP_HTTP_REFUSED, bad[i].name);
	}
	http = request_of(mem, "/");
	http.http = false;
	assert_int_equal(sp_http(mem, &http, &a, &why), SP_HTTP_REFUSED);
	assert_int_equal(atomic_load(&connections), 0);
	/* nobody listens */
	http = request_of(mem, "/");
	http.url = "http://127.0.0.2:1/";
	assert_int_equal(sp_http(mem, &http, &a, &why), SP_HTTP_UNREACHABLE);
}

/* What is sent, byte by byte. */
static void
requests_sent(void **state)
{
	static const struct sp_http_field json[] = { { "Content-Type", SP_LIT("application/json") }, { "X-Empty", SP_LIT("") } };
	static const struct {
		const char *method, *path, *body;
		bool json;
		const char *sent;
	} cases[] = {
		{ NULL, "/a/../b/./c?q=%20", NULL, false, "GET /a/../b/./c?q=%20 HTTP/1.1\r\nHost: H\r\nUser-Agent: U\r\nAccept: */*\r\n\r\n" },
		{ "DELETE", "/x", NULL, false, "DELETE /x HTTP/1.1\r\nHost: H\r\nUser-Agent: U\r\nAccept: */*\r\n\r\n" },
		{ "POST", "/x", "", false, "POST /x HTTP/1.1\r\nHost: H\r\nUser-Agent: U\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n" },
		{ "PATCH", "/x", "{\"a\":1}", true, "PATCH /x HTTP/1.1\r\nHost: H\r\nUser-Agent: U\r\nAccept: */*\r\nContent-Type: application/json\r\n"
		    "X-Empty:\r\nContent-Length: 7\r\n\r\n{\"a\":1}" },
		{ "GET", "/x", "{}", true, "GET /x HTTP/1.1\r\nHost: H\r\nUser-Agent: U\r\nAccept: */*\r\nContent-Type: application/json\r\n"
		    "X-Empty:\r\nContent-Length: 2\r\n\r\n{}" },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_http http = request_of(mem, cases[i].path);
		struct sp_http_answer a;
		const char *why, *host = sp_printf(mem, "Host: 127.0.0.2:%s", port);
		char *expected = sp_strdup(mem, cases[i].sent), *at;

		http.method = cases[i].method;
		http.body = sp_str(cases[i].body);
		http.fields = json;
		http.field_count = cases[i].json ? COUNT(json) : 0;
		assert_int_equal(sp_http(mem, &http, &a, &why), SP_HTTP_ANSWER);
		assert_int_equal(a.status, 200);
		assert_true(sp_str_is(a.content_type, "text/plain"));
		assert_true(sp_str_is(sp_http_field(&a, "x-one"), "1"));
		at = strstr(expected, "Host: H");
		*at = '\0';
		expected = sp_printf(mem, "%s%s%s", expected, host, at + 7);
		at = strstr(expected, "User-Agent: U");
		*at = '\0';
		expected = sp_printf(mem, "%sUser-Agent: sallyport/" PACKAGE_VERSION "%s", expected, at + 13);
		pthread_mutex_lock(&lock);
		assert_string_equal(last, expected);
		pthread_mutex_unlock(&lock);
	}
}

static int
count_connections(struct sp_arena *mem, const char *path, const char *pool, bool repeatable, int times)
{
	struct sp_http http = request_of(mem, path);
	struct sp_http_answer a;
	const char *why;

	http.pool = pool;
	http.repeatable = repeatable;
	atomic_store(&connections, 0);
	for (int i = 0; i < times; i++)
		assert_int_equal(sp_http(mem, &http, &a, &why), SP_HTTP_ANSWER);
	return atomic_load(&connections);
}

static void
kept(void **state)
{
	struct sp_arena *mem = *state;

	assert_int_equal(count_connections(mem, "/", NULL, true, 3), 3);
	assert_int_equal(count_connections(mem, "/", "one", true, 3), 1);
	assert_int_equal(count_connections(mem, "/", "one", true, 3), 0);
	assert_int_equal(count_connections(mem, "/", "two", true, 3), 1);
	assert_int_equal(count_connections(mem, "/", "one", false, 3), 3);
	/* dead ones are replaced */
	assert_int_equal(count_connections(mem, "/bye", "three", true, 3), 3);
}

/* ---- pieces and leaving ---- */

struct reader {
	struct sp_buf text;
	size_t enough;
	int asked, leave_after;
	int64_t leave_ms;
};

static bool
take_piece(void *arg, const struct sp_http_answer *a, struct sp_str bytes)
{
	struct reader *r = arg;

	assert_int_equal(a->status, 200);
	sp_buf_str(&r->text, bytes);
	return r->text.len < r->enough;
}

static bool
has_gone(void *arg)
{
	struct reader *r = arg;

	return ++r->asked > r->leave_after;
}

static void
pieces(void **state)
{
	struct sp_arena *mem = *state;
	struct reader r = { .enough = 100000, .leave_after = 1 };
	struct sp_http http = request_of(mem, "/endless");
	struct sp_http_answer a;
	const char *why = NULL;

	sp_buf_init(&r.text, mem, 10000000);
	http.max_bytes = 10000000;
	http.piece = take_piece;
	http.arg = &r;
	assert_int_equal(sp_http(mem, &http, &a, &why), SP_HTTP_STOPPED);
	assert_in_range(r.text.len, 100000, 300000);
	assert_int_equal(a.body.len, 0);
	/* a client that leaves ends a request that hangs */
	http = request_of(mem, "/hang");
	http.gone = has_gone;
	http.arg = &r;
	http.pool = "leaving";
	assert_int_equal(sp_http(mem, &http, &a, &why), SP_HTTP_STOPPED);
	assert_int_equal(r.asked, 2);
	assert_int_equal(count_connections(mem, "/", "leaving", true, 2), 1);
}

/* ---- many threads ---- */

static void *
call_often(void *arg)
{
	struct sp_arena *mem = sp_arena_new();
	atomic_int *good = arg;

	for (int i = 0; i < 40; i++) {
		struct sp_http http = request_of(mem, i % 7 == 3 ? "/bye" : "/");
		struct sp_http_answer a;
		const char *why;

		http.pool = sp_printf(mem, "pool %d", i % 3);
		if (sp_http(mem, &http, &a, &why) == SP_HTTP_ANSWER && sp_str_is(a.body, "hello"))
			atomic_fetch_add(good, 1);
		sp_arena_reset(mem);
	}
	sp_arena_free(mem);
	return NULL;
}

static void
threads(void **state)
{
	pthread_t thread[8];
	atomic_int good = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, call_often, &good), 0);
	for (size_t i = 0; i < COUNT(thread); i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(good, 40 * (int)COUNT(thread));
}

static int
setup(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	pthread_t thread;

	*state = sp_arena_new();
	signal(SIGPIPE, SIG_IGN);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, "127.0.0.2", &at.sin_addr);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 64), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	snprintf(port, sizeof(port), "%d", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	pthread_detach(thread);
	return 0;
}

static int
teardown(void **state)
{
	shutdown(listener, SHUT_RDWR);
	sp_arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes), cmocka_unit_test(refusals), cmocka_unit_test(requests_sent),
		cmocka_unit_test(kept), cmocka_unit_test(pieces), cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
