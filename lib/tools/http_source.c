/* http_source.c - an HTTP service that tools use */
#include "tools/http_source.h"

#include "db/queries.h"
#include "net/guard.h"
#include "tools/embedding.h"
#include "tools/http_parts.h"
#include "tools/reference.h"
#include "tools/spec.h"

#define URL_MAX		1024		/* bytes: it may be a name, which is a key in the database */
#define MAX_BYTES	((int64_t)8 * 1024 * 1024)
#define MAX_BYTES_TOP	((int64_t)64 * 1024 * 1024)
#define RETRIES		2
#define FAILURES	5
#define PAUSE_MS	60000
#define API_VERSION	"2024-07-01"	/* of Azure AI Search: the newest that is no preview and has all that is needed */
#define WAIT_MS		2000

/* scheme://host[:port][/path], and nothing that could make it another one. */
static bool
read_url(struct sp_arena *mem, const char *text, struct sp_http_source *s, const char **why)
{
	struct sp_str url = sp_str(text), rest;
	size_t i = 0;

	*why = "url: has to be https://HOST[:PORT][/PATH], or http://, without user, query and fragment";
	if (text == NULL || url.len > URL_MAX || !(sp_str_starts(url, "https://") || sp_str_starts(url, "http://")))
		return false;
	rest = sp_str(strstr(text, "://") + 3);
	while (i < rest.len && rest.p[i] != '/') {
		unsigned char c = (unsigned char)rest.p[i++];

		if (!sp_is_alnum(c) && strchr(".-_:[]", c) == NULL)
			return false;
	}
	if (i == 0)
		return false;
	for (; i < rest.len; i++)
		if ((unsigned char)rest.p[i] <= ' ' || (unsigned char)rest.p[i] >= 0x7f || strchr("?#\\{}", rest.p[i]) != NULL)
			return false;
	if (strstr(rest.p, "/./") != NULL || strstr(rest.p, "/../") != NULL || sp_str_ends(rest, "/..") || sp_str_ends(rest, "/."))
		return false;
	while (sp_str_ends(url, "/"))
		url.len--;
	s->url = sp_cstr(mem, url);
	return true;
}

static bool
read_fields(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	struct json_object *headers;
	struct sp_http_field *field;

	if (!sp_spec_object(mem, json, "headers", &headers, why))
		return false;
	if (headers == NULL)
		return true;
	field = sp_alloc_array(mem, (size_t)json_object_object_length(headers), sizeof(*field));
	json_object_object_foreach(headers, name, value) {
		struct sp_str text = { NULL, 0 };

		*why = "is not a header field that can be set here";
		if (!sp_http_field_is_free(name) || !json_object_is_type(value, json_type_string) ||
		    sp_str_has_control(text = sp_json_text(value)) || !sp_reference_check(text, why)) {
			*why = sp_printf(mem, "headers.%s: %s", name, *why);
			return false;
		}
		field[s->field_count++] = (struct sp_http_field){ sp_strdup(mem, name), sp_str_dup(mem, text) };
	}
	s->fields = field;
	return true;
}

static bool
read_allow(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	struct json_object *list;
	struct sp_buf b;

	s->allow = "";
	if (!sp_spec_array(mem, json, "allow", &list, why))
		return false;
	sp_buf_init(&b, mem, 16 * 1024);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *range = json_object_array_get_idx(list, i);

		if (!json_object_is_type(range, json_type_string) || !sp_guard_range_valid(sp_json_text(range))) {
			*why = "allow: has to be a list of address ranges like 10.1.0.0/16";
			return false;
		}
		sp_buf_cstr(&b, i > 0 ? " " : "");
		sp_buf_str(&b, sp_json_text(range));
	}
	s->allow = sp_buf_view(&b).p;
	return true;
}

static bool
read_breaker(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	struct json_object *breaker;

	s->breaker = (struct sp_breaker){ "source", s->name, FAILURES, PAUSE_MS };
	if (!sp_spec_object(mem, json, "breaker", &breaker, why))
		return false;
	return breaker == NULL || (sp_spec_only(mem, breaker, "failures pause", why) &&
	    sp_spec_integer(mem, breaker, "failures", 0, 1000, &s->breaker.failures, why) &&
	    sp_spec_duration(mem, breaker, "pause", 100, 3600000, &s->breaker.pause_ms, why)) || sp_spec_at(mem, "breaker", why);
}

static bool
read_budget(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	struct json_object *budget;
	const char *rate = NULL;

	if (!sp_spec_object(mem, json, "budget", &budget, why))
		return false;
	if (budget == NULL)
		return true;
	if (!sp_spec_only(mem, budget, "rate concurrent queue wait", why) || !sp_spec_text(mem, budget, "rate", &rate, why) ||
	    !sp_spec_integer(mem, budget, "concurrent", 1, 100000, &s->concurrent, why))
		return sp_spec_at(mem, "budget", why);
	s->queue = s->concurrent;
	if (!sp_spec_integer(mem, budget, "queue", 0, 100000, &s->queue, why) ||
	    !sp_spec_duration(mem, budget, "wait", 10, 60000, &s->wait_ms, why))
		return sp_spec_at(mem, "budget", why);
	if (rate == NULL || sp_rate_parse(sp_str(rate), &s->rate))
		return true;
	*why = "budget.rate: has to be like 60/min, 5/s or 1000/h";
	return false;
}

