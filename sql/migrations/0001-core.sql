-- The core: people, clients, grants, codes, tokens, keys, audit.
--
-- The database decides.  Every state change is one function call whose rules
-- stand here, and its audit row is written by the same transaction.  The
-- programs' role owns nothing and reads almost nothing: it may call functions.
--
-- Secrets: codes, tokens, session ids and client secrets are kept as SHA-256;
-- what must be read back arrives sealed and is opaque here.

-- Functions are not for everybody: in this database nothing that the owner
-- makes is executable without a GRANT.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The bookkeeping of the migrator made the schema already.
CREATE SCHEMA IF NOT EXISTS sallyport;
CREATE SCHEMA IF NOT EXISTS tools;		-- functions in here may become tools
GRANT USAGE ON SCHEMA sallyport TO sallyport_app;
GRANT USAGE ON SCHEMA tools TO sallyport_tool;

-- ---------------------------------------------------------------- audit

-- Who did what, with what outcome.  Append-only: the programs may insert.
CREATE TABLE sallyport.audit (
	audit_id	 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at		 timestamptz NOT NULL DEFAULT clock_timestamp(),
	event		 text NOT NULL,		-- authorize.approve, token.issue, tool.call, ...
	outcome		 text NOT NULL,		-- ok, rejected, denied, error, cancelled
	user_id		 uuid,
	client_id	 text,
	grant_id	 uuid,
	resource	 text,
	tool		 text,
	arguments_sha256 bytea,			-- of the canonical JSON of the arguments
	duration_ms	 real,
	request_id	 text,
	address		 text,
	detail		 jsonb
);
CREATE INDEX audit_at ON sallyport.audit USING brin (at);
CREATE INDEX audit_request ON sallyport.audit (request_id);
CREATE INDEX audit_grant ON sallyport.audit (grant_id, audit_id) WHERE grant_id IS NOT NULL;
GRANT INSERT ON sallyport.audit TO sallyport_app;

-- ctx is the request: {"request_id","address","user_agent","program"}.
CREATE FUNCTION sallyport.audit_write(p_event text, p_outcome text, p_user_id uuid, p_client_id text,
    p_grant_id uuid, p_resource text, p_detail jsonb, ctx jsonb)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO sallyport.audit (event, outcome, user_id, client_id, grant_id, resource, detail,
	    request_id, address)
	VALUES (p_event, p_outcome, p_user_id, p_client_id, p_grant_id, p_resource,
	    nullif(jsonb_strip_nulls(coalesce(p_detail, '{}') || jsonb_build_object(
	        'user_agent', ctx->>'user_agent', 'program', ctx->>'program')), '{}'),
	    ctx->>'request_id', ctx->>'address');
$$;

-- A refusal of somebody who could be identified.  Refusals cost nothing to ask
-- for: past a thousand an hour from one address they are only in the log.
CREATE FUNCTION sallyport.audit_rejected(p_event text, p_user_id uuid, p_client_id text,
    p_grant_id uuid, p_resource text, p_detail jsonb, ctx jsonb)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF sallyport.rate_take('rejected:' || sallyport.rate_address(ctx->>'address'), 1000, 3600) IS NULL THEN
		PERFORM sallyport.audit_write(p_event, 'rejected', p_user_id, p_client_id, p_grant_id,
		    p_resource, p_detail, ctx);
	END IF;
END
$$;

-- ---------------------------------------------------------------- what workers cache

-- One row for each thing that workers keep in memory; a change bumps it and
-- notifies channel "sallyport" with its name.
CREATE TABLE sallyport.version (
	name	text PRIMARY KEY,
	version bigint NOT NULL DEFAULT 1
);
INSERT INTO sallyport.version (name) VALUES ('keys'), ('catalog');
GRANT SELECT ON sallyport.version TO sallyport_app;

CREATE FUNCTION sallyport.version_bump(p_name text)
RETURNS bigint LANGUAGE sql AS $$
	SELECT pg_notify('sallyport', p_name);
	UPDATE sallyport.version SET version = version + 1 WHERE name = p_name RETURNING version;
$$;

-- ---------------------------------------------------------------- keys

CREATE TABLE sallyport.signing_key (
	kid		text PRIMARY KEY,		-- RFC 7638 thumbprint
	alg		text NOT NULL CHECK (alg IN ('ES256', 'EdDSA', 'RS256')),
	-- next: published, not used yet; active: signs; retiring: published until its tokens are gone
	state		text NOT NULL CHECK (state IN ('next', 'active', 'retiring', 'retired')),
	public_jwk	jsonb NOT NULL CHECK (NOT public_jwk ?| array['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']),
	private_sealed	bytea NOT NULL,			-- JWK under the master key, purpose "signing-key"
	created_at	timestamptz NOT NULL DEFAULT now(),
	activated_at	timestamptz,
	retire_after	timestamptz
);
CREATE UNIQUE INDEX signing_key_one_active ON sallyport.signing_key (state) WHERE state = 'active';
CREATE UNIQUE INDEX signing_key_one_next ON sallyport.signing_key (state) WHERE state = 'next';

