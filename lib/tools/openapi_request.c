/*
 * openapi_request.c - the arguments of an operation
 *
 * Parameters and the members of a body become properties of one flat object,
 * because that is what models fill in best.  When one name stands in several
 * places, the first of path, query, header, cookie, body keeps it, and the others
 * get the place behind it: id, id_query, id_body.
 */
#include "tools/openapi_private.h"

#define FORM		"application/x-www-form-urlencoded"
#define MAX_PARAMETERS	500		/* that a description may declare for one operation */

static const char *const places[] = { "path", "query", "header", "cookie", "body" };

/*
 * Headers that belong to the connection, to the credential or to the body; the
 * first three are never parameters (OpenAPI 3, Parameter Object, "name").
 */
static const char *const kept_headers[] = { "accept", "content-type", "authorization", "connection", "content-length",
    "cookie", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", NULL };

/* ---- parameters ---- */

static bool
is_same_parameter(struct json_object *a, struct json_object *b)
{
	return sp_str_eq(sp_json_get_str(a, "in"), sp_json_get_str(b, "in")) &&
	    sp_str_eq(sp_json_get_str(a, "name"), sp_json_get_str(b, "name"));
}

/* Adds the parameters of a list; one that is there already is replaced. */
static bool
collect(struct sp_openapi_job *job, struct json_object *list, struct json_object **item, size_t *count)
{
	for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
		struct json_object *parameter = sp_openapi_deref(job, json_object_array_get_idx(list, i));
		size_t at = 0;

		if (job->why != NULL)
			return false;
		if (!json_object_is_type(parameter, json_type_object))
			continue;
		while (at < *count && !is_same_parameter(item[at], parameter))
			at++;
		if (at == MAX_PARAMETERS)
			return sp_openapi_fail(job, "it has more than %d parameters", MAX_PARAMETERS);
		item[at] = parameter;
		*count += at == *count;
	}
	return true;
}

/* Whether the credential sends it: the name of an apiKey scheme. */
static bool
is_credential(struct sp_openapi_job *job, struct sp_str in, struct sp_str name)
{
	struct json_object *schemes = sp_json_get(sp_json_get(job->description, "components"), "securitySchemes");

	if (!json_object_is_type(schemes, json_type_object))
		return false;
	json_object_object_foreach(schemes, key, scheme) {
		(void)key;
		if (sp_str_is(sp_json_get_str(scheme, "type"), "apiKey") && sp_str_eq(sp_json_get_str(scheme, "in"), in) &&
		    sp_str_caseeq(sp_json_get_str(scheme, "name"), name))
			return true;
	}
	return false;
}

static bool
is_ours(struct sp_str header)
{
	for (const char *const *kept = kept_headers; *kept != NULL; kept++)
		if (sp_str_caseis(header, *kept))
			return true;
	return false;
}

static bool
is_token(struct sp_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!sp_is_tchar((unsigned char)text.p[i]))
			return false;
	return text.len > 0;
}

static bool
read_place(struct sp_str in, enum sp_openapi_in *out)
{
	for (enum sp_openapi_in place = SP_IN_PATH; place < SP_IN_BODY; place++)
		if (sp_str_is(in, places[place])) {
			*out = place;
			return true;
		}
	return false;
}

/* A Parameter Object without its schema: "content" with one media type, which must be JSON. */
static bool
read_content(struct json_object *parameter, struct sp_openapi_argument *arg)
{
	struct json_object *content = sp_json_get(parameter, "content");

	if (!json_object_is_type(content, json_type_object) || json_object_object_length(content) != 1)
		return false;
	json_object_object_foreach(content, media_type, media) {
		arg->json = sp_str_is(sp_str(media_type), "application/json");
		arg->schema = sp_json_get(media, "schema");
	}
	return arg->json;
}

static bool
has_parts(struct sp_openapi_job *job, struct json_object *schema)
{
	struct sp_str type = sp_json_get_str(sp_openapi_deref(job, schema), "type");

	return sp_str_is(type, "array") || sp_str_is(type, "object");
}

