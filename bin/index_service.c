/* index_service.c - a service of the catalog, used by the indexer */
#include "index_service.h"

#include "base/clock.h"
#include "base/log.h"
#include "index_run.h"
#include "web/serve.h"
#include "web/worker.h"

struct index_service {
	struct sp_arena *mem;		/* as long as the service */
	struct sp_arena *scratch;	/* of one request */
	struct sp_db_pool *pool;
	struct sp_keyring *keyring;
	struct sp_process process;
	struct sp_transport transport;
	struct sp_request req;
	struct sp_caller caller;
	struct sp_tool_call call;
	const struct sp_http_source *source;
};

static bool
is_interrupted(struct sp_transport *transport)
{
	(void)transport;
	return index_interrupted;
}

static bool
load_source(struct index_service *s, const char *name, const char **why)
{
	struct json_object *json;
	struct sp_str spec;

	switch (sp_source_spec(&s->req.db, s->mem, sp_str(name), &spec)) {
	case SP_DB_FAILED:
		*why = s->req.db.message != NULL ? s->req.db.message : "the database cannot be reached";
		return false;
	case SP_DB_NO_ROW:
		*why = sp_printf(s->mem, "the catalog has no source %s", name);
		return false;
	case SP_DB_ROW:
		break;
	}
	sp_db_end(&s->req.db);
	if (sp_json_parse_large(s->mem, spec, &json, why) && sp_http_source_load(s->mem, json, &s->source, why))
		return true;
	*why = sp_printf(s->mem, "source %s: %s", name, *why);
	return false;
}

bool
index_service_open(const struct sp_settings *settings, const char *name, struct index_service **out,
    struct sp_arena *why_mem, const char **why)
{
	struct sp_arena *mem = sp_arena_new();
	struct index_service *s = sp_alloc(mem, sizeof(*s));
	const char *no_keys;

	s->mem = mem;
	s->scratch = sp_arena_new();
	s->pool = sp_db_pool_open(index_database(settings), 1, settings->db_connect_timeout, 0, "sallyport-index");
	/* only secrets that are sealed need it, and those say so */
	if (!sp_keyring_load(settings->master_key_file, &s->keyring, &no_keys))
		s->keyring = NULL;
	s->process.keyring = s->keyring;
	s->transport.gone = is_interrupted;
	s->req = (struct sp_request){ .mem = s->scratch, .process = &s->process, .settings = settings, .id = "index",
		.transport = &s->transport };
	s->call = (struct sp_tool_call){ .req = &s->req, .caller = &s->caller, .event = "index" };
	sp_db_begin(&s->req.db, s->pool, s->scratch);
	if (!load_source(s, name, why)) {
		*why = sp_strdup(why_mem, *why);
		index_service_close(s);
		return false;
	}
	*out = s;
	return true;
}

void
index_service_close(struct index_service *s)
{
	if (s == NULL)
		return;
	sp_db_end(&s->req.db);
	sp_db_pool_free(s->pool);
	sp_keyring_free(s->keyring);
	sp_arena_free(s->scratch);
	sp_arena_free(s->mem);
}

const struct sp_http_source *
index_service_source(const struct index_service *s)
{
	return s->source;
}

struct sp_arena *
index_service_begin(struct index_service *s)
{
	sp_db_end(&s->req.db);
	sp_arena_reset(s->scratch);
	sp_db_begin(&s->req.db, s->pool, s->scratch);
	s->req.problem = 0;
	s->req.detail = NULL;
	return s->scratch;
}

struct sp_http_send
index_service_send(struct index_service *s, int64_t timeout_ms)
{
	return (struct sp_http_send){ .call = &s->call, .source = s->source, .repeatable = true,
		.deadline_ms = sp_monotonic_ms() + timeout_ms, .retries = s->source->retries };
}
