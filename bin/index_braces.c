/*
 * index_braces.c - definitions in languages whose bodies stand in braces
 *
 * Declarations are read one head at a time: the tokens since the last ; } or {
 * (or the end of a line, where the language ends declarations there).  What an
 * opening brace means follows from its head: the body of a function is skipped
 * as a whole, classes and scopes are entered with a frame on a fixed stack.
 */
#include "index_head.h"
#include "index_outline.h"

#define MAX_FRAMES	64	/* nested classes and scopes; deeper blocks are skipped whole */

struct frame {
	bool is_class;		/* closing it makes a class span */
	bool members;		/* "name(args) {" is a method here: a class or an object literal */
	struct sp_str class_name;
	size_t head, body;
	unsigned parens;	/* open ones outside ... */
	size_t outer_head;	/* ... and the declaration that they are part of */
};

struct braces {
	struct index_outline *o;
	const struct index_tokens *t;
	const struct index_language *language;
	struct frame frames[MAX_FRAMES];
	unsigned depth;
	size_t head;		/* the first token of the current declaration */
	unsigned parens;	/* open ( and [ in it */
	int64_t budget;		/* tokens that may be searched in vain for a closing brace */
	struct sp_str package;	/* of Perl: the class of what follows */
};

static const struct sp_str NONE = { NULL, 0 };

static bool
can(const struct braces *b, unsigned flag)
{
	return (b->language->braces & flag) != 0;
}

static struct sp_str
text(const struct braces *b, size_t i)
{
	return index_token_text(b->t, i);
}

static bool
is(const struct braces *b, size_t i, char c)
{
	return index_token_is(b->t, i, c);
}

static bool
is_word(const struct braces *b, size_t i)
{
	return i < b->t->count && b->t->v[i].kind == TOKEN_WORD;
}

static bool
in(const struct braces *b, size_t i, const char *list)
{
	return index_token_in(b->t, i, list);
}

static struct sp_str
class_here(const struct braces *b)
{
	return b->depth > 0 ? b->frames[b->depth - 1].class_name : b->package;
}

static void
read_head(const struct braces *b, size_t from, size_t to, struct index_head *h)
{
	h->t = b->t;
	h->language = b->language;
	h->class_name = class_here(b);
	h->members = b->depth > 0 && b->frames[b->depth - 1].members;
	h->in_parens = b->parens > 0;
	index_head_read(h, from, to);
}

/* Preprocessor lines while a body is skipped: only one branch of each #if counts. */
struct branches {
	unsigned dead;		/* 1 and more: inside a branch that does not count */
	bool zero;		/* the branch is that of #if 0: its #else counts */
};

static void
branch(const struct braces *b, size_t i, struct branches *br)
{
	struct sp_str line = text(b, i);

	line = sp_str_trim(sp_str_sub(line, 1, line.len), " \t");
	if (br->dead > 0) {
		if (sp_str_starts(line, "if"))
			br->dead++;
		else if (sp_str_starts(line, "endif") ||
		    (br->dead == 1 && br->zero && sp_str_starts(line, "el")))
			br->dead--;
	} else {
		br->zero = sp_str_is(line, "if 0");
		br->dead = br->zero || sp_str_starts(line, "el") ? 1 : 0;
	}
}

/* The } that closes the brace at i, or the last token of the file. */
static size_t
block_end(struct braces *b, size_t head, size_t i)
{
	const struct index_token *v = b->t->v;
	struct branches br = { 0 };
	unsigned depth = 0;
	unsigned column;
	size_t healed = 0;

	for (unsigned back = 0; head > 0 && !v[head].first && back < INDEX_MAX_HEAD; back++)
		head--;
	column = v[head].indent;
	for (size_t j = i; j < b->t->count; j++) {
		if (v[j].kind == TOKEN_DIRECTIVE) {
			branch(b, j, &br);
		} else if (br.dead == 0 && is(b, j, '{')) {
			depth++;
		} else if (is(b, j, '}')) {
			if (br.dead == 0 && --depth == 0)
				return j;
			if (healed == 0 && v[j].first && v[j].indent <= column && j > i) {
				healed = j;
				if (can(b, BRACE_COLUMN) || b->budget <= 0)
					return j;
			}
		}
	}
	/* never closed: the } in the column of the head is what the author meant */
	b->budget -= (int64_t)(b->t->count - i);
	return healed > 0 ? healed : b->t->count - 1;
}

