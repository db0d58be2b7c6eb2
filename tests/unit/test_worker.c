/*
 * test_worker.c - what must not happen to a worker, done to one
 *
 * worker_demo runs as a FastCGI process on a socket in a directory of its own;
 * this program is its web server (fcgi_client.h), its supervisor and its enemy.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include "base/clock.h"
#include "fcgi_client.h"

static char dir[] = "/tmp/sp_worker_XXXXXX";
static char socket_path[100], log_path[100], config_path[100], demo[500];

static void
write_config(const char *more)
{
	FILE *f = fopen(config_path, "w");

	assert_non_null(f);
	fprintf(f, "issuer = http://127.0.0.1\n%s%s", more,
	    strstr(more, "request_timeout") == NULL ? "request_timeout = 5\n" : "");
	fclose(f);
}

/* A listening socket that several workers share, as a spawner makes it. */
static int
shared_socket(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(socket_path);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 1024), 0);
	return fd;
}

/* How many lines of the log have a text. */
static int
now_in_log(const char *text)
{
	FILE *f = fopen(log_path, "r");
	char line[4096];
	int count = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		count += strstr(line, text) != NULL;
	if (f != NULL)
		fclose(f);
	return count;
}

/* The same, but waits for so many. */
static int
in_log(const char *text, int least)
{
	int count = now_in_log(text);

	for (int i = 0; count < least && i < PATIENCE_SECONDS * 50; i++) {
		poll(NULL, 0, 20);
		count = now_in_log(text);
	}
	return count;
}

/* listener -1: the worker makes the socket. descriptors 0: no limit of ours. */
static pid_t
start(int listener, rlim_t descriptors)
{
	int started = now_in_log("\"started\"");
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		struct rlimit limit = { descriptors, descriptors };

		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that fails leaves nobody behind */
		dup2(log, STDERR_FILENO);
		if (listener >= 0)
			dup2(listener, STDIN_FILENO);
		if (descriptors > 0)
			setrlimit(RLIMIT_NOFILE, &limit);
		setenv("SALLYPORT_CONFIG", config_path, 1);
		if (listener >= 0)
			execl(demo, "demo", (char *)NULL);
		else
			execl(demo, "demo", "--listen", socket_path, (char *)NULL);
		_exit(127);
	}
	if (in_log("\"started\"", started + 1) <= started)
		fail_msg("the worker did not start: see %s", log_path);
	return pid;
}

static pid_t
start_with(const char *config)
{
	unlink(log_path);
	write_config(config);
	return start(-1, 0);
}

/* Exit status, or minus the signal that ended it. */
static int
wait_for_end(pid_t pid)
{
	int status;

	for (int i = 0; i < PATIENCE_SECONDS * 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
		poll(NULL, 0, 10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1000;
}

static void
stop(pid_t pid)
{
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 0);
}

static int
open_descriptors(pid_t pid)
{
	char path[64];
	int count = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	d = opendir(path);
	assert_non_null(d);
	while (readdir(d) != NULL)
		count++;
	closedir(d);
	return count;
}

static int
ask_once(const char *method, const char *uri, const char *body)
{
	int fd = connect_to(socket_path), status;

	assert_true(fd >= 0);
	status = ask(fd, method, uri, body, false);
	close(fd);
	return status;
}

/* ---- the ordinary ---- */

static void
one_by_one(void **state)
{
	pid_t pid = start_with("");
	struct message m = request("POST", "/echo", "hello", false);
	int fd = connect_to(socket_path);
	struct stat st;
	struct reply r;

	(void)state;
	assert_int_equal(stat(socket_path, &st), 0);
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
	stop(pid);
	assert_int_not_equal(access(socket_path, F_OK), 0);	/* its own socket is gone */
}

static void
a_thousand_on_one_connection(void **state)
{
	pid_t pid = start_with("");
	int fd = connect_to(socket_path), before;

	(void)state;
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	before = open_descriptors(pid);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
		assert_int_equal(ask(fd, "POST", "/echo", "x", true), 200);
	}
	assert_int_equal(ask(fd, "GET", "/none", NULL, true), 404);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, false), 200);
	assert_true(is_closed_by_peer(fd));
	close(fd);
	assert_int_equal(open_descriptors(pid), before - 1);
	stop(pid);
}

