-- codesearch-azure: context, examples, and what callers say of results.

-- ---- generate_code ----

-- The examples, the tests if they are wanted, and then the text made of both.  A file of
-- the index says which repository is looked at; where that has nothing, all are.
CREATE OR REPLACE FUNCTION codesearch_azure.generate_code(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r        jsonb := to_jsonb(codesearch.read_description(a ->> 'description', a ->> 'language', a ->> 'style_guide'));
	state    jsonb := coalesce(answer -> 'with' -> 'kept', '{}');
	file     text := btrim(coalesce(a ->> 'context_file', ''));
	warnings text[] := codesearch.strings(r -> 'warnings');
	s        jsonb;
BEGIN
	IF r ->> 'error' IS NOT NULL THEN
		RETURN codesearch.failure(r ->> 'error');
	ELSIF answer IS NULL AND file <> '' THEN
		RETURN codesearch_azure.next('hits', jsonb_build_object('step', 'file', 'search', '*', 'filter', codesearch_azure.of_file(file),
			'select', 'repository,file_path', 'top', 1, 'skip', 0));
	ELSIF answer -> 'with' ->> 'step' = 'file' THEN
		IF NOT codesearch_azure.is_good(answer) THEN
			RETURN codesearch_azure.refused(answer);
		END IF;
		state := jsonb_build_object('repository', answer -> 'body' -> 'value' -> 0 -> 'repository');
		answer := NULL;
	END IF;
	r := r || jsonb_build_object('repository', state -> 'repository', 'intent', CASE WHEN state ? 'found' THEN 'test' ELSE 'implement' END);
	s := codesearch_azure.searched(r, answer);
	IF s ? 'hits' AND NOT state ? 'found' THEN
		IF s -> 'hits' = '[]' AND state ->> 'repository' IS NOT NULL THEN
			state := '{"repository": null}';
			s := codesearch_azure.searched(r || state, NULL);
		ELSIF s -> 'hits' = '[]' THEN
			RETURN codesearch.failure(format('the index has nothing in %s that could serve as an example', r ->> 'language'));
		ELSE
			state := state || jsonb_build_object('found', s -> 'hits');
			IF (a ->> 'include_tests')::boolean THEN
				-- tests name what they test
				s := codesearch_azure.searched(r, NULL);
				s := jsonb_set(jsonb_set(s, '{with,filter}', to_jsonb(concat_ws(' and ', s #>> '{with,filter}', 'search.ismatch(''test* spec*'', ''file_path'')'))),
					'{with,search}', to_jsonb(concat_ws(' ', s #>> '{with,search}', (SELECT string_agg(DISTINCT h -> 'piece' ->> 'function_name', ' ')
						FROM jsonb_array_elements(state -> 'found') h WHERE h -> 'piece' ->> 'function_name' ~ '^\w+$'))));
			END IF;
		END IF;
	END IF;
	IF s ? 'request' THEN
		RETURN jsonb_set(s, '{with,kept}', state);
	ELSIF NOT s ? 'hits' THEN
		RETURN s;
	END IF;
	IF file <> '' AND state ->> 'repository' IS NULL THEN
		warnings := warnings || format('context_file %s is not in the index, or its repository has no example', left(file, 200));
	END IF;
	RETURN codesearch.brief(a ->> 'description', r ->> 'language', a ->> 'style_guide',
		ARRAY(SELECT jsonb_populate_record(NULL::codesearch.hit, h) FROM jsonb_array_elements(state -> 'found') h),
		CASE WHEN (a ->> 'include_tests')::boolean THEN ARRAY(SELECT jsonb_populate_record(NULL::codesearch.hit, h) FROM jsonb_array_elements(s -> 'hits') h
			WHERE codesearch.is_test(h -> 'piece' ->> 'file_path') LIMIT 3) ELSE '{}' END,
		ARRAY(SELECT i FROM (SELECT DISTINCT ON (h -> 'piece' -> 'repository', h -> 'piece' -> 'file_path') h FROM jsonb_array_elements(state -> 'found') h) x,
			jsonb_array_elements_text(CASE jsonb_typeof(h -> 'found' -> 'imports') WHEN 'array' THEN h -> 'found' -> 'imports' ELSE '[]' END) i), warnings);
END
$$;

-- ---- analyze_context ----

-- The documents of a file, by its path, or its path with the repository in front.
CREATE OR REPLACE FUNCTION codesearch_azure.of_file(path text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT 'file_path eq ' || codesearch_azure.quoted(p) || coalesce((SELECT string_agg(format(' or (repository eq %s and file_path eq %s)',
			codesearch_azure.quoted(m[1]), codesearch_azure.quoted(m[2])), '')
		FROM (VALUES (regexp_match(p, '^([^/]+)/(.+)$')), (regexp_match(p, '^([^/]+/[^/]+)/(.+)$'))) AS y (m) WHERE m IS NOT NULL), '')
	  FROM (SELECT regexp_replace(btrim(path), '^(\./|/)+', '')) AS x (p)
$$;

-- First the file's own documents; then those of its directory, and of files whose last
-- name is one that it imports, that import it, or that are named like a test of it.
CREATE OR REPLACE FUNCTION codesearch_azure.analyze_context(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	path     text := btrim(coalesce(a ->> 'file_path', ''));
	asked    integer := coalesce((a ->> 'depth')::integer, 2);
	levels   integer := least(greatest(asked, 1), 3);
	state    jsonb := coalesce(answer -> 'with', '{}');
	docs     jsonb := answer -> 'body' -> 'value';
	f        jsonb := state -> 'file';
	stem     text;
	files    jsonb;
	imports  text[];
	related  jsonb;
	internal text[];
	warnings text[] := '{}';
	directory text;
BEGIN
	IF length(path) NOT BETWEEN 1 AND 1024 THEN
		RETURN codesearch.failure('file_path must have 1 to 1024 characters');
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next('hits', jsonb_build_object('step', 'file', 'search', '*', 'filter', codesearch_azure.of_file(path), 'top', 1000, 'skip', 0,
			'select', 'id,repository,file_path,language,imports,function_name,class_name,start_line'));
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	ELSIF state ->> 'step' = 'file' THEN
		IF (SELECT count(DISTINCT (d -> 'repository', d -> 'file_path')) FROM jsonb_array_elements(docs) d) <> 1 THEN
			RETURN codesearch.failure(format('%s is not in the index, or several files could be meant', left(path, 200)));
		END IF;
		f := jsonb_build_object('repository', docs -> 0 -> 'repository', 'path', docs -> 0 -> 'file_path',
			'language', codesearch_azure.piece(docs -> 0) -> 'language', 'pieces', jsonb_array_length(docs),
			'imports', (SELECT coalesce(jsonb_agg(DISTINCT i), '[]') FROM jsonb_array_elements(docs) d, jsonb_array_elements_text(
				CASE jsonb_typeof(d -> 'imports') WHEN 'array' THEN d -> 'imports' ELSE '[]' END) i),
			'names', (SELECT coalesce(jsonb_agg(n ORDER BY line), '[]') FROM (SELECT coalesce((d ->> 'class_name') || '.', '') || (d ->> 'function_name') AS n,
				(d ->> 'start_line')::integer AS line FROM jsonb_array_elements(docs) d WHERE d ->> 'function_name' IS NOT NULL ORDER BY line LIMIT 12) x));
		stem := codesearch.stem(f ->> 'path');
		directory := substring(f ->> 'path' from '^(.*)/');
		-- its directory, and files in whose paths or imports the words stand
		RETURN codesearch_azure.next('hits', jsonb_build_object('step', 'around', 'file', f, 'search', '*', 'top', 1000, 'skip', 0,
			'filter', format('repository eq %s and (%ssearch.ismatch(%s, ''file_path,imports''))', codesearch_azure.quoted(f ->> 'repository'),
				-- "0" is the character behind "/"
				CASE WHEN directory IS NULL THEN '' ELSE format('(file_path ge %s and file_path lt %s) or ',
					codesearch_azure.quoted(directory || '/'), codesearch_azure.quoted(directory || '0')) END,
				codesearch_azure.quoted((SELECT string_agg(DISTINCT n || '*', ' ') FROM unnest(codesearch.stems(codesearch.strings(f -> 'imports')) ||
					ARRAY[stem, 'test_' || stem]) n WHERE n ~ '^\w+$'))),
			'select', 'file_path,language,imports'));
	END IF;
	stem := codesearch.stem(f ->> 'path');
	imports := codesearch.strings(f -> 'imports');
	-- every file once, by what it imports in any of its pieces
	SELECT coalesce(jsonb_agg(x), '[]') INTO files FROM (
		SELECT d ->> 'file_path' AS path, codesearch.stem(d ->> 'file_path') AS stem, coalesce(jsonb_agg(DISTINCT i) FILTER (WHERE i IS NOT NULL), '[]') AS imports
		  FROM jsonb_array_elements(docs) d LEFT JOIN LATERAL jsonb_array_elements_text(
			CASE jsonb_typeof(d -> 'imports') WHEN 'array' THEN d -> 'imports' ELSE '[]' END) i ON true
		 WHERE d ->> 'file_path' <> f ->> 'path' GROUP BY 1) x;
	internal := ARRAY(SELECT x ->> 'path' FROM jsonb_array_elements(files) x WHERE x ->> 'stem' = ANY (codesearch.stems(imports))
		-- of "hash.h" the header, not the file beside it
		   AND EXISTS (SELECT FROM unnest(imports) i WHERE codesearch.stem(i) = x ->> 'stem'
			AND (i !~ '\.\w+$' OR substring(i from '([^/]*)$') = substring(x ->> 'path' from '([^/]*)$'))) ORDER BY 1);
	SELECT coalesce(jsonb_agg(jsonb_build_object('type', type, 'path', p, 'relationship', relationship) ORDER BY o, p), '[]') INTO related FROM (
		SELECT 1 AS o, 'imported' AS type, p, 'imported by this file' AS relationship FROM unnest(internal) p
		UNION ALL SELECT 2, 'importer', x ->> 'path', 'imports this file' FROM jsonb_array_elements(files) x
		 WHERE EXISTS (SELECT FROM jsonb_array_elements_text(x -> 'imports') i WHERE codesearch.stem(i) = stem
			AND (i !~ '\.\w+$' OR substring(i from '([^/]*)$') = substring(f ->> 'path' from '([^/]*)$')))
		UNION ALL SELECT 3, 'test', x ->> 'path', 'named like a test of it' FROM jsonb_array_elements(files) x
		 WHERE x ->> 'stem' = ANY (ARRAY['test_' || stem, stem || '_test', 'test' || stem, stem || 'test', stem || 'tests', stem || '_spec'])
		UNION ALL SELECT 4, 'sibling', x ->> 'path', 'in the same directory' FROM jsonb_array_elements(files) x
		 WHERE substring(x ->> 'path' from '^(.*/)') IS NOT DISTINCT FROM substring(f ->> 'path' from '^(.*/)')) y;
	IF levels <> asked THEN
		warnings := warnings || format('depth was set to %s', levels);
	END IF;
	IF (a ->> 'include_git_history')::boolean THEN
		warnings := warnings || 'the index holds no history'::text;
	END IF;
	RETURN codesearch.success(jsonb_build_object('file', f -> 'path', 'language', f -> 'language',
			'module', replace(regexp_replace(f ->> 'path', '\.[A-Za-z0-9]+$', ''), '/',
				CASE WHEN f ->> 'language' IN ('python', 'java', 'kotlin', 'scala', 'csharp') THEN '.' ELSE '/' END),
			'project', jsonb_build_object('name', f -> 'repository', 'root', coalesce(substring(f ->> 'path' from '^([^/]+)/'), ''), 'type', 'unknown'),
			'context_depth', levels, 'timestamp', now(), 'related_files', related,
			'summary', format('%s is a %s file of %s with %s pieces (%s); it imports %s modules, %s of them files of this repository, and %s files import it.',
				f ->> 'path', f ->> 'language', f ->> 'repository', f ->> 'pieces',
				coalesce(nullif(array_to_string(codesearch.strings(f -> 'names'), ', '), ''), 'no functions'), cardinality(imports), cardinality(internal),
				(SELECT count(*) FROM jsonb_array_elements(related) r WHERE r ->> 'type' = 'importer'))) ||
		CASE WHEN (a ->> 'include_imports')::boolean THEN jsonb_build_object('imports', jsonb_build_object('direct', f -> 'imports', 'indirect',
			CASE WHEN levels > 1 THEN (SELECT coalesce(jsonb_agg(DISTINCT i), '[]') FROM jsonb_array_elements(files) x, jsonb_array_elements_text(x -> 'imports') i
				WHERE x ->> 'path' = ANY (internal) AND i <> ALL (imports)) ELSE '[]' END)) ELSE '{}' END ||
		CASE WHEN (a ->> 'include_dependencies')::boolean THEN jsonb_build_object('dependencies', jsonb_build_object('internal', to_jsonb(internal), 'external',
			(SELECT coalesce(jsonb_agg(i ORDER BY i), '[]') FROM unnest(imports) i WHERE codesearch.stem(i) <> ALL (
				SELECT codesearch.stem(p) FROM unnest(internal) p)), 'graph_size', cardinality(internal) + 1)) ELSE '{}' END ||
		CASE WHEN warnings <> '{}' THEN jsonb_build_object('warnings', to_jsonb(warnings)) ELSE '{}' END);
END
$$;

-- ---- feedback ----

-- The piece that the service has under an id, as a row; null: none.
CREATE OR REPLACE FUNCTION codesearch_azure.piece_of(answer jsonb)
RETURNS codesearch.chunk LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN codesearch_azure.is_good(answer) THEN jsonb_populate_record(NULL::codesearch.chunk, codesearch_azure.piece(answer -> 'body')) END
$$;

CREATE OR REPLACE FUNCTION codesearch_azure.submit_feedback(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF answer IS NULL AND btrim(a ->> 'target_id') ~ '^[A-Za-z0-9_=-]{1,128}$' THEN
		RETURN codesearch_azure.next('document', jsonb_build_object('key', btrim(a ->> 'target_id')));
	ELSIF answer ->> 'status' NOT IN ('200', '404') THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	RETURN codesearch.submit_feedback(a ->> 'target_id', a ->> 'kind', (a ->> 'rating')::integer, a ->> 'notes', a -> 'context',
		codesearch_azure.piece_of(answer));
END
$$;

CREATE OR REPLACE FUNCTION codesearch_azure.track_search_click(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF answer IS NULL AND btrim(a ->> 'doc_id') ~ '^[A-Za-z0-9_=-]{1,128}$' THEN
		RETURN codesearch_azure.next('document', jsonb_build_object('key', btrim(a ->> 'doc_id')));
	ELSIF answer ->> 'status' NOT IN ('200', '404') THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	RETURN codesearch.track_search_click(a ->> 'query_id', a ->> 'doc_id', (a ->> 'rank')::integer, a -> 'context', codesearch_azure.piece_of(answer), 'azure');
END
$$;
