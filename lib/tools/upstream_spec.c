/* upstream_spec.c - the object that describes an upstream */
#include "tools/upstream.h"

#include "net/guard.h"
#include "tools/options.h"
#include "tools/reference.h"

#define COMMAND_MAX	64		/* words */
#define PAIRS_MAX	64		/* headers, or variables */
#define MAX_BYTES	((int64_t)1 << 20)

const char *const sp_upstream_members[] = {
	"prefix", "server", "url", "headers", "command", "environment", "directory", "credential", "allow", "era",
	"keep", "prompts", "resources", "timeout", "max_bytes", "memory", "cpu", "processes", "tier", "scopes", "tools",
	"description", NULL
};
static const char *const rule_members[] = { "include", "exclude", "rename", "overrides", NULL };
/* What an override may say; the import puts it into the row. */
static const char *const override_members[] = {
	"title", "description", "scopes", "tier", "timeout", "max_bytes", "fixed", "annotations", "confirm", "cache",
	"invalidates", "quota", "sensitive", "bind", NULL
};

const char *const sp_upstream_options[] = { "confirm", "cache", "invalidates", "quota", "sensitive", "bind", "task", NULL };

static bool
is_among(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static bool
refuse(struct sp_arena *mem, const char **why, const char *path, const char *what)
{
	*why = sp_printf(mem, "%s: %s", path, what);
	return false;
}

static bool
known_members(struct sp_arena *mem, struct json_object *json, const char *const *names, const char *path, const char **why)
{
	if (!json_object_is_type(json, json_type_object))
		return refuse(mem, why, path, "not an object");
	json_object_object_foreach(json, name, value) {
		(void)value;
		/* what the database adds for workers */
		if (path[0] == '\0' && (strcmp(name, "name") == 0 || strcmp(name, "state") == 0))
			continue;
		if (!is_among(name, names))
			return refuse(mem, why, sp_printf(mem, "%s%s%.64s", path, path[0] != '\0' ? "." : "", name), "unknown member");
	}
	return true;
}

/* ---- parts ---- */

/* Letters, digits and dashes: what stands before "_" in names, and before "+" in schemes. */
static bool
is_prefix(struct sp_str s)
{
	if (s.len == 0 || s.len > 32 || !sp_is_alpha((unsigned char)s.p[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

static bool
is_header_name(struct sp_str s)
{
	static const char *const ours[] = { "Host", "Content-Length", "Content-Type", "Accept", "Connection", "Transfer-Encoding",
	    "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-ID", "Cookie" };

	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_tchar((unsigned char)s.p[i]))
			return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (sp_str_caseis(s, ours[i]))
			return false;
	return s.len > 0 && s.len <= 64;
}

static bool
is_variable_name(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	return s.len > 0 && s.len <= 128 && !sp_is_digit((unsigned char)s.p[0]);
}

static bool
read_pairs(struct sp_arena *mem, struct json_object *json, const char *path, bool (*name_is_good)(struct sp_str name),
    const struct sp_upstream_pair **out, size_t *count, const char **why)
{
	struct sp_upstream_pair *pairs = sp_alloc_array(mem, PAIRS_MAX, sizeof(*pairs));

	*out = pairs;
	*count = 0;
	if (json == NULL)
		return true;
	if (!json_object_is_type(json, json_type_object))
		return refuse(mem, why, path, "not an object of texts");
	json_object_object_foreach(json, name, value) {
		const char *at = sp_printf(mem, "%s.%.64s", path, name), *fault;

		if (*count == PAIRS_MAX)
			return refuse(mem, why, path, "too many");
		if (!name_is_good(sp_str(name)))
			return refuse(mem, why, at, "not a name that can be used here");
		if (!json_object_is_type(value, json_type_string) || sp_str_has_control(sp_json_text(value)))
			return refuse(mem, why, at, "not a text of one line");
		if (!sp_reference_check(sp_json_text(value), &fault))
			return refuse(mem, why, at, fault);
		pairs[(*count)++] = (struct sp_upstream_pair){ sp_strdup(mem, name), sp_cstr(mem, sp_json_text(value)) };
	}
	return true;
}

static bool
read_command(struct sp_arena *mem, struct json_object *json, struct sp_upstream *u, const char **why)
{
	size_t n = json_object_is_type(json, json_type_array) ? json_object_array_length(json) : 0;
	const char **argv = sp_alloc_array(mem, n + 1, sizeof(*argv)), *fault;

	if (n == 0 || n > COMMAND_MAX)
		return refuse(mem, why, "command", "not an array of a program and its arguments");
	for (size_t i = 0; i < n; i++) {
		struct json_object *word = json_object_array_get_idx(json, i);

		if (!json_object_is_type(word, json_type_string))
			return refuse(mem, why, sp_printf(mem, "command[%zu]", i), "not a text");
		if (!sp_reference_check(sp_json_text(word), &fault))
			return refuse(mem, why, sp_printf(mem, "command[%zu]", i), fault);
		argv[i] = sp_cstr(mem, sp_json_text(word));
	}
	if (argv[0][0] == '\0')
		return refuse(mem, why, "command[0]", "empty");
	u->command = argv;
	return true;
}

/* http is for the machine itself, or where the operator allows it: http.h has the last word. */
static bool
read_url(struct sp_arena *mem, struct sp_str url, struct sp_upstream *u, const char **why)
{
	if (!sp_str_starts(url, "https://") && !sp_str_starts(url, "http://"))
		return refuse(mem, why, "url", "not a URL https://... (or http://... of this machine)");
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f)
			return refuse(mem, why, "url", "not a URL: it has a blank, or characters that are not ASCII");
	if (sp_str_index(url, '@') >= 0 || sp_str_index(url, '#') >= 0)
		return refuse(mem, why, "url", "a URL without user, password and fragment is needed; secrets are headers");
	u->url = sp_cstr(mem, url);
	return true;
}

bool
sp_upstream_duration(struct json_object *json, int64_t *out)
{
	static const struct { const char *unit; int64_t ms; } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	struct sp_str text;

	if (json_object_is_type(json, json_type_int)) {
		*out = json_object_get_int64(json);
		return *out > 0 && *out <= 3600000;
	}
	if (!json_object_is_type(json, json_type_string))
		return false;
	text = sp_json_text(json);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].unit);

		if (sp_str_ends(text, units[i].unit) && sp_str_int64(sp_str_sub(text, 0, text.len - len), 1, 3600000 / units[i].ms, out)) {
			*out *= units[i].ms;
			return true;
		}
	}
	return false;
}

