/* test_cgi.c - the same program as a CGI program */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include "unit.h"

#define MAX_VARIABLES 12

static char demo[500];

struct answer {
	int exit_status;
	char text[100000];	/* header block and body */
	size_t len;
	char log[10000];
};

static size_t
read_all(int fd, char *into, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, into + len, size - 1 - len)) > 0)
		len += (size_t)n;
	into[len] = '\0';
	close(fd);
	return len;
}

/*
 * Runs the program with these variables (and an issuer) and this as standard
 * input, which stays open when `hold` is set.
 */
static void
run(struct answer *a, const char *const *variables, const char *argument, const char *input,
    size_t len, bool hold)
{
	char log[] = "/tmp/sp_cgi_XXXXXX";
	int in[2], out[2], log_fd = mkstemp(log), status;
	pid_t reader, pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	unlink(log);
	pid = fork();
	if (pid == 0) {
		clearenv();
		setenv("SALLYPORT_CONFIG", "/dev/null", 1);
		setenv("SALLYPORT_ISSUER", "http://127.0.0.1", 1);
		setenv("SALLYPORT_REQUEST_TIMEOUT", "1", 1);
		setenv("SALLYPORT_MAX_BODY", "1024", 1);
		for (size_t i = 0; variables[i] != NULL; i++)
			putenv((char *)(uintptr_t)variables[i]);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(log_fd, STDERR_FILENO);
		close(in[1]);
		close(out[0]);
		execl(demo, "demo", argument, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	reader = fork();	/* who writes must not wait for who reads */
	if (reader == 0) {
		close(out[0]);
		signal(SIGPIPE, SIG_IGN);
		if (write(in[1], input, len) < 0)
			_exit(1);
		if (hold)
			sleep(5);
		_exit(0);
	}
	close(in[1]);
	a->len = read_all(out[0], a->text, sizeof(a->text));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	a->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	lseek(log_fd, 0, SEEK_SET);
	read_all(log_fd, a->log, sizeof(a->log));
}

static const struct {
	const char *name;
	const char *variables[MAX_VARIABLES];
	const char *input;
	const char *status;		/* how the answer begins */
	const char *contains, *lacks;	/* NULL: whatever */
} cases[] = {
	{ "a page", { "REQUEST_METHOD=GET", "REQUEST_URI=/hello" }, "",
	    "Status: 200 OK\r\n", "\r\n\r\n{\"hello\":\"world\"}", NULL },
	{ "its head", { "REQUEST_METHOD=HEAD", "REQUEST_URI=/hello" }, "",
	    "Status: 200 OK\r\n", "Content-Length: 17\r\n\r\n", "hello" },
	{ "no page", { "REQUEST_METHOD=GET", "REQUEST_URI=/none" }, "", "Status: 404 ", "not_found", NULL },
	{ "not in normal form", { "REQUEST_METHOD=GET", "REQUEST_URI=/x/../hello" }, "", "Status: 404 ", NULL, NULL },
	{ "PATH_INFO is nobody's business", { "REQUEST_METHOD=GET", "REQUEST_URI=/none", "PATH_INFO=/hello",
	    "SCRIPT_NAME=/hello" }, "", "Status: 404 ", NULL, NULL },
	{ "TRACE", { "REQUEST_METHOD=TRACE", "REQUEST_URI=/hello" }, "", "Status: 405 ",
	    "Allow: GET, HEAD, OPTIONS\r\n", NULL },
	{ "a body", { "REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=3" }, "abc",
	    "Status: 200 ", "\r\n\r\nabc", NULL },
	{ "only so much of standard input as is said", { "REQUEST_METHOD=POST", "REQUEST_URI=/echo",
	    "CONTENT_LENGTH=3" }, "abcdef", "Status: 200 ", "\r\n\r\nabc", "abcd" },
	{ "a cut body", { "REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=4" }, "abc",
	    "Status: 400 ", "cut short", NULL },
	{ "chunked", { "REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_TYPE=application/json" }, "{}",
	    "Status: 200 ", "\r\n\r\n{}", NULL },
	{ "a chunked form might be half of one", { "REQUEST_METHOD=POST", "REQUEST_URI=/echo",
	    "CONTENT_TYPE=application/x-www-form-urlencoded" }, "a=b", "Status: 411 ", "length_required", NULL },
	{ "a repeated header", { "REQUEST_METHOD=GET", "REQUEST_URI=/hello",
	    "HTTP_AUTHORIZATION=Bearer a, Bearer b" }, "", "Status: 400 ", "repeated header", "Bearer" },
	{ "Authorization behind a rewrite rule", { "REQUEST_METHOD=GET", "REQUEST_URI=/who",
	    "REDIRECT_HTTP_AUTHORIZATION=Bearer x" }, "", "Status: 200 ", "\"authorization\":\"Bearer x\"", NULL },
	{ "settings are no headers", { "REQUEST_METHOD=GET", "REQUEST_URI=/who", "SALLYPORT_SIGNIN_TRIES=8",
	    "HTTP_PROXY=http://evil", "PATH=/bin" }, "", "Status: 200 ", "\"signin_tries\":\"8\"", "evil" },
	{ "a wrong setting", { "REQUEST_METHOD=GET", "REQUEST_URI=/hello", "SALLYPORT_THREADS=many" }, "",
	    "Status: 503 ", "Retry-After: ", "many" },
};

static void
one_request(void **state)
{
	static struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool fault = strstr(cases[i].status, "503") != NULL;

		run(&a, cases[i].variables, NULL, cases[i].input, strlen(cases[i].input), false);
		CHECK(a.exit_status == (fault ? 1 : 0), cases[i].name);
		if (!sp_str_starts(sp_str(a.text), cases[i].status))
			fail_msg("%s: got %s", cases[i].name, a.text);
		CHECK(cases[i].contains == NULL || strstr(a.text, cases[i].contains) != NULL, cases[i].name);
		CHECK(cases[i].lacks == NULL || strstr(a.text, cases[i].lacks) == NULL, cases[i].name);
		CHECK(strstr(a.log, fault ? "SALLYPORT_THREADS" : "\"event\":\"http\"") != NULL, cases[i].name);
		CHECK(strstr(a.log, "Bearer") == NULL, cases[i].name);
	}
}

/* RFC 3875 4.4: a query without "=" comes as arguments. */
static void
arguments_from_a_query(void **state)
{
	static const char *const variables[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/hello?--version", NULL };
	static struct answer a;

	(void)state;
	run(&a, variables, "--version", "", 0, false);
	assert_non_null(strstr(a.text, "\r\n\r\n{\"hello\":\"world\"}"));
}

/* An answer that overtakes its request's body would never arrive. */
static void
a_body_that_is_too_large(void **state)
{
	static const char *const variables[] = {
		"REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=500000", NULL
	};
	static struct answer a;
	char *body = calloc(1, 500000);

	(void)state;
	run(&a, variables, NULL, body, 500000, false);
	free(body);
	assert_true(sp_str_starts(sp_str(a.text), "Status: 413 "));
	assert_int_equal(a.exit_status, 0);
}

static void
a_body_that_does_not_come(void **state)
{
	static const char *const variables[] = {
		"REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=5", NULL
	};
	static struct answer a;

	(void)state;
	run(&a, variables, NULL, "ab", 2, true);
	assert_true(sp_str_starts(sp_str(a.text), "Status: 408 "));
}

/* Nobody says that a body comes, and standard input stays open. */
static void
no_body_is_waited_for(void **state)
{
	static const char *const variables[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/hello", NULL };
	static struct answer a;

	(void)state;
	run(&a, variables, NULL, "", 0, true);
	assert_true(sp_str_starts(sp_str(a.text), "Status: 200 "));
}

static void
command_line(void **state)
{
	static const struct {
		const char *argument;
		int exit_status;
		const char *out, *err;
	} lines[] = {
		{ "--version", 0, "demo (sallyport ", "" },
		{ "--help", 0, "  issuer ", "" },
		{ "--check", 0, "", "" },
		{ "--mode=9", 64, "", "" },
		{ "--nonsense", 64, "", "unrecognized option" },
		{ "word", 64, "", "neither by a web server nor with --listen" },
		{ NULL, 64, "", "neither by a web server nor with --listen" },
		{ "--listen=nowhere", 1, "", "neither a path with a slash nor HOST:PORT" },
		{ "--listen=/nonexistent/s", 1, "", "could not bind /nonexistent/s: No such file" },
	};
	static const char *const none[] = { NULL };
	static const char *const bad[] = { "SALLYPORT_THREADS=many", "SALLYPORT_SURPRISE=1", NULL };
	static struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		const char *name = lines[i].argument != NULL ? lines[i].argument : "nothing";

		run(&a, none, lines[i].argument, "", 0, false);
		CHECK(a.exit_status == lines[i].exit_status, name);
		CHECK(strstr(a.text, lines[i].out) != NULL, name);
		CHECK(strstr(a.log, lines[i].err) != NULL, name);
	}
	run(&a, bad, "--check", "", 0, false);
	assert_int_equal(a.exit_status, 1);
	assert_non_null(strstr(a.log, "SALLYPORT_THREADS"));
	assert_non_null(strstr(a.log, "SURPRISE"));	/* every fault, not only the first */
}

static int
setup(void **state)
{
	const char *top = getenv("top_builddir");

	(void)state;
	snprintf(demo, sizeof(demo), "%s/tests/unit/worker_demo", top != NULL ? top : ".");
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_request),
		cmocka_unit_test(arguments_from_a_query),
		cmocka_unit_test(a_body_that_is_too_large),
		cmocka_unit_test(a_body_that_does_not_come),
		cmocka_unit_test(no_body_is_waited_for),
		cmocka_unit_test(command_line),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
