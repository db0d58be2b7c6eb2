/*
 * statement_text.c - the text of a SQL statement with named parameters
 *
 * The tokens are those of PostgreSQL's scan.l.  Two of its ways are easily
 * missed: a string goes on behind a line break ('a' NEWLINE 'b'), which matters for
 * E'...', where a backslash then still escapes; and "--" or a slash with a star
 * ends an operator.
 */
#include "tools/statement_text.h"

#include "base/buf.h"

#define NESTING_MAX 256			/* open brackets */

enum kind {
	END,
	WORD,				/* a keyword, or an identifier without quotes */
	QUOTED,				/* an identifier with them */
	STRING,
	NUMBER,
	OPERATOR,
	MARK,				/* one of ( ) [ ] , ; . */
	CAST,				/* :: */
	ASSIGN,				/* := */
	COLON,				/* of a slice */
	PARAMETER,			/* text is the name alone */
};

struct token {
	enum kind kind;
	struct sp_str text;
	size_t begin, end;		/* in the source */
};

struct reader {
	struct sp_arena *mem;
	struct sp_str sql;
	size_t at;
	struct token before[2];		/* the last two; [0] is the nearer one */
	char open[NESTING_MAX];		/* brackets, outermost first */
	size_t depth;
	const char *why;
};

/* ---- characters ---- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool
is_newline(char c)
{
	return c == '\n' || c == '\r';
}

static bool
begins_word(char c)
{
	return sp_is_alpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
continues_name(char c)
{
	return begins_word(c) || sp_is_digit((unsigned char)c);
}

static bool
continues_word(char c)
{
	return continues_name(c) || c == '$';
}

static bool
is_operator(char c)
{
	return c != '\0' && strchr("+-*/<>=~!@#%^&|`?", c) != NULL;
}

/* The byte at a place behind the current one; NUL behind the end (a NUL inside is refused before). */
static char
peek(const struct reader *r, size_t ahead)
{
	return ahead < r->sql.len - r->at ? r->sql.p[r->at + ahead] : '\0';
}

static bool
complain(struct reader *r, size_t at, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < r->sql.len; i++)
		if (r->sql.p[i] == '\n')
			line++;
	r->why = sp_printf(r->mem, "line %zu: %s", line, what);
	return false;
}

/* ---- white space and comments ---- */

static void
skip_line(struct reader *r)
{
	while (r->at < r->sql.len && !is_newline(r->sql.p[r->at]))
		r->at++;
}

static bool
skip_block(struct reader *r)
{
	size_t begin = r->at, depth = 0;

	while (r->at < r->sql.len) {
		if (peek(r, 0) == '/' && peek(r, 1) == '*') {
			depth++;
			r->at += 2;
		} else if (peek(r, 0) == '*' && peek(r, 1) == '/') {
			r->at += 2;
			if (--depth == 0)
				return true;
		} else {
			r->at++;
		}
	}
	return complain(r, begin, "a comment does not end");
}

static bool
skip_blank(struct reader *r)
{
	for (;;) {
		if (is_space(peek(r, 0)))
			r->at++;
		else if (peek(r, 0) == '-' && peek(r, 1) == '-')
			skip_line(r);
		else if (peek(r, 0) == '/' && peek(r, 1) == '*') {
			if (!skip_block(r))
				return false;
		} else
			return true;
	}
}

/* ---- what has quotes ---- */

/* Whether, behind white space with a line break, the string goes on; then behind its quote. */
static bool
string_continues(struct reader *r)
{
	size_t at = r->at;
	bool broken = false;

	for (;;) {
		if (is_space(peek(r, 0))) {
			broken = broken || is_newline(peek(r, 0));
			r->at++;
		} else if (peek(r, 0) == '-' && peek(r, 1) == '-') {
			skip_line(r);
		} else {
			break;
		}
	}
	if (broken && peek(r, 0) == '\'') {
		r->at++;
		return true;
	}
	r->at = at;
	return false;
}

