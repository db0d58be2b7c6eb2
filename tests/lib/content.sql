-- resources and prompts of 0551-resources.t and 0552-prompts.t: each shows one thing
INSERT INTO sallyport.mcp_resource (uri, name, title, description, mime_type, content, tier, ttl_ms, annotations, icons, meta)
VALUES ('shop://terms', 'terms', 'Terms', 'Terms of delivery.', 'text/markdown', E'# Terms\n"Pay", é.\n', 'public', 60000,
	'{"audience": ["user", "assistant"], "priority": 0.8}', '[{"src": "https://shop.example/i.png", "mimeType": "image/png", "sizes": ["48x48"]}]',
	'{"shop.example/k": {"a": null}}');
INSERT INTO sallyport.mcp_resource (uri, name, mime_type, blob, tier) VALUES ('shop://logo', 'logo', 'image/png', '\x89504e47000aff', 'developer');
INSERT INTO sallyport.mcp_resource (uri, name, content, tier, scopes) VALUES ('shop://prices', 'prices', 'secret prices', 'developer', '{prices:read}');
INSERT INTO sallyport.mcp_resource (uri, name, content, tier) VALUES ('shop://ledger', 'ledger', 'for the owner', 'admin');
INSERT INTO sallyport.mcp_resource (uri, name, content, tier, enabled) VALUES ('shop://draft', 'draft', 'x', 'public', false);
INSERT INTO sallyport.mcp_resource (uri, name, content, tier, max_bytes) VALUES ('shop://long', 'long', repeat('x', 5000), 'public', 4096);

CREATE SCHEMA shop;
CREATE TABLE shop.orders (order_no bigint PRIMARY KEY, owner text NOT NULL, state text NOT NULL);
INSERT INTO shop.orders VALUES (1, 'alice', 'sent'), (2, 'alice', 'packed'), (3, 'bob', 'sent'), (30, 'alice', 'new');
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders TO sallyport_tool
	USING (owner = current_setting('request.jwt.claims')::json->>'preferred_username');
GRANT USAGE ON SCHEMA shop TO sallyport_tool;
GRANT SELECT, INSERT ON shop.orders TO sallyport_tool;

CREATE FUNCTION tools.now_open() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'open' $$;
COMMENT ON FUNCTION tools.now_open IS 'Open?
Whether the shop is open.
@resource shop://open
@mime text/plain
@ttl 5s
@audience user assistant
@priority 0.5
@icon https://shop.example/o.svg image/svg+xml any
@meta {"shop.example/k": 1}
@tier public';
CREATE FUNCTION tools.order_sheet(order_no bigint) RETURNS jsonb LANGUAGE sql STABLE AS
$$ SELECT to_jsonb(o) FROM shop.orders o WHERE o.order_no = $1 $$;
COMMENT ON FUNCTION tools.order_sheet IS 'Order sheet
@resource shop://orders/{order_no}
@scope orders:read
@param order_no printed on the invoice
@complete order_no tools.order_numbers';
CREATE FUNCTION tools.order_numbers(value text) RETURNS SETOF text LANGUAGE sql STABLE AS
$$ SELECT order_no::text FROM shop.orders WHERE order_no::text LIKE value || '%' ORDER BY order_no $$;
CREATE TYPE tools.label_size AS ENUM ('small', 'large');
CREATE FUNCTION tools.label(path text, size tools.label_size DEFAULT 'small') RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT convert_to(size || ' label of ' || path, 'UTF8') $$;
COMMENT ON FUNCTION tools.label IS E'Label\n@resource shop://labels/{size}/{+path}\n@mime image/x-label\n@tier public';
CREATE FUNCTION tools.bundle(what text) RETURNS SETOF mcp.resource_contents LANGUAGE sql STABLE AS $$
	SELECT v.* FROM (VALUES (NULL, NULL, 'first "text"', NULL, NULL), ('shop://two', 'image/png', NULL, '\x0102'::bytea, '{"m": 1}'::jsonb)) v
	 WHERE what = 'all' $$;
