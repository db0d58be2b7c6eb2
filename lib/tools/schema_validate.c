/*
 * schema_validate.c - a value against the nodes of a schema
 *
 * A value is first judged without a word and up to the first fault, which is
 * quick, and all that is needed for the values that are valid.  One that is
 * not is gone through a second time to say what is wrong.
 *
 * What "unevaluatedProperties" and "unevaluatedItems" need to know is kept in a
 * set of bits, one per member or item of the value, and only where somebody
 * will ask.  A subschema that may fail (in "anyOf", say) marks a set of its own,
 * which counts when it succeeds.
 */
#include "tools/schema_run.h"

#define EXPLAINED_ALTERNATIVES 4	/* of anyOf and oneOf: more would only bury the useful one */
#define EXPLANATION 1024		/* bytes */
#define REPORT_STEPS 100		/* what it costs to word a fault */

/* ---- marks ---- */

static void
seen_init(struct sp_schema_run *r, struct sp_schema_seen *s, size_t count)
{
	size_t words = (count + 63) / 64;

	*s = (struct sp_schema_seen){ .count = count };
	s->bits = &s->few;
	if (words > 1) {
		(void)sp_schema_spend(&r->budget, words);
		s->bits = sp_alloc_array(r->mem, words, sizeof(*s->bits));
	}
}

static bool
was_seen(const struct sp_schema_seen *s, size_t i)
{
	return s->bits[i / 64] >> (i % 64) & 1;
}

static void
see_all_of(struct sp_schema_seen *s, const struct sp_schema_seen *from)
{
	for (size_t i = 0; i < (s->count + 63) / 64; i++)
		s->bits[i] |= from->bits[i];
}

