/* test_child.c - programs that are run for a call: what they get, and that nothing of them stays */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "unit.h"
#include "base/clock.h"
#include "tools/child.h"

#define PATIENCE_MS	60000		/* for what comes at once, if nobody else runs */
#define OUT_MAX		65536

static char directory[64], supervisor[128];
static struct sp_settings settings = { .executable_dirs = "/bin /usr/bin", .supervisor = supervisor };
static bool plain;			/* each test runs with namespaces, where there are some, and without */

struct ran {
	struct sp_child child;
	struct sp_child_result result;
};

static const char *const *
script(struct sp_arena *mem, const char *text)
{
	const char **argv = sp_alloc_array(mem, 4, sizeof(*argv));

	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = text;
	return argv;
}

static struct ran
run_io(struct sp_arena *mem, struct sp_child_start start, struct sp_child_io io)
{
	struct ran r = { 0 };
	const char *why;

	start.plain = plain;
	if (io.deadline == 0)
		io.deadline = sp_monotonic_ms() + PATIENCE_MS;
	if (io.out_max == 0)
		io.out_max = OUT_MAX;
	io.err_max = 1000;
	if (!sp_child_start(mem, &settings, &start, &r.child, &why))
		fail_msg("%s", why);
	sp_child_run(mem, &r.child, &io, &r.result);
	return r;
}

static struct ran
run(struct sp_arena *mem, const char *text)
{
	return run_io(mem, (struct sp_child_start){ .argv = script(mem, text) }, (struct sp_child_io){ 0 });
}

/* ---- what is left ---- */

/* Processes, zombies too, that have this in their command line or are our children. */
static int
living(const char *mark)
{
	char path[300], text[4096];
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int count = 0;

	while ((entry = readdir(dir)) != NULL) {
		ssize_t n = -1;
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		if (sp_is_digit((unsigned char)entry->d_name[0]) && (fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
			n = read(fd, text, sizeof(text));
			close(fd);
		}
		if (n > 0 && memmem(text, (size_t)n, mark, strlen(mark)) != NULL)
			count++;
	}
	closedir(dir);
	return count;
}

/* A number that no other process has in its command line: how long some of ours sleep. */
static char *
mark_of(struct sp_arena *mem)
{
	static int n;

	return sp_printf(mem, "77%ld%d", (long)getpid(), n++);
}

/* Polls: a process that begins takes its time on a busy machine. */
static bool
comes_to(const char *mark, int count)
{
	int64_t end = sp_monotonic_ms() + PATIENCE_MS;

	while (living(mark) != count) {
		if (sp_monotonic_ms() > end)
			return false;
		usleep(10000);
	}
	return true;
}

static int
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* Everything that is a child of ours has been waited for. */
static void
check_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* ---- what may be run ---- */

static const struct {
	const char *path, *dirs;
	bool ok;
} paths[] = {
	{ "/opt/tools/count", "/opt/tools", true }, { "/opt/tools/count", "/srv /opt/tools/", true },
	{ "/opt/tools/a/b", "/opt/tools", true }, { "/opt/tools/count", "/", true },
	{ "/opt/tools/..count", "/opt/tools", true },
	{ "/opt/tools/count", "", false }, { "/opt/toolsmith/count", "/opt/tools", false },
	{ "/opt/tools", "/opt/tools", false }, { "/opt/tools/", "/opt/tools", false }, { "count", "/opt/tools", false },
	{ "/opt/tools/../../bin/sh", "/opt/tools", false }, { "/opt/tools/./count", "/opt/tools", false },
	{ "/opt/tools//count", "/opt/tools", false }, { "/opt/tools/..", "/opt/tools", false },
	{ "./opt/tools/count", "/opt/tools", false }, { "", "/", false }, { "/", "/", false },
};

static void
permits(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct sp_settings s = { .executable_dirs = paths[i].dirs };

		CHECK(sp_child_permits(mem, &s, paths[i].path, &why) == paths[i].ok, paths[i].path);
	}
	sp_arena_free(mem);
}