/* False: it cannot be sent, and job->why says so if it must be. */
static bool
read_parameter(struct sp_openapi_job *job, struct json_object *parameter, struct sp_openapi_argument *arg)
{
	struct sp_str name = sp_json_get_str(parameter, "name"), style = sp_json_get_str(parameter, "style");
	struct json_object *explode = sp_json_get(parameter, "explode");
	const char *why = NULL;

	*arg = (struct sp_openapi_argument){ .wire = name.p, .style = style,
	    .description = sp_json_get_str(parameter, "description"), .deprecated = sp_openapi_is_true(parameter, "deprecated"),
	    .schema = sp_json_get(parameter, "schema") };
	if (!read_place(sp_json_get_str(parameter, "in"), &arg->in) || name.len == 0 || name.len > 200) {
		sp_openapi_remark(job, "a parameter left out that has no name or no place: %.200s", name.p != NULL ? name.p : "");
		return false;
	}
	arg->required = sp_openapi_is_true(parameter, "required") || arg->in == SP_IN_PATH;
	if ((arg->in == SP_IN_HEADER && (!is_token(name) || is_ours(name))) ||
	    is_credential(job, sp_json_get_str(parameter, "in"), name)) {
		sp_openapi_remark(job, "%s %s left out: it is not the caller's to say", places[arg->in], name.p);
		return false;
	}
	if (style.p == NULL)
		arg->style = arg->in == SP_IN_QUERY || arg->in == SP_IN_COOKIE ? SP_LIT("form") : SP_LIT("simple");
	/* "x-multi-segment" is GitHub's word for it */
	arg->segments = arg->in == SP_IN_PATH && (sp_openapi_is_true(parameter, "allowReserved") || sp_openapi_is_true(parameter, "x-multi-segment"));
	arg->explode = explode != NULL ? sp_openapi_is_true(parameter, "explode") : sp_str_is(arg->style, "form");
	if (arg->schema == NULL && sp_json_get(parameter, "content") != NULL && !read_content(parameter, arg))
		why = "only JSON is taken as its content";
	if (why == NULL && arg->in == SP_IN_PATH && has_parts(job, arg->schema))
		why = "it is not one value";
	if (why == NULL && sp_openapi_http_can(arg, &why))
		return true;
	if (arg->required)
		return sp_openapi_fail(job, "%s %s is required: %s", places[arg->in], name.p, why);
	sp_openapi_remark(job, "%s %s left out: %s", places[arg->in], name.p, why);
	return false;
}

static struct sp_openapi_argument *
add(struct sp_openapi_job *job, struct sp_openapi_request *r, const struct sp_openapi_argument *arg)
{
	if (r->count == SP_OPENAPI_MAX_ARGUMENTS) {
		(void)sp_openapi_fail(job, "it has more than %d arguments", SP_OPENAPI_MAX_ARGUMENTS);
		return NULL;
	}
	r->item[r->count] = *arg;
	return &r->item[r->count++];
}

/* Each {name} of the path needs a parameter; many descriptions forget one. */
static bool
add_undeclared(struct sp_openapi_job *job, struct sp_openapi_request *r)
{
	struct sp_str rest = sp_str(job->operation->path);
	ptrdiff_t open, close;

	while ((open = sp_str_index(rest, '{')) >= 0) {
		struct sp_openapi_argument arg = { .in = SP_IN_PATH, .required = true, .style = SP_LIT("simple") };
		bool declared = false;

		rest = sp_str_sub(rest, (size_t)open + 1, rest.len);
		if ((close = sp_str_index(rest, '}')) <= 0)
			return sp_openapi_fail(job, "its path has an open brace");
		arg.wire = sp_cstr(job->scratch, sp_str_sub(rest, 0, (size_t)close));
		rest = sp_str_sub(rest, (size_t)close + 1, rest.len);
		for (size_t i = 0; i < r->count; i++)
			declared = declared || (r->item[i].in == SP_IN_PATH && strcmp(r->item[i].wire, arg.wire) == 0);
		if (declared)
			continue;
		arg.schema = sp_json_new(job->mem);
		sp_json_set_str(arg.schema, "type", SP_LIT("string"));
		sp_openapi_remark(job, "path %s is not declared: taken as a string", arg.wire);
		if (add(job, r, &arg) == NULL)
			return false;
	}
	return true;
}

