-- codesearch: hits in order, and how they are shown.

-- The line of a piece that says what it is: the first one that is neither blank,
-- comment nor annotation (1 when there is none).
CREATE OR REPLACE FUNCTION codesearch.headline_at(content text, language text)
RETURNS integer LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	hash     boolean := language <> ALL ('{c,cpp,csharp,java,javascript,typescript,go,rust,php,kotlin,swift,scala,
		markdown,css,sql,lua,html,xml}');	-- where # starts a comment
	comment  text := '';	-- what ends the comment we are in
	line     text;
	n        integer := 0;
BEGIN
	FOREACH line IN ARRAY string_to_array(content, E'\n') LOOP
		n := n + 1;
		line := btrim(line, E' \t\r');
		IF comment <> '' THEN
			IF strpos(line, comment) > 0 THEN
				comment := '';
			END IF;
		ELSIF line LIKE '/*%' THEN
			comment := CASE WHEN strpos(line, '*/') > 0 THEN '' ELSE '*/' END;
		ELSIF line LIKE '<!--%' THEN
			comment := CASE WHEN strpos(line, '-->') > 0 THEN '' ELSE '-->' END;
		ELSIF line <> '' AND line !~ '^(//|--|\.\\"|"""|''''''|=\w|__attribute__|@\w|\[\[)' AND NOT (hash AND line ~ '^#') THEN
			RETURN n;
		END IF;
	END LOOP;
	RETURN 1;
END
$$;

-- What to look for in lower-case text so that a word is seen in its forms:
-- "queries" and "query" share "quer".
CREATE OR REPLACE FUNCTION codesearch.needles(words text[])
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(array_agg(DISTINCT CASE
			WHEN w LIKE l || '%' AND l <> '' THEN l
			WHEN length(l) > 3 AND w LIKE left(l, -1) || '%' THEN left(l, -1)
			ELSE w END), '{}')
	  FROM unnest(words) w, LATERAL (SELECT codesearch.lexeme(w)) AS x (l)
$$;

-- The lines of a text that have most of the needles, in their order.
CREATE OR REPLACE FUNCTION codesearch.best_lines(t text, needles text[], most integer)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT array_agg(line ORDER BY o) FROM (
		SELECT left(btrim(line, E' \t\r'), 200) AS line, o
		  FROM string_to_table(t, E'\n') WITH ORDINALITY AS x (line, o)
		 CROSS JOIN LATERAL (SELECT lower(line)) AS l (low)
		 CROSS JOIN LATERAL (SELECT count(*) FROM unnest(needles) n WHERE strpos(low, n) > 0) AS c (n)
		 WHERE n > 0 ORDER BY n DESC, o LIMIT most) best
$$;

DROP TYPE IF EXISTS codesearch.hit CASCADE;
CREATE TYPE codesearch.hit AS (
	rank       integer,	-- from 1, on the page
	total      integer,	-- candidates in all
	relevance  real,	-- of the best candidate
	piece      codesearch.chunk,
	found      jsonb	-- what search() says about it
);

-- The page of hits that a request asks for.  Candidates are few, however many pieces
-- there are: each is looked up by its key.
CREATE OR REPLACE FUNCTION codesearch.hits(r codesearch.request, exact text[])
RETURNS SETOF codesearch.hit LANGUAGE sql STABLE
SET search_path = codesearch, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
	WITH once AS (
		-- two pieces may show the same lines: a function on the line of another, a re-indexed file
		SELECT DISTINCT ON (c.repository, c.file_path, c.start_line, c.function_name, c.class_name)
			f.*, c.repository, c.file_path, c.start_line, c.language
		  FROM codesearch.search(r.query, r.language, r.repository, exact, r.intent, r.basic, r.model, r.vector) f JOIN chunk c USING (id)
		 ORDER BY c.repository, c.file_path, c.start_line, c.function_name, c.class_name, f.score DESC, f.id
	), placed AS (
		SELECT o.*, count(*) OVER () AS total, max(o.score) OVER () AS best,
			row_number() OVER (ORDER BY
				CASE r.orderby WHEN 'path' THEN o.file_path WHEN 'language' THEN o.language END,
				CASE r.orderby WHEN 'path' THEN o.start_line END,
				CASE r.orderby WHEN 'date' THEN (SELECT fl.last_modified FROM file fl
					WHERE (fl.repository, fl.path) = (o.repository, o.file_path)) END DESC NULLS LAST,
				o.score DESC, o.id) AS place
		  FROM once o
	)
	SELECT (p.place - r.skip)::integer, p.total::integer, (p.score / greatest(p.best, 1e-6))::real, c,
		to_jsonb(p) - '{id,total,best,place,repository,file_path,start_line,language}'::text[]
	  FROM placed p JOIN chunk c USING (id)
	 WHERE p.place > r.skip AND p.place <= r.skip + r.max_results
	 ORDER BY p.place
$$;

-- Where the words of a query stand: {"field": ["text", ...]}, texts of at most 200 characters.
CREATE OR REPLACE FUNCTION codesearch.highlights(c codesearch.chunk, needles text[])
RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
		'content', to_jsonb(codesearch.best_lines(c.content, needles, 3)),
		'function_name', CASE WHEN codesearch.best_lines(c.function_name, needles, 1) IS NOT NULL
			THEN jsonb_build_array(left(c.function_name, 200)) END,
		'class_name', CASE WHEN codesearch.best_lines(c.class_name, needles, 1) IS NOT NULL
			THEN jsonb_build_array(left(c.class_name, 200)) END,
		'docstring', to_jsonb(codesearch.best_lines(c.docstring, needles, 1))))
$$;

-- One hit in the form that detail_level asks for; a string for "ultra".
CREATE OR REPLACE FUNCTION codesearch.shown(h codesearch.hit, needles text[], detail_level text, snippet_lines integer)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
	c          codesearch.chunk := h.piece;
	highlights jsonb := codesearch.highlights(c, needles);
	at_line    integer := codesearch.headline_at(c.content, c.language);
	lines      text[] := string_to_array(c.content, E'\n');
	headline   text := left(btrim(coalesce(c.signature, lines[at_line], ''), E' \t\r'), 120);
	why_field  text;
	why        text;
BEGIN
	IF detail_level = 'full' THEN
		RETURN jsonb_build_object('id', c.id, 'file', c.file_path, 'repository', c.repository,
			'language', c.language, 'content', CASE WHEN snippet_lines > 0
				THEN array_to_string(lines[at_line : at_line + snippet_lines - 1], E'\n') ELSE c.content END,
			'highlights', highlights, 'relevance', round(h.relevance::numeric, 4),
			'start_line', c.start_line, 'end_line', c.end_line,
			'function_name', c.function_name, 'class_name', c.class_name);
	END IF;
	SELECT f, left(highlights -> f ->> 0, 120) INTO why_field, why
	  FROM unnest('{docstring,content,function_name,class_name}'::text[]) WITH ORDINALITY AS x (f, o)
	 WHERE highlights ? f ORDER BY o LIMIT 1;
	IF detail_level = 'ultra' THEN
		RETURN to_jsonb(format('#%s %s:%s [%s] score=%s | %s || %s', h.rank, c.file_path, c.start_line, c.language,
			to_char(h.relevance, 'FM0.000'), coalesce(why, ''), headline));
	END IF;
	RETURN jsonb_build_object('id', c.id, 'rank', h.rank, 'file', c.file_path || ':' || c.start_line,
		'repo', c.repository, 'language', c.language, 'lines', jsonb_build_array(c.start_line, c.end_line),
		'score', round(h.relevance::numeric, 4),
		'match', left(coalesce(c.function_name, c.class_name, why, 'Code match'), 120),
		'context_type', CASE WHEN c.chunk_type IN ('function', 'class') THEN 'implementation' ELSE 'general' END,
		'headline', headline, 'why', coalesce(why, ''), 'why_field', coalesce(why_field, ''));
END
$$;

-- The definitions that functions call: `depth` 1 what they call themselves, 2 what
-- that calls in turn.  A name that several files define is taken from the same file
-- if it can be.
CREATE OR REPLACE FUNCTION codesearch.dependencies(ids text[], depth integer)
RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = codesearch, pg_temp
SET jit = off AS $$
DECLARE
	most   constant integer := 20;
	found  jsonb := '[]';
	seen   text[] := ids;
	fresh  text[] := ids;
	more   jsonb;
BEGIN
	FOR level IN 1 .. least(depth, 2) LOOP
		WITH calls AS (
			SELECT c.repository, c.file_path, c.language, c.function_name AS caller, call, min(array_position(fresh, c.id)) AS place
			  FROM chunk c, unnest(c.called_functions) call
			 WHERE c.id = ANY (fresh) GROUP BY 1, 2, 3, 4, 5
		), definitions AS (
			SELECT DISTINCT ON (codesearch.key(a.call), a.repository) d.id, d.file_path, d.function_name, d.class_name,
				d.signature, d.start_line, d.end_line, d.repository, a.place
			  FROM calls a JOIN chunk d ON codesearch.key(d.function_name) = codesearch.key(a.call)
			 WHERE d.repository = a.repository AND d.chunk_type = 'function' AND d.signature IS NOT NULL
			   AND d.function_name = a.call AND d.id <> ALL (seen)
			 ORDER BY codesearch.key(a.call), a.repository, (d.file_path = a.file_path) DESC,
				(d.language = a.language) DESC, a.place, d.id
		), shown AS (
			SELECT d.*, (SELECT jsonb_agg(DISTINCT a.caller) FROM calls a
				WHERE a.call = d.function_name AND a.repository = d.repository AND a.caller IS NOT NULL) AS callers
			  FROM definitions d ORDER BY place, id LIMIT most - jsonb_array_length(found)
		)
		SELECT jsonb_agg(jsonb_build_object('id', id, 'file', file_path, 'repository', repository,
				'function_name', function_name, 'class_name', class_name, 'signature', signature,
				'start_line', start_line, 'end_line', end_line, 'depth', level, 'called_by', callers) ORDER BY place, id),
			array_agg(id) INTO more, fresh FROM shown;
		EXIT WHEN more IS NULL;
		found := found || more;
		seen := seen || fresh;
		EXIT WHEN jsonb_array_length(found) >= most;
	END LOOP;
	RETURN found;
END
$$;
