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
#include <sys/resource.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "fcgi_client.h"

static struct {
	char dir[32], socket[100], log[100], config[100], program[500];
	pid_t last;			/* started, and not seen to end */
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

/* One that a failed test has left behind. */
static inline void
worker_end_last(void)
{
	if (worker.last > 0) {
		kill(worker.last, SIGKILL);
		waitpid(worker.last, NULL, 0);
	}
	worker.last = 0;
}

static inline int
worker_teardown(void **state)
{
	(void)state;
	worker_end_last();
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

/* listener -1: the worker makes the socket.  descriptors 0: no limit of ours. */
static inline pid_t
worker_start(int listener, rlim_t descriptors)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int log = open(worker.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		struct rlimit limit = { descriptors, descriptors };

		dup2(log, STDERR_FILENO);
		if (listener >= 0)
			dup2(listener, STDIN_FILENO);
		if (descriptors > 0)
			setrlimit(RLIMIT_NOFILE, &limit);
		setenv("SALLYPORT_CONFIG", worker.config, 1);
		if (listener >= 0)
			execl(worker.program, "demo", (char *)NULL);
		else
			execl(worker.program, "demo", "--listen", worker.socket, (char *)NULL);
		_exit(127);
	}
	worker.last = pid;
	for (int i = 0; i < 1000; i++) {
		int fd = connect_to(worker.socket);

		if (fd >= 0) {
			close(fd);
			return pid;
		}
		poll(NULL, 0, 10);
	}
	fail_msg("the worker did not start: see %s", worker.log);
	return -1;
}

static inline pid_t
worker_start_with(const char *settings)
{
	worker_end_last();
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
		if (waitpid(pid, &status, WNOHANG) != pid) {
			poll(NULL, 0, 10);
			continue;
		}
		worker.last = worker.last == pid ? 0 : worker.last;
		return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	}
	worker_end_last();
	return -1000;
}

static inline void
worker_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	assert_int_equal(wait_for_end(pid), 0);
}

/* How often a text occurs in the log; after a second if it does not. */
static inline int
in_log(const char *text)
{
	static char log[8 * 1024 * 1024];
	int count = 0;

	for (int tries = 0; count == 0 && tries < 100; tries++) {
		FILE *f = fopen(worker.log, "r");
		size_t len = f != NULL ? fread(log, 1, sizeof(log) - 1, f) : 0;

		if (f != NULL)
			fclose(f);
		log[len] = '\0';
		for (const char *p = log; (p = strstr(p, text)) != NULL; p++)
			count++;
		if (count == 0)
			poll(NULL, 0, 10);
	}
	return count;
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

#endif