static bool
is_in_path(struct sp_openapi_job *job, const char *name)
{
	const char *at = strstr(job->operation->path, name);
	size_t len = strlen(name);

	for (; at != NULL; at = strstr(at + 1, name))
		if (at > job->operation->path && at[-1] == '{' && at[len] == '}')
			return true;
	return false;
}

static bool
read_parameters(struct sp_openapi_job *job, struct sp_openapi_request *r)
{
	struct json_object **item = sp_alloc_array(job->scratch, MAX_PARAMETERS + 1, sizeof(*item));
	size_t count = 0;

	if (!collect(job, sp_json_get(job->operation->item, "parameters"), item, &count) ||
	    !collect(job, sp_json_get(job->operation->json, "parameters"), item, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct sp_openapi_argument arg;

		if (!read_parameter(job, item[i], &arg)) {
			if (job->why != NULL)
				return false;
		} else if (arg.in == SP_IN_PATH && !is_in_path(job, arg.wire)) {
			sp_openapi_remark(job, "path %s left out: the path does not have it", arg.wire);
		} else if (add(job, r, &arg) == NULL) {
			return false;
		}
	}
	return add_undeclared(job, r);
}

/* ---- the body ---- */

/* Alternatives that differ in what is required and in nothing else; the service judges those. */
static bool
is_only_required(struct json_object *alternatives)
{
	for (size_t i = 0; i < json_object_array_length(alternatives); i++) {
		struct json_object *one = json_object_array_get_idx(alternatives, i);

		if (!json_object_is_type(one, json_type_object))
			return false;
		json_object_object_foreach(one, name, value) {
			(void)value;
			if (strcmp(name, "required") != 0 && strcmp(name, "title") != 0 && strcmp(name, "description") != 0)
				return false;
		}
	}
	return true;
}

/* Keywords of a body that members side by side cannot say. */
static bool
is_more_than_members(struct sp_openapi_job *job, struct json_object *schema)
{
	static const char *const more[] = { "not", "if", "patternProperties", "dependentSchemas", "propertyNames",
	    "const", "enum" };
	static const char *const alternatives[] = { "oneOf", "anyOf" };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (sp_json_get(schema, more[i]) != NULL)
			return true;
	for (size_t i = 0; i < sizeof(alternatives) / sizeof(alternatives[0]); i++) {
		struct json_object *list = sp_json_get(schema, alternatives[i]);

		if (list == NULL)
			continue;
		if (!json_object_is_type(list, json_type_array) || !is_only_required(list))
			return true;
		sp_openapi_remark(job, "which members of the body go together is not in the schema; the service says it");
	}
	return false;
}

static bool
is_object_type(struct json_object *type)
{
	if (type == NULL || json_object_is_type(type, json_type_string))
		return type == NULL || sp_str_is(sp_json_text(type), "object");
	for (size_t i = 0; json_object_is_type(type, json_type_array) && i < json_object_array_length(type); i++) {
		struct json_object *one = json_object_array_get_idx(type, i);

		if (json_object_is_type(one, json_type_string) && sp_str_is(sp_json_text(one), "object"))
			return true;
	}
	return false;
}

struct members {
	struct sp_openapi_argument *item;
	size_t count;
	struct json_object *required;		/* names -> true */
};

/* False: there are too many, or two schemas for one member. */
static bool
add_member(struct members *m, const char *name, struct json_object *schema)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->item[i].wire, name) == 0)
			return false;
	if (m->count == SP_OPENAPI_MAX_ARGUMENTS)
		return false;
	m->item[m->count++] = (struct sp_openapi_argument){ .in = SP_IN_BODY, .wire = name, .schema = schema };
	return true;
}

/* Adds the members of an object, and of the objects that it is made of.  False: it is not just members. */
static bool
flatten(struct sp_openapi_job *job, struct json_object *schema, struct members *m, int hops)
{
	struct json_object *properties, *list;

	if (hops > SP_OPENAPI_MAX_HOPS || !sp_openapi_step(job) || (schema = sp_openapi_deref(job, schema)) == NULL)
		return false;
	if (!is_object_type(sp_json_get(schema, "type")) || is_more_than_members(job, schema))
		return false;
	if ((list = sp_json_get(schema, "allOf")) != NULL)
		for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++)
			if (!flatten(job, json_object_array_get_idx(list, i), m, hops + 1))
				return false;
	if (json_object_is_type(properties = sp_json_get(schema, "properties"), json_type_object)) {
		json_object_object_foreach(properties, name, property)
			if (!sp_openapi_is_hidden(job, property, true) && !add_member(m, name, property))
				return false;
	}
	list = sp_json_get(schema, "required");
	for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_string))
			json_object_object_add(m->required, json_object_get_string(one), json_object_new_boolean(1));
	}
	return true;
}

