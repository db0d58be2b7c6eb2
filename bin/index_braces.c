/*
 * index_braces.c - definitions in languages whose bodies stand in braces
 *
 * Declarations are read one head at a time: the tokens since the last ; } or {
 * (or the end of a line, where the language ends declarations there).  What an
 * opening brace means follows from its head: the body of a function is skipped
 * as a whole, classes and scopes are entered with a frame on a fixed stack.
 */
#include "index_outline.h"

#define MAX_FRAMES	64	/* nested classes and scopes; deeper blocks are skipped whole */
#define MAX_HEAD	256	/* tokens of a head that are looked at */

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

enum meaning { IS_OTHER, IS_FUNCTION, IS_CLASS, IS_SCOPE, IS_TYPE };

/* What a head says. */
struct verdict {
	enum meaning meaning;
	size_t head;
	struct sp_str name, class_name;
	bool members;
	bool expression;	/* "= ..." stands before the brace: it does not end the body */
};

struct head {
	size_t v[MAX_HEAD];	/* tokens without comments, directives and a leading template <...> */
	unsigned n;
	size_t first;
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

/* Two tokens without space between, such as :: -> => */
static bool
is_pair(const struct braces *b, const struct head *h, unsigned k, char c, char d)
{
	return k < h->n && k + 1 < h->n && is(b, h->v[k], c) && is(b, h->v[k + 1], d) &&
	    b->t->v[h->v[k]].at + 1 == b->t->v[h->v[k + 1]].at;
}

static struct sp_str
class_here(const struct braces *b)
{
	return b->depth > 0 ? b->frames[b->depth - 1].class_name : b->package;
}

/* Behind the group that opens at k: ( ) [ ] or < >; k itself when nothing opens there. */
static unsigned
skip_group(const struct braces *b, const struct head *h, unsigned k)
{
	unsigned depth = 0, from = k;
	char open, close;

	if (k >= h->n)
		return k;
	if (is(b, h->v[k], '('))
		open = '(', close = ')';
	else if (is(b, h->v[k], '['))
		open = '[', close = ']';
	else if (is(b, h->v[k], '<'))
		open = '<', close = '>';
	else
		return k;
	for (; k < h->n; k++) {
		if (is(b, h->v[k], open))
			depth++;
		else if (is(b, h->v[k], close) &&
		    !(close == '>' && k > 0 && is_pair(b, h, k - 1, '-', '>')) && --depth == 0)
			return k + 1;
	}
	return from + 1;
}

static void
gather(const struct braces *b, size_t from, size_t to, struct head *h)
{
	h->n = 0;
	if (to - from > MAX_HEAD * 4)
		to = from + MAX_HEAD * 4;		/* nothing honest is longer */
	for (size_t i = from; i < to && h->n < MAX_HEAD; i++)
		if (b->t->v[i].kind != TOKEN_COMMENT && b->t->v[i].kind != TOKEN_DIRECTIVE)
			h->v[h->n++] = i;
	h->first = h->n > 0 ? h->v[0] : from;
	if (h->n > 1 && can(b, BRACE_TYPE_FIRST) && in(b, h->v[0], "template")) {
		unsigned end = skip_group(b, h, 1);

		memmove(h->v, h->v + end, (h->n - end) * sizeof(h->v[0]));
		h->n -= end;
	}
}

/* The first token of the list at the top level of the head, from k on; h->n if there is none. */
static unsigned
find_word(const struct braces *b, const struct head *h, unsigned k, const char *list)
{
	while (k < h->n) {
		if (list != NULL && in(b, h->v[k], list))
			return k;
		k = is(b, h->v[k], '(') || is(b, h->v[k], '[') ? skip_group(b, h, k) : k + 1;
	}
	return h->n;
}

/* The = of an assignment or initialiser at the top level; h->n if there is none. */
static unsigned
find_assign(const struct braces *b, const struct head *h)
{
	unsigned k = 0;

	while (k < h->n) {
		if (is(b, h->v[k], '(') || is(b, h->v[k], '[')) {
			k = skip_group(b, h, k);
			continue;
		}
		if (is(b, h->v[k], '=') && !is_pair(b, h, k, '=', '=') && !is_pair(b, h, k, '=', '>') &&
		    (k == 0 || (!is_pair(b, h, k - 1, '=', '=') && !is_pair(b, h, k - 1, '<', '=') &&
		    !is_pair(b, h, k - 1, '>', '=') && !is_pair(b, h, k - 1, '!', '=') &&
		    !in(b, h->v[k - 1], "operator"))))
			return k;
		k++;
	}
	return h->n;
}

/* The last name of a path such as a.b::c that starts at k; *end is behind it. */
static struct sp_str
path_name(const struct braces *b, const struct head *h, unsigned k, unsigned *end)
{
	struct sp_str name = NONE;

	while (k < h->n && is_word(b, h->v[k])) {
		name = text(b, h->v[k++]);
		*end = k;
		if (k < h->n && is(b, h->v[k], '<'))
			k = skip_group(b, h, k);
		if (is_pair(b, h, k, ':', ':') || is_pair(b, h, k, '?', '.'))
			k += 2;
		else if (k < h->n && is(b, h->v[k], '.'))
			k++;
		else
			break;
	}
	return name;
}

/* The name that a function value is given: const f = ..., f: ..., Class.prototype.f = ... */
static struct sp_str
assigned_name(const struct braces *b, const struct head *h, unsigned limit, struct sp_str *class_name)
{
	unsigned k = find_word(b, h, 0, "const let var");

	if (k + 1 < limit && is_word(b, h->v[k + 1]))
		return text(b, h->v[k + 1]);
	for (k = 1; k < limit; k++) {
		if (!is(b, h->v[k], '=') && !is(b, h->v[k], ':'))
			continue;
		if (b->t->v[h->v[k - 1]].kind == TOKEN_STRING) {
			struct sp_str key = sp_str_trim(text(b, h->v[k - 1]), "\"'");

			for (size_t i = 0; i < key.len; i++)
				if (!sp_is_alnum((unsigned char)key.p[i]) && strchr("_-$:", key.p[i]) == NULL)
					return NONE;
			return key;
		}
		if (!is_word(b, h->v[k - 1]))
			return NONE;
		if (k >= 5 && in(b, h->v[k - 3], "prototype") && is_word(b, h->v[k - 5]))
			*class_name = text(b, h->v[k - 5]);
		return text(b, h->v[k - 1]);
	}
	return NONE;
}

/* "func (r *T) name(", "fun <T> T.name(", "fn name<T>(", "sub Package::name", "function (" */
static bool
function_by_word(const struct braces *b, const struct head *h, struct verdict *v)
{
	unsigned k = find_word(b, h, 0, b->language->function_words), word = k, end = k;

	if (k == h->n)
		return false;
	v->head = h->first;
	v->class_name = class_here(b);
	if (in(b, h->v[k], "init deinit subscript")) {		/* of Swift: their own names */
		if (k + 1 < h->n && !is(b, h->v[k + 1], '(') && !is(b, h->v[k + 1], '?') && !is(b, h->v[k + 1], '<'))
			return false;
		v->name = text(b, h->v[k]);
		v->meaning = IS_FUNCTION;
		return true;
	}
	k++;
	if (can(b, BRACE_NAME_FIRST) && k < h->n && is(b, h->v[k], '(')) {	/* receiver of Go */
		unsigned close = skip_group(b, h, k);

		for (unsigned r = k + 1; r < close && close < h->n && is_word(b, h->v[close]); r++)
			if (is(b, h->v[r], '['))
				break;
			else if (is_word(b, h->v[r]))
				v->class_name = text(b, h->v[r]);
		k = close;
	}
	while (k < h->n && (is(b, h->v[k], '*') || is(b, h->v[k], '!') || is(b, h->v[k], '&')))
		k++;
	if (k < h->n && is(b, h->v[k], '<'))
		k = skip_group(b, h, k);
	if (k < h->n && in(b, h->v[k], b->language->class_words))
		return false;				/* fun interface */
	v->name = path_name(b, h, k, &end);
	if ((b->language->lex & LEX_PERL) != 0 && end > k + 2)		/* sub Package::name */
		v->class_name = (struct sp_str){ text(b, h->v[k]).p,
		    b->t->v[h->v[end - 1]].at - b->t->v[h->v[k]].at - 2 };
	if (v->name.len == 0)
		v->name = assigned_name(b, h, word, &v->class_name);
	if (v->name.len == 0) {
		v->meaning = IS_SCOPE;		/* function () { all of a module }: look inside */
		return true;
	}
	v->meaning = IS_FUNCTION;
	if (can(b, BRACE_EXPRESSION)) {
		unsigned assign = find_assign(b, h);

		v->expression = assign < h->n && assign + 1 < h->n;
	}
	return true;
}

static bool
type_by_word(const struct braces *b, const struct head *h, struct verdict *v)
{
	unsigned k = find_word(b, h, 0, b->language->class_words), assign = find_assign(b, h), end;

	if (k == h->n || (k > 0 && (is(b, h->v[k - 1], '.') || is(b, h->v[k - 1], ':') || is(b, h->v[k - 1], ','))))
		return false;				/* Name.class, Name::class, where T : class */
	v->head = h->first;
	v->members = true;
	if (can(b, BRACE_TYPE_FIRST)) {
		if (assign < h->n && assign > k)
			return false;			/* static struct option options[] = { */
	} else if (k > assign) {
		if (can(b, BRACE_OBJECTS))		/* const Name = class { */
			v->name = assigned_name(b, h, h->n, &v->class_name);
		v->meaning = IS_CLASS;
		return v->name.len > 0;
	}
	if (can(b, BRACE_NAME_FIRST)) {
		unsigned first = in(b, h->v[0], "type") ? 1 : 0;

		if (first >= k || !is_word(b, h->v[first]) || in(b, h->v[first], "func var const"))
			return false;
		v->name = text(b, h->v[first]);
		v->meaning = IS_CLASS;
		return true;
	}
	while (k < h->n && in(b, h->v[k], b->language->class_words))
		k++;					/* enum class, record struct */
	while (k < h->n && in(b, h->v[k], "__attribute__ __declspec alignas"))
		k = skip_group(b, h, k + 1);
	/* export macros stand before the name: the last word of the run counts */
	while (can(b, BRACE_TYPE_FIRST) && k + 1 < h->n && is_word(b, h->v[k]) && is_word(b, h->v[k + 1]) &&
	    !in(b, h->v[k + 1], "final sealed"))
		k++;
	v->name = path_name(b, h, k, &end);
	if (in(b, k < h->n ? h->v[k] : b->t->count, "extends implements"))
		v->name = NONE;
	v->meaning = IS_CLASS;
	return true;
}

/* namespace x {  extern "C" {  impl T for X {  package P { */
static bool
scope_by_word(const struct braces *b, const struct head *h, struct verdict *v)
{
	unsigned k = find_word(b, h, 0, b->language->scope_words), end;

	if (k == h->n)
		return false;
	v->head = h->first;
	v->meaning = IS_SCOPE;
	v->class_name = class_here(b);
	if (in(b, h->v[k], "extern"))
		return k + 1 < h->n && b->t->v[h->v[k + 1]].kind == TOKEN_STRING && k + 2 == h->n;
	if (in(b, h->v[k], "impl")) {
		unsigned target = find_word(b, h, k + 1, "for");

		k = target < h->n ? target + 1 : skip_group(b, h, k + 1);
		while (k < h->n && !is_word(b, h->v[k]))
			k++;				/* & and such */
		v->class_name = path_name(b, h, k, &end);
	} else if (in(b, h->v[k], "package") && sp_str_is(sp_str(b->language->name), "perl")) {
		v->class_name = path_name(b, h, k + 1, &end);
	}
	return true;
}

/* Words that stand before ( without being a function's name. */
static const char not_names[] = "if for while switch catch return sizeof do else try "
    "__attribute__ __declspec alignas throw noexcept decltype requires static_assert __asm__ asm "
    "__typeof__ typeof _Alignas __nonnull explicit function super";

static const char after_arguments[] = "const volatile noexcept override final mutable try async sealed abstract";
static const char rest_of_head[] = "throws where requires";

static bool
is_macro(struct sp_str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.p[i] >= 'a' && word.p[i] <= 'z')
			return false;
	return word.len > 1;
}