static void
kept_connections_starve_nobody(void **state)
{
	pid_t pid = start_with("threads = 8\n");
	int kept[32];

	(void)state;
	for (size_t i = 0; i < COUNT(kept); i++) {
		kept[i] = connect_to(socket_path);
		assert_int_equal(ask(kept[i], "GET", "/hello", NULL, true), 200);
	}
	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < COUNT(kept); i++)
			assert_int_equal(ask(kept[(i * 7 + (size_t)round) % COUNT(kept)], "GET", "/hello",
			    NULL, true), 200);
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	for (size_t i = 0; i < COUNT(kept); i++)
		close(kept[i]);
	stop(pid);
}

static void
large_bodies(void **state)
{
	static const size_t sizes[] = { 8191, 16384, 40000, 65536, 1048576 };
	pid_t pid = start_with("max_body = 1048576\n");
	int fd = connect_to(socket_path);
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
	stop(pid);
}

static void
a_byte_at_a_time(void **state)
{
	pid_t pid = start_with("");
	struct message m = request("POST", "/echo", "slow", true);
	int fd = connect_to(socket_path);
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
	stop(pid);
}

/* ---- senders who do not keep to the rules ---- */

static void
pipelined(void **state)
{
	pid_t pid = start_with("");
	struct message one = request("GET", "/hello", NULL, true), two = { NULL };
	int fd = connect_to(socket_path);
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
	stop(pid);
}

static void
bodies_cut_short(void **state)
{
	pid_t pid = start_with("");
	struct message m = { NULL };
	int fd, before;
	struct reply r;

	(void)state;
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	before = open_descriptors(pid);
	for (int i = 0; i < 20; i++) {		/* the client goes away in mid-body */
		m.len = 0;
		begin(&m, 1, 1, false);
		params(&m, 1, "POST", "/echo", i < 10 ? 500 : 100000);
		for (int k = 0; k < (i < 10 ? 1 : 200); k++)
			stdin_records(&m, 1, "0123456789012345678901234567890123456789", 40);
		fd = connect_to(socket_path);
		assert_true(send_bytes(fd, m.bytes, m.len));
		close(fd);
	}
	m.len = 0;				/* the web server ends it properly, but too early */
	begin(&m, 1, 1, true);
	params(&m, 1, "POST", "/echo", 500);
	stdin_records(&m, 1, "short", 5);
	record(&m, FCGI_STDIN, 1, "", 0);
	fd = connect_to(socket_path);
	assert_true(send_bytes(fd, m.bytes, m.len));
	r = read_reply(fd);
	assert_int_equal(r.status, 400);
	assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	close(fd);
	message_free(&r.text);
	message_free(&m);
	for (int i = 0; i < 100 && open_descriptors(pid) > before; i++)
		poll(NULL, 0, 20);
	/* fewer, when a connection of before was still on its way out */
	assert_true(open_descriptors(pid) <= before);
	stop(pid);
	assert_int_equal(now_in_log("\"route\":\"/echo\",\"status\":200"), 0);	/* no handler saw a part */
}

/* More of them than there are threads, and none of them holds one. */
static void
silent_and_slow_connections(void **state)
{
	pid_t pid = start_with("threads = 2\n");
	struct message m = { NULL };
	char *body = calloc(1, 60001);
	int silent[10], begun[10], large[10];
	int64_t since;

	(void)state;
	memset(body, 'x', 60000);
	begin(&m, 1, 1, true);
	params(&m, 1, "POST", "/echo", 60000);
	for (size_t i = 0; i < COUNT(silent); i++) {
		silent[i] = connect_to(socket_path);
		begun[i] = connect_to(socket_path);
		assert_true(send_bytes(begun[i], m.bytes, m.len - 9));
	}
	since = sp_monotonic_ms();
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	stdin_records(&m, 1, body, 30000);	/* half of a body that is larger than the peek */
	for (size_t i = 0; i < COUNT(large); i++) {
		large[i] = connect_to(socket_path);
		assert_true(send_bytes(large[i], m.bytes, m.len));
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	assert_in_range(sp_monotonic_ms() - since, 0, 4500);	/* nobody waited for a time limit */

	m.len = 0;				/* two of them go on after all, and are answered */
	stdin_records(&m, 1, body, 30000);
	record(&m, FCGI_STDIN, 1, "", 0);
	for (size_t i = 0; i < 2; i++) {
		struct reply r;

		assert_true(send_bytes(large[i], m.bytes, m.len));
		r = read_reply(large[i]);
		assert_int_equal(r.status, 200);
		message_free(&r.text);
	}
	/* request_timeout ends the others: without an answer, or with 408 */
	for (size_t i = 0; i < COUNT(silent); i++) {
		assert_true(is_closed_by_peer(silent[i]));
		assert_true(is_closed_by_peer(begun[i]));
	}
	for (size_t i = 0; i < COUNT(large); i++) {
		struct reply r = { 0 };

		if (i >= 2)
			r = read_reply(large[i]);
		assert_true(r.status == 0 || r.status == 408);
		message_free(&r.text);
		close(silent[i]);
		close(begun[i]);
		close(large[i]);
	}
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	message_free(&m);
	free(body);
	stop(pid);
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
	pid_t pid = start_with("");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = connect_to(socket_path);

		assert_true(send_bytes(fd, cases[i].bytes, cases[i].len));
		CHECK(is_closed_by_peer(fd), cases[i].name);
		close(fd);
	}
	assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	stop(pid);
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
	pid_t pid = start_with("");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct message m = { NULL };
		int fd = connect_to(socket_path);
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
	stop(pid);
}

