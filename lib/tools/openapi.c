/* openapi.c - tools out of an OpenAPI description */
#include "base/encode.h"
#include "tools/openapi_private.h"

#define WORK		((int64_t)30 * 1000 * 1000)	/* schemas looked at in one import; GitHub's 1,200 operations take 2 million */
#define OPERATION_WORK	((int64_t)300 * 1000)		/* and for one operation */
#define MAX_REMARKS	20000
#define SAME_REMARKS	10		/* of one operation that a new one is compared with */
#define MANY_TOOLS	100		/* more than that no client shows to a model at once */
#define MANY_BYTES	((size_t)512 * 1024)
#define MAX_BYTES	((size_t)64 * 1024 * 1024)	/* of all proposals */
#define MAX_PATH	500
#define MAX_URL		2000

static const char *const methods[] = { "get", "put", "post", "delete", "options", "head", "patch", "trace", NULL };

/* ---- for the parts ---- */

void
sp_openapi_remark(struct sp_openapi_job *job, const char *fmt, ...)
{
	size_t count = json_object_array_length(job->remarks);
	const char *about = job->operation != NULL ? job->operation->id : NULL;
	struct json_object *remark;
	struct sp_str text;
	va_list ap;

	va_start(ap, fmt);
	text = sp_openapi_prose(job->scratch, sp_str(sp_vprintf(job->scratch, fmt, ap)), 400);
	va_end(ap);
	if (count >= MAX_REMARKS)
		return;
	/* input and output, and each attempt at a schema that fits, come by the same places */
	for (size_t i = 0; i < SAME_REMARKS && i < count; i++) {
		struct json_object *other = json_object_array_get_idx(job->remarks, count - 1 - i);
		struct sp_str operation = sp_json_get_str(other, "operation");

		if (!sp_str_eq(operation, sp_str(about)))
			break;
		if (sp_str_eq(sp_json_get_str(other, "text"), text))
			return;
	}
	remark = json_object_new_object();
	if (about != NULL)
		json_object_object_add(remark, "operation", json_object_new_string(about));
	sp_json_set_str(remark, "text", text);
	json_object_array_add(job->remarks, remark);
}

bool
sp_openapi_fail(struct sp_openapi_job *job, const char *fmt, ...)
{
	va_list ap;

	if (job->why == NULL) {
		va_start(ap, fmt);
		job->why = sp_vprintf(job->scratch, fmt, ap);
		va_end(ap);
	}
	return false;
}

bool
sp_openapi_step(struct sp_openapi_job *job)
{
	job->work--;
	if (job->work < 0 || --job->operation_work < 0)
		return sp_openapi_fail(job, "its schemas take too much work");
	return job->why == NULL;
}


/* "~1" is "/", "~0" is "~" (RFC 6901 section 4). */
static const char *
unescape(struct sp_arena *mem, struct sp_str token)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, token.len + 1);
	for (size_t i = 0; i < token.len; i++)
		if (token.p[i] == '~' && i + 1 < token.len && (token.p[i + 1] == '0' || token.p[i + 1] == '1'))
			sp_buf_char(&b, token.p[++i] == '0' ? '~' : '/');
		else
			sp_buf_char(&b, token.p[i]);
	return sp_buf_view(&b).p;
}

static struct json_object *
member_of(struct json_object *json, const char *token)
{
	int64_t index;

	if (!json_object_is_type(json, json_type_array))
		return sp_json_get(json, token);
	return sp_str_int64(sp_str(token), 0, INT32_MAX, &index) ? json_object_array_get_idx(json, (size_t)index) : NULL;
}

struct json_object *
sp_openapi_pointer(struct sp_openapi_job *job, struct sp_str ref)
{
	struct json_object *at = job->description;
	struct sp_str rest, token;

	if (!sp_openapi_step(job))
		return NULL;
	if (!sp_str_starts(ref, "#")) {
		(void)sp_openapi_fail(job, "it refers to %.200s, and nothing outside the description is read", ref.p);
		return NULL;
	}
	if (ref.len > 2000 || !sp_str_starts(ref, "#/") ||
	    !sp_percent_decode(job->scratch, sp_str_sub(ref, 2, ref.len), &rest)) {
		(void)sp_openapi_fail(job, "it refers to %.200s, which is no JSON Pointer", ref.p);
		return NULL;
	}
	while (at != NULL && sp_str_split(&rest, '/', &token))
		at = member_of(at, unescape(job->scratch, token));
	if (at == NULL)
		(void)sp_openapi_fail(job, "it refers to %.200s, which is not there", ref.p);
	return at;
}

