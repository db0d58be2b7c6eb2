/*
 * transport.h - how what the dispatcher writes reaches the client
 *
 * A table of functions for each way: the answer of a POST, events that are kept
 * for whoever reads them, a pipe.  The dispatcher, and what runs below it, know
 * only this.
 */
#ifndef SP_MCP_TRANSPORT_H
#define SP_MCP_TRANSPORT_H

#include "mcp/dispatch.h"
#include "web/stream.h"

/* What reaches a client long after its request was read: a parked stream, a pipe. */
struct sp_mcp_channels {
	const char *begin, *end;	/* what stands around each message */
	/* Whether there can be one at all; where not, no capability says that changes are told. */
	bool (*available)(const struct sp_mcp_call *call);
	/* A place for one, before anything is promised.  False: the request is failed. */
	bool (*reserve)(struct sp_mcp_call *call);
	/* In that place; the rest is as with sp_stream_park().  NULL: nobody is there to read it. */
	void *(*open)(struct sp_mcp_call *call, const struct sp_parked_hooks *hooks, void *arg);
	/* As sp_parked_send(), sp_parked_close() and sp_parked_release(). */
	bool (*send)(void *channel, struct sp_str messages);
	void (*close)(void *channel, struct sp_str last);
	void (*release)(void *channel);
};

struct sp_mcp_transport {
	/*
	 * A whole message (JSON-RPC, one line) that goes before the answer: a
	 * notification or, up to 2025-11-25, a request of the server.  May be
	 * called while a statement runs.  False: nobody is there to read it, and
	 * what is done for the client is in vain.
	 */
	bool (*notify)(struct sp_mcp_call *call, struct sp_str message);
	/*
	 * The answer; status is HTTP's.  A message that is absent: there is none
	 * (202).  False: the request is failed.
	 */
	bool (*answer)(struct sp_mcp_call *call, int status, struct sp_str message);
	/*
	 * The request is failed (req->problem) and call->message may have an id.
	 * False: it is the router's to tell, with headers and status.
	 */
	bool (*fail)(struct sp_mcp_call *call);
	/* `initialize` opens a session with this client.  False: the request is failed. */
	bool (*open_session)(struct sp_mcp_call *call, struct json_object *capabilities,
	    struct json_object *client_info);
	/* logging/setLevel.  False: the request is failed. */
	bool (*set_log_level)(struct sp_mcp_call *call, enum sp_logging_level level);
	/* resources/subscribe, or (false) unsubscribe.  False: call->error, or the request is failed. */
	bool (*subscribe)(struct sp_mcp_call *call, struct sp_str uri, bool subscribe);
	const struct sp_mcp_channels *channels;
	bool has_headers;		/* they repeat what a message of 2026-07-28 says */
	bool has_both_eras;		/* the channel is the session, and knows modern requests beside it */
	bool since_2024;		/* a client may know nothing newer than 2024-11-05 */
};

/*
 * The POST's own answer: JSON of one piece; or, once something was notified, a
 * stream of events of which the answer is the last.
 */
extern const struct sp_mcp_transport sp_mcp_http;

/* Of transports whose sessions are rows: set_log_level(), subscribe(). */
bool sp_mcp_keep_log_level(struct sp_mcp_call *call, enum sp_logging_level level);
bool sp_mcp_keep_subscription(struct sp_mcp_call *call, struct sp_str uri, bool subscribe);
/* Of transports over HTTP: parked streams. */
extern const struct sp_mcp_channels sp_mcp_parked_streams;

/* The JSON-RPC error for a request that is failed. */
struct sp_jsonrpc_error sp_mcp_problem_error(const struct sp_request *req);
/* The same as the message that answers call->message; call->error is set. */
struct sp_str sp_mcp_problem_message(struct sp_mcp_call *call);

#endif
