/* test_fetch.c - the address guard, and what a fetch makes of a name's addresses */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include "unit.h"
#include "base/clock.h"
#include "net/fetch.h"
#include "net/guard.h"

#define PATIENCE_MS	20000	/* for what comes at once, if nobody else runs */

static bool
permits(const char *address, const char *allow)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return sp_guard_permits((struct sockaddr *)&v4, allow);
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		fail_msg("%s is no address", address);
	return sp_guard_permits((struct sockaddr *)&v6, allow);
}

/* First and last of each special-purpose range of IANA, and their neighbours outside. */
static const struct {
	const char *address;
	bool open;
} addresses[] = {
	{ "0.0.0.0", false }, { "0.255.255.255", false }, { "1.0.0.0", true },
	{ "9.255.255.255", true }, { "10.0.0.0", false }, { "10.255.255.255", false }, { "11.0.0.0", true },
	{ "100.63.255.255", true }, { "100.64.0.0", false }, { "100.127.255.255", false }, { "100.128.0.0", true },
	{ "126.255.255.255", true }, { "127.0.0.0", false }, { "127.0.0.1", false }, { "127.255.255.255", false }, { "128.0.0.0", true },
	{ "169.253.255.255", true }, { "169.254.0.0", false }, { "169.254.169.254", false }, { "169.254.255.255", false }, { "169.255.0.0", true },
	{ "172.15.255.255", true }, { "172.16.0.0", false }, { "172.31.255.255", false }, { "172.32.0.0", true },
	{ "191.255.255.255", true }, { "192.0.0.0", false }, { "192.0.0.255", false }, { "192.0.1.0", true }, { "192.0.2.1", false },
	{ "192.88.99.1", false }, { "192.167.255.255", true }, { "192.168.0.0", false }, { "192.168.255.255", false }, { "192.169.0.0", true },
	{ "198.17.255.255", true }, { "198.18.0.0", false }, { "198.19.255.255", false }, { "198.20.0.0", true }, { "198.51.100.1", false },
	{ "203.0.113.1", false }, { "203.0.114.0", true }, { "223.255.255.255", true }, { "224.0.0.0", false }, { "239.255.255.255", false },
	{ "240.0.0.0", false }, { "255.255.255.255", false }, { "8.8.8.8", true },
	{ "::", false }, { "::1", false }, { "::2", false }, { "::127.0.0.1", false }, { "::8.8.8.8", false },
	{ "::ffff:127.0.0.1", false }, { "::ffff:10.0.0.1", false }, { "::ffff:169.254.169.254", false }, { "::ffff:8.8.8.8", true },
	{ "::ffff:0:8.8.8.8", false }, { "64:ff9b::10.0.0.1", false }, { "64:ff9b::127.0.0.1", false }, { "64:ff9b::8.8.8.8", true },
	{ "64:ff9b:1::1", false }, { "64:ff9b:1:ffff::8.8.8.8", false }, { "100::1", false }, { "2001::1", false }, { "2001:1::1", false },
	{ "2001:1ff:ffff::", false }, { "2001:200::", true }, { "2001:db8::1", false }, { "2002:7f00:1::", false }, { "2002:808:808::1", false },
	{ "2003::", true }, { "2606:4700:4700::1111", true }, { "3fff::1", false }, { "5f00::1", false }, { "fbff::", true },
	{ "fc00::", false }, { "fd00::1", false }, { "fdff:ffff::", false }, { "fe80::1", false }, { "febf::1", false }, { "fec0::1", false },
	{ "ff02::1", false }, { "ff0e::1", false },
};

static void
guard(void **state)
{
	struct sockaddr local = { .sa_family = AF_UNIX };

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++)
		if (permits(addresses[i].address, "") != addresses[i].open)
			fail_msg("%s: expected %s", addresses[i].address, addresses[i].open ? "open" : "closed");
	assert_false(sp_guard_permits(&local, ""));
	/* what an operator lets through */
	assert_true(permits("10.1.2.3", "10.0.0.0/8"));
	assert_false(permits("10.1.2.3", "10.0.0.0/33"));
	assert_true(permits("127.0.0.2", "10.0.0.0/8 127.0.0.2 fd00::/8"));
	assert_false(permits("127.0.0.1", "10.0.0.0/8 127.0.0.2 fd00::/8"));
	assert_true(permits("fd12::1", "10.0.0.0/8 127.0.0.2 fd00::/8"));
	assert_true(permits("::ffff:10.1.2.3", "10.0.0.0/8"));
	assert_false(permits("64:ff9b::10.1.2.3", "11.0.0.0/8"));
	assert_true(permits("127.0.0.1", "0.0.0.0/0"));
	assert_false(permits("::1", "0.0.0.0/0"));
	assert_true(permits("::1", "::/0"));
	assert_true(permits("10.0.0.129", "10.0.0.128/25"));
	assert_false(permits("10.0.0.127", "10.0.0.128/25"));
}

