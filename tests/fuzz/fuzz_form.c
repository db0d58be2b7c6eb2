/* fuzz_form.c - parameters: what was parsed, written again, gives the same */
#include "base/encode.h"
#include "fuzz.h"
#include "web/form.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_arena *mem = sp_arena_new();
	struct sp_form form, again;
	const char *why = NULL;
	struct sp_buf b;

	if (!sp_form_parse(mem, (struct sp_str){ (const char *)data, size }, &form, &why)) {
		FUZZ_CHECK(why != NULL);
		sp_arena_free(mem);
		return 0;
	}
	sp_buf_init(&b, mem, size * 4 + 1000);
	for (size_t i = 0; i < form.count; i++) {
		FUZZ_CHECK(form.field[i].name.len > 0 && form.field[i].name.len <= 100);
		FUZZ_CHECK(sp_utf8_valid(form.field[i].value) && sp_str_index(form.field[i].value, '\0') < 0);
		sp_buf_form(&b, form.field[i].name);
		sp_buf_char(&b, '=');
		sp_buf_form(&b, form.field[i].value);
		sp_buf_char(&b, '&');
	}
	FUZZ_CHECK(sp_form_parse(mem, sp_buf_view(&b), &again, &why));
	FUZZ_CHECK(again.count == form.count && sp_str_eq(again.repeated, form.repeated));
	for (size_t i = 0; i < form.count; i++) {
		const char *name = sp_cstr(mem, form.field[i].name);

		FUZZ_CHECK(sp_str_eq(form.field[i].name, again.field[i].name) &&
		    sp_str_eq(form.field[i].value, again.field[i].value));
		FUZZ_CHECK((sp_form_get(&form, name).p != NULL) == (sp_form_count(&form, name) > 0));
	}
	sp_arena_free(mem);
	return 0;
}
