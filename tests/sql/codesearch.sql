-- codesearch.sql: the search tools over a small index of their own.
--
--	psql -v ON_ERROR_STOP=1 -f tests/sql/codesearch.sql
--
-- as a superuser in a database of Sallyport's where catalogs/codesearch was
-- applied.  Everything happens in a transaction that is rolled back; the first
-- answer that is not as expected ends it with an error.
\set ON_ERROR_STOP 1
BEGIN;
SET LOCAL client_min_messages = warning;
DELETE FROM codesearch.repository;
DELETE FROM codesearch.word;

INSERT INTO codesearch.repository VALUES ('shop', now()), ('Shop-2', now()), ('other', NULL);
INSERT INTO codesearch.file
SELECT r, p, '\x00', l, m::timestamptz, '{}' FROM (VALUES
	('shop', 'src/user.c', 'c', '2026-01-01'), ('shop', 'src/user.h', 'c', '2026-01-02'), ('shop', 'tests/test_user.c', 'c', '2026-01-03'),
	('shop', 'web/app.js', 'javascript', '2026-03-01'), ('shop', 'README.md', 'markdown', '2026-01-05'),
	('Shop-2', 'src/user.c', 'c', '2026-01-06'), ('other', 'lib/pool.py', 'python', '2026-02-01')) AS f (r, p, l, m);
INSERT INTO codesearch.chunk (id, repository, file_path, number, language, chunk_type, function_name, class_name, signature,
	docstring, defines, called_functions, start_line, end_line, content)
SELECT left(encode(sha256(convert_to(r || ':' || p || ':' || n, 'UTF8')), 'hex'), 16), r, p, n, l, t, f, c, s, d,
	coalesce(def, '{}'), coalesce(calls, '{}'), a, b, content FROM (VALUES
	('shop', 'src/user.c', 0, 'c', 'file', NULL, NULL, NULL, NULL, '{MAX_USERS}'::text[], NULL::text[], 1, 3,
	 E'#include "user.h"\n\n#define MAX_USERS 100'),
	('shop', 'src/user.c', 1, 'c', 'function', 'get_user_by_id', NULL, 'struct user *get_user_by_id(int id)',
	 'Looks a user up. Returns NULL when the user was not found.', NULL, '{hash_lookup}', 5, 14,
	 E'/*\n * Looks a user up.\n * Returns NULL when the user was not found.\n */\nstruct user *\nget_user_by_id(int id)\n{\n\treturn hash_lookup(users, id);\n}'),
	('shop', 'src/user.c', 2, 'c', 'function', 'hash_lookup', NULL, 'static void *hash_lookup(struct hash *h, int key)', NULL, NULL, '{fatal_error}', 16, 20,
	 E'static void *\nhash_lookup(struct hash *h, int key)\n{\n\tif (h == NULL)\n\t\tfatal_error("the value 404 has no table");\n\treturn h->slot[key];\n}'),
	('shop', 'src/user.c', 3, 'c', 'function', 'fatal_error', NULL, 'void fatal_error(const char *text)', NULL, NULL, NULL, 22, 26,
	 E'void fatal_error(const char *text)\n{\n\tabort();\n}'),
	('shop', 'src/user.h', 0, 'c', 'declaration', 'get_user_by_id', NULL, 'struct user *get_user_by_id(int id)', 'One user.', NULL, NULL, 3, 4,
	 E'/* One user. */\nstruct user *get_user_by_id(int id);'),
	('shop', 'tests/test_user.c', 0, 'c', 'function', 'test_get_user', NULL, 'void test_get_user(void)', NULL, NULL, '{get_user_by_id}', 1, 4,
	 E'void test_get_user(void)\n{\n\tassert(get_user_by_id(1) != NULL);\n}'),
	('shop', 'web/app.js', 0, 'javascript', 'function', 'getUserById', 'UserStore', 'getUserById(id)', NULL, NULL, NULL, 10, 12,
	 E'  getUserById(id) {\n    return this.cache.get(id); // found not\n  }'),
	('shop', 'web/app.js', 1, 'javascript', 'class', NULL, 'UserStore', 'class UserStore', 'Keeps users in memory.', NULL, NULL, 5, 9,
	 E'// Keeps users in memory.\nclass UserStore {\n  constructor() { this.cache = new Map(); }'),
	('shop', 'README.md', 0, 'markdown', 'section', NULL, NULL, 'Users', NULL, NULL, NULL, 1, 8,
	 E'# Users\n\nHow users are created, found and deleted. The user store keeps configuration in a database.'),
	('Shop-2', 'src/user.c', 0, 'c', 'function', 'get_user_by_id', NULL, 'struct user *get_user_by_id(int id)', NULL, NULL, NULL, 5, 14,
	 E'struct user *get_user_by_id(int id)\n{\n\treturn NULL;\n}'),
	('other', 'lib/pool.py', 0, 'python', 'class', NULL, 'ConnectionPool', 'class ConnectionPool', 'Reusable connections.', NULL, NULL, 1, 9,
	 E'class ConnectionPool:\n    """Reusable connections."""\n    def acquire(self): pass\n    def config_parser(self): pass')
	) AS v (r, p, n, l, t, f, c, s, d, def, calls, a, b, content);
