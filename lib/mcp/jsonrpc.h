/*
 * jsonrpc.h - JSON-RPC 2.0 envelopes as MCP narrows them
 *
 * An id is a string or an integer and never null; params are an object.
 * Members of the envelope that nobody knows are left alone.
 */
#ifndef SP_MCP_JSONRPC_H
#define SP_MCP_JSONRPC_H

#include "base/json.h"

enum sp_jsonrpc_code {
	SP_JSONRPC_PARSE_ERROR = -32700,
	SP_JSONRPC_INVALID_REQUEST = -32600,
	SP_JSONRPC_METHOD_NOT_FOUND = -32601,
	SP_JSONRPC_INVALID_PARAMS = -32602,
	SP_JSONRPC_INTERNAL_ERROR = -32603,
	/* MCP 2025-11-25 and before, server/resources, "Error Handling" */
	SP_MCP_RESOURCE_NOT_FOUND = -32002,
	/* MCP 2026-07-28, basic, "Error Codes" */
	SP_MCP_HEADER_MISMATCH = -32020,
	SP_MCP_MISSING_CLIENT_CAPABILITY = -32021,
	SP_MCP_UNSUPPORTED_PROTOCOL_VERSION = -32022,
};

enum sp_jsonrpc_kind { SP_JSONRPC_REQUEST, SP_JSONRPC_NOTIFICATION, SP_JSONRPC_RESPONSE };

struct sp_jsonrpc {
	enum sp_jsonrpc_kind kind;
	struct json_object *id;		/* NULL for a notification */
	struct sp_str method;		/* absent for a response */
	struct json_object *params;	/* an object, or NULL when there were none */
};

struct sp_jsonrpc_error {
	enum sp_jsonrpc_code code;
	int status;			/* HTTP */
	const char *message;		/* one sentence for the client's developer */
	struct sp_str data;		/* JSON text; absent: none */
};

/* Fills *error and returns false, so that a step can end with `return sp_jsonrpc_fail(...)`. */
bool sp_jsonrpc_fail(struct sp_jsonrpc_error *error, enum sp_jsonrpc_code code, int status,
    const char *message);

/*
 * Reads one message.  False: *error is set (status 400), and out->id is the id
 * if one could be read, so that the answer can carry it.
 */
SP_MUST_USE bool sp_jsonrpc_read(struct json_object *message, struct sp_jsonrpc *out,
    struct sp_jsonrpc_error *error);

/*
 * Writing an answer: begin, then the value of "result" with the writer, then
 * end.  An answer without id (NULL) leaves the member out, as MCP wants it when
 * the id could not be read.
 */
void sp_jsonrpc_begin_result(struct sp_json_writer *w, struct json_object *id);
void sp_jsonrpc_end(struct sp_json_writer *w);
void sp_jsonrpc_write_error(struct sp_json_writer *w, struct json_object *id,
    const struct sp_jsonrpc_error *error);

#endif
