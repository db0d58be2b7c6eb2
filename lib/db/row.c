/* row.c - rows into structs */
#include "base/encode.h"
#include "db/conn.h"

static void
clear_result(void *result)
{
	PQclear(result);
}

void
sp_db_keep_result(struct sp_db *db, PGresult *r)
{
	if (r != NULL)
		sp_arena_defer(db->mem, clear_result, r);
}

static bool
mismatch(struct sp_db *db, const char *query, const char *column, const char *what)
{
	sp_db_fail(db, query, "XX000", sp_printf(db->mem, "column %s: %s", column, what));
	return false;
}

bool
sp_db_find_columns(struct sp_db *db, const char *query, const PGresult *r,
    const struct sp_column *columns, int **numbers)
{
	int fields = PQnfields(r), n = 0;

	while (columns != NULL && columns[n].name != NULL)
		n++;
	*numbers = sp_alloc_array(db->mem, (size_t)n, sizeof(**numbers));
	for (int i = 0; i < n; i++) {
		int at = i;			/* most often the table has the statement's order */

		if (at >= fields || strcmp(PQfname(r, at), columns[i].name) != 0)
			for (at = 0; at < fields && strcmp(PQfname(r, at), columns[i].name) != 0; at++)
				;
		if (at == fields)
			return mismatch(db, query, columns[i].name, "the result does not have it");
		(*numbers)[i] = at;
	}
	return true;
}

bool
sp_db_fill_row(struct sp_db *db, const char *query, const PGresult *r, int row,
    const struct sp_column *columns, const int *numbers, void *out)
{
	for (int i = 0; columns != NULL && columns[i].name != NULL; i++) {
		const struct sp_column *c = &columns[i];
		void *to = (char *)out + c->offset;
		struct sp_str s = { NULL, 0 };

		if (!PQgetisnull(r, row, numbers[i]))
			s = (struct sp_str){ PQgetvalue(r, row, numbers[i]),
			    (size_t)PQgetlength(r, row, numbers[i]) };
		switch (c->type) {
		case SP_COL_TEXT:
			*(const char **)to = s.p;	/* libpq ends it with NUL */
			break;
		case SP_COL_STR:
			*(struct sp_str *)to = s;
			break;
		case SP_COL_BYTES:
			*(struct sp_str *)to = s;
			if (s.p != NULL && (!sp_str_starts(s, "\\x") ||
			    !sp_hex_decode(db->mem, sp_str_sub(s, 2, s.len), to)))
				return mismatch(db, query, c->name, "not bytea in hex");
			break;
		case SP_COL_INT:
			*(int64_t *)to = 0;
			if (s.p != NULL && !sp_str_int64(s, INT64_MIN, INT64_MAX, to))
				return mismatch(db, query, c->name, "not an integer");
			break;
		case SP_COL_BOOL:
			*(bool *)to = s.p != NULL && sp_str_is(s, "t");
			if (s.p != NULL && !sp_str_is(s, "t") && !sp_str_is(s, "f"))
				return mismatch(db, query, c->name, "not a boolean");
			break;
		}
	}
	return true;
}

bool
sp_db_read_row(struct sp_db *db, const PGresult *result, int row,
    const struct sp_column *columns, void *out)
{
	int *numbers;

	return sp_db_find_columns(db, "row", result, columns, &numbers) &&
	    sp_db_fill_row(db, "row", result, row, columns, numbers, out);
}
