/* test_chunk.c - bin/index_chunk: what is found in each language, and on which lines */
#include "base/buf.h"
#include "index_chunk.h"
#include <sys/time.h>
#include "unit.h"

/*
 * A file and its pieces: "first-last type Class.function", then in brackets
 * what else the piece defines.
 */
static const struct {
	const char *file, *text, *pieces;
} files[] = {
	{ "empty.c", "", "" },
	{ "blank.py", "\n\n  \n", "" },
	{ "list.c",
	  "/* Licence */\n"				/* 1 */
	  "#include <stdio.h>\n"
	  "#define LIMIT 10\n"
	  "\n"
	  "struct node {\n"				/* 5 */
	  "\tstruct node *next;\n"
	  "};\n"
	  "\n"
	  "/*\n"
	  " * Adds a node.\n"				/* 10 */
	  " */\n"
	  "static struct node *\n"
	  "node_add(struct node *head, const char *name)\n"
	  "{\n"
	  "\tif (head == NULL) { puts(\"}\"); }\n"	/* 15 */
	  "#ifdef DEBUG\n"
	  "\tif (name) {\n"
	  "#else\n"
	  "\tif (head) {\n"
	  "#endif\n"					/* 20 */
	  "\t\treturn head; /* } */\n"
	  "\t}\n"
	  "\treturn '}' ? head : NULL;\n"
	  "}\n"
	  "\n"						/* 25 */
	  "typedef enum { RED, GREEN = 2 } colour;\n"
	  "static const int table[] = { 1, 2 };\n"
	  "int main(void) { return 0; }\n",
	  "1-3 file [LIMIT]\n5-7 class node\n9-24 function node_add\n26-26 class colour [RED GREEN]\n"
	  "27-27 file [table]\n28-28 function main\n" },
	{ "api.h",
	  "#ifndef API_H\n"
	  "#define API_H\n"
	  "\n"
	  "/* Opens it. */\n"
	  "int api_open(const char *name) __attribute__((warn_unused_result));\n"	/* 5 */
	  "\n"
	  "int api_close(int fd);\n"
	  "#define API_LOOP(x) do { \\\n"
	  "\t(x)++; \\\n"
	  "} while (0)\n"				/* 10 */
	  "#endif\n",
	  "2-2 file [API_H]\n4-5 declaration api_open\n7-7 file\n8-10 function API_LOOP\n" },
	{ "server.cc",
	  "#include \"server.h\"\n"
	  "namespace net {\n"
	  "template <typename T>\n"
	  "class Server : public Base<T> {\n"
	  " public:\n"					/* 5 */
	  "  explicit Server(int port) : port_(port), name_{\"}\"} {}\n"
	  "  ~Server() override;\n"
	  "  bool operator==(const Server &o) const { return port_ == o.port_; }\n"
	  "  enum class Mode { kFast, kSafe };\n"
	  " private:\n"					/* 10 */
	  "  int port_ = 8'0;\n"
	  "};\n"
	  "template <> void Server<int>::Run(const std::string &s) {\n"
	  "  auto raw = R\"x(}})x\";\n"
	  "}\n"						/* 15 */
	  "Server<int>::~Server() {}\n"
	  "}  // namespace net\n",
	  "1-2 file\n3-5 class Server\n6-6 function Server.Server\n7-7 file Server\n"
	  "8-8 function Server.operator==\n9-9 class Mode [kFast kSafe]\n11-12 file Server [port_]\n"
	  "13-15 function Server.Run\n16-16 function Server.~Server\n17-17 file\n" },
	{ "Shape.java",
	  "package a.b;\n"
	  "import java.util.List;\n"
	  "\n"
	  "/** A shape. */\n"
	  "@Entity(name = \"x{\")\n"			/* 5 */
	  "public abstract class Shape<T extends List<T>> implements Comparable<T> {\n"
	  "  private static final int MAX = 3;\n"
	  "\n"
	  "  public Shape(int a) { super(); }\n"
	  "\n"						/* 10 */
	  "  /** Its area. */\n"
	  "  @Override\n"
	  "  public <U> double area(Map<String, U> m) throws IOException, Oops {\n"
	  "    return new Runnable() { public void run() {} }.hashCode();\n"
	  "  }\n"					/* 15 */
	  "  abstract void draw(int x);\n"
	  "  enum Kind { ROUND(true), FLAT(false);\n"
	  "    Kind(boolean b) { } }\n"
	  "}\n",
	  "1-2 file\n4-7 class Shape [MAX]\n9-9 function Shape.Shape\n11-15 function Shape.area\n"
	  "16-16 function Shape.draw\n17-17 class Kind [ROUND FLAT]\n18-18 function Kind.Kind\n" },
	{ "Worker.cs",
	  "using System;\n"
	  "namespace App.Core {\n"
	  "  [Serializable]\n"
	  "  public sealed class Worker : IWorker {\n"
	  "    public string Name { get; set; }\n"	/* 5 */
	  "    public int Twice(int x) => x * 2;\n"
	  "    public async Task<int> RunAsync(string s = @\"c:\\\") where T : class {\n"
	  "      return 1;\n"
	  "    }\n"
	  "  }\n"					/* 10 */
	  "}\n",
	  "1-2 file\n3-5 class Worker\n6-6 function Worker.Twice\n7-9 function Worker.RunAsync\n" },
	{ "app.js",
	  "'use strict';\n"
	  "const http = require('http');\n"
	  "\n"
	  "// Starts it.\n"
	  "async function start({ port = 80 }, cb) {\n"	/* 5 */
	  "  const re = /[}/\"]/g; return `a ${ `}` } b`;\n"
	  "}\n"
	  "const stop = async (x) => {\n"
	  "  return x / 2;\n"
	  "};\n"					/* 10 */
	  "class Pool extends Base {\n"
	  "  constructor(n) { super(n); }\n"
	  "  static get size() { return 1; }\n"
	  "  #drain() { if (a) { b(); } }\n"
	  "}\n"						/* 15 */
	  "module.exports = {\n"
	  "  load: function (f) { return f; },\n"
	  "  save(f) { return f; },\n"
	  "};\n"
	  "Pool.prototype.close = function () {};\n"	/* 20 */
	  "describe('x', () => {\n"
	  "  function helper() {}\n"
	  "  it('does', () => { helper(); });\n"
	  "});\n",
	  "1-2 file [http]\n4-7 function start\n8-10 function stop\n11-11 class Pool\n12-12 function Pool.constructor\n"
	  "13-13 function Pool.size\n14-14 function Pool.drain\n16-16 file\n17-17 function load\n18-18 function save\n"
	  "20-20 function Pool.close\n21-21 file\n22-22 function helper\n23-24 file\n" },
	{ "plugin.js",
	  "module.exports = class Plugin extends Base {\n"
	  "  apply(compiler) { return 1; }\n"
	  "};\n"
	  "exports.Other = class extends Base {\n"
	  "  apply(compiler) { return 2; }\n"		/* 5 */
	  "};\n",
	  "1-1 class Plugin\n2-2 function Plugin.apply\n4-4 class Other\n5-5 function Other.apply\n" },
	{ "api.ts",
	  "export interface User {\n"
	  "  name: string;\n"
	  "}\n"
	  "export type Id = string | { raw: number };\n"
	  "export const find = (id: Id): Promise<User> => {\n"	/* 5 */
	  "  return get(id);\n"
	  "};\n"
	  "export default class Store<T> implements Base<T> {\n"
	  "  private items: Map<string, T> = new Map();\n"
	  "  get(id: string): T | undefined {\n"	/* 10 */
	  "    return this.items.get(id);\n"
	  "  }\n"
	  "}\n",
	  "1-3 class User\n4-4 file [Id]\n5-7 function find\n8-9 class Store\n10-12 function Store.get\n" },
	{ "mux.go",
	  "package mux\n"
	  "\n"
	  "import (\n"
	  "\t\"net/http\"\n"
	  ")\n"						/* 5 */
	  "\n"
	  "const (\n"
	  "\tFirst = iota\n"
	  "\tSecond\n"
	  ")\n"						/* 10 */
	  "\n"
	  "// Router routes.\n"
	  "type Router struct {\n"
	  "\troutes []struct{ a int }\n"
	  "}\n"						/* 15 */
	  "\n"
	  "func (r *Router) Match(req interface{}, f func(int) struct{}) (ok bool) {\n"
	  "\tx := `}`\n"
	  "\treturn len(x) > 0\n"
	  "}\n"						/* 20 */
	  "\n"
	  "func New[T any](c rune) interface{} { return '}' }\n",
	  "1-10 file [First Second]\n12-15 class Router\n17-20 function Router.Match\n22-22 function New\n" },
	{ "lib.rs",
	  "use std::io::{self, Read};\n"
	  "pub const MAX: usize = 3;\n"
	  "/// A point.\n"
	  "#[derive(Debug)]\n"
	  "pub struct Point<'a> { x: &'a str }\n"	/* 5 */
	  "struct Pair(i32, i32);\n"
	  "impl<'a> fmt::Display for Point<'a> {\n"
	  "    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result where Self: Sized {\n"
	  "        let c = '}'; let s = r#\"}\"#; /* } /* nested } */ */\n"
	  "        write!(f, \"{}\", self.x)\n"		/* 10 */
	  "    }\n"
	  "}\n"
	  "trait Shape { fn area(&self) -> f64; }\n"
	  "macro_rules! square { ($x:expr) => { $x * $x }; }\n"
	  "pub(crate) async fn run() {}\n",		/* 15 */
	  "1-2 file [MAX]\n3-5 class Point\n6-6 class Pair\n7-7 file\n8-11 function Point.fmt\n13-13 class Shape\n"
	  "13-13 function Shape.area\n14-14 function square\n15-15 function run\n" },
	{ "index.php",
	  "<html>{ <b>\n"
	  "<?php\n"
	  "namespace App;\n"
	  "use Foo\\Bar;\n"
	  "/** Does. */\n"				/* 5 */
	  "function helper(array $a = []): string {\n"
	  "  $s = <<<EOT\n"
	  "  } {\n"
	  "EOT;\n"
	  "  return \"}{$a['x']}\";\n"			/* 10 */
	  "}\n"
	  "abstract class Model extends Base {\n"
	  "  const NAME = 'x';\n"
	  "  abstract public function id();\n"
	  "  public static function make() { return new static; } // } ?>\n",
	  "1-4 file\n5-11 function helper\n12-13 class Model [NAME]\n14-14 function Model.id\n15-15 function Model.make\n" },
	{ "App.kt",
	  "package a\n"
	  "import a.b.C\n"
	  "data class Point(val x: Int)\n"
	  "class App(private val n: Int) : Base(), Run {\n"
	  "    val limit = 3\n"				/* 5 */
	  "    override fun run(x: Int): Int = x + n\n"
	  "    fun <T> List<T>.second(): T {\n"
	  "        return this[1]\n"
	  "    }\n"
	  "    companion object {\n"			/* 10 */
	  "        fun make() = App(1)\n"
	  "    }\n"
	  "}\n",
	  "1-2 file\n3-3 class Point\n4-5 class App [limit]\n6-6 function App.run\n7-9 function App.second\n"
	  "10-10 class App\n11-11 function App.make\n" },
	{ "App.swift",
	  "import Foundation\n"
	  "protocol Shape {\n"
	  "    func area() -> Double\n"
	  "}\n"
	  "public final class App: Base {\n"		/* 5 */
	  "    let name = \"\"\"\n"
	  "    }\n"
	  "    \"\"\"\n"
	  "    init(_ x: Int) { self.x = x }\n"
	  "    func run<T>(x: T) async throws -> Int where T: P {\n"	/* 10 */
	  "        return 1\n"
	  "    }\n"
	  "}\n"
	  "extension App { func more() {} }\n",
	  "1-1 file\n2-2 class Shape\n3-3 function Shape.area\n5-8 class App [name]\n9-9 function App.init\n"
	  "10-12 function App.run\n14-14 class App\n14-14 function App.more\n" },
	{ "App.scala",
	  "package a\n"
	  "trait Shape { def area: Double }\n"
	  "case class Point(x: Int, y: Int)\n"
	  "object App extends Base {\n"
	  "  val max = 3\n"				/* 5 */
	  "  def twice(x: Int) = x * 2\n"
	  "  def run(args: Array[String])(implicit c: C): Unit = {\n"
	  "    println(\"}\")\n"
	  "  }\n"
	  "}\n",					/* 10 */
	  "1-1 file\n2-2 class Shape\n2-2 function Shape.area\n3-3 class Point\n4-5 class App [max]\n"
	  "6-6 function App.twice\n7-9 function App.run\n" },
	{ "Tool.pm",
	  "package My::Tool;\n"
	  "use strict;\n"
	  "\n"
	  "# Makes one.\n"
	  "sub new {\n"					/* 5 */
	  "\tmy ($class, %a) = @_;\n"
	  "\tmy $s = q{{}}; $s =~ s{\\}}{x}g; my $n = $#{$a};\n"
	  "\tprint <<\"EOT\" if $s =~ m/}/ and $x // 1;\n"
	  "}\n"
	  "EOT\n"					/* 10 */
	  "\treturn bless {}, $class;\n"
	  "}\n"
	  "\n"
	  "=head1 NAME\n"
	  "\n"						/* 15 */
	  "sub not_code {\n"
	  "\n"
	  "=cut\n"
	  "\n"
	  "sub My::Other::go { 1 }\n",			/* 20 */
	  "1-2 file\n4-12 function My::Tool.new\n14-18 file\n20-20 function My::Other.go\n" },
	{ "tool.py",
	  "\"\"\"Module text.\"\"\"\n"
	  "import os.path\n"
	  "LIMIT = 3\n"
	  "\n"
	  "@decorated(\n"				/* 5 */
	  "    \"x\")\n"
	  "def top(a,\n"
	  "        b={1: 2}) -> int:\n"
	  "    '''Says what.'''\n"
	  "    def inner():\n"				/* 10 */
	  "        pass\n"
	  "    text = \"\"\"\n"
	  "def not_code():\n"
	  "\"\"\"\n"
	  "    return 1\n"				/* 15 */
	  "\n"
	  "# About the class.\n"
	  "class Shape(Base):\n"
	  "    sides = 4\n"
	  "\n"						/* 20 */
	  "    async def area(self): return 1\n"
	  "\n"
	  "    class Inner:\n"
	  "        def go(self):\n"
	  "            pass\n"				/* 25 */
	  "\n"
	  "if True:\n"
	  "    def maybe(): pass\n",
	  "1-3 file [LIMIT]\n5-15 function top\n17-19 class Shape [sides]\n21-21 function Shape.area\n"
	  "23-23 class Inner\n24-25 function Inner.go\n27-27 file\n28-28 function maybe\n" },
	{ "tool.rb",
	  "require 'json'\n"
	  "module Api\n"
	  "  # A client.\n"
	  "  class Client < Base\n"
	  "    LIMIT = 3\n"				/* 5 */
	  "    def initialize(x); @x = x; end\n"
	  "    def self.open(path)\n"
	  "      text = <<~EOS\n"
	  "end\n"
	  "      EOS\n"					/* 10 */
	  "      File.open(path) do |f|\n"
	  "        f.read\n"
	  "      end\n"
	  "    end\n"
	  "    private def empty? = true\n"		/* 15 */
	  "  end\n"
	  "end\n",
	  "1-1 file\n2-2 class Api\n3-5 class Client [LIMIT]\n6-6 function Client.initialize\n7-14 function Client.open\n"
	  "15-15 function Client.empty?\n" },
	{ "tool.lua",
	  "local M = {}\n"
	  "--[[ function no() end ]]\n"
	  "local function helper(a, b)\n"
	  "  if a then return [[\n"
	  "end\n"					/* 5 */
	  "]] end\n"
	  "end\n"
	  "function M.pool:get(n) return n end\n"
	  "M.put = function(x)\n"
	  "  return x\n"				/* 10 */
	  "end\n"
	  "return M\n",
	  "1-1 file\n2-7 function helper\n8-8 function pool.get\n9-11 function M.put\n12-12 file\n" },
	{ "tool.sh",
	  "#!/bin/sh\n"
	  "set -e\n"
	  "\n"
	  "# Says hello.\n"
	  "say_hello() {\n"				/* 5 */
	  "\tcase $1 in a) echo \"}\" ;; esac\n"
	  "\tcat <<-EOF\n"
	  "}\n"
	  "\tEOF\n"
	  "}\n"						/* 10 */
	  "function my-func\n"
	  "{\n"
	  "\techo ${#x} 'a # b'\n"
	  "}\n"
	  "one() { echo; }\n"				/* 15 */
	  "say_hello\n",
	  "1-2 file\n4-10 function say_hello\n11-14 function my-func\n15-15 function one\n16-16 file\n" },
	{ "schema.sql",
	  "-- Users.\n"
	  "CREATE TABLE app.users (\n"
	  "  id bigint PRIMARY KEY,\n"
	  "  name text DEFAULT ';'\n"
	  ");\n"					/* 5 */
	  "INSERT INTO app.users VALUES (1);\n"
	  "CREATE OR REPLACE FUNCTION app.add(a int) RETURNS int LANGUAGE sql AS $body$\n"
	  "  SELECT a; -- ;\n"
	  "$body$;\n"
	  "create function plain() returns int begin atomic; select 1; end;\n"	/* 10 */
	  "CREATE VIEW IF NOT EXISTS \"My View\" AS SELECT 1;\n",
	  "1-5 class users [id name]\n6-6 file\n7-9 function add\n10-10 function plain\n11-11 class My View\n" },
	{ "README.md",
	  "Intro.\n"
	  "\n"
	  "# First\n"
	  "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"	/* 4-15 */
	  "```\n"
	  "# not a heading\n"
	  "```\n"
	  "Second\n"
	  "======\n"					/* 20 */
	  "text\n"
	  "## Third ##\n"
	  "more\n",
	  "1-1 file\n3-18 section First\n19-23 section Second [Third]\n" },
	{ "Makefile", "all:\n\ttrue\n", "1-2 file\n" },
};

