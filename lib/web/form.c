/* form.c - parameters, strictly */
#include "base/encode.h"
#include "web/form.h"

#define MAX_PARAMETERS	100
#define MAX_NAME	100	/* bytes */
#define FORM_TYPE	"application/x-www-form-urlencoded"

/* RFC 8707 section 2: the one parameter that OAuth allows to come more than once. */
#define MAY_REPEAT	"resource"

static bool
parse_one(struct sp_arena *mem, struct sp_str pair, struct sp_form *form, const char **why)
{
	ptrdiff_t equals = sp_str_index(pair, '=');
	struct sp_str name = equals < 0 ? pair : sp_str_sub(pair, 0, (size_t)equals);
	struct sp_str value = equals < 0 ? SP_LIT("") :
	    sp_str_sub(pair, (size_t)equals + 1, pair.len);

	if (form->count == MAX_PARAMETERS) {
		*why = "too many parameters";
		return false;
	}
	if (!sp_form_decode(mem, name, &name) || !sp_form_decode(mem, value, &value)) {
		*why = "a broken escape, a NUL, or text that is not UTF-8";
		return false;
	}
	if (name.len == 0 || name.len > MAX_NAME) {
		*why = name.len == 0 ? "a parameter without a name" : "a name that is too long";
		return false;
	}
	if (form->repeated.p == NULL && !sp_str_is(name, MAY_REPEAT))
		for (size_t i = 0; i < form->count; i++)
			if (sp_str_eq(form->field[i].name, name))
				form->repeated = name;
	form->field[form->count++] = (struct sp_header){ name, value };
	return true;
}

bool
sp_form_parse(struct sp_arena *mem, struct sp_str text, struct sp_form *form, const char **why)
{
	struct sp_form parsed = { 0 };
	struct sp_str pair;

	parsed.field = sp_alloc_array(mem, MAX_PARAMETERS, sizeof(*parsed.field));
	while (sp_str_split(&text, '&', &pair))
		if (pair.len > 0 && !parse_one(mem, pair, &parsed, why))
			return false;
	*form = parsed;
	return true;
}

static bool
parse_once(struct sp_request *req, struct sp_str text, struct sp_form *form)
{
	struct sp_form parsed;
	const char *why;

	if (!sp_form_parse(req->mem, text, &parsed, &why))
		return sp_fail(req, SP_INVALID_REQUEST, "the parameters have %s", why);
	if (parsed.repeated.p != NULL)
		return sp_fail(req, SP_INVALID_REQUEST, "a parameter came twice");
	*form = parsed;
	return true;
}

bool
sp_form_read(struct sp_request *req, struct sp_form *form)
{
	/* Secrets in a query end in logs and histories: OAuth 2.1 section 3.2.2 */
	if (req->query.len > 0)
		return sp_fail(req, SP_INVALID_REQUEST, "parameters belong in the body");
	/* JSON and no type at all are mistakes in an OAuth request; OAuth's own error code tells its libraries */
	if (!sp_request_content_is(req, FORM_TYPE))
		return sp_fail(req, sp_str_starts(req->content_type, "multipart/") ?
		    SP_UNSUPPORTED_MEDIA_TYPE : SP_INVALID_REQUEST, "the body must be " FORM_TYPE);
	return parse_once(req, req->body, form);
}

bool
sp_form_query(struct sp_request *req, struct sp_form *form)
{
	return parse_once(req, req->query, form);
}

struct sp_str
sp_form_nth(const struct sp_form *form, const char *name, size_t i)
{
	for (size_t k = 0; k < form->count; k++)
		if (form->field[k].value.len > 0 && sp_str_is(form->field[k].name, name) && i-- == 0)
			return form->field[k].value;
	return (struct sp_str){ NULL, 0 };
}

struct sp_str
sp_form_get(const struct sp_form *form, const char *name)
{
	return sp_form_nth(form, name, 0);
}

size_t
sp_form_count(const struct sp_form *form, const char *name)
{
	size_t count = 0;

	while (sp_form_nth(form, name, count).p != NULL)
		count++;
	return count;
}
