/*
 * dispatch.h - from the body of a POST to its answer
 *
 * One message, or (2025-03-26) a batch of them: its era and revision, the
 * headers that repeat it, its session, its method.  docs/mcp.md has the table
 * of what is answered with which code and status.
 */
#ifndef SP_MCP_DISPATCH_H
#define SP_MCP_DISPATCH_H

#include "mcp/jsonrpc.h"
#include "mcp/session.h"
#include "tools/catalog.h"

/* What a process that speaks MCP keeps. */
struct sp_mcp {
	struct sp_authority *authority;
	struct sp_catalog_cache *catalog;
	struct sp_mcp_sessions *sessions;
	struct sp_mcp_running *running;
	struct sp_mcp_outbox *outbox;
	struct sp_mcp_session_news *session_news;
	struct sp_subscriptions *subscriptions;	/* subscriptions.h; NULL where no streams are kept */
};

struct sp_mcp_dialogue;			/* exchange.h */
struct sp_mcp_resumed;			/* server_request.c */
struct sp_mcp_run;			/* running.h */
struct sp_mcp_transport;		/* transport.h */

/* One message on its way. */
struct sp_mcp_call {
	struct sp_request *req;
	struct sp_mcp *mcp;
	const struct sp_resource *resource;
	struct sp_caller caller;
	enum sp_mcp_version version;
	struct sp_jsonrpc message;
	struct sp_mcp_session session;	/* session.id is absent in the modern era */
	const struct sp_server *server;	/* by sp_mcp_server() */
	int64_t catalog_version;
	struct sp_json_writer *result;	/* where the method writes the value of "result" */
	struct sp_jsonrpc_error error;	/* when it returns false; code 0: the request is failed */
	const struct sp_mcp_transport *transport;
	void *transport_arg;		/* the transport's own */
	const struct sp_mcp_dialogue *dialogue;	/* NULL: that of the revision */
	void *dialogue_arg;		/* the dialogue's own */
	struct sp_mcp_run *run;		/* by which a client of a session can cancel it, while it runs */
	bool cancelled;			/* it was: nothing is answered */
	struct sp_mcp_resumed *resumed;	/* calls to go on with, once this one is answered */
	bool in_batch;
	bool deferred;			/* set by a method that has arranged for its answer itself (a parked stream) */
};

/*
 * A method.  True: the result is written.  False: call->error says why, or the
 * request itself has failed (503, a challenge).
 */
typedef bool sp_mcp_method_fn(struct sp_mcp_call *call);

/* Answers a POST; caller and resource are known.  False: the request is failed. */
bool sp_mcp_dispatch(struct sp_mcp_call *call);
/*
 * Answers a message, or a batch, by call->transport.  A session that is known
 * already (session.checked, with version) is not asked for again.  False: the
 * request is failed, and nobody was told.
 */
bool sp_mcp_answer(struct sp_mcp_call *call, struct json_object *body);

/* For methods: sets call->error and returns false.  status is HTTP's, in the modern era. */
bool sp_mcp_fail(struct sp_mcp_call *call, enum sp_jsonrpc_code code, int status, const char *message);
/* For methods that need a session's check before they answer, in a round trip of its own. */
SP_MUST_USE bool sp_mcp_require_session(struct sp_mcp_call *call);
/* There is no such session: 404, after which a client begins anew. */
bool sp_mcp_fail_no_session(struct sp_mcp_call *call);

/* The revision, or this server, has no such method. */
bool sp_mcp_fail_no_method(struct sp_mcp_call *call);

/*
 * What this resource's server offers, in call->server: of all its lists, of one,
 * or one entry (name present), as sp_catalog_get() has it, to a caller who may
 * use it (admission.h).
 */
SP_MUST_USE bool sp_mcp_server(struct sp_mcp_call *call, enum sp_list list, struct sp_str name);
/* The same without asking whether: for what says what the server is, and where it was asked before. */
SP_MUST_USE bool sp_mcp_find_server(struct sp_mcp_call *call, enum sp_list list, struct sp_str name,
    const struct sp_catalog **out);

/* How long a client may keep a result, in 2026-07-28 (server/utilities/caching); is_public: for whomever it asks. */
void sp_mcp_write_caching(struct sp_mcp_call *call, int64_t ttl_ms, bool is_public);
/*
 * Ends a result that is complete: in 2026-07-28 with resultType and the server's
 * name in _meta.  meta has more members of _meta; NULL: none.
 */
void sp_mcp_end_result(struct sp_mcp_call *call, struct json_object *meta);
/* The same for one that is not complete: resultType is "input_required", "task". */
void sp_mcp_end_result_as(struct sp_mcp_call *call, const char *type, struct json_object *meta);
/* An array of ContentBlock; to a client of 2025-03-26, which has no links, a link is text. */
void sp_mcp_write_content(struct sp_mcp_call *call, struct json_object *blocks);
void sp_mcp_write_block(struct sp_mcp_call *call, struct json_object *block);	/* one of them */
/* {"name","title","version"} of this server; `whole`: and what there is to be shown of it, as far as the revision knows it. */
void sp_mcp_write_implementation(struct sp_mcp_call *call, bool whole);

/* JSON-RPC errors for what goes wrong before there is a message: on_error of the routes. */
bool sp_mcp_reply_problem(struct sp_request *req);

#endif
