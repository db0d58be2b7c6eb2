/* test_parked.c - streams that wait without a thread; stream_demo is the program */
#include <pthread.h>
#include <stdatomic.h>
#include "stream_client.h"

static void
news_until_the_end(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard kept = ask_stream("/mcp/park", true), once = ask_stream("/mcp/park", false);

	(void)state;
	assert_true(hear(&kept, "data: welcome\n\n", PATIENCE));
	assert_true(hear(&once, "data: welcome\n\n", PATIENCE));
	assert_true(wait_counted("parked ", 2, PATIENCE) >= 0);
	assert_string_equal(ask_text("POST", "/mcp/news", "one"), "2");
	assert_string_equal(ask_text("POST", "/mcp/news", "two\nlines"), "2");
	assert_true(hear(&kept, "data: one\n\ndata: two\ndata: lines\n\n", PATIENCE));
	assert_true(hear(&once, "data: one\n\ndata: two\ndata: lines\n\n", PATIENCE));
	assert_string_equal(ask_text("POST", "/mcp/close", "last"), "2");
	assert_true(hear_end(&kept, PATIENCE));
	assert_true(hear_end(&once, PATIENCE));
	assert_true(sp_str_ends(sp_str(text_of(&kept)), "data: last\n\n"));
	assert_true(sp_str_ends(sp_str(text_of(&once)), "data: last\n\n"));
	assert_true(wait_counted("parked ", 0, PATIENCE) >= 0);
	assert_int_equal(counted("closed "), 2);

	/* the one is the web server's again, and the other is closed */
	assert_true(is_closed_by_peer(once.fd));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(kept.fd, "GET", "/mcp/hello", NULL, true), 200);
		send_request(kept.fd, "POST", "/mcp/park", "x", true);
		kept.ended = false;
		kept.text.len = 0;
		assert_true(hear(&kept, "data: welcome\n\n", PATIENCE));
		assert_true(wait_counted("parked ", 1, PATIENCE) >= 0);
		assert_string_equal(ask_text("POST", "/mcp/close", "bye"), "1");
		assert_true(hear_end(&kept, PATIENCE));
	}
	heard_free(&kept);
	heard_free(&once);
	worker_stop(pid);
	assert_int_equal(in_log("\"route\":\"/mcp/park\",\"status\":200"), 5);
	assert_int_equal(in_log("\"events\":5,"), 2);
	assert_int_equal(in_log("\"gone\""), 0);
}

static void
news_before_the_handler_returns(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/park-late/300", true);

	(void)state;
	assert_true(hear(&h, ":\n\n", PATIENCE));
	assert_true(hear(&h, "data: early\n\n", PATIENCE));
	assert_string_equal(ask_text("POST", "/mcp/close", ""), "1");
	assert_true(hear_end(&h, PATIENCE));
	heard_free(&h);
	h = ask_stream("/mcp/park-late/500", true);		/* closed before, too */
	assert_true(hear(&h, ":\n\n", PATIENCE));
	poll(NULL, 0, 100);
	assert_string_equal(ask_text("POST", "/mcp/close", "early end"), "1");
	assert_true(hear_end(&h, PATIENCE));
	assert_int_equal(times_in(&h, "data: early\n\ndata: early end\n\n"), 1);
	assert_int_equal(ask(h.fd, "GET", "/mcp/hello", NULL, true), 200);
	heard_free(&h);
	worker_stop(pid);
}

static void
clients_that_leave(void **state)
{
	pid_t pid = worker_start_with("");
	int before;

	(void)state;
	assert_int_equal(counted("parked "), 0);
	before = count_of(pid, "fd");
	for (int way = 0; way < 4; way++) {
		struct heard h = ask_stream("/mcp/park", true);
		struct message m = { NULL };

		assert_true(hear(&h, "welcome", PATIENCE));
		assert_true(wait_counted("parked ", 1, PATIENCE) >= 0);
		record(&m, FCGI_ABORT, 1, "", 0);
		if (way == 0) {
			close(h.fd);
			h.fd = -1;
		} else if (way == 1) {
			shutdown(h.fd, SHUT_WR);
		} else if (way == 2) {
			assert_true(send_bytes(h.fd, m.bytes, m.len));
		} else {			/* what is no abort changes nothing */
			m.bytes[1] = FCGI_STDIN;
			assert_true(send_bytes(h.fd, m.bytes, m.len));
			poll(NULL, 0, 200);
			assert_int_equal(counted("parked "), 1);
			close(h.fd);
			h.fd = -1;
		}
		assert_true(wait_counted("parked ", 0, PATIENCE) >= 0);
		assert_int_equal(counted("closed "), way + 1);
		if (h.fd >= 0)
			assert_true(is_closed_by_peer(h.fd));
		heard_free(&h);
		message_free(&m);
	}
	assert_string_equal(ask_text("POST", "/mcp/news", "x"), "0");
	assert_true(descriptors_settle(pid, before + 2) <= before + 2);	/* epoll and eventfd of the thread */
	worker_stop(pid);
	assert_int_equal(in_log("\"gone\":\"client\""), 4);
}

