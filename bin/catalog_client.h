/*
 * catalog_client.h - a client of this catalog in the same process: what a person would see and get
 *
 * Requests of 2026-07-28 go through the code that serves a pipe, with the same
 * rights, limits and audit rows as everywhere.
 */
#ifndef SP_BIN_CATALOG_CLIENT_H
#define SP_BIN_CATALOG_CLIENT_H

#include "command.h"

struct catalog_client;

/*
 * Once in a process.  client_id NULL: "sallyport".  NULL: it did not work, and
 * that was said.
 */
struct catalog_client *catalog_client_open(struct command *c, const char *username, const char *client_id);
void catalog_client_close(struct catalog_client *client);

/*
 * One request to a server ("": that of /mcp); params is an object or NULL.
 * False: *why, in the command's arena, is the error that came back.  The result
 * belongs to the arena.
 */
SP_MUST_USE bool catalog_client_ask(struct catalog_client *client, const char *server, const char *method,
    struct json_object *params, struct json_object **result, const char **why);

#endif
