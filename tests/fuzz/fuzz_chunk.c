/*
 * fuzz_chunk.c - cutting a file of any language into pieces
 *
 * The first line names the file; the rest is its text.  Whatever it is, the
 * pieces have lines of the file, in order, within their limits, and every line
 * with a letter in the plain languages is in one of them.
 */
#include "fuzz.h"
#include "index_chunk.h"
#include "index_ignore.h"

static void
check(struct sp_str text, const struct index_pieces *pieces)
{
	uint32_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	for (size_t i = 0; i < pieces->count; i++) {
		const struct index_piece *p = &pieces->v[i];

		FUZZ_CHECK(p->start_line >= 1 && p->start_line <= p->end_line && p->end_line <= lines);
		FUZZ_CHECK(p->end_line - p->start_line < INDEX_PIECE_LINES);
		FUZZ_CHECK(p->content.p != NULL && p->content.len <= INDEX_PIECE_BYTES + INDEX_LINE_BYTES);
		FUZZ_CHECK(sp_utf8_valid(p->content) && sp_str_index(p->content, '\0') < 0);
		FUZZ_CHECK(p->signature.p == NULL || sp_utf8_valid(p->signature));
		FUZZ_CHECK(p->docstring.p == NULL || sp_utf8_valid(p->docstring));
		FUZZ_CHECK(sp_utf8_valid(p->function_name) && sp_utf8_valid(p->class_name));
		FUZZ_CHECK(p->calls.count <= INDEX_MAX_CALLS && p->defines.count <= INDEX_MAX_DEFINES);
		FUZZ_CHECK(i == 0 || p->start_line >= pieces->v[i - 1].start_line);
		for (size_t k = 0; k < p->defines.count; k++)
			FUZZ_CHECK(sp_utf8_valid(p->defines.item[k]));
		for (size_t k = 0; k < p->calls.count; k++)
			FUZZ_CHECK(sp_utf8_valid(p->calls.item[k]));
	}
	for (size_t i = 0; i < pieces->imports.count; i++)
		FUZZ_CHECK(sp_utf8_valid(pieces->imports.item[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str rest = { (const char *)data, size }, name;
	struct sp_arena *mem = sp_arena_new();
	const struct index_language *language;
	struct index_pieces pieces;

	if (sp_str_split(&rest, '\n', &name) && name.len < 100 && sp_str_index(name, '\0') < 0) {
		const char *file = sp_cstr(mem, name);
		struct sp_str text = index_text_clean(mem, rest);

		language = index_language_of(file, text);
		if (language != NULL) {
			index_chunk(mem, language, text, &pieces);
			check(text, &pieces);
		}
		/* the same bytes as rules */
		(void)index_ignored(index_ignore_add(mem, NULL, (struct sp_str){ "", 0 }, rest), name, true);
	}
	sp_arena_free(mem);
	return 0;
}
