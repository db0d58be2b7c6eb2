/*
 * fuzz_statement.c - the text of a SQL statement with named parameters
 *
 * What was taken can be put in brackets and read again: nothing of it, no open string,
 * comment or bracket, reaches beyond them.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "tools/statement_text.h"

static bool
is_name(struct sp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sp_is_alnum((unsigned char)s.p[i]) && s.p[i] != '_' && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.len > 0 && !sp_is_digit((unsigned char)s.p[0]);
}

static bool
has_depth(struct sp_str text)
{
	return sp_str_index(text, '(') >= 0 || sp_str_index(text, '[') >= 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_str sql = { (const char *)data, size };
	struct sp_statement_text t, again;
	const char *why = NULL;
	struct sp_buf b;

	if (!sp_statement_read(mem, sql, &t, &why)) {
		FUZZ_CHECK(why != NULL);
		sp_arena_free(mem);
		return 0;
	}
	FUZZ_CHECK(t.main.len > 0 && t.count <= SP_STATEMENT_PLACES);
	FUZZ_CHECK(!t.counts || t.writes);
	for (size_t i = 0; i < t.count; i++) {
		FUZZ_CHECK(is_name(t.place[i].name));
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(!sp_str_eq(t.place[i].name, t.place[k].name) || !sp_str_eq(t.place[i].cast, t.place[k].cast));
	}
	/* as a subquery with something behind it, nothing of it reaches beyond its brackets */
	sp_buf_init(&b, mem, 1 << 20);
	sp_buf_printf(&b, "SELECT * FROM (%.*s%.*s\n) AS s LIMIT 1", SP_FMT(t.with), SP_FMT(t.main));
	if (t.count == 0 && b.len <= SP_STATEMENT_MAX && sp_str_index(sql, '$') < 0)
		FUZZ_CHECK(sp_statement_read(mem, sp_buf_view(&b), &again, &why) ||
		    (has_depth(sql) && strstr(why, "too many open brackets") != NULL));
	sp_arena_free(mem);
	return 0;
}