struct json_object *
sp_openapi_deref(struct sp_openapi_job *job, struct json_object *json)
{
	struct sp_str ref;

	for (int hops = 0; hops < SP_OPENAPI_MAX_HOPS; hops++) {
		if (json == NULL || (ref = sp_json_get_str(json, "$ref")).p == NULL)
			return json;
		if ((json = sp_openapi_pointer(job, ref)) == NULL)
			return NULL;
	}
	(void)sp_openapi_fail(job, "its references go in a circle");
	return NULL;
}

/*
 * Characters that a person who looks at a proposal does not see but a model
 * reads: what turns the direction of writing, zero width, tags (U+E0000).
 */
static bool
is_invisible(struct sp_str c)
{
	static const char *const ranges[][2] = {
		{ "\xc2\x80", "\xc2\x9f" }, { "\xe2\x80\x8b", "\xe2\x80\x8f" }, { "\xe2\x80\xa8", "\xe2\x80\xae" },
		{ "\xe2\x81\xa0", "\xe2\x81\xaf" }, { "\xef\xbb\xbf", "\xef\xbb\xbf" },
		{ "\xf3\xa0\x80\x80", "\xf3\xa0\x87\xbf" },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c.len == strlen(ranges[i][0]) && memcmp(c.p, ranges[i][0], c.len) >= 0 && memcmp(c.p, ranges[i][1], c.len) <= 0)
			return true;
	return false;
}

struct sp_str
sp_openapi_prose(struct sp_arena *mem, struct sp_str text, size_t max)
{
	struct sp_str rest = sp_str_sub(text, 0, max * 4), out;
	struct sp_buf b;
	size_t len;

	sp_buf_init(&b, mem, rest.len + 8);
	while (rest.len > 0) {
		struct sp_str c = sp_str_sub(rest, 0, (len = sp_utf8_len(rest)) > 0 ? len : 1);

		rest = sp_str_sub(rest, c.len, rest.len);
		if (len == 0 || is_invisible(c) || *c.p == '\r')
			continue;
		if (len == 1 && *c.p != '\n' && sp_str_has_control(c))
			sp_buf_char(&b, ' ');
		else
			sp_buf_str(&b, c);
	}
	out = sp_str_trim(sp_buf_view(&b), " \n");
	if (out.len <= max)
		return out;
	out = sp_utf8_cut(out, max - 4);
	for (len = out.len; len > max / 2 && out.p[len - 1] != ' ' && out.p[len - 1] != '\n'; len--)
		continue;
	if (len > max / 2)
		out.len = len;
	out = sp_str_trim(out, " \n");
	return sp_str(sp_printf(mem, "%.*s ...", SP_FMT(out)));
}

/* ---- the description ---- */

static bool
is_version(struct sp_str version, const char *line)
{
	return sp_str_starts(version, line) && (version.len == strlen(line) || version.p[strlen(line)] == '.');
}

static bool
check_version(struct sp_openapi_job *job, const char **why)
{
	struct sp_str version = sp_json_get_str(job->description, "openapi");

	if (sp_json_get(job->description, "swagger") != NULL) {
		*why = "the description: it is Swagger 2.0; make OpenAPI 3 of it first, for example with swagger2openapi (npm)";
		return false;
	}
	if (is_version(version, "3.0") || is_version(version, "3.1"))
		return true;
	*why = version.p == NULL ? "the description: it has no \"openapi\", so it is no OpenAPI description" :
	    sp_printf(job->mem, "the description: OpenAPI %.20s is not known here; 3.0 and 3.1 are", version.p);
	return false;
}

/*
 * The URL of the first of the servers with the defaults of its variables; NULL: there is none.
 * A URL without a scheme is a file's that was converted; it is served over https like the rest.
 */
static const char *
server_url(struct sp_arena *mem, struct json_object *servers)
{
	struct json_object *server = json_object_is_type(servers, json_type_array) && json_object_array_length(servers) > 0 ?
	    json_object_array_get_idx(servers, 0) : NULL;
	struct sp_str rest = sp_json_get_str(server, "url"), name, value;
	struct sp_buf b;
	ptrdiff_t open;

	if (rest.p == NULL || rest.len > MAX_URL)
		return NULL;
	sp_buf_init(&b, mem, 2 * MAX_URL);
	if (sp_str_starts(rest, "//"))
		sp_buf_cstr(&b, "https:");
	while ((open = sp_str_index(rest, '{')) >= 0) {
		sp_buf_str(&b, sp_str_sub(rest, 0, (size_t)open));
		rest = sp_str_sub(rest, (size_t)open + 1, rest.len);
		(void)sp_str_split(&rest, '}', &name);
		value = sp_json_get_str(sp_json_get(sp_json_get(server, "variables"), sp_cstr(mem, name)), "default");
		sp_buf_str(&b, value);
	}
	sp_buf_str(&b, rest);
	value = sp_buf_view(&b);
	while (value.len > 0 && value.p[value.len - 1] == '/')
		value.len--;
	return sp_buf_ok(&b) ? sp_cstr(mem, value) : NULL;
}

