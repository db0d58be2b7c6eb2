-- codesearch: what callers say about results.

-- Notes and context are theirs to choose, not to fill a disk with.
CREATE OR REPLACE FUNCTION codesearch.feedback_refused(notes text, context jsonb)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN length(notes) > 4000 THEN 'notes are longer than 4000 characters'
		WHEN context IS NOT NULL AND jsonb_typeof(context) <> 'object' THEN 'context must be an object'
		WHEN length(context::text) > 16384 THEN 'context is longer than 16384 characters' END
$$;

-- The piece with this id; null: none has it.
CREATE OR REPLACE FUNCTION codesearch.piece_of(id text)
RETURNS codesearch.chunk LANGUAGE sql STABLE AS $$
	SELECT c FROM codesearch.chunk c WHERE c.id = btrim($1)
$$;

-- ---- submit_feedback ----

-- piece: what target_id is the id of, with its place and its names, or null.
CREATE OR REPLACE FUNCTION codesearch.submit_feedback(target_id text, kind text, rating integer, notes text, context jsonb, piece codesearch.chunk)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	f       codesearch.feedback;
	q       record;
	refused text := codesearch.feedback_refused(notes, context);
BEGIN
	f.source := 'feedback';
	f.target_id := btrim(target_id);
	f.kind := lower(btrim(kind));
	IF f.target_id = '' OR length(f.target_id) > 1200 THEN
		RETURN codesearch.failure('target_id must have 1 to 1200 characters');
	ELSIF f.kind NOT IN ('positive', 'negative', 'neutral', 'bug', 'feature', 'other') THEN
		RETURN codesearch.failure('kind must be one of positive, negative, neutral, bug, feature, other');
	ELSIF rating NOT BETWEEN 1 AND 5 THEN
		RETURN codesearch.failure('rating must be 1 to 5');
	ELSIF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	END IF;
	-- which query it is about may stand in the context, as search_code gave it
	SELECT * INTO q FROM codesearch.query_of(coalesce(context ->> 'query_id', f.target_id));
	f.request_id := q.request_id;
	f.words := q.words;
	f.rating := rating;
	f.notes := notes;
	f.context := context;
	-- of kind and rating the clearer one
	f.vote := CASE f.kind WHEN 'positive' THEN greatest((rating - 3) / 2.0, 0.5) WHEN 'negative' THEN least((rating - 3) / 2.0, -0.5)
		WHEN 'neutral' THEN 0 WHEN 'other' THEN (rating - 3) / 2.0 ELSE 0 END;
	f.repository := piece.repository;
	f.file_path := piece.file_path;
	f.function_name := piece.function_name;
	f.class_name := piece.class_name;
	RETURN codesearch.success(jsonb_build_object('stored', true, 'id', codesearch.keep_feedback(f),
		'affects_ranking', piece.id IS NOT NULL AND f.vote <> 0));
END
$$;
CREATE OR REPLACE FUNCTION tools.submit_feedback(target_id text, kind text, rating integer, notes text DEFAULT NULL,
	context jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT codesearch.submit_feedback(target_id, kind, rating, notes, context, codesearch.piece_of(target_id))
$$;
COMMENT ON FUNCTION tools.submit_feedback(text, text, integer, text, jsonb) IS $c$Submit feedback
Says how useful something was: a result of search_code (its id), a whole search (its query_id), or anything else by a name
of your own. What is said of a result moves it up or down in later searches for the same words; with its query_id in
context only in those, otherwise a little in all.
@mcp
@toolset feedback
@scope codesearch:work
@tier developer
@param target_id {"minLength": 1} id of a result, a query_id, or the name of what the feedback is about
@param kind {"examples": ["positive", "negative", "neutral", "bug", "feature", "other"]} what kind of feedback it is
@param rating {"examples": [1, 5]} 1 (useless) to 5 (just what was needed)
@param notes what was good, or what was missing
@param context {"type": "object", "properties": {"query_id": {"type": "string"}}} more about it; query_id is the one of the search
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["stored", "id", "affects_ranking"], "properties": {"stored": {"const": true}, "id": {"type": "integer"},
	"affects_ranking": {"type": "boolean"}}}}}$c$;

