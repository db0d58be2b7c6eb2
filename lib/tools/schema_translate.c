/*
 * schema_translate.c - patterns from ECMA-262 to PCRE2
 *
 * The grammar is that of ECMA-262 with the "u" flag (JSON Schema 2020-12,
 * section 6.4), read completely, so that nothing reaches PCRE2 that only Perl
 * knows: inline options, possessive quantifiers, verbs, \A, [:alpha:].
 * Literals are written as code points, so none is ever taken for syntax.
 *
 * Three leniencies, because schemas in the wild need them and no meaning is
 * lost: any punctuation may be escaped, a brace or bracket that opens nothing
 * stands for itself, and so does a '-' beside a class such as \w.  Others do not
 * have them: what they are given is the pattern written so that it needs none.
 */
#include "tools/schema_private.h"

#define MAX_NESTING 100		/* groups within groups; the parser recurses */
#define MAX_GROUPS 1000
#define LAST_CODE_POINT 0x10ffff

/* White space and line terminators (ECMA-262 section 12.2, 12.3), and all else. */
#define SPACES	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}" \
		"\\x{205f}\\x{3000}\\x{feff}"
#define OTHERS	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
		"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}" \
		"\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

struct group_name {
	struct sp_str name;
	unsigned number;
};

struct translation {
	struct sp_str rest;
	struct sp_buf *out;
	struct sp_buf *strict;		/* the source without leniencies; or NULL */
	const char *copied;		/* the source that is in it ends here */
	const char *why;
	struct group_name *name;	/* of the capturing groups that have one */
	size_t name_count;
	unsigned group_count, nesting;
};

static bool alternatives(struct translation *t);

static bool
fault(struct translation *t, const char *why)
{
	if (t->why == NULL)
		t->why = why;
	return false;
}

static int
peek(const struct translation *t, size_t ahead)
{
	return ahead < t->rest.len ? (unsigned char)t->rest.p[ahead] : -1;
}

static void
advance(struct translation *t, size_t n)
{
	t->rest = sp_str_sub(t->rest, n, t->rest.len);
}

static bool
accept(struct translation *t, const char *text)
{
	if (!sp_str_starts(t->rest, text))
		return false;
	advance(t, strlen(text));
	return true;
}

/* A leniency: strict has this text in the place of `skip` bytes of the source. */
static void
mend(struct translation *t, const char *at, size_t skip, const char *text)
{
	if (t->strict == NULL)
		return;
	sp_buf_add(t->strict, t->copied, (size_t)(at - t->copied));
	sp_buf_cstr(t->strict, text);
	t->copied = at + skip;
}

static void
emit(struct translation *t, const char *text)
{
	sp_buf_cstr(t->out, text);
}

static void
emit_literal(struct translation *t, uint32_t code_point)
{
	if (code_point < 0x80 && sp_is_alnum((unsigned char)code_point))
		sp_buf_char(t->out, (char)code_point);
	else
		sp_buf_printf(t->out, "\\x{%x}", code_point);
}

/* ---- escapes ---- */

static bool
hex_digits(struct translation *t, size_t count, uint32_t *out)
{
	uint32_t n = 0;

	for (size_t i = 0; i < count; i++) {
		int c = peek(t, i);

		if (c < 0 || !sp_is_hex((unsigned char)c))
			return fault(t, "an escape lacks hexadecimal digits");
		n = n * 16 + (uint32_t)(sp_is_digit((unsigned char)c) ? c - '0' : sp_lower((unsigned char)c) - 'a' + 10);
	}
	advance(t, count);
	*out = n;
	return true;
}

static bool
braced_code_point(struct translation *t, uint32_t *out)
{
	uint32_t n = 0, digit;

	if (peek(t, 0) == '}')
		return fault(t, "an escape lacks hexadecimal digits");
	while (!accept(t, "}")) {
		if (!hex_digits(t, 1, &digit))
			return false;
		n = n * 16 + digit;
		if (n > LAST_CODE_POINT)
			return fault(t, "an escape names no code point");
	}
	*out = n;
	return true;
}

