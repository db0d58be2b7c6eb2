/* sigv4.c - AWS Signature Version 4 */
#include "tools/sigv4.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"

#define CANONICAL_MAX	((size_t)256 * 1024)

/* ---- the URL ---- */

struct url {
	struct sp_str host, path, query;
};

/* The parts of an absolute URL; Host as curl sends it, without the scheme's own port. */
static struct url
take_apart(const char *text)
{
	struct sp_str rest = sp_str(text);
	bool is_https = sp_str_starts(rest, "https:");
	const char *at = strstr(text, "://");
	size_t end = 0;
	ptrdiff_t question;
	struct url u;

	rest = at != NULL ? sp_str(at + 3) : rest;
	while (end < rest.len && rest.p[end] != '/' && rest.p[end] != '?')
		end++;
	u.host = sp_str_sub(rest, 0, end);
	if (sp_str_ends(u.host, is_https ? ":443" : ":80"))
		u.host.len -= is_https ? 4 : 3;
	rest = sp_str_sub(rest, end, rest.len);
	question = sp_str_index(rest, '?');
	u.path = question < 0 ? rest : sp_str_sub(rest, 0, (size_t)question);
	u.query = question < 0 ? (struct sp_str){ "", 0 } : sp_str_sub(rest, (size_t)question + 1, rest.len);
	return u;
}

/* Without empty segments and dots; s3 takes the path as it is. */
static void
add_path(struct sp_arena *mem, struct sp_buf *b, struct sp_str path, bool is_s3)
{
	struct sp_str *kept = sp_alloc_array(mem, path.len + 1, sizeof(*kept)), rest = path, segment = { "", 0 };
	size_t n = 0;

	if (is_s3) {
		sp_buf_str(b, path.len > 0 ? path : SP_LIT("/"));
		return;
	}
	while (sp_str_split(&rest, '/', &segment)) {
		if (sp_str_is(segment, ".."))
			n -= n > 0;
		else if (segment.len > 0 && !sp_str_is(segment, "."))
			kept[n++] = segment;
	}
	for (size_t i = 0; i < n; i++) {
		sp_buf_char(b, '/');
		sp_buf_percent(b, kept[i]);
	}
	if (n == 0 || sp_str_ends(path, "/"))
		sp_buf_char(b, '/');
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct sp_str
normal(struct sp_arena *mem, struct sp_str part)
{
	struct sp_str decoded = part;
	struct sp_buf b;

	sp_buf_init(&b, mem, CANONICAL_MAX);
	if (!sp_percent_decode(mem, part, &decoded))
		decoded = part;
	sp_buf_percent(&b, decoded);
	return sp_buf_view(&b);
}

/* Pairs sorted by their encoded names, then by their values. */
static void
add_query(struct sp_arena *mem, struct sp_buf *b, struct sp_str query)
{
	const char **pair = sp_alloc_array(mem, query.len / 2 + 1, sizeof(*pair));
	struct sp_str word;
	size_t n = 0;

	while (sp_str_split(&query, '&', &word)) {
		ptrdiff_t equals = sp_str_index(word, '=');
		struct sp_str name = equals < 0 ? word : sp_str_sub(word, 0, (size_t)equals);
		struct sp_str value = equals < 0 ? (struct sp_str){ "", 0 } : sp_str_sub(word, (size_t)equals + 1, word.len);

		/* a byte below all others between name and value, so that whole names are compared */
		if (word.len > 0)
			pair[n++] = sp_printf(mem, "%.*s\001%.*s", SP_FMT(normal(mem, name)), SP_FMT(normal(mem, value)));
	}
	qsort(pair, n, sizeof(*pair), compare_text);
	for (size_t i = 0; i < n; i++) {
		const char *middle = strchr(pair[i], '\001');

		sp_buf_cstr(b, i > 0 ? "&" : "");
		sp_buf_add(b, pair[i], (size_t)(middle - pair[i]));
		sp_buf_char(b, '=');
		sp_buf_cstr(b, middle + 1);
	}
}

/* ---- the fields ---- */

struct field {
	const char *name;		/* lower case */
	struct sp_str value;
	size_t place;
};

static int
compare_fields(const void *a, const void *b)
{
	const struct field *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* Runs of spaces count as one. */
static void
add_value(struct sp_buf *b, struct sp_str value)
{
	value = sp_str_trim(value, " \t");
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] != ' ' || value.p[i - 1] != ' ')
			sp_buf_char(b, value.p[i]);
}

