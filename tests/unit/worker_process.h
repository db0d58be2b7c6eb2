/*
 * worker_process.h - a FastCGI program as a child of the test, on a socket in a directory of its own
 *
 * worker_setup() and worker_teardown() are the group's; `program` is one of
 * tests/unit.
 */
#ifndef SP_UNIT_WORKER_PROCESS_H
#define SP_UNIT_WORKER_PROCESS_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "fcgi_client.h"

static struct {
	char dir[32], socket[100], log[100], config[100], program[500];
} worker;

static inline int
worker_setup(const char *program)
{
	const char *top = getenv("top_builddir");

	snprintf(worker.dir, sizeof(worker.dir), "/tmp/sp_worker_XXXXXX");
	if (mkdtemp(worker.dir) == NULL)
		return 1;
	snprintf(worker.program, sizeof(worker.program), "%s/tests/unit/%s", top != NULL ? top : ".", program);
	snprintf(worker.socket, sizeof(worker.socket), "%s/s", worker.dir);
	snprintf(worker.log, sizeof(worker.log), "%s/log", worker.dir);
	snprintf(worker.config, sizeof(worker.config), "%s/conf", worker.dir);
	return 0;
}

static inline int
worker_teardown(void **state)
{
	(void)state;
	unlink(worker.socket);
	unlink(worker.log);
	unlink(worker.config);
	return rmdir(worker.dir);
}

/* Settings, a line each; request_timeout is 3 s unless they say otherwise. */
static inline void
worker_config(const char *settings)
{
	FILE *f = fopen(worker.config, "w");

	assert_non_null(f);
	fprintf(f, "issuer = http://127.0.0.1\n%s%s", settings,
	    strstr(settings, "request_timeout") == NULL ? "request_timeout = 3\n" : "");
	fclose(f);
}

/* How often a text occurs in the log. */
static inline int
in_log(const char *text)
{
	static char log[8 * 1024 * 1024];
	FILE *f = fopen(worker.log, "r");
	size_t len = f != NULL ? fread(log, 1, sizeof(log) - 1, f) : 0;
	int count = 0;

	if (f != NULL)
		fclose(f);
	log[len] = '\0';
	for (const char *p = log; (p = strstr(p, text)) != NULL; p++)
		count++;
	return count;
}

/* The same, but waits until it is there so often. */
static inline int
wait_log(const char *text, int least)
{
	int count = in_log(text);

	for (int i = 0; count < least && i < PATIENCE_SECONDS * 100; i++) {
		poll(NULL, 0, 10);
		count = in_log(text);
	}
	return count;
}

/* A listening socket that several workers share, as a spawner makes it. */
static inline int
worker_shared_socket(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(worker.socket);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", worker.socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 1024), 0);
	return fd;
}

/*
 * listener -1: the worker makes the socket.  descriptors 0: no limit of ours.
 * The shell sets the limit: what valgrind's child sets is valgrind's alone.
 */
static inline pid_t
worker_start(int listener, unsigned descriptors)
{
	int started = in_log("\"started\"");
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int log = open(worker.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		char script[100] = "exec \"$@\"";

		if (descriptors > 0)
			snprintf(script, sizeof(script), "ulimit -n %u && exec \"$@\"", descriptors);
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that fails leaves nobody behind */
		dup2(log, STDERR_FILENO);
		if (listener >= 0)
			dup2(listener, STDIN_FILENO);
		setenv("SALLYPORT_CONFIG", worker.config, 1);
		if (listener >= 0)
			execl("/bin/sh", "sh", "-c", script, "sh", worker.program, (char *)NULL);
		else
			execl("/bin/sh", "sh", "-c", script, "sh", worker.program, "--listen", worker.socket,
			    (char *)NULL);
		_exit(127);
	}
	if (wait_log("\"started\"", started + 1) <= started)
		fail_msg("the worker did not start: see %s", worker.log);
	return pid;
}

static inline pid_t
worker_start_with(const char *settings)
{
	unlink(worker.log);
	worker_config(settings);
	return worker_start(-1, 0);
}

/* Exit status, or minus the signal that ended it. */
static inline int
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

static inline void
worker_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 0);
}

/* Entries of a directory of /proc/PID: "fd", "task". */
static inline int
count_of(pid_t pid, const char *what)
{
	char path[64];
	int count = -2;			/* "." and ".." */
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
	d = opendir(path);
	assert_non_null(d);
	while (readdir(d) != NULL)
		count++;
	closedir(d);
	return count;
}

/* Descriptors, once they are at most so many: a connection may still be on its way out. */
static inline int
descriptors_settle(pid_t pid, int most)
{
	for (int i = 0; i < PATIENCE_SECONDS * 100 && count_of(pid, "fd") > most; i++)
		poll(NULL, 0, 10);
	return count_of(pid, "fd");
}

#endif
