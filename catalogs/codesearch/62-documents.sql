-- codesearch: single pieces, put in or taken out by hand.

-- ---- as the owner ----

CREATE OR REPLACE FUNCTION codesearch.strings(list jsonb)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN jsonb_typeof(list) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(list)) ELSE '{}' END
$$;

-- Stores one document as a piece; with `merge` what the document does not say stays.
-- Raises what is wrong with it.
CREATE OR REPLACE FUNCTION codesearch.put_document(d jsonb, merge boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
DECLARE
	old      chunk;
	fields   constant text[] := '{id,chunk_id,repository,file_path,number,language,chunk_type,function_name,class_name,signature,docstring,
		defines,tags,imports,called_functions,start_line,end_line,content,last_modified,content_vector}';
	unknown  text := (SELECT string_agg(k, ', ') FROM jsonb_object_keys(d) k WHERE k <> ALL (fields) AND k !~ '^@search\.');
	in_repository text := d ->> 'repository';
	path     text := d ->> 'file_path';
	place    integer := coalesce((d ->> 'number')::integer, substring(d ->> 'chunk_id' from ':(\d{1,6})$')::integer, 0);
	key      text := d ->> 'id';
	content  text;
	first    integer;
BEGIN
	PERFORM codesearch.require_admin();
	IF jsonb_typeof(d) <> 'object' THEN
		RAISE EXCEPTION 'a document is an object';
	ELSIF unknown IS NOT NULL THEN
		RAISE EXCEPTION 'unknown fields: %', left(unknown, 200);
	ELSIF merge AND key IS NULL THEN
		RAISE EXCEPTION 'id is missing';
	END IF;
	SELECT * INTO old FROM chunk WHERE id = key FOR UPDATE;
	IF merge THEN
		IF old.id IS NULL THEN
			RAISE EXCEPTION 'there is no document %', left(key, 128);
		END IF;
		in_repository := old.repository;
		path := old.file_path;
		place := old.number;
	END IF;
	content := coalesce(d ->> 'content', old.content);
	first := coalesce((d ->> 'start_line')::integer, old.start_line, 1);
	IF in_repository IS NULL OR in_repository !~ '^[A-Za-z0-9._/-]{1,100}$' THEN
		RAISE EXCEPTION 'repository must have 1 to 100 of letters, digits and . _ - /';
	ELSIF coalesce(length(path), 0) NOT BETWEEN 1 AND 1024 OR octet_length(path) > 1024 THEN
		RAISE EXCEPTION 'file_path must have 1 to 1024 bytes';
	ELSIF content IS NULL OR length(content) > 32000 THEN
		RAISE EXCEPTION 'content must be there and have at most 32000 characters';
	ELSIF key !~ '^[A-Za-z0-9_=-]{1,128}$' THEN
		RAISE EXCEPTION 'id must have 1 to 128 of letters, digits and _ - =';
	ELSIF place < 0 OR first < 1 OR (d ->> 'end_line')::integer < first THEN
		RAISE EXCEPTION 'numbers of lines count from 1, and number from 0';
	ELSIF old.id IS NOT NULL AND (old.repository, old.file_path) <> (in_repository, path) THEN
		RAISE EXCEPTION 'document % is a piece of another file', key;
	END IF;
	key := coalesce(key, left(encode(sha256(convert_to(format('%s:%s:%s', in_repository, path, place), 'UTF8')), 'hex'), 16));
	INSERT INTO repository (name) VALUES (in_repository) ON CONFLICT DO NOTHING;
	-- no file has the empty digest: when the indexer meets this one, it cuts it anew
	INSERT INTO file (repository, path, sha256, language, last_modified, imports)
	VALUES (in_repository, path, '\x', coalesce(d ->> 'language', old.language, 'text'), coalesce((d ->> 'last_modified')::timestamptz, now()),
		strings(d -> 'imports'))
	ON CONFLICT ON CONSTRAINT file_pkey DO UPDATE SET sha256 = '\x', indexed_at = now(),
		last_modified = CASE WHEN d ? 'last_modified' THEN excluded.last_modified ELSE file.last_modified END,
		imports = CASE WHEN d ? 'imports' THEN excluded.imports ELSE file.imports END;
	INSERT INTO chunk (id, repository, file_path, number, language, chunk_type, function_name, class_name, signature, docstring,
		defines, called_functions, start_line, end_line, content)
	VALUES (key, in_repository, path, place, coalesce(d ->> 'language', old.language, 'text'), coalesce(d ->> 'chunk_type', old.chunk_type,
			CASE WHEN d ->> 'function_name' IS NOT NULL THEN 'function' WHEN d ->> 'class_name' IS NOT NULL THEN 'class' ELSE 'file' END),
		coalesce(d ->> 'function_name', old.function_name), coalesce(d ->> 'class_name', old.class_name),
		coalesce(d ->> 'signature', old.signature), coalesce(d ->> 'docstring', old.docstring),
		CASE WHEN d ? 'defines' OR d ? 'tags' OR old.id IS NULL THEN strings(d -> 'defines') || strings(d -> 'tags') ELSE old.defines END,
		CASE WHEN d ? 'called_functions' OR old.id IS NULL THEN strings(d -> 'called_functions') ELSE old.called_functions END, first,
		coalesce((d ->> 'end_line')::integer, first + length(content) - length(replace(content, E'\n', ''))), content)
	ON CONFLICT (id) DO UPDATE SET number = excluded.number, language = excluded.language, chunk_type = excluded.chunk_type,
		function_name = excluded.function_name, class_name = excluded.class_name, signature = excluded.signature,
		docstring = excluded.docstring, defines = excluded.defines, called_functions = excluded.called_functions,
		start_line = excluded.start_line, end_line = excluded.end_line, content = excluded.content;
	IF jsonb_typeof(d -> 'content_vector') = 'array' THEN
		INSERT INTO embedding (id, vector) SELECT key, array_agg(v::real ORDER BY o) FROM jsonb_array_elements_text(d -> 'content_vector') WITH ORDINALITY AS x (v, o)
		ON CONFLICT ON CONSTRAINT embedding_pkey DO UPDATE SET vector = excluded.vector, model = NULL;
	END IF;
