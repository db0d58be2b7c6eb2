/*
 * status.c - is this process alive, and can it work?
 *
 *	GET /health  it answers; nothing else is asked
 *	GET /ready   the database answers within a second, its schema is not older
 *	             than the programs, and the master key can be read
 *
 * 200 with {"status":"ok"}, or 503 with what is wrong in a word: enough for a
 * load balancer and its operator, nothing for a stranger.
 */
#include "base/secret.h"
#include "db/migrate.h"
#include "web/response.h"
#include "web/worker.h"

#define PATIENCE_MS	1000	/* longer, and the balancer has gone elsewhere */
#define CONNECTIONS	2	/* a health check must not take what requests need */

static bool
health(struct sp_request *req)
{
	return sp_reply(req, 200, "application/json", SP_LIT("{\"status\":\"ok\"}"));
}

static const char *
database_state(struct sp_request *req)
{
	struct sp_db db;
	int missing;

	sp_db_begin(&db, req->process->state, req->mem);
	missing = sp_migrate_missing(&db);
	sp_db_end(&db);
	return missing < 0 ? "unreachable" : missing > 0 ? "schema too old" : "ok";
}

static const char *
master_key_state(const struct sp_request *req)
{
	struct sp_keyring *ring;
	const char *why;

	if (!sp_keyring_load(req->settings->master_key_file, &ring, &why))
		return "unreadable";
	sp_keyring_free(ring);
	return "ok";
}

static bool
ready(struct sp_request *req)
{
	const char *database = database_state(req), *master_key = master_key_state(req);
	bool good = strcmp(database, "ok") == 0 && strcmp(master_key, "ok") == 0;
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 1024);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "status", good ? "ok" : "unavailable");
	sp_jw_kcstr(&w, "database", database);
	sp_jw_kcstr(&w, "master_key", master_key);
	sp_jw_object_end(&w);
	if (!good)
		sp_header(req, "Retry-After", "1");
	return sp_reply_json(req, good ? 200 : 503, &b);
}

/* A pool of its own, with less patience; nothing is connected before the first question. */
static bool
start(struct sp_process *process)
{
	struct sp_settings quick = *process->settings;

	quick.db_connections = CONNECTIONS;
	quick.db_connect_timeout = PATIENCE_MS / 1000;
	quick.statement_timeout = PATIENCE_MS;
	process->state = sp_db_pool_new(&quick, "status");
	return true;
}

static void
stop(struct sp_process *process)
{
	sp_db_pool_free(process->state);
}

static const struct sp_route routes[] = {
	{ "GET", "/health", health },
	{ "GET", "/ready", ready },
	{ NULL }
};

int
main(int argc, char **argv)
{
	return sp_worker_main(argc, argv, &(struct sp_program){
	    .name = "status", .summary = "/health and /ready for load balancers and people",
	    .routes = routes, .start = start, .stop = stop });
}