/* A web server that says nothing when its client goes refuses what is written, sooner or later. */
static void
found_out_by_a_comment(void **state)
{
	pid_t pid = worker_start_with("stream_keepalive = 1\n");
	struct heard h = ask_stream("/mcp/park", false);

	(void)state;
	assert_true(hear(&h, "welcome", PATIENCE));
	assert_true(hear_times(&h, ":\n\n", 3, PATIENCE));
	assert_int_equal(counted("parked "), 1);
	shutdown(h.fd, SHUT_RD);		/* sends nothing; writing fails */
	assert_true(wait_counted("parked ", 0, PATIENCE) >= 0);
	heard_free(&h);
	worker_stop(pid);
}

static void
places_are_limited(void **state)
{
	pid_t pid = worker_start_with("max_streams = 3\n");
	struct heard h[4];

	(void)state;
	for (int i = 0; i < 3; i++) {
		h[i] = ask_stream("/mcp/park", false);
		assert_true(hear(&h[i], "welcome", PATIENCE));
	}
	h[3] = ask_stream("/mcp/park", true);
	assert_true(hear_end(&h[3], PATIENCE));
	assert_int_equal(times_in(&h[3], "Status: 503 "), 1);
	assert_int_equal(times_in(&h[3], "Retry-After: 5\r\n"), 1);
	assert_int_equal(times_in(&h[3], "event-stream"), 0);
	assert_int_equal(counted("refused "), 1);
	assert_int_equal(counted("places "), 3);
	heard_free(&h[0]);
	assert_true(wait_counted("parked ", 2, PATIENCE) >= 0);
	assert_int_equal(ask(h[3].fd, "HEAD", "/mcp/park", NULL, true), 200);	/* takes no place for good */
	h[0] = ask_stream("/mcp/park", false);
	assert_true(hear(&h[0], "welcome", PATIENCE));
	assert_int_equal(ask(h[3].fd, "GET", "/mcp/park", NULL, true), 503);

	worker_config("max_streams = 4\n");
	kill(pid, SIGHUP);
	assert_int_equal(wait_log("\"reloaded\"", 1), 1);
	h[3].ended = false;
	h[3].text.len = 0;
	send_request(h[3].fd, "GET", "/mcp/park", NULL, true);
	assert_true(hear(&h[3], "welcome", PATIENCE));
	for (int i = 0; i < 4; i++)
		heard_free(&h[i]);
	worker_stop(pid);

	pid = worker_start_with("max_streams = 0\n");
	h[0] = ask_stream("/mcp/park", false);
	assert_true(hear_end(&h[0], PATIENCE));
	assert_int_equal(times_in(&h[0], "Status: 503 "), 1);
	heard_free(&h[0]);
	worker_stop(pid);
}

static void
descriptors_are_limited(void **state)
{
	struct heard h[40];
	int refused = 0;
	pid_t pid;

	(void)state;
	unlink(worker.log);
	worker_config("threads = 4\n");
	pid = worker_start(-1, 64 + 8 * 4 + 20);
	for (size_t i = 0; i < COUNT(h); i++) {
		h[i] = ask_stream("/mcp/park", false);
		(void)hear(&h[i], "\n\n", PATIENCE);
		refused += times_in(&h[i], "Status: 503");
		assert_string_equal(ask_text("GET", "/mcp/hello", NULL), "{\"hello\":\"world\"}");
	}
	assert_int_equal(refused, 20);
	assert_int_equal(counted("places "), 20);
	assert_int_equal(wait_log("fewer_streams", 1), 1);
	for (size_t i = 0; i < COUNT(h); i++)
		heard_free(&h[i]);
	worker_stop(pid);
}

