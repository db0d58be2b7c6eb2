/* text_match.c - a regular expression that a text has to fit */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "tools/text_match.h"

#define PATTERN_MAX	1024
#define TEXT_MAX	1024		/* bytes; with the limits below the worst pattern takes some milliseconds */
#define MATCH_LIMIT	5000
#define HEAP_LIMIT	1024		/* KiB */

struct sp_text_match {
	pcre2_code *code;
};

static void
free_code(void *code)
{
	pcre2_code_free(code);
}

bool
sp_text_match_new(struct sp_arena *mem, const char *pattern, const struct sp_text_match **out, const char **why)
{
	struct sp_text_match *m = sp_alloc(mem, sizeof(*m));
	PCRE2_UCHAR message[160];
	PCRE2_SIZE offset;
	int error;

	if (strlen(pattern) > PATTERN_MAX) {
		*why = "the pattern is too long";
		return false;
	}
	m->code = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY,
	    &error, &offset, NULL);
	if (m->code == NULL) {
		if (pcre2_get_error_message(error, message, sizeof(message)) < 0)
			message[0] = '\0';
		*why = sp_printf(mem, "the pattern is none: %s", (const char *)message);
		return false;
	}
	sp_arena_defer(mem, free_code, m->code);
	*out = m;
	return true;
}

bool
sp_text_match_find(const struct sp_text_match *m, struct sp_str text, struct sp_str *out)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(m->code, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	const PCRE2_SIZE *at;
	size_t group;
	int count;

	if (data == NULL || context == NULL)
		sp_out_of_memory();
	pcre2_set_match_limit(context, MATCH_LIMIT);
	pcre2_set_heap_limit(context, HEAP_LIMIT);
	count = text.len <= TEXT_MAX ? pcre2_match(m->code, (PCRE2_SPTR)(text.p != NULL ? text.p : ""), text.len, 0, 0, data, context) : -1;
	if (count > 0) {
		at = pcre2_get_ovector_pointer(data);
		group = count > 1 && at[2] != PCRE2_UNSET ? 2 : 0;
		*out = sp_str_sub(text, at[group], at[group + 1]);
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return count > 0;
}
