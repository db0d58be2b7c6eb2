/*
 * index_outline.h - what a scanner finds in one file
 *
 * Spans are the definitions, names are further identifiers that the file
 * defines (macros, constants, enumerators), imports are what it asks for.
 * index_chunk.c makes pieces of them.  Everything lives in the arena; slices
 * point into the text.
 */
#ifndef SP_BIN_INDEX_OUTLINE_H
#define SP_BIN_INDEX_OUTLINE_H

#include "index_token.h"

#define INDEX_MAX_SPANS		4096	/* per file; what is beyond stays in pieces without a name */
#define INDEX_MAX_NAMES		8192
#define INDEX_MAX_IMPORTS	64

enum index_span_kind { SPAN_FUNCTION, SPAN_DECLARATION, SPAN_CLASS, SPAN_SECTION };

struct index_span {
	enum index_span_kind kind;
	uint32_t first_line, last_line;	/* with the comment above it */
	size_t comment;		/* token: the first of the comment above, or == head */
	size_t head;		/* token: where the definition itself begins */
	size_t body;		/* token: where its signature has ended */
	size_t last;		/* token: its last one */
	struct sp_str name;	/* of the function or class; of a section its title */
	struct sp_str class_name;	/* the class that a function belongs to; absent if none */
};

struct index_name {
	uint32_t line;
	struct sp_str name;
};

struct index_outline {
	struct sp_arena *mem;
	const struct index_language *language;
	struct index_tokens tokens;	/* empty for SCAN_HEADINGS */
	struct index_span *spans;
	size_t nspans, span_room;
	struct index_name *names;
	size_t nnames, name_room;
	struct sp_str *imports;
	size_t nimports;
};

void index_outline_span(struct index_outline *o, const struct index_span *span);
void index_outline_name(struct index_outline *o, uint32_t line, struct sp_str name);
void index_outline_import(struct index_outline *o, struct sp_str name);	/* once each */

/* A span of tokens: finds the comment above `head` and the lines by itself. */
void index_outline_tokens(struct index_outline *o, enum index_span_kind kind, size_t head, size_t body,
    size_t last, struct sp_str name, struct sp_str class_name);

/* The text of file, sections from titles, definitions from tokens: one per enum index_scanner. */
void index_scan_braces(struct index_outline *o);
void index_scan_indent(struct index_outline *o);
void index_scan_sql(struct index_outline *o);
void index_scan_headings(struct index_outline *o, struct sp_str text);
void index_scan_imports(struct index_outline *o);

#endif
