/* mcp_client_private.h - what the parts of mcp_client*.c know of each other */
#ifndef SP_TOOLS_MCP_CLIENT_PRIVATE_H
#define SP_TOOLS_MCP_CLIENT_PRIVATE_H

#include "tools/mcp_client.h"

/* One request, while its answer is waited for; or, with id 0, none, while the server is listened to. */
struct sp_mcp_waiting {
	int64_t id;
	bool told;			/* its progress and log messages are passed on */
	enum sp_mcp_reply_kind kind;
	struct sp_mcp_reply reply;
	unsigned requests;		/* of the server, questions among them */
	const char *asked[SP_MCP_QUESTIONS_MAX];	/* by key, what this run of it has asked so far */
	size_t count;
};

/* Adds a value that has another owner, too; it is returned. */
struct json_object *sp_mcp_add(struct json_object *to, const char *name, struct json_object *value);

/* A request and its answer.  told: the exchange of the client hears of its progress and log messages. */
SP_MUST_USE enum sp_mcp_reply_kind sp_mcp_client_request(struct sp_mcp_client *c, const struct sp_mcp_request *rq, bool told,
    struct sp_mcp_reply *out);
/* What is no request: nobody waits for it, and if it is lost the request says so. */
void sp_mcp_client_notify(struct sp_mcp_client *c, const char *method, struct json_object *params);
/* The answer to a request of the server: result, or (text) an error of this code. */
void sp_mcp_client_respond(struct sp_mcp_client *c, struct json_object *id, struct json_object *result, int code,
    const char *text);

/* Takes one message; arg is the client.  True: go on reading. */
bool sp_mcp_client_take(void *arg, struct sp_str text);

#endif
