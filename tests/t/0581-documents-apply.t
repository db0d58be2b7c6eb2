#!/bin/bash
# Catalog documents become rows, whole or not at all, and back; and what a person sees and gets.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
start_postgres && migrate || exit 1
cd "$T" || exit 1
sql "CREATE SCHEMA shop; CREATE TABLE shop.orders (order_no bigint PRIMARY KEY, owner text, state text);
	INSERT INTO shop.orders VALUES (1, 'alice', 'sent'), (2, 'bob', 'packed');
	GRANT USAGE ON SCHEMA shop TO sallyport_tool; GRANT SELECT, UPDATE ON shop.orders TO sallyport_tool"
version() { sql "SELECT version FROM sallyport.version WHERE name = 'catalog'"; }
add_user alice --tier developer
add_user root --tier admin

mkdir shop
cat >shop/10-server.yaml <<'Y'
kind: group
name: shop
---
kind: server
name: orders
group: shop
title: Orders
website: https://shop.example.com/
instructions: |
  Look an order up first.
    Indented.

  Behind an empty line.
scopes:
  orders:read: See orders
default_scopes: [orders:read]
list_ttl: 5m
---
kind: credential
name: erp
group: shop
type: bearer
secret: stdin
---
kind: prompt
name: explain
server: orders
group: shop
description: "yes"
tier: public
arguments:
  order_no: {title: "#1", description: "a: b"}
  tone: {required: false, values: [kind, "no"]}
messages:
  - {role: user, content: "Explain {{order_no}}, {{tone}}"}
  - {role: assistant, content: {type: image, data: aGVsbG8=, mimeType: image/png}}
---
kind: resource
uri: shop://logo
name: logo
server: orders
group: shop
tier: public
mime_type: image/png
file: logo.png
icons: [{src: "https://shop.example.com/logo.png", sizes: [48x48], theme: dark}]
---
kind: resource
uri: shop://terms
name: terms
server: orders
group: shop
tier: public
file: terms.md
ttl: 90m
max_bytes: 1536
Y
cat >shop/20-tools.json <<'Y'
[{
	"kind": "tool", "name": "order_state", "server": "orders", "group": "shop",
	"title": "State of an order", "description": "Says where an order is.\nOnly of the customer who asks.",
	"parameters": {
		"order_no": {"type": "integer", "minimum": 1},
		"verbose": {"type": "boolean", "default": false},
		"note": {"type": "string", "required": false}
	},
	"scopes": ["orders:read"], "tier": "developer", "timeout": "5s",
	"annotations": {"readOnlyHint": true, "openWorldHint": false},
	"statement": {"sql": "SELECT state, :verbose::boolean AS verbose, :note::text AS note FROM shop.orders WHERE order_no = :order_no AND owner = current_setting('request.jwt.claims')::json->>'preferred_username'"},
	"tests": [
		{"name": "one's own", "arguments": {"order_no": 1}, "expect": {"contains": "sent", "structured": {"rows": [{"state": "sent"}]}}},
		{"name": "another's", "arguments": {"order_no": 2}, "expect": {"structured": {"rows": []}}},
		{"name": "none", "arguments": {"order_no": 0}, "expect": {"is_error": true, "contains": ["order_no", "at least 1"]}}
	]
}, {
	"kind": "tool", "name": "sent_orders", "server": "orders", "group": "shop", "description": "How many", "tier": "admin",
	"input": {"type": "object", "properties": {}, "maxProperties": 0},
	"bind": {"owner": {"from": "claim.sub"}},
	"statement": {"sql": "SELECT count(*) FROM shop.orders WHERE owner = :owner", "result": "value"}
}]
Y
printf '\x89PNG\x00\xff' >shop/logo.png
printf 'Terms\r\n\ttab \xc2\x85 end  \n' >shop/terms.md
before=$(version)
is "all of a directory" "9 documents without fault" "$(sallyport catalog check shop 2>&1)"
sallyport catalog diff shop >difference 2>&1
is "a difference is only shown" "$before 0" "$(version) $(sql 'SELECT count(*) FROM sallyport.catalog_document')"
sallyport catalog apply shop >applied 2>&1
is "what was shown is applied" "$(cat difference)" "$(cat applied)"
is "with one version" "$((before + 1))" "$(version)"
is "that the audit trail names" "$((before + 1)) 9" "$(sql "SELECT detail->>'version', jsonb_array_length(detail->'added') FROM sallyport.audit
	WHERE event = 'catalog.apply' ORDER BY audit_id DESC LIMIT 1" -F ' ')"
