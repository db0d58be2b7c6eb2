/* unit.h - cmocka with what it needs, and a few checks of our own */
#ifndef SP_UNIT_H
#define SP_UNIT_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In a table's row: fails with the row's name. */
#define CHECK(condition, name) do { \
	if (!(condition)) \
		fail_msg("%s: does not hold: %s", (name), #condition); \
} while (0)

/* The slice has exactly this text. */
#define CHECK_STR(got, expected, name) do { \
	struct sp_str got_ = (got), expected_ = sp_str(expected); \
	if (!sp_str_eq(got_, expected_)) \
		fail_msg("%s: expected \"%s\", got \"%.*s\"", (name), (expected), SP_FMT(got_)); \
} while (0)

/* Everything takes thirty times as long there: a test may do less of the same. */
static inline bool
under_valgrind(void)
{
	return getenv("SP_TEST_WRAPPER") != NULL;
}

/* Processor time of this process: what others do on a busy machine does not count. */
static inline int64_t
cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

/*
 * How the forked child of a test reports: it dies of one signal or another.  At
 * an exit, valgrind and the sanitizers would complain of what the parent holds.
 */
static inline _Noreturn void
child_done(bool ok)
{
	kill(getpid(), ok ? SIGKILL : SIGABRT);
	abort();
}

static inline bool
child_ok(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The exit status of fn(arg) in a process of its own, whose standard error is closed. */
static inline int
exit_status_of(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		close(STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
