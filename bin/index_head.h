/*
 * index_head.h - the head of a declaration: what stands before a brace or a semicolon
 *
 * Used by index_braces.c only.  A head is a list of tokens without comments,
 * preprocessor lines and a leading template <...>; the functions say what it
 * declares.
 */
#ifndef SP_BIN_INDEX_HEAD_H
#define SP_BIN_INDEX_HEAD_H

#include "index_token.h"

#define INDEX_MAX_HEAD 256	/* tokens of a head that are looked at */

struct index_head {
	const struct index_tokens *t;
	const struct index_language *language;
	struct sp_str class_name;	/* of the class around it; absent if none */
	bool members;			/* "name(args) {" is a method here: a class or an object literal */
	bool in_parens;			/* it is an argument of something */
	size_t v[INDEX_MAX_HEAD];	/* positions in *t */
	unsigned n;
	size_t first;			/* the first token, also when it is not in the list */
};

enum index_meaning { IS_OTHER, IS_FUNCTION, IS_CLASS, IS_SCOPE, IS_TYPE };

/* What a head says. */
struct index_verdict {
	enum index_meaning meaning;
	size_t head;			/* its first token */
	struct sp_str name, class_name;
	bool members;			/* of IS_CLASS, IS_SCOPE: methods may stand inside */
	bool expression;		/* of IS_FUNCTION: "= ..." stands before the brace */
};

/* Fills the list from tokens from..to (to not included); the other members are set before. */
void index_head_read(struct index_head *h, size_t from, size_t to);

/* What a brace behind this head opens. */
struct index_verdict index_head_judge(const struct index_head *h);

/* Each of these is true, and sets *v, when the head is of its kind. */
bool index_head_function_by_word(const struct index_head *h, struct index_verdict *v);	/* fn name(args) */
bool index_head_function_by_shape(const struct index_head *h, struct index_verdict *v);	/* int name(args) */
bool index_head_type(const struct index_head *h, struct index_verdict *v);		/* class Name */

/* The first word of the list at the top level, and the = of an assignment there: h->n if there is none. */
unsigned index_head_find(const struct index_head *h, const char *list);
unsigned index_head_assign(const struct index_head *h);

/* Entries k and k + 1 are these two bytes without space between, such as => and ::. */
bool index_head_pair(const struct index_head *h, unsigned k, char c, char d);

#endif
