/*
 * text_match.h - a regular expression that a text has to fit
 *
 * PCRE2 with UTF, with limits on the work: a text that needs more does not fit.
 */
#ifndef SP_TOOLS_TEXT_MATCH_H
#define SP_TOOLS_TEXT_MATCH_H

#include "base/arena.h"

struct sp_text_match;

/* Freed with mem.  False: *why. */
SP_MUST_USE bool sp_text_match_new(struct sp_arena *mem, const char *pattern, const struct sp_text_match **out,
    const char **why);
/* *out is what the first parentheses hold, or without any what the pattern matches; a part of text. */
SP_MUST_USE bool sp_text_match_find(const struct sp_text_match *match, struct sp_str text, struct sp_str *out);

#endif