static void
finds(void **state)
{
	struct sp_settings s = { .executable_dirs = "/nonexistent  /usr/bin" }, none = { .executable_dirs = "" };
	struct sp_arena *mem = sp_arena_new();
	const char *why = "";

	(void)state;
	assert_string_equal(sp_child_find(mem, &s, "env"), "/usr/bin/env");
	assert_string_equal(sp_child_find(mem, &s, "/bin/env"), "/bin/env");
	assert_string_equal(sp_child_find(mem, &s, "no such program"), "no such program");
	assert_string_equal(sp_child_find(mem, &none, "env"), "env");
	assert_true(sp_child_is_runnable(mem, &s, "/usr/bin/env", &why));
	assert_false(sp_child_is_runnable(mem, &none, "/usr/bin/env", &why));
	assert_non_null(strstr(why, "executable_dirs"));
	assert_false(sp_child_is_runnable(mem, &s, "/usr/bin/no such program", &why));
	assert_string_equal(why, "there is no program /usr/bin/no such program");
	sp_arena_free(mem);
}

static void
refused(void **state)
{
	struct sp_settings none = { .executable_dirs = "", .supervisor = supervisor };
	const char *const argv[] = { "/bin/true", NULL };
	struct sp_arena *mem = sp_arena_new();
	struct sp_child child;
	const char *why = "";

	(void)state;
	assert_false(sp_child_start(mem, &none, &(struct sp_child_start){ .argv = argv }, &child, &why));
	assert_non_null(strstr(why, "executable_dirs"));
	none = (struct sp_settings){ .executable_dirs = "/bin", .supervisor = "/nonexistent/supervisor" };
	if (!under_valgrind()) {		/* where posix_spawn() does not say that nothing was started */
		assert_false(sp_child_start(mem, &none, &(struct sp_child_start){ .argv = argv }, &child, &why));
		assert_non_null(strstr(why, "/nonexistent/supervisor: ENOENT"));
	}
	sp_arena_free(mem);
}

/* ---- what it gets ---- */

static void
arguments(void **state)
{
	static const char *const argv[] = { "/usr/bin/printf", "%s|", "", "a b", "$(id)", "`id`;*", "--", "-n", "\n", "\xc3\xa4", NULL };
	struct sp_arena *mem = sp_arena_new();
	struct ran r = run_io(mem, (struct sp_child_start){ .argv = argv }, (struct sp_child_io){ 0 });

	(void)state;
	assert_int_equal(r.child.how, SP_CHILD_EXITED);
	CHECK_STR(r.result.out, "|a b|$(id)|`id`;*|--|-n|\n|\xc3\xa4|", "arguments");
	sp_arena_free(mem);
}

static void
environment(void **state)
{
	static const char *const argv[] = { "/usr/bin/env", NULL };
	static const char *const envp[] = { "A=1", "LD_LIBRARY_PATH=/nowhere", "_=x", "EMPTY=", "MORE=a=b c", NULL };
	struct sp_arena *mem = sp_arena_new();
	struct ran r = run_io(mem, (struct sp_child_start){ .argv = argv, .envp = envp }, (struct sp_child_io){ 0 });

	(void)state;
	CHECK_STR(r.result.out, "A=1\nLD_LIBRARY_PATH=/nowhere\n_=x\nEMPTY=\nMORE=a=b c\n", "environment");
	r = run_io(mem, (struct sp_child_start){ .argv = argv }, (struct sp_child_io){ 0 });
	CHECK_STR(r.result.out, "", "no environment");
	sp_arena_free(mem);
}