/* Behind the opening quote. */
static bool
read_quoted(struct reader *r, size_t begin, char quote, bool escapes)
{
	while (r->at < r->sql.len) {
		char c = r->sql.p[r->at++];

		if (c == '\\' && escapes)
			r->at++;
		else if (c == quote && peek(r, 0) == quote)
			r->at++;
		else if (c == quote && !(escapes && string_continues(r)))
			return true;
	}
	r->at = r->sql.len;
	return complain(r, begin, quote == '"' ? "a quoted identifier does not end" : "a string does not end");
}

/* At "$": $tag$ ... $tag$ */
static bool
read_dollar(struct reader *r)
{
	size_t begin = r->at, len = 1;
	struct sp_str tag;

	if (begins_word(peek(r, 1)))
		while (continues_name(peek(r, len)))
			len++;
	if (peek(r, len) != '$')
		return complain(r, begin, sp_is_digit((unsigned char)peek(r, 1)) ?
		    "parameters have names (:name), not numbers" : "a \"$\" that begins nothing");
	tag = sp_str_sub(r->sql, begin, begin + len + 1);
	for (r->at += tag.len; tag.len <= r->sql.len - r->at; r->at++)
		if (memcmp(r->sql.p + r->at, tag.p, tag.len) == 0) {
			r->at += tag.len;
			return true;
		}
	return complain(r, begin, "a dollar-quoted string does not end");
}

/* ---- tokens ---- */

static void
read_number(struct reader *r)
{
	bool is_hex = peek(r, 0) == '0' && sp_lower((unsigned char)peek(r, 1)) == 'x';
	char c;

	while (continues_name(c = peek(r, 0)) || (c == '.' && peek(r, 1) != '.')) {
		r->at++;
		if (!is_hex && (c == 'e' || c == 'E') && (peek(r, 0) == '+' || peek(r, 0) == '-') &&
		    sp_is_digit((unsigned char)peek(r, 1)))
			r->at++;
	}
}

static void
read_operator(struct reader *r)
{
	while (is_operator(peek(r, 0)) && !(peek(r, 0) == '-' && peek(r, 1) == '-') &&
	    !(peek(r, 0) == '/' && peek(r, 1) == '*'))
		r->at++;
}

static bool
is_one_of(struct sp_str word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (sp_str_caseis(word, *list))
			return true;
	return false;
}

/* A value ends here, so that another cannot begin. */
static bool
ends_value(const struct token *t)
{
	static const char *const not_values[] = { "and", "or", "not", "when", "then", "else", "case", "like", "ilike",
		"between", "in", "is", "similar", "to", "from", "select", "where", "on", "distinct", "collate", NULL };

	switch (t->kind) {
	case WORD:
		return !is_one_of(t->text, not_values);
	case QUOTED:
	case STRING:
	case NUMBER:
	case PARAMETER:
		return true;
	case MARK:
		return sp_str_is(t->text, ")") || sp_str_is(t->text, "]");
	default:
		return false;
	}
}

/* At a colon. */
static bool
read_colon(struct reader *r, enum kind *kind)
{
	bool in_slice = r->depth > 0 && r->open[r->depth - 1] == '[';

	r->at++;
	if (peek(r, 0) == ':' || peek(r, 0) == '=') {
		*kind = peek(r, 0) == ':' ? CAST : ASSIGN;
		r->at++;
	} else if (begins_word(peek(r, 0)) && !(in_slice && ends_value(&r->before[0]))) {
		*kind = PARAMETER;
		while (continues_name(peek(r, 0)))
			r->at++;
		if (peek(r, 0) == '$')
			return complain(r, r->at, "the name of a parameter is of letters, digits and _");
	} else if (in_slice) {
		*kind = COLON;
	} else {
		return complain(r, r->at, "a colon that is neither a cast nor in front of a parameter's name");
	}
	return true;
}

