/* test_log.c - base/log: what a line looks like, and that lines stay whole */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include "base/json.h"
#include "base/log.h"
#include "unit.h"

static int real_stderr;

/* From here on standard error is a file. */
static FILE *
capture(void)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	fflush(stderr);
	assert_int_equal(fcntl(fileno(file), F_SETFL, O_APPEND), 0);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	return file;
}

/* What was written to it; standard error is as before. */
static struct sp_str
captured(struct sp_arena *mem, FILE *file)
{
	struct sp_buf b;
	char part[4096];
	size_t n;

	dup2(real_stderr, STDERR_FILENO);
	rewind(file);
	sp_buf_init(&b, mem, (size_t)1 << 24);
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		sp_buf_add(&b, part, n);
	fclose(file);
	return sp_buf_view(&b);
}

/* One line as JSON; fails when it is anything else. */
static struct json_object *
line_of(struct sp_arena *mem, struct sp_str line)
{
	struct json_object *tree;
	const char *why;

	if (!sp_json_parse(mem, line, &tree, &why))
		fail_msg("%s: %.*s", why, SP_FMT(line));
	return tree;
}

static void
one_line(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	FILE *file = capture();
	struct sp_str text, time;
	char expected[256];

	(void)state;
	sp_log_program("token");
	sp_log_request_id("r-1");
	sp_log(SP_INFO, "http", SP_L("route", "/token"), SP_LI("status", 200), SP_LS("who", SP_LIT("a\"b\n\x1b[31m")),
	    SP_L("nobody", NULL), { NULL }, SP_LI("ms", -3));
	sp_log_request_id(NULL);
	text = captured(mem, file);
	time = sp_json_get_str(line_of(mem, text), "time");
	assert_int_equal(time.len, strlen("2026-11-20T10:00:00.123Z"));
	assert_int_equal(time.p[19], '.');
	snprintf(expected, sizeof(expected), "{\"time\":\"%.*s\",\"level\":\"info\",\"program\":\"token\",\"pid\":%d,"
	    "\"request_id\":\"r-1\",\"event\":\"http\",\"route\":\"/token\",\"status\":200,"
	    "\"who\":\"a\\\"b\\n\\u001B[31m\",\"nobody\":null,\"ms\":-3}\n", SP_FMT(time), getpid());
	CHECK_STR(text, expected, "line");
	sp_arena_free(mem);
}

static void
levels(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	enum sp_log_level level;
	struct sp_str text;
	FILE *file = capture();

	(void)state;
	sp_log(SP_DEBUG, "hidden");
	sp_log_threshold(SP_ERROR);
	sp_log(SP_WARN, "hidden");
	sp_log(SP_ERROR, "seen 1");
	sp_log_threshold(SP_DEBUG);
	sp_log(SP_DEBUG, "seen 2");
	sp_log_threshold(SP_INFO);
	text = captured(mem, file);
	assert_null(strstr(text.p, "hidden"));
	assert_null(strstr(text.p, "request_id"));
	assert_non_null(strstr(text.p, "seen 1"));
	assert_non_null(strstr(text.p, "seen 2"));
	assert_true(sp_log_level_named("warn", &level));
	assert_int_equal(level, SP_WARN);
	assert_false(sp_log_level_named("WARN", &level));
	assert_false(sp_log_level_named("", &level));
	sp_arena_free(mem);
}

static void
long_text(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct json_object *line;
	struct sp_str text;
	char controls[601], accents[601], *part;
	FILE *file;

	(void)state;
	memset(controls, 1, 600);
	memset(accents, 'x', 600);
	controls[600] = accents[600] = '\0';
	part = accents + 511;		/* a character across the cut */
	memcpy(part, "\xc3\xa9", 2);

	file = capture();
	sp_log(SP_INFO, "long", SP_L("accents", accents));
	text = captured(mem, file);
	line = line_of(mem, text);
	assert_int_equal(sp_json_get_str(line, "accents").len, 511);

	/* what finds no room is left out whole, and the line says so */
	file = capture();
	sp_log(SP_INFO, "long", SP_L("one", controls), SP_L("two", controls), SP_LI("three", 3));
	text = captured(mem, file);
	assert_true(text.len <= 4096);
	line = line_of(mem, text);
	assert_int_equal(sp_json_get_str(line, "one").len, 512);
	assert_null(sp_json_get(line, "two"));
	assert_null(sp_json_get(line, "three"));
	assert_true(json_object_get_boolean(sp_json_get(line, "cut")));

	/* at every length around the limit the line is whole */
	file = capture();
	for (size_t i = 400; i < 520; i++)
		sp_log(SP_INFO, "long", SP_L("a", controls), SP_LS("b", ((struct sp_str){ accents, i })),
		    SP_LS("c", ((struct sp_str){ accents, i })));
	text = captured(mem, file);
	for (struct sp_str one; sp_str_split(&text, '\n', &one);) {
		assert_true(one.len < 4096);
		line_of(mem, one);
	}
	sp_arena_free(mem);
}

enum { THREADS = 8, LINES = 200 };

static void *
log_many(void *id)
{
	sp_log_request_id(id);
	for (int i = 0; i < LINES; i++)
		sp_log(SP_INFO, "many", SP_L("id", (const char *)id), SP_LI("i", i), SP_L("pad", "................"));
	return NULL;
}

/* Lines of threads, and of children forked meanwhile, are whole and carry their own request id. */
static void
threads_and_forks(void **state)
{
	static char id[THREADS][8];
	struct sp_arena *mem = sp_arena_new();
	struct sp_str text, one;
	pthread_t thread[THREADS];
	size_t lines = 0;
	FILE *file = capture();

	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		snprintf(id[i], sizeof(id[i]), "r-%zu", i);
		assert_int_equal(pthread_create(&thread[i], NULL, log_many, id[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			log_many((char *)"child");
			child_done(true);
		}
		assert_true(child_ok(pid));
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	text = captured(mem, file);
	while (sp_str_split(&text, '\n', &one)) {
		struct json_object *line = line_of(mem, one);

		assert_true(sp_str_eq(sp_json_get_str(line, "id"), sp_json_get_str(line, "request_id")));
		lines++;
	}
	assert_int_equal(lines, (THREADS + 4) * LINES);
	sp_arena_free(mem);
}

static void
lost_lines(void **state)
{
	uint64_t before = sp_log_lost();

	(void)state;
	close(STDERR_FILENO);
	sp_log(SP_ERROR, "nobody reads this");
	assert_int_equal(dup2(real_stderr, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(sp_log_lost(), before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(levels),
		cmocka_unit_test(long_text),
		cmocka_unit_test(threads_and_forks),
		cmocka_unit_test(lost_lines),
	};

	real_stderr = dup(STDERR_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
