/*
 * page.h - what every HTML answer has: headers and the error page
 *
 * Content-Security-Policy without scripts, frame-ancestors 'none',
 * Referrer-Policy: no-referrer, X-Frame-Options: DENY.  form-action must also
 * name where a form's answer redirects to (browsers check the redirect), which
 * is why a consent page adds its redirect URI's origin.
 */
#ifndef SP_WEB_PAGE_H
#define SP_WEB_PAGE_H

#include "web/template.h"

/* Sets the headers; extra_form_action is an origin or "scheme:" to allow, or NULL. */
void sp_page_headers(struct sp_request *req, const char *extra_form_action);
/* error.html with the problem's status, meaning and `detail`, what to do, and the request id. */
bool sp_reply_page_error(struct sp_request *req);

#endif
