/* statement_tool.c - tools of kind "statement": a SQL statement with named parameters */
#include "tools/statement_tool.h"

#include "tools/source_call.h"
#include "tools/sql_call.h"
#include "tools/sql_value.h"
#include "tools/statement_text.h"

#define WRAPPED_MAX	(5 * SP_STATEMENT_MAX)
/* Names that no column has: in row_to_json(r) a column r would win over the row r. */
#define NAME		"\"the statement\""		/* of the WITH around what writes */
#define ITS_ROW		"\"its row\""

enum result { ROWS, ROW, VALUE, NONE };

struct place {
	const char *name;
	enum sp_sql_input input;
	struct sp_param otherwise;		/* when the argument is not given */
};

struct spec {
	const struct sp_source *source;		/* NULL: our own database */
	struct sp_statement_text text;
	enum result result;
	bool read_only;
	struct place *places;			/* for $1, $2 ... */
};

/* ---- the spec ---- */

struct fields {
	struct json_object *source;
	struct sp_str sql, result;
	bool read_only;
};

static const struct sp_json_field fields[] = {
	{ "source", SP_JSON_ANY, offsetof(struct fields, source) },
	{ "sql", SP_JSON_STRING, offsetof(struct fields, sql), .required = true },
	{ "result", SP_JSON_STRING, offsetof(struct fields, result) },
	{ "read_only", SP_JSON_BOOL, offsetof(struct fields, read_only) },
	{ NULL }
};

static bool
check_members(struct sp_arena *mem, struct json_object *json, const char **why)
{
	json_object_object_foreach(json, name, value) {
		size_t i = 0;

		(void)value;
		while (fields[i].name != NULL && strcmp(fields[i].name, name) != 0)
			i++;
		if (fields[i].name == NULL) {
			*why = sp_printf(mem, "%s: a statement has sql, read_only, result and source", name);
			return false;
		}
	}
	return true;
}

static bool
load_source(struct sp_arena *mem, struct json_object *json, struct spec *spec, const char **why)
{
	if (json == NULL)
		return true;
	if (json_object_is_type(json, json_type_string)) {
		*why = sp_printf(mem, "source: there is no source \"%s\"", json_object_get_string(json));
		return false;
	}
	if (!json_object_is_type(json, json_type_object)) {
		*why = "source: is not a name";
		return false;
	}
	if (sp_source_load(mem, json, &spec->source, why))
		return true;
	*why = sp_printf(mem, "source: %s", *why);
	return false;
}

static bool
load_result(struct sp_str name, struct spec *spec, const char **why)
{
	static const char *const names[] = { "rows", "row", "value", "none" };
	size_t i = 0;

	if (name.p == NULL) {
		spec->result = spec->text.returns ? ROWS : NONE;
		return true;
	}
	while (i < sizeof(names) / sizeof(names[0]) && !sp_str_is(name, names[i]))
		i++;
	*why = "result: is none of rows, row, value, none";
	if (i == sizeof(names) / sizeof(names[0]))
		return false;
	spec->result = (enum result)i;
	*why = "result: the statement gives no rows: RETURNING is missing";
	return spec->result == NONE || spec->text.returns;
}

static bool
check_read_only(struct sp_arena *mem, const struct spec *spec, const char **why)
{
	if (spec->read_only && spec->text.writes) {
		*why = "read_only: the statement writes; say read_only: false";
		return false;
	}
	if (!spec->read_only && spec->source != NULL && sp_source_is_read_only(spec->source)) {
		*why = sp_printf(mem, "read_only: source \"%s\" is read only", sp_source_name(spec->source));
		return false;
	}
	return true;
}

static enum sp_sql_input
input_of(struct sp_str cast)
{
	if (sp_str_is(cast, "json") || sp_str_is(cast, "jsonb"))
		return SP_SQL_JSON;
	return sp_str_is(cast, "json[]") || sp_str_is(cast, "jsonb[]") ? SP_SQL_JSON_ARRAY : SP_SQL_ARRAY;
}

static void
make_places(struct sp_arena *mem, struct spec *spec)
{
	spec->places = sp_alloc_array(mem, spec->text.count, sizeof(*spec->places));
	for (size_t i = 0; i < spec->text.count; i++) {
		const struct sp_statement_place *p = &spec->text.place[i];

		spec->places[i] = (struct place){
			.name = sp_cstr(mem, p->name),
			.input = input_of(p->cast),
			.otherwise = SP_P_NULL,
		};
	}
}

