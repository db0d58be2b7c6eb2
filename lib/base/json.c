/*
 * json.c - JSON in: a strict parser that builds json-c's tree
 *
 * One pass, no recursion.  json-c's own parser is not used: even in its strict
 * mode it takes repeated and single-quoted names and \u0000 (version 0.16), and
 * a check beside it would be a second parser that has to agree with the first.
 */
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include "base/json.h"

/* What the pieces of a tree take on a 64-bit machine, malloc's share included. */
#define OBJECT_COST	800	/* with its hash table of 16 entries */
#define ARRAY_COST	160
#define VALUE_COST	80	/* a scalar, and its place in an array */
#define MEMBER_COST	160	/* a name, and its share of a hash table that doubles */

struct parser {
	const char *p, *end;
	const char *why;		/* set once something is wrong */
	size_t cost, max_cost;
	struct sp_buf name;		/* of the member whose value comes next */
	struct sp_buf text;		/* scratch: a string without its escapes, or a number */
	struct json_object *root;
	struct json_object *open[SP_JSON_MAX_DEPTH];
	size_t depth;
};

static locale_t c_locale;

static void
make_c_locale(void)
{
	if ((c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)) == (locale_t)0)
		sp_out_of_memory();
}

static bool
wrong(struct parser *ps, const char *why)
{
	ps->why = why;
	return false;
}

static void
skip_space(struct parser *ps)
{
	while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r'))
		ps->p++;
}

/* Takes c if it comes next. */
static bool
take(struct parser *ps, char c)
{
	if (ps->p == ps->end || *ps->p != c)
		return false;
	ps->p++;
	return true;
}

static bool
unexpected(struct parser *ps)
{
	return wrong(ps, ps->p == ps->end ? "unexpected end" : "unexpected character");
}

/* ---- strings ---- */

