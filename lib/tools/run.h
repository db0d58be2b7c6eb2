/*
 * run.h - one call of a tool: arguments judged, call made, audit written
 *
 * How a call is made is the business of the tool's kind; that it is made only
 * with arguments that fit its schema, and that every call of a known caller has
 * an audit row, is decided here.
 */
#ifndef SP_TOOLS_RUN_H
#define SP_TOOLS_RUN_H

#include "oauth/bearer.h"
#include "tools/catalog.h"
#include "tools/exchange.h"
#include "tools/trace.h"

enum sp_tool_outcome {
	SP_TOOL_DONE,			/* *out is set, the audit row is written */
	SP_TOOL_GUARDED,		/* the guard said no; nothing was done */
	SP_TOOL_FAILED,			/* the request is failed */
	SP_TOOL_ASKS,			/* nothing was done; out->questions; the audit row says "input_required" */
	/* to be called again as a task, which begins with out->questions.state and writes the audit row */
	SP_TOOL_DETACHES,
	SP_TOOL_REFUSES,		/* nothing was done; out->error; the audit row says "error" */
};

struct sp_tool_result;

struct sp_tool_call {
	struct sp_request *req;
	const struct sp_resource *resource;
	const struct sp_caller *caller;
	const char *event;		/* of the audit row: tool.call, resource.read, prompt.get, completion */
	const struct sp_tool *tool;	/* NULL in sp_tool_refuse() for one that is not there */
	struct sp_str name;		/* as it was asked for; of a resource its URI */
	struct json_object *arguments;	/* as sent: an object, or NULL for none */
	int64_t catalog_version;
	const char *protocol_version;	/* for the audit row: of MCP; NULL: it was not spoken */
	const char *transport;		/* for the audit row, in its place; NULL: none */
	struct sp_trace trace;		/* that the call is part of */
	int64_t timeout_ms;		/* of this call; 0: the tool's, or setting tool_timeout */
	int64_t started_us;		/* set by sp_tool_run(); sp_monotonic_us() */
	bool cached;			/* set by sp_tool_run(): the result was kept from another call */
	bool *invalidated;		/* set by a kind whose own transaction makes old what the tool invalidates */
	/*
	 * A statement that must not fail, in front of everything else and in the
	 * same round trip and transaction (a session's check); NULL: none.
	 */
	const struct sp_query *guard;
	const struct sp_param *guard_params;
	const char *guard_sqlstate;	/* how it says no; any other failure of it is trouble */
	const struct sp_exchange *exchange;	/* NULL: nobody to talk to */
	/*
	 * Adds statements to the open pipeline that belong to the call's outcome (a
	 * task's result): they are of one transaction with what the tool did and
	 * with the audit row, behind which nothing but COMMIT comes.  One that fails
	 * with guard_sqlstate is a guard's no.  With it a call that ends well takes
	 * one round trip more.  NULL: none.
	 */
	void (*along)(const struct sp_tool_call *call, enum sp_tool_outcome outcome,
	    const struct sp_tool_result *result);
	void *along_arg;
};

/* What a result is, beside what it says: for those who answer with a status of HTTP. */
enum sp_tool_told {
	SP_TOLD_RESULT,			/* the tool's own word, or what is wrong with the arguments */
	SP_TOLD_LIMIT,			/* the call was one too many; retry_ms */
	SP_TOLD_UNCONFIRMED,		/* a person has to agree first (confirm.h) */
	SP_TOLD_TROUBLE,		/* an internal error */
};

/* What a caller is given; the texts live in the request's arena. */
struct sp_tool_result {
	bool is_error;
	bool raised;			/* the error is one that other arguments may mend */
	enum sp_tool_told told;
	int64_t retry_ms;		/* SP_TOLD_LIMIT: when to come back */
	struct json_object *whole;	/* content, structuredContent and _meta as the tool made them; else NULL */
	struct sp_str json;		/* a tool's is an object; absent when there is only text */
	struct sp_str text;		/* for the model: what went wrong, or a remark about the JSON */
	struct sp_questions questions;	/* SP_TOOL_ASKS */
	struct sp_tool_error error;	/* SP_TOOL_REFUSES */
};

/* What a tool says beside its kind's spec. */
struct sp_tool_frame {
	struct json_object *input;	/* its input schema */
	struct json_object *options;	/* what holds for every kind ("bind" ...); NULL: none */
	bool read_only;
};

