/*
 * statement_text.h - the text of a SQL statement with named parameters
 *
 *	SELECT state FROM shop.orders WHERE order_no = :order_no AND (:since IS NULL OR created >= :since)
 *
 * Read once, when a catalog is loaded, by PostgreSQL's own rules for tokens
 * (manual, "Lexical Structure"; standard_conforming_strings is on): a colon in a
 * string, a dollar quote, a quoted identifier or a comment is text, "::" is a
 * cast, ":=" names an argument, and between the bounds of an array slice a colon
 * behind a value is the slice's.  What is left, ":" and a name, is a parameter
 * and becomes "$n".  So a value is never part of the text, and the text is the
 * same for every call.
 *
 * A parameter has one type, which PostgreSQL infers from where it stands.  In
 * front of IS [NOT] NULL nothing can be inferred, and in front of a cast the type is
 * the cast's: places there are numbered apart, with the same value.
 *
 * One statement only, which begins with SELECT, VALUES, TABLE, WITH, INSERT,
 * UPDATE, DELETE, MERGE or CALL: so no SET, RESET, BEGIN, COMMIT, COPY, DO, and no DDL.
 * set_config() is refused by its name (and U&"...", which could spell it), SELECT ...
 * INTO by its word.  That keeps mistakes out, not a malicious author: functions that
 * take SQL as text (query_to_xml() is one) can still do what the role may do, and RESET ROLE.
 */
#ifndef SP_TOOLS_STATEMENT_TEXT_H
#define SP_TOOLS_STATEMENT_TEXT_H

#include "base/arena.h"

#define SP_STATEMENT_MAX	((size_t)64 * 1024)	/* bytes; longer ones belong into a function */
#define SP_STATEMENT_PLACES	256

/* What stands for $n. */
struct sp_statement_place {
	struct sp_str name;		/* of the parameter; one may have several places */
	struct sp_str cast;		/* the type it is cast to, in lower case, "[]" behind it for an array; empty: none */
};

struct sp_statement_text {
	/* together the statement, without a semicolon; `with` is empty when it does not begin with WITH */
	struct sp_str with, main;
	bool writes;			/* INSERT, UPDATE, DELETE or MERGE, at its beginning or in a WITH; CALL */
	bool counts;			/* it is one of the four, not in a WITH */
	bool returns;			/* it gives rows */
	struct sp_statement_place *place;
	size_t count;
};

/*
 * Reads a statement into memory of `mem`.  False: *why, which begins with the
 * line, as in "line 2: a string does not end".
 */
SP_MUST_USE bool sp_statement_read(struct sp_arena *mem, struct sp_str sql, struct sp_statement_text *out,
    const char **why);

#endif
