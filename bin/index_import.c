/* index_import.c - what a file asks for: #include, import, use, require, source */
#include "index_outline.h"

static void
include(struct index_outline *o, struct sp_str line)
{
	size_t end = 1;

	line = sp_str_trim(sp_str_sub(line, 1, line.len), " \t");
	if (!sp_str_starts(line, "include"))
		return;
	line = sp_str_trim(sp_str_sub(line, 7, line.len), " \t");
	if (line.len < 3 || (line.p[0] != '<' && line.p[0] != '"'))
		return;
	while (end < line.len && line.p[end] != '>' && line.p[end] != '"')
		end++;
	index_outline_import(o, sp_str_sub(line, 1, end));
}

static struct sp_str
unquoted(struct sp_str s)
{
	return sp_str_trim(s, "\"'`");
}

/* The tokens from i to the end of the statement as one text without spaces: a.b.C, std::io::*. */
static size_t
path(struct index_outline *o, size_t i)
{
	const struct index_tokens *t = &o->tokens;
	size_t first = i, line = t->v[i].line;
	char *out;
	size_t len = 0;

	while (i < t->count && t->v[i].line == line && !index_token_is(t, i, ';') &&
	    !index_token_is(t, i, ',') &&
	    !index_token_is(t, i, '{') && !index_token_is(t, i, '(') &&
	    (t->v[i].kind == TOKEN_WORD || t->v[i].kind == TOKEN_PUNCT) &&
	    !(i > first && index_token_in(t, i, "as import qw exposing")))
		len += t->v[i++].len;
	out = sp_alloc(o->mem, len + 1);
	len = 0;
	for (size_t k = first; k < i; k++) {
		memcpy(out + len, t->text.p + t->v[k].at, t->v[k].len);
		len += t->v[k].len;
	}
	index_outline_import(o, (struct sp_str){ out, len });
	return i;
}

void
index_scan_imports(struct index_outline *o)
{
	static const struct {
		const char *language;
		const char *line_words;		/* first on a line: a path follows */
		const char *string_words;	/* anywhere: a string follows */
	} rules[] = {
		{ "python", "import from", NULL },
		{ "java", "import", NULL },
		{ "kotlin", "import", NULL },
		{ "scala", "import", NULL },
		{ "swift", "import", NULL },
		{ "csharp", "using", NULL },
		{ "php", "use", "require require_once include include_once" },
		{ "rust", "use", NULL },
		{ "perl", "use require", NULL },
		{ "javascript", NULL, "import from require" },
		{ "typescript", NULL, "import from require" },
		{ "ruby", NULL, "require require_relative load" },
		{ "lua", NULL, "require" },
		{ "shell", "source .", NULL },
		{ "go", NULL, "import" },
	};
	const struct index_tokens *t = &o->tokens;
	const char *line_words = NULL, *string_words = NULL;
	bool go = sp_str_is(sp_str(o->language->name), "go");

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].language, o->language->name) == 0) {
			line_words = rules[i].line_words;
			string_words = rules[i].string_words;
		}
	for (size_t i = 0; i < t->count && o->nimports < INDEX_MAX_IMPORTS; i++) {
		if (t->v[i].kind == TOKEN_DIRECTIVE) {
			include(o, index_token_text(t, i));
		} else if (t->v[i].kind == TOKEN_WORD && t->v[i].first && i + 1 < t->count &&
		    t->v[i + 1].line == t->v[i].line && line_words != NULL &&
		    index_token_in(t, i, line_words) &&
		    t->v[i + 1].kind == TOKEN_WORD) {
			i++;
			while (index_token_in(t, i, "static function const type") && i + 1 < t->count)
				i++;
			i = path(o, i);
		} else if (string_words != NULL && index_token_in(t, i, string_words)) {
			size_t k = i + 1;

			if (index_token_is(t, k, '(')) {
				/* import ( "a" \n alias "b" ) of Go has several */
				for (k++; go && k < t->count && !index_token_is(t, k, ')'); k++)
					if (t->v[k].kind == TOKEN_STRING)
						index_outline_import(o, unquoted(index_token_text(t, k)));
			} else if (go && k < t->count && t->v[k].kind == TOKEN_WORD) {
				k++;
			}
			if (k < t->count && t->v[k].kind == TOKEN_STRING)
				index_outline_import(o, unquoted(index_token_text(t, k)));
		}
	}
}