END
$$;

-- Removes pieces by their ids, and files that have none left.
CREATE OR REPLACE FUNCTION codesearch.delete_documents(keys text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
DECLARE
	gone bigint;
BEGIN
	PERFORM codesearch.require_admin();
	WITH went AS (
		DELETE FROM chunk WHERE id = ANY (keys) RETURNING repository, file_path
	), touched AS (
		-- what is left of a file is not what the file holds: the indexer has to cut it anew
		UPDATE file f SET sha256 = '\x' FROM (SELECT DISTINCT repository, file_path FROM went) w
		 WHERE (f.repository, f.path) = (w.repository, w.file_path)
	) SELECT count(*) INTO gone FROM went;
	DELETE FROM file f WHERE f.sha256 = '\x' AND NOT EXISTS (SELECT FROM chunk c WHERE (c.repository, c.file_path) = (f.repository, f.path));
	RETURN gone;
END
$$;

-- Removes the files that are older, and their pieces.
CREATE OR REPLACE FUNCTION codesearch.delete_older(date_field text, cutoff timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
DECLARE
	gone bigint := codesearch.count_older(date_field, cutoff);
BEGIN
	PERFORM codesearch.require_admin();
	DELETE FROM file f WHERE CASE date_field WHEN 'created_at' THEN f.indexed_at ELSE f.last_modified END < cutoff;
	RETURN gone;
END
$$;
CREATE OR REPLACE FUNCTION codesearch.count_older(date_field text, cutoff timestamptz)
RETURNS bigint LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT count(*) FROM chunk c JOIN file f ON (f.repository, f.path) = (c.repository, c.file_path)
	 WHERE CASE date_field WHEN 'created_at' THEN f.indexed_at ELSE f.last_modified END < cutoff
$$;

-- ---- manage_documents ----
CREATE OR REPLACE FUNCTION tools.manage_documents(action text, index_name text, documents jsonb[] DEFAULT NULL,
	document_keys text[] DEFAULT NULL, filter_query text DEFAULT NULL, batch_size integer DEFAULT 1000, merge boolean DEFAULT false,
	days_old integer DEFAULT NULL, date_field text DEFAULT NULL, dry_run boolean DEFAULT false, confirm jsonb DEFAULT 'false')
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	most     constant integer := 1000;	-- of one call
	started  timestamptz := clock_timestamp();
	refused  text := codesearch.index_refused(index_name);
	answer   jsonb;
	failed   jsonb := '[]';
	failures integer := 0;
	seconds  numeric;
	found    bigint;
	gone     bigint;
	cutoff   timestamptz;
BEGIN
	IF refused IS NOT NULL THEN
		RETURN codesearch.failure(refused);
	END IF;
	CASE lower(action)
	WHEN 'count' THEN
		RETURN codesearch.success(jsonb_build_object('count', (SELECT count(*) FROM codesearch.chunk), 'index', 'codesearch'));
	WHEN 'upload' THEN
		IF coalesce(cardinality(documents), 0) NOT BETWEEN 1 AND most THEN
			RETURN codesearch.failure(format('upload needs 1 to %s documents', most));
		END IF;
		FOR i IN 1 .. cardinality(documents) LOOP
			BEGIN
				PERFORM codesearch.put_document(documents[i], merge);
			EXCEPTION WHEN raise_exception OR data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
				failures := failures + 1;
				IF failures <= 100 THEN
					failed := failed || jsonb_build_object('key', documents[i] -> 'id', 'position', i - 1, 'error', left(SQLERRM, 300));
				END IF;
			END;
		END LOOP;
		seconds := greatest(extract(epoch FROM clock_timestamp() - started), 0.001);
		RETURN codesearch.success(jsonb_build_object('total_processed', cardinality(documents), 'succeeded', cardinality(documents) - failures,
			'failed', failures, 'elapsed_seconds', round(seconds, 3),
			'documents_per_second', round(cardinality(documents) / seconds, 1), 'failed_documents', failed));
	WHEN 'delete' THEN
		IF coalesce(cardinality(document_keys), 0) NOT BETWEEN 1 AND most THEN
			RETURN codesearch.failure(format('delete needs 1 to %s document_keys', most));
		END IF;
		SELECT count(*) INTO found FROM codesearch.chunk c WHERE c.id = ANY (document_keys);
		IF found = 0 THEN
			RETURN codesearch.failure('none of these documents is there');
		END IF;
		answer := codesearch.unconfirmed(confirm, format('This removes %s documents from the index.', found));
		IF answer IS NOT NULL THEN
			RETURN answer;
		END IF;
		gone := codesearch.delete_documents(document_keys);
		RETURN codesearch.success(jsonb_build_object('deleted', gone, 'requested', cardinality(document_keys), 'index', 'codesearch'));
	WHEN 'cleanup' THEN
		IF days_old IS NULL OR days_old NOT BETWEEN 1 AND 36500 OR date_field IS NULL OR date_field NOT IN ('last_modified', 'created_at') THEN
			RETURN codesearch.failure('cleanup needs days_old (1 or more) and date_field (last_modified or created_at)');
		END IF;
		cutoff := now() - make_interval(days => days_old);
		found := codesearch.count_older(date_field, cutoff);
		IF NOT dry_run AND found > 0 THEN
			answer := codesearch.unconfirmed(confirm, format('This removes the %s documents of files whose %s is before %s.', found, date_field,
				to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD')));
			IF answer IS NOT NULL THEN
				RETURN answer;
			END IF;
			gone := codesearch.delete_older(date_field, cutoff);
		END IF;
		RETURN codesearch.success(jsonb_build_object('found', found, 'deleted', coalesce(gone, 0), 'dry_run', dry_run, 'date_field', date_field,
			'cutoff_date', cutoff));
	WHEN 'verify' THEN
		RETURN codesearch.success(codesearch.verified());
	ELSE
		RETURN codesearch.failure('action must be one of upload, delete, cleanup, count, verify');
	END CASE;
END
$$;

-- A hundred documents looked at.
CREATE OR REPLACE FUNCTION codesearch.verified()
RETURNS jsonb LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	WITH sample AS (
		SELECT c.*, f.imports FROM chunk c JOIN file f ON (f.repository, f.path) = (c.repository, c.file_path) ORDER BY c.id LIMIT 100
	), issue AS (
		SELECT id, 'content is empty' AS said FROM sample WHERE btrim(content, E' \t\r\n') = ''
		UNION ALL SELECT id, 'the language is not known' FROM sample WHERE codesearch.language_named(language) IS DISTINCT FROM language
		UNION ALL SELECT id, 'it ends before it starts' FROM sample WHERE end_line < start_line
		UNION ALL SELECT id, 'a function without a name' FROM sample WHERE chunk_type = 'function' AND function_name IS NULL
	)
	SELECT jsonb_build_object('total_documents', (SELECT count(*) FROM chunk), 'sampled_documents', (SELECT count(*) FROM sample),
		'issues', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'issue', said)) FROM (SELECT * FROM issue ORDER BY id LIMIT 50) i), '[]'),
		'issue_count', (SELECT count(*) FROM issue),
		-- the share of documents that have it
		'field_coverage', (SELECT jsonb_build_object('content', round(avg((content <> '')::integer), 2), 'function_name', round(avg((function_name IS NOT NULL)::integer), 2),
			'class_name', round(avg((class_name IS NOT NULL)::integer), 2), 'signature', round(avg((signature IS NOT NULL)::integer), 2),
			'docstring', round(avg((docstring IS NOT NULL)::integer), 2), 'imports', round(avg((imports <> '{}')::integer), 2),
			'called_functions', round(avg((called_functions <> '{}')::integer), 2)) FROM sample),
		'verification_timestamp', now())
