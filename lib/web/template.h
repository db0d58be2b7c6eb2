/*
 * template.h - HTML that escapes by construction
 *
 *	{{name}}  text, escaped     {{#list}} ... {{/list}}  once per item
 *	{{^list}} ... {{/list}}  when there is none     {{>head.html}}  another template
 *	{{! a remark }}
 *
 * A section also shows itself for a flag that is set and for a text that is not
 * empty.  There is no raw insertion: markup lives in templates only.  All
 * templates of template_dir are parsed at start; a fault names file and line,
 * and what the security headers of page.h would not allow is one.
 *
 * Every page may use {{static_url}} and {{request_id}} without anybody setting
 * them.  Where the environment has SP_TEST_VIEW_CHECK, a value that a page
 * shows and the code did not set, or that the code sets and the page never
 * mentions, is logged as view_drift and answered with 500.  Our tests set it.
 */
#ifndef SP_WEB_TEMPLATE_H
#define SP_WEB_TEMPLATE_H

#include "web/request.h"

#define SP_VIEW_CHECK "SP_TEST_VIEW_CHECK"

SP_MUST_USE bool sp_templates_load(const char *dir, struct sp_templates **out, struct sp_buf *errors);
void sp_templates_free(struct sp_templates *t);

struct sp_view;

/* A view of a template ("consent.html"); the name is ours, an unknown one is a bug. */
struct sp_view *sp_view_open(struct sp_request *req, const char *name);
void sp_view_text(struct sp_view *v, const char *name, struct sp_str value);
void sp_view_cstr(struct sp_view *v, const char *name, const char *value);	/* NULL: "" */
/* One more item of a list; its names are looked up in the item, then outwards. */
struct sp_view *sp_view_item(struct sp_view *v, const char *name);
/* A section that is shown or not. */
void sp_view_flag(struct sp_view *v, const char *name, bool shown);
/* Renders and replies with the page's security headers (page.h). */
bool sp_reply_view(struct sp_request *req, int status, struct sp_view *v);

#endif