static bool
is_url(struct sp_str text)
{
	return sp_str_starts(text, "https://") || sp_str_starts(text, "http://");
}

/* Where operations are served that do not say it themselves. */
static const char *
common_server(struct sp_openapi_job *job, const struct sp_openapi_operation *op, size_t count)
{
	const char *url = server_url(job->mem, sp_json_get(job->description, "servers"));

	for (size_t i = 0; i < count && url == NULL; i++)
		url = server_url(job->mem, sp_json_get(op[i].item, "servers"));
	return url;
}

/* ---- operations ---- */

/* A Path Item Object, which may stand elsewhere in the description; NULL: it cannot be had. */
static struct json_object *
path_item(struct sp_openapi_job *job, const char *path, struct json_object *item)
{
	job->operation_work = OPERATION_WORK;
	if (sp_str_starts(sp_str(path), "x-"))
		return NULL;
	if ((item = sp_openapi_deref(job, item)) == NULL && job->why != NULL)
		sp_openapi_remark(job, "path %.200s left out: %s", path, job->why);
	job->why = NULL;
	return item;
}

static size_t
count_operations(struct sp_openapi_job *job, struct json_object *paths)
{
	size_t count = 0;

	json_object_object_foreach(paths, path, value) {
		struct json_object *item = path_item(job, path, value);

		for (size_t i = 0; methods[i] != NULL; i++)
			count += json_object_is_type(sp_json_get(item, methods[i]), json_type_object);
	}
	return count;
}

static const char *
upper(struct sp_arena *mem, const char *method)
{
	char *out = sp_strdup(mem, method);

	for (char *p = out; *p != '\0'; p++)
		*p = (char)(*p - 'a' + 'A');
	return out;
}

/* All operations in the order of the description. */
static bool
list_operations(struct sp_openapi_job *job, struct sp_openapi_operation **out, size_t *count, const char **why)
{
	struct json_object *paths = sp_json_get(job->description, "paths");
	struct sp_openapi_operation *op;
	size_t n = 0;

	if (!json_object_is_type(paths, json_type_object)) {
		*why = "the description: it has no \"paths\"";
		return false;
	}
	if ((*count = count_operations(job, paths)) > SP_OPENAPI_MAX_OPERATIONS) {
		*why = sp_printf(job->mem, "the description: it has %zu operations; at most %d are read", *count,
		    SP_OPENAPI_MAX_OPERATIONS);
		return false;
	}
	*out = op = sp_alloc_array(job->mem, *count, sizeof(*op));
	json_object_object_foreach(paths, path, value) {
		struct json_object *item = path_item(job, path, value);

		for (size_t i = 0; methods[i] != NULL; i++) {
			struct json_object *json = sp_json_get(item, methods[i]);

			if (!json_object_is_type(json, json_type_object))
				continue;
			op[n] = (struct sp_openapi_operation){ .method = upper(job->mem, methods[i]), .path = path,
			    .operation_id = sp_json_get_str(json, "operationId"), .item = item, .json = json };
			if (op[n].operation_id.len == 0)
				op[n].operation_id = (struct sp_str){ NULL, 0 };
			op[n].id = sp_printf(job->mem, "%s %s", op[n].method, path);
			n++;
		}
	}
	return true;
}

/* What can be said of an operation without looking at its parts. */
static bool
check_operation(struct sp_openapi_job *job, const char *base)
{
	const struct sp_openapi_operation *op = job->operation;
	struct json_object *servers = sp_json_get(op->json, "servers");
	const char *url;

	if (strlen(op->path) > MAX_PATH)
		return sp_openapi_fail(job, "its path is over %d bytes", MAX_PATH);
	if (strcmp(op->method, "TRACE") == 0 || strcmp(op->method, "OPTIONS") == 0)
		return sp_openapi_fail(job, "there is nothing a model could do with the method");
	if (sp_openapi_is_true(op->json, "deprecated") && !job->rules.deprecated)
		return sp_openapi_fail(job, "deprecated");
	if (job->rules.read_only && strcmp(op->method, "GET") != 0 && strcmp(op->method, "HEAD") != 0)
		return sp_openapi_fail(job, "only reading is imported");
	url = server_url(job->scratch, servers != NULL ? servers : sp_json_get(op->item, "servers"));
	if (url != NULL && base != NULL && strcmp(url, base) != 0)
		return sp_openapi_fail(job, "it is served at %.200s", url);
	return true;
}

