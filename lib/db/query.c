/* query.c - one statement, its answer in structs */
#include "db/conn.h"

#define CONFLICT_TRIES 3

/* The result lives as long as the arena; NULL after a failure. */
static PGresult *
run_one(struct sp_db *db, const struct sp_query *query, const struct sp_param *params)
{
	struct sp_db_statement s;
	size_t failed;

	sp_db_bind(db, &s, query, params, false);
	if (!sp_db_exchange(db, &s, 1, CONFLICT_TRIES, &failed)) {
		PQclear(s.result);
		return NULL;
	}
	sp_db_keep_result(db, s.result);
	return s.result;
}

enum sp_db_status
sp_db_row(struct sp_db *db, const struct sp_query *query, const struct sp_param *params,
    const struct sp_column *columns, void *out)
{
	const PGresult *r = run_one(db, query, params);
	int *numbers;

	if (r == NULL)
		return SP_DB_FAILED;
	if (PQntuples(r) == 0)
		return SP_DB_NO_ROW;
	if (!sp_db_find_columns(db, query->name, r, columns, &numbers) ||
	    !sp_db_fill_row(db, query->name, r, 0, columns, numbers, out))
		return SP_DB_FAILED;
	return SP_DB_ROW;
}

enum sp_db_status
sp_db_rows(struct sp_db *db, const struct sp_query *query, const struct sp_param *params,
    const struct sp_column *columns, size_t row_size, void **out, size_t *count)
{
	const PGresult *r = run_one(db, query, params);
	int rows, *numbers;
	char *all;

	if (r == NULL)
		return SP_DB_FAILED;
	rows = PQntuples(r);
	*out = NULL;
	*count = 0;
	if (rows == 0)
		return SP_DB_NO_ROW;
	if (!sp_db_find_columns(db, query->name, r, columns, &numbers))
		return SP_DB_FAILED;
	all = sp_alloc_array(db->mem, (size_t)rows, row_size);
	for (int i = 0; i < rows; i++)
		if (!sp_db_fill_row(db, query->name, r, i, columns, numbers, all + (size_t)i * row_size))
			return SP_DB_FAILED;
	*out = all;
	*count = (size_t)rows;
	return SP_DB_ROW;
}

bool
sp_db_do(struct sp_db *db, const struct sp_query *query, const struct sp_param *params, int64_t *affected)
{
	PGresult *r = run_one(db, query, params);

	if (r == NULL)
		return false;
	/* "" after a statement that counts nothing */
	if (affected != NULL && !sp_str_int64(sp_str(PQcmdTuples(r)), 0, INT64_MAX, affected))
		*affected = 0;
	return true;
}