/* The names in enum { A, B = 1, C(x) ... }, up to a ; or the closing brace; `i` is the opening one. */
static void
enumerators(struct braces *b, size_t i)
{
	unsigned depth = 0;
	bool expected = true;

	for (i++; i < b->t->count && !(depth == 0 && (is(b, i, '}') || is(b, i, ';'))); i++) {
		if (is(b, i, '(') || is(b, i, '{') || is(b, i, '['))
			depth++;
		else if (depth > 0 && (is(b, i, ')') || is(b, i, '}') || is(b, i, ']')))
			depth--;
		else if (depth == 0 && is(b, i, ','))
			expected = true;
		else if (depth == 0 && expected && is_word(b, i)) {
			index_outline_name(b->o, b->t->v[i].line, text(b, i));
			expected = false;
		}
	}
}

static bool
is_enum(const struct braces *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (in(b, i, "enum"))
			return true;
	return false;
}

static void
push(struct braces *b, const struct index_verdict *v, size_t body)
{
	if (v->meaning == IS_CLASS && is_enum(b, v->head, body))
		enumerators(b, body);
	b->frames[b->depth++] = (struct frame){
		.is_class = v->meaning == IS_CLASS, .members = v->members,
		.class_name = v->meaning == IS_CLASS ? v->name : v->class_name,
		.head = v->head, .body = body, .parens = b->parens, .outer_head = b->head,
	};
	b->parens = 0;
	b->head = body + 1;
}

/* The start of the argument in which token i stands, at most INDEX_MAX_HEAD tokens back. */
static size_t
argument_start(const struct braces *b, size_t i)
{
	unsigned depth = 0;

	for (size_t j = i; j > b->head && i - j < INDEX_MAX_HEAD; j--) {
		if (is(b, j - 1, ')') || is(b, j - 1, ']') || is(b, j - 1, '}'))
			depth++;
		else if ((is(b, j - 1, '(') || is(b, j - 1, '[') || is(b, j - 1, '{')) && depth-- == 0)
			return j;
		else if (is(b, j - 1, ',') && depth == 0)
			return j;
	}
	return b->head;
}

static void
add_name(const struct braces *b, size_t i)
{
	if (is_word(b, i))
		index_outline_name(b->o, b->t->v[i].line, text(b, i));
}

/* The constant, variable or type that a head declares, for the list of names. */
static void
names(const struct braces *b, const struct index_head *h)
{
	unsigned k = index_head_find(h, b->language->define_words), end = index_head_assign(h);

	if (k < h->n && in(b, h->v[k], "typedef")) {
		for (k = h->n - 1; k > 0; k--)
			if (is(b, h->v[k], '*') && is(b, h->v[k - 1], '(') && k + 1 < h->n &&
			    is_word(b, h->v[k + 1])) {
				add_name(b, h->v[k + 1]);	/* typedef int (*name)(args); */
				return;
			}
		add_name(b, h->v[h->n - 1]);
	} else if (k < h->n && !in(b, h->v[k], "constexpr")) {
		while (k + 1 < h->n && in(b, h->v[k + 1], "mut namespace"))
			k++;
		if (k + 1 < h->n)
			add_name(b, h->v[k + 1]);
	} else if (can(b, BRACE_SHAPE) && !can(b, BRACE_BARE) &&
	    !in(b, h->v[0], "import package using return extern friend namespace case goto throw") &&
	    !(h->n == 2 && in(b, h->v[0], b->language->class_words))) {
		/* a variable: type name[] = value; with parentheses it is a prototype or a call */
		for (k = 0; k < end; k++)
			if (is(b, h->v[k], '('))
				return;
			else if (is(b, h->v[k], '['))
				end = k;
		if (end >= 2)
			add_name(b, h->v[end - 1]);
	}
}