bool
sp_upstream_size(struct json_object *json, int64_t max, int64_t *out)
{
	static const struct { const char *unit; int64_t bytes; } units[] = { { "KiB", 1024 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 } };
	struct sp_str text;

	if (json_object_is_type(json, json_type_int)) {
		*out = json_object_get_int64(json);
		return *out > 0 && *out <= max;
	}
	if (!json_object_is_type(json, json_type_string))
		return false;
	text = sp_json_text(json);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (sp_str_ends(text, units[i].unit) &&
		    sp_str_int64(sp_str_sub(text, 0, text.len - 3), 1, max / units[i].bytes, out)) {
			*out *= units[i].bytes;
			return true;
		}
	return false;
}

static bool
is_texts(struct json_object *json)
{
	if (!json_object_is_type(json, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(json); i++)
		if (!json_object_is_type(json_object_array_get_idx(json, i), json_type_string))
			return false;
	return true;
}

static bool
is_tier(struct sp_str s)
{
	return sp_str_is(s, "public") || sp_str_is(s, "developer") || sp_str_is(s, "admin") || sp_str_is(s, "service");
}

/* ---- rules ---- */

/* What holds for tools of every kind is judged as theirs; what a tool's kind knows of caching is not asked here. */
static bool
judge_options(struct sp_arena *mem, const char *path, struct json_object *json, const char **why)
{
	struct json_object *options = sp_json_new(mem), *v;
	const struct sp_tool_options *read;
	const char *fault;

	for (size_t i = 0; sp_upstream_options[i] != NULL; i++)
		if ((v = sp_json_get(json, sp_upstream_options[i])) != NULL &&
		    json_object_object_add(options, sp_upstream_options[i], json_object_get(v)) != 0)
			sp_out_of_memory();
	return sp_tool_options_read(mem, options, true, &read, &fault) || refuse(mem, why, path, fault);
}

static bool
judge_override(struct sp_arena *mem, const char *path, struct json_object *json, const char **why)
{
	struct json_object *v;
	int64_t n;

	if (!known_members(mem, json, override_members, path, why))
		return false;
	if ((v = sp_json_get(json, "tier")) != NULL && !(json_object_is_type(v, json_type_string) && is_tier(sp_json_text(v))))
		return refuse(mem, why, sp_printf(mem, "%s.tier", path), "one of public, developer, admin, service");
	if ((v = sp_json_get(json, "scopes")) != NULL && !is_texts(v))
		return refuse(mem, why, sp_printf(mem, "%s.scopes", path), "not an array of texts");
	if ((v = sp_json_get(json, "timeout")) != NULL && !sp_upstream_duration(v, &n))
		return refuse(mem, why, sp_printf(mem, "%s.timeout", path), "not a duration such as 5s");
	if ((v = sp_json_get(json, "max_bytes")) != NULL && !sp_upstream_size(v, (int64_t)SP_UPSTREAM_MESSAGE_MAX, &n))
		return refuse(mem, why, sp_printf(mem, "%s.max_bytes", path), "not a size such as 64KiB, at most 8MiB");
	if ((v = sp_json_get(json, "fixed")) != NULL && !json_object_is_type(v, json_type_object))
		return refuse(mem, why, sp_printf(mem, "%s.fixed", path), "not an object of arguments");
	if ((v = sp_json_get(json, "annotations")) != NULL && !json_object_is_type(v, json_type_object))
		return refuse(mem, why, sp_printf(mem, "%s.annotations", path), "not an object");
	return judge_options(mem, path, json, why);
}

static bool
judge_rules(struct sp_arena *mem, struct json_object *rules, const char **why)
{
	struct json_object *v;

	if (!known_members(mem, rules, rule_members, "tools", why))
		return false;
	if ((v = sp_json_get(rules, "include")) != NULL && !is_texts(v))
		return refuse(mem, why, "tools.include", "not an array of names; * stands for anything");
	if ((v = sp_json_get(rules, "exclude")) != NULL && !is_texts(v))
		return refuse(mem, why, "tools.exclude", "not an array of names; * stands for anything");
	if ((v = sp_json_get(rules, "rename")) != NULL) {
		if (!json_object_is_type(v, json_type_object))
			return refuse(mem, why, "tools.rename", "not an object of names");
		json_object_object_foreach(v, from, to) {
			if (!json_object_is_type(to, json_type_string) || sp_json_text(to).len == 0)
				return refuse(mem, why, sp_printf(mem, "tools.rename.%.64s", from), "not a name");
		}
	}
	if ((v = sp_json_get(rules, "overrides")) != NULL) {
		if (!json_object_is_type(v, json_type_object))
			return refuse(mem, why, "tools.overrides", "not an object");
		json_object_object_foreach(v, tool, override) {
			if (!judge_override(mem, sp_printf(mem, "tools.overrides.%.64s", tool), override, why))
				return false;
		}
	}
	return true;
}

/* ---- all of it ---- */

static bool
read_bool(struct sp_arena *mem, struct json_object *json, const char *name, bool *out, const char **why)
{
	struct json_object *v = sp_json_get(json, name);

	if (v != NULL && !json_object_is_type(v, json_type_boolean))
		return refuse(mem, why, name, "true or false");
	*out = json_object_get_boolean(v);
	return true;
}

static bool
read_era(struct sp_arena *mem, struct json_object *json, struct sp_upstream *u, const char **why)
{
	struct json_object *v = sp_json_get(json, "era");
	struct sp_str name = sp_json_get_str(json, "era");

	if (v == NULL || sp_str_is(name, "auto"))
		u->era = SP_MCP_ERA_UNKNOWN;
	else if (sp_str_is(name, "2026-07-28"))
		u->era = SP_MCP_ERA_MODERN;
	else if (sp_str_is(name, "2025-11-25"))
		u->era = SP_MCP_ERA_SESSION;
	else
		return refuse(mem, why, "era", "one of auto, 2026-07-28, 2025-11-25");
	return true;
}

static bool
read_limits(struct sp_arena *mem, struct json_object *json, struct sp_upstream *u, const char **why)
{
	struct json_object *v;

	u->max_bytes = MAX_BYTES;
	if ((v = sp_json_get(json, "timeout")) != NULL && !sp_upstream_duration(v, &u->timeout_ms))
		return refuse(mem, why, "timeout", "not a duration such as 5s, at most 1h");
	if ((v = sp_json_get(json, "max_bytes")) != NULL && !sp_upstream_size(v, (int64_t)SP_UPSTREAM_MESSAGE_MAX, &u->max_bytes))
		return refuse(mem, why, "max_bytes", "not a size such as 64KiB, at most 8MiB");
	if ((v = sp_json_get(json, "memory")) != NULL && !sp_upstream_size(v, (int64_t)64 << 30, &u->memory_bytes))
		return refuse(mem, why, "memory", "not a size such as 512MiB");
	if ((v = sp_json_get(json, "cpu")) != NULL && !sp_upstream_duration(v, &u->cpu_s))
		return refuse(mem, why, "cpu", "not a duration such as 10s");
	u->cpu_s = (u->cpu_s + 999) / 1000;
	if ((v = sp_json_get(json, "processes")) != NULL) {
		u->processes = json_object_get_int64(v);
		if (!json_object_is_type(v, json_type_int) || u->processes < 1 || u->processes > 10000)
			return refuse(mem, why, "processes", "not a number from 1 to 10000");
	}
	return true;
}

static bool
read_allow(struct sp_arena *mem, struct json_object *json, struct sp_upstream *u, const char **why)
{
	struct json_object *list = sp_json_get(json, "allow");
	struct sp_buf b;

	u->allow = "";
	if (list == NULL)
		return true;
	if (!is_texts(list) || json_object_array_length(list) > 64)
		return refuse(mem, why, "allow", "not an array of address ranges like 10.1.0.0/16");
	sp_buf_init(&b, mem, 64 * 64);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct sp_str range = sp_json_text(json_object_array_get_idx(list, i));

		if (!sp_guard_range_valid(range))
			return refuse(mem, why, sp_printf(mem, "allow[%zu]", i), "not an address range like 10.1.0.0/16");
		sp_buf_printf(&b, "%s%.*s", i > 0 ? " " : "", SP_FMT(range));
	}
	u->allow = sp_buf_view(&b).p;
	return true;
}