static struct json_object *
import_operation(struct sp_openapi_job *job, const char *base, struct sp_str source, size_t *bytes)
{
	struct json_object *tool = NULL;

	job->why = NULL;
	job->operation_work = OPERATION_WORK;
	if (check_operation(job, base))
		tool = sp_openapi_tool(job, source, bytes);
	if (tool == NULL) {
		const char *why = job->why;

		job->why = NULL;
		sp_openapi_remark(job, "left out: %s", why);
	}
	return tool;
}

static void
import_operations(struct sp_openapi_job *job, const struct sp_openapi_operation *op, size_t count, const char *base,
    struct sp_str source, struct sp_openapi *out)
{
	for (size_t i = 0; i < count; i++) {
		struct json_object *tool;
		size_t bytes = 0;

		if (!sp_openapi_rules_include(&job->rules, &op[i]))
			continue;
		job->operation = &op[i];
		if ((tool = import_operation(job, base, source, &bytes)) != NULL && out->bytes + bytes <= MAX_BYTES) {
			json_object_array_add(out->documents, tool);
			out->bytes += bytes;
			out->tools++;
		} else {
			json_object_put(tool);
		}
		sp_arena_reset(job->scratch);
	}
	job->operation = NULL;
}

/* ---- the whole ---- */

/* A source of the catalog by its name, or one that is proposed with a URL. */
static bool
find_source(struct sp_openapi_job *job, const char *base, struct sp_openapi *out, struct sp_str *name, const char **why)
{
	struct sp_str url = job->rules.source;
	struct json_object *source;

	if (url.len > 0 && !is_url(url)) {
		*name = url;
		return true;
	}
	if (url.len == 0 && base != NULL)
		url = sp_str(base);
	if (!is_url(url)) {
		*why = "source: is needed, because the description does not say the URL of its server";
		return false;
	}
	while (url.p[url.len - 1] == '/')
		url.len--;
	source = json_object_new_object();
	json_object_object_add(source, "kind", json_object_new_string("source"));
	sp_json_set_str(source, "name", job->rules.name);
	if (job->rules.group.len > 0)
		sp_json_set_str(source, "group", job->rules.group);
	json_object_object_add(source, "type", json_object_new_string("http"));
	sp_json_set_str(source, "url", url);
	json_object_array_add(out->documents, source);
	*name = job->rules.name;
	return true;
}

static void
warn(struct sp_openapi_job *job, const struct sp_openapi *out)
{
	if (out->tools > MANY_TOOLS)
		sp_openapi_remark(job, "%zu tools are more than clients show to a model; include fewer operations, or use toolsets",
		    out->tools);
	if (out->bytes > MANY_BYTES)
		sp_openapi_remark(job, "the list of tools takes %zu KiB; include fewer operations, or set output: false",
		    out->bytes / 1024);
	if (out->tools == 0)
		sp_openapi_remark(job, "no operation became a tool");
}

static void
put(void *json)
{
	json_object_put(json);
}

static struct json_object *
new_array(struct sp_arena *mem)
{
	struct json_object *out = json_object_new_array();

	sp_arena_defer(mem, put, out);
	return out;
}

bool
sp_openapi_import(struct sp_arena *mem, struct json_object *rules, struct json_object *description,
    struct sp_openapi *out, const char **why)
{
	struct sp_openapi_job job = { .mem = mem, .description = description, .work = WORK };
	struct sp_openapi result = { .documents = new_array(mem), .remarks = new_array(mem) };
	struct sp_openapi_operation *op;
	struct sp_str source;
	const char *base;
	bool ok;

	job.remarks = result.remarks;
	job.scratch = sp_arena_new();
	ok = sp_openapi_rules_read(mem, rules, &job.rules, why) && check_version(&job, why) &&
	    list_operations(&job, &op, &result.operations, why) &&
	    sp_openapi_names(&job, op, result.operations, why);
	if (ok) {
		base = common_server(&job, op, result.operations);
		ok = find_source(&job, base, &result, &source, why);
	}
	if (ok) {
		import_operations(&job, op, result.operations, base, source, &result);
		warn(&job, &result);
		result.left_out = result.operations - result.tools;
		*out = result;
	}
	sp_arena_free(job.scratch);
	return ok;
}
