/*
 * tables.c - prints tables of the code for the tests that compare them with
 * the documentation: `tables settings`, `tables problems`
 */
#include <stdio.h>
#include "base/settings.h"
#include "web/problem.h"

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

/* error code, HTTP status, meaning */
static int
print_problems(void)
{
	for (int i = SP_OK + 1; i < SP_PROBLEM_COUNT; i++) {
		const struct sp_problem_info *info = sp_problem_info((enum sp_problem)i);

		printf("%s\t%d\t%s\n", info->error, info->status, info->meaning);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "settings") == 0)
		return print_settings();
	if (argc == 2 && strcmp(argv[1], "problems") == 0)
		return print_problems();
	fputs("usage: tables settings|problems\n", stderr);
	return 2;
}
