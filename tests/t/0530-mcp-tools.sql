-- tools of 0530-mcp-tools.t: each shows one thing
CREATE TYPE tools.mood AS ENUM ('happy', 'sad');
CREATE DOMAIN tools.percent AS integer CHECK (value BETWEEN 0 AND 100);
CREATE TYPE tools.line AS (sku text, quantity integer);

CREATE FUNCTION tools.types(i2 smallint DEFAULT NULL, i4 integer DEFAULT NULL, i8 bigint DEFAULT NULL, f double precision DEFAULT NULL,
	n numeric DEFAULT NULL, t text DEFAULT NULL, u uuid DEFAULT NULL, d date DEFAULT NULL, ts timestamptz DEFAULT NULL,
	b boolean DEFAULT NULL, j json DEFAULT NULL, jb jsonb DEFAULT NULL, e tools.mood DEFAULT NULL, p tools.percent DEFAULT NULL,
	ia integer[] DEFAULT NULL, ta text[] DEFAULT NULL, ea tools.mood[] DEFAULT NULL, l tools.line DEFAULT NULL,
	la tools.line[] DEFAULT NULL, by bytea DEFAULT NULL, ja jsonb[] DEFAULT NULL)
RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT jsonb_strip_nulls(jsonb_build_object('i2', i2, 'i4', i4, 'i8', i8, 'f', f,
	'n', n, 't', t, 'u', u, 'd', d, 'ts', ts AT TIME ZONE 'UTC', 'b', b, 'j', j, 'jb', jb, 'e', e, 'p', p, 'ia', ia,
	'ta', ta, 'ea', ea, 'l', l, 'la', la, 'by', by, 'ja', ja)) $$;
COMMENT ON FUNCTION tools.types IS E'Types\n@mcp';
CREATE FUNCTION tools.defaults(a integer DEFAULT 7, b text DEFAULT 'it''s', c integer[] DEFAULT '{1,2}', d integer DEFAULT 3 + 4)
RETURNS text LANGUAGE sql STABLE AS $$ SELECT concat_ws('|', a, b, c, d) $$;
COMMENT ON FUNCTION tools.defaults IS E'Defaults\n@mcp';
CREATE FUNCTION tools.sum_up(start integer, VARIADIC more integer[]) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT $1 + sum(x) FROM unnest(more) x $$;
COMMENT ON FUNCTION tools.sum_up IS E'Sum\n@mcp';
CREATE FUNCTION tools.required_null(a jsonb) RETURNS text LANGUAGE sql STABLE AS $$ SELECT coalesce(a::text, 'SQL null') $$;
COMMENT ON FUNCTION tools.required_null IS E'Required\n@mcp';

CREATE FUNCTION tools.r_object(OUT a integer, OUT b text) LANGUAGE sql STABLE AS $$ SELECT 1, NULL::text $$;
CREATE FUNCTION tools.r_one_out(OUT total integer) LANGUAGE sql STABLE AS $$ SELECT 3 $$;
CREATE FUNCTION tools.r_row() RETURNS tools.line LANGUAGE sql STABLE AS $$ SELECT 'x', 2 $$;
CREATE FUNCTION tools.r_null() RETURNS text LANGUAGE sql STABLE AS $$ SELECT NULL::text $$;
CREATE FUNCTION tools.r_null_json() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT NULL::jsonb $$;
CREATE FUNCTION tools.r_array_json() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '[1, 2]'::jsonb $$;
CREATE FUNCTION tools.r_json() RETURNS json LANGUAGE sql STABLE AS $$ SELECT E'{ "b" : 1,\n\t"a" : "x  \\" y" }'::json $$;
CREATE FUNCTION tools.r_set() RETURNS SETOF text LANGUAGE sql STABLE AS $$ VALUES ('a'), (NULL), ('c') $$;
CREATE FUNCTION tools.r_table() RETURNS TABLE (n integer) LANGUAGE sql STABLE AS $$ VALUES (1), (2) $$;
CREATE FUNCTION tools.r_none() RETURNS TABLE (n integer) LANGUAGE sql STABLE AS $$ SELECT 1 WHERE false $$;
CREATE FUNCTION tools.r_names() RETURNS TABLE (r text, q integer, c integer) LANGUAGE sql STABLE AS $$ SELECT 'a', 1, 2 $$;
CREATE FUNCTION tools.r_name(OUT r text, OUT ok boolean) LANGUAGE sql STABLE AS $$ SELECT 'a', true $$;
CREATE FUNCTION tools.r_not_ok() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '{"ok": false, "error": "no"}'::jsonb $$;
CREATE FUNCTION tools.r_not_ok_column(OUT ok boolean, OUT error text) LANGUAGE sql STABLE AS $$ SELECT false, 'no' $$;
CREATE FUNCTION tools.r_ok_text() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '{"ok": "false"}'::jsonb $$;
CREATE FUNCTION tools.r_time() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT '2026-01-02 03:04:05+00'::timestamptz $$;
CREATE FUNCTION tools.r_many(n integer) RETURNS TABLE (i integer) LANGUAGE sql STABLE AS $$ SELECT generate_series(1, n) $$;
CREATE FUNCTION tools.r_large(n integer) RETURNS text LANGUAGE sql STABLE AS $$ SELECT repeat('x', n) $$;
CREATE FUNCTION tools.r_void() RETURNS void LANGUAGE sql STABLE AS '';