/* Behind "\u": four digits, a surrogate pair of two escapes, or braces. */
static bool
unicode_escape(struct translation *t, uint32_t *out)
{
	uint32_t high, low;

	if (accept(t, "{"))
		return braced_code_point(t, out);
	if (!hex_digits(t, 4, &high))
		return false;
	if (high >= 0xd800 && high <= 0xdbff && accept(t, "\\u")) {
		if (!hex_digits(t, 4, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fault(t, "an escape is half of a surrogate pair");
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = high;
	return true;
}

/* An escape that stands for one character, behind the backslash. */
static bool
character_escape(struct translation *t, bool in_class, uint32_t *out)
{
	static const char from[] = "tnvfr", to[] = "\t\n\v\f\r";
	int c = peek(t, 0), next = peek(t, 1);
	const char *control;

	if (c < 0)
		return fault(t, "a backslash ends the pattern");
	if (c == '0' && (next < 0 || !sp_is_digit((unsigned char)next))) {
		*out = 0;
	} else if (c != '\0' && (control = strchr(from, c)) != NULL) {
		*out = (unsigned char)to[control - from];
	} else if (c == 'b' && in_class) {
		*out = '\b';
	} else if (c == 'c' && next >= 0 && sp_is_alpha((unsigned char)next)) {
		advance(t, 1);
		*out = (uint32_t)next & 31;
	} else if (c == 'x') {
		advance(t, 1);
		return hex_digits(t, 2, out);
	} else if (c == 'u') {
		advance(t, 1);
		return unicode_escape(t, out);
	} else if (c < 0x80 && !sp_is_alnum((unsigned char)c)) {
		if (c == '\0' || (strchr("^$\\.*+?()[]{}|/", c) == NULL && !(c == '-' && in_class)))
			mend(t, t->rest.p - 1, 1, "");
		*out = (uint32_t)c;
	} else {
		return fault(t, "an escape is not one of ECMA-262");
	}
	advance(t, 1);
	return true;
}

/*
 * PropertyValueAliases of General_Category: PCRE2 knows the short names only.
 * Scripts and binary properties have the same names in both.
 */
static const struct {
	const char *ecma, *pcre2;
} categories[] = {
	{ "Any", "Any" }, { "Cased_Letter", "L&" }, { "LC", "L&" }, { "Close_Punctuation", "Pe" },
	{ "Combining_Mark", "M" }, { "Connector_Punctuation", "Pc" }, { "Control", "Cc" },
	{ "Currency_Symbol", "Sc" }, { "Dash_Punctuation", "Pd" }, { "Decimal_Number", "Nd" },
	{ "Enclosing_Mark", "Me" }, { "Final_Punctuation", "Pf" }, { "Format", "Cf" },
	{ "Initial_Punctuation", "Pi" }, { "Letter", "L" }, { "Letter_Number", "Nl" },
	{ "Line_Separator", "Zl" }, { "Lowercase_Letter", "Ll" }, { "Mark", "M" },
	{ "Math_Symbol", "Sm" }, { "Modifier_Letter", "Lm" }, { "Modifier_Symbol", "Sk" },
	{ "Nonspacing_Mark", "Mn" }, { "Number", "N" }, { "Open_Punctuation", "Ps" }, { "Other", "C" },
	{ "Other_Letter", "Lo" }, { "Other_Number", "No" }, { "Other_Punctuation", "Po" },
	{ "Other_Symbol", "So" }, { "Paragraph_Separator", "Zp" }, { "Private_Use", "Co" },
	{ "Punctuation", "P" }, { "Separator", "Z" }, { "Space_Separator", "Zs" },
	{ "Spacing_Mark", "Mc" }, { "Surrogate", "Cs" }, { "Symbol", "S" },
	{ "Titlecase_Letter", "Lt" }, { "Unassigned", "Cn" }, { "Uppercase_Letter", "Lu" },
	{ "cntrl", "Cc" }, { "digit", "Nd" }, { "punct", "P" },
};

/* Behind "\p" or "\P": braces around a name, or a name, '=' and a value. */
static bool
property(struct translation *t, char kind)
{
	ptrdiff_t end = sp_str_index(t->rest, '}'), equals;
	struct sp_str text, name;

	if (peek(t, 0) != '{' || end < 2)
		return fault(t, "\\p needs the name of a property in braces");
	text = sp_str_sub(t->rest, 1, (size_t)end);
	advance(t, (size_t)end + 1);
	for (size_t i = 0; i < text.len; i++)
		if (!sp_is_alnum((unsigned char)text.p[i]) && text.p[i] != '_' && text.p[i] != '=')
			return fault(t, "\\p needs the name of a property in braces");
	equals = sp_str_index(text, '=');
	name = sp_str_sub(text, 0, equals < 0 ? 0 : (size_t)equals);
	text = sp_str_sub(text, (size_t)(equals + 1), text.len);
	if (sp_str_is(name, "Script") || sp_str_is(name, "sc"))
		emit(t, kind == 'p' ? "\\p{sc:" : "\\P{sc:");
	else if (sp_str_is(name, "Script_Extensions") || sp_str_is(name, "scx"))
		emit(t, kind == 'p' ? "\\p{scx:" : "\\P{scx:");
	else if (equals < 0 || sp_str_is(name, "General_Category") || sp_str_is(name, "gc"))
		emit(t, kind == 'p' ? "\\p{" : "\\P{");
	else
		return fault(t, "\\p names a property that is not known");
	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (sp_str_is(text, categories[i].ecma))
			text = sp_str(categories[i].pcre2);
	sp_buf_str(t->out, text);
	emit(t, "}");
	return true;
}

/* \d \w \s \p and their opposites, behind the backslash.  False with no `why`: something else. */
static bool
class_escape(struct translation *t, bool in_class)
{
	int c = peek(t, 0);

	switch (c) {
	case 'd':
		emit(t, "\\d");		/* without PCRE2_UCP these four are ASCII, as they should be */
		break;
	case 'D':
		emit(t, "\\D");
		break;
	case 'w':
		emit(t, "\\w");
		break;
	case 'W':
		emit(t, "\\W");
		break;
	case 's':
		emit(t, in_class ? SPACES : "[" SPACES "]");
		break;
	case 'S':
		emit(t, in_class ? OTHERS : "[" OTHERS "]");
		break;
	case 'p':
	case 'P':
		advance(t, 1);
		return property(t, (char)c);
	default:
		return false;
	}
	advance(t, 1);
	return true;
}

/* ---- atoms ---- */

/* One code point of well-formed UTF-8. */
static bool
source_character(struct translation *t, uint32_t *out)
{
	unsigned char c = (unsigned char)t->rest.p[0];
	size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	uint32_t n = more == 0 ? c : c & (0x3fu >> more);

	for (size_t i = 1; i <= more; i++)
		n = n << 6 | (uint32_t)(peek(t, i) & 0x3f);
	advance(t, more + 1);
	*out = n;
	return true;
}

static bool
not_surrogate(struct translation *t, uint32_t code_point)
{
	if (code_point >= 0xd800 && code_point <= 0xdfff)
		return fault(t, "an escape is half of a surrogate pair");
	return true;
}

/* One end of a range, or a class escape, which is written out at once and has *set true. */
static bool
class_atom(struct translation *t, bool *set, uint32_t *out)
{
	*set = false;
	if (!accept(t, "\\"))
		return source_character(t, out);
	if (class_escape(t, true)) {
		*set = true;
		return true;
	}
	return t->why == NULL && character_escape(t, true, out) && not_surrogate(t, *out);
}

/* Behind "[". */
static bool
character_class(struct translation *t)
{
	uint32_t from, to;
	bool set;

	emit(t, accept(t, "^") ? "[^" : "[");
	while (!accept(t, "]")) {
		if (t->rest.len == 0)
			return fault(t, "a character class is not closed");
		if (!class_atom(t, &set, &from))
			return false;
		if (set) {
			if (peek(t, 0) == '-' && peek(t, 1) != ']')
				mend(t, t->rest.p, 0, "\\");
			continue;
		}
		emit_literal(t, from);
		if (peek(t, 0) != '-' || peek(t, 1) == ']' || peek(t, 1) < 0)
			continue;
		advance(t, 1);
		if (peek(t, 0) == '\\' && peek(t, 1) >= 0 && strchr("dDwWsSpP", peek(t, 1)) != NULL &&
		    peek(t, 1) != '\0') {
			mend(t, t->rest.p - 1, 0, "\\");
			emit_literal(t, '-');		/* "a-\w": no range */
			continue;
		}
		if (!class_atom(t, &set, &to))
			return false;
		if (to < from)
			return fault(t, "a range in a character class runs backwards");
		emit(t, "-");
		emit_literal(t, to);
	}
	emit(t, "]");
	return true;
}

/* Reads "name>" of (?<name>...) and \k<name>. */
static bool
group_name(struct translation *t, struct sp_str *name)
{
	ptrdiff_t end = sp_str_index(t->rest, '>');

	if (end < 1 || sp_is_digit((unsigned char)t->rest.p[0]))
		return fault(t, "a group has no proper name");
	*name = sp_str_sub(t->rest, 0, (size_t)end);
	for (size_t i = 0; i < name->len; i++) {
		unsigned char c = (unsigned char)name->p[i];

		if (c < 0x80 && !sp_is_alnum(c) && c != '_' && c != '$')
			return fault(t, "a group has no proper name");
	}
	advance(t, (size_t)end + 1);
	return true;
}

static bool
named_reference(struct translation *t)
{
	struct sp_str name;

	if (!accept(t, "<") || !group_name(t, &name))
		return fault(t, "\\k needs the name of a group");
	for (size_t i = 0; i < t->name_count; i++)
		if (sp_str_eq(t->name[i].name, name)) {
			sp_buf_printf(t->out, "\\g{%u}", t->name[i].number);
			return true;
		}
	return fault(t, "\\k names a group that is not there");
}

static bool
numbered_reference(struct translation *t)
{
	unsigned n = 0;

	while (peek(t, 0) >= 0 && sp_is_digit((unsigned char)peek(t, 0)) && n <= MAX_GROUPS) {
		n = n * 10 + (unsigned)(peek(t, 0) - '0');
		advance(t, 1);
	}
	if (n > t->group_count)
		return fault(t, "a backreference leads to a group that is not there");
	sp_buf_printf(t->out, "\\g{%u}", n);
	return true;
}

/* Behind a backslash outside of classes; \b and \B have been dealt with. */
static bool
atom_escape(struct translation *t)
{
	uint32_t code_point;
	int c = peek(t, 0);

	if (class_escape(t, false))
		return true;
	if (t->why != NULL)
		return false;
	if (c >= '1' && c <= '9')
		return numbered_reference(t);
	if (accept(t, "k"))
		return named_reference(t);
	if (!character_escape(t, false, &code_point) || !not_surrogate(t, code_point))
		return false;
	emit_literal(t, code_point);
	return true;
}

/* Behind "(". *assertion: what must not be repeated. */
static bool
group(struct translation *t, bool *assertion)
{
	static const char *const openings[] = { "?:", "?=", "?!", "?<=", "?<!" };
	struct sp_str name;
	const char *open = "";

	*assertion = false;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
		if (accept(t, openings[i])) {
			open = openings[i];
			*assertion = i > 0;
			break;
		}
	if (*open == '\0') {
		if (accept(t, "?<")) {
			if (!group_name(t, &name))
				return false;
		} else if (peek(t, 0) == '?') {
			return fault(t, "a group opens with an option that ECMA-262 does not have");
		}
	}
	sp_buf_printf(t->out, "(%s", open);
	if (++t->nesting > MAX_NESTING)
		return fault(t, "groups are nested too deeply");
	if (!alternatives(t))
		return false;
	t->nesting--;
	if (!accept(t, ")"))
		return fault(t, "a group is not closed");
	emit(t, ")");
	return true;
}

/* ---- terms ---- */

/* "{n}", "{n,}" or "{n,m}": its length, or 0. */
static size_t
braces(const struct translation *t)
{
	size_t i = 1, digits;

	for (digits = 0; peek(t, i) >= '0' && peek(t, i) <= '9'; i++)
		digits++;
	if (peek(t, 0) != '{' || digits == 0)
		return 0;
	if (peek(t, i) == ',')
		for (i++; peek(t, i) >= '0' && peek(t, i) <= '9'; i++)
			;
	return peek(t, i) == '}' ? i + 1 : 0;
}

static bool
quantifier(struct translation *t, bool repeatable)
{
	size_t len = braces(t);

	if (len == 0 && peek(t, 0) >= 0 && strchr("*+?", peek(t, 0)) != NULL && peek(t, 0) != '\0')
		len = 1;
	if (len == 0)
		return true;
	if (!repeatable)
		return fault(t, "a quantifier has nothing to repeat");
	sp_buf_str(t->out, sp_str_sub(t->rest, 0, len));
	advance(t, len);
	if (accept(t, "?"))
		emit(t, "?");
	return true;
}

static bool
term(struct translation *t)
{
	bool repeatable = true, assertion;
	uint32_t code_point;

	if (accept(t, "^")) {
		emit(t, "^");
		repeatable = false;
	} else if (accept(t, "$")) {
		emit(t, "$");
		repeatable = false;
	} else if (accept(t, "\\b")) {
		emit(t, "\\b");
		repeatable = false;
	} else if (accept(t, "\\B")) {
		emit(t, "\\B");
		repeatable = false;
	} else if (accept(t, ".")) {
		emit(t, "[^\\n\\r\\x{2028}\\x{2029}]");
	} else if (accept(t, "(")) {
		if (!group(t, &assertion))
			return false;
		repeatable = !assertion;
	} else if (accept(t, "[")) {
		if (!character_class(t))
			return false;
	} else if (accept(t, "\\")) {
		if (!atom_escape(t))
			return false;
	} else if (strchr("*+?", peek(t, 0)) != NULL && peek(t, 0) != '\0') {
		return fault(t, "a quantifier has nothing to repeat");
	} else if (braces(t) > 0) {
		return fault(t, "a quantifier has nothing to repeat");
	} else {
		if (strchr("{}]", peek(t, 0)) != NULL && peek(t, 0) != '\0')
			mend(t, t->rest.p, 0, "\\");
		if (!source_character(t, &code_point))
			return false;
		emit_literal(t, code_point);
	}
	return quantifier(t, repeatable);
}

static bool
alternatives(struct translation *t)
{
	while (t->rest.len > 0 && peek(t, 0) != ')') {
		if (accept(t, "|"))
			emit(t, "|");
		else if (!term(t))
			return false;
	}
	return true;
}

/*
 * Counts the capturing groups and notes their names first, because a reference
 * may stand before its group.
 */
static bool
find_groups(struct translation *t)
{
	struct sp_str all = t->rest;
	bool in_class = false;

	for (; t->rest.len > 0; advance(t, 1)) {
		int c = peek(t, 0);

		if (c == '\\')
			advance(t, 1);
		else if (c == '[')
			in_class = true;
		else if (c == ']')
			in_class = false;
		if (c != '(' || in_class)
			continue;
		if (peek(t, 1) == '?' && (peek(t, 2) != '<' || peek(t, 3) == '=' || peek(t, 3) == '!'))
			continue;
		if (++t->group_count > MAX_GROUPS)
			return fault(t, "there are too many groups");
		if (peek(t, 1) == '?') {
			struct group_name *g = &t->name[t->name_count];

			advance(t, 3);
			if (!group_name(t, &g->name))
				return false;
			for (size_t i = 0; i < t->name_count; i++)
				if (sp_str_eq(t->name[i].name, g->name))
					return fault(t, "two groups have the same name");
			g->number = t->group_count;
			t->name_count++;
			t->rest = (struct sp_str){ t->rest.p - 1, t->rest.len + 1 };	/* the loop steps over '>' */
		}
	}
	t->rest = all;
	return true;
}

static bool
translate(struct translation *t, const char **why)
{
	struct sp_str ecma = t->rest;
	size_t names = 0;

	for (size_t i = 0; i + 3 <= ecma.len; i++)
		names += memcmp(ecma.p + i, "(?<", 3) == 0;
	if (names > 0)
		t->name = sp_alloc_array(t->out->mem, names, sizeof(*t->name));
	if (!sp_utf8_valid(ecma)) {
		(void)fault(t, "the pattern is not UTF-8");
	} else if (find_groups(t) && alternatives(t)) {
		if (t->rest.len > 0)
			(void)fault(t, "a group is closed that was not opened");
		else if (!sp_buf_ok(t->out))
			(void)fault(t, "the pattern is too long");
	}
	if (t->why != NULL)
		*why = t->why;
	return t->why == NULL;
}

bool
sp_schema_pattern_translate(struct sp_buf *out, struct sp_str ecma, const char **why)
{
	return translate(&(struct translation){ .rest = ecma, .out = out }, why);
}

struct sp_str
sp_schema_pattern_strict(struct sp_arena *mem, struct sp_str ecma)
{
	struct translation t = { .rest = ecma, .copied = ecma.p };
	struct sp_buf out, strict;
	const char *why;

	sp_buf_init(&out, mem, SP_SCHEMA_PATTERN_TRANSLATED);
	sp_buf_init(&strict, mem, SP_SCHEMA_PATTERN_TRANSLATED);
	t.out = &out;
	t.strict = &strict;
	if (!translate(&t, &why) || (t.copied == ecma.p && strict.len == 0))
		return ecma;
	sp_buf_add(&strict, t.copied, (size_t)(ecma.p + ecma.len - t.copied));
	return sp_buf_ok(&strict) ? sp_buf_view(&strict) : ecma;
}
