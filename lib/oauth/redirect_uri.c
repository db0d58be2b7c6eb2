/* redirect_uri.c - which redirect URIs may be registered, and when one matches */
#include "oauth/redirect_uri.h"

#include <arpa/inet.h>

#define REDIRECT_URI_MAX 2048	/* longer ones do not fit a response header with the answer behind them */

/*
 * Schemes that a browser or the system would run, show, mail or fetch itself
 * instead of handing the answer to an app.
 */
static const char *const dangerous_schemes[] = {
	"javascript", "livescript", "vbscript", "data", "blob", "file", "filesystem", "about",
	"view-source", "chrome", "resource", "res", "jar", "mhtml", "mk", "wyciwyg", "feed",
	"ftp", "ftps", "sftp", "ws", "wss", "gopher", "telnet", "ssh", "smb", "nfs", "ldap", "ldaps", "dict",
	"mailto", "tel", "sms", "callto", "sip", "sips", "facetime", "cid", "mid", "urn",
	"intent", "android-app", "itms-services", "shell", "search", "search-ms", "hcp", NULL
};

/* Windows hands "ms-NAME:" to programs that have run what it said more than once. */
#define DANGEROUS_PREFIX "ms-"

static bool
is_dangerous(struct sp_str scheme)
{
	if (sp_str_caseis(sp_str_sub(scheme, 0, strlen(DANGEROUS_PREFIX)), DANGEROUS_PREFIX))
		return true;
	for (size_t i = 0; dangerous_schemes[i] != NULL; i++)
		if (sp_str_caseis(scheme, dangerous_schemes[i]))
			return true;
	return false;
}

/* Only printable ASCII, and of that nothing that parsers disagree about. */
static bool
has_strange_bytes(struct sp_str uri)
{
	for (size_t i = 0; i < uri.len; i++) {
		unsigned char c = (unsigned char)uri.p[i];

		if (c <= 0x20 || c > 0x7e || strchr("\\\"<>^`{|}*", c) != NULL)
			return true;
		if (c == '%' && (i + 2 >= uri.len || !sp_is_hex((unsigned char)uri.p[i + 1]) ||
		    !sp_is_hex((unsigned char)uri.p[i + 2])))
			return true;
	}
	return false;
}

