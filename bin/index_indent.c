/*
 * index_indent.c - definitions in languages where a block is seen by its indentation
 *
 * Python says so; in Ruby, Lua and shell the closing word stands below the
 * opening one in all code that people read, and trusting that is sturdier than
 * counting every if, do and case.
 */
#include "index_outline.h"

#define MAX_CLASSES 32	/* nested ones */

struct block {
	size_t head, body;
	struct sp_str name;
};

struct scan {
	struct index_outline *o;
	const struct index_tokens *t;
	bool python, ruby, lua, shell;
	struct block classes[MAX_CLASSES];
	unsigned depth;
	size_t last_code;	/* the last token that was not a comment */
	int64_t budget;		/* tokens that may be looked through for an end again and again */
};

static bool
is(const struct scan *s, size_t i, char c)
{
	return index_token_is(s->t, i, c);
}

static bool
in(const struct scan *s, size_t i, const char *list)
{
	return index_token_in(s->t, i, list);
}

static bool
is_word(const struct scan *s, size_t i)
{
	return i < s->t->count && s->t->v[i].kind == TOKEN_WORD;
}

static bool
same_line(const struct scan *s, size_t i, size_t head)
{
	return i < s->t->count && s->t->v[i].line == s->t->v[head].last_line;
}

static bool
closes(const struct scan *s, size_t i)
{
	return s->shell ? is(s, i, '}') || is(s, i, ')') : in(s, i, "end");
}

/*
 * The last token of the block whose head starts at `head` and whose body
 * starts at `body`: what is indented deeper, and the closing word at the
 * head's own column.
 */
static size_t
block_end(struct scan *s, size_t head, size_t body)
{
	const struct index_token *v = s->t->v;
	size_t last = body, i;
	unsigned depth = 0;

	for (i = body; i < s->t->count && s->budget > 0; i++, s->budget--) {
		if (v[i].kind == TOKEN_COMMENT)
			continue;
		if (depth == 0 && v[i].first && i > body && v[i].indent <= v[head].indent &&
		    !(s->shell && is(s, i, '{') && i <= body + 1)) {
			if (!s->python && closes(s, i))
				last = i;
			return last;
		}
		if (s->python) {		/* inside brackets the indentation says nothing */
			if (is(s, i, '(') || is(s, i, '[') || is(s, i, '{'))
				depth++;
			else if (depth > 0 && (is(s, i, ')') || is(s, i, ']') || is(s, i, '}')))
				depth--;
		}
		last = i;
	}
	return last;
}

/* a.b::c:d from i on; *end is behind it, *owner what stands before the last name. */
static struct sp_str
path(const struct scan *s, size_t i, size_t *end, struct sp_str *owner)
{
	struct sp_str name = { NULL, 0 };

	while (is_word(s, i)) {
		if (name.len > 0)
			*owner = name;
		name = index_token_text(s->t, i++);
		*end = i;
		if (is(s, i, '.') || (s->shell && (is(s, i, '-') || is(s, i, ':')))) {
			i++;
		} else if (is(s, i, ':') && !s->python) {
			i += is(s, i + 1, ':') ? 2 : 1;
		} else {
			break;
		}
	}
	if (s->shell && name.len > 0 && name.p > owner->p && owner->p != NULL) {
		name.len = (size_t)(name.p + name.len - owner->p);	/* my-function is one name */
		name.p = owner->p;
		*owner = (struct sp_str){ NULL, 0 };
	}
	return name;
}

/* The : that ends "def f(a: int) -> x:", as a token; the body starts behind it. */
static size_t
python_body(const struct scan *s, size_t i)
{
	unsigned depth = 0;

	for (size_t limit = i + 2000; i < s->t->count && i < limit; i++) {
		if (is(s, i, '(') || is(s, i, '[') || is(s, i, '{'))
			depth++;
		else if (depth > 0 && (is(s, i, ')') || is(s, i, ']') || is(s, i, '}')))
			depth--;
		else if (depth == 0 && is(s, i, ':'))
			return i;
	}
	return s->t->count;
}

/* Behind the arguments in parentheses, or behind the line, whichever comes first. */
static size_t
behind_arguments(const struct scan *s, size_t i, size_t head)
{
	unsigned depth = 0;

	if (!is(s, i, '(')) {
		while (same_line(s, i, head) && !is(s, i, ';') && !is(s, i, '=') &&
		    s->t->v[i].kind != TOKEN_COMMENT)
			i++;
		return i;
	}
	for (size_t limit = i + 2000; i < s->t->count && i < limit; i++)
		if (is(s, i, '('))
			depth++;
		else if (is(s, i, ')') && --depth == 0)
			return i + 1;
	return i < s->t->count ? i : s->t->count;
}

