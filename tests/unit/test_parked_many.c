/*
 * test_parked_many.c - ten thousand streams that wait: what they cost, and how long news takes
 *
 * As many as the hard limit of open files allows, at most TEST_STREAMS: 10000,
 * or 1000 where this program runs under valgrind.  The numbers are printed as
 * comments; tests/bench is for what they should be on a machine at rest.
 */
#include <sys/resource.h>
#include <time.h>
#include "stream_client.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define MEMORY_MAX	8192		/* bytes of the process for a stream */

static int *streams, wanted;

/* A line "Name:   number kB" of /proc/PID/status, in bytes. */
static long
status_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			n = strtol(line + strlen(name) + 1, NULL, 10);
	fclose(f);
	return n * 1024;
}

/* Milliseconds of processor time. */
static long
cpu_of(pid_t pid)
{
	struct timespec used = { 0 };
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &used), 0);
	return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Reads from each until the text has come; the number of those to whom it came. */
static int
all_hear(const char *what)
{
	char bytes[65536];
	int count = 0;

	for (int i = 0; i < wanted; i++) {
		size_t len = 0;
		ssize_t n;

		while ((n = recv(streams[i], bytes + len, sizeof(bytes) - len, 0)) > 0) {
			len += (size_t)n;
			if (memmem(bytes, len, what, strlen(what)) != NULL) {
				count++;
				break;
			}
		}
	}
	return count;
}

static void
open_all(void)
{
	struct message m = request("GET", "/mcp/park", NULL, true);

	for (int i = 0; i < wanted; i++) {
		streams[i] = connect_to(worker.socket);
		assert_true(streams[i] >= 0);
		assert_true(send_bytes(streams[i], m.bytes, m.len));
	}
	message_free(&m);
	assert_int_equal(all_hear("data: welcome\n\n"), wanted);
	assert_true(wait_counted("parked ", wanted, PATIENCE) >= 0);
}

static void
ten_thousand(void **state)
{
	pid_t pid = worker_start_with("stream_keepalive = 1\nrequest_timeout = 30\n");
	long memory, cpu, per_stream;
	struct heard first;
	int threads, descriptors;
	int64_t since, ms;
	char n[16];

	(void)state;
	snprintf(n, sizeof(n), "%d", wanted);
	for (int i = 0; i < 100; i++)			/* every thread has been at work */
		assert_non_null(ask_text("POST", "/mcp/news", "warm"));
	first = ask_stream("/mcp/park", false);
	assert_true(hear(&first, "welcome", PATIENCE));
	heard_free(&first);
	assert_true(wait_counted("parked ", 0, PATIENCE) >= 0);
	memory = status_of(pid, "VmRSS");
	threads = count_of(pid, "task");
	descriptors = count_of(pid, "fd");

	since = sp_monotonic_ms();
	open_all();
	print_message("# %d streams opened in %lld ms\n", wanted, (long long)(sp_monotonic_ms() - since));
	per_stream = (status_of(pid, "VmRSS") - memory) / wanted;
	print_message("# memory: %ld KiB before, %ld KiB with them: %ld bytes a stream\n", memory / 1024,
	    status_of(pid, "VmRSS") / 1024, per_stream);
	print_message("# descriptors: %d before, %d with them; threads: %d, %d\n", descriptors,
	    count_of(pid, "fd"), threads, count_of(pid, "task"));
	assert_int_equal(count_of(pid, "task"), threads);
	/* a plain connection may not have been closed yet when they were counted first */
	assert_in_range(count_of(pid, "fd"), descriptors + wanted - 2, descriptors + wanted);
	if (!SANITIZED)
		assert_in_range(per_stream, 0, MEMORY_MAX);

	for (int round = 0; round < 2; round++) {
		since = sp_monotonic_ms();
		assert_string_equal(ask_text("POST", "/mcp/news", round == 0 ? "first" : "second"), n);
		assert_int_equal(all_hear(round == 0 ? "data: first\n\n" : "data: second\n\n"), wanted);
		print_message("# news reached all of them in %lld ms\n", (long long)(sp_monotonic_ms() - since));
	}
	print_message("# memory afterwards: %ld KiB\n", status_of(pid, "VmRSS") / 1024);

	cpu = cpu_of(pid);
	since = sp_monotonic_ms();
	assert_int_equal(all_hear(":\n\n"), wanted);
	print_message("# processor time of silence, with a comment for each every second: %.2f %% of one\n",
	    (double)(cpu_of(pid) - cpu) * 100 / (double)(sp_monotonic_ms() - since));

	/* half of them leave at once; the others are told to */
	for (int i = 0; i < wanted / 2; i++)
		close(streams[i]);
	ms = wait_counted("parked ", wanted - wanted / 2, PATIENCE);
	print_message("# %d that left were noticed in %lld ms\n", wanted / 2, (long long)ms);
	assert_true(ms >= 0);
	memmove(streams, streams + wanted / 2, (size_t)(wanted - wanted / 2) * sizeof(*streams));
	wanted -= wanted / 2;
	since = sp_monotonic_ms();
	kill(pid, SIGTERM);
	assert_int_equal(all_hear("data: bye\n\n"), wanted);
	ms = sp_monotonic_ms() - since;
	assert_int_equal(wait_for_end(pid), 0);
	print_message("# SIGTERM: the other %d had their end in %lld ms, the process ended after %lld ms\n", wanted,
	    (long long)ms, (long long)(sp_monotonic_ms() - since));
	for (int i = 0; i < wanted; i++)
		close(streams[i]);
}

static int
setup(void **state)
{
	const char *number = getenv("TEST_STREAMS");
	struct rlimit limit;

	(void)state;
	wanted = number != NULL ? (int)strtol(number, NULL, 10) : getenv("SP_TEST_WRAPPER") != NULL ? 1000 : 10000;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < (rlim_t)wanted + 300)
		wanted = (int)limit.rlim_max - 300;
	streams = calloc((size_t)wanted, sizeof(*streams));
	return streams == NULL || worker_setup("stream_demo") != 0;
}

static int
teardown(void **state)
{
	free(streams);
	return worker_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