static void
a_client_that_does_not_read(void **state)
{
	pid_t pid = start_with("threads = 2\n");
	struct message m = request("GET", "/bytes/16000000", NULL, true);
	int64_t since;
	int fd = connect_to(socket_path);

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	since = sp_monotonic_ms();
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	assert_in_range(sp_monotonic_ms() - since, 0, 4500);	/* nobody waited for a time limit */
	assert_int_equal(in_log("\"sent\":\"no\"", 1), 1);	/* after request_timeout */
	close(fd);
	message_free(&m);
	stop(pid);
}

static void
out_of_descriptors(void **state)
{
	int listener, many[60];
	pid_t pid;

	(void)state;
	if (getenv("SP_TEST_WRAPPER") != NULL)
		skip();			/* valgrind needs descriptors of its own */
	unlink(log_path);
	write_config("threads = 2\n");
	listener = shared_socket();
	pid = start(listener, 24);
	for (size_t i = 0; i < COUNT(many); i++) {
		many[i] = connect_to(socket_path);
		assert_true(many[i] >= 0);
	}
	assert_true(in_log("out_of_descriptors", 1) > 0);
	poll(NULL, 0, 500);
	for (size_t i = 0; i < COUNT(many); i++)
		close(many[i]);
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_once("GET", "/hello", NULL), 200);
	assert_in_range(now_in_log("out_of_descriptors"), 1, 3);	/* said, but not over and over */
	stop(pid);
	close(listener);
}

/* ---- signals ---- */

static void
an_idle_worker_ends_at_once(void **state)
{
	pid_t pid = start_with("");
	int64_t since;
	int kept;

	(void)state;
	poll(NULL, 0, 100);
	since = sp_monotonic_ms();
	stop(pid);
	assert_in_range(sp_monotonic_ms() - since, 0, 3000);

	pid = start_with("");
	kept = connect_to(socket_path);
	assert_int_equal(ask(kept, "GET", "/hello", NULL, true), 200);
	since = sp_monotonic_ms();
	stop(pid);
	assert_in_range(sp_monotonic_ms() - since, 0, 3500);
	assert_true(is_closed_by_peer(kept));
	close(kept);
}

static void
what_was_begun_is_finished(void **state)
{
	pid_t pid = start_with("");
	struct message m = request("GET", "/sleep/1500", NULL, true);
	int fd = connect_to(socket_path), late = connect_to(socket_path), refused;
	struct reply r;

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	assert_true(send_bytes(late, m.bytes, m.len - 20));
	poll(NULL, 0, 100);
	kill(pid, SIGTERM);
	while ((refused = connect_to(socket_path)) >= 0) {	/* no more requests */
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
	pid_t pid = start_with("");
	struct message m = request("GET", "/sleep/10000", NULL, true);
	int fd = connect_to(socket_path);
	int64_t since;

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	poll(NULL, 0, 100);
	since = sp_monotonic_ms();
	kill(pid, SIGTERM);
	assert_int_equal(in_log("draining", 1), 1);
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 1);
	assert_in_range(sp_monotonic_ms() - since, 0, 5000);
	close(fd);
	message_free(&m);
}

static void
draining_has_an_end(void **state)
{
	pid_t pid = start_with("request_timeout = 1\n");
	struct message m = request("GET", "/sleep/10000", NULL, true);
	int fd = connect_to(socket_path);

	(void)state;
	assert_true(send_bytes(fd, m.bytes, m.len));
	poll(NULL, 0, 100);
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 1);
	assert_int_equal(in_log("drain_timeout", 1), 1);
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
	pid_t pid = start_with("signin_tries = 7\n");
	int fd = connect_to(socket_path);

	(void)state;
	assert_true(who_says(fd, "\"signin_tries\":\"7\""));
	write_config("signin_tries = 9\n");
	kill(pid, SIGHUP);
	assert_int_equal(in_log("\"reloaded\"", 1), 1);
	assert_true(who_says(fd, "\"signin_tries\":\"9\""));	/* the same connection, too */
	write_config("signin_tries = nine\nsurprise = 1\n");
	kill(pid, SIGHUP);
	assert_int_equal(in_log("reload_refused", 2), 2);	/* every fault, not only the first */
	assert_true(who_says(fd, "\"signin_tries\":\"9\""));
	close(fd);
	stop(pid);
}

