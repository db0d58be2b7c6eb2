/* index_head.c - what the head of a declaration declares */
#include "index_head.h"

static const struct sp_str NONE = { NULL, 0 };

static bool
can(const struct index_head *h, unsigned flag)
{
	return (h->language->braces & flag) != 0;
}

static struct sp_str
text(const struct index_head *h, size_t i)
{
	return index_token_text(h->t, i);
}

static bool
is(const struct index_head *h, size_t i, char c)
{
	return index_token_is(h->t, i, c);
}

static bool
is_word(const struct index_head *h, size_t i)
{
	return i < h->t->count && h->t->v[i].kind == TOKEN_WORD;
}

static bool
in(const struct index_head *h, size_t i, const char *list)
{
	return index_token_in(h->t, i, list);
}

bool
index_head_pair(const struct index_head *h, unsigned k, char c, char d)
{
	return k < h->n && k + 1 < h->n && is(h, h->v[k], c) && is(h, h->v[k + 1], d) &&
	    h->t->v[h->v[k]].at + 1 == h->t->v[h->v[k + 1]].at;
}

/* Behind the group that opens at k: ( ) [ ] or < >; k itself when nothing opens there. */
static unsigned
skip_group(const struct index_head *h, unsigned k)
{
	unsigned depth = 0, from = k;
	char open, close;

	if (k >= h->n)
		return k;
	if (is(h, h->v[k], '('))
		open = '(', close = ')';
	else if (is(h, h->v[k], '['))
		open = '[', close = ']';
	else if (is(h, h->v[k], '<'))
		open = '<', close = '>';
	else
		return k;
	for (; k < h->n; k++) {
		if (is(h, h->v[k], open))
			depth++;
		else if (is(h, h->v[k], close) &&
		    !(close == '>' && k > 0 && index_head_pair(h, k - 1, '-', '>')) && --depth == 0)
			return k + 1;
	}
	return from + 1;
}

/* The first token of the list at the top level of the head, from k on; h->n if there is none. */
static unsigned
find_word(const struct index_head *h, unsigned k, const char *list)
{
	while (k < h->n) {
		if (list != NULL && in(h, h->v[k], list))
			return k;
		k = is(h, h->v[k], '(') || is(h, h->v[k], '[') ? skip_group(h, k) : k + 1;
	}
	return h->n;
}

unsigned
index_head_find(const struct index_head *h, const char *list)
{
	return find_word(h, 0, list);
}

unsigned
index_head_assign(const struct index_head *h)
{
	unsigned k = 0;

	while (k < h->n) {
		if (is(h, h->v[k], '(') || is(h, h->v[k], '[')) {
			k = skip_group(h, k);
			continue;
		}
		if (is(h, h->v[k], '=') && !index_head_pair(h, k, '=', '=') &&
		    !index_head_pair(h, k, '=', '>') &&
		    (k == 0 || (!index_head_pair(h, k - 1, '=', '=') &&
		    !index_head_pair(h, k - 1, '<', '=') &&
		    !index_head_pair(h, k - 1, '>', '=') && !index_head_pair(h, k - 1, '!', '=') &&
		    !in(h, h->v[k - 1], "operator"))))
			return k;
		k++;
	}
	return h->n;
}

/* The last name of a path such as a.b::c that starts at k; *end is behind it. */
static struct sp_str
path_name(const struct index_head *h, unsigned k, unsigned *end)
{
	struct sp_str name = NONE;

	while (k < h->n && is_word(h, h->v[k])) {
		name = text(h, h->v[k++]);
		*end = k;
		if (k < h->n && is(h, h->v[k], '<'))
			k = skip_group(h, k);
		if (index_head_pair(h, k, ':', ':') || index_head_pair(h, k, '?', '.'))
			k += 2;
		else if (k < h->n && is(h, h->v[k], '.'))
			k++;
		else
			break;
	}
	return name;
}

/* The name that a function value is given: const f = ..., f: ..., Class.prototype.f = ... */
static struct sp_str
assigned_name(const struct index_head *h, unsigned limit, struct sp_str *class_name)
{
	unsigned k = find_word(h, 0, "const let var");

	if (k + 1 < limit && is_word(h, h->v[k + 1]))
		return text(h, h->v[k + 1]);
	for (k = 1; k < limit; k++) {
		if (!is(h, h->v[k], '=') && !is(h, h->v[k], ':'))
			continue;
		if (h->t->v[h->v[k - 1]].kind == TOKEN_STRING) {
			struct sp_str key = sp_str_trim(text(h, h->v[k - 1]), "\"'");

			for (size_t i = 0; i < key.len; i++)
				if (!sp_is_alnum((unsigned char)key.p[i]) &&
				    strchr("_-$:", key.p[i]) == NULL)
					return NONE;
			return key;
		}
		if (!is_word(h, h->v[k - 1]))
			return NONE;
		if (k >= 5 && in(h, h->v[k - 3], "prototype") && is_word(h, h->v[k - 5]))
			*class_name = text(h, h->v[k - 5]);
		return text(h, h->v[k - 1]);
	}
	return NONE;
}

