/* options.c - what a tool of any kind may ask for */
#include "tools/options.h"

#include "tools/document_kind.h"
#include "tools/http_source.h"
#include "tools/spec.h"

#define CACHE_MAX_MS	(30LL * 86400 * 1000)
#define CONCURRENT_MAX	10000
#define CLAIM		"claim."
#define EMBEDDING	"embedding"

static bool
fault(const char **why, const char *text)
{
	*why = text;
	return false;
}

static bool
read_confirm(struct sp_arena *mem, struct json_object *all, struct sp_tool_options *out, const char **why)
{
	struct json_object *confirm = sp_json_get(all, "confirm");

	if (json_object_is_type(confirm, json_type_boolean)) {
		out->confirm = json_object_get_boolean(confirm) ? "" : NULL;
		return true;
	}
	if (confirm == NULL)
		return true;
	if (!json_object_is_type(confirm, json_type_string) || sp_json_text(confirm).len == 0)
		return fault(why, "confirm: has to be true, or the question that is asked");
	out->confirm = sp_cstr(mem, sp_json_text(confirm));
	return true;
}

/* ---- quota ---- */

bool
sp_rates_parse(struct sp_str text, struct sp_rates *out)
{
	struct sp_rates rates = { .count = 0 };
	struct sp_str one;

	while (sp_str_split(&text, ',', &one)) {
		one = sp_str_trim(one, " ");
		if (rates.count == SP_RATES_MAX || !sp_rate_parse(one, &rates.item[rates.count]))
			return false;
		rates.count++;
	}
	*out = rates;
	return rates.count > 0;
}

static bool
read_rates(struct sp_arena *mem, struct json_object *quota, const char *name, struct sp_rates *out, const char **why)
{
	struct sp_str text = sp_json_get_str(quota, name);

	if (sp_json_get(quota, name) == NULL || (text.p != NULL && sp_rates_parse(text, out)))
		return true;
	*why = sp_printf(mem, "quota.%s: has to be rates like \"60/min\", \"5/s\", \"100/15min\", \"1000/h\", \"5000/day\", at most %d "
	    "with commas between", name, SP_RATES_MAX);
	return false;
}

static bool
read_quota(struct sp_arena *mem, struct json_object *all, struct sp_tool_options *out, const char **why)
{
	struct json_object *quota;

	if (!sp_spec_object(mem, all, "quota", &quota, why))
		return false;
	return quota == NULL || (
	    (sp_spec_only(mem, quota, "user client tool concurrent", why) || sp_spec_at(mem, "quota", why)) &&
	    read_rates(mem, quota, "user", &out->per_user, why) &&
	    read_rates(mem, quota, "client", &out->per_client, why) &&
	    read_rates(mem, quota, "tool", &out->per_tool, why) &&
	    (sp_spec_integer(mem, quota, "concurrent", 1, CONCURRENT_MAX, &out->concurrent, why) ||
	    sp_spec_at(mem, "quota", why)));
}

/* ---- cache ---- */

static bool
read_cache(struct sp_arena *mem, struct json_object *all, struct sp_tool_options *out, const char **why)
{
	struct json_object *cache;
	const char *per = "principal";

	if (!sp_spec_object(mem, all, "cache", &cache, why))
		return false;
	if (cache == NULL)
		return true;
	if (!sp_spec_only(mem, cache, "ttl per", why) || !sp_spec_text(mem, cache, "per", &per, why) ||
	    !sp_spec_duration(mem, cache, "ttl", 1, CACHE_MAX_MS, &out->cache_ttl_ms, why))
		return sp_spec_at(mem, "cache", why);
	if (out->cache_ttl_ms == 0)
		return fault(why, "cache.ttl: is missing");
	out->cache_for_everyone = strcmp(per, "everyone") == 0;
	return out->cache_for_everyone || strcmp(per, "principal") == 0 ||
	    fault(why, "cache.per: has to be \"principal\" or \"everyone\"");
}

/* ---- names ---- */

static bool
read_names(struct sp_arena *mem, struct json_object *all, const char *name, struct sp_names *out, const char **why)
{
	struct json_object *list;
	const char **item;
	size_t n;

	if (!sp_spec_array(mem, all, name, &list, why))
		return false;
	n = list != NULL ? json_object_array_length(list) : 0;
	item = sp_alloc_array(mem, n, sizeof(*item));
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (!json_object_is_type(one, json_type_string) || sp_json_text(one).len == 0) {
			*why = sp_printf(mem, "%s[%zu]: has to be a name", name, i);
			return false;
		}
		item[i] = sp_cstr(mem, sp_json_text(one));
	}
	*out = (struct sp_names){ item, n };
	return true;
}

bool
sp_names_have(const struct sp_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->item[i], name) == 0)
			return true;
	return false;
}

/* ---- bound arguments ---- */

