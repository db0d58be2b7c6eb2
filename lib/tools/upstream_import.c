/* upstream_import.c - what an upstream says it has, and the rows that are made of it */
#include "tools/upstream_import.h"

#include "base/encode.h"
#include "base/secret.h"
#include "tools/uri_template.h"

#define DEFINITION_MAX	((size_t)128 * 1024)	/* bytes of one definition */
#define FOUND_MAX	((size_t)32 << 20)	/* of all of them */
#define NAME_MAX_LEN	64			/* of ours */
#define THEIR_NAME_MAX	512			/* bytes; longer ones are nobody's */
#define DESCRIPTION_MAX	16384

/* ---- definitions ---- */

static struct sp_upstream_definition
leave_out(struct sp_upstream_definition d, const char *why)
{
	d.digest = NULL;
	d.why = why;
	return d;
}

static void
keep(struct json_object *to, const char *name, struct json_object *value)
{
	if (json_object_object_add(to, name, json_object_get(value)) != 0)
		sp_out_of_memory();
}

static void
keep_if(struct json_object *to, struct json_object *from, const char *name, enum json_type type)
{
	struct json_object *value = sp_json_get(from, name);

	if (json_object_is_type(value, type))
		keep(to, name, value);
}

static void
take_annotations(struct sp_arena *mem, struct json_object *entry, struct json_object *to)
{
	static const char *const hints[] = { "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint" };
	struct json_object *from = sp_json_get(entry, "annotations"), *kept = sp_json_new(mem);

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		keep_if(kept, from, hints[i], json_type_boolean);
	if (json_object_object_length(kept) > 0)
		keep(to, "annotations", kept);
	if (sp_json_get(to, "title") == NULL)		/* where 2025-03-26 has it */
		keep_if(to, from, "title", json_type_string);
}

/* 2025-11-25: whether it may, or can only, be called as a task. */
static void
take_execution(struct sp_arena *mem, struct json_object *entry, struct json_object *to)
{
	struct sp_str support = sp_json_get_str(sp_json_get(entry, "execution"), "taskSupport");
	struct json_object *kept = sp_json_new(mem);

	if (!sp_str_is(support, "optional") && !sp_str_is(support, "required"))
		return;
	sp_json_set_str(kept, "taskSupport", support);
	keep(to, "execution", kept);
}

static bool
compiles(struct sp_arena *mem, struct json_object *schema, const char *which, const char **why)
{
	static const struct sp_schema_options options = { .assert_format = true };
	struct sp_schema *compiled;
	const char *fault;

	if (!sp_schema_compile(mem, schema, &options, &compiled, &fault)) {
		*why = sp_printf(mem, "its %s does not compile: %.200s", which, fault);
		return false;
	}
	sp_schema_free(compiled);
	return true;
}

static bool
define_tool(struct sp_arena *mem, struct json_object *entry, struct json_object *to, const char **why)
{
	struct json_object *input = sp_json_get(entry, "inputSchema"), *output = sp_json_get(entry, "outputSchema");
	struct sp_param_headers headers;

	*why = "its inputSchema is not one of an object";
	if (!json_object_is_type(input, json_type_object) || !sp_str_is(sp_json_get_str(input, "type"), "object"))
		return false;
	*why = "its outputSchema is no object";
	if (output != NULL && !json_object_is_type(output, json_type_object))
		return false;
	if (!compiles(mem, input, "inputSchema", why) || (output != NULL && !compiles(mem, output, "outputSchema", why)) ||
	    !sp_param_headers(mem, input, &headers, why))
		return false;
	take_annotations(mem, entry, to);
	take_execution(mem, entry, to);
	keep(to, "inputSchema", input);
	if (output != NULL)
		keep(to, "outputSchema", output);
	return true;
}

static bool
is_mime_type(struct sp_str s)
{
	ptrdiff_t slash = sp_str_index(s, '/');

	if (slash <= 0 || (size_t)slash + 1 == s.len || s.len > 128)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (i != (size_t)slash && !sp_is_alnum((unsigned char)s.p[i]) && strchr("!#$&^_.+-", s.p[i]) == NULL)
			return false;
	return true;
}

