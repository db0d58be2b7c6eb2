/*
 * trace.h - the trace that a call is part of (2026-07-28, basic, "OpenTelemetry trace context")
 *
 * A client may say in _meta which trace its request belongs to, in the formats of
 * W3C Trace Context and W3C Baggage.  It goes into the audit trail and the settings of
 * the tool, and its id into the log; what is called for a tool may carry it on.  What does
 * not have the format is not there; it never makes a request fail.
 */
#ifndef SP_TOOLS_TRACE_H
#define SP_TOOLS_TRACE_H

#include "base/json.h"

/* Slices of the message; absent when not given. */
struct sp_trace {
	struct sp_str traceparent;	/* Trace Context, section 3.2 */
	struct sp_str tracestate;	/* section 3.3; only beside a traceparent */
	struct sp_str baggage;		/* Baggage, section 3.3 */
};

/* Of the _meta of a request's params, which may be NULL. */
void sp_trace_read(struct json_object *meta, struct sp_trace *out);

/* The 32 hexadecimal digits of the trace; absent without a traceparent. */
struct sp_str sp_trace_id(const struct sp_trace *trace);

#endif
