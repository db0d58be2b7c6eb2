/* fetch.c - one outgoing GET to an address that a stranger may have chosen */
#include "net/fetch.h"

#include "net/http.h"

/* Cache-Control of a private cache: what is kept is for this installation alone (RFC 9111). */
static int64_t
max_age(struct sp_str value)
{
	int64_t age = -1, n;
	struct sp_str directive;

	while (sp_str_split(&value, ',', &directive)) {
		directive = sp_str_trim(directive, " \t");
		if (sp_str_caseis(directive, "no-store") || sp_str_caseis(directive, "no-cache"))
			return 0;
		if (sp_str_caseis(sp_str_sub(directive, 0, 8), "max-age=") &&
		    sp_str_int64(sp_str_trim(sp_str_sub(directive, 8, directive.len), "\""), 0, INT32_MAX, &n))
			age = n;
	}
	return age;
}

static void
read_answer(const struct sp_http_answer *answer, struct sp_fetched *out)
{
	struct sp_str etag = sp_http_field(answer, "ETag");

	*out = (struct sp_fetched){ .status = answer->status, .content_type = answer->content_type,
		.max_age = max_age(sp_http_field(answer, "Cache-Control")), .body = answer->body };
	if (etag.len <= 200)
		out->etag = etag;
}

enum sp_fetch_result
sp_fetch(struct sp_arena *mem, const struct sp_fetch *fetch, struct sp_fetched *out, const char **why)
{
	struct sp_http_field fields[2] = { { "Accept", sp_str(fetch->accept) }, { "If-None-Match", sp_str(fetch->if_none_match) } };
	struct sp_http_answer answer;

	switch (sp_http(mem, &(struct sp_http){ .url = fetch->url, .fields = fields,
	    .field_count = fetch->if_none_match != NULL ? 2 : 1, .allow = fetch->allow, .ca_file = fetch->ca_file,
	    .http = fetch->http, .max_bytes = fetch->max_bytes, .timeout_ms = fetch->timeout_ms }, &answer, why)) {
	case SP_HTTP_ANSWER:
		read_answer(&answer, out);
		return SP_FETCH_ANSWER;
	case SP_HTTP_REFUSED:
	case SP_HTTP_CODED:
	case SP_HTTP_TOO_LARGE:
		return SP_FETCH_REFUSED;
	default:
		return SP_FETCH_UNREACHABLE;
	}
}
