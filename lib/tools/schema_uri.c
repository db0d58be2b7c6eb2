/*
 * schema_uri.c - RFC 3986: references resolved, and the grammar for "format"
 *
 * Nothing here is fetched; a URI is only a name by which one schema finds
 * another.
 */
#include "base/encode.h"
#include "tools/schema_private.h"

struct parts {			/* p NULL: not there, which differs from empty */
	struct sp_str scheme, authority, path, query, fragment;
};

/* Takes what stands before the first byte of `stops` (or all of it) off the front. */
static struct sp_str
take_until(struct sp_str *rest, const char *stops)
{
	struct sp_str taken = { rest->p, 0 };

	while (taken.len < rest->len && (rest->p[taken.len] == '\0' ||
	    strchr(stops, rest->p[taken.len]) == NULL))
		taken.len++;
	rest->p += taken.len;
	rest->len -= taken.len;
	return taken;
}

static void
skip(struct sp_str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* RFC 3986 appendix B. */
static struct parts
take_apart(struct sp_str s)
{
	struct parts u = { 0 };
	struct sp_str rest = s, scheme;

	if (s.len == 0)
		return (struct parts){ .path = SP_LIT("") };
	scheme = take_until(&rest, ":/?#");
	if (rest.len > 0 && *rest.p == ':' && scheme.len > 0) {
		u.scheme = scheme;
		skip(&rest, 1);
	} else {
		rest = s;
	}
	if (rest.len >= 2 && rest.p[0] == '/' && rest.p[1] == '/') {
		skip(&rest, 2);
		u.authority = take_until(&rest, "/?#");
	}
	u.path = take_until(&rest, "?#");
	if (rest.len > 0 && *rest.p == '?') {
		skip(&rest, 1);
		u.query = take_until(&rest, "#");
	}
	if (rest.len > 0) {
		skip(&rest, 1);
		u.fragment = rest;
	}
	return u;
}

/* Section 5.2.4, on whole segments. */
static struct sp_str
remove_dot_segments(struct sp_arena *mem, struct sp_str path)
{
	bool absolute = path.len > 0 && path.p[0] == '/', directory = false;
	struct sp_str *segment, rest = path, word;
	size_t count = 0;
	struct sp_buf b;

	if (absolute)
		skip(&rest, 1);
	segment = sp_alloc_array(mem, path.len + 1, sizeof(*segment));
	while (sp_str_split(&rest, '/', &word)) {
		directory = sp_str_is(word, ".") || sp_str_is(word, "..");
		if (sp_str_is(word, "..") && count > 0)
			count--;
		else if (!directory)
			segment[count++] = word;
	}
	/* What sp_str_split() leaves out: an empty last segment. */
	if (path.len > 0 && path.p[path.len - 1] == '/')
		directory = true;
	sp_buf_init(&b, mem, path.len + 1);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 || absolute)
			sp_buf_char(&b, '/');
		sp_buf_str(&b, segment[i]);
	}
	if (directory && (count > 0 || absolute))
		sp_buf_char(&b, '/');
	return sp_buf_view(&b);
}

/* Section 5.2.3. */
static struct sp_str
merge(struct sp_arena *mem, const struct parts *base, struct sp_str path)
{
	size_t keep = base->path.len;
	struct sp_buf b;

	sp_buf_init(&b, mem, keep + path.len + 1);
	if (base->authority.p != NULL && base->path.len == 0) {
		sp_buf_char(&b, '/');
	} else {
		while (keep > 0 && base->path.p[keep - 1] != '/')
			keep--;
		sp_buf_str(&b, sp_str_sub(base->path, 0, keep));
	}
	sp_buf_str(&b, path);
	return sp_buf_view(&b);
}

/* Section 5.3. */
static const char *
put_together(struct sp_arena *mem, const struct parts *u)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, u->scheme.len + u->authority.len + u->path.len + u->query.len +
	    u->fragment.len + sizeof("://?#"));
	if (u->scheme.p != NULL) {
		sp_buf_str(&b, u->scheme);
		sp_buf_char(&b, ':');
	}
	if (u->authority.p != NULL) {
		sp_buf_cstr(&b, "//");
		sp_buf_str(&b, u->authority);
	}
	sp_buf_str(&b, u->path);
	if (u->query.p != NULL) {
		sp_buf_char(&b, '?');
		sp_buf_str(&b, u->query);
	}
	if (u->fragment.p != NULL) {
		sp_buf_char(&b, '#');
		sp_buf_str(&b, u->fragment);
	}
	return sp_cstr(mem, sp_buf_view(&b));
}

