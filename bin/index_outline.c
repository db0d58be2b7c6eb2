/* index_outline.c - collecting what the scanners find */
#include "index_outline.h"

#define MAX_NAME 200	/* bytes; a longer "name" is not one */

void
index_outline_span(struct index_outline *o, const struct index_span *span)
{
	if (o->nspans == INDEX_MAX_SPANS || span->name.len > MAX_NAME)
		return;
	if (o->nspans == o->span_room) {
		size_t room = o->span_room == 0 ? 64 : o->span_room * 2;

		o->spans = sp_arena_grow(o->mem, o->spans, o->span_room * sizeof(*span),
		    room * sizeof(*span));
		o->span_room = room;
	}
	o->spans[o->nspans++] = *span;
}

void
index_outline_name(struct index_outline *o, uint32_t line, struct sp_str name)
{
	if (o->nnames == INDEX_MAX_NAMES || name.len == 0 || name.len > MAX_NAME)
		return;
	if (o->nnames == o->name_room) {
		size_t room = o->name_room == 0 ? 64 : o->name_room * 2;

		o->names = sp_arena_grow(o->mem, o->names, o->name_room * sizeof(*o->names),
		    room * sizeof(*o->names));
		o->name_room = room;
	}
	o->names[o->nnames++] = (struct index_name){ line, name };
}

void
index_outline_import(struct index_outline *o, struct sp_str name)
{
	if (o->nimports == INDEX_MAX_IMPORTS || name.len == 0 || name.len > MAX_NAME)
		return;
	for (size_t i = 0; i < o->nimports; i++)
		if (sp_str_eq(o->imports[i], name))
			return;
	if (o->imports == NULL)
		o->imports = sp_alloc_array(o->mem, INDEX_MAX_IMPORTS, sizeof(*o->imports));
	o->imports[o->nimports++] = name;
}

/* Whether token i, a preprocessor line, is #if, #ifdef or #ifndef. */
static bool
opens_branch(const struct index_outline *o, size_t i)
{
	struct sp_str line = index_token_text(&o->tokens, i);

	return sp_str_starts(sp_str_trim(sp_str_sub(line, 1, line.len), " \t"), "if");
}

void
index_outline_tokens(struct index_outline *o, enum index_span_kind kind, size_t head, size_t body,
    size_t last, struct sp_str name, struct sp_str class_name)
{
	const struct index_token *v = o->tokens.v;
	size_t comment = head, i = head;

	if (last >= o->tokens.count)
		last = o->tokens.count - 1;
	/*
	 * Comments that stand alone on the lines right above it, over an #ifdef
	 * between; what shares a line with other code has none.
	 */
	while (v[head].first && i > 0 && (v[i - 1].kind == TOKEN_COMMENT ||
	    v[i - 1].kind == TOKEN_DIRECTIVE) &&
	    v[i - 1].first && v[i - 1].last_line + 1 >= v[i].line) {
		i--;
		if (v[i].kind == TOKEN_COMMENT)
			comment = i;
		else if (head - i > 2 || !opens_branch(o, i))
			break;
	}
	index_outline_span(o, &(struct index_span){
		.kind = kind, .first_line = v[comment].line, .last_line = v[last].last_line,
		.comment = comment, .head = head, .body = body, .last = last,
		.name = name, .class_name = class_name,
	});
}
