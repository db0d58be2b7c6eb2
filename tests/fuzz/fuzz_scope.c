/* fuzz_scope.c - lists of scopes: a line, a line break, another; what is narrowed lies within both */
#include "oauth/scope.h"
#include "request.h"

/* Takes the literal of a PostgreSQL array of quoted elements apart again. */
static void
check_array(struct sp_arena *mem, const struct sp_scope *scope)
{
	const char *p = sp_scope_array(mem, scope);

	FUZZ_CHECK(*p++ == '{');
	for (size_t i = 0; i < scope->count; i++) {
		struct sp_str token = scope->token[i];

		if (i > 0)
			FUZZ_CHECK(*p++ == ',');
		FUZZ_CHECK(*p++ == '"');
		FUZZ_CHECK(strncmp(p, token.p, token.len) == 0);
		FUZZ_CHECK(memchr(token.p, '"', token.len) == NULL && memchr(token.p, '\\', token.len) == NULL);
		p += token.len;
		FUZZ_CHECK(*p++ == '"');
	}
	FUZZ_CHECK(strcmp(p, "}") == 0);
}

static bool
parse(struct sp_arena *mem, struct sp_str text, struct sp_scope *scope)
{
	static struct sp_scope again;

	if (!sp_scope_parse(text, scope))
		return false;
	FUZZ_CHECK(scope->count <= SP_SCOPE_MAX);
	for (size_t i = 0; i < scope->count; i++) {
		FUZZ_CHECK(scope->token[i].len > 0 && !sp_str_has_control(scope->token[i]));
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(!sp_str_eq(scope->token[i], scope->token[k]));
	}
	FUZZ_CHECK(sp_scope_parse(sp_str(sp_scope_text(mem, scope)), &again) && again.count == scope->count);
	for (size_t i = 0; i < scope->count; i++)
		FUZZ_CHECK(sp_str_eq(scope->token[i], again.token[i]));
	check_array(mem, scope);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sp_scope asked, allowed, out;
	struct sp_str second = { (const char *)data, size }, first = fuzz_line(&second);
	struct sp_arena *mem = sp_arena_new();
	bool a = parse(mem, first, &asked), b = parse(mem, second, &allowed);

	if (a && b) {
		sp_scope_narrow(&asked, &allowed, &out);
		FUZZ_CHECK(sp_scope_within(&out, &asked) && sp_scope_within(&out, &allowed));
		FUZZ_CHECK(sp_scope_within(&asked, &allowed) == (out.count == asked.count));
	}
	sp_arena_free(mem);
	return 0;
}
