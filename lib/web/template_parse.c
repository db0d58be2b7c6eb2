/* template_parse.c - {{names}} and where in the HTML they stand */
#include "web/template_parse.h"

#define MAX_DEPTH 16	/* of sections in sections */

enum html_place {
	IN_TEXT, AT_TAG, IN_TAG_NAME, IN_TAG, IN_ATTRIBUTE, AT_VALUE, IN_VALUE,
	AT_BANG, IN_DECLARATION, IN_COMMENT,
};

struct html {
	enum html_place place;
	char name[32];			/* of the tag or attribute that is being read */
	size_t name_len;
	size_t value_len;		/* bytes of the attribute's value so far */
	unsigned dashes;		/* seen in a row, in and around comments */
};

struct parser {
	struct sp_arena *mem;
	struct sp_template *out;
	struct sp_buf *errors;
	struct html html;
	int line;
	struct {
		size_t op;		/* that opened the section */
		struct html html;	/* where it stood */
	} open[MAX_DEPTH];
	size_t depth;
};

static bool
fault(struct parser *p, const char *what)
{
	sp_buf_printf(p->errors, "%s:%d: %s\n", p->out->name, p->line, what);
	return false;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
name_is(const struct html *h, const char *const *list)
{
	for (; *list != NULL; list++)
		if (sp_str_is((struct sp_str){ h->name, h->name_len }, *list))
			return true;
	return false;
}

static bool
is_url_attribute(const struct html *h)
{
	static const char *const urls[] = {
		"href", "src", "action", "formaction", "poster", "cite", "data", "xlink:href", NULL
	};

	return name_is(h, urls);
}

static void
name_begin(struct html *h, enum html_place place, char c)
{
	h->place = place;
	h->name[0] = (char)sp_lower((unsigned char)c);
	h->name_len = 1;
}

static void
name_more(struct html *h, char c)
{
	if (h->name_len < sizeof(h->name))
		h->name[h->name_len++] = (char)sp_lower((unsigned char)c);
}

static const char *
end_of_tag_name(struct html *h, char c)
{
	static const char *const refused[] = {
		"script", "style", "iframe", "object", "embed", "base", NULL
	};

	if (name_is(h, refused))
		return "an element that the pages' security policy does not allow";
	h->place = c == '>' ? IN_TEXT : IN_TAG;
	return NULL;
}

static const char *
end_of_attribute(struct html *h)
{
	static const char *const refused[] = { "style", "srcdoc", NULL };

	if (name_is(h, refused) || (h->name_len > 2 && memcmp(h->name, "on", 2) == 0))
		return "an attribute that the pages' security policy does not allow";
	h->place = AT_VALUE;
	return NULL;
}

static void
in_comment(struct html *h, char c)
{
	if (c == '>' && h->dashes >= 2)
		h->place = IN_TEXT;
	h->dashes = c == '-' ? h->dashes + 1 : 0;
}

static void
at_bang(struct html *h, char c)
{
	h->dashes++;
	if (c != '-')
		h->place = c == '>' ? IN_TEXT : IN_DECLARATION;
	else if (h->dashes == 2) {
		h->place = IN_COMMENT;
		h->dashes = 0;
	}
}

/* One byte of the page. NULL, or what is wrong with it. */
static const char *
html_feed(struct html *h, char c)
{
	switch (h->place) {
	case IN_TEXT:
		if (c == '<')
			h->place = AT_TAG;
		return NULL;
	case AT_TAG:
		if (c == '!') {
			h->place = AT_BANG;
			h->dashes = 0;
		} else if (c == '/' || sp_is_alpha((unsigned char)c)) {
			name_begin(h, IN_TAG_NAME, c);
			h->name_len = c == '/' ? 0 : 1;
		} else {
			return "a < that begins no tag";
		}
		return NULL;
	case IN_TAG_NAME:
		if (c == '>' || c == '/' || is_space(c))
			return end_of_tag_name(h, c);
		name_more(h, c);
		return NULL;
	case IN_TAG:
		if (c == '>')
			h->place = IN_TEXT;
		else if (strchr("\"'=<", c) != NULL)
			return "a quote, = or < where an attribute should begin";
		else if (c != '/' && !is_space(c))
			name_begin(h, IN_ATTRIBUTE, c);
		return NULL;
	case IN_ATTRIBUTE:
		if (c == '=')
			return end_of_attribute(h);
		if (c == '>')
			h->place = IN_TEXT;
		else if (c == '/' || is_space(c))
			h->place = IN_TAG;
		else
			name_more(h, c);
		return NULL;
	case AT_VALUE:
		if (c != '"')
			return "an attribute value without double quotes";
		h->place = IN_VALUE;
		h->value_len = 0;
		return NULL;
	case IN_VALUE:
		if (c == '"')
			h->place = IN_TAG;
		else
			h->value_len++;
		return NULL;
	case AT_BANG:
		at_bang(h, c);
		return NULL;
	case IN_DECLARATION:
		if (c == '>')
			h->place = IN_TEXT;
		return NULL;
	case IN_COMMENT:
		in_comment(h, c);
		return NULL;
	}
	return NULL;
}

static size_t
add_op(struct parser *p, enum sp_op_kind kind, struct sp_str text)
{
	struct sp_template *t = p->out;

	if (t->count == t->room) {
		size_t room = t->room + 64;

		t->ops = sp_arena_grow(p->mem, t->ops, t->room * sizeof(*t->ops),
		    room * sizeof(*t->ops));
		t->room = room;
	}
	t->ops[t->count] = (struct sp_op){ .kind = kind, .text = text, .line = p->line };
	return t->count++;
}

static bool
add_literal(struct parser *p, struct sp_str text)
{
	const char *what;

	if (text.len > 0)
		add_op(p, SP_OP_LITERAL, text);
	for (size_t i = 0; i < text.len; i++) {
		what = html_feed(&p->html, text.p[i]);
		if (what != NULL)
			return fault(p, what);
		p->line += text.p[i] == '\n';
	}
	return true;
}

static bool
add_value(struct parser *p, struct sp_str name)
{
	if (p->html.place == IN_VALUE) {
		add_op(p, is_url_attribute(&p->html) && p->html.value_len == 0 ?
		    SP_OP_URL : SP_OP_VALUE, name);
		p->html.value_len++;
		return true;
	}
	if (p->html.place != IN_TEXT)
		return fault(p, "a value outside of text and quoted attribute values");
	add_op(p, SP_OP_VALUE, name);
	return true;
}

static bool
open_section(struct parser *p, enum sp_op_kind kind, struct sp_str name)
{
	if (p->html.place != IN_TEXT && p->html.place != IN_TAG && p->html.place != IN_VALUE)
		return fault(p, "a section that begins inside a name or comment");
	if (p->depth == MAX_DEPTH)
		return fault(p, "sections too deep in each other");
	p->open[p->depth].html = p->html;
	p->open[p->depth++].op = add_op(p, kind, name);
	return true;
}

/* A section may be shown any number of times: HTML must be in the same place at both its ends. */
static bool
close_section(struct parser *p, struct sp_str name)
{
	const struct html *before;

	if (p->depth == 0 || !sp_str_eq(p->out->ops[p->open[p->depth - 1].op].text, name))
		return fault(p, "the end of a section that was not the last to begin");
	before = &p->open[--p->depth].html;
	if (p->html.place == IN_ATTRIBUTE)
		p->html.place = IN_TAG;		/* {{#on}}checked{{/on}} */
	if (p->html.place != before->place)
		return fault(p, "a section that ends in another place of the HTML than it began");
	p->html = *before;
	p->out->ops[p->open[p->depth].op].end = p->out->count;
	return true;
}

static bool
is_name(struct sp_str s, bool file)
{
	if (s.len == 0 || s.len > 64 || !sp_is_alpha((unsigned char)s.p[0]) ||
	    (file && !sp_str_ends(s, ".html")))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && s.p[i] != '_' &&
		    !(file && (s.p[i] == '.' || s.p[i] == '-')))
			return false;
	return true;
}