/* A brace at declaration level; gives the last token that is dealt with. */
static size_t
open_brace(struct braces *b, size_t i)
{
	size_t from = b->parens > 0 ? argument_start(b, i) : b->head;
	struct index_verdict v;
	struct index_head h;
	bool assigned;
	size_t end;

	read_head(b, from, i, &h);
	v = index_head_judge(&h);
	assigned = index_head_assign(&h) < h.n;
	if (v.meaning == IS_CLASS && v.name.len == 0 && !can(b, BRACE_FLAT))
		v.name = class_here(b);
	if ((v.meaning == IS_SCOPE || (v.meaning == IS_CLASS && !can(b, BRACE_FLAT))) &&
	    b->depth < MAX_FRAMES) {
		if (v.meaning == IS_SCOPE && assigned)
			names(b, &h);			/* const name = { */
		push(b, &v, i);
		return i;
	}
	end = block_end(b, v.head, i);
	switch (v.meaning) {
	case IS_FUNCTION:
		if (v.expression && !is(b, i - 1, '='))
			return end;			/* fun f() = list.map { }: the body goes on */
		index_outline_tokens(b->o, SPAN_FUNCTION, v.head, i, end, v.name, v.class_name);
		break;
	case IS_CLASS:
		if (v.name.len == 0 && is_word(b, end + 1))
			v.name = text(b, end + 1);	/* typedef struct { } name; */
		else if (in(b, v.head, "typedef") && is_word(b, end + 1))
			index_outline_name(b->o, b->t->v[end + 1].line, text(b, end + 1));
		index_outline_tokens(b->o, SPAN_CLASS, v.head, i, end, v.name, class_here(b));
		if (is_enum(b, v.head, i))
			enumerators(b, i);
		break;
	case IS_TYPE:
		return end;
	case IS_OTHER:
	case IS_SCOPE:
		if (b->parens == 0 && assigned)
			return end;			/* an initialiser: the declaration goes on */
		break;
	}
	if (b->parens == 0)
		b->head = end + 1;
	return end;
}

/* A method of an interface, or an abstract one; in C and C++ that would be every prototype. */
static bool
bodyless_method(const struct braces *b, const struct index_head *h, struct index_verdict *v)
{
	if (b->depth == 0 || !b->frames[b->depth - 1].is_class || can(b, BRACE_TYPE_FIRST | BRACE_OBJECTS))
		return false;
	if (b->language->function_words != NULL)
		return index_head_function_by_word(h, v) && v->meaning == IS_FUNCTION;
	return can(b, BRACE_SHAPE) && index_head_function_by_shape(h, v);
}