const char *
sp_schema_uri_resolve(struct sp_arena *mem, const char *base_text, const char *ref_text)
{
	struct parts base = take_apart(sp_str(base_text)), ref = take_apart(sp_str(ref_text)), out = ref;

	if (ref.scheme.p == NULL) {
		out.scheme = base.scheme;
		if (ref.authority.p == NULL) {
			out.authority = base.authority;
			if (ref.path.len == 0) {
				out.path = base.path;
				if (ref.query.p == NULL)
					out.query = base.query;
				return put_together(mem, &out);
			}
			if (ref.path.p[0] != '/')
				out.path = merge(mem, &base, ref.path);
		}
	}
	/* Only where there are segments: "urn:example:a" has none to remove. */
	if (out.authority.p != NULL || (out.path.len > 0 && out.path.p[0] == '/') || ref.scheme.p == NULL)
		out.path = remove_dot_segments(mem, out.path);
	return put_together(mem, &out);
}

bool
sp_schema_uri_split(struct sp_arena *mem, const char *uri, const char **absolute, struct sp_str *fragment)
{
	ptrdiff_t hash = sp_str_index(sp_str(uri), '#');
	struct sp_str decoded = { NULL, 0 };

	if (hash < 0) {
		*absolute = uri;
		*fragment = decoded;
		return true;
	}
	if (!sp_percent_decode(mem, sp_str(uri + hash + 1), &decoded))
		return false;
	*absolute = sp_cstr(mem, (struct sp_str){ uri, (size_t)hash });
	*fragment = decoded;
	return true;
}

/* ---- the grammar ---- */

/* Unreserved, sub-delims, %XX and what else is listed; bytes of UTF-8 where IRIs are meant. */
static bool
only(struct sp_str s, const char *also, bool international)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '%') {
			if (i + 2 >= s.len || !sp_is_hex((unsigned char)s.p[i + 1]) ||
			    !sp_is_hex((unsigned char)s.p[i + 2]))
				return false;
			i += 2;
		} else if (c >= 0x80 ? !international : c == '\0' || (!sp_is_alnum(c) &&
		    strchr("-._~!$&'()*+,;=", c) == NULL && strchr(also, c) == NULL)) {
			return false;
		}
	}
	return true;
}

static bool
scheme_valid(struct sp_str s)
{
	if (s.len == 0 || !sp_is_alpha((unsigned char)s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
			return false;
	return true;
}

/* "[" IPv6address or IPvFuture "]" */
static bool
ip_literal_valid(struct sp_str s)
{
	struct sp_str in = sp_str_sub(s, 1, s.len - 1);
	ptrdiff_t dot;

	if (in.len > 0 && sp_lower((unsigned char)in.p[0]) == 'v') {
		dot = sp_str_index(in, '.');
		return dot > 1 && (size_t)dot + 1 < in.len &&
		    sp_str_only(sp_str_sub(in, 1, (size_t)dot), "0123456789abcdefABCDEF") &&
		    sp_str_index(in, '%') < 0 && only(sp_str_sub(in, (size_t)dot + 1, in.len), ":", false);
	}
	return sp_schema_ipv6_valid(in);
}

static bool
authority_valid(struct sp_str s, bool international)
{
	ptrdiff_t at = sp_str_index(s, '@'), colon, bracket;
	struct sp_str host = s, port = { NULL, 0 };

	if (at >= 0) {
		if (!only(sp_str_sub(s, 0, (size_t)at), ":", international))
			return false;
		host = sp_str_sub(s, (size_t)at + 1, s.len);
	}
	if (host.len > 0 && host.p[0] == '[') {
		bracket = sp_str_index(host, ']');
		if (bracket < 0 || !ip_literal_valid(sp_str_sub(host, 0, (size_t)bracket + 1)))
			return false;
		port = sp_str_sub(host, (size_t)bracket + 1, host.len);
	} else {
		colon = sp_str_index(host, ':');
		if (colon >= 0) {
			port = sp_str_sub(host, (size_t)colon, host.len);
			host = sp_str_sub(host, 0, (size_t)colon);
		}
		if (!only(host, "", international))
			return false;
	}
	return port.len == 0 || (port.p[0] == ':' && sp_str_only(sp_str_sub(port, 1, port.len), "0123456789"));
}

bool
sp_schema_uri_valid(struct sp_str s, bool relative, bool international)
{
	struct parts u = take_apart(s);
	ptrdiff_t slash;

	if (u.scheme.p != NULL ? !scheme_valid(u.scheme) : !relative)
		return false;
	if (u.authority.p != NULL && !authority_valid(u.authority, international))
		return false;
	if (u.scheme.p == NULL && u.authority.p == NULL) {
		/* path-noscheme: a ':' in the first segment would make it a scheme */
		slash = sp_str_index(u.path, '/');
		if (sp_str_index(sp_str_sub(u.path, 0, slash < 0 ? u.path.len : (size_t)slash), ':') >= 0)
			return false;
	}
	return only(u.path, ":@/", international) && only(u.query, ":@/?", international) &&
	    only(u.fragment, ":@/?", international);
}
