-- codesearch-azure: what the functions behind its tools have in common.
--
-- Each of them is given the arguments of a call and the answer of the service to the
-- request before (null: there was none), and gives the next request or the result
-- (docs/catalog.md, "Functions").  They use the functions of catalogs/codesearch,
-- whose composite types are made anew when that is applied: so they stand inside of
-- functions here and in no signature, and this catalog is applied after the other.

CREATE SCHEMA IF NOT EXISTS codesearch_azure;
COMMENT ON SCHEMA codesearch_azure IS 'Code search with Azure AI Search behind it: what to ask the service, and what its answers mean';

-- The source of the catalog behind which the index is: what jobs have as their target.
CREATE OR REPLACE FUNCTION codesearch_azure.target()
RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'azure-search-admin' $$;

-- The index there, as the document of that source names it (search_index).
CREATE OR REPLACE FUNCTION codesearch_azure.index_name()
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT s.spec -> 'search_index' ->> 'name' FROM sallyport.source s WHERE s.name = codesearch_azure.target()
$$;

-- Null: it is the index that is meant.
CREATE OR REPLACE FUNCTION codesearch_azure.index_refused(name text)
RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN name <> codesearch_azure.index_name()
		THEN format('there is no index %s here; the index is %s', left(name, 100), codesearch_azure.index_name()) END
$$;

-- The next request, and what is to be known when its answer comes.
CREATE OR REPLACE FUNCTION codesearch_azure.next(request text, "with" jsonb DEFAULT '{}')
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('request', request, 'with', "with" || jsonb_build_object('index', codesearch_azure.index_name()))
$$;

-- What the service says went wrong, as every tool tells it; with when to come again, if it says that.
CREATE OR REPLACE FUNCTION codesearch_azure.refused(answer jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT codesearch.failure(coalesce(nullif(btrim(left(CASE WHEN jsonb_typeof(answer -> 'body') = 'object'
			THEN answer -> 'body' -> 'error' ->> 'message' END, 500)), ''),
			format('the search service answered with status %s', answer ->> 'status')) ||
		coalesce('; try again in ' || substring(answer -> 'headers' ->> 'retry-after' from '^\d{1,6}$') || ' seconds', ''))
$$;

CREATE OR REPLACE FUNCTION codesearch_azure.is_good(answer jsonb)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT (answer ->> 'status')::integer BETWEEN 200 AND 299
$$;

-- ---- the language of filters ----

-- A text in it; a quote inside is written twice (OData 4.0, ABNF, SQUOTE-in-string).
CREATE OR REPLACE FUNCTION codesearch_azure.quoted(t text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT '''' || replace(t, '''', '''''') || ''''
$$;

-- Documents of this language, of repositories with this name or whose names begin
-- so (names have no "~", and nothing that sorts behind it), and with each of these
-- texts word by word in one of the fields.  Null: all documents.
CREATE OR REPLACE FUNCTION codesearch_azure.filter(language text, repository text, exact text[] DEFAULT '{}')
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT nullif(array_to_string(
		CASE WHEN language IS NOT NULL THEN ARRAY['language eq ' || codesearch_azure.quoted(language)] ELSE '{}' END ||
		CASE WHEN repository IS NOT NULL THEN ARRAY[format('repository ge %s and repository lt %s',
			codesearch_azure.quoted(repository), codesearch_azure.quoted(repository || '~'))] ELSE '{}' END ||
		ARRAY(SELECT format('search.ismatch(%s, ''content,function_name,class_name,docstring'')',
			codesearch_azure.quoted('"' || translate(t, '"\', '  ') || '"')) FROM unnest(exact) WITH ORDINALITY AS x (t, o) ORDER BY o),
		' and '), '')
$$;

-- Documents with these keys.
CREATE OR REPLACE FUNCTION codesearch_azure.with_keys(keys text[])
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT format('search.in(id, %s, '','')', codesearch_azure.quoted(array_to_string(keys, ',')))
$$;

-- A query as the simple syntax has it when nothing but quotes means something in it.
CREATE OR REPLACE FUNCTION codesearch_azure.escaped(query text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT regexp_replace(query, '([-+|()*~\\])', '\\\1', 'g')
$$;

-- ---- documents as pieces ----

CREATE OR REPLACE FUNCTION codesearch_azure.fields()
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT 'id,content,file_path,repository,language,function_name,class_name,signature,docstring,tags,imports,called_functions,chunk_type,chunk_id,start_line,end_line'
$$;

-- A document of the index as a row of codesearch.chunk, with what other indexers leave out.
CREATE OR REPLACE FUNCTION codesearch_azure.piece(d jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('id', d -> 'id', 'repository', coalesce(d ->> 'repository', ''), 'file_path', coalesce(d ->> 'file_path', ''),
		'number', coalesce(substring(d ->> 'chunk_id' from ':(\d{1,6})$'), '0'),
		'language', coalesce(d ->> 'language', codesearch.language_named(substring(d ->> 'file_path' from '\.([A-Za-z0-9]+)$')), 'text'),
		'chunk_type', coalesce(d ->> 'chunk_type', CASE WHEN d ->> 'function_name' IS NOT NULL THEN 'function'
			WHEN d ->> 'class_name' IS NOT NULL THEN 'class' ELSE 'file' END),
		'function_name', d -> 'function_name', 'class_name', d -> 'class_name', 'signature', d -> 'signature', 'docstring', d -> 'docstring',
		'defines', to_jsonb(codesearch.strings(d -> 'tags')), 'called_functions', to_jsonb(codesearch.strings(d -> 'called_functions')),
		'start_line', coalesce(d -> 'start_line', '1'), 'end_line', coalesce(d -> 'end_line', d -> 'start_line', '1'),
		'content', coalesce(d ->> 'content', ''))
$$;
