-- codesearch: what a file has to do with others, and examples for new code.  All of it
-- comes from the index: no file of the server is read.

-- ---- files ----

-- The file that somebody means: its whole path, also with the repository in front
-- ("shop/src/user.c"), or the end of a path that only one file has.
CREATE OR REPLACE FUNCTION codesearch.file_meant(path text)
RETURNS codesearch.file LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp AS $$
DECLARE
	wanted text := regexp_replace(btrim(path), '^(\./|/)+', '');
	found  codesearch.file[];
BEGIN
	SELECT array_agg(f ORDER BY f.repository) INTO found FROM file f WHERE f.path = wanted;
	IF found IS NULL THEN
		SELECT array_agg(f ORDER BY f.repository) INTO found FROM file f
		 WHERE f.stem = codesearch.stem(wanted) AND f.repository || '/' || f.path = wanted;
	END IF;
	IF found IS NULL AND wanted <> '' THEN
		-- an absolute path of the caller's own machine ends like that of the file
		SELECT array_agg(f ORDER BY length(f.path) DESC, f.repository) INTO found FROM file f
		 WHERE f.stem = codesearch.stem(wanted)
		   AND (right(f.path, length(wanted) + 1) = '/' || wanted OR right(wanted, length(f.path) + 1) = '/' || f.path);
		IF cardinality(found) > 1 AND length((found[1]).path) = length((found[2]).path) THEN
			found := NULL;		-- several could be meant
		END IF;
	END IF;
	RETURN found[1];
END
$$;

-- The files of its repository that a name of an import stands for.  Of several files
-- with that last name those that agree in more of the path, then the nearest.
CREATE OR REPLACE FUNCTION codesearch.imported(f codesearch.file, import text)
RETURNS SETOF codesearch.file LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	WITH wanted AS (
		SELECT array_remove(string_to_array(lower(regexp_replace(regexp_replace(import, '\.[A-Za-z]{1,4}$', ''), '::|\.|\\', '/', 'g')), '/'), '') AS parts
	), candidate AS (
		SELECT c, (SELECT count(*) FROM wanted, unnest(parts) p WHERE p = ANY (string_to_array(lower(regexp_replace(c.path, '\.[A-Za-z]+$', '')), '/'))) AS agrees,
			(SELECT count(*) FROM unnest(string_to_array(c.path, '/'), string_to_array(f.path, '/')) AS s (a, b) WHERE a = b) AS near,
			(c.language = f.language)::integer AS same,
			(lower(regexp_replace(c.path, '^.*/', '')) = lower(regexp_replace(import, '^.*/', '')))::integer AS exact	-- "hash.h" is not hash.c
		  FROM file c WHERE c.repository = f.repository AND c.stem = codesearch.stem(import) AND c.path <> f.path
	), best AS (
		SELECT *, rank() OVER (ORDER BY exact DESC, same DESC, agrees DESC, near DESC) AS place FROM candidate
	)
	-- "os.path" is no file "path.c" of ours: most of the name has to agree
	SELECT (c).* FROM best, wanted WHERE place = 1 AND agrees * 2 >= least(cardinality(parts), 3) AND (same = 1 OR cardinality(parts) < 2 OR agrees = cardinality(parts))
	 ORDER BY (c).path LIMIT 3
$$;

