/* running.c - calls that run in this process, for those who want them to stop */
#include "mcp/running.h"

#include <pthread.h>

#include "base/encode.h"
#include "db/queries.h"

struct sp_mcp_running {
	pthread_mutex_t lock;
	struct sp_mcp_run *first;	/* no more than there are threads */
};

struct sp_mcp_running *
sp_mcp_running_new(void)
{
	struct sp_mcp_running *all = calloc(1, sizeof(*all));

	if (all == NULL)
		sp_out_of_memory();
	pthread_mutex_init(&all->lock, NULL);
	return all;
}

void
sp_mcp_running_free(struct sp_mcp_running *all)
{
	pthread_mutex_destroy(&all->lock);
	free(all);
}

/* Of a request in its session, so that a notification says nothing of either. */
static const char *
name_of(struct sp_arena *mem, const struct sp_mcp_session *session, struct json_object *request_id)
{
	struct sp_str id = sp_json_canonical(mem, request_id);
	uint8_t digest[SP_SHA256_LEN];

	sp_hmac_sha256((struct sp_str){ (const char *)session->sha256, SP_SHA256_LEN }, id, digest);
	return sp_hex_encode(mem, digest, sizeof(digest)).p;
}

void
sp_mcp_running_enter(struct sp_mcp_running *all, struct sp_arena *mem, const struct sp_mcp_session *session,
    struct json_object *request_id, struct sp_mcp_run *run)
{
	*run = (struct sp_mcp_run){ .all = all, .in = &all->first };
	memcpy(run->name, name_of(mem, session, request_id), sizeof(run->name));
	pthread_mutex_lock(&all->lock);
	run->next = all->first;
	if (run->next != NULL)
		run->next->in = &run->next;
	all->first = run;
	pthread_mutex_unlock(&all->lock);
}

void
sp_mcp_running_leave(struct sp_mcp_run *run)
{
	pthread_mutex_lock(&run->all->lock);
	*run->in = run->next;
	if (run->next != NULL)
		run->next->in = run->in;
	pthread_mutex_unlock(&run->all->lock);
}

bool
sp_mcp_running_cancel(struct sp_request *req, const struct sp_mcp_session *session, struct json_object *request_id)
{
	return sp_db_do(&req->db, &sp_q_mcp_call_cancel, SP_PARAMS(SP_P_BYTES(session->sha256, SP_SHA256_LEN),
	    SP_P_STR(sp_json_canonical(req->mem, request_id)), SP_P_TEXT(name_of(req->mem, session, request_id))),
	    NULL) || sp_fail_db(req);
}

void
sp_mcp_running_hear(struct sp_mcp_running *all, const char *what)
{
	if (what == NULL || !sp_str_starts(sp_str(what), "cancel "))
		return;
	pthread_mutex_lock(&all->lock);
	for (struct sp_mcp_run *run = all->first; run != NULL; run = run->next)
		if (strcmp(run->name, what + strlen("cancel ")) == 0)
			run->cancelled = true;
	pthread_mutex_unlock(&all->lock);
}