static const char *
shown(struct sp_arena *mem, const struct index_pieces *pieces)
{
	struct sp_buf b;

	sp_buf_init(&b, mem, 100000);
	for (size_t i = 0; i < pieces->count; i++) {
		const struct index_piece *p = &pieces->v[i];

		sp_buf_printf(&b, "%u-%u %s", p->start_line, p->end_line, p->type);
		if (p->function_name.len > 0)
			sp_buf_printf(&b, " %.*s%s%.*s", SP_FMT(p->class_name), p->class_name.len > 0 ? "." : "",
			    SP_FMT(p->function_name));
		else if (p->class_name.len > 0)
			sp_buf_printf(&b, " %.*s", SP_FMT(p->class_name));
		else if (strcmp(p->type, "section") == 0)
			sp_buf_printf(&b, " %.*s", SP_FMT(p->signature));
		for (size_t k = 0; k < p->defines.count; k++)
			sp_buf_printf(&b, "%s%.*s", k == 0 ? " [" : " ", SP_FMT(p->defines.item[k]));
		sp_buf_cstr(&b, p->defines.count > 0 ? "]\n" : "\n");
	}
	return sp_buf_view(&b).p != NULL ? sp_buf_view(&b).p : "";
}

static void
cut(struct sp_arena *mem, const char *file, const char *text, struct index_pieces *pieces)
{
	struct sp_str clean = index_text_clean(mem, sp_str(text));
	const struct index_language *language = index_language_of(file, clean);

	if (language == NULL)
		fail_msg("%s: no language", file);
	index_chunk(mem, language, clean, pieces);
}