static void
who_does_not_read_is_given_up(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard good = ask_stream("/mcp/park", false), bad = ask_stream("/mcp/park", true);
	char *large = malloc(100001);
	int sent = 0;

	(void)state;
	memset(large, 'x', 100000);
	large[100000] = '\0';
	assert_true(hear(&good, "welcome", PATIENCE));
	assert_true(hear(&bad, "welcome", PATIENCE));
	for (int i = 0; i < 20; i++) {
		sent += (int)strtol(ask_text("POST", "/mcp/news", large), NULL, 10);
		assert_true(hear_times(&good, "data: xxx", i + 1, PATIENCE));
	}
	assert_int_equal(times_in(&good, "data: xxx"), 20);
	assert_in_range(sent, 20 + 1, 20 + 16);		/* some that nobody read: what sockets and the queue hold */
	assert_int_equal(counted("stuck "), 1);
	assert_int_equal(counted("parked "), 1);
	assert_false(hear_end(&bad, PATIENCE));
	assert_true(bad.closed);
	heard_free(&good);
	heard_free(&bad);
	free(large);
	worker_stop(pid);
	assert_int_equal(in_log("\"gone\":\"stuck\""), 1);
}

static void
a_large_event(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h = ask_stream("/mcp/park", true);
	size_t size = 3 << 20;
	char *large = malloc(size + 1);
	const char *at;

	(void)state;
	for (size_t i = 0; i < size; i++)
		large[i] = (char)('a' + i % 26);
	large[size] = '\0';
	assert_true(hear(&h, "welcome", PATIENCE));
	assert_string_equal(ask_text("POST", "/mcp/news", large), "1");
	poll(NULL, 0, 300);
	assert_string_equal(ask_text("POST", "/mcp/close", "end"), "1");
	assert_true(hear_end(&h, PATIENCE));
	at = strstr(text_of(&h), "data: abc");
	assert_non_null(at);
	assert_memory_equal(at + 6, large, size);
	assert_string_equal(at + 6 + size, "\n\ndata: end\n\n");
	heard_free(&h);
	free(large);
	worker_stop(pid);
}

static void
sigterm_ends_them_properly(void **state)
{
	pid_t pid = worker_start_with("");
	struct heard h[20], late;

	(void)state;
	for (size_t i = 0; i < COUNT(h); i++) {
		h[i] = ask_stream("/mcp/park", i % 2 == 0);
		assert_true(hear(&h[i], "welcome", PATIENCE));
	}
	late = ask_stream("/mcp/park-late/500", true);
	assert_true(hear(&late, ":\n\n", PATIENCE));
	kill(pid, SIGTERM);
	for (size_t i = 0; i < COUNT(h); i++) {
		assert_true(hear_end(&h[i], PATIENCE));
		assert_true(sp_str_ends(sp_str(text_of(&h[i])), "data: bye\n\n"));
	}
	assert_true(hear_end(&late, PATIENCE));
	assert_true(sp_str_ends(sp_str(text_of(&late)), "data: early\n\ndata: bye\n\n"));
	assert_int_equal(wait_for_end(pid), 0);
	for (size_t i = 0; i < COUNT(h); i++) {
		assert_true(is_closed_by_peer(h[i].fd));
		heard_free(&h[i]);
	}
	heard_free(&late);
}

static void
sigterm_waits_briefly_for_who_does_not_read(void **state)
{
	pid_t pid = worker_start_with("request_timeout = 60\n");
	struct heard h = ask_stream("/mcp/park", false);
	char *large = malloc(1000001);
	int64_t since;

	(void)state;
	memset(large, 'x', 1000000);
	large[1000000] = '\0';
	assert_true(hear(&h, "welcome", PATIENCE));
	assert_string_equal(ask_text("POST", "/mcp/news", large), "1");
	since = sp_monotonic_ms();
	worker_stop(pid);			/* long before request_timeout */
	assert_true(sp_monotonic_ms() - since >= 1500);
	heard_free(&h);
	free(large);
}

