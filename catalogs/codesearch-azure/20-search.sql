-- codesearch-azure: searching.

-- The part of the words that a document has.
CREATE OR REPLACE FUNCTION codesearch_azure.coverage(d jsonb, needles text[])
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(round(avg((strpos(lower(concat_ws(' ', d ->> 'content', d ->> 'function_name', d ->> 'class_name', d ->> 'docstring')), n) > 0)::integer), 2), 0)
	  FROM unnest(needles) n
$$;

-- ---- a search, in one request or two ----

-- The service ranks; what people said of results, and other orders than by rank, move
-- the best 200 of it (codesearch.votes(), as on PostgreSQL).  Then the first request
-- asks for these without their text, and the second for the page.  Otherwise one is
-- enough.  r is a codesearch.request; the answer is the next request, a failure, or
-- {"hits": [codesearch.hit], "total", "exact", "warnings"}.
CREATE OR REPLACE FUNCTION codesearch_azure.searched(r jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	deep    constant integer := 200;
	state   jsonb := answer -> 'with';
	exact   text[] := codesearch.strings(coalesce(state -> 'exact', r -> 'exact_terms'));
	skip    integer := (r ->> 'skip')::integer;
	top     integer := (r ->> 'max_results')::integer;
	orderby text := r ->> 'orderby';
	asked   text[] := codesearch.lexemes(array_to_string((codesearch.understand(r ->> 'query')).words, ' '));
	step    text := CASE WHEN orderby <> 'relevance' OR (skip < deep AND (skip > 0 OR EXISTS (SELECT FROM feedback WHERE vote <> 0)))
			THEN 'window' ELSE 'page' END;
	needles text[] := codesearch.needles((codesearch.understand(r ->> 'query')).words);
	found   jsonb;
	hits    jsonb;
BEGIN
	IF answer IS NOT NULL AND NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	found := answer -> 'body' -> 'value';
	-- what was only found in the query must not hide everything else
	IF jsonb_array_length(found) = 0 AND exact <> '{}' AND NOT (r ->> 'exact_given')::boolean AND skip = 0 AND state ->> 'step' <> 'pieces' THEN
		answer := NULL;
		exact := '{}';
	END IF;
	state := coalesce(state, '{}') || jsonb_build_object('exact', exact);
	IF answer IS NULL THEN
		RETURN codesearch_azure.next('hits', (state - 'filter') || jsonb_strip_nulls(jsonb_build_object('step', step, 'search', codesearch_azure.escaped(r ->> 'query'),
			'fields', CASE WHEN (r ->> 'basic')::boolean THEN 'content' ELSE 'content,function_name,class_name,docstring' END,
			'filter', codesearch_azure.filter(r ->> 'language', r ->> 'repository', exact),
			'select', CASE step WHEN 'page' THEN codesearch_azure.fields()
				ELSE 'id,repository,file_path,start_line,function_name,class_name,language,last_modified' END,
			'top', CASE step WHEN 'page' THEN top ELSE deep END, 'skip', CASE step WHEN 'page' THEN skip ELSE 0 END)));
	END IF;
	IF state ->> 'step' = 'window' THEN
		WITH once AS (
			-- two documents may show the same lines: one that an indexer has left behind
			SELECT DISTINCT ON (d ->> 'repository', d ->> 'file_path', d -> 'start_line', d ->> 'function_name', d ->> 'class_name')
				d, (d ->> '@search.score')::real AS score, o
			  FROM jsonb_array_elements(found) WITH ORDINALITY AS x (d, o)
			 ORDER BY d ->> 'repository', d ->> 'file_path', d -> 'start_line', d ->> 'function_name', d ->> 'class_name', o
		), voted AS MATERIALIZED (
			SELECT v.* FROM votes(asked, ARRAY(SELECT DISTINCT d ->> 'file_path' FROM once)) v
		), weighed AS (
			SELECT o.*, (1 + 0.3 * tanh(coalesce((SELECT v.votes FROM voted v
				WHERE (v.repository, v.file_path) = (o.d ->> 'repository', o.d ->> 'file_path')
				  AND v.function_name IS NOT DISTINCT FROM o.d ->> 'function_name'
				  AND v.class_name IS NOT DISTINCT FROM o.d ->> 'class_name'), 0)))::real AS feedback
			  FROM once o
		), placed AS (
			SELECT w.*, row_number() OVER (ORDER BY
				CASE orderby WHEN 'path' THEN d ->> 'file_path' WHEN 'language' THEN d ->> 'language' END,
				CASE orderby WHEN 'path' THEN (d ->> 'start_line')::integer END,
				CASE orderby WHEN 'date' THEN d ->> 'last_modified' END DESC NULLS LAST,
				w.score * w.feedback DESC, w.o) AS place
			  FROM weighed w
		)
		SELECT jsonb_build_object('best', max(score * feedback), 'once', count(*), 'order',
			coalesce(jsonb_agg(jsonb_build_object('id', d -> 'id', 'score', score * feedback, 'feedback', feedback) ORDER BY place)
				FILTER (WHERE place > skip AND place <= skip + top), '[]')) INTO hits FROM placed;
		state := state || hits || jsonb_build_object('total', CASE WHEN jsonb_array_length(found) < deep THEN hits -> 'once'
			WHEN orderby = 'relevance' THEN answer -> 'body' -> '@odata.count' ELSE to_jsonb(deep) END);
		IF jsonb_array_length(hits -> 'order') > 0 THEN
			RETURN codesearch_azure.next('hits', (state - 'fields') || jsonb_build_object('step', 'pieces', 'search', '*', 'select', codesearch_azure.fields(),
				'filter', codesearch_azure.with_keys(ARRAY(SELECT h ->> 'id' FROM jsonb_array_elements(hits -> 'order') h)),
				'top', jsonb_array_length(hits -> 'order'), 'skip', 0));
		END IF;
	ELSIF state ->> 'step' = 'page' THEN
		state := state || jsonb_build_object('total', coalesce(answer -> 'body' -> '@odata.count', to_jsonb(jsonb_array_length(found))),
			'best', (SELECT max((d ->> '@search.score')::real) FROM jsonb_array_elements(found) d),
			'order', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', d -> 'id', 'score', d -> '@search.score', 'feedback', 1) ORDER BY o), '[]')
				FROM jsonb_array_elements(found) WITH ORDINALITY AS x (d, o)));
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_build_object('rank', w.place, 'total', state -> 'total',
			'relevance', (w.h ->> 'score')::real / greatest((state ->> 'best')::real, 1e-6), 'piece', codesearch_azure.piece(d),
			'found', w.h || jsonb_build_object('imports', d -> 'imports',
			'reranker', d -> '@search.rerankerScore', 'coverage', codesearch_azure.coverage(d, needles))) ORDER BY w.place), '[]')
	  INTO hits FROM jsonb_array_elements(state -> 'order') WITH ORDINALITY AS w (h, place)
	  JOIN jsonb_array_elements(found) d ON d -> 'id' = w.h -> 'id';
	RETURN jsonb_build_object('hits', hits, 'total', state -> 'total', 'exact', to_jsonb(exact), 'warnings',
		(r -> 'warnings') || CASE WHEN exact = '{}' AND r -> 'exact_terms' <> '[]' AND NOT (r ->> 'exact_given')::boolean AND hits <> '[]'
			THEN jsonb_build_array(format('nothing contains %s; these results do without it', array_to_string(codesearch.strings(r -> 'exact_terms'), ', ')))
			ELSE '[]' END);
