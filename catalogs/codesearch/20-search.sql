-- codesearch: from a query to ranked pieces.

-- ---- words ----

-- Counts in how many pieces each word occurs; the indexer calls this after many
-- changes.  Large indexes are sampled: shares, not numbers, are what ranking needs.
CREATE OR REPLACE FUNCTION codesearch.refresh_words()
RETURNS void LANGUAGE plpgsql SET search_path = codesearch, pg_temp AS $$
DECLARE
	sample constant integer := 50000;
	total bigint := greatest((SELECT count(*) FROM codesearch.chunk), 1);
	counted bigint := least(total, sample);
BEGIN
	LOCK TABLE codesearch.word IN SHARE ROW EXCLUSIVE MODE;		-- one at a time; readers go on
	DELETE FROM codesearch.word;
	INSERT INTO codesearch.word (word, share)
	SELECT s.word, least(s.ndoc::real / counted, 1)
	  FROM ts_stat(format('SELECT body FROM codesearch.chunk %s', CASE WHEN total > sample
	       THEN format('TABLESAMPLE SYSTEM (%s)', 100.0 * sample / total) ELSE '' END)) s
	 WHERE s.ndoc >= greatest(counted / 2000, 5);
END
$$;

-- The lexeme of one word, as the indexes have it.
CREATE OR REPLACE FUNCTION codesearch.lexeme(word text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce((pg_catalog.tsvector_to_array(pg_catalog.to_tsvector('codesearch.words', word)))[1], '')
$$;

-- About how many pieces have all of these words; words that go together are
-- counted too low, which the exponent makes up for.
CREATE OR REPLACE FUNCTION codesearch.expected(words text)
RETURNS real LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT (greatest((SELECT reltuples FROM pg_catalog.pg_class WHERE oid = 'codesearch.chunk'::pg_catalog.regclass), 1)
		* exp(greatest(0.6 * sum(ln(coalesce(w.share, 0.0002))), -50)))::real	-- below that a real underflows
	  FROM unnest(pg_catalog.tsvector_to_array(pg_catalog.to_tsvector('codesearch.words', words))) l
	  LEFT JOIN codesearch.word w ON w.word = l
$$;

-- Short forms that programmers write, and what they stand for; both find each other.
CREATE OR REPLACE FUNCTION codesearch.other_form(word text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(max(long) FILTER (WHERE short = word), max(short) FILTER (WHERE long = word))
	  FROM (VALUES ('app', 'application'), ('arg', 'argument'), ('args', 'arguments'),
		('auth', 'authentication'), ('authz', 'authorization'), ('config', 'configuration'),
		('conn', 'connection'), ('ctx', 'context'), ('db', 'database'), ('dev', 'development'),
		('dir', 'directory'), ('env', 'environment'), ('err', 'error'), ('func', 'function'),
		('impl', 'implementation'), ('init', 'initialize'), ('len', 'length'), ('lib', 'library'),
		('mem', 'memory'), ('msg', 'message'), ('param', 'parameter'), ('params', 'parameters'),
		('prod', 'production'), ('ptr', 'pointer'), ('pwd', 'password'), ('repo', 'repository'),
		('req', 'request'), ('resp', 'response'), ('spec', 'specification'), ('src', 'source'),
		('str', 'string'), ('sync', 'synchronize'), ('temp', 'temporary'), ('util', 'utility'),
		('val', 'value'), ('var', 'variable')) AS forms (short, long)
$$;

-- ---- what a query says ----

-- Types are made anew each time the catalog is applied, and with them, further
-- down, the functions that use them; no table does.
DROP TYPE IF EXISTS codesearch.understood CASCADE;
CREATE TYPE codesearch.understood AS (
	words     text[],	-- lower case, identifiers in parts, noise left out
	terms     tsquery[],	-- one for each word or identifier ...
	weights   real[],	-- ... and how much it says: ln(1 / share of pieces)
	keys      text[],	-- names to look up (see codesearch.key()) ...
	strengths real[],	-- ... and how sure it is that a name was meant, 0 to 1
	symbols   text[],	-- what looks like an identifier, as written
	all_q     tsquery,	-- every term
	any_q     tsquery	-- at least one that is not too common
);

CREATE OR REPLACE FUNCTION codesearch.understand(query text)
RETURNS codesearch.understood LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = codesearch, pg_temp SET client_min_messages = error AS $$
DECLARE
	most    constant integer := 12;	-- terms
	common  constant real := 0.1;	-- share of pieces from which a word finds nothing alone
	rare    constant real := 0.0002;	-- share taken for a word that the table does not have
	u       codesearch.understood;
	tokens  text[] := regexp_split_to_array(btrim(codesearch.plain(query)), ' ');
	kept    text[] := '{}';
	names   text[] := '{}';		-- the tokens that terms were made of
	shares  real[] := '{}';
	token   text;
	parts   text[];
	form    text;
	term    tsquery;
	found   real;
	least_common real;
	n       integer;
BEGIN
	tokens := array_remove(tokens, '');
	-- noise: words of English that are neither names nor all there is
	SELECT coalesce(array_agg(t ORDER BY o), '{}') INTO kept FROM unnest(tokens) WITH ORDINALITY AS x (t, o)
	 WHERE t ~ '[_0-9]' OR t ~ '[a-z][A-Z]' OR to_tsvector('english', t) <> ''::tsvector;
	IF kept = '{}' THEN
		kept := tokens;
	END IF;
	u.words := '{}'; u.terms := '{}'; u.weights := '{}'; u.keys := '{}'; u.strengths := '{}'; u.symbols := '{}';
	FOREACH token IN ARRAY kept LOOP
		parts := array_remove(string_to_array(lower(codesearch.parts(token)), ' '), '');
		CONTINUE WHEN parts = '{}';
		term := phraseto_tsquery('codesearch.words', array_to_string(parts, ' '));
		CONTINUE WHEN numnode(term) = 0 OR term = ANY (u.terms);
		SELECT w.share INTO found FROM codesearch.word w WHERE w.word = codesearch.lexeme(codesearch.key(token));
		IF cardinality(parts) > 1 THEN
			-- a phrase is checked in each piece that has its words: not if those are many
			IF found IS NOT NULL OR codesearch.expected(array_to_string(parts, ' ')) > 500 THEN
				term := plainto_tsquery('codesearch.words', codesearch.key(token));
			ELSE
				term := term || plainto_tsquery('codesearch.words', codesearch.key(token));
			END IF;
		ELSE
			form := codesearch.other_form(parts[1]);
			IF form IS NOT NULL THEN
				term := term || plainto_tsquery('codesearch.words', form);
			END IF;
		END IF;
		IF token ~ '[_0-9]' OR token ~ '[a-z][A-Z]' OR cardinality(kept) = 1 THEN
			u.symbols := u.symbols || token;
			u.keys := u.keys || codesearch.key(token);
			u.strengths := u.strengths || 1.0::real;
		ELSE
			u.keys := u.keys || codesearch.key(token);
			u.strengths := u.strengths || 0.3::real;
		END IF;
		u.words := u.words || parts;
		u.terms := u.terms || term;
		found := coalesce(found, rare);
		shares := shares || found;
		u.weights := u.weights || ln(1 / greatest(found, rare))::real;
		names := names || token;
	END LOOP;
	-- of a long query the words that say most: each costs time in every candidate
	IF cardinality(u.terms) > most THEN
		SELECT array_agg(t ORDER BY o), array_agg(w ORDER BY o), array_agg(s ORDER BY o), array_agg(heaviest.n ORDER BY o)
		  INTO u.terms, u.weights, shares, names
		  FROM (SELECT * FROM unnest(u.terms, u.weights, shares, names) WITH ORDINALITY AS x (t, w, s, n, o)
		         ORDER BY w DESC, o LIMIT most) heaviest;
	END IF;
	-- "hash table" also finds "hashtable" when that is a word here
	FOR i IN 1 .. cardinality(u.terms) - 1 LOOP
		form := codesearch.key(names[i] || names[i + 1]);
		IF EXISTS (SELECT FROM codesearch.word w WHERE w.word = codesearch.lexeme(form)) THEN
			u.terms[i] := u.terms[i] || plainto_tsquery('codesearch.words', form);
			u.terms[i + 1] := u.terms[i + 1] || plainto_tsquery('codesearch.words', form);
		END IF;
	END LOOP;
	-- neighbours written apart may be one name: "connection pool", "get user by id"
	FOR n IN 2 .. least(4, cardinality(tokens)) LOOP
		FOR i IN 1 .. least(cardinality(tokens), 16) - n + 1 LOOP
			u.keys := u.keys || codesearch.key(array_to_string(tokens[i : i + n - 1], ''));
			u.strengths := u.strengths || CASE WHEN n = cardinality(tokens) THEN 0.9 ELSE 0.6 END::real;
		END LOOP;
	END LOOP;
	-- the rarest word of which it is known that it is there at all
	SELECT min(s) INTO least_common FROM unnest(shares) s WHERE s > rare;
	FOR i IN 1 .. cardinality(u.terms) LOOP
		u.all_q := CASE WHEN u.all_q IS NULL THEN u.terms[i] ELSE u.all_q && u.terms[i] END;
		IF shares[i] <= greatest(common, least_common) THEN
			u.any_q := CASE WHEN u.any_q IS NULL THEN u.terms[i] ELSE u.any_q || u.terms[i] END;
		END IF;
	END LOOP;
	RETURN u;
END
$$;

-- ---- ranking ----

-- What kind of piece an intent asks for.  Definitions before loose lines, code
-- before its tests, unless tests or documents are what is wanted.
CREATE OR REPLACE FUNCTION codesearch.kind_weight(intent text, chunk_type text, signature text, file_path text)
RETURNS real LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT (CASE
		WHEN chunk_type = 'function' THEN CASE WHEN signature IS NULL THEN 0.8 ELSE 1.0 END	-- 0.8: a later part
		WHEN chunk_type = 'declaration' THEN 0.95
		WHEN chunk_type = 'class' THEN 0.85
		WHEN chunk_type = 'section' THEN CASE intent WHEN 'document' THEN 1.2 WHEN 'understand' THEN 0.85 ELSE 0.75 END
		ELSE 0.7 END
	  * CASE WHEN file_path ~* '(^|/)(t|tests?|testing|testdata|__tests__|spec|regress|unittests?)/|(^|/)test_|[._-](test|spec)\.'
		THEN CASE intent WHEN 'test' THEN 1.3 ELSE 0.8 END ELSE 1.0 END)::real
$$;

-- Candidates from seven bounded lanes, scored alike:
--	symbol  a name in the query is the name of the piece
--	phrase  the query stands in the piece word by word
--	head    names, signature, path or the comment above have its words
--	all     the piece has all its words, better the closer together
--	any     the piece has one of its rarer words
--	fuzzy   the names look similar (misspelt or half remembered)
--	vector  its embedding is near to that of the query; only with a vector of the query, and
--	        only pieces whose vector the same model has made.  The signs of all vectors are
--	        compared first, and of the nearest the cosine is exact
-- A lane stops after some hundred rows before it ranks: bounds are what keeps a
-- query of common words fast.  Exact terms narrow the text lanes, which see
-- all that the head lane sees.  `basic` leaves only phrase, all and any.

-- Loads pg_trgm's library: a setting of an extension that this session has not
-- used yet may be named in a function by a superuser only.
DO $$ BEGIN PERFORM public.similarity('', ''); END $$;

DROP FUNCTION IF EXISTS codesearch.search(text, text, text, text[], text, boolean);
DROP FUNCTION IF EXISTS codesearch.search(text, text, text, text[], text, boolean, text, real[]);
CREATE FUNCTION codesearch.search(query text, language text, repository text, exact_terms text[],
	intent text, basic boolean, model text DEFAULT NULL, vector real[] DEFAULT NULL)
RETURNS TABLE (id text, score real, lanes text[], symbol real, head real, body real, coverage real,
	proximity real, similarity real, phrase real, semantic real, kind real, feedback real)
LANGUAGE plpgsql STABLE
SET search_path = codesearch, public, pg_temp SET pg_trgm.word_similarity_threshold = 0.5
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
SET client_min_messages = error AS $$
#variable_conflict use_column
DECLARE
	in_language   ALIAS FOR $2;
	in_repository ALIAS FOR $3;
	of_model ALIAS FOR $7;
	wanted   ALIAS FOR $8;
	of_signs varbit := CASE WHEN NOT basic THEN codesearch.signs($8) END;
	norm     double precision := (SELECT sqrt(sum(v::double precision * v)) FROM unnest($8) v);
	prefix   text;		-- of the names of repositories, when none is named like that
	u        codesearch.understood := codesearch.understand(query);
	phrase_q tsquery := phraseto_tsquery('codesearch.words', codesearch.parts(codesearch.plain(query)));
	all_q    tsquery := u.all_q;
	any_q    tsquery := u.any_q;
	exact_q  tsquery;
	exact    text;
	fuzzy    text;
	asked    text[] := lexemes(array_to_string(u.words, ' '));
	opinions boolean := EXISTS (SELECT FROM feedback);
BEGIN
	IF cardinality(u.terms) = 0 THEN
		RETURN;
	END IF;
	IF NOT EXISTS (SELECT FROM repository r WHERE r.name = in_repository) THEN
		prefix := replace(replace(replace(in_repository, '\', '\\'), '%', '\%'), '_', '\_') || '%';
	END IF;
	FOREACH exact IN ARRAY coalesce(exact_terms, '{}') LOOP
		exact_q := CASE WHEN exact_q IS NULL THEN phraseto_tsquery('codesearch.words', codesearch.parts(codesearch.plain(exact)))
			ELSE exact_q && phraseto_tsquery('codesearch.words', codesearch.parts(codesearch.plain(exact))) END;
	END LOOP;
	IF numnode(phrase_q) < 3 OR codesearch.expected(codesearch.parts(codesearch.plain(query))) > 1000 THEN
		phrase_q := NULL;
	END IF;
	IF exact_q IS NOT NULL THEN
		all_q := all_q && exact_q;
		any_q := any_q && exact_q;
		phrase_q := phrase_q && exact_q;
	END IF;
	-- what may be a name with a slip in it
	IF NOT basic AND (cardinality(u.terms) <= 2 OR cardinality(u.symbols) > 0) THEN
		fuzzy := lower(CASE WHEN cardinality(u.symbols) > 0 THEN u.symbols[1] ELSE query END);
	END IF;
	RETURN QUERY
	WITH f AS NOT MATERIALIZED (
		SELECT c.* FROM chunk c
		 WHERE (in_language IS NULL OR c.language = in_language)
		   AND (in_repository IS NULL OR c.repository = in_repository OR c.repository ILIKE prefix)
	), everything AS (
		SELECT t.id, ts_rank_cd(t.body, all_q, 1) AS s
		  FROM (SELECT f.id, f.body FROM f WHERE f.body @@ all_q LIMIT 500) t ORDER BY s DESC, id LIMIT 80
	), lane AS (
		(SELECT 'symbol' AS lane, f.id, max(k.strength +
			CASE WHEN f.function_name = ANY (u.symbols) THEN 0.1 ELSE 0 END +
			CASE WHEN key(f.class_name) = ANY (u.keys) THEN 0.1 ELSE 0 END)::real AS s
		   FROM unnest(u.keys, u.strengths) AS k (key, strength) JOIN f ON key(f.function_name) = k.key
		  WHERE NOT basic AND (exact_q IS NULL OR f.body @@ exact_q) GROUP BY f.id ORDER BY s DESC, id LIMIT 50)
		UNION ALL
		(SELECT 'symbol', f.id, max(k.strength + CASE WHEN f.class_name = ANY (u.symbols) THEN 0.1 ELSE 0 END)::real AS s
		   FROM unnest(u.keys, u.strengths) AS k (key, strength) JOIN f ON key(f.class_name) = k.key
		  WHERE NOT basic AND f.chunk_type = 'class' AND (exact_q IS NULL OR f.body @@ exact_q) GROUP BY f.id ORDER BY s DESC, id LIMIT 50)
		UNION ALL
		(SELECT 'phrase', f.id, least(0.07 * numnode(phrase_q), 0.8) FROM f WHERE f.body @@ phrase_q LIMIT 50)
		UNION ALL
		(SELECT 'head', t.id, ts_rank('{0.2, 0.45, 0.7, 1.0}', t.head, any_q) AS s
		   FROM (SELECT f.id, f.head FROM f WHERE f.head @@ any_q AND NOT basic AND exact_q IS NULL LIMIT 1000) t ORDER BY s DESC, id LIMIT 80)
		UNION ALL
		(SELECT 'all', e.id, e.s FROM everything e)
		UNION ALL
		(SELECT 'any', t.id, ts_rank(t.body, any_q) AS s
		   FROM (SELECT f.id, f.body FROM f
			  WHERE f.body @@ any_q AND (SELECT count(*) FROM everything) < 80 LIMIT 300) t
		  ORDER BY s DESC, id LIMIT 30)
		UNION ALL
		(SELECT 'fuzzy', t.id, t.s
		   FROM (SELECT f.id, word_similarity(fuzzy, f.names) AS s FROM f WHERE fuzzy <% f.names
			  AND (exact_q IS NULL OR f.body @@ exact_q) LIMIT 500) t
		  ORDER BY s DESC, id LIMIT 30)
		UNION ALL
		-- how near, between the nearest and the farthest of these: models differ in what they call near
		(SELECT 'vector', n.id, coalesce((n.cosine - min(n.cosine) OVER ()) / nullif(max(n.cosine) OVER () - min(n.cosine) OVER (), 0), 1)
		   FROM (SELECT e.id, (SELECT sum(a::double precision * b) / nullif(sqrt(sum(a::double precision * a)) * norm, 0)
				FROM unnest(e.vector, wanted) AS x (a, b)) AS cosine
			   FROM (SELECT e.id, e.vector FROM embedding e
				  WHERE of_signs IS NOT NULL AND e.model = of_model AND length(e.signs) = length(of_signs)
				    AND ((in_language IS NULL AND in_repository IS NULL AND exact_q IS NULL)
				         OR EXISTS (SELECT FROM f WHERE f.id = e.id AND (exact_q IS NULL OR f.body @@ exact_q)))
				  ORDER BY bit_count(e.signs # of_signs), e.id LIMIT 60) e) n
		  WHERE n.cosine > 0)
	), found AS (
		SELECT lane.id, array_agg(DISTINCT lane.lane) AS lanes,
			coalesce(max(s) FILTER (WHERE lane.lane = 'symbol'), 0)::real AS symbol,
			coalesce(max(s) FILTER (WHERE lane.lane = 'phrase'), 0)::real AS phrase,
			least(coalesce(max(s) FILTER (WHERE lane.lane = 'all'), 0) * 5, 1)::real AS proximity,
			coalesce(max(s) FILTER (WHERE lane.lane = 'fuzzy'), 0)::real AS similarity,
			coalesce(max(s) FILTER (WHERE lane.lane = 'vector'), 0)::real AS semantic
		  FROM lane GROUP BY lane.id
	), voted AS MATERIALIZED (
		SELECT v.* FROM votes(asked, (SELECT array_agg(DISTINCT c.file_path) FROM found JOIN chunk c USING (id) WHERE opinions)) v
	)
	SELECT found.id, ((0.5 * found.symbol + 0.5 * r.head + 0.35 * r.body + 0.12 * r.coverage
		+ 0.35 * found.proximity + 0.4 * found.similarity + found.phrase + 0.5 * found.semantic) * k.kind * o.feedback)::real,
		found.lanes, found.symbol, r.head, r.body, r.coverage, found.proximity, found.similarity, found.phrase,
		found.semantic, k.kind, o.feedback
	  FROM found
	  JOIN chunk c USING (id)
	 CROSS JOIN LATERAL (
		-- each word counts by its weight; ts_rank() of one word grows with its
		-- occurrences and stays below 1; in a long piece a word says less
		SELECT (sum(w * h) / sum(w))::real AS head,
			(sum(w * b) / sum(w) / (0.8 + least(length(c.body), 500) / 400.0))::real AS body,
			(coalesce(sum(w) FILTER (WHERE h > 1e-9 OR b > 1e-9), 0) / sum(w))::real AS coverage
		  FROM (SELECT w, ts_rank('{0.2, 0.45, 0.7, 1.0}', c.head, t) AS h, ts_rank('{1, 1, 1, 1}', c.body, t) AS b
		          FROM unnest(u.terms, u.weights) AS x (t, w) OFFSET 0) y) r
	 CROSS JOIN LATERAL (SELECT codesearch.kind_weight(intent, c.chunk_type, c.signature, c.file_path)) AS k (kind)
	-- many may say the same: at most three tenths up or down, so that the query still decides
	 CROSS JOIN LATERAL (SELECT (1 + 0.3 * tanh(coalesce((SELECT v.votes FROM voted v
		WHERE (v.repository, v.file_path) = (c.repository, c.file_path)
		  AND v.function_name IS NOT DISTINCT FROM c.function_name
		  AND v.class_name IS NOT DISTINCT FROM c.class_name), 0)))::real) AS o (feedback);
END
$$;
