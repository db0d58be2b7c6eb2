-- codesearch: what the indexer writes and the search tools read.
--
-- Every file of this catalog may be applied again at any time: tables keep
-- their rows, functions are replaced.  `sallyport catalog apply` runs all files
-- in one transaction as the owner of the database.

CREATE SCHEMA IF NOT EXISTS codesearch;
COMMENT ON SCHEMA codesearch IS 'Code search: pieces of source files and their full-text indexes';

CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

-- ---- words ----
-- One text search configuration for code, comments and queries: English
-- stemming ("connections" finds "connection") and no stop words, because in
-- code and error messages "not", "for" and "if" are part of phrases people
-- look for.  What a query drops as noise is decided per query.
DO $do$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_ts_config
	               WHERE cfgname = 'words' AND cfgnamespace = 'codesearch'::regnamespace) THEN
		CREATE TEXT SEARCH DICTIONARY codesearch.stem (
			TEMPLATE = pg_catalog.snowball, Language = english);
		CREATE TEXT SEARCH CONFIGURATION codesearch.words (PARSER = pg_catalog."default");
		ALTER TEXT SEARCH CONFIGURATION codesearch.words
			ADD MAPPING FOR asciiword, word, numword WITH codesearch.stem;
		ALTER TEXT SEARCH CONFIGURATION codesearch.words
			ADD MAPPING FOR int, uint, float, sfloat, version WITH pg_catalog.simple;
	END IF;
END
$do$;

