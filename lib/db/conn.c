/* conn.c - one connection: made, looked at, cancelled, closed */
#include <poll.h>
#include "base/log.h"
#include "db/conn.h"

/*
 * Notices arrive while a statement runs, and also unasked: a server that goes
 * down says so to idle connections (57P01 fast, 57P02 immediate, 57P05 idle for
 * too long), and libpq reports that as a notice.
 */
static void
receive_notice(void *arg, const PGresult *notice)
{
	struct sp_db_conn *c = arg;
	const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);

	if (sqlstate != NULL && strncmp(sqlstate, "57P", 3) == 0)
		c->leaving = true;
	else if (c->db != NULL && c->db->notice != NULL)
		c->db->notice(c->db->notice_arg, notice);
	else
		sp_db_log_notice(notice);
}

/*
 * Blocking, because only so libpq goes on to the next host when one accepts the
 * connection and then says nothing; PQconnectPoll() leaves that case to us
 * without a way to say "next".  connect_timeout bounds each host.
 */
PGconn *
sp_db_connect(const struct sp_db_pool *pool)
{
	/* what stands before dbname gives way to the connection string, what stands behind it does not */
	const char *const keywords[] = {
		"application_name", "connect_timeout", "tcp_user_timeout",
		"keepalives_idle", "keepalives_interval", "keepalives_count",
		"dbname", "client_encoding", "options", NULL
	};
	const char *const values[] = {
		pool->program, pool->connect_timeout, pool->tcp_user_timeout,
		"10", "3", "3",
		pool->conninfo, "UTF8", pool->options, NULL
	};

	return PQconnectdbParams(keywords, values, 1);
}

const char *
sp_db_pg_error(const PGconn *pg, struct sp_arena *mem)
{
	return sp_cstr(mem, sp_str_trim(sp_str(PQerrorMessage(pg)), "\n"));
}

struct sp_db_conn *
sp_db_conn_open(const struct sp_db_pool *pool, struct sp_arena *mem, const char **why)
{
	struct sp_db_conn *c;
	PGconn *pg = sp_db_connect(pool);

	if (pg == NULL)
		sp_out_of_memory();
	if (PQstatus(pg) != CONNECTION_OK || PQsetnonblocking(pg, 1) != 0 || !PQenterPipelineMode(pg)) {
		*why = sp_db_pg_error(pg, mem);
		PQfinish(pg);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL || pthread_mutex_init(&c->cancel_lock, NULL) != 0 || (c->cancel = PQgetCancel(pg)) == NULL)
		sp_out_of_memory();
	c->pg = pg;
	c->checked = true;
	PQsetNoticeReceiver(pg, receive_notice, c);
	return c;
}

void
sp_db_conn_close(struct sp_db_conn *c)
{
	c->db = NULL;
	PQfreeCancel(c->cancel);
	pthread_mutex_destroy(&c->cancel_lock);
	PQfinish(c->pg);
	free(c);
}

bool
sp_db_conn_alive(struct sp_db_conn *c)
{
	struct pollfd p = { .fd = PQsocket(c->pg), .events = POLLIN };

	if (c->dead || PQstatus(c->pg) != CONNECTION_OK)
		return false;
	while (!c->leaving && poll(&p, 1, 0) != 0) {	/* silence is the rule */
		if (!PQconsumeInput(c->pg))
			return false;
		(void)PQisBusy(c->pg);	/* reads what came: a changed setting, a notice, a farewell */
	}
	return !c->leaving && PQstatus(c->pg) == CONNECTION_OK;
}

bool
sp_db_cancel(struct sp_db *db)
{
	struct sp_db_conn *c;
	bool asked = false;
	char why[256];

	pthread_mutex_lock(&db->pool->lock);
	c = db->conn;
	/* not lock(): another cancel may hold it for long, and all threads need the pool */
	if (c != NULL && pthread_mutex_trylock(&c->cancel_lock) != 0)
		c = NULL;
	pthread_mutex_unlock(&db->pool->lock);
	if (c == NULL)
		return false;
	/* The lock keeps the connection at this statement until the server has been told. */
	if (c->running) {
		asked = PQcancel(c->cancel, why, sizeof(why));
		if (!asked)
			sp_log(SP_WARN, "database", SP_L("message", why));
	}
	pthread_mutex_unlock(&c->cancel_lock);
	return asked;
}
