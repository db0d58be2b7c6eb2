/* problem_document.c - failures as application/problem+json */
#include "web/problem_document.h"

#include "web/response.h"

void
sp_problem_document_begin(struct sp_json_writer *w, const struct sp_request *req, int status, const char *error,
    struct sp_str detail)
{
	sp_jw_object(w);
	sp_jw_kcstr(w, "title", sp_status_phrase(status));
	sp_jw_kint(w, "status", status);
	if (detail.len > 0)
		sp_jw_kstr(w, "detail", detail);
	sp_jw_kcstr_if(w, "error", error);
	sp_jw_kcstr(w, "request_id", req->id);
}

bool
sp_problem_document_reply(struct sp_json_writer *w, struct sp_request *req, int status)
{
	sp_jw_object_end(w);
	return sp_buf_ok(w->b) ? sp_reply(req, status, SP_PROBLEM_TYPE, sp_buf_view(w->b)) : sp_reply_json(req, status, w->b);
}

bool
sp_reply_problem_document(struct sp_request *req)
{
	const struct sp_problem_info *info;
	struct sp_json_writer w;
	struct sp_str detail;
	struct sp_buf b;

	(void)sp_reply_oauth_error(req);	/* for its headers */
	info = sp_problem_info(req->problem);
	/* why a token is not good is nobody's business, nor is what happened on our side */
	detail = sp_str(info->status < 500 && info->status != 401 && req->detail != NULL ? req->detail : info->meaning);
	sp_buf_init(&b, req->mem, 16384);
	sp_jw_init(&w, &b);
	sp_problem_document_begin(&w, req, info->status, info->error, detail);
	return sp_problem_document_reply(&w, req, info->status);
}