-- ---- analyze_context ----
CREATE OR REPLACE FUNCTION tools.analyze_context(file_path text, include_dependencies boolean DEFAULT true,
	depth integer DEFAULT 2, include_imports boolean DEFAULT true, include_git_history boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp SET jit = off AS $$
#variable_conflict use_variable
DECLARE
	most     constant integer := 200;	-- files that are followed
	levels   integer := least(greatest(depth, 1), 3);
	f        codesearch.file;
	fresh    codesearch.file[];
	seen     text[];
	indirect text[] := '{}';
	internal text[] := '{}';
	external text[] := '{}';
	resolved text[];
	unresolved text[];
	names    text[];
	found    codesearch.file[];
	related  jsonb := '[]';
	data     jsonb;
	warnings text[] := '{}';
	directory text;
BEGIN
	IF length(btrim(file_path)) NOT BETWEEN 1 AND 1024 THEN
		RETURN failure('file_path must have 1 to 1024 characters');
	END IF;
	f := file_meant(file_path);
	IF f.path IS NULL THEN
		RETURN failure(format('%s is not in the index, or several files could be meant', left(btrim(file_path), 200)));
	END IF;
	IF levels <> depth THEN
		warnings := warnings || format('depth was set to %s', levels);
	END IF;
	IF include_git_history THEN
		warnings := warnings || 'the index holds no history'::text;
	END IF;
	fresh := ARRAY[f];
	seen := ARRAY[f.path];
	FOR level IN 1 .. levels LOOP
		SELECT coalesce(array_agg(DISTINCT g.path) FILTER (WHERE g.path IS NOT NULL), '{}'),
			coalesce(array_agg(DISTINCT i.name) FILTER (WHERE g.path IS NULL), '{}'), coalesce(array_agg(DISTINCT i.name), '{}')
		  INTO resolved, unresolved, names
		  FROM unnest(fresh) n, unnest(n.imports) AS i (name) LEFT JOIN LATERAL codesearch.imported(n, i.name) g ON true;
		IF level = 1 THEN
			external := unresolved;
			related := coalesce((SELECT jsonb_agg(jsonb_build_object('type', 'imported', 'path', p, 'relationship', 'imported by this file') ORDER BY p)
				FROM unnest(resolved) p), '[]');
		ELSE
			indirect := indirect || ARRAY(SELECT n FROM unnest(names) n WHERE n <> ALL (f.imports) AND n <> ALL (indirect));
		END IF;
		resolved := ARRAY(SELECT p FROM unnest(resolved) p WHERE p <> ALL (seen) ORDER BY p LIMIT most - cardinality(internal));
		EXIT WHEN resolved = '{}';
		internal := internal || resolved;
		seen := seen || resolved;
		fresh := ARRAY(SELECT c FROM file c WHERE c.repository = f.repository AND c.path = ANY (resolved));
	END LOOP;
	-- who imports it
	SELECT array_agg(c ORDER BY c.path) INTO found FROM (
		SELECT c.* FROM file c WHERE c.repository = f.repository AND c.import_stems @> ARRAY[f.stem] AND c.path <> f.path LIMIT 200) c
	 WHERE EXISTS (SELECT FROM unnest(c.imports) i, codesearch.imported(c, i) g WHERE codesearch.stem(i) = f.stem AND g.path = f.path);
	related := related || coalesce((SELECT jsonb_agg(jsonb_build_object('type', 'importer', 'path', c.path, 'relationship', 'imports this file') ORDER BY c.path)
		FROM (SELECT * FROM unnest(found) LIMIT 20) c), '[]');
	-- its tests, and its neighbours
	directory := substring(f.path from '^(.*/)');
	related := related || coalesce((SELECT jsonb_agg(jsonb_build_object('type', 'test', 'path', c.path, 'relationship', 'named like a test of it') ORDER BY c.path)
		FROM (SELECT c.path FROM file c WHERE c.repository = f.repository AND c.path <> f.path
			AND c.stem = ANY (ARRAY['test_' || f.stem, f.stem || '_test', 'test' || f.stem, f.stem || 'test', f.stem || 'tests', f.stem || '_spec'])
			LIMIT 10) c), '[]')
		|| coalesce((SELECT jsonb_agg(jsonb_build_object('type', 'test', 'path', c.path, 'relationship', 'test of the same name') ORDER BY c.path)
		FROM (SELECT c.path FROM file c WHERE c.repository = f.repository AND c.path <> f.path
			AND ((c.stem = ANY (ARRAY['test', 'spec']) AND c.path LIKE '%/' || f.stem || '.%') OR
			     (c.stem = f.stem AND c.path ~* '(^|/)(tests?|spec|__tests__)/'))
			LIMIT 10) c), '[]')
		|| coalesce((SELECT jsonb_agg(jsonb_build_object('type', 'sibling', 'path', c.path, 'relationship', 'in the same directory') ORDER BY c.path)
		FROM (SELECT c.path FROM file c WHERE c.repository = f.repository AND c.path <> f.path
			AND starts_with(c.path, coalesce(directory, '')) AND strpos(substr(c.path, length(coalesce(directory, '')) + 1), '/') = 0
			ORDER BY (c.language = f.language) DESC, c.path LIMIT 15) c), '[]');
	data := jsonb_build_object('file', f.path, 'language', f.language,
		'module', replace(regexp_replace(f.path, '\.[A-Za-z0-9]+$', ''), '/', CASE WHEN f.language IN ('python', 'java', 'kotlin', 'scala', 'csharp') THEN '.' ELSE '/' END),
		'project', jsonb_build_object('name', f.repository, 'root', coalesce(substring(f.path from '^([^/]+)/'), ''),
			'type', codesearch.project_type(f.repository)),
		'context_depth', levels, 'timestamp', now(),
		'related_files', related,
		'summary', format('%s is a %s file of %s with %s pieces (%s); it imports %s modules, %s of them files of this repository, and %s files import it.',
			f.path, f.language, f.repository,
			(SELECT count(*) FROM chunk c WHERE (c.repository, c.file_path) = (f.repository, f.path)),
			coalesce((SELECT string_agg(name, ', ') FROM (SELECT coalesce(c.class_name || '.', '') || c.function_name AS name FROM chunk c
				WHERE (c.repository, c.file_path) = (f.repository, f.path) AND c.function_name IS NOT NULL ORDER BY c.number LIMIT 12) n), 'no functions'),
			cardinality(f.imports), (SELECT count(*) FROM jsonb_array_elements(related) r WHERE r ->> 'type' = 'imported'),
			coalesce(cardinality(found), 0))) ||
		CASE WHEN include_imports THEN jsonb_build_object('imports',
			jsonb_build_object('direct', to_jsonb(f.imports), 'indirect', to_jsonb(indirect))) ELSE '{}' END ||
		CASE WHEN include_dependencies THEN jsonb_build_object('dependencies', jsonb_build_object('internal', to_jsonb(internal),
			'external', to_jsonb(external), 'graph_size', cardinality(seen))) ELSE '{}' END ||
		CASE WHEN warnings <> '{}' THEN jsonb_build_object('warnings', to_jsonb(warnings)) ELSE '{}' END;
	RETURN success(data);
END
$$;

-- What a repository is built with, by the files at its top.
CREATE OR REPLACE FUNCTION codesearch.project_type(in_repository text)
RETURNS text LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT coalesce((SELECT k.kind FROM unnest(
		'{Cargo.toml,go.mod,pyproject.toml,setup.py,package.json,pom.xml,build.gradle,build.gradle.kts,configure.ac,CMakeLists.txt,meson.build,Gemfile,composer.json,Makefile}'::text[],
		'{rust,go,python,python,node,maven,gradle,gradle,autotools,cmake,meson,ruby,php,make}'::text[]) WITH ORDINALITY AS k (file, kind, place)
		  JOIN file f ON f.repository = in_repository AND f.path = k.file ORDER BY k.place LIMIT 1), 'unknown')
$$;
COMMENT ON FUNCTION tools.analyze_context(text, boolean, integer, boolean, boolean) IS $c$Analyze context
What a file of the index is part of: what it imports, directly and by way of others, which files of its repository those
are, who imports it, its tests and neighbours, and what it defines. Ask it before changing a file that you do not know.
@mcp
@toolset analysis
@scope codesearch:work
@tier developer
@param file_path {"minLength": 1, "examples": ["src/user.c", "shop/src/user.c"]} the file as search_code names it, with its repository in front where several have it
@param include_dependencies also give the files and packages that it depends on
@param depth how far imports are followed, 1 to 3
@param include_imports also give the names that it imports
@param include_git_history accepted for compatibility; the index holds no history
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["file", "language", "module", "project", "context_depth", "timestamp", "related_files", "summary"], "properties": {
	"file": {"type": "string"}, "language": {"type": "string"}, "module": {"type": "string"}, "project": {"type": "object"},
	"context_depth": {"type": "integer"}, "timestamp": {"type": "string"}, "imports": {"type": "object"}, "dependencies": {"type": "object"},
	"related_files": {"type": "array", "items": {"type": "object", "required": ["type", "path", "relationship"]}},
	"summary": {"type": "string"}, "warnings": {"type": "array", "items": {"type": "string"}}}}}}$c$;