-- The keys of the set; those that sign come with their sealed private part.
CREATE FUNCTION sallyport.signing_keys()
RETURNS TABLE (kid text, alg text, state text, public_jwk text, private_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT k.kid, k.alg, k.state, k.public_jwk::text,
	       CASE WHEN k.state IN ('active', 'next') THEN k.private_sealed END
	  FROM sallyport.signing_key k
	 WHERE k.state IN ('next', 'active')
	    OR (k.state = 'retiring' AND k.retire_after > now())
	 ORDER BY array_position(array['active', 'next', 'retiring'], k.state), k.created_at DESC;
$$;

-- Rotation: next becomes active, active becomes retiring, the given key becomes next.
-- Without a next key (the first rotation) two keys are needed: call it twice.
-- Two rotations at once are one after the other.
CREATE FUNCTION sallyport.signing_key_rotate(p_kid text, p_alg text, p_public_jwk jsonb,
    p_private_sealed bytea, p_overlap_seconds bigint, ctx jsonb)
RETURNS TABLE (active_kid text, next_kid text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM 1 FROM sallyport.version v WHERE v.name = 'keys' FOR UPDATE;
	UPDATE sallyport.signing_key k SET state = 'retired'
	 WHERE k.state = 'retiring' AND k.retire_after <= now();
	IF EXISTS (SELECT 1 FROM sallyport.signing_key k WHERE k.state = 'next') THEN
		UPDATE sallyport.signing_key k SET state = 'retiring',
		    retire_after = now() + make_interval(secs => p_overlap_seconds)
		 WHERE k.state = 'active';
		UPDATE sallyport.signing_key k SET state = 'active', activated_at = now()
		 WHERE k.state = 'next';
	END IF;
	INSERT INTO sallyport.signing_key (kid, alg, state, public_jwk, private_sealed, activated_at)
	SELECT p_kid, p_alg, CASE WHEN a.n = 0 THEN 'active' ELSE 'next' END, p_public_jwk,
	       p_private_sealed, CASE WHEN a.n = 0 THEN now() END
	  FROM (SELECT count(*) AS n FROM sallyport.signing_key k WHERE k.state = 'active') a;
	PERFORM sallyport.version_bump('keys');
	PERFORM sallyport.audit_write('key.rotate', 'ok', NULL, NULL, NULL, NULL,
	    jsonb_build_object('kid', p_kid, 'alg', p_alg), ctx);
	RETURN QUERY SELECT (SELECT k.kid FROM sallyport.signing_key k WHERE k.state = 'active'),
	                    (SELECT k.kid FROM sallyport.signing_key k WHERE k.state = 'next');
END
$$;

-- ---------------------------------------------------------------- resources and scopes

-- The protected resources: '' is /mcp, NAME is /mcp/NAME.  What they offer is
-- kept by the catalog; changing it bumps version "catalog".
CREATE TABLE sallyport.resource (
	name		text PRIMARY KEY CHECK (name ~ '^([a-z0-9][a-z0-9_-]{0,62})?$'),
	title		text NOT NULL,
	description	text,
	instructions	text,				-- for the model, in server/discover and initialize
	scopes		text[] NOT NULL DEFAULT '{}',	-- scopes_supported
	default_scopes	text[]				-- for a request without scope; null: all
);
INSERT INTO sallyport.resource (name, title) VALUES ('', 'Sallyport');

-- Scopes in plain words, for the consent page.
CREATE TABLE sallyport.scope (
	scope		text PRIMARY KEY CHECK (scope ~ '^[!#-\[\]-~]+$'),	-- RFC 6749 section 3.3
	description	text NOT NULL
);

-- descriptions[i] belongs to scopes[i]; empty when nobody described it.
CREATE FUNCTION sallyport.resources()
RETURNS TABLE (name text, title text, scopes text, default_scopes text, descriptions text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT r.name, r.title, array_to_string(r.scopes, ' '),
	       array_to_string(coalesce(r.default_scopes, r.scopes), ' '),
	       (SELECT coalesce(jsonb_agg(coalesce(s.description, '') ORDER BY x.n), '[]')
	          FROM unnest(r.scopes) WITH ORDINALITY AS x (scope, n)
	          LEFT JOIN sallyport.scope s USING (scope))::text
	  FROM sallyport.resource r ORDER BY r.name;
$$;

-- ---------------------------------------------------------------- people

CREATE TABLE sallyport.users (
	user_id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	username	text NOT NULL CHECK (username <> '' AND length(username) <= 200),
	display_name	text,
	email		text,
	password_hash	text,				-- Argon2id, encoded form
	tier		text NOT NULL DEFAULT 'developer' CHECK (tier IN ('public', 'developer', 'admin')),
	version		integer NOT NULL DEFAULT 1,	-- grows when what tokens say of this user changes
	created_at	timestamptz NOT NULL DEFAULT now(),
	password_changed_at timestamptz,
	disabled_at	timestamptz
);
CREATE UNIQUE INDEX users_username ON sallyport.users (lower(username));

-- A signed-in browser.
CREATE TABLE sallyport.browser_session (
	session_sha256	bytea PRIMARY KEY,
	user_id		uuid NOT NULL REFERENCES sallyport.users ON DELETE CASCADE,
	auth_time	timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL,
	address		text,
	user_agent	text
);
CREATE INDEX browser_session_user ON sallyport.browser_session (user_id);
CREATE INDEX browser_session_expires ON sallyport.browser_session (expires_at);

-- ---------------------------------------------------------------- rate limits

-- Fixed windows: key, start of the window, how many.
CREATE UNLOGGED TABLE sallyport.rate (
	key		text NOT NULL,
	window_start	timestamptz NOT NULL,
	count		integer NOT NULL,
	PRIMARY KEY (key, window_start)
) WITH (fillfactor = 50);
CREATE INDEX rate_window ON sallyport.rate (window_start);

-- Takes one from the window.  Null: granted; else the seconds until the next window.
CREATE FUNCTION sallyport.rate_take(p_key text, p_limit bigint, p_window_seconds bigint)
RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO sallyport.rate AS r (key, window_start, count)
	VALUES (p_key, to_timestamp(floor(extract(epoch FROM now()) / p_window_seconds) * p_window_seconds), 1)
	ON CONFLICT (key, window_start) DO UPDATE SET count = least(r.count + 1, 2000000000)
	RETURNING CASE WHEN r.count > p_limit THEN
	    greatest(1, ceil(extract(epoch FROM r.window_start) + p_window_seconds - extract(epoch FROM now())))::bigint END;
$$;

-- Whom an address stands for: whoever has one IPv6 address has the other 2^64 of its network.
CREATE FUNCTION sallyport.rate_address(p_address text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF position(':' IN p_address) > 0 AND p_address NOT ILIKE '::ffff:%' THEN
		BEGIN
			RETURN network(set_masklen(p_address::inet, 64))::text;
		EXCEPTION WHEN invalid_text_representation OR invalid_parameter_value THEN
			NULL;		-- "unix:": the web server listens on a socket
		END;
	END IF;
	RETURN coalesce(p_address, '');
END
$$;

-- ---------------------------------------------------------------- sign-in

-- What judging a password needs.  Always one row: for an unknown or disabled
-- user user_id is null, so that the caller does the same work for all.
--
-- The try is counted before it is judged, so that tries in parallel do not
-- overtake the count; a good password gives it back.  wait_seconds is not null
-- when this account or this address must wait.  Tries from many addresses slow
-- an account down for all but the browser in which its owner is signed in.
CREATE FUNCTION sallyport.signin_begin(p_username text, p_address text, p_tries bigint,
    p_session_sha256 bytea, ctx jsonb)
RETURNS TABLE (user_id uuid, password_hash text, wait_seconds bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_account text := 'signin:account:' || lower(p_username);
	v_address text := sallyport.rate_address(p_address);
	v_wait bigint;
BEGIN
	v_wait := greatest(sallyport.rate_take(v_account || ':' || v_address, p_tries, 900),
	    sallyport.rate_take('signin:address:' || v_address, p_tries * 5, 900));
	IF NOT EXISTS (SELECT 1 FROM sallyport.browser_session s JOIN sallyport.users u ON u.user_id = s.user_id
	                WHERE s.session_sha256 = p_session_sha256 AND s.expires_at > now()
	                  AND lower(u.username) = lower(p_username)) THEN
		v_wait := greatest(v_wait, sallyport.rate_take(v_account, p_tries * 10, 900));
	END IF;
	IF v_wait IS NOT NULL THEN
		PERFORM sallyport.audit_rejected('signin',
		    (SELECT u.user_id FROM sallyport.users u WHERE lower(u.username) = lower(p_username)),
		    NULL, NULL, NULL, '{"why": "too many tries"}', ctx);
		RETURN QUERY SELECT NULL::uuid, NULL::text, v_wait;
		RETURN;
	END IF;
	RETURN QUERY SELECT u.user_id, u.password_hash, NULL::bigint
	  FROM (VALUES (1)) one
	  LEFT JOIN sallyport.users u ON lower(u.username) = lower(p_username)
	       AND u.disabled_at IS NULL AND u.password_hash IS NOT NULL;
END
$$;

CREATE FUNCTION sallyport.signin_failed(p_username text, ctx jsonb)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT sallyport.audit_rejected('signin',
	    (SELECT u.user_id FROM sallyport.users u WHERE lower(u.username) = lower(p_username)),
	    NULL, NULL, NULL, NULL, ctx);
$$;

-- Takes a try back.
CREATE FUNCTION sallyport.rate_return(p_key text, p_window_seconds bigint)
RETURNS void LANGUAGE sql AS $$
	UPDATE sallyport.rate SET count = count - 1 WHERE key = p_key AND count > 0 AND window_start =
	    to_timestamp(floor(extract(epoch FROM now()) / p_window_seconds) * p_window_seconds);
$$;

-- A good password: a new session; the browser's old one ends (no fixation).
-- The hash that was judged must still be the user's.  Null: it is not, or the user is gone.
CREATE FUNCTION sallyport.signin_succeeded(p_user_id uuid, p_password_hash text, p_session_sha256 bytea,
    p_old_session_sha256 bytea, p_ttl_seconds bigint, ctx jsonb)
RETURNS TABLE (user_id uuid) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_address text := sallyport.rate_address(ctx->>'address');
	v_account text;
BEGIN
	SELECT 'signin:account:' || lower(u.username) INTO v_account FROM sallyport.users u
	 WHERE u.user_id = p_user_id AND u.disabled_at IS NULL AND u.password_hash = p_password_hash
	   FOR SHARE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	DELETE FROM sallyport.browser_session s WHERE s.session_sha256 = p_old_session_sha256;
	INSERT INTO sallyport.browser_session (session_sha256, user_id, expires_at, address, user_agent)
	VALUES (p_session_sha256, p_user_id, now() + make_interval(secs => p_ttl_seconds),
	    ctx->>'address', ctx->>'user_agent');
	DELETE FROM sallyport.rate r WHERE r.key = v_account || ':' || v_address;
	PERFORM sallyport.rate_return('signin:address:' || v_address, 900);
	PERFORM sallyport.rate_return(v_account, 900);
	PERFORM sallyport.audit_write('signin', 'ok', p_user_id, NULL, NULL, NULL, NULL, ctx);
	RETURN QUERY SELECT p_user_id;
END
$$;

-- Who is signed in with this session; age: seconds since the password was given.
CREATE FUNCTION sallyport.browser_session_user(p_session_sha256 bytea)
RETURNS TABLE (user_id uuid, username text, display_name text, tier text, age bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT u.user_id, u.username, u.display_name, u.tier, extract(epoch FROM now() - s.auth_time)::bigint
	  FROM sallyport.browser_session s JOIN sallyport.users u USING (user_id)
	 WHERE s.session_sha256 = p_session_sha256 AND s.expires_at > now() AND u.disabled_at IS NULL;
$$;

CREATE FUNCTION sallyport.browser_session_end(p_session_sha256 bytea, ctx jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_user_id uuid;
BEGIN
	DELETE FROM sallyport.browser_session s WHERE s.session_sha256 = p_session_sha256
	RETURNING s.user_id INTO v_user_id;
	IF FOUND THEN
		PERFORM sallyport.audit_write('signout', 'ok', v_user_id, NULL, NULL, NULL, NULL, ctx);
	END IF;
END
$$;

-- ---------------------------------------------------------------- clients

CREATE TABLE sallyport.client (
	client_id	text PRIMARY KEY,
	-- registered: RFC 7591; document: client_id is the URL of its metadata; manual: by an administrator
	kind		text NOT NULL CHECK (kind IN ('registered', 'document', 'manual')),
	client_name	text,
	client_uri	text,
	logo_uri	text,
	tos_uri		text,
	policy_uri	text,
	redirect_uris	text[] NOT NULL DEFAULT '{}',
	grant_types	text[] NOT NULL,
	response_types	text[] NOT NULL DEFAULT '{code}',
	token_endpoint_auth_method text NOT NULL
		CHECK (token_endpoint_auth_method IN ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')),
	client_secret_sha256 bytea,
	jwks		jsonb,
	scope		text[],				-- the most it may ask for; null: what the resource offers
	resource	text,				-- the only resource it may ask for; null: any
	tier		text NOT NULL DEFAULT 'service' CHECK (tier IN ('public', 'developer', 'admin', 'service')),
	metadata	jsonb NOT NULL DEFAULT '{}',	-- as registered, without secrets
	metadata_sha256 bytea NOT NULL,			-- of what a person consents to; a change asks again
	created_at	timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz,			-- of clients that never used a token
	last_used_at	timestamptz,
	disabled_at	timestamptz,
	CHECK ((token_endpoint_auth_method IN ('client_secret_basic', 'client_secret_post')) = (client_secret_sha256 IS NOT NULL))
);
CREATE INDEX client_expires ON sallyport.client (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX client_last_used ON sallyport.client (last_used_at) WHERE kind <> 'manual';
CREATE INDEX client_digest ON sallyport.client (metadata_sha256) WHERE kind = 'registered';

-- A metadata document as it was last fetched well (the last good copy), and how the last try went.
CREATE TABLE sallyport.client_document (
	client_id	text PRIMARY KEY,		-- its URL
	document	text NOT NULL,			-- byte for byte: what it says is judged at each use
	etag		text,
	fetched_at	timestamptz,
	fresh_until	timestamptz,
	failed_at	timestamptz,
	failure		text,
	pinned		boolean NOT NULL DEFAULT false	-- came with the schema; never swept
);
CREATE INDEX client_document_fetched ON sallyport.client_document (fetched_at) WHERE NOT pinned;

-- What is known of clients that most people connect with, for the day on which
-- their document cannot be fetched from here (some answer data centres with a
-- challenge).  A copy that was really fetched takes its place.
INSERT INTO sallyport.client_document (pinned, client_id, document) VALUES
(true, 'https://claude.ai/oauth/mcp-oauth-client-metadata', '{
	"client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata",
	"client_name": "Claude", "client_uri": "https://claude.ai",
	"redirect_uris": ["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"],
	"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
	"token_endpoint_auth_method": "none"}'),
(true, 'https://claude.ai/oauth/claude-code-client-metadata', '{
	"client_id": "https://claude.ai/oauth/claude-code-client-metadata",
	"client_name": "Claude Code", "client_uri": "https://claude.ai",
	"redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
	"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
	"token_endpoint_auth_method": "none"}'),
(true, 'https://vscode.dev/oauth/client-metadata.json', '{
	"client_id": "https://vscode.dev/oauth/client-metadata.json",
	"client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com",
	"redirect_uris": ["http://127.0.0.1/", "http://127.0.0.1:33418/", "https://vscode.dev/redirect",
		"https://insiders.vscode.dev/redirect"],
	"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
	"token_endpoint_auth_method": "none"}');

-- A JSON array of strings as text[].
CREATE FUNCTION sallyport.text_array(p jsonb)
RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(array_agg(x ORDER BY n), '{}')
	  FROM jsonb_array_elements_text(coalesce(p, '[]')) WITH ORDINALITY AS e (x, n);
$$;

-- Writes a client from its judged metadata: the members of RFC 7591, `scope` a
-- text or absent, and nothing that was not judged.  Written again, it keeps what
-- an administrator set: scope, resource, tier, and that it is disabled.
CREATE FUNCTION sallyport.client_write(p_client_id text, p_kind text, p_metadata jsonb,
    p_metadata_sha256 bytea, p_secret_sha256 bytea, p_expires_at timestamptz)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO sallyport.client AS c (client_id, kind, client_name, client_uri, logo_uri, tos_uri, policy_uri,
	    redirect_uris, grant_types, response_types, token_endpoint_auth_method, client_secret_sha256, jwks,
	    scope, metadata, metadata_sha256, expires_at)
	VALUES (p_client_id, p_kind, p_metadata->>'client_name', p_metadata->>'client_uri', p_metadata->>'logo_uri',
	    p_metadata->>'tos_uri', p_metadata->>'policy_uri',
	    sallyport.text_array(p_metadata->'redirect_uris'), sallyport.text_array(p_metadata->'grant_types'),
	    sallyport.text_array(p_metadata->'response_types'), p_metadata->>'token_endpoint_auth_method',
	    p_secret_sha256, p_metadata->'jwks', string_to_array(nullif(p_metadata->>'scope', ''), ' '),
	    p_metadata, p_metadata_sha256, p_expires_at)
	ON CONFLICT (client_id) DO UPDATE SET
	    client_name = excluded.client_name, client_uri = excluded.client_uri, logo_uri = excluded.logo_uri,
	    tos_uri = excluded.tos_uri, policy_uri = excluded.policy_uri, redirect_uris = excluded.redirect_uris,
	    grant_types = excluded.grant_types, response_types = excluded.response_types,
	    token_endpoint_auth_method = excluded.token_endpoint_auth_method,
	    client_secret_sha256 = excluded.client_secret_sha256, jwks = excluded.jwks,
	    metadata = excluded.metadata, metadata_sha256 = excluded.metadata_sha256,
	    -- one that has had a token does not expire by this clock any more
	    expires_at = CASE WHEN c.expires_at IS NOT NULL THEN excluded.expires_at END
	 WHERE c.kind = excluded.kind;
$$;

-- May this address bring another client?  Null: yes; else seconds to wait.  All
-- addresses together are held to fifty times as many, so that the table is bounded.
CREATE FUNCTION sallyport.client_take(p_address text, p_per_hour bigint)
RETURNS bigint LANGUAGE sql AS $$
	SELECT CASE WHEN p_per_hour > 0 THEN
	    coalesce(sallyport.rate_take('register:' || sallyport.rate_address(p_address), p_per_hour, 3600),
	        sallyport.rate_take('register', p_per_hour * 50, 3600)) END;
$$;

-- RFC 7591.  A public client that is registered again with the same metadata gets
-- the client_id it has (clients register at every start); else p_client_id is taken.
-- scope: of what it asked for, what there is.
-- wait_seconds is not null when too many have registered.
CREATE FUNCTION sallyport.client_register(p_client_id text, p_metadata jsonb, p_metadata_sha256 bytea,
    p_secret_sha256 bytea, p_scope text[], p_unused_ttl bigint, p_per_hour bigint, p_address text, ctx jsonb)
RETURNS TABLE (client_id text, issued_at bigint, scope text, wait_seconds bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_wait bigint := sallyport.client_take(p_address, p_per_hour);
	v_client_id text;
	v_created_at timestamptz := now();
	v_scope text;
BEGIN
	IF v_wait IS NOT NULL THEN
		RETURN QUERY SELECT NULL::text, NULL::bigint, NULL::text, v_wait;
		RETURN;
	END IF;
	IF p_secret_sha256 IS NULL THEN
		UPDATE sallyport.client c
		   SET expires_at = CASE WHEN c.expires_at IS NOT NULL
		       THEN now() + make_interval(secs => p_unused_ttl) END
		 WHERE c.client_id = (SELECT d.client_id FROM sallyport.client d
		           WHERE d.metadata_sha256 = p_metadata_sha256 AND d.kind = 'registered'
		             AND d.metadata = p_metadata AND d.client_secret_sha256 IS NULL
		             AND d.disabled_at IS NULL AND (d.expires_at IS NULL OR d.expires_at > now())
		           LIMIT 1)
		RETURNING c.client_id, c.created_at INTO v_client_id, v_created_at;
	END IF;
	IF v_client_id IS NULL THEN
		v_client_id := p_client_id;
		v_created_at := now();
		PERFORM sallyport.client_write(p_client_id, 'registered', p_metadata, p_metadata_sha256,
		    p_secret_sha256, now() + make_interval(secs => p_unused_ttl));
		PERFORM sallyport.audit_write('client.register', 'ok', NULL, p_client_id, NULL, NULL,
		    jsonb_build_object('client_name', p_metadata->>'client_name'), ctx);
	ELSE
		PERFORM sallyport.audit_write('client.register', 'ok', NULL, v_client_id, NULL, NULL,
		    '{"known": true}', ctx);
	END IF;
	SELECT string_agg(x.s, ' ' ORDER BY x.n) INTO v_scope
	  FROM unnest(p_scope) WITH ORDINALITY AS x (s, n)
	 WHERE x.s = 'offline_access' OR EXISTS (SELECT 1 FROM sallyport.resource r WHERE x.s = ANY (r.scopes));
	RETURN QUERY SELECT v_client_id, extract(epoch FROM v_created_at)::bigint, v_scope, NULL::bigint;
END
$$;

-- What /authorize needs of a client, and for URL client_ids how its document stands:
-- document: the last good copy; etag of it; fresh: no need to fetch.
CREATE FUNCTION sallyport.client_lookup(p_client_id text)
RETURNS TABLE (client_id text, kind text, metadata text, metadata_sha256 bytea, usable boolean,
    scope text, resource text, document text, etag text, fresh boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.client_id, c.kind, c.metadata::text, c.metadata_sha256,
	       c.disabled_at IS NULL AND (c.kind = 'document' OR c.expires_at IS NULL OR c.expires_at > now()),
	       array_to_string(c.scope, ' '), c.resource, d.document, d.etag,
	       coalesce(d.fresh_until > now() AND c.kind = 'document'
	           AND (c.expires_at IS NULL OR c.expires_at > now()), false)
	  FROM (VALUES (p_client_id)) x (id)
	  LEFT JOIN sallyport.client c ON c.client_id = x.id
	  LEFT JOIN sallyport.client_document d ON d.client_id = x.id
	 WHERE c.client_id IS NOT NULL OR d.client_id IS NOT NULL;
$$;

-- May a document be fetched now?  outcome: fetch | busy (another one is fetching it) | wait.
-- Counted for all workers: 30 a minute from one host, 120 in all; the first of a
-- new client counts as its registration.
CREATE FUNCTION sallyport.client_document_take(p_client_id text, p_host text, p_per_hour bigint, p_address text)
RETURNS TABLE (outcome text, wait_seconds bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_wait bigint;
BEGIN
	-- ended by client_document_store and _failed, and by itself when they are not reached
	IF sallyport.rate_take('fetching:' || p_client_id, 1, 6) IS NOT NULL THEN
		RETURN QUERY SELECT 'busy', NULL::bigint;
		RETURN;
	END IF;
	v_wait := coalesce(sallyport.rate_take('document:' || lower(p_host), 30, 60),
	    sallyport.rate_take('document', 120, 60));
	IF v_wait IS NULL AND NOT EXISTS (SELECT 1 FROM sallyport.client c WHERE c.client_id = p_client_id) THEN
		v_wait := sallyport.client_take(p_address, p_per_hour);
	END IF;
	IF v_wait IS NOT NULL THEN
		DELETE FROM sallyport.rate WHERE key = 'fetching:' || p_client_id;
	END IF;
	RETURN QUERY SELECT CASE WHEN v_wait IS NULL THEN 'fetch' ELSE 'wait' END, v_wait;
END
$$;

-- A document that was fetched well (or found unchanged: p_document is the copy).
CREATE FUNCTION sallyport.client_document_store(p_client_id text, p_document text, p_etag text,
    p_fresh_seconds bigint, p_metadata jsonb, p_metadata_sha256 bytea, p_unused_ttl bigint, ctx jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_before bytea;
BEGIN
	SELECT c.metadata_sha256 INTO v_before FROM sallyport.client c WHERE c.client_id = p_client_id;
	INSERT INTO sallyport.client_document AS d (client_id, document, etag, fetched_at, fresh_until)
	VALUES (p_client_id, p_document, p_etag, now(), now() + make_interval(secs => p_fresh_seconds))
	ON CONFLICT (client_id) DO UPDATE SET document = excluded.document, etag = excluded.etag,
	    fetched_at = now(), fresh_until = excluded.fresh_until, failed_at = NULL, failure = NULL;
	PERFORM sallyport.client_write(p_client_id, 'document', p_metadata, p_metadata_sha256, NULL,
	    now() + make_interval(secs => p_unused_ttl));
	IF v_before IS DISTINCT FROM p_metadata_sha256 THEN
		PERFORM sallyport.audit_write('client.document', 'ok', NULL, p_client_id, NULL, NULL,
		    jsonb_build_object('changed', v_before IS NOT NULL), ctx);
	END IF;
	DELETE FROM sallyport.rate WHERE key = 'fetching:' || p_client_id;
END
$$;

-- The last good copy serves although the fetch failed (p_metadata as judged now),
-- or there is none and the failure is only written down.
CREATE FUNCTION sallyport.client_document_failed(p_client_id text, p_failure text, p_metadata jsonb,
    p_metadata_sha256 bytea, p_unused_ttl bigint, ctx jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM sallyport.audit_write('client.document', 'error', NULL, p_client_id, NULL, NULL,
	    jsonb_build_object('why', p_failure, 'last_good', p_metadata IS NOT NULL), ctx);
	IF p_metadata IS NOT NULL THEN
		UPDATE sallyport.client_document d SET failed_at = now(), failure = p_failure,
		    fresh_until = now() + interval '1 minute'		-- not again at once
		 WHERE d.client_id = p_client_id;
		PERFORM sallyport.client_write(p_client_id, 'document', p_metadata, p_metadata_sha256, NULL,
		    now() + make_interval(secs => p_unused_ttl));
	END IF;
	DELETE FROM sallyport.rate WHERE key = 'fetching:' || p_client_id;
END
$$;

-- ---------------------------------------------------------------- grants

-- What one person (or, without a user, one service client) allowed one client.
-- A grant is a token family: all of it lives and dies together.
CREATE TABLE sallyport.grants (
	grant_id	uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	user_id		uuid REFERENCES sallyport.users ON DELETE CASCADE,
	client_id	text NOT NULL REFERENCES sallyport.client ON DELETE CASCADE,
	resource	text NOT NULL,			-- the canonical URL: the audience of its tokens
	scope		text[] NOT NULL,
	redirect_uri	text,
	client_metadata_sha256 bytea,
	auth_time	timestamptz,
	version		integer NOT NULL DEFAULT 1,
	created_at	timestamptz NOT NULL DEFAULT now(),
	last_used_at	timestamptz,
	revoked_at	timestamptz,
	revoked_why	text
);
CREATE INDEX grants_user ON sallyport.grants (user_id) WHERE revoked_at IS NULL;
CREATE INDEX grants_client ON sallyport.grants (client_id);
CREATE UNIQUE INDEX grants_service ON sallyport.grants (client_id, resource)
	WHERE user_id IS NULL AND revoked_at IS NULL;

CREATE TABLE sallyport.auth_code (
	code_sha256	bytea PRIMARY KEY,
	grant_id	uuid NOT NULL REFERENCES sallyport.grants ON DELETE CASCADE,
	client_id	text NOT NULL,
	redirect_uri	text NOT NULL,
	redirect_uri_sent boolean NOT NULL,		-- then the token request must repeat it
	code_challenge	text NOT NULL,			-- S256
	session_sha256	bytea NOT NULL,			-- the browser that consented
	expires_at	timestamptz NOT NULL,
	spent_at	timestamptz,
	wrong_tries	integer NOT NULL DEFAULT 0
);
CREATE INDEX auth_code_expires ON sallyport.auth_code (expires_at);
CREATE INDEX auth_code_grant ON sallyport.auth_code (grant_id);

CREATE TABLE sallyport.refresh_token (
	token_sha256	bytea PRIMARY KEY,
	grant_id	uuid NOT NULL REFERENCES sallyport.grants ON DELETE CASCADE,
	issued_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	expires_at	timestamptz NOT NULL,
	used_at		timestamptz,
	successor_sha256 bytea,
	request_sha256	bytea,				-- what was asked with it
	answer		bytea				-- the answer, sealed under the token itself; swept when the grace is over
);
CREATE INDEX refresh_token_grant ON sallyport.refresh_token (grant_id);
CREATE INDEX refresh_token_expires ON sallyport.refresh_token (expires_at);
CREATE INDEX refresh_token_answer ON sallyport.refresh_token (used_at) WHERE answer IS NOT NULL;

-- What resource servers must refuse although it has not expired:
-- 'g:' grant_id or 'j:' jti, until no access token of it can be valid.
CREATE TABLE sallyport.revocation (
	key		text PRIMARY KEY,
	at		timestamptz NOT NULL DEFAULT now(),
	expires_at	timestamptz NOT NULL
);
CREATE INDEX revocation_expires ON sallyport.revocation (expires_at);

CREATE FUNCTION sallyport.revocations()
RETURNS TABLE (key text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT r.key FROM sallyport.revocation r WHERE r.expires_at > now();
$$;

-- For a resource server that is not up to date with the notifications (plain CGI, listener away).
CREATE FUNCTION sallyport.token_revoked(p_grant_id uuid, p_jti text)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT NOT EXISTS (SELECT 1 FROM sallyport.grants g WHERE g.grant_id = p_grant_id AND g.revoked_at IS NULL)
	    OR EXISTS (SELECT 1 FROM sallyport.revocation r WHERE r.key = 'j:' || p_jti);
$$;

-- Longest life of an access token for which a revocation must be remembered.
CREATE FUNCTION sallyport.revocation_add(p_key text)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO sallyport.revocation (key, expires_at) VALUES (p_key, now() + interval '25 hours')
	ON CONFLICT (key) DO NOTHING;
	SELECT pg_notify('sallyport', 'revoked ' || p_key);
$$;

-- Ends a grant.  False: there was nothing to end.
CREATE FUNCTION sallyport.grant_revoke(p_grant_id uuid, p_why text, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	g sallyport.grants;
BEGIN
	UPDATE sallyport.grants SET revoked_at = clock_timestamp(), revoked_why = p_why
	 WHERE grant_id = p_grant_id AND revoked_at IS NULL
	RETURNING * INTO g;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM sallyport.revocation_add('g:' || p_grant_id);
	PERFORM sallyport.audit_write('grant.revoke', 'ok', g.user_id, g.client_id, g.grant_id, g.resource,
	    jsonb_build_object('why', p_why), ctx);
	RETURN true;
END
$$;

-- ---------------------------------------------------------------- consent

-- What a person asked us to remember for one client and resource.
CREATE TABLE sallyport.consent (
	user_id		uuid NOT NULL REFERENCES sallyport.users ON DELETE CASCADE,
	client_id	text NOT NULL REFERENCES sallyport.client ON DELETE CASCADE,
	resource	text NOT NULL,
	redirect_host	text NOT NULL,
	scope		text[] NOT NULL,
	client_metadata_sha256 bytea NOT NULL,
	at		timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, client_id, resource, redirect_host)
);

-- One decision for one authorization request; the handle's id makes it single-use.
CREATE TABLE sallyport.authorization_decision (
	authorization_id uuid PRIMARY KEY,
	decision	text NOT NULL CHECK (decision IN ('allow', 'deny')),
	at		timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX authorization_decision_at ON sallyport.authorization_decision (at);

CREATE FUNCTION sallyport.consent_covers(p_user_id uuid, p_client_id text, p_resource text,
    p_redirect_host text, p_scope text[], p_metadata_sha256 bytea)
RETURNS TABLE (covered boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT true FROM sallyport.consent c
	 WHERE c.user_id = p_user_id AND c.client_id = p_client_id AND c.resource = p_resource
	   AND c.redirect_host = p_redirect_host AND c.scope @> p_scope
	   AND c.client_metadata_sha256 = p_metadata_sha256;
$$;

-- The person's yes: a grant and its code, once per authorization request.
-- outcome: approved | repeated (the same yes again, its code is still good) | decided (this
-- request has its decision) | no_session | no_client
CREATE FUNCTION sallyport.authorize_approve(p_authorization_id uuid, p_session_sha256 bytea, p_client_id text,
    p_redirect_uri text, p_redirect_uri_sent boolean, p_redirect_host text, p_code_challenge text,
    p_scope text[], p_resource text, p_metadata_sha256 bytea, p_code_sha256 bytea, p_code_ttl bigint,
    p_remember boolean, ctx jsonb)
RETURNS TABLE (outcome text, grant_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s record;
	v_grant_id uuid;
BEGIN
	SELECT b.user_id, b.auth_time INTO s
	  FROM sallyport.browser_session b JOIN sallyport.users u USING (user_id)
	 WHERE b.session_sha256 = p_session_sha256 AND b.expires_at > now() AND u.disabled_at IS NULL
	   FOR SHARE OF b, u;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'no_session', NULL::uuid;
		RETURN;
	END IF;
	PERFORM 1 FROM sallyport.client c
	  WHERE c.client_id = p_client_id AND c.disabled_at IS NULL
	    AND (c.expires_at IS NULL OR c.expires_at > now())
	    AND c.metadata_sha256 = p_metadata_sha256
	    FOR SHARE;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'no_client', NULL::uuid;
		RETURN;
	END IF;
	INSERT INTO sallyport.authorization_decision (authorization_id, decision)
	VALUES (p_authorization_id, 'allow') ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN QUERY SELECT CASE WHEN EXISTS (SELECT 1 FROM sallyport.auth_code k
		    WHERE k.code_sha256 = p_code_sha256 AND k.session_sha256 = p_session_sha256
		      AND k.spent_at IS NULL AND k.expires_at > clock_timestamp())
		    THEN 'repeated' ELSE 'decided' END, NULL::uuid;
		RETURN;
	END IF;
	INSERT INTO sallyport.grants (user_id, client_id, resource, scope, redirect_uri, client_metadata_sha256, auth_time)
	VALUES (s.user_id, p_client_id, p_resource, p_scope, p_redirect_uri, p_metadata_sha256, s.auth_time)
	RETURNING grants.grant_id INTO v_grant_id;
	INSERT INTO sallyport.auth_code (code_sha256, grant_id, client_id, redirect_uri, redirect_uri_sent,
	    code_challenge, session_sha256, expires_at)
	VALUES (p_code_sha256, v_grant_id, p_client_id, p_redirect_uri, p_redirect_uri_sent,
	    p_code_challenge, p_session_sha256, now() + make_interval(secs => p_code_ttl));
	IF p_remember THEN
		INSERT INTO sallyport.consent AS c (user_id, client_id, resource, redirect_host, scope, client_metadata_sha256)
		VALUES (s.user_id, p_client_id, p_resource, p_redirect_host, p_scope, p_metadata_sha256)
		ON CONFLICT (user_id, client_id, resource, redirect_host) DO UPDATE
		   SET scope = excluded.scope, client_metadata_sha256 = excluded.client_metadata_sha256, at = now();
	END IF;
	PERFORM sallyport.audit_write('authorize.approve', 'ok', s.user_id, p_client_id, v_grant_id, p_resource,
	    jsonb_build_object('scope', array_to_string(p_scope, ' '), 'redirect_host', p_redirect_host,
	        'remember', p_remember), ctx);
	RETURN QUERY SELECT 'approved', v_grant_id;
END
$$;

-- The person's no.  False: this request has another decision already.
CREATE FUNCTION sallyport.authorize_deny(p_authorization_id uuid, p_session_sha256 bytea, p_client_id text,
    p_resource text, ctx jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO sallyport.authorization_decision (authorization_id, decision)
	VALUES (p_authorization_id, 'deny') ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN EXISTS (SELECT 1 FROM sallyport.authorization_decision d
		    WHERE d.authorization_id = p_authorization_id AND d.decision = 'deny');
	END IF;
	PERFORM sallyport.audit_write('authorize.deny', 'denied',
	    (SELECT b.user_id FROM sallyport.browser_session b WHERE b.session_sha256 = p_session_sha256),
	    p_client_id, NULL, p_resource, NULL, ctx);
	RETURN true;
END
$$;

-- A request of a known client that is refused before anybody decides.
CREATE FUNCTION sallyport.authorize_rejected(p_client_id text, p_resource text, p_error text, p_why text, ctx jsonb)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT sallyport.audit_rejected('authorize', NULL, p_client_id, NULL, p_resource,
	    jsonb_build_object('error', p_error, 'why', p_why), ctx);
$$;

-- ---------------------------------------------------------------- the token endpoint

-- How a client authenticated, judged: 'ok' or an OAuth error and the reason for the log.
-- p_method: none, client_secret_basic, client_secret_post (as it came).
-- A client registered for one of the secret methods may use the other: clients in the wild mix them.
CREATE FUNCTION sallyport.client_check(c sallyport.client, p_method text, p_secret_sha256 bytea, p_grant_type text,
    OUT error text, OUT detail text)
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF c.client_id IS NULL OR c.disabled_at IS NOT NULL THEN
		error := 'invalid_client'; detail := 'unknown client';
	ELSIF c.token_endpoint_auth_method = 'none' AND p_method <> 'none' THEN
		error := 'invalid_client'; detail := 'a public client sent a secret';
	ELSIF c.token_endpoint_auth_method IN ('client_secret_basic', 'client_secret_post')
	   AND (p_method NOT IN ('client_secret_basic', 'client_secret_post')
	        OR c.client_secret_sha256 IS DISTINCT FROM p_secret_sha256) THEN
		error := 'invalid_client'; detail := 'client authentication failed';
	ELSIF c.token_endpoint_auth_method = 'private_key_jwt' AND p_method <> 'private_key_jwt' THEN
		error := 'invalid_client'; detail := 'client authentication failed';
	ELSIF p_grant_type IS NOT NULL AND NOT p_grant_type = ANY (c.grant_types) THEN
		error := 'unauthorized_client'; detail := 'the client is not registered for this grant type';
	ELSE
		error := 'ok';
	END IF;
END
$$;

-- What a token of a grant says; one shape for the three grant types.
-- outcome: ok | an OAuth error | (refresh) replayed, stale.
CREATE TYPE sallyport.issue AS (
	outcome		text,
	detail		text,
	grant_id	uuid,
	user_id		uuid,
	username	text,
	tier		text,
	scope		text,		-- space separated
	resource	text,
	auth_time	bigint,
	version		text,		-- of what the token says; see refresh_rotate
	refresh		boolean,	-- a refresh token was issued
	answer		bytea		-- replayed: the sealed answer
);

-- Spends a code, once.
-- A replay with everything right ends the family; one with anything wrong changes nothing but the
-- count of wrong verifiers (five burn the code).
CREATE FUNCTION sallyport.code_redeem(p_client_id text, p_method text, p_secret_sha256 bytea,
    p_code_sha256 bytea, p_code_challenge text, p_redirect_uri text, p_resource text,
    p_refresh_sha256 bytea, p_refresh_ttl bigint, ctx jsonb)
RETURNS SETOF sallyport.issue
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c sallyport.client;
	k sallyport.auth_code;
	g sallyport.grants;
	u sallyport.users;
	r sallyport.issue;
	checked record;
BEGIN
	SELECT * INTO c FROM sallyport.client WHERE client_id = p_client_id;
	SELECT * INTO checked FROM sallyport.client_check(c, p_method, p_secret_sha256, 'authorization_code');
	IF checked.error <> 'ok' THEN
		r.outcome := checked.error; r.detail := checked.detail;
	ELSE
		SELECT * INTO k FROM sallyport.auth_code WHERE code_sha256 = p_code_sha256 FOR UPDATE;
		r.outcome := 'invalid_grant';
		IF NOT FOUND THEN
			r.detail := 'unknown code';
		ELSIF k.client_id <> p_client_id THEN
			r.detail := 'the code belongs to another client';
		ELSIF k.expires_at <= clock_timestamp() AND k.spent_at IS NULL THEN
			r.detail := 'the code has expired';
		ELSIF k.wrong_tries >= 5 THEN
			r.detail := 'the code was burned by wrong verifiers';
		ELSIF k.code_challenge <> p_code_challenge THEN
			r.detail := 'wrong code_verifier';
			IF k.spent_at IS NULL THEN
				UPDATE sallyport.auth_code SET wrong_tries = wrong_tries + 1 WHERE code_sha256 = p_code_sha256;
			END IF;
		ELSIF (p_redirect_uri IS NULL AND k.redirect_uri_sent)
		   OR (p_redirect_uri IS NOT NULL AND p_redirect_uri <> k.redirect_uri) THEN
			r.detail := 'redirect_uri differs from the authorization request';
		ELSE
			SELECT * INTO g FROM sallyport.grants WHERE grants.grant_id = k.grant_id FOR NO KEY UPDATE;
			SELECT * INTO u FROM sallyport.users WHERE users.user_id = g.user_id FOR SHARE;
			IF p_resource IS NOT NULL AND p_resource <> g.resource THEN
				r.outcome := 'invalid_target'; r.detail := 'resource differs from the granted one';
			ELSIF k.spent_at IS NOT NULL THEN
				r.detail := 'the code was spent before; its tokens are revoked';
				IF sallyport.grant_revoke(g.grant_id, 'code replay', ctx) THEN
					PERFORM sallyport.audit_write('token.code_replay', 'rejected', g.user_id, g.client_id,
					    g.grant_id, g.resource, NULL, ctx);
				END IF;
			ELSIF g.revoked_at IS NOT NULL OR u.user_id IS NULL OR u.disabled_at IS NOT NULL THEN
				r.detail := 'the grant is no longer valid';
			ELSE
				r.outcome := 'ok';
			END IF;
		END IF;
	END IF;
	IF r.outcome <> 'ok' THEN
		IF c.client_id IS NOT NULL THEN
			PERFORM sallyport.audit_rejected('token.code', g.user_id, c.client_id, k.grant_id, g.resource,
			    jsonb_build_object('error', r.outcome, 'why', r.detail), ctx);
		END IF;
		RETURN NEXT r;
		RETURN;
	END IF;
	UPDATE sallyport.auth_code SET spent_at = now() WHERE code_sha256 = p_code_sha256;
	UPDATE sallyport.grants SET last_used_at = now() WHERE grants.grant_id = g.grant_id;
	UPDATE sallyport.client SET last_used_at = now(), expires_at = NULL
	 WHERE client_id = c.client_id AND (expires_at IS NOT NULL OR last_used_at IS NULL
	       OR last_used_at < now() - interval '1 hour');
	r.refresh := 'refresh_token' = ANY (c.grant_types) AND p_refresh_sha256 IS NOT NULL;
	IF r.refresh THEN
		INSERT INTO sallyport.refresh_token (token_sha256, grant_id, expires_at)
		VALUES (p_refresh_sha256, g.grant_id, now() + make_interval(secs => p_refresh_ttl));
	END IF;
	r.grant_id := g.grant_id; r.user_id := u.user_id; r.username := u.username; r.tier := u.tier;
	r.scope := array_to_string(g.scope, ' '); r.resource := g.resource;
	r.auth_time := extract(epoch FROM g.auth_time)::bigint;
	r.version := g.version || '.' || u.version;
	PERFORM sallyport.audit_write('token.code', 'ok', u.user_id, c.client_id, g.grant_id, g.resource,
	    jsonb_build_object('scope', r.scope, 'refresh', r.refresh), ctx);
	RETURN NEXT r;
END
$$;

-- Rotates a refresh token.  The caller has already made the answer (the new
-- pair, sealed under the old token) from what the token itself says of its
-- grant; p_version tells which state of the grant that was.  If the grant or
-- the user has changed since, the outcome is `stale` with the claims of now,
-- nothing is changed, and the caller asks once more.
--
-- Inside the grace the same request gets the same answer again (outcome
-- `replayed`): two processes of one client, or an answer lost on the way.
-- Another request with a used token is refused; after the grace the family ends.
CREATE FUNCTION sallyport.refresh_rotate(p_client_id text, p_method text, p_secret_sha256 bytea,
    p_token_sha256 bytea, p_version text, p_request_sha256 bytea, p_scope text[], p_resource text,
    p_new_sha256 bytea, p_answer bytea, p_refresh_ttl bigint, p_grace bigint, ctx jsonb)
RETURNS SETOF sallyport.issue
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c sallyport.client;
	t sallyport.refresh_token;
	g sallyport.grants;
	u sallyport.users;
	r sallyport.issue;
	checked record;
BEGIN
	SELECT * INTO c FROM sallyport.client WHERE client_id = p_client_id;
	SELECT * INTO checked FROM sallyport.client_check(c, p_method, p_secret_sha256, 'refresh_token');
	IF checked.error <> 'ok' THEN
		r.outcome := checked.error; r.detail := checked.detail;
	ELSE
		SELECT * INTO t FROM sallyport.refresh_token WHERE token_sha256 = p_token_sha256 FOR UPDATE;
		IF FOUND THEN
			SELECT * INTO g FROM sallyport.grants WHERE grants.grant_id = t.grant_id FOR NO KEY UPDATE;
			SELECT * INTO u FROM sallyport.users WHERE users.user_id = g.user_id FOR SHARE;
		END IF;
		r.outcome := 'invalid_grant';
		IF t.token_sha256 IS NULL THEN
			r.detail := 'unknown refresh token';
		ELSIF g.client_id <> p_client_id THEN
			r.detail := 'the refresh token belongs to another client';
		ELSIF g.revoked_at IS NOT NULL OR u.user_id IS NULL OR u.disabled_at IS NOT NULL THEN
			r.detail := 'the grant is no longer valid';
		ELSIF t.used_at IS NOT NULL AND t.used_at > clock_timestamp() - make_interval(secs => p_grace) THEN
			IF t.request_sha256 = p_request_sha256 AND t.answer IS NOT NULL THEN
				r.outcome := 'replayed'; r.answer := t.answer;
			ELSE
				r.detail := 'the refresh token was used for another request';
			END IF;
		ELSIF t.used_at IS NOT NULL THEN
			r.detail := 'the refresh token was used before; its family is revoked';
			IF sallyport.grant_revoke(g.grant_id, 'refresh reuse', ctx) THEN
				PERFORM sallyport.audit_write('token.refresh_reuse', 'rejected', g.user_id, g.client_id,
				    g.grant_id, g.resource, NULL, ctx);
			END IF;
		ELSIF t.expires_at <= clock_timestamp() THEN
			r.detail := 'the refresh token has expired';
		ELSIF p_resource IS NOT NULL AND p_resource <> g.resource THEN
			r.outcome := 'invalid_target'; r.detail := 'resource differs from the granted one';
		ELSIF p_version IS DISTINCT FROM g.version || '.' || u.version THEN
			r.outcome := 'stale';
		ELSIF p_scope IS NOT NULL AND NOT p_scope <@ g.scope THEN
			r.outcome := 'invalid_scope'; r.detail := 'more scope than was granted';
		ELSE
			r.outcome := 'ok';
		END IF;
	END IF;
	IF r.outcome NOT IN ('ok', 'replayed', 'stale') THEN
		IF c.client_id IS NOT NULL THEN
			PERFORM sallyport.audit_rejected('token.refresh', g.user_id, c.client_id, g.grant_id, g.resource,
			    jsonb_build_object('error', r.outcome, 'why', r.detail), ctx);
		END IF;
		RETURN NEXT r;
		RETURN;
	END IF;
	r.grant_id := g.grant_id; r.user_id := u.user_id; r.username := u.username; r.tier := u.tier;
	r.scope := array_to_string(coalesce(p_scope, g.scope), ' '); r.resource := g.resource;
	r.auth_time := extract(epoch FROM g.auth_time)::bigint;
	r.version := g.version || '.' || u.version;
	r.refresh := true;
	IF r.outcome = 'ok' THEN
		UPDATE sallyport.refresh_token
		   SET used_at = clock_timestamp(), successor_sha256 = p_new_sha256,
		       request_sha256 = p_request_sha256, answer = CASE WHEN p_grace > 0 THEN p_answer END
		 WHERE token_sha256 = p_token_sha256;
		INSERT INTO sallyport.refresh_token (token_sha256, grant_id, expires_at)
		VALUES (p_new_sha256, g.grant_id, now() + make_interval(secs => p_refresh_ttl));
		UPDATE sallyport.grants SET last_used_at = now() WHERE grants.grant_id = g.grant_id;
	END IF;
	IF r.outcome <> 'stale' THEN
		PERFORM sallyport.audit_write('token.refresh', 'ok', u.user_id, c.client_id, g.grant_id, g.resource,
		    CASE WHEN r.outcome = 'replayed' THEN '{"replayed": true}'::jsonb END, ctx);
	END IF;
	RETURN NEXT r;
END
$$;

-- A token for the client itself.  Its grant is one row per client and resource.
-- p_scope: what it asks for of p_offered, which is all that the resource has; null
-- when it asks for nothing: then it gets what an administrator allowed it, or
-- p_default.
CREATE FUNCTION sallyport.client_credentials(p_client_id text, p_method text, p_secret_sha256 bytea,
    p_scope text[], p_default text[], p_offered text[], p_resource text, ctx jsonb)
RETURNS SETOF sallyport.issue
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c sallyport.client;
	g sallyport.grants;
	r sallyport.issue;
	checked record;
	v_scope text[];
BEGIN
	SELECT * INTO c FROM sallyport.client WHERE client_id = p_client_id FOR SHARE;
	SELECT * INTO checked FROM sallyport.client_check(c, p_method, p_secret_sha256, 'client_credentials');
	SELECT coalesce(array_agg(s ORDER BY n), '{}') INTO v_scope
	  FROM unnest(coalesce(p_scope, CASE WHEN c.scope IS NULL THEN p_default ELSE p_offered END))
	       WITH ORDINALITY AS x (s, n)
	 WHERE c.scope IS NULL OR s = ANY (c.scope);
	r.outcome := 'ok';
	IF checked.error <> 'ok' THEN
		r.outcome := checked.error; r.detail := checked.detail;
	ELSIF c.token_endpoint_auth_method = 'none' THEN
		r.outcome := 'unauthorized_client'; r.detail := 'a public client has no credentials';
	ELSIF c.resource IS NOT NULL AND c.resource <> p_resource THEN
		r.outcome := 'invalid_target'; r.detail := 'the client may not ask for this resource';
	ELSIF v_scope = '{}' AND p_offered <> '{}' THEN
		r.outcome := 'invalid_scope'; r.detail := 'the client may have none of the scopes';
	END IF;
	IF r.outcome <> 'ok' THEN
		IF c.client_id IS NOT NULL THEN
			PERFORM sallyport.audit_rejected('token.client', NULL, c.client_id, NULL, p_resource,
			    jsonb_build_object('error', r.outcome, 'why', r.detail), ctx);
		END IF;
		RETURN NEXT r;
		RETURN;
	END IF;
	-- the grant holds all that its tokens ever had; most requests only read it
	SELECT * INTO g FROM sallyport.grants x
	 WHERE x.client_id = p_client_id AND x.resource = p_resource AND x.user_id IS NULL AND x.revoked_at IS NULL
	   AND x.scope @> v_scope AND x.last_used_at > now() - interval '1 minute'
	   FOR SHARE;
	IF NOT FOUND THEN
		INSERT INTO sallyport.grants AS x (client_id, resource, scope, last_used_at)
		VALUES (p_client_id, p_resource, v_scope, now())
		ON CONFLICT (client_id, resource) WHERE user_id IS NULL AND revoked_at IS NULL
		DO UPDATE SET last_used_at = now(), scope = x.scope ||
		    ARRAY(SELECT s FROM unnest(excluded.scope) s WHERE s <> ALL (x.scope))
		RETURNING * INTO g;
	END IF;
	UPDATE sallyport.client SET last_used_at = now(), expires_at = NULL
	 WHERE client_id = c.client_id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour');
	r.grant_id := g.grant_id; r.tier := c.tier; r.scope := array_to_string(v_scope, ' ');
	r.resource := g.resource; r.refresh := false;
	PERFORM sallyport.audit_write('token.client', 'ok', NULL, c.client_id, g.grant_id, g.resource,
	    jsonb_build_object('scope', r.scope), ctx);
	RETURN NEXT r;
END
$$;

-- RFC 7009.  A refresh token ends its family; an access token (given by its verified jti) ends alone.
-- A token of another client is left alone, and the answer is the same.
-- outcome: ok | invalid_client
CREATE FUNCTION sallyport.token_revoke(p_client_id text, p_method text, p_secret_sha256 bytea,
    p_token_sha256 bytea, p_jti text, p_jti_client_id text, ctx jsonb)
RETURNS TABLE (outcome text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c sallyport.client;
	checked record;
	v_grant_id uuid;
BEGIN
	SELECT * INTO c FROM sallyport.client WHERE client_id = p_client_id;
	SELECT * INTO checked FROM sallyport.client_check(c, p_method, p_secret_sha256, NULL);
	IF checked.error <> 'ok' THEN
		IF c.client_id IS NOT NULL THEN
			PERFORM sallyport.audit_rejected('token.revoke', NULL, c.client_id, NULL, NULL,
			    jsonb_build_object('error', checked.error, 'why', checked.detail), ctx);
		END IF;
		RETURN QUERY SELECT checked.error, checked.detail;
		RETURN;
	END IF;
	SELECT g.grant_id INTO v_grant_id
	  FROM sallyport.refresh_token t JOIN sallyport.grants g USING (grant_id)
	 WHERE t.token_sha256 = p_token_sha256 AND g.client_id = p_client_id;
	IF FOUND THEN
		PERFORM sallyport.grant_revoke(v_grant_id, 'revoked by client', ctx);
	ELSIF p_jti IS NOT NULL AND p_jti_client_id = p_client_id THEN
		PERFORM sallyport.revocation_add('j:' || p_jti);
		PERFORM sallyport.audit_write('token.revoke', 'ok', NULL, p_client_id, NULL, NULL,
		    jsonb_build_object('jti', p_jti), ctx);
	END IF;
	RETURN QUERY SELECT 'ok', NULL::text;
END
$$;

-- ---------------------------------------------------------------- administration (the owner's)

-- No row: the name is taken.
CREATE FUNCTION sallyport.user_add(p_username text, p_display_name text, p_email text, p_tier text,
    p_password_hash text, ctx jsonb)
RETURNS TABLE (user_id uuid) LANGUAGE plpgsql AS $$
DECLARE
	v_user_id uuid;
BEGIN
	INSERT INTO sallyport.users (username, display_name, email, tier, password_hash, password_changed_at)
	VALUES (p_username, p_display_name, p_email, p_tier, p_password_hash, now())
	ON CONFLICT DO NOTHING RETURNING users.user_id INTO v_user_id;
	IF FOUND THEN
		PERFORM sallyport.audit_write('user.add', 'ok', v_user_id, NULL, NULL, NULL,
		    jsonb_build_object('tier', p_tier), ctx);
		RETURN QUERY SELECT v_user_id;
	END IF;
END
$$;

-- A new password ends the browser sessions of the old one.  No row: no such user.
CREATE FUNCTION sallyport.user_password(p_username text, p_password_hash text, ctx jsonb)
RETURNS TABLE (user_id uuid) LANGUAGE plpgsql AS $$
DECLARE
	v_user_id uuid;
BEGIN
	UPDATE sallyport.users SET password_hash = p_password_hash, password_changed_at = now()
	 WHERE lower(username) = lower(p_username) RETURNING users.user_id INTO v_user_id;
	IF FOUND THEN
		DELETE FROM sallyport.browser_session s WHERE s.user_id = v_user_id;
		PERFORM sallyport.audit_write('user.password', 'ok', v_user_id, NULL, NULL, NULL, NULL, ctx);
		RETURN QUERY SELECT v_user_id;
	END IF;
END
$$;

-- Disabling a user ends sessions and grants at once; enabling brings none of them back.  No row: no such user.
CREATE FUNCTION sallyport.user_disable(p_username text, p_disabled boolean, ctx jsonb)
RETURNS TABLE (user_id uuid, revoked bigint) LANGUAGE plpgsql AS $$
DECLARE
	v_user_id uuid;
	n bigint := 0;
BEGIN
	UPDATE sallyport.users SET disabled_at = CASE WHEN p_disabled THEN coalesce(disabled_at, now()) END
	 WHERE lower(username) = lower(p_username) RETURNING users.user_id INTO v_user_id;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF p_disabled THEN
		DELETE FROM sallyport.browser_session s WHERE s.user_id = v_user_id;
		SELECT count(*) FILTER (WHERE sallyport.grant_revoke(g.grant_id, 'user disabled', ctx)) INTO n
		  FROM sallyport.grants g WHERE g.user_id = v_user_id AND g.revoked_at IS NULL;
	END IF;
	PERFORM sallyport.audit_write(CASE WHEN p_disabled THEN 'user.disable' ELSE 'user.enable' END, 'ok',
	    v_user_id, NULL, NULL, NULL, NULL, ctx);
	RETURN QUERY SELECT v_user_id, n;
END
$$;

-- A client made by hand, from metadata judged as for registration.
CREATE FUNCTION sallyport.client_add(p_client_id text, p_metadata jsonb, p_metadata_sha256 bytea,
    p_secret_sha256 bytea, p_resource text, p_tier text, ctx jsonb)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM sallyport.client_write(p_client_id, 'manual', p_metadata, p_metadata_sha256, p_secret_sha256, NULL);
	UPDATE sallyport.client SET resource = p_resource, tier = p_tier WHERE client_id = p_client_id;
	PERFORM sallyport.audit_write('client.add', 'ok', NULL, p_client_id, NULL, p_resource, NULL, ctx);
END
$$;

-- As user_disable.  No row: no such client.
CREATE FUNCTION sallyport.client_disable(p_client_id text, p_disabled boolean, ctx jsonb)
RETURNS TABLE (client_id text, revoked bigint) LANGUAGE plpgsql AS $$
DECLARE
	n bigint := 0;
BEGIN
	UPDATE sallyport.client c SET disabled_at = CASE WHEN p_disabled THEN coalesce(c.disabled_at, now()) END
	 WHERE c.client_id = p_client_id;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF p_disabled THEN
		SELECT count(*) FILTER (WHERE sallyport.grant_revoke(g.grant_id, 'client disabled', ctx)) INTO n
		  FROM sallyport.grants g WHERE g.client_id = p_client_id AND g.revoked_at IS NULL;
	END IF;
	PERFORM sallyport.audit_write(CASE WHEN p_disabled THEN 'client.disable' ELSE 'client.enable' END, 'ok',
	    NULL, p_client_id, NULL, NULL, NULL, ctx);
	RETURN QUERY SELECT p_client_id, n;
END
$$;

-- ---------------------------------------------------------------- sweeping

-- Deletes what has run out, at most p_limit rows a table.  Any worker may call
-- it; only one sweeps at a time.  Null: another one is at it.
--
-- A grant goes with the last that could be used of it: its code when that was
-- never redeemed, its last refresh token, or (where there is none) the last
-- access token that its code can have bought.
CREATE FUNCTION sallyport.sweep(p_limit bigint, p_grace bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	n bigint;
	total bigint := 0;
	v_codes uuid[];
	v_tokens uuid[];
BEGIN
	IF NOT pg_try_advisory_xact_lock(7281934500001) THEN
		RETURN NULL;
	END IF;
	WITH gone AS (DELETE FROM sallyport.auth_code WHERE code_sha256 IN
	    (SELECT k.code_sha256 FROM sallyport.auth_code k
	      WHERE k.expires_at < now() - interval '10 minutes'
	        AND (k.spent_at IS NULL OR k.expires_at < now() - interval '25 hours'
	             OR EXISTS (SELECT 1 FROM sallyport.refresh_token t WHERE t.grant_id = k.grant_id))
	      LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING grant_id)
	SELECT array_agg(grant_id), count(*) INTO v_codes, n FROM gone;
	total := total + n;
	WITH gone AS (DELETE FROM sallyport.refresh_token WHERE token_sha256 IN
	    (SELECT token_sha256 FROM sallyport.refresh_token WHERE expires_at < now() - interval '1 day'
	      LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING grant_id)
	SELECT array_agg(DISTINCT grant_id), count(*) INTO v_tokens, n FROM gone;
	total := total + n;
	DELETE FROM sallyport.grants g WHERE g.grant_id = ANY (v_codes || v_tokens)
	   AND NOT EXISTS (SELECT 1 FROM sallyport.refresh_token t WHERE t.grant_id = g.grant_id)
	   AND NOT EXISTS (SELECT 1 FROM sallyport.auth_code k WHERE k.grant_id = g.grant_id);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	-- a used token keeps its row (reuse must be seen) but not its answer once the grace is over
	UPDATE sallyport.refresh_token SET answer = NULL WHERE token_sha256 IN
	    (SELECT token_sha256 FROM sallyport.refresh_token
	      WHERE answer IS NOT NULL AND used_at < now() - make_interval(secs => p_grace)
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	DELETE FROM sallyport.revocation WHERE key IN
	    (SELECT key FROM sallyport.revocation WHERE expires_at < now() LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	DELETE FROM sallyport.browser_session WHERE session_sha256 IN
	    (SELECT session_sha256 FROM sallyport.browser_session WHERE expires_at < now()
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	DELETE FROM sallyport.rate WHERE (key, window_start) IN
	    (SELECT key, window_start FROM sallyport.rate WHERE window_start < now() - interval '2 hours'
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	DELETE FROM sallyport.authorization_decision WHERE authorization_id IN
	    (SELECT authorization_id FROM sallyport.authorization_decision WHERE at < now() - interval '1 day'
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	-- clients that never had a token, and those whose last one is gone since three months
	DELETE FROM sallyport.client WHERE client.client_id IN
	    (SELECT c.client_id FROM sallyport.client c
	      WHERE c.kind <> 'manual' AND c.disabled_at IS NULL
	        AND (c.expires_at < now() - interval '1 day'
	             OR (c.expires_at IS NULL AND c.last_used_at < now() - interval '90 days'))
	        AND NOT EXISTS (SELECT 1 FROM sallyport.grants g WHERE g.client_id = c.client_id)
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	DELETE FROM sallyport.client_document WHERE client_document.client_id IN
	    (SELECT d.client_id FROM sallyport.client_document d
	      WHERE NOT d.pinned AND d.fetched_at < now() - interval '2 days'
	        AND NOT EXISTS (SELECT 1 FROM sallyport.client c WHERE c.client_id = d.client_id)
	      LIMIT p_limit FOR UPDATE SKIP LOCKED);
	GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
	RETURN total;
END
$$;

-- ---------------------------------------------------------------- rights

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sallyport FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
	sallyport.signing_keys(),
	sallyport.resources(),
	sallyport.signin_begin(text, text, bigint, bytea, jsonb),
	sallyport.signin_failed(text, jsonb),
	sallyport.signin_succeeded(uuid, text, bytea, bytea, bigint, jsonb),
	sallyport.browser_session_user(bytea),
	sallyport.browser_session_end(bytea, jsonb),
	sallyport.client_register(text, jsonb, bytea, bytea, text[], bigint, bigint, text, jsonb),
	sallyport.client_lookup(text),
	sallyport.client_document_take(text, text, bigint, text),
	sallyport.client_document_store(text, text, text, bigint, jsonb, bytea, bigint, jsonb),
	sallyport.client_document_failed(text, text, jsonb, bytea, bigint, jsonb),
	sallyport.revocations(),
	sallyport.token_revoked(uuid, text),
	sallyport.grant_revoke(uuid, text, jsonb),
	sallyport.consent_covers(uuid, text, text, text, text[], bytea),
	sallyport.authorize_approve(uuid, bytea, text, text, boolean, text, text, text[], text, bytea, bytea, bigint, boolean, jsonb),
	sallyport.authorize_deny(uuid, bytea, text, text, jsonb),
	sallyport.authorize_rejected(text, text, text, text, jsonb),
	sallyport.code_redeem(text, text, bytea, bytea, text, text, text, bytea, bigint, jsonb),
	sallyport.refresh_rotate(text, text, bytea, bytea, text, bytea, text[], text, bytea, bytea, bigint, bigint, jsonb),
	sallyport.client_credentials(text, text, bytea, text[], text[], text[], text, jsonb),
	sallyport.token_revoke(text, text, bytea, bytea, text, text, jsonb),
	sallyport.sweep(bigint, bigint)
TO sallyport_app;