static void
ranges(void **state)
{
	static const char *const good[] = { "10.0.0.0/8", "0.0.0.0/0", "127.0.0.1", "fd00::/8", "::/0", "::1", "::ffff:10.0.0.0/104" };
	static const char *const bad[] = { "", "/", "x", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8", "::/129", "fd00::/8/8", "10.0.0.0 /8",
		"localhost", "010.0.0.0/8" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		CHECK(sp_guard_range_valid(sp_str(good[i])), good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!sp_guard_range_valid(sp_str(bad[i])), bad[i]);
}

/* ---- a resolver of our own: this program's getaddrinfo() is the one that libraries call, too ---- */

static const char *const *answers;	/* of the next look-ups; NULL: the host does not exist */
static atomic_bool held;		/* look-ups do not come back */
static atomic_int lookups, freed;

static in_port_t
port_of(const char *service)
{
	int64_t n = 0;

	assert_true(sp_str_int64(sp_str(service), 1, 65535, &n));
	return htons((uint16_t)n);
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo **next = out;

	(void)node;
	(void)hints;
	atomic_fetch_add(&lookups, 1);
	while (atomic_load(&held))
		poll(NULL, 0, 5);
	*out = NULL;
	for (const char *const *text = answers; text != NULL && *text != NULL; text++) {
		struct sockaddr_in6 *v6 = calloc(1, sizeof(*v6));
		struct sockaddr_in *v4 = (struct sockaddr_in *)v6;

		*next = calloc(1, sizeof(**next));
		(*next)->ai_addr = (struct sockaddr *)v6;
		if (inet_pton(AF_INET, *text, &v4->sin_addr) == 1) {
			v4->sin_family = AF_INET;
			v4->sin_port = port_of(service);
			(*next)->ai_addrlen = sizeof(*v4);
		} else {
			assert_int_equal(inet_pton(AF_INET6, *text, &v6->sin6_addr), 1);
			v6->sin6_family = AF_INET6;
			v6->sin6_port = port_of(service);
			(*next)->ai_addrlen = sizeof(*v6);
		}
		(*next)->ai_family = v6->sin6_family;
		(*next)->ai_socktype = SOCK_STREAM;
		next = &(*next)->ai_next;
	}
	return *out != NULL ? 0 : EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *list)
{
	atomic_fetch_add(&freed, 1);
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

/* A server on 127.0.0.2 that counts connections and answers each alike. */
static int listener;
static char port[8];
static atomic_int connections;

static void *
serve(void *arg)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON ; x=y\r\nETag: \"e\"\r\n"
	    "Cache-Control: public, Max-Age=\"77\"\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
	char request[4096];
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		atomic_fetch_add(&connections, 1);
		if (read(fd, request, sizeof(request)) > 0)
			(void)!write(fd, answer, sizeof(answer) - 1);
		shutdown(fd, SHUT_WR);
		while (read(fd, request, sizeof(request)) > 0)
			;
		close(fd);
	}
	return NULL;
}

static enum sp_fetch_result
fetch(struct sp_arena *mem, const char *url, const char *allow, struct sp_fetched *out, const char **why)
{
	atomic_store(&lookups, 0);
	atomic_store(&connections, 0);
	return sp_fetch(mem, &(struct sp_fetch){ .url = url, .accept = "application/json", .allow = allow, .http = true,
	    .max_bytes = 100, .timeout_ms = PATIENCE_MS }, out, why);
}