static bool
four_hex(struct parser *ps, uint32_t *unit)
{
	uint32_t n = 0;

	if (ps->end - ps->p < 4)
		return wrong(ps, "broken escape");
	for (int i = 0; i < 4; i++) {
		unsigned char c = sp_lower((unsigned char)*ps->p++);

		if (!sp_is_hex(c))
			return wrong(ps, "broken escape");
		n = n << 4 | (uint32_t)(sp_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*unit = n;
	return true;
}

static void
add_utf8(struct sp_buf *b, uint32_t c)
{
	if (c < 0x80) {
		sp_buf_char(b, (char)c);
	} else if (c < 0x800) {
		sp_buf_char(b, (char)(0xc0 | c >> 6));
		sp_buf_char(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		sp_buf_char(b, (char)(0xe0 | c >> 12));
		sp_buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		sp_buf_char(b, (char)(0x80 | (c & 0x3f)));
	} else {
		sp_buf_char(b, (char)(0xf0 | c >> 18));
		sp_buf_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		sp_buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		sp_buf_char(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* Behind "\u": RFC 8259 section 7. */
static bool
unicode_escape(struct parser *ps, struct sp_buf *b)
{
	uint32_t c, low;

	if (!four_hex(ps, &c))
		return false;
	if (c == 0)
		return wrong(ps, "NUL in a string");	/* C and PostgreSQL's text end there */
	if (c >= 0xdc00 && c <= 0xdfff)
		return wrong(ps, "lone surrogate");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!take(ps, '\\') || !take(ps, 'u'))
			return wrong(ps, "lone surrogate");
		if (!four_hex(ps, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(ps, "lone surrogate");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	add_utf8(b, c);
	return true;
}

/* Behind a backslash. */
static bool
escape(struct parser *ps, struct sp_buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (take(ps, 'u'))
		return unicode_escape(ps, b);
	if (ps->p == ps->end || (at = memchr(from, *ps->p, sizeof(from) - 1)) == NULL)
		return wrong(ps, "broken escape");
	ps->p++;
	sp_buf_char(b, to[at - from]);
	return true;
}

/* *out lies in the input when nothing was escaped, else in ps->text. */
static bool
read_string(struct parser *ps, struct sp_str *out)
{
	sp_buf_clear(&ps->text);
	if (!take(ps, '"'))
		return unexpected(ps);
	for (;;) {
		const char *start = ps->p;
		struct sp_str run;

		while (ps->p < ps->end && *ps->p != '"' && *ps->p != '\\' && (unsigned char)*ps->p >= 0x20)
			ps->p++;
		run = (struct sp_str){ start, (size_t)(ps->p - start) };
		if (take(ps, '"')) {
			if (ps->text.len > 0) {
				sp_buf_str(&ps->text, run);
				run = sp_buf_view(&ps->text);
			}
			*out = run;
			return true;
		}
		if (ps->p == ps->end)
			return wrong(ps, "unexpected end");
		if (!take(ps, '\\'))
			return wrong(ps, "control character in a string");
		sp_buf_str(&ps->text, run);
		if (!escape(ps, &ps->text))
			return false;
	}
}

/* ---- the tree ---- */

static struct json_object *
must(struct json_object *value)
{
	if (value == NULL)
		sp_out_of_memory();
	return value;
}

/* Hands a new value to the innermost open container; NULL is JSON's null. */
static bool
attach(struct parser *ps, struct json_object *value, size_t cost)
{
	struct json_object *parent;
	int before;

	if (ps->depth == 0) {
		ps->root = value;
	} else if (json_object_is_type(parent = ps->open[ps->depth - 1], json_type_array)) {
		if (json_object_array_add(parent, value) != 0)
			sp_out_of_memory();
	} else {
		cost += MEMBER_COST + ps->name.len;
		before = json_object_object_length(parent);
		if (json_object_object_add(parent, sp_buf_view(&ps->name).p, value) != 0)
			sp_out_of_memory();
		/* json-c replaces silently; two readers of one message must not see different values */
		if (json_object_object_length(parent) == before)
			return wrong(ps, "repeated name");
	}
	ps->cost += cost;
	return ps->cost <= ps->max_cost || wrong(ps, "too many values");
}

/* ---- scalars ---- */

static bool
take_digits(struct parser *ps)
{
	const char *start = ps->p;

	while (ps->p < ps->end && sp_is_digit((unsigned char)*ps->p))
		ps->p++;
	return ps->p > start;
}

static bool
to_uint64(struct sp_str digits, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.len; i++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digits.p[i] - '0', &n))
			return false;
	*out = n;
	return true;
}

static bool
read_number(struct parser *ps)
{
	const char *start = ps->p;
	bool negative = take(ps, '-'), integer = true;
	struct sp_str token;
	uint64_t large;
	int64_t small;
	double d;

	if (!take(ps, '0') && !take_digits(ps))
		return wrong(ps, "broken number");
	if (take(ps, '.')) {
		integer = false;
		if (!take_digits(ps))
			return wrong(ps, "broken number");
	}
	if (take(ps, 'e') || take(ps, 'E')) {
		integer = false;
		if (!take(ps, '-'))
			(void)take(ps, '+');
		if (!take_digits(ps))
			return wrong(ps, "broken number");
	}
	token = (struct sp_str){ start, (size_t)(ps->p - start) };
	if (integer && sp_str_int64(token, INT64_MIN, INT64_MAX, &small))
		return attach(ps, must(json_object_new_int64(small)), VALUE_COST);
	if (integer && !negative && to_uint64(token, &large))
		return attach(ps, must(json_object_new_uint64(large)), VALUE_COST);
	sp_buf_clear(&ps->text);
	sp_buf_str(&ps->text, token);
	d = strtod_l(ps->text.p, NULL, c_locale);
	if (!isfinite(d))
		return wrong(ps, "number too large");
	return attach(ps, must(json_object_new_double_s(d, ps->text.p)), VALUE_COST + token.len);
}

static bool
take_word(struct parser *ps, const char *word)
{
	struct sp_str rest = { ps->p, (size_t)(ps->end - ps->p) };

	if (!sp_str_starts(rest, word))
		return unexpected(ps);
	ps->p += strlen(word);
	return true;
}

static bool
read_scalar(struct parser *ps)
{
	struct sp_str text;

	if (ps->p == ps->end)
		return unexpected(ps);
	switch (*ps->p) {
	case '"':
		return read_string(ps, &text) &&	/* within the input, whose length fits an int */
		    attach(ps, must(json_object_new_string_len(text.p, (int)text.len)), VALUE_COST + text.len);
	case 't':
		return take_word(ps, "true") && attach(ps, must(json_object_new_boolean(1)), VALUE_COST);
	case 'f':
		return take_word(ps, "false") && attach(ps, must(json_object_new_boolean(0)), VALUE_COST);
	case 'n':
		return take_word(ps, "null") && attach(ps, NULL, VALUE_COST);
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return read_number(ps);
	default:
		return unexpected(ps);
	}
}

/* ---- containers ---- */

static bool
open_container(struct parser *ps, struct json_object *container, size_t cost)
{
	if (ps->depth == SP_JSON_MAX_DEPTH) {
		json_object_put(container);
		return wrong(ps, "too deep");
	}
	if (!attach(ps, container, cost))
		return false;
	ps->open[ps->depth++] = container;
	return true;
}

static bool
in_object(const struct parser *ps)
{
	return json_object_is_type(ps->open[ps->depth - 1], json_type_object);
}

static bool
read_name(struct parser *ps)
{
	struct sp_str name;

	skip_space(ps);
	if (!read_string(ps, &name))
		return false;
	sp_buf_clear(&ps->name);
	sp_buf_str(&ps->name, name);
	skip_space(ps);
	return take(ps, ':') || unexpected(ps);
}

/*
 * Goes on behind a value: closes what ends here, and stops in front of the next
 * value (*more) or at the end of the outermost one.
 */
static bool
behind_value(struct parser *ps, bool *more)
{
	while (ps->depth > 0) {
		skip_space(ps);
		if (take(ps, ',')) {
			*more = true;
			return !in_object(ps) || read_name(ps);
		}
		if (!take(ps, in_object(ps) ? '}' : ']'))
			return unexpected(ps);
		ps->depth--;
	}
	*more = false;
	return true;
}

static bool
read_text(struct parser *ps)
{
	bool more = true;

	while (more) {
		skip_space(ps);
		if (take(ps, '{')) {
			if (!open_container(ps, must(json_object_new_object()), OBJECT_COST))
				return false;
			skip_space(ps);
			if (ps->p == ps->end || *ps->p != '}') {
				if (!read_name(ps))
					return false;
				continue;
			}
		} else if (take(ps, '[')) {
			if (!open_container(ps, must(json_object_new_array_ext(4)), ARRAY_COST))
				return false;
			skip_space(ps);
			if (ps->p == ps->end || *ps->p != ']')
				continue;
		} else if (!read_scalar(ps)) {
			return false;
		}
		if (!behind_value(ps, &more))
			return false;
	}
	skip_space(ps);
	return ps->p == ps->end || wrong(ps, "trailing bytes");
}

static void
put(void *root)
{
	json_object_put(root);
}

static bool
parse(struct sp_arena *mem, struct sp_str in, size_t max_cost, struct json_object **out, const char **why, size_t *at)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct parser ps = { .p = in.p, .max_cost = max_cost };
	bool ok;

	pthread_once(&once, make_c_locale);
	if (in.len == 0)
		ok = wrong(&ps, "empty");
	else if (in.len > INT_MAX)
		ok = wrong(&ps, "too long");	/* json-c's lengths are int */
	else if (sp_str_starts(in, "\xef\xbb\xbf"))
		ok = wrong(&ps, "byte order mark");
	else if (!sp_utf8_valid(in))
		ok = wrong(&ps, "not UTF-8");
	else {
		ps.end = in.p + in.len;
		sp_buf_init(&ps.name, mem, in.len);
		sp_buf_init(&ps.text, mem, in.len);
		ok = read_text(&ps);
	}
	if (!ok) {
		json_object_put(ps.root);
		*why = ps.why;
		*at = ps.p != NULL ? (size_t)(ps.p - in.p) : 0;
		return false;
	}
	if (ps.root != NULL)
		sp_arena_defer(mem, put, ps.root);
	*out = ps.root;
	return true;
}

struct json_object *
sp_json_new(struct sp_arena *mem)
{
	struct json_object *obj = json_object_new_object();

	if (obj == NULL)
		sp_out_of_memory();
	sp_arena_defer(mem, put, obj);
	return obj;
}

void
sp_json_set_str(struct json_object *obj, const char *name, struct sp_str s)
{
	/* lengths of texts that came through the parser fit json-c's int */
	struct json_object *text = s.len <= INT_MAX ? json_object_new_string_len(s.p, (int)s.len) : NULL;

	if (text == NULL || json_object_object_add(obj, name, text) != 0)
		sp_out_of_memory();
}

bool
sp_json_parse(struct sp_arena *mem, struct sp_str in, struct json_object **out, const char **why)
{
	size_t at;

	return parse(mem, in, SP_JSON_MAX_TREE, out, why, &at);
}

bool
sp_json_parse_large(struct sp_arena *mem, struct sp_str in, struct json_object **out, const char **why)
{
	size_t at;

	return parse(mem, in, SIZE_MAX, out, why, &at);
}

bool
sp_json_parse_file(struct sp_arena *mem, struct sp_str in, struct json_object **out, const char **why, size_t *at)
{
	return parse(mem, in, SIZE_MAX, out, why, at);
}