/* "func (r *T) name(", "fun <T> T.name(", "fn name<T>(", "sub Package::name", "function (" */
bool
index_head_function_by_word(const struct index_head *h, struct index_verdict *v)
{
	unsigned k = find_word(h, 0, h->language->function_words), word = k, end = k;

	if (k == h->n)
		return false;
	v->head = h->first;
	v->class_name = h->class_name;
	if (in(h, h->v[k], "init deinit subscript")) {		/* of Swift: their own names */
		if (k + 1 < h->n && !is(h, h->v[k + 1], '(') && !is(h, h->v[k + 1], '?') &&
		    !is(h, h->v[k + 1], '<'))
			return false;
		v->name = text(h, h->v[k]);
		v->meaning = IS_FUNCTION;
		return true;
	}
	k++;
	if (can(h, BRACE_NAME_FIRST) && k < h->n && is(h, h->v[k], '(')) {	/* receiver of Go */
		unsigned close = skip_group(h, k);

		for (unsigned r = k + 1; r < close && close < h->n && is_word(h, h->v[close]); r++)
			if (is(h, h->v[r], '['))
				break;
			else if (is_word(h, h->v[r]))
				v->class_name = text(h, h->v[r]);
		k = close;
	}
	while (k < h->n && (is(h, h->v[k], '*') || is(h, h->v[k], '!') || is(h, h->v[k], '&')))
		k++;
	if (k < h->n && is(h, h->v[k], '<'))
		k = skip_group(h, k);
	if (k < h->n && in(h, h->v[k], h->language->class_words))
		return false;				/* fun interface */
	v->name = path_name(h, k, &end);
	if ((h->language->lex & LEX_PERL) != 0 && end > k + 2)		/* sub Package::name */
		v->class_name = (struct sp_str){ text(h, h->v[k]).p,
		    h->t->v[h->v[end - 1]].at - h->t->v[h->v[k]].at - 2 };
	if (v->name.len == 0)
		v->name = assigned_name(h, word, &v->class_name);
	if (v->name.len == 0) {
		v->meaning = IS_SCOPE;		/* function () { all of a module }: look inside */
		return true;
	}
	v->meaning = IS_FUNCTION;
	if (can(h, BRACE_EXPRESSION)) {
		unsigned assign = index_head_assign(h);

		v->expression = assign < h->n && assign + 1 < h->n;
	}
	return true;
}

bool
index_head_type(const struct index_head *h, struct index_verdict *v)
{
	unsigned k = find_word(h, 0, h->language->class_words), assign = index_head_assign(h), end;

	if (k == h->n || (k > 0 && is(h, h->v[k - 1], '.')) ||
	    (k > 1 && index_head_pair(h, k - 2, ':', ':')))
		return false;				/* Name.class, Name::class */
	if (k > 0 && !can(h, BRACE_TYPE_FIRST) && (is(h, h->v[k - 1], ':') || is(h, h->v[k - 1], ',')))
		return false;				/* where T : class */
	v->head = h->first;
	v->members = true;
	if (can(h, BRACE_TYPE_FIRST)) {
		if (assign < h->n && assign > k)
			return false;			/* static struct option options[] = { */
	} else if (k > assign) {
		if (can(h, BRACE_OBJECTS)) {		/* const Name = class {, module.exports = class Name { */
			v->name = path_name(h, k + 1, &end);
			if (v->name.len == 0 || in(h, h->v[k + 1], "extends"))
				v->name = assigned_name(h, h->n, &v->class_name);
		}
		v->meaning = IS_CLASS;
		return v->name.len > 0;
	}
	if (can(h, BRACE_NAME_FIRST)) {
		unsigned first = in(h, h->v[0], "type") ? 1 : 0;

		if (first >= k || !is_word(h, h->v[first]) || in(h, h->v[first], "func var const"))
			return false;
		v->name = text(h, h->v[first]);
		v->meaning = IS_CLASS;
		return true;
	}
	while (k < h->n && in(h, h->v[k], h->language->class_words))
		k++;					/* enum class, record struct */
	while (k < h->n && in(h, h->v[k], "__attribute__ __declspec alignas"))
		k = skip_group(h, k + 1);
	/* export macros stand before the name: the last word of the run counts */
	while (can(h, BRACE_TYPE_FIRST) && k + 1 < h->n && is_word(h, h->v[k]) && is_word(h, h->v[k + 1]) &&
	    !in(h, h->v[k + 1], "final sealed"))
		k++;
	v->name = path_name(h, k, &end);
	if (in(h, k < h->n ? h->v[k] : h->t->count, "extends implements"))
		v->name = NONE;
	v->meaning = IS_CLASS;
	return true;
}