static void
input(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	char *large = sp_alloc(mem, 1000000);
	struct ran r;

	(void)state;
	memset(large, 'x', 1000000);
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "wc -c; cat") }, (struct sp_child_io){
	    .in = { large, 1000000 } });
	CHECK_STR(r.result.out, "1000000\n", "a large input");
	/* nobody reads it */
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "exec <&-; echo done") }, (struct sp_child_io){
	    .in = { large, 1000000 } });
	CHECK_STR(r.result.out, "done\n", "an input that is not read");
	r = run(mem, "cat; echo end");
	CHECK_STR(r.result.out, "end\n", "no input");
	sp_arena_free(mem);
}

static void
descriptors(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	int stray = open("/dev/null", O_RDWR), high = fcntl(stray, F_DUPFD, 200);
	struct ran r;

	(void)state;
	/* the shell itself, without the one that "ls" would open */
	r = run(mem, "for fd in /proc/$$/fd/* /proc/self/fd/*; do [ -e $fd ] && echo ${fd##*/}; done | sort -nu | head -c 100");
	assert_true(sp_str_starts(r.result.out, "0\n1\n2\n"));
	assert_null(memmem(r.result.out.p, r.result.out.len, "200\n", 4));
	r = run(mem, "for fd in 3 4 5 6 7 8 9; do eval \"exec 2>/dev/null; : <&$fd\" && echo $fd; done; true");
	CHECK_STR(r.result.out, "", "no more descriptors");
	close(stray);
	close(high);
	sp_arena_free(mem);
}

static void
box(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_child_limits limits = { .cpu_s = 7, .memory_bytes = 100 << 20, .file_bytes = 1 << 20, .files = 50 };
	struct ran r;

	(void)state;
	r = run_io(mem, (struct sp_child_start){ .limits = limits, .argv = script(mem, "ulimit -t; ulimit -d; ulimit -f; "
	    "ulimit -n; ulimit -c; umask; pwd") }, (struct sp_child_io){ 0 });
	CHECK_STR(r.result.out, "7\n102400\n2048\n50\n0\n0077\n/\n", "limits");
	r = run_io(mem, (struct sp_child_start){ .seccomp = true, .directory = directory, .argv = script(mem,
	    /* 32 and 33 are the C library's own, which does not let us change them */
	    "pwd; grep -E '^(NoNewPrivs|CapEff|CapBnd|SigBlk|SigIgn|Seccomp):' /proc/self/status |"
	    "tr -d '\\t' | sed -E 's/:0000000[01][0-9a-f]0{7}$/:0000000000000000/'") },
	    (struct sp_child_io){ 0 });
	if (r.child.how == SP_CHILD_NOT_STARTED && strcmp(r.child.step, "seccomp") == 0) {
		print_message("no seccomp filter on this machine\n");
	} else {
		const char *expected = sp_printf(mem, "%s\nSigBlk:0000000000000000\nSigIgn:0000000000000000\n"
		    "CapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1\nSeccomp:2\n", directory);

		if (geteuid() == 0 || !plain)	/* who has no capabilities cannot drop the bounding set, either */
			CHECK_STR(r.result.out, expected, "box");
		r = run_io(mem, (struct sp_child_start){ .seccomp = true, .argv = script(mem,
		    "unshare -Ur true || echo refused; (sleep 0 & wait); echo $?") }, (struct sp_child_io){ 0 });
		CHECK_STR(r.result.out, "refused\n0\n", "a filter");
	}
	sp_arena_free(mem);
}

/* ---- how it ends ---- */

static const struct {
	const char *text;
	enum sp_child_how how;
	int status;
} ends[] = {
	{ "exit 0", SP_CHILD_EXITED, 0 }, { "exit 3", SP_CHILD_EXITED, 3 }, { "exit 255", SP_CHILD_EXITED, 255 },
	{ "kill -9 $$", SP_CHILD_SIGNALLED, SIGKILL }, { "kill -TERM $$", SP_CHILD_SIGNALLED, SIGTERM },
	{ "kill -SEGV $$", SP_CHILD_SIGNALLED, SIGSEGV }, { "kill -TERM 0", SP_CHILD_SIGNALLED, SIGTERM },
	{ "exec /nonexistent/program", SP_CHILD_EXITED, 127 },
};