static bool
define_resource(struct sp_arena *mem, struct json_object *entry, struct sp_str uri, bool is_template, struct json_object *to,
    const char **why)
{
	struct sp_uri_template template;

	if (!sp_uri_template_parse(mem, uri, &template, why))
		return false;
	*why = is_template ? "its URI template has no variables" : "its URI has braces";
	if ((template.count > 0) != is_template)
		return false;
	*why = "it has no name";
	if (sp_json_get_str(entry, "name").len == 0)
		return false;
	keep(to, "name", sp_json_get(entry, "name"));
	if (is_mime_type(sp_json_get_str(entry, "mimeType")))
		keep(to, "mimeType", sp_json_get(entry, "mimeType"));
	return true;
}

static bool
define_prompt(struct sp_arena *mem, struct json_object *entry, struct json_object *to, const char **why)
{
	struct json_object *list = sp_json_get(entry, "arguments"), *kept;

	if (list == NULL)
		return true;
	*why = "its arguments are malformed";
	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > 60)
		return false;
	kept = json_object_new_array();
	if (kept == NULL || json_object_object_add(to, "arguments", kept) != 0)
		sp_out_of_memory();
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *from = json_object_array_get_idx(list, i), *a = sp_json_new(mem);

		if (sp_json_get_str(from, "name").len == 0 || sp_json_get_str(from, "name").len > NAME_MAX_LEN)
			return false;
		keep_if(a, from, "name", json_type_string);
		keep_if(a, from, "title", json_type_string);
		keep_if(a, from, "description", json_type_string);
		keep_if(a, from, "required", json_type_boolean);
		if (json_object_array_add(kept, json_object_get(a)) != 0)
			sp_out_of_memory();
	}
	return true;
}

static struct sp_str
name_of(const char *list, struct json_object *entry)
{
	return sp_json_get_str(entry, strcmp(list, "resource") == 0 ? "uri" : strcmp(list, "template") == 0 ? "uriTemplate" : "name");
}

struct sp_upstream_definition
sp_upstream_define(struct sp_arena *mem, const char *list, struct json_object *entry)
{
	struct sp_upstream_definition d = { .list = list, .name = name_of(list, entry), .definition = sp_json_new(mem) };
	bool is_template = strcmp(list, "template") == 0;
	uint8_t digest[SP_SHA256_LEN];
	const char *why = "";
	struct sp_str text;
	bool good;

	if (d.name.len == 0 || d.name.len > THEIR_NAME_MAX) {
		d.name = SP_LIT("");
		return leave_out(d, "an entry has no name, or a very long one");
	}
	keep_if(d.definition, entry, "title", json_type_string);
	keep_if(d.definition, entry, "description", json_type_string);
	if (sp_json_get_str(d.definition, "description").len > DESCRIPTION_MAX)
		return leave_out(d, "its description is very long");
	good = strcmp(list, "tool") == 0 ? define_tool(mem, entry, d.definition, &why) :
	    strcmp(list, "prompt") == 0 ? define_prompt(mem, entry, d.definition, &why) :
	    define_resource(mem, entry, d.name, is_template, d.definition, &why);
	if (!good)
		return leave_out(d, sp_upstream_shown(mem, sp_str(why)).p);
	text = sp_json_canonical(mem, d.definition);
	if (text.len > DEFINITION_MAX)
		return leave_out(d, "its definition is very long");
	if (!sp_upstream_is_visible(mem, d.definition, &why) ||
	    !sp_upstream_is_visible(mem, sp_json_get(entry, is_template ? "uriTemplate" : strcmp(list, "resource") == 0 ? "uri" : "name"), &why))
		return leave_out(d, why);
	sp_sha256(sp_str(sp_printf(mem, "%s\n%.*s\n%.*s", list, SP_FMT(d.name), SP_FMT(text))), digest);
	d.digest = sp_hex_encode(mem, digest, sizeof(digest)).p;
	return d;
}

/* ---- reading the lists ---- */

static bool
is_there_already(const struct sp_upstream_definitions *all, size_t from, const struct sp_upstream_definition *d)
{
	for (size_t i = from; i < all->count; i++)
		if (sp_str_eq(all->item[i].name, d->name))
			return true;
	return false;
}

static enum sp_mcp_reply_kind
read_list(struct sp_upstream_talk *talk, const char *list, const char *method, const char *member,
    struct sp_upstream_definitions *all)
{
	struct sp_arena *mem = talk->req->mem;
	struct json_object *entries;
	enum sp_mcp_reply_kind kind;
	size_t from = all->count;

