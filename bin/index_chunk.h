/*
 * index_chunk.h - a file as pieces for the index
 *
 * A piece is a definition with the comment above it, the head of a class up to
 * its first method, a section under a heading, or a run of lines that no
 * definition covers.  Every line that says something is in at least one piece.
 * A piece of more than 200 lines is cut; its parts overlap by 20 lines, so that
 * what stands at a cut is found whole.
 */
#ifndef SP_BIN_INDEX_CHUNK_H
#define SP_BIN_INDEX_CHUNK_H

#include "base/arena.h"
#include "index_language.h"

#define INDEX_PIECE_LINES	200
#define INDEX_PIECE_OVERLAP	20
#define INDEX_PIECE_BYTES	32000	/* a longer one is cut, too */
#define INDEX_LINE_BYTES	2000	/* the rest of a longer line (generated text) is left out */

#define INDEX_MAX_CALLS		64	/* called functions per piece */
#define INDEX_MAX_DEFINES	256	/* further names per piece */

struct index_strings {
	struct sp_str *item;
	size_t count;
};

struct index_piece {
	const char *type;		/* function, declaration (of a function), class, section, file */
	struct sp_str function_name, class_name, signature, docstring;	/* absent: not known */
	struct sp_str content;
	uint32_t start_line, end_line;	/* from 1, both included */
	struct index_strings defines, calls;
};

struct index_pieces {
	struct index_piece *v;
	size_t count;
	struct index_strings imports;	/* of the file */
};

/*
 * UTF-8 with \n: a byte order mark and \r go, text that is not UTF-8 is taken
 * for ISO 8859-1.  Pieces may only be made of text that went through here.
 */
struct sp_str index_text_clean(struct sp_arena *mem, struct sp_str bytes);

/* Cuts a file.  Slices point into the text or the arena; the text must stay as long. */
void index_chunk(struct sp_arena *mem, const struct index_language *language, struct sp_str text,
    struct index_pieces *out);

#endif