static void
languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct sp_arena *mem = sp_arena_new();
		struct index_pieces pieces;
		const char *got;

		cut(mem, files[i].file, files[i].text, &pieces);
		got = shown(mem, &pieces);
		if (strcmp(got, files[i].pieces) != 0)
			fail_msg("%s: expected\n%sgot\n%s", files[i].file, files[i].pieces, got);
		sp_arena_free(mem);
	}
}

/* What a piece says beside its name and lines. */
static void
details(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct index_pieces p;

	(void)state;
	cut(mem, "a.c", "#include <stdio.h>\n#include \"a.h\"\n/**\n * Prints   it.\n * @param x what\n */\nstatic int\nshow(int x,\n    int y)\n"
	    "{\n\tif (x) puts(\"no(\");\n\treturn show(x, y) + twice(x) + puts(\"\"); // call(\n}\n", &p);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.imports.count, 2);
	CHECK_STR(p.imports.item[0], "stdio.h", "import");
	CHECK_STR(p.imports.item[1], "a.h", "import");
	CHECK_STR(p.v[1].signature, "static int show(int x, int y)", "signature");
	CHECK_STR(p.v[1].docstring, "Prints   it.\n@param x what", "docstring");
	assert_int_equal(p.v[1].calls.count, 2);
	CHECK_STR(p.v[1].calls.item[0], "puts", "call");
	CHECK_STR(p.v[1].calls.item[1], "twice", "call");

	cut(mem, "a.py", "from a.b import c\nimport os.path as p\n\ndef f(x: int = 3) -> str:\n    \"\"\"Says.\n\n    More.\n    \"\"\"\n    return go(x)\n", &p);
	CHECK_STR(p.imports.item[0], "a.b", "import");
	CHECK_STR(p.imports.item[1], "os.path", "import");
	CHECK_STR(p.v[1].signature, "def f(x: int = 3) -> str", "signature");
	CHECK_STR(p.v[1].docstring, "Says.\nMore.", "docstring");
	CHECK_STR(p.v[1].calls.item[0], "go", "call");

	cut(mem, "a.ts", "import { a } from \"./a\";\nconst b = require('b');\nimport 'c';\n", &p);
	assert_int_equal(p.imports.count, 3);
	CHECK_STR(p.imports.item[0], "./a", "import");
	cut(mem, "a.go", "package a\nimport (\n\t\"fmt\"\n\tx \"net/http\"\n)\n", &p);
	assert_int_equal(p.imports.count, 2);
	CHECK_STR(p.imports.item[1], "net/http", "import");
	cut(mem, "A.java", "import static a.b.C.*;\n", &p);
	CHECK_STR(p.imports.item[0], "a.b.C.*", "import");
	cut(mem, "a.rs", "use std::io;\n", &p);
	CHECK_STR(p.imports.item[0], "std::io", "import");
	sp_arena_free(mem);
}