static struct sp_str
class_here(const struct scan *s)
{
	return s->depth > 0 ? s->classes[s->depth - 1].name : (struct sp_str){ NULL, 0 };
}

static void
leave_classes(struct scan *s, unsigned indent)
{
	while (s->depth > 0 && s->t->v[s->classes[s->depth - 1].head].indent >= indent) {
		struct block *c = &s->classes[--s->depth];

		index_outline_tokens(s->o, SPAN_CLASS, c->head, c->body, s->last_code, c->name,
		    class_here(s));
	}
}

/* A definition at token i, the first of its line; gives its last token, or i when there is none. */
static size_t
definition(struct scan *s, size_t head, size_t i)
{
	struct sp_str name, owner = class_here(s), outer = owner;
	size_t end = i, body, last;

	if (s->python && in(s, i, "async"))
		i++;
	if (s->ruby)
		while (in(s, i, "private protected public private_class_method memoize module_function"))
			i++;
	if (s->lua && in(s, i, "local"))
		i++;
	if (in(s, i, s->o->language->class_words)) {
		name = path(s, i + 1, &end, &owner);
		if (name.len == 0 || s->depth == MAX_CLASSES)
			return head;			/* class << self */
		body = s->python ? python_body(s, end) : end;
		if (body < s->t->count)
			s->classes[s->depth++] = (struct block){ head, body, name };
		return head;
	}
	if (in(s, i, s->o->language->function_words)) {
		name = path(s, i + 1, &end, &owner);
		if (sp_str_is(owner, "self"))
			owner = outer;
		if (s->ruby && is(s, end, '=') && is(s, end + 1, '(') &&
		    name.p + name.len == s->t->text.p + s->t->v[end].at) {
			name.len++;			/* def name=(value) */
			end++;
		}
	} else if (s->shell && is_word(s, i)) {
		name = path(s, i, &end, &owner);
		if (!is(s, end, '(') || !is(s, end + 1, ')'))
			return head;
	} else if (s->lua && is_word(s, i)) {		/* M.f = function( */
		name = path(s, i, &end, &owner);
		if (!is(s, end, '=') || !in(s, end + 1, "function"))
			return head;
		end += 2;
	} else {
		return head;
	}
	if (name.len == 0)
		return head;
	body = s->python ? python_body(s, end) : behind_arguments(s, end, head);
	if (body >= s->t->count)
		return head;
	if (s->shell && in(s, i, "function") && is(s, end, '{'))
		body = end;
	if (s->ruby && (is(s, body, '=') || is(s, body, ';')) && same_line(s, body, head)) {
		for (last = body; same_line(s, last + 1, head); last++)
			;				/* def f = expression, def f; end */
	} else {
		last = block_end(s, head, body);
	}
	index_outline_tokens(s->o, SPAN_FUNCTION, head, body, last, name, owner);
	return last;
}

void
index_scan_indent(struct index_outline *o)
{
	struct sp_str language = sp_str(o->language->name);
	struct scan s = {
		.o = o, .t = &o->tokens, .budget = 16 * (int64_t)o->tokens.count,
		.python = sp_str_is(language, "python"), .ruby = sp_str_is(language, "ruby"),
		.lua = sp_str_is(language, "lua"), .shell = sp_str_is(language, "shell"),
	};
	size_t decorators = SIZE_MAX;		/* the first of those above a definition */
	unsigned brackets = 0;

	for (size_t i = 0; i < s.t->count; i++) {
		const struct index_token *t = &s.t->v[i];
		size_t last;

		if (t->kind == TOKEN_COMMENT)
			continue;
		if (t->first && brackets == 0) {
			if (s.ruby && in(&s, i, "end"))
				s.last_code = i;	/* it belongs to the class that it closes */
			leave_classes(&s, t->indent);
			if (s.python && is(&s, i, '@')) {
				decorators = decorators == SIZE_MAX ? i : decorators;
			} else {
				last = definition(&s, decorators != SIZE_MAX ? decorators : i, i);
				decorators = SIZE_MAX;
				if (last > i) {
					s.last_code = i = last;
					continue;
				}
				if ((s.python || s.ruby) && t->kind == TOKEN_WORD && is(&s, i + 1, '=') &&
				    !is(&s, i + 2, '=') && (s.python ? t->indent == 0 || s.depth > 0 :
				    s.t->text.p[t->at] >= 'A' && s.t->text.p[t->at] <= 'Z'))
					index_outline_name(o, t->line, index_token_text(s.t, i));
			}
		}
		if (s.python && (is(&s, i, '(') || is(&s, i, '[') || is(&s, i, '{')))
			brackets++;
		else if (brackets > 0 && (is(&s, i, ')') || is(&s, i, ']') || is(&s, i, '}')))
			brackets--;
		s.last_code = i;
	}
	leave_classes(&s, 0);
}
