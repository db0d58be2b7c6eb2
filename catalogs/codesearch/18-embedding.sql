-- codesearch: pieces as vectors, by a service that an administrator has named.
--
-- The service is the source codesearch-embedding of the catalog, with a member
-- `embedding` (docs/catalog.md).  Without it nothing is sent anywhere, and search does
-- without vectors.

-- What the indexer does with pieces beyond cutting them; create_skillset writes it.
CREATE TABLE IF NOT EXISTS codesearch.skillset (
	name        text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._-]{1,100}$'),
	skills      jsonb NOT NULL,
	embeds      boolean NOT NULL,	-- one of them makes embeddings
	description text
);

-- The service: its model and how long its vectors are (null: as it likes); null: there is none.
CREATE OR REPLACE FUNCTION codesearch.provider(OUT model text, OUT dimensions integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = codesearch, pg_temp AS $$
	SELECT coalesce(s.spec -> 'embedding' ->> 'model', s.name), (s.spec -> 'embedding' ->> 'dimensions')::integer
	  FROM sallyport.source s WHERE s.name = 'codesearch-embedding' AND s.spec ? 'embedding'
$$;

-- Why pieces cannot be embedded; null: they can.
CREATE OR REPLACE FUNCTION codesearch.provider_refused()
RETURNS text LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT CASE WHEN (codesearch.provider()).model IS NULL
		THEN 'there is no embedding provider: the catalog has no source codesearch-embedding with a member embedding' END
$$;

-- Whether the pieces of a repository are embedded when it is indexed, here or elsewhere.
DROP FUNCTION IF EXISTS codesearch.embeds(text);
CREATE OR REPLACE FUNCTION codesearch.embeds(p_repository text, p_target text)
RETURNS boolean LANGUAGE sql STABLE SET search_path = codesearch, pg_temp AS $$
	SELECT EXISTS (SELECT FROM skillset s WHERE s.embeds)
	    OR CASE WHEN p_target IS NULL THEN EXISTS (SELECT FROM repository r WHERE r.name = p_repository AND r.source -> 'embed' = 'true')
		ELSE EXISTS (SELECT FROM target_repository t WHERE (t.target, t.repository) = (p_target, p_repository) AND t.source -> 'embed' = 'true') END
$$;