/* A letter in front of a quote: E'...' and U&"..." are of another kind than the rest. */
static bool
read_prefixed(struct reader *r, size_t begin, enum kind *kind, bool *done)
{
	unsigned char c = sp_lower((unsigned char)peek(r, 0));
	size_t skip = c == 'u' && peek(r, 1) == '&' ? 2 : 1;
	char quote = peek(r, skip);

	*done = strchr("ebxnu", (char)c) != NULL && (quote == '\'' || (quote == '"' && skip == 2)) &&
	    (c == 'u') == (skip == 2);
	if (!*done)
		return true;
	r->at += skip + 1;
	*kind = quote == '"' ? QUOTED : STRING;
	return read_quoted(r, begin, quote, c == 'e');
}

static bool
read_token(struct reader *r, enum kind *kind)
{
	size_t begin = r->at;
	char c = peek(r, 0);
	bool done;

	if (r->at == r->sql.len) {
		*kind = END;
		return true;
	}
	if (begins_word(c)) {
		if (!read_prefixed(r, begin, kind, &done) || done)
			return r->why == NULL;
		*kind = WORD;
		while (continues_word(peek(r, 0)))
			r->at++;
		return true;
	}
	if (sp_is_digit((unsigned char)c) || (c == '.' && sp_is_digit((unsigned char)peek(r, 1)))) {
		*kind = NUMBER;
		read_number(r);
		return true;
	}
	if (is_operator(c)) {
		*kind = OPERATOR;
		read_operator(r);
		return true;
	}
	switch (c) {
	case '\'':
	case '"':
		*kind = c == '"' ? QUOTED : STRING;
		r->at++;
		return read_quoted(r, begin, c, false);
	case '$':
		*kind = STRING;
		return read_dollar(r);
	case ':':
		return read_colon(r, kind);
	case '(': case ')': case '[': case ']': case ',': case ';': case '.':
		*kind = MARK;
		r->at++;
		return true;
	default:
		return complain(r, begin, "a character that no statement has");
	}
}

static bool
is_mark(const struct token *t, char c)
{
	return t->kind == MARK && t->text.p[0] == c;
}

static bool
match_brackets(struct reader *r, const struct token *t)
{
	if (is_mark(t, '(') || is_mark(t, '[')) {
		if (r->depth == NESTING_MAX)
			return complain(r, t->begin, "too many open brackets");
		r->open[r->depth++] = t->text.p[0];
	} else if (is_mark(t, ')') || is_mark(t, ']')) {
		if (r->depth == 0 || r->open[--r->depth] != (is_mark(t, ')') ? '(' : '['))
			return complain(r, t->begin, "a bracket closes what is not open");
	}
	return true;
}

static bool
next(struct reader *r, struct token *out)
{
	struct token t = { .kind = END };

	if (!skip_blank(r))
		return false;
	t.begin = r->at;
	if (!read_token(r, &t.kind))
		return false;
	t.end = r->at;
	t.text = sp_str_sub(r->sql, t.kind == PARAMETER ? t.begin + 1 : t.begin, t.end);
	if (!match_brackets(r, &t))
		return false;
	r->before[1] = r->before[0];
	r->before[0] = t;
	*out = t;
	return true;
}

static bool
is_word(const struct token *t, const char *word)
{
	return t->kind == WORD && sp_str_caseis(t->text, word);
}

/* ---- parameters ---- */

