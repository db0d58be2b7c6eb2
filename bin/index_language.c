/* index_language.c - the table of languages */
#include "index_language.h"

#define C_LIKE		(LEX_SLASHES | LEX_BLOCK | LEX_DOUBLE)
#define C_TOKENS	(C_LIKE | LEX_CHAR | LEX_DIRECTIVES)
#define JS_TOKENS	(C_LIKE | LEX_SINGLE | LEX_TEMPLATE | LEX_REGEX | LEX_DOLLAR_WORD)
#define JS_BRACES	(BRACE_SHAPE | BRACE_BARE | BRACE_NEWLINE | BRACE_OBJECTS)

static const struct index_language languages[] = {
	{ .name = "c", .extensions = "c h", .lex = C_TOKENS, .scanner = SCAN_BRACES,
	  .braces = BRACE_SHAPE | BRACE_TYPE_FIRST | BRACE_FLAT | BRACE_COLUMN,
	  .class_words = "struct union enum", .scope_words = "extern", .define_words = "typedef" },
	{ .name = "cpp", .extensions = "cpp cc cxx hpp hh hxx h++ c++ ipp tpp cu",
	  .lex = C_TOKENS | LEX_RAW_C, .scanner = SCAN_BRACES,
	  .braces = BRACE_SHAPE | BRACE_TYPE_FIRST | BRACE_COLUMN,
	  .class_words = "class struct union enum", .scope_words = "namespace extern",
	  .define_words = "typedef using constexpr" },
	{ .name = "java", .extensions = "java", .lex = C_LIKE | LEX_CHAR | LEX_TRIPLE,
	  .scanner = SCAN_BRACES, .braces = BRACE_SHAPE,
	  .class_words = "class interface enum record" },
	{ .name = "csharp", .extensions = "cs", .lex = C_TOKENS | LEX_RAW_AT | LEX_TRIPLE,
	  .scanner = SCAN_BRACES, .braces = BRACE_SHAPE | BRACE_EXPRESSION,
	  .class_words = "class interface enum struct record", .scope_words = "namespace" },
	{ .name = "javascript", .extensions = "js mjs cjs jsx", .interpreters = "node",
	  .lex = JS_TOKENS, .scanner = SCAN_BRACES, .braces = JS_BRACES,
	  .function_words = "function", .class_words = "class", .define_words = "const let var" },
	{ .name = "typescript", .extensions = "ts tsx mts cts",
	  .lex = JS_TOKENS, .scanner = SCAN_BRACES, .braces = JS_BRACES,
	  .function_words = "function", .class_words = "class interface enum",
	  .scope_words = "namespace module declare", .define_words = "const let var type" },
	{ .name = "go", .extensions = "go", .lex = C_LIKE | LEX_CHAR | LEX_RAW_BACKTICK,
	  .scanner = SCAN_BRACES, .braces = BRACE_NEWLINE | BRACE_NAME_FIRST | BRACE_FLAT,
	  .function_words = "func", .class_words = "struct interface",
	  .define_words = "const var type" },
	{ .name = "rust", .extensions = "rs",
	  .lex = C_LIKE | LEX_CHAR | LEX_NESTED | LEX_LINES | LEX_RAW_RUST,
	  .scanner = SCAN_BRACES, .braces = 0, .function_words = "fn macro_rules",
	  .class_words = "struct enum union trait", .scope_words = "impl mod extern",
	  .define_words = "const static type" },
	{ .name = "php", .extensions = "php phtml", .interpreters = "php",
	  .lex = C_LIKE | LEX_HASH | LEX_SINGLE | LEX_LINES | LEX_PHP | LEX_DOLLAR_WORD,
	  .scanner = SCAN_BRACES, .braces = 0, .function_words = "function",
	  .class_words = "class interface trait enum", .scope_words = "namespace",
	  .define_words = "const" },
	{ .name = "kotlin", .extensions = "kt kts", .lex = C_LIKE | LEX_CHAR | LEX_NESTED | LEX_TRIPLE,
	  .scanner = SCAN_BRACES, .braces = BRACE_NEWLINE | BRACE_EXPRESSION | BRACE_NO_BODY,
	  .function_words = "fun", .class_words = "class interface object",
	  .define_words = "val var typealias" },
	{ .name = "swift", .extensions = "swift", .lex = C_LIKE | LEX_NESTED | LEX_TRIPLE,
	  .scanner = SCAN_BRACES, .braces = BRACE_NEWLINE, .function_words = "func init deinit subscript",
	  .class_words = "class struct enum protocol extension actor",
	  .define_words = "let var typealias" },
	{ .name = "scala", .extensions = "scala sc sbt",
	  .lex = C_LIKE | LEX_CHAR | LEX_NESTED | LEX_TRIPLE, .scanner = SCAN_BRACES,
	  .braces = BRACE_NEWLINE | BRACE_EXPRESSION | BRACE_NO_BODY, .function_words = "def",
	  .class_words = "class object trait enum", .scope_words = "package",
	  .define_words = "val var type" },
	{ .name = "perl", .extensions = "pl pm t perl", .interpreters = "perl",
	  .lex = LEX_HASH | LEX_DOUBLE | LEX_SINGLE | LEX_LINES | LEX_REGEX | LEX_HEREDOC | LEX_PERL,
	  .scanner = SCAN_BRACES, .braces = BRACE_COLUMN, .function_words = "sub",
	  .scope_words = "package BEGIN END", .define_words = "constant" },
	{ .name = "python", .extensions = "py pyi pyw", .filenames = "SConstruct SConscript",
	  .interpreters = "python python2 python3",
	  .lex = LEX_HASH | LEX_DOUBLE | LEX_SINGLE | LEX_TRIPLE, .scanner = SCAN_INDENT,
	  .function_words = "def", .class_words = "class" },
	{ .name = "ruby", .extensions = "rb rake gemspec", .filenames = "Rakefile Gemfile Vagrantfile",
	  .interpreters = "ruby",
	  .lex = LEX_HASH | LEX_DOUBLE | LEX_SINGLE | LEX_LINES | LEX_REGEX | LEX_HEREDOC | LEX_RUBY,
	  .scanner = SCAN_INDENT, .function_words = "def", .class_words = "class module" },
	{ .name = "lua", .extensions = "lua", .interpreters = "lua luajit",
	  .lex = LEX_DASHES | LEX_DOUBLE | LEX_SINGLE | LEX_LUA, .scanner = SCAN_INDENT,
	  .function_words = "function" },
	{ .name = "shell", .extensions = "sh bash zsh ksh", .interpreters = "sh bash zsh ksh dash",
	  .filenames = ".bashrc .profile PKGBUILD",
	  .lex = LEX_HASH | LEX_DOUBLE | LEX_SINGLE | LEX_LINES | LEX_HEREDOC | LEX_SHELL,
	  .scanner = SCAN_INDENT, .function_words = "function" },
	{ .name = "sql", .extensions = "sql ddl psql pgsql",
	  .lex = LEX_DASHES | LEX_BLOCK | LEX_NESTED | LEX_DOUBLE | LEX_SINGLE | LEX_LINES |
	  LEX_DOUBLED | LEX_DOLLAR, .scanner = SCAN_SQL },
	{ .name = "markdown", .extensions = "md markdown mdx", .scanner = SCAN_HEADINGS },
	{ .name = "rst", .extensions = "rst", .scanner = SCAN_HEADINGS },
	{ .name = "asciidoc", .extensions = "adoc asciidoc", .scanner = SCAN_HEADINGS },
	{ .name = "roff", .extensions = "1 2 3 4 5 6 7 8 9 man mdoc", .scanner = SCAN_HEADINGS },
	{ .name = "text", .extensions = "txt text",
	  .filenames = "README INSTALL NEWS HACKING CONTRIBUTING AUTHORS COPYING LICENSE CHANGES",
	  .scanner = SCAN_HEADINGS },
	{ .name = "html", .extensions = "html htm xhtml" },
	{ .name = "css", .extensions = "css scss sass less" },
	{ .name = "xml", .extensions = "xml xsd xsl xslt" },
	{ .name = "json", .extensions = "json jsonc json5" },
	{ .name = "yaml", .extensions = "yaml yml" },
	{ .name = "toml", .extensions = "toml" },
	{ .name = "ini", .extensions = "ini cfg conf properties service socket timer" },
	{ .name = "makefile", .extensions = "mk mak",
	  .filenames = "Makefile makefile GNUmakefile Makefile.in Makefile.inc BSDmakefile" },
	{ .name = "automake", .extensions = "am", .filenames = "Makefile.am" },
	{ .name = "m4", .extensions = "m4 ac", .filenames = "configure.ac configure.in" },
	{ .name = "cmake", .extensions = "cmake", .filenames = "CMakeLists.txt" },
	{ .name = "dockerfile", .extensions = "dockerfile", .filenames = "Dockerfile Containerfile" },
	{ .name = "powershell", .extensions = "ps1 psm1" },
	{ .name = "r", .extensions = "r R" },
	{ .name = "matlab", .extensions = "m" },
	{ .name = "dart", .extensions = "dart" },
	{ .name = "elixir", .extensions = "ex exs" },
	{ .name = "erlang", .extensions = "erl hrl" },
	{ .name = "clojure", .extensions = "clj cljs cljc" },
	{ .name = "haskell", .extensions = "hs" },
	{ .name = "ocaml", .extensions = "ml mli" },
	{ .name = "fsharp", .extensions = "fs fsi fsx" },
	{ .name = "vb", .extensions = "vb vbs" },
	{ .name = "groovy", .extensions = "groovy gradle", .filenames = "Jenkinsfile" },
	{ .name = "lex", .extensions = "l y ll yy" },
	{ .name = "lisp", .extensions = "el lisp scm" },
	{ .name = "tcl", .extensions = "tcl", .interpreters = "tclsh wish" },
	{ .name = "awk", .extensions = "awk", .interpreters = "awk gawk mawk" },
	{ .name = "assembly", .extensions = "s S asm" },
	{ .name = "protobuf", .extensions = "proto" },
	{ .name = "graphql", .extensions = "graphql gql" },
	{ .name = "terraform", .extensions = "tf hcl" },
	{ .name = "vue", .extensions = "vue svelte" },
};