static void
no_thread_and_no_descriptor_more(void **state)
{
	pid_t pid = worker_start_with("threads = 3\n");
	struct heard h[200];
	int threads, descriptors;

	(void)state;
	assert_int_equal(counted("parked "), 0);
	threads = count_of(pid, "task") + 1;		/* the first starts the one that serves them all */
	h[0] = ask_stream("/mcp/park", false);
	assert_true(hear(&h[0], "welcome", PATIENCE));
	descriptors = count_of(pid, "fd");
	for (size_t i = 1; i < COUNT(h); i++) {
		h[i] = ask_stream("/mcp/park", false);
		assert_true(hear(&h[i], "welcome", PATIENCE));
	}
	assert_int_equal(count_of(pid, "task"), threads);
	assert_in_range(count_of(pid, "fd"), descriptors + (int)COUNT(h) - 2, descriptors + (int)COUNT(h) - 1);
	for (size_t i = 0; i < COUNT(h); i++)
		heard_free(&h[i]);
	assert_true(wait_counted("parked ", 0, PATIENCE) >= 0);
	assert_true(descriptors_settle(pid, descriptors - 1) <= descriptors - 1);
	worker_stop(pid);
}

/* ---- everything at once, for the thread sanitizer ---- */

static struct {
	atomic_bool stop;
	atomic_int ended, left, plain;
} crowd;

static void *
subscriber(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct heard h = { .fd = -1 };

	while (!crowd.stop) {
		if (h.fd < 0)
			h.fd = connect_to(worker.socket);
		h.ended = false;
		h.text.len = 0;
		send_request(h.fd, "GET", "/mcp/park", NULL, true);
		seed = seed * 1103515245 + 12345;
		if (hear_times(&h, "data: ", 1 + (int)(seed >> 16) % 5, 3000) && seed & 1 << 20) {
			crowd.left++;
			heard_free(&h);
		} else if (hear_end(&h, PATIENCE)) {
			crowd.ended++;
			if (ask(h.fd, "GET", "/mcp/hello", NULL, true) == 200)
				crowd.plain++;
		} else {
			heard_free(&h);
		}
	}
	heard_free(&h);
	return NULL;
}

static void *
author(void *arg)
{
	int n = 0;

	while (!crowd.stop) {
		int fd = connect_to(worker.socket);

		if (fd < 0)
			continue;
		(void)ask(fd, "POST", ++n % 20 == 0 && arg != NULL ? "/mcp/close" : "/mcp/news", "news", false);
		close(fd);
		poll(NULL, 0, 2);
	}
	return NULL;
}

static void
a_crowd(void **state)
{
	pid_t pid = worker_start_with("threads = 4\nstream_keepalive = 1\n");
	pthread_t subscribers[8], authors[2];

	(void)state;
	for (size_t i = 0; i < COUNT(subscribers); i++)
		assert_int_equal(pthread_create(&subscribers[i], NULL, subscriber, (void *)(i + 1)), 0);
	for (size_t i = 0; i < COUNT(authors); i++)
		assert_int_equal(pthread_create(&authors[i], NULL, author, i == 0 ? &crowd : NULL), 0);
	for (int i = 0; i < PATIENCE / 10 && (crowd.ended <= 20 || crowd.left <= 20 || crowd.plain <= 20); i++)
		poll(NULL, 0, 10);
	crowd.stop = true;
	/* the authors go on until nobody waits for an event */
	for (size_t i = 0; i < COUNT(authors); i++)
		pthread_join(authors[i], NULL);
	assert_non_null(ask_text("POST", "/mcp/close", "end"));
	poll(NULL, 0, 200);
	assert_non_null(ask_text("POST", "/mcp/close", "end"));
	for (size_t i = 0; i < COUNT(subscribers); i++)
		pthread_join(subscribers[i], NULL);
	assert_true(crowd.ended > 20 && crowd.left > 20 && crowd.plain > 20);
	assert_true(wait_counted("parked ", 0, PATIENCE) >= 0);
	assert_int_equal(counted("refused ") + counted("stuck "), 0);
	worker_stop(pid);
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
		cmocka_unit_test(news_until_the_end),
		cmocka_unit_test(news_before_the_handler_returns),
		cmocka_unit_test(clients_that_leave),
		cmocka_unit_test(found_out_by_a_comment),
		cmocka_unit_test(places_are_limited),
		cmocka_unit_test(descriptors_are_limited),
		cmocka_unit_test(who_does_not_read_is_given_up),
		cmocka_unit_test(a_large_event),
		cmocka_unit_test(sigterm_ends_them_properly),
		cmocka_unit_test(sigterm_waits_briefly_for_who_does_not_read),
		cmocka_unit_test(no_thread_and_no_descriptor_more),
		cmocka_unit_test(a_crowd),
	};

	return cmocka_run_group_tests(tests, setup, worker_teardown);
}