static void
statuses(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	const char *const nothing[] = { "/usr/bin/nonexistent", NULL }, *const no_program[] = { "/usr/bin/../bin", NULL };
	struct ran r;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		r = run(mem, ends[i].text);
		CHECK(r.result.how == SP_RAN, ends[i].text);
		if (r.child.how != ends[i].how || r.child.status != ends[i].status)
			fail_msg("%s: %d %d %.*s", ends[i].text, r.child.how, r.child.status, SP_FMT(r.result.err));
	}
	r = run_io(mem, (struct sp_child_start){ .argv = nothing }, (struct sp_child_io){ 0 });
	assert_int_equal(r.child.how, SP_CHILD_NOT_STARTED);
	assert_int_equal(r.child.status, ENOENT);
	assert_string_equal(r.child.step, "program");
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "true"), .directory = "/nonexistent/directory" },
	    (struct sp_child_io){ 0 });
	assert_int_equal(r.child.how, SP_CHILD_NOT_STARTED);
	assert_string_equal(r.child.step, "directory");
	assert_false(sp_child_start(mem, &settings, &(struct sp_child_start){ .argv = no_program }, &r.child, &why));
	check_no_child();
	sp_arena_free(mem);
}

/* Programs that would go on for ever, each in its own way; %s is how long, which is also the mark. */
static const char *const stubborn[] = {
	"sleep %s",
	"trap '' TERM INT HUP; sleep %s; sleep %s",
	"exec >&- 2>&-; sleep %s",
	"sleep %s & sleep %s",
	"setsid sleep %s & sleep %s",
	"setsid sh -c 'setsid sh -c \"sleep %s & sleep %s\" & sleep %s' & sleep %s",
	"(trap '' TERM; (setsid nohup sleep %s >/dev/null 2>&1 &) &) ; sleep %s",
	"kill -STOP $$; sleep %s",
	"yes >/dev/null & sleep %s",
};

static char *
with_mark(struct sp_arena *mem, const char *text, const char *mark)
{
	struct sp_str rest = sp_str(text);
	struct sp_buf b;
	char *at;

	sp_buf_init(&b, mem, 4096);
	while ((at = strstr(rest.p, "%s")) != NULL) {
		sp_buf_add(&b, rest.p, (size_t)(at - rest.p));
		sp_buf_cstr(&b, mark);
		rest = sp_str(at + 2);
	}
	sp_buf_str(&b, rest);
	return sp_cstr(mem, sp_buf_view(&b));
}

static void
late(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	int before = open_descriptors();

	(void)state;
	for (size_t i = 0; i < COUNT(stubborn); i++) {
		char *mark = mark_of(mem);
		struct ran r = run_io(mem, (struct sp_child_start){ .argv = script(mem, with_mark(mem, stubborn[i], mark)) },
		    (struct sp_child_io){ .deadline = sp_monotonic_ms() + 300 });

		CHECK(r.result.how == SP_RAN_TOO_LONG, stubborn[i]);
		CHECK(r.child.how == SP_CHILD_ENDED, stubborn[i]);
		CHECK(living(mark) == 0, stubborn[i]);
		check_no_child();
	}
	assert_int_equal(open_descriptors(), before);
	sp_arena_free(mem);
}

/* A program that ends and leaves others behind: its end is the end of them, and of their hold on the pipes. */
static void
left_behind(void **state)
{
	static const char *const texts[] = {
		"sleep %s & echo done", "setsid sleep %s & echo done",
		"(setsid sh -c 'setsid sleep %s & sleep %s' &) ; echo done",
		"for i in 1 2 3 4 5 6 7 8 9 10; do (setsid sleep %s &); done; echo done",
	};
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *mark = mark_of(mem);
		struct ran r = run(mem, with_mark(mem, texts[i], mark));

		CHECK(r.result.how == SP_RAN && r.child.how == SP_CHILD_EXITED && r.child.status == 0, texts[i]);
		CHECK_STR(r.result.out, "done\n", texts[i]);
		CHECK(living(mark) == 0, texts[i]);
	}
	check_no_child();
	sp_arena_free(mem);
}

