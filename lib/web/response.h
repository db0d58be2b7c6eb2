/*
 * response.h - the answer, built in memory and sent in one piece
 *
 * Every reply function returns true ("answered") so that a handler can end
 * with `return sp_reply_...`; a later reply replaces an earlier one.  Status, Content-Length, Cache-Control: no-store
 * (unless set), X-Content-Type-Options and X-Request-Id are always sent.
 * Header blocks stay well under what the web servers' examples allow; one that
 * does not is a bug.
 */
#ifndef SP_WEB_RESPONSE_H
#define SP_WEB_RESPONSE_H

#include "web/request.h"

struct sp_response {
	int status;			/* 0: not answered yet */
	struct sp_header *headers;
	size_t header_count, header_room;
	struct sp_str body;
	bool is_stream;			/* of a length that nobody knows: stream.h */
};

/*
 * Bytes of the whole header block.  What makes it long is the Location of an
 * authorization response, which carries the client's state: real ones are of 5
 * KB.  Apache takes 8,190 bytes in a line; for nginx the examples raise
 * fastcgi_buffer_size, whose default is a page.
 */
#define SP_RESPONSE_MAX_HEADERS	(12 * 1024)

/* A header of the answer; setting one again replaces it. Line breaks in value are a bug (assert). */
void sp_header(struct sp_request *req, const char *name, const char *value);
/* Adds another of the same name (Set-Cookie, Link). */
void sp_header_add(struct sp_request *req, const char *name, const char *value);

bool sp_reply(struct sp_request *req, int status, const char *content_type, struct sp_str body);
bool sp_reply_json(struct sp_request *req, int status, struct sp_buf *json);
bool sp_reply_empty(struct sp_request *req, int status);
/* 303 after a form, 302 for the authorization response. The location is ours or proven. */
bool sp_reply_redirect(struct sp_request *req, int status, const char *location);
/* 200 or 304 by If-None-Match; the ETag is made from the body; max_age in seconds. */
bool sp_reply_cached(struct sp_request *req, const char *content_type, struct sp_str body,
    int64_t max_age);

/*
 * Sends the answer now (or ends the stream), and nobody waits for what the
 * handler does afterwards: the call of a tool whose result goes another way.
 * The handler returns true; what it records with sp_fail() from here on goes into
 * the log.  The web server cannot use the connection again.
 */
void sp_reply_now(struct sp_request *req);

/* "Not Found" of 404, as the status line has it. */
const char *sp_status_phrase(int status);

/* A header of the answer that was set before; absent when it was not. */
struct sp_str sp_response_header(const struct sp_request *req, const char *name);

/*
 * The header block for the web server: "Status:" first (without it some answer
 * 200 and some redirect internally), a blank line last.  An answer whose block
 * would be over SP_RESPONSE_MAX_HEADERS is logged and becomes a bare 500.
 */
struct sp_str sp_response_head(struct sp_request *req);

/*
 * {"error","error_description"} with the problem's status (RFC 6749 5.2, RFC 7591 3.2.2).
 * Where there is no route: and what was asked for, {"method","path"}.
 */
bool sp_reply_oauth_error(struct sp_request *req);

#endif
