/* document_place.c - where things stand in a file, and what is wrong there */
#include "tools/document.h"

#include <stdarg.h>

#define MESSAGE_MAX	600		/* bytes of one message: it may quote what was read */
#define WORD_MAX	64		/* longer words are not looked at for a suggestion */

const struct sp_place *
sp_place_member(const struct sp_place *place, const char *name)
{
	if (place == NULL)
		return NULL;
	for (const struct sp_place *p = place->child; p != NULL; p = p->next)
		if (p->name.p != NULL && sp_str_is(p->name, name))
			return p;
	return place;
}

/* The child with the longest name that the path begins with; names may have dots. */
static const struct sp_place *
step_name(const struct sp_place *place, struct sp_str path, size_t *taken)
{
	const struct sp_place *best = NULL;

	for (const struct sp_place *p = place->child; p != NULL; p = p->next) {
		if (p->name.p == NULL || p->name.len == 0 || p->name.len > path.len ||
		    memcmp(path.p, p->name.p, p->name.len) != 0)
			continue;
		if (p->name.len < path.len && memchr(".[/", path.p[p->name.len], 3) == NULL)
			continue;
		if (best == NULL || p->name.len > best->name.len)
			best = p;
	}
	*taken = best != NULL ? best->name.len : 0;
	return best;
}

static const struct sp_place *
step_index(const struct sp_place *place, struct sp_str path, size_t *taken)
{
	const struct sp_place *p = place->child;
	size_t digits = 0;
	int64_t n;

	while (digits < path.len && sp_is_digit((unsigned char)path.p[digits]))
		digits++;
	*taken = digits;
	if (!sp_str_int64(sp_str_sub(path, 0, digits), 0, INT32_MAX, &n))
		return NULL;
	while (p != NULL && p->name.p == NULL && n-- > 0)
		p = p->next;
	return p != NULL && p->name.p == NULL ? p : NULL;
}

const struct sp_place *
sp_place_find(const struct sp_place *place, struct sp_str path)
{
	const struct sp_place *next;
	size_t taken;

	while (place != NULL) {
		while (path.len > 0 && memchr("#./[]", path.p[0], 5) != NULL)
			path = sp_str_sub(path, 1, path.len);
		if (path.len == 0 ||
		    ((next = step_name(place, path, &taken)) == NULL && (next = step_index(place, path, &taken)) == NULL))
			break;
		place = next;
		path = sp_str_sub(path, taken, path.len);
	}
	return place;
}

/* ---- faults ---- */

/* What was read must not drive the terminal that it is shown on. */
static const char *
printable(struct sp_arena *mem, struct sp_str text)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 4 * MESSAGE_MAX + 8);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i], after = i + 1 < text.len ? (unsigned char)text.p[i + 1] : 0;

		if (c == 0xc2 && after >= 0x80 && after < 0xa0)		/* C1 controls */
			sp_buf_printf(&b, "\\u00%02x", (unsigned char)text.p[++i]);
		else if (c < 0x20 || c == 0x7f)
			sp_buf_printf(&b, "\\x%02x", c);
		else
			sp_buf_char(&b, (char)c);
	}
	return sp_buf_view(&b).p;
}

__attribute__((format(printf, 4, 0)))
static void
add_fault(struct sp_faults *faults, const char *file, int line, const char *fmt, va_list ap)
{
	struct sp_str text;

	if (faults->count == SP_FAULTS_MAX) {
		faults->more++;
		return;
	}
	text = sp_utf8_cut(sp_str(sp_vprintf(faults->mem, fmt, ap)), MESSAGE_MAX);
	faults->item[faults->count++] = (struct sp_fault){ file, line, printable(faults->mem, text) };
}

void
sp_fault(struct sp_faults *faults, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_fault(faults, file, line, fmt, ap);
	va_end(ap);
}

void
sp_document_fault(struct sp_documents *all, const struct sp_document *doc, const char *path, const char *fmt, ...)
{
	const struct sp_place *place = sp_place_find(doc->place, sp_str(path));
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = sp_vprintf(all->mem, fmt, ap);
	va_end(ap);
	sp_fault(&all->faults, doc->file, place != NULL ? place->line : 0, "%s%s%s", path, path[0] != '\0' ? ": " : "", text);
}

void
sp_document_missing(struct sp_documents *all, const struct sp_document *doc, const char *path, const char *kind,
    const char *name)
{
	const struct sp_place *place = sp_place_find(doc->place, sp_str(path));

	if (all->row != NULL)
		sp_document_fault(all, doc, path, "there is no %s \"%s\"", kind, name);
	else
		sp_fault(&all->remarks, doc->file, place != NULL ? place->line : 0,
		    "not checked: %s: there is no %s \"%s\" in these documents", path, kind, name);
}

/* ---- suggestions ---- */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many letters must be put in, left out, changed or swapped with their neighbour. */
static size_t
distance(struct sp_str a, struct sp_str b)
{
	size_t rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2], *spare;

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = sp_lower((unsigned char)a.p[i - 1]) == sp_lower((unsigned char)b.p[j - 1]);

			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before, before = last, last = now, now = spare;
	}
	return last[b.len];
}

const char *
sp_suggestion(struct sp_arena *mem, struct sp_str word, const char *const *names)
{
	const char *best = NULL;
	size_t nearest = word.len / 3 + 1, d;

	if (word.len == 0 || word.len > WORD_MAX)
		return "";
	for (; *names != NULL; names++) {
		struct sp_str name = sp_str(*names);

		if (name.len > WORD_MAX || (d = distance(word, name)) > nearest || d >= name.len)
			continue;
		nearest = d > 0 ? d - 1 : 0;
		best = *names;
	}
	return best != NULL ? sp_printf(mem, "; did you mean \"%s\"?", best) : "";
}
