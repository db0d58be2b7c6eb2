/* mcp_client_list.c - all pages of a list of another MCP server */
#include "tools/mcp_client.h"

#define PAGES_MAX	200		/* with one entry each that is a server that plays with us */
#define NODES_MAX	300000		/* values in all pages; "{}" is one, and takes 800 bytes to hold */

/* How many values there are in it. */
static size_t
nodes(struct json_object *json)
{
	size_t n = 1;

	if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			n += nodes(json_object_array_get_idx(json, i));
	} else if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach(json, name, value) {
			(void)name;
			n += nodes(value);
		}
	}
	return n;
}

enum sp_mcp_reply_kind
sp_mcp_client_list(struct sp_mcp_client *c, const char *method, const char *member, size_t max_items,
    struct json_object **out)
{
	struct json_object *all = json_object_new_array(), *list, *cursor = NULL, *holder = sp_json_new(c->mem);
	enum sp_mcp_reply_kind kind = SP_MCP_REPLY;
	struct sp_mcp_reply reply;
	size_t held = 0;

	if (all == NULL || json_object_object_add(holder, member, all) != 0)
		sp_out_of_memory();
	for (int page = 0; page == 0 || cursor != NULL; page++) {
		struct json_object *params = sp_json_new(c->mem), *before = cursor;
		const struct sp_mcp_request rq = { .method = method, .params = params };

		if (cursor != NULL)
			sp_json_set_str(params, "cursor", sp_json_text(cursor));
		if ((kind = sp_mcp_client_call(c, &rq, &reply)) != SP_MCP_REPLY)
			return kind;
		list = sp_json_get(reply.result, member);
		cursor = sp_json_get(reply.result, "nextCursor");
		held += nodes(reply.result);
		if (!json_object_is_type(list, json_type_array) ||
		    (cursor != NULL && !json_object_is_type(cursor, json_type_string)) || page == PAGES_MAX || held > NODES_MAX ||
		    (before != NULL && cursor != NULL && sp_str_eq(sp_json_text(before), sp_json_text(cursor))) ||
		    json_object_array_length(all) + json_object_array_length(list) > max_items) {
			c->why = sp_printf(c->mem, "its answer to %s is no list, or one without an end", method);
			return SP_MCP_REPLY_BROKEN;
		}
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (json_object_array_add(all, json_object_get(json_object_array_get_idx(list, i))) != 0)
				sp_out_of_memory();
	}
	*out = all;
	return kind;
}
