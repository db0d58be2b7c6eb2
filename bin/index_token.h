/*
 * index_token.h - source text as tokens
 *
 * Good enough for finding definitions, not for compiling: what matters is that
 * a brace inside a comment or a string is never taken for a brace of the code.
 * Hostile text costs at most time in proportion to its length: looking ahead
 * for the end of a string or comment that never ends draws on a budget.
 */
#ifndef SP_BIN_INDEX_TOKEN_H
#define SP_BIN_INDEX_TOKEN_H

#include "base/arena.h"
#include "index_language.h"

enum index_token_kind {
	TOKEN_WORD,		/* identifier or keyword */
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_PUNCT,		/* one byte (two for // of Perl) */
	TOKEN_COMMENT,
	TOKEN_DIRECTIVE,	/* a preprocessor line with its continuations */
};

struct index_token {
	uint32_t at, len;	/* bytes of the text */
	uint32_t line, last_line;	/* from 1; a string or comment may have several */
	uint16_t indent;	/* columns before it (a tab goes to the next 8), when `first` */
	uint8_t kind;
	bool first;		/* the first token of its line */
};

struct index_tokens {
	struct sp_str text;
	struct index_token *v;
	size_t count;
};

/* text.len must be below 2^31.  The tokens live in the arena. */
void index_tokens_read(struct sp_arena *mem, const struct index_language *language,
    struct sp_str text, struct index_tokens *out);

/* The text of a token. */
static inline struct sp_str
index_token_text(const struct index_tokens *t, size_t i)
{
	return (struct sp_str){ t->text.p + t->v[i].at, t->v[i].len };
}

/* True when token i exists and is this one byte of punctuation. */
static inline bool
index_token_is(const struct index_tokens *t, size_t i, char c)
{
	return i < t->count && t->v[i].kind == TOKEN_PUNCT && t->text.p[t->v[i].at] == c;
}

/* True when token i exists and is one of these words. */
static inline bool
index_token_in(const struct index_tokens *t, size_t i, const char *list)
{
	return i < t->count && t->v[i].kind == TOKEN_WORD && index_word_in(index_token_text(t, i), list);
}

#endif