static void
add_fields(struct sp_arena *mem, const struct sp_http_message *m, struct sp_str host, struct sp_buf *canonical,
    struct sp_buf *names)
{
	struct field *field = sp_alloc_array(mem, m->field_count + 1, sizeof(*field));
	size_t n = m->field_count + 1;

	for (size_t i = 0; i < n; i++) {
		char *name = sp_strdup(mem, i < m->field_count ? m->fields[i].name : "host");

		for (char *c = name; *c != '\0'; c++)
			*c = (char)sp_lower((unsigned char)*c);
		field[i] = (struct field){ name, i < m->field_count ? m->fields[i].value : host, i };
	}
	qsort(field, n, sizeof(*field), compare_fields);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(field[i].name, field[i - 1].name) == 0) {
			sp_buf_char(canonical, ',');
		} else {
			sp_buf_printf(canonical, "%s%s:", i > 0 ? "\n" : "", field[i].name);
			sp_buf_printf(names, "%s%s", i > 0 ? ";" : "", field[i].name);
		}
		add_value(canonical, field[i].value);
	}
	sp_buf_char(canonical, '\n');
}

/* ---- the signature ---- */

static struct sp_str
hex_sha256(struct sp_arena *mem, struct sp_str text)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(text, digest);
	return sp_hex_encode(mem, digest, sizeof(digest));
}

static struct sp_str
signature(struct sp_arena *mem, const struct sp_sigv4 *s, struct sp_str day, struct sp_str text)
{
	const struct sp_str steps[] = { day, sp_str(s->region), sp_str(s->service), SP_LIT("aws4_request"), text };
	struct sp_str key = sp_str(sp_printf(mem, "AWS4%.*s", SP_FMT(s->secret_access_key)));
	uint8_t digest[2][SP_SHA256_LEN];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sp_hmac_sha256(key, steps[i], digest[i % 2]);
		key = (struct sp_str){ (const char *)digest[i % 2], SP_SHA256_LEN };
	}
	key = sp_hex_encode(mem, key.p, key.len);
	sp_wipe(digest, sizeof(digest));
	return key;
}

/* "20150830T123600Z" */
static struct sp_str
timestamp(struct sp_arena *mem, int64_t now)
{
	char text[SP_RFC3339_SIZE], *out = sp_alloc(mem, SP_RFC3339_SIZE);
	size_t n = 0;

	sp_rfc3339(now, text);
	for (const char *c = text; *c != '\0'; c++)
		if (*c != '-' && *c != ':')
			out[n++] = *c;
	return (struct sp_str){ out, n };
}

bool
sp_sigv4_sign(struct sp_arena *mem, const struct sp_sigv4 *s, struct sp_http_message *m)
{
	struct sp_str time = timestamp(mem, s->now), day = sp_str_sub(time, 0, 8), hash = hex_sha256(mem, m->body), signed_names;
	bool is_s3 = strcmp(s->service, "s3") == 0;
	struct url url = take_apart(m->url);
	struct sp_buf b, names;
	const char *scope, *text;

	sp_buf_init(&b, mem, CANONICAL_MAX);
	sp_buf_init(&names, mem, CANONICAL_MAX);
	if (!sp_message_set(m, "X-Amz-Date", time) ||
	    (s->session_token.len > 0 && !sp_message_set(m, "X-Amz-Security-Token", s->session_token)) ||
	    (is_s3 && !sp_message_set(m, "X-Amz-Content-Sha256", hash)))
		return false;
	sp_buf_printf(&b, "%s\n", m->method);
	add_path(mem, &b, url.path, is_s3);
	sp_buf_char(&b, '\n');
	add_query(mem, &b, url.query);
	sp_buf_char(&b, '\n');
	add_fields(mem, m, url.host, &b, &names);
	signed_names = sp_buf_view(&names);
	sp_buf_printf(&b, "\n%.*s\n%.*s", SP_FMT(signed_names), SP_FMT(hash));
	scope = sp_printf(mem, "%.*s/%s/%s/aws4_request", SP_FMT(day), s->region, s->service);
	text = sp_printf(mem, "AWS4-HMAC-SHA256\n%.*s\n%s\n%.*s", SP_FMT(time), scope, SP_FMT(hex_sha256(mem, sp_buf_view(&b))));
	return sp_buf_ok(&b) && sp_message_set(m, "Authorization", sp_str(sp_printf(mem,
	    "AWS4-HMAC-SHA256 Credential=%.*s/%s, SignedHeaders=%.*s, Signature=%.*s", SP_FMT(s->access_key_id), scope,
	    SP_FMT(signed_names), SP_FMT(signature(mem, s, day, sp_str(text))))));
}