	kind = sp_mcp_client_list(&talk->client, method, member, SP_UPSTREAM_ENTRIES_MAX, &entries);
	if (kind != SP_MCP_REPLY)
		return kind;
	for (size_t i = 0; i < json_object_array_length(entries); i++) {
		struct sp_upstream_definition d = sp_upstream_define(mem, list, json_object_array_get_idx(entries, i));

		if (d.name.len > 0 && is_there_already(all, from, &d))
			d = leave_out(d, "its name stands twice");
		all->item[all->count++] = d;
	}
	return kind;
}

enum sp_mcp_reply_kind
sp_upstream_lists(struct sp_upstream_talk *talk, struct sp_upstream_definitions *out)
{
	static const struct {
		const char *list, *capability, *method, *member;
	} lists[] = {
		{ "tool", "tools", "tools/list", "tools" },
		{ "resource", "resources", "resources/list", "resources" },
		{ "template", "resources", "resources/templates/list", "resourceTemplates" },
		{ "prompt", "prompts", "prompts/list", "prompts" },
	};
	const struct sp_upstream *u = talk->upstream;
	enum sp_mcp_reply_kind kind = SP_MCP_REPLY;

	*out = (struct sp_upstream_definitions){
		.item = sp_alloc_array(talk->req->mem, 4 * SP_UPSTREAM_ENTRIES_MAX, sizeof(*out->item)) };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && kind == SP_MCP_REPLY; i++) {
		bool wanted = strcmp(lists[i].capability, "resources") == 0 ? u->resources :
		    strcmp(lists[i].capability, "prompts") == 0 ? u->prompts : true;
		/* one whose era was known has not been asked what it has: then the list itself says it */
		bool has = talk->client.server == NULL || sp_json_get(talk->client.server, lists[i].capability) != NULL;

		if (!wanted || !has)
			continue;
		kind = read_list(talk, lists[i].list, lists[i].method, lists[i].member, out);
		if (kind == SP_MCP_REPLY_ERROR && strcmp(lists[i].list, "tool") != 0)
			kind = SP_MCP_REPLY;		/* it has none of these */
	}
	if (kind == SP_MCP_REPLY_ERROR)
		talk->client.why = "it answers tools/list with an error";
	return kind;
}

/* ---- JSON for the database ---- */

static void
write_member(struct sp_json_writer *w, const char *name, struct json_object *value)
{
	if (value == NULL)
		return;
	sp_jw_key(w, name);
	sp_jw_value(w, value);
}

struct sp_str
sp_upstream_found_json(struct sp_arena *mem, const struct sp_upstream_definitions *definitions)
{
	struct sp_json_writer w;
	struct sp_buf b;

	sp_buf_init(&b, mem, FOUND_MAX);
	sp_jw_init(&w, &b);
	sp_jw_array(&w);
	for (size_t i = 0; i < definitions->count; i++) {
		const struct sp_upstream_definition *d = &definitions->item[i];

		if (d->digest == NULL)
			continue;
		sp_jw_object(&w);
		sp_jw_kcstr(&w, "list", d->list);
		sp_jw_kstr(&w, "name", d->name);
		sp_jw_kcstr(&w, "digest", d->digest);
		write_member(&w, "definition", d->definition);
		sp_jw_object_end(&w);
	}
	sp_jw_array_end(&w);
	return sp_buf_ok(&b) ? sp_buf_view(&b) : (struct sp_str){ NULL, 0 };
}

/* ---- rows ---- */

