/* local.c - MCP for a person on this machine, who needs no token */
#include "mcp/local.h"

#include <pthread.h>
#include <time.h>

#include "db/queries.h"
#include "mcp/news.h"

#define NEVER		INT64_C(253402300799)	/* the end of the year 9999 */
#define FIRST_LOOK_SECONDS 2			/* where the database is away, what follows says so */

struct sp_mcp sp_local_mcp;

/* Whether the first look at what may have changed is behind us. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool taken;
} first_look = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

static void
heard(void *arg, struct sp_db *db, const char *what)
{
	sp_mcp_heard(arg, db, what);
	if (what != NULL)
		return;
	pthread_mutex_lock(&first_look.lock);
	first_look.taken = true;
	pthread_cond_signal(&first_look.changed);
	pthread_mutex_unlock(&first_look.lock);
}

/* A client that is there already would be told that everything may have changed. */
static void
await_first_look(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FIRST_LOOK_SECONDS;
	pthread_mutex_lock(&first_look.lock);
	while (!first_look.taken && pthread_cond_timedwait(&first_look.changed, &first_look.lock, &until) == 0)
		;
	pthread_mutex_unlock(&first_look.lock);
}

static bool
start(struct sp_process *process)
{
	sp_local_mcp.catalog = sp_catalog_cache_new();
	sp_local_mcp.subscriptions = sp_subscriptions_new();
	process->state = &sp_local_mcp;
	if (!sp_authority_start(process, heard, &sp_local_mcp, &sp_local_mcp.authority))
		return false;
	await_first_look();
	return true;
}

static void
stop(struct sp_process *process)
{
	(void)process;
	sp_authority_stop(sp_local_mcp.authority);
	sp_subscriptions_free(sp_local_mcp.subscriptions);
	sp_catalog_cache_free(sp_local_mcp.catalog);
}

struct sp_program
sp_local_program(const char *name)
{
	return (struct sp_program){ .name = name, .needs = SP_NEED_DB | SP_NEED_KEYRING, .start = start, .stop = stop };
}

/* ---- the person ---- */

struct person {
	const char *user_id, *username, *tier;
};

static const struct sp_column person_columns[] = {
	{ "user_id", SP_COL_TEXT, offsetof(struct person, user_id) },
	{ "username", SP_COL_TEXT, offsetof(struct person, username) },
	{ "tier", SP_COL_TEXT, offsetof(struct person, tier) },
	{ NULL }
};

/* What a token of this person for this server would say, with every scope. */
static struct sp_str
claims(struct sp_request *req, const struct sp_resource *resource, const struct person *person, const char *client_id)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, req->mem, 65536);
	sp_jw_init(&w, &b);
	sp_jw_object(&w);
	sp_jw_kcstr(&w, "iss", req->settings->issuer);
	sp_jw_kcstr(&w, "sub", person->user_id);
	sp_jw_kcstr(&w, "aud", resource->resource);
	sp_jw_kcstr(&w, "client_id", client_id);
	sp_jw_kcstr(&w, "scope", sp_scope_text(req->mem, &resource->scopes));
	sp_jw_kcstr(&w, "tier", person->tier);
	sp_jw_kcstr(&w, "preferred_username", person->username);
	sp_jw_object_end(&w);
	return sp_buf_view(&b);
}

bool
sp_local_caller(struct sp_request *req, const struct sp_resource *resource, void *arg, struct sp_caller *out)
{
	const struct sp_local_person *who = arg;
	struct person person;

	switch (sp_db_row(&req->db, &sp_q_local_caller, SP_PARAMS(SP_P_TEXT(who->username)), person_columns, &person)) {
	case SP_DB_FAILED:
		return sp_fail_db(req);
	case SP_DB_NO_ROW:
		return sp_fail(req, SP_FORBIDDEN, "this user is not there or is disabled");
	case SP_DB_ROW:
		break;
	}
	*out = (struct sp_caller){
		.user_id = person.user_id, .client_id = who->client_id, .tier = person.tier, .username = person.username,
		.scope = resource->scopes, .claims = claims(req, resource, &person, who->client_id), .exp = NEVER,
	};
	return true;
}