-- ---- generate_code ----

-- How code is written, by example: what most of the pieces do.
DROP FUNCTION IF EXISTS codesearch.style_of(text[]);
CREATE OR REPLACE FUNCTION codesearch.style_of(pieces codesearch.chunk[])
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	WITH line AS (
		SELECT l FROM unnest(pieces) c, string_to_table(c.content, E'\n') l
	), spaces AS (
		SELECT length(substring(l from '^ +')) AS n FROM line WHERE l ~ '^ +[^ *]'
	), names AS (
		SELECT function_name AS name FROM unnest(pieces) WHERE function_name ~ '[a-z]'
	)
	SELECT jsonb_build_object(
		'indent', CASE WHEN (SELECT count(*) FROM line WHERE l ~ '^\t') >= (SELECT count(*) FROM spaces) THEN 'tabs'
			ELSE CASE WHEN (SELECT count(*) FILTER (WHERE n % 4 = 0) * 10 >= count(*) * 8 FROM spaces) THEN '4 spaces'
				WHEN (SELECT count(*) FILTER (WHERE n % 2 = 0) * 10 >= count(*) * 8 FROM spaces) THEN '2 spaces' ELSE 'spaces' END END,
		'quotes', CASE WHEN (SELECT sum(length(l) - length(replace(l, '''', ''))) > sum(length(l) - length(replace(l, '"', ''))) FROM line)
			THEN 'single' ELSE 'double' END,
		'naming', CASE WHEN (SELECT count(*) FROM names) = 0 THEN 'unknown'
			WHEN (SELECT count(*) FILTER (WHERE name ~ '_') >= count(*) FILTER (WHERE name ~ '[a-z][A-Z]') FROM names) THEN 'snake_case'
			WHEN (SELECT count(*) FILTER (WHERE name ~ '^[A-Z]') * 2 > count(*) FROM names) THEN 'PascalCase' ELSE 'camelCase' END,
		'documented', (SELECT round(count(*) FILTER (WHERE docstring IS NOT NULL)::numeric / greatest(count(*), 1), 2)
			FROM unnest(pieces)))
$$;

-- The search that examples for a description come from, or its error.
CREATE OR REPLACE FUNCTION codesearch.read_description(description text, language text, style_guide text)
RETURNS codesearch.request LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = codesearch, pg_temp AS $$
DECLARE
	r codesearch.request;
BEGIN
	-- a search takes 400 characters and 50 words: of a long text its beginning
	r := read_request(left(array_to_string((regexp_split_to_array(btrim(description), '\s+'))[:50], ' '), 400), 'implement', language, NULL, 20);
	r.exact_terms := '{}';
	IF length(btrim(description)) NOT BETWEEN 10 AND 2000 THEN
		r.error := 'description must have 10 to 2000 characters';
	ELSIF length(style_guide) > 4000 THEN
		r.error := 'style_guide is longer than 4000 characters';
	ELSIF r.error IS NULL AND (r.language IS NULL OR r.language <> ALL ('{python,javascript,typescript,java,go,rust,cpp,c}')) THEN
		r.error := 'language must be one of python, javascript, typescript, java, go, rust, cpp, c';
	END IF;
	RETURN r;
END
$$;

CREATE OR REPLACE FUNCTION codesearch.is_test(path text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT path ~* '(^|/)(t|tests?|testing|spec|__tests__)/|(^|/)test_|[._-](test|spec)\.'
$$;

-- What is given to who writes the code: examples are hits, best first, imports the
-- names that their files import.
CREATE OR REPLACE FUNCTION codesearch.brief(description text, language text, style_guide text, examples codesearch.hit[],
	tests codesearch.hit[], names text[], warnings text[])
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	wanted   text := btrim(description);
	pieces   codesearch.chunk[] := ARRAY(SELECT (h).piece FROM unnest(examples) h ORDER BY (h).rank LIMIT 10);
	style    jsonb := style_of(pieces);
	imports  text[] := ARRAY(SELECT i FROM unnest(names) i GROUP BY i ORDER BY count(*) DESC, i LIMIT 12);
	patterns text[];
	refs     jsonb;
	brief    text;
BEGIN
	SELECT coalesce(array_agg(p ORDER BY p), '{}') INTO patterns FROM (
		SELECT 'classes' AS p WHERE EXISTS (SELECT FROM unnest(examples) h WHERE ((h).piece).class_name IS NOT NULL)
		UNION ALL SELECT 'documented functions' WHERE (style ->> 'documented')::numeric >= 0.5
		UNION ALL SELECT 'errors are handled' WHERE EXISTS (SELECT FROM unnest(pieces) c
			WHERE c.content ~ '\m(try|except|catch|rescue|Result<|if err != nil|errno|goto (out|fail|err\w*))')
		UNION ALL SELECT 'asynchronous' WHERE EXISTS (SELECT FROM unnest(pieces) c WHERE c.content ~ '\m(async|await|Promise|tokio|chan)\M')) x;
	SELECT jsonb_agg(jsonb_build_object('id', (h.piece).id, 'file', (h.piece).file_path, 'repository', (h.piece).repository,
			'function', coalesce((h.piece).function_name, (h.piece).class_name), 'snippet', left((h.piece).content, 200),
			'relevance', round(h.relevance::numeric, 4), 'start_line', (h.piece).start_line, 'end_line', (h.piece).end_line) ORDER BY h.rank)
	  INTO refs FROM (SELECT * FROM unnest(examples) ORDER BY rank LIMIT 5) h;
	brief := format(E'Write %s code for this: %s\n\nWrite it as this code base does: indent with %s, %s quotes, %s names%s.%s\n%sExamples to follow, best first:\n\n',
		language, wanted, style ->> 'indent', style ->> 'quotes', style ->> 'naming',
		CASE WHEN (style ->> 'documented')::numeric >= 0.5 THEN ', a comment for each function' ELSE '' END,
		coalesce(E'\nFollow this style guide, too: ' || nullif(btrim(style_guide), ''), ''),
		CASE WHEN imports <> '{}' THEN 'Often imported here: ' || array_to_string(imports, ', ') || E'\n' ELSE '' END) ||
		(SELECT string_agg(format(E'%s/%s, lines %s to %s:\n%s\n', (h.piece).repository, (h.piece).file_path, (h.piece).start_line,
			(h.piece).end_line, left((h.piece).content, 2000)), E'\n' ORDER BY h.rank) FROM (SELECT * FROM unnest(examples) ORDER BY rank LIMIT 3) h) ||
		coalesce(E'\nTests look like this:\n\n' || (SELECT string_agg(format(E'%s/%s, lines %s to %s:\n%s\n', (h.piece).repository, (h.piece).file_path,
			(h.piece).start_line, (h.piece).end_line, left((h.piece).content, 1200)), E'\n' ORDER BY h.rank) FROM unnest(tests) h), '');
	RETURN success(jsonb_build_object('success', true, 'code', NULL, 'language', language,
		'explanation', format('This server writes no code: brief holds what you need to write it yourself, made of %s examples.', least(cardinality(examples), 3)),
		'test_code', NULL, 'references', refs, 'patterns_used', to_jsonb(patterns), 'dependencies', to_jsonb(imports),
		'style_info', style, 'template_used', NULL,
		-- how well the examples fit: the part of what the description says that the best five have
		'confidence', (SELECT round(avg((h.found ->> 'coverage')::numeric), 2) FROM (SELECT * FROM unnest(examples) ORDER BY rank LIMIT 5) h),
		'brief', brief) ||
		CASE WHEN warnings <> '{}' THEN jsonb_build_object('warnings', to_jsonb(warnings)) ELSE '{}' END);
END
$$;

CREATE OR REPLACE FUNCTION tools.generate_code(description text, language text DEFAULT 'python', context_file text DEFAULT NULL,
	style_guide text DEFAULT NULL, include_tests boolean DEFAULT false, workspace_root text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	r        codesearch.request := codesearch.read_description(description, language, style_guide);
	found    codesearch.hit[];
	tests    codesearch.hit[] := '{}';
	f        codesearch.file;
	imports  text[];
	warnings text[] := r.warnings;
BEGIN
	IF r.error IS NOT NULL THEN
		RETURN failure(r.error);
	END IF;
	IF btrim(context_file) <> '' THEN
		f := file_meant(context_file);
		IF f.path IS NULL THEN
			warnings := warnings || format('context_file %s is not in the index', left(context_file, 200));
		ELSE
			r.repository := f.repository;
		END IF;
	END IF;
	found := ARRAY(SELECT h FROM codesearch.hits(r, '{}') h ORDER BY (h).rank);
	IF cardinality(found) = 0 AND r.repository IS NOT NULL THEN
		r.repository := NULL;
		found := ARRAY(SELECT h FROM codesearch.hits(r, '{}') h ORDER BY (h).rank);
	END IF;
	IF cardinality(found) = 0 THEN
		RETURN failure(format('the index has nothing in %s that could serve as an example', r.language));
	END IF;
	IF include_tests THEN
		r.intent := 'test';
		tests := ARRAY(SELECT h FROM codesearch.hits(r, '{}') h
			WHERE codesearch.is_test(((h).piece).file_path) ORDER BY (h).rank LIMIT 3);
	END IF;
	imports := ARRAY(SELECT i FROM (SELECT DISTINCT ((h).piece).repository, ((h).piece).file_path FROM unnest(found) h) p
		JOIN file g ON (g.repository, g.path) = (p.repository, p.file_path), unnest(g.imports) i);
	RETURN codesearch.brief(description, r.language, style_guide, found, tests, imports, warnings);
END
$$;
COMMENT ON FUNCTION tools.generate_code(text, text, text, text, boolean, text) IS $c$Generate code
Gathers what is needed to write new code as this code base is written: the most fitting examples, its style in facts
(indent, quotes, naming), what is imported often, and on request how tests look. It writes no code itself: `code` is null,
and `brief` is a text to write by.
@mcp
@toolset generation
@scope codesearch:work
@tier developer
@param description {"minLength": 1} what the code is to do, 10 to 2000 characters
@param language {"examples": ["python", "javascript", "typescript", "java", "go", "rust", "cpp", "c"]} the language to write in
@param context_file a file of the index that the code is for: its repository is where examples are looked for
@param style_guide rules to follow beside what the examples show
@param include_tests also look for tests to write like
@param workspace_root accepted for compatibility; examples come from the index only
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["success", "code", "language", "explanation", "test_code", "references", "patterns_used", "dependencies", "style_info",
	"template_used", "confidence", "brief"], "properties": {"success": {"const": true}, "code": {"type": ["string", "null"]},
	"test_code": {"type": ["string", "null"]}, "references": {"type": "array", "maxItems": 5}, "brief": {"type": "string"}}}}}$c$;

-- ---- validate_embeddings ----
CREATE OR REPLACE FUNCTION tools.validate_embeddings(index_name text DEFAULT NULL, sample_size integer DEFAULT 100,
	expected_dimensions integer DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	refused text := codesearch.index_refused(index_name);
	data    jsonb;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN failure(refused);
	ELSIF sample_size NOT BETWEEN 1 AND 10000 THEN
		RETURN failure('sample_size must be 1 to 10000');
	ELSIF expected_dimensions < 1 THEN
		RETURN failure('expected_dimensions must be at least 1');
	END IF;
	WITH sample AS (
		-- ids are digests: the first ones are as good as any
		SELECT c.id, e.vector, coalesce(array_length(e.vector, 1), 0) AS dimensions,
			coalesce((SELECT bool_or(v IS NULL OR v = 'NaN' OR v = 'Infinity' OR v = '-Infinity') OR sum(abs(v)) = 0 FROM unnest(e.vector) v), true) AS broken
		  FROM (SELECT id FROM chunk ORDER BY id LIMIT sample_size) c LEFT JOIN embedding e USING (id)
	), wanted AS (
		SELECT coalesce(expected_dimensions, (SELECT mode() WITHIN GROUP (ORDER BY dimensions) FROM sample WHERE vector IS NOT NULL)) AS dimensions
	), judged AS (
		SELECT s.id, s.vector IS NULL AS missing, s.vector IS NOT NULL AND s.broken AS broken,
			s.vector IS NOT NULL AND s.dimensions <> w.dimensions AS misfit, s.dimensions FROM sample s, wanted w
	)
	SELECT jsonb_build_object('documents_checked', count(*), 'valid_embeddings', count(*) FILTER (WHERE NOT missing AND NOT broken AND NOT misfit),
		'invalid_embeddings', count(*) FILTER (WHERE broken OR misfit), 'missing_embeddings', count(*) FILTER (WHERE missing),
		'dimension_issues', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'dimensions', dimensions)) FROM (
			SELECT id, dimensions FROM judged WHERE misfit ORDER BY id LIMIT 10) i), '[]'),
		'expected_dimensions', (SELECT dimensions FROM wanted),
		'models', coalesce((SELECT jsonb_object_agg(coalesce(model, ''), n) FROM (SELECT model, count(*) AS n FROM embedding GROUP BY model) m), '{}'),
		'validation_passed', count(*) > 0 AND bool_and(NOT missing AND NOT broken AND NOT misfit)) INTO data FROM judged;
	RETURN success(data);
END
$$;
COMMENT ON FUNCTION tools.validate_embeddings(text, integer, integer) IS $c$Validate embeddings
Looks at the vectors of a sample of pieces: how many have one, whether its numbers make sense and its length is the same
for all. Pieces get theirs by backfill_embeddings, by indexing with embeddings switched on, or were uploaded with one.
@mcp
@toolset azure_management
@scope codesearch:work
@tier developer
@param index_name the index; there is one, codesearch
@param sample_size how many pieces to look at, 1 to 10000
@param expected_dimensions how long a vector should be; the most frequent length when absent
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["documents_checked", "valid_embeddings", "invalid_embeddings", "missing_embeddings", "dimension_issues", "validation_passed"],
	"properties": {"documents_checked": {"type": "integer"}, "valid_embeddings": {"type": "integer"}, "invalid_embeddings": {"type": "integer"},
	"missing_embeddings": {"type": "integer"}, "dimension_issues": {"type": "array", "maxItems": 10}, "validation_passed": {"type": "boolean"}}}}}$c$;