static bool
read_credential(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	return sp_credential_load(mem, sp_json_get(json, "credential"), &s->credential, why) ||
	    sp_spec_at(mem, "credential", why);
}

/* Lower-case letters, digits and single dashes between them, as Azure AI Search wants its names. */
static bool
is_index_name(const char *name)
{
	struct sp_str s = sp_str(name);

	return s.len >= 2 && s.len <= 128 && sp_str_only(s, "abcdefghijklmnopqrstuvwxyz0123456789-") && s.p[0] != '-' &&
	    s.p[s.len - 1] != '-' && strstr(name, "--") == NULL;
}

static bool
read_search_index(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	struct sp_search_index *index = sp_alloc(mem, sizeof(*index));
	struct json_object *object;

	*index = (struct sp_search_index){ .api_version = API_VERSION };
	if (!sp_spec_object(mem, json, "search_index", &object, why))
		return false;
	if (object == NULL)
		return true;
	if (!sp_spec_only(mem, object, "name api_version", why) || !sp_spec_text(mem, object, "name", &index->name, why) ||
	    !sp_spec_text(mem, object, "api_version", &index->api_version, why))
		return sp_spec_at(mem, "search_index", why);
	if (index->name == NULL || !is_index_name(index->name)) {
		*why = "search_index.name: has to be 2 to 128 of a-z 0-9, with single dashes between them";
		return false;
	}
	if (!sp_str_only(sp_str(index->api_version), "0123456789-abcdefghijklmnopqrstuvwxyz")) {
		*why = "search_index.api_version: has to be like " API_VERSION;
		return false;
	}
	s->search_index = index;
	return true;
}

static bool
read_embedding(struct sp_arena *mem, struct json_object *json, struct sp_http_source *s, const char **why)
{
	return sp_embedding_load(mem, sp_json_get(json, "embedding"), &s->embedding, why) ||
	    sp_spec_at(mem, "embedding", why);
}

bool
sp_http_source_load(struct sp_arena *mem, struct json_object *json, const struct sp_http_source **out, const char **why)
{
	struct sp_http_source *s = sp_alloc(mem, sizeof(*s));
	const char *url = NULL, *type = "http";

	*s = (struct sp_http_source){ .wait_ms = WAIT_MS, .max_bytes = MAX_BYTES, .retries = RETRIES };
	if (!json_object_is_type(json, json_type_object)) {
		*why = "has to be the name of a source, or one with a url";
		return false;
	}
	if (!sp_spec_only(mem, json, "name type url credential headers allow http timeout max_bytes retries breaker budget "
	    "embedding search_index", why) ||
	    !sp_spec_text(mem, json, "type", &type, why) || !sp_spec_text(mem, json, "url", &url, why) || !read_url(mem, url, s, why))
		return false;
	if (strcmp(type, "http") != 0) {
		*why = "type: has to be http";
		return false;
	}
	s->name = s->url;
	if (!sp_spec_text(mem, json, "name", &s->name, why) || !read_credential(mem, json, s, why) || !read_fields(mem, json, s, why) ||
	    !read_allow(mem, json, s, why) || !sp_spec_bool(mem, json, "http", &s->http, why) ||
	    !sp_spec_duration(mem, json, "timeout", 10, 600000, &s->timeout_ms, why) ||
	    !sp_spec_size(mem, json, "max_bytes", MAX_BYTES_TOP, &s->max_bytes, why) ||
	    !sp_spec_integer(mem, json, "retries", 0, 10, &s->retries, why) || !read_breaker(mem, json, s, why) ||
	    !read_budget(mem, json, s, why) || !read_embedding(mem, json, s, why) || !read_search_index(mem, json, s, why))
		return false;
	if (!s->http && !sp_str_starts(sp_str(s->url), "https:")) {
		*why = "url: is plain http: a source has to say http: true";
		return false;
	}
	*out = s;
	return true;
}

enum sp_db_status
sp_source_spec(struct sp_db *db, struct sp_arena *mem, struct sp_str name, struct sp_str *out)
{
	static const struct sp_column columns[] = { { "spec", SP_COL_STR, 0 }, { NULL } };
	struct sp_str spec;
	enum sp_db_status result = sp_db_row(db, &sp_q_source_spec, SP_PARAMS(SP_P_STR(name)), columns, &spec);

	if (result == SP_DB_ROW)
		*out = sp_str_dup(mem, spec);
	return result;
}

const char *
sp_source_allow(struct sp_request *req, const char *allow)
{
	return sp_guard_both(req->mem, allow, req->settings->source_allow);
}