static bool
is_gone(void *arg)
{
	return ++*(int *)arg > 1;
}

static bool
take_line(void *arg, struct sp_str line)
{
	*(int *)arg += sp_str_starts(line, "progress") ? 1 : 0;
	return sp_str_starts(line, "progress");
}

static void
output(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	char *mark = mark_of(mem);
	struct ran r;
	int count = 0;

	(void)state;
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "yes") }, (struct sp_child_io){ .out_max = 5001 });
	assert_int_equal(r.result.how, SP_RAN_TOO_MUCH);
	assert_int_equal(r.result.out.len, 5001);
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "head -c 5001 /dev/zero") },
	    (struct sp_child_io){ .out_max = 5001 });
	assert_int_equal(r.result.how, SP_RAN);
	assert_int_equal(r.result.out.len, 5001);
	/* of standard error the end counts */
	r = run(mem, "yes | head -c 3000000 >&2; printf END >&2");
	assert_int_equal(r.result.how, SP_RAN);
	assert_in_range(r.result.err.len, 400, 1000);
	assert_true(sp_str_ends(r.result.err, "END"));
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "yes >&2") }, (struct sp_child_io){
	    .deadline = sp_monotonic_ms() + 300 });
	assert_int_equal(r.result.how, SP_RAN_TOO_LONG);
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem,
	    "(echo progress 1; echo a; echo progress 2; echo b; printf progress) >&2") },
	    (struct sp_child_io){ .line = take_line, .arg = &count });
	assert_int_equal(count, 2);
	CHECK_STR(r.result.err, "a\nb\nprogress", "lines");
	count = 0;
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, with_mark(mem, "sleep %s", mark)) },
	    (struct sp_child_io){ .gone = is_gone, .arg = &count });
	assert_int_equal(r.result.how, SP_RAN_IN_VAIN);
	assert_int_equal(living(mark), 0);
	sp_arena_free(mem);
}

static void
limits(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct ran r;

	(void)state;
	r = run_io(mem, (struct sp_child_start){ .argv = script(mem, "while :; do :; done"), .limits = { .cpu_s = 1 } },
	    (struct sp_child_io){ 0 });
	assert_int_equal(r.result.how, SP_RAN);
	assert_int_equal(r.child.how, SP_CHILD_SIGNALLED);
	assert_int_equal(r.child.status, SIGXCPU);
	r = run_io(mem, (struct sp_child_start){ .limits = { .file_bytes = 1000 }, .directory = directory,
	    .argv = script(mem, "exec head -c 5000 /dev/zero > file") }, (struct sp_child_io){ 0 });
	assert_int_equal(r.child.how, SP_CHILD_SIGNALLED);
	assert_int_equal(r.child.status, SIGXFSZ);
	r = run_io(mem, (struct sp_child_start){ .limits = { .memory_bytes = 32 << 20 },
	    .argv = script(mem, "head -c 100000000 /dev/zero | tail -n 1 | wc -c") }, (struct sp_child_io){ 0 });
	assert_false(sp_str_is(r.result.out, "100000000\n"));
	sp_arena_free(mem);
}

