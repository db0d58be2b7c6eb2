#!/bin/bash
# Statements in other databases: rights and claims there, what is recorded here, sources that are away, secrets that change.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/statement.sh"
httpd=${HTTPD:-nginx}
cgi=
case $httpd in *cgi) cgi=yes ;; esac
start_postgres && migrate tool_timeout=20000 credential_dirs="$T/credentials" db_connect_timeout=2 && mcp_catalog || exit 1

# ---- another database, whose users need passwords ----

secret "over the hills" "and far away"
sv_private_dir "$sv_web_user" "$T/credentials"
credential() { printf '%s\n' "$2" >"$T/credentials/$1"; [ -z "$sv_web_user" ] || chown "$sv_web_user" "$T/credentials/$1"; }
credential shop "over the hills"
sql "CREATE ROLE reader LOGIN PASSWORD 'over the hills'; CREATE ROLE shop_tools; GRANT shop_tools TO reader" &&
	sql "CREATE DATABASE other" && sed -i '1i local all reader scram-sha-256' "$T/postgres/data/pg_hba.conf" && sql "SELECT pg_reload_conf()" >/dev/null
other() { sql_database=other sql "$@"; }
other "$(cat <<'SQL'
CREATE SCHEMA app;
CREATE TABLE app.stock (sku text PRIMARY KEY, owner text NOT NULL, quantity integer NOT NULL CHECK (quantity >= 0));
INSERT INTO app.stock VALUES ('pen', 'alice', 3), ('ink', 'alice', 5), ('cup', 'bob', 7);
ALTER TABLE app.stock ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.stock TO shop_tools USING (owner = current_setting('request.jwt.claims')::json->>'preferred_username');
CREATE TABLE app.secret (n integer);
CREATE TABLE app.deferred (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
GRANT USAGE ON SCHEMA app TO shop_tools;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.stock, app.deferred TO shop_tools;
SQL
)"
at="host=$T/postgres dbname=other user=reader password=\${file:shop}"
source_at() { jq -nc --arg database "$1" --argjson more "${2:-"{}"}" '{ type: "postgresql", $database, role: "shop_tools", search_path: "app" } + $more'; }
add_source shop "$(source_at "$at" '{"read_only":false,"connections":2}')"
add_source reports "$(source_at "host=127.0.0.1,$T/postgres port=1,5432 dbname=other user=reader password=\${file:shop} target_session_attrs=any" '{"claims":false}')"
add_source dead "$(source_at 'host=127.0.0.1 port=1 dbname=other user=reader password=${file:shop}' '{"read_only":false}')"
add_source wrong "$(source_at "host=$T/postgres dbname=other user=reader password=far-from-it")"
add_source unset "$(source_at "host=$T/postgres dbname=other user=reader password=\${file:nothing}")"
add_source no_role "$(source_at "$at" '{"role":"postgres"}')"
add_source own "$(jq -nc --arg database "host=$T/postgres dbname=sallyport user=sallyport_app" '{ type: "postgresql", $database }')"
# what would be looked up elsewhere, or read
add_source s_service "$(source_at 'service=shop')"
add_source s_passfile "$(source_at "$at passfile=/etc/passwd")"
add_source s_key "$(source_at "$at sslkey=/etc/shadow")"
add_source s_bare "$(source_at other)"
add_source s_user "$(source_at 'host=db.example.com dbname=other')"
add_source s_member "$(source_at "$at" '{"url":"x"}')"
add_source s_count "$(source_at "$at" '{"connections":0}')"
add_source s_http '{"type":"http","url":"https://example.com"}'

n='{"n":{"type":"integer"}}' sku='{"sku":{"type":"string"},"n":{"type":"integer"}}' shop='{"source":"shop"}' write='{"source":"shop","read_only":false}'
add_statement stock 'SELECT sku, quantity FROM stock ORDER BY sku' '{}' "$shop"
add_statement stock_cut 'SELECT sku FROM stock ORDER BY sku' '{}' "$shop" max_rows=1
add_statement who "SELECT current_user AS role, current_setting('transaction_read_only') AS ro, current_setting('request.jwt.claims')::json->>'preferred_username'
	AS caller, current_schemas(false) AS path, length(current_setting('sallyport.request_id')) > 0 AS request" '{}' '{"source":"shop","result":"row"}'
