/* settings_check.c - what a value has to be beyond its type */
#include <arpa/inet.h>
#include "base/log.h"
#include "base/settings_check.h"

#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define UPPER	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"
#define PG_NAME_MAX 63		/* PostgreSQL cuts longer names */

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || sp_is_digit((unsigned char)c);
}

/* A DNS name or IPv4 address in lower case. */
static bool
is_host_name(struct sp_str host)
{
	struct sp_str label;

	if (host.len == 0 || host.len > 253 || sp_str_ends(host, "."))
		return false;
	while (sp_str_split(&host, '.', &label)) {
		if (label.len == 0 || label.len > 63 ||
		    !is_name_char(label.p[0]) || !is_name_char(label.p[label.len - 1]) ||
		    !sp_str_only(label, LOWER DIGITS "-"))
			return false;
	}
	return true;
}

/* An address, or a range "ADDRESS/BITS" when bits are allowed. */
static bool
is_address(struct sp_str text, int family, bool with_bits)
{
	ptrdiff_t slash = with_bits ? sp_str_index(text, '/') : -1;
	char address[INET6_ADDRSTRLEN + 1];
	struct in6_addr binary;		/* large enough for both families */
	struct sp_buf b;
	int64_t bits;

	if (slash >= 0) {
		if (!sp_str_int64(sp_str_sub(text, (size_t)slash + 1, text.len), 0,
		    family == AF_INET ? 32 : 128, &bits))
			return false;
		text.len = (size_t)slash;
	}
	sp_buf_fixed(&b, address, sizeof(address));
	sp_buf_str(&b, text);
	return sp_buf_ok(&b) && inet_pton(family, address, &binary) == 1;
}

static bool
is_loopback(struct sp_str host)
{
	return sp_str_is(host, "localhost") || sp_str_is(host, "[::1]") ||
	    (sp_str_starts(host, "127.") && is_address(host, AF_INET, false));
}

static const char *
path_fault(struct sp_str path)
{
	struct sp_str segment;

	if (sp_str_ends(path, "/"))
		return "has a slash at its end";
	path = sp_str_sub(path, 1, path.len);
	while (sp_str_split(&path, '/', &segment))
		if (segment.len == 0 || sp_str_is(segment, ".") || sp_str_is(segment, "..") ||
		    !sp_str_only(segment, UPPER LOWER DIGITS "-._~"))
			return "has a path other than names of A-Z a-z 0-9 - . _ ~ between slashes";
	return NULL;
}

const char *
sp_check_issuer(const struct sp_settings *s, const char *value)
{
	struct sp_str url = sp_str(value), host, port = { 0 };
	bool https = sp_str_starts(url, "https://");
	ptrdiff_t at;
	int64_t number;

	if (url.len == 0)
		return "required";
	if (!https && !sp_str_starts(url, "http://"))
		return "not an absolute https URL";
	if (sp_str_index(url, '?') >= 0 || sp_str_index(url, '#') >= 0)
		return "has a query or a fragment";
	url = sp_str_sub(url, https ? 8 : 7, url.len);
	at = sp_str_index(url, '/');
	host = sp_str_sub(url, 0, at >= 0 ? (size_t)at : url.len);
	url = sp_str_sub(url, host.len, url.len);	/* the path */

	at = sp_str_starts(host, "[") ? sp_str_index(host, ']') + 1 : sp_str_index(host, ':');
	if (at > 0 && (size_t)at < host.len && host.p[at] == ':') {
		port = sp_str_sub(host, (size_t)at + 1, host.len);
		host.len = (size_t)at;
		if (!sp_str_int64(port, 1, 65535, &number) || port.p[0] == '0')
			return "has a port that is not a number from 1 to 65535";
		if (number == (https ? 443 : 80))
			return "has the default port, which clients leave out";
	}
	if (sp_str_starts(host, "[")) {
		if (!sp_str_ends(host, "]") || !is_address(sp_str_sub(host, 1, host.len - 1), AF_INET6, false))
			return "has no valid host";
	} else if (!is_host_name(host)) {
		return "has no valid host (a DNS name in lower case, or an address)";
	}
	if (!https && !is_loopback(host) && !s->insecure_http)
		return "is http, which is allowed on loopback only";
	return url.len > 0 ? path_fault(url) : NULL;
}

const char *
sp_check_path(const struct sp_settings *s, const char *value)
{
	(void)s;
	return value[0] == '/' ? NULL : "not an absolute path";
}