static bool
is_scheme(struct sp_str s)
{
	if (s.len == 0 || !sp_is_alpha((unsigned char)s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && strchr("+-.", s.p[i]) == NULL)
			return false;
	return true;
}

static bool
is_dots(struct sp_str segment)
{
	char plain[3];
	size_t n = 0;

	for (size_t i = 0; i < segment.len; i++) {
		if (n == 3)
			return false;
		if (segment.p[i] == '%' && segment.len - i >= 3 && segment.p[i + 1] == '2' &&
		    sp_lower((unsigned char)segment.p[i + 2]) == 'e') {
			plain[n++] = '.';
			i += 2;
		} else
			plain[n++] = segment.p[i];
	}
	return (n == 1 && plain[0] == '.') || (n == 2 && plain[0] == '.' && plain[1] == '.');
}

/* Segments "." and ".." also as %2e, and before ";": a server behind may resolve them. */
static bool
has_dot_segments(struct sp_str path)
{
	struct sp_str segment;

	while (sp_str_split(&path, '/', &segment)) {
		ptrdiff_t semicolon = sp_str_index(segment, ';');

		if (is_dots(semicolon >= 0 ? sp_str_sub(segment, 0, (size_t)semicolon) : segment))
			return true;
	}
	return false;
}

static bool
is_loopback(struct sp_str host)
{
	return sp_str_is(host, "127.0.0.1") || sp_str_is(host, "[::1]") || sp_str_is(host, "localhost");
}

bool
sp_host_ends_in_number(struct sp_str host)
{
	size_t start;

	if (sp_str_ends(host, "."))
		host.len--;
	for (start = host.len; start > 0 && host.p[start - 1] != '.'; start--)
		;
	host = sp_str_sub(host, start, host.len);
	if (sp_str_caseis(sp_str_sub(host, 0, 2), "0x"))
		return sp_str_only(sp_str_sub(host, 2, host.len), "0123456789abcdefABCDEF");
	return sp_str_only(host, "0123456789");
}

/* The one way to write this address: others are one text to us and another to a browser. */
static bool
is_usual_address(int family, struct sp_str host)
{
	char given[INET6_ADDRSTRLEN], usual[INET6_ADDRSTRLEN];
	struct in6_addr address;	/* room for either */

	if (host.len >= sizeof(given))
		return false;
	memcpy(given, host.p, host.len);
	given[host.len] = '\0';
	return inet_pton(family, given, &address) == 1 &&
	    inet_ntop(family, &address, usual, sizeof(usual)) != NULL && strcmp(given, usual) == 0;
}

/* A registered name (letters, digits, dots, hyphens) or an address. */
static bool
is_host(struct sp_str host)
{
	if (sp_str_starts(host, "["))
		return sp_str_ends(host, "]") && is_usual_address(AF_INET6, sp_str_sub(host, 1, host.len - 1));
	for (size_t i = 0; i < host.len; i++)
		if (!sp_is_alnum((unsigned char)host.p[i]) && strchr("-._", host.p[i]) == NULL)
			return false;
	if (host.len == 0 || host.p[0] == '.')
		return false;
	return !sp_host_ends_in_number(host) || is_usual_address(AF_INET, host);
}

/* Takes authority apart; false for userinfo, a bad host or a bad port. */
static bool
parse_authority(struct sp_str authority, struct sp_redirect_uri *uri)
{
	ptrdiff_t colon = -1;
	int64_t port;

	for (size_t i = authority.len; i-- > 0 && authority.p[i] != ']';)
		if (authority.p[i] == ':') {
			colon = (ptrdiff_t)i;
			break;
		}
	uri->host = colon < 0 ? authority : sp_str_sub(authority, 0, (size_t)colon);
	if (colon >= 0) {
		uri->port = sp_str_sub(authority, (size_t)colon + 1, authority.len);
		if (!sp_str_only(uri->port, "0123456789") || !sp_str_int64(uri->port, 1, 65535, &port) ||
		    uri->port.p[0] == '0')
			return false;
	}
	return is_host(uri->host);
}

static bool
fail(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

bool
sp_redirect_uri_parse(struct sp_str uri, struct sp_redirect_uri *out, const char **why)
{
	struct sp_redirect_uri u = { 0 };
	struct sp_str rest;
	ptrdiff_t at;
	bool has_authority;

	if (uri.len == 0 || uri.len > REDIRECT_URI_MAX)
		return fail(why, "empty or longer than 2048 bytes");
	if (has_strange_bytes(uri))
		return fail(why, "a character that a URI cannot have");
	if ((at = sp_str_index(uri, ':')) < 0 || !is_scheme(sp_str_sub(uri, 0, (size_t)at)))
		return fail(why, "not an absolute URI");
	if (sp_str_index(uri, '#') >= 0)
		return fail(why, "a fragment");
	u.scheme = sp_str_sub(uri, 0, (size_t)at);
	if (is_dangerous(u.scheme))
		return fail(why, "a scheme that is never handed to an application");
	rest = sp_str_sub(uri, (size_t)at + 1, uri.len);
	if ((at = sp_str_index(rest, '?')) >= 0) {
		u.query = sp_str_sub(rest, (size_t)at + 1, rest.len);
		rest = sp_str_sub(rest, 0, (size_t)at);
	}
	if ((has_authority = sp_str_starts(rest, "//"))) {
		struct sp_str authority = sp_str_sub(rest, 2, rest.len);

		at = sp_str_index(authority, '/');
		u.path = at < 0 ? sp_str_sub(authority, authority.len, authority.len) :
		    sp_str_sub(authority, (size_t)at, authority.len);
		if (at >= 0)
			authority = sp_str_sub(authority, 0, (size_t)at);
		if (sp_str_index(authority, '@') >= 0)
			return fail(why, "user information");
		if (authority.len > 0 ? !parse_authority(authority, &u) : !sp_str_starts(u.path, "/"))
			return fail(why, "a host or port that is not one");
	} else if (rest.len > 0)
		u.path = rest;
	else
		return fail(why, "nothing behind the scheme");
	if (sp_str_index(u.path, '[') >= 0 || sp_str_index(u.path, ']') >= 0 ||
	    sp_str_index(u.query, '[') >= 0 || sp_str_index(u.query, ']') >= 0)
		return fail(why, "a character that a URI cannot have");
	if (has_dot_segments(u.path))
		return fail(why, "a . or .. segment");

	if (sp_str_is(u.scheme, "https") || sp_str_is(u.scheme, "http")) {
		if (!has_authority || u.host.len == 0)
			return fail(why, "no host");
		u.kind = is_loopback(u.host) ? SP_REDIRECT_LOOPBACK : SP_REDIRECT_HTTPS;
		if (sp_str_is(u.scheme, "http") && u.kind != SP_REDIRECT_LOOPBACK)
			return fail(why, "http on a host that is not a loopback literal");
	} else if (sp_str_caseis(u.scheme, "https") || sp_str_caseis(u.scheme, "http")) {
		return fail(why, "a scheme in upper case");
	} else
		u.kind = SP_REDIRECT_PRIVATE_SCHEME;
	*out = u;
	return true;
}

static bool
same_part(struct sp_str a, struct sp_str b)
{
	return (a.p == NULL) == (b.p == NULL) && sp_str_eq(a, b);
}

bool
sp_redirect_uri_matches(struct sp_str registered, struct sp_str presented)
{
	struct sp_redirect_uri r, p;
	const char *why;

	if (!sp_redirect_uri_parse(registered, &r, &why) || !sp_redirect_uri_parse(presented, &p, &why))
		return false;
	if (sp_str_eq(registered, presented))
		return true;
	return r.kind == SP_REDIRECT_LOOPBACK && p.kind == SP_REDIRECT_LOOPBACK &&
	    sp_str_is(r.scheme, "http") && sp_str_is(p.scheme, "http") &&
	    sp_str_eq(r.host, p.host) && sp_str_eq(r.path, p.path) && same_part(r.query, p.query);
}

struct sp_str
sp_redirect_uri_host(struct sp_arena *mem, const struct sp_redirect_uri *uri)
{
	if (uri->kind == SP_REDIRECT_PRIVATE_SCHEME)
		return sp_str(sp_printf(mem, "%.*s:", SP_FMT(uri->scheme)));
	return sp_str_dup(mem, uri->host);
}

struct sp_str
sp_redirect_uri_origin(struct sp_arena *mem, const struct sp_redirect_uri *uri)
{
	if (uri->kind == SP_REDIRECT_PRIVATE_SCHEME)
		return sp_redirect_uri_host(mem, uri);
	/* a host-source has letters, digits, dots and hyphens only: CSP level 3 section 2.3.1 */
	if (sp_str_starts(uri->host, "["))
		return sp_str(sp_printf(mem, "%.*s:", SP_FMT(uri->scheme)));
	if (uri->port.len == 0)
		return sp_str(sp_printf(mem, "%.*s://%.*s", SP_FMT(uri->scheme), SP_FMT(uri->host)));
	return sp_str(sp_printf(mem, "%.*s://%.*s:%.*s", SP_FMT(uri->scheme), SP_FMT(uri->host),
	    SP_FMT(uri->port)));
}