static bool
is_multipart(struct sp_str type)
{
	return sp_str_caseis(type, "multipart/form-data");
}

/* Without its parameters. */
static struct sp_str
essence(struct sp_str media_type)
{
	ptrdiff_t semicolon = sp_str_index(media_type, ';');

	return semicolon < 0 ? media_type : sp_str_trim(sp_str_sub(media_type, 0, (size_t)semicolon), " ");
}

/* How well a media type, without its parameters, suits; 0: not at all. */
static int
rank(struct sp_str type)
{
	if (!sp_openapi_http_can_body(type))
		return 0;
	if (sp_str_caseis(type, "application/json"))
		return 8;
	if (sp_str_is(type, "*/*") || sp_str_is(type, "application/*"))
		return 7;
	if (sp_str_caseis(type, "application/merge-patch+json"))
		return 6;
	if (sp_str_ends(type, "+json"))
		return 5;
	if (sp_str_caseis(type, FORM))
		return 4;
	return is_multipart(type) ? 3 : sp_openapi_is_text(type) ? 2 : 1;
}

static bool
is_json(struct sp_str media_type)
{
	return sp_str_is(media_type, "application/json") || sp_str_ends(essence(media_type), "+json");
}

/* What is sent: a wildcard takes JSON, and a charset says nothing of JSON or of a form.  Parts have their own boundary. */
static struct sp_str
sent_as(struct sp_str media_type)
{
	struct sp_str type = essence(media_type);

	if (sp_str_caseis(type, "application/json") || sp_str_index(type, '*') >= 0)
		return SP_LIT("application/json");
	if (sp_str_caseis(type, FORM))
		return SP_LIT(FORM);
	if (is_multipart(type))
		return SP_LIT("multipart/form-data");
	return sp_openapi_is_raw(type) ? type : media_type;
}

/* The media type that suits best, in r->media_type (absent: none does), and its Media Type Object. */
static struct json_object *
choose(struct json_object *content, struct sp_openapi_request *r)
{
	struct json_object *media = NULL;
	int best = 0;

	json_object_object_foreach(content, name, value) {
		int suits = rank(essence(sp_str(name)));

		if (suits <= best)
			continue;
		best = suits;
		r->media_type = sent_as(sp_str(name));
		media = value;
	}
	return media;
}

/* How a member of a form is written: Encoding Object. */
static void
read_encoding(struct json_object *encoding, struct sp_openapi_argument *arg)
{
	struct json_object *of = sp_json_get(encoding, arg->wire), *explode = sp_json_get(of, "explode");

	arg->style = sp_json_get_str(of, "style");
	if (arg->style.p == NULL)
		arg->style = SP_LIT("form");
	arg->explode = explode != NULL ? sp_openapi_is_true(of, "explode") : sp_str_is(arg->style, "form");
}

static bool
add_members(struct sp_openapi_job *job, struct sp_openapi_request *r, const struct members *m,
    struct json_object *encoding)
{
	for (size_t i = 0; i < m->count; i++) {
		struct sp_openapi_argument *arg = &m->item[i], filename;

		arg->required = r->body_required && sp_json_get(m->required, arg->wire) != NULL;
		if (is_multipart(r->media_type)) {
			if (!sp_openapi_file(job, arg))
				return false;
			sp_openapi_encoding_type(encoding, arg);
		} else
			read_encoding(encoding, arg);
		if (add(job, r, arg) == NULL)
			return false;
		sp_openapi_filename(job, arg, &filename);
		if (arg->base64 && add(job, r, &filename) == NULL)
			return false;
	}
	return true;
}

