/* index_token.c - cutting source text into tokens */
#include "index_token.h"

#define MAX_HEREDOCS	8	/* announced on one line */
#define TAB		8

struct lexer {
	const struct index_language *language;
	struct sp_arena *mem;
	struct index_tokens *out;
	size_t size;			/* tokens there is room for */
	const char *start, *p, *end;
	const char *line_start;
	uint32_t line;
	bool first;			/* no token on this line yet */
	int64_t budget;			/* bytes that may still be searched in vain */
	const char *sought, *eol;	/* what line_end() found last, and from where on it had looked */
	struct sp_str heredoc[MAX_HEREDOCS];
	unsigned heredocs;
};

static bool
has(const struct lexer *x, unsigned flag)
{
	return (x->language->lex & flag) != 0;
}

static bool
at(const struct lexer *x, const char *p, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(x->end - p) >= len && memcmp(p, text, len) == 0;
}

static bool
is_word_byte(const struct lexer *x, unsigned char c)
{
	return sp_is_alnum(c) || c == '_' || c >= 0x80 || (c == '$' && has(x, LEX_DOLLAR_WORD));
}

static uint16_t
indent_of(const struct lexer *x, const char *p)
{
	unsigned column = 0;

	for (const char *q = x->line_start; q < p && column < UINT16_MAX - TAB; q++)
		column = *q == '\t' ? (column / TAB + 1) * TAB : column + 1;
	return (uint16_t)column;
}

/* The token [x->p, end); goes on behind it. */
static void
token(struct lexer *x, enum index_token_kind kind, const char *end)
{
	struct index_tokens *out = x->out;
	struct index_token *t;

	if (out->count == x->size) {
		size_t size = x->size == 0 ? 1024 : x->size * 2;

		out->v = sp_arena_grow(x->mem, out->v, x->size * sizeof(*t), size * sizeof(*t));
		x->size = size;
	}
	t = &out->v[out->count++];
	t->at = (uint32_t)(x->p - x->start);
	t->len = (uint32_t)(end - x->p);
	t->line = x->line;
	t->kind = (uint8_t)kind;
	t->first = x->first;
	t->indent = x->first ? indent_of(x, x->p) : 0;
	x->first = false;
	while (x->p < end)
		if (*x->p++ == '\n') {
			x->line++;
			x->line_start = x->p;
		}
	t->last_line = x->line;
}

/* Pays for a search that found nothing before `limit`. */
static const char *
in_vain(struct lexer *x, const char *from, const char *limit)
{
	x->budget -= limit - from;
	return NULL;
}

/* The end of `text` at or behind p, or NULL. */
static const char *
behind(struct lexer *x, const char *p, const char *text)
{
	const char *found;
	size_t len = strlen(text);

	if (x->budget <= 0)
		return NULL;
	found = memmem(p, (size_t)(x->end - p), text, len);
	return found != NULL ? found + len : in_vain(x, p, x->end);
}

/* Remembered: on a long line, each string that never ends asks again. */
static const char *
line_end(struct lexer *x, const char *p)
{
	if (x->eol == NULL || p < x->sought || p > x->eol) {
		x->sought = p;
		if ((x->eol = memchr(p, '\n', (size_t)(x->end - p))) == NULL)
			x->eol = x->end;
	}
	return x->eol;
}

/*
 * The end of a string whose opening quote stands before p.  When it may not
 * run over lines, or never ends, it ends with its line: better one odd line
 * than the rest of the file.
 */
static const char *
string_end(struct lexer *x, const char *p, char quote, bool lines, bool doubled)
{
	const char *limit = lines && x->budget > 0 ? x->end : line_end(x, p);

	for (const char *q = p; q < limit; q++) {
		if (*q == '\n' && has(x, LEX_PERL) && at(x, q, "\nsub "))
			return line_end(x, p);		/* no string says that: its quote was none */
		if (*q == '\\' && !doubled) {
			if (++q < x->end && *q == '\n' && q == limit && !lines)
				limit = line_end(x, q + 1);	/* continued line */
		} else if (*q == quote) {
			if (!doubled || q + 1 >= limit || q[1] != quote)
				return q + 1;
			q++;
		}
	}
	if (limit == x->end && lines) {
		(void)in_vain(x, p, x->end);
		return line_end(x, p);
	}
	return limit < x->end ? limit : x->end;
}