COMMENT ON FUNCTION tools.bundle IS E'Bundle\n@resource shop://bundle/{what}\n@tier public\n@mime text/x-part';
CREATE FUNCTION tools.trouble(kind text) RETURNS text LANGUAGE plpgsql SET statement_timeout = '300ms' AS $$ BEGIN
	IF kind = 'raise' THEN RAISE EXCEPTION 'no such year' USING HINT = 'Years begin at 2020.'; END IF;
	IF kind = 'slow' THEN PERFORM pg_sleep(5); END IF;
	IF kind = 'bug' THEN PERFORM * FROM nowhere; END IF;
	IF kind = 'denied' THEN PERFORM * FROM sallyport.users; END IF;
	IF kind = 'write' THEN INSERT INTO shop.orders VALUES (99, 'alice', 'new'); END IF;
	RETURN kind; END $$;
COMMENT ON FUNCTION tools.trouble IS E'Trouble\n@resource shop://trouble/{kind}\n@tier public';
CREATE SEQUENCE shop.counter;
GRANT USAGE ON SEQUENCE shop.counter TO sallyport_tool;
CREATE FUNCTION tools.writes_quietly(x text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT nextval('shop.counter')::text $$;
COMMENT ON FUNCTION tools.writes_quietly IS E'Quiet\n@resource shop://quiet/{x}\n@tier public';

INSERT INTO sallyport.mcp_resource (uri, name, title, kind, tier, spec, max_bytes)
VALUES ('docs://{+path}', 'handbook', 'Handbook', 'directory', 'public', '{"directory": "handbook"}', 20000),
       ('other://{+path}', 'elsewhere', 'Elsewhere', 'directory', 'public', '{"directory": "elsewhere"}', 20000);

-- ---- prompts ----

INSERT INTO sallyport.prompt (name, title, description, arguments, messages, tier, completions, icons) VALUES ('welcome', 'Welcome',
	'Greets somebody.', '[{"name": "who", "title": "Who", "description": "a name", "required": true}, {"name": "tone"}]',
	'[{"role": "user", "content": {"type": "text", "text": "Greet {{who}}{{tone}}, not {{nobody}} or {{ who }}."}},
	  {"role": "assistant", "content": {"type": "resource_link", "uri": "shop://terms", "name": "terms {{who}}"}}]',
	'public', '{"tone": {"values": ["formal", "Friendly", "short"]}}', '[{"src": "https://shop.example/w.png"}]');
INSERT INTO sallyport.prompt (name, description, messages, tier) VALUES ('owner_only', 'For the owner.', '[]', 'admin');
INSERT INTO sallyport.prompt (name, description, messages, tier, scopes) VALUES ('scoped', 'With a scope.',
	'[{"role": "user", "content": {"type": "text", "text": "x"}}]', 'developer', '{prompts:use}');

CREATE FUNCTION tools.plain() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'a plain prompt' $$;
COMMENT ON FUNCTION tools.plain IS E'Plain\nOne message.\n@prompt\n@tier public';
CREATE TYPE tools.tongue AS ENUM ('SQL', 'SPARQL', 'C');
CREATE FUNCTION tools.review(code text, tongue tools.tongue DEFAULT 'SQL', depth integer DEFAULT 1, strict boolean DEFAULT false)
RETURNS SETOF mcp.message LANGUAGE sql STABLE AS $$ VALUES
	(mcp.user('Review this ' || tongue || ' ' || depth || ' ' || strict)),
	(mcp.user(mcp.embedded_resource('shop://code', code))), (mcp.assistant('Ready.')) $$;
COMMENT ON FUNCTION tools.review IS 'Review
Reviews code.
@prompt review-code
@scope orders:read
@param code what to look at
@param tongue {"title": "Language"} which language it is in
@complete depth tools.depths
@icon data:image/png;base64,AAAA';
CREATE FUNCTION tools.depths(typed text, context jsonb) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	SELECT coalesce(context->>'tongue', 'any') || ' ' || typed || g FROM generate_series(1, CASE typed WHEN 'many' THEN 1200 WHEN 'some' THEN 150 ELSE 2 END) g $$;
CREATE FUNCTION tools.as_json(n text DEFAULT '1') RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT CASE n WHEN 'bad' THEN '{"role": "user"}'
	WHEN 'role' THEN '[{"role": "system", "content": {"type": "text", "text": "x"}}]' WHEN 'none' THEN NULL
	ELSE '[{"role": "user", "content": {"type": "text", "text": "json"}}]' END::jsonb $$;
COMMENT ON FUNCTION tools.as_json IS E'As JSON\n@prompt\n@tier public';
CREATE FUNCTION tools.refuses(x text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
COMMENT ON FUNCTION tools.refuses IS E'Refuses\n@prompt\n@tier public';
