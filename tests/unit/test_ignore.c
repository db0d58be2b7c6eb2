/* test_ignore.c - bin/index_ignore: the answers are those of git check-ignore */
#include "index_ignore.h"
#include "unit.h"

static const struct {
	const char *pattern, *text;
	bool match;
} globs[] = {
	{ "*.c", "a.c", true },
	{ "*.c", "a.cc", false },
	{ "*.c", "dir/a.c", false },		/* a star stops at a slash */
	{ "a?c", "abc", true },
	{ "a?c", "a/c", false },
	{ "[abc].o", "b.o", true },
	{ "[!abc].o", "b.o", false },
	{ "[^abc].o", "d.o", true },
	{ "[a-c]x", "bx", true },
	{ "[]a]", "]", true },
	{ "[[:digit:]]*", "7up", true },
	{ "[[:digit:]]*", "up7", false },
	{ "[a", "[a", false },			/* a set that never closes matches nothing */
	{ "\\*", "*", true },
	{ "\\*", "x", false },
	{ "a\\", "a\\", true },
	{ "**/foo", "foo", true },
	{ "**/foo", "a/b/foo", true },
	{ "**/foo", "a/xfoo", false },
	{ "a/**", "a/b/c", true },
	{ "a/**", "a", false },
	{ "a/**/b", "a/b", true },
	{ "a/**/b", "a/x/y/b", true },
	{ "a/**/b", "ab", false },
	{ "a**b", "axxb", true },		/* no component of its own: a plain star */
	{ "a**b", "ax/xb", false },
	{ "**/a*/**/*b", "x/aa/y/z/cb", true },
	{ "*a*b*c", "xaybzc", true },
	{ "*a*b*c", "xaybz", false },
	{ "", "", true },
	{ "", "a", false },
};

static void
glob(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(globs); i++)
		if (index_glob(sp_str(globs[i].pattern), sp_str(globs[i].text)) != globs[i].match)
			fail_msg("\"%s\" and \"%s\": expected %s", globs[i].pattern, globs[i].text,
			    globs[i].match ? "a match" : "none");
}

/* A .gitignore at the root, perhaps one in sub/, and a path ("/" at its end: a directory). */
static const struct {
	const char *name, *root, *sub, *path;
	bool ignored;
} cases[] = {
	{ "a name anywhere", "foo\n", NULL, "a/b/foo", true },
	{ "no rule", "", NULL, "foo", false },
	{ "a comment and a blank line", "# foo\n\n", NULL, "foo", false },
	{ "an escaped hash", "\\#foo\n", NULL, "#foo", true },
	{ "an escaped exclamation mark", "\\!foo\n", NULL, "!foo", true },
	{ "trailing spaces go", "foo   \n", NULL, "foo", true },
	{ "an escaped trailing space stays", "foo\\ \n", NULL, "foo ", true },
	{ "a leading slash anchors", "/foo\n", NULL, "a/foo", false },
	{ "a leading slash anchors to the root", "/foo\n", NULL, "foo", true },
	{ "a slash inside anchors", "a/foo\n", NULL, "b/a/foo", false },
	{ "a slash inside, at its place", "a/foo\n", NULL, "a/foo", true },
	{ "directories only: a file", "foo/\n", NULL, "foo", false },
	{ "directories only: a directory", "foo/\n", NULL, "foo/", true },
	{ "directories only, anywhere", "foo/\n", NULL, "a/foo/", true },
	{ "the last rule decides", "*.c\n!a.c\n", NULL, "a.c", false },
	{ "the last rule decides, again", "!a.c\n*.c\n", NULL, "a.c", true },
	{ "a deeper file decides first", "*.c\n", "!a.c\n", "sub/a.c", false },
	{ "a deeper file does not reach up", "", "*.c\n", "a.c", false },
	{ "a deeper file's anchor is its directory", "", "/a.c\n", "sub/a.c", true },
	{ "a deeper file's anchor is not the root", "", "/a.c\n", "sub/x/a.c", false },
	{ "without a verdict the parent decides", "*.o\n", "*.c\n", "sub/a.o", true },
	{ "\\r\\n", "foo\r\nbar\r\n", NULL, "bar", true },
	{ "the last line has no end", "foo\nbar", NULL, "bar", true },
	{ "a byte order mark", "\xef\xbb\xbf" "foo\n", NULL, "foo", true },
	{ "a slash alone is no rule", "/\n", NULL, "foo", false },
	{ "two stars in front", "**/foo/bar\n", NULL, "x/y/foo/bar", true },
	{ "all that is inside", "/var/**\n", NULL, "var/cache/x", true },
};

static void
rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sp_arena *mem = sp_arena_new();
		const struct index_ignore *chain = index_ignore_add(mem, NULL, sp_str(""), sp_str(cases[i].root));
		struct sp_str path = sp_str(cases[i].path);
		bool directory = sp_str_ends(path, "/");

		/* the walk adds the rules of sub/ when it is inside */
		if (cases[i].sub != NULL && sp_str_starts(path, "sub/"))
			chain = index_ignore_add(mem, chain, sp_str("sub"), sp_str(cases[i].sub));
		path.len -= directory;
		if (index_ignored(chain, path, directory) != cases[i].ignored)
			fail_msg("%s: %s: expected %s", cases[i].name, cases[i].path, cases[i].ignored ? "ignored" : "kept");
		sp_arena_free(mem);
	}
}

/* Patterns made to need exponential time end soon. */
static void
hostile(void **state)
{
	char pattern[600], text[4000];
	size_t n = 0;

	(void)state;
	while (n + 4 < sizeof(pattern)) {
		memcpy(pattern + n, "*a*/", 4);
		n += 4;
	}
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 200 == 199 ? '/' : 'a';
	assert_false(index_glob((struct sp_str){ pattern, n }, (struct sp_str){ text, sizeof(text) }));
	for (size_t i = 0; i + 3 < sizeof(pattern); i += 3)
		memcpy(pattern + i, "**/", 3);
	memcpy(pattern + sizeof(pattern) - 3, "*ab", 3);
	assert_false(index_glob((struct sp_str){ pattern, sizeof(pattern) }, (struct sp_str){ text, sizeof(text) }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glob),
		cmocka_unit_test(rules),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
