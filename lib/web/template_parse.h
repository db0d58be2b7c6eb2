/*
 * template_parse.h - a parsed template: what template.c makes and view.c walks
 *
 * While it is parsed, a template is read as HTML too, because escaping is only
 * right for the place where a value lands.  Values may stand in text and in
 * double-quoted attribute values; a template with scripts, styles of its own,
 * event attributes or other quotes is refused (the Content-Security-Policy
 * would refuse them as well, but in front of a user).
 */
#ifndef SP_WEB_TEMPLATE_PARSE_H
#define SP_WEB_TEMPLATE_PARSE_H

#include "web/template.h"

enum sp_op_kind {
	SP_OP_LITERAL,		/* text: bytes of the page */
	SP_OP_VALUE,		/* text: a name; shown escaped */
	SP_OP_URL,		/* the same at the start of href, src, action ... */
	SP_OP_SECTION,		/* text: a name; what follows up to `end` once per item */
	SP_OP_INVERTED,		/* ... when there is none */
	SP_OP_PARTIAL,		/* text: a file; `partial` is its template */
};

struct sp_op {
	enum sp_op_kind kind;
	struct sp_str text;
	int line;
	size_t end;				/* of a section: the operation behind its last */
	const struct sp_template *partial;
};

struct sp_template {
	const char *name;			/* "consent.html" */
	struct sp_op *ops;
	size_t count, room;
};

/* Parses one file's text, which must live as long as `mem`. False: `errors` has a line. */
SP_MUST_USE bool sp_template_parse(struct sp_arena *mem, const char *name, struct sp_str text,
    struct sp_template *out, struct sp_buf *errors);
/* NULL when there is none of that name. */
const struct sp_template *sp_template_find(const struct sp_templates *all, const char *name);
/* Whether a name occurs in a template or what it includes. */
bool sp_template_mentions(const struct sp_template *t, const char *name);
/* Whether pages are checked against what the code sets (template.h). */
bool sp_templates_checked(const struct sp_templates *all);

#endif
