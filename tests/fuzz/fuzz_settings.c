/* fuzz_settings.c - the settings file: what is taken can be written down and is taken again, alike */
#include "base/settings.h"
#include "fuzz.h"

static struct sp_str
write_down(struct sp_arena *mem, const struct sp_settings *s)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, (size_t)1 << 30);
	for (size_t i = 0; sp_setting_info(i) != NULL; i++)
		sp_buf_printf(&b, "%s = %s\n", sp_setting_info(i)->name, sp_setting_text(s, i, mem));
	return sp_buf_view(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_str in = { (const char *)data, size }, text;
	struct sp_arena *mem = sp_arena_new();
	struct sp_settings *s, *again;
	char *const env[] = { NULL };
	struct sp_buf errors;

	sp_buf_init(&errors, mem, 4096);
	if (sp_settings_parse(in, "file", env, &s, &errors)) {
		text = write_down(mem, s);
		FUZZ_CHECK(sp_settings_parse(text, "file", env, &again, &errors));
		FUZZ_CHECK(sp_str_eq(text, write_down(mem, again)));
		sp_settings_free(again);
		sp_settings_free(s);
	} else {
		FUZZ_CHECK(!sp_buf_ok(&errors) || sp_buf_view(&errors).len > 0);
	}
	sp_arena_free(mem);
	return 0;
}