static bool
read_where(struct sp_arena *mem, struct json_object *json, struct sp_upstream *u, const char **why)
{
	struct json_object *url = sp_json_get(json, "url"), *command = sp_json_get(json, "command");

	if ((url == NULL) == (command == NULL))
		return refuse(mem, why, "url", "an upstream has either a url or a command");
	if (!read_pairs(mem, sp_json_get(json, "headers"), "headers", is_header_name, &u->headers, &u->header_count, why) ||
	    !read_pairs(mem, sp_json_get(json, "environment"), "environment", is_variable_name, &u->environment,
	    &u->environment_count, why))
		return false;
	if (url != NULL && (u->environment_count > 0 || sp_json_get(json, "directory") != NULL))
		return refuse(mem, why, u->environment_count > 0 ? "environment" : "directory", "belongs to a command");
	if (command != NULL && u->header_count > 0)
		return refuse(mem, why, "headers", "belong to a url; a command has an environment");
	if (url != NULL)
		return read_url(mem, sp_json_get_str(json, "url"), u, why);
	u->directory = sp_cstr(mem, sp_json_get_str(json, "directory"));
	if (u->directory != NULL && u->directory[0] != '/')
		return refuse(mem, why, "directory", "not an absolute path");
	return read_command(mem, command, u, why);
}

