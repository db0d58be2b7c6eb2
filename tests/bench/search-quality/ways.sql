-- ways.sql - three ways to find pieces, for run: each gives at most 20 pieces, best first.
CREATE SCHEMA IF NOT EXISTS quality;

-- What people write who follow the manual of PostgreSQL: one text column, one index.
CREATE TABLE IF NOT EXISTS quality.plain AS
	SELECT id, to_tsvector('english', concat_ws(' ', file_path, class_name, function_name, content)) AS text FROM codesearch.chunk;
CREATE INDEX IF NOT EXISTS plain_text ON quality.plain USING gin (text);

CREATE OR REPLACE FUNCTION quality.plain(question text)
RETURNS TABLE (id text) LANGUAGE sql STABLE AS $$
	SELECT p.id FROM quality.plain p, websearch_to_tsquery('english', question) q
	 WHERE p.text @@ q ORDER BY ts_rank_cd(p.text, q) DESC, p.id LIMIT 20
$$;

-- Four lanes and the sum of their reciprocal ranks: exact names, all words, any word,
-- names that look alike.  Names are split at capitals and at what is no letter.
CREATE OR REPLACE FUNCTION quality.words(t text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT left(coalesce(t, ''), 200000) || ' ' || regexp_replace(regexp_replace(regexp_replace(left(coalesce(t, ''), 200000),
	    '([a-z0-9])([A-Z])', '\1 \2', 'g'), '([A-Z]+)([A-Z][a-z])', '\1 \2', 'g'), '[^[:alnum:]]+', ' ', 'g')
$$;
CREATE TABLE IF NOT EXISTS quality.lanes AS
	SELECT id, lower(function_name) AS function_name, lower(class_name) AS class_name,
	       lower(concat_ws(' ', function_name, class_name, file_path)) AS names,
	       setweight(to_tsvector('simple', quality.words(concat_ws(' ', function_name, class_name))), 'A') ||
	       setweight(to_tsvector('simple', quality.words(concat_ws(' ', signature, file_path))), 'B') ||
	       setweight(to_tsvector('english', coalesce(docstring, '')), 'C') ||
	       setweight(to_tsvector('simple', quality.words(left(content, 32000))), 'D') AS text
	  FROM codesearch.chunk;
CREATE INDEX IF NOT EXISTS lanes_text ON quality.lanes USING gin (text);
CREATE INDEX IF NOT EXISTS lanes_names ON quality.lanes USING gin (names public.gin_trgm_ops);
CREATE INDEX IF NOT EXISTS lanes_function ON quality.lanes (function_name);
CREATE INDEX IF NOT EXISTS lanes_class ON quality.lanes (class_name);

CREATE OR REPLACE FUNCTION quality.lanes(question text)
RETURNS TABLE (id text) LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.5 AS $$
	WITH q AS (
		SELECT websearch_to_tsquery('simple', question) || websearch_to_tsquery('english', question) AS all_q,
		       (SELECT to_tsquery('simple', string_agg(quote_literal(w), ' | '))
		          FROM (SELECT DISTINCT lower(w) AS w FROM regexp_split_to_table(quality.words(question), '\s+') w
		                 WHERE w ~ '^[[:alnum:]_]{2,64}$' AND to_tsvector('english', w) <> ''::tsvector LIMIT 60) s) AS any_q
	), lane AS (
		(SELECT 1.0 AS weight, l.id, row_number() OVER (ORDER BY l.id) AS rank FROM quality.lanes l
		  WHERE l.function_name = lower(btrim(question)) OR l.class_name = lower(btrim(question)) ORDER BY l.id LIMIT 20)
		UNION ALL
		(SELECT 1.0, t.id, row_number() OVER (ORDER BY t.s DESC, t.id) FROM
			(SELECT l.id, ts_rank_cd('{0.1, 0.2, 0.4, 1.0}', l.text, q.all_q, 32) AS s FROM quality.lanes l, q
			  WHERE l.text @@ q.all_q LIMIT 1000) t ORDER BY t.s DESC, t.id LIMIT 200)
		UNION ALL
		(SELECT 0.8, t.id, row_number() OVER (ORDER BY t.s DESC, t.id) FROM
			(SELECT l.id, ts_rank_cd('{0.1, 0.2, 0.4, 1.0}', l.text, q.any_q, 32) AS s FROM quality.lanes l, q
			  WHERE l.text @@ q.any_q LIMIT 1000) t ORDER BY t.s DESC, t.id LIMIT 200)
		UNION ALL
		(SELECT 0.6, t.id, row_number() OVER (ORDER BY t.s DESC, t.id) FROM
			(SELECT l.id, public.word_similarity(lower(question), l.names) AS s FROM quality.lanes l
			  WHERE lower(question) OPERATOR(public.<%) l.names LIMIT 1000) t ORDER BY t.s DESC, t.id LIMIT 200)
	)
	SELECT lane.id FROM lane GROUP BY lane.id ORDER BY sum(weight / (60 + rank)) DESC, lane.id LIMIT 20
$$;

-- The tool itself, as clients call it.
CREATE OR REPLACE FUNCTION quality.tool(question text)
RETURNS TABLE (id text) LANGUAGE sql VOLATILE AS $$
	SELECT i ->> 'id' FROM jsonb_array_elements(tools.search_code(question, max_results => 20) #> '{data,items}')
	       WITH ORDINALITY AS x (i, o) ORDER BY o
$$;

-- Where the first right answer stands (null: not among the first ten), and how long it took.
CREATE TABLE IF NOT EXISTS quality.question (number serial, kind text, tree text, question text, answers text[]);
CREATE TABLE IF NOT EXISTS quality.result (way text, number integer, rank integer, ms real);
CREATE OR REPLACE FUNCTION quality.ask(way text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	q record;
	started timestamptz;
	ids text[];
BEGIN
	DELETE FROM quality.result r WHERE r.way = ask.way;
	FOR q IN SELECT * FROM quality.question LOOP
		started := clock_timestamp();
		EXECUTE format('SELECT array_agg(x.id) FROM quality.%I($1) x', way) INTO ids USING q.question;
		INSERT INTO quality.result VALUES (way, q.number,
			(SELECT min(f.o) FROM unnest(ids[:10]) WITH ORDINALITY AS f (id, o) JOIN codesearch.chunk c ON c.id = f.id
			  WHERE c.repository = q.tree AND
			        (c.file_path || '#' || coalesce(c.function_name, c.class_name, '') = ANY (q.answers) OR
			         c.file_path || '#' || coalesce(c.class_name, '') = ANY (q.answers) AND c.chunk_type = 'class' OR
			         c.file_path || '#' = ANY (q.answers))),
			extract(epoch FROM clock_timestamp() - started) * 1000);
	END LOOP;
END
$$;