/* Whether what follows the arguments (from k) may follow them in a definition. */
static bool
tail_fits(const struct braces *b, const struct head *h, unsigned k)
{
	while (k < h->n) {
		if (is(b, h->v[k], ':') || is_pair(b, h, k, '-', '>') || in(b, h->v[k], rest_of_head))
			return true;			/* initialisers, a return type, exceptions */
		if (in(b, h->v[k], "throw noexcept __attribute__ alignas") ||
		    (is_word(b, h->v[k]) && is_macro(text(b, h->v[k]))))
			k = skip_group(b, h, k + 1);
		else if (in(b, h->v[k], after_arguments) || is(b, h->v[k], '&'))
			k++;
		else if (is(b, h->v[k], '['))
			k = skip_group(b, h, k);
		else
			return false;
	}
	return true;
}

/* "static int name(args) const {": no word says that it is a function, its shape does. */
static bool
function_by_shape(const struct braces *b, const struct head *h, struct verdict *v)
{
	bool members = b->depth > 0 && b->frames[b->depth - 1].members;
	unsigned k = 0, name = h->n, words = 0, before = 0, after = 0;

	while (k < h->n) {
		unsigned open = k;

		if (is(b, h->v[k], '@') && k + 1 < h->n && !in(b, h->v[k + 1], "interface")) {	/* annotation */
			unsigned end = k + 1;

			(void)path_name(b, h, k + 1, &end);
			k = skip_group(b, h, end);
			continue;
		}
		if (is_word(b, h->v[k])) {
			unsigned generic = k + 1 < h->n && is(b, h->v[k + 1], '<') ? skip_group(b, h, k + 1) : k + 1;

			if (in(b, h->v[k], "operator")) {
				name = k;
				before = words;
				while (++k < h->n && !is(b, h->v[k], '('))
					;
				if (k + 1 < h->n && is(b, h->v[k + 1], ')'))
					k += 2;			/* operator()() */
				after = k = skip_group(b, h, k);
				break;
			}
			if (generic < h->n && is(b, h->v[generic], '(') && !in(b, h->v[k], not_names)) {
				name = k;
				before = words;
				after = k = skip_group(b, h, generic);
				words++;
				continue;
			}
			words++;
			k = generic;
			continue;
		}
		if (is(b, h->v[k], ',')) {
			if (name == h->n)
				return false;
			break;
		}
		if (can(b, BRACE_OBJECTS) && is(b, h->v[k], '[')) {	/* [Symbol.iterator]() { */
			unsigned end = skip_group(b, h, k);

			if (end < h->n && is(b, h->v[end], '(') && end - k >= 3 && is_word(b, h->v[end - 2])) {
				name = end - 2;
				before = words;
				after = k = skip_group(b, h, end);
				continue;
			}
		}
		if (name < h->n && (is(b, h->v[k], ':') || is_pair(b, h, k, '-', '>')) &&
		    !is_pair(b, h, k, ':', ':') && !(k > 0 && is_pair(b, h, k - 1, ':', ':')))
			break;				/* what follows belongs to the initialisers or the type */
		k = skip_group(b, h, k);
		if (k == open)
			k++;
	}
	if (name == h->n || !tail_fits(b, h, after))
		return false;
	v->head = h->first;
	v->name = text(b, h->v[name]);
	v->class_name = class_here(b);
	if (sp_str_is(v->name, "operator") && after > name + 1) {
		size_t end = name + 1;

		while (end < h->n && !is(b, h->v[end], '('))
			end++;
		v->name.len = b->t->v[h->v[end - 1]].at + b->t->v[h->v[end - 1]].len - b->t->v[h->v[name]].at;
	}
	if (name > 0 && is(b, h->v[name - 1], '~')) {
		v->name.p = b->t->text.p + b->t->v[h->v[name - 1]].at;
		v->name.len = (size_t)(b->t->v[h->v[name]].at + b->t->v[h->v[name]].len - b->t->v[h->v[name - 1]].at);
		name--;
		after--;
	}
	if (name >= 3 && is_pair(b, h, name - 2, ':', ':')) {
		unsigned owner = name - 3, depth = 0;

		for (; owner > 0 && (depth > 0 || is(b, h->v[owner], '>')); owner--)	/* Name<T>:: */
			depth += is(b, h->v[owner], '>') ? 1 : is(b, h->v[owner], '<') && depth > 0 ? -1 : 0;
		if (is_word(b, h->v[owner])) {
			v->class_name = text(b, h->v[owner]);
			before++;
		}
	}
	if (before == 0 && !(members && (can(b, BRACE_BARE) || sp_str_eq(v->name, class_here(b)))) &&
	    !(can(b, BRACE_TYPE_FIRST) && name == 0 &&
	    b->t->v[h->v[0]].first && (b->t->v[h->v[0]].indent == 0 || members)))
		return false;
	if (before == 0 && can(b, BRACE_TYPE_FIRST) && is_macro(v->name) && name + 2 < h->n &&
	    is_word(b, h->v[name + 2]))
		v->name = text(b, h->v[name + 2]);	/* TEST(name) { */
	v->meaning = IS_FUNCTION;
	return true;
}