is "again, nothing changes" "nothing has changed $((before + 1))" "$(sallyport catalog apply shop 2>&1) $(version)"
is "the rows" 'order_state|5000|t|{orders:read}|developer|document shop/20-tools.json|{}
sent_orders||t|{}|admin|document shop/20-tools.json|{"bind": {"owner": {"from": "claim.sub"}}}' "$(sql "SELECT name, timeout_ms, read_only, scopes, tier, origin, options FROM sallyport.tool ORDER BY name")"
is "the schema keeps its order" '{"type":"object","properties":{"order_no":{"type":"integer","minimum":1},"verbose":{"type":"boolean","default":false},"note":{"type":"string"}},"required":["order_no"],"additionalProperties":false}' \
	"$(sql "SELECT input_schema FROM sallyport.tool WHERE name = 'order_state'")"
is "a file is bytes or text" '\x89504e4700ff|t' "$(sql "SELECT blob, (SELECT content = E'Terms\\r\\n\\ttab \\u0085 end  \\n' FROM sallyport.mcp_resource WHERE name = 'terms') FROM sallyport.mcp_resource WHERE name = 'logo'")"

is "how long a list may be kept" 300000 "$(sql "SELECT list_ttl_ms FROM sallyport.resource WHERE name = 'orders'")"

# ---- back to documents ----

# rows that documents would make, without what differs by nature
state() {
	sql "SELECT to_jsonb(t) - 'tool_id' - 'origin' FROM sallyport.tool t ORDER BY name;
		SELECT to_jsonb(t) - 'mcp_resource_id' - 'modified_at' - 'origin' FROM sallyport.mcp_resource t ORDER BY uri;
		SELECT to_jsonb(t) - 'prompt_id' - 'origin' FROM sallyport.prompt t ORDER BY name; SELECT input_schema, output_schema FROM sallyport.tool ORDER BY name;
		SELECT to_jsonb(t) FROM sallyport.resource t ORDER BY name; SELECT to_jsonb(t) FROM sallyport.scope t ORDER BY scope;
		SELECT name, spec FROM sallyport.credential ORDER BY name; SELECT kind, server, name, \"group\" FROM sallyport.catalog_document
		WHERE kind <> 'server' OR name <> '' ORDER BY 1, 2, 3"
}
state >state.before
sallyport catalog export >export.yaml
ok "an export is without fault" sallyport catalog check export.yaml
sql "DELETE FROM sallyport.resource WHERE name <> ''; DELETE FROM sallyport.credential; DELETE FROM sallyport.scope; DELETE FROM sallyport.catalog_document"
ok "and applied to an empty catalog" sallyport catalog apply export.yaml
state >state.after
is "it makes the same rows" "" "$(diff state.before state.after)"
is "and the same export" "$(cat export.yaml)" "$(sallyport catalog export)"
sallyport catalog export --json >export.json
is "also as JSON" "nothing has changed" "$(cp export.json export.yaml; sallyport catalog apply export.yaml 2>&1)"
sql "DELETE FROM sallyport.resource WHERE name <> ''; DELETE FROM sallyport.credential; DELETE FROM sallyport.scope; DELETE FROM sallyport.catalog_document"
sallyport catalog apply shop >/dev/null

# ---- differences ----

sed -i 's/"minimum": 1/"minimum": 1, "maximum": 99/; s/"5s"/"2m"/; s/"tier": "admin"/"tier": "public"/' shop/20-tools.json
sed -i '/^uri: shop:..terms/,$d' shop/10-server.yaml
sed -i '$d' shop/10-server.yaml && sed -i '$d' shop/10-server.yaml
is "members that differ, and what a group has no more" 'changed  tool orders/order_state
         + parameters.order_no.maximum: 99
           timeout: "5s" -> "2m"
changed  tool orders/sent_orders
         + tier: "public"
