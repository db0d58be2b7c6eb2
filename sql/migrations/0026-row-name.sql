-- A function may have a column r.  In row_to_json(r) it would win over the row that is
-- called r, so that row has a name that no column has.

-- The statement of a call of a tool of kind "function": head, then of the
-- arguments those that are present (before, "$n", after, with commas between),
-- then tail.  Its one row is
--	result	text	the JSON object; null when it is longer than max_bytes
--	size	integer	its length in bytes
--	rows	bigint	how many rows a set had, at most max_rows; null for one value
--	failed	boolean	the object has "ok": false
CREATE OR REPLACE FUNCTION sallyport.catalog_call_json(t sallyport.tool)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_build_object('args', t.spec->'args',
	    'head', format('SELECT CASE WHEN octet_length(q.v) <= %s THEN q.v END AS result, '
	        'octet_length(q.v) AS size, q.n AS rows, q.failed FROM (SELECT ', t.max_bytes) || CASE t.spec->>'returns'
	    WHEN 'table' THEN
	        '''{"rows":['' || coalesce(string_agg(row_to_json("its row")::text, '',''), '''') || '']}'', '
	        'count(*), NULL::boolean FROM (SELECT * FROM '
	    WHEN 'set' THEN
	        '''{"rows":['' || coalesce(string_agg(coalesce(to_json(r.c)::text, ''null''), '',''), '''') || '']}'', '
	        'count(*), NULL::boolean FROM (SELECT * FROM '
	    WHEN 'object' THEN
	        'row_to_json("its row")::text, NULL::bigint, ' ||
	        CASE WHEN (t.spec->'ok')::boolean THEN '"its row".ok IS FALSE' ELSE 'NULL::boolean' END || ' FROM (SELECT * FROM '
	    WHEN 'value' THEN
	        '''{"result":'' || coalesce(to_json(r.c)::text, ''null'') || ''}'', NULL::bigint, NULL::boolean FROM '
	    WHEN 'json' THEN
	        'CASE WHEN json_typeof(r.c::json) = ''object'' THEN r.c::text '
	        'ELSE ''{"result":'' || coalesce(r.c::text, ''null'') || ''}'' END, NULL::bigint, '
	        '(r.c->''ok'')::text = ''false'' FROM '
	    WHEN 'void' THEN
	        '''{"result":null}'', NULL::bigint, NULL::boolean FROM '
	    END || (t.spec->>'call') || '(',
	    'tail', CASE t.spec->>'returns'
	    WHEN 'table' THEN format(') LIMIT %s) AS "its row"', t.max_rows)
	    WHEN 'set' THEN format(') AS f (c) LIMIT %s) AS r', t.max_rows)
	    WHEN 'object' THEN ')) AS "its row" OFFSET 0'	-- a fence: the JSON is made once
	    ELSE ') AS r (c) OFFSET 0'
	    END || ') AS q (v, n, failed)');
$$;
