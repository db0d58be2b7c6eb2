#!/bin/bash
# What OpenAPI descriptions become is taken by the official TypeScript SDK: every tool is listed, every schema
# compiles with Ajv, and a call works.
#
# Also of public services, each applied by itself: those of tests/lib/fetch-descriptions, or *.json and *.yaml of
# the directory TEST_OPENAPI_DOCUMENTS.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/node.sh"
needs python3
node_packages clients
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true || exit 1
python3 "$top_srcdir/tests/lib/orders-api.py" "$T" >"$sv_log/orders-api.log" 2>&1 &
api=$!
for _ in {1..300}; do [ ! -s "$T/orders-api.port" ] || break; sleep 0.1; done
add_user bob --tier admin
cd "$T" || exit 1
cat >source.yaml <<Y
kind: source
name: api
type: http
url: http://127.0.0.1:$(cat "$T/orders-api.port")/v1
http: true
allow: [127.0.0.0/8]
Y
sallyport catalog apply source.yaml >"$sv_log/catalog.log" 2>&1

# listed FILE [NAME ARGUMENTS]: what the client says of a description that was applied
listed() {
	local file=${1##*/}
	cat "$1" >"$file"
	shift
	printf 'kind: openapi\nname: api\nsource: api\ndocument: %s\n' "$file" >rules.yaml
	sallyport catalog apply rules.yaml >"$sv_log/catalog.log" 2>&1 || tail -n 3 "$sv_log/catalog.log"
	run_node clients/listed.mjs "$top_builddir/bin/sallyport-stdio" bob "$@"
}
descriptions=${TEST_OPENAPI_DOCUMENTS:-$top_srcdir/var/tests/descriptions}
for file in "$top_srcdir/catalogs/examples/openapi/orders.json" "$descriptions"/*.json "$descriptions"/*.yaml; do
	[ -e "$file" ] || continue
	found=$(listed "$file" 2>&1)
	count=$(sql 'SELECT count(*) FROM sallyport.tool')
	is "${file##*/}" "$count listed, $count good" "$found"
done
is "a call, and its structured content fits the output schema" '{"cursor":null,"orders":[{"id":"A-1","lines":[{"price":"1.50","quantity":2,"sku":"pen"}],"new_member":1,"note":null,"state":"sent"}]}' \
	"$(listed "$top_srcdir/catalogs/examples/openapi/orders.json" listOrders '{}' 2>&1 | sed 1d | jq -cS .)"
kill "$api"
done_testing
