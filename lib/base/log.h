/*
 * log.h - one line of JSON per event, on standard error
 *
 *	{"time":"2026-11-20T10:00:00.123Z","level":"info","program":"token","pid":7,
 *	 "request_id":"...","event":"http","route":"/token","status":200,"ms":3}
 *
 * Text from outside is cut at 512 bytes and escaped; a line is at most 4096
 * bytes and leaves in one write(2), and "cut":true stands for fields that found
 * no room.  A line that cannot be written is counted and forgotten (the program
 * has to ignore SIGPIPE).
 *
 * Never logged, at any level: tokens, codes, secrets, verifiers, cookies,
 * Authorization headers, bodies, connection strings.
 */
#ifndef SP_BASE_LOG_H
#define SP_BASE_LOG_H

#include "base/str.h"

enum sp_log_level { SP_DEBUG, SP_INFO, SP_WARN, SP_ERROR };

struct sp_log_field {
	const char *name;	/* NULL: left out */
	enum { SP_LOG_TEXT, SP_LOG_INT } kind;
	struct sp_str text;
	int64_t number;
};

#define SP_L(name, cstr)	{ (name), SP_LOG_TEXT, sp_str(cstr), 0 }
#define SP_LS(name, str)	{ (name), SP_LOG_TEXT, (str), 0 }
#define SP_LI(name, n)		{ (name), SP_LOG_INT, { 0 }, (n) }

void sp_log_program(const char *name);			/* once, at start; a literal */
void sp_log_threshold(enum sp_log_level level);		/* default SP_INFO */
/* "debug", "info", "warn", "error". */
SP_MUST_USE bool sp_log_level_named(const char *name, enum sp_log_level *out);
/* The request id that lines of this thread carry; NULL ends it. Not copied. */
void sp_log_request_id(const char *request_id);
void sp_log_fields(enum sp_log_level level, const char *event,
    const struct sp_log_field *fields, size_t count);
/* Lines of this process that could not be written. */
uint64_t sp_log_lost(void);

/* sp_log(SP_INFO, "http", SP_L("route", "/token"), SP_LI("status", 200)); */
#define sp_log(level, event, ...) do { \
	const struct sp_log_field sp_log_f_[] = { { NULL }, ##__VA_ARGS__ }; \
	sp_log_fields((level), (event), sp_log_f_, sizeof(sp_log_f_) / sizeof(sp_log_f_[0])); \
} while (0)

#endif