removed  resource orders/shop://terms' "$(sallyport catalog diff shop)"
is "as JSON" '["order_state",["parameters.order_no.maximum","timeout"]]' "$(sallyport catalog diff --json shop | jq -c '.[0] | [.name, (.members | map(.member) | sort)]')"
sallyport catalog apply shop >/dev/null
is "it is removed" 0 "$(sql "SELECT count(*) FROM sallyport.mcp_resource WHERE uri = 'shop://terms'")"
sql "UPDATE sallyport.tool SET enabled = false, description = 'by hand' WHERE name = 'sent_orders'"
is "what was changed by hand is seen; a switch stays" 'changed  tool orders/sent_orders
           description: "by hand" -> "How many"' "$(sallyport catalog apply shop)"
is "the switch" f "$(sql "SELECT enabled FROM sallyport.tool WHERE name = 'sent_orders'")"
sql "UPDATE sallyport.tool SET enabled = true WHERE name = 'sent_orders'"

# ---- whole or not at all ----

cat >bad.yaml <<'Y'
kind: server
name: other
title: Other
---
kind: tool
name: order_state
server: missing
description: A
statement: {sql: SELECT 1}
Y
before=$(db_checksum)
is "a server that is not there" 'bad.yaml:7: server: there is no server "missing"' "$(sallyport catalog apply bad.yaml 2>&1)"
is "nothing has changed" "$before" "$(db_checksum)"
sql "CREATE FUNCTION tools.taken() RETURNS integer LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION tools.taken IS E'T\n@mcp'" && sallyport catalog apply >/dev/null
before=$(db_checksum)
sed -i 's/name: order_state/name: taken/; s/^server: missing//' bad.yaml
is "what a function makes" 'bad.yaml:5: there is one of this name that a function makes' "$(sallyport catalog apply bad.yaml 2>&1)"
is "nothing has changed, either" "$before" "$(db_checksum)"
cat >source.yaml <<'Y'
kind: group
name: s
---
kind: source
name: self
group: s
type: postgresql
database: host=db.example.com dbname=shop user=reader password=${env:CREDENTIAL_SHOP}
---
kind: tool
name: elsewhere
description: A
statement: {source: self, sql: SELECT 1 AS one}
Y
sallyport catalog apply source.yaml >/dev/null
sed -i '/^kind: source/,/^---/d' source.yaml
is "a source that a tool uses" "source.yaml:4: it uses source 'self', which would be removed" "$(sallyport catalog apply source.yaml 2>&1)"
head -n 2 source.yaml >group.yaml
is "is not removed" "tool: elsewhere: it uses source 'self', which would be removed" "$(sallyport catalog apply group.yaml 2>&1)"
is "and is there" 1 "$(sql 'SELECT count(*) FROM sallyport.source')"
sql "CREATE TABLE public.mixed (n integer)"
mkdir mixed && echo "INSERT INTO public.mixed VALUES (1)" >mixed/1.sql && cp bad.yaml mixed/2.yaml
sallyport catalog apply mixed >/dev/null 2>&1
is "SQL beside a document at fault is undone" 0 "$(sql 'SELECT count(*) FROM public.mixed')"
cat >mixed/1.sql <<'Y'
CREATE FUNCTION tools.from_file() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 7';
GRANT EXECUTE ON FUNCTION tools.from_file TO sallyport_tool;
COMMENT ON FUNCTION tools.from_file IS E'From a file\n@mcp\n@tier public';
INSERT INTO sallyport.resource (name, title) VALUES ('late', 'Late');
Y
printf 'kind: prompt\nname: late\nserver: late\ndescription: A\nmessages: []\n' >mixed/2.yaml
is "SQL and documents in one go" "added tools.from_file()|added    prompt late/late" \
	"$(sallyport catalog apply mixed 2>&1 | awk '/from_file/ { printf "%s %s|", $1, $4 } /late/')"

# ---- files that are given whole ----

printf 'kind: scope\nname: a\ndescription: A\n---\nkind: scope\nname: b\ndescription: B\n' >scopes.yaml
sallyport catalog apply scopes.yaml >/dev/null
printf 'kind: scope\nname: a\ndescription: A\n' >scopes.yaml
is "what a file no longer has stays" "nothing has changed" "$(sallyport catalog apply scopes.yaml)"
is "unless it is pruned" "removed  scope b" "$(sallyport catalog apply --prune ./scopes.yaml)"
for path in ./scopes.yaml "$PWD/scopes.yaml" "../${PWD##*/}/scopes.yaml" "shop/../scopes.yaml" "$PWD/shop//..//./scopes.yaml"; do
	printf 'kind: scope\nname: a\ndescription: A\n---\nkind: scope\nname: b\ndescription: B\n' >scopes.yaml
	sallyport catalog apply scopes.yaml >/dev/null
	printf 'kind: scope\nname: a\ndescription: A\n' >scopes.yaml
	is "however its path is typed: ${path/$PWD/...}" "removed  scope b" "$(sallyport catalog apply --prune "$path")"
