/*
 * log.c - one line of JSON per event, on standard error
 *
 * A line is built on the stack and leaves in one write(2) of at most PIPE_BUF
 * bytes, which is atomic on a pipe: lines of threads and processes do not mix.
 * Nothing here takes a lock or allocates, so that a child may log after fork().
 */
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"

#define LINE_SIZE	PIPE_BUF
#define TEXT_MAX	512			/* of one field, before escapes */
#define CUT		",\"cut\":true"		/* stands for the fields that found no room */
#define END		"}\n"

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static const char *_Atomic program_name = "sallyport";
static _Atomic enum sp_log_level threshold = SP_INFO;
static _Atomic uint64_t lost;
static _Thread_local const char *current_request_id;

void
sp_log_program(const char *name)
{
	program_name = name;
}

void
sp_log_threshold(enum sp_log_level level)
{
	threshold = level;
}

bool
sp_log_level_named(const char *name, enum sp_log_level *out)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum sp_log_level)i;
			return true;
		}
	return false;
}

void
sp_log_request_id(const char *request_id)
{
	current_request_id = request_id;
}

uint64_t
sp_log_lost(void)
{
	return lost;
}

static void
add_time(struct sp_buf *b)
{
	struct timespec now = { 0 };
	char text[SP_RFC3339_SIZE];

	clock_gettime(CLOCK_REALTIME, &now);
	sp_rfc3339(now.tv_sec, text);
	sp_buf_printf(b, "{\"time\":\"%.19s.%03dZ\"", text, (int)(now.tv_nsec / 1000000));
}

/* Cut at TEXT_MAX bytes, but not inside a character. */
static struct sp_str
cut(struct sp_str s)
{
	size_t len = TEXT_MAX;

	if (s.len <= TEXT_MAX)
		return s;
	while (len > TEXT_MAX - 3 && ((unsigned char)s.p[len] & 0xc0) == 0x80)
		len--;
	return sp_str_sub(s, 0, len);
}

static void
add_text(struct sp_buf *b, const char *name, struct sp_str text)
{
	sp_buf_char(b, ',');
	sp_buf_json_string(b, sp_str(name));
	sp_buf_char(b, ':');
	if (text.p == NULL)
		sp_buf_cstr(b, "null");
	else
		sp_buf_json_string(b, cut(text));
}

static void
add_int(struct sp_buf *b, const char *name, int64_t number)
{
	sp_buf_char(b, ',');
	sp_buf_json_string(b, sp_str(name));
	sp_buf_printf(b, ":%lld", (long long)number);
}

void
sp_log_fields(enum sp_log_level level, const char *event, const struct sp_log_field *fields, size_t count)
{
	char line[LINE_SIZE];
	struct sp_buf b;

	if (level < threshold)
		return;
	sp_buf_fixed(&b, line, sizeof(line));
	b.max -= sizeof(CUT END);	/* kept back for the end */
	add_time(&b);
	add_text(&b, "level", sp_str(level_names[level]));
	add_text(&b, "program", sp_str(program_name));
	add_int(&b, "pid", getpid());
	if (current_request_id != NULL)
		add_text(&b, "request_id", sp_str(current_request_id));
	add_text(&b, "event", sp_str(event));
	for (size_t i = 0; i < count; i++) {
		struct sp_buf before = b;

		if (fields[i].name == NULL)
			continue;
		if (fields[i].kind == SP_LOG_TEXT)
			add_text(&b, fields[i].name, fields[i].text);
		else
			add_int(&b, fields[i].name, fields[i].number);
		if (!sp_buf_ok(&b)) {
			b = before;
			b.max += sizeof(CUT END);
			sp_buf_cstr(&b, CUT);
			break;
		}
	}
	b.max = sizeof(line) - 1;
	sp_buf_cstr(&b, END);
	/* A full or closed log must not stop the work: audit rows are in the database. */
	if (write(STDERR_FILENO, b.p, b.len) != (ssize_t)b.len)
		lost++;
}
