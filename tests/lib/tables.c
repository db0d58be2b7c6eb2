/*
 * tables.c - prints tables of the code for the tests that compare them with
 * the documentation: `tables settings`
 */
#include <stdio.h>
#include "base/settings.h"

/* name, type, unit, default, least, most: one line each, fields separated by tabs */
static int
print_settings(void)
{
	const struct sp_setting_info *info;

	for (size_t i = 0; (info = sp_setting_info(i)) != NULL; i++)
		printf("%s\t%s\t%s\t%s\t%lld\t%lld\n", info->name, info->type, info->unit, info->default_text,
		    (long long)info->min, (long long)info->max);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "settings") == 0)
		return print_settings();
	fputs("usage: tables settings\n", stderr);
	return 2;
}