/* The declaration [head, i) has ended without a body in braces. */
static void
declaration(struct braces *b, size_t i)
{
	struct index_head h;
	struct index_verdict v = { 0 };
	unsigned k, assign;

	read_head(b, b->head, i, &h);
	if (h.n < 2)
		return;
	assign = index_head_assign(&h);
	if (can(b, BRACE_EXPRESSION) && assign < h.n && b->language->function_words != NULL &&
	    index_head_function_by_word(&h, &v)) {
		if (v.meaning == IS_FUNCTION)
			index_outline_tokens(b->o, SPAN_FUNCTION, v.head, h.v[assign], h.v[h.n - 1],
			    v.name, v.class_name);
		return;
	}
	if (can(b, BRACE_EXPRESSION) && can(b, BRACE_SHAPE)) {	/* C#: int F(int x) => x + 1; */
		for (k = 1; k + 1 < h.n && !index_head_pair(&h, k, '=', '>'); k++)
			;
		if (k + 1 < h.n && is(b, h.v[k - 1], ')')) {
			struct index_head front = h;

			front.n = k;
			if (index_head_function_by_shape(&front, &v))
				index_outline_tokens(b->o, SPAN_FUNCTION, v.head, h.v[k],
				    i < b->t->count ? i : h.v[h.n - 1], v.name, v.class_name);
			return;
		}
	}
	if (assign == h.n && bodyless_method(b, &h, &v)) {
		index_outline_tokens(b->o, SPAN_FUNCTION, v.head, h.v[h.n - 1] + 1, h.v[h.n - 1],
		    v.name, v.class_name);
		return;
	}
	if (can(b, BRACE_NO_BODY) && index_head_type(&h, &v)) {
		if (v.name.len > 0)
			index_outline_tokens(b->o, SPAN_CLASS, v.head, h.v[h.n - 1] + 1, h.v[h.n - 1],
			    v.name, class_here(b));
		return;
	}
	if (in(b, h.v[0], "package") && (b->language->lex & LEX_PERL) != 0) {
		b->package = (struct sp_str){ text(b, h.v[1]).p,
		    b->t->v[h.v[h.n - 1]].at + b->t->v[h.v[h.n - 1]].len - b->t->v[h.v[1]].at };
		return;
	}
	/* struct Name(fields); of Rust */
	if (!can(b, BRACE_TYPE_FIRST) && b->language->scope_words != NULL && in(b, h.v[0], "pub struct") &&
	    index_head_type(&h, &v) && v.name.len > 0) {
		index_outline_tokens(b->o, SPAN_CLASS, v.head, h.v[h.n - 1] + 1, h.v[h.n - 1], v.name,
		    NONE);
		return;
	}
	k = index_head_find(&h, b->language->define_words);
	/* prototypes that somebody documented: in C the manual stands in the header */
	if (can(b, BRACE_TYPE_FIRST) && k == h.n && assign == h.n && h.first > 0 &&
	    b->t->v[h.first - 1].kind == TOKEN_COMMENT && b->t->v[h.first - 1].first &&
	    b->t->v[h.first].first &&
	    b->t->v[h.first - 1].last_line + 1 == b->t->v[h.first].line &&
	    index_head_function_by_shape(&h, &v) && h.v[0] != h.v[h.n - 1] &&
	    !sp_str_eq(v.name, text(b, h.v[0]))) {
		index_outline_tokens(b->o, SPAN_DECLARATION, v.head, i, i, v.name, v.class_name);
		return;
	}
	names(b, &h);
}

static void
close_brace(struct braces *b, size_t i)
{
	if (b->head < i)
		declaration(b, i);
	if (b->depth > 0) {
		struct frame *f = &b->frames[--b->depth];

		if (f->is_class && f->class_name.len > 0)
			index_outline_tokens(b->o, SPAN_CLASS, f->head, f->body, i, f->class_name,
			    class_here(b));
		b->parens = f->parens;
		b->head = f->parens > 0 ? f->outer_head : i + 1;
	} else {
		b->parens = 0;
		b->head = i + 1;
	}
}

/* #define NAME: a name; several lines of #define NAME(args): a function. */
static void
directive(struct braces *b, size_t i)
{
	const struct index_token *t = &b->t->v[i];
	struct sp_str line = text(b, i), name;
	size_t len = 0;

	line = sp_str_trim(sp_str_sub(line, 1, line.len), " \t");
	if (!sp_str_starts(line, "define"))
		return;
	name = sp_str_trim(sp_str_sub(line, 6, line.len), " \t");
	while (len < name.len && (sp_is_alnum((unsigned char)name.p[len]) || name.p[len] == '_'))
		len++;
	if (len < name.len && name.p[len] == '(' && t->last_line >= t->line + 2)
		index_outline_tokens(b->o, SPAN_FUNCTION, i, i + 1, i, sp_str_sub(name, 0, len), NONE);
	else
		index_outline_name(b->o, t->line, sp_str_sub(name, 0, len));
}