static bool
read_names(struct sp_arena *mem, struct json_object *json, struct sp_upstream *u, const char **why)
{
	struct sp_str tier = sp_json_get_str(json, "tier");

	u->name = sp_cstr(mem, sp_json_get_str(json, "name"));
	u->prefix = sp_cstr(mem, sp_json_get_str(json, "prefix"));
	u->server = sp_json_get(json, "server") != NULL ? sp_cstr(mem, sp_json_get_str(json, "server")) : "";
	if (u->prefix == NULL)
		u->prefix = u->name != NULL ? u->name : "x";
	if (!is_prefix(sp_str(u->prefix)))
		return refuse(mem, why, "prefix", "a prefix has 1 to 32 of A-Z a-z 0-9 - _, a letter first (else it is the name)");
	if (u->server == NULL)
		return refuse(mem, why, "server", "not a text");
	if (sp_json_get(json, "tier") != NULL && !is_tier(tier))
		return refuse(mem, why, "tier", "one of public, developer, admin, service");
	/* what nobody has looked at is for administrators */
	u->tier = tier.p != NULL ? sp_cstr(mem, tier) : "admin";
	u->scopes = sp_json_get(json, "scopes");
	if (u->scopes != NULL && !is_texts(u->scopes))
		return refuse(mem, why, "scopes", "not an array of texts");
	return true;
}

