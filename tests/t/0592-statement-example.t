#!/bin/bash
# catalogs/examples/statement.yaml, applied and called; documents of statements and sources that have faults.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/statement.sh"
start_postgres && migrate credential_dirs="$T/credentials" || exit 1
sql "$(cat <<'SQL'
CREATE SCHEMA shop;
CREATE TABLE shop.orders (order_no bigint PRIMARY KEY, owner text, state text, placed date);
INSERT INTO shop.orders VALUES (1, 'alice', 'sent', '2026-01-05'), (2, 'alice', 'open', '2026-02-01'), (3, 'alice', 'packed', '2026-03-01'),
	(4, 'bob', 'open', '2026-03-02');
GRANT USAGE ON SCHEMA shop TO sallyport_tool; GRANT SELECT, UPDATE ON shop.orders TO sallyport_tool;
CREATE ROLE warehouse LOGIN; CREATE ROLE warehouse_reader; GRANT warehouse_reader TO warehouse;
SQL
)" && sql "CREATE DATABASE warehouse" &&
	sql_database=warehouse sql "CREATE TABLE stock (sku text, pieces integer); INSERT INTO stock VALUES ('pen', 3), ('pen', 4); GRANT SELECT ON stock TO warehouse_reader"
sv_private_dir "$sv_web_user" "$T/credentials"
echo "not asked for" >"$T/credentials/warehouse"
[ -z "$sv_web_user" ] || chown "$sv_web_user" "$T/credentials/warehouse"
sed "s|^database: .*|database: host=$T/postgres dbname=warehouse user=warehouse password=\${file:warehouse}|" \
	"$top_srcdir/catalogs/examples/statement.yaml" >"$T/statement.yaml"
is "it is applied" "added    source warehouse
added    tool cancel_order
added    tool find_orders
added    tool order_state
added    tool stock" "$(sallyport catalog apply "$T/statement.yaml" 2>&1 | sort)"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice && token_for alice >"$T/alice"

gives order_state '{"state":"open","placed":"2026-02-01"}' '{"order_no":2}'
fails order_state 'there is no such row' '{"order_no":4}'
like "an argument from a claim cannot be sent" '/owner: cannot be given' "$(answer order_state '{"order_no":4,"owner":"bob"}')"
gives find_orders '{"rows":[{"order_no":3,"state":"packed","placed":"2026-03-01"},{"order_no":2,"state":"open","placed":"2026-02-01"},{"order_no":1,"state":"sent","placed":"2026-01-05"}]}'
gives find_orders '{"rows":[{"order_no":2,"state":"open","placed":"2026-02-01"}]}' '{"states":["open"],"since":"2026-01-10"}'
gives find_orders '{"rows":[]}' '{"states":[]}'
gives cancel_order '{"order_no":2,"state":"cancelled"}' '{"order_no":2}'
fails cancel_order 'there is no such row' '{"order_no":1}'
gives stock '{"result":7}' '{"sku":"pen"}'
call_mcp tools/list >/dev/null
is "what only reads says so" "find_orders order_state stock" "$(json '[.result.tools[] | select(.annotations.readOnlyHint) | .name] | sort | join(" ")')"
is "what is bound is not in the schema" "order_no" "$(json '.result.tools[] | select(.name == "order_state") | .inputSchema.properties | keys | join(" ")')"

faults() {
	cat >"$T/a.yaml"
	is "$1" "$2" "$(cd "$T" && sallyport catalog check a.yaml 2>&1)"
}
faults "faults of statements have their lines" 'a.yaml:7: statement.sql: line 2: a string does not end
a.yaml:15: statement.readonly: a statement has sql, read_only, result and source
a.yaml:21: statement.sql: :n is not an argument of the tool
a.yaml:29: statement.sql: the argument n is not used: there is no :n
a.yaml:34: statement.read_only: the statement writes; say read_only: false' <<'Y'
kind: tool
name: a
description: a
parameters:
  n: {type: integer}
statement:
  sql: |
    SELECT :n,
      'a
---
kind: tool
name: b
description: b
statement:
  readonly: true
  sql: SELECT 1
---
kind: tool
name: c
description: c
statement: {sql: "SELECT :n"}
---
kind: tool
name: d
description: d
parameters:
  n: {type: integer}
statement:
  sql: SELECT 1
---
kind: tool
name: e
description: e
statement: {sql: DELETE FROM shop.orders}
Y
faults "faults of sources have theirs" 'a.yaml:4: database: service is not taken here
a.yaml:9: connections: from 1 to 100' <<'Y'
kind: source
name: a
type: postgresql
database: service=shop
---
kind: source
name: b
type: postgresql
connections: 0
database: host=db.example.com dbname=shop user=reader
Y
done_testing