$$;
COMMENT ON FUNCTION tools.manage_documents(text, text, jsonb[], text[], text, integer, boolean, integer, text, boolean, jsonb) IS $c$Manage documents
Single pieces of the index. upload: puts documents in, or changes them with merge; each needs repository, file_path and
content, and may have id, chunk_id ("path:number"), language, chunk_type, function_name, class_name, signature, docstring,
tags, imports, called_functions, start_line, end_line, last_modified, content_vector. delete: takes some out by their ids.
cleanup: takes out those of files that are older than days_old. count; verify: looks at a hundred of them. What would be lost
has to be confirmed. Sources are better indexed by index_repository, which replaces what was uploaded for the same files.
@mcp
@toolset azure_management
@invalidates index_status
@scope codesearch:admin
@tier admin
@destructive
@param action {"examples": ["upload", "delete", "cleanup", "count", "verify"]} what to do
@param index_name the index; there is one, codesearch
@param documents {"maxItems": 1000} upload: the documents
@param document_keys {"maxItems": 1000} delete: ids of documents
@param filter_query accepted for compatibility
@param batch_size accepted for compatibility; everything is one transaction
@param merge upload: change documents that are there, and leave what is not said
@param days_old {"minimum": 1} cleanup: older than so many days
@param date_field {"examples": ["last_modified", "created_at"]} cleanup: last_modified of the file, or created_at, when it was indexed
@param dry_run cleanup: count only
@param confirm {"type": ["boolean", "string"]} delete, cleanup: true to go on
@output {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}, "error": {"type": "string"}, "code": {"type": "string"}, "data": {"type": "object"}}}$c$;