-- ---- track_search_click ----
CREATE OR REPLACE FUNCTION codesearch.track_search_click(query_id text, doc_id text, rank integer, context jsonb, piece codesearch.chunk, backend text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	f       codesearch.feedback;
	q       record;
	refused text := codesearch.feedback_refused(NULL, context);
BEGIN
	SELECT * INTO q FROM codesearch.query_of(btrim(query_id));
	IF q.request_id IS NULL THEN
		RETURN codesearch.failure('query_id is not one that search_code gave you');
	ELSIF piece.id IS NULL THEN
		RETURN codesearch.failure('doc_id is not the id of a piece in the index');
	ELSIF rank < 1 THEN
		RETURN codesearch.failure('rank counts from 1');
	ELSIF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	END IF;
	f.source := 'click';
	f.request_id := q.request_id;
	f.words := q.words;
	f.target_id := btrim(doc_id);
	f.rank := rank;
	f.context := context;
	f.vote := 0.5;		-- it looked right; track_search_outcome says whether it was
	f.repository := piece.repository;
	f.file_path := piece.file_path;
	f.function_name := piece.function_name;
	f.class_name := piece.class_name;
	PERFORM codesearch.keep_feedback(f);
	RETURN codesearch.success(jsonb_build_object('tracked', true, 'backend', backend));
END
$$;
CREATE OR REPLACE FUNCTION tools.track_search_click(query_id text, doc_id text, rank integer, context jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT codesearch.track_search_click(query_id, doc_id, rank, context, codesearch.piece_of(doc_id), 'postgresql')
$$;
COMMENT ON FUNCTION tools.track_search_click(text, text, integer, jsonb) IS $c$Track search click
Says that a result of search_code was opened or used. It comes first more easily when the same is searched again.
@mcp
@toolset feedback
@scope codesearch:work
@tier developer
@idempotent
@param query_id the query_id of the search
@param doc_id the id of the result
@param rank its place in the results, from 1
@param context {"type": "object"} more about it
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["tracked", "backend"], "properties": {"tracked": {"const": true}, "backend": {"type": "string"}}}}}$c$;

-- ---- track_search_outcome ----
CREATE OR REPLACE FUNCTION codesearch.track_search_outcome(query_id text, outcome text, score real, context jsonb, backend text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	f       codesearch.feedback;
	q       record;
	refused text := codesearch.feedback_refused(NULL, context);
BEGIN
	SELECT * INTO q FROM codesearch.query_of(btrim(query_id));
	IF q.request_id IS NULL THEN
		RETURN codesearch.failure('query_id is not one that search_code gave you');
	ELSIF btrim(outcome) = '' OR length(outcome) > 400 THEN
		RETURN codesearch.failure('outcome must have 1 to 400 characters');
	ELSIF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	END IF;
	f.source := 'outcome';
	f.request_id := q.request_id;
	f.words := q.words;
	f.outcome := outcome;
	f.score := score;
	f.context := context;
	f.vote := CASE WHEN outcome ~* '\m(fail\w*|unsuccessful|not (found|helpful|useful)|wrong|useless|abandoned)\M' THEN -0.5
		WHEN outcome ~* '\m(success\w*|succe\w+|solved|fixed|found|done|helpful|useful|ok)\M' THEN 1 ELSE 0 END;
	PERFORM codesearch.keep_feedback(f);
	RETURN codesearch.success(jsonb_build_object('tracked', true, 'backend', backend));
END
$$;
CREATE OR REPLACE FUNCTION tools.track_search_outcome(query_id text, outcome text, score real DEFAULT NULL,
	context jsonb DEFAULT NULL)
RETURNS jsonb LANGUAGE sql AS $$
	SELECT codesearch.track_search_outcome(query_id, outcome, score, context, 'postgresql')
$$;
COMMENT ON FUNCTION tools.track_search_outcome(text, text, real, jsonb) IS $c$Track search outcome
Says how the work that a search was for ended. It counts for the results of that search that were reported with
track_search_click: for them after a success, against them after a failure.
@mcp
@toolset feedback
@scope codesearch:work
@tier developer
@param query_id the query_id of the search
@param outcome {"minLength": 1, "examples": ["success", "failure"]} success, failure, or what happened in a few words
@param score how well it went, in numbers of your own; kept as given
@param context {"type": "object"} more about it
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object",
	"required": ["tracked", "backend"], "properties": {"tracked": {"const": true}, "backend": {"type": "string"}}}}}$c$;