/* Whether the token at i, the first of its line, starts another declaration. */
static bool
new_declaration(const struct braces *b, size_t i)
{
	size_t last = i - 1;

	while (last > b->head && (b->t->v[last].kind == TOKEN_COMMENT ||
	    b->t->v[last].kind == TOKEN_DIRECTIVE))
		last--;
	if (b->t->v[i].kind == TOKEN_PUNCT) {
		if (!is(b, i, '@') && !is(b, i, '#') && !is(b, i, '*') && !is(b, i, '[') && !is(b, i, '('))
			return false;
		if ((is(b, i, '[') || is(b, i, '(')) && can(b, BRACE_OBJECTS) && !b->t->v[last].first)
			return false;
	} else if (in(b, i, "extends implements where with throws derives")) {
		return false;
	}
	if (b->t->v[last].kind == TOKEN_PUNCT) {
		char c = b->t->text.p[b->t->v[last].at];

		if (strchr("=+-*/%,.(<[:&|?~^@!", c) != NULL ||
		    (c == '>' && (is(b, last - 1, '=') || is(b, last - 1, '-'))))
			return false;
	}
	/* annotations and modifiers on lines of their own */
	if (is(b, b->head, '@') && i - b->head <= 12 && !in(b, last, "val var"))
		return false;
	return !in(b, last, "export default async public private protected internal static abstract open "
	    "override final sealed suspend inline data implicit case const fun func def function class type");
}

/* Names first on their lines inside const ( ... ) of Go. */
static bool
in_define_group(const struct braces *b)
{
	return b->parens == 1 && can(b, BRACE_NAME_FIRST) && in(b, b->head, "const var") &&
	    is(b, b->head + 1, '(');
}

void
index_scan_braces(struct index_outline *o)
{
	struct braces b = {
		.o = o, .t = &o->tokens, .language = o->language, .budget = 16 * (int64_t)o->tokens.count,
	};

	for (size_t i = 0; i < b.t->count; i++) {
		const struct index_token *t = &b.t->v[i];

		if (t->kind == TOKEN_COMMENT)
			continue;
		if (t->kind == TOKEN_DIRECTIVE) {
			directive(&b, i);
			continue;
		}
		if (can(&b, BRACE_NEWLINE) && t->first && b.parens == 0 && i > b.head &&
		    new_declaration(&b, i)) {
			declaration(&b, i);
			b.head = i;
		}
		if (t->kind == TOKEN_WORD && t->first && in_define_group(&b))
			index_outline_name(o, t->line, text(&b, i));
		if (t->kind != TOKEN_PUNCT)
			continue;
		switch (b.t->text.p[t->at]) {
		case '(':
			if (i == b.head + 1 && can(&b, BRACE_NAME_FIRST) && in(&b, b.head, "type"))
				b.head = i + 1;		/* type ( ... ) of Go: as if it were not there */
			else
				b.parens++;
			break;
		case '[':
			b.parens++;
			break;
		case ')': case ']':
			if (b.parens > 0)
				b.parens--;
			else if (can(&b, BRACE_NAME_FIRST))
				b.head = i + 1;
			break;
		case ';':
			if (b.parens == 0) {
				declaration(&b, i);
				b.head = i + 1;
			}
			break;
		case ':':
			/* "public:" and the like of C++ */
			if (b.parens == 0 && can(&b, BRACE_TYPE_FIRST) && i == b.head + 1 &&
			    in(&b, b.head, "public protected private signals slots"))
				b.head = i + 1;
			break;
		case ',':
			if (b.parens == 0 && b.depth > 0 && b.frames[b.depth - 1].members &&
			    can(&b, BRACE_OBJECTS))
				b.head = i + 1;
			break;
		case '{':
			i = open_brace(&b, i);
			break;
		case '}':
			close_brace(&b, i);
			break;
		default:
			break;
		}
	}
	if (b.head < b.t->count && can(&b, BRACE_NEWLINE))
		declaration(&b, b.t->count);
	while (b.depth > 0)			/* the file ends before its braces do */
		close_brace(&b, b.t->count);
}