/* Long pieces are cut with an overlap, and every line is in one of the parts. */
static void
long_pieces(void **state)
{
	struct sp_arena *mem = sp_arena_new();
	struct index_pieces p;
	struct sp_buf b;

	(void)state;
	sp_buf_init(&b, mem, 1000000);
	sp_buf_cstr(&b, "int f(void)\n{\n");
	for (int i = 0; i < 500; i++)
		sp_buf_printf(&b, "\tg%d();\n", i);
	sp_buf_cstr(&b, "}\n");
	cut(mem, "long.c", sp_buf_view(&b).p, &p);
	assert_int_equal(p.count, 3);
	for (size_t i = 0; i < p.count; i++) {
		assert_true(p.v[i].end_line - p.v[i].start_line < INDEX_PIECE_LINES);
		CHECK_STR(p.v[i].function_name, "f", "part");
		assert_int_equal(p.v[i].signature.p != NULL, i == 0);
		if (i > 0)
			assert_int_equal(p.v[i].start_line, p.v[i - 1].end_line + 1 - INDEX_PIECE_OVERLAP);
	}
	assert_int_equal(p.v[2].end_line, 503);

	/* one line of 100 kB (generated text), then ordinary ones */
	sp_buf_init(&b, mem, 1000000);
	for (int i = 0; i < 50000; i++)
		sp_buf_cstr(&b, "\xc3\xa9");
	sp_buf_cstr(&b, "\nlast\n");
	cut(mem, "long.txt", sp_buf_view(&b).p, &p);
	assert_int_equal(p.count, 1);
	assert_true(sp_utf8_valid(p.v[0].content));
	assert_int_equal(p.v[0].content.len, INDEX_LINE_BYTES + strlen("\nlast"));
	sp_arena_free(mem);
}