/* A way to make calls: function, and others to come. */
struct sp_tool_kind {
	const char *name;		/* column kind of sallyport.tool */
	/* Reads the spec of a row into memory of the snapshot.  False: *why. */
	bool (*load)(struct sp_arena *mem, struct json_object *spec, const void **out, const char **why);
	/* `arguments`, an object, fit the schema; optional ones that were null are gone. */
	enum sp_tool_outcome (*call)(const struct sp_tool_call *call, struct json_object *arguments,
	    struct sp_tool_result *out);
	/*
	 * Whether what load() gave goes with the rest of the tool; *spec may be replaced
	 * by one that knows more.  Only for tools; the frame is gone afterwards.  False: *why.
	 * NULL: it always does.
	 */
	bool (*fit)(struct sp_arena *mem, const struct sp_tool_frame *frame, const void **spec, const char **why);
	/* Whether a tool with this spec is kept from writing, so that its readOnlyHint is true.  NULL: nobody knows. */
	bool (*is_read_only)(const void *spec);
};

const struct sp_tool_kind *sp_tool_kind_find(const char *name);	/* NULL: unknown */

/*
 * Calls the tool.  The caller was judged before (policy.h).  Arguments that do
 * not fit are a result with is_error, so that a model can mend them (MCP
 * 2025-11-25 and later, tools, "Error Handling").  An answer that does not fit
 * the output schema of its author is logged, and the caller is told of an
 * internal error.
 */
SP_MUST_USE enum sp_tool_outcome sp_tool_run(const struct sp_tool_call *call, struct sp_tool_result *out);

/* Writes the audit row of a call that was not made: SP_TOOL_DONE when it is written. */
SP_MUST_USE enum sp_tool_outcome sp_tool_refuse(const struct sp_tool_call *call, const char *why);

/* ---- for the kinds ---- */

/* How long this call may take, in milliseconds, and when that is over (sp_monotonic_ms()). */
int64_t sp_tool_timeout_ms(const struct sp_tool_call *call);
int64_t sp_tool_deadline_ms(const struct sp_tool_call *call);

/*
 * The end of a call that needed no transaction: SP_TOOL_DONE when its audit row,
 * with how long it took, and what goes along with it are written.  sp_tool_finish()
 * is for a call with a result, which is judged first; its outcome is "ok", or
 * "error" of one that is_error.  sp_tool_record() is for any other, and has no result.
 *
 * Before such a call waits for anything it does sp_db_end(&req->db): the connection
 * goes back to the pool, and the next statement borrows one again.
 */
SP_MUST_USE enum sp_tool_outcome sp_tool_finish(const struct sp_tool_call *call, const char *why,
    struct sp_tool_result *out);
SP_MUST_USE enum sp_tool_outcome sp_tool_record(const struct sp_tool_call *call, const char *outcome,
    const char *why);
/* The same for SP_TOOL_ASKS and SP_TOOL_REFUSES: *out has the part that belongs to it.  `ends` when it is written. */
SP_MUST_USE enum sp_tool_outcome sp_tool_end_as(const struct sp_tool_call *call, enum sp_tool_outcome ends,
    const char *outcome, const struct sp_tool_result *out);
/* The end of one whose client has gone: the audit row says so, and the request is failed. */
SP_MUST_USE enum sp_tool_outcome sp_tool_cancelled(const struct sp_tool_call *call);
/* "internal error, request id ...": the cause is in the log. */
void sp_tool_trouble(const struct sp_tool_call *call, struct sp_tool_result *out);
/*
 * An answer that does not fit the output schema of its author is logged, and
 * becomes an internal error.  sp_tool_run() does this, save for kinds that write
 * the result themselves (along).
 */
void sp_tool_check_output(const struct sp_tool_call *call, struct sp_tool_result *out);
/* What a caller is told of a result that is over max_bytes. */
void sp_tool_too_large(const struct sp_tool_call *call, int64_t bytes, struct sp_tool_result *out);

/*
 * The parameters of sql/queries/tool_call_audit.sql.  duration_ms < 0: measured
 * by the database since the transaction began.  sqlstate and why may be NULL.
 */
#define SP_TOOL_AUDIT_PARAMS 12
const struct sp_param *sp_tool_audit(const struct sp_tool_call *call, const char *outcome, double duration_ms,
    const char *sqlstate, const char *why);

#endif