#define COUNT (sizeof(languages) / sizeof(languages[0]))

bool
index_word_in(struct sp_str word, const char *list)
{
	struct sp_str rest = sp_str(list), item;

	while (sp_str_split(&rest, ' ', &item))
		if (item.len > 0 && sp_str_eq(item, word))
			return true;
	return false;
}

const struct index_language *
index_language_named(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(languages[i].name, name) == 0)
			return &languages[i];
	return NULL;
}

static const struct index_language *
by_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	struct sp_str whole = sp_str(name);

	for (size_t i = 0; i < COUNT; i++)
		if (index_word_in(whole, languages[i].filenames))
			return &languages[i];
	if (dot == NULL || dot == name)
		return NULL;
	for (size_t i = 0; i < COUNT; i++)
		if (index_word_in(sp_str(dot + 1), languages[i].extensions))
			return &languages[i];
	/* "config.h.in" and "README.md.in" are what they become */
	if (strcmp(dot, ".in") == 0) {
		char inner[256];
		size_t len = (size_t)(dot - name);

		if (len < sizeof(inner) && memchr(name, '.', len) != NULL) {
			memcpy(inner, name, len);
			inner[len] = '\0';
			dot = strrchr(inner, '.');
			for (size_t i = 0; i < COUNT; i++)
				if (index_word_in(sp_str(dot + 1), languages[i].extensions))
					return &languages[i];
		}
	}
	return NULL;
}