static const struct {
	const char *name, *start, *language;
} names[] = {
	{ "a.c", "", "c" },
	{ "a.h", "int f(void);\n", "c" },
	{ "a.h", "namespace a {\n", "cpp" },
	{ "a.tsx", "", "typescript" },
	{ "Makefile", "", "makefile" },
	{ "Makefile.am", "", "automake" },
	{ "configure.ac", "", "m4" },
	{ "CMakeLists.txt", "", "cmake" },
	{ "config.h.in", "", "c" },
	{ "printf.3", "", "roff" },
	{ "tool", "#!/usr/bin/env python3\n", "python" },
	{ "tool", "#!/bin/sh -e\n", "shell" },
	{ "tool", "#! /usr/bin/env -S perl -w\n", "perl" },
	{ "tool", "#!/opt/unknown\n", NULL },
	{ "tool", "plain", NULL },
	{ "a.png", "", NULL },
	{ ".env", "SECRET=1", NULL },
	{ "key.pem", "", NULL },
	{ "c", "", NULL },			/* an extension is no name */
};

static void
language_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct index_language *got = index_language_of(names[i].name, sp_str(names[i].start));

		if ((got == NULL) != (names[i].language == NULL) ||
		    (got != NULL && strcmp(got->name, names[i].language) != 0))
			fail_msg("%s: expected %s, got %s", names[i].name,
			    names[i].language != NULL ? names[i].language : "nothing", got != NULL ? got->name : "nothing");
	}
}

