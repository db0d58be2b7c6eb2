#!/bin/bash
# An OpenAPI description becomes tools: proposed, compared, applied, called through /mcp; what the service then gets.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/exchange.sh"
. "$top_srcdir/tests/lib/statement.sh"
needs python3
start_postgres && migrate tool_timeout=20000 source_allow=127.0.0.0/8 source_http=true || exit 1
python3 "$top_srcdir/tests/lib/orders-api.py" "$T" >"$sv_log/orders-api.log" 2>&1 &
api=$!
for _ in {1..300}; do [ ! -s "$T/orders-api.port" ] || break; sleep 0.1; done
mkdir "$T/catalog" "$T/catalog/api" && cd "$T/catalog" || exit 1
examples=$top_srcdir/catalogs/examples
cat "$examples/openapi/orders.json" >api/orders.json
cat >source.yaml <<Y
kind: source
name: orders
type: http
url: http://127.0.0.1:$(cat "$T/orders-api.port")/v1/
http: true
allow: [127.0.0.0/8]
Y
cat >orders.yaml <<'Y'
kind: openapi
name: orders_api
source: orders
document: api/orders.json
exclude:
  - {operationId: "upload*"}
names: {GET /categories: list_categories}
defaults: {timeout: 10s}
bind: {X-Request-Tag: {from: claim.preferred_username}}
Y

# ---- proposals ----

proposed='listOrders createOrder getOrder cancelOrder changeOrder orders_remind_customer list_categories'
sallyport catalog import openapi orders.yaml >proposals 2>remarks
is "proposals" "0 $proposed" "$? $(awk '/^name:/ { print $2 }' proposals | paste -sd' ')"
is "and remarks" "GET /search: left out: deprecated
7 of 9 operations are tools, 3 KiB of descriptions and schemas" "$(cat remarks)"
is "nothing is applied" 0 "$(sql 'SELECT count(*) FROM sallyport.tool')"
is "the same as JSON" "$proposed" "$(sallyport catalog import openapi orders.yaml --json 2>/dev/null | jq -r '[.[].name] | join(" ")')"
sallyport catalog import openapi api/orders.json --name shop --out made.yaml 2>remarks
is "a description by itself, into a file" "0 kind: source name: shop type: http url: https://eu.orders.example.com/v1" "$? $(head -n 4 made.yaml | paste -sd' ')"
is "what is left out is said" "GET /search: left out: deprecated
8 of 9 operations are tools" "$(sed 's/, [0-9]* KiB.*//' remarks)"
is "a file is not written over" 1 "$(sallyport catalog import openapi api/orders.json --out made.yaml 2>/dev/null; echo $?)"
is "what was proposed has no fault" "9 documents without fault" "$(sallyport catalog check made.yaml 2>&1)"
rm -f made.yaml proposals remarks

# ---- applied ----

expected=$(for one in 'openapi orders_api' 'source orders' ${proposed// / tool:}; do
	case $one in *' '*) ;; *) one="tool ${one#tool:}" ;; esac
	echo "added $one"
done | sort)
is "the difference" "$expected" "$(sallyport catalog diff source.yaml orders.yaml 2>/dev/null | awk '{ print $1, $2, $3 }' | sort)"
is "of the import alone" "$(grep -v 'source' <<<"$expected")" \
	"$(sallyport catalog apply source.yaml >/dev/null; sallyport catalog import openapi orders.yaml --diff 2>/dev/null | awk '{ print $1, $2, $3 }' | sort)"
