/*
 * test_worker.c - what must not happen to a worker, done to one
 *
 * worker_demo runs as a FastCGI process on a socket in a directory of its own;
 * this program is its web server (fcgi_client.h), its supervisor and its enemy.  Restarts under
 * load are in test_restart.c.
 */
#include "worker_process.h"

#define LONG	"request_timeout = 60\n"	/* longer than this program waits for anything */

static int
ask_once(const char *method, const char *uri, const char *body)
{
	int fd = connect_to(worker.socket), status;

	assert_true(fd >= 0);
	status = ask(fd, method, uri, body, false);
	close(fd);
	return status;
}

/* ---- the ordinary ---- */

static void
one_by_one(void **state)
{
	pid_t pid = worker_start_with("");
	struct message m = request("POST", "/echo", "hello", false);
	int fd = connect_to(worker.socket);
	struct stat st;
	struct reply r;

	(void)state;
	assert_int_equal(stat(worker.socket, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_true(send_bytes(fd, m.bytes, m.len));
	r = read_reply(fd);
	assert_true(r.ended);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.body_len, 5);
	assert_memory_equal(r.body, "hello", 5);
	assert_true(is_closed_by_peer(fd));
	close(fd);
	message_free(&r.text);
	message_free(&m);
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	assert_int_equal(ask_once("HEAD", "/hello", NULL), 200);
	assert_int_equal(ask_once("TRACE", "/hello", NULL), 405);
	assert_int_equal(ask_once("GET", "/none", NULL), 404);
	assert_int_equal(ask_once("GET", "/x/../hello", NULL), 404);
	worker_stop(pid);
	assert_int_not_equal(access(worker.socket, F_OK), 0);	/* its own socket is gone */
}

static void
a_thousand_on_one_connection(void **state)
{
	pid_t pid = worker_start_with("");
	int fd = connect_to(worker.socket), before;

	(void)state;
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	before = count_of(pid, "fd");
	for (int i = 0; i < 500; i++) {
		assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
		assert_int_equal(ask(fd, "POST", "/echo", "x", true), 200);
	}
	assert_int_equal(ask(fd, "GET", "/none", NULL, true), 404);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, false), 200);
	assert_true(is_closed_by_peer(fd));
	close(fd);
	assert_int_equal(descriptors_settle(pid, before - 1), before - 1);
	worker_stop(pid);
}

static void
kept_connections_starve_nobody(void **state)
{
	pid_t pid = worker_start_with("threads = 8\n");
	int kept[32];

	(void)state;
	for (size_t i = 0; i < COUNT(kept); i++) {
		kept[i] = connect_to(worker.socket);
		assert_int_equal(ask(kept[i], "GET", "/hello", NULL, true), 200);
	}
	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < COUNT(kept); i++)
			assert_int_equal(ask(kept[(i * 7 + (size_t)round) % COUNT(kept)], "GET", "/hello",
			    NULL, true), 200);
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	for (size_t i = 0; i < COUNT(kept); i++)
		close(kept[i]);
	worker_stop(pid);
}

static void
large_bodies(void **state)
{
	static const size_t sizes[] = { 8191, 16384, 40000, 65536, 1048576 };
	pid_t pid = worker_start_with("max_body = 1048576\n");
	int fd = connect_to(worker.socket);
	char *body = malloc(1048578);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(body, 'a' + (int)i, sizes[i]);
		body[sizes[i]] = '\0';
		assert_int_equal(ask(fd, "POST", "/echo", body, true), 200);
	}
	memset(body, 'x', 1048577);
	body[1048577] = '\0';
	assert_int_equal(ask(fd, "POST", "/echo", body, true), 413);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);	/* it was read away */
	assert_int_equal(ask(fd, "GET", "/bytes/10000000", NULL, true), 200);
	close(fd);
	free(body);
	worker_stop(pid);
}

static void
a_byte_at_a_time(void **state)
{
	pid_t pid = worker_start_with("");
	struct message m = request("POST", "/echo", "slow", true);
	int fd = connect_to(worker.socket);
	struct reply r;

	(void)state;
	for (size_t i = 0; i < m.len; i++) {
		assert_true(send_bytes(fd, m.bytes + i, 1));
		poll(NULL, 0, 1);
	}
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	message_free(&r.text);
	message_free(&m);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	close(fd);
	worker_stop(pid);
}

/* ---- senders who do not keep to the rules ---- */

static void
pipelined(void **state)
{
	pid_t pid = worker_start_with("");
	struct message one = request("GET", "/hello", NULL, true), two = { NULL };
	int fd = connect_to(worker.socket);
	struct reply r;

	(void)state;
	message_add(&two, one.bytes, one.len);
	message_add(&two, one.bytes, one.len);
	assert_true(send_bytes(fd, two.bytes, two.len));
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	assert_true(is_closed_by_peer(fd));	/* and not silent for ever */
	close(fd);
	message_free(&r.text);
	message_free(&one);
	message_free(&two);
	worker_stop(pid);
}

