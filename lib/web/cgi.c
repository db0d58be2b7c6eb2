/* cgi.c - the same request once: RFC 3875 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include "base/clock.h"
#include "web/cgi.h"
#include "web/process.h"
#include "web/serve.h"

static ssize_t
cgi_read(void *arg, char *into, size_t room)
{
	const struct sp_transport *t = arg;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left_ms = (t->deadline_us - sp_monotonic_us()) / 1000;
	ssize_t n;

	if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	do
		n = read(STDIN_FILENO, into, room);
	while (n < 0 && errno == EINTR);
	return n;
}

/* A piece that a pipe with room takes without waiting. */
#define PIECE_MAX PIPE_BUF

/*
 * Standard output stays blocking, because it may be shared with others, so that
 * the waiting for a client that does not read is done here.
 */
static bool
cgi_send(struct sp_transport *t, struct sp_str s)
{
	while (s.len > 0) {
		struct pollfd p = { .fd = t->fd, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, SP_STUCK_MS) <= 0)
			return false;
		n = write(t->fd, s.p, s.len < PIECE_MAX ? s.len : PIECE_MAX);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = sp_str_sub(s, (size_t)n, s.len);
	}
	return true;
}

/*
 * The web server waits for the end of both pipes, and some for the process, too,
 * or end it after some seconds: a child goes on, with nothing of theirs.
 */
static bool
cgi_finish(struct sp_transport *t)
{
	int null = open("/dev/null", O_RDWR);
	pid_t child;

	(void)t;
	fflush(NULL);
	child = fork();
	if (child > 0)
		_exit(0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	if (null > STDERR_FILENO)
		close(null);
	return child == 0 && setsid() >= 0;
}

/*
 * A web server that reads on for a client that has gone (Apache) ends the program
 * instead, and kills it some seconds later: time enough to cancel what is under
 * way and to write that down.
 */
static volatile sig_atomic_t told_to_end;

static void
end_soon(int sig)
{
	(void)sig;
	told_to_end = 1;
}

/* Of the pipe no more than errors: some web servers close their writing end, which means nothing. */
static bool
cgi_gone(struct sp_transport *t)
{
	struct pollfd p = { .fd = t->fd };

	return told_to_end != 0 || poll(&p, 1, 0) > 0;
}

static bool
write_all(struct sp_str s)
{
	while (s.len > 0) {
		ssize_t n = write(STDOUT_FILENO, s.p, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = sp_str_sub(s, (size_t)n, s.len);
	}
	return true;
}

static bool
cgi_write(struct sp_transport *t, struct sp_str head, struct sp_str body)
{
	(void)t;
	return write_all(head) && write_all(body);
}

/* The rest of the environment is the administrator's, and may be long. */
static bool
is_of_request(const char *variable)
{
	static const char *const prefixes[] = {
		"HTTP_", "REQUEST_", "CONTENT_", "REMOTE_", "REDIRECT_HTTP_AUTHORIZATION="
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

int
sp_cgi_run(void)
{
	struct sp_process *process = sp_process_hold();
	struct sp_transport t = {
		.read = cgi_read, .write = cgi_write, .send = cgi_send, .finish = cgi_finish, .gone = cgi_gone,
		.fd = STDOUT_FILENO, .is_cgi = true,
	};
	struct sp_arena *mem = sp_arena_new();
	size_t count = 0, total = 0;
	char **params;
	enum sp_served served;

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end_soon }, NULL);
	while (environ[total] != NULL)
		total++;
	params = calloc(total + 1, sizeof(*params));
	if (params == NULL)
		sp_out_of_memory();
	for (size_t i = 0; i < total; i++)
		if (is_of_request(environ[i]))
			params[count++] = environ[i];
	served = sp_serve(process, mem, &t, params);
	free(params);
	sp_arena_free(mem);
	sp_process_release(process);
	return served != SP_SERVED_BROKEN ? 0 : 1;
}