add_statement who_reports "SELECT current_setting('request.jwt.claims') = '' AS none" '{}' '{"source":"reports","result":"row"}'
add_statement backend 'SELECT pg_backend_pid()' '{}' '{"source":"shop","result":"value"}'
add_statement put 'UPDATE stock SET quantity = :n WHERE sku = :sku' "$sku" "$write"
add_statement put_back 'UPDATE stock SET quantity = quantity + :n WHERE sku = :sku RETURNING quantity' "$sku" '{"source":"shop","read_only":false,"result":"row"}'
add_statement kept 'SELECT sum(quantity) FROM stock' '{}' '{"source":"shop","result":"value"}' "options='{\"cache\":{\"ttl\":\"1h\"}}'" read_only=true
add_statement make_old 'UPDATE stock SET quantity = quantity + :n WHERE sku = :sku' "$sku" "$write" "options='{\"invalidates\":[\"kept\"]}'"
add_statement deferred 'INSERT INTO deferred VALUES (:n)' "$n" "$write"
add_statement denied 'SELECT * FROM secret' '{}' "$shop"
add_statement wrong_sql 'SELECT * FROM nowhere' '{}' "$shop"
add_statement slow 'SELECT pg_sleep(30)' '{}' "$shop" timeout_ms=300
add_statement long 'SELECT pg_sleep(60)' '{}' "$shop" timeout_ms=60000
add_statement long_write "WITH w AS (UPDATE stock SET quantity = 99 WHERE sku = 'pen' RETURNING 1) SELECT pg_sleep(60) FROM w" '{}' "$write" timeout_ms=60000
add_statement dead_read 'SELECT 1' '{}' '{"source":"dead"}'
add_statement dead_write 'DELETE FROM stock' '{}' '{"source":"dead","read_only":false}'
add_statement wrong_password 'SELECT 1' '{}' '{"source":"wrong"}'
add_statement unset_secret 'SELECT 1' '{}' '{"source":"unset"}'
add_statement no_role 'SELECT 1' '{}' '{"source":"no_role"}'
add_statement own_rights 'SELECT current_user' '{}' '{"source":"own"}'
add_statement b_read_only 'DELETE FROM stock' '{}' '{"source":"reports","read_only":false}'
for name in service passfile key bare user member count http; do add_statement "b_$name" 'SELECT 1' '{}' "{\"source\":\"s_$name\"}"; done
# shellcheck disable=SC2034	# of build-aux/services.sh: one process has one pool
sv_workers=1
start_httpd "$httpd" || exit 1
add_user alice && token_for alice >"$T/alice"

sessions() { sql "SELECT count(*) FROM pg_stat_activity WHERE datname = 'other' AND usename = 'reader'"; }

# ---- what is read ----

gives stock '{"rows":[{"sku":"ink","quantity":5},{"sku":"pen","quantity":3}]}'
is "it is recorded here" "ok" "$(last_call)"
gives stock_cut '{"rows":[{"sku":"ink"}]}'
gives who '{"role":"shop_tools","ro":"on","caller":"alice","path":["app"],"request":true}'
gives who_reports '{"none":true}'
fails denied 'permission denied'
is "and so is what went wrong" "error sqlstate 42501" "$(last_call)"
fails_like wrong_sql 'internal error, request id'
fails slow 'the tool took longer than 0.3 s and was stopped'
fails_like no_role 'internal error, request id'
if [ -z "$cgi" ]; then
	pid=$(answer backend)
	is "a connection is used again" "$pid" "$(answer backend)"
	sql "UPDATE sallyport.tool SET title = 'Stock' WHERE name = 'stock'" && catalog_known
	is "also when the catalog has changed elsewhere" "$pid" "$(answer backend)"
fi

# ---- what is written ----

gives put '{"affected":1}' '{"sku":"pen","n":4}'
is "it is there" 4 "$(other "SELECT quantity FROM app.stock WHERE sku = 'pen'")"
is "two rows tell of it, of one request" "started ok 1" "$(sql "SELECT string_agg(outcome, ' ' ORDER BY audit_id), count(DISTINCT request_id)
	FROM sallyport.audit WHERE tool = 'put'" -F ' ')"
gives put_back '{"quantity":6}' '{"sku":"pen","n":2}'
gives put '{"affected":0}' '{"sku":"cup","n":1}'
fails_like put 'new row for relation "stock" violates check constraint' '{"sku":"pen","n":-1}'
is "a write that failed is known to have" "6 error sqlstate 23514" "$(other "SELECT quantity FROM app.stock WHERE sku = 'pen'") $(last_call)"
gives deferred '{"affected":1}' '{"n":1}'
fails_like deferred 'duplicate key value violates unique constraint' '{"n":1}'
gives who '{"role":"shop_tools","ro":"on","caller":"alice","path":["app"],"request":true}'

gives kept '{"result":11}'
gives put_back '{"quantity":7}' '{"sku":"pen","n":1}'
gives kept '{"result":11}'
gives make_old '{"affected":1}' '{"sku":"pen","n":-1}'
gives kept '{"result":11}'
is "which was asked anew" "ok" "$(sql "SELECT outcome FROM sallyport.audit WHERE tool = 'kept' AND NOT detail ? 'cached' ORDER BY audit_id OFFSET 1")"

