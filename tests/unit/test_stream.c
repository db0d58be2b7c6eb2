/* test_stream.c - answers as events, while their handler runs; stream_demo is the program */
#include "stream_client.h"

static void
headers_and_events(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/ticks/3,10", true);
	const char *text, *body;

	(void)state;
	assert_true(hear_end(&h, PATIENCE));
	text = text_of(&h);
	assert_int_equal(strncmp(text, "Status: 200 OK\r\n", 16), 0);
	assert_non_null(strstr(text, "\r\nContent-Type: text/event-stream\r\n"));
	assert_non_null(strstr(text, "\r\nX-Accel-Buffering: no\r\n"));
	assert_non_null(strstr(text, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(text, "\r\nX-Request-Id: "));
	assert_null(strstr(text, "Content-Length"));
	body = strstr(text, "\r\n\r\n") + 4;
	assert_int_equal(strncmp(body, ":\n\nid: 0\ndata: ", 15), 0);
	assert_int_equal(times_in(&h, "data: "), 3);
	assert_true(sp_str_ends(sp_str(body), "\n\n"));
	assert_int_equal(ask(h.fd, "GET", "/mcp/hello", NULL, true), 200);	/* kept */
	assert_int_equal(ask(h.fd, "GET", "/mcp/ticks/1,0", NULL, true), 200);
	assert_int_equal(ask(h.fd, "POST", "/mcp/ticks/1,0", "body", false), 200);
	assert_true(is_closed_by_peer(h.fd));
	heard_free(&h);
	worker_stop(pid);
	assert_int_equal(in_log("\"events\":3,"), 1);
	assert_int_equal(in_log("\"gone\""), 0);
}

static void
head_has_no_events(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = { .fd = connect_to(worker.socket) };

	(void)state;
	send_request(h.fd, "HEAD", "/mcp/ticks/3,10", NULL, true);
	assert_true(hear_end(&h, PATIENCE));
	assert_true(sp_str_ends(sp_str(text_of(&h)), "\r\n\r\n"));
	assert_non_null(strstr(text_of(&h), "text/event-stream"));
	assert_null(strstr(text_of(&h), "Content-Length"));
	assert_int_equal(ask(h.fd, "GET", "/mcp/hello", NULL, true), 200);
	heard_free(&h);
	worker_stop(pid);
}

static void
the_first_byte_comes_at_once(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h;
	int64_t since;

	(void)state;
	assert_int_equal(counted("open "), 0);
	since = sp_monotonic_ms();
	h = ask_stream("/mcp/idle/1000", false);
	assert_true(hear(&h, ":\n\n", PATIENCE));
	assert_in_range(sp_monotonic_ms() - since, 0, 700);
	assert_int_equal(counted("open "), 1);
	assert_true(hear_end(&h, PATIENCE));
	heard_free(&h);
	assert_int_equal(counted("open "), 0);
	worker_stop(pid);
}

static void
comments_in_silence(void **state)
{
	pid_t pid = worker_start_with("stream_keepalive = 1\n");
	struct heard h = ask_stream("/mcp/idle/3500", false);

	(void)state;
	assert_true(hear_end(&h, PATIENCE));
	assert_in_range(times_in(&h, ":\n\n"), 1 + 2, 1 + 3);
	assert_int_equal(times_in(&h, "data: over\n\n"), 1);
	heard_free(&h);
	worker_stop(pid);
}

static void
send_abort(int fd)
{
	struct message m = { NULL };

	record(&m, FCGI_ABORT, 1, "", 0);
	assert_true(send_bytes(fd, m.bytes, m.len));
	message_free(&m);
}

/* In each way that a web server may tell it. */
static void
a_client_that_leaves(void **state)
{
	pid_t pid = worker_start_with("");
	int64_t since;

	(void)state;
	for (int way = 0; way < 3; way++) {
		struct heard h = ask_stream("/mcp/idle/20000", true);

		assert_true(hear(&h, ":\n\n", PATIENCE));
		since = sp_monotonic_ms();
		if (way == 0)
			close(h.fd);
		else if (way == 1)
			shutdown(h.fd, SHUT_WR);
		else
			send_abort(h.fd);
		assert_true(wait_counted("open ", 0, PATIENCE) >= 0);
		assert_in_range(sp_monotonic_ms() - since, 0, 1000);
		if (way == 0)
			h.fd = -1;
		else
			assert_true(is_closed_by_peer(h.fd));
		heard_free(&h);
	}
	worker_stop(pid);
	assert_int_equal(in_log("\"sent\":\"no\",\"gone\":\"client\""), 3);
}

/* The abort comes in one go with the request: it is not even begun. */
static void
aborted_at_once(void **state)
{
	pid_t pid = worker_start_with("");
	struct message m = request("GET", "/mcp/idle/5000", NULL, true);
	int fd = connect_to(worker.socket);

	(void)state;
	record(&m, FCGI_ABORT, 1, "", 0);
	assert_true(send_bytes(fd, m.bytes, m.len));
	assert_true(is_closed_by_peer(fd));
	close(fd);
	message_free(&m);
	worker_stop(pid);
	assert_int_equal(in_log("idle"), 0);
}

/* What waits behind a stream is not its business, and not lost without a word. */
static void
another_request_behind_it(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/idle/400", true);

	(void)state;
	assert_true(hear(&h, ":\n\n", PATIENCE));
	send_request(h.fd, "GET", "/mcp/hello", NULL, true);
	assert_true(hear(&h, "data: over", PATIENCE));
	assert_true(hear_end(&h, 1000));
	h.ended = false;
	assert_true(hear(&h, "\"hello\"", 1000));
	heard_free(&h);
	worker_stop(pid);
}

static void
a_client_that_does_not_read(void **state)
{
	pid_t pid = worker_start_with("threads = 2\n");
	struct heard h = ask_stream("/mcp/flood/100000000", false);
	int64_t since = sp_monotonic_ms();

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_string_equal(ask_text("GET", "/mcp/hello", NULL), "{\"hello\":\"world\"}");
	assert_in_range(sp_monotonic_ms() - since, 0, 3000);
	while (counted("open ") == 0 && sp_monotonic_ms() - since < 5000)
		poll(NULL, 0, 10);
	while (counted("open ") > 0 && sp_monotonic_ms() - since < 20000)
		poll(NULL, 0, 100);
	assert_in_range(sp_monotonic_ms() - since, 9000, 13000);
	heard_free(&h);
	worker_stop(pid);
	assert_int_equal(in_log("\"gone\":\"client\""), 1);
}

static void
a_client_that_reads_slowly(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/flood/3000000", false);

	(void)state;
	poll(NULL, 0, 1000);
	assert_true(hear_end(&h, 20000));
	assert_int_equal(times_in(&h, "data: "), 3000000 / 1024 + 1);
	heard_free(&h);
	worker_stop(pid);
}

static void
failures(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/fail", true);

	(void)state;
	assert_true(hear_end(&h, PATIENCE));
	assert_non_null(strstr(text_of(&h), "Status: 200"));
	assert_int_equal(times_in(&h, "Status:"), 1);
	assert_true(sp_str_ends(sp_str(text_of(&h)), "data: one\n\n"));
	assert_int_equal(ask(h.fd, "GET", "/mcp/large", NULL, true), 500);
	assert_int_equal(ask(h.fd, "GET", "/mcp/ticks/x", NULL, true), 400);
	assert_int_equal(ask(h.fd, "GET", "/mcp/hello", NULL, true), 200);
	heard_free(&h);
	worker_stop(pid);
	assert_int_equal(in_log("\"problem\":\"server_error\",\"detail\":\"what was to be streamed"), 1);
}

static void
sigterm_lets_it_finish(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/idle/1500", true);

	(void)state;
	assert_true(hear(&h, ":\n\n", PATIENCE));
	kill(pid, SIGTERM);
	assert_true(hear_end(&h, PATIENCE));
	assert_int_equal(times_in(&h, "data: over"), 1);
	heard_free(&h);
	assert_int_equal(wait_for_end(pid), 0);
}

/* Runs the program as CGI: its output until it ends by itself or is closed after so many ms. */
static int
run_cgi(const char *uri, int close_after_ms, char *output, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t n = 1;
	int64_t until;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	unlink(worker.log);
	pid = fork();
	if (pid == 0) {
		int log = open(worker.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		int null = open("/dev/null", O_RDONLY);

		dup2(null, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv("SALLYPORT_CONFIG", worker.config, 1);
		setenv("REQUEST_METHOD", "GET", 1);
		setenv("REQUEST_URI", uri, 1);
		execl(worker.program, "demo", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	until = sp_monotonic_ms() + close_after_ms;
	while (n > 0 && sp_monotonic_ms() < until) {
		struct pollfd p = { .fd = ends[0], .events = POLLIN };

		if (poll(&p, 1, (int)(until - sp_monotonic_ms())) > 0 &&
		    (n = read(ends[0], output + len, size - 1 - len)) > 0)
			len += (size_t)n;
	}
	output[len] = '\0';
	close(ends[0]);
	status = wait_for_end(pid);
	return status;
}

static void
as_cgi(void **state)
{
	char output[65536];
	int64_t since;

	(void)state;
	worker_config("stream_keepalive = 1\n");
	assert_int_equal(run_cgi("/mcp/ticks/3,10", 5000, output, sizeof(output)), 0);
	assert_int_equal(strncmp(output, "Status: 200 OK\r\n", 16), 0);
	assert_null(strstr(output, "Content-Length"));
	assert_non_null(strstr(output, "\r\n\r\n:\n\nid: 0\ndata: "));
	assert_non_null(strstr(output, "id: 2\ndata: "));
	assert_int_equal(in_log("\"events\":3"), 1);

	assert_int_equal(run_cgi("/mcp/park", 5000, output, sizeof(output)), 0);
	assert_int_equal(strncmp(output, "Status: 503", 11), 0);
	assert_non_null(strstr(output, "temporarily_unavailable"));

	since = sp_monotonic_ms();
	assert_int_equal(run_cgi("/mcp/idle/20000", 500, output, sizeof(output)), 1);
	assert_in_range(sp_monotonic_ms() - since, 0, 2500);
	assert_int_equal(in_log("\"gone\":\"client\""), 1);

	assert_int_equal(run_cgi("/mcp/flood/1000000", 500, output, 30000), 1);
}

static int
setup(void **state)
{
	(void)state;
	return worker_setup("stream_demo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_and_events),
		cmocka_unit_test(head_has_no_events),
		cmocka_unit_test(the_first_byte_comes_at_once),
		cmocka_unit_test(comments_in_silence),
		cmocka_unit_test(a_client_that_leaves),
		cmocka_unit_test(aborted_at_once),
		cmocka_unit_test(another_request_behind_it),
		cmocka_unit_test(a_client_that_does_not_read),
		cmocka_unit_test(a_client_that_reads_slowly),
		cmocka_unit_test(failures),
		cmocka_unit_test(sigterm_lets_it_finish),
		cmocka_unit_test(as_cgi),
	};

	return cmocka_run_group_tests(tests, setup, worker_teardown);
}