SELECT codesearch.refresh_words();

CREATE SCHEMA checks;
-- Text comparisons that name what failed.
CREATE FUNCTION checks.is(name text, got anyelement, expected anyelement) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF got IS DISTINCT FROM expected THEN
		RAISE EXCEPTION '%: expected %, got %', name, expected, got;
	END IF;
END $$;
-- "function file" of each result, best first
CREATE FUNCTION checks.names(answer jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce(i ->> 'function_name', i ->> 'class_name', '-') || ' ' || (i ->> 'repository') || '/' || (i ->> 'file'), ', ' ORDER BY o)
	  FROM jsonb_array_elements(answer -> 'data' -> 'items') WITH ORDINALITY AS x (i, o)
$$;
CREATE FUNCTION checks.first(answer jsonb) RETURNS text LANGUAGE sql AS $$ SELECT split_part(checks.names(answer), ', ', 1) $$;
GRANT USAGE ON SCHEMA checks TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA checks TO PUBLIC;

-- ---- words ----
SELECT checks.is('parts of identifiers', codesearch.parts(codesearch.plain('HTTPServer::getUserById(x_max) <stdio.h>')),
	'HTTP Server get User By Id x max stdio h ');
SELECT checks.is('one key for every style', array_agg(DISTINCT codesearch.key(n)), '{getuserbyid}'::text[])
  FROM unnest('{get_user_by_id,getUserById,GetUserByID,get-user-by-id,GET_USER_BY_ID}'::text[]) n;
SELECT checks.is('pairs of parts', codesearch.pairs('HashTableSize get_x'), 'HashTable TableSize');
SELECT checks.is('intents', array_agg(codesearch.classify(q) ORDER BY o), '{implement,debug,understand,refactor,test,document,understand}'::text[])
  FROM unnest('{how to add a login page,why does it crash,what is the pool for,make parsing faster,write tests for users,update the docs,users}'::text[])
	WITH ORDINALITY AS x (q, o);
SELECT checks.is('exact terms of a query', codesearch.exact_terms_of('the "not found" page of 2.10 calls hash_lookup( and ''its'' 404'),
	'{2.10,404,hash_lookup,its,"not found"}'::text[]);
SELECT checks.is('languages', array_agg(codesearch.language_named(l) ORDER BY o), '{c,cpp,javascript,python,shell,NULL,java}'::text[])
  FROM unnest('{C,C++,js,pytho,bash,zz,JAVA}'::text[]) WITH ORDINALITY AS x (l, o);

-- From here on as the tools run: their role, and nothing may be written.
SET LOCAL ROLE sallyport_tool;
SET LOCAL transaction_read_only = on;