# the row of its end cannot be written
sql "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
	CREATE TRIGGER refuse BEFORE INSERT ON sallyport.audit FOR EACH ROW WHEN (NEW.tool = 'put' AND NEW.outcome = 'ok') EXECUTE FUNCTION public.refuse()"
gives put '{"affected":1}' '{"sku":"pen","n":8}'
is "what is done is not told as failed" "8 started" "$(other "SELECT quantity FROM app.stock WHERE sku = 'pen'") $(last_call)"
sql "DROP TRIGGER refuse ON sallyport.audit;
	CREATE TRIGGER refuse BEFORE INSERT ON sallyport.audit FOR EACH ROW WHEN (NEW.tool = 'put' AND NEW.outcome = 'started') EXECUTE FUNCTION public.refuse()"
call_tool put '{"sku":"pen","n":9}' >"$T/status"
is "what cannot be recorded is not begun" 8 "$(other "SELECT quantity FROM app.stock WHERE sku = 'pen'")"
sql "DROP TRIGGER refuse ON sallyport.audit"

# the connection is lost while it is written
running() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = 'other' AND state = 'active' AND query LIKE '%pg_sleep(60)%'")" = "$1" ]; }
lose() {
	answer "$1" >"$T/lost" &
	sv_until 20 running 1 || note "$1 did not begin"
	sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'other' AND state = 'active'" >/dev/null
	wait $!
	cat "$T/lost"
}
like "a write that is cut off is not called failed" '^true the database "shop" did not answer, and it is not known whether the change was made: look before you try again \(request id' "$(lose long_write)"
is "nor is it in its row" "error outcome unknown" "$(last_call)"
is "a read that is" 'true the database "shop" did not answer; try again' "$(lose long)"
gives stock_cut '{"rows":[{"sku":"ink"}]}'

# ---- sources that are away ----

started=$(date +%s)
fails dead_read 'the database "dead" cannot be reached now; try again later'
is "its row says why" "error the source is away" "$(last_call)"
fails dead_write 'the database "dead" cannot be reached now; try again later'
fails wrong_password 'the database "wrong" cannot be reached now; try again later'
ok "they are told at once" test $(($(date +%s) - started)) -lt 20
fails_like unset_secret 'internal error, request id'
fails_like own_rights 'internal error, request id'
gives stock_cut '{"rows":[{"sku":"ink"}]}'
is "our own tools go on" '{"rows":[{"order_no":1,"owner":"alice","state":"sent"},{"order_no":2,"owner":"alice","state":"packed"}]}' \
	"$(token_for alice >/dev/null; sql "UPDATE sallyport.tool SET tier = 'public' WHERE name = 'list_orders'"; catalog_known; answer list_orders | sed 's/^false //')"

# ---- a client that leaves ----

if [ "$httpd" = nginx ]; then
	curl -s --max-time 60 -o "$T/left" "http://localhost:$sv_port/mcp" -H 'Accept: application/json, text/event-stream' -H 'Content-Type: application/json' \
		-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: long_write' -H "Authorization: Bearer $(access_token)" \
		--data-binary "$(rpc tools/call '{"name":"long_write","arguments":{}}')" &
	pid=$!
	sv_until 20 running 1 && kill "$pid"
	ok "the statement stops there" sv_until 20 running 0
	sv_until 20 eval '[ "$(last_call)" = cancelled ]'
	is "and is undone" "8 cancelled" "$(other "SELECT quantity FROM app.stock WHERE sku = 'pen'") $(last_call)"
fi

# ---- what changes ----

sql "ALTER ROLE reader PASSWORD 'and far away'"
credential shop "and far away"
gives stock_cut '{"rows":[{"sku":"ink"}]}'
sql "DELETE FROM sallyport.tool WHERE kind = 'statement' AND spec->>'source' IN ('shop', 'reports', 'no_role')" && catalog_known
ok "a source that nothing uses has no connection" sv_until 20 eval '[ "$(sessions)" = 0 ]'

# ---- what is not in the catalog ----

left_out b_read_only 'read_only: source "reports" is read only'
left_out b_service 'source: database: service is not taken here'
left_out b_passfile 'source: database: passfile is not taken here'
left_out b_key 'source: database: sslkey is not taken here'
left_out b_bare 'source: database: is not a connection string of PostgreSQL: host=... dbname=... user=..., or postgresql://...'
left_out b_user 'source: database: needs host, dbname and user'
left_out b_member 'source: url: there is no such member of a source of type postgresql'
left_out b_count 'source: connections: from 1 to 100'
left_out b_http 'source: type: a statement needs a source of type postgresql'
done_testing