static void
bodies_cut_short(void **state)
{
	pid_t pid = worker_start_with("");
	struct message m = { NULL };
	int fd, before;
	struct reply r;

	(void)state;
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	before = count_of(pid, "fd");
	for (int i = 0; i < 20; i++) {		/* the client goes away in mid-body */
		m.len = 0;
		begin(&m, 1, 1, false);
		params(&m, 1, "POST", "/echo", i < 10 ? 500 : 100000);
		for (int k = 0; k < (i < 10 ? 1 : 200); k++)
			stdin_records(&m, 1, "0123456789012345678901234567890123456789", 40);
		fd = connect_to(worker.socket);
		assert_true(send_bytes(fd, m.bytes, m.len));
		close(fd);
	}
	m.len = 0;				/* the web server ends it properly, but too early */
	begin(&m, 1, 1, true);
	params(&m, 1, "POST", "/echo", 500);
	stdin_records(&m, 1, "short", 5);
	record(&m, FCGI_STDIN, 1, "", 0);
	fd = connect_to(worker.socket);
	assert_true(send_bytes(fd, m.bytes, m.len));
	r = read_reply(fd);
	assert_int_equal(r.status, 400);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	close(fd);
	message_free(&r.text);
	message_free(&m);
	/* fewer, when a connection of before was still on its way out */
	assert_true(descriptors_settle(pid, before) <= before);
	worker_stop(pid);
	assert_int_equal(in_log("\"route\":\"/echo\",\"status\":200"), 0);	/* no handler saw a part */
}

/* Those of each kind: nothing was sent, a part of a request, half of one that is larger than the peek. */
#define EACH	10
static const char half_a_body[30000];

static void
send_to_new_ones(int fds[EACH], const struct message *m, size_t len)
{
	for (size_t i = 0; i < EACH; i++) {
		fds[i] = connect_to(worker.socket);
		assert_true(fds[i] >= 0 && send_bytes(fds[i], m->bytes, len));
	}
}

/* More of them than there are threads, and none of them holds one. */
static void
silent_and_slow_connections(void **state)
{
	pid_t pid = worker_start_with("threads = 2\n" LONG);
	struct message m = { NULL };
	int silent[EACH], begun[EACH], large[EACH];

	(void)state;
	begin(&m, 1, 1, true);
	params(&m, 1, "POST", "/echo", 2 * sizeof(half_a_body));
	send_to_new_ones(silent, &m, 0);
	send_to_new_ones(begun, &m, m.len - 9);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	stdin_records(&m, 1, half_a_body, sizeof(half_a_body));
	send_to_new_ones(large, &m, m.len);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);

	m.len = 0;		/* they go on after all, and are answered, whichever of them a thread reads */
	stdin_records(&m, 1, half_a_body, sizeof(half_a_body));
	record(&m, FCGI_STDIN, 1, "", 0);
	for (size_t i = 0; i < EACH; i++)
		assert_true(send_bytes(large[i], m.bytes, m.len));
	for (size_t i = 0; i < EACH; i++) {
		struct reply r = read_reply(large[i]);

		assert_int_equal(r.status, 200);
		message_free(&r.text);
	}
	for (size_t i = 0; i < EACH; i++) {
		close(silent[i]);
		close(begun[i]);
		close(large[i]);
	}
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	message_free(&m);
	worker_stop(pid);
}

/* The same, but request_timeout ends them: without an answer, or with 408. */
static void
connections_that_take_too_long(void **state)
{
	pid_t pid = worker_start_with("threads = 2\nrequest_timeout = 1\n");
	struct message m = { NULL };
	int silent[EACH], begun[EACH], large[EACH];

	(void)state;
	begin(&m, 1, 1, true);
	params(&m, 1, "POST", "/echo", 2 * sizeof(half_a_body));
	send_to_new_ones(silent, &m, 0);
	send_to_new_ones(begun, &m, m.len - 9);
	stdin_records(&m, 1, half_a_body, sizeof(half_a_body));
	send_to_new_ones(large, &m, m.len);
	for (size_t i = 0; i < EACH; i++) {
		struct reply r = read_reply(large[i]);

		assert_true(is_closed_by_peer(silent[i]));
		assert_true(is_closed_by_peer(begun[i]));
		assert_true(r.status == 0 || r.status == 408);
		message_free(&r.text);
		close(silent[i]);
		close(begun[i]);
		close(large[i]);
	}
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	message_free(&m);
	worker_stop(pid);
}