static const char *
block_comment_end(struct lexer *x, const char *p)
{
	unsigned depth = 1;
	const char *end;

	if (!has(x, LEX_NESTED)) {
		end = behind(x, p, "*/");
		return end != NULL ? end : line_end(x, p);
	}
	if (x->budget > 0) {
		for (end = p; end + 1 < x->end; end++) {
			if (end[0] == '/' && end[1] == '*') {
				depth++;
				end++;
			} else if (end[0] == '*' && end[1] == '/') {
				if (--depth == 0)
					return end + 2;
				end++;
			}
		}
		(void)in_vain(x, p, x->end);
	}
	return line_end(x, p);
}

/* `text ${ code } text`: nested templates and braces are counted on a small stack. */
static const char *
template_end(struct lexer *x, const char *p)
{
	unsigned char braces[32] = { 0 };	/* open braces inside each ${ */
	unsigned depth = 0;			/* 0: in the text of the outermost template */
	bool text = true;

	if (x->budget <= 0)
		return line_end(x, p);
	for (const char *q = p; q < x->end; q++) {
		if (*q == '\\') {
			q++;
		} else if (text) {
			if (*q == '`') {
				if (depth == 0)
					return q + 1;
				text = false;
			} else if (*q == '$' && q + 1 < x->end && q[1] == '{') {
				if (++depth == sizeof(braces))
					break;
				braces[depth] = 0;
				text = false;
				q++;
			}
		} else if (*q == '`') {
			text = true;
		} else if (*q == '{') {
			if (braces[depth]++ == UINT8_MAX)
				break;
		} else if (*q == '}') {
			if (braces[depth] > 0) {
				braces[depth]--;
			} else {
				depth--;
				text = true;
			}
		}
	}
	(void)in_vain(x, p, x->end);
	return line_end(x, p);
}

/* r"..." and r##"..."## (behind the r); NULL when it is no raw string. */
static const char *
rust_raw_end(struct lexer *x, const char *p)
{
	char close[18] = "\"";
	size_t hashes = 0;

	while (p < x->end && *p == '#' && hashes < 16) {
		close[1 + hashes++] = '#';
		p++;
	}
	if (p >= x->end || *p != '"')
		return NULL;
	close[1 + hashes] = '\0';
	return behind(x, p + 1, close);
}

/* R"x(...)x" from the quote; NULL when it is none. */
static const char *
c_raw_end(struct lexer *x, const char *p)
{
	char close[20];
	size_t len = 0;

	for (p++; p < x->end && *p != '(' && len < 16; p++, len++)
		close[1 + len] = *p;
	if (p >= x->end || *p != '(')
		return NULL;
	close[0] = ')';
	close[1 + len] = '"';
	close[2 + len] = '\0';
	return behind(x, p + 1, close);
}

/* 'c', '\n', '\u{1F600}'; NULL for a lifetime or a lone quote. */
static const char *
char_end(const struct lexer *x, const char *p)
{
	const char *limit = x->end - p > 14 ? p + 14 : x->end;
	const char *q = p + 1;

	if (q < limit && *q == '\\')
		q += 2;
	else if (q < limit && *q != '\'' && *q != '\n')
		q++;
	else
		return NULL;
	if (q > x->end)
		return NULL;
	if (p[1] != '\\' && (unsigned char)p[1] < 0x80)
		return q < limit && *q == '\'' ? q + 1 : NULL;
	for (; q < limit && *q != '\n'; q++)
		if (*q == '\'')
			return q + 1;
	return NULL;
}

/* The word before p's token, if the last token is one. */
static struct sp_str
last_word(const struct lexer *x)
{
	const struct index_tokens *out = x->out;

	if (out->count == 0 || out->v[out->count - 1].kind != TOKEN_WORD)
		return (struct sp_str){ NULL, 0 };
	return index_token_text(out, out->count - 1);
}

