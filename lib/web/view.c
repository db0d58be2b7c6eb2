/* view.c - names and their values, and the page they make */
#include "base/encode.h"
#include "base/log.h"
#include "web/page.h"
#include "web/response.h"
#include "web/template_parse.h"
#include "web/worker.h"

#define MAX_PAGE ((size_t)16 * 1024 * 1024)	/* a list of a thousand tools has three */

enum entry_kind { VALUE, LIST, FLAG };

struct entry {
	const char *name;
	enum entry_kind kind;
	struct sp_str value;
	bool shown;			/* of a flag */
	bool always;			/* ours: a page need not use it */
	struct sp_view *first, *last;	/* items of a list */
	struct entry *next;
};

struct sp_view {
	struct sp_request *req;
	const struct sp_template *template;	/* of the outermost; NULL: there is none of that name */
	const char *template_name;
	struct sp_view *outer;		/* where a name is looked up next */
	struct entry *entries;
	struct sp_view *next;		/* item of the same list */
};

static struct entry *
own_entry(const struct sp_view *v, struct sp_str name)
{
	for (struct entry *e = v->entries; e != NULL; e = e->next)
		if (sp_str_is(name, e->name))
			return e;
	return NULL;
}

static const struct entry *
look_up(const struct sp_view *v, struct sp_str name)
{
	const struct entry *e = NULL;

	for (; v != NULL && e == NULL; v = v->outer)
		e = own_entry(v, name);
	return e;
}

/* The entry of that name, made if there is none yet. */
static struct entry *
set_entry(struct sp_view *v, const char *name, enum entry_kind kind)
{
	struct entry *e = own_entry(v, sp_str(name));

	if (e == NULL) {
		e = sp_alloc(v->req->mem, sizeof(*e));
		e->name = sp_strdup(v->req->mem, name);
		e->next = v->entries;
		v->entries = e;
	}
	e->kind = kind;
	return e;
}

struct sp_view *
sp_view_open(struct sp_request *req, const char *name)
{
	struct sp_view *v = sp_alloc(req->mem, sizeof(*v));
	struct sp_templates *all = req->process->templates;

	v->req = req;
	v->template_name = name;
	v->template = all != NULL ? sp_template_find(all, name) : NULL;
	sp_view_cstr(v, "static_url", req->settings->static_url);
	sp_view_cstr(v, "request_id", req->id);
	for (struct entry *e = v->entries; e != NULL; e = e->next)
		e->always = true;
	return v;
}

void
sp_view_text(struct sp_view *v, const char *name, struct sp_str value)
{
	set_entry(v, name, VALUE)->value = value;
}

void
sp_view_cstr(struct sp_view *v, const char *name, const char *value)
{
	sp_view_text(v, name, sp_str(value != NULL ? value : ""));
}

void
sp_view_flag(struct sp_view *v, const char *name, bool shown)
{
	set_entry(v, name, FLAG)->shown = shown;
}

struct sp_view *
sp_view_item(struct sp_view *v, const char *name)
{
	struct entry *list = set_entry(v, name, LIST);
	struct sp_view *item = sp_alloc(v->req->mem, sizeof(*item));

	item->req = v->req;
	item->outer = v;
	if (list->last == NULL)
		list->first = item;
	else
		list->last->next = item;
	list->last = item;
	return item;
}

/* ---- rendering ---- */

struct page {
	struct sp_buf b;
	const struct sp_template *template;
	struct sp_str missing;		/* first name that was shown and not set */
};

/*
 * Escaping does not take the danger out of "javascript:...".  Whoever chose the
 * URL was checked before; this is the second lock.  Control bytes and spaces at
 * the front are what browsers skip.
 */
static bool
is_dangerous_url(struct sp_str url)
{
	static const char *const schemes[] = {
		"javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "view-source"
	};
	ptrdiff_t colon;

	if (sp_str_has_control(url))
		return true;
	url = sp_str_trim(url, " ");
	colon = sp_str_index(url, ':');
	if (colon < 0 || sp_str_starts(url, "data:image/"))
		return false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (sp_str_caseis(sp_str_sub(url, 0, (size_t)colon), schemes[i]))
			return true;
	return false;
}