/* What stands between {{ and }}. */
static bool
add_tag(struct parser *p, struct sp_str tag)
{
	char kind = tag.len > 0 ? tag.p[0] : '\0';
	bool special = kind != '\0' && strchr("#^/>!", kind) != NULL;
	struct sp_str name = sp_str_trim(sp_str_sub(tag, special ? 1 : 0, tag.len), " ");

	if (kind == '!')
		return true;
	if (!is_name(name, kind == '>'))
		return fault(p, "a malformed name between {{ and }}");
	switch (special ? kind : '\0') {
	case '#':
		return open_section(p, SP_OP_SECTION, name);
	case '^':
		return open_section(p, SP_OP_INVERTED, name);
	case '/':
		return close_section(p, name);
	case '>':
		if (p->html.place != IN_TEXT)
			return fault(p, "another template inside a tag");
		add_op(p, SP_OP_PARTIAL, name);
		return true;
	default:
		return add_value(p, name);
	}
}

bool
sp_template_parse(struct sp_arena *mem, const char *name, struct sp_str text,
    struct sp_template *out, struct sp_buf *errors)
{
	struct parser p = { .mem = mem, .out = out, .errors = errors, .line = 1 };
	struct sp_str rest = text, tag;

	*out = (struct sp_template){ .name = name };
	while (rest.len > 0) {
		const char *open = memmem(rest.p, rest.len, "{{", 2), *close;
		size_t before = open != NULL ? (size_t)(open - rest.p) : rest.len;

		if (!add_literal(&p, sp_str_sub(rest, 0, before)))
			return false;
		if (open == NULL)
			break;
		rest = sp_str_sub(rest, before + 2, rest.len);
		close = memmem(rest.p, rest.len, "}}", 2);
		if (close == NULL)
			return fault(&p, "{{ without }}");
		tag = sp_str_sub(rest, 0, (size_t)(close - rest.p));
		if (!add_tag(&p, tag))
			return false;
		for (size_t i = 0; i < tag.len; i++)
			p.line += tag.p[i] == '\n';
		rest = sp_str_sub(rest, tag.len + 2, rest.len);
	}
	if (p.depth > 0)
		return fault(&p, "a section without its end");
	if (p.html.place != IN_TEXT)
		return fault(&p, "the file ends inside a tag or comment");
	return true;
}