static bool
load(struct sp_arena *mem, struct json_object *json, const void **out, const char **why)
{
	struct spec *spec = sp_alloc(mem, sizeof(*spec));
	struct fields f = { .read_only = true };

	if (!check_members(mem, json, why) || !sp_json_read(mem, json, fields, &f, why))
		return false;
	spec->read_only = f.read_only;
	if (!sp_statement_read(mem, f.sql, &spec->text, why)) {
		*why = sp_printf(mem, "sql: %s", *why);
		return false;
	}
	if (!load_source(mem, f.source, spec, why) || !check_read_only(mem, spec, why) ||
	    !load_result(f.result, spec, why))
		return false;
	make_places(mem, spec);
	*out = spec;
	return true;
}

/* ---- what it has to do with the rest of its entry ---- */

static bool
has_place(const struct spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->text.count; i++)
		if (strcmp(spec->places[i].name, name) == 0)
			return true;
	return false;
}

static bool
says_type(struct json_object *schema, const char *name)
{
	struct json_object *type = sp_json_get(schema, "type");

	if (!json_object_is_type(type, json_type_array))
		return sp_str_is(sp_json_get_str(schema, "type"), name);
	for (size_t i = 0; i < json_object_array_length(type); i++) {
		const char *one = json_object_get_string(json_object_array_get_idx(type, i));

		if (one != NULL && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

static void
fit_place(struct sp_arena *mem, const struct sp_statement_place *text, struct json_object *schema, struct place *p)
{
	struct json_object *items = sp_json_get(schema, "items"), *value = sp_json_get(schema, "default");

	if (text->cast.len == 0 && (says_type(items, "object") || says_type(items, "array")))
		p->input = SP_SQL_JSON;
	if (value == NULL)
		return;
	p->otherwise = sp_sql_param(mem, p->input, value);
	p->otherwise.s = sp_str_dup(mem, p->otherwise.s);	/* it may point into the schema */
}

/* Whether each member of an object (NULL: it has none) is the name of a parameter. */
static bool
all_used(struct sp_arena *mem, const struct spec *spec, struct json_object *names, const char **why)
{
	if (names == NULL)
		return true;
	json_object_object_foreach(names, name, value) {
		(void)value;
		if (has_place(spec, name))
			continue;
		*why = sp_printf(mem, "sql: the argument %s is not used: there is no :%s", name, name);
		return false;
	}
	return true;
}

static bool
fit(struct sp_arena *mem, const struct sp_tool_frame *frame, const void **inout, const char **why)
{
	struct json_object *properties = sp_json_get(frame->input, "properties");
	struct json_object *bind = sp_json_get(frame->options, "bind"), *there;
	struct spec *spec = sp_alloc(mem, sizeof(*spec));

	*spec = *(const struct spec *)*inout;
	make_places(mem, spec);
	for (size_t i = 0; i < spec->text.count; i++) {
		if (json_object_object_get_ex(properties, spec->places[i].name, &there)) {
			fit_place(mem, &spec->text.place[i], there, &spec->places[i]);
		} else if (!json_object_object_get_ex(bind, spec->places[i].name, &there)) {
			*why = sp_printf(mem, "sql: :%s is not an argument of the tool", spec->places[i].name);
			return false;
		}
	}
	if (!all_used(mem, spec, properties, why) || !all_used(mem, spec, bind, why))
		return false;
	*why = "read_only: its annotations say readOnlyHint";
	if (frame->read_only && !spec->read_only)
		return false;
	*inout = spec;
	return true;
}

/* ---- the statement of a call ---- */

/* The statement as a table: in parentheses, or by the name of the WITH in front of all. */
static void
put_table(struct sp_buf *b, const struct spec *spec)
{
	if (spec->text.writes)
		sp_buf_cstr(b, NAME);
	else
		sp_buf_printf(b, "(%.*s%.*s\n)", SP_FMT(spec->text.with), SP_FMT(spec->text.main));
}

/*
 * What writes must stand in a WITH on the highest level, so it is put behind the
 * statement's own ones.  LIMIT then cuts what is told, and not what is done.
 */
static void
put_with(struct sp_buf *b, const struct spec *spec)
{
	if (spec->text.writes)
		sp_buf_printf(b, "%s%.*s%s " NAME " AS (%.*s\n) ", spec->text.with.len > 0 ? "" : "WITH",
		    SP_FMT(spec->text.with), spec->text.with.len > 0 ? "," : "", SP_FMT(spec->text.main));
}

/* One row: sql_answer.h.  With LIMIT the JSON is made once, as a subquery with one is never merged. */
static void
wrap(struct sp_buf *b, const struct spec *spec, const struct sp_tool *tool)
{
	put_with(b, spec);
	if (spec->result == NONE) {
		sp_buf_cstr(b, "SELECT count(*) FROM ");
		put_table(b, spec);
		sp_buf_cstr(b, " AS s");
		return;
	}
	sp_buf_printf(b, "SELECT CASE WHEN octet_length(q.v) <= %lld THEN q.v END AS result, octet_length(q.v) AS size, "
	    "q.n AS rows, q.failed FROM (SELECT ", (long long)tool->max_bytes);
	switch (spec->result) {
	case ROWS:
		sp_buf_cstr(b, "'{\"rows\":[' || coalesce(string_agg(row_to_json(" ITS_ROW ")::text, ','), '') || ']}', "
		    "count(*), NULL::boolean FROM (SELECT * FROM ");
		put_table(b, spec);
		sp_buf_printf(b, " AS s LIMIT %lld) AS " ITS_ROW, (long long)tool->max_rows);
		break;
	case ROW:
		sp_buf_cstr(b, "r.j::text, NULL::bigint, (r.j->'ok')::text = 'false' "
		    "FROM (SELECT row_to_json(" ITS_ROW ") AS j FROM ");
		put_table(b, spec);
		sp_buf_cstr(b, " AS " ITS_ROW " LIMIT 1) AS r");
		break;
	case VALUE:
		sp_buf_cstr(b, "CASE WHEN json_typeof(r.j) = 'object' THEN r.j::text "
		    "ELSE '{\"result\":' || coalesce(r.j::text, 'null') || '}' END, NULL::bigint, "
		    "CASE WHEN json_typeof(r.j) = 'object' THEN (r.j->'ok')::text = 'false' END "
		    "FROM (SELECT to_json(s.c) AS j FROM ");
		put_table(b, spec);
		sp_buf_cstr(b, " AS s (c) LIMIT 1) AS r");
		break;
	case NONE:
		break;
	}
	sp_buf_cstr(b, ") AS q (v, n, failed)");
}

static const struct sp_param *
params_of(struct sp_arena *mem, const struct spec *spec, struct json_object *arguments)
{
	struct sp_param *p = sp_alloc_array(mem, spec->text.count, sizeof(*p));
	struct json_object *value;

	for (size_t i = 0; i < spec->text.count; i++) {
		const struct place *place = &spec->places[i];

		if (!json_object_object_get_ex(arguments, place->name, &value))
			p[i] = place->otherwise;
		else
			p[i] = value != NULL ? sp_sql_param(mem, place->input, value) : SP_P_NULL;
	}
	return p;
}

static enum sp_tool_outcome
call_statement(const struct sp_tool_call *call, struct json_object *arguments, struct sp_tool_result *out)
{
	const struct spec *spec = call->tool->spec;
	bool is_wrapped = spec->result != NONE || spec->text.returns;
	struct sp_sql_statement s = {
		.params = params_of(call->req->mem, spec, arguments),
		.answer = spec->result != NONE ? SP_SQL_OBJECT : spec->text.counts && !is_wrapped ? SP_SQL_COUNT : SP_SQL_NOTHING,
		.read_only = spec->read_only || call->tool->read_only,
	};
	struct sp_buf b;

	sp_buf_init(&b, call->req->mem, WRAPPED_MAX);
	if (is_wrapped)
		wrap(&b, spec, call->tool);
	else
		sp_buf_printf(&b, "%.*s%.*s", SP_FMT(spec->text.with), SP_FMT(spec->text.main));
	s.query = (struct sp_query){ call->tool->name, sp_buf_view(&b).p, (int)spec->text.count };
	if (!sp_buf_ok(&b)) {
		(void)sp_fail(call->req, SP_SERVER_ERROR, "the statement of tool %s is too long", call->tool->name);
		return SP_TOOL_FAILED;
	}
	return spec->source != NULL ? sp_source_call(call, spec->source, &s, out) : sp_sql_call(call, &s, out);
}

static bool
is_read_only(const void *spec)
{
	return ((const struct spec *)spec)->read_only;
}

const struct sp_tool_kind sp_statement_tool = {
	"statement", load, call_statement, .fit = fit, .is_read_only = is_read_only
};
