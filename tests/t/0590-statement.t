#!/bin/bash
# Tools of kind "statement" on our own database: parameters, results, rights, what is refused.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/statement.sh"
start_postgres && migrate tool_timeout=20000 && mcp_catalog || exit 1
sql "$(cat <<'SQL'
CREATE TABLE shop.line (order_no bigint, sku text UNIQUE, quantity integer CHECK (quantity > 0));
CREATE TABLE shop.deferred (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE shop.hidden (n integer);
CREATE PROCEDURE shop.note(n integer) LANGUAGE sql AS 'INSERT INTO shop.touched VALUES (n)';
CREATE FUNCTION shop.raise() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RAISE 'no such order' USING HINT = 'Look at the invoice.'; END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.line, shop.deferred TO sallyport_tool;
SQL
)"

n='{"n":{"type":"integer"}}' write='{"read_only":false}' row='{"result":"row"}' value='{"result":"value"}'
add_statement by_number 'SELECT order_no, state FROM shop.orders WHERE order_no = :n; -- one' "$n"
add_statement mine 'SELECT order_no FROM shop.orders ORDER BY order_no' '{}' '{}' max_rows=2
add_statement typed 'SELECT :i::int4 AS i, :b::numeric AS b, :t AS t, :d::date AS d, :f::boolean AS f, :u::uuid AS u, :ia::int[] AS ia,
	:ta::text[] AS ta, :j::jsonb AS j, :ja::jsonb[] AS ja, CAST(:ts AS timestamptz) AS ts' \
	"$(jq -nc '[ "i", "b", "t", "d", "f", "u", "ia", "ta", "j", "ja", "ts" ] | map({ (.): { optional: true } }) | add')" "$row"
add_statement optional 'SELECT count(*) FROM shop.orders WHERE (:state IS NULL OR state = :state) AND (:nos IS NULL OR order_no = ANY (:nos))' \
	'{"state":{"type":["string","null"],"optional":true},"nos":{"type":"array","items":{"type":"integer"},"optional":true}}' "$value"
add_statement defaults "SELECT :n + 1 AS n, :w || '!' AS w, :a::int[] AS a" \
	'{"n":{"type":"integer","default":41},"w":{"type":"string","default":"it'\''s"},"a":{"type":"array","default":[1,2]}}' "$row"
add_statement slices "SELECT (ARRAY[10,20,30])[:a: :b] AS a, 'it''s :a' AS s, \$\$ :b \$\$ AS d, E'\\\\' AS e /* :x */" \
	'{"a":{"type":"integer"},"b":{"type":"integer"}}' "$row"
add_statement add_lines 'INSERT INTO shop.line (order_no, sku, quantity) SELECT :n, sku, quantity
	FROM jsonb_to_recordset(:lines) AS l (sku text, quantity integer) RETURNING sku, quantity' \
	'{"n":{"type":"integer"},"lines":{"type":"array","items":{"type":"object"}}}' "$write"
add_statement drop_lines 'DELETE FROM shop.line WHERE order_no = :n' "$n" "$write"
add_statement move_lines "WITH gone AS (DELETE FROM shop.line WHERE order_no = :n RETURNING sku), kept AS (SELECT sku FROM gone WHERE sku <> 'x')
	SELECT count(*) FROM kept -- of those" "$n" '{"read_only":false,"result":"value"}'
add_statement with_insert 'WITH seven AS (SELECT 7 AS n) INSERT INTO shop.touched (n) SELECT seven.n + :n FROM seven RETURNING n' \
	"$n" '{"read_only":false,"result":"row"}'
