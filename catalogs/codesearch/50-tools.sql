-- codesearch: the tools.  Every answer is {"ok": true, "data": {...}} or
-- {"ok": false, "error": "...", "code": "error"}, as clients of the original parse it.

CREATE SCHEMA IF NOT EXISTS tools;

CREATE OR REPLACE FUNCTION codesearch.failure(message text)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT jsonb_build_object('ok', false, 'error', message, 'code', 'error')
$$;

CREATE OR REPLACE FUNCTION codesearch.success(data jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT jsonb_build_object('ok', true, 'data', data)
$$;

DROP TYPE IF EXISTS codesearch.answer CASCADE;
CREATE TYPE codesearch.answer AS (
	hits     codesearch.hit[],
	exact    text[],	-- the exact terms that were applied
	warnings text[]
);

-- Runs a request.  Exact terms that were only found in the query must not hide
-- everything else: when nothing has them, they are left out with a warning.
CREATE OR REPLACE FUNCTION codesearch.run(r codesearch.request)
RETURNS codesearch.answer LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp AS $$
DECLARE
	a codesearch.answer;
BEGIN
	a.warnings := r.warnings;
	a.exact := r.exact_terms;
	a.hits := ARRAY(SELECT h FROM codesearch.hits(r, a.exact) h ORDER BY (h).rank);
	IF cardinality(a.hits) = 0 AND cardinality(a.exact) > 0 AND NOT r.exact_given AND r.skip = 0 THEN
		a.exact := '{}';
		a.hits := ARRAY(SELECT h FROM codesearch.hits(r, a.exact) h ORDER BY (h).rank);
		IF cardinality(a.hits) > 0 THEN
			a.warnings := a.warnings || format('nothing contains %s; these results do without it',
				array_to_string(r.exact_terms, ', '));
		END IF;
	END IF;
	RETURN a;
END
$$;

-- ---- search_code ----
DROP FUNCTION IF EXISTS tools.search_code(text, text, text, text, integer, integer, text, text[], boolean, text, boolean,
	boolean, boolean, boolean, text, integer);	-- without query_embedding, as the next two
DROP FUNCTION IF EXISTS tools.search_code_raw(text, text, text, text, integer, boolean);
DROP FUNCTION IF EXISTS tools.explain_ranking(text, text, integer, text, text, text);
CREATE OR REPLACE FUNCTION tools.search_code(query text, intent text DEFAULT NULL, language text DEFAULT NULL,
	repository text DEFAULT NULL, max_results integer DEFAULT 10, skip integer DEFAULT 0, orderby text DEFAULT NULL,
	exact_terms text[] DEFAULT NULL, include_dependencies boolean DEFAULT false, dependency_mode text DEFAULT 'auto',
	highlight_code boolean DEFAULT false, bm25_only boolean DEFAULT false, disable_cache boolean DEFAULT false,
	include_timings boolean DEFAULT false, detail_level text DEFAULT 'full', snippet_lines integer DEFAULT 0,
	query_embedding jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	started  timestamptz := clock_timestamp();
	r        codesearch.request := codesearch.read_request(query, intent, language, repository, max_results, skip,
			orderby, exact_terms, detail_level, snippet_lines, bm25_only, query_embedding);
	a        codesearch.answer;
	words    text[];
	needles  text[];
	total    integer;
	shown    integer;
	data     jsonb;
	ms       numeric;
BEGIN
	IF r.error IS NOT NULL THEN
		RETURN codesearch.failure(r.error);
	END IF;
	a := codesearch.run(r);
	shown := cardinality(a.hits);
	total := coalesce((a.hits[1]).total, 0);
	words := (codesearch.understand(r.query)).words;
	needles := codesearch.needles(words);
	data := jsonb_build_object(
		'items', coalesce((SELECT jsonb_agg(codesearch.shown(h, needles, r.detail_level, r.snippet_lines) ORDER BY (h).rank)
			FROM unnest(a.hits) h), '[]'),
		'count', shown, 'total', total, 'query', r.query,
		'applied_exact_terms', cardinality(a.exact) > 0,
		'exact_terms', CASE WHEN cardinality(a.exact) > 0 THEN to_jsonb(a.exact) END,
		'detail_level', r.detail_level, 'backend', CASE WHEN r.basic THEN 'basic' ELSE 'enhanced' END,
		'has_more', r.skip + shown < total,
		'next_skip', CASE WHEN r.skip + shown < total THEN r.skip + shown END,
		'query_id', codesearch.query_id(words));
	IF include_dependencies THEN
		data := data || jsonb_build_object('dependencies', codesearch.dependencies(
			ARRAY(SELECT ((h).piece).id FROM unnest(a.hits) h ORDER BY (h).rank),
			CASE lower(dependency_mode) WHEN 'graph' THEN 2 ELSE 1 END));
	END IF;
	IF cardinality(a.warnings) > 0 THEN
		data := data || jsonb_build_object('warnings', to_jsonb(a.warnings));
	END IF;
	ms := round(extract(epoch FROM clock_timestamp() - started) * 1000, 1);
	data := data || jsonb_build_object('took_ms', ms);
	IF include_timings THEN
		data := data || jsonb_build_object('timings_ms', jsonb_build_object('total', ms));
	END IF;
	RETURN codesearch.success(data);
END
$$;
COMMENT ON FUNCTION tools.search_code(text, text, text, text, integer, integer, text, text[], boolean, text, boolean,
	boolean, boolean, boolean, text, integer, jsonb) IS $c$Search code
Finds functions, classes, documentation sections and other pieces of the indexed source code and ranks them.

Ask with a name ("getUserById", "strbuf_addf"), with words of a name or a comment ("parse config file"), or with a
question ("where is the deadlock check?"). Names are found in any style: get_user_by_id also finds getUserById. A
definition whose name is in the query comes first. Every answer names the file and the lines, so that the piece can
be read in its place.

Start with detail_level "compact" to look around cheaply, and ask again with "full" and a narrower query for the code
itself. When a result was of use, or was not, say so with track_search_click, track_search_outcome (with query_id) or
submit_feedback: what helped others comes first the next time. `total` counts the ranked candidates, a few hundred at most, not all pieces that have some word in common.
`data.warnings` tells which arguments were corrected or left out.
@mcp
@toolset search
@scope codesearch:read
@tier public
@bind query_embedding {"from": "embedding", "of": "query", "source": "codesearch-embedding"}
@param query {"minLength": 1, "examples": ["parse config file", "getUserById", "\"not found\" http handler"]} what to look for: 1 to 400 characters, at most 50 words
@param intent {"examples": ["implement", "debug", "understand", "refactor", "test", "document"]} what the result is for; "test" prefers tests, "document" prefers documentation. Derived from the query when absent
@param language {"examples": ["c", "python", "typescript"]} only files in this language
@param repository only this repository: its name, or how its name begins
@param max_results how many results, 1 to 20
@param skip how many results to pass over, 0 to 1000: next_skip of the answer before
@param orderby {"examples": ["relevance", "date", "path", "language"]} order of the results
@param exact_terms words or phrases that every result must contain, word by word. When absent, text in quotes, numbers and names before a parenthesis in the query are taken
@param include_dependencies also give the definitions of the functions that the results call, at most 20
@param dependency_mode {"examples": ["auto", "graph"]} auto: what the results call themselves; graph: and what that calls in turn
@param highlight_code accepted for compatibility; highlights are always given
@param bm25_only search the text only: no look-up of names, no similar names
@param disable_cache accepted for compatibility; nothing is cached
@param include_timings also give timings_ms
@param detail_level {"examples": ["full", "compact", "ultra"]} full: with the code; compact: one line of each with the reason; ultra: one string each
@param snippet_lines with detail_level full: only so many lines of each piece, from its first line of code, 0 to 100; 0 gives the whole piece$c$;

-- ---- search_code_raw ----
CREATE OR REPLACE FUNCTION tools.search_code_raw(query text, intent text DEFAULT NULL, language text DEFAULT NULL,
	repository text DEFAULT NULL, max_results integer DEFAULT 10, include_dependencies boolean DEFAULT false,
	query_embedding jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r codesearch.request := codesearch.read_request(query, intent, language, repository, max_results, embedding => query_embedding);
	a codesearch.answer;
	needles text[];
	data jsonb;
BEGIN
	IF r.error IS NOT NULL THEN
		RETURN codesearch.failure(r.error);
	END IF;
	a := codesearch.run(r);
	needles := codesearch.needles((codesearch.understand(r.query)).words);
	data := jsonb_build_object(
		'results', coalesce((SELECT jsonb_agg(codesearch.shown(h, needles, 'full', 0) ORDER BY (h).rank)
			FROM unnest(a.hits) h), '[]'),
		'count', cardinality(a.hits), 'total', coalesce((a.hits[1]).total, 0), 'query', r.query, 'intent', r.intent);
	IF include_dependencies THEN
		data := data || jsonb_build_object('dependencies', codesearch.dependencies(
			ARRAY(SELECT ((h).piece).id FROM unnest(a.hits) h ORDER BY (h).rank), 1));
	END IF;
	IF cardinality(a.warnings) > 0 THEN
		data := data || jsonb_build_object('warnings', to_jsonb(a.warnings));
	END IF;
	RETURN codesearch.success(data);
END
$$;
COMMENT ON FUNCTION tools.search_code_raw(text, text, text, text, integer, boolean, jsonb) IS $c$Search code, plain results
The same search as search_code without paging and forms: the whole pieces, best first, with the intent that was used.
@mcp
@toolset search
@scope codesearch:read
@tier public
@bind query_embedding {"from": "embedding", "of": "query", "source": "codesearch-embedding"}
@param query {"minLength": 1} what to look for: 1 to 400 characters, at most 50 words
@param intent {"examples": ["implement", "debug", "understand", "refactor", "test", "document"]} what the result is for; derived from the query when absent
@param language only files in this language
@param repository only this repository: its name, or how its name begins
@param max_results how many results, 1 to 20
@param include_dependencies also give the definitions of the functions that the results call$c$;

-- ---- explain_ranking ----
CREATE OR REPLACE FUNCTION codesearch.explained(h codesearch.hit, r codesearch.request, exact text[])
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
	c       codesearch.chunk := h.piece;
	f       jsonb := h.found;
	u       codesearch.understood := codesearch.understand(r.query);
	reasons text[];
	parts   jsonb;
BEGIN
	-- the weights are those of codesearch.search()
	parts := jsonb_build_object(
		'symbol', round(0.5 * (f ->> 'symbol')::numeric, 4), 'names_and_comment', round(0.5 * (f ->> 'head')::numeric, 4),
		'text', round(0.35 * (f ->> 'body')::numeric, 4), 'coverage', round(0.12 * (f ->> 'coverage')::numeric, 4),
		'proximity', round(0.35 * (f ->> 'proximity')::numeric, 4), 'similar_name', round(0.4 * (f ->> 'similarity')::numeric, 4),
		'phrase', round((f ->> 'phrase')::numeric, 4)) ||
		-- where no vectors are compared it is no factor
		CASE WHEN r.vector IS NOT NULL AND NOT r.basic THEN jsonb_build_object('semantic', round(0.5 * (f ->> 'semantic')::numeric, 4)) ELSE '{}' END;
	SELECT array_agg(said ORDER BY worth DESC) INTO reasons FROM (
		SELECT p.value::numeric AS worth, CASE p.key
			WHEN 'symbol' THEN format('the query names %s', coalesce(c.function_name, c.class_name))
			WHEN 'names_and_comment' THEN 'its words are in the names, signature, path or comment above'
			WHEN 'text' THEN 'its words are in the code'
			WHEN 'coverage' THEN format('%s %% of what the query says is found', round(100 * (f ->> 'coverage')::numeric))
			WHEN 'proximity' THEN 'all its words stand close together'
			WHEN 'semantic' THEN 'its meaning is near to that of the query'
			WHEN 'similar_name' THEN 'the name looks like the query'
			ELSE 'the query stands there word by word' END AS said
		  FROM jsonb_each(parts) p WHERE p.value::numeric > 0 ORDER BY p.value::numeric DESC LIMIT 3) best;
	IF abs((f ->> 'feedback')::numeric - 1) >= 0.02 THEN
		reasons := reasons || CASE WHEN (f ->> 'feedback')::numeric > 1 THEN 'it helped others who asked for the same'::text
			ELSE 'it did not help others who asked for the same' END;
	END IF;
	RETURN jsonb_build_object('id', c.id, 'file', c.file_path || ':' || c.start_line,
		'explanation', 'Ranked here because ' || array_to_string(reasons, '; ') || '.',
		'factors', jsonb_build_object(
			'lanes', f -> 'lanes', 'contributions', parts, 'score', round((f ->> 'score')::numeric, 4),
			'kind_weight', round((f ->> 'kind')::numeric, 2), 'chunk_type', c.chunk_type,
			'feedback_weight', round((f ->> 'feedback')::numeric, 3),
			'exact_symbol', coalesce(codesearch.key(c.function_name) = ANY (u.keys), false)
				OR coalesce(codesearch.key(c.class_name) = ANY (u.keys), false),
			'exact_terms', to_jsonb(exact), 'language_match', r.language IS NOT NULL AND c.language = r.language,
			'path_match', EXISTS (SELECT FROM unnest(codesearch.needles(u.words)) n WHERE strpos(lower(c.file_path), n) > 0),
			'text_rank', round((f ->> 'body')::numeric, 4), 'similarity', round((f ->> 'similarity')::numeric, 4)),
		'confidence', round(h.relevance::numeric, 4));
END
$$;

CREATE OR REPLACE FUNCTION tools.explain_ranking(query text, mode text DEFAULT 'enhanced', max_results integer DEFAULT 10,
	intent text DEFAULT NULL, language text DEFAULT NULL, repository text DEFAULT NULL, query_embedding jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r codesearch.request := codesearch.read_request(query, intent, language, repository, max_results, embedding => query_embedding);
	a codesearch.answer;
BEGIN
	IF r.error IS NOT NULL THEN
		RETURN codesearch.failure(r.error);
	ELSIF lower(btrim(coalesce(mode, 'enhanced'))) <> 'enhanced' THEN
		RETURN codesearch.failure('mode must be "enhanced"');
	END IF;
	a := codesearch.run(r);
	RETURN codesearch.success(jsonb_build_object('mode', 'enhanced', 'query', r.query, 'intent', r.intent,
		'explanations', coalesce((SELECT jsonb_agg(codesearch.explained(h, r, a.exact) ORDER BY (h).rank)
			FROM unnest(a.hits) h), '[]')) ||
		CASE WHEN cardinality(a.warnings) > 0 THEN jsonb_build_object('warnings', to_jsonb(a.warnings)) ELSE '{}' END);
END
$$;
COMMENT ON FUNCTION tools.explain_ranking(text, text, integer, text, text, text, jsonb) IS $c$Explain ranking
Runs a search as search_code does and says for each result why it stands where it stands: one sentence, the factors
in numbers, and the confidence relative to the best candidate. Helps to word a better query.
@mcp
@toolset analysis
@scope codesearch:read
@tier public
@bind query_embedding {"from": "embedding", "of": "query", "source": "codesearch-embedding"}
@param query {"minLength": 1} the query to explain
@param mode {"enum": ["enhanced"]} the only way of ranking
@param max_results how many results to explain, 1 to 20
@param intent {"examples": ["implement", "debug", "understand", "refactor", "test", "document"]} what the result is for; derived from the query when absent
@param language only files in this language
@param repository only this repository: its name, or how its name begins$c$;

-- ---- preview_query_processing ----
CREATE OR REPLACE FUNCTION tools.preview_query_processing(query text, intent text DEFAULT NULL,
	language text DEFAULT NULL, repository text DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	r codesearch.request := codesearch.read_request(query, intent, language, repository, 10);
	u codesearch.understood;
	rewritten text[];
	rules text[];
BEGIN
	IF r.error IS NOT NULL THEN
		RETURN codesearch.failure(r.error);
	END IF;
	u := codesearch.understand(r.query);
	SELECT array_agg(variant), array_agg(DISTINCT rule) FILTER (WHERE rule <> 'original') INTO rewritten, rules
	  FROM codesearch.rewrite(r.query, r.intent, r.language);
	RETURN codesearch.success(jsonb_build_object('input_query', r.query, 'detected_intent', r.intent,
		'enhancements', jsonb_build_object('words', to_jsonb(u.words), 'symbols', to_jsonb(u.symbols),
			'exact_terms', to_jsonb(r.exact_terms), 'strict_tsquery', u.all_q::text, 'any_tsquery', u.any_q::text,
			'filters', jsonb_strip_nulls(jsonb_build_object('language', r.language, 'repository', r.repository))),
		'rewritten_queries', to_jsonb(rewritten), 'applied_rules', coalesce(to_jsonb(rules), '[]')) ||
		CASE WHEN cardinality(r.warnings) > 0 THEN jsonb_build_object('warnings', to_jsonb(r.warnings)) ELSE '{}' END);
END
$$;
COMMENT ON FUNCTION tools.preview_query_processing(text, text, text, text) IS $c$Preview query processing
Shows what search_code makes of a query without searching: the intent it sees, the words and identifiers it looks
for, what every result must contain, the text search queries, and up to ten other wordings that may be worth a
search of their own (search_code itself runs the query as given, with short forms such as config/configuration).
@mcp
@toolset analysis
@scope codesearch:read
@tier public
@param query {"minLength": 1} the query to look at
@param intent {"examples": ["implement", "debug", "understand", "refactor", "test", "document"]} overrides the detected intent
@param language filter to check
@param repository filter to check$c$;

-- ---- index_status ----
CREATE OR REPLACE FUNCTION tools.index_status()
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT codesearch.success(jsonb_build_object(
		'index_name', 'codesearch',
		'fields', (SELECT count(*) FROM pg_catalog.pg_attribute
			WHERE attrelid = 'codesearch.chunk'::regclass AND attnum > 0 AND NOT attisdropped),
		'documents', (SELECT count(*) FROM codesearch.chunk),
		'storage_size_mb', round(pg_catalog.pg_total_relation_size('codesearch.chunk') / 1048576.0, 1),
		'vector_search', EXISTS (SELECT FROM codesearch.embedding WHERE model IS NOT NULL),
		'embeddings', (SELECT count(*) FROM codesearch.embedding),
		'semantic_search', false,
		'repositories', coalesce((
			SELECT jsonb_agg(jsonb_build_object('name', r.name, 'documents', coalesce(c.documents, 0),
				'files', (SELECT count(*) FROM codesearch.file f WHERE f.repository = r.name),
				'languages', coalesce(c.languages, '{}'), 'indexed_at', r.indexed_at) ORDER BY r.name)
			  FROM codesearch.repository r
			  LEFT JOIN (SELECT repository, sum(n) AS documents, jsonb_object_agg(language, n) AS languages
			               FROM (SELECT repository, language, count(*) AS n FROM codesearch.chunk GROUP BY 1, 2) l
			              GROUP BY 1) c ON c.repository = r.name), '[]')))
$$;
COMMENT ON FUNCTION tools.index_status() IS $c$Index status
What is in the code index: how many pieces ("documents"), its size, how many of them have an embedding, and for each repository its files, pieces by
language and when it was last indexed completely.
@mcp
@toolset azure_management
@cache 10s everyone
@scope codesearch:read
@tier public$c$;

-- ---- health_check ----
CREATE OR REPLACE FUNCTION tools.health_check()
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	components   jsonb;
	search_works boolean := false;
BEGIN
	BEGIN
		PERFORM count(*) FROM codesearch.search('health', NULL, NULL, NULL, NULL, false);
		search_works := true;
	EXCEPTION WHEN OTHERS THEN
		RAISE WARNING 'codesearch: %', SQLERRM;		-- for the log of the server
	END;
	components := jsonb_build_object('search_client', true, 'enhanced_search', search_works,
		'context_aware', EXISTS (SELECT FROM codesearch.file),
		'feedback_collector', octet_length(codesearch.signature('')) = 12,
		'cache_manager', true, 'rest_ops', true,
		'data_automation', EXISTS (SELECT FROM codesearch.chunk),
		'index_automation', EXISTS (SELECT FROM codesearch.repository WHERE indexed_at IS NOT NULL),
		-- work that nobody takes up
		'indexer_automation', NOT EXISTS (SELECT FROM codesearch.job
			WHERE state = 'queued' AND created_at < now() - interval '1 hour'));
	RETURN codesearch.success(jsonb_build_object(
		'healthy', (SELECT bool_and(value::boolean) FROM jsonb_each(components)),
		'components', components, 'backend', 'postgresql'));
END
$$;
COMMENT ON FUNCTION tools.health_check() IS $c$Health check
Whether code search can answer. healthy is true when all components are: search_client (the database answers),
enhanced_search (a search runs), context_aware (files with what they import), feedback_collector, cache_manager, rest_ops
(the index can be administered), data_automation (the index holds something), index_automation (a repository has been
indexed completely), indexer_automation (no job has waited for an hour).
@mcp
@toolset azure_management
@scope codesearch:read
@tier public
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["healthy", "components", "backend"], "properties": {"healthy": {"type": "boolean"},
	"components": {"type": "object", "additionalProperties": {"type": "boolean"}}, "backend": {"type": "string"}}}}}$c$;