/* "#!/usr/bin/env -S python3 -u" and "#!/bin/sh" */
static const struct index_language *
by_interpreter(struct sp_str start)
{
	struct sp_str line, word;
	ptrdiff_t slash;

	if (!sp_str_starts(start, "#!") || !sp_str_split(&start, '\n', &line))
		return NULL;
	line = sp_str_sub(line, 2, line.len);
	while (sp_str_split(&line, ' ', &word)) {
		while ((slash = sp_str_index(word, '/')) >= 0)
			word = sp_str_sub(word, (size_t)slash + 1, word.len);
		if (word.len == 0 || word.p[0] == '-' || sp_str_is(word, "env"))
			continue;
		for (size_t i = 0; i < COUNT; i++)
			if (index_word_in(word, languages[i].interpreters))
				return &languages[i];
		return NULL;
	}
	return NULL;
}

/* A header is C unless it says what only C++ can say at the start of a line. */
static bool
is_cpp(struct sp_str text)
{
	static const char *const signs[] = { "class ", "namespace ", "template <", "template<",
	    "public:", "private:", "using namespace " };
	struct sp_str line;

	while (sp_str_split(&text, '\n', &line)) {
		line = sp_str_trim(line, " \t\r");
		for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
			if (sp_str_starts(line, signs[i]))
				return true;
	}
	return false;
}

const struct index_language *
index_language_of(const char *name, struct sp_str start)
{
	const struct index_language *language = by_name(name);

	if (language == NULL)
		return strchr(name, '.') == NULL ? by_interpreter(start) : NULL;
	if (sp_str_ends(sp_str(name), ".h") && is_cpp(start))
		return index_language_named("cpp");
	return language;
}

bool
index_language_by_name(const char *name)
{
	return by_name(name) != NULL;
}
