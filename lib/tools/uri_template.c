/* uri_template.c - URI templates (RFC 6570), read backwards: which values make this URI? */
#include "tools/uri_template.h"

#include "base/encode.h"

/* ---- characters ---- */

static bool
is_unreserved(unsigned char c)
{
	return sp_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986: unreserved, reserved, and the "%" of an escape. */
static bool
is_uri_char(unsigned char c)
{
	return is_unreserved(c) || (c != '\0' && strchr(":/?#[]@!$&'()*+,;=%", c) != NULL);
}

static bool
is_value_char(const struct sp_uri_variable *v, unsigned char c)
{
	return is_uri_char(c) && (v->reserved || (c != '/' && c != '?' && c != '#'));
}

/* ---- parsing ---- */

static bool
is_name(struct sp_str s)
{
	if (s.len == 0 || sp_is_digit((unsigned char)s.p[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	return true;
}

/* RFC 3986 section 3.1, up to its ":". */
static bool
has_scheme(struct sp_str s)
{
	size_t i = 0;

	while (i < s.len && (sp_is_alnum((unsigned char)s.p[i]) || strchr("+-.", s.p[i]) != NULL))
		i++;
	return i > 0 && sp_is_alpha((unsigned char)s.p[0]) && i < s.len && s.p[i] == ':';
}

/* The text up to the next variable. */
static bool
take_text(struct sp_str *rest, struct sp_str *out)
{
	size_t n = 0;

	while (n < rest->len && is_uri_char((unsigned char)rest->p[n]))
		n++;
	*out = sp_str_sub(*rest, 0, n);
	*rest = sp_str_sub(*rest, n, rest->len);
	return rest->len == 0 || *rest->p == '{';
}

static bool
take_variable(struct sp_arena *mem, struct sp_str *rest, struct sp_uri_variable *out, const char **why)
{
	ptrdiff_t end = sp_str_index(*rest, '}');
	struct sp_str name = sp_str_sub(*rest, 1, end < 0 ? 0 : (size_t)end);

	out->reserved = sp_str_starts(name, "+");
	if (out->reserved)
		name = sp_str_sub(name, 1, name.len);
	*why = "an expression is {name} or {+name}";
	if (end < 0 || !is_name(name))
		return false;
	out->name = sp_cstr(mem, name);
	*rest = sp_str_sub(*rest, (size_t)end + 1, rest->len);
	return true;
}

static bool
is_named(const struct sp_uri_template *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->variable[i].name, name) == 0)
			return true;
	return false;
}

bool
sp_uri_template_parse(struct sp_arena *mem, struct sp_str text, struct sp_uri_template *out, const char **why)
{
	struct sp_str rest = sp_str_dup(mem, text);
	struct sp_uri_template t = { 0 };
	bool good = take_text(&rest, &t.before);

	*why = "it does not begin with a scheme";
	if (!has_scheme(t.before))
		return false;
	while (good && rest.len > 0) {
		struct sp_uri_variable v;

		*why = "too many variables";
		if (t.count == SP_URI_VARIABLES || !take_variable(mem, &rest, &v, why))
			return false;
		*why = "a variable stands twice";
		if (is_named(&t, v.name))
			return false;
		good = take_text(&rest, &v.after);
		*why = "two variables without text between them";
		if (good && v.after.len == 0 && rest.len > 0)
			return false;
		t.variable[t.count++] = v;
	}
	*why = "a character that no URI has";
	if (!good)
		return false;
	*out = t;
	return true;
}

/* ---- matching ---- */

static bool
text_is_at(struct sp_str uri, size_t at, struct sp_str text)
{
	return uri.len - at >= text.len && memcmp(uri.p + at, text.p, text.len) == 0;
}

/*
 * fits[i][p]: from byte p on, the rest of the URI can be variable i and what
 * stands behind it.  One pass from the right for each variable: `open` is
 * whether a value that reaches to here can be ended further on.
 */
typedef bool fits_table[SP_URI_VARIABLES + 1][SP_URI_MAX + 1];

static void
fill(const struct sp_uri_template *t, struct sp_str uri, fits_table fits)
{
	fits[t->count][uri.len] = true;
	for (size_t i = t->count; i-- > 0;) {
		const struct sp_uri_variable *v = &t->variable[i];
		bool open = false;

		for (size_t p = uri.len; p-- > 0;) {
			/* the value may end before byte p + 1 ... */
			if (text_is_at(uri, p + 1, v->after) && fits[i + 1][p + 1 + v->after.len])
				open = true;
			/* ... when it has byte p */
			open = open && is_value_char(v, (unsigned char)uri.p[p]);
			fits[i][p] = open;
		}
	}
}

static bool
take_value(struct sp_arena *mem, struct sp_str raw, struct sp_str *out)
{
	return sp_percent_decode(mem, raw, out) && sp_utf8_valid(*out);
}

bool
sp_uri_template_match(const struct sp_uri_template *t, struct sp_arena *mem, struct sp_str uri,
    struct sp_str values[SP_URI_VARIABLES])
{
	size_t p = t->before.len;
	bool (*fits)[SP_URI_MAX + 1];

	if (uri.len > SP_URI_MAX || !text_is_at(uri, 0, t->before))
		return false;
	fits = sp_alloc(mem, sizeof(fits_table));
	fill(t, uri, fits);
	if (!fits[0][p])
		return false;
	for (size_t i = 0; i < t->count; i++) {
		const struct sp_uri_variable *v = &t->variable[i];
		size_t end = p, last = p;

		while (end < uri.len && is_value_char(v, (unsigned char)uri.p[end])) {
			end++;
			if (text_is_at(uri, end, v->after) && fits[i + 1][end + v->after.len])
				last = end;
		}
		if (!take_value(mem, sp_str_sub(uri, p, last), &values[i]))
			return false;
		p = last + v->after.len;
	}
	return true;
}
