-- Mends catalog_apply() and catalog_export() of 0022-catalog-apply.sql.

-- As there.  The tables of the difference stay until the transaction ends: what is long in
-- them is looked up when the answer is read.
CREATE OR REPLACE FUNCTION sallyport.catalog_apply(p_documents json, p_prune boolean, ctx jsonb DEFAULT '{}')
RETURNS TABLE (action text, kind text, server text, name text, reason text, was json, becomes json, was_document json)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	k sallyport.catalog_kind;
	g record;
	n bigint;
BEGIN
	PERFORM 1 FROM sallyport.version v WHERE v.name = 'catalog' FOR UPDATE;	-- one at a time
	DROP TABLE IF EXISTS pg_temp.document_wanted, pg_temp.document_diff;	-- of an earlier call in this transaction
	CREATE TEMPORARY TABLE document_wanted ON COMMIT DROP AS
		SELECT d.n, d.value->>'kind' AS kind, coalesce(d.value->>'server', '') AS server, d.value->>'name' AS name,
		       d.value->>'group' AS "group", d.value->>'origin' AS origin, d.value->'body' AS body, d.value->'row' AS row,
		       array(SELECT json_object_keys(d.value->'row') ORDER BY 1) AS columns,
		       NULL::json AS becomes, NULL::json AS was, NULL::text AS refusal
		  FROM json_array_elements(p_documents) WITH ORDINALITY d (value, n);
	CREATE TEMPORARY TABLE document_diff (action text, kind text, server text, name text, reason text, was json,
		becomes json, was_document json) ON COMMIT DROP;

	FOR k IN SELECT * FROM sallyport.catalog_kind x WHERE x.relation IS NOT NULL ORDER BY x.position LOOP
		EXECUTE format('UPDATE pg_temp.document_wanted w SET becomes = sallyport.catalog_columns((SELECT to_json(r)
				FROM json_populate_record(NULL::sallyport.%1$I, w.row) r), w.columns) WHERE w.kind = %2$L', k.relation, k.kind);
		EXECUTE format('UPDATE pg_temp.document_wanted w SET was = sallyport.catalog_columns(to_json(t), w.columns),
				refusal = CASE WHEN to_jsonb(t)->>''kind'' IN (''function'', ''upstream'') AND
				    to_jsonb(t)->>''kind'' IS DISTINCT FROM w.becomes->>''kind''
				    THEN format(''there is one of this name that %%s makes'', CASE to_jsonb(t)->>''kind''
				        WHEN ''function'' THEN ''a function'' ELSE ''an upstream server'' END) END
			FROM sallyport.%1$I t WHERE w.kind = %2$L AND t.%3$I = w.name %4$s', k.relation, k.kind, k.key,
		    CASE WHEN k.server IS NOT NULL THEN format('AND t.%I = w.server', k.server) END);
	END LOOP;

	INSERT INTO pg_temp.document_diff
	SELECT CASE WHEN w.refusal IS NOT NULL THEN 'refused'
	            WHEN w.was IS NULL AND (w.row IS NOT NULL OR d.kind IS NULL) THEN 'added' ELSE 'changed' END,
	       w.kind, w.server, w.name, w.refusal, w.was, w.becomes,
	       CASE WHEN d.kind IS NOT NULL THEN json_build_object('origin', d.origin, 'group', d."group", 'body', d.body) END
	  FROM pg_temp.document_wanted w
	  LEFT JOIN sallyport.catalog_document d ON d.kind = w.kind AND d.server = w.server AND d.name = w.name
	 WHERE w.refusal IS NOT NULL OR w.was::text IS DISTINCT FROM w.becomes::text OR d.kind IS NULL OR
	       d.body::text <> w.body::text OR (d.origin, d."group") IS DISTINCT FROM (w.origin, w."group");

	-- what something that is given whole has no more, and what had been made of that
	INSERT INTO pg_temp.document_diff
	WITH RECURSIVE gone AS (
		SELECT d.kind, d.server, d.name FROM sallyport.catalog_document d
		 WHERE d."group" IN (SELECT w.name FROM pg_temp.document_wanted w WHERE w.kind = 'group') OR
		       d.origin IN (SELECT w.kind || ' ' || w.name FROM pg_temp.document_wanted w) OR
		       p_prune AND d.origin IN (SELECT w.origin FROM pg_temp.document_wanted w)
		UNION
		SELECT d.kind, d.server, d.name FROM gone x JOIN sallyport.catalog_document d ON d.origin = x.kind || ' ' || x.name
		 WHERE NOT EXISTS (SELECT FROM pg_temp.document_wanted w WHERE (w.kind, w.server, w.name) = (x.kind, x.server, x.name)))
	SELECT 'removed', d.kind, d.server, d.name, NULL, sallyport.catalog_row(d.kind, d.server, d.name), NULL,
	       json_build_object('origin', d.origin, 'group', d."group", 'body', d.body)
	  FROM gone JOIN sallyport.catalog_document d USING (kind, server, name)
	 WHERE NOT EXISTS (SELECT FROM pg_temp.document_wanted w WHERE (w.kind, w.server, w.name) = (d.kind, d.server, d.name));

	IF NOT EXISTS (SELECT FROM pg_temp.document_diff d WHERE d.action = 'refused') THEN
		-- few statements, each of which tells the workers and adds up what servers offer
		FOR g IN
			SELECT x.relation, x.key, x.server, w.columns, json_agg(w.row) AS rows
			  FROM pg_temp.document_wanted w JOIN pg_temp.document_diff d USING (kind, server, name)
			  JOIN sallyport.catalog_kind x USING (kind)
			 WHERE x.relation IS NOT NULL AND d.was::text IS DISTINCT FROM d.becomes::text
			 GROUP BY x.position, x.relation, x.key, x.server, w.columns ORDER BY x.position, w.columns
		LOOP
			EXECUTE (SELECT format('INSERT INTO sallyport.%1$I (%2$s) SELECT %2$s FROM
				    json_populate_recordset(NULL::sallyport.%1$I, $1) ON CONFLICT (%3$s) DO UPDATE SET %4$s', g.relation,
			        string_agg(quote_ident(c), ', '), concat_ws(', ', quote_ident(g.server), quote_ident(g.key)),
			        string_agg(format('%1$I = excluded.%1$I', c), ', ')) FROM unnest(g.columns) c) USING g.rows;
		END LOOP;
		FOR k IN SELECT * FROM sallyport.catalog_kind x WHERE x.relation IS NOT NULL AND EXISTS
			(SELECT FROM pg_temp.document_diff d WHERE d.kind = x.kind AND d.action = 'removed') ORDER BY x.position DESC
		LOOP
			EXECUTE format('DELETE FROM sallyport.%1$I t USING pg_temp.document_diff d WHERE d.kind = %2$L AND
				    d.action = ''removed'' AND t.%3$I = d.name AND t.%3$I <> '''' %4$s', k.relation, k.kind, k.key,
			    CASE WHEN k.server IS NOT NULL THEN format('AND t.%I = d.server', k.server) END);
		END LOOP;
		DELETE FROM sallyport.catalog_document c USING pg_temp.document_diff d
		 WHERE d.action = 'removed' AND (c.kind, c.server, c.name) = (d.kind, d.server, d.name);
		INSERT INTO sallyport.catalog_document (kind, server, name, body, origin, "group")
		SELECT w.kind, w.server, w.name, w.body, w.origin, w."group"
		  FROM pg_temp.document_wanted w JOIN pg_temp.document_diff d USING (kind, server, name)
		ON CONFLICT (kind, server, name) DO UPDATE SET body = excluded.body, origin = excluded.origin,
		    "group" = excluded."group", applied_at = now();
		-- what still uses what was removed
		INSERT INTO pg_temp.document_diff
		SELECT 'refused', 'tool', t.resource, t.name, format('it uses %s %s, which would be removed', r.kind, quote_literal(r.name))
		  FROM pg_temp.document_diff r JOIN sallyport.tool t ON t.spec->>r.kind = r.name
		 WHERE r.action = 'removed' AND r.kind IN ('source', 'credential', 'upstream') AND t.kind <> 'upstream';
		SELECT count(*) INTO n FROM pg_temp.document_diff d;
		IF n > 0 THEN
			PERFORM sallyport.audit_write('catalog.apply', 'ok', NULL, NULL, NULL, NULL,
			    (SELECT jsonb_object_agg(x.action, x.names) || jsonb_build_object('version',
			            (SELECT v.version FROM sallyport.version v WHERE v.name = 'catalog'))
			       FROM (SELECT d.action, jsonb_agg(concat_ws(' ', d.kind, coalesce(nullif(d.server, '') || '/', '') || d.name)
			                        ORDER BY d.kind, d.server, d.name) AS names
			               FROM pg_temp.document_diff d GROUP BY d.action) x), ctx);
		END IF;
	END IF;
	RETURN QUERY SELECT d.action, d.kind, d.server, d.name, d.reason, d.was, d.becomes, d.was_document
	    FROM pg_temp.document_diff d JOIN sallyport.catalog_kind x USING (kind)
	    ORDER BY array_position(array['added', 'changed', 'removed', 'refused'], d.action), x.position, d.server, d.name;
END
$$;

-- As there; kinds of no server, too, are sorted.
-- What documents could have made: all rows but those that functions and upstream servers make.
CREATE OR REPLACE FUNCTION sallyport.catalog_export()
RETURNS TABLE (kind text, server text, name text, "group" text, origin text, body json, entry json)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	k sallyport.catalog_kind;
BEGIN
	FOR k IN SELECT * FROM sallyport.catalog_kind x ORDER BY x.position LOOP
		IF k.relation IS NULL THEN
			RETURN QUERY SELECT d.kind, d.server, d.name, d."group", d.origin, d.body, NULL::json
			    FROM sallyport.catalog_document d WHERE d.kind = k.kind ORDER BY d.name;
			CONTINUE;
		END IF;
		RETURN QUERY EXECUTE format('SELECT %2$L::text, coalesce(d.server, %4$s), t.%3$I::text, d."group", d.origin, d.body, to_json(t)
		        FROM sallyport.%1$I t LEFT JOIN sallyport.catalog_document d
		          ON d.kind = %2$L AND d.name = t.%3$I AND d.server = %4$s
		       WHERE coalesce(to_jsonb(t)->>''kind'', '''') NOT IN (''function'', ''upstream'')
		       ORDER BY coalesce(%4$s), t.%3$I', k.relation, k.kind, k.key,
		    CASE WHEN k.server IS NOT NULL THEN format('t.%I', k.server) ELSE quote_literal('') END);
	END LOOP;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