/* What the brace at token i opens; the head starts at `from`. */
static struct verdict
judge(const struct braces *b, size_t from, size_t i)
{
	struct verdict v = { .meaning = IS_OTHER, .head = from };
	struct head h;

	gather(b, from, i, &h);
	if (h.n == 0) {
		v.meaning = b->language->function_words != NULL ? IS_SCOPE : IS_OTHER;
		v.class_name = class_here(b);
		return v;
	}
	v.head = h.first;
	if (can(b, BRACE_NAME_FIRST) && in(b, h.v[h.n - 1], "interface struct") &&
	    (find_word(b, &h, 0, "func") < h.n || b->parens > 0)) {
		v.meaning = IS_TYPE;			/* func f() interface{} { */
		return v;
	}
	if (function_by_word(b, &h, &v))
		return v;
	if (can(b, BRACE_TYPE_FIRST) && find_assign(b, &h) == h.n && function_by_shape(b, &h, &v))
		return v;
	if (type_by_word(b, &h, &v) || scope_by_word(b, &h, &v))
		return v;
	v = (struct verdict){ .meaning = IS_OTHER, .head = h.first, .class_name = class_here(b) };
	if (can(b, BRACE_OBJECTS) && is_pair(b, &h, h.n - 2, '=', '>')) {
		v.name = assigned_name(b, &h, h.n - 2, &v.class_name);
		v.meaning = v.name.len > 0 ? IS_FUNCTION : IS_SCOPE;
		return v;
	}
	if (can(b, BRACE_SHAPE) && find_assign(b, &h) == h.n && function_by_shape(b, &h, &v))
		return v;
	if (b->language->function_words != NULL) {
		size_t last = h.v[h.n - 1];

		v.meaning = IS_SCOPE;
		v.members = can(b, BRACE_OBJECTS) && (in(b, last, "return default") ||
		    (b->t->v[last].kind == TOKEN_PUNCT && !is(b, last, ')')));
	}
	return v;
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
		else if (sp_str_starts(line, "endif") || (br->dead == 1 && br->zero && sp_str_starts(line, "el")))
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

	for (unsigned back = 0; head > 0 && !v[head].first && back < MAX_HEAD; back++)
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
push(struct braces *b, const struct verdict *v, size_t body)
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

/* The start of the argument in which token i stands, at most MAX_HEAD tokens back. */
static size_t
argument_start(const struct braces *b, size_t i)
{
	unsigned depth = 0;

	for (size_t j = i; j > b->head && i - j < MAX_HEAD; j--) {
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
names(const struct braces *b, const struct head *h)
{
	unsigned k = find_word(b, h, 0, b->language->define_words), end = find_assign(b, h);

	if (k < h->n && in(b, h->v[k], "typedef")) {
		for (k = h->n - 1; k > 0; k--)
			if (is(b, h->v[k], '*') && is(b, h->v[k - 1], '(') && k + 1 < h->n && is_word(b, h->v[k + 1])) {
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
	struct verdict v = judge(b, from, i);
	size_t end;

	if (v.meaning == IS_CLASS && v.name.len == 0 && !can(b, BRACE_FLAT))
		v.name = class_here(b);
	if ((v.meaning == IS_SCOPE || (v.meaning == IS_CLASS && !can(b, BRACE_FLAT))) &&
	    b->depth < MAX_FRAMES) {
		struct head h;

		gather(b, from, i, &h);
		if (v.meaning == IS_SCOPE && find_assign(b, &h) < h.n)
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
		if (b->parens == 0) {
			struct head h;

			gather(b, b->head, i, &h);
			if (find_assign(b, &h) < h.n)
				return end;		/* an initialiser: the declaration goes on */
		}
		break;
	}
	if (b->parens == 0)
		b->head = end + 1;
	return end;
}

/* The declaration [head, i) has ended without a body in braces. */
static void
declaration(struct braces *b, size_t i)
{
	struct head h;
	struct verdict v = { 0 };
	unsigned k, assign;

	gather(b, b->head, i, &h);
	if (h.n < 2)
		return;
	assign = find_assign(b, &h);
	if (can(b, BRACE_EXPRESSION) && assign < h.n && b->language->function_words != NULL &&
	    function_by_word(b, &h, &v)) {
		if (v.meaning == IS_FUNCTION)
			index_outline_tokens(b->o, SPAN_FUNCTION, v.head, h.v[assign], h.v[h.n - 1], v.name, v.class_name);
		return;
	}
	if (can(b, BRACE_EXPRESSION) && can(b, BRACE_SHAPE)) {	/* C#: int F(int x) => x + 1; */
		for (k = 1; k + 1 < h.n && !is_pair(b, &h, k, '=', '>'); k++)
			;
		if (k + 1 < h.n && is(b, h.v[k - 1], ')')) {
			struct head front = h;

			front.n = k;
			if (function_by_shape(b, &front, &v))
				index_outline_tokens(b->o, SPAN_FUNCTION, v.head, h.v[k], i < b->t->count ? i : h.v[h.n - 1], v.name, v.class_name);
			return;
		}
	}
	/* methods of interfaces and abstract ones */
	if (b->depth > 0 && b->frames[b->depth - 1].is_class && !can(b, BRACE_TYPE_FIRST) && assign == h.n &&
	    !can(b, BRACE_OBJECTS) && (b->language->function_words != NULL ? function_by_word(b, &h, &v) :
	    can(b, BRACE_SHAPE) && function_by_shape(b, &h, &v)) && v.meaning == IS_FUNCTION) {
		index_outline_tokens(b->o, SPAN_FUNCTION, v.head, h.v[h.n - 1] + 1, h.v[h.n - 1], v.name, v.class_name);
		return;
	}
	if (can(b, BRACE_NO_BODY) && type_by_word(b, &h, &v)) {
		if (v.name.len > 0)
			index_outline_tokens(b->o, SPAN_CLASS, v.head, h.v[h.n - 1] + 1, h.v[h.n - 1], v.name, class_here(b));
		return;
	}
	if (in(b, h.v[0], "package") && sp_str_is(sp_str(b->language->name), "perl")) {
		b->package = (struct sp_str){ text(b, h.v[1]).p,
		    b->t->v[h.v[h.n - 1]].at + b->t->v[h.v[h.n - 1]].len - b->t->v[h.v[1]].at };
		return;
	}
	/* struct Name(fields); of Rust */
	if (!can(b, BRACE_TYPE_FIRST) && b->language->scope_words != NULL && in(b, h.v[0], "pub struct") &&
	    type_by_word(b, &h, &v) && v.name.len > 0) {
		index_outline_tokens(b->o, SPAN_CLASS, v.head, h.v[h.n - 1] + 1, h.v[h.n - 1], v.name, NONE);
		return;
	}
	k = find_word(b, &h, 0, b->language->define_words);
	/* prototypes that somebody documented: in C the manual stands in the header */
	if (can(b, BRACE_TYPE_FIRST) && k == h.n && assign == h.n && h.first > 0 &&
	    b->t->v[h.first - 1].kind == TOKEN_COMMENT && b->t->v[h.first - 1].first && b->t->v[h.first].first &&
	    b->t->v[h.first - 1].last_line + 1 == b->t->v[h.first].line &&
	    function_by_shape(b, &h, &v) && h.v[0] != h.v[h.n - 1] && !sp_str_eq(v.name, text(b, h.v[0]))) {
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
			index_outline_tokens(b->o, SPAN_CLASS, f->head, f->body, i, f->class_name, class_here(b));
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

	while (last > b->head && (b->t->v[last].kind == TOKEN_COMMENT || b->t->v[last].kind == TOKEN_DIRECTIVE))
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

		if (strchr("=+-*/%,.(<[:&|?~^@!", c) != NULL || (c == '>' && (is(b, last - 1, '=') || is(b, last - 1, '-'))))
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
	return b->parens == 1 && can(b, BRACE_NAME_FIRST) && in(b, b->head, "const var") && is(b, b->head + 1, '(');
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
		if (can(&b, BRACE_NEWLINE) && t->first && b.parens == 0 && i > b.head && new_declaration(&b, i)) {
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
			if (b.parens == 0 && b.depth > 0 && b.frames[b.depth - 1].members && can(&b, BRACE_OBJECTS))
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