static void
records_that_make_no_request(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t bytes[48];
	} cases[] = {
		{ "not FastCGI", 18, "GET / HTTP/1.1\r\n\r\n" },
		{ "version 2", 16, { 2, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 1 } },
		{ "request id 0", 16, { 1, FCGI_BEGIN, 0, 0, 0, 8, 0, 0, 0, 1, 1 } },
		{ "authorizer", 16, { 1, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 2, 1 } },
		{ "filter", 16, { 1, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 3, 1 } },
		{ "begin of the wrong size", 24, { 1, FCGI_BEGIN, 0, 1, 0, 16, 0, 0, 0, 1, 1 } },
		{ "no begin", 8, { 1, FCGI_PARAMS, 0, 1, 0, 0, 0, 0 } },
		{ "abort", 8, { 1, FCGI_ABORT, 0, 1, 0, 0, 0, 0 } },
		{ "begin, abort", 24, { 1, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
		    1, FCGI_ABORT, 0, 1, 0, 0, 0, 0 } },
		{ "begin twice", 32, { 1, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
		    1, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0 } },
		{ "two requests mixed", 32, { 1, FCGI_BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
		    1, FCGI_BEGIN, 0, 2, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0 } },
		{ "management", 24, { 1, FCGI_GET_VALUES, 0, 0, 0, 16, 0, 0, 14, 0, 'F', 'C', 'G', 'I', '_',
		    'M', 'A', 'X', '_', 'C', 'O', 'N', 'N', 'S' } },
	};
	pid_t pid = worker_start_with("");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = connect_to(worker.socket);

		assert_true(send_bytes(fd, cases[i].bytes, cases[i].len));
		CHECK(is_closed_by_peer(fd), cases[i].name);
		close(fd);
	}
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	worker_stop(pid);
}

/* What libfcgi gets wrong, and a request that ends in the middle of a variable. */
static void
variables_that_lie(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t bytes[16];
	} cases[] = {
		{ "a name longer than the record", 4, { 100, 1, 'a', 'b' } },
		{ "a length of which a part is missing", 2, { 0x80, 0 } },
		{ "a length of 2 GiB", 8, { 0xff, 0xff, 0xff, 0xff, 0, 'a', 'b', 'c' } },
		{ "no value", 3, { 1, 1, 'a' } },
	};
	pid_t pid = worker_start_with("");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct message m = { NULL };
		int fd = connect_to(worker.socket);
		struct reply r;

		begin(&m, 1, 1, true);
		record(&m, FCGI_PARAMS, 1, cases[i].bytes, cases[i].len);
		record(&m, FCGI_PARAMS, 1, "", 0);
		record(&m, FCGI_STDIN, 1, "", 0);
		assert_true(send_bytes(fd, m.bytes, m.len));
		r = read_reply(fd);
		CHECK(r.status == 0, cases[i].name);
		message_free(&r.text);
		message_free(&m);
		close(fd);
	}
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	worker_stop(pid);
}

static void
a_client_that_does_not_read(void **state)
{
	pid_t pid = worker_start_with("threads = 2\n" LONG);
	struct message m = request("GET", "/bytes/16000000", NULL, true);
	int fd = connect_to(worker.socket);

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	close(fd);
	worker_stop(pid);

	pid = worker_start_with("request_timeout = 1\n");
	fd = connect_to(worker.socket);
	assert_true(send_bytes(fd, m.bytes, m.len));
	assert_int_equal(wait_log("\"sent\":\"no\"", 1), 1);
	close(fd);
	message_free(&m);
	worker_stop(pid);
}

static void
out_of_descriptors(void **state)
{
	int listener, many[60];
	pid_t pid;

	(void)state;
	unlink(worker.log);
	worker_config("threads = 2\n");
	listener = worker_shared_socket();
	pid = worker_start(listener, 24);
	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = connect_to(worker.socket);
		assert_true(many[i] >= 0);
	}
	assert_true(wait_log("out_of_descriptors", 1) > 0);
	poll(NULL, 0, 500);			/* time to say it again */
	for (size_t i = 0; i < COUNT(many); i++)
		close(many[i]);
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	assert_in_range(in_log("out_of_descriptors"), 1, 3);	/* said, but not over and over */
	worker_stop(pid);
	close(listener);
}

/* ---- signals ---- */

static void
an_idle_worker_ends_at_once(void **state)
{
	pid_t pid = worker_start_with(LONG);
	int kept;

	(void)state;
	worker_stop(pid);

	pid = worker_start_with(LONG);
	kept = connect_to(worker.socket);
	assert_int_equal(ask(kept, "GET", "/hello", NULL, true), 200);
	worker_stop(pid);
	assert_true(is_closed_by_peer(kept));
	close(kept);
}