/* Whether an operand may stand here, so that a slash opens a pattern. */
static bool
operand_expected(const struct lexer *x)
{
	const struct index_tokens *out = x->out;
	size_t i = out->count;
	char c;

	while (i > 0 && out->v[i - 1].kind == TOKEN_COMMENT)
		i--;
	if (i == 0)
		return true;
	switch (out->v[i - 1].kind) {
	case TOKEN_WORD:
		return index_word_in(index_token_text(out, i - 1),
		    "return typeof case in of do else void delete new throw await yield "
		    "and or not if unless when while until split grep map x");
	case TOKEN_PUNCT:
		c = out->text.p[out->v[i - 1].at];
		return c != ')' && c != ']' && (c != '}' || x->first);
	default:
		return false;
	}
}

static const char *
regex_end(struct lexer *x, const char *p)
{
	const char *limit = line_end(x, p);
	bool set = false;

	if (x->budget <= 0)
		return NULL;
	for (const char *q = p + 1; q < limit; q++) {
		if (*q == '\\') {
			q++;
		} else if (*q == '[') {
			set = true;
		} else if (*q == ']') {
			set = false;
		} else if (*q == '/' && !set) {
			for (q++; q < limit && sp_is_alpha((unsigned char)*q);)
				q++;
			return q;
		}
	}
	return in_vain(x, p, limit);
}

/* The end of what stands between delimiters: q(a (b) c), m{..}, %w[a b]; p is at the opening one. */
static const char *
delimited_end(struct lexer *x, const char *p)
{
	char open = *p, close = open;
	unsigned depth = 1;

	switch (open) {
	case '(': close = ')'; break;
	case '[': close = ']'; break;
	case '{': close = '}'; break;
	case '<': close = '>'; break;
	default: break;
	}
	if (x->budget <= 0)
		return NULL;
	for (const char *q = p + 1; q < x->end; q++) {
		if (*q == '\\')
			q++;
		else if (*q == close && --depth == 0)
			return q + 1;
		else if (*q == open && open != close)
			depth++;
	}
	return in_vain(x, p, x->end);
}

/* q qq qw qr m s tr y of Perl; x->p is at the word, p behind it.  NULL: just a word. */
static const char *
perl_quote_end(struct lexer *x, const char *p)
{
	struct sp_str word = { x->p, (size_t)(p - x->p) };
	bool two = index_word_in(word, "s tr y");
	const char *open = p, *q;

	if ((!two && !index_word_in(word, "q qq qw qr m")) ||
	    (x->p > x->start && strchr("$@%&>{", x->p[-1]) != NULL && !x->first))
		return NULL;
	while (p < x->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p >= x->end || is_word_byte(x, (unsigned char)*p) || *p == ';' || *p == ')' || *p == ',' ||
	    *p == '\n' || (*p == '=' && (p > open || (p + 1 < x->end && p[1] == '>'))) ||
	    (*p == '#' && p > open) || (*p == '}' && p == open))
		return NULL;
	if ((q = delimited_end(x, p)) == NULL || !two)
		return q;
	if (*p == '(' || *p == '[' || *p == '{' || *p == '<') {
		while (q < x->end && (*q == ' ' || *q == '\t' || *q == '\n'))
			q++;
		return q < x->end ? delimited_end(x, q) : NULL;
	}
	return delimited_end(x, q - 1);		/* s/a/b/: the middle one opens the second part */
}

