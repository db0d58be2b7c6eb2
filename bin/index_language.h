/*
 * index_language.h - what the indexer knows about each language
 *
 * One row per language: how a file of it is recognised, how its comments and
 * strings look, and which words introduce definitions.  The scanners read this
 * table and nothing else, so a language is added by adding a row.
 */
#ifndef SP_BIN_INDEX_LANGUAGE_H
#define SP_BIN_INDEX_LANGUAGE_H

#include "base/str.h"

/* How text is cut into tokens. */
enum {
	LEX_SLASHES	= 1 << 0,	/* comment: two slashes to the end of the line */
	LEX_BLOCK	= 1 << 1,	/* comment: slash and star */
	LEX_NESTED	= 1 << 2,	/* ... which nests */
	LEX_HASH	= 1 << 3,	/* comment: # to the end of the line */
	LEX_DASHES	= 1 << 4,	/* comment: -- to the end of the line */
	LEX_DOUBLE	= 1 << 5,	/* "string" */
	LEX_SINGLE	= 1 << 6,	/* 'string' */
	LEX_CHAR	= 1 << 7,	/* 'c' is a character; 'name without an end is not */
	LEX_LINES	= 1 << 8,	/* strings may run over lines */
	LEX_DOUBLED	= 1 << 9,	/* a quote inside a string is doubled; backslash is a byte */
	LEX_TRIPLE	= 1 << 10,	/* three double quotes (and three single ones with LEX_SINGLE) */
	LEX_RAW_BACKTICK = 1 << 11,	/* `string` over lines, no escapes */
	LEX_TEMPLATE	= 1 << 12,	/* `string ${code}` */
	LEX_REGEX	= 1 << 13,	/* /pattern/ where an operand may stand */
	LEX_DIRECTIVES	= 1 << 14,	/* # at the start of a line: preprocessor */
	LEX_RAW_C	= 1 << 15,	/* R"x(...)x" */
	LEX_RAW_RUST	= 1 << 16,	/* r#"..."# */
	LEX_RAW_AT	= 1 << 17,	/* @"...""..." */
	LEX_HEREDOC	= 1 << 18,	/* <<WORD */
	LEX_PHP		= 1 << 19,	/* code stands between <?php and ?>; <<<WORD */
	LEX_PERL	= 1 << 20,	/* q() qw() s/// ..., =pod, __END__ */
	LEX_RUBY	= 1 << 21,	/* %w() ..., =begin, __END__ */
	LEX_LUA		= 1 << 22,	/* [[ ]] and --[[ ]] */
	LEX_DOLLAR	= 1 << 23,	/* $tag$ ... $tag$ */
	LEX_DOLLAR_WORD	= 1 << 24,	/* $ is a letter */
	LEX_SHELL	= 1 << 25,	/* # is a comment only at the start of a word, $# is not */
};

enum index_scanner {
	SCAN_NOTHING,		/* pieces of the file only */
	SCAN_BRACES,		/* index_braces.c */
	SCAN_INDENT,		/* index_indent.c */
	SCAN_SQL,		/* index_text.c */
	SCAN_HEADINGS,		/* index_text.c */
};

/* What SCAN_BRACES has to know beyond the words. */
enum {
	BRACE_SHAPE	= 1 << 0,	/* "type name(args) {" is a function: no word introduces it */
	BRACE_BARE	= 1 << 1,	/* "name(args) {" too, inside a class or an object */
	BRACE_TYPE_FIRST = 1 << 2,	/* "struct s *f(void) {" is a function although it says struct */
	BRACE_NEWLINE	= 1 << 3,	/* the end of a line may end a declaration */
	BRACE_OBJECTS	= 1 << 4,	/* functions live in object literals and callbacks, too */
	BRACE_EXPRESSION = 1 << 5,	/* "f(x) = expression" or "f(x) => expression;" is a body */
	BRACE_NAME_FIRST = 1 << 6,	/* "Name struct": the name precedes the class word */
	BRACE_FLAT	= 1 << 7,	/* no definitions of interest inside a class body (C, Go) */
	BRACE_COLUMN	= 1 << 8,	/* a } at the column of its head closes it, whatever was counted */
	BRACE_NO_BODY	= 1 << 9,	/* "class Name(val x: T)" needs no braces */
};

struct index_language {
	const char *name;
	const char *extensions;		/* separated by spaces, without the dot */
	const char *filenames;		/* whole names */
	const char *interpreters;	/* after #! when there is no extension */
	unsigned lex;
	enum index_scanner scanner;
	unsigned braces;
	const char *function_words;	/* stand before a function's name */
	const char *class_words;	/* stand before the name of a type with members */
	const char *scope_words;	/* braces that only group: namespace, extern, impl */
	const char *define_words;	/* stand before another name worth knowing */
};

/*
 * The language of a file by its name, or by its first line when the name says
 * nothing (`start`: the first bytes of the file, may be empty).  NULL: not a
 * file for the index.
 */
const struct index_language *index_language_of(const char *name, struct sp_str start);

/* True when the name alone says enough (no need to read the file). */
bool index_language_by_name(const char *name);

/* By the language's own name; NULL if unknown. */
const struct index_language *index_language_named(const char *name);

/* True if `word` is one of the words of `list` (separated by spaces; NULL is empty). */
bool index_word_in(struct sp_str word, const char *list);

#endif
