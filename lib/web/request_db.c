/* request_db.c - apart from request.c, so that programs without a database do not link libpq */
#include "web/request.h"

bool
sp_fail_db(struct sp_request *req)
{
	if (sp_db_unavailable(&req->db)) {
		if (req->retry_after == 0)
			req->retry_after = 1;
		return sp_fail(req, SP_TEMPORARILY_UNAVAILABLE, "the database cannot be reached (%s)",
		    req->db.sqlstate[0] != '\0' ? req->db.sqlstate : "no answer");
	}
	return sp_fail(req, SP_SERVER_ERROR, "a statement failed (%s)", req->db.sqlstate);
}
