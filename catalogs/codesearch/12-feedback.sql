-- codesearch: what people make of the results, and what that says about a piece.
--
-- A search writes nothing, so that it stays a read: its query_id says by itself
-- which words were looked for.  It is signed for the one who searched; only what
-- they tell of it later is stored.

-- The key of the signatures, which belongs to this database and leaves it nowhere.
CREATE TABLE IF NOT EXISTS codesearch.secret (
	the_only boolean PRIMARY KEY DEFAULT true CHECK (the_only),
	key      bytea NOT NULL
);
INSERT INTO codesearch.secret (key)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
 WHERE NOT EXISTS (SELECT FROM codesearch.secret);

CREATE TABLE IF NOT EXISTS codesearch.feedback (
	feedback_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at            timestamptz NOT NULL DEFAULT now(),
	source        text NOT NULL CHECK (source IN ('feedback', 'click', 'outcome')),
	caller        text NOT NULL,	-- user, or the client that acts for itself
	request_id    text,		-- of the search; the audit trail knows it, too
	words         text[],		-- lexemes of its query; null: not about one query
	target_id     text,		-- as given
	repository    text,		-- of the piece, if target_id is one: its place and names,
	file_path     text,		-- which outlive its id
	function_name text,
	class_name    text,
	kind          text,
	rating        smallint CHECK (rating BETWEEN 1 AND 5),
	rank          integer,
	outcome       text,
	score         real,
	notes         text,
	context       jsonb,
	vote          real NOT NULL CHECK (vote BETWEEN -1 AND 1)	-- for the piece, or against it
);
CREATE INDEX IF NOT EXISTS feedback_piece ON codesearch.feedback (file_path) WHERE file_path IS NOT NULL;
CREATE INDEX IF NOT EXISTS feedback_caller ON codesearch.feedback (caller, at);
-- the same click is one click
CREATE UNIQUE INDEX IF NOT EXISTS feedback_click ON codesearch.feedback (caller, request_id, target_id)
	WHERE source = 'click';

-- ---- who calls, and what they may ----

CREATE OR REPLACE FUNCTION codesearch.caller()
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(claims ->> 'sub', claims ->> 'client_id', '')
	  FROM (SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb) AS x (claims)
$$;

-- What the functions that change the index begin with: whoever reaches them by another
-- tool than those of administrators, by mistake or by an injection, is stopped.  In psql,
-- where nobody calls, there are no claims.
CREATE OR REPLACE FUNCTION codesearch.require_admin()
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
BEGIN
	IF claims IS NOT NULL AND coalesce(claims ->> 'tier', '') NOT IN ('admin', 'service') THEN
		RAISE insufficient_privilege USING MESSAGE = 'only administrators may change the index';
	END IF;
END
$$;

-- ---- query ids ----

-- 12 bytes of a keyed hash; hashed twice, so that nothing can be added to a text that was signed.
CREATE OR REPLACE FUNCTION codesearch.signature(payload bytea)
RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT substr(sha256(s.key || sha256(s.key || convert_to(codesearch.caller(), 'UTF8') || '\x00' || payload)), 1, 12)
	  FROM codesearch.secret s
$$;

-- The id of a search for these words, in Base64url.
CREATE OR REPLACE FUNCTION codesearch.query_id(words text[])
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT rtrim(translate(encode(codesearch.signature(payload) || payload, 'base64'), E'+/\n', '-_'), '=')
	  FROM (SELECT convert_to(coalesce(nullif(current_setting('sallyport.request_id', true), ''), '-') || ' ' ||
		left(array_to_string(words, ' '), 160), 'UTF8')) AS x (payload)
$$;

-- What an id says; no row: it was not given to this caller.
CREATE OR REPLACE FUNCTION codesearch.query_of(query_id text)
RETURNS TABLE (request_id text, words text[]) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	bytes   bytea;
	payload text;
BEGIN
	IF query_id IS NULL OR query_id !~ '^[A-Za-z0-9_-]+$' OR length(query_id) NOT BETWEEN 20 AND 1200 OR length(query_id) % 4 = 1 THEN
		RETURN;
	END IF;
	bytes := decode(translate(query_id, '-_', '+/') || repeat('=', (4 - length(query_id) % 4) % 4), 'base64');
	IF codesearch.signature(substr(bytes, 13)) = substr(bytes, 1, 12) THEN
		payload := convert_from(substr(bytes, 13), 'UTF8');
		RETURN QUERY SELECT split_part(payload, ' ', 1),
			codesearch.lexemes(substr(payload, strpos(payload, ' ') + 1));
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION codesearch.lexemes(words text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.tsvector_to_array(pg_catalog.to_tsvector('codesearch.words', words))
$$;

-- ---- keeping it ----

-- Stores what a caller says, and gives its number; null: it was said before.
-- Raises when somebody says too much in a day.
CREATE OR REPLACE FUNCTION codesearch.keep_feedback(f codesearch.feedback)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
DECLARE
	a_day constant integer := 2000;
	kept  bigint;
BEGIN
	IF (SELECT count(*) FROM feedback b WHERE b.caller = codesearch.caller() AND b.at > now() - interval '1 day') >= a_day THEN
		RAISE EXCEPTION 'more than % pieces of feedback in a day', a_day;
	END IF;
	INSERT INTO feedback (source, caller, request_id, words, target_id, repository, file_path, function_name,
		class_name, kind, rating, rank, outcome, score, notes, context, vote)
	VALUES (f.source, codesearch.caller(), f.request_id, f.words, f.target_id, f.repository, f.file_path, f.function_name,
		f.class_name, f.kind, f.rating, f.rank, f.outcome, f.score, f.notes, f.context, f.vote)
	ON CONFLICT (caller, request_id, target_id) WHERE source = 'click' DO NOTHING
	RETURNING feedback_id INTO kept;
	-- how a search ended says something about what was opened
	IF f.source = 'outcome' AND f.vote <> 0 THEN
		UPDATE feedback b SET vote = f.vote
		 WHERE b.caller = codesearch.caller() AND b.request_id = f.request_id AND b.source = 'click';
	END IF;
	RETURN kept;
END
$$;

-- ---- what it is worth ----

-- How often the pieces of these files proved right (above 0) or wrong (below) for
-- queries with about these lexemes.  Of each person only the last word about a piece
-- and a query counts; what is old counts less; without a query it counts half.
CREATE OR REPLACE FUNCTION codesearch.votes(asked text[], files text[])
RETURNS TABLE (repository text, file_path text, function_name text, class_name text, votes real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = codesearch, pg_temp SET jit = off AS $$
	SELECT l.repository, l.file_path, l.function_name, l.class_name, sum(l.worth)::real FROM (
		SELECT DISTINCT ON (b.caller, b.repository, b.file_path, b.function_name, b.class_name, b.words)
			b.repository, b.file_path, b.function_name, b.class_name,
			b.vote * exp(-extract(epoch FROM now() - b.at) / (90 * 86400)) * s.likeness AS worth
		  FROM feedback b
		 CROSS JOIN LATERAL (SELECT CASE WHEN b.words IS NULL THEN 0.5 ELSE
			(SELECT count(*)::real / greatest(cardinality(asked) + cardinality(b.words) - count(*), 1)
			   FROM unnest(b.words) w WHERE w = ANY (asked)) END) AS s (likeness)
		 WHERE b.file_path = ANY (files) AND b.vote <> 0 AND s.likeness >= 0.5
		 ORDER BY b.caller, b.repository, b.file_path, b.function_name, b.class_name, b.words, b.at DESC) l
	 GROUP BY 1, 2, 3, 4
$$;