bool
sp_upstream_read(struct sp_arena *mem, struct json_object *json, struct sp_upstream *out, const char **why)
{
	struct sp_upstream u = { 0 };
	struct json_object *state = sp_json_get(json, "state");
	const char *fault;

	if (!known_members(mem, json, sp_upstream_members, "", why) || !read_names(mem, json, &u, why) || !read_where(mem, json, &u, why) ||
	    !read_allow(mem, json, &u, why) || !read_era(mem, json, &u, why) || !read_limits(mem, json, &u, why) ||
	    !read_bool(mem, json, "keep", &u.keep, why) || !read_bool(mem, json, "prompts", &u.prompts, why) ||
	    !read_bool(mem, json, "resources", &u.resources, why))
		return false;
	if (u.keep && u.url != NULL)
		return refuse(mem, why, "keep", "is for a command; there is no process to keep of a url");
	u.rules = sp_json_get(json, "tools");
	if (u.rules != NULL && !judge_rules(mem, u.rules, why))
		return false;
	u.credential = sp_json_get(json, "credential");
	if ((u.credential != NULL || sp_json_get(json, "allow") != NULL) && u.url == NULL)
		return refuse(mem, why, u.credential != NULL ? "credential" : "allow", "belongs to a url; a command has an environment");
	if (json_object_is_type(u.credential, json_type_object) &&
	    !sp_credential_load(mem, u.credential, &u.knows_us_by, &fault))
		return refuse(mem, why, "credential", fault);
	if (sp_str_is(sp_json_get_str(u.credential, "type"), "aws_sigv4") || sp_str_is(sp_json_get_str(u.credential, "in"), "query"))
		return refuse(mem, why, "credential", "MCP servers are told by a header field who calls");
	u.found = sp_mcp_era_find(sp_json_get_str(state, "era"));
	u.down = json_object_get_boolean(sp_json_get(state, "down"));
	u.completes = json_object_get_boolean(sp_json_get(sp_json_get(state, "can"), "completions"));
	u.tells = json_object_get_boolean(sp_json_get(sp_json_get(state, "can"), "list_changed"));
	*out = u;
	return true;
}
