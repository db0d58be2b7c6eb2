/* pipeline.c - several statements, one round trip */
#include "db/conn.h"

#define QUEUE_STEP 8		/* statements the queue grows by */

bool
sp_db_pipeline_open(struct sp_db *db)
{
	db->queue = NULL;
	db->queued = 0;
	return sp_db_ready(db);
}

void
sp_db_pipeline_add(struct sp_db *db, const struct sp_query *query, const struct sp_param *params)
{
	size_t size = sizeof(*db->queue);

	if (db->queued % QUEUE_STEP == 0)
		db->queue = sp_arena_grow(db->mem, db->queue, db->queued * size, (db->queued + QUEUE_STEP) * size);
	sp_db_bind(db, &db->queue[db->queued++], query, params, true);
}

bool
sp_db_pipeline_run(struct sp_db *db, PGresult ***results, size_t *failed)
{
	size_t n = db->queued;
	PGresult **all = sp_alloc_array(db->mem, n, sizeof(*all));
	bool ok = sp_db_exchange(db, db->queue, n, 0, failed);

	for (size_t i = 0; i < n; i++) {
		all[i] = db->queue[i].result;
		sp_db_keep_result(db, all[i]);
	}
	db->queue = NULL;
	db->queued = 0;
	*results = all;
	return ok;
}
