/*
 * template.h - HTML that escapes by construction
 *
 *	{{name}}  text, escaped     {{#list}} ... {{/list}}  once per item
 *	{{^list}} ... {{/list}}  when there is none     {{>file}}  another template
 *
 * There is no raw insertion: markup lives in templates only.  All templates of
 * template_dir are parsed at start; a fault names file and line.  A name that
 * the code sets and the template lacks, or the reverse, fails a test
 * (sp_view_check).
 */
#ifndef SP_WEB_TEMPLATE_H
#define SP_WEB_TEMPLATE_H

#include "web/request.h"

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