static void
clean(void **state)
{
	struct sp_arena *mem = sp_arena_new();

	(void)state;
	CHECK_STR(index_text_clean(mem, sp_str("\xef\xbb\xbf" "a\r\nb\rc")), "a\nb\nc", "line ends");
	CHECK_STR(index_text_clean(mem, sp_str("gr\xfc\xdf")), "gr\xc3\xbc\xc3\x9f", "ISO 8859-1");
	CHECK_STR(index_text_clean(mem, sp_str("gr\xc3\xbc\xc3\x9f")), "gr\xc3\xbc\xc3\x9f", "UTF-8");
	sp_arena_free(mem);
}

/* Texts that would cost quadratic time, or a deep stack, if they were let. */
static void
hostile(void **state)
{
	static const struct {
		const char *file, *unit;
	} texts[] = {
		{ "a.c", "{" }, { "a.c", "}" }, { "a.c", "f(){{\n}\n" }, { "a.c", "/*" }, { "a.c", "\\\"\n" },
		{ "a.c", "#if 1\n#else\n" }, { "a.c", "int f(" }, { "a.c", "int a=/*c*/{}" }, { "a.c", "f(){}" },
		{ "a.rs", "/*" }, { "a.rs", "r#\"" }, { "a.js", "`${" }, { "a.js", "a/b" }, { "a.js", "((({" },
		{ "a.js", "class a{" }, { "a.js", "x=>{" }, { "a.pl", "q(" }, { "a.pl", "<<A\n" }, { "a.pl", "s/a" },
		{ "a.py", "def f(" }, { "a.py", "\"\"\"" }, { "a.py", "class a:\n " }, { "a.rb", "%w(" },
		{ "a.lua", "[=[" }, { "a.sh", "<<A\n" }, { "a.sql", "create table a(" }, { "a.sql", "$a$ $b$" },
		{ "a.php", "<?php \"" }, { "a.java", "enum a{" }, { "a.kt", "fun f()=" }, { "a.cs", "@\"" },
		{ "a.md", "a\n===\n" }, { "a.go", "func(" }, { "a.scala", "def f={" }, { "a.cc", "R\"(" },
	};

	/* of processor time, then a signal; honest text of this size takes milliseconds */
	static const struct itimerval limit = { .it_value = { .tv_sec = 20 } }, none;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sp_arena *mem = sp_arena_new();
		struct index_pieces p;
		struct sp_buf b;

		sp_buf_init(&b, mem, 1000000);
		while (b.len < 300000)
			sp_buf_cstr(&b, texts[i].unit);
		setitimer(ITIMER_PROF, &limit, NULL);
		cut(mem, texts[i].file, sp_buf_view(&b).p, &p);
		setitimer(ITIMER_PROF, &none, NULL);
		sp_arena_free(mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages),
		cmocka_unit_test(details),
		cmocka_unit_test(long_pieces),
		cmocka_unit_test(language_of),
		cmocka_unit_test(clean),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
