-- codesearch: prompts, each one message that tells a model how to go about a question with
-- these tools.

-- What a person typed stands apart from what we say, and cannot end its place.
CREATE OR REPLACE FUNCTION codesearch.quoted(label text, said text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT format(E'<%1$s>\n%2$s\n</%1$s>', label, replace(left(said, 8000), '</' || label, '< /' || label))
$$;

-- Names of functions and types that begin like this.
CREATE OR REPLACE FUNCTION codesearch.names_like(typed text)
RETURNS SETOF text LANGUAGE sql STABLE SET search_path = codesearch, public, pg_temp AS $$
	SELECT DISTINCT function_name FROM (SELECT c.function_name FROM chunk c
		WHERE length(typed) >= 2 AND c.names LIKE '%' || replace(replace(replace(lower(typed), '\', '\\'), '%', '\%'), '_', '\_') || '%'
		  AND starts_with(lower(c.function_name), lower(typed)) LIMIT 500) n
	 ORDER BY 1 LIMIT 100
$$;
-- Paths of files that begin or go on like this.
CREATE OR REPLACE FUNCTION codesearch.paths_like(typed text)
RETURNS SETOF text LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT DISTINCT path FROM (SELECT f.path FROM file f
		WHERE length(typed) >= 2 AND (starts_with(f.path, typed) OR strpos(f.path, '/' || typed) > 0) LIMIT 500) p
	 ORDER BY 1 LIMIT 100
$$;

CREATE OR REPLACE FUNCTION tools.implement_feature(feature text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('feature', feature) || E'\n\nImplement this feature the way this code base would.\n\n' ||
		'1. Call search_code with intent "implement" and include_dependencies true for what comes closest to it, first with detail_level "compact", then "full" for the best.' || E'\n' ||
		'2. Look for helpers and patterns that exist already, so that nothing is written twice; generate_code gathers examples and the style.' || E'\n' ||
		'3. Call analyze_context for each file that you would change.' || E'\n' ||
		'4. Answer with a plan in steps, each naming its files, then with the code of each step and its tests. Say which results you built on, and report them with track_search_click.'
$$;
COMMENT ON FUNCTION tools.implement_feature(text) IS $c$Implement a feature
Finds what exists, then plans and writes a feature as this code base would.
@prompt
@scope codesearch:read
@tier public
@param feature what is to be built$c$;

CREATE OR REPLACE FUNCTION tools.debug_error(error text, file text DEFAULT NULL)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('error', error) || CASE WHEN file IS NOT NULL THEN E'\n' || codesearch.quoted('file', file) ELSE '' END ||
		E'\n\nFind out where this error comes from, and mend it.\n\n' ||
		'1. Call search_code with the fixed words of the message in exact_terms, without what changes from case to case, and intent "debug".' || E'\n' ||
		'2. Follow what raises it: search for the function that does, with include_dependencies true, and for who calls it.' || E'\n' ||
		CASE WHEN file IS NOT NULL THEN '3. Call analyze_context for the file above.' ELSE '3. Call analyze_context for the file that raises it.' END || E'\n' ||
		'4. Search with intent "test" for tests that show similar cases.' || E'\n' ||
		'5. Explain the cause with file and lines, show the smallest change that mends it, and a test that would have found it.'
$$;
COMMENT ON FUNCTION tools.debug_error(text, text) IS $c$Debug an error
Traces an error message to its cause and proposes a fix.
@prompt
@scope codesearch:read
@tier public
@param error the message, or what goes wrong
@param file where it happens, if that is known
@complete file codesearch.paths_like$c$;

CREATE OR REPLACE FUNCTION tools.understand_codebase(topic text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('topic', topic) || E'\n\nExplain how this code base deals with the topic above.\n\n' ||
		'1. Call search_code with intent "document" for what has been written about it: read-me files and the heads of sections.' || E'\n' ||
		'2. Call search_code with intent "understand" for the code itself, with the words that the documentation uses.' || E'\n' ||
		'3. Call analyze_context for the two or three files that matter most.' || E'\n' ||
		'4. Explain from the outside in: what it is for, its parts and how they work together, then one path through the code from beginning to end. Name files and lines, and quote only the lines that show the point.'
$$;
COMMENT ON FUNCTION tools.understand_codebase(text) IS $c$Understand the code base
Explains how the code deals with a topic, with examples from it.
@prompt
@scope codesearch:read
@tier public
@param topic what is to be understood$c$;

CREATE OR REPLACE FUNCTION tools.refactor_code(description text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('description', description) || E'\n\nImprove this code without changing what it does.\n\n' ||
		'1. Call search_code with intent "refactor" for the code in question and for places that do the same better.' || E'\n' ||
		'2. Search with its name and dependency_mode "graph" for what it depends on, and for who calls it: all of them have to go on working.' || E'\n' ||
		'3. Search with intent "test" for the tests that hold its behaviour; say which are missing.' || E'\n' ||
		'4. Show each change as before and after, in steps that each leave the tests passing, with the reason for it.'
$$;
COMMENT ON FUNCTION tools.refactor_code(text) IS $c$Refactor code
Plans an improvement in safe steps, with what depends on the code.
@prompt
@scope codesearch:read
@tier public
@param description which code, and what is wrong with it$c$;

CREATE OR REPLACE FUNCTION tools.find_dependencies(function_name text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('function_name', function_name) || E'\n\nShow what this function depends on, and what depends on it.\n\n' ||
		'1. Call search_code with the name, include_dependencies true and dependency_mode "graph".' || E'\n' ||
		'2. Call search_code with the name in exact_terms for the places that call it.' || E'\n' ||
		'3. Call analyze_context for the file that defines it.' || E'\n' ||
		'4. Draw both as trees, callers above and callees below, each with file and line, and say which of them are outside of this code base.'
$$;
COMMENT ON FUNCTION tools.find_dependencies(text) IS $c$Find dependencies
Shows what a function calls and who calls it, as a tree.
@prompt
@scope codesearch:read
@tier public
@param function_name the function
@complete function_name codesearch.names_like$c$;

CREATE OR REPLACE FUNCTION tools.search_with_context(query text, context_file text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('query', query) || E'\n' || codesearch.quoted('context_file', context_file) ||
		E'\n\nAnswer the query for somebody who works on that file.\n\n' ||
		'1. Call analyze_context for the file: its language, what it imports, its neighbours.' || E'\n' ||
		'2. Call search_code with the query, its language, and the repository of the file.' || E'\n' ||
		'3. Prefer results from the files that it imports or that import it, and from the same directory.' || E'\n' ||
		'4. Answer in terms of that file: what can be called from it as it is, what would have to be imported, and where.'
$$;
COMMENT ON FUNCTION tools.search_with_context(text, text) IS $c$Search with context
Answers a query for the file that somebody works on.
@prompt
@scope codesearch:read
@tier public
@param query what to look for
@param context_file the file that is worked on
@complete context_file codesearch.paths_like$c$;

CREATE OR REPLACE FUNCTION tools.compare_implementations(concept text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('concept', concept) || E'\n\nCompare how this code base does that in different places.\n\n' ||
		'1. Call search_code several times: with the concept, with its synonyms (preview_query_processing suggests wordings), and for each language or repository.' || E'\n' ||
		'2. Call explain_ranking where two results look alike and you need to know what sets them apart.' || E'\n' ||
		'3. Make a table: place, approach, strengths, weaknesses, tests.' || E'\n' ||
		'4. Say which one to follow for new code, and why.'
$$;
COMMENT ON FUNCTION tools.compare_implementations(text) IS $c$Compare implementations
Finds several ways in which the code does the same thing, and weighs them.
@prompt
@scope codesearch:read
@tier public
@param concept what is implemented in several places$c$;

CREATE OR REPLACE FUNCTION tools.learn_from_tests(component text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT codesearch.quoted('component', component) || E'\n\nShow how this component is used, from its tests.\n\n' ||
		'1. Call search_code with "test" and the name, intent "test"; names of tests are often test_NAME, NAME_test or NameTest.' || E'\n' ||
		'2. Call analyze_context for the file of the component: its tests are among the related files.' || E'\n' ||
		'3. From the tests take out: how it is made, the usual calls, the edge cases, what it refuses.' || E'\n' ||
		'4. Answer with a short guide and an example for each, naming the test that it comes from, and with what no test covers.'
$$;
COMMENT ON FUNCTION tools.learn_from_tests(text) IS $c$Learn from tests
Extracts from the tests how a component is meant to be used.
@prompt
@scope codesearch:read
@tier public
@param component the component
@complete component codesearch.names_like$c$;

CREATE OR REPLACE FUNCTION tools.manage_azure_search_index()
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT E'Help to look after the search index of this server. These tools are for it:\n\n' ||
		E'- How it is: index_status, health_check, get_service_info, manage_index (validate, optimize, list), validate_index_schema.\n' ||
		E'- Filling it: index_repository for a directory of the server, index_changed_files after a commit, github_index_repo for a repository on GitHub; create_datasource and manage_indexer for what shall run by itself. Each gives the number of a job; manage_indexer with action "status" tells how it goes.\n' ||
		E'- Single documents: manage_documents (upload, delete, cleanup, count, verify).\n' ||
		E'- Schema: backup_index_schema before a change, validate_index_schema after it.\n' ||
		E'- Vectors: validate_embeddings, backfill_embeddings.\n' ||
		E'- Starting over: index_rebuild for one repository without a gap, clear_repository_documents, rebuild_index for everything.\n\n' ||
		E'Usual ways: something is not found: index_status (was its repository indexed, and when?), then preview_query_processing. After a large change: index_rebuild, manage_indexer status until it is done, index_status.\n\n' ||
		'Safety: look before you change, say what will be lost before you confirm anything, never confirm on your own what the user has not asked for, and change one thing at a time.'
$$;
COMMENT ON FUNCTION tools.manage_azure_search_index() IS $c$Manage the search index
A guide to the tools that look after the index, with Azure AI Search or PostgreSQL behind it.
@prompt
@scope codesearch:admin
@tier admin$c$;
