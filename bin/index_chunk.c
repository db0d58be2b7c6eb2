/* index_chunk.c - from the outline of a file to its pieces */
#include "base/buf.h"
#include "index_chunk.h"
#include "index_outline.h"

#define MAX_SIGNATURE	300	/* bytes */
#define MAX_DOCSTRING	2000

struct cutter {
	struct index_outline o;
	struct sp_str text;
	uint32_t *line_at;		/* line n starts at line_at[n]; [lines + 1] is the end */
	uint32_t lines;
	bool *taken;			/* line n is in a piece */
	struct index_pieces *out;
	size_t room;
};

static const struct sp_str NONE = { NULL, 0 };

struct sp_str
index_text_clean(struct sp_arena *mem, struct sp_str in)
{
	bool utf8, clean = true;
	char *out;
	size_t n = 0;

	if (sp_str_starts(in, "\xef\xbb\xbf"))
		in = sp_str_sub(in, 3, in.len);
	utf8 = sp_utf8_valid(in);
	for (size_t i = 0; i < in.len && clean; i++)
		clean = in.p[i] != '\r' && in.p[i] != '\0';
	if (utf8 && clean)
		return in;
	out = sp_alloc(mem, in.len * 2 + 1);
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c == '\r') {
			if (i + 1 >= in.len || in.p[i + 1] != '\n')
				out[n++] = '\n';
		} else if (c == '\0') {
			out[n++] = ' ';			/* PostgreSQL has no NUL in text */
		} else if (c < 0x80 || utf8) {
			out[n++] = (char)c;
		} else {
			out[n++] = (char)(0xc0 | (c >> 6));
			out[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	return (struct sp_str){ out, n };
}

static void
count_lines(struct cutter *c, struct sp_arena *mem)
{
	uint32_t n = 1, line = 1;

	for (size_t i = 0; i < c->text.len; i++)
		n += c->text.p[i] == '\n';
	c->line_at = sp_alloc_array(mem, (size_t)n + 2, sizeof(*c->line_at));
	c->line_at[1] = 0;
	for (size_t i = 0; i < c->text.len; i++)
		if (c->text.p[i] == '\n')
			c->line_at[++line] = (uint32_t)(i + 1);
	if (c->line_at[line] == c->text.len && line > 1)
		line--;					/* the last line ends with its newline */
	c->lines = line;
	c->line_at[line + 1] = (uint32_t)c->text.len;
	c->taken = sp_alloc_array(mem, (size_t)line + 2, sizeof(*c->taken));
}

static struct sp_str
line_text(const struct cutter *c, uint32_t line)
{
	return sp_str_trim(sp_str_sub(c->text, c->line_at[line], c->line_at[line + 1]), "\n");
}

static bool
is_blank(const struct cutter *c, uint32_t line)
{
	return sp_str_trim(line_text(c, line), " \t\f\v").len == 0;
}

/* Bytes of s that fit in max without cutting a character. */
static size_t
utf8_fit(struct sp_str s, size_t max)
{
	if (s.len <= max)
		return s.len;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* Appends what of s fits into a text of at most max bytes. */
static void
add_cut(struct sp_buf *b, struct sp_str s, size_t max)
{
	sp_buf_str(b, sp_str_sub(s, 0, utf8_fit(s, b->len < max ? max - b->len : 0)));
}

/* ---- what a piece says about itself ---- */

/* Text from token to token in one line, without comments. */
static struct sp_str
signature(const struct cutter *c, const struct index_span *span)
{
	const struct index_tokens *t = &c->o.tokens;
	size_t end = span->body <= span->last ? span->body : span->last + 1;
	struct sp_buf b;
	uint32_t from = UINT32_MAX;

	sp_buf_init(&b, c->o.mem, MAX_SIGNATURE * 2);
	for (size_t i = span->head; i < end && b.len < MAX_SIGNATURE; i++) {
		struct sp_str word = index_token_text(t, i);

		if (t->v[i].kind == TOKEN_COMMENT || (t->v[i].kind == TOKEN_DIRECTIVE && i > span->head))
			continue;
		if (t->v[i].kind == TOKEN_DIRECTIVE)	/* #define f(x) ...: its first line */
			word = line_text(c, t->v[i].line);
		if (from != UINT32_MAX && from != t->v[i].at)
			sp_buf_char(&b, ' ');
		add_cut(&b, word, MAX_SIGNATURE);
		from = t->v[i].at + t->v[i].len;
	}
	return b.len > 0 ? sp_buf_view(&b) : NONE;
}

/* Appends the words of a comment or doc string, line by line, without its marks. */
static void
add_comment(struct sp_buf *b, struct sp_str comment)
{
	struct sp_str line;

	while (sp_str_split(&comment, '\n', &line) && b->len < MAX_DOCSTRING) {
		bool says = false;

		line = sp_str_trim(line, " \t\f\v/*#;!-=<>\"'");
		for (size_t i = 0; i < line.len && !says; i++)
			says = sp_is_alnum((unsigned char)line.p[i]) || (unsigned char)line.p[i] >= 0x80;
		if (!says)
			continue;
		if (b->len > 0)
			sp_buf_char(b, '\n');
		add_cut(b, line, MAX_DOCSTRING);
	}
}

static struct sp_str
docstring(const struct cutter *c, const struct index_span *span)
{
	const struct index_tokens *t = &c->o.tokens;
	struct sp_buf b;

	sp_buf_init(&b, c->o.mem, MAX_DOCSTRING * 2);
	for (size_t i = span->comment; i < span->head; i++)
		if (t->v[i].kind == TOKEN_COMMENT)
			add_comment(&b, index_token_text(t, i));
	if (strcmp(c->o.language->name, "python") == 0 && span->body + 1 <= span->last &&
	    t->v[span->body + 1].kind == TOKEN_STRING)
		add_comment(&b, index_token_text(t, span->body + 1));
	return b.len > 0 ? sp_buf_view(&b) : NONE;
}

static void
add_once(struct sp_arena *mem, struct index_strings *list, size_t max, struct sp_str s)
{
	for (size_t i = 0; i < list->count; i++)
		if (sp_str_eq(list->item[i], s))
			return;
	if (list->count == max)
		return;
	if (list->count % 8 == 0)
		list->item = sp_arena_grow(mem, list->item, list->count * sizeof(s),
		    (list->count + 8) * sizeof(s));
	list->item[list->count++] = s;
}

/* The first token at or behind a line. */
static size_t
token_at(const struct cutter *c, uint32_t line)
{
	const struct index_tokens *t = &c->o.tokens;
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->v[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Names before an opening parenthesis, once each. */
static void
add_calls(struct cutter *c, struct index_piece *piece)
{
	static const char no_calls[] = "if for while switch catch return sizeof foreach using lock function fn func "
	    "def fun sub class struct enum do else elif elsif unless until match case when assert defined and or not "
	    "in is new delete throw typeof void int char await yield super self this print my our local let var const "
	    "__attribute__ __declspec alignas noexcept decltype print_r isset empty array list exit die";
	const struct index_tokens *t = &c->o.tokens;

	for (size_t i = token_at(c, piece->start_line); i + 1 < t->count &&
	    t->v[i].line <= piece->end_line &&
	    piece->calls.count < INDEX_MAX_CALLS; i++) {
		struct sp_str name;

		if (t->v[i].kind != TOKEN_WORD || !index_token_is(t, i + 1, '('))
			continue;
		name = index_token_text(t, i);
		if (name.len < 2 || name.len > 100 || sp_str_eq(name, piece->function_name) ||
		    index_word_in(name, no_calls))
			continue;
		add_once(c->o.mem, &piece->calls, INDEX_MAX_CALLS, name);
	}
}

/* Further names that are defined on the lines of the piece. */
static void
add_defines(struct cutter *c, struct index_piece *piece)
{
	size_t low = 0, high = c->o.nnames;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->o.names[middle].line < piece->start_line)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < c->o.nnames && c->o.names[low].line <= piece->end_line; low++) {
		struct sp_str name = c->o.names[low].name;

		if (name.len > 1 && !sp_str_eq(name, piece->function_name) &&
		    !sp_str_eq(name, piece->class_name))
			add_once(c->o.mem, &piece->defines, INDEX_MAX_DEFINES, name);
	}
}

/* ---- cutting ---- */

/* The text of lines from..*to; shortens *to when there would be too many bytes. */
static struct sp_str
content(const struct cutter *c, uint32_t from, uint32_t *to)
{
	struct sp_buf b;
	bool whole = true;
	size_t size = 0;
	uint32_t line;

	for (line = from; line <= *to; line++) {
		size_t len = line_text(c, line).len;

		if (len > INDEX_LINE_BYTES) {
			whole = false;
			len = INDEX_LINE_BYTES;
		}
		if (size + len + 1 > INDEX_PIECE_BYTES && line > from)
			break;
		size += len + 1;
	}
	*to = line - 1;
	if (whole)
		return sp_str_trim(sp_str_sub(c->text, c->line_at[from], c->line_at[*to + 1]), "\n");
	sp_buf_init(&b, c->o.mem, 2 * INDEX_PIECE_BYTES);
	for (line = from; line <= *to; line++) {
		struct sp_str s = line_text(c, line);

		sp_buf_str(&b, sp_str_sub(s, 0, utf8_fit(s, INDEX_LINE_BYTES)));
		if (line < *to)
			sp_buf_char(&b, '\n');
	}
	return sp_buf_view(&b);
}

/* Adds lines from..to as one piece, or as parts of it. */
static void
add(struct cutter *c, struct index_piece piece, uint32_t from, uint32_t to)
{
	while (from < to && is_blank(c, from))
		from++;
	while (to > from && is_blank(c, to))
		to--;
	for (;;) {
		struct index_piece *p;
		uint32_t last = to - from >= INDEX_PIECE_LINES ? from + INDEX_PIECE_LINES - 1 : to;

		piece.content = content(c, from, &last);
		piece.start_line = from;
		piece.end_line = last;
		if (c->out->count == c->room) {
			size_t room = c->room == 0 ? 32 : c->room * 2;

			c->out->v = sp_arena_grow(c->o.mem, c->out->v, c->room * sizeof(piece),
			    room * sizeof(piece));
			c->room = room;
		}
		p = &c->out->v[c->out->count++];
		*p = piece;
		if (strcmp(piece.type, "function") == 0)
			add_calls(c, p);
		add_defines(c, p);
		if (last >= to)
			return;
		from = last - from >= 2 * INDEX_PIECE_OVERLAP ? last + 1 - INDEX_PIECE_OVERLAP : last + 1;
		piece.docstring = piece.signature = NONE;	/* said once, by the first part */
	}
}

/* Whether a run of lines between definitions is worth a piece: #endif and } are not. */
static bool
says_something(const struct cutter *c, uint32_t from, uint32_t to)
{
	for (uint32_t line = from; line <= to; line++) {
		struct sp_str s = sp_str_trim(line_text(c, line), " \t");

		if (s.len > 1 && s.p[0] == '#' && (c->o.language->lex & LEX_DIRECTIVES) != 0) {
			s = sp_str_trim(sp_str_sub(s, 1, s.len), " \t");
			if (sp_str_starts(s, "if") || sp_str_starts(s, "el") || sp_str_starts(s, "endif"))
				continue;
		}
		if (sp_str_is(s, "end") || sp_str_starts(s, "public:") || sp_str_starts(s, "private:") ||
		    (to - from < 3 && (sp_str_ends(s, "----") || sp_str_ends(s, "===="))))
			continue;			/* a line that only separates */
		for (size_t i = 0; i < s.len; i++)
			if (sp_is_alnum((unsigned char)s.p[i]) || (unsigned char)s.p[i] >= 0x80)
				return true;
	}
	return false;
}

static int
by_line(const void *a, const void *b)
{
	const struct index_span *x = a, *y = b;

	if (x->first_line != y->first_line)
		return x->first_line < y->first_line ? -1 : 1;
	if (x->last_line != y->last_line)
		return x->last_line > y->last_line ? -1 : 1;	/* the outer one first */
	return x->head < y->head ? -1 : x->head > y->head;
}

static int
by_start(const void *a, const void *b)
{
	const struct index_piece *x = a, *y = b;

	if (x->start_line != y->start_line)
		return x->start_line < y->start_line ? -1 : 1;
	return x->end_line < y->end_line ? -1 : x->end_line > y->end_line;
}

static int
name_by_line(const void *a, const void *b)
{
	const struct index_name *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->name.p < y->name.p ? -1 : x->name.p > y->name.p;
}

static void
take(struct cutter *c, uint32_t from, uint32_t to)
{
	for (uint32_t line = from; line <= to; line++)
		c->taken[line] = true;
}

static void
add_span(struct cutter *c, size_t i)
{
	const struct index_span *span = &c->o.spans[i], *inner = span + 1;
	struct index_piece piece = { .type = "file" };
	uint32_t last = span->last_line;

	switch (span->kind) {
	case SPAN_FUNCTION:
	case SPAN_DECLARATION:
		piece.type = span->kind == SPAN_FUNCTION ? "function" : "declaration";
		piece.function_name = span->name;
		piece.class_name = span->class_name;
		break;
	case SPAN_CLASS:
		piece.type = "class";
		piece.class_name = span->name;
		/* up to its first method or inner class: those are pieces of their own */
		if (i + 1 < c->o.nspans && inner->first_line <= last)
			last = inner->first_line > span->first_line ? inner->first_line - 1 :
			    span->first_line;
		break;
	case SPAN_SECTION:
		piece.type = "section";
		piece.signature = span->name;
		break;
	}
	if (span->kind != SPAN_SECTION) {
		piece.signature = signature(c, span);
		piece.docstring = docstring(c, span);
	}
	add(c, piece, span->first_line, last);
	take(c, span->first_line, last);
}

/* What no span covers; the class around it is remembered. */
static void
add_rest(struct cutter *c)
{
	size_t next = 0;
	const struct index_span *stack[64];
	unsigned depth = 0;

	for (uint32_t line = 1; line <= c->lines; line++) {
		struct index_piece piece = { .type = "file" };
		uint32_t from = line;

		for (; next < c->o.nspans && c->o.spans[next].first_line <= line; next++)
			if (c->o.spans[next].kind == SPAN_CLASS && depth < sizeof(stack) / sizeof(stack[0]))
				stack[depth++] = &c->o.spans[next];
		while (depth > 0 && stack[depth - 1]->last_line < line)
			depth--;
		if (c->taken[line])
			continue;
		while (line < c->lines && !c->taken[line + 1])
			line++;
		while (from < line && !says_something(c, from, from))
			from++;
		for (unsigned k = depth; k-- > 0 && piece.class_name.len == 0;)
			if (stack[k]->last_line >= from)
				piece.class_name = stack[k]->name;
		if (says_something(c, from, line))
			add(c, piece, from, line);
	}
}

void
index_chunk(struct sp_arena *mem, const struct index_language *language, struct sp_str text,
    struct index_pieces *out)
{
	struct cutter c = { .o = { .mem = mem, .language = language }, .text = text, .out = out };

	*out = (struct index_pieces){ 0 };
	if (text.len == 0)
		return;
	count_lines(&c, mem);
	if (language->scanner == SCAN_HEADINGS)
		index_scan_headings(&c.o, text);
	else if (language->scanner != SCAN_NOTHING)
		index_tokens_read(mem, language, text, &c.o.tokens);
	switch (language->scanner) {
	case SCAN_BRACES:
		index_scan_braces(&c.o);
		break;
	case SCAN_INDENT:
		index_scan_indent(&c.o);
		break;
	case SCAN_SQL:
		index_scan_sql(&c.o);
		break;
	case SCAN_HEADINGS:
	case SCAN_NOTHING:
		break;
	}
	index_scan_imports(&c.o);
	out->imports = (struct index_strings){ c.o.imports, c.o.nimports };

	if (c.o.nspans > 1)
		qsort(c.o.spans, c.o.nspans, sizeof(*c.o.spans), by_line);
	if (c.o.nnames > 1)
		qsort(c.o.names, c.o.nnames, sizeof(*c.o.names), name_by_line);
	for (size_t i = 0; i < c.o.nspans; i++)
		if (c.o.spans[i].kind != SPAN_CLASS)
			take(&c, c.o.spans[i].first_line, c.o.spans[i].last_line);
	for (size_t i = 0; i < c.o.nspans; i++)
		add_span(&c, i);
	add_rest(&c);
	if (out->count > 1)
		qsort(out->v, out->count, sizeof(*out->v), by_start);
}
