/*
 * str.h - text as (pointer, length): slices that own nothing
 *
 * A struct sp_str points into memory that somebody else keeps (an arena, a
 * literal, a received buffer).  It need not end in NUL.  All tests are strict
 * ASCII and never follow the locale.
 */
#ifndef SP_BASE_STR_H
#define SP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SP_MUST_USE __attribute__((warn_unused_result))

struct sp_str {
	const char *p;	/* never NULL when len > 0; NULL means "absent" where a header says so */
	size_t len;
};

#define SP_LIT(s)	((struct sp_str){ "" s "", sizeof(s) - 1 })
/* for printf: "%.*s", SP_FMT(str) */
#define SP_FMT(s)	(int)(s).len, (s).p

/* The whole C string; NULL gives the absent slice. */
static inline struct sp_str
sp_str(const char *s)
{
	return (struct sp_str){ s, s != NULL ? strlen(s) : 0 };
}

/* Byte-for-byte equality (not for secrets: sp_secret_equal).  Absent equals empty. */
bool sp_str_eq(struct sp_str a, struct sp_str b);
bool sp_str_is(struct sp_str a, const char *literal);

/* Equality that takes A-Z as a-z and nothing else. */
bool sp_str_caseeq(struct sp_str a, struct sp_str b);
bool sp_str_caseis(struct sp_str a, const char *literal);

bool sp_str_starts(struct sp_str s, const char *prefix);
bool sp_str_ends(struct sp_str s, const char *suffix);

/* First position of a byte, or -1. */
ptrdiff_t sp_str_index(struct sp_str s, char c);

/* Part of s: from..to (to not included), both cut to its length. */
struct sp_str sp_str_sub(struct sp_str s, size_t from, size_t to);

/* Without the bytes of `set` at both ends, e.g. sp_str_trim(s, " \t"). */
struct sp_str sp_str_trim(struct sp_str s, const char *set);

/*
 * Takes what stands before `sep` off the front of *rest (and the separator).
 * At the end gives all that is left and then returns false:
 *	while (sp_str_split(&rest, ' ', &word)) ...
 * yields empty words between adjacent separators; an empty input yields none,
 * and a separator at the very end is not followed by an empty word.
 */
bool sp_str_split(struct sp_str *rest, char sep, struct sp_str *word);

bool sp_is_alpha(unsigned char c);
bool sp_is_digit(unsigned char c);
bool sp_is_alnum(unsigned char c);
bool sp_is_hex(unsigned char c);
bool sp_is_tchar(unsigned char c);	/* RFC 9110 5.6.2 token */
unsigned char sp_lower(unsigned char c);

/* True when every byte is one of `set` (a NUL-terminated list); true for an empty s. */
bool sp_str_only(struct sp_str s, const char *set);

/*
 * The whole text as a decimal integer within min..max, or false and *out
 * untouched.  Digits with an optional "-" before them; no "+", no white space.
 */
SP_MUST_USE bool sp_str_int64(struct sp_str s, int64_t min, int64_t max, int64_t *out);

/* Length in bytes of the well-formed UTF-8 character at the front; 0: empty or ill-formed. */
size_t sp_utf8_len(struct sp_str s);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms), NUL allowed. */
bool sp_utf8_valid(struct sp_str s);

/* The well-formed characters at the front, as many as fit in max bytes. */
struct sp_str sp_utf8_cut(struct sp_str s, size_t max);

/* True when s has a byte below 0x20 or 0x7f. */
bool sp_str_has_control(struct sp_str s);

#endif
