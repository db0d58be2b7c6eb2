#!/bin/bash
# catalogs/examples/http.yaml and aws.yaml, applied and called, with a service of the tests in the place of theirs.
. "$(dirname "$0")/../lib/sallyport.sh"
. "$top_srcdir/tests/lib/mcp.sh"
. "$top_srcdir/tests/lib/service.sh"
needs python3
start_postgres && migrate source_allow=127.0.0.0/8 source_http=true "credential_dirs=$T/credentials" || exit 1
start_service
put_secret SHOP shop-token-value
put_secret AWS_KEY wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
put_secret AWS_ID AKIDEXAMPLE

# their addresses and secrets are ours here; nothing else is changed
sed -e "s|^url: https://.*|url: $service/shop\nhttp: true\nallow: [127.0.0.1]|; s|env:CREDENTIAL_|file:|" "$top_srcdir/catalogs/examples/http.yaml" >"$T/http.yaml"
sed -e "s|^url: https://.*|url: $service/ec2\nhttp: true\nallow: [127.0.0.1]|; s|env:CREDENTIAL_|file:|" "$top_srcdir/catalogs/examples/aws.yaml" >"$T/aws.yaml"
ok "the examples are applied" sallyport catalog apply "$T/http.yaml" "$T/aws.yaml"
start_httpd "${HTTPD:-nginx}" || exit 1
add_user alice --tier admin && token_for alice >/dev/null

gives get_order '{"lines":[{"sku":"a","quantity":2}],"state":"open","number":"500","customer":{"name":"Ann","email":"ann@example.com"}}' '{"order":"Order-500"}'
is "with the token" "Bearer shop-token-value" "$(seen .headers.authorization)"
fails get_order "there is no such order" '{"order":"50"}'
fails get_order "order: a number like 500 or Order-500" '{"order":"x"}'
gives list_orders '{"orders":[{"state":"open","number":"500"},{"state":"sent","number":"5001"}],"pagination":{"count":2,"nextCursor":"c 2"}}' '{"cursor":""}'
is "with the default" "/shop/orders?sort=-placed&limit=20" "$(seen .target)"
gives rename_order '{"number":"500","reference":"new"}' '{"id":7,"reference":"new"}'
is "everything else stays" '{"reference":"new","id":7,"number":"500","state":"open"}' "$(seen .body | jq -c '{reference, id, number, state}')"
fails rename_order '{"why":"somebody else has changed the order","changed":false}' '{"id":8,"reference":"new"}'

gives list_rules '{"group":"sg-1","rules":[{"to":null,"from":"443","ranges":[{"cidr":"203.0.113.7/32","description":null}],"protocol":"tcp"}]}' '{"group":"sg-12345678"}'
like "signed" '^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/[0-9]{8}/eu-west-1/ec2/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$' "$(seen .headers.authorization)"
fails_like list_rules 'ec2 answered with status 400: no such group' '{"group":"sg-00000000"}'
stop_service
done_testing
