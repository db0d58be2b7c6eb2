/*
 * form.h - application/x-www-form-urlencoded, strictly
 *
 * A broken escape, NUL, text that is not UTF-8, more than 100 parameters or a
 * name over 100 bytes is a failure of the whole.  A repeated parameter is an
 * error too (OAuth 2.1 section 3.1), save `resource` (RFC 8707).  Empty values
 * count as absent.
 */
#ifndef SP_WEB_FORM_H
#define SP_WEB_FORM_H

#include "web/request.h"

struct sp_form {
	struct sp_header *field;	/* name, value: decoded */
	size_t count;
	struct sp_str repeated;		/* first name that came twice; absent when none did */
};

/* The body (another Content-Type is SP_INVALID_REQUEST, multipart 415); also refuses parameters in the query. */
SP_MUST_USE bool sp_form_read(struct sp_request *req, struct sp_form *form);
/* The query string. */
SP_MUST_USE bool sp_form_query(struct sp_request *req, struct sp_form *form);
/*
 * Parses text without judging repetition: the authorization endpoint must know
 * which parameter was repeated before it can say to whom the error goes.
 * False: *why is a static text.
 */
SP_MUST_USE bool sp_form_parse(struct sp_arena *mem, struct sp_str text, struct sp_form *form,
    const char **why);

struct sp_str sp_form_get(const struct sp_form *form, const char *name);
size_t sp_form_count(const struct sp_form *form, const char *name);
/* The i-th value of a repeated name. */
struct sp_str sp_form_nth(const struct sp_form *form, const char *name, size_t i);

#endif
