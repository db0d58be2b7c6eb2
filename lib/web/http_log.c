/* http_log.c - the line "http" of the log */
#include "base/clock.h"
#include "base/log.h"
#include "web/http_log.h"

void
sp_http_log(const struct sp_http_log *a)
{
	enum sp_log_level level = a->status == 500 ? SP_ERROR : a->status > 500 ? SP_WARN : SP_INFO;
	bool failed = a->problem != SP_OK;

	/* What went wrong because nobody was there any more is no trouble of ours. */
	if (a->gone != NULL)
		level = SP_INFO;
	sp_log(level, "http",
	    SP_L("method", a->method),
	    SP_L("route", a->route != NULL ? a->route : "-"),
	    SP_LI("status", a->status),
	    SP_LI("ms", (sp_monotonic_us() - a->started_us) / 1000),
	    SP_LI("bytes", a->bytes),
	    SP_LI("db_round_trips", a->db_round_trips),
	    SP_LI(a->streamed ? "events" : NULL, a->events),
	    SP_LS("address", a->address),
	    SP_L(a->trace_id != NULL ? "trace_id" : NULL, a->trace_id),
	    SP_L(failed ? "problem" : NULL, sp_problem_info(a->problem)->error),
	    SP_L(failed && a->detail != NULL ? "detail" : NULL, a->detail),
	    SP_L(a->sent ? NULL : "sent", "no"),
	    SP_L(a->gone != NULL ? "gone" : NULL, a->gone));
}
