/*
 * http_send.h - one request to a service: budget, credential, breaker, retries
 */
#ifndef SP_TOOLS_HTTP_SEND_H
#define SP_TOOLS_HTTP_SEND_H

#include "tools/http_source.h"
#include "tools/run.h"

struct sp_http_send {
	const struct sp_tool_call *call;
	const struct sp_http_source *source;
	int64_t deadline_ms;		/* sp_monotonic_ms() */
	bool repeatable;		/* the request may reach the service twice */
	int64_t retries;
};

enum sp_sent {
	SP_SENT_ANSWER,
	SP_SENT_TROUBLE,		/* *out says so to the model */
	SP_SENT_STOPPED,		/* the client has gone */
	SP_SENT_FAILED,			/* the request is failed: the database */
};

/*
 * Sends a message (without its credential).  The answer may be of any status; what
 * was secret in the request is overwritten in its body.  *why: for the audit row.
 */
SP_MUST_USE enum sp_sent sp_http_send(const struct sp_http_send *send, const struct sp_http_message *message,
    struct sp_http_answer *answer, struct sp_tool_result *out, const char **why);

/*
 * The source's place for one more call at once; while others have them all, waits
 * as long as the source says.  SP_SENT_ANSWER: *slot is to be released.
 */
SP_MUST_USE enum sp_sent sp_http_enter(const struct sp_http_send *send, struct sp_slot *slot, struct sp_tool_result *out,
    const char **why);

/* "; try again in 5 seconds", or "; try again later" for -1. */
const char *sp_retry_hint(struct sp_arena *mem, int64_t retry_ms);

#endif