/* As a user whom the limit on processes holds: root it does not. */
static void
bomb(void **state)
{
	static const char *const texts[] = { "f() { f | f & }; f; sleep %s", "while :; do sleep %s & done 2>/dev/null",
		"f() { (setsid sh -c 'sleep %s' &) ; }; while :; do f; done 2>/dev/null" };
	struct sp_arena *mem = sp_arena_new();
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			child_done(false);
		for (size_t i = 0; i < COUNT(texts); i++) {
			char *mark = mark_of(mem);
			struct ran r = run_io(mem, (struct sp_child_start){ .limits = { .processes = 20 },
			    .argv = script(mem, with_mark(mem, texts[i], mark)) },
			    (struct sp_child_io){ .deadline = sp_monotonic_ms() + 500 });

			if (living(mark) != 0 || (r.result.how != SP_RAN_TOO_LONG && r.result.how != SP_RAN))
				child_done(false);
		}
		child_done(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	}
	assert_true(child_ok(pid));
	sp_arena_free(mem);
}

/* ---- whoever asked is killed ---- */

static void
killed_parent(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(stubborn); i++) {
		char *mark = mark_of(mem);
		pid_t pid = fork();

		if (pid == 0) {
			(void)run(mem, with_mark(mem, stubborn[i], mark));
			child_done(false);
		}
		CHECK(pid > 0, "fork");
		for (int64_t end = sp_monotonic_ms() + PATIENCE_MS; living(mark) < 2;)	/* the supervisor and another */
			CHECK(sp_monotonic_ms() < end, stubborn[i]);
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, NULL, 0) == pid, "reaped");
		CHECK(comes_to(mark, 0), stubborn[i]);
	}
	sp_arena_free(mem);
}

/* ---- many at a time, in a process that has other children ---- */

#define THREADS		6
#define ROUNDS		10

static void *
run_some(void *arg)
{
	struct sp_arena *mem = sp_arena_new();
	bool *ok = arg;

	*ok = true;
	for (int i = 0; i < ROUNDS && *ok; i++) {
		struct ran r = run(mem, "setsid sleep 100 & cat; echo $$ >/dev/null; exit 9");
		int status;
		pid_t pid = fork();

		if (pid == 0)
			kill(getpid(), SIGKILL);	/* at an exit valgrind would miss what other threads hold */
		*ok = r.result.how == SP_RAN && r.child.how == SP_CHILD_EXITED && r.child.status == 9 &&
		    waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		sp_arena_reset(mem);
	}
	sp_arena_free(mem);
	return NULL;
}

static void
many(void **state)
{
	int before = open_descriptors();
	pthread_t thread[THREADS];
	bool ok[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, run_some, &ok[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_true(ok[i]);
	}
	check_no_child();
	assert_int_equal(open_descriptors(), before);
}

/* ---- both ways ---- */

static int
with_namespaces(void **state)
{
	(void)state;
	plain = false;
	return 0;
}

static int
without(void **state)
{
	(void)state;
	plain = true;
	return 0;
}

/* Where any user may start it: a build directory need not be such a place. */
static bool
install(void)
{
	const char *built = getenv("top_builddir");
	char command[600];

	snprintf(directory, sizeof(directory), "/tmp/sallyport-child.XXXXXX");
	if (mkdtemp(directory) == NULL || chmod(directory, 0755) != 0)
		return false;
	snprintf(supervisor, sizeof(supervisor), "%s/sallyport-exec", directory);
	snprintf(command, sizeof(command), "cp '%s/bin/sallyport-exec' '%s' && chmod 755 '%s'", built != NULL ? built : ".",
	    supervisor, supervisor);
	return system(command) == 0;
}

#define BOTH(test) cmocka_unit_test_setup(test, with_namespaces), cmocka_unit_test_setup(test, without)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permits), cmocka_unit_test(finds), cmocka_unit_test(refused),
		BOTH(arguments), BOTH(environment), BOTH(input), BOTH(descriptors), BOTH(box), BOTH(statuses), BOTH(late),
		BOTH(left_behind), BOTH(output), BOTH(limits), BOTH(bomb), BOTH(killed_parent), BOTH(many),
	};
	char command[100];
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (!install()) {
		fputs("sallyport-exec could not be copied\n", stderr);
		return 99;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command) == 0 && failed == 0 ? 0 : 1;
}