static struct sp_str
lower(struct sp_arena *mem, struct sp_str s)
{
	char *copy = sp_alloc(mem, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		copy[i] = (char)sp_lower((unsigned char)s.p[i]);
	return (struct sp_str){ copy, s.len };
}

/*
 * What is behind a parameter: IS [NOT] NULL, or a cast, `:a::jsonb` and
 * CAST(:a AS jsonb).  The reader is a copy: an error here is one that the reading
 * itself comes to.
 */
static void
look_behind(struct reader r, bool in_cast, bool *is_null, struct sp_str *cast)
{
	struct token t, bracket;

	*is_null = false;
	*cast = SP_LIT("");
	if (!next(&r, &t))
		return;
	if (t.kind == CAST || (in_cast && is_word(&t, "as"))) {
		if (!next(&r, &t) || (t.kind != WORD && t.kind != QUOTED))
			return;
		*cast = t.kind == WORD ? lower(r.mem, t.text) : sp_str_dup(r.mem, t.text);
		if (next(&r, &bracket) && is_mark(&bracket, '['))
			*cast = sp_str(sp_printf(r.mem, "%.*s[]", SP_FMT(*cast)));
		return;
	}
	*is_null = is_word(&t, "isnull") || is_word(&t, "notnull");
	if (is_word(&t, "is") && next(&r, &t) && (!is_word(&t, "not") || next(&r, &t)))
		*is_null = is_word(&t, "null");
}

/* The number of a place, which may be there already; 0: there are too many. */
static size_t
place_of(struct sp_statement_text *out, struct sp_str name, struct sp_str cast)
{
	for (size_t i = 0; i < out->count; i++)
		if (sp_str_eq(out->place[i].name, name) && sp_str_eq(out->place[i].cast, cast))
			return i + 1;
	if (out->count == SP_STATEMENT_PLACES)
		return 0;
	out->place[out->count++] = (struct sp_statement_place){ name, cast };
	return out->count;
}

static bool
put_parameter(struct reader *r, const struct token *t, const struct token before[2],
    struct sp_statement_text *out, struct sp_buf *b)
{
	bool in_cast = is_mark(&before[0], '(') && is_word(&before[1], "cast"), is_null;
	struct sp_str name = sp_str_dup(r->mem, t->text), cast;
	size_t n;

	look_behind(*r, in_cast, &is_null, &cast);
	n = place_of(out, name, is_null ? SP_LIT("null") : cast);
	if (n == 0)
		return complain(r, t->begin, "too many parameters");
	/* "LIMIT:n" is two tokens, "LIMIT$1" would be one */
	if (b->len > 0 && continues_word(b->p[b->len - 1]))
		sp_buf_char(b, ' ');
	sp_buf_printf(b, is_null ? "$%zu::pg_catalog.text" : "$%zu", n);
	return true;
}

/* ---- what kind of statement it is ---- */

static const char *const writing[] = { "insert", "update", "delete", "merge", NULL };
static const char *const reading[] = { "select", "values", "table", NULL };

struct shape {
	struct sp_str first;		/* its first word, behind opening brackets */
	struct sp_str main;		/* behind WITH, the first word of the statement itself */
	size_t main_begin;		/* in the source */
};

/*
 * In WITH a AS (...), b AS (...) SELECT ...: a word on its own level that begins a
 * statement, where a name cannot stand.
 */
static bool
begins_main(const struct reader *r, const struct token *t, const struct token *before)
{
	static const char *const behind[] = { "with", "recursive", "by", "set", "using", "to", "default", NULL };

	return r->depth == 0 && t->kind == WORD && (is_one_of(t->text, writing) || is_one_of(t->text, reading)) &&
	    !is_mark(before, ',') && !is_mark(before, '.') && !(before->kind == WORD && is_one_of(before->text, behind));
}

static bool
look_at_shape(struct reader *r, const struct token *t, const struct token before[2], struct shape *s,
    struct sp_statement_text *out)
{
	if (s->first.p == NULL) {
		if (is_mark(t, '('))
			return true;
		s->first = t->text;
		if (t->kind != WORD || (!is_one_of(t->text, reading) && !is_one_of(t->text, writing) &&
		    !is_word(t, "with") && !is_word(t, "call")))
			return complain(r, t->begin,
			    "it begins with SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE, MERGE or CALL");
		if (!is_word(t, "with") || r->depth > 0) {
			s->main = t->text;
			s->main_begin = 0;
		}
	} else if (s->main.p == NULL && begins_main(r, t, &before[0])) {
		s->main = t->text;
		s->main_begin = t->begin;
	}
	if (t->kind == WORD && is_one_of(t->text, writing) && is_mark(&before[0], '(') &&
	    (is_word(&before[1], "as") || is_word(&before[1], "materialized")))
		out->writes = true;
	if (is_word(t, "returning") && r->depth == 0)
		out->returns = true;
	if (is_word(t, "into") && r->depth == 0 && s->main.p != NULL && is_one_of(s->main, reading))
		return complain(r, t->begin, "SELECT ... INTO makes a table");
	/* which could be any name, also the next one */
	if (t->kind == QUOTED && t->text.p[0] != '"')
		return complain(r, t->begin, "U&\"...\" is not for statements: write the identifier itself");
	if ((t->kind == WORD && sp_str_caseis(t->text, "set_config")) ||
	    (t->kind == QUOTED && sp_str_is(t->text, "\"set_config\"")))
		return complain(r, t->begin, "set_config() is not for statements");
	return true;
}

static bool
judge(struct reader *r, const struct shape *s, struct sp_statement_text *out)
{
	if (r->depth > 0)
		return complain(r, r->sql.len, "a bracket does not close");
	if (s->first.p == NULL)
		return complain(r, r->sql.len, "there is no statement");
	if (s->main.p == NULL)
		return complain(r, r->sql.len, "WITH without a statement behind it");
	out->counts = is_one_of(s->main, writing);
	out->writes = out->writes || out->counts || sp_str_caseis(s->main, "call");
	out->returns = out->returns || is_one_of(s->main, reading) || sp_str_caseis(s->main, "with");
	return true;
}

bool
sp_statement_read(struct sp_arena *mem, struct sp_str sql, struct sp_statement_text *out, const char **why)
{
	struct reader *r = sp_alloc(mem, sizeof(*r));
	struct sp_statement_text text = { 0 };
	struct shape shape = { 0 };
	size_t copied = 0, split = 0;
	struct token t, before[2];
	bool ended = false;
	struct sp_buf b;

	*r = (struct reader){ .mem = mem, .sql = sql };
	text.place = sp_alloc_array(mem, SP_STATEMENT_PLACES, sizeof(*text.place));
	*why = "a statement is at most 64 KiB";
	if (sql.len > SP_STATEMENT_MAX)
		return false;
	*why = "it is not text";
	if (memchr(sql.len > 0 ? sql.p : "", '\0', sql.len) != NULL || !sp_utf8_valid(sql))
		return false;
	sp_buf_init(&b, mem, 4 * SP_STATEMENT_MAX);
	for (;;) {
		memcpy(before, r->before, sizeof(before));
		if (!next(r, &t) || (ended && t.kind != END && !complain(r, t.begin, "only one statement")))
			break;
		if (t.kind == END) {
			if (!judge(r, &shape, &text))
				break;
			text.with = sp_str_sub(sp_buf_view(&b), 0, split);
			text.main = sp_str_sub(sp_buf_view(&b), split, b.len);
			*out = text;
			return true;
		}
		if (is_mark(&t, ';') && r->depth == 0) {
			ended = true;
			continue;
		}
		if (!look_at_shape(r, &t, before, &shape, &text))
			break;
		/* what was between the tokens, and the token */
		sp_buf_str(&b, sp_str_sub(sql, copied, t.begin));
		if (shape.main_begin == t.begin && t.begin > 0)
			split = b.len;
		if (t.kind != PARAMETER)
			sp_buf_str(&b, sp_str_sub(sql, t.begin, t.end));
		else if (!put_parameter(r, &t, before, &text, &b))
			break;
		copied = t.end;
	}
	*why = r->why;
	return false;
}