CREATE FUNCTION tools.f_raise() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO shop.touched VALUES (1);
	RAISE EXCEPTION 'no such order' USING DETAIL = 'Orders begin at 1.', HINT = 'Look at the invoice.'; END $$;
CREATE FUNCTION tools.f_no_data() RETURNS integer LANGUAGE plpgsql STABLE AS $$ DECLARE i integer; BEGIN
	SELECT 1 INTO STRICT i WHERE false; RETURN i; END $$;
CREATE FUNCTION tools.f_divide(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a / b $$;
CREATE FUNCTION tools.f_denied() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM sallyport.users $$;
CREATE FUNCTION tools.f_slow() RETURNS void LANGUAGE sql SET statement_timeout = '300ms' AS $$ SELECT pg_sleep(10) $$;
CREATE FUNCTION tools.f_bug() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT nothing FROM nowhere); END $$;
CREATE FUNCTION tools.f_internal() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'secret detail' USING ERRCODE = 'XX000'; END $$;
CREATE TABLE shop.parent (n integer PRIMARY KEY);
CREATE TABLE shop.child (n integer REFERENCES shop.parent DEFERRABLE INITIALLY DEFERRED);
GRANT INSERT ON shop.child TO sallyport_tool;
CREATE FUNCTION tools.f_deferred() RETURNS void LANGUAGE sql AS $$ INSERT INTO shop.child VALUES (7) $$;
CREATE FUNCTION tools.f_conflict(times integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	IF nextval('shop.attempts') <= times THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF; RETURN 1; END $$;
CREATE SEQUENCE shop.attempts;
GRANT USAGE ON SEQUENCE shop.attempts TO sallyport_tool;

CREATE FUNCTION tools.x_write() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
	EXECUTE 'INSERT INTO shop.touched VALUES (9)'; RETURN 1; END $$;
CREATE FUNCTION tools.x_write_by_call() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT tools.touch(9) $$;
CREATE FUNCTION tools.x_read_write() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM set_config('transaction_read_only', 'off', true);
	EXECUTE 'INSERT INTO shop.touched VALUES (9)'; RETURN 1; END $$;
CREATE FUNCTION tools.x_read_write_sql() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
	EXECUTE 'SET TRANSACTION READ WRITE'; RETURN 1; END $$;
CREATE FUNCTION tools.x_commit() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN INSERT INTO shop.touched VALUES (9); COMMIT; RETURN 1; END $$;
CREATE FUNCTION tools.x_release() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN EXECUTE 'RELEASE tool'; RETURN 1; END $$;
CREATE FUNCTION tools.x_reset_role() RETURNS text LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN
	EXECUTE 'RESET ROLE'; SELECT count(*) INTO n FROM sallyport.users; RETURN n; END $$;
CREATE FUNCTION tools.x_forge() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO sallyport.audit (event, outcome) VALUES ('tool.call', 'forged'); RETURN 1; END $$;
CREATE FUNCTION tools.x_become_owner() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SET ROLE sallyport'; RETURN 1; END $$;
CREATE FUNCTION tools.x_leave_role() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
	PERFORM set_config('role', 'none', false), set_config('request.jwt.claims', '{"preferred_username":"bob"}', false),
		set_config('statement_timeout', '1', false), set_config('shop.left', 'y', false); RETURN 1; END $$;

CREATE FUNCTION tools.x_leave_role_reading() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
	PERFORM set_config('role', 'sallyport_tool', false), set_config('shop.left', 'x', false), set_config('statement_timeout', '1', false);
	RETURN 1; END $$;
CREATE FUNCTION tools.left() RETURNS text LANGUAGE sql STABLE AS $$ SELECT coalesce(current_setting('shop.left', true), '') $$;
CREATE FUNCTION tools.who() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT jsonb_build_object('user', current_user,
	'claims', current_setting('request.jwt.claims')::jsonb - 'exp' - 'iat' - 'jti' - 'auth_time' - 'grant_id' - 'sub' - 'client_id' - 'aud' - 'iss',
	'request_id', length(current_setting('sallyport.request_id')), 'read_only', current_setting('transaction_read_only'),
	'timeout', current_setting('statement_timeout')) $$;
CREATE FUNCTION tools.who_writes() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('transaction_read_only') $$;
DO $$ DECLARE f regprocedure; BEGIN
	FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'tools'::regnamespace AND obj_description(oid) IS NULL LOOP
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', f, E'Test\n@mcp');
	END LOOP;
END $$;