/* <<WORD, <<-"WORD", <<~WORD; remembers the word and gives the end of the operator, or NULL. */
static const char *
heredoc_start(struct lexer *x, const char *p)
{
	const char *q = p + (has(x, LEX_PHP) ? 3 : 2), *word;
	bool dashed = false;
	char quote = '\0';

	if (!at(x, p, has(x, LEX_PHP) ? "<<<" : "<<") || (has(x, LEX_SHELL) && at(x, p, "<<<")))
		return NULL;
	if (has(x, LEX_PHP) || has(x, LEX_SHELL))
		while (q < x->end && *q == ' ')
			q++;
	if (q < x->end && (*q == '-' || *q == '~')) {
		dashed = true;
		q++;
	}
	while (has(x, LEX_SHELL) && q < x->end && *q == ' ')
		q++;
	if (q < x->end && *q == '\\' && has(x, LEX_SHELL))
		q++;
	if (q < x->end && (*q == '\'' || *q == '"'))
		quote = *q++;
	word = q;
	while (q < x->end && (sp_is_alnum((unsigned char)*q) || *q == '_' || (quote != '\0' && *q == ' ')))
		q++;
	if (q == word || sp_is_digit((unsigned char)*word) ||
	    (quote != '\0' && (q >= x->end || *q != quote)))
		return NULL;
	/* `list << CONSTANT` of Ruby and shifts of Perl: a plain word must be in capitals */
	if (!has(x, LEX_SHELL | LEX_PHP) && quote == '\0' && !dashed &&
	    !(*word >= 'A' && *word <= 'Z'))
		return NULL;
	if (x->heredocs < MAX_HEREDOCS)
		x->heredoc[x->heredocs++] = sp_str_trim((struct sp_str){ word, (size_t)(q - word) }, " ");
	return quote != '\0' ? q + 1 : q;
}

/* At the start of the line after <<WORD: everything up to the line WORD is a string. */
static void
heredoc_bodies(struct lexer *x)
{
	for (unsigned i = 0; i < x->heredocs && x->p < x->end && x->budget > 0; i++) {
		const char *p = x->p, *eol;
		struct sp_str line;
		bool found = false;

		while (p < x->end && !found) {
			eol = line_end(x, p);
			line = sp_str_trim((struct sp_str){ p, (size_t)(eol - p) }, " \t;,)");
			found = sp_str_eq(line, x->heredoc[i]);
			p = eol < x->end ? eol + 1 : x->end;
		}
		if (!found) {
			(void)in_vain(x, x->p, x->end);
			break;
		}
		x->first = false;		/* where its lines begin says nothing about the code */
		token(x, TOKEN_STRING, p);
		x->first = true;
	}
	x->heredocs = 0;
}

/* # to the end of the line, backslash-continued, over block comments inside. */
static const char *
directive_end(struct lexer *x, const char *p)
{
	for (; p < x->end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < x->end)
			p++;
		else if (*p == '"')
			p = string_end(x, p + 1, '"', false, false) - 1;
		else if (p[0] == '/' && p + 1 < x->end && p[1] == '/')
			return line_end(x, p);
		else if (p[0] == '/' && p + 1 < x->end && p[1] == '*')
			p = block_comment_end(x, p + 2) - 1;
	}
	return p < x->end ? p : x->end;
}

/* --[[ ]], [==[ ]==]: p is at the first bracket; NULL when it is no long bracket. */
static const char *
lua_long_end(struct lexer *x, const char *p)
{
	char close[20] = "]";
	size_t level = 0;

	for (p++; p < x->end && *p == '=' && level < 16; p++)
		close[1 + level++] = '=';
	if (p >= x->end || *p != '[')
		return NULL;
	close[1 + level] = ']';
	close[2 + level] = '\0';
	return behind(x, p, close);
}

/* $$ or $tag$ to its like; NULL when it is no quote. */
static const char *
dollar_end(struct lexer *x, const char *p)
{
	char tag[66];
	size_t len = 1;

	while (p + len < x->end && len < sizeof(tag) - 2 &&
	    (sp_is_alnum((unsigned char)p[len]) || p[len] == '_'))
		len++;
	if (p + len >= x->end || p[len] != '$' || (len > 1 && sp_is_digit((unsigned char)p[1])))
		return NULL;
	memcpy(tag, p, len + 1);
	tag[len + 1] = '\0';
	return behind(x, p + len + 1, tag);
}

/* Blocks of documentation that start a line: =pod ... =cut, =begin ... =end, __END__. */
static const char *
document_end(struct lexer *x, const char *p)
{
	const char *end;

	if (!has(x, LEX_PERL | LEX_RUBY) || p != x->line_start)
		return NULL;
	if (at(x, p, "__END__") || (has(x, LEX_PERL) && at(x, p, "__DATA__")))
		return x->end;
	if (*p != '=' || p + 1 >= x->end || !sp_is_alpha((unsigned char)p[1]))
		return NULL;
	end = behind(x, p, has(x, LEX_PERL) ? "\n=cut" : "\n=end");
	return end != NULL ? line_end(x, end) : has(x, LEX_PERL) ? x->end : NULL;
}