/* A form that is nothing, as some generators write it for every GET. */
static bool
has_no_fields(struct sp_openapi_job *job, struct json_object *schema)
{
	struct json_object *properties, *more;

	if ((schema = sp_openapi_deref(job, schema)) == NULL || sp_json_get(schema, "allOf") != NULL)
		return false;
	properties = sp_json_get(schema, "properties");
	if (json_object_object_get_ex(schema, "additionalProperties", &more))
		return json_object_is_type(more, json_type_boolean) && !json_object_get_boolean(more) &&
		    (properties == NULL || json_object_object_length(properties) == 0);
	return properties != NULL && json_object_object_length(properties) == 0;
}

static bool
read_body(struct sp_openapi_job *job, struct sp_openapi_request *r)
{
	struct json_object *body = sp_json_get(job->operation->json, "requestBody"), *content, *media;
	struct members m = { .item = sp_alloc_array(job->scratch, SP_OPENAPI_MAX_ARGUMENTS, sizeof(*m.item)),
	    .required = sp_json_new(job->scratch) };
	struct sp_openapi_argument whole = { .in = SP_IN_BODY };

	if (body == NULL)
		return true;
	if ((body = sp_openapi_deref(job, body)) == NULL)
		return false;
	r->body_required = sp_openapi_is_true(body, "required");
	if (!json_object_is_type(content = sp_json_get(body, "content"), json_type_object) ||
	    json_object_object_length(content) == 0)
		return true;
	media = choose(content, r);
	if (r->media_type.p == NULL) {
		struct json_object_iterator first = json_object_iter_begin(content);

		if (r->body_required)
			return sp_openapi_fail(job, "its body is %.100s", json_object_iter_peek_name(&first));
		sp_openapi_remark(job, "body left out: it is %.100s", json_object_iter_peek_name(&first));
		return true;
	}
	whole.required = r->body_required;
	whole.description = sp_json_get_str(body, "description");
	if (sp_openapi_is_raw(r->media_type)) {
		sp_openapi_whole(job, r->media_type, whole.description, &whole);
		return add(job, r, &whole) != NULL;
	}
	whole.schema = sp_json_get(media, "schema");
	if (flatten(job, whole.schema, &m, 0) && m.count > 0)
		return add_members(job, r, &m, sp_json_get(media, "encoding"));
	if (job->why != NULL)
		return false;
	if (!is_json(r->media_type) && has_no_fields(job, whole.schema)) {
		r->media_type = (struct sp_str){ NULL, 0 };
		return true;
	}
	if (!is_json(r->media_type))
		return sp_openapi_fail(job, "its body is %.100s and not an object with members", r->media_type.p);
	return add(job, r, &whole) != NULL;
}

/* ---- names ---- */

static bool
is_taken(struct json_object *taken, const char *name)
{
	return json_object_object_get_ex(taken, name, NULL);
}

/* Names of arguments, places in their order. */
static void
name_arguments(struct sp_openapi_job *job, struct sp_openapi_request *r)
{
	struct json_object *taken = sp_json_new(job->scratch);

	for (enum sp_openapi_in place = SP_IN_PATH; place <= SP_IN_BODY; place++)
		for (size_t i = 0; i < r->count; i++) {
			struct sp_openapi_argument *arg = &r->item[i];
			const char *base;

			if (arg->in != place)
				continue;
			base = sp_openapi_fit(job->scratch, arg->wire != NULL ? sp_str(arg->wire) : SP_LIT("body"));
			arg->name = base;
			if (is_taken(taken, arg->name))
				arg->name = sp_openapi_fit(job->scratch, sp_str(sp_printf(job->scratch, "%s_%s", base, places[place])));
			for (int n = 2; is_taken(taken, arg->name); n++)
				arg->name = sp_openapi_fit(job->scratch,
				    sp_str(sp_printf(job->scratch, "%s_%s_%d", base, places[place], n)));
			json_object_object_add(taken, arg->name, json_object_new_boolean(1));
		}
}

bool
sp_openapi_request_read(struct sp_openapi_job *job, struct sp_openapi_request *out)
{
	*out = (struct sp_openapi_request){
	    .item = sp_alloc_array(job->scratch, SP_OPENAPI_MAX_ARGUMENTS, sizeof(*out->item)) };
	if (!read_parameters(job, out) || !read_body(job, out))
		return false;
	name_arguments(job, out);
	return true;
}