is "nothing is applied by that" 0 "$(sql 'SELECT count(*) FROM sallyport.tool')"
left_out='orders.yaml:1: note: 7 of 9 operations are tools
orders.yaml:1: note: GET /search: left out: deprecated'
is "what is left out is said, and is no fault" "0 $left_out
9 documents without fault" "$(sallyport catalog check source.yaml orders.yaml >"$T/out" 2>"$T/remarks"; echo "$? $(cat "$T/remarks" "$T/out")")"
is "by diff, too" "$left_out" "$(sallyport catalog diff source.yaml orders.yaml 2>&1 >/dev/null)"
is "it is applied" "8 $left_out" "$(sallyport catalog apply source.yaml orders.yaml 2>"$T/remarks" | grep -c ^added) $(cat "$T/remarks")"
is "and is there" "nothing has changed" "$(sallyport catalog apply source.yaml orders.yaml 2>/dev/null)"
is "where the tools come from" "openapi orders_api" "$(sql 'SELECT DISTINCT origin FROM sallyport.tool')"

start_httpd "${HTTPD:-nginx}" || exit 1
add_user bob --tier admin && token_for bob >"$T/bob"
add_user alice && token_for alice >"$T/alice"

call_mcp tools/list '{}' >/dev/null
is "a developer's tools" "getOrder list_categories listOrders" "$(json '[.result.tools[].name] | sort_by(ascii_downcase) | join(" ")')"
is "scopes are the API's" "orders:read" "$(sql "SELECT scopes[1] FROM sallyport.tool WHERE name = 'getOrder'")"
is "a bound argument is in no schema" false "$(json '.result.tools[] | select(.name == "listOrders") | .inputSchema.properties | has("X-Request-Tag")')"
is "recursion is a definition" '#/$defs/Category' "$(json '.result.tools[] | select(.name == "list_categories") | .outputSchema.properties.categories.items["$ref"]')"

# sent: the last request that the service got
sent() { tail -n 1 "$T/orders-api.log" | jq -r '"\(.method) \(.target) \(.type // "-") \(.tag // "-") \(.body)"'; }

# same TOOL JSON [ARGUMENTS]: members in any order
same() { is "$1 gives" "$(jq -cS . <<<"$2")" "$(answer "$1" "${3:-"{}"}" | sed 's/^false //' | jq -cS .)"; }

order='{"id":"A-1","lines":[{"price":"1.50","quantity":2,"sku":"pen"}],"new_member":1,"note":null,"state":"sent"}'
same listOrders '{"cursor":null,"orders":['"$order"']}' '{}'
is "no argument, nothing sent" "GET /v1/orders - alice " "$(sent)"
same listOrders '{"cursor":null,"orders":['"$order"']}' '{"state":["open","sent"],"sku":["a b","c&d"],"filter":{"placed_after":"2026-01-01"},"limit":5}'
is "each style of a query" "GET /v1/orders?sku=a%20b,c%26d&limit=5&state=open&state=sent&filter%5Bplaced_after%5D=2026-01-01 - alice " "$(sent)"
fails listOrders '/limit: must be at most 100 (is 101)' '{"limit":101}'
like "what is not in the schema" '^true .*X-Request-Tag' "$(answer listOrders '{"X-Request-Tag":"mallory"}')"
same getOrder "$order" '{"id":"A/1"}'
is "a path is one segment" "GET /v1/orders/A%2F1 - - " "$(sent)"
fails getOrder '/id: must match the pattern "^[A-Z0-9/-]{1,12}$" (is "../admin")' '{"id":"../admin"}'
same list_categories '{"categories":[{"categories":[{"name":"blue"}],"name":"pens"}],"name":"all"}'