/* The end of the comment that starts at p, or NULL. */
static const char *
comment_end(struct lexer *x, const char *p)
{
	const char *end;

	switch (*p) {
	case '/':
		if (has(x, LEX_SLASHES) && at(x, p, "//"))
			return line_end(x, p);
		return has(x, LEX_BLOCK) && at(x, p, "/*") ? block_comment_end(x, p + 2) : NULL;
	case '#':
		if (!has(x, LEX_HASH) || (has(x, LEX_PHP) && at(x, p, "#[")) ||
		    (has(x, LEX_SHELL) && p > x->line_start && strchr(" \t;|&(", p[-1]) == NULL))
			return NULL;
		return line_end(x, p);
	case '-':
		if (!has(x, LEX_DASHES | LEX_LUA) || !at(x, p, "--"))
			return NULL;
		end = has(x, LEX_LUA) && at(x, p, "--[") ? lua_long_end(x, p + 2) : NULL;
		return end != NULL ? end : line_end(x, p);
	default:
		return NULL;
	}
}

/* The end of the string, pattern or character that starts at p, or NULL. */
static const char *
literal_end(struct lexer *x, const char *p)
{
	const char *end;
	struct sp_str word;

	switch (*p) {
	case '"':
		if (has(x, LEX_TRIPLE) && at(x, p, "\"\"\""))
			return (end = behind(x, p + 3, "\"\"\"")) != NULL ? end : line_end(x, p);
		word = last_word(x);
		if (has(x, LEX_RAW_C) && word.len > 0 && word.p + word.len == p && sp_str_ends(word, "R") &&
		    (end = c_raw_end(x, p)) != NULL)
			return end;
		if (has(x, LEX_RAW_AT) && p > x->start &&
		    (p[-1] == '@' || (p - 1 > x->start && p[-1] == '$' && p[-2] == '@')))
			return string_end(x, p + 1, '"', true, true);
		return has(x, LEX_DOUBLE) ?
		    string_end(x, p + 1, '"', has(x, LEX_LINES), has(x, LEX_DOUBLED)) : NULL;
	case '\'':
		if (has(x, LEX_CHAR))
			return char_end(x, p);
		if (has(x, LEX_TRIPLE) && at(x, p, "'''"))
			return (end = behind(x, p + 3, "'''")) != NULL ? end : line_end(x, p);
		/* in the shell a backslash means nothing between single quotes */
		return has(x, LEX_SINGLE) ?
		    string_end(x, p + 1, '\'', has(x, LEX_LINES), has(x, LEX_DOUBLED | LEX_SHELL)) : NULL;
	case '`':
		if (has(x, LEX_TEMPLATE))
			return template_end(x, p + 1);
		if (has(x, LEX_PERL | LEX_RUBY))
			return string_end(x, p + 1, '`', true, false);
		return has(x, LEX_RAW_BACKTICK) ? string_end(x, p + 1, '`', true, true) : NULL;
	case '/':
		return has(x, LEX_REGEX) && operand_expected(x) ? regex_end(x, p) : NULL;
	case '[':
		return has(x, LEX_LUA) ? lua_long_end(x, p) : NULL;
	case '$':
		return has(x, LEX_DOLLAR) ? dollar_end(x, p) : NULL;
	case '<':
		return has(x, LEX_HEREDOC | LEX_PHP) ? heredoc_start(x, p) : NULL;
	case '%':
		if (!has(x, LEX_RUBY) || !operand_expected(x) || p + 2 >= x->end)
			return NULL;
		p += strchr("wWiIqQrsx", p[1]) != NULL ? 2 : 1;
		return strchr("([{<|!", *p) != NULL ? delimited_end(x, p) : NULL;
	default:
		return NULL;
	}
}

