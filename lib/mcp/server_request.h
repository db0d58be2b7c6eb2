/*
 * server_request.h - what a call asks its client, up to 2025-11-25: requests of the server
 *
 * client/elicitation, client/sampling, client/roots.  A request goes out on the
 * stream of the POST that made it necessary, and the call waits as a row, sealed.
 * The client answers with another POST, to whatever process; the last answer that
 * was missing gives the call to the process that has it, which makes the call
 * again after it has said 202, and puts what follows into the stream.
 */
#ifndef SP_MCP_SERVER_REQUEST_H
#define SP_MCP_SERVER_REQUEST_H

#include "mcp/exchange.h"

/* The dialogue of sessions; call->dialogue_arg: the call's rounds so far, or NULL. */
extern const struct sp_mcp_dialogue sp_mcp_server_requests;

/*
 * A response of the client.  One that nobody waits for (any more) is let go: it
 * may have crossed a cancellation.  False: the request is failed.
 */
SP_MUST_USE bool sp_mcp_take_response(struct sp_mcp_call *call, struct json_object *message);

/* Goes on, after the POST was answered, with the calls for which it had the last answers. */
void sp_mcp_go_on(struct sp_mcp_call *call);

/* ---- for other ways to bring a question to its client ---- */

/* The message: a request of the server. */
struct sp_str sp_mcp_question_text(struct sp_mcp_call *call, const char *id, struct json_object *request);
/*
 * The answer to call->message when the client said with an error that it could not
 * or would not answer: for the model in a tool's result, else an error.
 */
bool sp_mcp_answer_refusal(struct sp_mcp_call *call, struct json_object *refusal);

#endif