-- Text without ASCII punctuation (but with the underscore): the parser of
-- PostgreSQL then never sees what it would take for a host, a path or a tag.
-- COLLATE "C" makes the answer the same in every database, and fast.
CREATE OR REPLACE FUNCTION codesearch.plain(t text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.regexp_replace(t COLLATE "C",
		'[\x01-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]+', ' ', 'g')
$$;

-- The parts of identifiers as words: "HTTPServer get_user" gives "HTTP Server get user".
CREATE OR REPLACE FUNCTION codesearch.parts(plain text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.replace(pg_catalog.regexp_replace(pg_catalog.regexp_replace(plain,
		'([a-z0-9])([A-Z])' COLLATE "C", '\1 \2', 'g'),
		'([A-Z])([A-Z][a-z])' COLLATE "C", '\1 \2', 'g'), '_', ' ')
$$;

-- The key of a name, whatever its style: "get_user_by_id", "getUserById" and
-- "get-user-by-id" are all "getuserbyid".
CREATE OR REPLACE FUNCTION codesearch.key(name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.lower(pg_catalog.regexp_replace(name COLLATE "C",
		'[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', '', 'g'))
$$;

-- Words with their positions (for phrases and ranking), where identifiers are
-- in parts; and whole identifiers in one piece, without positions.
CREATE OR REPLACE FUNCTION codesearch.vector(t text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	plain text := codesearch.plain(coalesce(t, ''));
BEGIN
	RETURN pg_catalog.to_tsvector('codesearch.words', codesearch.parts(plain))
		OPERATOR(pg_catalog.||)
		pg_catalog.strip(pg_catalog.to_tsvector('codesearch.words',
			pg_catalog.replace(plain, '_', '')));
END
$$;

-- Neighbouring parts of identifiers in one word: "HashTableSize" gives "HashTable
-- TableSize", for those who write "hashtable".
CREATE OR REPLACE FUNCTION codesearch.pairs(plain text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(pg_catalog.string_agg(p[i] || p[i + 1], ' '), '')
	  FROM pg_catalog.string_to_table(plain, ' ') identifier
	 CROSS JOIN LATERAL (SELECT pg_catalog.array_remove(pg_catalog.string_to_array(codesearch.parts(identifier), ' '), '')) x (p)
	 CROSS JOIN LATERAL pg_catalog.generate_series(1, pg_catalog.cardinality(p) - 1) i
	 WHERE pg_catalog.cardinality(p) > 2
$$;

-- Words of names, where a whole identifier counts as much as its parts.
CREATE OR REPLACE FUNCTION codesearch.name_vector(t text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	plain text := codesearch.plain(coalesce(t, ''));
BEGIN
	RETURN pg_catalog.to_tsvector('codesearch.words',
		codesearch.parts(plain) || ' ' || pg_catalog.replace(plain, '_', '') || ' ' || codesearch.pairs(plain));
END
$$;

-- array_to_string() is only STABLE, which a generated column refuses; for text it depends on nothing.
CREATE OR REPLACE FUNCTION codesearch.spaced(list text[])
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.array_to_string(list, ' ')
$$;

-- ---- tables ----
CREATE TABLE IF NOT EXISTS codesearch.repository (
	name        text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._/-]{1,100}$'),
	indexed_at  timestamptz		-- end of the last complete run
);

CREATE TABLE IF NOT EXISTS codesearch.file (
	repository    text NOT NULL REFERENCES codesearch.repository (name) ON DELETE CASCADE,
	path          text NOT NULL,
	sha256        bytea NOT NULL,	-- of the bytes on disk: an unchanged file is skipped
	language      text NOT NULL,
	last_modified timestamptz NOT NULL,
	imports       text[] NOT NULL DEFAULT '{}',
	PRIMARY KEY (repository, path)
);

CREATE TABLE IF NOT EXISTS codesearch.chunk (
	id               text PRIMARY KEY,	-- 16 hex digits of SHA-256 over "repository:path:number"
	repository       text NOT NULL,
	file_path        text NOT NULL,
	number           integer NOT NULL,	-- place within the file, from 0
	language         text NOT NULL,
	chunk_type       text NOT NULL CHECK (chunk_type IN
	                 ('function', 'declaration', 'class', 'section', 'file')),
	function_name    text,
	class_name       text,
	signature        text,
	docstring        text,
	defines          text[] NOT NULL DEFAULT '{}',	-- further names: macros, constants, enumerators
	called_functions text[] NOT NULL DEFAULT '{}',
	start_line       integer NOT NULL,
	end_line         integer NOT NULL,
	content          text NOT NULL,
	-- for names that are misspelt; the first piece stands for its file
	names text GENERATED ALWAYS AS (lower(
		coalesce(class_name || ' ', '') || coalesce(function_name || ' ', '') ||
		CASE WHEN number = 0 THEN regexp_replace(file_path, '^.*/', '') ELSE '' END)) STORED,
	head tsvector GENERATED ALWAYS AS (
		setweight(codesearch.name_vector(coalesce(function_name || ' ', '') || coalesce(class_name, '')), 'A') ||
		setweight(codesearch.name_vector(coalesce(signature || ' ', '') || file_path || ' ' ||
			codesearch.spaced(defines)), 'B') ||
		setweight(codesearch.vector(docstring), 'C')) STORED,
	body tsvector GENERATED ALWAYS AS (codesearch.vector(
		file_path || ' ' || coalesce(class_name, '') || ' ' || content)) STORED,
	FOREIGN KEY (repository, file_path) REFERENCES codesearch.file (repository, path) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS chunk_file ON codesearch.chunk (repository, file_path);
CREATE INDEX IF NOT EXISTS chunk_function ON codesearch.chunk (codesearch.key(function_name));
CREATE INDEX IF NOT EXISTS chunk_class ON codesearch.chunk (codesearch.key(class_name));
CREATE INDEX IF NOT EXISTS chunk_names ON codesearch.chunk USING gin (names public.gin_trgm_ops);
CREATE INDEX IF NOT EXISTS chunk_head ON codesearch.chunk USING gin (head);
CREATE INDEX IF NOT EXISTS chunk_body ON codesearch.chunk USING gin (body);

-- How common words are; codesearch.refresh_words() counts them after a run of the indexer.
CREATE TABLE IF NOT EXISTS codesearch.word (
	word   text PRIMARY KEY,
	share  real NOT NULL		-- of all pieces, 0 to 1; rare words are left out
);

-- ---- what files have to do with each other ----

-- The last part of what names a module: "lib/net/http.h", "./http", "net.http" and
-- "net::http" all give "http"; a package's own file has the name of its directory.
CREATE OR REPLACE FUNCTION codesearch.stem(name text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.lower(substring(
		pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.regexp_replace(name COLLATE "C",
			'\.(py|pyi|js|mjs|cjs|jsx|ts|tsx|mts|cts|vue|java|kt|scala|cs|c|h|cc|cpp|cxx|hpp|hh|go|rs|rb|php|pl|pm|swift|lua|sh|sql|css|html|md)$', ''),
			'/(__init__|index|mod)$', ''), '::|\.', '/', 'g')
		from '([^/\\]*)[/\\]*$'))
$$;
CREATE OR REPLACE FUNCTION codesearch.stems(names text[])
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(pg_catalog.array_agg(DISTINCT s), '{}')
	  FROM pg_catalog.unnest(names) n, LATERAL (SELECT codesearch.stem(n)) AS x (s) WHERE s <> ''
$$;
ALTER TABLE codesearch.file
	ADD COLUMN IF NOT EXISTS indexed_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN IF NOT EXISTS stem text GENERATED ALWAYS AS (codesearch.stem(path)) STORED,
	ADD COLUMN IF NOT EXISTS import_stems text[] GENERATED ALWAYS AS (codesearch.stems(imports)) STORED;
CREATE INDEX IF NOT EXISTS file_stem ON codesearch.file (stem);
CREATE INDEX IF NOT EXISTS file_imports ON codesearch.file USING gin (import_stems);

-- ---- vectors: of pieces that were uploaded with one, or that a service has made (docs/codesearch.md, "Embeddings") ----

-- The signs of a vector, one bit each: of two vectors that point the same way they are
-- mostly the same, and comparing them costs a hundredth.
CREATE OR REPLACE FUNCTION codesearch.signs(vector real[])
RETURNS varbit LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.string_agg(CASE WHEN v > 0 THEN '1' ELSE '0' END, '' ORDER BY o)::pg_catalog.varbit
	  FROM pg_catalog.unnest(vector) WITH ORDINALITY AS x (v, o)
$$;

-- Apart from the pieces, which are read by every search and would become much wider.
CREATE TABLE IF NOT EXISTS codesearch.embedding (
	id     text PRIMARY KEY REFERENCES codesearch.chunk (id) ON DELETE CASCADE,
	vector real[] NOT NULL
);
ALTER TABLE codesearch.embedding
	ADD COLUMN IF NOT EXISTS model text,		-- what made it; null: whoever uploaded it
	ADD COLUMN IF NOT EXISTS signs varbit GENERATED ALWAYS AS (codesearch.signs(vector)) STORED;