static void
show_value(struct page *page, const struct sp_op *op, const struct sp_view *v)
{
	const struct entry *e = look_up(v, op->text);

	if (e == NULL || e->kind != VALUE) {
		if (page->missing.p == NULL)
			page->missing = op->text;
		return;
	}
	if (op->kind == SP_OP_URL && is_dangerous_url(e->value)) {
		sp_log(SP_WARN, "dangerous_url", SP_L("template", page->template->name),
		    SP_L("name", e->name));
		sp_buf_char(&page->b, '#');
		return;
	}
	sp_buf_html(&page->b, e->value);
}

static bool
is_empty(const struct entry *e)
{
	if (e == NULL)
		return true;
	return e->kind == LIST ? e->first == NULL : e->kind == FLAG ? !e->shown : e->value.len == 0;
}

static void
show(struct page *page, const struct sp_template *t, size_t from, size_t to,
    const struct sp_view *v)
{
	for (size_t i = from; i < to; i++) {
		const struct sp_op *op = &t->ops[i];
		const struct entry *e;

		switch (op->kind) {
		case SP_OP_LITERAL:
			sp_buf_str(&page->b, op->text);
			break;
		case SP_OP_VALUE:
		case SP_OP_URL:
			show_value(page, op, v);
			break;
		case SP_OP_SECTION:
			e = look_up(v, op->text);
			if (e != NULL && e->kind == LIST)
				for (const struct sp_view *item = e->first; item != NULL;
				    item = item->next)
					show(page, t, i + 1, op->end, item);
			else if (!is_empty(e))
				show(page, t, i + 1, op->end, v);
			i = op->end - 1;
			break;
		case SP_OP_INVERTED:
			if (is_empty(look_up(v, op->text)))
				show(page, t, i + 1, op->end, v);
			i = op->end - 1;
			break;
		case SP_OP_PARTIAL:
			show(page, op->partial, 0, op->partial->count, v);
			break;
		}
	}
}

/* A name that the code sets and the page nowhere mentions; NULL when there is none. */
static const char *
unused_name(const struct sp_template *t, const struct sp_view *v)
{
	for (const struct entry *e = v->entries; e != NULL; e = e->next) {
		const char *inner = NULL;

		if (!e->always && !sp_template_mentions(t, e->name))
			return e->name;
		for (const struct sp_view *item = e->first; item != NULL && inner == NULL;
		    item = item->next)
			inner = unused_name(t, item);
		if (inner != NULL)
			return inner;
	}
	return NULL;
}

static bool
reply_broken(struct sp_view *v, const char *event, const char *name)
{
	sp_log(SP_ERROR, event, SP_L("template", v->template_name), SP_L("name", name));
	v->req->problem = SP_OK;	/* whatever it was about, it is ours now */
	sp_fail(v->req, SP_SERVER_ERROR, "%s: %s", v->template_name, event);
	return sp_reply_oauth_error(v->req);
}

bool
sp_reply_view(struct sp_request *req, int status, struct sp_view *v)
{
	struct page page = { .template = v->template };
	const char *unused;

	if (v->template == NULL)
		return reply_broken(v, "template_missing", NULL);
	sp_buf_init(&page.b, req->mem, MAX_PAGE);
	show(&page, v->template, 0, v->template->count, v);
	if (sp_templates_checked(req->process->templates)) {
		if (page.missing.p != NULL)
			return reply_broken(v, "view_drift", sp_cstr(req->mem, page.missing));
		unused = unused_name(v->template, v);
		if (unused != NULL)
			return reply_broken(v, "view_drift", unused);
	}
	if (!sp_buf_ok(&page.b))
		return reply_broken(v, "page_too_large", NULL);
	if (sp_response_header(req, "Content-Security-Policy").p == NULL)
		sp_page_headers(req, NULL);
	return sp_reply(req, status, "text/html; charset=utf-8", sp_buf_view(&page.b));
}