END
$$;

-- The hits as their composite type, for the functions that show them.
CREATE OR REPLACE FUNCTION codesearch_azure.shown(hits jsonb, query text, detail_level text, snippet_lines integer)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	needles text[] := codesearch.needles((codesearch.understand(query)).words);
BEGIN
	RETURN coalesce((SELECT jsonb_agg(codesearch.shown(jsonb_populate_record(NULL::codesearch.hit, h), needles, detail_level, snippet_lines) ORDER BY o)
		FROM jsonb_array_elements(hits) WITH ORDINALITY AS x (h, o)), '[]');
END
$$;

-- ---- what the hits call ----

-- After a search: asks for the definitions of what these pieces call, `depth` 2 and what
-- those call in turn.  The next request, or {"dependencies": [...]} beside what s is.
CREATE OR REPLACE FUNCTION codesearch_azure.depended(s jsonb, depth integer, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	most  constant integer := 20;
	state jsonb := answer -> 'with';
	found jsonb := coalesce(state -> 'dependencies', '[]');
	calls jsonb;
	fresh jsonb;
BEGIN
	IF state ->> 'step' = 'calls' THEN
		IF NOT codesearch_azure.is_good(answer) THEN
			RETURN codesearch_azure.refused(answer);
		END IF;
		SELECT coalesce(jsonb_agg(jsonb_build_object('id', d -> 'id', 'file', d -> 'file_path', 'repository', d -> 'repository',
				'function_name', d -> 'function_name', 'class_name', d -> 'class_name', 'signature', d -> 'signature',
				'start_line', d -> 'start_line', 'end_line', d -> 'end_line', 'depth', state -> 'level', 'called_by', c -> 'callers',
				'calls', d -> 'called_functions') ORDER BY place, d ->> 'id'), '[]') INTO fresh
		  FROM (SELECT DISTINCT ON (x.c) x.c, x.place, y.d FROM jsonb_array_elements(state -> 'calls') WITH ORDINALITY AS x (c, place)
			  JOIN jsonb_array_elements(answer -> 'body' -> 'value') AS y (d) ON x.c -> 'name' = y.d -> 'function_name' AND x.c -> 'repository' = y.d -> 'repository'
			 WHERE NOT s -> 'hits' @> jsonb_build_array(jsonb_build_object('piece', jsonb_build_object('id', y.d -> 'id')))
			   AND NOT found @> jsonb_build_array(jsonb_build_object('id', y.d -> 'id'))
			 ORDER BY x.c, y.d ->> 'id' LIMIT most - jsonb_array_length(found)) z;
		found := found || fresh;
	ELSE
		SELECT coalesce(jsonb_agg((h -> 'piece') || jsonb_build_object('calls', h -> 'piece' -> 'called_functions')), '[]') INTO fresh
		  FROM jsonb_array_elements(s -> 'hits') h;
	END IF;
	SELECT jsonb_agg(jsonb_build_object('name', name, 'repository', repository, 'callers', callers)) INTO calls
	  FROM (SELECT n AS name, f -> 'repository' AS repository, jsonb_agg(DISTINCT f -> 'function_name') FILTER (WHERE f ->> 'function_name' IS NOT NULL) AS callers
		  FROM jsonb_array_elements(fresh) f, jsonb_array_elements_text(CASE jsonb_typeof(f -> 'calls') WHEN 'array' THEN f -> 'calls' ELSE '[]' END) n
		 WHERE n ~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$' GROUP BY 1, 2 ORDER BY min(f ->> 'id'), 1 LIMIT 60) x;
	IF calls IS NULL OR jsonb_array_length(found) >= most OR coalesce((state ->> 'level')::integer, 0) >= depth THEN
		RETURN s || jsonb_build_object('dependencies', (SELECT coalesce(jsonb_agg(f - 'calls' ORDER BY o), '[]')
			FROM jsonb_array_elements(found) WITH ORDINALITY AS x (f, o)));
	END IF;
	RETURN codesearch_azure.next('hits', jsonb_build_object('step', 'calls', 'found', s, 'dependencies', found, 'calls', calls,
		'level', coalesce((state ->> 'level')::integer, 0) + 1, 'fields', 'function_name', 'top', 100, 'skip', 0,
		'search', (SELECT string_agg(DISTINCT format('"%s"', c ->> 'name'), ' ') FROM jsonb_array_elements(calls) c),
		'filter', 'chunk_type eq ''function''', 'select', 'id,file_path,repository,function_name,class_name,signature,called_functions,start_line,end_line'));
END
$$;

-- Both one after the other; depth 0: what the hits call is not asked for.
CREATE OR REPLACE FUNCTION codesearch_azure.found(r jsonb, depth integer, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	s jsonb := CASE WHEN answer -> 'with' ->> 'step' = 'calls' THEN answer -> 'with' -> 'found' ELSE codesearch_azure.searched(r, answer) END;
BEGIN
	RETURN CASE WHEN depth > 0 AND s ? 'hits' THEN codesearch_azure.depended(s, depth, answer) ELSE s END;
END
$$;

-- What is told beside the results of any search.
CREATE OR REPLACE FUNCTION codesearch_azure.beside(s jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN s ? 'dependencies' THEN jsonb_build_object('dependencies', s -> 'dependencies') ELSE '{}' END ||
		CASE WHEN s -> 'warnings' <> '[]' THEN jsonb_build_object('warnings', s -> 'warnings') ELSE '{}' END
$$;

-- ---- search_code ----
CREATE OR REPLACE FUNCTION codesearch_azure.search_code(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r     jsonb := to_jsonb(codesearch.read_request(a ->> 'query', a ->> 'intent', a ->> 'language', a ->> 'repository',
			(a ->> 'max_results')::integer, coalesce((a ->> 'skip')::integer, 0), a ->> 'orderby',
			CASE WHEN a -> 'exact_terms' <> 'null' THEN codesearch.strings(a -> 'exact_terms') END, a ->> 'detail_level', (a ->> 'snippet_lines')::integer,
			(a ->> 'bm25_only')::boolean));
	began numeric := coalesce((answer -> 'with' ->> 'began')::numeric, extract(epoch FROM clock_timestamp()));
	skip  integer := (r ->> 'skip')::integer;
	s     jsonb;
	total integer;
	shown integer;
	ms    numeric;
BEGIN
	IF r ->> 'error' IS NOT NULL THEN
		RETURN codesearch.failure(r ->> 'error');
	END IF;
	s := codesearch_azure.found(r, CASE WHEN (a ->> 'include_dependencies')::boolean THEN CASE lower(a ->> 'dependency_mode') WHEN 'graph' THEN 2 ELSE 1 END
		ELSE 0 END, answer);
	IF s ? 'request' THEN
		RETURN jsonb_set(s, '{with,began}', to_jsonb(began));
	ELSIF NOT s ? 'hits' THEN
		RETURN s;
	END IF;
	shown := jsonb_array_length(s -> 'hits');
	total := greatest((s ->> 'total')::integer, CASE WHEN shown > 0 THEN skip + shown ELSE 0 END);
	ms := round((extract(epoch FROM clock_timestamp()) - began) * 1000, 1);
	RETURN codesearch.success(jsonb_build_object(
		'items', codesearch_azure.shown(s -> 'hits', r ->> 'query', r ->> 'detail_level', (r ->> 'snippet_lines')::integer),
		'count', shown, 'total', total, 'query', r -> 'query', 'applied_exact_terms', s -> 'exact' <> '[]',
		'exact_terms', CASE WHEN s -> 'exact' <> '[]' THEN s -> 'exact' END, 'detail_level', r -> 'detail_level', 'backend', 'azure',
		'has_more', shown > 0 AND skip + shown < total, 'next_skip', CASE WHEN shown > 0 AND skip + shown < total THEN skip + shown END,
		'query_id', codesearch.query_id((codesearch.understand(r ->> 'query')).words), 'took_ms', ms) || codesearch_azure.beside(s) ||
		CASE WHEN (a ->> 'include_timings')::boolean THEN jsonb_build_object('timings_ms', jsonb_build_object('total', ms)) ELSE '{}' END);
END
$$;

-- ---- search_code_raw ----
CREATE OR REPLACE FUNCTION codesearch_azure.search_code_raw(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r jsonb := to_jsonb(codesearch.read_request(a ->> 'query', a ->> 'intent', a ->> 'language', a ->> 'repository', (a ->> 'max_results')::integer));
	s jsonb;
BEGIN
	IF r ->> 'error' IS NOT NULL THEN
		RETURN codesearch.failure(r ->> 'error');
	END IF;
	s := codesearch_azure.found(r, CASE WHEN (a ->> 'include_dependencies')::boolean THEN 1 ELSE 0 END, answer);
	IF NOT s ? 'hits' THEN
		RETURN s;
	END IF;
	RETURN codesearch.success(jsonb_build_object('results', codesearch_azure.shown(s -> 'hits', r ->> 'query', 'full', 0),
		'count', jsonb_array_length(s -> 'hits'), 'total', s -> 'total', 'query', r -> 'query', 'intent', r -> 'intent') || codesearch_azure.beside(s));
END
$$;

-- ---- explain_ranking ----
CREATE OR REPLACE FUNCTION codesearch_azure.explain_ranking(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r jsonb := to_jsonb(codesearch.read_request(a ->> 'query', a ->> 'intent', a ->> 'language', a ->> 'repository', (a ->> 'max_results')::integer));
	s jsonb;
	u codesearch.understood;
BEGIN
	IF r ->> 'error' IS NOT NULL THEN
		RETURN codesearch.failure(r ->> 'error');
	ELSIF lower(btrim(coalesce(a ->> 'mode', 'enhanced'))) <> 'enhanced' THEN
		RETURN codesearch.failure('mode must be "enhanced"');
	END IF;
	s := codesearch_azure.searched(r, answer);
	IF NOT s ? 'hits' THEN
		RETURN s;
	END IF;
	u := codesearch.understand(r ->> 'query');
	RETURN codesearch.success(jsonb_build_object('mode', 'enhanced', 'query', r -> 'query', 'intent', r -> 'intent',
		'explanations', coalesce((SELECT jsonb_agg(codesearch_azure.explained(h, r, s -> 'exact', u.keys, u.words) ORDER BY o)
			FROM jsonb_array_elements(s -> 'hits') WITH ORDINALITY AS x (h, o)), '[]')) || codesearch_azure.beside(s));
END
$$;

-- The service tells its score and not how it came about: what can be seen of it is where the words stand.
CREATE OR REPLACE FUNCTION codesearch_azure.explained(h jsonb, r jsonb, exact jsonb, keys text[], words text[])
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	c       jsonb := h -> 'piece';
	needles text[] := codesearch.needles(words);
	lights  jsonb := codesearch.highlights(jsonb_populate_record(NULL::codesearch.chunk, c), needles);
	weight  real := (h -> 'found' ->> 'feedback')::real;
	symbol  boolean := coalesce(codesearch.key(c ->> 'function_name') = ANY (keys), false) OR coalesce(codesearch.key(c ->> 'class_name') = ANY (keys), false);
	reasons text[] := array_remove(ARRAY[
		CASE WHEN symbol THEN format('the query names %s', coalesce(c ->> 'function_name', c ->> 'class_name')) END,
		CASE WHEN lights ?| '{function_name,class_name}' AND NOT symbol THEN 'its words are in the name' END,
		CASE WHEN lights ? 'docstring' THEN 'its words are in the comment above' END,
		CASE WHEN lights ? 'content' THEN 'its words are in the code' END], NULL);
BEGIN
	reasons := reasons[:3];
	IF abs(weight - 1) >= 0.02 THEN
		reasons := reasons || CASE WHEN weight > 1 THEN 'it helped others who asked for the same'::text ELSE 'it did not help others who asked for the same' END;
	END IF;
	RETURN jsonb_build_object('id', c -> 'id', 'file', (c ->> 'file_path') || ':' || (c ->> 'start_line'),
		'explanation', CASE WHEN reasons = '{}' THEN 'Ranked here by the search service.' ELSE 'Ranked here because ' || array_to_string(reasons, '; ') || '.' END,
		'factors', jsonb_build_object('score', h -> 'found' -> 'score', 'reranker_score', h -> 'found' -> 'reranker', 'highlights', lights,
			'coverage', h -> 'found' -> 'coverage', 'chunk_type', c -> 'chunk_type', 'feedback_weight', round(weight::numeric, 3), 'exact_symbol', symbol, 'exact_terms', exact,
			'language_match', r ->> 'language' IS NOT NULL AND c -> 'language' = r -> 'language',
			'path_match', EXISTS (SELECT FROM unnest(needles) n WHERE strpos(lower(c ->> 'file_path'), n) > 0)),
		'confidence', round((h ->> 'relevance')::numeric, 4));
END
$$;

-- ---- preview_query_processing: what it is on PostgreSQL, and the words that the service makes of it ----
CREATE OR REPLACE FUNCTION codesearch_azure.preview_query_processing(a jsonb, answer jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	shown jsonb := tools.preview_query_processing(a ->> 'query', a ->> 'intent', a ->> 'language', a ->> 'repository');
BEGIN
	IF shown -> 'ok' = 'false' THEN
		RETURN shown;
	ELSIF answer IS NULL THEN
		RETURN codesearch_azure.next('analyze', jsonb_build_object('text', shown -> 'data' -> 'input_query'));
	ELSIF NOT codesearch_azure.is_good(answer) THEN
		RETURN codesearch_azure.refused(answer);
	END IF;
	RETURN jsonb_set(jsonb_set(shown, '{data,enhancements,tokens}',
			coalesce((SELECT jsonb_agg(t -> 'token') FROM jsonb_array_elements(answer -> 'body' -> 'tokens') t), '[]')),
		'{data,enhancements,filter}', coalesce(to_jsonb(codesearch_azure.filter(shown #>> '{data,enhancements,filters,language}',
			shown #>> '{data,enhancements,filters,repository}', codesearch.strings(shown #> '{data,enhancements,exact_terms}'))), 'null'));
END
$$;