/* namespace x {  extern "C" {  impl T for X {  package P { */
static bool
scope_by_word(const struct index_head *h, struct index_verdict *v)
{
	unsigned k = find_word(h, 0, h->language->scope_words), end;

	if (k == h->n)
		return false;
	v->head = h->first;
	v->meaning = IS_SCOPE;
	v->class_name = h->class_name;
	if (in(h, h->v[k], "extern"))
		return k + 1 < h->n && h->t->v[h->v[k + 1]].kind == TOKEN_STRING && k + 2 == h->n;
	if (in(h, h->v[k], "impl")) {
		unsigned target = find_word(h, k + 1, "for");

		k = target < h->n ? target + 1 : skip_group(h, k + 1);
		while (k < h->n && !is_word(h, h->v[k]))
			k++;				/* & and such */
		v->class_name = path_name(h, k, &end);
	} else if (in(h, h->v[k], "package") && (h->language->lex & LEX_PERL) != 0) {
		v->class_name = path_name(h, k + 1, &end);
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
tail_fits(const struct index_head *h, unsigned k)
{
	while (k < h->n) {
		if (is(h, h->v[k], ':') || index_head_pair(h, k, '-', '>') || in(h, h->v[k], rest_of_head))
			return true;			/* initialisers, a return type, exceptions */
		if (in(h, h->v[k], "throw noexcept __attribute__ alignas") ||
		    (is_word(h, h->v[k]) && is_macro(text(h, h->v[k]))))
			k = skip_group(h, k + 1);
		else if (in(h, h->v[k], after_arguments) || is(h, h->v[k], '&'))
			k++;
		else if (is(h, h->v[k], '['))
			k = skip_group(h, k);
		else
			return false;
	}
	return true;
}

/* "static int name(args) const {": no word says that it is a function, its shape does. */
bool
index_head_function_by_shape(const struct index_head *h, struct index_verdict *v)
{
	bool members = h->members;
	unsigned k = 0, name = h->n, words = 0, before = 0, after = 0;

	while (k < h->n) {
		unsigned open = k;

		if (is(h, h->v[k], '@') && k + 1 < h->n &&
		    !in(h, h->v[k + 1], "interface")) {	/* annotation */
			unsigned end = k + 1;

			(void)path_name(h, k + 1, &end);
			k = skip_group(h, end);
			continue;
		}
		if (is_word(h, h->v[k])) {
			unsigned generic = k + 1 < h->n && is(h, h->v[k + 1], '<') ?
			    skip_group(h, k + 1) : k + 1;

			if (in(h, h->v[k], "operator")) {
				name = k;
				before = words;
				while (++k < h->n && !is(h, h->v[k], '('))
					;
				if (k + 1 < h->n && is(h, h->v[k + 1], ')'))
					k += 2;			/* operator()() */
				after = k = skip_group(h, k);
				break;
			}
			if (generic < h->n && is(h, h->v[generic], '(') && !in(h, h->v[k], not_names)) {
				name = k;
				before = words;
				after = k = skip_group(h, generic);
				words++;
				continue;
			}
			words++;
			k = generic;
			continue;
		}
		if (is(h, h->v[k], ',')) {
			if (name == h->n)
				return false;
			break;
		}
		if (can(h, BRACE_OBJECTS) && is(h, h->v[k], '[')) {	/* [Symbol.iterator]() { */
			unsigned end = skip_group(h, k);

			if (end < h->n && is(h, h->v[end], '(') && end - k >= 3 &&
			    is_word(h, h->v[end - 2])) {
				name = end - 2;
				before = words;
				after = k = skip_group(h, end);
				continue;
			}
		}
		if (name < h->n && (is(h, h->v[k], ':') || index_head_pair(h, k, '-', '>')) &&
		    !index_head_pair(h, k, ':', ':') && !(k > 0 && index_head_pair(h, k - 1, ':', ':')))
			break;				/* what follows belongs to the initialisers or the type */
		k = skip_group(h, k);
		if (k == open)
			k++;
	}
	if (name == h->n || !tail_fits(h, after))
		return false;
	v->head = h->first;
	v->name = text(h, h->v[name]);
	v->class_name = h->class_name;
	if (sp_str_is(v->name, "operator") && after > name + 1) {
		size_t end = name + 1;

		while (end < h->n && !is(h, h->v[end], '('))
			end++;
		v->name.len = h->t->v[h->v[end - 1]].at + h->t->v[h->v[end - 1]].len - h->t->v[h->v[name]].at;
	}
	if (name > 0 && is(h, h->v[name - 1], '~')) {
		v->name.p = h->t->text.p + h->t->v[h->v[name - 1]].at;
		v->name.len = (size_t)(h->t->v[h->v[name]].at + h->t->v[h->v[name]].len - h->t->v[h->v[name - 1]].at);
		name--;
		after--;
	}
	if (name >= 3 && index_head_pair(h, name - 2, ':', ':')) {
		unsigned owner = name - 3, depth = 0;

		for (; owner > 0 && (depth > 0 || is(h, h->v[owner], '>')); owner--)	/* Name<T>:: */
			depth += is(h, h->v[owner], '>') ? 1 : is(h, h->v[owner], '<') && depth > 0 ?
			    -1 : 0;
		if (is_word(h, h->v[owner])) {
			v->class_name = text(h, h->v[owner]);
			before++;
		}
	}
	if (before == 0 && !(members && (can(h, BRACE_BARE) || sp_str_eq(v->name, h->class_name))) &&
	    !(can(h, BRACE_TYPE_FIRST) && name == 0 &&
	    h->t->v[h->v[0]].first && (h->t->v[h->v[0]].indent == 0 || members)))
		return false;
	if (before == 0 && can(h, BRACE_TYPE_FIRST) && is_macro(v->name) && name + 2 < h->n &&
	    is_word(h, h->v[name + 2]))
		v->name = text(h, h->v[name + 2]);	/* TEST(name) { */
	v->meaning = IS_FUNCTION;
	return true;
}

void
index_head_read(struct index_head *h, size_t from, size_t to)
{
	h->n = 0;
	if (to - from > (size_t)INDEX_MAX_HEAD * 4)
		to = from + (size_t)INDEX_MAX_HEAD * 4;		/* nothing honest is longer */
	for (size_t i = from; i < to && h->n < INDEX_MAX_HEAD; i++)
		if (h->t->v[i].kind != TOKEN_COMMENT && h->t->v[i].kind != TOKEN_DIRECTIVE)
			h->v[h->n++] = i;
	h->first = h->n > 0 ? h->v[0] : from;
	if (h->n > 1 && can(h, BRACE_TYPE_FIRST) && in(h, h->v[0], "template")) {
		unsigned end = skip_group(h, 1);

		memmove(h->v, h->v + end, (h->n - end) * sizeof(h->v[0]));
		h->n -= end;
	}
}

struct index_verdict
index_head_judge(const struct index_head *h)
{
	struct index_verdict v = { .meaning = IS_OTHER, .head = h->first, .class_name = h->class_name };
	bool assigned;

	if (h->n == 0) {
		v.meaning = h->language->function_words != NULL ? IS_SCOPE : IS_OTHER;
		return v;
	}
	if (can(h, BRACE_NAME_FIRST) && in(h, h->v[h->n - 1], "interface struct") &&
	    (find_word(h, 0, "func") < h->n || h->in_parens)) {
		v.meaning = IS_TYPE;			/* func f() interface{} { */
		return v;
	}
	assigned = index_head_assign(h) < h->n;
	if (index_head_function_by_word(h, &v) ||
	    (can(h, BRACE_TYPE_FIRST) && !assigned && index_head_function_by_shape(h, &v)) ||
	    index_head_type(h, &v) || scope_by_word(h, &v))
		return v;
	v = (struct index_verdict){ .meaning = IS_OTHER, .head = h->first, .class_name = h->class_name };
	if (can(h, BRACE_OBJECTS) && index_head_pair(h, h->n - 2, '=', '>')) {
		v.name = assigned_name(h, h->n - 2, &v.class_name);
		v.meaning = v.name.len > 0 ? IS_FUNCTION : IS_SCOPE;
		return v;
	}
	if (can(h, BRACE_SHAPE) && !assigned && index_head_function_by_shape(h, &v))
		return v;
	if (h->language->function_words != NULL) {
		size_t last = h->v[h->n - 1];

		v.meaning = IS_SCOPE;
		v.members = can(h, BRACE_OBJECTS) && (in(h, last, "return default") ||
		    (h->t->v[last].kind == TOKEN_PUNCT && !is(h, last, ')')));
	}
	return v;
}
