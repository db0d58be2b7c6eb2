/*
 * openapi_name.c - names of tools
 *
 * Clients take A-Z a-z 0-9 _ - and 64 of them.  What an operationId has beyond
 * that becomes "_", and what is too long is cut and gets a digest of the whole.
 * When several operations come to one name, the one whose operationId is that
 * name as it stands keeps it, and each other one gets a digest of its method and
 * path: so a name does not depend on the order of the description, and moves
 * only when another operation comes to the same one.
 */
#include "base/encode.h"
#include "base/secret.h"
#include "tools/openapi_private.h"

#define NAME_MAX_LEN	64
#define DIGEST_LEN	8		/* hex digits */

static bool
is_name_char(char c)
{
	return sp_is_alnum((unsigned char)c) || c == '_' || c == '-';
}

/* Runs of what a name cannot have become one "_"; none at the ends. */
static struct sp_str
fit(struct sp_arena *mem, struct sp_str text)
{
	struct sp_buf b;
	bool gap = false;

	sp_buf_init(&b, mem, text.len + 1);
	for (size_t i = 0; i < text.len; i++) {
		if (is_name_char(text.p[i])) {
			if (gap && b.len > 0)
				sp_buf_char(&b, '_');
			gap = false;
			sp_buf_char(&b, text.p[i]);
		} else {
			gap = true;
		}
	}
	return sp_buf_view(&b);
}

static const char *
with_digest(struct sp_arena *mem, struct sp_str name, const char *of)
{
	uint8_t digest[SP_SHA256_LEN];

	sp_sha256(sp_str(of), digest);
	name = sp_str_sub(name, 0, NAME_MAX_LEN - DIGEST_LEN - 1);
	return sp_printf(mem, "%.*s_%02x%02x%02x%02x", SP_FMT(name), digest[0], digest[1], digest[2], digest[3]);
}

const char *
sp_openapi_fit(struct sp_arena *mem, struct sp_str name)
{
	struct sp_str fitted = fit(mem, name);

	if (fitted.len == 0)
		return with_digest(mem, SP_LIT("x"), sp_cstr(mem, name));
	return fitted.len <= NAME_MAX_LEN ? fitted.p : with_digest(mem, fitted, sp_cstr(mem, name));
}

/* "GET /pets/{petId}/toys" -> "get_pets_petId_toys" */
static struct sp_str
from_path(struct sp_arena *mem, const struct sp_openapi_operation *op)
{
	char *text = sp_strdup(mem, op->id);

	for (char *p = text; *p != '\0' && *p != ' '; p++)
		*p = (char)sp_lower((unsigned char)*p);
	return sp_str(text);
}

enum how { GIVEN, EXACT, FITTED };

static enum how
propose(struct sp_openapi_job *job, struct sp_openapi_operation *op)
{
	struct json_object *given = sp_openapi_rules_for(job->rules.names, op);
	struct sp_str from = op->operation_id.len > 0 ? op->operation_id : from_path(job->mem, op);

	if (given != NULL) {
		op->tool_name = json_object_get_string(given);
		return GIVEN;
	}
	op->tool_name = sp_openapi_fit(job->mem, job->rules.prefix.len > 0 ?
	    sp_str(sp_printf(job->mem, "%.*s%.*s", SP_FMT(job->rules.prefix), SP_FMT(from))) : from);
	return sp_str_ends(sp_str(op->tool_name), sp_cstr(job->mem, from)) ? EXACT : FITTED;
}

/* Who wants which name; and how many of each kind want it. */
struct wish {
	uint32_t of[FITTED + 1];
};

bool
sp_openapi_names(struct sp_openapi_job *job, struct sp_openapi_operation *op, size_t count, const char **why)
{
	struct json_object *index = sp_json_new(job->mem), *place;
	struct wish *wishes = sp_alloc_array(job->mem, count, sizeof(*wishes));
	enum how *how = sp_alloc_array(job->mem, count, sizeof(*how));

	for (size_t i = 0; i < count; i++) {
		how[i] = propose(job, &op[i]);
		if (!json_object_object_get_ex(index, op[i].tool_name, &place))
			json_object_object_add(index, op[i].tool_name, place = json_object_new_int64((int64_t)i));
		wishes[json_object_get_int64(place)].of[how[i]]++;
	}
	for (size_t i = 0; i < count; i++) {
		const struct wish *wish;
		const char *name = op[i].tool_name;

		(void)json_object_object_get_ex(index, name, &place);
		wish = &wishes[json_object_get_int64(place)];
		if (how[i] == GIVEN && wish->of[GIVEN] > 1) {
			*why = sp_printf(job->mem, "names: \"%s\" is given to more than one operation", name);
			return false;
		}
		if ((how[i] == EXACT && wish->of[GIVEN] + wish->of[EXACT] > 1) ||
		    (how[i] == FITTED && wish->of[GIVEN] + wish->of[EXACT] + wish->of[FITTED] > 1))
			op[i].tool_name = with_digest(job->mem, sp_str(name), op[i].id);
	}
	return true;
}