/* Words, numbers and what starts like a word: q(...) and r"...". */
static void
word(struct lexer *x)
{
	const char *p = x->p, *end;
	bool number = sp_is_digit((unsigned char)*p);

	while (p < x->end && (is_word_byte(x, (unsigned char)*p) ||
	    (number && *p == '\'' && has(x, LEX_CHAR) && p + 1 < x->end &&
	    sp_is_hex((unsigned char)p[1])) ||
	    (number && *p == '.' && p + 1 < x->end && sp_is_digit((unsigned char)p[1]))))
		p++;
	if (has(x, LEX_PERL) && (end = perl_quote_end(x, p)) != NULL) {
		token(x, TOKEN_STRING, end);
		return;
	}
	if (has(x, LEX_RAW_RUST) && p < x->end && (*p == '"' || *p == '#') && (p[-1] == 'r') &&
	    p - x->p <= 2 && (end = rust_raw_end(x, p)) != NULL) {
		token(x, TOKEN_STRING, end);
		return;
	}
	if (has(x, LEX_RUBY) && p < x->end && (*p == '?' || *p == '!') && (p + 1 >= x->end || p[1] != '='))
		p++;				/* empty? and save! are names */
	token(x, number ? TOKEN_NUMBER : TOKEN_WORD, p);
}

/* HTML around <?php ... ?> is skipped. */
static void
skip_to_php(struct lexer *x)
{
	const char *tag = memmem(x->p, (size_t)(x->end - x->p), "<?", 2);

	for (const char *stop = tag != NULL ? tag + 2 : x->end; x->p < stop; x->p++)
		if (*x->p == '\n') {
			x->line++;
			x->line_start = x->p + 1;
		}
	if (at(x, x->p, "php"))
		x->p += 3;
	x->first = true;
}

static void
next(struct lexer *x)
{
	const char *p = x->p, *end;

	if (x->first && has(x, LEX_DIRECTIVES) && *p == '#') {
		token(x, TOKEN_DIRECTIVE, directive_end(x, p));
	} else if ((end = document_end(x, p)) != NULL || (end = comment_end(x, p)) != NULL) {
		if (has(x, LEX_PHP) && (*p == '#' || at(x, p, "//"))) {
			/* a closing tag ends a line comment, too */
			const char *close = memmem(p, (size_t)(end - p), "?>", 2);

			end = close != NULL ? close : end;
		}
		token(x, TOKEN_COMMENT, end);
	} else if (has(x, LEX_PHP) && at(x, p, "?>")) {
		skip_to_php(x);
	} else if ((end = literal_end(x, p)) != NULL) {
		token(x, TOKEN_STRING, end);
	} else if (is_word_byte(x, (unsigned char)*p)) {
		word(x);
	} else if (has(x, LEX_PERL) && *p == '$' && p + 1 < x->end && strchr("#\"'/;,.&`", p[1]) != NULL) {
		token(x, TOKEN_NUMBER, p + 2);		/* $# and $" are variables */
	} else if (has(x, LEX_SHELL) && (*p == '$' || *p == '\\') && p + 1 < x->end &&
	    strchr("#\"'`$", p[1]) != NULL &&
	    !(*p == '$' && (p[1] == '"' || p[1] == '\''))) {
		token(x, TOKEN_NUMBER, p + 2);
	} else if (has(x, LEX_PERL) && at(x, p, "//")) {
		token(x, TOKEN_PUNCT, p + 2);		/* "or if undefined": no pattern opens here */
	} else {
		token(x, TOKEN_PUNCT, p + 1);
	}
}

void
index_tokens_read(struct sp_arena *mem, const struct index_language *language, struct sp_str text,
    struct index_tokens *out)
{
	struct lexer x = {
		.language = language, .mem = mem, .out = out, .start = text.p, .p = text.p,
		.end = text.p + text.len, .line_start = text.p, .line = 1, .first = true,
		.budget = 8 * (int64_t)text.len + 4096,
	};

	*out = (struct index_tokens){ .text = text };
	if (text.len == 0)
		return;
	if (has(&x, LEX_PHP))
		skip_to_php(&x);
	while (x.p < x.end) {
		switch (*x.p) {
		case '\n':
			x.p++;
			x.line++;
			x.line_start = x.p;
			x.first = true;
			if (x.heredocs > 0)
				heredoc_bodies(&x);
			break;
		case ' ': case '\t': case '\r': case '\f': case '\v':
			x.p++;
			break;
		default:
			next(&x);
			break;
		}
	}
}