/* A new connection whose first byte takes its time: the web server was busy. */
static void
a_new_connection_has_its_time(void **state)
{
	pid_t pid = worker_start_with(LONG);
	int fd = connect_to(worker.socket);

	(void)state;
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);		/* so it has been accepted */
	kill(pid, SIGTERM);
	assert_int_equal(wait_log("draining", 1), 1);
	poll(NULL, 0, 500);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	assert_int_equal(wait_for_end(pid), 0);
	close(fd);
}

static void
what_was_begun_is_finished(void **state)
{
	pid_t pid = worker_start_with("");
	struct message m = request("GET", "/sleep/700", NULL, true);
	int fd = connect_to(worker.socket), late = connect_to(worker.socket), refused;
	struct reply r;

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	assert_true(send_bytes(late, m.bytes, m.len - 20));
	kill(pid, SIGTERM);
	while ((refused = connect_to(worker.socket)) >= 0) {	/* no more requests */
		close(refused);
		poll(NULL, 0, 10);
	}
	assert_true(send_bytes(late, m.bytes + m.len - 20, 20));	/* had begun, too */
	r = read_reply(fd);
	assert_int_equal(r.status, 200);
	assert_true(is_closed_by_peer(fd));
	message_free(&r.text);
	r = read_reply(late);
	assert_int_equal(r.status, 200);
	message_free(&r.text);
	message_free(&m);
	assert_int_equal(wait_for_end(pid), 0);
	close(fd);
	close(late);
}

static void
a_second_signal_ends_it(void **state)
{
	pid_t pid = worker_start_with(LONG);
	struct message m = request("GET", "/sleep/10000", NULL, true);
	int fd = connect_to(worker.socket);

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	kill(pid, SIGTERM);
	assert_int_equal(wait_log("draining", 1), 1);
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 1);
	close(fd);
	message_free(&m);
}

static void
draining_has_an_end(void **state)
{
	pid_t pid = worker_start_with("request_timeout = 1\n");
	struct message m = request("GET", "/sleep/10000", NULL, true);
	int fd = connect_to(worker.socket);

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 1);
	assert_int_equal(in_log("drain_timeout"), 1);
	close(fd);
	message_free(&m);
}

static bool
who_says(int fd, const char *text)
{
	struct message m = request("GET", "/who", NULL, true);
	struct reply r;
	bool found;

	assert_true(send_bytes(fd, m.bytes, m.len));
	r = read_reply(fd);
	found = r.status == 200 && strstr(r.body, text) != NULL;
	message_free(&r.text);
	message_free(&m);
	return found;
}

static void
reload(void **state)
{
	pid_t pid = worker_start_with("signin_tries = 7\n");
	int fd = connect_to(worker.socket);

	(void)state;
	assert_true(who_says(fd, "\"signin_tries\":\"7\""));
	worker_config("signin_tries = 9\n");
	kill(pid, SIGHUP);
	assert_int_equal(wait_log("\"reloaded\"", 1), 1);
	assert_true(who_says(fd, "\"signin_tries\":\"9\""));	/* the same connection, too */
	worker_config("signin_tries = nine\nsurprise = 1\n");
	kill(pid, SIGHUP);
	assert_int_equal(wait_log("reload_refused", 2), 2);	/* every fault, not only the first */
	assert_true(who_says(fd, "\"signin_tries\":\"9\""));
	close(fd);
	worker_stop(pid);
}

static void
recycling(void **state)
{
	pid_t pid = worker_start_with("max_requests = 10\n");
	int fd = connect_to(worker.socket);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	assert_int_equal(wait_for_end(pid), 0);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	return worker_setup("worker_demo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(a_thousand_on_one_connection),
		cmocka_unit_test(kept_connections_starve_nobody),
		cmocka_unit_test(large_bodies),
		cmocka_unit_test(a_byte_at_a_time),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(bodies_cut_short),
		cmocka_unit_test(silent_and_slow_connections),
		cmocka_unit_test(connections_that_take_too_long),
		cmocka_unit_test(records_that_make_no_request),
		cmocka_unit_test(variables_that_lie),
		cmocka_unit_test(a_client_that_does_not_read),
		cmocka_unit_test(out_of_descriptors),
		cmocka_unit_test(an_idle_worker_ends_at_once),
		cmocka_unit_test(a_new_connection_has_its_time),
		cmocka_unit_test(what_was_begun_is_finished),
		cmocka_unit_test(a_second_signal_ends_it),
		cmocka_unit_test(draining_has_an_end),
		cmocka_unit_test(reload),
		cmocka_unit_test(recycling),
	};

	return cmocka_run_group_tests(tests, setup, worker_teardown);
}