/* A source that the catalog does not have, or that takes no texts, is no fault: the tool does without. */
static bool
read_embedded(struct sp_arena *mem, struct json_object *one, struct sp_bound *out, const char **why)
{
	struct json_object *source = sp_json_get(one, "source");
	const struct sp_http_source *loaded;

	if (!sp_spec_only(mem, one, "from of source", why) || !sp_spec_text(mem, one, "of", &out->of, why))
		return false;
	if (out->of == NULL || source == NULL)
		return fault(why, "needs \"of\", an argument, and \"source\", the name of one that makes embeddings");
	if (!json_object_is_type(source, json_type_object))
		return json_object_is_type(source, json_type_string) || fault(why, "source: is not the name of a source");
	if (!sp_http_source_load(mem, source, &loaded, why))
		return sp_spec_at(mem, "source", why);
	if (loaded->embedding != NULL)
		out->source = loaded;
	return true;
}

static bool
read_bound(struct sp_arena *mem, const char *name, struct json_object *one, struct sp_bound *out, const char **why)
{
	struct json_object *value;
	const char *from = NULL;
	bool has_value;

	if (!json_object_is_type(one, json_type_object))
		return fault(why, "has to be {\"from\": \"claim.NAME\"} or {\"value\": ...}");
	out->name = sp_strdup(mem, name);
	if (sp_str_is(sp_json_get_str(one, "from"), EMBEDDING))
		return read_embedded(mem, one, out, why);
	has_value = json_object_object_get_ex(one, "value", &value);
	if (!sp_spec_only(mem, one, "from value", why) || !sp_spec_text(mem, one, "from", &from, why))
		return false;
	if ((from != NULL) == has_value)
		return fault(why, "needs one of \"from\" and \"value\"");
	if (from != NULL && (strncmp(from, CLAIM, strlen(CLAIM)) != 0 || from[strlen(CLAIM)] == '\0'))
		return fault(why, "from: is neither claim.NAME nor embedding");
	if (from != NULL)
		out->claim = from + strlen(CLAIM);
	else
		out->value = value != NULL ? sp_str_dup(mem, sp_json_canonical(mem, value)) : SP_LIT("null");
	return true;
}

static bool
read_bind(struct sp_arena *mem, struct json_object *all, struct sp_tool_options *out, const char **why)
{
	struct json_object *bind;
	struct sp_bound *bound;

	if (!sp_spec_object(mem, all, "bind", &bind, why))
		return false;
	if (bind == NULL)
		return true;
	bound = sp_alloc_array(mem, (size_t)json_object_object_length(bind), sizeof(*bound));
	json_object_object_foreach(bind, name, one) {
		bound[out->bound_count] = (struct sp_bound){ 0 };
		if (!read_bound(mem, name, one, &bound[out->bound_count], why))
			return sp_spec_at(mem, sp_printf(mem, "bind.%s", name), why);
		out->bound_count++;
	}
	out->bound = bound;
	return true;
}

/* ---- tasks ---- */

/* Only judged here: the catalog knows of tasks from functions, too. */
static bool
judge_task(struct sp_arena *mem, struct json_object *all, const char **why)
{
	struct json_object *task = sp_json_get(all, "task");
	struct sp_str support = sp_json_get_str(all, "task");
	int64_t ms;

	if (task == NULL)
		return true;
	if (json_object_is_type(task, json_type_object)) {
		support = sp_json_get_str(task, "support");
		if (!sp_spec_only(mem, task, "support timeout", why))
			return sp_spec_at(mem, "task", why);
		if (sp_json_get(task, "timeout") != NULL && !sp_document_duration(sp_json_get_str(task, "timeout"), &ms))
			return fault(why, "task.timeout: has to be a time like \"30s\", \"10m\" or \"2h\"");
	}
	return (support.p != NULL && (sp_str_is(support, "required") || sp_str_is(support, "optional"))) ||
	    fault(why, "task: has to be \"optional\" or \"required\", or {\"support\": ..., \"timeout\": \"2h\"}");
}

/* ---- all of it ---- */

bool
sp_tool_options_read(struct sp_arena *mem, struct json_object *all, bool reads, const struct sp_tool_options **out,
    const char **why)
{
	struct sp_tool_options *o;

	*out = NULL;
	if (all == NULL || (json_object_is_type(all, json_type_object) && json_object_object_length(all) == 0))
		return true;
	if (!json_object_is_type(all, json_type_object))
		return fault(why, "options: has to be an object");
	o = sp_alloc(mem, sizeof(*o));
	if (!sp_spec_only(mem, all, "confirm quota cache invalidates sensitive bind task", why) ||
	    !read_confirm(mem, all, o, why) || !read_quota(mem, all, o, why) || !read_cache(mem, all, o, why) ||
	    !read_names(mem, all, "invalidates", &o->invalidates, why) ||
	    !read_names(mem, all, "sensitive", &o->sensitive, why) || !read_bind(mem, all, o, why) ||
	    !judge_task(mem, all, why))
		return false;
	if (o->cache_ttl_ms > 0 && !reads)
		return fault(why, "cache: the tool does more than read, and a result that is kept would do nothing");
	*out = o;
	return true;
}