static void
recycling(void **state)
{
	pid_t pid = start_with("max_requests = 10\n");
	int fd = connect_to(socket_path);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(fd, "GET", "/hello", NULL, true), 200);
	assert_int_equal(wait_for_end(pid), 0);
	close(fd);
}

/* ---- rolling restarts under load ---- */

static struct {
	atomic_bool stop;
	atomic_int answered, lost;
} load;

/* Like nginx: a kept connection is not used again once its end was seen. */
static bool
has_ended(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

static void *
client(void *arg)
{
	bool keep = arg != NULL;
	int fd = -1;

	while (!load.stop) {
		if (fd >= 0 && has_ended(fd)) {
			close(fd);
			fd = -1;
		}
		if (fd < 0)
			fd = connect_to(socket_path);
		if (fd >= 0 && ask(fd, "POST", "/echo", "body", keep) == 200) {
			load.answered++;
		} else {
			load.lost++;
			keep = false;
		}
		if (!keep && fd >= 0) {
			close(fd);
			fd = -1;
		}
		poll(NULL, 0, 1);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void
rolling_restart(bool keep)
{
	pthread_t clients[6];
	pid_t workers[2];
	int listener;

	unlink(log_path);
	write_config("threads = 4\n");
	listener = shared_socket();
	load.stop = false;
	load.answered = load.lost = 0;
	for (size_t i = 0; i < COUNT(workers); i++)
		workers[i] = start(listener, 0);
	for (size_t i = 0; i < COUNT(clients); i++)
		assert_int_equal(pthread_create(&clients[i], NULL, client, keep ? &load : NULL), 0);
	for (int round = 0; round < 4; round++)
		for (size_t i = 0; i < COUNT(workers); i++) {
			poll(NULL, 0, 100);
			stop(workers[i]);
			workers[i] = start(listener, 0);
		}
	load.stop = true;
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_join(clients[i], NULL);
	for (size_t i = 0; i < COUNT(workers); i++)
		stop(workers[i]);
	close(listener);
	assert_int_equal(load.lost, 0);
	assert_true(load.answered > 100);
}

static void
rolling_restart_of_new_connections(void **state)
{
	(void)state;
	rolling_restart(false);
}

static void
rolling_restart_of_kept_connections(void **state)
{
	(void)state;
	rolling_restart(true);
}

/* A new process takes the path over from an old one, which answers what it has. */
static void
takeover_of_the_path(void **state)
{
	pthread_t clients[4];
	pid_t old, new;

	(void)state;
	load.stop = false;
	load.answered = load.lost = 0;
	old = start_with("threads = 4\n");
	for (size_t i = 0; i < COUNT(clients); i++)
		assert_int_equal(pthread_create(&clients[i], NULL, client, NULL), 0);
	for (int round = 0; round < 4; round++) {
		new = start(-1, 0);
		stop(old);
		old = new;
	}
	load.stop = true;
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_join(clients[i], NULL);
	assert_int_equal(load.lost, 0);
	assert_int_equal(access(socket_path, F_OK), 0);
	stop(old);
}

static int
setup(void **state)
{
	const char *top = getenv("top_builddir");

	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(demo, sizeof(demo), "%s/tests/unit/worker_demo", top != NULL ? top : ".");
	snprintf(socket_path, sizeof(socket_path), "%s/s", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(config_path, sizeof(config_path), "%s/conf", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(socket_path);
	unlink(log_path);
	unlink(config_path);
	return rmdir(dir);
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
		cmocka_unit_test(records_that_make_no_request),
		cmocka_unit_test(variables_that_lie),
		cmocka_unit_test(a_client_that_does_not_read),
		cmocka_unit_test(out_of_descriptors),
		cmocka_unit_test(an_idle_worker_ends_at_once),
		cmocka_unit_test(what_was_begun_is_finished),
		cmocka_unit_test(a_second_signal_ends_it),
		cmocka_unit_test(draining_has_an_end),
		cmocka_unit_test(reload),
		cmocka_unit_test(recycling),
		cmocka_unit_test(rolling_restart_of_new_connections),
		cmocka_unit_test(rolling_restart_of_kept_connections),
		cmocka_unit_test(takeover_of_the_path),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