done
mkdir -p other
printf 'kind: scope\nname: a\ndescription: A\n---\nkind: scope\nname: c\ndescription: C\n' >scopes.yaml
sallyport catalog apply scopes.yaml >/dev/null
printf 'kind: scope\nname: d\ndescription: D\n' >other/scopes.yaml
is "a file of this name in another directory is another" "added    scope d" "$(sallyport catalog apply --prune other/scopes.yaml | grep -v '^ ')"
rm -r other

# ---- secrets ----

secret hunter2hunter2
sallyport catalog secret erp <<<hunter2hunter2
is "a secret is sealed" "t f" "$(sql "SELECT secret IS NOT NULL, position('hunter2'::bytea in secret) > 0 FROM sallyport.credential WHERE name = 'erp'" -F ' ')"
is "and nothing of it is exported" 0 "$(sallyport catalog export | grep -c -e hunter2 -e sealed)"
sallyport catalog apply shop >/dev/null
is "it stays when its document is applied" t "$(sql "SELECT secret IS NOT NULL FROM sallyport.credential WHERE name = 'erp'")"
is "a secret of nothing" 'sallyport: there is no credential "nobody"' "$(sallyport catalog secret nobody <<<x 2>&1)"

# ---- as somebody ----

printf 'kind: tool\nname: promised\ndescription: A\ntier: public\nstatement: {sql: SELECT 1 AS one}\noutput: {type: object, required: [two]}\n' >promised.yaml
sallyport catalog apply promised.yaml >/dev/null
like "an answer that does not fit the output schema" '^internal error, request id' "$(sallyport catalog call promised --as alice 2>"$T/log/promised.log")"

names() { sallyport catalog list --json --as "$@" 2>&1 | jq -c '[.[] | select(.server == "orders") | .entry.name] | sort'; }
is "what a developer sees" '["explain","logo","order_state","sent_orders"]' "$(names alice)"
is "what nobody sees" 1 "$(sallyport catalog list --as nobody >/dev/null 2>&1; echo $?)"
is "nobody" 1 "$(sallyport catalog call orders/order_state '{"order_no": 1}' --as nobody >/dev/null 2>&1; echo $?)"
is "a call" '{"rows":[{"state":"sent","verbose":false,"note":null}]} 0' "$(sallyport catalog call orders/order_state '{"order_no": 1}' --as alice 2>&1) $?"
is "a call with wrong arguments" "1" "$(sallyport catalog call orders/order_state '{"order_no": 0}' --as alice >/dev/null 2>&1; echo $?)"
is "a bound argument cannot be sent" "1" "$(sallyport catalog call orders/order_state '{"order_no": 1, "owner": "bob"}' --as alice >/dev/null 2>&1; echo $?)"
cat >bound.yaml <<'Y'
kind: tool
name: mine
description: A
tier: public
parameters:
  state: {type: string}
  owner: {from: claim.preferred_username}
  most: {value: 5}
statement:
  sql: SELECT order_no FROM shop.orders WHERE owner = :owner AND state = :state LIMIT :most
Y
sallyport catalog apply bound.yaml >/dev/null
is "a bound argument comes from the caller's claims" '{"rows":[{"order_no":1}]}' "$(sallyport catalog call mine '{"state": "sent"}' --as alice)"
is "every call has its audit row" "sallyport|ok" "$(sql "SELECT client_id, outcome FROM sallyport.audit WHERE event = 'tool.call' AND outcome = 'ok' ORDER BY audit_id DESC LIMIT 1")"
is "the tests of a tool" "ok 1 - orders/order_state: one's own
ok 2 - orders/order_state: another's
ok 3 - orders/order_state: none
1..3" "$(sallyport catalog test --as alice 2>&1)"
sed -i 's/"sent"/"lost"/' shop/20-tools.json
is "that fail" "not ok 1|1" "$(sallyport catalog test shop --as alice 2>&1 | head -n 1 | cut -c -8)|$(sallyport catalog test shop --as alice >/dev/null 2>&1; echo $?)"
done_testing
