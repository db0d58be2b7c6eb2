/* openapi_bytes.c - bodies that are files, or have some among their parts (http_bytes.h) */
#include "tools/openapi_private.h"

/* One type, with which a body can be sent: no wildcard, no parameters, and lower case, in which we compare. */
static bool
is_media_type(struct sp_str text)
{
	size_t slashes = 0;

	for (size_t i = 0; i < text.len; i++) {
		slashes += text.p[i] == '/';
		if (text.p[i] != '/' && (!sp_is_tchar((unsigned char)text.p[i]) || text.p[i] == '*' || (text.p[i] >= 'A' && text.p[i] <= 'Z')))
			return false;
	}
	return slashes == 1 && text.p[0] != '/' && text.p[text.len - 1] != '/';
}

/* XML without a description of its elements is nothing that a model could write. */
bool
sp_openapi_is_raw(struct sp_str type)
{
	return is_media_type(type) && !sp_str_ends(type, "json") && !sp_str_ends(type, "xml") &&
	    !sp_str_starts(type, "multipart/") && !sp_str_is(type, "application/x-www-form-urlencoded");
}

bool
sp_openapi_is_text(struct sp_str type)
{
	return sp_str_starts(type, "text/") || sp_str_ends(type, "yaml") || sp_str_ends(type, "ndjson") || sp_str_ends(type, "graphql");
}

/* Bytes in words of 3.0 (format) and of 3.1 (contentMediaType, and no encoding that makes text of them). */
static bool
is_binary(struct json_object *schema)
{
	struct sp_str type = sp_json_get_str(schema, "type");

	if (sp_str_is(sp_json_get_str(schema, "format"), "binary"))
		return true;
	return sp_json_get(schema, "contentMediaType") != NULL && sp_json_get(schema, "contentEncoding") == NULL &&
	    (sp_json_get(schema, "type") == NULL || sp_str_is(type, "string")) && sp_json_get(schema, "contentSchema") == NULL;
}

static struct json_object *
base64_schema(struct sp_openapi_job *job)
{
	struct json_object *out = sp_json_new(job->mem);

	sp_json_set_str(out, "type", SP_LIT("string"));
	sp_json_set_str(out, "contentEncoding", SP_LIT("base64"));
	return out;
}

static void
describe(struct sp_openapi_job *job, struct sp_openapi_argument *arg, struct sp_str said)
{
	arg->description = !arg->base64 ? said :
	    sp_str(sp_printf(job->scratch, "%.*s%sIn base64.", SP_FMT(said), said.len > 0 ? " " : ""));
}

bool
sp_openapi_file(struct sp_openapi_job *job, struct sp_openapi_argument *arg)
{
	struct json_object *schema = sp_openapi_deref(job, arg->schema), *items, *list;

	if (schema == NULL)
		return false;
	items = sp_json_get(schema, "items");
	if (is_binary(schema)) {
		arg->schema = base64_schema(job);
	} else if (items != NULL && (items = sp_openapi_deref(job, items)) != NULL && is_binary(items)) {
		arg->schema = list = sp_json_new(job->mem);
		sp_json_set_str(list, "type", SP_LIT("array"));
		json_object_object_add(list, "items", json_object_get(base64_schema(job)));
	} else {
		return job->why == NULL;
	}
	arg->base64 = true;
	describe(job, arg, sp_json_get_str(schema, "description"));
	return true;
}

void
sp_openapi_filename(struct sp_openapi_job *job, const struct sp_openapi_argument *file, struct sp_openapi_argument *out)
{
	*out = (struct sp_openapi_argument){ .in = SP_IN_BODY, .wire = sp_printf(job->scratch, "%s_filename", file->wire),
	    .file = file->wire, .schema = sp_json_new(job->mem),
	    .description = sp_str(sp_printf(job->scratch, "Name of the file in %s, with its extension.", file->wire)) };
	sp_json_set_str(out->schema, "type", SP_LIT("string"));
}

void
sp_openapi_encoding_type(struct json_object *encoding, struct sp_openapi_argument *arg)
{
	struct sp_str type = sp_json_get_str(sp_json_get(encoding, arg->wire), "contentType");

	if (type.p != NULL && is_media_type(type))
		arg->type = type;
}

void
sp_openapi_whole(struct sp_openapi_job *job, struct sp_str type, struct sp_str said, struct sp_openapi_argument *out)
{
	out->base64 = !sp_openapi_is_text(type);
	out->type = type;
	if (out->base64)
		out->schema = base64_schema(job);
	else
		sp_json_set_str(out->schema = sp_json_new(job->mem), "type", SP_LIT("string"));
	describe(job, out, said.len > 0 ? said : sp_str(sp_printf(job->scratch, "What is sent, %.*s.", SP_FMT(type))));
}

/* ---- as the document of a tool has it ---- */

static struct json_object *
blank(struct sp_openapi_job *job, const char *name)
{
	return json_object_new_string(sp_printf(job->scratch, "{%s}", name));
}

struct json_object *
sp_openapi_write_bytes(struct sp_openapi_job *job, const struct sp_openapi_request *request, const struct sp_openapi_argument *arg)
{
	struct json_object *out;

	if (!arg->base64 && arg->type.p == NULL)
		return blank(job, arg->name);
	out = json_object_new_object();
	json_object_object_add(out, "value", blank(job, arg->name));
	if (arg->base64)
		json_object_object_add(out, "base64", json_object_new_boolean(1));
	for (size_t i = 0; i < request->count; i++)
		if (request->item[i].file != NULL && arg->wire != NULL && strcmp(request->item[i].file, arg->wire) == 0)
			json_object_object_add(out, "filename", blank(job, request->item[i].name));
	if (arg->type.p != NULL)
		sp_json_set_str(out, "type", arg->type);
	return out;
}