static void
names(void **state)
{
	static const struct {
		const char *name, *answers[20];
		enum sp_fetch_result result;
		int connections;
	} cases[] = {
		{ "one that is allowed", { "127.0.0.2" }, SP_FETCH_ANSWER, 1 },
		{ "a private one", { "127.0.0.1" }, SP_FETCH_REFUSED, 0 },
		{ "a good one and a private one", { "127.0.0.2", "10.0.0.1" }, SP_FETCH_REFUSED, 0 },
		{ "the other way round", { "::1", "127.0.0.2" }, SP_FETCH_REFUSED, 0 },
		{ "a mapped one", { "::ffff:127.0.0.1" }, SP_FETCH_REFUSED, 0 },
		{ "one through NAT64", { "64:ff9b::a00:1" }, SP_FETCH_REFUSED, 0 },
		{ "none", { NULL }, SP_FETCH_UNREACHABLE, 0 },
		{ "nineteen, the last one private", { "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2",
		    "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "10.0.0.1" },
		    SP_FETCH_REFUSED, 0 },
	};
	struct sp_arena *mem = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_fetched f = { .status = 77 };
		const char *why = NULL;
		enum sp_fetch_result result;

		answers = cases[i].answers;
		result = fetch(mem, sp_printf(mem, "http://app.example:%s/x", port), "127.0.0.2", &f, &why);
		if (result != cases[i].result)
			fail_msg("%s: result %d (%s)", cases[i].name, (int)result, why != NULL ? why : "");
		CHECK((why == NULL) == (result == SP_FETCH_ANSWER), cases[i].name);
		/* resolved once: what was judged is what is connected to, whatever a second answer would be */
		CHECK(atomic_load(&lookups) == 1, cases[i].name);
		CHECK(atomic_load(&connections) == cases[i].connections, cases[i].name);
		if (result == SP_FETCH_ANSWER) {
			CHECK(f.status == 200 && f.max_age == 77, cases[i].name);
			CHECK_STR(f.content_type, "application/json", cases[i].name);
			CHECK_STR(f.etag, "\"e\"", cases[i].name);
			CHECK_STR(f.body, "{}", cases[i].name);
		} else
			CHECK(f.status == 77, cases[i].name);
	}
}

static void
urls(void **state)
{
	static const char *const refused[] = { "", "x", "file:///etc/passwd", "gopher://app.example/x", "http://[::1]:%s/x", "http://[::ffff:7f00:2]:%s/x", "ftp://app.example/" };
	static const char *const two[] = { "127.0.0.2", NULL };
	struct sp_arena *mem = *state;
	struct sp_fetched f;
	const char *why;

	answers = two;
	for (size_t i = 0; i < COUNT(refused); i++) {
		CHECK(fetch(mem, refused[i], "0.0.0.0/0 ::/0", &f, &why) == SP_FETCH_REFUSED, refused[i]);
		CHECK(atomic_load(&connections) == 0, refused[i]);
	}
	/* plain http where it was not asked for */
	assert_int_equal(sp_fetch(mem, &(struct sp_fetch){ .url = sp_printf(mem, "http://app.example:%s/x", port), .accept = "x", .allow = "127.0.0.2",
	    .max_bytes = 100, .timeout_ms = 1000 }, &f, &why), SP_FETCH_REFUSED);
	assert_int_equal(atomic_load(&connections), 0);
}

/* A resolver that does not come back costs two seconds, and the thread that waits for it nothing more. */
static void
slow_resolver(void **state)
{
	static const char *const two[] = { "127.0.0.2", NULL };
	struct sp_arena *mem = *state;
	struct sp_fetch slow = { .url = sp_printf(mem, "http://app.example:%s/x", port), .accept = "x", .allow = "127.0.0.2",
		.http = true, .max_bytes = 100, .timeout_ms = PATIENCE_MS };
	struct sp_fetched f;
	int64_t began = sp_monotonic_ms();
	const char *why;

	answers = two;
	atomic_store(&connections, 0);
	atomic_store(&freed, 0);
	atomic_store(&held, true);
	assert_int_equal(sp_fetch(mem, &slow, &f, &why), SP_FETCH_UNREACHABLE);
	assert_in_range(sp_monotonic_ms() - began, 1900, PATIENCE_MS / 2);
	assert_int_equal(atomic_load(&connections), 0);
	assert_int_equal(atomic_load(&freed), 0);
	/* the late answer is freed by its own thread */
	atomic_store(&held, false);
	for (began = sp_monotonic_ms(); atomic_load(&freed) == 0; poll(NULL, 0, 5))
		assert_in_range(sp_monotonic_ms() - began, 0, PATIENCE_MS);
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
	assert_int_equal(listen(listener, 16), 0);
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
		cmocka_unit_test(guard), cmocka_unit_test(ranges), cmocka_unit_test(names), cmocka_unit_test(urls), cmocka_unit_test(slow_resolver),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