-- ---- names ----
SELECT checks.is('a name, as written', checks.first(tools.search_code('get_user_by_id', repository => 'shop')), 'get_user_by_id shop/src/user.c');
SELECT checks.is('a name in another style', checks.first(tools.search_code('getUserById')), 'getUserById shop/web/app.js');
SELECT checks.is('a name in lower case', checks.first(tools.search_code('userstore')), 'UserStore shop/web/app.js');
SELECT checks.is('a name in a sentence', checks.first(tools.search_code('where is hash_lookup used?')), 'hash_lookup shop/src/user.c');
SELECT checks.is('a name in words', checks.first(tools.search_code('connection pool')), 'ConnectionPool other/lib/pool.py');
SELECT checks.is('class and method', checks.first(tools.search_code('UserStore.getUserById')), 'getUserById shop/web/app.js');
SELECT checks.is('a constant', checks.first(tools.search_code('MAX_USERS')), '- shop/src/user.c');
SELECT checks.is('a slip', checks.first(tools.search_code('hash_lokup')), 'hash_lookup shop/src/user.c');
SELECT checks.is('a short form', checks.first(tools.search_code('store config db')), '- shop/README.md');
SELECT checks.is('other forms of a word', checks.first(tools.search_code('deleting a user')), '- shop/README.md');

