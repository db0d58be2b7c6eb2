/*
 * schema_pattern.c - patterns compiled and matched by PCRE2, at a known cost
 *
 * PCRE2's own limits do not bound the time of a match: they start anew at every
 * position of the text, and do not count what a simple repeat runs over.
 * Automatic callouts do both.  PCRE2 calls back before each item of the
 * pattern, each time it tries it, and from the distance to the last call we
 * know what it read in between.  (a+)+$ ends within milliseconds, and so does
 * \d*[xy] on a megabyte of digits.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "tools/schema_private.h"

#define MAX_PATTERN 8192		/* bytes as written */
#define HEAP_LIMIT 4096			/* KiB of backtracking points in one match */
#define BYTES_PER_STEP 16		/* that an item of a pattern reads */
#define BYTES_CHECKED_PER_STEP 64	/* for UTF-8, and for a letter that must be there */

struct sp_schema_pattern {
	pcre2_code *code;
	struct sp_str text;
};

struct sp_schema_matcher {
	struct sp_schema_budget *budget;
	size_t position;		/* in the text, at the last callout */
	pcre2_match_context *context;
	pcre2_match_data *data;
};

static void
free_code(void *code)
{
	pcre2_code_free(code);
}

bool
sp_schema_pattern_compile(struct sp_arena *mem, struct sp_str ecma, size_t *room,
    struct sp_schema_pattern **out, const char **why)
{
	struct sp_schema_pattern *pattern;
	PCRE2_UCHAR message[160];
	struct sp_str translated;
	PCRE2_SIZE offset;
	size_t size;
	struct sp_buf b;
	int error;

	if (ecma.len > MAX_PATTERN) {
		*why = "the pattern is too long";
		return false;
	}
	sp_buf_init(&b, mem, SP_SCHEMA_PATTERN_TRANSLATED);
	if (!sp_schema_pattern_translate(&b, ecma, why))
		return false;
	translated = sp_buf_view(&b);
	pattern = sp_alloc(mem, sizeof(*pattern));
	pattern->text = sp_str_dup(mem, ecma);
	pattern->code = pcre2_compile((PCRE2_SPTR)translated.p, translated.len,
	    PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS |
	    PCRE2_AUTO_CALLOUT, &error, &offset, NULL);
	if (pattern->code == NULL) {
		if (pcre2_get_error_message(error, message, sizeof(message)) < 0)
			message[0] = '\0';
		*why = sp_printf(mem, "PCRE2 cannot take it: %s", (const char *)message);
		return false;
	}
	sp_arena_defer(mem, free_code, pattern->code);
	if (pcre2_pattern_info(pattern->code, PCRE2_INFO_SIZE, &size) != 0 || size > *room) {
		*why = "it makes the patterns of the schema too large";
		return false;
	}
	*room -= size;
	*out = pattern;
	return true;
}

struct sp_str
sp_schema_pattern_text(const struct sp_schema_pattern *pattern)
{
	return pattern->text;
}

static int
spend(pcre2_callout_block *at, void *matcher)
{
	struct sp_schema_matcher *m = matcher;
	size_t moved = at->current_position > m->position ? at->current_position - m->position :
	    m->position - at->current_position;

	m->position = at->current_position;
	return sp_schema_spend(m->budget, 1 + moved / BYTES_PER_STEP) ? 0 : PCRE2_ERROR_CALLOUT;
}

struct sp_schema_matcher *
sp_schema_matcher_new(struct sp_schema_budget *budget)
{
	struct sp_schema_matcher *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->context = pcre2_match_context_create(NULL)) == NULL ||
	    (m->data = pcre2_match_data_create(1, NULL)) == NULL)
		sp_out_of_memory();
	m->budget = budget;
	(void)pcre2_set_callout(m->context, spend, m);
	(void)pcre2_set_heap_limit(m->context, HEAP_LIMIT);
	return m;
}

void
sp_schema_matcher_free(struct sp_schema_matcher *m)
{
	if (m == NULL)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	free(m);
}

bool
sp_schema_match(struct sp_schema_matcher *m, const struct sp_schema_pattern *pattern, struct sp_str text)
{
	int result;

	m->position = 0;
	if (!sp_schema_spend(m->budget, 1 + text.len / BYTES_CHECKED_PER_STEP))
		return false;
	result = pcre2_match(pattern->code, (PCRE2_SPTR)(text.len > 0 ? text.p : ""), text.len, 0, 0,
	    m->data, m->context);
	if (result >= 0)
		return true;
	/* Not well-formed text matches nothing; all else that can happen is a limit. */
	if (result != PCRE2_ERROR_NOMATCH && (result > PCRE2_ERROR_UTF8_ERR1 || result < PCRE2_ERROR_UTF8_ERR21))
		m->budget->left = 0;
	return false;
}
