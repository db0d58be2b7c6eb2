/* http_log.h - the line "http" of the log: one for each request, when its answer has ended */
#ifndef SP_WEB_HTTP_LOG_H
#define SP_WEB_HTTP_LOG_H

#include "web/request.h"

struct sp_http_log {
	const char *method, *route;
	int status;
	int64_t started_us;
	int64_t bytes;			/* of the body */
	unsigned db_round_trips;	/* how often it waited for the database */
	bool streamed;
	int64_t events;			/* of a stream */
	struct sp_str address;
	const char *trace_id;		/* NULL: none */
	enum sp_problem problem;
	const char *detail;		/* NULL: nothing more to say */
	bool sent;			/* all of it has gone out */
	const char *gone;		/* who or what made an end before: "client", "stuck"; NULL: nobody */
};

void sp_http_log(const struct sp_http_log *answer);

#endif