/* "*" stands for any characters. */
static bool
matches(struct sp_str name, struct sp_str pattern)
{
	size_t n = 0, p = 0, star = SIZE_MAX, mark = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			mark = n;
		} else if (p < pattern.len && pattern.p[p] == name.p[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}

static bool
matches_any(struct sp_str name, struct json_object *patterns)
{
	for (size_t i = 0; i < json_object_array_length(patterns); i++)
		if (matches(name, sp_json_text(json_object_array_get_idx(patterns, i))))
			return true;
	return false;
}

static bool
is_offered(const struct sp_upstream *u, struct sp_str tool)
{
	struct json_object *include = sp_json_get(u->rules, "include"), *exclude = sp_json_get(u->rules, "exclude");

	return (include == NULL || matches_any(tool, include)) && (exclude == NULL || !matches_any(tool, exclude));
}

const char *
sp_upstream_name(struct sp_arena *mem, const struct sp_upstream *u, struct sp_str name, bool *fitted)
{
	struct json_object *rename = sp_json_get(u->rules, "rename");
	struct sp_str to = sp_json_get_str(rename, sp_cstr(mem, name));
	char *out = sp_printf(mem, "%s_%.*s", u->prefix, SP_FMT(to.p != NULL ? to : name));
	uint8_t digest[SP_SHA256_LEN];
	size_t len = strlen(out);

	*fitted = len > NAME_MAX_LEN;
	for (size_t i = 0; i < len; i++)
		if (!sp_is_alnum((unsigned char)out[i]) && out[i] != '_' && out[i] != '-') {
			out[i] = '_';
			*fitted = true;
		}
	if (len <= NAME_MAX_LEN)
		return out;
	/* what is cut off is told apart by its digest */
	sp_sha256(name, digest);
	return sp_printf(mem, "%.*s_%.*s", NAME_MAX_LEN - 9, out, SP_FMT(sp_hex_encode(mem, digest, 4)));
}

/* What rows are written with. */
struct writing {
	struct sp_arena *mem;
	const struct sp_upstream *u;
	struct sp_json_writer w;
	const char **names;		/* of tools and prompts that are written already */
	size_t count;
	int64_t position;
	void (*told)(void *arg, const char *name, const char *why);
	void *arg;
};

/* Two names that became the same are told apart; the later one changes. */
static const char *
our_name(struct writing *wr, struct sp_str name)
{
	uint8_t digest[SP_SHA256_LEN];
	bool fitted;
	const char *ours = sp_upstream_name(wr->mem, wr->u, name, &fitted);

	for (size_t i = 0; i < wr->count; i++)
		if (strcmp(wr->names[i], ours) == 0) {
			sp_sha256(name, digest);
			ours = sp_printf(wr->mem, "%.*s_%.*s", NAME_MAX_LEN - 9, ours, SP_FMT(sp_hex_encode(wr->mem, digest, 4)));
			break;
		}
	wr->names[wr->count++] = ours;
	return ours;
}

/* The schema without the arguments that are fixed: nobody is shown them, and nobody can send them. */
static struct json_object *
without_fixed(struct sp_arena *mem, struct json_object *schema, struct json_object *fixed)
{
	struct json_object *out = sp_json_new(mem), *properties = sp_json_new(mem), *required, *name;

	if (fixed == NULL || json_object_object_length(fixed) == 0)
		return schema;
	json_object_object_foreach(schema, member, value) {
		if (strcmp(member, "properties") == 0 && json_object_is_type(value, json_type_object)) {
			json_object_object_foreach(value, property, p)
				if (!json_object_object_get_ex(fixed, property, NULL))
					keep(properties, property, p);
			keep(out, member, properties);
		} else if (strcmp(member, "required") == 0 && json_object_is_type(value, json_type_array)) {
			required = json_object_new_array();
			if (required == NULL || json_object_object_add(out, member, required) != 0)
				sp_out_of_memory();
			for (size_t i = 0; i < json_object_array_length(value); i++) {
				name = json_object_array_get_idx(value, i);
				if (json_object_is_type(name, json_type_string) &&
				    !json_object_object_get_ex(fixed, json_object_get_string(name), NULL) &&
				    json_object_array_add(required, json_object_get(name)) != 0)
					sp_out_of_memory();
			}
		} else {
			keep(out, member, value);
		}
	}
	return out;
}

/* The arguments of a prompt, or the variables of a template, which the upstream may complete. */
static void
write_completes(struct writing *wr, const struct sp_upstream_definition *d)
{
	struct json_object *list = sp_json_get(d->definition, "arguments");
	struct sp_uri_template template = { 0 };
	const char *why;

	if (strcmp(d->list, "template") == 0 && !sp_uri_template_parse(wr->mem, d->name, &template, &why))
		return;
	sp_jw_key(&wr->w, "completes");
	sp_jw_array(&wr->w);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		sp_jw_str(&wr->w, sp_json_get_str(json_object_array_get_idx(list, i), "name"));
	for (size_t i = 0; i < template.count; i++)
		sp_jw_cstr(&wr->w, template.variable[i].name);
	sp_jw_array_end(&wr->w);
}

static void
write_spec(struct writing *wr, const struct sp_upstream_definition *d, struct json_object *fixed, bool checked, bool has_headers)
{
	sp_jw_key(&wr->w, "spec");
	sp_jw_object(&wr->w);
	sp_jw_kcstr(&wr->w, "upstream", wr->u->name);
	sp_jw_kcstr(&wr->w, "list", d->list);
	sp_jw_kstr(&wr->w, "name", d->name);
	write_member(&wr->w, "fixed", fixed);
	write_member(&wr->w, "task", sp_json_get(sp_json_get(d->definition, "execution"), "taskSupport"));
	if (has_headers)
		write_member(&wr->w, "headers", sp_json_get(d->definition, "inputSchema"));
	if (strcmp(d->list, "prompt") == 0 || strcmp(d->list, "template") == 0)
		write_completes(wr, d);
	if (checked)
		sp_jw_kbool(&wr->w, "checked", true);
	sp_jw_object_end(&wr->w);
}

/* What an override says, or else the upstream's row. */
static void
write_rights(struct writing *wr, struct json_object *override)
{
	struct json_object *scopes = sp_json_get(override, "scopes"), *tier = sp_json_get(override, "tier"), *v;
	int64_t timeout_ms = wr->u->timeout_ms, max_bytes = wr->u->max_bytes;

	sp_jw_kcstr(&wr->w, "server", wr->u->server);
	sp_jw_key(&wr->w, "scopes");
	if (scopes != NULL || wr->u->scopes != NULL) {
		sp_jw_value(&wr->w, scopes != NULL ? scopes : wr->u->scopes);
	} else {
		sp_jw_array(&wr->w);
		sp_jw_array_end(&wr->w);
	}
	sp_jw_kstr(&wr->w, "tier", tier != NULL ? sp_json_text(tier) : sp_str(wr->u->tier));
	/* both were judged when the upstream was read */
	if ((v = sp_json_get(override, "timeout")) != NULL && !sp_upstream_duration(v, &timeout_ms))
		timeout_ms = wr->u->timeout_ms;
	if ((v = sp_json_get(override, "max_bytes")) != NULL && !sp_upstream_size(v, (int64_t)SP_UPSTREAM_MESSAGE_MAX, &max_bytes))
		max_bytes = wr->u->max_bytes;
	if (timeout_ms > 0)
		sp_jw_kint(&wr->w, "timeout_ms", timeout_ms);
	sp_jw_kint(&wr->w, "max_bytes", max_bytes);
	sp_jw_kint(&wr->w, "position", wr->position++);
}

/* What holds for tools of every kind is not ours to read: run.h's. */
static void
write_options(struct writing *wr, struct json_object *override, bool may_be_task)
{
	struct json_object *options = sp_json_new(wr->mem);

	if (may_be_task)
		sp_json_set_str(options, "task", SP_LIT("optional"));

	for (size_t i = 0; sp_upstream_options[i] != NULL; i++)
		if (sp_json_get(override, sp_upstream_options[i]) != NULL)
			keep(options, sp_upstream_options[i], sp_json_get(override, sp_upstream_options[i]));
	if (json_object_object_length(options) > 0)
		write_member(&wr->w, "options", options);
}

static struct sp_str
text_or(struct json_object *a, const char *name, struct sp_str otherwise)
{
	struct sp_str text = sp_json_get_str(a, name);

	return text.len > 0 ? text : otherwise;
}

static void
write_tool(struct writing *wr, const struct sp_upstream_definition *d)
{
	struct json_object *override = sp_json_get(sp_json_get(wr->u->rules, "overrides"), sp_cstr(wr->mem, d->name));
	struct json_object *fixed = sp_json_get(override, "fixed"), *annotations = sp_json_new(wr->mem), *v;
	struct json_object *input = sp_json_get(d->definition, "inputSchema");
	struct json_object *shown = without_fixed(wr->mem, without_fixed(wr->mem, input, fixed), sp_json_get(override, "bind"));
	struct sp_str title = text_or(override, "title", sp_json_get_str(d->definition, "title"));
	struct sp_param_headers headers = { NULL, 0 };
	const char *why;

	if (!sp_param_headers(wr->mem, input, &headers, &why) || !compiles(wr->mem, shown, "inputSchema without the fixed arguments", &why)) {
		wr->told(wr->arg, sp_cstr(wr->mem, d->name), why);
		return;
	}
	sp_jw_object(&wr->w);
	sp_jw_kcstr(&wr->w, "name", our_name(wr, d->name));
	if (title.p != NULL)
		sp_jw_kstr(&wr->w, "title", title);
	sp_jw_kstr(&wr->w, "description", text_or(override, "description", text_or(d->definition, "description",
	    title.len > 0 ? title : d->name)));
	write_member(&wr->w, "input_schema", shown);
	write_member(&wr->w, "output_schema", sp_json_get(d->definition, "outputSchema"));
	if ((v = sp_json_get(d->definition, "annotations")) != NULL) {
		json_object_object_foreach(v, hint, value)
			keep(annotations, hint, value);
	}
	if ((v = sp_json_get(override, "annotations")) != NULL) {
		json_object_object_foreach(v, h, value2)
			keep(annotations, h, value2);
	}
	write_member(&wr->w, "annotations", annotations);
	write_rights(wr, override);
	write_options(wr, override, sp_json_get(d->definition, "execution") != NULL);
	write_spec(wr, d, fixed, sp_json_get(d->definition, "outputSchema") != NULL, headers.count > 0);
	sp_jw_object_end(&wr->w);
}

static void
write_resource(struct writing *wr, const struct sp_upstream_definition *d)
{
	struct sp_str title = sp_json_get_str(d->definition, "title"), description = sp_json_get_str(d->definition, "description");
	struct sp_str mime_type = sp_json_get_str(d->definition, "mimeType");

	sp_jw_object(&wr->w);
	sp_jw_kcstr(&wr->w, "uri", sp_upstream_uri(wr->mem, wr->u, d->name));
	sp_jw_kstr(&wr->w, "name", sp_json_get_str(d->definition, "name"));
	if (title.p != NULL)
		sp_jw_kstr(&wr->w, "title", title);
	if (description.p != NULL)
		sp_jw_kstr(&wr->w, "description", description);
	if (mime_type.p != NULL)
		sp_jw_kstr(&wr->w, "mime_type", mime_type);
	sp_jw_kraw(&wr->w, "annotations", SP_LIT("{}"));
	write_rights(wr, NULL);
	write_spec(wr, d, NULL, false, false);
	sp_jw_object_end(&wr->w);
}

static void
write_prompt(struct writing *wr, const struct sp_upstream_definition *d)
{
	struct sp_str title = sp_json_get_str(d->definition, "title");
	struct json_object *arguments = sp_json_get(d->definition, "arguments");

	sp_jw_object(&wr->w);
	sp_jw_kcstr(&wr->w, "name", our_name(wr, d->name));
	if (title.p != NULL)
		sp_jw_kstr(&wr->w, "title", title);
	sp_jw_kstr(&wr->w, "description", text_or(d->definition, "description", title.len > 0 ? title : d->name));
	if (arguments != NULL)
		write_member(&wr->w, "arguments", arguments);
	else
		sp_jw_kraw(&wr->w, "arguments", SP_LIT("[]"));
	write_rights(wr, NULL);
	write_spec(wr, d, NULL, false, false);
	sp_jw_object_end(&wr->w);
}

static bool
is_of(const struct sp_upstream_definition *d, const char *list)
{
	return strcmp(d->list, list) == 0 || (strcmp(list, "resource") == 0 && strcmp(d->list, "template") == 0);
}

struct sp_str
sp_upstream_rows_json(struct sp_arena *mem, const struct sp_upstream *u, const struct sp_upstream_definitions *approved,
    void (*told)(void *arg, const char *name, const char *why), void *arg)
{
	static const struct {
		const char *list;
		void (*write)(struct writing *wr, const struct sp_upstream_definition *d);
	} lists[] = { { "tool", write_tool }, { "resource", write_resource }, { "prompt", write_prompt } };
	struct writing wr = { .mem = mem, .u = u, .told = told, .arg = arg,
	    .names = sp_alloc_array(mem, approved->count, sizeof(*wr.names)) };
	struct sp_buf b;

	sp_buf_init(&b, mem, FOUND_MAX);
	sp_jw_init(&wr.w, &b);
	sp_jw_object(&wr.w);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		bool wanted = i == 0 || (i == 1 ? u->resources : u->prompts);

		wr.count = 0;
		wr.position = 0;
		sp_jw_key(&wr.w, lists[i].list);
		sp_jw_array(&wr.w);
		for (size_t k = 0; k < approved->count; k++) {
			const struct sp_upstream_definition *d = &approved->item[k];

			if (wanted && is_of(d, lists[i].list) && (i != 0 || is_offered(u, d->name)))
				lists[i].write(&wr, d);
		}
		sp_jw_array_end(&wr.w);
	}
	sp_jw_object_end(&wr.w);
	return sp_buf_ok(&b) ? sp_buf_view(&b) : (struct sp_str){ NULL, 0 };
}