static size_t
size_of(struct json_object *value)
{
	if (json_object_is_type(value, json_type_object))
		return (size_t)json_object_object_length(value);
	return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

/* ---- subschemas that may fail ---- */

bool
sp_schema_fail(struct sp_schema_run *r, struct sp_schema_fault fault)
{
	if (r->errors != NULL && sp_schema_spend(&r->budget, REPORT_STEPS))
		sp_schema_report(r->mem, r->errors, r->max_errors, &fault);
	return false;
}

/*
 * A subschema that may fail although its parent does not: quietly, or with its
 * reasons in `errors`.
 */
bool
sp_schema_attempt(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen, struct sp_schema_errors *errors)
{
	struct sp_schema_errors *outer = r->errors;
	struct sp_schema_seen own;
	bool ok;

	if (seen != NULL)
		seen_init(r, &own, seen->count);
	r->errors = errors;
	ok = sp_schema_evaluate(r, node, value, place, seen != NULL ? &own : NULL);
	r->errors = outer;
	if (ok && seen != NULL)
		see_all_of(seen, &own);
	return ok;
}

/* ---- subschemas for the same value ---- */

/* What the alternatives miss, in words: '1: must be a string; 2: "id" is required' */
static struct sp_str
explain(struct sp_schema_run *r, const struct sp_schema_nodes *list, struct json_object *value,
    const struct sp_schema_place *place)
{
	struct sp_schema_error item[SP_SCHEMA_EXPLAINED];
	size_t max = r->max_errors, shown = list->count;
	struct sp_str here;
	struct sp_buf b;

	if (r->errors == NULL)
		return (struct sp_str){ NULL, 0 };
	if (shown > EXPLAINED_ALTERNATIVES)
		shown = EXPLAINED_ALTERNATIVES;
	here = sp_schema_pointer(r->mem, place);
	sp_buf_init(&b, r->mem, EXPLANATION);
	r->max_errors = SP_SCHEMA_EXPLAINED;
	for (size_t i = 0; i < shown; i++) {
		struct sp_schema_errors errors = { .item = item };

		(void)sp_schema_attempt(r, list->item[i], value, place, NULL, &errors);
		sp_buf_printf(&b, "%s%zu: ", i > 0 ? "; " : "", i + 1);
		for (size_t j = 0; j < errors.count; j++) {
			if (j > 0)
				sp_buf_cstr(&b, " and ");
			if (!sp_str_eq(item[j].instance, here)) {
				sp_buf_str(&b, item[j].instance);
				sp_buf_char(&b, ' ');
			}
			sp_buf_str(&b, item[j].message);
		}
	}
	r->max_errors = max;
	if (shown < list->count)
		sp_buf_cstr(&b, "; ...");
	return sp_schema_cut(&b);
}

static bool
check_any_of(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	bool ok = false;

	for (size_t i = 0; i < node->any_of.count && !(ok && seen == NULL) && !sp_schema_spent(r); i++)
		ok = sp_schema_attempt(r, node->any_of.item[i], value, place, seen, NULL) || ok;
	return ok || FAULT(ANY_OF, .first = node->any_of.count,
	    .detail = explain(r, &node->any_of, value, place));
}

static bool
check_one_of(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	size_t found = 0, first = 0;

	for (size_t i = 0; i < node->one_of.count && !sp_schema_spent(r); i++) {
		if (!sp_schema_attempt(r, node->one_of.item[i], value, place, seen, NULL))
			continue;
		if (++found == 2)
			return FAULT(ONE_OF, .first = first, .second = i + 1);
		first = i + 1;
	}
	return found == 1 || FAULT(ONE_OF, .first = node->one_of.count,
	    .detail = explain(r, &node->one_of, value, place));
}

static bool
check_condition(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	const struct sp_schema_node *next;

	if (node->then_ == NULL && node->else_ == NULL && seen == NULL)
		return true;		/* nobody asks how it comes out */
	next = sp_schema_attempt(r, node->if_, value, place, seen, NULL) ? node->then_ : node->else_;
	return next == NULL || sp_schema_evaluate(r, next, value, place, seen);
}

/* Core section 8.2.3.2: the outermost resource with such an anchor, among those entered, decides. */
static const struct sp_schema_node *
dynamic_target(struct sp_schema_run *r, const struct sp_schema_node *node)
{
	const struct sp_schema_node *target = node->dynamic_ref, *found;

	if (node->dynamic_name == NULL)
		return target;
	for (const struct sp_schema_scope *s = r->scope; s != NULL; s = s->up) {
		(void)sp_schema_spend(&r->budget, 1 + s->resource->anchor_count / 8);
		if ((found = sp_schema_dynamic_anchor(s->resource, node->dynamic_name)) != NULL)
			target = found;
	}
	return target;
}

static bool
check_in_place(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	bool ok = true;

	if (node->ref != NULL)
		ok = sp_schema_evaluate(r, node->ref, value, place, seen);
	if (sp_schema_go_on(r, ok) && node->dynamic_ref != NULL)
		ok = sp_schema_evaluate(r, dynamic_target(r, node), value, place, seen) && ok;
	for (size_t i = 0; i < node->all_of.count && sp_schema_go_on(r, ok); i++)
		ok = sp_schema_evaluate(r, node->all_of.item[i], value, place, seen) && ok;
	if (sp_schema_go_on(r, ok) && node->any_of.count > 0)
		ok = check_any_of(r, node, value, place, seen) && ok;
	if (sp_schema_go_on(r, ok) && node->one_of.count > 0)
		ok = check_one_of(r, node, value, place, seen) && ok;
	if (sp_schema_go_on(r, ok) && node->not_ != NULL && sp_schema_attempt(r, node->not_, value, place, NULL, NULL))
		ok = FAULT(NOT);
	if (sp_schema_go_on(r, ok) && node->if_ != NULL)
		ok = check_condition(r, node, value, place, seen) && ok;
	if (!json_object_is_type(value, json_type_object))
		return ok;
	for (size_t i = 0; i < node->dependent_schemas.count && sp_schema_go_on(r, ok); i++) {
		const struct sp_schema_member *m = &node->dependent_schemas.item[i];

		(void)sp_schema_spend(&r->budget, 1 + strlen(m->name) / SP_SCHEMA_BYTES_PER_STEP);
		if (json_object_object_get_ex(value, m->name, NULL))
			ok = sp_schema_evaluate(r, m->node, value, place, seen) && ok;
	}
	return ok;
}

/* ---- what nothing else has looked at ---- */

static bool
check_unevaluated_items(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	bool ok = true;

	for (size_t i = 0; i < seen->count && sp_schema_go_on(r, ok); i++) {
		struct sp_schema_place at = { .up = place, .index = i };

		if (was_seen(seen, i))
			continue;
		sp_schema_see(seen, i);
		ok = sp_schema_evaluate(r, node->unevaluated_items, json_object_array_get_idx(value, i), &at, NULL) && ok;
	}
	return ok;
}

static bool
check_unevaluated_properties(struct sp_schema_run *r, const struct sp_schema_node *node,
    struct json_object *object, const struct sp_schema_place *up, struct sp_schema_seen *seen)
{
	struct json_object_iter it;
	bool ok = true;
	size_t i = 0;

	json_object_object_foreachC(object, it) {
		struct sp_schema_place at = { .up = up, .name = it.key }, *place = &at;
		struct json_object *value = it.val;

		if (!sp_schema_go_on(r, ok))
			return false;
		if (!was_seen(seen, i)) {
			sp_schema_see(seen, i);
			if (node->unevaluated_properties->kind == SP_SCHEMA_FALSE)
				ok = FAULT(UNEVALUATED_PROPERTIES, .name = it.key);
			else
				ok = sp_schema_evaluate(r, node->unevaluated_properties, value, place, NULL) && ok;
		}
		i++;
	}
	return ok;
}

/* ---- one node ---- */

static bool
check_node(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	bool ok = sp_schema_check(r, node, value, place, seen);

	if (!sp_schema_go_on(r, ok))
		return false;
	if (!check_in_place(r, node, value, place, seen))
		return false;		/* what a failed subschema would have evaluated is not known */
	if (sp_schema_go_on(r, ok) && node->unevaluated_items != NULL && json_object_is_type(value, json_type_array))
		ok = check_unevaluated_items(r, node, value, place, seen) && ok;
	if (sp_schema_go_on(r, ok) && node->unevaluated_properties != NULL && json_object_is_type(value, json_type_object))
		ok = check_unevaluated_properties(r, node, value, place, seen) && ok;
	return ok;
}

/* "unevaluated..." sees its own schema's marks and none of its cousins', so it starts a set. */
static bool
check_with_own_marks(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	struct sp_schema_seen own;
	bool ok;

	seen_init(r, &own, size_of(value));
	ok = check_node(r, node, value, place, &own);
	if (seen != NULL)
		see_all_of(seen, &own);
	return ok;
}

static bool
in_scope(struct sp_schema_run *r, const struct sp_schema_resource *resource)
{
	for (const struct sp_schema_scope *s = r->scope; s != NULL; s = s->up) {
		if (s->resource == resource)
			return true;
		(void)sp_schema_spend(&r->budget, 1);
	}
	return false;
}

bool
sp_schema_evaluate(struct sp_schema_run *r, const struct sp_schema_node *node, struct json_object *value,
    const struct sp_schema_place *place, struct sp_schema_seen *seen)
{
	const struct sp_schema_scope *outer = r->scope;
	struct sp_schema_scope entered = { node->resource, outer };
	bool ok;

	if (!sp_schema_spend(&r->budget, 1))
		return false;
	if (node->kind != SP_SCHEMA_OBJECT)
		return node->kind == SP_SCHEMA_TRUE || FAULT(FALSE_SCHEMA);
	if (r->depth == SP_SCHEMA_MAX_DEPTH) {
		r->budget.left = 0;
		r->budget.deep = true;
		return false;
	}
	if (!in_scope(r, node->resource))
		r->scope = &entered;
	r->depth++;
	if (node->unevaluated_items != NULL || node->unevaluated_properties != NULL)
		ok = check_with_own_marks(r, node, value, place, seen);
	else
		ok = check_node(r, node, value, place, seen);
	r->depth--;
	r->scope = outer;
	return ok;
}

/* ---- the value as a whole ---- */

/* One of the two passes; true only when it was gone through to the end. */
static bool
pass(const struct sp_schema *schema, struct sp_arena *mem, struct json_object *instance,
    struct sp_schema_errors *errors, bool *cut_short, bool *deep)
{
	static const struct sp_schema_place whole;
	struct sp_schema_run r = {
		.mem = mem, .errors = errors, .max_errors = schema->max_errors,
		.budget = { .left = schema->max_steps },
	};
	bool ok = sp_schema_evaluate(&r, schema->root, instance, &whole, NULL);

	sp_schema_matcher_free(r.matcher);
	*cut_short = sp_schema_spent(&r);
	*deep = r.budget.deep;
	return ok && !sp_schema_spent(&r);
}

bool
sp_schema_validate(const struct sp_schema *schema, struct sp_arena *mem, struct json_object *instance,
    struct sp_schema_errors *errors)
{
	const char *otherwise = "takes too much work to be checked";
	bool cut_short, deep;

	if (pass(schema, mem, instance, NULL, &cut_short, &deep))
		return true;
	*errors = (struct sp_schema_errors){
		.item = sp_alloc_array(mem, schema->max_errors, sizeof(*errors->item)),
	};
	if (deep)
		otherwise = "is nested too deeply to be checked";
	if (!cut_short) {
		(void)pass(schema, mem, instance, errors, &cut_short, &deep);
		errors->more = errors->more || cut_short;
		otherwise = "is not what the schema describes";		/* and to say more takes too much work */
	}
	if (errors->count == 0)
		errors->item[errors->count++] = (struct sp_schema_error){
			.instance = SP_LIT(""), .schema = SP_LIT("#"), .message = sp_str(otherwise),
		};
	return false;
}