-- ---- filters ----
SELECT checks.is('a repository by the start of its name', checks.names(tools.search_code('get_user_by_id', repository => 'SHOP-')), 'get_user_by_id Shop-2/src/user.c');
SELECT checks.is('a language', checks.names(tools.search_code('user', language => 'py')), NULL);
SELECT checks.is('tests first', checks.first(tools.search_code('get user', intent => 'test', language => 'c', repository => 'shop')), 'test_get_user shop/tests/test_user.c');
SELECT checks.is('exact terms: every hit has the words side by side', checks.names(tools.search_code('user', exact_terms => '{"not found"}')), 'get_user_by_id shop/src/user.c');
SELECT checks.is('exact terms of the query', checks.names(tools.search_code('value 404')), 'hash_lookup shop/src/user.c');
SELECT checks.is('... are said', tools.search_code('value 404') #> '{data,exact_terms}', '["404"]');
SELECT checks.is('... and left out when nothing has them', tools.search_code('user 999') #>> '{data,warnings,0}', 'nothing contains 999; these results do without it');
SELECT checks.is('... but not those of the caller', tools.search_code('user', exact_terms => '{999}') #>> '{data,count}', '0');
SELECT checks.is('plain text only', tools.search_code('hash_lokup', bm25_only => true) #>> '{data,backend}', 'basic');

-- ---- pages, order, forms ----
SELECT checks.is('pages do not overlap', (
	SELECT count(DISTINCT i ->> 'id') FROM (SELECT tools.search_code('user', max_results => 3) a UNION ALL SELECT tools.search_code('user', max_results => 3, skip => 3)) p,
		jsonb_array_elements(a -> 'data' -> 'items') i), 6::bigint);
SELECT checks.is('has_more and next_skip', array[a ->> 'has_more', a ->> 'next_skip'], '{true,3}') FROM (SELECT tools.search_code('user', max_results => 3) -> 'data' AS a) x;
SELECT checks.is('the last page', array[a ->> 'has_more', a ->> 'next_skip'], '{false,NULL}') FROM (SELECT tools.search_code('user', skip => 5, max_results => 20) -> 'data' AS a) x;
SELECT checks.is('at most 20', (tools.search_code('user', max_results => 50) #>> '{data,warnings,0}'), 'max_results was set to 20');
SELECT checks.is('ordered by path', checks.first(tools.search_code('user', orderby => 'path')), '- shop/README.md');
SELECT checks.is('ordered by date', checks.first(tools.search_code('user', orderby => 'date', language => 'c')), 'get_user_by_id Shop-2/src/user.c');
SELECT checks.is('relevance is 1 at best', (tools.search_code('hash_lookup') #>> '{data,items,0,relevance}')::numeric, 1.0);
SELECT checks.is('members of a full item', array_agg(k ORDER BY k), '{class_name,content,end_line,file,function_name,highlights,id,language,relevance,repository,start_line}'::text[])
  FROM jsonb_object_keys(tools.search_code('hash_lookup') #> '{data,items,0}') k;
SELECT checks.is('members of a compact item', array_agg(k ORDER BY k), '{context_type,file,headline,id,language,lines,match,rank,repo,score,why,why_field}'::text[])
  FROM jsonb_object_keys(tools.search_code('hash_lookup', detail_level => 'compact') #> '{data,items,0}') k;
SELECT checks.is('an ultra item', tools.search_code('hash_lookup', detail_level => 'ULTRA') #>> '{data,items,0}',
	'#1 src/user.c:16 [c] score=1.000 | hash_lookup(struct hash *h, int key) || static void *hash_lookup(struct hash *h, int key)');
SELECT checks.is('a snippet begins at the code', tools.search_code('get_user_by_id', repository => 'shop', snippet_lines => 2) #>> '{data,items,0,content}', E'struct user *\nget_user_by_id(int id)');
SELECT checks.is('highlights', tools.search_code('looks up a user', repository => 'shop') #> '{data,items,0,highlights,docstring}', '["Looks a user up. Returns NULL when the user was not found."]');
SELECT checks.is('timings on request', tools.search_code('user', include_timings => true) #> '{data,timings_ms}' ? 'total', true);
SELECT checks.is('what is called', array(SELECT d ->> 'function_name' FROM jsonb_array_elements(
	tools.search_code('get_user_by_id', repository => 'shop', max_results => 1, include_dependencies => true) #> '{data,dependencies}') d), '{hash_lookup}'::text[]);
SELECT checks.is('what that calls in turn', array(SELECT d ->> 'function_name' FROM jsonb_array_elements(
	tools.search_code('get_user_by_id', repository => 'shop', max_results => 1, include_dependencies => true, dependency_mode => 'graph') #> '{data,dependencies}') d),
	'{hash_lookup,fatal_error}'::text[]);
SELECT set_config('sallyport.request_id', 'req-1', true);
SELECT checks.is('query_id knows the request and the words', q::text, '(req-1,"{id,user}")')
  FROM codesearch.query_of(tools.search_code('the user id') #>> '{data,query_id}') q;
SELECT checks.is('no other id is one: ' || coalesce(id, 'null'), (SELECT count(*) FROM codesearch.query_of(id)), 0::bigint)
  FROM unnest(array[NULL, '', 'x', repeat('A', 24), repeat('!', 24), repeat('A', 2000), 'req-1']) id;

-- ---- what cannot be answered, and what is odd ----
SELECT checks.is('no query', tools.search_code(' '), '{"ok": false, "error": "query is empty", "code": "error"}');
SELECT checks.is('a long query', tools.search_code(repeat('x', 401)) ->> 'error', 'query is longer than 400 characters');
SELECT checks.is('many words', tools.search_code(repeat('x ', 51)) ->> 'error', 'query has more than 50 words');
SELECT checks.is('hostile query: ' || q, tools.search_code(q) ->> 'ok', 'true') FROM unnest(array[
	'''; DROP TABLE codesearch.chunk; --', '\', '\\'' & |', '!(a|b)&', '(((', ':*', '"', '""', '%', '<script>', E'tab\there', '世界', 'naïve café',
	'a:b:c', '-x', 'x''', '$1', '{{}}', 'if not', 'the', '1.2.3', 'e@x.y', 'http://a/b?c=d', repeat('a', 400), repeat('a_', 200), repeat('aB', 200),
	(SELECT string_agg('word' || chr(97 + i % 26) || chr(97 + i / 26), ' ') FROM generate_series(1, 50) i)]) q;
SELECT checks.is('odd filters', tools.search_code('user', language => '%', repository => '%_', orderby => '''', intent => repeat('x', 200), exact_terms => '{"((","  "}') ->> 'ok', 'true');
SELECT checks.is('an unknown mode', tools.explain_ranking('user', mode => 'x') ->> 'ok', 'false');

-- ---- the other tools ----
SELECT checks.is('raw results', array[r ->> 'count', r ->> 'intent', r #>> '{results,0,function_name}'], '{1,understand,hash_lookup}')
  FROM (SELECT tools.search_code_raw('hash_lookup', max_results => 1) -> 'data' AS r) x;
SELECT checks.is('why it is first', r ->> 'explanation', 'Ranked here because the query names hash_lookup; the name looks like the query; its words are in the names, signature, path or comment above.')
  FROM (SELECT tools.explain_ranking('hash_lookup') #> '{data,explanations,0}' AS r) x;
SELECT checks.is('factors', array[r #>> '{factors,exact_symbol}', r #>> '{confidence}', r #>> '{factors,lanes}'], '{true,1.0000,"[\"all\", \"any\", \"fuzzy\", \"head\", \"phrase\", \"symbol\"]"}')
  FROM (SELECT tools.explain_ranking('hash_lookup') #> '{data,explanations,0}' AS r) x;
SELECT checks.is('a preview', array[r ->> 'detected_intent', r #>> '{enhancements,symbols}', r #>> '{rewritten_queries,0}', r #>> '{enhancements,filters,language}'],
	'{implement,"[\"get_user_by_id\"]","how do I create get_user_by_id?",cpp}')
  FROM (SELECT tools.preview_query_processing('how do I create get_user_by_id?', language => 'c++') -> 'data' AS r) x;
SELECT checks.is('at most ten wordings', jsonb_array_length(tools.preview_query_processing('create user connection function error') #> '{data,rewritten_queries}') BETWEEN 5 AND 10, true);
SELECT checks.is('status', array[r ->> 'documents', r #>> '{repositories,2,name}', r #>> '{repositories,2,documents}', r #>> '{repositories,2,files}', r ->> 'vector_search'],
	'{11,shop,9,5,false}') FROM (SELECT tools.index_status() -> 'data' AS r) x;
SELECT checks.is('health', tools.health_check() #>> '{data,healthy}', 'true');

-- ---- rights ----
SELECT set_config('request.jwt.claims', '{"sub": "x", "tier": "developer"}', true);
DO $$
DECLARE
	statement text;
BEGIN
	FOREACH statement IN ARRAY ARRAY['codesearch.clear(NULL)', 'codesearch.renew_statistics()', 'codesearch.job_add(''x'', NULL, false)',
		'codesearch.put_document(''{}'', false)', 'codesearch.delete_documents(''{}'')', 'codesearch.delete_older(''created_at'', now())',
		'codesearch.put_datasource(''x'', ''{}'', NULL)', 'codesearch.put_indexer(''x'', ''x'', NULL)', 'codesearch.delete_indexer(''x'')'] LOOP
		BEGIN
			EXECUTE 'SELECT ' || statement;
			RAISE EXCEPTION 'a developer may call %', statement;
		EXCEPTION WHEN insufficient_privilege THEN
			IF SQLERRM <> 'only administrators may change the index' THEN
				RAISE EXCEPTION '%: %', statement, SQLERRM;
			END IF;
		END;
	END LOOP;
END $$;
SELECT set_config('request.jwt.claims', '', true);
DO $$ BEGIN
	PERFORM codesearch.refresh_words();
	RAISE EXCEPTION 'the tool role may count words';
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
	PERFORM * FROM codesearch.secret;
	RAISE EXCEPTION 'the tool role may read the key of query ids';
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
	PERFORM * FROM codesearch.feedback;
	RAISE EXCEPTION 'the tool role may read what others said';
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
	PERFORM codesearch.job_claim('1 hour');
	RAISE EXCEPTION 'the tool role may take jobs';
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
	DELETE FROM codesearch.chunk;
	RAISE EXCEPTION 'the tool role may delete';
EXCEPTION WHEN insufficient_privilege OR read_only_sql_transaction THEN NULL;
END $$;
RESET ROLE;
SELECT checks.is('functions with the rights of the owner have a search path of their own',
	(SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p WHERE p.pronamespace IN ('codesearch'::regnamespace, 'tools'::regnamespace)
	   AND p.prosecdef AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=.*pg_temp$')), NULL);
SELECT checks.is('and are not for everybody', (SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p
	 WHERE p.pronamespace = 'codesearch'::regnamespace AND has_function_privilege('sallyport_app', p.oid, 'EXECUTE') AND p.prosecdef
	   AND NOT pg_has_role('sallyport_app', 'sallyport_tool', 'USAGE')), NULL);
ROLLBACK;
\echo ok