add_statement called 'CALL shop.note(:n)' "$n" "$write"
add_statement nothing "SELECT pg_notify('x', :w)" '{"w":{"type":"string"}}' '{"result":"none"}'
add_statement a_value 'SELECT state, owner FROM shop.orders WHERE order_no = :n' "$n" "$value"
add_statement an_object "SELECT json_build_object('ok', :n > 0)" "$n" "$value"
add_statement a_row 'SELECT * FROM shop.orders WHERE order_no = :n' "$n" "$row"
add_statement named_r 'SELECT 1 AS r, 2 AS s, 3 AS q, 4 AS j, 5 AS c'
add_statement writing_function 'SELECT tools.touch(:n)' "$n" "$value"
add_statement many 'SELECT n FROM generate_series(1, 100000000) n' '{}' '{}' max_rows=5
add_statement large "SELECT repeat('x', :n) AS x" "$n" '{}' max_bytes=100
add_statement slow 'SELECT pg_sleep(30)' '{}' '{}' timeout_ms=300
add_statement forbidden 'SELECT * FROM shop.hidden'
add_statement wrong 'SELECT * FROM shop.nowhere'
add_statement divided 'SELECT 1 / :n' "$n" "$value"
add_statement raised 'SELECT shop.raise()' '{}' "$value"
add_statement put_line 'INSERT INTO shop.line (order_no, sku, quantity) VALUES (1, :sku, :n)' '{"sku":{"type":"string"},"n":{"type":"integer"}}' "$write"
add_statement deferred 'INSERT INTO shop.deferred VALUES (:n)' "$n" "$write"
add_statement who "SELECT current_user AS role, current_setting('transaction_read_only') AS ro,
	current_setting('request.jwt.claims')::json->>'preferred_username' AS caller, current_schemas(false) AS path" '{}' "$row"
add_statement progress "SELECT mcp.progress(1, 2, 'half')" '{}' '{"result":"none"}'
add_statement bound 'SELECT order_no FROM shop.orders WHERE owner = :who AND order_no = :n' "$n" '{}' \
	"options='{\"bind\":{\"who\":{\"value\":\"alice\"}}}'"

# what must not be in the catalog
add_statement b_unknown 'SELECT 1' '{}' '{"readonly":true}'
add_statement b_two 'SELECT 1; DELETE FROM shop.orders'
add_statement b_set 'SET ROLE postgres'
add_statement b_copy "COPY shop.orders TO PROGRAM 'id'"
add_statement b_config "SELECT set_config('role', 'postgres', false)"
add_statement b_writes 'DELETE FROM shop.orders'
add_statement b_hidden_write 'WITH d AS (DELETE FROM shop.orders RETURNING 1) SELECT * FROM d'
add_statement b_no_rows 'DELETE FROM shop.orders' '{}' '{"read_only":false,"result":"rows"}'
add_statement b_result 'SELECT 1' '{}' '{"result":"table"}'
add_statement b_missing 'SELECT :n'
add_statement b_unused 'SELECT 1' "$n"
add_statement b_bound 'SELECT 1' '{}' '{}' "options='{\"bind\":{\"who\":{\"value\":\"alice\"}}}'"
add_statement b_source 'SELECT 1' '{}' '{"source":"nowhere"}'
add_statement b_marked 'DELETE FROM shop.line' '{}' "$write" read_only=true

start_httpd "${HTTPD:-nginx}" || exit 1
add_user bob --tier admin && token_for bob >"$T/bob"
add_user alice && token_for alice >"$T/alice"

# ---- parameters ----

gives by_number '{"rows":[{"order_no":1,"state":"sent"}]}' '{"n":1}'
gives by_number '{"rows":[{"order_no":2,"state":"packed"}]}' '{"n":2.0}'
gives by_number '{"rows":[]}' '{"n":3}'
fails by_number '/n: must be an integer (is a string)' '{"n":"1 OR true"}'
t() { is "parameters $1" "$1" "$(answer typed "$1" | sed 's/^false //' | jq -c 'with_entries(select(.value != null))')"; }
t '{"i":-5,"t":"it'\''s $1; DROP TABLE shop.orders; -- \"\\"}'
t '{"b":12.5,"d":"2026-02-28","f":true}'; t '{"f":false,"u":"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}'
t '{"ia":[1,2,3],"ta":["a","","NULL","b,c","{}","\"q\"","\\"]}'
t '{"j":{"a":[1,null,"x"]}}'; t '{"j":[1,2]}'; t '{"j":"text"}'; t '{"ja":[{"a":1},[2],"s"]}'; t '{"ts":"2026-01-02T03:04:05+00:00"}'
gives optional '{"result":2}'
gives optional '{"result":1}' '{"state":"sent"}'
gives optional '{"result":1}' '{"state":null,"nos":[2,3]}'
gives optional '{"result":0}' '{"state":"'\'' OR true --"}'
gives defaults '{"n":42,"w":"it'\''s!","a":[1,2]}'
gives defaults '{"n":1,"w":"!","a":[]}' '{"n":0,"w":"","a":[]}'
gives slices '{"a":[20,30],"s":"it'\''s :a","d":" :b ","e":"\\"}' '{"a":2,"b":3}'

# ---- results ----

