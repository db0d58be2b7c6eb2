/*
 * problem_document.h - failures as application/problem+json (RFC 9457)
 *
 *	{"title": "Not Found", "status": 404, "detail": "unknown tool: x",
 *	 "error": "not_found", "request_id": "..."}
 *
 * `type` is left out, which is "about:blank": the status says it all, and `title`
 * is its phrase.  `error` is a code of docs/errors.md, and `request_id` is in the log.
 */
#ifndef SP_WEB_PROBLEM_DOCUMENT_H
#define SP_WEB_PROBLEM_DOCUMENT_H

#include "web/request.h"

#define SP_PROBLEM_TYPE "application/problem+json"

/* For on_error of routes: what req->problem says, with the headers that belong to it. */
bool sp_reply_problem_document(struct sp_request *req);

/*
 * One with members of its own: begin, the members, reply.  error NULL, or a
 * detail that is absent: none.
 */
void sp_problem_document_begin(struct sp_json_writer *w, const struct sp_request *req, int status, const char *error,
    struct sp_str detail);
bool sp_problem_document_reply(struct sp_json_writer *w, struct sp_request *req, int status);

#endif
