/* index_text.c - SQL statements, and sections under headings */
#include "index_outline.h"

/* ---- SQL ---- */

/* A name such as schema.table or "Quoted"; *end is behind it. */
static struct sp_str
sql_name(const struct index_tokens *t, size_t i, size_t *end)
{
	struct sp_str name = { NULL, 0 };

	while (i < t->count && (t->v[i].kind == TOKEN_WORD ||
	    (t->v[i].kind == TOKEN_STRING && t->text.p[t->v[i].at] == '"'))) {
		name = sp_str_trim(index_token_text(t, i), "\"");
		*end = ++i;
		if (!index_token_is(t, i, '.'))
			break;
		i++;
	}
	return name;
}

static bool
keyword(const struct index_tokens *t, size_t i, const char *list)
{
	struct sp_str word, rest = sp_str(list), item;

	if (i >= t->count || t->v[i].kind != TOKEN_WORD)
		return false;
	word = index_token_text(t, i);
	while (sp_str_split(&rest, ' ', &item))
		if (sp_str_caseeq(item, word))
			return true;
	return false;
}

/* The ; that ends the statement, over BEGIN ... END in a body that is not quoted. */
static size_t
sql_end(const struct index_tokens *t, size_t i, bool routine)
{
	unsigned parens = 0, blocks = 0;

	for (; i < t->count; i++) {
		if (index_token_is(t, i, '('))
			parens++;
		else if (index_token_is(t, i, ')'))
			parens -= parens > 0;
		else if (routine && keyword(t, i, "begin case"))
			blocks++;
		else if (routine && blocks > 0 && keyword(t, i, "end") &&
		    !keyword(t, i + 1, "if loop while repeat"))
			blocks--;
		else if (index_token_is(t, i, ';') && parens == 0 && blocks == 0)
			return i;
	}
	return t->count - 1;
}

void
index_scan_sql(struct index_outline *o)
{
	static const char words_between[] = "or replace temp temporary unlogged global local unique materialized "
	    "recursive external constraint definer if not exists concurrently";
	const struct index_tokens *t = &o->tokens;
	bool start = true;

	for (size_t i = 0; i < t->count; i++) {
		size_t what = i + 1, name_at, behind = i, last;
		bool routine;
		struct sp_str name;

		if (t->v[i].kind == TOKEN_COMMENT)
			continue;
		if (!start || !keyword(t, i, "create")) {
			start = index_token_is(t, i, ';') || t->v[i].kind == TOKEN_STRING ||
			    (i + 1 < t->count && t->v[i + 1].first && keyword(t, i + 1, "create"));
			continue;
		}
		while (keyword(t, what, words_between))
			what++;
		routine = keyword(t, what, "function procedure trigger aggregate");
		if (!routine && !keyword(t, what, "table view type domain policy"))
			continue;
		for (name_at = what + 1; keyword(t, name_at, words_between); name_at++)
			;
		name = sql_name(t, name_at, &behind);
		if (name.len == 0)
			continue;
		last = sql_end(t, behind, routine);
		index_outline_tokens(o, routine ? SPAN_FUNCTION : SPAN_CLASS, i, behind, last, name,
		    (struct sp_str){ NULL, 0 });
		/* the columns of a table and the values of a type are names people look for */
		if (!routine && index_token_is(t, behind, '(')) {
			unsigned depth = 0;

			for (size_t k = behind; k < last; k++) {
				if (index_token_is(t, k, '('))
					depth++;
				else if (index_token_is(t, k, ')'))
					depth -= depth > 0;
				if (depth == 1 && (index_token_is(t, k, '(') ||
				    index_token_is(t, k, ',')) &&
				    !keyword(t, k + 1, "primary foreign unique check constraint exclude like"))
					index_outline_name(o, t->v[k].last_line,
					    sql_name(t, k + 1, &behind));
			}
		}
		i = last;
		start = true;
	}
}

/* ---- headings ---- */

#define SHORT_SECTION 12	/* lines of text */

struct line {
	struct sp_str text;	/* without its end */
	uint32_t number;
};

/* "## Title ##", "== Title", ".SH TITLE", ".Sh Title": the title, or nothing. */
static struct sp_str
marked_title(struct sp_str line)
{
	static const char *const requests[] = { ".SH ", ".SS ", ".Sh ", ".Ss ", ".IP \"" };
	size_t level = 0;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (sp_str_starts(line, requests[i]))
			return sp_str_trim(sp_str_sub(line, i == 4 ? 4 : 3, line.len), " \t\"");
	if (line.len == 0 || (line.p[0] != '#' && line.p[0] != '='))
		return (struct sp_str){ NULL, 0 };
	while (level < line.len && line.p[level] == line.p[0])
		level++;
	if (level > 6 || level == line.len || line.p[level] != ' ')
		return (struct sp_str){ NULL, 0 };
	return sp_str_trim(line, "#= \t");
}

/* A line of at least three of the same mark below a title of about its length. */
static bool
is_underline(struct sp_str title, struct sp_str line)
{
	char set[2] = { 0 };

	title = sp_str_trim(title, " \t");
	line = sp_str_trim(line, " \t");
	if (line.len < 3 || title.len == 0 || strchr("=-~^+", line.p[0]) == NULL ||
	    line.len + 2 < title.len || line.len > title.len + 4)
		return false;
	set[0] = line.p[0];
	return sp_str_only(line, set) && !sp_str_only(title, "=-~^+| ");
}

/* The end of a section that starts at `from`, before the next heading `to`: blank lines are left off. */
static void
section(struct index_outline *o, uint32_t from, uint32_t to, struct sp_str title)
{
	index_outline_span(o, &(struct index_span){
		.kind = SPAN_SECTION, .first_line = from, .last_line = to, .name = title,
	});
}

void
index_scan_headings(struct index_outline *o, struct sp_str text)
{
	struct line before = { { NULL, 0 }, 0 };
	struct sp_str rest = text, line, title = { NULL, 0 }, found;
	uint32_t number = 0, start = 0, content = 0;	/* content: lines of the section that say something */
	bool fenced = false;

	while (sp_str_split(&rest, '\n', &line)) {
		uint32_t begins = ++number;

		if (sp_str_starts(line, "```") || sp_str_starts(line, "~~~"))
			fenced = !fenced;
		found = fenced ? (struct sp_str){ NULL, 0 } : marked_title(line);
		if (found.len == 0 && !fenced && is_underline(before.text, line)) {
			found = sp_str_trim(before.text, " \t");
			begins = number - 1;
			content -= content > 0;		/* the title was counted as text */
		}
		if (found.len > 0) {
			/* short sections share a piece: it says more than each alone */
			if (start > 0 && content >= SHORT_SECTION) {
				section(o, start, begins - 1, title);
				start = 0;
			}
			if (start == 0) {
				start = begins;
				title = found;
				content = 0;
			} else {
				index_outline_name(o, begins, found);
			}
		} else if (sp_str_trim(line, " \t").len > 0) {
			content++;
		}
		before = (struct line){ line, number };
	}
	if (start > 0)
		section(o, start, number, title);
}