gives mine '{"rows":[{"order_no":1},{"order_no":2}]}'
like "a list that was cut says so" 'at most 2 rows are given; there may be more' "$(json '.result.content[1].text')"
gives many '{"rows":[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]}'
gives a_value '{"result":"sent"}' '{"n":1}'
fails a_value 'there is no such row' '{"n":3}'
gives an_object '{"ok":true}' '{"n":1}'
fails an_object '{"ok":false}' '{"n":0}'
gives a_row '{"order_no":1,"owner":"alice","state":"sent"}' '{"n":1}'
gives named_r '{"rows":[{"r":1,"s":2,"q":3,"j":4,"c":5}]}'
fails a_row 'there is no such row' '{"n":9}'
gives nothing '{"result":null}' '{"w":"x"}'
gives large '{"rows":[{"x":"xxx"}]}' '{"n":3}'
fails large 'the result has 222 bytes, and at most 100 are allowed: ask for less' '{"n":203}'

# ---- who, and what may be written ----

gives who '{"role":"sallyport_tool","ro":"on","caller":"alice","path":["tools","public"]}'
fails_like writing_function 'internal error' '{"n":1}'
is "READ ONLY is what stops it" "error 25006" "$(last_call)"
gives add_lines '{"rows":[{"sku":"a","quantity":1},{"sku":"x","quantity":2}]}' '{"n":1,"lines":[{"sku":"a","quantity":1},{"sku":"x","quantity":2}]}'
is "what is written stays, and so does its row" "2 ok" "$(sql "SELECT count(*) FROM shop.line") $(last_call)"
gives move_lines '{"result":1}' '{"n":1}'
is "what a WITH deletes is gone" 0 "$(sql "SELECT count(*) FROM shop.line")"
gives put_line '{"affected":1}' '{"sku":"b","n":1}'
gives drop_lines '{"affected":1}' '{"n":1}'
gives drop_lines '{"affected":0}' '{"n":1}'
gives with_insert '{"n":8}' '{"n":1}'
gives called '{"result":null}' '{"n":9}'
is "a procedure writes" "8 9" "$(sql "SELECT string_agg(n::text, ' ' ORDER BY n) FROM shop.touched")"

# ---- failures ----

fails forbidden 'permission denied'
fails divided 'division by zero' '{"n":0}'
fails raised 'no such order
Look at the invoice.'
fails_like wrong 'internal error, request id'
fails slow 'the tool took longer than 0.3 s and was stopped'
is "and the row says why" "error 57014" "$(last_call)"
fails_like put_line 'new row for relation "line" violates check constraint' '{"sku":"c","n":0}'
is "it is undone" "0 error 23514" "$(sql "SELECT count(*) FROM shop.line") $(last_call)"
gives deferred '{"affected":1}' '{"n":1}'
fails_like deferred 'duplicate key value violates unique constraint' '{"n":1}'
is "deferred constraints are looked at before the answer" "1 error 23505" "$(sql "SELECT count(*) FROM shop.deferred") $(last_call)"
call progress '{}' '{"progressToken":7}' >/dev/null
is "progress comes from a statement, too" "1/2 half" "$(told 'select(.method == "notifications/progress") | .params | "\(.progress)/\(.total) \(.message)"')"

# ---- what is not in the catalog ----

left_out b_unknown 'readonly: a statement has sql, read_only, result and source'
left_out b_two 'sql: line 1: only one statement'
left_out b_set 'sql: line 1: it begins with SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE, MERGE or CALL'
left_out b_copy 'sql: line 1: it begins with SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE, MERGE or CALL'
left_out b_config 'sql: line 1: set_config() is not for statements'
left_out b_writes 'read_only: the statement writes; say read_only: false'
left_out b_hidden_write 'read_only: the statement writes; say read_only: false'
left_out b_no_rows 'result: the statement gives no rows: RETURNING is missing'
left_out b_result 'result: is none of rows, row, value, none'
left_out b_missing 'sql: :n is not an argument of the tool'
left_out b_unused 'sql: the argument n is not used: there is no :n'
left_out b_bound 'sql: the argument who is not used: there is no :who'
left_out b_source 'source: there is no source "nowhere"'
left_out b_marked 'read_only: its annotations say readOnlyHint'
unlike "a bound argument may be in the statement" '"name":"bound"' "$(grep -h 'left out of the catalog' "$sv_log"/*.log)"
done_testing