const char *
sp_check_optional_path(const struct sp_settings *s, const char *value)
{
	return value[0] == '\0' ? NULL : sp_check_path(s, value);
}

const char *
sp_check_words_of_paths(const struct sp_settings *s, const char *value)
{
	struct sp_str rest = sp_str(value), one, word;

	(void)s;
	while (sp_str_split(&rest, ' ', &one)) {
		if (one.len == 0)
			continue;
		sp_str_split(&one, '=', &word);
		if (word.len == 0 || !sp_str_only(word, LOWER DIGITS "_-") || !sp_str_starts(one, "/"))
			return "not a list of WORD=/DIRECTORY separated by spaces";
	}
	return NULL;
}

const char *
sp_check_paths(const struct sp_settings *s, const char *value)
{
	struct sp_str rest = sp_str(value), one;

	(void)s;
	while (sp_str_split(&rest, ' ', &one))
		if (one.len > 0 && !sp_str_starts(one, "/"))
			return "not a list of absolute paths separated by spaces";
	return NULL;
}

const char *
sp_check_env_prefix(const struct sp_settings *s, const char *value)
{
	(void)s;
	if (value[0] == '\0')
		return NULL;
	if (!sp_str_only(sp_str(value), UPPER DIGITS "_") || sp_is_digit((unsigned char)value[0]))
		return "not the beginning of a name: upper-case letters, digits and underscores";
	/* PG..., SALLYPORT_..., PATH: what is nobody's secret, and what is ours */
	return sp_str(value).len < 4 || sp_str_starts(sp_str(value), "SALLYPORT") ?
	    "too short, or our own: name four characters or more that only credentials begin with" : NULL;
}

const char *
sp_check_static_url(const struct sp_settings *s, const char *value)
{
	struct sp_str url = sp_str(value);

	(void)s;
	if (sp_str_starts(url, "//") || !(sp_str_starts(url, "/") || sp_str_starts(url, "https://")))
		return "neither a path that begins with a slash nor an https URL";
	return sp_str_ends(url, "/") ? "has a slash at its end" : NULL;
}

const char *
sp_check_log_level(const struct sp_settings *s, const char *value)
{
	enum sp_log_level level;

	(void)s;
	return sp_log_level_named(value, &level) ? NULL : "not one of debug, info, warn, error";
}

const char *
sp_check_signing_alg(const struct sp_settings *s, const char *value)
{
	(void)s;
	if (strcmp(value, "ES256") == 0 || strcmp(value, "EdDSA") == 0 || strcmp(value, "RS256") == 0)
		return NULL;
	return "not one of ES256, EdDSA, RS256";
}

/* RFC 6454 section 6.2: scheme "://" host [ ":" port ], of any scheme (desktop programs have their own). */
static bool
is_origin(struct sp_str origin)
{
	ptrdiff_t colon = sp_str_index(origin, ':');
	struct sp_str scheme, rest;

	if (colon <= 0)
		return false;
	scheme = sp_str_sub(origin, 0, (size_t)colon);
	rest = sp_str_sub(origin, (size_t)colon, origin.len);
	return sp_str_only(scheme, LOWER DIGITS "+-.") && sp_str_starts(rest, "://") &&
	    rest.len > 3 && sp_str_only(sp_str_sub(rest, 3, rest.len),
	    LOWER DIGITS "-._:[]");
}

const char *
sp_check_origins(const struct sp_settings *s, const char *value)
{
	struct sp_str rest = sp_str(value), origin;

	(void)s;
	if (strcmp(value, "*") == 0)
		return NULL;
	while (sp_str_split(&rest, ' ', &origin))
		if (origin.len > 0 && !is_origin(origin))
			return "not a list of origins (https://app.example.com) separated by spaces";
	return NULL;
}

const char *
sp_check_cidrs(const struct sp_settings *s, const char *value)
{
	struct sp_str rest = sp_str(value), range;

	(void)s;
	while (sp_str_split(&rest, ' ', &range))
		if (range.len > 0 && !is_address(range, AF_INET, true) && !is_address(range, AF_INET6, true))
			return "not a list of address ranges (10.0.0.0/8 fd00::/8) separated by spaces";
	return NULL;
}

const char *
sp_check_role(const struct sp_settings *s, const char *value)
{
	size_t len = strlen(value);

	(void)s;
	return len > 0 && len <= PG_NAME_MAX ? NULL : "not the name of a role";
}