# the calls of somebody who may write
cp "$T/bob" "$T/token"
mcp_token=$(cat "$T/bob")
same createOrder '{"id":"A-1","lines":[{"quantity":1,"sku":"pen"}],"new_member":1,"note":null,"state":"open"}' '{"lines":[{"sku":"pen","quantity":1}],"note":"soon"}'
is "a body of members" 'POST /v1/orders application/json - {"note":"soon","lines":[{"sku":"pen","quantity":1}]}' "$(sent)"
fails createOrder '"lines" is required' '{}'
same changeOrder "$order" '{"id":"A-1","id_body":"A-2"}'
is "one name in two places" 'PATCH /v1/orders/A-1 application/merge-patch+json - {"id":"A-2"}' "$(sent)"
same changeOrder "$order" '{"id":"A-1"}'
is "a body that is left out" 'PATCH /v1/orders/A-1 - - ' "$(sent)"
gives orders_remind_customer '{"will":"be sent"}' '{"id":"A-1","text":"a & b","to":["x@example.com","y"]}'
is "a form" 'POST /v1/orders/A-1/reminders application/x-www-form-urlencoded - to=x%40example.com&to=y&text=a%20%26%20b' "$(sent)"
like "an answer without content" '^false' "$(answer cancelOrder '{"id":"A-1"}')"
is "DELETE" 'DELETE /v1/orders/A-1 - - ' "$(sent)"
like "a refusal of the service" '^true .*there is no such order' "$(answer getOrder '{"id":"MISSING"}')"

# ---- a new description ----

jq '.paths["/orders"].get.summary = "All orders" | del(.paths["/orders/{id}"].delete) |
	.paths["/customers"] = { get: { operationId: "listCustomers", responses: {} } }' "$examples/openapi/orders.json" >api/orders.json
is "a difference: added, changed, removed" "added tool listCustomers
changed tool listOrders
removed tool cancelOrder" "$(sallyport catalog import openapi orders.yaml --diff 2>&1 | awk '/^(added|changed|removed)/ { print $1, $2, $3 }' | sort)"
is "before it is applied" 0 "$(sql "SELECT count(*) FROM sallyport.tool WHERE name = 'listCustomers'")"
sallyport catalog apply source.yaml orders.yaml >/dev/null 2>&1
is "and when it is" "changeOrder createOrder getOrder list_categories listCustomers listOrders orders_remind_customer" \
	"$(sql "SELECT string_agg(name, ' ' ORDER BY lower(name) COLLATE \"C\") FROM sallyport.tool")"

# ---- what is refused ----

refused() { is "$1" "1 $2" "$(sallyport catalog check bad.yaml >"$T/out" 2>&1; echo "$? $(cat "$T/out")")"; }
printf 'kind: openapi\nname: bad\nsource: orders\ndocument: api/bad.json\ninclude:\n  - {verb: GET}\n' >bad.yaml
echo '{"openapi":"3.0.0","paths":{}}' >api/bad.json
refused "a rule" 'bad.yaml:6: include[0].verb: not a member of a rule, which has tag, path, method, operationId'
printf 'kind: openapi\nname: bad\nsource: orders\ndocument: api/bad.json\ninlcude: []\n' >bad.yaml
refused "a member" 'bad.yaml:5: inlcude: a openapi has no such member; did you mean "include"?'
printf 'kind: openapi\nname: bad\nsource: orders\ndocument: ../bad.json\n' >bad.yaml
like "a file that lies elsewhere" '^1 bad.yaml:4: document: ' "$(sallyport catalog check bad.yaml >"$T/out" 2>&1; echo "$? $(cat "$T/out")")"
sed -i 's|\.\./|api/|' bad.yaml
echo '{"swagger":"2.0","paths":{}}' >api/bad.json
like "Swagger" '^1 bad.yaml:1: .*swagger2openapi' "$(sallyport catalog check bad.yaml >"$T/out" 2>&1; echo "$? $(cat "$T/out")")"
like "and at the import" 'swagger2openapi' "$(sallyport catalog import openapi api/bad.json 2>&1)"
echo '{"openapi":"3.0.0","servers":[{"url":"http://169.254.169.254/"}],"paths":{"/latest":{"get":{"operationId":"steal","responses":{}}}}}' >api/bad.json
sed -i '/source/d' bad.yaml
is "a description with a server of its own" "1" "$(sallyport catalog check bad.yaml >"$T/out" 2>&1; echo "$?")"
like "plain http is not a description's to ask for" 'http' "$(cat "$T/out")"
rm -f bad.yaml api/bad.json
kill "$api"
done_testing
